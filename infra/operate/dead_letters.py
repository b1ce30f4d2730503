"""Messages that were set aside: why, and bringing them back to their queue."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from infra.operate.command import Desk, command, group
from infra.operate.connection import Connection
from infra.operate.output import Problem, table, when
from kundeflyt.adapters.aws.dead_letters import SqsDeadLetters
from kundeflyt.ports.operations import DeadLetter

SHOWN_OF_BODY = 300

commands = group("dead-letters", "Messages a flow has set aside: nobody could read them, or they could not be done.")

Flow = Annotated[str, typer.Argument(help="The flow's name.")]


@command(commands, "list")
def show_all(desk: Desk) -> None:
    """Count what each flow has set aside."""
    counts = {flow: _of(desk.stack, flow).count() for flow in desk.stack.flows}
    shown = table("", "flow", "dead letters")
    for flow, count in counts.items():
        shown.add_row(flow, Text(str(count), style="red" if count else ""))
    desk.output.tell({"dead_letters": counts}, shown)


@command(commands, "show")
def show(desk: Desk, flow: Flow) -> None:
    """Show what a flow has set aside, each with its reason. Nothing is changed."""
    letters = _of(desk.stack, flow).all()
    desk.output.tell(
        {"flow": flow, "dead_letters": [_as_json(letter) for letter in letters]},
        *(
            Text(f"{when(letter.set_aside_at)}  {_about(letter)}\n    {letter.reason}\n    id {letter.id}")
            for letter in letters
        ),
        Text(f"{len(letters)} set aside by {flow}."),
    )


@command(commands, "redrive")
def redrive(
    desk: Desk,
    flow: Flow,
    only: Annotated[list[str] | None, typer.Option("--id", help="Only this one, by its id; may be repeated.")] = None,
) -> None:
    """Bring messages back to the flow's queue, to be worked again. What was done is not done twice.

    What nobody can read stays, unless its id is given. May be broken off and run again: a message is deleted only
    after it is back on its queue.
    """
    done = _of(desk.stack, flow).redrive(only, now=datetime.now(UTC))
    if missing := set(only or ()) - {letter.id for letter in done.gone}:
        raise Problem(f"{flow} has set aside no message {', '.join(sorted(missing))}; {len(done.gone)} brought back.")
    desk.output.tell(
        {
            "flow": flow,
            "redriven": [_as_json(letter) for letter in done.gone],
            "left": [_as_json(one) for one in done.left],
        },
        *(Text(f"back on the queue: {_about(letter)}") for letter in done.gone),
        Text(f"{len(done.gone)} brought back to {flow}, {len(done.left)} left."),
    )


def _of(stack: Connection, flow: str) -> SqsDeadLetters:
    url, queue = stack.of_flow(stack.known(flow), "DeadLetterUrl"), stack.of_flow(flow, "QueueUrl")
    return SqsDeadLetters(stack.client("sqs"), url=url, queue_url=queue)


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    """What there is to tell of it; of an event ids and times only."""
    return {
        "id": letter.id,
        "set_aside_at": letter.set_aside_at,
        "reason": letter.reason,
        "readable": letter.event is not None,
        "event": letter.event.to_json() if letter.event else None,
    }


def _about(letter: DeadLetter) -> str:
    """Which event of which record, or the beginning of what nobody can read, its digits hidden."""
    if letter.event:
        return f"{letter.event.name} {letter.event.subject}"
    start = "".join("•" if mark.isdigit() else mark for mark in letter.body[:SHOWN_OF_BODY])
    return f"unreadable: {start!r}"
