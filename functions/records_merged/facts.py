"""What we must know about merges; our own memory is enough, since the webhook says what became of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kundeflyt.domain.actions import Plan, RecordKind
from kundeflyt.domain.events import COMPANIES_MERGED, Event
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.readers import HistoryReader, Readers
from records_merged.case import MergedFacts
from records_merged.plan import follow_at_once
from records_merged.rules import RecordsMergedRules


def gather(
    events: Sequence[Event],
    readers: Readers,
    rules: Rules[RecordsMergedRules],  # noqa: ARG001 - every flow is asked in the same way
    now: datetime,  # noqa: ARG001 - every flow is asked in the same way
) -> Mapping[Event, MergedFacts]:
    """Finds out where the survivor is by now: merges may come in any order. Raises TryLater."""
    return {event: _facts(event, readers.history) for event in events}


def wishes(events: Sequence[Event], readers: Readers, rules: Rules[RecordsMergedRules]) -> Mapping[Event, Plan]:
    """Our memory follows a merge at once: on hold, in a trial, and while HubSpot is silent."""
    return {event: follow_at_once(event, _facts(event, readers.history), rules) for event in events}


def _facts(event: Event, history: HistoryReader) -> MergedFacts:
    record: RecordKind = "company" if event.name == COMPANIES_MERGED else "contact"
    into = history.survivor(record, event.record_id)
    merged = tuple(id_ for id_ in event.merged_ids if id_ != into)
    if record == "company" or not history.forgotten([into]):
        return MergedFacts(record=record, merged_ids=merged, into=into)
    ids = frozenset(merged) | history.ids_of_person(into)
    return MergedFacts(record=record, merged_ids=merged, into=into, forgotten=True, other_ids=ids)
