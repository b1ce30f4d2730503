"""One page of the nightly comparison, and what one customer's adviser is in both systems. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from kundeflyt.domain.cards import Card, CardUser
from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Company, Owner, TaskNow
from kundeflyt.domain.differences import Difference
from kundeflyt.domain.events import Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber, organisation_number
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sweeps import Sweep, morning_after
from owner_reconcile.rules import OwnerReconcileRules

NAME: Final = "owner_reconcile"
SWEEP: Final = "owner-reconcile"
COMPANY: Final = "company"
OWNER: Final = "owner"
LAST: Final = 10**19
"""Beyond every id: the last page's range is open."""

Stage = Literal["begin", "busy", "late", "ended", "walked", "over", "page"]
Kind = Literal["other_manager", "no_manager", "no_owner", "several_cards", "no_card", "no_number"]
Verdict = Literal["same", "nobody", "unknown_user", "not_comparable"]

# What is counted, by the names of the metrics.
COMPARED: Final = "CustomersCompared"
NOT_COMPARABLE: Final = "CustomersNotComparable"
IN_GRACE: Final = "CustomersInGrace"
UNKNOWN_USER: Final = "CustomersOfUnknownUsers"
TASKS_MADE: Final = "DifferencesTold"
TASKS_ENDED: Final = "DifferencesGone"
DIFFERS: Final[dict[Kind, str]] = {
    "other_manager": "DiffersOtherManager",
    "no_manager": "DiffersNoManager",
    "no_owner": "DiffersNoOwner",
    "several_cards": "DiffersSeveralCards",
    "no_card": "DiffersNoCard",
    "no_number": "DiffersNoNumber",
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some customers, and all that both systems and our memory say of them.

    `companies` are in order of their ids, `last` is the id up to which they were listed and `complete` says that there
    are no more. Those that differ come with their owners' histories. `cards` and `users` are None where that system
    does not tell such things at all. `inactive` are those whose owner was removed by a decision of customer service:
    the adviser has a task to leave the card, too. `standing` are the differences people have been told of, `tasks`
    their tasks.
    """

    companies: tuple[Company, ...]
    last: int
    complete: bool
    owners: Mapping[int, Owner] = field(default_factory=dict)
    cards: Mapping[OrganisationNumber, tuple[Card, ...]] | None = field(default_factory=dict)
    users: Mapping[str, CardUser] | None = field(default_factory=dict)
    inactive: frozenset[int] = frozenset()
    standing: Mapping[str, Difference] = field(default_factory=dict)
    tasks: Mapping[int, TaskNow] = field(default_factory=dict)

    def owner_of(self, company: Company) -> Owner | None:
        """The company's adviser, if it has one who is at work: a queue or somebody who has left is nobody."""
        owner = self.owners.get(company.owner_id or 0)
        return owner if owner and owner.is_person and owner.can_take_tasks else None

    def user_of(self, owner: Owner) -> CardUser | None:
        """Who the adviser is in the customer cards' system."""
        return (self.users or {}).get(owner.email or "")


@dataclass(frozen=True, kw_only=True)
class SweepFacts:
    """Where the sweep stands, and its next page if there is one to look at."""

    stage: Stage
    sweep: Sweep | None
    page: Page | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """Both systems say different things of a customer; `mark` names both sides."""

    kind: Kind
    company: Company
    mark: str
    owner: Owner | None = None
    cards: tuple[Card, ...] = ()

    @property
    def about_persons(self) -> bool:
        """It may be of the hour: somebody is taking over."""
        return self.kind in {"other_manager", "no_manager", "no_owner"}


def stage_of(event: Event, sweep: Sweep | None, rules: OwnerReconcileRules, now: datetime) -> Stage:
    """What this delivery has to do: begin, go on, say again that it goes on, end, or nothing."""
    is_late = now >= morning_after(event.occurred_at, rules.ends_at_hour)
    if sweep is None or sweep.subject != event.subject:
        if is_late:
            return "late"
        running = sweep and not sweep.ended and now < morning_after(sweep.begun_at, rules.ends_at_hour)
        return "busy" if running else "begin"
    if sweep.ended:
        return "ended"
    if event.round <= sweep.round:
        return "walked"
    return "over" if is_late else "page"


def cursor_of(sweep: Sweep | None) -> int:
    """The last company that has been looked at."""
    return int(sweep.cursor) if sweep and sweep.cursor else 0


def number_of(company: Company, rules: Rules[OwnerReconcileRules]) -> OrganisationNumber | None:
    """The company's organisation number, if it is a valid one."""
    country = country_code(company.country) or rules.common.default_country
    return organisation_number(company.properties.get(rules.common.organisation_number_property), country)


def compare(company: Company, page: Page, rules: Rules[OwnerReconcileRules]) -> Found | Verdict:
    """What differs at one customer, or why nothing does.

    Without a property that marks customers, a company without a card may be no customer at all, and is not told of.
    """
    marked = rules.flow.customer_property is not None
    number = number_of(company, rules)
    owner = page.owner_of(company)
    if number is None:
        return _found("no_number", company, owner, ()) if marked else "not_comparable"
    cards = (page.cards or {}).get(number, ())
    if not cards:
        return _found("no_card", company, owner, ()) if marked else "not_comparable"
    if len(cards) > 1:
        return _found("several_cards", company, owner, cards)
    manager = cards[0].manager
    if owner is None:
        return _found("no_owner", company, None, cards) if manager and company.id not in page.inactive else "nobody"
    user = page.user_of(owner)
    if user is None:
        return "unknown_user"
    if manager is None:
        return _found("no_manager", company, owner, cards)
    return "same" if manager.user_id == user.id else _found("other_manager", company, owner, cards)


def in_grace(found: Found, rules: OwnerReconcileRules, now: datetime) -> bool:
    """The customer has just changed hands: the takeover is at it."""
    changes = [change.at for change in found.company.owner_history]
    return found.about_persons and bool(changes) and now - max(changes) < timedelta(days=rules.grace_days)


def _found(kind: Kind, company: Company, owner: Owner | None, cards: tuple[Card, ...]) -> Found:
    there = ",".join(sorted(card.id for card in cards))
    if len(cards) == 1:
        there = f"{there}:{cards[0].manager.user_id if cards[0].manager else '-'}"
    here = company.owner_id if kind in {"other_manager", "no_manager", "no_owner"} else "-"
    return Found(kind=kind, company=company, mark=f"{kind}|{here}|{there}", owner=owner, cards=cards)
