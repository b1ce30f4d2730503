"""How many HubSpot calls it costs to judge a sequence that has run out, in batches of a hundred."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.endings import calls_per_ending
from infra.bench.figure import Figure, Say


def measure(say: Say) -> Sequence[Figure]:
    """Both looks at them, the wait and the judgement."""
    return calls_per_ending(say)
