"""Measuring two things so that a busy machine troubles both alike: by turns, compared pair by pair."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Seconds = Callable[[], float]
"""Does something once and says how long it took."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Medians in seconds, and the median of the pairs' ratios: a pause in one pair moves none of them."""

    value: float
    floor: float
    ratio: float


def by_turns(value: Seconds, floor: Seconds, *, pairs: int, unmeasured: int = 0) -> Compared:
    """Measures both in turn, each first in every other pair, after some `unmeasured` pairs for caches to fill.

    The garbage of what went before is collected first; collections that the measured code causes are its own.
    """
    for _ in range(unmeasured):
        value(), floor()
    gc.collect()
    measured = []
    for number in range(pairs):
        if number % 2:
            low = floor()
            measured.append((value(), low))
        else:
            measured.append((value(), floor()))
    return Compared(
        value=median(high for high, _ in measured),
        floor=median(low for _, low in measured),
        ratio=median(high / low for high, low in measured),
    )


def wall(work: Callable[[], object]) -> Seconds:
    """How long the work takes by the clock on the wall."""

    def seconds() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return seconds
