"""What advisers and customer service read in tasks and notes, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from kundeflyt.domain.actions import State
from kundeflyt.domain.cards import Card, Order
from kundeflyt.domain.crm import Owner, Work
from kundeflyt.domain.links import Links
from kundeflyt.domain.ownership import Means
from kundeflyt.domain.texts import Rendered
from kundeflyt.domain.wording import day_in_words, moment_in_words

_ANNOUNCEMENT: Final = "Send e-post: ny rådgiver"

# Why a plan is what it is.
COMPANY_GONE: Final = "Selskapet finnes ikke lenger i HubSpot."
NEVER_OWNED: Final = "Selskapet har aldri hatt en eier."
SAME_OWNER: Final = "Selskapet er tilbake hos den eieren det hadde."
SETTLING: Final = "Eieren er nettopp endret: det som følger av det, venter til {at}, i tilfelle den endres igjen."
TOO_OLD: Final = "Overtakelsen er mer enn {weeks} uker gammel, og følges ikke lenger."
REMOVED: Final = "Selskapet har mistet eieren sin uten at det er vedtatt."
REMOVAL_DECIDED: Final = "CSC vedtok {at} at kunden er inaktiv. Da skal eieren fjernes."
NOT_A_PERSON: Final = "Selskapet har fått en eier som ikke kan ta det over."
TAKEOVER: Final = "Selskapet har fått ny rådgiver."
FIRST_OWNER: Final = "Selskapet har fått sin første rådgiver."
FOLLOWED: Final = "Overtakelsen er sett på på nytt."
FINISHED: Final = "Overtakelsen er ferdig: alle punkter er gjort."

# Why the customer is not written to by us, as the ledger and the tasks say it.
NOT_BY_US: Final = "E-post til kunden: overlatt til rådgiveren, fordi {why}."
NOT_SENT: Final = "E-post til kunden: sendes ikke, fordi {why}."
SENT_LATER: Final = "E-post til kunden: sendes tidligst {at}."
SENDING: Final = "E-post til kunden: sendes nå."
SENT: Final[Mapping[State, str]] = {
    "done": "E-post til kunden: sendt.",
    "refused": "E-post til kunden: ikke sendt, og overlatt til rådgiveren.",
    "unsure": "E-post til kunden: usikkert om den ble sendt, og overlatt til rådgiveren.",
}
SWITCHED_OFF: Final = "det er slått av for dette selskapet"
NO_SENDER: Final = "det ikke er satt opp noen avsender av e-post"
NO_ADDRESS_OF_ADVISER: Final = "rådgiveren ikke har noen e-postadresse som kunden kan svare til"
NO_USABLE_ADDRESS: Final = "kontaktens e-postadresse ikke kan brukes slik den er skrevet"
OPTED_OUT: Final = "kontakten har reservert seg"
INTERRUPTED: Final = "kunden har skiftet rådgiver igjen uten å ha hørt om det forrige byttet"
UNAPPROVED: Final = "teksten ikke er godkjent"
NOBODY_TO_WRITE_TO: Final = "hovedkontakten ikke har noen e-postadresse"
TASK_COMPLETED: Final = "rådgiveren har fullført oppgaven"
TASK_GONE: Final = "oppgaven om det er slettet"
ANOTHER_ADVISER: Final = "kunden har fått en annen rådgiver"
NO_ADVISER: Final = "kunden ikke lenger har den rådgiveren"

PROMISE: Final = "så fullfør oppgaven før det. Da sendes den ikke."
"""By these words the task is known to promise an e-mail."""
EMAIL_OUTCOMES: Final[Mapping[str, str]] = {
    "done": "Systemet sendte e-posten til kunden {at}. Svar kommer til deg.",
    "refused": "E-posten er ikke sendt, fordi {reason}. Send den selv, med mindre kunden allerede vet om byttet.",
    "unsure": "Usikkert om e-posten ble sendt {at}. Det er laget en egen oppgave om å sjekke det.",
}

# What operations must hear of; these are metric names.
UNAPPROVED_TEXT: Final = "UnapprovedText"
NO_CSC_OWNER: Final = "NoCscOwner"


_MEANS: Final[Mapping[Means, str]] = {
    "person": "noen i HubSpot som ikke står som eier",
    "app": "en app som er koblet til HubSpot",
    "import": "en import",
    "workflow": "en arbeidsflyt i HubSpot",
}


def owner_removed(
    *, at: datetime, by: Owner | None, means: Means | None, previous: Owner | None, why: str
) -> tuple[str, str]:
    """Subject and body of the task that asks to put an owner back, or to decide that there is none (001-24, 001-25)."""
    name = by.name if by and by.name else _MEANS.get(means) if means else None
    who = f" av {name}" if name else ". HubSpot sier ikke av hvem"
    before = f" Før det var {previous.name} rådgiver." if previous and previous.name else ""
    return (
        "Kunden er uten rådgiver",
        f"{why} Det ble endret {moment_in_words(at)}{who}.{before}\n\n"
        "En kunde skal ikke stå uten rådgiver uten at det er bestemt. Sett en rådgiver som eier av selskapet, eller ta "
        "saken opp med kundeservice hvis kunden er inaktiv. Systemet setter ikke inn noen rådgiver av seg selv.",
    )


def announcement(text: Rendered | None, *, ask: bool, why: str | None = None) -> tuple[str, str]:
    """Subject and body of the task to tell the customer who the new adviser is (002-17, 002-18).

    `ask`: there is a former adviser who may have told them. `why` tells what keeps the system from doing it, where the
    rules would have it do so.
    """
    lines = [f"Systemet sender ikke e-posten, fordi {why}."] if why else []
    first = "Avklar med forrige rådgiver om kunden vet om byttet. " if ask else ""
    lines += [f"{first}Vet kunden allerede at du er rådgiver, er det bare å fullføre oppgaven."]
    if text is None:
        lines += ["", "Teksten «Ny rådgiver» er ikke godkjent ennå, så du må skrive e-posten selv."]
    else:
        lines += ["", "E-post klar til å sendes:", *_ready(text)]
    return _ANNOUNCEMENT, "\n".join(lines)


def promise(text: Rendered, *, at: datetime) -> tuple[str, str]:
    """Subject and body of the same task where the system will write, and how the adviser stops that (002-17)."""
    return _ANNOUNCEMENT, "\n".join(
        [
            f"Systemet sender denne e-posten til kunden for deg, tidligst {moment_in_words(at)}. Svar kommer til deg.",
            f"Vet kunden det allerede, eller vil du skrive selv, {PROMISE}",
            *_ready(text),
        ]
    )


def outcome(text: Rendered) -> str:
    """The task's body once the e-mail has been handed over; `{outcome}` is where it says what became of it."""
    return "\n".join(["{outcome}", *_ready(text)])


