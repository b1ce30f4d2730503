"""Tells subscribers what happened: HubSpot's events in signed batches, retried, perhaps twice, in no sure order."""

import asyncio
import json
import random
from datetime import datetime
from functools import partial
from typing import Any

from infra.simulators import clock
from infra.simulators.courier import Courier, Letter
from infra.simulators.hubspot.models.catalog import ASSOCIATION_TYPES, object_type
from infra.simulators.hubspot.models.records import Record, Source
from infra.simulators.hubspot.settings import Settings
from infra.simulators.hubspot.signing import signature_headers

Json = dict[str, Any]
_BATCH = 100
_FIRST_SUBSCRIPTION = 5_204_101
_FIRST_EVENT = 3_100_277_400


class Webhooks:
    """The webhook side of an app installed in a portal. Used from the simulator's event loop only."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.muted = False
        self._courier = Courier()
        self._waiting: list[Json] = []
        self._flush: asyncio.TimerHandle | None = None
        self._next_event = _FIRST_EVENT
        self._chance = _chance()

    def forget(self, settings: Settings) -> None:
        """Drops everything sent and still to be sent."""
        self.settings = settings
        self._chance = _chance()
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        self._waiting.clear()
        self._courier.forget()

    def close(self) -> None:
        """Stops sending for good."""
        self.forget(self.settings)
        self._courier.close()

    @property
    def outbox(self) -> list[Json]:
        """The batches sent and to be sent, each with its attempts."""
        return self._courier.outbox

    @property
    def waiting(self) -> int:
        """So many events wait for the batch they will be sent in."""
        return len(self._waiting)

    # -- what happened ---------------------------------------------------------------------------------

    def created(self, record: Record, source: Source) -> None:
        """A record was created."""
        self._tell("creation", record, source, changeFlag="CREATED")

    def deleted(self, record: Record, source: Source) -> None:
        """A record went to the recycle bin."""
        self._tell("deletion", record, source, changeFlag="DELETED")

    def erased(self, record: Record, source: Source) -> None:
        """A contact was deleted for privacy: told as that and as a deletion, separately."""
        self._tell("privacyDeletion", record, source)
        self.deleted(record, source)

    def merged(self, primary: Record, others: list[Record], into: Record, moved: int, source: Source) -> None:
        """Records became one; each of those merged into the primary one is told of as deleted, too."""
        new = {} if into is primary else {"newObjectId": int(into.id)}
        self._tell(
            "merge",
            primary,
            source,
            primaryObjectId=int(primary.id),
            mergedObjectIds=[int(one.id) for one in others],
            **new,
            numberOfPropertiesMoved=moved,
        )
        for one in others:
            self.deleted(one, source)

    def property_changed(self, record: Record, name: str, value: str, source: Source, *, at: datetime) -> None:
        """A property got another value; an empty one when it was cleared."""
        occurred = clock.to_milliseconds(at)
        self._tell("propertyChange", record, source, propertyName=name, propertyValue=value, occurredAt=occurred)

    def association_changed(self, one: Record, other: Record, source: Source, *, removed: bool) -> None:
        """Two records were associated or taken apart: one event per side."""
        pair = {one.kind.plural, other.kind.plural}
        for number, subscription in self._subscriptions("associationChange"):
            ends = {end.plural for end in map(object_type, _ends(subscription)) if end is not None}
            if not ends or not ends <= pair:
                continue
            for near, far in ((one, other), (other, one)):
                self._queue(
                    number,
                    subscription,
                    source,
                    fromObjectId=int(near.id),
                    toObjectId=int(far.id),
                    fromObjectTypeId=near.kind.id,
                    toObjectTypeId=far.kind.id,
                    associationTypeId=ASSOCIATION_TYPES[near.kind.plural, far.kind.plural],
                    associationCategory="HUBSPOT_DEFINED",
                    associationRemoved=removed,
                    isPrimaryAssociation=False,
                )

    def _tell(self, what: str, record: Record, source: Source, **fields: Any) -> None:
        for number, subscription in self._subscriptions(what):
            if object_type(_subject(subscription)) is not record.kind:
                continue
            if "propertyName" in fields and subscription.get("propertyName") != fields["propertyName"]:
                continue
            generic = subscription["subscriptionType"].startswith("object.")
            own: Json = {"objectTypeId": record.kind.id} if generic else {}
            self._queue(number, subscription, source, objectId=int(record.id), **own, **fields)

    def _subscriptions(self, what: str) -> list[tuple[int, Json]]:
        return [
            (_FIRST_SUBSCRIPTION + index, subscription)
            for index, subscription in enumerate(self.settings.subscriptions)
            if subscription["subscriptionType"].endswith("." + what) and subscription.get("active", True)
        ]

    def _queue(self, number: int, subscription: Json, source: Source, **fields: Any) -> None:
        if self.muted:
            return
        self._next_event += 1
        event: Json = {
            "eventId": self._next_event,
            "subscriptionId": number,
            "portalId": self.settings.portal_id,
            "appId": self.settings.app_id,
            "occurredAt": clock.to_milliseconds(clock.now()),
            "subscriptionType": subscription["subscriptionType"],
            "attemptNumber": 0,
            **fields,
            "changeSource": source.type,
            "sourceId": source.id,
        }
        self._waiting.append(event)
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_later(self.settings.batch_window_seconds, self._send_waiting)

    # -- sending ---------------------------------------------------------------------------------------

    def send(self, events: list[Any]) -> None:
        """Sends these events as one batch, just as they are given."""
        self._courier.send(
            self.settings.webhook_url,
            {"events": events},
            partial(_letter, self.settings, events),
            delays=self.settings.retry_delays,
            timeout=self.settings.webhook_timeout_seconds,
        )

    def _send_waiting(self) -> None:
        self._flush = None
        events = [*self._waiting]
        self._waiting.clear()
        copies = [[*events], [*events]] if self.settings.duplicate else [events]
        for copy in copies:
            if self.settings.shuffle:
                self._chance.shuffle(copy)
            for start in range(0, len(copy), _BATCH):
                self.send(copy[start : start + _BATCH])


def _chance() -> random.Random:
    return random.Random(2026)  # noqa: S311 the same disorder in every run


def _letter(settings: Settings, events: list[Any], number: int) -> Letter:
    numbered = [event | {"attemptNumber": number} if isinstance(event, dict) else event for event in events]
    body = json.dumps(numbered, separators=(",", ":")).encode()
    # Every attempt is stamped and signed afresh: the receiver refuses what is older than five minutes.
    headers = signature_headers(
        secret=settings.client_secret,
        method="POST",
        uri=settings.webhook_url or "",
        body=body,
        timestamp=clock.to_milliseconds(clock.now()),
    )
    return body, headers | {"User-Agent": "HubSpot Connect 2.0 (simulated)"}


def _subject(subscription: Json) -> str:
    prefix = str(subscription["subscriptionType"]).partition(".")[0]
    return str(subscription.get("objectType", "")) if prefix == "object" else prefix


def _ends(subscription: Json) -> list[str]:
    to = subscription.get("toObjectType")
    return [_subject(subscription)] if to is None else [_subject(subscription), str(to)]
