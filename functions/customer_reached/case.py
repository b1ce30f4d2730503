"""Something a customer did, their case, and what follows from both. Pure: no decision is taken here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from customer_reached import words
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Company, Owner
from kundeflyt.domain.customers import first_at_work
from kundeflyt.domain.links import Links
from kundeflyt.domain.review import Entry
from kundeflyt.domain.rules import CommonRules

NAME: Final = "customer_reached"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A customer with a case that may concern us. `news` says that the case does not know of the sign of life.

    A customer has two where somebody who is inactive has an open case again. `company` is None when it is gone from
    HubSpot.
    """

    company_id: int
    case: ReviewCase
    news: bool
    company: Company | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What we know when we decide.

    `entry` is what the customer did, None where it was not the customer; `why_not` then says so. `waits` says that
    another flow has yet to find out whose message it is. `companies` are those it is about, `standings` those of them
    that have a case to look at.
    """

    entry: Entry | None = None
    why_not: str = ""
    waits: bool = False
    companies: tuple[int, ...] = ()
    standings: tuple[Standing, ...] = ()
    owners: Mapping[int, Owner] = field(default_factory=dict)


def cases_to_look_at(cases: Iterable[ReviewCase], entry: Entry) -> tuple[ReviewCase, ...]:
    """The company's open case, or one that this very entry has withdrawn; and the one that made it inactive.

    `cases` are the newest first. What the entry itself has done is looked at again, so that it is done to its end.
    """
    found: list[ReviewCase] = []
    for case in cases:
        if case.state == "effected":
            first = case.reactivated_by
            ours = first is not None and (first.record, first.id) == (entry.record, entry.id)
            return (*found, case) if case.inactive or ours else tuple(found)
        if not case.closed or (case.withdrawn_because or "").endswith(words.record_of(entry)):
            found.append(case)
    return tuple(found)


@dataclass(frozen=True)
class Reached:
    """One customer who is heard from, with a case."""

    entry: Entry
    standing: Standing
    owners: Mapping[int, Owner]
    common: CommonRules
    now: datetime

    @property
    def case(self) -> ReviewCase:
        """The case it is about."""
        return self.standing.case

    @property
    def in_hand(self) -> Owner | None:
        """Whoever looks after the customer now, if they still work here."""
        company = self.standing.company
        return first_at_work((company.owner_id if company else None,), self.owners)

    @property
    def last_adviser(self) -> Owner | None:
        """Whoever has the customer, or had it last, and still works here (001-28)."""
        company = self.standing.company
        history = sorted(company.owner_history, key=lambda change: change.at, reverse=True) if company else []
        candidates = (
            company.owner_id if company else None,
            self.case.company.owner_id,
            *(change.owner_id for change in history),
        )
        return first_at_work(candidates, self.owners)

    @property
    def csc(self) -> int | None:
        """Customer service, else who stands in for everybody."""
        return self.common.csc_owner_id or self.common.fallback_owner_id

    @property
    def calendar(self) -> WorkingCalendar:
        """When people there work."""
        company = self.standing.company
        written = (company.country if company else None) or self.case.company.country
        return WorkingCalendar(country_code(written) or self.common.default_country)

    @property
    def link(self) -> str:
        """Where a person sees what the customer did."""
        links = Links(self.common.crm_url, self.case.portal_id)
        if not self.entry.id.isdigit():
            return links.company(self.standing.company_id)
        return links.activity(self.standing.company_id, int(self.entry.id))
