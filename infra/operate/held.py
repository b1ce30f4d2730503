"""Looking at what a flow holds, and letting it go."""

from datetime import UTC, datetime
from typing import Annotated, cast

import typer
from rich.text import Text

from infra.operate.command import Desk, command, group
from infra.operate.connection import Connection
from infra.operate.output import Problem, table, when
from infra.operate.rules import in_force, model_of
from kundeflyt.adapters.aws.road import SqsRoad
from kundeflyt.domain.rules import FlowRules
from kundeflyt.engine.release import StillOnHoldError
from kundeflyt.engine.release import release as let_go
from kundeflyt.ports.failures import TryLater

AGAIN = "List again in a minute: a worker may have held something meanwhile by rules it remembers."

commands = group("held", "Events that wait because a flow is on hold, by its rules or because it stopped itself.")


@command(commands, "list")
def show(
    desk: Desk,
    flow: Annotated[str | None, typer.Argument(help="The flow's name; every flow when left out.")] = None,
) -> None:
    """List what waits, oldest first, by record ids."""
    ledger = desk.stack.ledger()
    flows = [desk.stack.known(flow)] if flow else desk.stack.flows
    stopped = {name: reason for name in flows if (reason := ledger.stopped(name))}
    waiting = [(name, held) for name in flows for held in ledger.held(name)]
    shown = table("", "held", "flow", "event", "subject", "reason")
    for name, held in waiting:
        shown.add_row(when(held.held_at), name, held.event.name, held.event.subject, held.reason)
    desk.output.tell(
        {
            "stopped": stopped,
            "held": [
                {
                    "flow": name,
                    "id": held.id,
                    "event": held.event.name,
                    "subject": held.event.subject,
                    "round": held.event.round,
                    "received_at": held.event.received_at,
                    "held_at": held.held_at,
                    "reason": held.reason,
                }
                for name, held in waiting
            ],
        },
        *(Text(f"{name} has stopped itself: {reason}", style="red") for name, reason in stopped.items()),
        *([shown] if waiting else []),
        Text(f"{len(waiting)} held."),
    )


@command(commands, "release")
def release(desk: Desk, flow: Annotated[str, typer.Argument(help="The flow's name.")]) -> None:
    """Let everything go that a flow holds, at the rules' pace; each event is decided afresh.

    Refused while the rules still say hold or shadow.
    """
    stack = desk.stack
    rules = in_force(stack, stack.known(flow), cast("type[FlowRules]", model_of(flow)))
    try:
        released = let_go(flow, stack.ledger(), road_of(stack, flow), rules)
    except StillOnHoldError as refused:
        raise Problem(f"{refused}.\nNothing was released.") from refused
    except TryLater as silent:
        raise Problem(f"{silent}.\nWhat was not released is still held: try again.") from silent
    desk.output.tell(
        {"flow": flow, "released": released, "per_minute": rules.release_per_minute},
        Text(f"{released} released, {rules.release_per_minute} a minute.\n{AGAIN}"),
    )


def road_of(stack: Connection, flow: str) -> SqsRoad:
    """The way back to a flow's own queue."""
    return SqsRoad(
        stack.client("sqs"),
        stack.client("scheduler"),
        queue_url=stack.of_flow(flow, "QueueUrl"),
        queue_arn=stack.of_flow(flow, "QueueArn"),
        dead_letter_arn=stack.of_flow(flow, "DeadLetterArn"),
        role_arn=stack.outputs["SchedulerRoleArn"],
        group=stack.outputs["ScheduleGroupName"],
        clock=lambda: datetime.now(UTC),
    )
