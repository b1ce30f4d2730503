"""What an event costs on its way to a flow, and how bills of several invocations become one."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median
from typing import Final

from infra.bench.door import body_of, deployed_door, must_publish_all, signed
from infra.bench.figure import Say
from infra.bench.prices import Bill, assumed, bill_of, price, summed

DOORS: Final = 100


def way_to_a_flow(say: Say) -> Bill:
    """One event a request at the door, the bus, the queue, and what has to be paid whatever comes."""
    events = assumed("events_a_batch")
    queue = {
        # The bus' sending of each message, one receive and one delete a batch, and the receives that find nothing.
        "SQS": price("sqs_request") * (1 + 2 / events + assumed("empty_receives_a_month") / assumed("events_a_month"))
    }
    monthly = {"Secrets Manager": price("secrets_manager_call") * assumed("secret_reads_a_month")}
    return summed((_door(say), 1), (queue, 1), (monthly, 1 / assumed("events_a_month")))


def typical(bills: Sequence[Bill]) -> Bill:
    """What is counted is the same each time; of what is timed the median."""
    return {name: (median if name == "Lambda time" else fmean)([bill[name] for bill in bills]) for name in bills[0]}


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
    return summed((typical(bills), 1), ({"API Gateway": price("api_gateway_http_request")}, 1))
