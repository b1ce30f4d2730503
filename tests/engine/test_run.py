"""From events to stored plans: modes, pilot, retries, and neighbours that stay unharmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kundeflyt.domain.actions import CreateTask, Plan, WakeAt
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import CommonRules, FlowRules, Pilot
from kundeflyt.engine.flow import Broken, Finished, Later
from kundeflyt.engine.release import StillOnHoldError, release
from kundeflyt.engine.run import run
from kundeflyt.ports.failures import Outcome, TryLater, Unsure
from kundeflyt.ports.writers import NewTask
from tests.engine.world import (
    ADVISER,
    MOBILE,
    MONDAY,
    World,
    a_plan,
    an_email_task,
    an_event,
    an_sms,
    the_task_says,
    whole_plan,
)


def a_new_task() -> CreateTask:
    """One that nothing has been done about yet."""
    return an_email_task(name="another-task")


class TestAPlan:
    def test_is_stored_before_anything_is_done(self) -> None:
        world = World()
        seen_at_first_effect: list[int] = []
        effects = world.crm.create_tasks

        def create_tasks(tasks: Sequence[NewTask]) -> Sequence[Outcome]:
            seen_at_first_effect.append(len(world.ledger.plans))
            return effects(tasks)

        world.crm.create_tasks = create_tasks  # type: ignore[method-assign]

        world.run_one(an_event())

        assert seen_at_first_effect[0] == 1

    def test_that_is_retried_is_performed_as_stored_and_never_decided_again(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms(text="Første")))
        world.sms.fail_next("send", TryLater("down"))
        assert isinstance(world.run_one(an_event()), Later)

        world.planner = lambda _event: a_plan(an_sms(text="Andre"))
        world.run_one(an_event())

        assert [message.text for message in world.sms.outbox] == ["Første"]

    def test_that_was_empty_does_not_block_a_later_one(self) -> None:
        world = World(planner=lambda _event: Plan(because="Kontakten er nådd siden."))
        world.run_one(an_event())

        world.planner = lambda _event: whole_plan()
        world.run_one(an_event())

        assert len(world.sms.outbox) == 1

    def test_that_was_only_shown_does_not_block_a_later_one(self) -> None:
        world = World(flow_rules=FlowRules(mode="shadow"))
        world.run_one(an_event())

        world.flow_rules = FlowRules(mode="on")
        world.run_one(an_event())

        assert len(world.sms.outbox) == 1

    def test_of_a_new_state_of_the_call_repeats_no_action(self) -> None:
        """A call's contact is exchanged after the SMS: the action's name is the call's, so nothing goes out twice."""
        world = World()
        world.run_one(an_event())

        world.basis = "no-answer|102"
        world.planner = lambda _event: a_plan(an_email_task(), an_sms(to="+4740612345"))
        world.run_one(an_event())

        assert len(world.sms.outbox) == 1
        assert len(world.crm.tasks) == 1

    def test_that_waited_texts_nobody_whom_we_would_not_text_now(self) -> None:
        """Opted out, reached, another number or other hours since: the plan may be hours old."""
        world = World(planner=lambda _event: a_plan(an_email_task(), an_sms()))
        world.sms.fail_next("send", TryLater("down"))
        world.run_one(an_event())

        world.planner = lambda _event: a_plan(an_email_task())
        assert world.run_one(an_event()) == Finished()

        assert not world.sms.outbox
        assert world.ledger.actions[f"no_answer/{an_event().subject}/sms"].state == "refused"

    def test_tells_operations_of_its_problems(self) -> None:
        world = World(planner=lambda _event: Plan(because="Uten SMS.", problems=("UnapprovedText",)))

        world.run_one(an_event())

        assert world.notes.names == ["UnapprovedText"]


class TestDuplicates:
    def test_in_one_batch_are_performed_once(self) -> None:
        """A call's creation and its propertyChange are one event (000-22: one SMS)."""
        world = World()
        created, changed = an_event(), an_event(occurred_at=MONDAY + timedelta(seconds=1))

        results = world.run(created, changed, created)

        assert results == {created: Finished(), changed: Finished()}
        assert len(world.sms.outbox) == 1
        assert world.crm.asked["create_tasks"] == 1

    def test_in_later_batches_have_no_second_effect(self) -> None:
        world = World()
        world.run_one(an_event())
        before = list(world.crm.outbox)

        world.run_one(an_event(occurred_at=MONDAY + timedelta(minutes=3)))

        assert len(world.sms.outbox) == 1
        assert world.crm.outbox == before


