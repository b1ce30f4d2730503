"""How long it takes from a webhook's acceptance until the SMS is at ITX, on the deployed local stack."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import requests
from rich.console import Console

from infra.bench import vendors
from infra.bench.customers import busy_customers
from infra.bench.door import SIGNATURE, TIMESTAMP, signature
from infra.bench.figure import Figure, Say
from infra.bench.flow import RULES
from infra.local.progress import shown_on
from infra.local.raising import raised
from infra.local.stack import Stack

CALLS = 100
UNMEASURED = 5
PATIENCE = timedelta(seconds=60)


def measure(say: Say) -> Sequence[Figure]:
    """One call after the other, settle time 0: the road alone, no queue before it. Reported, since AWS is emulated."""
    with (
        TemporaryDirectory(prefix="kundeflyt-bench-") as folder,
        raised(Path(folder) / "stack", {}, shown_on(Console(stderr=True)), RULES) as stack,
    ):
        seed = busy_customers(CALLS + UNMEASURED, datetime.now(UTC))
        refs = vendors.control(stack.hubspot_url, "POST", "seed", seed)["refs"]
        seconds = []
        for number in range(CALLS + UNMEASURED):
            mobile = seed["contacts"][number]["properties"]["mobilephone"].replace(" ", "")
            seconds.append(_from_webhook_to_sms(stack, int(refs[f"call{number}"]), mobile))
            if number % 20 == 0:
                say(f"  {number} calls, the last one {seconds[-1]:.2f} s")
    measured = seconds[UNMEASURED:]
    return [
        Figure(name="end_to_end", value=median(measured), unit="s"),
        Figure(name="end_to_end_p95", value=quantiles(measured, n=20)[-1], unit="s"),
    ]


def _from_webhook_to_sms(stack: Stack, call: int, mobile: str) -> float:
    """Raises TimeoutError when no SMS comes within a minute."""
    _post(stack, call)
    accepted = datetime.now(UTC)
    while datetime.now(UTC) - accepted < PATIENCE:
        for message in vendors.control(stack.itx_url, "GET", "outbox")["messages"]:
            if message["to"] == mobile:
                return (datetime.fromisoformat(message["at"]) - accepted).total_seconds()
        time.sleep(0.05)
    raise TimeoutError(f"no SMS about call {call} within {PATIENCE}: see the stack's logs")


def _post(stack: Stack, call: int) -> None:
    """The webhook of one call logged, signed as HubSpot signs; raises requests' HTTPError unless it is accepted."""
    now = str(int(time.time() * 1000))
    event: dict[str, Any] = {
        "eventId": call,
        "subscriptionId": 1,
        "portalId": int(stack.hubspot_portal_id),
        "appId": int(stack.hubspot_app_id),
        "occurredAt": int(now),
        "attemptNumber": 0,
        "subscriptionType": "object.creation",
        "objectTypeId": "0-48",
        "objectId": call,
        "changeFlag": "CREATED",
        "changeSource": "CRM_UI",
        "sourceId": "userId:1",
    }
    body = json.dumps([event]).encode()
    headers = {
        "Content-Type": "application/json",
        SIGNATURE: signature(body, now, url=stack.webhook_url, secret=stack.hubspot_client_secret),
        TIMESTAMP: now,
    }
    requests.post(stack.webhook_url, data=body, headers=headers, timeout=30).raise_for_status()
