"""What our memory holds of one person, and who has become whom: for forgetting, showing and merging."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from kundeflyt.domain.actions import ActionRecord, RecordKind
from kundeflyt.domain.delivery import SentSms

if TYPE_CHECKING:
    from kundeflyt.ports.ledger import StoredPlan, Suppression


@dataclass(frozen=True, kw_only=True)
class Traces:
    """All that the ledger holds under one contact's id.

    `actions` are those of the events the plans are about, by `<flow>/<subject>`; `texted` are the hashes of the
    numbers we have written to; `slots` tells which task was last made in each.
    """

    plans: tuple[StoredPlan, ...] = ()
    actions: Mapping[str, tuple[ActionRecord, ...]]
    messages: tuple[SentSms, ...] = ()
    texted: frozenset[str] = frozenset()
    suppressions: tuple[Suppression, ...] = ()
    slots: Mapping[str, str | None]


class People(Protocol):
    """The part of the ledger that knows persons. All methods raise TryLater when the store does not answer.

    What was written a moment ago may be missed by `traces`, `erase_traces` and `move_history`: whoever must be sure
    asks again later.
    """

    def ids_of_person(self, contact_id: int) -> frozenset[int]:
        """Every id the person has had that we know of: this one, what it was merged into, and what into that."""
        ...

    def survivor(self, record: RecordKind, record_id: int) -> int:
        """The record that this one has become by merges; itself when it has become none."""
        ...

    def forgotten(self, contact_ids: Collection[int]) -> frozenset[int]:
        """Which of these contacts have been forgotten lately (consistent read)."""
        ...

    def forget(self, contact_ids: Collection[int], *, now: datetime) -> None:
        """From now on `forgotten` says yes, for longer than anything about them can be on the road."""
        ...

    def traces(self, contact_id: int) -> Traces:
        """What is held under this id."""
        ...

    def erase_traces(self, contact_id: int) -> None:
        """Erases what is held under this id; that something was done, and when, stays without the person."""
        ...

    def erase_plans(self, flow: str, subject: str) -> None:
        """Erases what was decided about one event; that something was done, and when, stays without the words."""
        ...

    def forget_numbers(self, number_hashes: Collection[str]) -> None:
        """Forgets what the numbers with these hashes were last texted about; that they are suppressed stays."""
        ...

    def note_merge(self, record: RecordKind, old: int, *, into: int, now: datetime) -> None:
        """From now on `survivor` leads from the old record to this one."""
        ...

    def move_history(self, record: RecordKind, old: int, *, into: int) -> int:
        """Puts what is held under the old id under the surviving one; says how many entries that were."""
        ...


class Inspection(Protocol):
    """Where requests lie that nobody could read."""

    def kept(self) -> Iterable[tuple[str, bytes]]:
        """Every request that still lies there, by its key. Raises TryLater."""
        ...

    def erase(self, keys: Sequence[str]) -> None:
        """Erases these; may be repeated harmlessly. Raises TryLater."""
        ...
