"""Who wants no more text messages, putting somebody on that list, and letting somebody have them again."""

from collections import Counter
from datetime import UTC, datetime
from getpass import getpass
from typing import Annotated

import typer
from rich.text import Text

from infra.operate.command import Desk, command, group
from infra.operate.connection import Connection
from infra.operate.output import Problem, table, when
from infra.operate.rules import in_force
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.domain.customers import country_of
from kundeflyt.domain.phones import E164, mobile_number, sender_number
from kundeflyt.domain.rules import CommonRules
from kundeflyt.ports.failures import Done, TryLater
from kundeflyt.ports.ledger import Suppression
from kundeflyt.ports.writers import ContactChange
from kundeflyt.wiring.rule_models import COMMON
from sms_inbound.rules import SmsInboundRules

BY_NUMBER = "-"
ID_LENGTH = 21
"""The key's mark and twelve digits of the hash: enough to tell people apart, too little to guess a number from."""

commands = group("suppressions", "Who has said stop and gets no more SMS. The list knows numbers by keyed hashes only.")

Whom = Annotated[
    str, typer.Argument(help="An id from the list, a contact's id in HubSpot, or - to type a number unseen.")
]


def id_of(suppression: Suppression) -> str:
    """What a suppression is called in the list."""
    return suppression.number_hashes[0][:ID_LENGTH]


@command(commands, "list")
def show(desk: Desk) -> None:
    """List everybody, the first first, and how many stand under one key alone, which then must stay in the secret."""
    listed = desk.stack.ledger().suppressions()
    shown = table("", "since", "id", "contacts")
    for one in listed:
        shown.add_row(when(one.since), id_of(one), " ".join(map(str, one.contact_ids)))
    alone = Counter(one.number_hashes[0].split("-")[0] for one in listed if len(one.number_hashes) == 1)
    desk.output.tell(
        {
            "suppressed": [{"id": id_of(one), "since": one.since, "contacts": one.contact_ids} for one in listed],
            "under_one_key_alone": alone,
        },
        *([shown] if listed else []),
        *(
            Text(f"{count} under the key {mark} alone: it must stay in number_hmac_keys.", style="yellow")
            for mark, count in sorted(alone.items())
        ),
        Text(f"{len(listed)} suppressed."),
    )


@command(commands, "lift")
def lift(desk: Desk, whom: Whom) -> None:
    """Take somebody off the list, so that they may get SMS again, and clear the box that says so on their contacts.

    The box is cleared first: while HubSpot does not answer nothing is changed. Boxes that others tick, such as
    HubSpot's own for e-mail, are left as they are.
    """
    stack = desk.stack
    hashes = set(_hashes_of(getpass("Number: "), stack)) if whom == BY_NUMBER else set()
    ledger = stack.ledger()
    meant = [
        one
        for one in ledger.suppressions()
        if id_of(one) == whom or whom in map(str, one.contact_ids) or hashes.intersection(one.number_hashes)
    ]
    if not meant:
        raise Problem("Nobody on the list is meant by that; `suppressions list` shows the ids.\nNothing was changed.")
    contacts = sorted({contact for one in meant for contact in one.contact_ids})
    told = _box(stack, contacts, ticked=False)
    for one in meant:
        ledger.lift_suppression(one.number_hashes)
    desk.output.tell(
        {"lifted": [id_of(one) for one in meant], "contacts": told},
        *(Text(f"{id_of(one)} may get SMS again.") for one in meant),
        *_told(told),
    )


@command(commands, "add")
def add(
    desk: Desk,
    whom: Annotated[str, typer.Argument(help="A contact's id in HubSpot, or - to type a number unseen.")],
) -> None:
    """Put somebody on the list who has asked for it in another way than by SMS, and tick the box on the contact."""
    stack = desk.stack
    if whom == BY_NUMBER:
        contacts, numbers = [], {sender_number(getpass("Number: "), "NO")}
    else:
        contacts, numbers = [_contact_id(whom)], _mobiles(stack, _contact_id(whom))
    known = [number for number in numbers if number]
    if not known:
        raise Problem("There is no mobile number that an SMS could go to.\nNothing was changed.")
    now = datetime.now(UTC)
    made = [
        Suppression(number_hashes=stack.numbers().hashes(number), since=now, contact_ids=tuple(contacts))
        for number in known
    ]
    # The list first: it is what keeps an SMS from going.
    for one in made:
        stack.ledger().suppress(one)
    told = _box(stack, contacts, ticked=True)
    desk.output.tell(
        {"suppressed": [id_of(one) for one in made], "contacts": told},
        *(Text(f"{id_of(one)} gets no more SMS.") for one in made),
        *_told(told),
    )


def _box(stack: Connection, contacts: list[int], *, ticked: bool) -> dict[str, str]:
    """Ticks or clears the box on each contact; tells what became of it. Raises TryLater while HubSpot is silent."""
    name = in_force(stack, "sms_inbound", SmsInboundRules).opt_out_property
    if not contacts or not name:
        return {}
    changes = [
        ContactChange(contact_id=contact, properties={name: "true" if ticked else "false"}) for contact in contacts
    ]
    told = {}
    for change, outcome in zip(changes, HubSpotWriter(stack.hubspot()).update_contacts(changes), strict=True):
        if isinstance(outcome, TryLater):
            raise TryLater(f"{name} on contact {change.contact_id} was not changed: {outcome}. Run it again")
        told[str(change.contact_id)] = "changed" if isinstance(outcome, Done) else str(outcome)
    return told


def _told(boxes: dict[str, str]) -> list[Text]:
    return [
        Text(f"The box on contact {contact} is {'changed' if said == 'changed' else f'not changed: {said}'}.")
        for contact, said in boxes.items()
    ]


def _mobiles(stack: Connection, contact_id: int) -> set[E164 | None]:
    reader = HubSpotReader(stack.hubspot(), clock=lambda: datetime.now(UTC))
    found = reader.contacts([contact_id], properties=())
    if contact_id not in found:
        raise Problem(f"HubSpot has no contact {contact_id}.\nNothing was changed.")
    contact = found[contact_id]
    country = country_of(contact, None, in_force(stack, COMMON, CommonRules).default_country)
    return {mobile_number(raw, country) for raw in (contact.mobile, contact.phone) if raw}


def _contact_id(whom: str) -> int:
    if not (whom.isascii() and whom.isdigit()):
        raise Problem("Say whom: a contact's id in HubSpot, or - to type a number unseen.")
    return int(whom)


def _hashes_of(number: str, stack: Connection) -> tuple[str, ...]:
    return stack.numbers().hashes(sender_number(number, "NO") or "")
