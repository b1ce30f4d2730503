"""What follows when a sequence has ended. Pure: no clock, no environment, no world."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from kundeflyt.domain import sweeping
from kundeflyt.domain.actions import Action, CreateTask, OpenReviewCase, Plan, WakeAt
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.events import CONTACT_SEQUENCE_CHANGED, Event
from kundeflyt.domain.review import Gap
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.wording import OSLO, day_in_words, moment_in_words
from sequence_ended import words
from sequence_ended.case import (
    CASE,
    COMPLETE,
    FIX,
    FOLLOW_UP,
    LEFT,
    LOOK,
    NAME,
    NO_COMPANY,
    OPTED_OUT,
    SETTLE,
    SWEEP,
    Case,
    EndingFacts,
    SweepFacts,
    named,
    seen_to,
)
from sequence_ended.rules import SequenceEndedRules

_NIGHT = time(4, 0)


def basis(facts: EndingFacts | SweepFacts) -> str:
    """What the decision stands on: which enrolment, and how it ended; of a sweep, whether there is a page to walk."""
    if isinstance(facts, SweepFacts):
        return "walked" if facts.night.walked else "page" if facts.page else "busy"
    enrolment = facts.enrolment
    if enrolment is None:
        return "never-enrolled"
    if enrolment.running or facts.ended_at is None:
        return f"{enrolment.mark}|running"
    if not facts.settled:
        return f"{enrolment.mark}|settling"
    if seen_to(facts.past, enrolment):
        return f"{enrolment.mark}|seen-to"
    return f"{enrolment.mark}|{enrolment.how(facts.entries)}|{'fixed' if facts.fixed else '-'}"


def plan(event: Event, facts: EndingFacts | SweepFacts, rules: Rules[SequenceEndedRules], now: datetime) -> Plan:
    """No ending disappears: it becomes a case, a task, or a reason why neither is needed (001-19)."""
    if isinstance(facts, SweepFacts):
        return _sweep(event, facts, now)
    enrolment = facts.enrolment
    if enrolment is None or facts.ended_at is None:
        return Plan(because=words.RUNNING if enrolment else words.NEVER_ENROLLED)
    if rules.flow.sequences and enrolment.sequence_id not in rules.flow.sequences:
        return Plan(because=words.OTHER_SEQUENCE)
    if not facts.settled:
        settled_at = facts.ended_at + timedelta(minutes=rules.flow.settle_minutes)
        wake = WakeAt(name=named(SETTLE, enrolment), when=settled_at, bulk=True)
        return Plan(because=words.SETTLING.format(at=moment_in_words(settled_at)), actions=(wake,))
    if seen_to(facts.past, enrolment):
        return Plan(because=words.SEEN_TO)
    if facts.company is None:
        return _without_company(facts, rules, now)
    return _judge(Case(event, enrolment, facts.ended_at, facts.company, facts, rules, now))


def _judge(case: Case) -> Plan:
    """What the ending asks for, by how it ended."""
    match case.ending:
        case "finished" | "bounced":
            return _review(case)
        case "replied":
            subject, body = words.follow_up(case.ended_at, case.responses, case.links, case.company.id)
            return _plan(case, words.REPLIED, _task(case, FOLLOW_UP, subject, body, call=True))
        case "opted_out":
            subject, body = words.opted_out(case.ended_at)
            return _plan(case, words.OPTED_OUT, _task(case, OPTED_OUT, subject, body, call=True))
        case "left":
            if case.in_hand:
                return _plan(case, words.IN_HAND)
            subject, body = words.left(case.ended_at)
            return _plan(case, words.LEFT, _task(case, LEFT, subject, body))


def _review(case: Case) -> Plan:
    """Customer service assesses the customer; what the adviser can put right comes first (001-18, 001-23)."""
    asked = case.named(FIX) in case.facts.past.actions
    gaps = case.gaps
    if gaps and case.now < case.waits_until:
        return _wait(case, gaps, asked=asked)
    request = case.request(())
    if asked:
        because = words.WAITED_ENOUGH if gaps else words.MENDED
        return _plan(case, because, OpenReviewCase(name=case.named(COMPLETE), request=request))
    because = words.FINISHED_WITH_RESPONSE if case.responses else words.FINISHED
    return _plan(case, because, OpenReviewCase(name=case.named(CASE), request=request))


def _wait(case: Case, gaps: tuple[Gap, ...], *, asked: bool) -> Plan:
    """The adviser is asked once; the case is there meanwhile, and is looked at each night."""
    until = day_in_words(case.waits_until)
    subject, body = words.fix(gaps, case.waits_until, bounced=case.ending == "bounced")
    tomorrow = case.now.astimezone(OSLO).date() + timedelta(days=1)
    # In portions, and many together: a hundred looks cost HubSpot hardly more calls than one.
    night = datetime.combine(tomorrow, _NIGHT, OSLO) + timedelta(minutes=10 * (case.company.id % 6))
    # One task for what is missing on the customer's card, whoever's sequence ended; an address is one person's.
    card = f"{NAME}/{case.event.portal_id}/{case.company.id}/fix"
    first = words.BOUNCED if case.ending == "bounced" else words.WAITS
    return _plan(
        case,
        (words.STILL_WAITS if asked else first).format(until=until),
        _task(case, FIX, subject, body, slot=None if "email" in gaps else card),
        OpenReviewCase(name=case.named(CASE), request=case.request(gaps)),
        # By round and not by day: two events that look at one customer must not take each other's return.
        WakeAt(name=f"{case.named(LOOK)}-{case.event.round}", when=night, bulk=True),
    )


def _plan(case: Case, because: str, *actions: Action) -> Plan:
    return Plan(
        because=because,
        actions=actions,
        responsible=case.responsible,
        contact_id=case.enrolment.contact_id,
        company_id=case.company.id,
        problems=() if case.responsible else (words.NO_CSC_OWNER,),
    )


def _task(
    case: Case, action: str, subject: str, body: str, *, call: bool = False, slot: str | None = None
) -> CreateTask:
    return CreateTask(
        name=case.named(action),
        task_type="CALL" if call else "TODO",
        subject=subject,
        body=body,
        due=case.calendar.follow_up_due(case.now).due,
        owner_id=case.responsible,
        contact_id=case.enrolment.contact_id,
        company_id=case.company.id,
        slot=slot,
    )


def _without_company(facts: EndingFacts, rules: Rules[SequenceEndedRules], now: datetime) -> Plan:
    """Nobody knows whose customer it was, so customer service is asked (001-19)."""
    if facts.enrolment is None or facts.ended_at is None:
        return Plan(because=words.NEVER_ENROLLED)
    owner = rules.common.csc_owner_id or rules.common.fallback_owner_id
    subject, body = words.without_company(facts.ended_at)
    task = CreateTask(
        name=named(NO_COMPANY, facts.enrolment),
        task_type="TODO",
        subject=subject,
        body=body,
        due=WorkingCalendar(rules.common.default_country).follow_up_due(now).due,
        owner_id=owner,
        contact_id=facts.enrolment.contact_id,
    )
    return Plan(
        because=words.WITHOUT_COMPANY,
        actions=(task,),
        responsible=owner,
        contact_id=facts.enrolment.contact_id,
        problems=() if owner else (words.NO_CSC_OWNER,),
    )


def _sweep(event: Event, facts: SweepFacts, now: datetime) -> Plan:
    """A page of what may have been missed: each is looked at as if HubSpot had told of it."""
    if facts.page is None:
        because = words.WALKED if facts.night.walked else words.ANOTHER_SWEEP
        return Plan(because=because, actions=sweeping.asked_again(event, facts.night))
    found, until = facts.page.ended, facts.page.until
    actions = sweeping.page(
        event,
        facts.night,
        name=SWEEP,
        found=found,
        counted="EndingsFound",
        look=CONTACT_SEQUENCE_CHANGED,
        # Behind the last page everything is known up to when the sweep began.
        cursor=until or sweeping.begun_at(event, facts.night, now),
        more=until is not None,
        now=now,
    )
    return Plan(because=words.PAGE.format(count=len(found)), actions=actions)
