"""What was decided about an event and how far its actions have come: one item, one write for each step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import uuid4

from kundeflyt.adapters.aws.expressions import Change
from kundeflyt.adapters.aws.ledger_items import (
    ACTION,
    LETTERS,
    Item,
    action_record,
    ended,
    event_key,
    has_plan,
    kept_from,
    past_of,
    plan_key,
    plan_values,
    started,
    stored_plan,
    story_of,
    ticks,
)
from kundeflyt.adapters.aws.table import Table
from kundeflyt.domain.actions import ActionRecord, Past, Story
from kundeflyt.domain.events import Event
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import ActionKey, Beginning, Begun, Ending, Move, StoredPlan

MARK_LETTERS: Final = 12
"""So much of a random mark tells our own write from somebody else's of the same moment."""

RowT = TypeVar("RowT")
AnswerT = TypeVar("AnswerT")


class EventMemory:
    """The first plan of an event stands in the event's item, beside its actions; what comes later, beside that.

    A write whose answer was lost is sent again by boto3 and then meets itself: starts and take-overs carry a mark of
    their own, so that we know our own write from somebody else's. All methods raise TryLater.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, rows: Sequence[Beginning], *, now: datetime, lease_until: datetime) -> Sequence[Begun]:
        """Stores plans, and starts the first actions of what is new; the first performing plan of a key stays.

        When one row cannot be written, what the others have started is erased again.
        """
        # A mark for each row: two rounds of one call may stand in one batch, and only one of them may go on.
        marked = [(row, _mark()) for row in rows]
        return self._all_or_none(
            lambda one: self._begin(*one, now, lease_until),
            marked,
            lambda one: self._erase_quietly(one[0].stored.flow, one[0].stored.event.subject, one[0].starting, one[1]),
        )

    def _begin(self, row: Beginning, mark: str, now: datetime, lease_until: datetime) -> Begun:
        if not row.starting:
            return Begun(stored=self._store_plan(row.stored))
        change = _storing(row.stored)
        for name in row.starting:
            change.only_if_absent(ACTION + name)
            change.set(ACTION + name, started(now, lease_until, mark))
        standing = self._table.change(_home(row.stored), change)
        if standing is None or all(_is_ours(standing, name, mark) for name in row.starting):
            return Begun(stored=row.stored, started=row.starting)
        return Begun(stored=self._store_plan(row.stored, standing))

    def _store_plan(self, stored: StoredPlan, standing: Item | None = None) -> StoredPlan:
        """`standing` is the event's item as we have just seen it, if we have."""
        if not standing or not has_plan(standing) or (_is_of(standing, stored) and not standing["performs"]):
            standing = self._table.change(_home(stored), _storing(stored))
        if standing is None:
            return stored
        if _is_of(standing, stored):
            return stored_plan(standing)
        # Another state of the event was decided first: this one stands beside it.
        change = Change()
        _set_plan(change, stored)
        change.only_if(f"attribute_not_exists({change.at('pk')}) OR {change.at('performs')} = {change.value(False)}")
        standing = self._table.change(plan_key(stored), change)
        return stored if standing is None else stored_plan(standing)

    def past(self, flow: str, events: Collection[Event]) -> Mapping[str, Past]:
        """What has been done about each event, by subject: one consistent query each."""
        subjects = list({event.subject for event in events})
        found = self._table.side_by_side(lambda subject: past_of(self._table.query(f"{flow}/{subject}")), subjects)
        return dict(zip(subjects, found, strict=True))

    def story(self, flow: str, subject: str) -> Story:
        """Everything about one event: one consistent query."""
        return story_of(self._table.query(f"{flow}/{subject}"))

    def _start(self, key: ActionKey, now: datetime, lease_until: datetime, mark: str) -> ActionRecord | None:
        change = Change()
        change.set(ACTION + key.name, started(now, lease_until, mark))
        change.set("expires_at", kept_from(now))
        change.only_if_absent(ACTION + key.name)
        standing = self._table.change(event_key(key.flow, key.subject), change)
        if standing is None or _is_ours(standing, key.name, mark):
            return None
        return action_record(key.name, standing[ACTION + key.name])

    def advance(
        self, moves: Sequence[Move], *, now: datetime, lease_until: datetime
    ) -> Sequence[Mapping[str, ActionRecord]]:
        """Writes down what has ended and what starts; of what starts, gives the records that stood there already.

        When one row cannot be written, what the others have started is erased again, since nobody would ever do what it
        promises; what has ended stays.
        """
        return self._all_or_none(
            lambda one: self._advance(*one, now, lease_until),
            [(move, _mark()) for move in moves],
            lambda one: self._erase_quietly(one[0].flow, one[0].subject, one[0].starting, one[1]),
        )

    def _advance(self, move: Move, mark: str, now: datetime, lease_until: datetime) -> Mapping[str, ActionRecord]:
        change = Change()
        for ending in move.ended:
            _end(change, ending.name, ended(ending.state, ending.at, ending.result, ending.reason))
            change.only_if_is((ACTION + ending.name, "s"), LETTERS["started"])
        for name in move.dropped:
            change.remove(ACTION + name)
            change.only_if_is((ACTION + name, "s"), LETTERS["started"])
        for name in move.starting:
            change.set(ACTION + name, started(now, lease_until, mark))
            change.only_if_absent(ACTION + name)
        change.set("expires_at", kept_from(now))
        if self._table.change(event_key(move.flow, move.subject), change) is None:
            return {}
        # Somebody else has been at one of them, or we meet our own write: each by itself, as it may be now.
        for ending in move.ended:
            self._finish(move.key(ending.name), ending)
        for name in move.dropped:
            self._erase_start(move.key(name))
        standing = {name: self._start(move.key(name), now, lease_until, mark) for name in move.starting}
        return {name: record for name, record in standing.items() if record}

    def take_over(self, key: ActionKey, seen: ActionRecord, *, lease_until: datetime) -> bool:
        """Takes on an action whose worker has gone; False when somebody else was first."""
        mark = _mark()
        action = ACTION + key.name
        change = Change()
        change.set((action, "l"), ticks(lease_until))
        change.set((action, "m"), mark)
        change.only_if_is((action, "s"), LETTERS["started"])
        change.only_if_is((action, "b"), ticks(seen.started_at))
        if seen.lease_until is None:
            change.only_if_absent((action, "l"))
        else:
            change.only_if_is((action, "l"), ticks(seen.lease_until))
        standing = self._table.change(event_key(key.flow, key.subject), change)
        return standing is None or _is_ours(standing, key.name, mark)

    def _finish(self, key: ActionKey, ending: Ending) -> None:
        """What has ended stays as it is, and an end without a start is kept too."""
        end = ended(ending.state, ending.at, ending.result, ending.reason)
        change = Change()
        _end(change, key.name, end)
        change.set("expires_at", kept_from(ending.at))
        change.only_if_is((ACTION + key.name, "s"), LETTERS["started"])
        standing = self._table.change(event_key(key.flow, key.subject), change)
        if standing is None or ACTION + key.name in standing:
            return
        unstarted = Change()
        whole = {"b": ticks(ending.at), **end}
        unstarted.set(ACTION + key.name, {name: value for name, value in whole.items() if value is not None})
        unstarted.set("expires_at", kept_from(ending.at))
        unstarted.only_if_absent(ACTION + key.name)
        self._table.change(event_key(key.flow, key.subject), unstarted)

    def settle(self, key: ActionKey, *, now: datetime, result: str) -> bool:
        """What was unsure, or left without an end, was done; False while a worker may still be at it."""
        action = ACTION + key.name
        change = Change()
        _end(change, key.name, ended("done", now, result, None))
        state = change.at((action, "s"))
        change.only_if(
            f"{state} = {change.value(LETTERS['unsure'])} OR ({state} = {change.value(LETTERS['started'])}"
            f" AND {change.at((action, 'l'))} <= {change.value(ticks(now))})"
        )
        standing = self._table.change(event_key(key.flow, key.subject), change)
        return standing is None or standing.get(action, {}).get("s") != LETTERS["started"]

    def _erase_start(self, key: ActionKey) -> None:
        """It was certainly not done."""
        change = Change()
        change.remove(ACTION + key.name)
        change.only_if_is((ACTION + key.name, "s"), LETTERS["started"])
        self._table.change(event_key(key.flow, key.subject), change)

    def _all_or_none(
        self, write: Callable[[RowT], AnswerT], rows: Sequence[RowT], take_back: Callable[[RowT], None]
    ) -> list[AnswerT]:
        """Writes the rows side by side; when one cannot be written, all are taken back and the failure is raised."""

        def tried(row: RowT) -> AnswerT | TryLater:
            try:
                return write(row)
            except TryLater as failure:
                return failure

        answers = self._table.side_by_side(tried, rows)
        failures = [answer for answer in answers if isinstance(answer, TryLater)]
        if failures:
            self._table.side_by_side(take_back, rows)
            raise failures[0]
        return [answer for answer in answers if not isinstance(answer, TryLater)]

    def _erase_quietly(self, flow: str, subject: str, names: Sequence[str], mark: str) -> None:
        """What we have started; what stands there of others stays."""
        for name in names:
            change = Change()
            change.remove(ACTION + name)
            change.only_if_is((ACTION + name, "m"), mark)
            try:
                self._table.change(event_key(flow, subject), change)
            except TryLater:
                continue  # it stays started until its lease has run out, and is then looked into


