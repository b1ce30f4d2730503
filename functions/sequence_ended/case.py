"""One sequence that has ended, and what follows from what we know about it. Pure: no decision is taken here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.domain.actions import Past
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.customers import country_of, first_at_work, main_contact
from kundeflyt.domain.events import Event
from kundeflyt.domain.links import Links
from kundeflyt.domain.organisation_numbers import OrganisationNumber, organisation_number
from kundeflyt.domain.phones import callable_number
from kundeflyt.domain.review import Assessment, Ending, Entry, Evidence, Gap, ReviewedCompany, ReviewRequest, WaitingFor
from kundeflyt.domain.review import assess as assess_evidence
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sequences import EndedPage, Enrolment
from kundeflyt.domain.sweeping import Night
from sequence_ended.rules import SequenceEndedRules

NAME: Final = "sequence_ended"
SWEEP: Final = "sequence-ended"

# Names of actions, each followed by the enrolment's mark: the same contact may be in the same sequence again.
SETTLE: Final = "settle"
FOLLOW_UP: Final = "follow-up"
OPTED_OUT: Final = "opted-out"
LEFT: Final = "left"
NO_COMPANY: Final = "no-company"
FIX: Final = "fix"
CASE: Final = "case"
COMPLETE: Final = "complete"
LOOK: Final = "look"
_LAST: Final = (FOLLOW_UP, OPTED_OUT, LEFT, NO_COMPANY, COMPLETE)

MOST_SHOWN: Final = 200
"""So many entries that are only shown go with a case."""
MOST_JUDGED: Final = 300
"""So many answers, as many attempts and as many open tasks and orders go with it, the newest: more tell nothing new."""


@dataclass(frozen=True, kw_only=True)
class EndingFacts:
    """What we know about one contact's latest sequence when we decide.

    `enrolment` is None for somebody who never was in one. `settled` says that the end is past the wait, or that
    there is none. `contacts` are the company's people, `mainly_here` those whose main employer it is, and `entries`
    what was tried and heard there since the enrolment. `orders_known` is False when nobody could say which orders are
    open. `fixed` says that the adviser has ticked off the task to put something right.
    """

    enrolment: Enrolment | None
    ended_at: datetime | None = None
    settled: bool = True
    past: Past = field(default_factory=Past)
    company: Company | None = None
    owners: Mapping[int, Owner] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    mainly_here: frozenset[int] = frozenset()
    entries: tuple[Entry, ...] = ()
    orders_known: bool = False
    fixed: bool = False


@dataclass(frozen=True, kw_only=True)
class SweepFacts:
    """How far the sweep has come, and its next page; no page when there is none for this delivery to walk."""

    night: Night
    page: EndedPage | None = None


def named(action: str, enrolment: Enrolment) -> str:
    """An action's name, for this enrolment."""
    return f"{action}-{enrolment.mark}"


def seen_to(past: Past, enrolment: Enrolment) -> bool:
    """The last thing there is to do about this end is done: whoever hears of it again has nothing left to do."""
    if any((record := past.actions.get(named(last, enrolment))) and record.settled for last in _LAST):
        return True
    opened = past.actions.get(named(CASE, enrolment))
    return opened is not None and opened.settled and named(FIX, enrolment) not in past.actions


def written_number(company: Company, rules: Rules[SequenceEndedRules]) -> OrganisationNumber | None:
    """The company's organisation number, where what is written is one."""
    written = company.properties.get(rules.common.organisation_number_property)
    return organisation_number(written, country_code(company.country) or rules.common.default_country)


