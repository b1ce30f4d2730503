"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.contact_erased.test_plan import FLOW
from tests.flows.desk import Desk
from tests.flows.memory import fill
from tests.flows.queued import Queued


@pytest.fixture
def world() -> Queued:
    desk = Desk()
    fill(desk)
    return Queued(desk, FLOW, Path(__file__).parent / "payloads")


class TestAMessage:
    @pytest.mark.parametrize("payload", ["ContactErased__as_it_comes", "ContactErased__come_back_an_hour_later"])
    def test_erases_the_person(self, world: Queued, payload: str) -> None:
        world.gets(payload)
        assert "Anne" not in world.desk.stored

    def test_that_names_nobody_is_set_aside(self, world: Queued) -> None:
        world.gets("ContactErased__without_a_record_id")
        [(_, reason)] = world.mailbox.dead
        assert reason == "the event lacks record_id"
        assert "Anne" in world.desk.stored
