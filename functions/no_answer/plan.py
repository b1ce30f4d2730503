"""A call nobody answered: what the customer and the adviser get, and why. Pure: same facts, same plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from kundeflyt.domain.actions import Action, CreateTask, LogSms, Past, Plan, UpdateTask, WakeAt
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.crm import Call
from kundeflyt.domain.events import Event
from kundeflyt.domain.phones import callable_number
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.texts import Rendered
from kundeflyt.domain.wording import moment_in_words
from no_answer import words
from no_answer.case import ASK, EMAIL_TASK, OVERTAKEN, SMS, CallFacts, Case, adviser, slot_of
from no_answer.rules import NoAnswerRules
from no_answer.sms import SmsDecision, decide, withheld

_A_MINUTE = timedelta(minutes=1)


def basis(facts: CallFacts) -> str:
    """What the decision stands on: the outcome, and whom the call was made to."""
    if facts.call is None:
        return "gone"
    callee = facts.callee.id if facts.callee else f"{len(facts.contacts)}-contacts"
    return f"{facts.call.disposition or 'no-outcome'}|{callee}"


def plan(event: Event, facts: CallFacts, rules: Rules[NoAnswerRules], now: datetime) -> Plan:
    """No Answer is always followed by an e-mail task and, where it may be, by an SMS (000-19, 000-22)."""
    if because := why_nothing(event, facts.call, facts.past, rules.flow):
        return _nothing(facts, because)
    if facts.call is None:
        return _nothing(facts, words.CALL_GONE)
    if facts.callee is None:
        return _ask_who_was_called(event, facts.call, facts, rules, now)
    case = Case(event, facts.call, facts.callee, facts, rules, now)
    if case.reached_since:
        return _nothing_more(case)
    return _tell_of_the_move(case) if case.moved else _follow_up(case)


def why_nothing(event: Event, call: Call | None, past: Past, rules: NoAnswerRules) -> str | None:
    """A call that is not an outbound No Answer, or is an old one that was imported, gives nothing to do."""
    if call is None:
        return words.CALL_GONE
    if call.disposition not in rules.no_answer_dispositions:
        return words.OTHER_OUTCOME
    if call.inbound:
        return words.INBOUND
    first_received = past.first_received_at or event.received_at
    if first_received - call.at > timedelta(hours=rules.imported_after_hours):
        return words.IMPORTED.format(hours=rules.imported_after_hours)
    return None


def _nothing(facts: CallFacts, because: str) -> Plan:
    """Nothing to do; but what we asked somebody to do because of this call is taken back."""
    actions = list(_no_more_asking(facts))
    if made := facts.past.result_of(EMAIL_TASK):
        sms = facts.past.actions.get(SMS)
        subject, body = words.task_overtaken(because, sms_sent_at=sms.ended_at if sms and sms.state == "done" else None)
        actions.append(UpdateTask(name=OVERTAKEN, task_id=made, subject=subject, body=body))
    return Plan(because=because, actions=tuple(actions), responsible=facts.call.owner_id if facts.call else None)


def _no_more_asking(facts: CallFacts) -> tuple[Action, ...]:
    """The question whom the call was made to is closed once nothing depends on the answer."""
    asked = facts.past.result_of(ASK)
    return (UpdateTask(name="asking-ended", task_id=asked, completed=True),) if asked else ()


def _ask_who_was_called(event: Event, call: Call, facts: CallFacts, rules: Rules[NoAnswerRules], now: datetime) -> Plan:
    """The call must have a contact (000-17): its adviser is asked today, weekend or not; nobody is texted."""
    if facts.past.result_of(EMAIL_TASK) and not event.round:
        return Plan(because=words.FOLLOWED_UP_BEFORE)
    owner = adviser(call, facts, rules)
    owner_id = owner.id if owner else rules.common.fallback_owner_id
    company_id = facts.company.id if facts.company else None
    several = bool(facts.contacts)
    dialled = callable_number(call.to_number, rules.common.default_country)
    subject, body = words.ask_for_contact(several=several, call_at=call.at, dialled=dialled)
    question: CreateTask | UpdateTask
    if asked := facts.past.result_of(ASK):
        question = UpdateTask(name=f"{ASK}-{len(facts.contacts)}", task_id=asked, subject=subject, body=body)
    else:
        calendar = WorkingCalendar(rules.common.default_country)
        question = CreateTask(
            name=ASK,
            task_type="TODO",
            subject=subject,
            body=body,
            # A minute before midnight, for HubSpot shows midnight as the next day; in the last minute, tomorrow's.
            due=calendar.end_of_day(now + _A_MINUTE) - _A_MINUTE,
            owner_id=owner_id,
            company_id=company_id,
        )
    return Plan(
        because=words.SEVERAL_CONTACTS if several else words.NO_CONTACT,
        actions=(question,),
        responsible=owner_id,
        company_id=company_id,
    )


def _nothing_more(case: Case) -> Plan:
    """The contact was reached after this call; a task made before that says so."""
    reached = case.reached_since
    at = f"{reached.how} {moment_in_words(reached.at)}" if reached else ""
    return _planned(
        case, words.REACHED.format(at=at), [*_no_more_asking(case.facts), *_task_says(case, words.SMS_NOT_NEEDED)]
    )


def _tell_of_the_move(case: Case) -> Plan:
    """One call is followed up once; that it was somebody else's is for its adviser to mend."""
    subject, body = words.call_moved(case.call.at)
    task = CreateTask(
        name=f"call-moved-{case.contact.id}",
        task_type="TODO",
        subject=subject,
        body=body,
        due=case.calendar.follow_up_due(case.now).due,
        owner_id=case.owner_id,
        contact_id=case.contact.id,
        company_id=case.company_id,
    )
    return _planned(case, words.CALL_MOVED, [*_no_more_asking(case.facts), task])


