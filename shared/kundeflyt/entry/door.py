"""The front door: a request from API Gateway becomes events on the bus, or an answer that says why not."""

from __future__ import annotations

import functools
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kundeflyt.adapters.hubspot.signature import Refusal, matches, refusal_at_sight
from kundeflyt.adapters.hubspot.webhooks import Dropped, Malformed, translate
from kundeflyt.domain.events import Event
from kundeflyt.entry.gateway import JSON_HEADERS, LARGEST_BODY, Answer, Door, Request, error, keep, metric, read_json
from kundeflyt.wiring.door import DoorParts, build
from kundeflyt.wiring.kept import ConfigurationError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from pathlib import Path


class HubSpotDoor(Door):
    """HubSpot's webhooks come in here, and get 200 only when every event is safely on the bus.

    `parts` builds the adapters when the first request that may be HubSpot's needs them. 401: not signed by HubSpot,
    nothing kept of it. 400: signed but unreadable, kept for inspection.
    """

    def __init__(self, parts: Callable[[], DoorParts], clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self._parts = functools.cache(parts)

    def _answer(self, request: Request, now: datetime, counts: Counter[str]) -> Answer:
        if refusal := self._refusal(request, now):
            counts[metric("Refused", refusal)] += 1
            return error(401, refusal, "the request does not carry a valid X-HubSpot-Signature-v3")
        parts = self._parts()
        items, unreadable = _items(request.body)
        if unreadable:
            reason, message = unreadable
            keep(parts.inspection, request.body, reason, [], counts)
            counts[metric("Unreadable", reason)] += 1
            return error(400, reason, message)
        events, malformed = self._translated(items, parts, now, counts)
        parts.bus.publish(events)
        if malformed:
            keep(parts.inspection, request.body, "malformed_items", malformed, counts)
        counts.update(f"Published{event.name}" for event in events)
        return {"statusCode": 200, "headers": JSON_HEADERS, "body": json.dumps({"published": len(events)})}

    def _refusal(self, request: Request, now: datetime) -> Refusal | None:
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
                uri=_uri(request, parts.signed_url.value(now)),
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
                    counts[metric("Dropped", reason)] += 1
                case Malformed(defect):
                    counts[metric("Malformed", defect)] += 1
                    malformed.append((place, defect))
        return events, malformed


def hubspot_door(flows: Path) -> HubSpotDoor:
    """The door as Lambda runs it; `flows` is the folder with one folder per flow."""
    return HubSpotDoor(lambda: build(os.environ, flows), lambda: datetime.now(UTC))


def _uri(request: Request, signed_url: str | None) -> str:
    """The URL that HubSpot called: the configured one, or the request's own where none is."""
    url = signed_url or request.own_url
    if url is None:
        raise ConfigurationError(
            "the request names no domain, so the URL that HubSpot signs has to stand in the signed-url parameter"
        )
    return url if "?" in url else url + request.query


def _items(body: bytes) -> tuple[list[object], tuple[str, str] | None]:
    """The items of a batch, or the reason why there are none and a sentence for whoever sent it."""
    if len(body) > LARGEST_BODY:
        return [], ("too_large", "the body is larger than 1 MiB")
    try:
        batch = read_json(body)
    except ValueError:
        return [], ("not_json", "the body is not JSON that can be read")
    if not isinstance(batch, list):
        return [], ("not_an_array", "the body is not a JSON array of events")
    return batch, None
