"""The front door as it is deployed, on a stub of AWS, with a signed batch; and the least that anybody would do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.bench.deployed import Deployed, deployed

EVENTS: Final = 100
PORTAL_ID: Final = 146212345
APP_ID: Final = 28846311
SIGNED_WITH: Final = "f1d0c0de-0000-4000-8000-000000000001"
DOMAIN: Final = "abc123.execute-api.eu-north-1.amazonaws.com"
ROUTE: Final = "/hubspot/webhooks"
PATH: Final = f"/v1{ROUTE}"
URL: Final = f"https://{DOMAIN}{PATH}"
BUS: Final = "kundeflyt-events"
_FIRST_CALL: Final = 874716779721
SIGNATURE: Final = "X-HubSpot-Signature-v3"
TIMESTAMP: Final = "X-HubSpot-Request-Timestamp"

FLOWS: Final = Path(__file__).resolve().parents[2] / "functions"

Request = Mapping[str, Any]
PutEvents = Callable[..., Mapping[str, Any]]
Door = Callable[[Request, object], Mapping[str, Any]]


def deployed_door(seconds: Mapping[str, float] | None = None) -> AbstractContextManager[Deployed]:
    """Makes this process the front door's while the block lasts; `seconds` as in `deployed`."""
    return deployed(
        "HubspotWebhookFunction",
        {},
        secret={
            "hubspot_client_secrets": [SIGNED_WITH],
            "hubspot_app_id": str(APP_ID),
            "hubspot_portal_id": str(PORTAL_ID),
        },
        seconds=seconds,
    )


def body_of(events: int) -> bytes:
    """What HubSpot posts when so many calls were logged or got their outcome, every one of them for a flow."""
    now = int(time.time() * 1000)
    return json.dumps([_item(number, now) for number in range(events)]).encode()


def ignored_body_of(events: int) -> bytes:
    """What HubSpot posts of so many changes that no flow listens to."""
    items = json.loads(body_of(events))
    other = {"subscriptionType": "object.propertyChange", "propertyName": "hs_call_title", "propertyValue": "Kurs"}
    return json.dumps([item | other for item in items]).encode()


def _item(number: int, now: int) -> dict[str, Any]:
    item = {
        "eventId": 3181526809 + number,
        "subscriptionId": 4310721,
        "portalId": PORTAL_ID,
        "appId": APP_ID,
        "occurredAt": now - number,
        "attemptNumber": 0,
        "objectTypeId": "0-48",
        "objectId": _FIRST_CALL + number,
        "changeSource": "CRM_UI",
        "sourceId": "userId:71523498",
    }
    if number % 2:
        return item | {"subscriptionType": "object.creation", "changeFlag": "CREATED"}
    return item | {
        "subscriptionType": "object.propertyChange",
        "propertyName": "hs_call_disposition",
        "propertyValue": "73a0d17f-1163-4015-bdd5-ec830791da20",
    }


def signed(body: bytes) -> Request:
    """The event that API Gateway makes of the request, signed now."""
    timestamp = str(int(time.time() * 1000))
    headers = {
        "Content-Type": "application/json",
        "Host": DOMAIN,
        "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) - WebHooks",
        SIGNATURE: signature(body, timestamp),
        TIMESTAMP: timestamp,
    }
    return {
        "version": "2.0",
        "routeKey": f"POST {ROUTE}",
        "rawPath": PATH,
        "rawQueryString": "",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "domainName": DOMAIN,
            "http": {"method": "POST", "path": PATH},
            "routeKey": f"POST {ROUTE}",
            "stage": "v1",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def signature(body: bytes, timestamp: str, *, url: str = URL, secret: str = SIGNED_WITH) -> str:
    """HubSpot's signature of a POST, version 3."""
    message = b"".join((f"POST{url}".encode(), body, timestamp.encode()))
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


class TakesAll:
    """A bus client that takes everything at once, and remembers it."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS' name
        """All of them are on the bus."""
        self.taken += Entries
        return {"FailedEntryCount": 0}


def door_on(bus: TakesAll) -> Door:
    """The deployed door, but for its bus client."""
    from kundeflyt.adapters.aws.bus import EventBus  # noqa: PLC0415 - reads the environment of the deployed door
    from kundeflyt.entry.door import HubSpotDoor  # noqa: PLC0415 - as above
    from kundeflyt.wiring.door import build  # noqa: PLC0415 - as above

    client: Any = bus
    parts = replace(build(os.environ, FLOWS), bus=EventBus(client, BUS, source="kundeflyt.hubspot"))
    return HubSpotDoor(lambda: parts, lambda: datetime.now(UTC))


def batch_entries(request: Request) -> list[dict[str, Any]]:
    """What the deployed door puts on the bus for a request, the details not yet written as JSON."""
    bus = TakesAll()
    must_publish_all(door_on(bus)(request, None))
    return [{**entry, "Detail": json.loads(entry["Detail"])} for entry in bus.taken]


def must_publish_all(answer: Mapping[str, Any], events: int = EVENTS) -> None:
    """A quick answer to something else is no figure; raises ValueError unless so many events were published."""
    if answer["statusCode"] != 200 or json.loads(answer["body"])["published"] != events:
        raise ValueError(f"the door did not publish {events} events: {answer}")


class Bare:
    """The least that anybody would do with the batch: verify, read JSON, write each event's JSON, put it on the bus."""

    def __init__(self, request: Request, entries: Sequence[Mapping[str, Any]], put: PutEvents) -> None:
        self._request = request
        self._entries = entries
        self._put = put
        self._threads = ThreadPoolExecutor(max_workers=10)

    def read_and_write(self) -> list[dict[str, Any]]:
        """HMAC and JSON alone."""
        headers = self._request["headers"]
        body = base64.b64decode(self._request["body"])
        if not hmac.compare_digest(signature(body, headers[TIMESTAMP.lower()]), headers[SIGNATURE.lower()]):
            raise ValueError("the batch is not signed")
        if len(json.loads(body)) != len(self._entries):
            raise ValueError("the batch has other events than the bus was given")
        return [{**entry, "Detail": json.dumps(entry["Detail"])} for entry in self._entries]

    def publish_too(self) -> None:
        """The same, and the calls of PutEvents side by side, with ten entries each."""
        entries = self.read_and_write()
        list(self._threads.map(self._put_ten, [entries[first : first + 10] for first in range(0, len(entries), 10)]))

    def _put_ten(self, entries: list[dict[str, Any]]) -> None:
        if self._put(Entries=entries)["FailedEntryCount"]:
            raise ValueError("the bus refused entries")
