"""A call nobody answered: what the customer and the adviser get, and why. Pure: same facts, same plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kundeflyt.domain.actions import Action, CreateTask, LogSms, Past, Plan, SendSms, UpdateTask, WakeAt
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Call, Company, Contact, Owner, Reached
from kundeflyt.domain.events import Event
from kundeflyt.domain.phones import callable_number, mobile_number, same_number, shown
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sms_text import measure
from kundeflyt.domain.texts import Rendered
from kundeflyt.domain.wording import OSLO, moment_in_words
from no_answer import words
from no_answer.rules import NoAnswerRules, Topic

NAME = "no_answer"


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """What we know about one call when we decide. `slot_task` is the e-mail task already made for this contact today.

    `contacts` are those the call is logged on; the rest is about the one it was made to, where that is clear.
    """

    call: Call | None
    past: Past = field(default_factory=Past)
    contacts: tuple[Contact, ...] = ()
    company: Company | None = None
    owners: Mapping[int, Owner] = field(default_factory=dict)
    reached: Reached | None = None
    slot_task: int | None = None
    slot_task_open: bool = False


def basis(facts: CallFacts) -> str:
    """What the decision stands on: the outcome, and whom the call was made to."""
    if facts.call is None:
        return "gone"
    contact = the_callee(facts.call, facts.contacts)
    return f"{facts.call.disposition or 'no-outcome'}|{contact.id if contact else f'{len(facts.contacts)}-contacts'}"


def plan(event: Event, facts: CallFacts, rules: Rules[NoAnswerRules], now: datetime) -> Plan:
    """No Answer is always followed by an e-mail task and, where it may be, by an SMS (000-19, 000-22)."""
    because = why_nothing(event, facts.call, facts.past, rules.flow)
    if because or facts.call is None:
        return Plan(because=because or words.CALL_GONE, actions=_no_more_asking(facts))
    contact = the_callee(facts.call, facts.contacts)
    if contact is None:
        return _ask_who_was_called(facts.call, facts, rules, now)
    return _Case(event, facts.call, contact, facts, rules, now).plan()


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


def the_callee(call: Call, contacts: tuple[Contact, ...]) -> Contact | None:
    """The only contact on the call; among several the callee, else the one whose number was dialled (000-17)."""
    if len(contacts) == 1:
        return contacts[0]
    for contact in contacts:
        if contact.id == call.callee_contact_id:
            return contact
    dialled = [contact for contact in contacts if _has_number(contact, call.to_number)]
    return dialled[0] if len(dialled) == 1 else None


def slot_of(event: Event, call: Call, contact: Contact) -> str:
    """One open e-mail task per contact and day of call, however often somebody rings."""
    return f"{NAME}/{event.portal_id}/{contact.id}/{call.at.astimezone(OSLO):%Y-%m-%d}"


def topic_of(call: Call, rules: NoAnswerRules) -> Topic:
    """What the call was about, by its type or else by a word in its title; nothing else of the title is used."""
    by_type = {name.casefold(): topic for name, topic in rules.topics_by_call_type.items()}
    if topic := by_type.get((call.activity_type or "").strip().casefold()):
        return topic
    said = f"{call.activity_type or ''} {call.title or ''}".casefold()
    for word, topic in rules.topics_by_keyword.items():
        ends_there = r"\b" if len(word) <= 3 else ""
        if re.search(rf"\b{re.escape(word.casefold())}{ends_there}", said):
            return topic
    return "general"


def _has_number(contact: Contact, number: str | None) -> bool:
    country = country_code(contact.country)
    return any(same_number(own, number, country) for own in (contact.mobile, contact.phone))


def _no_more_asking(facts: CallFacts) -> tuple[Action, ...]:
    """The question whom the call was made to is closed once nothing depends on the answer."""
    asked = facts.past.result_of(words.ASK)
    return (UpdateTask(name="asking-ended", task_id=asked, completed=True),) if asked else ()


def _ask_who_was_called(call: Call, facts: CallFacts, rules: Rules[NoAnswerRules], now: datetime) -> Plan:
    """The call must have a contact (000-17): its adviser is asked today; nobody is texted."""
    owner = _responsible(call, facts, rules)
    calendar = WorkingCalendar(rules.common.default_country, rules.flow.contact_hours)
    subject, body = words.ask_for_contact(several=bool(facts.contacts), call_at=call.at)
    return Plan(
        because=words.SEVERAL_CONTACTS if facts.contacts else words.NO_CONTACT,
        actions=(
            CreateTask(
                name=words.ASK,
                task_type="TODO",
                subject=subject,
                body=body,
                due=calendar.end_of_day(now) - timedelta(minutes=1),
                owner_id=owner.id if owner else rules.common.fallback_owner_id,
                company_id=facts.company.id if facts.company else None,
            ),
        ),
        responsible=owner.id if owner else rules.common.fallback_owner_id,
        company_id=facts.company.id if facts.company else None,
    )


def _responsible(call: Call, facts: CallFacts, rules: Rules[NoAnswerRules]) -> Owner | None:
    """Whoever called; if they have left, the company's adviser; else whom the rules name."""
    candidates = (call.owner_id, facts.company.owner_id if facts.company else None, rules.common.fallback_owner_id)
    for owner_id in candidates:
        owner = facts.owners.get(owner_id) if owner_id else None
        if owner and owner.can_take_tasks:
            return owner
    return None


