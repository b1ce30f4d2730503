"""Customers' cards in memory. The contract suite keeps it true to the real adapter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import count
from typing import TypeVar

from kundeflyt.domain.cards import CARD_CHANGED, Card, CardUser, CollaborationPlan, Document, Manager, Order
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.ports.failures import Done, NotOffered, Outcome, Outdated, Refused, Unsure
from kundeflyt.ports.writers import Finding, ManagerChange, NewCardTask
from tests.fakes.failing import FailurePlan

IdT = TypeVar("IdT", bound=str)
FoundT = TypeVar("FoundT")


@dataclass(kw_only=True)
class CardTaskOnHand:
    """A task as it stands now."""

    id: str
    task: NewCardTask


class FakeCards(FailurePlan):
    """Implements CardReader and CardWriter.

    `by_id`, `people` (by e-mail address), `orders`, `papers`, `plans_of` and `tasks` (by id) are what stands there.
    Methods named in `missing` are not offered. `today` is the day from which a manager set now counts.
    """

    def __init__(self, *, today: date) -> None:
        super().__init__()
        self.today = today
        self.missing: set[str] = set()
        self.by_id: dict[str, Card] = {}
        self.people: dict[str, CardUser] = {}
        self.orders: dict[str, list[Order]] = {}
        self.papers: dict[str, list[Document]] = {}
        self.plans_of: dict[tuple[str, int], CollaborationPlan] = {}
        self.tasks: dict[str, CardTaskOnHand] = {}
        self._ids = count(100_001)

    def changed_by_somebody(self, card_id: str, manager: Manager | None) -> None:
        """A person gives the customer another manager: the card is another version now."""
        card = self.by_id[card_id]
        self.by_id[card_id] = replace(card, manager=manager, version=f"{card.version}+")

    # CardReader

    def cards(self, numbers: Collection[OrganisationNumber]) -> Mapping[OrganisationNumber, tuple[Card, ...]]:
        """The cards of each customer."""
        all_cards = self.by_id.values()
        return self._read(
            "cards", numbers, lambda number: tuple(c for c in all_cards if c.organisation_number == number) or None
        )

    def users(self, emails: Collection[str]) -> Mapping[str, CardUser]:
        """Who these people are."""
        known = {email.casefold(): user for email, user in self.people.items()}
        return self._read("users", emails, lambda email: known.get(email.casefold()))

    def active_orders(self, card_ids: Collection[str]) -> Mapping[str, tuple[Order, ...]]:
        """The orders that are being worked on."""
        return self._read("active_orders", card_ids, self._if_there(self.orders))

    def documents(self, card_ids: Collection[str]) -> Mapping[str, tuple[Document, ...]]:
        """The documents."""
        return self._read("documents", card_ids, self._if_there(self.papers))

    def plans(self, card_ids: Collection[str], *, year: int) -> Mapping[str, CollaborationPlan]:
        """The collaboration plans."""
        return self._read("plans", card_ids, lambda id_: self.plans_of.get((id_, year)))

    def _if_there(self, kept: Mapping[str, Sequence[FoundT]]) -> Callable[[str], tuple[FoundT, ...] | None]:
        return lambda id_: tuple(kept.get(id_, ())) if id_ in self.by_id else None

    def _read(self, method: str, ids: Collection[IdT], find: Callable[[IdT], FoundT | None]) -> dict[IdT, FoundT]:
        self.ask(method)
        if ids and method in self.missing:
            raise NotOffered(f"{method} finnes ikke her")
        return {id_: found for id_ in ids if (found := find(id_)) is not None}

    # CardWriter

    def create_card_tasks(self, tasks: Sequence[NewCardTask]) -> Sequence[Outcome]:
        """Makes the tasks."""
        return self._write("create_card_tasks", tasks, self._create)

    def find_card_tasks(self, tasks: Sequence[NewCardTask]) -> Sequence[Finding]:
        """Looks the tasks up."""
        self.asked["find_card_tasks"] += 1
        if "find_card_tasks" in self.missing:
            return [Unsure(f"task {task.key}: there is no look-up") for task in tasks]
        return [self.row("find_card_tasks", partial(self._made, task.key)) for task in tasks]

    def set_managers(self, changes: Sequence[ManagerChange]) -> Sequence[Outcome]:
        """Sets or removes managers."""
        return self._write("set_managers", changes, self._set_manager)

    def find_managers(self, changes: Sequence[ManagerChange]) -> Sequence[Finding]:
        """Whether the cards have these managers."""
        self.asked["find_managers"] += 1
        return [self.row("find_managers", partial(self._has_manager, change)) for change in changes]

    def _write(self, method: str, rows: Sequence[FoundT], effect: Callable[[FoundT], Outcome]) -> list[Outcome]:
        self.asked[method] += 1
        if method in self.missing:
            return [NotOffered(f"{method} finnes ikke her")] * len(rows)
        return [self.row(method, partial(effect, row)) for row in rows]

    def _create(self, task: NewCardTask) -> Outcome:
        if made := self._made(task.key):
            return made
        if not any(user.active and user.id == task.assignee_id for user in self.people.values()):
            return Refused("brukeren finnes ikke")
        if task.card_id is not None and task.card_id not in self.by_id:
            return Refused("kundekortet finnes ikke")
        id_ = f"O{next(self._ids)}"
        self.tasks[id_] = CardTaskOnHand(id=id_, task=task)
        return Done(result=id_)

    def _made(self, key: str) -> Done | None:
        return next((Done(result=made.id) for made in self.tasks.values() if made.task.key == key), None)

    def _set_manager(self, change: ManagerChange) -> Outcome:
        card = self.by_id.get(change.card_id)
        if card is None:
            return Refused("kundekortet finnes ikke")
        if card.version != change.version:
            return Outdated(CARD_CHANGED)
        if change.user_id is not None and not any(user.id == change.user_id for user in self.people.values()):
            return Refused("brukeren finnes ikke")
        manager = Manager(user_id=change.user_id, role=change.role, since=self.today) if change.user_id else None
        self.changed_by_somebody(change.card_id, manager)
        return Done(result=self.by_id[change.card_id].version)

    def _has_manager(self, change: ManagerChange) -> Done | None:
        card = self.by_id.get(change.card_id)
        if card is None:
            return None
        stands = (card.manager.user_id, card.manager.role) if card.manager else (None, change.role)
        return Done(result=card.version) if stands == (change.user_id, change.role) else None
