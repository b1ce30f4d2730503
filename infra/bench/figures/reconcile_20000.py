"""How much longer a night's comparison of 20,000 customers takes than Metodika's answers alone."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.figure import Figure, Say
from infra.bench.sweep import sweep


def measure(say: Say) -> Sequence[Figure]:
    """One whole sweep, and its floor between the pages."""
    swept = sweep(20_000, say)
    say(f"  {swept.pages} deliveries, {swept.hubspot_calls} calls to HubSpot")
    ratio = swept.seconds / swept.floor_seconds
    return [
        Figure(
            name="reconcile_20000",
            value=swept.seconds,
            unit="s",
            floor=swept.floor_seconds,
            ratio=ratio,
            target=1.3,
        )
    ]
