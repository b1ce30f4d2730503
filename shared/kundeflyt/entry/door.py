"""The front door: a request from API Gateway becomes events on the bus, or an answer that says why not."""

from __future__ import annotations

import base64
import functools
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from kundeflyt.adapters.hubspot.signature import Refusal, matches, refusal_at_sight
from kundeflyt.adapters.hubspot.webhooks import Dropped, Malformed, translate
from kundeflyt.domain.events import Event
from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.door import ConfigurationError, DoorParts, build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LARGEST_BODY: Final = 2**20
# No id or time at HubSpot comes near this many digits, and Python refuses to read a number of thousands.
LONGEST_NUMBER: Final = 40
NOTED_ITEMS: Final = 50

JSON_HEADERS: Final = {"Content-Type": "application/json"}
logger = Logger()
metrics = Metrics(namespace="kundeflyt")

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What API Gateway handed over, with the body as the bytes that HubSpot sent."""

    headers: Mapping[str, str]
    method: str
    body: bytes
    query: str
    own_url: str | None

    @classmethod
    def from_gateway(cls, event: Mapping[str, Any]) -> _Request:
        """Reads a REST proxy event; what is not there is empty."""
        context = event.get("requestContext") or {}
        domain, path = context.get("domainName"), context.get("path")
        return cls(
            headers=_headers(event),
            method=str(event.get("httpMethod") or "POST"),
            body=_body(event),
            query=_query(event),
            own_url=f"https://{domain}{path}" if domain and path else None,
        )

    def uri(self, signed_url: str | None) -> str:
        """The URL that HubSpot called: the configured one, or the request's own where none is."""
        url = signed_url or self.own_url
        if url is None:
            raise ConfigurationError(
                "the request names no domain, so the URL that HubSpot signs has to stand in the signed-url parameter"
            )
        return url if "?" in url else url + self.query


class HubSpotDoor:
    """HubSpot's webhooks come in here, and get 200 only when every event is safely on the bus.

    `parts` builds the adapters when the first request that may be HubSpot's needs them; `clock` gives the time
    at which a request was received, aware.
    """

    def __init__(self, parts: Callable[[], DoorParts], clock: Callable[[], datetime]) -> None:
        self._parts = functools.cache(parts)
        self._clock = clock

    def __call__(self, event: Mapping[str, Any], context: object) -> Answer:
        """Answers one request; every outcome is counted under the names in the function's README.

        401: not signed by HubSpot, nothing kept of it. 400: signed but unreadable, kept for inspection. 503: AWS
        or the stack's set-up failed us; HubSpot sends the batch again.
        """
        counts = Counter(Requests=1)
        try:
            answer = self._answer(_Request.from_gateway(event), self._clock(), counts)
        except (TryLater, ConfigurationError):
            counts["Unavailable"] += 1
            logger.exception("the batch could not be taken; HubSpot sends it again")
            answer = _error(503, "unavailable", "the batch could not be taken now; send it again")
        for name, count in counts.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        metrics.flush_metrics()
        logger.info(
            "answered a webhook request",
            status=answer["statusCode"],
            counts=dict(counts),
            aws_request_id=getattr(context, "aws_request_id", None),
        )
        return answer

    def _answer(self, request: _Request, now: datetime, counts: Counter[str]) -> Answer:
        if refusal := self._refusal(request, now):
            counts[_metric("Refused", refusal)] += 1
            return _error(401, refusal, "the request does not carry a valid X-HubSpot-Signature-v3")
        parts = self._parts()
        items, unreadable = _items(request.body)
        if unreadable:
            reason, message = unreadable
            _keep(parts, request.body, reason, note="")
            counts[_metric("Unreadable", reason)] += 1
            return _error(400, reason, message)
        events, malformed = self._translated(items, parts, now, counts)
        parts.bus.publish(events)
        if malformed:
            note = "; ".join(f"item {place}: {reason}" for place, reason in malformed[:NOTED_ITEMS])
            _keep(parts, request.body, "malformed_items", note=note)
        counts.update(f"Published{event.name}" for event in events)
        return {"statusCode": 200, "headers": JSON_HEADERS, "body": json.dumps({"published": len(events)})}

    def _refusal(self, request: _Request, now: datetime) -> Refusal | None:
        """Refuses at sight what it can, so that no stranger makes us read secrets."""
        signature = request.headers.get("x-hubspot-signature-v3")
        timestamp = request.headers.get("x-hubspot-request-timestamp")
        if refusal := refusal_at_sight(signature=signature, timestamp=timestamp, now=now):
            return refusal
        parts = self._parts()

        def genuine() -> bool:
            return matches(
                parts.secret.value(now).client_secrets,
                method=request.method,
                uri=request.uri(parts.signed_url.value(now)),
                body=request.body,
                timestamp=timestamp or "",
                signature=signature or "",
            )

        if genuine():
            return None
        # The secret may just have been changed, or the URL written after we first read it.
        renewed = parts.secret.doubt(now), parts.signed_url.doubt(now)
        return None if any(renewed) and genuine() else Refusal.MISMATCH

    def _translated(
        self, items: list[object], parts: DoorParts, now: datetime, counts: Counter[str]
    ) -> tuple[list[Event], list[tuple[int, str]]]:
        """The events among the items, and the places of those that can't be read, with the reason."""
        secret = parts.secret.value(now)
        events: list[Event] = []
        malformed: list[tuple[int, str]] = []
        for place, item in enumerate(items):
            match translate(
                item,
                app_id=secret.app_id,
                portal_id=secret.portal_id,
                listens=parts.listens,
                received_at=now,
            ):
                case Event() as event:
                    events.append(event)
                case Dropped(reason):
                    counts[_metric("Dropped", reason)] += 1
                case Malformed(defect):
                    counts[_metric("Malformed", defect)] += 1
                    malformed.append((place, defect))
        return events, malformed


