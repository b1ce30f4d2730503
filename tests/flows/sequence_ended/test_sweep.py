"""The night finds what no webhook told of, and nothing that is seen to is done again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kundeflyt.domain.events import Event
from kundeflyt.engine.flow import Later
from kundeflyt.ports.failures import TryLater
from sequence_ended import facts as facts_module
from sequence_ended import words
from tests.flows.desk import COMPANY, CONTACT, MONDAY
from tests.flows.dying import dies_before_telling
from tests.flows.sequence_ended.portal import BJORN, ENDED, Portal, an_enrolment


@pytest.fixture
def portal() -> Portal:
    return Portal()


def walk(portal: Portal, first: Event) -> int:
    """All pages of one night; how many there were."""
    event, pages = first, 1
    while True:
        portal.sees(event)
        following = portal.desk.road.put_backs.pop(
            next((key for key in portal.desk.road.put_backs if "go-on" in key), ""), None
        )
        if following is None:
            return pages
        event, pages = following[0], pages + 1


def brought(portal: Portal) -> list[int]:
    found, portal.desk.road.brought[:] = [event.record_id for event in portal.desk.road.brought], []
    return found


class TestTheSweep:
    def test_finds_an_end_that_no_webhook_told_of(self, portal: Portal) -> None:
        portal.ends()
        walk(portal, portal.night())
        [event] = portal.desk.road.brought
        assert (event.record_id, event.bulk) == (CONTACT, True)
        portal.sees(event)
        assert len(portal.requests) == 1

    def test_finds_the_same_end_as_the_webhook_did_and_does_nothing_again(self, portal: Portal) -> None:
        portal.ends()
        portal.sees()
        walk(portal, portal.night())
        portal.sees(*portal.desk.road.brought)
        assert len(portal.requests) == 1

    def test_looks_a_week_back_the_first_time_and_no_further(self, portal: Portal) -> None:
        portal.ends()
        portal.ends(an_enrolment(contact_id=BJORN, finished_at=MONDAY - timedelta(days=8), ended_at=None))
        walk(portal, portal.night())
        assert brought(portal) == [CONTACT]

    def test_goes_on_from_where_it_was_with_an_overlap(self, portal: Portal) -> None:
        portal.ends()
        walk(portal, portal.night())
        brought(portal)
        late = MONDAY - timedelta(hours=40)
        portal.ends(an_enrolment(contact_id=BJORN, finished_at=late, ended_at=late))
        found = []
        for day in (1, 2, 3, 4):
            portal.desk.at = MONDAY + timedelta(days=day)
            walk(portal, portal.night())
            found.append(brought(portal))
        assert found == [[CONTACT, BJORN], [CONTACT], [], []]

    def test_goes_page_by_page_and_counts(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(facts_module, "PAGE", 2)
        for number in range(5):
            at = ENDED + timedelta(minutes=number)
            portal.ends(an_enrolment(contact_id=1000 + number, finished_at=at, ended_at=at))
        assert walk(portal, portal.night()) > 2
        assert set(brought(portal)) == {1000 + number for number in range(5)}
        sweep = portal.desk.ledger.sweep("sequence_ended", "sequence-ended")
        assert sweep is not None
        assert sweep.ended == "finished"

    def test_delivered_twice_walks_once(self, portal: Portal) -> None:
        portal.ends()
        portal.sees(portal.night())
        portal.sees(portal.night())
        assert brought(portal) == [CONTACT]

    def test_leaves_the_night_to_one_that_is_at_it(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(facts_module, "PAGE", 1)
        portal.ends()
        portal.sees(portal.night())
        portal.desk.at += timedelta(minutes=30)
        portal.sees(portal.night(at=portal.desk.at + timedelta(days=1)))
        assert portal.desk.because == words.ANOTHER_SWEEP

    def test_takes_over_from_one_that_died(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(facts_module, "PAGE", 1)
        portal.ends()
        portal.sees(portal.night())
        brought(portal)
        portal.desk.at = MONDAY + timedelta(days=1)
        walk(portal, portal.night())
        assert brought(portal)

    @pytest.mark.parametrize("dies_at", range(1, 4))
    def test_whose_worker_died_goes_on_and_passes_nobody_by(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch, dies_at: int
    ) -> None:
        """After it put the ends on the queue, after it noted the page, after it asked for the next one."""
        monkeypatch.setattr(facts_module, "PAGE", 2)
        for number in range(5):
            at = ENDED + timedelta(minutes=number)
            portal.ends(an_enrolment(contact_id=1000 + number, finished_at=at, ended_at=at))
        night = portal.night()
        with dies_before_telling(portal.desk, dies_at):
            portal.looks(night)
        portal.desk.at += timedelta(minutes=5)
        walk(portal, night)
        assert set(brought(portal)) == {1000 + number for number in range(5)}
        assert portal.desk.ledger.sweep("sequence_ended", "sequence-ended").ended == "finished"  # type: ignore[union-attr]

    def test_that_hubspot_breaks_off_reads_the_page_again(self, portal: Portal) -> None:
        portal.ends()
        portal.desk.sequences.fail_next("ended_since", TryLater("429, for the third of five searches"))
        night = portal.night()
        assert isinstance(portal.looks(night)[night], Later)
        assert portal.desk.ledger.sweep("sequence_ended", "sequence-ended") is None
        walk(portal, night)
        assert brought(portal) == [CONTACT]

    def test_in_a_shadow_looks_at_everything_and_does_nothing(self, portal: Portal) -> None:
        portal.ends()
        portal.sees(portal.night(), mode="shadow")
        portal.sees(*portal.desk.road.brought, mode="shadow")
        assert portal.desk.because == words.FINISHED
        assert not portal.requests

    def test_costs_nothing_for_what_is_seen_to(self, portal: Portal) -> None:
        portal.ends()
        portal.sees()
        before = portal.desk.sequences.asked["traces"]
        walk(portal, portal.night())
        portal.sees(*portal.desk.road.brought)
        assert portal.desk.sequences.asked["traces"] == before
        assert COMPANY
