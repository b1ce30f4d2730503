"""What the system did about a customer, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kundeflyt.domain.actions import ActionRecord, TakeoverRecord
from kundeflyt.domain.delivery import SentSms
from kundeflyt.ports.ledger import Held, StoredPlan


class BadCursorError(ValueError):
    """A place in a list that was never given out."""


@dataclass(frozen=True, kw_only=True)
class EventStory:
    """All that is known of one event: what was decided, what became of each action, and what waits.

    `sent` are the messages by the name of the action that sent them.
    """

    flow: str
    subject: str
    plans: tuple[StoredPlan, ...]
    actions: Mapping[str, ActionRecord]
    sent: Mapping[str, SentSms]
    held: tuple[Held, ...]

    @property
    def began(self) -> datetime:
        """When it was first decided, or first held."""
        return min([plan.planned_at for plan in self.plans] + [held.held_at for held in self.held])

    @property
    def ended(self) -> datetime:
        """When it was last decided, or last held."""
        return max([plan.planned_at for plan in self.plans] + [held.held_at for held in self.held])


@dataclass(frozen=True, kw_only=True)
class StoryPage:
    """Some of a customer's stories, the last decided first; `next` leads to what was before, None if nothing."""

    stories: tuple[EventStory, ...]
    next: str | None


class CustomerHistory(Protocol):
    """What the ledger has by customer. All methods raise TryLater when the store does not answer."""

    def story(self, flow: str, subject: str) -> EventStory | None:
        """Everything about one event; None when nothing was decided and nothing waits."""
        ...

    def of_company(self, company_id: int, *, cursor: str | None, size: int) -> StoryPage:
        """What touched a company, also what came to nothing. Raises BadCursorError."""
        ...

    def takeovers(self, portal_id: int, company_id: int) -> Sequence[TakeoverRecord]:
        """A company's takeovers, the newest first."""
        ...

    def takeovers_of_owner(self, portal_id: int, owner_id: int, *, last: int) -> Sequence[TakeoverRecord]:
        """The last takeovers in which this adviser got a customer, the newest first."""
        ...
