"""Who wants no more text messages, and letting somebody have them again."""

from collections import Counter
from getpass import getpass
from typing import Annotated

import typer
from rich.text import Text

from infra.operate.command import Desk, command, group
from infra.operate.connection import Connection
from infra.operate.output import Problem, table, when
from kundeflyt.domain.phones import sender_number
from kundeflyt.ports.ledger import Suppression

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
    """Take somebody off the list, so that they may get SMS again."""
    ledger = desk.stack.ledger()
    hashes = set(_hashes_of(getpass("Number: "), desk.stack)) if whom == "-" else set()
    meant = [
        one
        for one in ledger.suppressions()
        if id_of(one) == whom or whom in map(str, one.contact_ids) or hashes.intersection(one.number_hashes)
    ]
    if not meant:
        raise Problem("Nobody on the list is meant by that; `suppressions list` shows the ids.\nNothing was changed.")
    for one in meant:
        ledger.lift_suppression(one.number_hashes)
    lines = []
    for one in meant:
        lines.append(f"{id_of(one)} may get SMS again.")
        lines += [
            f"If the box for no SMS is ticked on contact {contact} in HubSpot, clear it there."
            for contact in one.contact_ids
        ]
    desk.output.tell({"lifted": [id_of(one) for one in meant]}, Text("\n".join(lines)))


def _hashes_of(number: str, stack: Connection) -> tuple[str, ...]:
    return stack.numbers().hashes(sender_number(number, "NO") or "")
