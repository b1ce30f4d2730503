"""One customer that changes hands, and what follows from what we know about it. Pure: no decision is taken here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from kundeflyt.domain.actions import Past
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.cards import Card, CardUser, CollaborationPlan, Document, Order
from kundeflyt.domain.cases import Decision
from kundeflyt.domain.crm import Company, Contact, EntryKind, Owner, TaskNow, Work
from kundeflyt.domain.customers import country_of, main_contact, says_yes
from kundeflyt.domain.events import Event
from kundeflyt.domain.links import Links
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.ownership import Handover, became_owner
from kundeflyt.domain.phones import callable_number, shown
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.wording import moment_in_words
from owner_change import words
from owner_change.rules import OwnerChangeRules

NAME: Final = "owner_change"
TEXT: Final = "ny_radgiver"

# Names of actions, each followed by the takeover's mark: the same adviser may take over again.
GUARD: Final = "guard"
ANNOUNCE: Final = "ny-radgiver"
SEND: Final = "send-ny-radgiver"
PROMISE: Final = "promise-ny-radgiver"
OVERTAKEN: Final = "overtaken-ny-radgiver"
FIND_CONTACT: Final = "find-main-contact"
HANDOVER_MEETING: Final = "handover-meeting"
NOW: Final = "checklist-now"
FIRST_MEETING: Final = "checklist-first-meeting"

_EVER: Final = datetime.min.replace(tzinfo=UTC)
_NEARLY: Final = timedelta(minutes=15)
"""A task is made some moments after its plan: nobody looks again for the sake of these."""


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What the customer cards' system told. What it does not offer at all is None: a person looks it up.

    `number` is the company's organisation number, None when it has no valid one; `cards` all that carry it. Orders,
    documents and plan are those of the one card, where there is one. `user` is who the new adviser is there, None when
    nobody has their e-mail address; `fallback_user` whom the rules name for that case.
    """

    number: OrganisationNumber | None
    cards: tuple[Card, ...] | None = ()
    user: CardUser | None = None
    fallback_user: CardUser | None = None
    orders: tuple[Order, ...] | None = None
    documents: tuple[Document, ...] | None = None
    plan: CollaborationPlan | None = None
    plan_offered: bool = True

    @property
    def card(self) -> Card | None:
        """The customer's card, where there is one and no doubt which."""
        return self.cards[0] if self.cards is not None and len(self.cards) == 1 else None


@dataclass(frozen=True, kw_only=True)
class TakeoverFacts:
    """What we know about one customer when we decide.

    `settled` says that the owner has stood long enough, `day` is the day of the look, and `may_be_sent` that the
    adviser has had the time to say that the customer knows. `contacts` are its people, and `mainly_here` those whose
    main employer it is. `announced_at` is when an e-mail of the old or the new owner has told one of them of the
    change. `work` are open tasks and meetings to come, `latest` the newest entries' ids. `tasks` are ours about this
    takeover as they stand now, by the name of the action that made them, and `written` what we gave those of them that
    are to be brought up to date, over time. `cards` is None while the customer cards'
    system is silent. `removal_decided` is customer service's stored decision, where the owner was removed by one.
    """

    company: Company | None
    handover: Handover | None = None
    removal_decided: Decision | None = None
    settled: bool = True
    day: date | None = None
    may_be_sent: bool = False
    past: Past = field(default_factory=Past)
    owners: Mapping[int, Owner] = field(default_factory=dict)
    changed_by: Owner | None = None
    contacts: tuple[Contact, ...] = ()
    mainly_here: frozenset[int] = frozenset()
    announced_at: datetime | None = None
    work: tuple[Work, ...] = ()
    latest: Mapping[EntryKind, tuple[int, ...]] = field(default_factory=dict)
    tasks: Mapping[str, TaskNow] = field(default_factory=dict)
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cards: CardFacts | None = None

    @property
    def may_tell_since(self) -> Mapping[int, datetime]:
        """From when on what the old or the new owner wrote may be about this change, and not an earlier one (002-17).

        The new one's: from when the predecessor took over, since whoever comes back has been announced before. The
        old one's: from the middle of their own time, since what they wrote nearer to its beginning told of themself,
        and after what we have sent in anybody's name about earlier takeovers.
        """
        company, handover = self.company, self.handover
        if company is None or handover is None:
            return {}
        new, old = handover.owner_id, handover.previous_owner_id
        began = became_owner(company.owner_history, old, before=handover.since) if old else None
        began = began or _EVER
        ours = f"{SEND}-{mark_of(handover)}"
        sent = (
            record.ended_at
            for name, record in self.past.actions.items()
            if name.startswith(f"{SEND}-") and name != ours and record.state == "done" and record.ended_at
        )
        since = {old: max([began + (handover.at - began) / 2, *sent]), new: began}
        return {owner: at for owner, at in since.items() if owner}

    def promised_before(self, mark: str | None) -> Mapping[str, TaskNow]:
        """Tasks of other takeovers than this one that still promise an e-mail, by takeover."""
        return {
            other: task
            for name, task in self.tasks.items()
            if (other := name.removeprefix(f"{ANNOUNCE}-")) not in {name, mark} and promises(task)
        }


