"""The customer's card (kundekort) in the system of the occupational health service, in our own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from kundeflyt.domain.organisation_numbers import OrganisationNumber

Role = Literal["PFA", "KAM"]
DocumentKind = Literal["ANNUAL_REPORT", "ACTION_PLAN", "RISK_ASSESSMENT", "COLLABORATION_PLAN", "OTHER"]
PlanState = Literal["NOT_STARTED", "STARTED", "DONE", "UNKNOWN"]

CARD_CHANGED: Final = "kundekortet i Metodika er endret siden det ble lest"
"""Why a card is not changed: by these words a try that may be made again is known from one that never will do."""


@dataclass(frozen=True, kw_only=True)
class Manager:
    """Who looks after the customer, and since when. `user_id` is that system's; None for a role we don't know."""

    user_id: str
    role: Role | None
    since: date


@dataclass(frozen=True, kw_only=True)
class Card:
    """One customer card. A customer may have several: a head unit, its sub-units, a card made twice.

    `version` is what the card was when it was read; `url` is where a person opens it. Key information
    (nøkkelinformasjon) is known by the day it was last updated, None where nobody ever has.
    """

    id: str
    organisation_number: OrganisationNumber
    name: str = field(repr=False)
    version: str
    url: str | None = None
    manager: Manager | None = None
    key_information_updated: date | None = None


@dataclass(frozen=True, kw_only=True)
class CardUser:
    """A user of that system; one who has left can be given no work."""

    id: str
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order (bestilling) that is being worked on, and by whom; None where nobody has it."""

    id: str
    title: str = field(repr=False)
    assignee_id: str | None


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document on the card. `year` is what it is about, where that is said; `created` is aware."""

    id: str
    kind: DocumentKind
    year: int | None
    created: datetime


@dataclass(frozen=True, kw_only=True)
class PlanItem:
    """One measure of a collaboration plan."""

    id: str
    title: str = field(repr=False)
    state: PlanState


@dataclass(frozen=True, kw_only=True)
class CollaborationPlan:
    """What customer and adviser have agreed to do in a year (samarbeidsplan)."""

    year: int
    items: tuple[PlanItem, ...]

    @property
    def not_started(self) -> Sequence[PlanItem]:
        """The measures nobody has begun: the list to bring to the first meeting (002-28, 002-46)."""
        return [item for item in self.items if item.state == "NOT_STARTED"]
