"""Customers as the console shows them: why something happened, and what waits for an adviser."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from csc_console.company_views import (
    ActionView,
    BoxView,
    History,
    PlanView,
    StoryView,
    Takeovers,
    TakeoverView,
    TaskView,
)
from csc_console.problems import ProblemError
from csc_console.rights import GROUPS, RIGHTS
from csc_console.views import CompanyView, Me, OwnerView, SignIn
from csc_console.visit import Visit
from kundeflyt.domain.actions import CreateTask, LogNote, LogSms, TakeoverRecord
from kundeflyt.domain.crm import Owner
from kundeflyt.ports.console import SignInPage
from kundeflyt.ports.directory import CompanyNow
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.history import BadCursorError, EventStory
from kundeflyt.ports.ledger import StoredPlan

MOST_TAKEOVERS = 50
MOST_TASKS = 50


def sign_in(page: SignInPage) -> SignIn:
    """Where people sign in."""
    return SignIn(
        authorize_url=f"{page.url}/oauth2/authorize",
        token_url=f"{page.url}/oauth2/token",
        logout_url=f"{page.url}/logout",
        revoke_url=f"{page.url}/oauth2/revoke",
        client_id=page.client_id,
        token_minutes=page.tokens_last_minutes,
    )


def me(here: Visit) -> Me:
    """Who is asking, and what they may do. That HubSpot is silent keeps nobody out who is more than a PFA."""
    person = here.somebody
    owner: Owner | None = None
    if "pfa" in person.groups:
        try:
            owner = here.ports.directory.owner_with_email(person.email)
        except TryLater:
            if person.groups == {"pfa"}:
                raise
    return Me(
        email=person.email,
        groups=tuple(group for group in ("csc", "pfa", "ops") if group in person.groups and group in GROUPS),
        owner=owner_view(owner.id, {owner.id: owner}) if owner else None,
        may=tuple(right.operation for right in RIGHTS.values() if right.lets_in(person.groups)),
    )


def history(here: Visit, company_id: int, *, cursor: str | None, size: int) -> History:
    """What the system did about a customer and why, the newest first."""
    company = company_now(here, company_id)
    try:
        page = here.ports.history.of_company(company_id, cursor=cursor, size=size)
    except BadCursorError:
        raise bad_cursor() from None
    if company is None and not page.stories and cursor is None:
        raise ProblemError("no_such_record", about=f"{company_id}")
    responsible = {stored.plan.responsible for story in page.stories for stored in story.plans}
    owners = owners_now(here, {*responsible, company.owner_id if company else None})
    return History(
        company=company_view(here, company_id, company),
        owner=owner_view(company.owner_id, owners) if company else None,
        stories=tuple(_story(here, story, owners) for story in page.stories),
        next=page.next,
        as_of=here.now,
    )


def takeovers(here: Visit, company_id: int) -> Takeovers:
    """A customer's takeovers with their boxes."""
    found = here.ports.history.takeovers(here.ports.portal_id, company_id)
    owners = owners_now(here, {id_ for one in found for id_ in (one.previous_owner_id, one.owner_id)})
    return Takeovers(takeovers=tuple(_takeover(here, one, owners) for one in found))


def unfinished_takeovers(here: Visit, owner_id: int) -> tuple[TakeoverView, ...]:
    """What an adviser has taken over lately and is not through with, of customers that are still theirs."""
    found = here.ports.history.takeovers_of_owner(here.ports.portal_id, owner_id, last=MOST_TAKEOVERS)
    latest: dict[int, TakeoverRecord] = {}
    for one in found:
        latest.setdefault(one.company_id, one)
    mine = own_companies(here, latest, owner_id)
    waiting = [one for one in latest.values() if one.company_id in mine and not one.finished]
    owners = owners_now(here, {id_ for one in waiting for id_ in (one.previous_owner_id, one.owner_id)})
    return tuple(_takeover(here, one, owners) for one in waiting)


def waiting_tasks(here: Visit, owner_id: int) -> tuple[TaskView, ...]:
    """Our tasks that wait for an adviser."""
    found = here.ports.directory.waiting_tasks(owner_id, most=MOST_TASKS)
    return tuple(
        TaskView(id=str(task.id), subject=task.subject, due=task.due, link=here.ports.links.task(task.id))
        for task in found
    )


def company_now(here: Visit, company_id: int) -> CompanyNow | None:
    """The customer as HubSpot has it."""
    return companies_now(here, [company_id]).get(company_id)


