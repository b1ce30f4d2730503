"""One unanswered call, and what follows from what we know about it. Pure: no decision is taken here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kundeflyt.domain.actions import Past
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.crm import Call, Company, Contact, Owner, Reached
from kundeflyt.domain.customers import country_of, first_at_work, has_number, says_yes
from kundeflyt.domain.events import Event
from kundeflyt.domain.phones import E164, callable_number, mobile_number, shown
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.wording import OSLO
from no_answer.rules import NoAnswerRules, Topic

NAME: Final = "no_answer"

# Names of actions: each is done once for a call, and later plans ask what came of it.
ASK: Final = "ask-contact"
EMAIL_TASK: Final = "email-task"
OVERTAKEN: Final = "email-task-overtaken"
SMS: Final = "sms"

_A_WORD_OF_ITS_OWN: Final = 3


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """What we know about one call when we decide.

    `contacts` are those the call is logged on, `callee` the one it was made to, where that is clear; the rest is
    about the callee. `slot_task` is the e-mail task last made for this contact and day, `earlier_call` the call it was
    made for, if that is another one.
    """

    call: Call | None
    past: Past = field(default_factory=Past)
    contacts: tuple[Contact, ...] = ()
    callee: Contact | None = None
    company: Company | None = None
    owners: Mapping[int, Owner] = field(default_factory=dict)
    reached: Reached | None = None
    slot_task: int | None = None
    slot_task_open: bool = False
    earlier_call: Call | None = None


def the_callee(call: Call, contacts: tuple[Contact, ...], default_country: str) -> Contact | None:
    """The only contact on the call; among several the callee, else the one whose number was dialled (000-17)."""
    if len(contacts) == 1:
        return contacts[0]
    for contact in contacts:
        if contact.id == call.callee_contact_id:
            return contact
    dialled = [contact for contact in contacts if has_number(contact, call.to_number, default_country)]
    return dialled[0] if len(dialled) == 1 else None


def slot_of(event: Event, call: Call, contact: Contact) -> str:
    """One open e-mail task per contact and day of call, however often somebody rings."""
    return f"{NAME}/{event.portal_id}/{contact.id}/{call.at.astimezone(OSLO):%Y-%m-%d}"


def topic_of(call: Call, rules: NoAnswerRules) -> Topic:
    """What the call was about, by its type or else by words in its title (000-10, 000-11).

    Of several topics in a title, one that is not named in an SMS goes first, else the rules' first. Nothing else of
    the title is used.
    """
    by_type = {_folded(name): topic for name, topic in rules.topics_by_call_type.items()}
    if topic := by_type.get(_folded(call.activity_type)):
        return topic
    said = _folded(f"{call.activity_type or ''} {call.title or ''}")
    topics = [topic for word, topic in rules.topics_by_keyword.items() if _says(said, _folded(word))]
    careful = [topic for topic in topics if topic in rules.sms_general_topics]
    return next(iter([*careful, *topics]), "general")


def adviser(call: Call, facts: CallFacts, rules: Rules[NoAnswerRules]) -> Owner | None:
    """Whoever called; if they have left, the company's adviser; else whom the rules name."""
    company_owner = facts.company.owner_id if facts.company else None
    return first_at_work((call.owner_id, company_owner, rules.common.fallback_owner_id), facts.owners)


