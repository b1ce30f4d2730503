"""What the console is told about customers and the work of their advisers, as the API's contract shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from csc_console.case_views import CaseRow
from csc_console.views import CompanyView, Id, OwnerView, View


class ActionView(View):
    """One thing that was to be done. `state` is None while nothing has been begun."""

    name: str
    kind: str
    state: Literal["started", "done", "refused", "unsure"] | None = None
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    reason: str | None = None
    result: str | None = None
    link: str | None = None


class PlanView(View):
    """What was decided at one moment, and why; a plan without actions is a decision to do nothing."""

    planned_at: AwareDatetime
    mode: Literal["on", "shadow"]
    because: str
    problems: tuple[str, ...] = ()
    round: int
    contact_link: str | None = None
    responsible: OwnerView | None = None
    actions: tuple[ActionView, ...] = ()


class StoryView(View):
    """Everything about one event that touched the customer: what was heard, decided and done."""

    flow: str
    subject: str
    event: str
    received_at: AwareDatetime
    plans: tuple[PlanView, ...]
    held_because: str | None = None


class History(View):
    """What the system did about a customer and why, the newest first; `next` leads to what was before."""

    company: CompanyView
    owner: OwnerView | None = None
    stories: tuple[StoryView, ...]
    next: str | None = None
    as_of: AwareDatetime


class BoxView(View):
    """One point of a takeover's checklist."""

    requirement: str
    state: Literal["open", "verified", "ticked"]


class TakeoverView(View):
    """How far a customer's takeover has come. `company_name` is empty where the customer's name was not read."""

    company_id: Id
    company_name: str = ""
    link: str
    at: AwareDatetime
    previous_owner: OwnerView | None = None
    owner: OwnerView | None = None
    finished: bool
    boxes: tuple[BoxView, ...]
    looked_at: AwareDatetime


class Takeovers(View):
    """A customer's takeovers, the newest first."""

    takeovers: tuple[TakeoverView, ...]


class TaskView(View):
    """A task of ours that waits for the adviser."""

    id: Id
    subject: str
    due: AwareDatetime | None = None
    link: str


class MyWork(View):
    """What waits for a PFA: their customers' cases, takeovers that are not finished, and our open tasks."""

    owner: OwnerView
    cases: tuple[CaseRow, ...]
    takeovers: tuple[TakeoverView, ...]
    tasks: tuple[TaskView, ...]
    as_of: AwareDatetime
