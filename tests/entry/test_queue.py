"""A flow's door: what becomes of each message of a batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from kundeflyt.domain.actions import Plan
from kundeflyt.domain.delivery import reference_of
from kundeflyt.domain.events import NIGHT_FELL, Event
from kundeflyt.domain.rules import FlowRules, Rules
from kundeflyt.entry.queue import PATIENCE, TRIES_OF_OUR_OWN, answer
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater
from tests.engine.world import MONDAY, PORTAL, Notes, World, a_plan, an_event, an_sms, whole_plan

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


@dataclass
class FakeMailbox:
    """Remembers when messages come back, and which were set aside with which reason, unless `failure` is in the way."""

    failure: TryLater | None = None
    retries: dict[str, timedelta] = field(default_factory=dict)
    dead: list[tuple[str, str]] = field(default_factory=list)

    def retry_in(self, receipt_handle: str, after: timedelta) -> None:
        self.retries[receipt_handle] = after

    def dead_letter(self, body: str, reason: str) -> None:
        if self.failure:
            raise self.failure
        self.dead.append((body, reason))


@dataclass
class WiredWorld:
    """The engine's small world, as wiring would hand it to the door."""

    world: World = field(default_factory=World)
    mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    rules_failure: TryLater | None = None
    ports_failure: TryLater | None = None
    batches: list[str] = field(default_factory=list)

    @property
    def ports(self) -> Ports:
        if self.ports_failure:
            raise self.ports_failure
        return self.world.ports()

    @property
    def portal_id(self) -> int:
        return PORTAL

    @property
    def notices(self) -> Notes:
        return self.world.notes

    def rules(self) -> Rules[FlowRules]:
        if self.rules_failure:
            raise self.rules_failure
        return self.world.rules()

    def begin(self, rules: Rules[FlowRules], *, bulk: bool) -> None:
        self.batches.append("bulk" if bulk else "urgent")

    def flush(self) -> None:
        """Nothing is buffered here."""

    def answer(self, *records: Mapping[str, Any], now: datetime = MONDAY) -> list[str]:
        failures = answer(self.world.flow(), records, self, now)["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failures]


def a_message(
    event: Event | None = None,
    *,
    body: str | None = None,
    id_: str = "m1",
    tries: int = 1,
    first_tried_at: datetime = MONDAY,
) -> dict[str, Any]:
    """As SQS hands it over; sent on Monday at ten."""
    event = event or an_event()
    envelope = {"version": "0", "source": "kundeflyt.hubspot", "detail-type": event.name, "detail": event.to_json()}
    return {
        "messageId": id_,
        "receiptHandle": f"handle-{id_}",
        "body": json.dumps(envelope) if body is None else body,
        "attributes": {
            "ApproximateReceiveCount": str(tries),
            "ApproximateFirstReceiveTimestamp": str(int(first_tried_at.timestamp() * 1000)),
            "SentTimestamp": str(int(MONDAY.timestamp() * 1000)),
        },
    }


def receives_until_sqs_gives_up() -> int:
    queue = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"]["NoAnswerQueue"]
    return int(queue["Properties"]["RedrivePolicy"]["maxReceiveCount"])


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
        assert reason == "not done in 10 hours: HubSpot is down"
        assert "GaveUp" in wired.world.notes.names


class TestANight:
    def test_that_a_schedule_told_of_is_about_the_portal_the_stack_acts_on(self) -> None:
        """A schedule knows the time and nothing else."""
        wired = WiredWorld()
        at = "2026-11-23T09:00:00Z"
        detail = {"name": NIGHT_FELL, "portal_id": 0, "about": "x", "round": 0, "bulk": True}
        body = json.dumps({"detail-type": NIGHT_FELL, "detail": detail | {"occurred_at": at, "received_at": at}})

        assert wired.answer(a_message(body=body)) == []

        assert not wired.mailbox.dead
        assert [stored.event.subject for stored in wired.world.ledger.plans.values()] == [f"{PORTAL}/x-2026-11-23"]


class TestPatience:
    @pytest.mark.parametrize("after", [1, 10, 30, 60])
    def test_ends_before_sqs_would_set_the_message_aside_without_a_reason(self, after: int) -> None:
        wired = WiredWorld()
        now = MONDAY

        for tries in range(1, receives_until_sqs_gives_up() + 1):
            wired.world.crm.fail_next("calls", TryLater("HubSpot is down", after=timedelta(seconds=after)))
            if not wired.answer(a_message(tries=tries), now=now):
                break
            now += wired.mailbox.retries["handle-m1"]

        assert len(wired.mailbox.dead) == 1
        assert wired.world.notes.names[-1] == "GaveUp"

    def test_is_asked_for_longer_at_each_try(self) -> None:
        wired = WiredWorld()
        waits = []
        for tries in range(2, 6):
            wired.world.crm.fail_next("calls", TryLater("HubSpot is down", after=timedelta(seconds=1)))
            wired.answer(a_message(tries=tries))
            waits.append(wired.mailbox.retries["handle-m1"])

        assert sorted(set(waits)) == waits

    def test_is_not_used_up_by_waiting_in_the_queue(self) -> None:
        """The flow was switched off for a night: the first hiccup after that is the first try."""
        wired = WiredWorld()
        wired.world.crm.fail_next("calls", TryLater("HubSpot is down"))
        now = MONDAY + PATIENCE + timedelta(hours=1)

        assert wired.answer(a_message(first_tried_at=now), now=now) == ["m1"]

        assert not wired.mailbox.dead


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

    def test_is_set_aside_also_while_there_is_no_secret(self) -> None:
        wired = WiredWorld(ports_failure=TryLater("Secrets Manager did not answer"))

        assert wired.answer(a_message(body="{", id_="bad"), a_message(id_="good")) == ["good"]

        assert len(wired.mailbox.dead) == 1


class TestAMessageAboutAnotherPortal:
    """Its ids name other records in ours: acting on them would text the wrong customer."""

    def test_is_set_aside_with_the_reason_and_its_neighbours_are_served(self) -> None:
        wired = WiredWorld()
        other = a_message(an_event(1, portal_id=4711), id_="other")

        assert wired.answer(other, a_message(an_event(2), id_="ours")) == []

        assert wired.mailbox.dead == [(other["body"], f"the event is about portal 4711; this stack acts on {PORTAL}")]
        assert wired.world.notes.names == ["OtherPortal"]
        theirs = f"no_answer/{an_event(2).subject}/sms"
        assert [sms.reference for sms in wired.world.sms.outbox] == [reference_of(theirs)]
        assert {plan.event.portal_id for plan in wired.world.ledger.plans.values()} == {PORTAL}

    def test_waits_while_there_is_no_secret_to_compare_it_with(self) -> None:
        wired = WiredWorld(ports_failure=TryLater("no secret"))

        assert wired.answer(a_message(an_event(1, portal_id=4711))) == ["m1"]

        assert not wired.mailbox.dead


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


class TestAMessageThatCannotBeSetAside:
    """The dead letters do not take it: it comes back by itself, and its neighbours are served."""

    def wired(self, world: World) -> WiredWorld:
        return WiredWorld(world=world, mailbox=FakeMailbox(failure=TryLater("SQS is busy")))

    def test_because_it_is_malformed(self) -> None:
        wired = self.wired(World())

        assert wired.answer(a_message(body="{", id_="bad"), a_message(id_="good")) == ["bad"]

        assert len(wired.world.sms.outbox) == 1

    def test_because_it_breaks_our_code(self) -> None:
        def planner(event: Event) -> Plan:
            if event.record_id == 1:
                raise ZeroDivisionError
            return whole_plan()

        wired = self.wired(World(planner=planner))
        bad = a_message(an_event(1), id_="bad", tries=TRIES_OF_OUR_OWN)

        assert wired.answer(bad, a_message(an_event(2), id_="good")) == ["bad"]

    def test_because_it_has_waited_too_long(self) -> None:
        wired = self.wired(World(planner=lambda event: a_plan(an_sms(to=f"+47{91_000_000 + event.record_id}"))))
        wired.world.sms.fail_next("send", TryLater("ITX is down"))
        now = MONDAY + PATIENCE + timedelta(seconds=1)

        assert wired.answer(a_message(an_event(1), id_="bad"), a_message(an_event(2), id_="good"), now=now) == ["bad"]


class TestABatch:
    @pytest.mark.parametrize(
        ("bulk", "kind"),
        [([True, True], "bulk"), ([True, False], "urgent"), ([False, False], "urgent"), ([], "urgent")],
        ids=["bulk events alone", "one that somebody waits for", "all of them waited for", "nothing readable"],
    )
    def test_lets_others_go_first_only_when_nobody_waits_for_any_of_it(self, bulk: list[bool], kind: str) -> None:
        wired = WiredWorld()
        events = [replace(an_event(record_id=number), bulk=one) for number, one in enumerate(bulk, start=1)]

        wired.answer(*(a_message(event, id_=f"m{event.record_id}") for event in events))

        assert wired.batches == [kind]

    def test_waits_as_a_whole_while_no_rules_can_be_read(self) -> None:
        wired = WiredWorld(rules_failure=TryLater("no valid rules", after=timedelta(seconds=30)))

        assert wired.answer(a_message(an_event(1), id_="a"), a_message(an_event(2), id_="b")) == ["a", "b"]

        assert not wired.world.crm.asked

    def test_waits_as_a_whole_while_there_is_no_secret(self) -> None:
        wired = WiredWorld(ports_failure=TryLater("no secret", after=timedelta(minutes=15)))

        assert wired.answer(a_message(an_event(1), id_="a"), a_message(an_event(2), id_="b")) == ["a", "b"]

        assert wired.mailbox.retries == dict.fromkeys(("handle-a", "handle-b"), timedelta(minutes=15))

    def test_with_the_same_event_in_two_messages_ends_both(self) -> None:
        wired = WiredWorld()

        assert wired.answer(a_message(id_="a"), a_message(id_="b")) == []

        assert len(wired.world.sms.outbox) == 1
