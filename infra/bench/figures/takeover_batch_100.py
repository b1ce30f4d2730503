"""Whether a hundred customers that change hands at once fit into one invocation."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.figure import Figure, Say
from infra.bench.prices import assumed, seconds_there
from infra.bench.takeovers import take_over
from infra.bench.template import timeout_of

FUNCTION = "OwnerChangeFunction"


def measure(say: Say) -> Sequence[Figure]:
    """The second look, with vendors and AWS as slow as assumed; nothing is begun in a time-out's second half."""
    say("a hundred takeovers in one batch, HubSpot, Metodika and DynamoDB as slow as assumed")
    taken = take_over(
        100,
        hubspot_seconds=assumed("hubspot_seconds"),
        metodika_seconds=assumed("metodika_seconds"),
        aws_seconds={"DynamoDB": assumed("dynamodb_seconds"), "POST /schedules": assumed("eventbridge_seconds")},
    )
    say(f"  {taken.run.seconds:.1f} s here, {taken.run.cpu_seconds:.1f} s of them on the processor")
    seconds = seconds_there(taken.run, FUNCTION)
    return [Figure(name="takeover_batch_100", value=seconds, unit="s", target=timeout_of(FUNCTION) / 2)]