def _follow_up(case: Case) -> Plan:
    """The e-mail task always (000-26); the SMS now, at the next opening, or not, and the task says which (000-22)."""
    sms = decide(case)
    email = _email(case)
    actions: list[Action] = [*_no_more_asking(case.facts), _email_task(case, sms, email)]
    if sms.send:
        entry = LogSms(
            name="sms-entry",
            after=SMS,
            body=sms.send.text,
            owner_id=case.owner_id,
            contact_id=case.contact.id,
            company_id=case.company_id,
        )
        actions += [sms.send, entry, _task_says_what_became_of_the_sms(case, email)]
    else:
        if sms.wake:
            actions.append(WakeAt(name=f"wake-{case.event.round}", when=sms.wake))
        if case.event.round:
            actions += _task_says(case, sms.says)
    problems = [words.UNAPPROVED_TEXT] if withheld(case, email) else []
    if sms.problem:
        problems.append(sms.problem)
    return _planned(case, f"{words.NO_ANSWER} {sms.says}", actions, problems)


def _planned(case: Case, because: str, actions: list[Action], problems: list[str] | None = None) -> Plan:
    return Plan(
        because=because,
        actions=tuple(actions),
        responsible=case.owner_id,
        contact_id=case.contact.id,
        company_id=case.company_id,
        problems=tuple(dict.fromkeys(problems or [])),
    )


def _email_task(case: Case, sms: SmsDecision, email: Rendered) -> CreateTask | UpdateTask:
    """One task for the day's attempts (000-24): a second No Answer brings the open one up to date.

    That keeps its due date: another attempt is no reason to write the e-mail later (000-09).
    """
    subject = _task_subject(case)
    body = _task_body(case, email).replace("{outcome}", sms.says)
    if case.again and case.facts.slot_task_open:
        return UpdateTask(name=EMAIL_TASK, task_id=case.facts.slot_task, subject=subject, body=body)
    return CreateTask(
        name=EMAIL_TASK,
        task_type="EMAIL",
        subject=subject,
        body=body,
        due=case.calendar.follow_up_due(case.now).due,
        owner_id=case.owner_id,
        contact_id=case.contact.id,
        company_id=case.company_id,
        slot=slot_of(case.event, case.call, case.contact),
        replaces=case.facts.slot_task if case.again else None,
    )


def _task_says_what_became_of_the_sms(case: Case, email: Rendered) -> UpdateTask:
    return UpdateTask(
        name=f"task-says-sms-{case.event.round}",
        task_of=EMAIL_TASK,
        subject=_subject_again(case),
        body=_task_body(case, email),
        tells_about=SMS,
        outcomes=words.SMS_OUTCOMES,
    )


def _task_says(case: Case, line: str) -> list[Action]:
    """The task made earlier stops promising an SMS that is not coming, or comes at another time."""
    made = case.facts.past.result_of(EMAIL_TASK)
    if not made or SMS in case.facts.past.actions:
        return []
    body = _task_body(case, _email(case)).replace("{outcome}", line)
    name = f"task-says-no-sms-{case.event.round}"
    return [UpdateTask(name=name, task_id=made, subject=_subject_again(case), body=body)]


def _subject_again(case: Case) -> str | None:
    """A task that was called overtaken gets its subject back when the call is an unanswered call after all."""
    return _task_subject(case) if OVERTAKEN in case.facts.past.actions else None


def _task_subject(case: Case) -> str:
    topics = case.rules.texts.topics
    return words.task_subject(topics.words(case.topic, "nb").name if topics else "", again=case.again)


def _task_body(case: Case, email: Rendered) -> str:
    return words.task_body(
        call_at=case.call.at,
        again=case.again,
        week_is_out=_week_is_out(case),
        email=None if withheld(case, email) else email,
    )


def _week_is_out(case: Case) -> bool:
    """The call's week is over, or has no working day left (000-09)."""
    zone = case.calendar.zone
    called, now = case.call.at.astimezone(zone).isocalendar(), case.now.astimezone(zone).isocalendar()
    return called[:2] < now[:2] or not case.calendar.follow_up_due(case.now).same_week


def _email(case: Case) -> Rendered:
    return case.rules.texts.render("email", case.language, case.values, case.topic)
