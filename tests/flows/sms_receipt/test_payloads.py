"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.desk import REFERENCE, Desk, sent_sms
from tests.flows.queued import Queued
from tests.flows.sms_receipt.test_plan import FLOW

PAYLOADS = Path(__file__).parent / "payloads"


@pytest.fixture
def world() -> Queued:
    desk = Desk()
    desk.has_written(sent_sms(parts=2))
    return Queued(desk, FLOW, PAYLOADS)


class TestAMessage:
    @pytest.mark.parametrize("payload", ["SmsReceipt__a_part_failed", "SmsReceipt__released_after_a_hold"])
    def test_that_it_did_not_arrive_gives_a_call_to_make(self, world: Queued, payload: str) -> None:
        world.gets(payload)
        world.gets(payload)
        assert world.desk.task.task.task_type == "CALL"

    def test_that_it_arrived_as_a_whole_is_remembered(self, world: Queued) -> None:
        world.gets("SmsReceipt__of_the_whole_message")
        assert world.desk.ledger.sms[REFERENCE].delivery.state == "DELIVERED"
        assert not world.desk.tasks

    def test_that_nobody_can_read_is_set_aside_and_its_neighbours_are_not(self, world: Queued) -> None:
        world.gets("SmsReceipt__with_a_status_nobody_knows", "SmsReceipt__a_part_failed")
        [(_, reason)] = world.mailbox.dead
        assert reason == "the event's receipt is not a part and a status we know"
        assert len(world.desk.tasks) == 1
