"""The state of the flows, for whoever is on call, and what they can do about it."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from csc_console import operations
from csc_console.contract import route
from csc_console.operations_views import (
    AllRules,
    Changes,
    DeadLetters,
    Errors,
    Flows,
    HeldEvents,
    Redrive,
    Redriven,
    Released,
    RollBack,
    RulesView,
)
from csc_console.rights import NAME
from csc_console.visit import visit

router = Router()  # type: ignore[no-untyped-call]

Flow = Annotated[str, Path(pattern=f"^{NAME}$", description="The flow's name, as its folder is called.")]
RulesName = Annotated[str, Path(pattern=f"^{NAME}$", description="The flow's name, or `common`.")]


@route(router, "operations")
def list_flows() -> Flows:
    """Every flow: on, hold or shadow, and what waits."""
    return operations.flows(visit(router))


@route(router, "operations")
def list_held(flow: Flow) -> HeldEvents:
    """The events that wait because the flow is on hold."""
    return operations.held(visit(router), flow)


@route(router, "operations")
def release_held(flow: Flow) -> Released:
    """Lets everything go that a flow holds, at the rules' pace; each event is decided afresh."""
    return operations.release(visit(router), flow)


@route(router, "operations")
def list_dead_letters(flow: Flow) -> DeadLetters:
    """The messages that a flow has set aside, each with its reason."""
    return operations.dead_letters(visit(router), flow)


@route(router, "operations")
def redrive_dead_letters(flow: Flow, which: Annotated[Redrive, Body()]) -> Redriven:
    """Brings messages back to their queue. What was done is not done twice."""
    return operations.redrive(visit(router), flow, which.ids)


@route(router, "operations")
def last_errors(
    hours: Annotated[int, Query(ge=1, le=72, description="How far back to look.")] = 24,
) -> Errors:
    """What operations was told lately."""
    return operations.errors(visit(router), hours)


@route(router, "operations")
def list_rules() -> AllRules:
    """The rules of every flow, the newest version and the one in force."""
    return operations.all_rules(visit(router))


@route(router, "operations")
def rules_history(name: RulesName) -> RulesView:
    """Every version of a flow's rules that is remembered."""
    return operations.rules(visit(router), name)


@route(router, "operations")
def roll_back_rules(name: RulesName, back: Annotated[RollBack, Body()]) -> RulesView:
    """Puts an earlier version of the rules in force again, as a new version."""
    return operations.roll_back(visit(router), name, back)


@route(router, "operations")
def list_changes(
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    size: Annotated[int, Query(ge=1, le=100, description="How many at a time.")] = 50,
) -> Changes:
    """Who has changed what through the console."""
    return operations.changes(visit(router), cursor=cursor, size=size)
