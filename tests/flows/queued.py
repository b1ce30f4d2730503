"""A flow with its own queue before it: messages as EventBridge, the scheduler and a release put them there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kundeflyt.domain.rules import Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import answer
from kundeflyt.ports.bundle import Ports
from tests.engine.world import Notes
from tests.flows.desk import PORTAL, Desk


@dataclass
class Mailbox:
    """Remembers what was set aside; nothing may come back."""

    dead: list[tuple[str, str]] = field(default_factory=list)

    def retry_in(self, receipt_handle: str, after: timedelta) -> None:
        raise AssertionError(f"{receipt_handle} was to come again in {after}")

    def dead_letter(self, body: str, reason: str) -> None:
        self.dead.append((body, reason))


@dataclass
class Queued:
    """What wiring builds, in memory."""

    desk: Desk
    flow: Flow[Any, Any]
    payloads: Path
    texts: TextBook = field(default_factory=lambda: TextBook({}))
    mailbox: Mailbox = field(default_factory=Mailbox)

    @property
    def ports(self) -> Ports:
        return self.desk.ports()

    def rules(self) -> Rules[Any]:
        return Rules(common=self.desk.common, flow=self.flow.rules(), texts=self.texts, production=True)

    @property
    def portal_id(self) -> int:
        return PORTAL

    @property
    def notices(self) -> Notes:
        return self.desk.notes

    def begin(self, rules: Rules[Any], *, bulk: bool) -> None:
        """Nobody counts calls here."""

    def flush(self) -> None:
        """Nobody listens here."""

    def gets(self, *payloads: str) -> None:
        """A batch of messages; every one of them is dealt with."""
        records = [self._record(payload) for payload in payloads]
        assert answer(self.flow, records, self, self.desk.at) == {"batchItemFailures": []}

    def _record(self, payload: str) -> dict[str, Any]:
        return {
            "messageId": payload,
            "receiptHandle": f"handle of {payload}",
            "body": (self.payloads / f"{payload}.json").read_text(encoding="utf-8"),
            "attributes": {
                "ApproximateReceiveCount": "1",
                "ApproximateFirstReceiveTimestamp": str(int(datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp() * 1000)),
            },
            "eventSource": "aws:sqs",
        }
