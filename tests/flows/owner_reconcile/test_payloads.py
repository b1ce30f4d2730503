"""The messages on the flow's queue, as the schedule and operations put them there."""

from __future__ import annotations

import pytest

from owner_reconcile import words
from tests.flows.desk import PORTAL
from tests.flows.owner_reconcile.portal import FLOW, PAYLOADS, Portal
from tests.flows.queued import Queued


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def queued(portal: Portal) -> Queued:
    return Queued(portal.desk, FLOW, PAYLOADS)


class TestAMessage:
    @pytest.mark.parametrize("payload", ["as_the_schedule_tells_it", "started_by_hand"])
    def test_begins_the_night(self, portal: Portal, queued: Queued, payload: str) -> None:
        queued.gets(f"NightFell__{payload}")
        assert portal.desk.because == words.BEGUN
        assert portal.sweep.subject.startswith(f"{PORTAL}/owner-reconcile")
        assert portal.sweep.subject.endswith("-2026-11-24")
        assert len(portal.desk.road.put_backs) == 1

    def test_that_names_no_sweep_is_set_aside(self, portal: Portal, queued: Queued) -> None:
        queued.gets("NightFell__for_no_sweep")
        [(_, reason)] = queued.mailbox.dead
        assert "record_id" in reason
        assert not portal.desk.ledger.plans