@dataclass(frozen=True)
class _Sms:
    """What is to become of the SMS: sent now, later, or not, and what the task says of it until it is known."""

    says: str
    now: SendSms | None = None
    wake: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True)
class _Case:
    """One unanswered call to one known contact."""

    event: Event
    call: Call
    contact: Contact
    facts: CallFacts
    rules: Rules[NoAnswerRules]
    now: datetime

    def plan(self) -> Plan:
        if self.facts.reached and self.facts.reached.at > self.call.at:
            because = words.REACHED.format(how=self.facts.reached.how, at=moment_in_words(self.facts.reached.at))
            return self._planned(because, [*_no_more_asking(self.facts), *self._task_says(words.SMS_NOT_NEEDED)])
        sms = self._sms()
        email = self._email()
        actions: list[Action] = [*_no_more_asking(self.facts), self._email_task(sms, email)]
        if sms.now:
            actions += [
                sms.now,
                LogSms(
                    name="sms-entry",
                    after="sms",
                    body=sms.now.text,
                    owner_id=self._owner_id,
                    contact_id=self.contact.id,
                    company_id=self._company_id,
                ),
                self._task_says_what_became_of_the_sms(email),
            ]
        elif sms.wake:
            actions.append(WakeAt(name=f"wake-{self.event.round}", when=sms.wake))
        elif self.event.round:
            actions += self._task_says(sms.says)
        problems = [words.UNAPPROVED_TEXT] if self._withheld(email) else []
        return self._planned(
            f"{words.NO_ANSWER} {sms.says}", actions, [*problems, *([sms.problem] if sms.problem else [])]
        )

    def _planned(self, because: str, actions: list[Action], problems: list[str] | None = None) -> Plan:
        return Plan(
            because=because,
            actions=tuple(actions),
            responsible=self._owner_id,
            contact_id=self.contact.id,
            company_id=self._company_id,
            problems=tuple(dict.fromkeys(problems or [])),
        )

    # --- the e-mail task

    def _email_task(self, sms: _Sms, email: Rendered) -> CreateTask | UpdateTask:
        """One task for the day's attempts: a second No Answer brings the open one up to date (000-24)."""
        body = self._task_body(email).replace("{outcome}", sms.says)
        subject = words.task_subject(self._topic_in_words)
        deadline = self._calendar.follow_up_due(self.now)
        if self._again and self.facts.slot_task_open:
            return UpdateTask(
                name="email-task", task_id=self.facts.slot_task, subject=subject, body=body, due=deadline.due
            )
        return CreateTask(
            name="email-task",
            task_type="EMAIL",
            subject=subject,
            body=body,
            due=deadline.due,
            owner_id=self._owner_id,
            contact_id=self.contact.id,
            company_id=self._company_id,
            slot=slot_of(self.event, self.call, self.contact),
            replaces=self.facts.slot_task if self._again else None,
        )

    def _task_says_what_became_of_the_sms(self, email: Rendered) -> UpdateTask:
        return UpdateTask(
            name=f"task-says-sms-{self.event.round}",
            task_of="email-task",
            body=self._task_body(email),
            tells_about="sms",
            outcomes=words.SMS_OUTCOMES,
        )

    def _task_says(self, line: str) -> list[Action]:
        """The task made earlier stops promising an SMS that is not coming."""
        made = self.facts.past.result_of("email-task")
        if not made or "sms" in self.facts.past.actions:
            return []
        body = self._task_body(self._email()).replace("{outcome}", line)
        return [UpdateTask(name=f"task-says-no-sms-{self.event.round}", task_id=made, body=body)]

    def _task_body(self, email: Rendered) -> str:
        return words.task_body(
            call_at=self.call.at,
            again=self._again,
            same_week=self._calendar.follow_up_due(self.now).same_week,
            email=None if self._withheld(email) else email,
        )

    @property
    def _again(self) -> bool:
        """Another call to the same contact that day has gone unanswered before this one."""
        task = self.facts.slot_task
        return task is not None and task != self.facts.past.result_of("email-task")

    def _email(self) -> Rendered:
        return self.rules.texts.render("email", self._language, self._values, self._topic)

    def _withheld(self, text: Rendered) -> bool:
        """Nobody has approved the words: they are not put into the world in production."""
        return self.rules.production and not text.approved

    # --- the SMS

    def _sms(self) -> _Sms:
        """Only to a mobile, only to somebody who wants it, only in contact hours, only while it makes sense."""
        number = self._mobile
        if self._opted_out:
            return _Sms(words.SMS_OPTED_OUT)
        if number is None:
            return _Sms(words.SMS_NO_MOBILE)
        if self._stale:
            return _Sms(words.SMS_STALE.format(at=moment_in_words(self.call.at)))
        if self._callback is None:
            return _Sms(words.SMS_NO_CALLBACK, problem=words.NO_CALLBACK_NUMBER)
        if not self._calendar.is_open(self.now):
            opening = self._calendar.may_wait_until(self.now)
            if opening is None:
                return _Sms(words.SMS_NO_OPENING)
            return _Sms(words.SMS_LATER.format(at=moment_in_words(opening)), wake=opening)
        text = self._sms_text()
        if self._withheld(text):
            return _Sms(words.SMS_UNAPPROVED, problem=words.UNAPPROVED_TEXT)
        if measure(text.body).parts > self.rules.flow.sms_max_parts:
            return _Sms(words.SMS_TOO_LONG, problem=words.TEXT_TOO_LONG)
        return _Sms(
            words.SMS_NOW,
            now=SendSms(
                name="sms",
                to=number,
                text=text.body,
                text_id=f"{text.text_id} v{text.version} {text.language}",
                once_per_hours=self.rules.flow.sms_once_per_hours,
                latest=self._calendar.closing(self.now),
                valid_until=self._calendar.end_of_day(self.now),
                owner_id=self._owner_id,
                sender=self.rules.common.sms_sender,
            ),
        )

    def _sms_text(self) -> Rendered:
        """MARKETING only with a stored basis and a way out of it, else what the call was about and no more."""
        topic = "general" if self._topic in self.rules.flow.sms_general_topics else self._topic
        marketing, opt_out = f"sms_marketing_{topic}", self.rules.flow.marketing_opt_out
        if self._has_basis and opt_out and marketing in self.rules.texts:
            return self.rules.texts.render(marketing, self._language, {**self._values, "opt_out": opt_out}, topic)
        return self.rules.texts.render("sms_service", self._language, self._values, topic)

    @property
    def _has_basis(self) -> bool:
        name = self.rules.flow.marketing_basis_property
        return bool(name) and _says_yes(self.contact.properties.get(name or ""))

    @property
    def _opted_out(self) -> bool:
        return any(_says_yes(self.contact.properties.get(name)) for name in self.rules.common.opt_out_properties)

    @property
    def _stale(self) -> bool:
        """Days later a missed call is no news: held, waiting or late calls are not texted about."""
        day = self.call.at.astimezone(self._calendar.zone).date()
        for _ in range(self.rules.flow.sms_stale_after_working_days):
            day = self._calendar.next_working_day(day)
        return self.now.astimezone(self._calendar.zone).date() > day

    @property
    def _mobile(self) -> str | None:
        numbers = (mobile_number(raw, self._country) for raw in (self.contact.mobile, self.contact.phone))
        return next((number for number in numbers if number), None)

    # --- who, where, what about

    @property
    def _calendar(self) -> WorkingCalendar:
        return WorkingCalendar(self._country, self.rules.flow.contact_hours)

    @property
    def _country(self) -> str:
        company = self.facts.company.country if self.facts.company else None
        return country_code(self.contact.country) or country_code(company) or self.rules.common.default_country

    @property
    def _language(self) -> str:
        """The contact's own language, else the one of their country."""
        return self.contact.language or {"SE": "sv"}.get(self._country, "nb")

    @property
    def _topic(self) -> Topic:
        return topic_of(self.call, self.rules.flow)

    @property
    def _topic_in_words(self) -> str:
        topics = self.rules.texts.topics
        return topics.words(self._topic, "nb").name if topics else ""

    @property
    def _owner(self) -> Owner | None:
        return _responsible(self.call, self.facts, self.rules)

    @property
    def _owner_id(self) -> int | None:
        return self._owner.id if self._owner else self.rules.common.fallback_owner_id

    @property
    def _company_id(self) -> int | None:
        return self.facts.company.id if self.facts.company else None

    @property
    def _callback(self) -> str | None:
        """The adviser's number by the rules, else the one they called from, else the switchboard's (000-23)."""
        own = self.rules.common.callback_numbers.get(self._owner_id or 0)
        called_from = self.call.from_number if self._owner_id == self.call.owner_id else None
        for raw in (own, called_from, self.rules.common.callback_number):
            if number := callable_number(raw, self.rules.common.default_country):
                return shown(number, self._country)
        return None

    @property
    def _values(self) -> dict[str, str]:
        return {
            "pfa": self._owner.name if self._owner else "",
            "provider": self.rules.common.provider_name,
            "callback": self._callback or "",
            "contact_first_name": self.contact.first_name or "",
        }


def _says_yes(value: str | None) -> bool:
    """A checkbox or a stored word counts as yes unless it is empty or says no."""
    return (value or "").strip().casefold() not in {"", "false", "no", "nei", "0"}