def hubspot_door(flows: Path) -> HubSpotDoor:
    """The door as Lambda runs it; `flows` is the folder with one folder per flow."""
    return HubSpotDoor(lambda: build(os.environ, flows), lambda: datetime.now(UTC))


def _keep(parts: DoorParts, body: bytes, reason: str, *, note: str) -> None:
    key = parts.inspection.keep(body, reason=reason, note=note)
    logger.warning("stored a signed request for inspection", key=key)


def _items(body: bytes) -> tuple[list[object], tuple[str, str] | None]:
    """The items of a batch, or the reason why there are none and a sentence for whoever sent it."""
    if len(body) > LARGEST_BODY:
        return [], ("too_large", "the body is larger than 1 MiB")
    try:
        batch = json.loads(body, parse_int=_number)
    except (ValueError, RecursionError):
        return [], ("not_json", "the body is not JSON that can be read")
    if not isinstance(batch, list):
        return [], ("not_an_array", "the body is not a JSON array of events")
    return batch, None


def _number(digits: str) -> int | None:
    """A number too long to be one makes its own item unreadable, not the whole batch."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else None


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Headers by their lower-case name; of a header sent twice the last counts, as it does to API Gateway."""
    several = {name: values[-1] for name, values in (event.get("multiValueHeaders") or {}).items() if values}
    single = event.get("headers") or {}
    return {name.lower(): value for name, value in (several | single).items() if isinstance(value, str)}


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            return b""  # nothing that HubSpot sent: no signature fits it
    return str(text).encode("utf-8", "surrogatepass")


def _query(event: Mapping[str, Any]) -> str:
    """The query string, which API Gateway hands over taken apart and decoded."""
    several = event.get("multiValueQueryStringParameters") or {}
    pairs = [(name, value) for name, values in several.items() for value in values or [""]]
    pairs = pairs or list((event.get("queryStringParameters") or {}).items())
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return f"?{query}" if query else ""


def _quoted(text: object) -> str:
    return quote(str(text or ""), safe="", errors="surrogatepass")


def _metric(kind: str, reason: str) -> str:
    return kind + "".join(word.capitalize() for word in reason.split("_"))


def _error(status: int, error: str, message: str) -> Answer:
    return {
        "statusCode": status,
        "headers": JSON_HEADERS,
        "body": json.dumps({"error": error, "message": message}),
    }
