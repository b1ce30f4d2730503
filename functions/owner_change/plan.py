"""A customer that changes hands: what customer, adviser and the systems get of it, and why. Pure.

Every look decides everything afresh; an action that is done is never done again, so a plan may ask for it each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from kundeflyt.domain.actions import (
    Action,
    CreateTask,
    LogNote,
    MoveWork,
    NoteTakeover,
    PassGuard,
    Plan,
    Spread,
    TakeoverRecord,
    UpdateTask,
    WakeAt,
)
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.crm import Company
from kundeflyt.domain.events import Event
from kundeflyt.domain.ownership import Handover
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.wording import moment_in_words
from owner_change import words
from owner_change.case import (
    ANNOUNCE,
    FIND_CONTACT,
    FIRST_MEETING,
    GUARD,
    HANDOVER_MEETING,
    NAME,
    NOW,
    TEXT,
    Takeover,
    TakeoverFacts,
    mark_of,
    settled_at,
)
from owner_change.checklist import Checklist, checklist
from owner_change.metodika import on_the_card
from owner_change.rules import OwnerChangeRules

_NIGHT = time(5, 0)


def basis(facts: TakeoverFacts) -> str:
    """What the decision stands on: the handover, whether it is final, and whether the cards could be read."""
    if facts.handover is None:
        return "no-handover"
    return f"{mark_of(facts.handover)}|{'settled' if facts.settled else 'settling'}|{'cards' if facts.cards else '-'}"


def plan(event: Event, facts: TakeoverFacts, rules: Rules[OwnerChangeRules], now: datetime) -> Plan:
    """The new adviser takes over, the customer hears of it, and nobody is left without one unseen (002, 001-24)."""
    company, handover = facts.company, facts.handover
    if company is None:
        return Plan(because=words.COMPANY_GONE)
    if handover is None or not handover.is_one:
        return Plan(because=words.SAME_OWNER if handover else words.NEVER_OWNED, company_id=company.id)
    if not facts.settled:
        return _settle(company, handover, rules)
    if now - handover.at > timedelta(weeks=rules.flow.followed_for_weeks):
        return Plan(because=words.TOO_OLD.format(weeks=rules.flow.followed_for_weeks), company_id=company.id)
    owner = facts.owners.get(handover.owner_id or 0)
    if owner is None or not owner.is_person or not owner.can_take_tasks:
        return _guard(company, handover, facts, rules, now)
    return _take_over(Takeover(event, company, handover, owner, facts, rules, now))


def _settle(company: Company, handover: Handover, rules: Rules[OwnerChangeRules]) -> Plan:
    """Whoever corrects a slip within the wait has changed nothing."""
    final = settled_at(handover, rules.flow)
    return Plan(
        because=words.SETTLING.format(at=moment_in_words(final)),
        # A leaver's customers come by the hundred, and have waited already: text messages go first.
        actions=(WakeAt(name=f"settle-{mark_of(handover)}", when=final, bulk=True),),
        responsible=handover.owner_id,
        company_id=company.id,
    )


def _guard(
    company: Company, handover: Handover, facts: TakeoverFacts, rules: Rules[OwnerChangeRules], now: datetime
) -> Plan:
    """A customer without an adviser is seen by customer service and by the former one; nobody is put back (001-24)."""
    previous = facts.owners.get(handover.previous_owner_id or 0)
    why = words.NOT_A_PERSON if handover.owner_id else words.REMOVED
    subject, body = words.owner_removed(at=handover.at, by=facts.changed_by, previous=previous, why=why)
    csc = rules.common.csc_owner_id or rules.common.fallback_owner_id
    former = previous.id if previous and previous.can_take_tasks else None
    calendar = WorkingCalendar(company.country or rules.common.default_country)
    tasks = tuple(
        CreateTask(
            name=f"owner-removed-{role}-{mark_of(handover)}",
            task_type="TODO",
            subject=subject,
            body=body,
            due=calendar.follow_up_due(now).due,
            owner_id=owner_id,
            company_id=company.id,
        )
        for role, owner_id in (("csc", csc), ("former", former if former != csc else None))
        if owner_id or role == "csc"
    )
    return Plan(
        because=why,
        actions=(PassGuard(name=f"{GUARD}-{mark_of(handover)}"), *tasks),
        responsible=csc,
        company_id=company.id,
        problems=() if csc else (words.NO_CSC_OWNER,),
    )


def _take_over(takeover: Takeover) -> Plan:
    """All that a takeover asks for, the customer first."""
    now_boxes, later_boxes = checklist(NOW, takeover), checklist(FIRST_MEETING, takeover)
    record = _record(takeover, now_boxes, later_boxes)
    problems: list[str] = []
    actions: list[Action] = [
        PassGuard(name=takeover.named(GUARD)),
        *_tell_customer(takeover, problems),
        *_handover_meeting(takeover),
        *_checklist(takeover, NOW, now_boxes),
        *_checklist(takeover, FIRST_MEETING, later_boxes),
        *_move_work(takeover),
        *on_the_card(takeover),
        NoteTakeover(name=f"record-{takeover.mark}-{takeover.event.round}", takeover=record),
    ]
    if not record.finished:
        actions.append(_next_look(takeover))
    seen_before = takeover.named(NOW) in takeover.facts.past.actions
    first = words.TAKEOVER if takeover.previous else words.FIRST_OWNER
    return Plan(
        because=words.FINISHED if record.finished else words.FOLLOWED if seen_before else first,
        actions=tuple(actions),
        responsible=takeover.owner.id,
        contact_id=_whom_it_speaks_of(actions),
        company_id=takeover.company.id,
        problems=tuple(problems),
    )


def _whom_it_speaks_of(actions: Iterable[Action]) -> int | None:
    """The contact whose name or address is in the plan: whoever is erased must be found in it (decision 0008)."""
    return next((id_ for action in actions if (id_ := getattr(action, "contact_id", None))), None)


def _tell_customer(takeover: Takeover, problems: list[str]) -> list[Action]:
    """The customer hears once who the new adviser is, unless somebody has told them (002-16 to 002-18, 002-55)."""
    if takeover.told_already or takeover.says_yes(takeover.rules.flow.no_announcement_property):
        return []
    contact = takeover.main_contact
    due = takeover.calendar.follow_up_due(takeover.now).due
    if contact is None or not contact.email:
        subject, body = words.find_contact(known=contact is not None)
        return [
            CreateTask(
                name=takeover.named(FIND_CONTACT),
                task_type="TODO",
                subject=subject,
                body=body,
                due=due,
                owner_id=takeover.owner.id,
                contact_id=contact.id if contact else None,
                company_id=takeover.company.id,
            )
        ]
    text = takeover.rules.texts.render(TEXT, takeover.language, takeover.values)
    withheld = takeover.rules.production and not text.approved
    if withheld:
        problems.append(words.UNAPPROVED_TEXT)
    subject, body = words.announcement(None if withheld else text)
    return [
        CreateTask(
            name=takeover.named(ANNOUNCE),
            task_type="EMAIL",
            subject=subject,
            body=body,
            due=due,
            owner_id=takeover.owner.id,
            contact_id=contact.id,
            company_id=takeover.company.id,
        )
    ]


def _handover_meeting(takeover: Takeover) -> list[Action]:
    """The old adviser, if still there, is asked for a handover meeting (002-03)."""
    if takeover.predecessor is None:
        return []
    subject, body = words.handover_meeting(takeover.owner)
    return [
        CreateTask(
            name=takeover.named(HANDOVER_MEETING),
            task_type="TODO",
            subject=subject,
            body=body,
            due=takeover.calendar.follow_up_due(takeover.now).due,
            owner_id=takeover.predecessor.id,
            company_id=takeover.company.id,
        )
    ]


def _checklist(takeover: Takeover, group: str, boxes: Checklist) -> list[Action]:
    """The group's boxes in one task; a later look brings it up to date, and ends it when all are done."""
    body = words.checklist_body(boxes.lines, finished=boxes.finished)
    task = takeover.facts.tasks.get(takeover.named(group))
    if task is None:
        return [_new_checklist(takeover, group, body)]
    if task.completed or task.body == body:
        return []
    name = f"{takeover.named(group)}-look-{takeover.event.round}"
    return [UpdateTask(name=name, task_id=task.id, body=body, completed=boxes.finished)]


