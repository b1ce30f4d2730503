"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.desk import COMPANY
from tests.flows.queued import Queued
from tests.flows.sequence_due.customers import FLOW, a_desk, entry, log_call

PAYLOADS = Path(__file__).parent / "payloads"
MEETING = 874_716_779_731


@pytest.fixture
def queued() -> Queued:
    desk = a_desk()
    log_call(desk)
    desk.sequences.put_missed_meeting(MEETING, COMPANY)
    desk.sequences.put_trace(COMPANY, entry("email_out", days_ago=6), entry("meeting_no_show", days_ago=1))
    return Queued(desk, FLOW, PAYLOADS)


class TestAMessage:
    @pytest.mark.parametrize(
        "payload", ["CallLogged__nobody_answered", "MeetingOutcomeSet__nobody_came", "NightFell__who_was_written_to"]
    )
    def test_brings_the_customer(self, queued: Queued, payload: str) -> None:
        queued.gets(payload)
        assert [event.record_id for event in queued.desk.road.brought] == [COMPANY]

    def test_about_a_customer_gives_the_adviser_a_task(self, queued: Queued) -> None:
        queued.gets("CustomerTried__by_a_call")
        queued.gets("CustomerTried__by_a_call")
        assert queued.desk.task.task.subject == "Start en sequence: kunden svarer ikke"

    def test_that_names_no_company_is_set_aside(self, queued: Queued) -> None:
        queued.gets("CustomerTried__without_a_company")
        [(_, reason)] = queued.mailbox.dead
        assert "record_id" in reason
