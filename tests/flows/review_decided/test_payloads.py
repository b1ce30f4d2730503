"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from kundeflyt.domain.cases import begin_effects
from tests.domain.case_situation import NOW, decided
from tests.flows.queued import Queued
from tests.flows.review_decided.portal import FLOW, UNDO_IS_OVER, Portal

PAYLOADS = Path(__file__).parent / "payloads"


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def queued(portal: Portal) -> Queued:
    return Queued(portal.desk, FLOW, PAYLOADS)


class TestAMessage:
    @pytest.mark.parametrize(
        "payload", ["CaseDecided__as_the_console_tells_of_it", "CaseDecided__come_back_when_it_cannot_be_undone"]
    )
    def test_carries_the_decision_out(self, portal: Portal, queued: Queued, payload: str) -> None:
        queued.gets(payload)
        assert portal.owner is None

    def test_of_the_night_finds_what_was_lost(self, portal: Portal, queued: Queued) -> None:
        portal.keep(begin_effects(decided(), decided().decision.mark, UNDO_IS_OVER)[0])  # type: ignore[union-attr]
        queued.gets("NightFell__as_the_schedule_tells_of_it")
        assert [one.about for one in portal.desk.announcer.told] == [portal.id]

    def test_that_names_no_case_is_set_aside(self, portal: Portal, queued: Queued) -> None:
        queued.gets("CaseDecided__without_a_case")
        [(_, reason)] = queued.mailbox.dead
        assert reason == "the event does not say which message, sweep or case it is about"

    def test_is_about_the_case_of_these_tests(self, portal: Portal) -> None:
        assert portal.id == f"9001-{int(NOW.timestamp())}"