def _new_checklist(takeover: Takeover, group: str, body: str) -> CreateTask:
    """What is due at once is due today; the rest before the customer's first meeting, spread over the days."""
    at_once = group == NOW
    return CreateTask(
        name=takeover.named(group),
        task_type="TODO",
        subject=words.checklist_subject(now=at_once),
        body=body,
        due=takeover.calendar.follow_up_due(takeover.now).due if at_once else _before_the_first_meeting(takeover),
        owner_id=takeover.owner.id,
        company_id=takeover.company.id,
        spread=None if at_once else _spread(takeover),
    )


def _before_the_first_meeting(takeover: Takeover) -> datetime:
    """The rules' number of working days from now, or the working day before the customer's next meeting if sooner."""
    calendar = takeover.calendar
    day = _today(takeover)
    for _ in range(takeover.rules.flow.first_meeting_after_working_days):
        day = calendar.next_working_day(day)
    return calendar.end_of_work(min(day, _day_before_the_meeting(takeover) or day))


def _day_before_the_meeting(takeover: Takeover) -> date | None:
    """The last working day before the customer's next meeting, or today; None where no meeting is booked."""
    calendar = takeover.calendar
    if not takeover.meetings or not (at := takeover.meetings[0].at):
        return None
    meeting_day, before = at.astimezone(calendar.zone).date(), _today(takeover)
    while (following := calendar.next_working_day(before)) < meeting_day:
        before = following
    return before