def companies_now(here: Visit, ids: Collection[int]) -> Mapping[int, CompanyNow]:
    """The customers as HubSpot has them; each is read once while the request lasts."""
    number = here.ports.common.organisation_number_property
    missing = [id_ for id_ in ids if id_ not in here.seen]
    if missing:
        found = here.ports.directory.companies(missing, number_property=number)
        here.seen.update({id_: found.get(id_) for id_ in missing})
    return {id_: company for id_ in ids if (company := here.seen.get(id_))}


def own_companies(here: Visit, ids: Collection[int], owner_id: int) -> frozenset[int]:
    """Which of these customers are this adviser's at this moment."""
    return frozenset(id_ for id_, company in companies_now(here, ids).items() if company.owner_id == owner_id)


def owners_now(here: Visit, ids: Iterable[int | None]) -> Mapping[int, Owner]:
    """Who these advisers are; nobody while HubSpot does not tell, for a name is not worth an error."""
    try:
        return here.ports.directory.owners({id_ for id_ in ids if id_})
    except TryLater:
        return {}


def owner_view(owner_id: int | None, owners: Mapping[int, Owner]) -> OwnerView | None:
    """An adviser with their name, where it is known."""
    if not owner_id:
        return None
    owner = owners.get(owner_id)
    return OwnerView(id=str(owner_id), name=owner.name if owner else "")


def company_view(here: Visit, company_id: int, company: CompanyNow | None) -> CompanyView:
    """A customer; one that HubSpot no longer has keeps its id."""
    return CompanyView(
        id=str(company_id),
        name=company.name if company else "",
        organisation_number=company.organisation_number if company else None,
        link=here.ports.links.company(company_id),
    )


def bad_cursor() -> ProblemError:
    """A cursor that was never given out."""
    return ProblemError("invalid", fields=(("cursor", "?"),))


def _story(here: Visit, story: EventStory, owners: Mapping[int, Owner]) -> StoryView:
    first = story.plans[0].event if story.plans else story.held[0].event
    return StoryView(
        flow=story.flow,
        subject=story.subject,
        event=first.name,
        received_at=first.received_at,
        plans=tuple(_plan(here, story, stored, owners) for stored in story.plans),
        held_because=story.held[0].reason if story.held else None,
    )


def _plan(here: Visit, story: EventStory, stored: StoredPlan, owners: Mapping[int, Owner]) -> PlanView:
    plan = stored.plan
    named = {action.name for every in story.plans for action in every.plan.actions}
    # What the engine added by itself, such as a task about an SMS nobody is sure of, belongs to the last plan.
    added = [name for name in story.actions if name not in named] if stored is story.plans[-1] else []
    shown = [(action.name, action.kind) for action in plan.actions] + [(name, "added") for name in added]
    whom = {name: plan.company_id for name, _ in shown}
    whom |= {
        action.name: action.company_id
        for action in plan.actions
        if isinstance(action, CreateTask | LogSms | LogNote) and action.company_id
    }
    return PlanView(
        planned_at=stored.planned_at,
        mode=stored.mode,
        because=plan.because,
        problems=plan.problems,
        round=stored.event.round,
        contact_link=here.ports.links.contact(plan.contact_id) if plan.contact_id else None,
        responsible=owner_view(plan.responsible, owners),
        actions=tuple(_action(here, story, name, kind, whom.get(name)) for name, kind in shown),
    )


def _action(here: Visit, story: EventStory, name: str, kind: str, company_id: int | None) -> ActionView:
    record = story.actions.get(name)
    if record is None:
        return ActionView(name=name, kind=kind)
    on_the_timeline = kind in {"create_task", "log_sms", "log_note", "log_reply"} and (record.result or "").isdigit()
    return ActionView(
        name=name,
        kind=kind,
        state=record.state,
        started_at=record.started_at,
        ended_at=record.ended_at,
        reason=record.reason,
        result=record.result,
        link=here.ports.links.activity(company_id, int(record.result or 0)) if on_the_timeline and company_id else None,
    )


def _takeover(here: Visit, takeover: TakeoverRecord, owners: Mapping[int, Owner]) -> TakeoverView:
    company = here.seen.get(takeover.company_id)
    return TakeoverView(
        company_id=str(takeover.company_id),
        company_name=company.name if company else "",
        link=here.ports.links.company(takeover.company_id),
        at=takeover.at,
        previous_owner=owner_view(takeover.previous_owner_id, owners),
        owner=owner_view(takeover.owner_id, owners),
        finished=takeover.finished,
        boxes=tuple(BoxView(requirement=name, state=state) for name, state in takeover.boxes.items()),
        looked_at=takeover.looked_at,
    )
