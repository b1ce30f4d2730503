"""How many HubSpot calls it costs when hundred customers change hands at once."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.figure import Figure, Say
from infra.bench.takeovers import calls_per


def measure(say: Say) -> Sequence[Figure]:
    """Both looks at them, the wait and the takeover."""
    return calls_per(100, say, target=60)
