"""What people read when a customer is heard from, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kundeflyt.domain.review import Entry, EntryWhat
from kundeflyt.domain.wording import moment_in_words

NO_CSC_OWNER: Final = "NoCscOwner"

NOT_THE_CUSTOMER: Final = "Det kom ikke fra kunden, eller posten finnes ikke lenger i HubSpot."
SMS_NOT_READ_YET: Final = "Det er ennå ikke klart hvem SMS-en er fra."
SMS_OF_NOBODY: Final = "SMS-en er ikke et svar fra en kunde vi kjenner: en ukjent avsender, eller slettet."
SMS_STOP: Final = "Kunden ba om å slippe SMS. Det er ikke et svar."
WITHOUT_COMPANY: Final = "Det hører ikke til noe selskap."
NO_CASE: Final = "Kunden har ingen sak hos CSC og er ikke inaktiv."
KNOWN: Final = "Saken hviler alt på det, eller det er eldre enn sekvensen eller enn da saken ble gjenåpnet."
KEPT: Final = "CSC har alt avgjort at kunden beholdes, og rådgiveren får tilbakemeldingen."
CARRIED_OUT: Final = "Vedtaket blir utført akkurat nå. Det ses på igjen når det er gjort."
WITHDRAWN: Final = "Kunden har tatt kontakt: saken hos CSC trekkes tilbake."
REACTIVATED: Final = "En inaktiv kunde har tatt kontakt: den siste rådgiveren får en oppgave."

_DID: Final[Mapping[EntryWhat, str]] = {
    "email_in": "Kunden sendte en e-post",
    "call_in": "Kunden ringte",
    "call_connected": "Kunden snakket med oss på telefon",
    "meeting_booked": "Det ble avtalt et møte med kunden",
    "meeting_held": "Det ble holdt et møte med kunden",
    "sms_in": "Kunden svarte på SMS",
}


def did(entry: Entry) -> str:
    """What the customer did, and when."""
    return f"{_DID[entry.what]} {moment_in_words(entry.at)}"


def record_of(entry: Entry) -> str:
    """Which record it is, at the end of a reason."""
    return f"({entry.record}/{entry.id})."


def withdrawn(entry: Entry) -> str:
    """Why a case was withdrawn, with the record it rests on: no two records have the same reason."""
    return f"{did(entry)} {record_of(entry)}"


def reactivated(entry: Entry) -> str:
    """Why a customer is no longer asleep, for the case's history."""
    return f"Den siste rådgiveren får en oppgave. {did(entry)} {record_of(entry)}"


def note(entry: Entry) -> str:
    """The note that documents it on the customer's timeline (001-29)."""
    return (
        f"En inaktiv kunde har tatt kontakt. {did(entry)}. Den siste rådgiveren har fått en oppgave om å følge opp, og "
        "programmet for inaktive kunder er stoppet."
    )


def task(entry: Entry, link: str) -> tuple[str, str]:
    """Subject and body of the last adviser's task (001-28)."""
    lines = [
        f"Kunden er inaktiv hos oss, men har tatt kontakt. {did(entry)}:",
        link,
        "",
        "Du kjenner kunden fra før, og har det beste utgangspunktet for å få samarbeidet i gang igjen:",
        "1. Ta kontakt med kunden.",
        "2. Skal samarbeidet fortsette, så sett deg som eier i HubSpot og som PFA/KAM i Metodika, og endre statusen.",
        "3. Skal det ikke det, så skriv hvorfor på tidslinjen og fullfør oppgaven. Kunden forblir inaktiv.",
        "",
        "Er det et automatisk svar, for eksempel om fravær, så fullfør oppgaven. Systemet kan ikke se forskjell.",
    ]
    return "Inaktiv kunde har tatt kontakt", "\n".join(lines)


def nobody_has_it(entry: Entry, link: str) -> tuple[str, str]:
    """Subject and body of customer service's task about a customer whom nobody looks after."""
    return (
        "Kunden har tatt kontakt, og har ingen rådgiver",
        f"Saken om kunden er trukket tilbake av systemet. {did(entry)}:\n{link}\n\nKunden har ingen rådgiver som er "
        "her fortsatt. Finn en som kan følge opp, og sett eieren i HubSpot.",
    )