class TestNeighbours:
    def test_of_an_event_that_breaks_the_plan_are_served(self) -> None:
        def planner(event: Event) -> Plan:
            if event.record_id == 13:
                raise ZeroDivisionError
            return whole_plan()

        world = World(planner=planner)

        results = world.run(an_event(12), an_event(13))

        assert isinstance(results[an_event(13)], Broken)
        assert results[an_event(12)] == Finished()
        assert len(world.sms.outbox) == 1

    def test_of_an_event_that_breaks_the_reading_are_served(self) -> None:
        world = World()
        ask = world.crm.ask

        def asked(method: str) -> None:
            ask(method)
            if method == "calls" and 13 in world.asked_for:  # type: ignore[attr-defined]
                raise KeyError("a record of a shape we did not know")

        calls = world.crm.calls

        def read(ids: object) -> object:
            world.asked_for = set(ids)  # type: ignore[attr-defined, call-overload]
            return calls(ids)  # type: ignore[arg-type]

        world.crm.ask = asked  # type: ignore[method-assign]
        world.crm.calls = read  # type: ignore[method-assign, assignment]

        results = world.run(an_event(12), an_event(13))

        assert isinstance(results[an_event(13)], Broken)
        assert results[an_event(12)] == Finished()

    def test_are_found_in_few_looks_at_the_world(self) -> None:
        world = World()
        flow, looks = world.flow(), []

        def gather(events: Sequence[Event], *rest: Any) -> Mapping[Event, None]:
            looks.append(len(events))
            if an_event(50) in events:
                raise KeyError("a record of a shape we did not know")
            return flow.gather(events, *rest)

        events = [an_event(record) for record in range(100)]
        results = run(replace(flow, gather=gather), events, world.ports(), world.rules(), MONDAY)

        assert [event for event, result in results.items() if isinstance(result, Broken)] == [an_event(50)]
        assert len(looks) < 20

    def test_all_wait_when_the_crm_does_not_answer(self) -> None:
        world = World()
        world.crm.fail_next("calls", TryLater("down", after=timedelta(seconds=9)))

        results = world.run(an_event(12), an_event(13))

        assert set(results.values()) == {Later(after=timedelta(seconds=9), reason="down")}
        assert not world.ledger.plans


class TestModes:
    def test_hold_keeps_the_event_and_reads_nothing(self) -> None:
        world = World(flow_rules=FlowRules(mode="hold"))

        assert world.run_one(an_event()) == Finished()

        assert [held.event for held in world.ledger.held("no_answer")] == [an_event()]
        assert not world.crm.asked
        assert not world.ledger.plans

    def test_hold_keeps_an_event_that_comes_twice_once(self) -> None:
        world = World(flow_rules=FlowRules(mode="hold"))

        world.run_one(an_event())
        world.run_one(an_event(occurred_at=MONDAY + timedelta(seconds=5)))

        assert len(world.ledger.held("no_answer")) == 1

    def test_shadow_shows_the_plan_and_does_nothing(self) -> None:
        world = World(flow_rules=FlowRules(mode="shadow"))

        assert world.run_one(an_event()) == Finished()

        [stored] = world.ledger.plans.values()
        assert stored.mode == "shadow"
        assert stored.plan == whole_plan()
        assert not world.sms.outbox
        assert not world.crm.outbox

    def test_shadow_stops_a_plan_that_was_stored_before_it(self) -> None:
        world = World()
        world.sms.fail_next("send", TryLater("down"))
        world.run_one(an_event())

        world.flow_rules = FlowRules(mode="shadow")
        assert world.run_one(an_event()) == Finished()

        assert not world.sms.outbox

    @pytest.mark.parametrize("basis", ["no-answer|101", "another state of the call"])
    @pytest.mark.parametrize(
        "stopped",
        [{"flow_rules": FlowRules(mode="shadow")}, {"common": CommonRules(pilot=Pilot(owners=frozenset({999})))}],
        ids=["shadow", "pilot"],
    )
    def test_shadow_in_the_middle_of_a_plan_takes_back_the_promised_sms(
        self, stopped: dict[str, Any], basis: str
    ) -> None:
        """The adviser's task said «SMS: sendes nå»."""
        world = World()
        world.sms.fail_next("send", TryLater("down"))
        world.run_one(an_event())

        world.basis = basis
        for name, value in stopped.items():
            setattr(world, name, value)
        assert world.run_one(an_event()) == Finished()

        [task] = world.crm.tasks.values()
        assert "Ikke sendt: noe er endret siden det ble bestemt" in task.task.body
        assert not world.sms.outbox
        world.flow_rules, world.common = FlowRules(), CommonRules()
        world.run_one(an_event())
        assert not world.sms.outbox, "the adviser was told that none goes"

    def test_shadow_while_an_event_waits_takes_back_the_promised_sms(self) -> None:
        world = World(planner=lambda _event: a_plan(an_email_task(), WakeAt(name="wake-0", when=MONDAY)))
        world.run_one(an_event())
        [(woken, _when)] = world.road.wakes.values()

        world.planner = lambda _event: a_plan(an_email_task(), a_new_task(), an_sms(), the_task_says())
        world.flow_rules = FlowRules(mode="shadow")
        assert world.run_one(woken) == Finished()

        [task] = world.crm.tasks.values()
        assert "Ikke sendt" in task.task.body
        assert not world.sms.outbox

    def test_shadow_leaves_alone_what_is_over(self) -> None:
        world = World()
        world.run_one(an_event())
        before = list(world.crm.outbox)

        world.flow_rules = FlowRules(mode="shadow")
        assert world.run_one(an_event()) == Finished()

        assert world.crm.outbox == before
        assert len(world.sms.outbox) == 1

    def test_shadow_looks_for_an_sms_whose_worker_died(self) -> None:
        world = World()
        world.sms.fail_next("send", Unsure("lost"), after_effect=True)
        world.sms.fail_next("find_sms", TryLater("down"))
        world.run_one(an_event())

        world.later()
        world.flow_rules = FlowRules(mode="shadow")
        assert world.run_one(an_event()) == Finished()

        [task] = world.crm.tasks.values()
        assert "Sendt 23.11.2026" in task.task.body
        assert len(world.sms.outbox) == 1

    def test_a_pilot_shows_but_does_not_perform_what_is_outside_it(self) -> None:
        world = World(common=CommonRules(pilot=Pilot(owners=frozenset({999}))))

        world.run_one(an_event())

        [stored] = world.ledger.plans.values()
        assert stored.mode == "shadow"
        assert stored.plan.because.startswith("Utenfor piloten")
        assert not world.sms.outbox
        assert not world.crm.outbox

    @pytest.mark.parametrize(
        "pilot", [Pilot(owners=frozenset({ADVISER})), Pilot(numbers=frozenset({MOBILE}))], ids=["adviser", "number"]
    )
    def test_a_pilot_performs_what_is_inside_it(self, pilot: Pilot) -> None:
        world = World(common=CommonRules(pilot=pilot))

        world.run_one(an_event())

        assert len(world.sms.outbox) == 1


