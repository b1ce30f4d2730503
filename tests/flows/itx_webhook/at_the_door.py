"""What the tests of ITX' door share: a signed request, and a door on recording AWS clients."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError, EndpointConnectionError

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.inbox import S3Inbox
from kundeflyt.adapters.aws.inspection import InspectionStore
from kundeflyt.entry.itx_door import ItxDoor
from kundeflyt.wiring.itx_door import ItxDoorParts, ItxDoorSecret
from kundeflyt.wiring.kept import Kept

PAYLOADS: Final = Path(__file__).parent / "payloads"
SECRET: Final = "itx-webhook-secret-1"
PORTAL_ID: Final = 146212345
REFERENCE: Final = "3f" * 16
NOW: Final = datetime(2026, 11, 23, 9, 0, 0, 250_000, tzinfo=UTC)
RECEIPTS: Final = "/itx/receipts"
INBOUND: Final = "/itx/inbound"


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def signed(body: bytes, *, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    """Written out from the contract; shares no code with the door."""
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return {"X-Itx-Timestamp": timestamp, "X-Itx-Signature": digest.hexdigest(), "Content-Type": "application/json"}


def gateway(path: str, body: bytes, headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    """The event that API Gateway makes of a request (HTTP API, payload 2.0)."""
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": f"/v1{path}",
        "rawQueryString": "",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "domainName": "abc.execute-api.eu-north-1.amazonaws.com",
            "http": {"method": "POST", "path": f"/v1{path}"},
            "routeKey": f"POST {path}",
            "stage": "v1",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    } | changes


@dataclass
class RecordingClients:
    """Stands for EventBridge and S3: keeps what it is given in the order it came, or is down."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self._answer("put_events")
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "x"} for _ in Entries]}

    def put_object(self, **given: Any) -> dict[str, Any]:
        self._answer("put_object")
        self.objects[given["Bucket"], given["Key"]] = given
        return {}

    def get_object(self, **given: Any) -> dict[str, Any]:
        self._answer("get_object")
        stored = self.objects.get((given["Bucket"], given["Key"]))
        if stored is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(stored["Body"])}

    def _answer(self, method: str) -> None:
        self.asked.append(method)
        if method in self.down:
            raise EndpointConnectionError(endpoint_url="https://aws.invalid")

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.entries]

    def keys(self, bucket: str) -> list[str]:
        return [key for where, key in self.objects if where == bucket]


@dataclass
class Stack:
    """A door with everything behind it, and the time on its wall."""

    clients: RecordingClients = field(default_factory=RecordingClients)
    secrets: list[str] = field(default_factory=lambda: [SECRET])
    now: datetime = NOW
    secret_reads: int = 0
    failure: Exception | None = None

    def __post_init__(self) -> None:
        client: Any = self.clients
        self.inbox = S3Inbox(lambda: client, "inbound")
        self.door = ItxDoor(
            lambda: ItxDoorParts(
                secret=Kept(self._secret),
                bus=EventBus(client, "bus", source="kundeflyt.itx", pause=lambda _seconds: None),
                inbox=self.inbox,
                inspection=InspectionStore(client, "inspection"),
            ),
            lambda: self.now,
        )

    def _secret(self) -> ItxDoorSecret:
        self.secret_reads += 1
        if self.failure:
            raise self.failure
        return ItxDoorSecret(webhook_secrets=tuple(self.secrets), portal_id=PORTAL_ID)

    def post(self, path: str, body: bytes, headers: dict[str, str] | None = None, **changes: Any) -> int:
        """Posts the body, signed as ITX would unless headers are given; the status answered."""
        return self.send(gateway(path, body, signed(body, at=self.now) if headers is None else headers, **changes))

    def send(self, event: dict[str, Any]) -> int:
        answer = self.door(event, None)
        status: int = answer["statusCode"]
        assert (answer["body"] == "") is (status == 204)
        return status
