"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.desk import Desk
from tests.flows.queued import Queued
from tests.flows.sms_inbound.test_plan import FLOW

PAYLOADS = Path(__file__).parent / "payloads"


@pytest.fixture
def world() -> Queued:
    desk = Desk()
    desk.has_written()
    desk.gets()
    return Queued(desk, FLOW, PAYLOADS)


class TestAMessage:
    @pytest.mark.parametrize("payload", ["SmsInbound__as_it_comes", "SmsInbound__released_after_a_hold"])
    def test_gives_an_entry_and_a_call_to_make(self, world: Queued, payload: str) -> None:
        world.gets(payload)
        assert len(world.desk.crm.sms_entries) == 1
        assert world.desk.task.task.subject == "Kunden svarte på SMS"

    def test_that_nobody_can_read_is_set_aside(self, world: Queued) -> None:
        world.gets("SmsInbound__about_nothing")
        [(_, reason)] = world.mailbox.dead
        assert reason == "the event's about is not a short mark"