class TestRelease:
    def test_puts_the_held_back_at_the_rules_pace_as_a_new_round(self) -> None:
        world = World(flow_rules=FlowRules(mode="hold", release_per_minute=2))
        for record in (11, 12, 13):
            world.run_one(an_event(record, received_at=MONDAY + timedelta(seconds=record)))

        released = release("no_answer", world.ledger, world.road, FlowRules(mode="on", release_per_minute=2))

        assert released == 3
        assert [(event.record_id, event.round, after) for event, after in world.road.put_backs.values()] == [
            (11, 1, timedelta(0)),
            (12, 1, timedelta(0)),
            (13, 1, timedelta(minutes=1)),
        ]
        assert not world.ledger.held("no_answer")

    def test_lets_calls_that_are_logged_meanwhile_go_first(self) -> None:
        world = World(flow_rules=FlowRules(mode="hold"))
        world.run_one(an_event())

        release("no_answer", world.ledger, world.road, FlowRules(mode="on"))

        [(event, _after)] = world.road.put_backs.values()
        assert event.bulk

    def test_refuses_while_the_rules_still_say_hold(self) -> None:
        world = World(flow_rules=FlowRules(mode="hold"))
        world.run_one(an_event())

        with pytest.raises(StillOnHoldError, match="set it to on first"):
            release("no_answer", world.ledger, world.road, FlowRules(mode="hold"))

        assert len(world.ledger.held("no_answer")) == 1

    def test_that_was_interrupted_keeps_what_is_not_yet_back_on_its_road(self) -> None:
        world = World(flow_rules=FlowRules(mode="hold"))
        world.run_one(an_event())
        world.road.failure = TryLater("the queue does not answer")

        with pytest.raises(TryLater):
            release("no_answer", world.ledger, world.road, FlowRules(mode="on"))

        assert len(world.ledger.held("no_answer")) == 1

    def test_lets_a_held_event_be_decided_afresh_and_done_once(self) -> None:
        world = World(flow_rules=FlowRules(mode="hold"))
        world.run_one(an_event())
        world.flow_rules = FlowRules(mode="on")
        release("no_answer", world.ledger, world.road, world.flow_rules)

        [(event, _after)] = world.road.put_backs.values()
        world.run_one(event)
        world.run_one(event)

        assert len(world.sms.outbox) == 1