@dataclass(frozen=True)
class Case:
    """One unanswered call to one known contact."""

    event: Event
    call: Call
    contact: Contact
    facts: CallFacts
    rules: Rules[NoAnswerRules]
    now: datetime

    @property
    def owner(self) -> Owner | None:
        """Who follows up, where that person is known."""
        return adviser(self.call, self.facts, self.rules)

    @property
    def owner_id(self) -> int | None:
        """Who follows up; whom the rules name is trusted to exist."""
        return self.owner.id if self.owner else self.rules.common.fallback_owner_id

    @property
    def company_id(self) -> int | None:
        """The customer, where there is one."""
        return self.facts.company.id if self.facts.company else None

    @property
    def country(self) -> str | None:
        """The customer's country; None when what is written is no country we know."""
        return country_of(self.contact, self.facts.company, self.rules.common.default_country)

    @property
    def calendar(self) -> WorkingCalendar:
        """The working days and contact hours of the contact's country."""
        return WorkingCalendar(self.country, self.rules.flow.contact_hours)

    @property
    def language(self) -> str:
        """The contact's own language, else the one of their country."""
        return self.contact.language or ("sv" if self.country == "SE" else "nb")

    @property
    def topic(self) -> Topic:
        """What the call was about; what that day's earlier call was about, where this one does not say."""
        topic = topic_of(self.call, self.rules.flow)
        if topic == "general" and self.facts.earlier_call:
            return topic_of(self.facts.earlier_call, self.rules.flow)
        return topic

    @property
    def mobile(self) -> E164 | None:
        """The number an SMS can go to (000-33)."""
        numbers = (mobile_number(raw, self.country) for raw in (self.contact.mobile, self.contact.phone))
        return next((number for number in numbers if number), None)

    @property
    def callback(self) -> str | None:
        """The adviser's number by the rules, else the one they called from, else the switchboard's (000-23, 000-28)."""
        own = self.rules.common.callback_numbers.get(self.owner_id or 0)
        called_from = self.call.from_number if self.owner_id == self.call.owner_id else None
        for raw in (own, called_from, self.rules.common.callback_number):
            if number := callable_number(raw, self.rules.common.default_country):
                return shown(number, self.country)
        return None

    @property
    def opted_out(self) -> bool:
        """The contact has asked for no messages, by any of the properties that the rules name."""
        return any(says_yes(self.contact.properties.get(name)) for name in self.rules.common.opt_out_properties)

    @property
    def has_marketing_basis(self) -> bool:
        """The basis for marketing is stored on the contact (markedsføringsloven § 15)."""
        name = self.rules.flow.marketing_basis_property
        return name is not None and says_yes(self.contact.properties.get(name))

    @property
    def stale(self) -> bool:
        """Days later a missed call is no news: held, waiting or late calls are not texted about."""
        day = self.call.at.astimezone(self.calendar.zone).date()
        for _ in range(self.rules.flow.sms_stale_after_working_days):
            day = self.calendar.next_working_day(day)
        return self.now.astimezone(self.calendar.zone).date() > day

    @property
    def again(self) -> bool:
        """Another call to the same contact that day has gone unanswered before this one."""
        task = self.facts.slot_task
        return task is not None and task != self.facts.past.result_of(EMAIL_TASK)

    @property
    def moved(self) -> bool:
        """The call was followed up with somebody else before it was logged on this contact."""
        others = self.facts.past.contact_ids
        return bool(others) and self.contact.id not in others and self.facts.past.result_of(EMAIL_TASK) is not None

    @property
    def reached_since(self) -> Reached | None:
        """The contact has been reached after this very call."""
        reached = self.facts.reached
        return reached if reached and reached.at > self.call.at else None

    @property
    def values(self) -> dict[str, str]:
        """What the texts may say of this call; nothing that somebody wrote on it."""
        return {
            "pfa": self.owner.name if self.owner else "",
            "provider": self.rules.common.provider_name,
            "callback": self.callback or "",
            "contact_first_name": self.contact.first_name or "",
        }


def _folded(said: str | None) -> str:
    return unicodedata.normalize("NFC", said or "").strip().casefold()


def _says(said: str, word: str) -> bool:
    """A short word stands alone (HK, not WHK); a longer one may go on (sykefravær, sykefraværsarbeid)."""
    ends = r"(?!\w)" if len(word) <= _A_WORD_OF_ITS_OWN else ""
    return re.search(rf"(?<!\w){re.escape(word)}{ends}", said) is not None
