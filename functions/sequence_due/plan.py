"""When a customer is to get into a sequence. Pure: no clock, no environment, no world."""

from __future__ import annotations

from datetime import datetime

from kundeflyt.domain import sweeping
from kundeflyt.domain.actions import CreateTask, Enrol, LookAt, Plan
from kundeflyt.domain.events import CUSTOMER_TRIED, Event
from kundeflyt.domain.rules import Rules
from sequence_due import words
from sequence_due.case import ENROL, PROPOSE, SWEEP, Case, Facts, NightFacts, TraceFacts
from sequence_due.rules import SequenceDueRules


def basis(facts: Facts) -> str:
    """What the decision stands on: of a customer all that was tried and heard, so that something new is a new look."""
    if isinstance(facts, NightFacts):
        return "walked" if facts.night.walked else "page" if facts.page else "busy"
    if isinstance(facts, TraceFacts):
        return "tried" if facts.companies else "-"
    seen = sorted(f"{entry.at:%Y%m%d%H%M%S}-{entry.id}" for entry in facts.entries)
    ends = [f"{one.mark}{'+' if one.running else ''}" for one in facts.enrolments]
    ends += [f"{case.id}-{case.version}" for case in facts.cases]
    return "|".join([str(len(facts.past.actions)), str(len(seen)), *seen[-1:], *sorted(ends)])


def plan(event: Event, facts: Facts, rules: Rules[SequenceDueRules], now: datetime) -> Plan:
    """A customer tried often enough without an answer gets into a sequence, once an episode (001-01 to 001-15)."""
    if isinstance(facts, TraceFacts):
        return _trace(event, facts)
    if isinstance(facts, NightFacts):
        return _night(event, facts, now)
    if facts.company is None:
        return Plan(because=words.COMPANY_GONE)
    case = Case(event, facts.company, facts, rules, now)
    why_not = _why_not(case)
    return Plan(because=why_not, company_id=facts.company.id) if why_not else _propose(case)


def _why_not(case: Case) -> str | None:
    """Still relevant to try, tried often enough, and not proposed before (001-08)."""
    if case.inactive:
        return words.INACTIVE
    if case.adviser is None:
        return words.NO_ADVISER
    if case.running:
        return words.RUNNING
    if case.open_case:
        return words.OPEN_CASE
    if case.opted_out:
        return words.OPTED_OUT
    if not case.due:
        return words.NOT_DUE.format(meetings=len(case.not_met), calls=len(case.calls), emails=len(case.emails))
    return None if case.ended_since_proposal else words.PROPOSED


def _propose(case: Case) -> Plan:
    """A person reads the sequence through before it goes out, unless the rules say otherwise (001-13)."""
    enrol = _enrol(case)
    contact = case.main_contact
    subject, body = words.task(
        not_met=case.not_met,
        calls=case.calls,
        emails=case.emails,
        links=case.links,
        company_id=case.company.id,
        sequence_chosen=bool(enrol),
    )
    task = CreateTask(
        name=f"{PROPOSE}-{case.episode}",
        task_type="TODO",
        subject=subject,
        body=body,
        due=case.calendar.follow_up_due(case.now).due,
        owner_id=case.adviser.id if case.adviser else None,
        contact_id=contact.id if contact else None,
        company_id=case.company.id,
        instead_of=enrol[0].name if enrol else None,
    )
    return Plan(
        because=words.ENROLLING if enrol else words.DUE,
        actions=(*enrol, task),
        responsible=case.adviser.id if case.adviser else None,
        contact_id=contact.id if contact else None,
        company_id=case.company.id,
    )


def _enrol(case: Case) -> list[Enrol]:
    """Only where the rules say so, for somebody with an address, as an adviser who can sign in and write."""
    contact, adviser, sequence = case.main_contact, case.adviser, case.sequence
    if case.rules.flow.enrol != "auto" or not sequence or contact is None or not contact.email:
        return []
    if adviser is None or not adviser.user_id or not adviser.email:
        return []
    return [
        Enrol(
            name=f"{ENROL}-{case.episode}",
            contact_id=contact.id,
            sequence_id=sequence,
            user_id=adviser.user_id,
            sender=adviser.email,
            per_day=case.rules.flow.enrol_per_day,
        )
    ]


def _trace(event: Event, facts: TraceFacts) -> Plan:
    """The customer is looked at by itself, with all that is known of it."""
    if not facts.companies:
        return Plan(because=facts.why_none)
    look = LookAt(name="look", event=CUSTOMER_TRIED, records=dict.fromkeys(facts.companies, event.occurred_at))
    return Plan(because=words.TRIED, actions=(look,), company_id=facts.companies[0])


def _night(event: Event, facts: NightFacts, now: datetime) -> Plan:
    """A page of customers who were written to, and had their time to answer: each is looked at by itself."""
    if facts.page is None:
        because = words.WALKED if facts.night.walked else words.ANOTHER_NIGHT
        return Plan(because=because, actions=sweeping.asked_again(event, facts.night))
    actions = sweeping.page(
        event,
        facts.night,
        name=SWEEP,
        found=facts.page.tried,
        counted="CustomersWrittenTo",
        look=CUSTOMER_TRIED,
        cursor=facts.page.seen_until,
        more=facts.page.more,
        now=now,
    )
    return Plan(because=words.PAGE.format(count=len(facts.page.tried)), actions=actions)
