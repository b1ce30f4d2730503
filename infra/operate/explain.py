"""Why something happened, or did not: every plan and action about a call, a contact or a company, in order."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from infra.operate.command import Desk, command
from infra.operate.connection import Connection
from infra.operate.output import Problem, state, when
from kundeflyt.adapters.aws.ledger_items import has_plan
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.domain.actions import CreateTask, Plan, SendSms, UpdateTask, WakeAt
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.history import EventStory
from kundeflyt.ports.ledger import StoredPlan

_SUBJECT = re.compile(r"(?:(call|contact|company|sms)[/ :])?([A-Za-z0-9-]{1,64})")


def add_to(app: typer.Typer) -> None:
    """Adds the command to the program."""

    @command(app, "explain")
    def explain(
        desk: Desk,
        about: Annotated[
            str,
            typer.Argument(
                help="A record's id in HubSpot (call, contact or company), or a message's mark; company/123 says which."
            ),
        ],
    ) -> None:
        """Tell everything that was decided about a call, a contact or a company, and what became of it.

        Also what came to nothing, each with its reason. Numbers and texts are not shown.
        """
        wanted = _SUBJECT.fullmatch(about.strip())
        if not wanted:
            raise Problem("Give a record's id, such as 300000000001 or company/300000000001.")
        stories = sorted(_stories(desk.stack, wanted[1], wanted[2]), key=lambda story: story.began)
        if not stories:
            raise Problem(
                f"No flow has decided anything about {about}. `dead-letters list` shows what could not be decided, "
                "`doctor` what waits, and the front door's metrics what it dropped and why."
            )
        desk.output.tell({"stories": [_as_json(story) for story in stories]}, *_readable(stories))


def _stories(stack: Connection, kind: str | None, id_: str) -> Iterator[EventStory]:
    """What happened to the record itself, then what is in the history of the customer it may be."""
    table_, history = stack.table(), stack.history()
    subjects: dict[tuple[str, str], None] = {}
    if kind in {None, "call", "sms"}:
        subjects |= {(flow, f"{stack.portal_id}/{id_}"): None for flow in stack.flows}
    if kind in {None, "contact", "company"} and id_.isdigit():
        items = [item for customer in _customers(stack, kind, id_) for item in table_.of_customer(customer)]
        plans = [item for item in items if has_plan(item)]
        mine = [plan for plan in plans if kind != "contact" or str(plan.get("contact_id")) == id_]
        subjects |= {tuple(plan["pk"].split("/", 1)): None for plan in mine}
    told: set[tuple[str, str]] = set()
    while fresh := [one for one in subjects if one not in told]:
        for flow, subject in fresh:
            told.add((flow, subject))
            story = history.story(flow, subject)
            if story:
                yield story
                # What became of its messages are events of their own.
                subjects |= {
                    ("sms_receipt", f"{stack.portal_id}/{sent.reference}"): None for sent in story.sent.values()
                }


def _customers(stack: Connection, kind: str | None, id_: str) -> list[str]:
    """Where plans about a record stand in the ledger: a contact's mostly with the company."""
    if kind == "company":
        return [f"company/{id_}"]
    customers = [f"contact/{id_}"] + ([] if kind else [f"company/{id_}"])
    if kind == "contact":
        try:
            companies = HubSpotReader(stack.hubspot(), clock=lambda: datetime.now(UTC)).companies_of_contacts(
                [int(id_)]
            )
        except TryLater as silent:
            raise Problem(f"Whose contact {id_} is, only HubSpot knows: {silent}. Ask for its company.") from silent
        customers += [f"company/{company}" for company in companies.get(int(id_), ())]
    return customers


