"""ITX' door: receipts and messages from phones become events on the bus, or the request is refused."""

from __future__ import annotations

import functools
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from kundeflyt.adapters.itx.signature import Refusal, matches, refusal_at_sight
from kundeflyt.adapters.itx.webhooks import Dropped, Malformed, inbound_event, inbound_sms, mark_of, receipt_event
from kundeflyt.domain.events import Event
from kundeflyt.entry.gateway import LARGEST_BODY, Answer, Door, Request, error, keep, metric, read_json
from kundeflyt.wiring.itx_door import ItxDoorParts, build

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

RECEIPTS: Final = "/itx/receipts"
INBOUND: Final = "/itx/inbound"


class ItxDoor(Door):
    """ITX posts receipts and inbound messages here, and gets 204 only when they are safely with us.

    `parts` builds the adapters when the first request that may be ITX' needs them. 401: not signed by ITX, nothing
    kept of it. What is signed and unreadable is stored for a person to look at and answered 204 all the same: the
    contract knows no other answer, and it would be as unreadable the next time.
    """

    def __init__(self, parts: Callable[[], ItxDoorParts], clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self._parts = functools.cache(parts)

    def _answer(self, request: Request, now: datetime, counts: Counter[str]) -> Answer:
        if refusal := self._refusal(request, now):
            counts[metric("Refused", refusal)] += 1
            return error(401, refusal, "the request does not carry a valid X-Itx-Signature")
        take = {RECEIPTS: self._take_receipts, INBOUND: self._take_message}.get(request.path, _take_nothing)
        parts = self._parts()
        if unreadable := take(request.body, parts, now, counts):
            counts[metric("Unreadable", unreadable)] += 1
            keep(parts.inspection, request.body, unreadable, [], counts)
        return {"statusCode": 204, "headers": {}, "body": ""}

    def _refusal(self, request: Request, now: datetime) -> Refusal | None:
        """Refuses at sight what it can, so that no stranger makes us read secrets."""
        signature, timestamp = request.headers.get("x-itx-signature"), request.headers.get("x-itx-timestamp")
        if refusal := refusal_at_sight(signature=signature, timestamp=timestamp, now=now):
            return refusal
        secret = self._parts().secret

        def genuine() -> bool:
            secrets = secret.value(now).webhook_secrets
            return matches(secrets, timestamp=timestamp or "", body=request.body, signature=signature or "")

        # The secret may just have been changed.
        return None if genuine() or (secret.doubt(now) and genuine()) else Refusal.MISMATCH

    def _take_receipts(self, body: bytes, parts: ItxDoorParts, now: datetime, counts: Counter[str]) -> str | None:
        """Puts the receipts on the bus; says why when there are none to be read."""
        items, unreadable = _json(body)
        if unreadable or not isinstance(items, list):
            return unreadable or "not_an_array"
        portal_id = parts.secret.value(now).portal_id
        events: list[Event] = []
        malformed: list[tuple[int, str]] = []
        for place, item in enumerate(items):
            match receipt_event(item, portal_id=portal_id, received_at=now):
                case Event() as event:
                    events.append(event)
                case Dropped(reason):
                    counts[metric("Dropped", reason)] += 1
                case Malformed(defect):
                    counts[metric("Malformed", defect)] += 1
                    malformed.append((place, defect))
        parts.bus.publish(events)
        if malformed:
            keep(parts.inspection, body, "malformed_items", malformed, counts)
        counts.update(f"Published{event.name}" for event in events)
        return None

    def _take_message(self, body: bytes, parts: ItxDoorParts, now: datetime, counts: Counter[str]) -> str | None:
        """Lays the words aside and tells that they came; says why when there is no message to be read."""
        item, unreadable = _json(body)
        if unreadable:
            return unreadable
        letter = inbound_sms(item, received_at=now)
        if isinstance(letter, Malformed):
            counts[metric("Malformed", letter.reason)] += 1
            keep(parts.inspection, body, "malformed_items", [(0, letter.reason)], counts)
            return None
        parts.inbox.put(mark_of(letter), letter)
        event = inbound_event(letter, portal_id=parts.secret.value(now).portal_id, received_at=now)
        parts.bus.publish([event])
        counts[f"Published{event.name}"] += 1
        return None


def itx_door() -> ItxDoor:
    """The door as Lambda runs it."""
    return ItxDoor(lambda: build(os.environ), lambda: datetime.now(UTC))


def _take_nothing(_body: bytes, _parts: ItxDoorParts, _now: datetime, _counts: Counter[str]) -> str:
    """The API knows no other path; what came on one would be the template's fault, and is kept."""
    return "no_such_path"


def _json(body: bytes) -> tuple[object, str | None]:
    if len(body) > LARGEST_BODY:
        return None, "too_large"
    try:
        return read_json(body), None
    except ValueError:
        return None, "not_json"
