"""Tasks spread over days: never more on a day than it has places for, and the same day whenever it is asked again."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from kundeflyt.domain.actions import CreateTask, Spread
from kundeflyt.domain.events import Event
from kundeflyt.domain.wording import OSLO
from kundeflyt.engine.flow import Finished
from kundeflyt.ports.failures import TryLater, Unsure
from tests.engine.world import LEASE, MONDAY, World, a_plan, an_email_task, an_event

TODAY = date(2026, 11, 23)


def spread(**changes: Any) -> Spread:
    known: dict[str, Any] = {"counter": "meetings/301", "per_day": 2, "country": "NO", "earliest": TODAY}
    return Spread(**known | changes)


def world(**changes: Any) -> World:
    """A world in which every event asks for a task on this Monday."""
    return World(planner=lambda _event: a_plan(a_task(**changes)))


def a_task(**changes: Any) -> CreateTask:
    return an_email_task(spread=spread(**changes))


def days(world: World) -> list[date]:
    return [on_hand.task.due.astimezone(OSLO).date() for on_hand in world.crm.tasks.values()]


def november(*numbers: int) -> list[date]:
    return [date(2026, 11, number) for number in numbers]


class TestSpreading:
    def test_fills_each_working_day_before_the_next(self) -> None:
        here = world()
        here.run(*(an_event(record) for record in range(11)))
        assert days(here) == [*november(23, 23, 24, 24, 25, 25, 26, 26, 27, 27, 30)]

    def test_goes_on_where_the_batch_before_left_off(self) -> None:
        here = world()
        for record in range(5):
            here.run_one(an_event(record))
        assert days(here) == november(23, 23, 24, 24, 25)

    def test_counts_for_each_person_alone(self) -> None:
        here = World(planner=lambda event: a_plan(a_task(counter=f"meetings/{event.record_id % 2}")))
        here.run(*(an_event(record) for record in range(4)))
        assert set(days(here)) == set(november(23))

    def test_leaves_the_time_of_a_task_alone_that_is_not_spread(self) -> None:
        here = World(planner=lambda _event: a_plan(an_email_task(due=MONDAY)))
        here.run_one(an_event())
        assert [on_hand.task.due for on_hand in here.crm.tasks.values()] == [MONDAY]


class TestATaskWithALastDay:
    def test_is_never_due_after_it_but_before_the_day_asked_for_when_there_is_room(self) -> None:
        wednesday = MONDAY + timedelta(days=2)
        task = an_email_task(due=wednesday, spread=spread(latest=date(2026, 11, 26)))
        here = World(planner=lambda _event: a_plan(task))
        here.run(*(an_event(record) for record in range(8)))
        assert days(here) == november(25, 25, 26, 26, 24, 24, 23, 23)

    def test_stays_on_the_day_asked_for_when_every_day_is_full(self) -> None:
        here = world(latest=TODAY)
        here.run(*(an_event(record) for record in range(3)))
        assert days(here) == november(23, 23, 23)


class TestATaskThatIsTriedAgain:
    """A place is taken once, so a day holds as many tasks as it has places for, however often they are tried."""

    def test_keeps_its_day_after_hubspot_was_busy(self) -> None:
        here = world()
        here.crm.fail_next("create_tasks", TryLater("busy"))
        here.run(an_event(0), an_event(1), an_event(2))
        here.later()
        here.run(an_event(2), an_event(0), an_event(1))
        assert sorted(days(here)) == november(23, 23, 24)

    def test_keeps_its_day_after_a_crash_whoever_came_meanwhile(self) -> None:
        here = world()
        here.ledger.before_call = dies_at("advance", 1)
        with pytest.raises(Died):
            here.run_one(an_event(0))
        here.ledger.before_call = lambda _method: None
        here.crm.tasks.clear()  # it died before HubSpot had heard of it
        here.run(an_event(1), an_event(2))
        here.later()
        assert here.run_one(an_event(0)) == Finished()
        assert sorted(days(here)) == november(23, 23, 24)

    @pytest.mark.parametrize("seed", range(20))
    def test_leaves_no_day_too_full_and_none_half_empty_whatever_goes_wrong(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
        here, events = world(per_day=3), [an_event(record) for record in range(40)]
        left = list(events)
        while left:
            left = a_rough_round(here, left, chance)
        assert len(here.crm.tasks) == len(events)
        of_each_day = Counter(days(here))
        assert max(of_each_day.values()) == 3
        assert sorted(of_each_day.values())[1:] == [3] * 13


def a_rough_round(here: World, left: list[Event], chance: random.Random) -> list[Event]:
    """One batch of what is left, in which HubSpot is busy or silent, or the worker dies; gives what comes again."""
    batch = chance.sample(left, min(len(left), chance.randint(1, 15)))
    trouble = chance.choice([None, None, "busy", "silent", "died"])
    if trouble in {"busy", "silent"}:
        failure = TryLater("busy") if trouble == "busy" else Unsure("no answer")
        here.crm.fail_next("create_tasks", failure)
    if trouble == "died":
        here.ledger.before_call = dies_at(chance.choice(["begin", "claim", "advance"]), chance.randint(1, 4))
    try:
        results = here.run(*batch)
    except Died:
        return left
    finally:
        here.ledger.before_call = lambda _method: None
        here.later(2 * LEASE)
    done = {event for event, result in results.items() if result == Finished()}
    return [event for event in left if event not in done]


class Died(BaseException):
    """The process is gone, and no code of ours hears of it."""


def dies_at(method: str, time: int) -> Any:
    calls = Counter[str]()

    def before(called: str) -> None:
        calls[called] += 1
        if called == method and calls[called] == time:
            raise Died

    return before
