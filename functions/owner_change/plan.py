"""A customer that changes hands: what customer, adviser and the systems get of it, and why. Pure.

Every look decides everything afresh; an action that is done is never done again, so a plan may ask for it each time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

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
from owner_change.announcement import announce, take_back
from owner_change.case import (
    FIRST_MEETING,
    GUARD,
    HANDOVER_MEETING,
    NAME,
    NOW,
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
    """What the decision stands on: the handover, whether it is final, and whether the cards could be read.

    And the day, and whether the customer may be written to by now: two looks may have the same round.
    """
    if facts.handover is None:
        return "no-handover"
    known = ["settled" if facts.settled else "settling", "cards" if facts.cards else "-"]
    if facts.settled:
        known += [f"{facts.day:%Y%m%d}" if facts.day else "-", *(["mail"] if facts.may_be_sent else [])]
    return "|".join([mark_of(facts.handover), *known])


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
        if handover.owner_id is None and facts.removal_decided:
            return _removed_by_decision(company, handover, facts)
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


def _removed_by_decision(company: Company, handover: Handover, facts: TakeoverFacts) -> Plan:
    """Customer service has decided it, and the decision is stored: nobody has to ask who did it (001-25, 001-35)."""
    decided_at = facts.removal_decided.at if facts.removal_decided else handover.at
    return Plan(
        because=words.REMOVAL_DECIDED.format(at=moment_in_words(decided_at)),
        actions=take_back(facts, mark_of(handover), words.NO_ADVISER),
        company_id=company.id,
    )


def _guard(
    company: Company, handover: Handover, facts: TakeoverFacts, rules: Rules[OwnerChangeRules], now: datetime
) -> Plan:
    """A customer without an adviser is seen by customer service and by the former one; nobody is put back (001-24)."""
    previous = facts.owners.get(handover.previous_owner_id or 0)
    why = words.NOT_A_PERSON if handover.owner_id else words.REMOVED
    subject, body = words.owner_removed(
        at=handover.at, by=facts.changed_by, means=handover.means, previous=previous, why=why
    )
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
        actions=(
            PassGuard(name=f"{GUARD}-{mark_of(handover)}"),
            *tasks,
            *take_back(facts, mark_of(handover), words.NO_ADVISER),
        ),
        responsible=csc,
        company_id=company.id,
        problems=() if csc else (words.NO_CSC_OWNER,),
    )


def _take_over(takeover: Takeover) -> Plan:
    """All that a takeover asks for, the customer first."""
    now_boxes, later_boxes = checklist(NOW, takeover), checklist(FIRST_MEETING, takeover)
    record = _record(takeover, now_boxes, later_boxes)
    told = announce(takeover)
    actions: list[Action] = [
        PassGuard(name=takeover.named(GUARD)),
        *told.tasks,
        *take_back(takeover.facts, takeover.mark, words.ANOTHER_ADVISER),
        *_handover_meeting(takeover),
        *_checklist(takeover, NOW, now_boxes),
        *_checklist(takeover, FIRST_MEETING, later_boxes),
        *_move_work(takeover),
        *on_the_card(takeover),
        NoteTakeover(name=f"record-{takeover.mark}-{takeover.event.round}", takeover=record),
    ]
    looks = [] if record.finished else [_next_look(takeover)]
    if told.wake:
        looks.append(_look_before_sending(takeover, told.wake))
    if looks:
        # One return alone: that look books the next one.
        actions.append(min(looks, key=lambda look: look.when))
    # Last, since the flow may stop itself here.
    actions += told.send
    seen_before = takeover.named(NOW) in takeover.facts.past.actions
    first = words.TAKEOVER if takeover.previous else words.FIRST_OWNER
    state = words.FOLLOWED if seen_before else first
    return Plan(
        because=" ".join(filter(None, [words.FINISHED if record.finished else state, told.says])),
        actions=tuple(actions),
        responsible=takeover.owner.id,
        # Whoever is erased must be found in a plan with their name or address (decision 0008).
        contact_id=told.contact_id,
        company_id=takeover.company.id,
        problems=(told.problem,) if told.problem else (),
    )


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
    body = boxes.body
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


def _look_before_sending(takeover: Takeover, when: datetime) -> WakeAt:
    """All is looked at afresh then: whoever has told the customer meanwhile has stopped the e-mail."""
    return WakeAt(name=f"mail-{takeover.mark}-{when.astimezone(UTC):%Y%m%d%H%M%S}", when=when, bulk=True)


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