def promises(task: TaskNow) -> bool:
    """The task says that the customer will be written to unless it is completed."""
    return not task.completed and words.PROMISE in task.body


def mark_of(handover: Handover) -> str:
    """What tells one takeover of a customer from the next: the moment of its last change, to the millisecond."""
    return f"{round(handover.at.timestamp() * 1000)}"


def settled_at(handover: Handover, rules: OwnerChangeRules) -> datetime:
    """When the owner has stood long enough."""
    return handover.settled_at(timedelta(minutes=rules.settle_minutes))


def written_number(company: Company, rules: Rules[OwnerChangeRules]) -> str | None:
    """The organisation number as somebody has written it on the company."""
    return company.properties.get(rules.common.organisation_number_property)


@dataclass(frozen=True)
class Takeover:
    """One customer, its new adviser, and the handover that made them so."""

    event: Event
    company: Company
    handover: Handover
    owner: Owner
    facts: TakeoverFacts
    rules: Rules[OwnerChangeRules]
    now: datetime

    @property
    def mark(self) -> str:
        """The takeover's own mark, in the name of each of its actions."""
        return mark_of(self.handover)

    def named(self, action: str) -> str:
        """An action's name, for this takeover."""
        return f"{action}-{self.mark}"

    @property
    def written_number(self) -> str | None:
        """The organisation number as somebody has written it on the company."""
        return written_number(self.company, self.rules)

    @property
    def links(self) -> Links:
        """Where a person opens the records."""
        return Links(self.rules.common.crm_url, self.event.portal_id)

    @property
    def year(self) -> int:
        """The year it is, where the customer is."""
        return self.now.astimezone(self.calendar.zone).year

    def says_yes(self, name: str | None) -> bool:
        """The company's property of that name says yes; one that the rules do not name says nothing."""
        return name is not None and says_yes(self.company.properties.get(name))

    @property
    def told_already(self) -> str | None:
        """How we know that the customer has heard of the change (002-17, 002-54); None when we do not."""
        if self._marked_informed:
            return "kunden er informert, ifølge selskapets kort i HubSpot"
        sent = self.facts.past.actions.get(self.named(SEND))
        if sent and sent.state == "done" and sent.ended_at:
            return f"kunden fikk e-post fra systemet {moment_in_words(sent.ended_at)}"
        if self.facts.announced_at:
            return f"kunden fikk e-post om det {moment_in_words(self.facts.announced_at)}"
        return None

    @property
    def _marked_informed(self) -> bool:
        """The property says yes, and not since the change before this one."""
        name = self.rules.flow.informed_property
        set_at = self.company.set_at.get(name or "")
        since = self.facts.may_tell_since.get(self.handover.previous_owner_id or 0)
        return self.says_yes(name) and (set_at is None or since is None or set_at > since)

    @property
    def previous(self) -> Owner | None:
        """The adviser before, where there was one we know."""
        return self.facts.owners.get(self.handover.previous_owner_id or 0)

    @property
    def predecessor(self) -> Owner | None:
        """The adviser before, if they are still there to hold a handover meeting (002-03)."""
        previous = self.previous
        return previous if previous and previous.is_person and previous.can_take_tasks else None

    @property
    def main_contact(self) -> Contact | None:
        """Who hears of the change."""
        rules = self.rules.flow
        return main_contact(self.facts.contacts, self.facts.mainly_here, rules.main_contact_property)

    @property
    def country(self) -> str | None:
        """The customer's country, which decides its working days."""
        return country_of(None, self.company, self.rules.common.default_country)

    @property
    def calendar(self) -> WorkingCalendar:
        """The working days and contact hours of the customer's country."""
        return WorkingCalendar(self.country, self.rules.flow.contact_hours)

    @property
    def language(self) -> str:
        """The main contact's own language, else the one of their country."""
        contact = self.main_contact
        country = country_of(contact, self.company, self.rules.common.default_country)
        return (contact.language if contact else None) or ("sv" if country == "SE" else "nb")

    @property
    def promised_at(self) -> datetime | None:
        """When the adviser was last told that we write to the customer; None when they were not."""
        promises = [
            record.started_at
            for name, record in self.facts.past.actions.items()
            if record.state == "done" and (name == self.named(ANNOUNCE) or name.startswith(f"{self.named(PROMISE)}-"))
        ]
        return max(promises, default=None)

    @property
    def send_at(self) -> datetime:
        """When the customer is written to, by what the adviser was told; by now when they are told only now."""
        return self.send_after(self.promised_at or self.now)

    def send_after(self, told_at: datetime) -> datetime:
        """The rules' number of working days later, at the same time of day, or when contact hours begin next."""
        calendar = self.calendar
        told = calendar.next_opening(told_at).astimezone(calendar.zone)
        day = told.date()
        for _ in range(self.rules.flow.announce_after_working_days):
            day = calendar.next_working_day(day)
        return calendar.next_opening(max(datetime.combine(day, told.timetz()), told))

    @property
    def may_be_sent(self) -> bool:
        """The wait is over, and the customer may be written to just now."""
        return self.send_at - self.now <= _NEARLY and self.calendar.is_open(self.now)

    @property
    def interrupted(self) -> bool:
        """The customer was about to hear of another adviser, and did not: what they know is for a person to say."""
        lately = self.handover.at - timedelta(days=self.rules.flow.announced_within_days)
        return bool(self.facts.promised_before(self.mark)) or any(
            name.startswith(OVERTAKEN) and record.started_at > lately
            for name, record in self.facts.past.actions.items()
        )

    @property
    def callback(self) -> str | None:
        """The new adviser's number by the rules, else the switchboard's."""
        for raw in (self.rules.common.callback_numbers.get(self.owner.id), self.rules.common.callback_number):
            if number := callable_number(raw, self.rules.common.default_country):
                return shown(number, self.country)
        return None

    @property
    def meetings(self) -> tuple[Work, ...]:
        """The customer's meetings to come, the next one first."""
        meetings = [work for work in self.facts.work if work.kind == "meetings" and work.at and work.at > self.now]
        return tuple(sorted(meetings, key=lambda work: work.at or self.now))

    @property
    def amu_meetings(self) -> tuple[Work, ...]:
        """Those of them that are the working environment committee's (002-53)."""
        words = [word.casefold() for word in self.rules.flow.amu_words]
        return tuple(work for work in self.meetings if any(word in work.title.casefold() for word in words))

    @property
    def to_move(self) -> tuple[Work, ...]:
        """What the old owner had at the customer; never what kundeflyt gave them, nor what has another owner."""
        previous = self.handover.previous_owner_id
        return tuple(
            work
            for work in self.facts.work
            if previous and work.owner_id == previous and not work.ours and work.kind in self.rules.flow.moves
        )

    @property
    def values(self) -> dict[str, str]:
        """What the message to the customer may say."""
        contact = self.main_contact
        return {
            "pfa": self.owner.name,
            "previous": self.previous.name if self.previous else "",
            "provider": self.rules.common.provider_name,
            "callback": self.callback or "",
            "contact_first_name": (contact.first_name if contact else None) or "",
        }
