"""What the tests of the front door share: a signed request, and a door on recording AWS clients."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import EndpointConnectionError
from hubspot.utils.signature import Signature

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.inspection import InspectionStore
from kundeflyt.entry.door import HubSpotDoor
from kundeflyt.wiring.door import DoorParts, DoorSecret
from kundeflyt.wiring.kept import Kept

PAYLOADS: Final = Path(__file__).parent / "payloads"
SECRET: Final = "f1d0c0de-0000-4000-8000-000000000001"
APP_ID: Final = 28846311
PORTAL_ID: Final = 146212345
CALL_ID: Final = 874716779721
ROUTE: Final = "/hubspot/webhooks"
DOMAIN: Final = "abc123.execute-api.eu-north-1.amazonaws.com"
URL: Final = f"https://{DOMAIN}/prod{ROUTE}"
NOW: Final = datetime(2025, 11, 24, 10, 30, 0, 250_000, tzinfo=UTC)
LISTENS: Final = frozenset(
    {"CallLogged", "OwnerChanged", "ContactSequenceChanged", "ContactErased", "ContactsMerged", "CompaniesMerged"}
)


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def milliseconds(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


def signature(body: str, *, secret: str = SECRET, uri: str = URL, timestamp: str) -> str:
    """HubSpot's own SDK signs: it shares no code with the door."""
    return str(Signature.get_signature(secret, body, "v3", uri, "POST", timestamp))


def signed(body: bytes, *, secret: str = SECRET, uri: str = URL, at: datetime = NOW) -> dict[str, str]:
    timestamp = milliseconds(at)
    return {
        "X-HubSpot-Signature-v3": signature(body.decode(), secret=secret, uri=uri, timestamp=timestamp),
        "X-HubSpot-Request-Timestamp": timestamp,
        "Content-Type": "application/json",
    }


def gateway(body: bytes, headers: dict[str, str], *, in_base64: bool = True, **changes: Any) -> dict[str, Any]:
    """The event that API Gateway makes of a request (HTTP API, payload 2.0)."""
    return {
        "version": "2.0",
        "routeKey": f"POST {ROUTE}",
        "rawPath": f"/prod{ROUTE}",
        "rawQueryString": "",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "domainName": DOMAIN,
            "http": {"method": "POST", "path": f"/prod{ROUTE}"},
            "routeKey": f"POST {ROUTE}",
            "stage": "v1",
        },
        "body": base64.b64encode(body).decode() if in_base64 else body.decode(),
        "isBase64Encoded": in_base64,
    } | changes


@dataclass
class RecordingClients:
    """Stands for EventBridge and S3: keeps what it is given, or is down."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    down: bool = False

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self._answer()
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "x"} for _ in Entries]}

    def put_object(self, **given: Any) -> dict[str, Any]:
        self._answer()
        self.objects[given["Key"]] = given
        return {}

    def _answer(self) -> None:
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://aws.invalid")

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.entries]

    @property
    def untouched(self) -> bool:
        return not self.entries and not self.objects


@dataclass
class Stack:
    """A door with everything behind it, and the time on its wall."""

    clients: RecordingClients = field(default_factory=RecordingClients)
    secrets: list[str] = field(default_factory=lambda: [SECRET])
    signed_url: str | None = None
    now: datetime = NOW
    secret_reads: int = 0
    failure: Exception | None = None
    listens: frozenset[str] = LISTENS

    def __post_init__(self) -> None:
        client: Any = self.clients
        self.door = HubSpotDoor(
            lambda: DoorParts(
                secret=Kept(self._secret),
                signed_url=Kept(lambda: self.signed_url),
                listens=self.listens,
                bus=EventBus(client, "bus", source="kundeflyt.hubspot", pause=lambda _seconds: None),
                inspection=InspectionStore(client, "inspection"),
            ),
            lambda: self.now,
        )

    def _secret(self) -> DoorSecret:
        self.secret_reads += 1
        if self.failure:
            raise self.failure
        return DoorSecret(client_secrets=tuple(self.secrets), app_id=APP_ID, portal_id=PORTAL_ID)

    def post(self, body: bytes, headers: dict[str, str] | None = None, **changes: Any) -> tuple[int, Any]:
        """Posts the body, signed as HubSpot would unless headers are given; the status and the JSON answered."""
        event = gateway(body, signed(body, at=self.now) if headers is None else headers, **changes)
        return self.send(event)

    def send(self, event: dict[str, Any]) -> tuple[int, Any]:
        answer = self.door(event, None)
        assert answer["headers"] == {"Content-Type": "application/json"}
        return answer["statusCode"], json.loads(answer["body"])
