"""What a million unanswered calls cost at AWS, each followed by an SMS, a task and an entry on the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median

from infra.bench.door import body_of, deployed_door, must_publish_all, signed
from infra.bench.figure import Figure, Say
from infra.bench.flow import deployed_flow
from infra.bench.prices import Bill, assumed, bill_of, in_words, price, summed, write_units

TIMES = 7
DOORS = 100


def measure(say: Say) -> Sequence[Figure]:
    """One event a request at the door, then batches of ten at the flow, as slow as HubSpot and ITX are."""
    at_the_door = _door(say)
    at_the_flow = _flow(say)
    events = assumed("events_a_batch")
    queue = {
        # The bus' sending of each message, one receive and one delete a batch, and the receives that find nothing.
        "SQS": price("sqs_request") * (1 + 2 / events + assumed("empty_receives_a_month") / assumed("events_a_month"))
    }
    monthly = {"Secrets Manager": price("secrets_manager_call") * assumed("secret_reads_a_month")}
    bill = summed((at_the_door, 1), (queue, 1), (at_the_flow, 1 / events), (monthly, 1 / assumed("events_a_month")))
    say(f"USD a million: {in_words(bill)}")
    return [Figure(name="cost_per_million_acted", value=sum(bill.values()) * 1e6, unit="USD", target=12)]


def _door(say: Say) -> Bill:
    """One request with one event."""
    with deployed_door({"AWSEvents": assumed("eventbridge_seconds")}) as function:
        from hubspot_webhook.handler import handle  # noqa: PLC0415 - reads the environment of the deployed door

        request = signed(body_of(1))
        must_publish_all(handle(request, None), 1)
        say(f"{DOORS} requests with one event each")
        runs = [function.measured(lambda: must_publish_all(handle(request, None), 1)) for _ in range(DOORS)]
    say(f"  the door: {median(run.seconds for run in runs) * 1000:.1f} ms, {runs[0].log_bytes} bytes logged")
    bills = [bill_of(run, "HubspotWebhookFunction") for run in runs]
    return summed((_typical(bills), 1), ({"API Gateway": price("api_gateway_http_request")}, 1))


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
    return _typical([bill_of(run, "NoAnswerFunction") for run in runs])


def _typical(bills: Sequence[Bill]) -> Bill:
    """What is counted is the same each time; of what is timed the median."""
    return {name: (median if name == "Lambda time" else fmean)([bill[name] for bill in bills]) for name in bills[0]}
