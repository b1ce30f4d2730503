"""How many HubSpot calls a hundred unanswered calls cost: calls are the limit of scale."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.figure import Figure, Say
from infra.bench.flow import deployed_flow

EVENTS = 100


def measure(say: Say) -> Sequence[Figure]:
    """One invocation of the deployed flow; each contact has 30 calls, 20 e-mails and 3 meetings behind them."""
    say(f"seeding {EVENTS} contacts with a history, then one batch of {EVENTS} messages")
    with deployed_flow() as flow:
        batch = flow.batch(EVENTS)
    for call, times in sorted(batch.calls.items()):
        say(f"  {times} {call}")
    return [Figure(name="hubspot_calls_per_100_no_answer", value=batch.calls.total(), unit="calls", target=16)]