def _as_json(story: EventStory) -> dict[str, Any]:
    return {
        "flow": story.flow,
        "subject": story.subject,
        "held": [{"since": held.held_at, "reason": held.reason} for held in story.held],
        "plans": [
            {
                "event": stored.event.name,
                "received_at": stored.event.received_at,
                "planned_at": stored.planned_at,
                "round": stored.event.round,
                "mode": stored.mode,
                "because": stored.plan.because,
                "problems": stored.plan.problems,
                "contact": stored.plan.contact_id,
                "company": stored.plan.company_id,
                "responsible": stored.plan.responsible,
                "actions": list(_rows(story, stored)),
            }
            for stored in story.plans
        ],
    }


def _rows(story: EventStory, stored: StoredPlan) -> Iterator[dict[str, Any]]:
    named = {action.name for action in stored.plan.actions}
    # What the engine added by itself, such as a task about an SMS nobody is sure of, belongs to the last plan.
    planned = {action.name for plan in story.plans for action in plan.plan.actions}
    extra = [name for name in story.actions if name not in planned] if stored is story.plans[-1] else []
    for action in stored.plan.actions:
        yield _row(story, stored, action.name, action.kind, _detail(story, action))
    for name in extra:
        if name not in named:
            yield _row(story, stored, name, "added by the engine", "")


def _row(story: EventStory, stored: StoredPlan, name: str, kind: str, detail: str) -> dict[str, Any]:
    record = story.actions.get(name)
    if record is None:
        # Shadow and pilot plans are for show; in one that performs, what it depended on was not done, or it waits.
        said = "only shown" if stored.mode == "shadow" else "not done"
        return {"action": name, "kind": kind, "state": said, "detail": detail}
    return {
        "action": name,
        "kind": kind,
        "state": record.state,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "result": record.result,
        "reason": record.reason,
        "detail": detail,
    }


def _detail(story: EventStory, action: Any) -> str:
    match action:
        case WakeAt():
            return f"comes back {when(action.when)}"
        case SendSms():
            sent = story.sent.get(action.name)
            told = f"{action.text_id}, to be sent before {when(action.latest)}"
            return f"{told}; ITX says {sent.delivery.state}" if sent else told
        case CreateTask():
            return f"{action.task_type} for owner {action.owner_id}, due {when(action.due)}"
        case UpdateTask():
            return f"task {action.task_id or f'of {action.task_of}'}" + (", ticked off" if action.completed else "")
        case _:
            return ""


def _readable(stories: list[EventStory]) -> Iterator[RenderableType]:
    for story in stories:
        yield Text(f"{story.flow}  {story.subject}", style="bold")
        for held in story.held:
            yield Text(f"  waits since {when(held.held_at)}: {held.reason}", style="yellow")
        for stored in story.plans:
            yield _headline(stored)
            yield Text(f"    because: {stored.plan.because}")
            yield from (Text(f"    problem: {problem}", style="red") for problem in stored.plan.problems)
            rows = list(_rows(story, stored))
            if not rows:
                yield Text("    nothing was to be done")
                continue
            yield from _lines(rows)
        yield Text("")


def _headline(stored: StoredPlan) -> Text:
    plan: Plan = stored.plan
    again = f", round {stored.event.round}" if stored.event.round else ""
    whom = ", ".join(
        f"{name} {value}"
        for name, value in (("contact", plan.contact_id), ("company", plan.company_id), ("owner", plan.responsible))
        if value
    )
    line = Text(f"  {when(stored.planned_at)}  {stored.event.name} heard {when(stored.event.received_at)}{again}  ")
    line.append(state(stored.mode))
    return line.append(f"  {whom}")


def _lines(rows: list[dict[str, Any]]) -> Iterator[Text]:
    """One line for each action and, below it, why it was not done or what it is about."""
    names = max(len(row["action"]) for row in rows)
    for row in rows:
        ended = row.get("ended_at") or row.get("started_at")
        line = Text(f"    {row['action']:<{names}}  ").append(state(f"{row['state']:<10}"))
        yield line.append(f"  {when(ended) if ended else '':<20}  {row.get('result') or ''}".rstrip())
        if said := "; ".join(filter(None, (row.get("reason"), row["detail"]))):
            yield Text(f"        {said}", style="dim")
