"""How long the front door's own work takes for a batch of a hundred events, against HMAC and JSON alone."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.door import (
    EVENTS,
    Bare,
    TakesAll,
    batch_entries,
    body_of,
    deployed_door,
    door_on,
    must_publish_all,
    signed,
)
from infra.bench.figure import Figure, Say
from infra.bench.pairs import by_turns, wall

PAIRS = 1000


def measure(say: Say) -> Sequence[Figure]:
    """As in door_batch_100, with a bus client that takes everything at once."""
    with deployed_door():
        request = signed(body_of(EVENTS))
        bus = TakesAll()
        door = door_on(bus)
        bare = Bare(request, batch_entries(request), bus.put_events)
        say(f"{PAIRS} batches of {EVENTS} events through the door without PutEvents, and as many through HMAC and JSON")
        compared = by_turns(
            wall(lambda: must_publish_all(door(request, None))), wall(bare.read_and_write), pairs=PAIRS, unmeasured=50
        )
    return [
        Figure(
            name="door_own_work",
            value=compared.value * 1000,
            unit="ms",
            floor=compared.floor * 1000,
            ratio=compared.ratio,
            target=5,
        )
    ]
