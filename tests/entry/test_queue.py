"""A flow's door: what becomes of each message of a batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import FlowRules, Rules
from kundeflyt.entry.queue import PATIENCE, TRIES_OF_OUR_OWN, answer
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater
from tests.engine.world import MONDAY, Notes, World, an_event


@dataclass
class FakeMailbox:
    """Remembers when messages come back, and which were set aside with which reason."""

    retries: dict[str, timedelta] = field(default_factory=dict)
    dead: list[tuple[str, str]] = field(default_factory=list)

    def retry_in(self, receipt_handle: str, after: timedelta) -> None:
        self.retries[receipt_handle] = after

    def dead_letter(self, body: str, reason: str) -> None:
        self.dead.append((body, reason))


@dataclass
class WiredWorld:
    """The engine's small world, as wiring would hand it to the door."""

    world: World = field(default_factory=World)
    mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    rules_failure: TryLater | None = None

    @property
    def ports(self) -> Ports:
        return self.world.ports()

    @property
    def notices(self) -> Notes:
        return self.world.notes

    def rules(self) -> Rules[FlowRules]:
        if self.rules_failure:
            raise self.rules_failure
        return self.world.rules()

    def flush(self) -> None:
        """Nothing is buffered here."""

    def answer(self, *records: Mapping[str, Any], now: datetime = MONDAY) -> list[str]:
        failures = answer(self.world.flow(), records, self, now)["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failures]


def a_message(
    event: Event | None = None, *, body: str | None = None, id_: str = "m1", tries: int = 1
) -> dict[str, Any]:
    event = event or an_event()
    envelope = {"version": "0", "source": "kundeflyt.hubspot", "detail-type": event.name, "detail": event.to_json()}
    return {
        "messageId": id_,
        "receiptHandle": f"handle-{id_}",
        "body": json.dumps(envelope) if body is None else body,
        "attributes": {
            "ApproximateReceiveCount": str(tries),
            "ApproximateFirstReceiveTimestamp": str(int(MONDAY.timestamp() * 1000)),
        },
    }


class TestAMessage:
    def test_that_is_dealt_with_is_forgotten(self) -> None:
        wired = WiredWorld()

        assert wired.answer(a_message()) == []

        assert len(wired.world.sms.outbox) == 1

    def test_that_we_booked_ourselves_needs_no_envelope_around_its_detail(self) -> None:
        wired = WiredWorld()
        event = an_event().next_round()
        body = json.dumps({"detail-type": event.name, "detail": event.to_json()})

        assert wired.answer(a_message(body=body)) == []

        assert len(wired.world.sms.outbox) == 1

    def test_that_must_wait_comes_back_when_it_may(self) -> None:
        wired = WiredWorld()
        wired.world.sms.fail_next("send", TryLater("ITX is down", after=timedelta(minutes=2)))

        assert wired.answer(a_message()) == ["m1"]

        assert wired.mailbox.retries == {"handle-m1": timedelta(minutes=2)}

    def test_that_has_waited_for_hours_is_set_aside_with_its_reason(self) -> None:
        wired = WiredWorld()
        wired.world.crm.fail_next("calls", TryLater("HubSpot is down"))

        assert wired.answer(a_message(), now=MONDAY + PATIENCE + timedelta(seconds=1)) == []

        [(body, reason)] = wired.mailbox.dead
        assert json.loads(body)["detail"] == an_event().to_json()
        assert reason == "not done in 6 hours: HubSpot is down"
        assert "GaveUp" in wired.world.notes.names


class TestAMalformedMessage:
    @pytest.mark.parametrize(
        "body", ["", "{", "[]", "null", "[" * 100_000, '{"detail": {"name": "CallLogged"}}', '"x"']
    )
    def test_is_set_aside_alone_and_its_neighbours_are_served(self, body: str) -> None:
        wired = WiredWorld()

        assert wired.answer(a_message(body=body, id_="bad"), a_message(id_="good")) == []

        assert [dead_body for dead_body, _ in wired.mailbox.dead] == [body]
        assert len(wired.world.sms.outbox) == 1
        assert "MessageMalformed" in wired.world.notes.names


class TestAMessageThatBreaksOurCode:
    def wired(self) -> WiredWorld:
        def planner(event: Event) -> Any:
            raise ZeroDivisionError(f"secret of {event.record_id}")

        return WiredWorld(world=World(planner=planner))

    def test_comes_back_a_few_times(self) -> None:
        wired = self.wired()

        assert wired.answer(a_message(tries=2)) == ["m1"]

        assert wired.mailbox.retries == {"handle-m1": timedelta(seconds=20)}

    def test_is_set_aside_after_that_with_the_place_of_the_fault(self) -> None:
        wired = self.wired()

        assert wired.answer(a_message(tries=TRIES_OF_OUR_OWN)) == []

        [(_, reason)] = wired.mailbox.dead
        assert reason.startswith("our code failed 5 times: ZeroDivisionError at test_queue.py:")

    def test_never_has_its_error_text_told(self) -> None:
        wired = self.wired()

        wired.answer(a_message(tries=TRIES_OF_OUR_OWN))

        assert "secret" not in str(wired.mailbox.dead) + str(wired.world.notes.heard)


class TestABatch:
    def test_waits_as_a_whole_while_no_rules_can_be_read(self) -> None:
        wired = WiredWorld(rules_failure=TryLater("no valid rules", after=timedelta(seconds=30)))

        assert wired.answer(a_message(an_event(1), id_="a"), a_message(an_event(2), id_="b")) == ["a", "b"]

        assert not wired.world.crm.asked

    def test_with_the_same_event_in_two_messages_ends_both(self) -> None:
        wired = WiredWorld()

        assert wired.answer(a_message(id_="a"), a_message(id_="b")) == []

        assert len(wired.world.sms.outbox) == 1
