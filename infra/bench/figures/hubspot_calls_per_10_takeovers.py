"""How many HubSpot calls it costs when ten customers change hands at once."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.figure import Figure, Say
from infra.bench.takeovers import calls_per


def measure(say: Say) -> Sequence[Figure]:
    """Both looks at them, the wait and the takeover."""
    return calls_per(10, say, target=25)
