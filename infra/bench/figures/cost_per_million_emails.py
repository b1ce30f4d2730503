"""What a million e-mails that we have sent ourselves cost at AWS: each is looked at, and nothing follows."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from infra.bench.costs import typical, way_to_a_flow
from infra.bench.emails import deployed_emails
from infra.bench.figure import Figure, Say
from infra.bench.prices import assumed, bill_of, in_words, summed, write_units

TIMES = 7


def measure(say: Say) -> Sequence[Figure]:
    """One event a request at the door, then batches of ten at the flow, as slow as HubSpot is."""
    events = int(assumed("events_a_batch"))
    with deployed_emails(
        hubspot_seconds=assumed("hubspot_seconds"), dynamodb_seconds=assumed("dynamodb_seconds")
    ) as flow:
        flow.batch(events)
        say(f"{TIMES} batches of {events} e-mails of our own")
        runs = [flow.batch(events) for _ in range(TIMES)]
    say(f"  the flow: {median(run.seconds for run in runs):.2f} s a batch")
    say(f"  an event: {write_units(runs[0]) / events:.1f} units written, {runs[0].reads / events:.1f} reads")
    at_the_flow = typical([bill_of(run, "CustomerReachedFunction") for run in runs])
    bill = summed((way_to_a_flow(say), 1), (at_the_flow, 1 / events))
    say(f"USD a million: {in_words(bill)}")
    return [Figure(name="cost_per_million_emails", value=sum(bill.values()) * 1e6, unit="USD")]
