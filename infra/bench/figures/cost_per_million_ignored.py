"""What a million events cost at AWS that no flow listens to, as they come twenty in a request."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from infra.bench.door import deployed_door, ignored_body_of, must_publish_all, signed
from infra.bench.figure import Figure, Say
from infra.bench.prices import bill_of, in_words, price, summed

EVENTS = 20
TIMES = 200


def measure(say: Say) -> Sequence[Figure]:
    """The door drops and counts them; they cost the request, the door's time and its log."""
    with deployed_door() as function:
        from hubspot_webhook.handler import handle  # noqa: PLC0415 - reads the environment of the deployed door

        request = signed(ignored_body_of(EVENTS))
        must_publish_all(handle(request, None), 0)
        say(f"{TIMES} requests with {EVENTS} events that nobody listens to")
        runs = [function.measured(lambda: must_publish_all(handle(request, None), 0)) for _ in range(TIMES)]
    typical = sorted((bill_of(run, "HubspotWebhookFunction") for run in runs), key=lambda bill: sum(bill.values()))
    bill = summed(
        (typical[len(typical) // 2], 1 / EVENTS), ({"API Gateway": price("api_gateway_http_request")}, 1 / EVENTS)
    )
    say(f"  the door: {median(run.seconds for run in runs) * 1000:.1f} ms; USD a million: {in_words(bill)}")
    return [Figure(name="cost_per_million_ignored", value=sum(bill.values()) * 1e6, unit="USD", target=0.5)]
