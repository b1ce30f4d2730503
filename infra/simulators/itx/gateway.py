"""What ITX does with messages: accepts or refuses them, reports what became of them, passes on replies.

Magic numbers, all in the mobile range and nobody's: +4740000422 is refused as BAD_NUMBER, +4740000423 as
NOT_MOBILE, +4740000424 as BLOCKED (422 each); +4740000425 is accepted and then reported FAILED, +4740000426
accepted and then reported EXPIRED.
"""

import hashlib
import hmac
import json
import random
from datetime import datetime
from functools import partial
from typing import Any

from infra.simulators import clock
from infra.simulators.courier import Courier, Letter
from infra.simulators.itx.models.messages import Message, parts_of
from infra.simulators.itx.settings import Settings

Json = dict[str, Any]
REFUSED = {"+4740000422": "BAD_NUMBER", "+4740000423": "NOT_MOBILE", "+4740000424": "BLOCKED"}
_DOOMED = {"+4740000425": "FAILED", "+4740000426": "EXPIRED"}
_FIRST_ID = 8_840_210_000


class Gateway:
    """The state of one ITX tenant. Used from the simulator's event loop only."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.messages: list[Message] = []
        self.courier = Courier()
        self._next_id = _FIRST_ID
        self._chance = _chance()

    def reset(self) -> None:
        """Forgets all messages and behaves as usual again."""
        self.settings = self.settings.as_on_the_first_day()
        self.messages.clear()
        self.courier.forget()
        self._chance = _chance()

    def find(self, reference: str) -> Message | None:
        """The message last accepted under this reference."""
        return next((known for known in reversed(self.messages) if known.reference == reference), None)

    def accept(self, order: Json) -> Message:
        """Queues a message that keeps the contract; its receipts follow."""
        message = Message(
            id=self._new_id(),
            to=order["to"],
            text=order["text"],
            reference=order["reference"],
            sender=order.get("sender"),
            valid_until=order.get("validUntil"),
            at=clock.iso(clock.now()),
            parts=parts_of(order["text"]),
        )
        self.messages.append(message)
        if self.settings.receipts_url is not None:
            self._report(message)
        return message

    def receive(self, text: Json) -> Json:
        """Passes a text from a phone on to our inbound URL; returns it as posted."""
        inbound = {"id": self._new_id(), "receivedAt": clock.iso(clock.now()), **text}
        self._post(self.settings.inbound_url, inbound)
        return inbound

    def _new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)

    def _report(self, message: Message) -> None:
        statuses = list(self.settings.receipt_statuses)
        if message.to in _DOOMED:
            statuses[-1:] = [_DOOMED[message.to]]
        if message.valid_until and datetime.fromisoformat(message.valid_until) <= clock.now():
            statuses = ["EXPIRED"]
        receipts = [
            {
                "id": message.id,
                "reference": message.reference,
                "status": status,
                "part": part,
                "at": clock.iso(clock.now()),
            }
            for status in statuses
            for part in range(1, message.parts + 1)
        ]
        if self.settings.receipt_duplicate:
            receipts += receipts
        if self.settings.receipt_shuffle:
            self._chance.shuffle(receipts)
        if statuses:
            message.status = statuses[-1]
        for place, receipt in enumerate(receipts, start=1):
            self._post(self.settings.receipts_url, [receipt], after=self.settings.receipt_delay_seconds * place)

    def _post(self, url: str | None, content: Any, *, after: float = 0.0) -> None:
        self.courier.send(
            url,
            {"content": content},
            partial(_letter, self.settings.webhook_secret, content),
            delays=self.settings.retry_delays,
            timeout=self.settings.webhook_timeout_seconds,
            first_after=after,
        )


def _chance() -> random.Random:
    return random.Random(2026)  # noqa: S311 the same disorder in every run


def _letter(secret: str, content: Any, _attempt: int) -> Letter:
    body = json.dumps(content).encode()
    timestamp = str(clock.to_milliseconds(clock.now()) // 1000)
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return body, {"X-Itx-Timestamp": timestamp, "X-Itx-Signature": signature}
