"""What people read in the tasks about advisers that differ, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from typing import Final

from kundeflyt.domain.cards import Card
from kundeflyt.domain.crm import Owner
from kundeflyt.domain.wording import day_in_words
from owner_reconcile.case import Found, Kind

# Why a plan is what it is.
BEGUN: Final = "Nattens sammenligning av rådgivere er begynt."
BUSY: Final = "En sammenligning er allerede i gang, så denne begynner ikke."
LATE: Final = "Natten er over. Sammenligningen begynner neste natt."
ENDED: Final = "Nattens sammenligning er ferdig fra før."
WALKED: Final = "Denne siden er sammenlignet fra før."
GOES_ON: Final = "Denne siden er sammenlignet fra før; neste side bes det om på nytt."
OVER: Final = "Morgenen er kommet før alle kunder var sammenlignet; {compared} rakk vi."
NOT_OFFERED: Final = "Metodika kan ikke fortelle hvem som er rådgiver, så ingenting kan sammenlignes."
PAGE: Final = "{compared} kunder er sammenlignet: {found} forskjeller, {new} nye, {gone} borte."
TOO_MANY: Final = (
    "Natten ville gitt mer enn {limit} nye oppgaver om ulike rådgivere: flyten har stanset seg selv. "
    "Se etter hva som er galt, eller øk tasks_per_night, og slipp den fri."
)

# What operations must hear of; these are metric names.
NO_CSC_OWNER: Final = "NoCscOwner"

GONE: Final = "Forskjellen er borte. Systemet har fullført oppgaven."
CHANGED: Final = "Forskjellen er blitt en annen. Systemet har fullført denne oppgaven; det står en ny på selskapet."
TAKEN_OVER: Final = (
    "Kunden har nettopp byttet rådgiver, og overtakelsen tar seg av det. Systemet har fullført oppgaven."
)

_SUBJECTS: Final[dict[Kind, str]] = {
    "other_manager": "Ulik rådgiver i HubSpot og Metodika",
    "no_manager": "Kundekortet i Metodika mangler rådgiver",
    "no_owner": "Kunden har rådgiver i Metodika, men ikke i HubSpot",
    "several_cards": "Kunden har flere kundekort i Metodika",
    "no_card": "Kunden har ikke kundekort i Metodika",
    "no_number": "Kunden mangler gyldig organisasjonsnummer",
}
_UNTIL: Final = "Når det er rettet, fullfører systemet oppgaven av seg selv neste natt."


def difference(found: Found, manager: Owner | None) -> tuple[str, str]:
    """Subject and body of the task about one customer; `manager` is who the card names, where we know them."""
    owner = found.owner.name if found.owner and found.owner.name else "eieren"
    listed = [_card(card) for card in found.cards]
    match found.kind:
        case "other_manager":
            lines = [f"I HubSpot er {owner} rådgiver. I Metodika er det {_manager(found.cards[0], manager)}.", _SET]
        case "no_manager":
            lines = [f"I HubSpot er {owner} rådgiver. På kundekortet i Metodika står det ingen.", _SET]
        case "no_owner":
            there = _manager(found.cards[0], manager)
            lines = [f"I HubSpot har kunden ingen aktiv rådgiver. I Metodika er det {there}.", _SET]
        case "several_cards":
            lines = ["Disse kundekortene har samme organisasjonsnummer. Finn ut hvilket som gjelder."]
        case "no_card":
            lines = ["Ingen kundekort i Metodika har selskapets organisasjonsnummer. Finn kortet, eller få det laget."]
        case "no_number":
            lines = ["Uten et gyldig organisasjonsnummer finner systemet ikke kundekortet. Rett nummeret i HubSpot."]
    return _SUBJECTS[found.kind], "\n".join([*lines, *listed, "", _UNTIL])


def unknown_user(owner: Owner) -> tuple[str, str]:
    """Subject and body of the one task about an adviser whom Metodika does not know."""
    name = owner.name or "En rådgiver"
    return (
        "Rådgiver mangler bruker i Metodika",
        f"{name} eier kunder i HubSpot, men ingen bruker i Metodika har samme e-postadresse. Til det er rettet, kan "
        f"ingen av kundene sammenlignes.\n\n{_UNTIL}",
    )


def ended(why: str, body: str) -> str:
    """A finished task's body: why first, and what it said."""
    return f"{why}\n\n{body}"


_SET: Final = "Finn ut hvem som er riktig, og sett samme rådgiver i begge systemer."


def _manager(card: Card, owner: Owner | None) -> str:
    if card.manager is None:
        return "ingen"
    name = owner.name if owner and owner.name else f"bruker {card.manager.user_id}"
    return f"{name}, siden {day_in_words(card.manager.since)}"


def _card(card: Card) -> str:
    return f"Kundekort {card.id}{f': {card.url}' if card.url else ''}"
