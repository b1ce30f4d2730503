"""So many customers change hands in an hour, and no more: a mistake must not reach everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kundeflyt.domain.actions import PassGuard, Plan
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import BlastGuard, CommonRules
from kundeflyt.engine.flow import Finished
from kundeflyt.ports.failures import TryLater
from tests.engine.world import World, a_plan, an_email_task, an_event


class TestTheTakeoverGuard:
    """What follows from a customer's change of hands is done for so many customers an hour."""

    def test_stops_the_flow_beyond_the_rules_number_and_loses_nobody(self) -> None:
        here = guarded(per_hour=3)
        here.run(*(an_event(record) for record in range(5)))
        assert len(here.crm.tasks) == 3
        assert here.ledger.stopped("no_answer") == "takeovers/2026-11-23T09 nådde grensen på 3 kunder i timen"
        assert [held.event.record_id for held in here.ledger.held("no_answer")] == [3, 4]
        assert "BlastGuardTripped" in here.notes.names

    def test_counts_a_customer_once_however_often_it_is_looked_at(self) -> None:
        here = guarded(per_hour=2)
        for basis in ("settled", "cards", "night"):
            here.basis = basis
            here.run(an_event(0), an_event(1))
        assert here.ledger.stopped("no_answer") is None
        assert sum(here.ledger.counts.values()) == 2

    def test_begins_anew_each_hour(self) -> None:
        here = guarded(per_hour=2)
        here.run(an_event(0), an_event(1))
        here.later(timedelta(hours=1))
        here.run(an_event(2), an_event(3))
        assert here.ledger.stopped("no_answer") is None
        assert len(here.crm.tasks) == 4

    def test_waits_when_nobody_can_count(self) -> None:
        here = guarded(per_hour=2)
        here.ledger.before_call = silent("count_together")
        here.run_one(an_event(0))
        assert not here.crm.tasks
        here.ledger.before_call = lambda _method: None
        assert here.run_one(an_event(0)) == Finished()


def guarded(*, per_hour: int) -> World:
    def plan(_event: Event) -> Plan:
        return a_plan(PassGuard(name="guard"), an_email_task())

    return World(planner=plan, common=CommonRules(blast_guard=BlastGuard(takeovers_per_hour=per_hour)))


def silent(method: str) -> Callable[[str], None]:
    def before(called: str) -> None:
        if called == method:
            raise TryLater("DynamoDB does not answer")

    return before
