"""How fast the flow as deployed gets through 10,000 endings of one night within HubSpot's limits."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.drain_endings import ENDINGS, drain
from infra.bench.endings import MOST_PER_ENDING
from infra.bench.figure import Figure, Say

_FLOOR = ENDINGS * MOST_PER_ENDING / 19
"""Seconds that 6,000 calls take at HubSpot's limit."""


def measure(say: Say) -> Sequence[Figure]:
    """Drains once. What was lost, done twice or broken is said on stderr, and counted."""
    run = drain(say)
    say(f"{run.seconds:.1f} s, {run.calls} calls, {run.searches} of them searches, {run.refused} refused")
    for what in run.wrong:
        say(what)
    return [
        Figure(
            name="drain_10000_endings",
            value=run.seconds,
            unit="s",
            floor=_FLOOR,
            ratio=run.seconds / _FLOOR,
            target=1.4,
        ),
        Figure(name="drain_endings_refused", value=100 * run.refused / run.calls, unit="%", target=1),
        Figure(name="drain_endings_lost_or_twice", value=len(run.wrong), unit="findings", target=0),
    ]
