"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.desk import CONTACT, Desk
from tests.flows.memory import fill
from tests.flows.queued import Queued
from tests.flows.records_merged.test_plan import EVERYTHING, FLOW, SURVIVOR, held_by


@pytest.fixture
def world() -> Queued:
    desk = Desk()
    fill(desk)
    return Queued(desk, FLOW, Path(__file__).parent / "payloads")


class TestAMessage:
    @pytest.mark.parametrize(
        "payload", ["ContactsMerged__into_a_new_record", "ContactsMerged__come_back_an_hour_later"]
    )
    def test_moves_a_contacts_history(self, world: Queued, payload: str) -> None:
        world.gets(payload)
        assert held_by(world.desk, SURVIVOR) == EVERYTHING

    def test_moves_a_companys_history(self, world: Queued) -> None:
        world.gets("CompaniesMerged__into_a_new_record")
        assert [one.company_id for one in world.desk.ledger.traces(CONTACT).messages] == [203]

    def test_that_names_no_merged_record_is_set_aside(self, world: Queued) -> None:
        world.gets("ContactsMerged__naming_nobody")
        [(_, reason)] = world.mailbox.dead
        assert reason == "a merge's event names the merged records, and no other does"
