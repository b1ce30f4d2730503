"""Forgetting a person, and giving them everything that is held about them."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from infra.operate.command import Desk, command
from infra.operate.connection import Connection
from infra.operate.held import road_of
from infra.operate.output import Problem
from infra.operate.rules import in_force
from kundeflyt.adapters.aws.inbox import S3Inbox
from kundeflyt.adapters.aws.inspection import KeptRequests
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.domain.customers import country_of
from kundeflyt.domain.events import CONTACT_ERASED, Event
from kundeflyt.domain.phones import mobile_number
from kundeflyt.domain.rules import CommonRules
from kundeflyt.engine.people import Stores, counted, export_person, find_person, forget_person
from kundeflyt.ports.failures import Failure

FLOW = "contact_erased"
AGAIN = timedelta(hours=1)
_CONTACT = re.compile(r"(?:contact[/ :])?([1-9][0-9]{0,18})")

Whom = Annotated[str, typer.Argument(metavar="CONTACT", help="The contact's id in HubSpot, also one it had before.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the program."""

    @command(app, "forget")
    def forget(desk: Desk, contact: Whom) -> None:
        """Erase a person from every store of ours, at once and once more in an hour. Nothing brings it back.

        It is what happens by itself when a contact is deleted for privacy in HubSpot; their number gets no SMS any
        more. In HubSpot itself nothing is deleted.
        """
        stack, id_ = desk.stack, _contact_id(contact)
        stores, country, now = _stores(stack), in_force(stack, "common", CommonRules).default_country, datetime.now(UTC)
        ids = stores.ledger.ids_of_person(id_)
        there, numbers = _in_hubspot(stack, ids, country)
        person = forget_person(ids, stores, country=country, now=now, numbers=numbers)
        event = Event(name=CONTACT_ERASED, portal_id=stack.portal_id, record_id=id_, occurred_at=now, received_at=now)
        road_of(stack, FLOW).put_back(event, after=AGAIN, key=f"{FLOW}/{event.subject}/by-hand/{now:%Y-%m-%dT%H}")
        erased = counted(person)
        notes = []
        if there:
            notes.append(
                "The contact is still in HubSpot: delete it there for privacy, or it comes back with its next call."
            )
        elif there is None:
            notes.append("HubSpot did not answer: numbers that only HubSpot knows were not looked for. Run it again.")
        desk.output.tell(
            {"contacts": person.contact_ids, "erased": erased, "in_hubspot": there, "looked_for_again_at": now + AGAIN},
            Text(f"Forgotten: contact {', '.join(map(str, person.contact_ids))}."),
            Text(", ".join(f"{count} {what}" for what, count in erased.items())),
            *(Text(note, style="yellow") for note in notes),
        )

    @command(app, "export")
    def export(
        desk: Desk,
        contact: Whom,
        to: Annotated[
            Path | None, typer.Option(help="A new file that only you may read; standard output when left out.")
        ] = None,
    ) -> None:
        """Give everything that is held about a person as JSON: for the person who asks, numbers and texts in full."""
        stack, id_ = desk.stack, _contact_id(contact)
        stores, country = _stores(stack), in_force(stack, "common", CommonRules).default_country
        ids = stores.ledger.ids_of_person(id_)
        _, numbers = _in_hubspot(stack, ids, country)
        person = find_person(ids, stores, country=country, numbers=numbers)
        document = json.dumps(export_person(person, stores.ledger), indent=2, ensure_ascii=False)
        if to is None:
            sys.stdout.write(document + "\n")  # not hidden: it is the person's own
            return
        try:
            to.touch(mode=0o600, exist_ok=False)
            to.write_text(document + "\n", encoding="utf-8")
        except OSError as refused:
            raise Problem(f"{to} cannot be written as a new file ({refused.strerror}).") from refused
        desk.output.tell({"written": to, "found": counted(person)}, Text(f"Written to {to}."))


def _contact_id(written: str) -> int:
    found = _CONTACT.fullmatch(written.strip())
    if not found:
        raise Problem("Give the contact's id in HubSpot, such as 217480300117.\nNothing was done.")
    return int(found[1])


def _stores(stack: Connection) -> Stores:
    return Stores(
        ledger=stack.ledger(),
        cases=stack.cases(),
        inbox=S3Inbox(lambda: stack.client("s3"), stack.outputs["InboundBucketName"]),
        inspection=KeptRequests(lambda: stack.client("s3"), stack.outputs["InspectionBucketName"]),
        number_hashes=stack.numbers().hashes,
    )


def _in_hubspot(stack: Connection, ids: frozenset[int], country: str) -> tuple[bool | None, frozenset[str]]:
    """Whether HubSpot still has the person, and the numbers it knows; None when it does not answer."""
    try:
        found = HubSpotReader(stack.hubspot(), clock=lambda: datetime.now(UTC)).contacts(ids, properties=()).values()
    except Failure:
        return None, frozenset()
    numbers = (
        mobile_number(number, country_of(one, None, country)) for one in found for number in (one.mobile, one.phone)
    )
    return bool(found), frozenset(number for number in numbers if number)
