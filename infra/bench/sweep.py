"""The nightly comparison of advisers as it is deployed, given a portal with many customers, page by page."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module, reload
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from infra.bench import vendors
from infra.bench.deployed import Deployed, deployed_with_vendors
from infra.bench.figure import Say
from infra.bench.prices import assumed
from infra.bench.takeovers import organisation_numbers
from infra.simulators import metodika

FUNCTION: Final = "OwnerReconcileFunction"
METODIKA_SECONDS: Final = 0.1
AT_ONCE: Final = 8
ADVISERS: Final = 60
DIFFERS_EVERY: Final = 1000
"""One customer in so many has somebody else on its card: on most nights there is little to tell."""
FLOOR_EVERY: Final = 5
"""After one page in so many the same answers are asked for by plain HTTP: as often as the machine's load changes."""
_SEEDED_AT_ONCE: Final = 2000


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What a sweep took, and what the cards' answers alone would have taken; seconds."""

    seconds: float
    floor_seconds: float
    pages: int
    hubspot_calls: int


def sweep(customers: int, say: Say, *, page: int = 400) -> Swept:
    """A whole sweep over so many customers. Raises ValueError unless all were compared and each difference told."""
    numbers = organisation_numbers(customers)
    with (
        vendors.running("hubspot", seconds=assumed("hubspot_seconds")) as hubspot_url,
        vendors.running("metodika", seconds=METODIKA_SECONDS) as metodika_url,
    ):
        say(f"{customers} customers, Metodika answering in {METODIKA_SECONDS} s, {AT_ONCE} at once")
        _seed(hubspot_url, metodika_url, numbers)
        vendors.control(hubspot_url, "DELETE", "log")
        rules = {"common": {"fallback_owner_id": 1}, "owner_reconcile": {"page": page, "grace_days": 0}}
        slow = {"DynamoDB": assumed("dynamodb_seconds"), "AmazonSQS": assumed("dynamodb_seconds")}
        with deployed_with_vendors(
            FUNCTION,
            hubspot_url=hubspot_url,
            metodika_url=metodika_url,
            lease_seconds=300,
            rules=rules,
            seconds=slow,
        ) as function:
            seconds, floors, pages = _night(function, metodika_url, numbers, page, say)
        _check(hubspot_url, function, customers)
        calls = vendors.control(hubspot_url, "GET", "log")["count"]
    per_answer = sum(floors) / (len(floors) * min(page, customers))
    return Swept(seconds=seconds, floor_seconds=per_answer * customers, pages=pages, hubspot_calls=calls)


def _night(
    function: Deployed, metodika_url: str, numbers: Sequence[str], page: int, say: Say
) -> tuple[float, list[float], int]:
    """Delivery after delivery until nothing is put back; gives their time, the floors between them, and how many."""
    handle = reload(import_module("owner_reconcile.handler")).handle
    now = datetime.now(UTC)
    event = {"name": "NightFell", "portal_id": 0, "about": "owner-reconcile", "round": 0, "bulk": True}
    event |= dict.fromkeys(("occurred_at", "received_at"), now.isoformat())
    waiting = [json.dumps({"detail-type": "NightFell", "detail": event})]
    seconds, floors, deliveries = 0.0, [], 0
    with _Plain(metodika_url) as plain:
        while waiting:
            began = time.perf_counter()
            answer = handle({"Records": [_record(waiting[0], now)]}, None)
            waiting = function.stub.sent()
            seconds += time.perf_counter() - began
            if answer["batchItemFailures"]:
                raise ValueError("a page was put back")
            if deliveries % FLOOR_EVERY == 1:
                floors.append(plain.answers(list(islice(numbers, page))))
                say(f"  page {deliveries}: {seconds:.0f} s so far")
            deliveries += 1
    return seconds, floors, deliveries


class _Plain:
    """The same questions over kept connections by as many threads, and nothing but the answers read."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connections = [http.client.HTTPConnection(str(parts.hostname), parts.port) for _ in range(AT_ONCE)]
        self._headers = {"Authorization": f"Bearer {metodika.Settings().token}"}
        self._threads = ThreadPoolExecutor(AT_ONCE)

    def __enter__(self) -> _Plain:
        return self

    def __exit__(self, *_error: object) -> None:
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def answers(self, numbers: Sequence[str]) -> float:
        """Seconds until all are answered."""
        began = time.perf_counter()
        list(self._threads.map(self._each, self._connections, [numbers[place::AT_ONCE] for place in range(AT_ONCE)]))
        return time.perf_counter() - began

    def _each(self, connection: http.client.HTTPConnection, numbers: Sequence[str]) -> None:
        for number in numbers:
            connection.request("GET", f"/customers?orgNumber={number}", headers=self._headers)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise ValueError(f"Metodika answered {answer.status}")
            answer.read()


def _record(body: str, now: datetime) -> dict[str, Any]:
    return {
        "messageId": "page",
        "receiptHandle": "receipt",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": str(int(now.timestamp() * 1000)),
        },
    }


def _seed(hubspot_url: str, metodika_url: str, numbers: Sequence[str]) -> None:
    text = {"name": "orgnummer", "label": "Nummer", "type": "string", "fieldType": "text"}
    people = [(str(1 + place), f"rad{place}") for place in range(ADVISERS)]
    owners = [{"id": id_, "firstName": name, "email": f"{name}@avonova.example"} for id_, name in people]
    users = [{"id": f"m-{id_}", "email": f"{name}@avonova.example", "name": name} for id_, name in people]
    companies = {"properties": {"companies": [text | {"groupName": "companyinformation"}]}, "owners": owners}
    vendors.control(hubspot_url, "POST", "seed", companies)
    vendors.control(metodika_url, "POST", "seed", {"users": users})
    for first in range(0, len(numbers), _SEEDED_AT_ONCE):
        places = range(first, min(first + _SEEDED_AT_ONCE, len(numbers)))
        rows = [
            {
                "id": str(100_000 + place),
                "properties": {"orgnummer": numbers[place], "hubspot_owner_id": people[place % ADVISERS][0]},
                "createdAt": "-400d",
            }
            for place in places
        ]
        vendors.control(hubspot_url, "POST", "seed", {"companies": rows})
        cards = [
            {
                "id": f"K{place}",
                "orgNumber": numbers[place],
                "name": f"Firma {place}",
                "manager": {
                    "userId": f"m-{people[(place + (place % DIFFERS_EVERY == 0)) % ADVISERS][0]}",
                    "role": "PFA",
                    "since": "2024-03-01",
                },
            }
            for place in places
        ]
        vendors.control(metodika_url, "POST", "seed", {"customers": cards})


def _check(hubspot_url: str, function: Deployed, customers: int) -> None:
    lines = [json.loads(line) for line in function.log.getvalue().splitlines() if line.startswith("{")]
    ended = [line["about"] for line in lines if line.get("message") == "SweepFinished"]
    told = len(vendors.control(hubspot_url, "GET", "state/tasks")["results"])
    compared = [about.get("CustomersCompared") for about in ended]
    if compared != [customers] or told != -(-customers // DIFFERS_EVERY):
        raise ValueError(f"not every customer was compared and every difference told: {compared}, {told} tasks")
