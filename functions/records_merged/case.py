"""One merge of contacts or companies, and what we know when we decide about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kundeflyt.domain.actions import RecordKind

NAME: Final = "records_merged"


@dataclass(frozen=True, kw_only=True)
class MergedFacts:
    """What has become what. `into` is where the survivor itself has gone by now, `merged_ids` what was merged.

    `forgotten` says that the survivor has been erased meanwhile; `other_ids` are then all ids the person has had.
    """

    record: RecordKind
    merged_ids: tuple[int, ...]
    into: int
    forgotten: bool = False
    other_ids: frozenset[int] = frozenset()
