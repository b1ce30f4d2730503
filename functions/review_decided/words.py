"""What people read about a decision, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from typing import Final

from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.review import Entry
from kundeflyt.domain.wording import day_in_words, moment_in_words

NO_CSC_OWNER: Final = "NoCscOwner"

NO_CASE: Final = "Saken finnes ikke."
UNDONE: Final = "Vedtaket er angret, eller saken er gjenåpnet. Ingenting skal gjøres."
EFFECTED: Final = "Vedtaket er allerede utført."
WITHDRAWN: Final = "Saken er trukket tilbake før vedtaket ble utført. Ingenting skal gjøres."
CAN_BE_UNDONE: Final = "Vedtaket kan angres til {at}. Det som følger av det, gjøres etterpå."
STILL_WAITING: Final = "Saken venter fortsatt, til {at} på det meste."
ANSWERED: Final = "Den som ble spurt, er ferdig med oppgaven."
WAITED_ENOUGH: Final = "Fristen for det saken ventet på, er ute."
COMPANY_GONE: Final = "Vedtaket står, men selskapet finnes ikke lenger i HubSpot. Saken avsluttes."
INACTIVE: Final = "CSC har avgjort at kunden er inaktiv."
KEEP: Final = "CSC har avgjort at kunden fortsatt skal følges opp."
NEEDS_MORE: Final = "CSC trenger mer før saken kan avgjøres."
HANDED_ON: Final = "Kunden fikk en ny eier i HubSpot etter vedtaket. Vedtaket ble derfor ikke utført."
NIGHT: Final = "Nattens gjennomgang: {cases} saker venter eller er avgjort, og ses på."
WALKED: Final = "Denne siden er gått gjennom."
NIGHT_ENDED: Final = "Nattens gjennomgang er ferdig."

REMOVE_TITLE: Final = "Fjern deg som PFA/KAM"
REMOVE_BODY: Final = (
    "CSC har avgjort at kunden er inaktiv. Fjern deg som PFA/KAM på kundekortet. I HubSpot er du allerede fjernet "
    "som eier."
)
REMOVE_OTHER: Final = "Fjern PFA/KAM på kundekortet i Metodika. Den som hadde kunden, har sluttet eller er ukjent."


def note(case: ReviewCase) -> str:
    """The note that documents the decision on the customer's timeline (001-04, 001-29)."""
    decision, evidence = case.decision, case.evidence[-1]
    if decision is None:
        raise ValueError(f"case {case.id} is not decided")
    what = {
        "inactive": f"{INACTIVE} Eieren i HubSpot fjernes, og PFA får en oppgave om å fjerne seg selv i Metodika.",
        "keep": f"{KEEP} PFA har fått tilbakemeldingen som oppgave.",
        "needs_more": NEEDS_MORE,
    }[decision.what]
    emails = sum(entry.what == "sequence_email" for entry in evidence.entries)
    calls = sum(entry.what == "sequence_call" for entry in evidence.entries)
    tried = f"{emails} e-poster og {calls} telefonforsøk i sekvensen"
    days = f"{day_in_words(evidence.enrolled_at)} til {day_in_words(evidence.ended_at)}"
    return f"{what}\n\nBegrunnelse: {decision.reason}\n\nGrunnlag: {tried} fra {days}."


def feedback(case: ReviewCase) -> tuple[str, str]:
    """Subject and body of the adviser's task with customer service's feedback in full (001-27, 001-41)."""
    return (
        "Følg opp kunden videre: tilbakemelding fra CSC",
        f"{KEEP} Du er fortsatt kundens rådgiver.\n\nTilbakemelding fra CSC:\n{_said(case)}",
    )


def question(case: ReviewCase) -> tuple[str, str]:
    """Subject and body of the task for whoever is asked."""
    return (
        "Svar CSC: kunden vurderes som inaktiv",
        f"{NEEDS_MORE} Finn ut av dette, skriv det på kundens tidslinje, og fullfør oppgaven. Da går saken tilbake "
        f"til CSC.\n\nSpørsmål fra CSC:\n{_said(case)}",
    )


def status_by_hand(properties: dict[str, str]) -> tuple[str, str]:
    """Subject and body where HubSpot did not take the status."""
    listed = "\n".join(f"{name}: {value}" for name, value in properties.items())
    return (
        "Sett status på inaktiv kunde for hånd",
        f"{INACTIVE} HubSpot tok ikke imot statusen. Sett den på selskapet, og si fra til den som har ansvar for "
        f"reglene:\n{listed}",
    )


def owner_by_hand() -> tuple[str, str]:
    """Subject and body where the owner was not cleared: HubSpot refused it, or somebody else has the company by now."""
    return (
        "Fjern eieren av inaktiv kunde for hånd",
        f"{INACTIVE} Eieren er ikke fjernet: HubSpot lot ikke systemet gjøre det, eller en annen er blitt eier imens. "
        "Se hvem som er eier. Skal kunden fortsatt være inaktiv, så fjern eieren på selskapet.",
    )


def heard_since(entry: Entry) -> str:
    """Why a decision was not carried out after all, with the record it rests on."""
    return (
        f"Kunden er hørt fra {moment_in_words(entry.at)} ({entry.record}/{entry.id}), og det var ikke med i "
        "grunnlaget. Vedtaket ble derfor ikke utført."
    )


def taken_back(because: str, link: str) -> tuple[str, str]:
    """Subject and body of customer service's task about a customer who was to become inactive, and did not."""
    return (
        "Vedtaket om inaktiv kunde ble ikke utført",
        f"{because}\n{link}\n\nSaken er trukket tilbake av systemet. Sørg for at kunden har en rådgiver som følger "
        "opp. Skal kunden likevel være inaktiv, så gjenåpne saken og avgjør den på nytt.",
    )


def _said(case: ReviewCase) -> str:
    return (case.decision.feedback or case.decision.reason) if case.decision else ""