def not_sent(why: str) -> str:
    """Why nothing is sent to the customer."""
    return NOT_SENT.format(why=why)


def not_by_us(why: str) -> str:
    """Why the adviser has to write."""
    return NOT_BY_US.format(why=why)


def find_contact(*, known: bool) -> tuple[str, str]:
    """Subject and body of the task to find somebody to tell."""
    lacking = "Hovedkontakten har ingen e-postadresse" if known else "Selskapet har ingen kontakt i HubSpot"
    return (
        "Finn hovedkontakten: kunden vet ikke om rådgiverbyttet",
        f"{lacking}, så kunden kan ikke få e-post om byttet. Finn ut hvem som er hovedkontakt, skriv inn e-post og "
        "telefon, og fortell kunden hvem du er.",
    )


def handover_meeting(owner: Owner) -> tuple[str, str]:
    """Subject and body of the old adviser's task (002-03 to 002-05)."""
    return (
        "Hold overføringsmøte om kunden",
        f"{owner.name} har tatt over kunden etter deg. Hold et overføringsmøte, og gå gjennom hvordan samarbeidet er, "
        "hva som er levert, og hva som pågår. Si også fra om kunden vet om byttet.",
    )


def checklist_subject(*, now: bool) -> str:
    """What the checklist's task is called."""
    return "Overtakelse av kunde: gjør umiddelbart" if now else "Overtakelse av kunde: før og i første møte"


ALL_DONE: Final = "Alt er gjort."
HOW_TO_TICK: Final = (
    "Bytt ut ☐ med x på det du har gjort, eller fullfør oppgaven når alt er gjort. Det systemet kan se, huker det av "
    "selv om natten. Det du skriver her, blir stående."
)


def checklist_body(lines: Sequence[str], *, finished: bool, own: Sequence[str] = ()) -> str:
    """The boxes, how to tick them, and the lines that the adviser has written there themself."""
    return "\n".join([*lines, "", ALL_DONE if finished else HOW_TO_TICK, *(["", *own] if own else [])])


