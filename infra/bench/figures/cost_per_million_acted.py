"""What a million unanswered calls cost at AWS, each followed by an SMS, a task and an entry on the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from infra.bench.costs import typical, way_to_a_flow
from infra.bench.figure import Figure, Say
from infra.bench.flow import deployed_flow
from infra.bench.prices import Bill, assumed, bill_of, in_words, summed, write_units

TIMES = 7


def measure(say: Say) -> Sequence[Figure]:
    """One event a request at the door, then batches of ten at the flow, as slow as HubSpot and ITX are."""
    bill = summed((way_to_a_flow(say), 1), (_flow(say), 1 / assumed("events_a_batch")))
    say(f"USD a million: {in_words(bill)}")
    return [Figure(name="cost_per_million_acted", value=sum(bill.values()) * 1e6, unit="USD", target=12)]


def _flow(say: Say) -> Bill:
    """One invocation with a batch."""
    events = int(assumed("events_a_batch"))
    with deployed_flow(
        hubspot_seconds=assumed("hubspot_seconds"),
        itx_seconds=assumed("itx_seconds"),
        aws_seconds={"DynamoDB": assumed("dynamodb_seconds")},
    ) as flow:
        flow.batch(events)
        say(f"{TIMES} batches of {events} calls nobody answered")
        runs = [flow.batch(events).run for _ in range(TIMES)]
    seconds, cpu_seconds = median(run.seconds for run in runs), median(run.cpu_seconds for run in runs)
    writes, units, reads = len(runs[0].writes), write_units(runs[0]), runs[0].reads
    say(f"  the flow: {seconds:.2f} s a batch, {cpu_seconds:.2f} s of them on the processor")
    say(f"  an event: {writes / events:.1f} writes of {units / events:.1f} units in all, {reads / events:.1f} reads")
    return typical([bill_of(run, "NoAnswerFunction") for run in runs])
