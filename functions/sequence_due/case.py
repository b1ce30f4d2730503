"""One customer nobody gets hold of, and what follows from what we know about it. Pure: no decision is taken here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.domain.actions import ActionRecord, Past
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.customers import country_of, main_contact, says_yes
from kundeflyt.domain.events import Event
from kundeflyt.domain.links import Links
from kundeflyt.domain.review import Entry, EntryWhat
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sequences import Enrolment, TriedPage
from kundeflyt.domain.sweeping import Night
from sequence_due.rules import SequenceDueRules

NAME: Final = "sequence_due"
SWEEP: Final = "written-to"

PROPOSE: Final = "propose"
ENROL: Final = "enrol"
"""Names of actions, each followed by how many episodes of the customer came before this one."""


@dataclass(frozen=True, kw_only=True)
class TraceFacts:
    """Which customers a call or a meeting was tried in vain with; `why_none` says why it is nobody."""

    companies: tuple[int, ...] = ()
    why_none: str = ""


@dataclass(frozen=True, kw_only=True)
class NightFacts:
    """How far tonight's look at who was written to has come, and its next page; None when there is none to walk."""

    night: Night
    page: TriedPage | None = None


@dataclass(frozen=True, kw_only=True)
class CustomerFacts:
    """What we know about one customer when we decide.

    `contacts` are its people, `mainly_here` those whose main employer it is, `enrolments` what each was last in,
    `entries` what was tried and heard, `cases` all its review cases, the newest first.
    """

    company: Company | None
    past: Past = field(default_factory=Past)
    owners: Mapping[int, Owner] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    mainly_here: frozenset[int] = frozenset()
    enrolments: tuple[Enrolment, ...] = ()
    entries: tuple[Entry, ...] = ()
    cases: tuple[ReviewCase, ...] = ()


Facts = TraceFacts | NightFacts | CustomerFacts


def proposals(past: Past) -> list[datetime]:
    """When a sequence was proposed for this customer before, the last last."""
    return sorted(record.started_at for name, record in _settled(past).items() if name.startswith(f"{PROPOSE}-"))


def _settled(past: Past) -> Mapping[str, ActionRecord]:
    return {name: record for name, record in past.actions.items() if record.settled}


def asked_since(past: Past, rules: SequenceDueRules, now: datetime) -> datetime:
    """From when on the customer's records are read: the rules' days back, or to the last proposal."""
    return min([now - timedelta(days=rules.within_days), *proposals(past)[-1:]])


