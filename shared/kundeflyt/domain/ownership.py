"""Who looks after a customer, and when that has changed hands for good."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

Means = Literal["person", "app", "import", "workflow"]


@dataclass(frozen=True, kw_only=True)
class OwnerChange:
    """The company's owner was set to `owner_id`, or cleared (None).

    `user_id` is who did it and `means` by what, each where it is known.
    """

    at: datetime
    owner_id: int | None
    user_id: int | None = None
    means: Means | None = None


@dataclass(frozen=True, kw_only=True)
class Handover:
    """A customer went from one owner to another, however often it changed its mind on the way.

    The previous owner is the last one there was, also when nobody has had the customer in between. `since` is the
    first change of the handover and `at` the last: company and `at` name it, so that the same adviser taking over
    again next year is another one. `user_id` made the last change, by `means`; `earlier_owner_ids` is everybody before
    it, the last one first.
    """

    since: datetime
    at: datetime
    previous_owner_id: int | None
    owner_id: int | None
    user_id: int | None = None
    means: Means | None = None
    earlier_owner_ids: tuple[int, ...] = ()

    def among(self, is_person: Callable[[int], bool]) -> Handover:
        """The same with a person before it: a queue in which the customer has waited was nobody's adviser."""
        previous = next((id_ for id_ in self.earlier_owner_ids if is_person(id_)), None)
        return replace(self, previous_owner_id=previous)

    @property
    def is_one(self) -> bool:
        """Back with the owner it had before, the customer has changed hands for nobody."""
        return self.owner_id != self.previous_owner_id

    def settled_at(self, settle: timedelta) -> datetime:
        """From then on it is taken for final: each change starts the wait anew."""
        return self.at + settle


def latest_handover(history: Iterable[OwnerChange], settle: timedelta) -> Handover | None:
    """The changes that belong together with the last one, from the owner before them to the owner after them.

    Two changes belong together when no more than `settle` lies between them. The history may come in any order; an
    owner set to what it was is no change. None when the company never had an owner.
    """
    changes = _changes(history)
    if not changes:
        return None
    first = len(changes) - 1
    for earlier, later in reversed(list(pairwise(changes))):
        if later.at - earlier.at > settle:
            break
        first -= 1
    before = tuple(dict.fromkeys(one.owner_id for one in reversed(changes[:first]) if one.owner_id))
    return Handover(
        since=changes[first].at,
        at=changes[-1].at,
        previous_owner_id=before[0] if before else None,
        owner_id=changes[-1].owner_id,
        user_id=changes[-1].user_id,
        means=changes[-1].means,
        earlier_owner_ids=before,
    )


def became_owner(history: Iterable[OwnerChange], owner_id: int, *, before: datetime) -> datetime | None:
    """When they last became the owner before that time; None when they were not."""
    return max(
        (change.at for change in _changes(history) if change.owner_id == owner_id and change.at < before), default=None
    )


def _changes(history: Iterable[OwnerChange]) -> list[OwnerChange]:
    changes: list[OwnerChange] = []
    for change in sorted(history, key=lambda change: change.at):
        if change.owner_id != (changes[-1].owner_id if changes else None):
            changes.append(change)
    return changes
