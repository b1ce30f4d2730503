"""How long the No Answer flow's code takes to be imported; only reported, since nobody waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.figure import Figure, Say
from infra.bench.imports import PAIRS, compared_with_the_least


def measure(say: Say) -> Sequence[Figure]:
    """Against boto3 with one client; with what the flow imports only when the first message is there."""
    say(f"{2 * PAIRS} fresh processes, by turns importing the flow and boto3 with one client")
    compared = compared_with_the_least("import no_answer.handler, kundeflyt.wiring.flow")
    return [
        Figure(
            name="flow_import",
            value=compared.value * 1000,
            unit="ms",
            floor=compared.floor * 1000,
            ratio=compared.ratio,
        )
    ]
