"""How long the front door takes for a signed batch of a hundred events, against the least that has to be done."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.door import EVENTS, Bare, batch_entries, body_of, deployed_door, must_publish_all, signed
from infra.bench.figure import Figure, Say
from infra.bench.pairs import by_turns, wall

PAIRS = 200


def measure(say: Say) -> Sequence[Figure]:
    """Both sides publish to the same stub over real HTTP with boto3."""
    with deployed_door():
        import boto3  # noqa: PLC0415 - reads the environment of the deployed door

        from hubspot_webhook.handler import handle  # noqa: PLC0415 - as above
        from kundeflyt.wiring.kept import BUS_CLIENT  # noqa: PLC0415 - as above

        request = signed(body_of(EVENTS))
        bare = Bare(request, batch_entries(request), boto3.client("events", config=BUS_CLIENT).put_events)
        must_publish_all(handle(request, None))
        say(f"{PAIRS} batches of {EVENTS} events through the door, and as many through the least that has to be done")
        compared = by_turns(
            wall(lambda: must_publish_all(handle(request, None))), wall(bare.publish_too), pairs=PAIRS, unmeasured=20
        )
    return [
        Figure(
            name="door_batch_100",
            value=compared.value * 1000,
            unit="ms",
            floor=compared.floor * 1000,
            ratio=compared.ratio,
            target=1.15,
        )
    ]
