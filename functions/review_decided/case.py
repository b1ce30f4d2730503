"""A decided case, or a page of the nightly look, and what follows from what we know about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.cards import Card, CardUser
from kundeflyt.domain.cases import CaseSummary, Decision, ReviewCase
from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Company, Owner
from kundeflyt.domain.customers import first_at_work
from kundeflyt.domain.events import Event
from kundeflyt.domain.links import Links
from kundeflyt.domain.review import Entry
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sweeps import Sweep
from review_decided.rules import ReviewDecidedRules

NAME: Final = "review_decided"
SWEEP: Final = "review-decided"

Stage = Literal["page", "walked", "ended"]


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What we know about one case when we decide.

    `due` says that the decision can no longer be undone, or that the time to wait is over. `answered` says that whoever
    was asked has completed their task, or thrown it away. `company` is None when it is gone from HubSpot. `card` is the
    customer's card where there is one and no doubt which, `user` who the adviser is there; both are None while that
    system is silent or cannot tell. `heard` is what has come from the customer that a decision for inactive did not
    know, and `handed_on` that somebody has been given the customer since; both only as long as nothing has followed.
    """

    case: ReviewCase | None
    due: bool = False
    answered: bool = False
    company: Company | None = None
    owners: Mapping[int, Owner] = field(default_factory=dict)
    card: Card | None = None
    user: CardUser | None = None
    heard: Entry | None = None
    handed_on: bool = False


@dataclass(frozen=True, kw_only=True)
class NightFacts:
    """Where the nightly look stands, and its next page of cases; `onward` is where the one after it begins."""

    stage: Stage
    sweep: Sweep | None
    cases: tuple[CaseSummary, ...] = ()
    onward: str | None = None


Facts = CaseFacts | NightFacts


def stage_of(event: Event, sweep: Sweep | None) -> Stage:
    """What this delivery has to do: look at a page, say again that it goes on, or nothing."""
    if sweep is None or sweep.subject != event.subject:
        return "page"
    if sweep.ended:
        return "ended"
    return "walked" if event.round <= sweep.round else "page"


def cursor_of(event: Event, sweep: Sweep | None) -> str | None:
    """Where tonight's next page begins."""
    return (sweep.cursor or None) if sweep and sweep.subject == event.subject else None


@dataclass(frozen=True)
class Decided:
    """One decision that stands, on one customer."""

    case: ReviewCase
    decision: Decision
    company: Company
    facts: CaseFacts
    rules: Rules[ReviewDecidedRules]
    now: datetime

    def named(self, what: str) -> str:
        """An action's name: a case may be decided again after it was reopened."""
        return f"{what}-{self.decision.mark}"

    @property
    def adviser(self) -> Owner | None:
        """Who looks after the customer, or did when it was assessed; None when they have left."""
        return first_at_work((self.company.owner_id, self.case.company.owner_id), self.facts.owners)

    @property
    def in_hand(self) -> Owner | None:
        """Who looks after the customer now, if they still work here."""
        return first_at_work((self.company.owner_id,), self.facts.owners)

    @property
    def links(self) -> Links:
        """Where a person opens the records."""
        return Links(self.rules.common.crm_url, self.case.portal_id)

    @property
    def csc(self) -> int | None:
        """Customer service, else who stands in for everybody."""
        return self.rules.common.csc_owner_id or self.rules.common.fallback_owner_id

    @property
    def calendar(self) -> WorkingCalendar:
        """When people there work."""
        written = self.company.country or self.case.company.country
        return WorkingCalendar(country_code(written) or self.rules.common.default_country)