@dataclass(frozen=True)
class Case:
    """One customer, and what was tried in vain since it was last heard from."""

    event: Event
    company: Company
    facts: CustomerFacts
    rules: Rules[SequenceDueRules]
    now: datetime

    @property
    def adviser(self) -> Owner | None:
        """The customer's adviser, if still there: a customer without one is not tried by anybody (001-08)."""
        owner = self.facts.owners.get(self.company.owner_id or 0)
        return owner if owner and owner.is_person and owner.can_take_tasks else None

    @property
    def episode(self) -> int:
        """How many times it came to this before: the next has this number in its names, whichever event brings it."""
        done = _settled(self.facts.past)
        return len(
            {
                name.rsplit("-", 1)[1]
                for name, record in done.items()
                if name.startswith(f"{PROPOSE}-") or (name.startswith(f"{ENROL}-") and record.state == "done")
            }
        )

    @property
    def running(self) -> bool:
        """One of the customer's people is in a sequence now."""
        return any(enrolment.running for enrolment in self.facts.enrolments)

    @property
    def open_case(self) -> bool:
        """Customer service has the customer on its desk."""
        return any(not case.closed for case in self.facts.cases)

    @property
    def inactive(self) -> bool:
        """It was decided that the customer is inactive, and nothing has changed that."""
        newest = next(iter(self.facts.cases), None)
        return newest is not None and newest.inactive

    @property
    def last_proposal(self) -> datetime | None:
        """When a sequence was last proposed."""
        return next(reversed(proposals(self.facts.past)), None)

    @property
    def ended_since_proposal(self) -> bool:
        """The episode of the last proposal is over: by a reply, a meeting held, an enrolment or a decision."""
        if self.last_proposal is None:
            return True
        ends = [self.last_heard, *(one.enrolled_at for one in self.facts.enrolments)]
        ends += [case.decision.at for case in self.facts.cases if case.decision]
        return any(at and at > self.last_proposal for at in ends)

    @property
    def last_heard(self) -> datetime | None:
        """When the customer was last heard from, within what was read."""
        return max((entry.at for entry in self.facts.entries if entry.response), default=None)

    @property
    def in_vain(self) -> tuple[Entry, ...]:
        """What was tried within the rules' days since the customer was heard from or in a sequence, oldest first."""
        begins = self.now - timedelta(days=self.rules.flow.within_days)
        ends = [self.last_heard, *(one.over_at or one.enrolled_at for one in self.facts.enrolments)]
        ends += [case.decision.at for case in self.facts.cases if case.decision]
        # HubSpot shows a new enrolment when it has got round to it; what we have done ourselves we know at once.
        ends += self._enrolled_by_us
        since = max([begins, *(at for at in ends if at)])
        tried = (entry for entry in self.facts.entries if entry.at > since and entry.at <= self.now)
        return tuple(sorted(tried, key=lambda entry: (entry.at, entry.record, entry.id)))

    @property
    def _enrolled_by_us(self) -> list[datetime]:
        done = _settled(self.facts.past).items()
        return [one.started_at for name, one in done if name.startswith(f"{ENROL}-") and one.state == "done"]

    def of(self, *whats: EntryWhat) -> tuple[Entry, ...]:
        """Those of them of some kinds."""
        return tuple(entry for entry in self.in_vain if entry.what in whats)

    @property
    def not_met(self) -> tuple[Entry, ...]:
        """Meetings to which the customer did not come (001-05)."""
        return self.of("meeting_no_show")

    @property
    def calls(self) -> tuple[Entry, ...]:
        """Calls that nobody answered (001-06)."""
        return self.of("call_out")

    @property
    def emails(self) -> tuple[Entry, ...]:
        """E-mails that had their time to be answered, and were not (001-07)."""
        waited = self.now - timedelta(days=self.rules.flow.email_waits_days)
        return tuple(entry for entry in self.of("email_out") if entry.at <= waited)

    @property
    def due(self) -> bool:
        """Tried in vain often enough, by one way or another (001-05 to 001-07)."""
        flow = self.rules.flow
        return (
            bool(self.not_met)
            or len(self.calls) >= flow.calls_without_answer
            or len(self.emails) >= flow.emails_without_answer
        )

    @property
    def main_contact(self) -> Contact | None:
        """Who would get into the sequence."""
        return main_contact(self.facts.contacts, self.facts.mainly_here, self.rules.flow.main_contact_property)

    @property
    def opted_out(self) -> bool:
        """The main contact wants no messages, by any of the properties that the rules name."""
        contact = self.main_contact
        return contact is not None and any(
            says_yes(contact.properties.get(name)) for name in self.rules.common.opt_out_properties
        )

    @property
    def sequence(self) -> int | None:
        """Which sequence the rules name for this kind of customer."""
        name = self.rules.flow.customer_type_property
        kind = self.company.properties.get(name) if name else None
        return self.rules.flow.sequences.get(kind or "", self.rules.flow.sequence)

    @property
    def calendar(self) -> WorkingCalendar:
        """The working days of the customer's country."""
        return WorkingCalendar(country_of(None, self.company, self.rules.common.default_country))

    @property
    def links(self) -> Links:
        """Where a person opens the records."""
        return Links(self.rules.common.crm_url, self.event.portal_id)