def moved_note(work: Iterable[Work], *, owner: Owner, links: Links, company_id: int) -> str:
    """The note that lists what went over to the new adviser, and what only a person can finish.

    Titles are left out: they may say things that belong nowhere else.
    """
    rows = sorted(work, key=lambda row: (row.kind, row.id))
    tasks = [row for row in rows if row.kind == "tasks"]
    meetings = [row for row in rows if row.kind == "meetings"]
    lines = [f"{owner.name or 'Den nye rådgiveren'} har overtatt dette fra forrige rådgiver:"]
    lines += [f"Oppgave{_when(', frist', row)}: {links.activity(company_id, row.id)}" for row in tasks]
    lines += [
        f"Møte{_when('', row)}: {links.activity(company_id, row.id)} – kalenderen følger ikke med: inviter på nytt"
        for row in meetings
    ]
    return "\n".join(lines)


def no_number(*, written: bool) -> tuple[str, str]:
    """Title and body where the customer cannot be looked up in Metodika."""
    what = "er ikke et gyldig nummer" if written else "mangler"
    return (
        "Finn kundekortet i Metodika",
        f"Organisasjonsnummeret på selskapet i HubSpot {what}, så kundekortet kan ikke finnes. Rett nummeret, og "
        "gjør punktene for Metodika i sjekklisten for hånd til det er gjort.",
    )


def not_one_card(cards: Sequence[Card]) -> tuple[str, str]:
    """Title and body where there is no card, or where there are several."""
    if not cards:
        return (
            "Finn kundekortet i Metodika",
            "Ingen kundekort i Metodika har selskapets organisasjonsnummer. Finn kortet, eller få det laget, og sett "
            "deg som PFA/KAM.",
        )
    listed = [f"Kundekort {card.id}{f': {card.url}' if card.url else ''}" for card in cards]
    return (
        "Velg riktig kundekort i Metodika",
        "\n".join(
            [
                f"{len(cards)} kundekort i Metodika har selskapets organisasjonsnummer. Finn ut hvilket som gjelder, "
                "og sett deg som PFA/KAM der.",
                *listed,
            ]
        ),
    )


def not_offered() -> tuple[str, str]:
    """Title and body where the cards cannot be read at all."""
    return (
        "Overtakelse i Metodika",
        "Metodika kan ikke leses av systemet. Sett deg som PFA/KAM på kundekortet, gå gjennom nøkkelinformasjonen, ta "
        "over aktive bestillinger, og last opp det som mangler av årsrapport, handlingsplan og risikovurdering.",
    )


SET_MANAGER_TITLE: Final = "Sett deg som PFA/KAM"
SET_MANAGER_BODY: Final = "Du har tatt over kunden. Sett deg som PFA/KAM på kundekortet."
KEY_INFORMATION_TITLE: Final = "Gå gjennom nøkkelinformasjonen"
ORDERS_TITLE: Final = "Ta over aktive bestillinger"
DOCUMENTS_TITLE: Final = "Last opp dokumenter som mangler"


def key_information(card: Card) -> str:
    """What to do about the card's key information (002-09)."""
    updated = card.key_information_updated
    last = f"Den ble sist oppdatert {day_in_words(updated)}." if updated else "Den er aldri oppdatert."
    return f"Les nøkkelinformasjonen på kundekortet, og rett det som ikke stemmer lenger. {last}"


def orders(active: Sequence[Order]) -> str:
    """Which orders to take over (002-14)."""
    return "\n".join(["Legg de bestillingene som er dine nå, over til deg selv:", *(order.title for order in active)])


def documents(lacking: Sequence[str]) -> str:
    """Which documents to copy (002-36, 002-37)."""
    return "\n".join(["Disse finnes ikke i Metodika. Last dem opp fra Mitt Avonova:", *lacking])


def unknown_user(body: str) -> str:
    """The same task where it goes to somebody else, for the adviser is unknown there."""
    return f"{body}\n\nDen nye rådgiveren har ingen bruker i Metodika, så oppgaven er gitt til deg."


def _ready(text: Rendered) -> list[str]:
    return ["", f"Emne: {text.subject}", "", text.body]


def _when(before: str, work: Work) -> str:
    return f"{before} {moment_in_words(work.at)}" if work.at else ""