def _mark() -> str:
    return uuid4().hex[:MARK_LETTERS]


def _home(stored: StoredPlan) -> Item:
    return event_key(stored.flow, stored.event.subject)


def _storing(stored: StoredPlan) -> Change:
    """The event's item takes its first plan; a later one of the same state only where that has nothing to perform."""
    change = Change()
    _set_plan(change, stored)
    basis, round_, performs = (change.at(name) for name in ("basis", "round", "performs"))
    same = f"{basis} = {change.value(stored.basis)} AND {round_} = {change.value(stored.event.round)}"
    change.only_if(f"attribute_not_exists({basis}) OR ({same} AND {performs} = {change.value(False)})")
    return change


def _set_plan(change: Change, stored: StoredPlan) -> None:
    values = plan_values(stored)
    # When we first heard of it stays, also when a later delivery replaces a plan to do nothing.
    change.set_once("received_at", values.pop("received_at"))
    for name, value in values.items():
        change.set(name, value)


def _end(change: Change, name: str, end: Mapping[str, Any]) -> None:
    for field, value in end.items():
        change.set((ACTION + name, field), value)
    for field in ("l", "m"):
        change.remove((ACTION + name, field))


def _is_of(item: Item, stored: StoredPlan) -> bool:
    """The item's plan stands on the same state of the event."""
    return has_plan(item) and (item["basis"], item["round"]) == (stored.basis, stored.event.round)


def _is_ours(item: Item, name: str, mark: str) -> bool:
    return bool(item.get(ACTION + name, {}).get("m") == mark)