@dataclass(frozen=True)
class Case:
    """One customer whose sequence has ended."""

    event: Event
    enrolment: Enrolment
    ended_at: datetime
    company: Company
    facts: EndingFacts
    rules: Rules[SequenceEndedRules]
    now: datetime

    def named(self, action: str) -> str:
        """An action's name, for this enrolment."""
        return named(action, self.enrolment)

    @property
    def ending(self) -> Ending:
        """How it ended; what we have asked somebody to put right after a bounce stays a bounce when that is done."""
        how = self.enrolment.how(self.facts.entries)
        return "bounced" if how != "finished" and self.named(FIX) in self.facts.past.actions else how

    @property
    def adviser(self) -> Owner | None:
        """The customer's adviser, if still there."""
        return first_at_work([self.company.owner_id], self.facts.owners)

    @property
    def responsible(self) -> int | None:
        """Who gets the tasks: the adviser, else those who see to customers without one."""
        common = self.rules.common
        return self.adviser.id if self.adviser else common.csc_owner_id or common.fallback_owner_id

    @property
    def country(self) -> str | None:
        """The customer's country, which decides its working days."""
        return country_of(None, self.company, self.rules.common.default_country)

    @property
    def calendar(self) -> WorkingCalendar:
        """The working days of the customer's country."""
        return WorkingCalendar(self.country)

    @property
    def links(self) -> Links:
        """Where a person opens the records."""
        return Links(self.rules.common.crm_url, self.event.portal_id)

    @property
    def responses(self) -> tuple[Entry, ...]:
        """What was heard from the customer since the enrolment, the latest first."""
        heard = [entry for entry in self.facts.entries if entry.response and entry.at >= self.enrolment.enrolled_at]
        return tuple(sorted(heard, key=lambda entry: entry.at, reverse=True))

    @property
    def in_hand(self) -> bool:
        """An adviser who is there has something planned with the customer."""
        planned = any(entry.what in {"task_open", "meeting_booked"} for entry in self.facts.entries)
        return planned and self.adviser is not None

    @property
    def customer_type(self) -> str | None:
        """What the portal calls this kind of customer."""
        name = self.rules.flow.customer_type_property
        return self.company.properties.get(name) if name else None

    @property
    def evidence(self) -> Evidence:
        """All that the case rests on."""
        flow = self.rules.flow
        main = main_contact(self.facts.contacts, self.facts.mainly_here, flow.main_contact_property)
        phone = main and any(callable_number(raw, self.country) for raw in (main.mobile, main.phone))
        return Evidence(
            company_id=self.company.id,
            contact_id=self.enrolment.contact_id,
            sequence_id=self.enrolment.sequence_id,
            enrolled_at=self.enrolment.enrolled_at,
            ended_at=self.ended_at,
            ending=self.ending,
            customer_type=self.customer_type,
            period_days=flow.period_days_by_type.get(self.customer_type or "", flow.period_days),
            main_contact_id=main.id if main else None,
            main_contact_named=bool(main and (main.first_name or main.last_name)),
            main_contact_phone=bool(phone),
            owner_id=self.adviser.id if self.adviser else None,
            entries=_told(self.facts.entries),
            orders_known=self.facts.orders_known,
        )

    @property
    def assessment(self) -> Assessment:
        """What the evidence speaks for."""
        return assess_evidence(self.evidence, now=self.now)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What the adviser can put right before the case reaches customer service (001-23, 001-36)."""
        unreached: tuple[Gap, ...] = ("email",) if self.ending == "bounced" and self.enrolment.bounced else ()
        return () if self.facts.fixed else (*self.evidence.gaps, *unreached)

    @property
    def waits_until(self) -> datetime:
        """How long the case waits for that: a later look does not begin the wait anew."""
        asked = self.facts.past.actions.get(self.named(FIX))
        return (asked.started_at if asked else self.now) + timedelta(days=self.rules.flow.gap_wait_days)

    def request(self, gaps: tuple[Gap, ...]) -> ReviewRequest:
        """The case as customer service gets it; a second one, without anything to wait for, under a key of its own."""
        key = f"{self.event.portal_id}/{self.enrolment.contact_id}/{self.enrolment.mark}"
        again = not gaps and self.named(FIX) in self.facts.past.actions
        return ReviewRequest(
            key=f"{key}/complete" if again else key,
            portal_id=self.event.portal_id,
            company=ReviewedCompany(
                id=self.company.id,
                name=self.company.name or f"Selskap {self.company.id}",
                organisation_number=written_number(self.company, self.rules),
                country=self.country,
            ),
            evidence=self.evidence,
            assessment=self.assessment,
            waiting_for=WaitingFor(gaps=gaps, until=self.waits_until) if gaps else None,
            found_at=self.now,
        )


def _told(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The newest of what is judged by, and of what is only shown: a case must not outgrow its message and its place."""
    newest = sorted(entries, key=lambda one: one.at, reverse=True)
    answers = [one for one in newest if one.response]
    attempts = [one for one in newest if one.touchpoint]
    open_work = [one for one in newest if one.what in {"task_open", "order_open"}]
    judged = {*answers, *attempts, *open_work}
    shown = [one for one in newest if one not in judged]
    kept = [
        *answers[:MOST_JUDGED],
        *attempts[:MOST_JUDGED],
        *open_work[:MOST_JUDGED],
        *shown[:MOST_SHOWN],
    ]
    return tuple(sorted(kept, key=lambda one: (one.at, one.record, one.id)))
