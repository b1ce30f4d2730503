"""How fast eight workers get through 5,000 unanswered calls within HubSpot's limits, alone and beside a sweep."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.drain import EVENTS, Drain, drain
from infra.bench.figure import Figure, Say

_FLOOR = 600 / 19
"""Seconds that 600 calls take at HubSpot's limit, twelve for each hundred events."""


def measure(say: Say) -> Sequence[Figure]:
    """Drains twice. What was lost, done twice or broken is said on stderr, and counted."""
    alone, beside = _told(drain(say, with_sweep=False), say), _told(drain(say, with_sweep=True), say)
    return [
        Figure(
            name="drain_5000_no_answer",
            value=alone.seconds,
            unit="s",
            floor=_FLOOR,
            ratio=alone.seconds / _FLOOR,
            target=1.5,
        ),
        Figure(
            name="drain_calls_refused",
            value=100 * max(run.refused / run.calls for run in (alone, beside)),
            unit="%",
            target=1,
        ),
        Figure(name="drain_lost_or_twice", value=len(alone.wrong) + len(beside.wrong), unit="findings", target=0),
        Figure(name="drain_bookings_per_event", value=alone.bookings / EVENTS, unit="writes"),
        Figure(
            name="drain_wait_beside_sweep_p95",
            value=_p95(beside.waits),
            unit="s",
            floor=_p95(alone.waits),
            ratio=_p95(beside.waits) / _p95(alone.waits),
            target=2,
        ),
        Figure(name="drain_sweep_20000", value=beside.swept_seconds or 0, unit="s"),
    ]


def _told(run: Drain, say: Say) -> Drain:
    say(f"{run.seconds:.1f} s, {run.calls} calls, {run.refused} of them refused")
    for what in run.wrong:
        say(what)
    return run


def _p95(waits: Sequence[float]) -> float:
    return sorted(waits)[len(waits) * 95 // 100]
