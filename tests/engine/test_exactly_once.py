"""A worker may die at any moment, and vendors may do the work and lose the answer: nobody is texted twice."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kundeflyt.domain.actions import Plan
from kundeflyt.domain.events import Event
from kundeflyt.engine.flow import Finished
from kundeflyt.ports.failures import TryLater, Unsure
from tests.engine.world import World, a_plan, an_email_task, an_event, an_sms, an_sms_entry, the_task_says
from tests.fakes.sms import FakeSms


class Killed(BaseException):
    """The process is gone: nothing after this line runs."""


EVENTS = tuple(an_event(record) for record in range(3))
WRITES = ("create_tasks", "send", "log_sms", "update_tasks")
LOOK_UPS = ("find_tasks", "find_sms", "find_sms_entries")
# A death at the n-th use of the ledger, or a failure of a vendor's next rows, before or after it took effect.
deaths = st.integers(0, 60).map(lambda n: ("dies", n))
rows = st.integers(1, len(EVENTS))
failures = st.tuples(st.sampled_from(["later", "unsure", "killed"]), st.sampled_from(WRITES), st.booleans(), rows)
silences = st.tuples(st.sampled_from(["later", "killed"]), st.sampled_from(LOOK_UPS), st.just(False), rows)
mishaps = st.lists(deaths | failures | silences, max_size=6)


def a_text_to_each(event: Event) -> Plan:
    return a_plan(an_email_task(), an_sms(to=f"+47{91_000_000 + event.record_id}"), an_sms_entry(), the_task_says())


def deliver(world: World, mishap: tuple[object, ...] | None) -> bool:
    """One delivery of a batch of messages; True when the queue may forget them."""
    world.ledger.before_call = lambda _method: None
    match mishap:
        case ("dies", int(uses)):
            left = [uses]

            def count(_method: str) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

            world.ledger.before_call = count
        case (str(kind), str(method), bool(after_effect), int(times)):
            error = {"later": TryLater("busy"), "unsure": Unsure("no answer"), "killed": Killed()}[kind]
            fake = world.sms if method in {"send", "find_sms"} else world.crm
            fake.fail_next(method, error, times=times, after_effect=after_effect and kind != "later")
    try:
        return set(world.run(*EVENTS).values()) == {Finished()}
    except Killed:
        return False


class TestExactlyOnce:
    @settings(max_examples=400, deadline=None)
    @given(mishaps=mishaps, has_lookup=st.booleans(), honours_references=st.booleans())
    def test_holds_whatever_dies_on_the_way(
        self, mishaps: list[tuple[object, ...]], has_lookup: bool, honours_references: bool
    ) -> None:
        world = World(sms=FakeSms(has_lookup=has_lookup, honours_references=honours_references), planner=a_text_to_each)

        over = False
        for mishap in mishaps:
            over = deliver(world, mishap)
            world.later(timedelta(seconds=40))
        world.sms._planned.clear()
        world.crm._planned.clear()
        for _ in range(6):
            over = deliver(world, None)
            world.later(timedelta(seconds=40))

        assert over, "the messages never came to an end"
        numbers = [sms.to for sms in world.sms.outbox]
        assert len(numbers) == len(set(numbers)), "somebody was texted twice"
        keys = [on_hand.task.key for on_hand in world.crm.tasks.values()]
        assert len(keys) == len(set(keys)), "a task was made twice"
        logged = [entry.key for entry in world.crm.sms_entries.values()]
        assert len(logged) == len(set(logged)), "a text was shown twice"
        for event in EVENTS:
            self._came_to_a_good_end(world, event, has_lookup=has_lookup)

    @staticmethod
    def _came_to_a_good_end(world: World, event: Event, *, has_lookup: bool) -> None:
        ours = f"no_answer/{event.subject}/"
        states = {record.name: record.state for key, record in world.ledger.actions.items() if key.startswith(ours)}
        assert "started" not in states.values()
        assert states["email-task"] == "done"
        if states["sms"] == "done":
            assert f"+47{91_000_000 + event.record_id}" in {sms.to for sms in world.sms.outbox}
            assert f"{ours}sms-entry" in {entry.key for entry in world.crm.sms_entries.values()}
        else:
            assert states["sms"] == "unsure"
            assert not has_lookup
            assert states["check-sms"] == "done"