def _today(takeover: Takeover) -> date:
    return takeover.now.astimezone(takeover.calendar.zone).date()


def _spread(takeover: Takeover) -> Spread:
    """No day gets more than the adviser can prepare for, and nothing is prepared after its meeting."""
    return Spread(
        counter=f"{NAME}/{takeover.event.portal_id}/{takeover.owner.id}/first-meetings",
        per_day=takeover.rules.flow.first_meetings_per_day,
        country=takeover.country,
        earliest=takeover.calendar.follow_up_due(takeover.now).due.date(),
        latest=_day_before_the_meeting(takeover),
    )


def _move_work(takeover: Takeover) -> list[Action]:
    """Open tasks and meetings to come follow the customer, and a note says which (002-13)."""
    work = takeover.to_move
    if not work:
        return []
    move = MoveWork(
        name=takeover.named("move-work"),
        tasks=tuple(sorted(row.id for row in work if row.kind == "tasks")),
        meetings=tuple(sorted(row.id for row in work if row.kind == "meetings")),
        owner_id=takeover.owner.id,
    )
    note = LogNote(
        name=takeover.named("moved-note"),
        body=words.moved_note(work, owner=takeover.owner, links=takeover.links, company_id=takeover.company.id),
        at=takeover.now,
        owner_id=takeover.owner.id,
        company_id=takeover.company.id,
        after=(move.name,),
    )
    return [move, note]


def _record(takeover: Takeover, *checklists: Checklist) -> TakeoverRecord:
    return TakeoverRecord(
        portal_id=takeover.event.portal_id,
        company_id=takeover.company.id,
        at=takeover.handover.at,
        previous_owner_id=takeover.handover.previous_owner_id,
        owner_id=takeover.owner.id,
        boxes={box: state for boxes in checklists for box, state in boxes.states.items()},
        looked_at=takeover.now,
    )


def _next_look(takeover: Takeover) -> WakeAt:
    """Soon while the cards' system does not answer, longer each time; else the next night, not all at once."""
    if takeover.facts.cards is None:
        # Hundreds at once would be too many questions for a system that is slow or has just come back.
        minutes = min(15 * 2 ** min(takeover.event.round, 4), 240) + takeover.company.id % 6
        name = f"cards-{takeover.mark}-{takeover.event.round}"
        return WakeAt(name=name, when=takeover.now + timedelta(minutes=minutes), bulk=True)
    zone = takeover.calendar.zone
    tomorrow = takeover.now.astimezone(zone).date() + timedelta(days=1)
    # Not all at once, but many together: a hundred looks cost HubSpot hardly more calls than one.
    night = datetime.combine(tomorrow, _NIGHT, zone) + timedelta(minutes=10 * (takeover.company.id % 6))
    return WakeAt(name=f"nightly-{takeover.mark}-{tomorrow:%Y%m%d}", when=night, bulk=True)
