"""Actions through the ledger: what each state of it means, and what each failure leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kundeflyt.domain.actions import Plan, Slot, UpdateTask, WakeAt
from kundeflyt.domain.events import Event
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.ports.failures import Refused, TryLater, Unsure
from tests.engine.world import (
    ADVISER,
    COMPANY,
    CONTACT,
    LEASE,
    MONDAY,
    World,
    a_plan,
    an_email_task,
    an_event,
    an_sms,
    an_sms_entry,
    the_task_says,
)
from tests.fakes.sms import FakeSms

SMS = f"no_answer/{an_event().subject}/sms"


def a_text_each(event: Event) -> Plan:
    return a_plan(an_sms(to=f"+47{91_000_000 + event.record_id}"))


def texts(world: World) -> dict[int, str]:
    """How the text message of each call stands in the ledger."""
    return {
        int(key.split("/")[-2]): record.state for key, record in world.ledger.actions.items() if record.name == "sms"
    }


class TestAWholePlan:
    def test_leaves_task_sms_and_entry_and_tells_the_task(self) -> None:
        world = World()

        assert world.run_one(an_event()) == Finished()

        [task] = world.crm.tasks.values()
        assert task.task.owner_id == ADVISER
        assert (task.task.contact_id, task.task.company_id) == (CONTACT, COMPANY)
        assert task.task.body == "Ring igjen.\nSendt 23.11.2026 kl. 10.00."
        assert len(world.sms.outbox) == 1
        assert len(world.crm.sms_entries) == 1
        assert {record.state for record in world.ledger.actions.values()} == {"done"}

    def test_of_a_hundred_events_costs_one_vendor_call_per_kind_of_action(self) -> None:
        world = World(
            planner=lambda event: a_plan(
                an_email_task(), an_sms(to=f"+47{91_000_000 + event.record_id}"), an_sms_entry(), the_task_says()
            )
        )

        world.run(*(an_event(record) for record in range(100)))

        assert len(world.sms.outbox) == 100
        assert {method: world.crm.asked[method] for method in ("create_tasks", "log_sms", "update_tasks")} == {
            "create_tasks": 1,
            "log_sms": 1,
            "update_tasks": 1,
        }
        assert world.sms.asked["send"] == 20


class TestPlansThatDiffer:
    def test_share_calls_although_some_have_an_action_more(self) -> None:
        told = UpdateTask(name="told", task_of="email-task", body="Ring igjen.")
        plans = (a_plan(an_email_task(name="first"), an_email_task(), told), a_plan(an_email_task(), told))
        world = World(planner=lambda event: plans[event.record_id % 2])

        results = world.run(*(an_event(record) for record in range(6)))

        assert set(results.values()) == {Finished()}
        assert (world.crm.asked["create_tasks"], world.crm.asked["update_tasks"]) == (2, 1)

    def test_are_looked_at_once_although_some_have_come_to_their_end(self) -> None:
        plans = (a_plan(WakeAt(name="wake", when=MONDAY + timedelta(hours=1))), a_plan(an_email_task()))
        world = World(planner=lambda event: plans[event.record_id % 2])

        results = world.run(*(an_event(record) for record in range(4)))

        assert set(results.values()) == {Finished()}
        assert world.crm.asked["calls"] == 1


class TestTryLater:
    def test_brings_the_event_back_and_the_action_is_done_once(self) -> None:
        world = World()
        world.sms.fail_next("send", TryLater("ITX is down", after=timedelta(minutes=2)))

        assert world.run_one(an_event()) == Later(after=timedelta(minutes=2), reason="ITX is down")
        assert SMS not in world.ledger.actions
        assert len(world.crm.tasks) == 1

        world.later(timedelta(minutes=2))
        assert world.run_one(an_event()) == Finished()
        assert len(world.sms.outbox) == 1
        assert len(world.crm.tasks) == 1

    def test_of_one_event_does_not_stop_its_neighbours(self) -> None:
        world = World(planner=a_text_each)
        world.sms.fail_next("send", TryLater("busy"))

        results = world.run(an_event(1), an_event(2))

        assert isinstance(results[an_event(1)], Later)
        assert results[an_event(2)] == Finished()


class TestRefused:
    def test_is_written_down_and_the_rest_of_the_plan_goes_on(self) -> None:
        world = World()
        world.sms.fail_next("send", Refused("nummeret kan ikke ta imot SMS"))

        assert world.run_one(an_event()) == Finished()

        assert world.ledger.actions[SMS].state == "refused"
        [task] = world.crm.tasks.values()
        assert task.task.body == "Ring igjen.\nIkke sendt: nummeret kan ikke ta imot SMS."
        assert not world.crm.sms_entries
        assert "ActionRefused" in world.notes.names

    def test_is_never_tried_again(self) -> None:
        world = World()
        world.sms.fail_next("send", Refused("nei"))
        world.run_one(an_event())

        world.run_one(an_event())

        assert not world.sms.outbox


class TestUnsure:
    def test_is_settled_at_once_when_the_vendor_has_it(self) -> None:
        world = World()
        world.sms.fail_next("send", Unsure("no answer"), after_effect=True)

        assert world.run_one(an_event()) == Finished()

        assert len(world.sms.outbox) == 1
        assert world.ledger.actions[SMS].state == "done"

    def test_is_looked_for_again_before_it_is_repeated(self) -> None:
        """What was sent a moment ago may still be on its way in: absent now does not mean absent."""
        world = World()
        world.sms.fail_next("send", Unsure("no answer"))

        assert isinstance(world.run_one(an_event()), Later)
        assert not world.sms.outbox

        world.later()
        assert world.run_one(an_event()) == Finished()
        assert len(world.sms.outbox) == 1

    def test_becomes_a_task_for_a_person_when_nobody_can_be_asked(self) -> None:
        world = World(sms=FakeSms(honours_references=False, has_lookup=False))
        world.sms.fail_next("send", Unsure("no answer"), after_effect=True)

        assert world.run_one(an_event()) == Finished()
        world.later()
        assert world.run_one(an_event()) == Finished()

        assert len(world.sms.outbox) == 1
        assert world.ledger.actions[SMS].state == "unsure"
        email_task, check = world.crm.tasks.values()
        assert email_task.task.body == "Ring igjen.\nUsikkert 23.11.2026 kl. 10.00."
        assert check.task.subject == "Sjekk om kunden fikk SMS"
        assert check.task.owner_id == ADVISER
        assert "ActionUnsure" in world.notes.names

    def test_about_a_check_itself_does_not_go_round_in_circles(self) -> None:
        world = World(sms=FakeSms(has_lookup=False))
        world.sms.fail_next("send", Unsure("no answer"))
        world.crm.fail_next("find_tasks", Unsure("cannot look"))
        world.planner = lambda _event: a_plan(an_sms())
        world.crm.fail_next("create_tasks", Unsure("no answer"))

        assert world.run_one(an_event()) == Finished()

        assert world.ledger.actions[f"no_answer/{an_event().subject}/check-sms"].state == "unsure"

    def test_of_a_hundred_costs_one_look_up(self) -> None:
        world = World(planner=lambda _event: a_plan(an_email_task()))
        world.crm.fail_next("create_tasks", Unsure("no answer"), times=100, after_effect=True)

        results = world.run(*(an_event(record) for record in range(100)))

        assert set(results.values()) == {Finished()}
        assert len(world.crm.tasks) == 100
        assert world.crm.asked["find_tasks"] == 1

    def test_rows_are_looked_up_together_and_each_has_its_own_end(self) -> None:
        world = World(planner=a_text_each)
        world.sms.fail_next("send", Unsure("no answer"), times=2)
        world.sms.fail_next("send", Unsure("no answer"), after_effect=True)
        world.sms.fail_next("send", Unsure("no answer"))
        world.sms.fail_next("find_sms", TryLater("busy", after=timedelta(minutes=2)))
        world.sms.fail_next("find_sms", Unsure("cannot look"))

        busy, unsure, found, absent, sent = world.run(*(an_event(record) for record in range(5))).values()

        assert world.sms.asked["find_sms"] == 1
        assert busy == Later(after=timedelta(minutes=2), reason="busy")
        assert isinstance(absent, Later)
        assert (absent.after, unsure, found, sent) == (LEASE, Finished(), Finished(), Finished())
        assert texts(world) == {0: "started", 1: "unsure", 2: "done", 3: "started", 4: "done"}

    def test_is_looked_for_later_when_the_look_up_does_not_answer_and_keeps_its_slot(self) -> None:
        world = World(planner=lambda event: a_plan(an_email_task(slot="s/1", body=f"call {event.record_id}")))
        world.crm.fail_next("create_tasks", Unsure("no answer"), after_effect=True)
        world.crm.fail_next("find_tasks", TryLater("busy", after=timedelta(seconds=1)))

        assert world.run_one(an_event(1)) == Later(after=LEASE, reason="busy")
        assert isinstance(world.run_one(an_event(2)), Later)
        world.later()
        assert world.run_one(an_event(1)) == Finished()
        assert world.run_one(an_event(2)) == Finished()

        [task] = world.crm.tasks.values()
        assert task.task.body == "call 2"

    def test_loses_nothing_that_its_neighbours_got_done(self) -> None:
        """What has ended is written down first: the worker may die while it asks."""
        world = World(planner=a_text_each)
        world.sms.fail_next("send", Unsure("no answer"))
        world.sms.fail_next("find_sms", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            world.run(an_event(1), an_event(2))

        assert texts(world) == {1: "started", 2: "done"}


class TestAnActionThatAnotherWorkerStarted:
    def test_is_left_alone_while_they_may_be_at_it(self) -> None:
        world = World()
        self._crash_after_sending(world)

        result = world.run_one(an_event())

        assert result == Later(after=timedelta(seconds=5), reason=f"{SMS} is being done by another worker")
        assert len(world.sms.outbox) == 1

    def test_is_looked_for_when_they_are_gone(self) -> None:
        world = World(sms=FakeSms(honours_references=False))
        self._crash_after_sending(world)
        world.later()

        assert world.run_one(an_event()) == Finished()

        assert len(world.sms.outbox) == 1
        assert world.ledger.actions[SMS].state == "done"

    def test_is_taken_over_by_one_worker_only(self) -> None:
        world = World()
        self._crash_after_sending(world)
        world.later()
        world.ledger.take_over = lambda *_args, **_kwargs: False  # type: ignore[method-assign]

        assert isinstance(world.run_one(an_event()), Later)

    def test_costs_one_look_up_for_a_hundred_and_one_call_to_do_the_absent_ones(self) -> None:
        world = World(planner=lambda _event: a_plan(an_email_task()))
        events = [an_event(record) for record in range(100)]
        world.crm.fail_next("create_tasks", Unsure("no answer"), times=40, after_effect=True)
        world.crm.fail_next("create_tasks", Unsure("no answer"), times=60)
        world.crm.fail_next("find_tasks", TryLater("busy"), times=100)
        world.run(*events)
        assert len(world.crm.tasks) == 40
        world.later()
        world.crm.asked.clear()

        results = world.run(*events, an_event(100))

        assert set(results.values()) == {Finished()}
        assert len({on_hand.task.key for on_hand in world.crm.tasks.values()}) == len(world.crm.tasks) == 101
        assert (world.crm.asked["find_tasks"], world.crm.asked["create_tasks"]) == (1, 2)

    def test_goes_before_what_is_new(self) -> None:
        world = World(planner=lambda event: a_plan(an_email_task(slot="s/1", body=f"call {event.record_id}")))
        world.crm.fail_next("create_tasks", Unsure("no answer"))
        assert isinstance(world.run_one(an_event(1)), Later)
        world.later()

        assert set(world.run(an_event(2), an_event(1)).values()) == {Finished()}

        [task] = world.crm.tasks.values()
        assert task.task.body == "call 2"

    def test_is_not_looked_for_where_there_was_nothing_to_show(self) -> None:
        """Of three entries the first is about a text that was refused, the second was made, the third was not."""
        world = World(planner=lambda event: a_plan(*a_text_each(event).actions, an_sms_entry()))
        world.sms.fail_next("send", Refused("nei"))
        world.crm.fail_next("log_sms", KeyboardInterrupt(), after_effect=True)
        events = [an_event(record) for record in range(3)]
        with pytest.raises(KeyboardInterrupt):
            world.run(*events)
        world.later()

        world.run(*events)

        entries = [world.ledger.actions[f"no_answer/{event.subject}/sms-entry"] for event in events]
        assert [entry.state for entry in entries] == ["refused", "done", "done"]
        keys = [entry.key for entry in world.crm.sms_entries.values()]
        assert keys == [f"no_answer/{event.subject}/sms-entry" for event in events[1:]]

    def test_and_that_has_no_answer_this_time_either_is_not_repeated_at_once(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()))
        world.sms.fail_next("send", Unsure("no answer"))
        world.run_one(an_event())
        world.later()
        world.sms.fail_next("send", Unsure("no answer"))

        assert isinstance(world.run_one(an_event()), Later)

        assert world.sms.asked["send"] == 2
        assert not world.sms.outbox
        assert world.ledger.actions[SMS].state == "started"

    @staticmethod
    def _crash_after_sending(world: World) -> None:
        world.sms.fail_next("send", KeyboardInterrupt(), after_effect=True)
        with pytest.raises(KeyboardInterrupt):
            world.run_one(an_event())


class TestASlot:
    def test_holds_one_open_task_for_two_calls_to_the_same_contact(self) -> None:
        world = World(planner=lambda event: a_plan(an_email_task(slot="s/1", body=f"call {event.record_id}")))
        world.run_one(an_event(1))

        world.run_one(an_event(2))

        [task] = world.crm.tasks.values()
        assert task.task.body == "call 2"
        assert world.ledger.slots(["s/1"]) == {"s/1": Slot(task_id=task.id, record_id=1)}

    def test_makes_two_calls_in_one_batch_share_a_task(self) -> None:
        world = World(planner=lambda event: a_plan(an_email_task(slot="s/1", body=f"call {event.record_id}")))

        results = world.run(an_event(1), an_event(2))
        assert isinstance(results[an_event(2)], Later)
        assert world.run_one(an_event(2)) == Finished()

        assert len(world.crm.tasks) == 1

    def test_is_free_again_for_one_who_knows_that_its_task_is_finished(self) -> None:
        world = World(planner=lambda _event: a_plan(an_email_task(slot="s/1")))
        world.run_one(an_event(1))
        [first] = world.crm.tasks

        world.planner = lambda _event: a_plan(an_email_task(slot="s/1", replaces=first))
        world.run_one(an_event(2))
        world.run_one(an_event(3))

        assert len(world.crm.tasks) == 2

    def test_is_given_back_when_the_task_was_refused(self) -> None:
        world = World(planner=lambda _event: a_plan(an_email_task(slot="s/1")))
        world.crm.fail_next("create_tasks", Refused("nei"))
        world.run_one(an_event(1))

        world.run_one(an_event(2))

        assert len(world.crm.tasks) == 1


class TestATaskUpdate:
    def test_ticks_a_task_off(self) -> None:
        world = World(planner=lambda _event: a_plan(an_email_task()))
        world.run_one(an_event(1))
        [task_id] = world.crm.tasks

        world.planner = lambda _event: a_plan(UpdateTask(name="ended", task_id=task_id, completed=True))
        world.run_one(an_event(2))

        assert world.crm.tasks[task_id].completed

    def test_of_a_task_that_was_never_made_is_refused(self) -> None:
        world = World()
        world.crm.fail_next("create_tasks", Refused("kontakten finnes ikke lenger"))

        assert world.run_one(an_event()) == Finished()

        assert world.ledger.actions[f"no_answer/{an_event().subject}/task-says-sms"].state == "refused"


class TestAWake:
    def test_books_the_next_round_once(self) -> None:
        when = MONDAY + timedelta(hours=20)
        world = World(planner=lambda _event: a_plan(WakeAt(name="wake-0", when=when)))

        world.run_one(an_event())
        world.run_one(an_event())

        assert list(world.road.wakes.values()) == [(an_event().next_round(), when)]

    def test_that_cannot_be_booked_is_tried_again(self) -> None:
        world = World(planner=lambda _event: a_plan(WakeAt(name="wake-0", when=MONDAY + timedelta(hours=20))))
        world.road.failure = TryLater("the scheduler does not answer")
        assert isinstance(world.run_one(an_event()), Later)

        world.road.failure = None
        world.run_one(an_event())

        assert len(world.road.wakes) == 1
