"""Starting a flow's nightly sweep now, and seeing how far it has come."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from infra.operate import ROOT
from infra.operate.command import Desk, command, group
from infra.operate.output import Problem, table, when
from kundeflyt.domain.events import NIGHT_FELL, Event

FlowName = Annotated[str, typer.Argument(help="The flow's name.")]
SweepName = Annotated[
    str | None, typer.Option("--sweep", help="Which of the flow's sweeps; the one named as the flow when left out.")
]

commands = group("sweeps", "Nightly walks through all records: started by hand, and how far they have come.")


@command(commands, "start")
def start(desk: Desk, flow: FlowName, sweep: SweepName = None) -> None:
    """Start a sweep now, as the night would; what the night has done already is done by no other.

    While a sweep of that name is running, another one ends at once and says so (explain).
    """
    name, stack, now = _sweep(desk, flow, sweep), desk.stack, datetime.now(UTC)
    event = Event(
        name=NIGHT_FELL,
        portal_id=stack.portal_id,
        about=f"{name}-by-hand-{now:%H%M%S}",
        occurred_at=now,
        received_at=now,
        bulk=True,
    )
    body = json.dumps({"detail-type": event.name, "detail": event.to_json()})
    stack.client("sqs").send_message(QueueUrl=stack.of_flow(flow, "QueueUrl"), MessageBody=body)
    desk.output.tell({"flow": flow, "sweep": name, "subject": event.subject}, Text(f"Started as {event.subject}."))


@command(commands, "show")
def show(desk: Desk, flow: FlowName, sweep: SweepName = None) -> None:
    """Show how far the last sweep has come, and what it has counted."""
    name = _sweep(desk, flow, sweep)
    last = desk.stack.ledger().sweep(flow, name)
    if last is None:
        raise Problem(f"The flow {flow} has never had a sweep {name}: start one, or wait for the night.")
    rows = {
        "subject": last.subject,
        "begun": when(last.begun_at),
        "moved": when(last.moved_at),
        "state": last.ended or "running",
        "cursor": last.cursor or "-",
        **{what: str(number) for what, number in sorted(last.counts.items())},
    }
    shown = table("", "what", "is")
    for what, value in rows.items():
        shown.add_row(what, value)
    desk.output.tell({"flow": flow, **last.model_dump(mode="json")}, shown)


def _sweep(desk: Desk, flow: str, sweep: str | None) -> str:
    listens = json.loads((ROOT / "functions" / desk.stack.known(flow) / "listens.json").read_text())
    if NIGHT_FELL not in listens:
        raise Problem(f"The flow {flow} does nothing at night: it listens to {', '.join(listens)}.")
    return sweep or flow.replace("_", "-")
