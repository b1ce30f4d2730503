"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

import pytest

from tests.flows.desk import CONTACT
from tests.flows.queued import Queued
from tests.flows.sequence_ended.portal import FLOW, PAYLOADS, Portal


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def queued(portal: Portal) -> Queued:
    return Queued(portal.desk, FLOW, PAYLOADS)


class TestAMessage:
    @pytest.mark.parametrize("payload", ["told_by_hubspot", "looked_at_again", "found_by_the_sweep"])
    def test_about_an_end_is_a_case(self, portal: Portal, queued: Queued, payload: str) -> None:
        portal.ends()
        queued.gets(f"ContactSequenceChanged__{payload}")
        assert len(portal.requests) == 1

    def test_of_the_night_begins_the_sweep(self, portal: Portal, queued: Queued) -> None:
        portal.ends()
        queued.gets("NightFell__from_the_schedule")
        assert [event.record_id for event in portal.desk.road.brought] == [CONTACT]

    def test_that_names_no_contact_is_set_aside(self, portal: Portal, queued: Queued) -> None:
        queued.gets("ContactSequenceChanged__without_a_contact")
        [(_, reason)] = queued.mailbox.dead
        assert "record_id" in reason
        assert not portal.tasks
