"""The bus between the front door and the flows."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from kundeflyt.domain.events import Event

ENTRIES_PER_CALL: Final = 10
CALLS_AT_ONCE: Final = 10
# Three tries and the two waits between them end well before the 5 s after which a vendor takes us for dead,
# given a client that waits at most a second for an answer and does not retry by itself.
LONGEST_WAITS: Final = (0.1, 0.3)


class EventBus:
    """An event is on the bus once AWS has said so for that very entry.

    `source` names who told us, for the rules that pass events on; `pause` waits so many seconds between tries.
    """

    def __init__(
        self,
        client: EventBridgeClient,
        bus_name: str,
        *,
        source: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._bus_name = bus_name
        self._source = source
        self._pause = pause
        self._random = random.SystemRandom()
        # Kept from one request to the next: starting ten threads takes as long as reading a batch.
        self._threads = ThreadPoolExecutor(max_workers=CALLS_AT_ONCE, thread_name_prefix="bus")

    def publish(self, events: Sequence[Event]) -> None:
        """Every event is on the bus when this returns; raises TryLater if even one may not be.

        One entry per event, ten entries a call, the calls side by side. What the bus did not take is offered
        again, alone. After TryLater some events are on the bus and come again with the sender's retry: the flows
        know them by their subject.
        """
        entries = [self._entry(event) for event in events]
        chunks = [entries[i : i + ENTRIES_PER_CALL] for i in range(0, len(entries), ENTRIES_PER_CALL)]
        # Most requests are one call, which needs no other thread.
        left = self._put(chunks[0]) if len(chunks) == 1 else sum(self._threads.map(self._put, chunks))
        if left:
            raise TryLater(
                f"the bus did not take {left} of {len(entries)} events after {len(LONGEST_WAITS) + 1} tries; "
                "the sender sends the whole batch again",
                after=timedelta(minutes=1),
            )

    def _put(self, entries: list[PutEventsRequestEntryTypeDef]) -> int:
        """Offers the entries, then those that were not taken; returns how many still were not."""
        left = self._offer(entries)
        for longest in LONGEST_WAITS:
            if not left:
                break
            self._pause(self._random.uniform(longest / 2, longest))
            left = self._offer(left)
        return len(left)

    def _offer(self, entries: list[PutEventsRequestEntryTypeDef]) -> list[PutEventsRequestEntryTypeDef]:
        try:
            answer = self._client.put_events(Entries=entries)
        except (BotoCoreError, ClientError):
            return entries  # nobody knows what was taken; twice on the bus is harmless, missing is not
        if not answer["FailedEntryCount"]:
            return []
        # AWS answers in the order of the request; an entry without an id was not taken.
        return [
            entry
            for entry, result in zip(entries, answer["Entries"], strict=True)
            if not result.get("EventId") or result.get("ErrorCode")
        ]

    def _entry(self, event: Event) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._bus_name,
            "Source": self._source,
            "DetailType": event.name,
            "Detail": json.dumps(event.to_json()),
        }
