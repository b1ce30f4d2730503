"""How long the front door's code takes to be imported: HubSpot waits five seconds, a cold start included."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.figure import Figure, Say
from infra.bench.imports import PAIRS, compared_with_the_least


def measure(say: Say) -> Sequence[Figure]:
    """Against boto3 with one client."""
    say(f"{2 * PAIRS} fresh processes, by turns importing the door and boto3 with one client")
    compared = compared_with_the_least("import hubspot_webhook.handler")
    return [
        Figure(
            name="door_import",
            value=compared.value * 1000,
            unit="ms",
            floor=compared.floor * 1000,
            ratio=compared.ratio,
            target=1.3,
        )
    ]
