"""A sweep goes through all pages, each once, whatever is delivered twice or dies on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kundeflyt.domain.actions import GoOn, LookAt, NoteSweep, Plan, StopFlow
from kundeflyt.domain.events import CONTACT_SEQUENCE_CHANGED, NIGHT_FELL, Event
from kundeflyt.domain.rules import FlowRules, Mode
from kundeflyt.domain.sweeps import Sweep, morning_after
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.ports.failures import TryLater
from tests.engine.world import PORTAL, World, an_email_task

FLOW = "no_answer"
NIGHT = datetime(2026, 11, 24, 0, 5, tzinfo=UTC)


def night_fell(round: int = 0) -> Event:
    return Event(
        name=NIGHT_FELL, portal_id=PORTAL, about="x", occurred_at=NIGHT, received_at=NIGHT, round=round, bulk=True
    )


def at_page(page: int, *, ended: bool = False) -> Sweep:
    return Sweep(
        name="x",
        subject=night_fell().subject,
        begun_at=NIGHT,
        moved_at=NIGHT,
        round=page,
        cursor=str(page),
        counts={"Looked": 10 * (page + 1)},
        ended="finished" if ended else None,
    )


def page_plan(event: Event, *, last: int = 2) -> Plan:
    page = event.round
    note = NoteSweep(
        name=f"page-{page}",
        sweep=at_page(page, ended=page == last),
        seen=at_page(page - 1) if page else None,
        counted={"Looked": 10},
    )
    go_on = () if page == last else (GoOn(name=f"go-on-{page}", after=(note.name,)),)
    return Plan(because=f"side {page}", actions=(an_email_task(name=f"task-{page}"), note, *go_on))


@pytest.fixture
def here() -> World:
    return World(planner=page_plan, basis="page", at=NIGHT)


class TestASweep:
    def test_goes_on_page_by_page_until_the_last(self, here: World) -> None:
        event = night_fell()
        for _ in range(3):
            assert here.run_one(event) == Finished()
            event = here.road.put_backs.get(f"{FLOW}/{event.subject}/go-on-{event.round}", (event,))[0]

        assert len(here.crm.tasks) == 3
        assert here.ledger.sweep(FLOW, "x") == at_page(2, ended=True)
        assert here.notes.counted == {"Looked": 30}
        assert here.notes.heard == [
            ("SweepFinished", {"flow": FLOW, "subject": f"{PORTAL}/x-2026-11-24", "Looked": 30})
        ]

    def test_delivered_twice_walks_a_page_once(self, here: World) -> None:
        here.run_one(night_fell())
        here.run_one(night_fell())

        assert (len(here.crm.tasks), here.notes.counted) == (1, {"Looked": 10})

    def test_does_not_go_on_where_another_has_come_further(self, here: World) -> None:
        here.ledger.note_sweep(FLOW, at_page(5), seen=None)

        assert here.run_one(night_fell()) == Finished()

        assert here.ledger.sweep(FLOW, "x") == at_page(5)
        assert not here.road.put_backs
        assert not here.notes.counted

    def test_asks_again_for_the_next_page_when_the_queue_was_silent(self, here: World) -> None:
        here.road.failure = TryLater("SQS is silent")
        assert isinstance(here.run_one(night_fell()), Later)

        here.road.failure = None
        assert here.run_one(night_fell()) == Finished()

        assert [event.round for event, _ in here.road.put_backs.values()] == [1]
        assert here.notes.counted == {"Looked": 10}

    def test_waits_while_its_memory_is_silent(self, here: World) -> None:
        here.ledger.before_call = _silent("note_sweep")
        assert isinstance(here.run_one(night_fell()), Later)
        assert not here.road.put_backs

    def test_that_is_only_shown_goes_through_all_pages_and_does_nothing_else(self, here: World) -> None:
        here.flow_rules = FlowRules(mode="shadow")

        here.run_one(night_fell())

        assert not here.crm.tasks
        assert here.ledger.sweep(FLOW, "x") == at_page(0)
        assert len(here.road.put_backs) == 1

    def test_that_stops_its_flow_waits_for_a_person(self, here: World) -> None:
        here.planner = lambda _event: Plan(because="for mange", actions=(StopFlow(name="stop", reason="for mange"),))

        assert here.run_one(night_fell()) == Finished()

        assert here.ledger.stopped(FLOW) == "for mange"
        assert [held.event for held in here.ledger.held(FLOW)] == [night_fell()]
        assert here.notes.names == ["BlastGuardTripped"]


class TestTheMorning:
    @pytest.mark.parametrize(
        ("begun", "ends"),
        [
            (datetime(2026, 11, 24, 0, 5, tzinfo=UTC), datetime(2026, 11, 24, 6, tzinfo=UTC)),
            (datetime(2026, 11, 24, 6, 0, tzinfo=UTC), datetime(2026, 11, 25, 6, tzinfo=UTC)),
            (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), datetime(2026, 7, 2, 5, tzinfo=UTC)),
        ],
    )
    def test_is_the_next_seven_o_clock_in_oslo(self, begun: datetime, ends: datetime) -> None:
        assert morning_after(begun, 7) == ends
        assert morning_after(begun, 7) - begun <= timedelta(hours=25)


def _silent(method: str):  # type: ignore[no-untyped-def]
    def before(called: str) -> None:
        if called == method:
            raise TryLater("the store is silent")

    return before


def look_plan(_event: Event) -> Plan:
    look = LookAt(name="look-0", event=CONTACT_SEQUENCE_CHANGED, records={102: NIGHT, 101: NIGHT})
    return Plan(because="to", actions=(look, NoteSweep(name="page-0", sweep=at_page(0, ended=True))))


class TestWhatASweepFinds:
    @pytest.mark.parametrize("mode", ["on", "shadow"])
    def test_is_looked_at_one_by_one(self, mode: Mode) -> None:
        here = World(planner=look_plan, basis="page", at=NIGHT)
        here.flow_rules = FlowRules(mode=mode)

        assert here.run_one(night_fell()) == Finished()

        assert [(one.name, one.record_id, one.bulk) for one in here.road.brought] == [
            (CONTACT_SEQUENCE_CHANGED, 101, True),
            (CONTACT_SEQUENCE_CHANGED, 102, True),
        ]

    def test_waits_with_the_whole_page_while_the_queue_does_not_answer(self) -> None:
        here = World(planner=look_plan, basis="page", at=NIGHT)
        here.road.failure = TryLater("down")

        assert isinstance(here.run_one(night_fell()), Later)

        assert here.ledger.sweep(FLOW, "x") is None
