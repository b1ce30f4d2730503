"""What advisers read in their tasks when a sequence has ended, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from kundeflyt.domain.links import Links
from kundeflyt.domain.review import Entry, EntryWhat, Gap
from kundeflyt.domain.wording import day_in_words, moment_in_words

# Why a plan is what it is.
NEVER_ENROLLED: Final = "Kontakten finnes ikke, eller har aldri vært i en sequence."
RUNNING: Final = "Sequence går fortsatt."
OTHER_SEQUENCE: Final = "Sequence er ikke en av dem som prøver å få tak i tause kunder."
SETTLING: Final = "Sequence er nettopp avsluttet: den vurderes {at}, når HubSpot har fått med seg hvorfor."
SEEN_TO: Final = "Det som følger av at denne sequence er avsluttet, er gjort."
WITHOUT_COMPANY: Final = "Sequence er avsluttet for en kontakt uten selskap."
REPLIED: Final = "Kunden svarte: rådgiveren følger opp, og ingen skal vurderes som inaktiv."
OPTED_OUT: Final = "Kontakten har meldt seg av e-post: rådgiveren må finne en annen vei."
IN_HAND: Final = "Sequence ble stoppet for hånd, og rådgiveren har noe planlagt med kunden."
LEFT: Final = "Sequence ble stoppet for hånd, og ingen har noe planlagt med kunden."
FINISHED: Final = "Sequence er gått ut uten svar: kundeservice vurderer kunden."
FINISHED_WITH_RESPONSE: Final = "Sequence er gått ut, men kunden er hørt fra underveis: kundeservice vurderer kunden."
BOUNCED: Final = "E-posten kom i retur: rådgiveren er bedt om å rette kontakten, og kundeservice vurderer kunden."
WAITS: Final = "Kunden kan ikke vurderes ennå: rådgiveren er bedt om å rette det som mangler, innen {until}."
STILL_WAITS: Final = "Det som mangler, er ikke rettet ennå: saken venter til {until}."
MENDED: Final = "Det som manglet, er rettet: kundeservice vurderer kunden."
WAITED_ENOUGH: Final = "Det som mangler, er ikke rettet innen fristen: kundeservice vurderer kunden som den er."
WALKED: Final = "Denne siden av gjennomgangen er sett på."
ANOTHER_SWEEP: Final = "En annen gjennomgang holder på."
PAGE: Final = "Gjennomgang av avsluttede sequences: {count} funnet."

# What operations must hear of; these are metric names.
NO_CSC_OWNER: Final = "NoCscOwner"

_HEARD: Final[dict[EntryWhat, str]] = {
    "email_in": "e-post",
    "call_in": "telefon fra kunden",
    "call_connected": "samtale",
    "meeting_held": "møte",
    "meeting_booked": "avtalt møte",
    "sms_in": "SMS",
}
_MISSING: Final[dict[Gap, str]] = {
    "main_contact": "Hovedkontakt med navn og telefonnummer mangler.",
    "phone": "Hovedkontakten mangler telefonnummer.",
    "email": "E-post til kontakten kommer i retur.",
}


def follow_up(ended_at: datetime, heard: Sequence[Entry], links: Links, company_id: int) -> tuple[str, str]:
    """Subject and body of the task when the customer has answered: nobody who answers is inactive (001-21)."""
    lines = [
        f"Sequence stoppet {moment_in_words(ended_at)} fordi kunden er hørt fra. Ta kontakt og avtal veien videre.",
    ]
    if heard:
        how = _HEARD.get(heard[0].what, "svar")
        lines += ["", f"Sist: {how} {moment_in_words(heard[0].at)}: {links.activity(company_id, int(heard[0].id))}"]
    return "Følg opp: kunden har svart", "\n".join(lines)


def opted_out(ended_at: datetime) -> tuple[str, str]:
    """Subject and body of the task when somebody wants no e-mail: another way must be found."""
    return (
        "Kontakten vil ikke ha e-post: finn en annen vei",
        f"Kontakten har meldt seg av e-post, og sequence stoppet {moment_in_words(ended_at)}. Send ingen flere "
        "e-poster til kontakten. Ring, eller finn en annen kontakt hos kunden.",
    )


def left(ended_at: datetime) -> tuple[str, str]:
    """Subject and body of the task when a sequence was stopped and nobody has planned anything (001-19)."""
    return (
        "Sequence er stoppet: hva skjer med kunden?",
        f"Sequence ble stoppet {moment_in_words(ended_at)} før den var ferdig, uten at kunden har svart, og ingen har "
        "noe planlagt med kunden. Ring kunden, start en ny sequence, eller lag en oppgave for det som skal skje.",
    )


def without_company(ended_at: datetime) -> tuple[str, str]:
    """Subject and body of the task when nobody knows whose customer it was."""
    return (
        "Sequence er avsluttet for en kontakt uten selskap",
        f"Sequence ble avsluttet {moment_in_words(ended_at)}, men kontakten hører ikke til noe selskap i HubSpot. "
        "Knytt kontakten til selskapet, og gi beskjed til rådgiveren.",
    )


def fix(gaps: Collection[Gap], until: datetime, *, bounced: bool) -> tuple[str, str]:
    """Subject and body of the task to put right what keeps the customer from being assessed (001-23, 001-36)."""
    subject = "Rett kontakten: e-post i retur" if bounced else "Registrer hovedkontakt med telefonnummer"
    lines = ["Kunden har ikke svart, og skal vurderes av kundeservice. Dette må rettes først:", ""]
    lines += [f"– {_MISSING[gap]}" for gap in gaps]
    lines += [
        "",
        f"Rett det på kundekortet i HubSpot innen {day_in_words(until)}. Saken går til kundeservice av seg selv natten "
        "etter, eller når du fullfører denne oppgaven.",
    ]
    return subject, "\n".join(lines)
