"""The messages on the flow's queue, as EventBridge, the scheduler and the archive put them there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import no_answer
from kundeflyt.domain.rules import Rules
from kundeflyt.entry.queue import answer
from kundeflyt.ports.notices import Notices
from no_answer.rules import NoAnswerRules
from tests.flows.no_answer.portal import FLOW, Portal
from tests.flows.no_answer.situation import CALL, COMPANY, CONTACT, a_call

PAYLOADS = Path(__file__).parent / "payloads"
BIG = 2**53 + 1


@dataclass
class _Mailbox:
    dead: list[tuple[str, str]] = field(default_factory=list)

    def retry_in(self, receipt_handle: str, after: timedelta) -> None:
        raise AssertionError(f"{receipt_handle} was to come again in {after}")

    def dead_letter(self, body: str, reason: str) -> None:
        self.dead.append((body, reason))


class World(Portal):
    """The portal, with the flow's own queue before it."""

    portal_id = 25_000_001

    def __init__(self) -> None:
        super().__init__()
        self.mailbox = _Mailbox()
        for call_id in (CALL, BIG):
            self.crm.put(a_call(id=call_id), contacts=[CONTACT])

    @property
    def notices(self) -> Notices:
        return self.ports.notices

    def begin(self, rules: Rules[NoAnswerRules], *, bulk: bool) -> None:
        """Nobody counts calls here."""

    def flush(self) -> None:
        """Nothing was noted."""

    def gets(self, *payloads: str) -> None:
        """A batch of messages; every one of them is dealt with."""
        assert answer(FLOW, [_record(payload) for payload in payloads], self, self.at) == {"batchItemFailures": []}


def _record(payload: str) -> dict[str, Any]:
    return {
        "messageId": payload,
        "receiptHandle": f"handle of {payload}",
        "body": (PAYLOADS / f"CallLogged__{payload}.json").read_text(encoding="utf-8"),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": str(int(datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp() * 1000)),
        },
        "eventSource": "aws:sqs",
    }


@pytest.fixture
def world() -> World:
    return World()


class TestAMessage:
    @pytest.mark.parametrize(
        "payload",
        ["logged_with_its_outcome", "outcome_set_later", "replayed_from_the_archive", "woken_after_the_night"],
    )
    def test_becomes_an_sms_a_task_and_an_entry_on_the_timeline(self, world: World, payload: str) -> None:
        world.gets(payload)
        assert [sms.to for sms in world.sms.outbox] == ["+4791234567"]
        [task] = world.crm.tasks.values()
        assert (task.task.task_type, task.task.contact_id, task.task.company_id) == ("EMAIL", CONTACT, COMPANY)
        assert "SMS: sendt 23.11.2026 kl. 10.02." in task.task.body
        assert [entry.body for entry in world.crm.sms_entries.values()] == [sms.text for sms in world.sms.outbox]

    def test_has_one_effect_however_often_and_in_whatever_way_it_comes(self, world: World) -> None:
        world.gets("outcome_set_later", "logged_with_its_outcome", "replayed_from_the_archive")
        world.gets("logged_with_its_outcome", "woken_after_the_night")
        world.gets("replayed_from_the_archive")
        assert (len(world.sms.outbox), len(world.crm.tasks), len(world.crm.sms_entries)) == (1, 1, 1)

    def test_keeps_every_digit_of_a_large_id(self, world: World) -> None:
        world.gets("ids_beyond_2_53")
        assert f"no_answer/25000001/{BIG}/sms" in world.ledger.actions

    def test_that_cannot_be_read_is_set_aside_alone(self, world: World) -> None:
        world.gets("without_a_record_id", "logged_with_its_outcome")
        [(body, reason)] = world.mailbox.dead
        assert reason == "the event lacks record_id"
        assert "record_id" not in json.loads(body)["detail"]
        assert len(world.sms.outbox) == 1

    def test_is_of_a_kind_that_the_flow_listens_to(self) -> None:
        listens = json.loads((Path(no_answer.__path__[0]) / "listens.json").read_text(encoding="utf-8"))
        for path in PAYLOADS.iterdir():
            assert path.name.split("__")[0] in listens
            assert json.loads(path.read_text(encoding="utf-8"))["detail-type"] in listens
