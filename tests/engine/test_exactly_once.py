"""A worker may die at any moment, and vendors may do the work and lose the answer: nobody is texted twice."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kundeflyt.engine.flow import Finished
from kundeflyt.ports.failures import TryLater, Unsure
from tests.engine.world import World, an_event
from tests.fakes.sms import FakeSms


class Killed(BaseException):
    """The process is gone: nothing after this line runs."""


WRITES = ("create_tasks", "send", "log_sms", "update_tasks")
# A death at the n-th use of the ledger, or a failure of a vendor's next use, before or after it took effect.
deaths = st.integers(0, 25).map(lambda n: ("dies", n))
failures = st.tuples(st.sampled_from(["later", "unsure", "killed"]), st.sampled_from(WRITES), st.booleans())
mishaps = st.lists(deaths | failures, max_size=6)


def deliver(world: World, mishap: tuple[object, ...] | None) -> bool:
    """One delivery of the message; True when the queue may forget it."""
    world.ledger.before_call = lambda _method: None
    match mishap:
        case ("dies", int(uses)):
            left = [uses]

            def count(_method: str) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

            world.ledger.before_call = count
        case (str(kind), str(method), bool(after_effect)):
            error = {"later": TryLater("busy"), "unsure": Unsure("no answer"), "killed": Killed()}[kind]
            fake = world.sms if method == "send" else world.crm
            fake.fail_next(method, error, after_effect=after_effect and kind != "later")
    try:
        return isinstance(world.run_one(an_event()), Finished)
    except Killed:
        return False


class TestExactlyOnce:
    @settings(max_examples=400, deadline=None)
    @given(mishaps=mishaps, has_lookup=st.booleans(), honours_references=st.booleans())
    def test_holds_whatever_dies_on_the_way(
        self, mishaps: list[tuple[object, ...]], has_lookup: bool, honours_references: bool
    ) -> None:
        world = World(sms=FakeSms(has_lookup=has_lookup, honours_references=honours_references))

        over = False
        for mishap in mishaps:
            over = deliver(world, mishap)
            world.later(timedelta(seconds=40))
        world.sms._planned.clear()
        world.crm._planned.clear()
        for _ in range(6):
            over = deliver(world, None)
            world.later(timedelta(seconds=40))

        assert over, "the message never came to an end"
        assert len(world.sms.outbox) <= 1
        keys = [on_hand.task.key for on_hand in world.crm.tasks.values()]
        assert len(keys) == len(set(keys)), "a task was made twice"
        assert len(world.crm.sms_entries) <= 1
        states = {record.name: record.state for record in world.ledger.actions.values()}
        assert "started" not in states.values()
        assert states["email-task"] == "done"
        if states["sms"] == "done":
            assert len(world.sms.outbox) == 1
            assert len(world.crm.sms_entries) == 1
        else:
            assert states["sms"] == "unsure"
            assert not has_lookup
            assert states["check-sms"] == "done"
