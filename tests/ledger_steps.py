"""The ledger's steps one at a time: a test often needs only one of those that the engine takes together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kundeflyt.domain.actions import ActionRecord, State
from kundeflyt.ports.ledger import ActionKey, Beginning, Ending, Ledger, Move, StoredPlan


def store(ledger: Ledger, plans: Sequence[StoredPlan]) -> list[StoredPlan]:
    """Stores plans without starting anything; gives, row by row, the plan that now stands."""
    now = max(stored.planned_at for stored in plans)
    return [begun.stored for begun in ledger.begin([Beginning(stored=one) for one in plans], now=now, lease_until=now)]


def start(
    ledger: Ledger, keys: Sequence[ActionKey], *, now: datetime, lease_until: datetime
) -> list[ActionRecord | None]:
    """Marks actions as started; None where that was done, else the record that stood there already."""
    moves = [Move(flow=key.flow, subject=key.subject, starting=(key.name,)) for key in keys]
    standing = ledger.advance(moves, now=now, lease_until=lease_until)
    return [records.get(key.name) for key, records in zip(keys, standing, strict=True)]


def finish(
    ledger: Ledger, key: ActionKey, *, state: State, now: datetime, result: str | None = None, reason: str | None = None
) -> None:
    """Writes how an action ended."""
    ending = Ending(name=key.name, state=state, at=now, result=result, reason=reason)
    ledger.advance([Move(flow=key.flow, subject=key.subject, ended=(ending,))], now=now, lease_until=now)


def drop_start(ledger: Ledger, key: ActionKey, *, now: datetime) -> None:
    """Forgets that an action was started."""
    ledger.advance([Move(flow=key.flow, subject=key.subject, dropped=(key.name,))], now=now, lease_until=now)
