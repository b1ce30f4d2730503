"""A call outside contact hours: the task at once, the SMS when a customer may be written to."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.road import OSLO, ROUND_THE_CLOCK, Json, Road, eventually
from tests.journeys.watching import body_of, dealt_with, each_time_of_day_comes_once, in_words, now, the_only

pytestmark = pytest.mark.journey

TO_SPARE = timedelta(seconds=30)
"""The rules must be in force, and the call decided, before the hours open."""
UNTIL_AWAKE = 150.0
"""Opening is less than two minutes away, and the emulated scheduler looks every ten seconds."""


def opening_soon() -> tuple[Json, datetime]:
    """Contact hours that are closed now and open with a minute soon, also when that minute is tomorrow's."""
    each_time_of_day_comes_once()
    here = now().astimezone(OSLO)
    opening = (here + TO_SPARE + timedelta(minutes=1)).replace(second=0, microsecond=0)
    closes = "24:00" if opening.date() == here.date() else f"{here - timedelta(minutes=2):%H:%M}"
    return {**ROUND_THE_CLOCK, "opens": f"{opening:%H:%M}", "closes": closes}, opening


class TestACallOutsideContactHours:
    def test_gives_the_task_now_and_one_sms_when_they_open(self, road: Road) -> None:
        """Requirements 000-22, 000-26."""
        hours, opening = opening_soon()
        road.use_rules(no_answer={"contact_hours": hours})
        call = road.log_call("@anne")
        eventually(road.wakes, "a wake is booked")
        dealt_with(road, call)
        promised = the_only(road.tasks(None))
        assert f"SMS: sendes {in_words(opening)}, når kontakttiden begynner." in body_of(promised)
        assert (road.messages(), road.timeline()) == ([], [])
        assert the_only(road.wakes())["ScheduleExpression"] == f"at({opening.astimezone(UTC):%Y-%m-%dT%H:%M:%S})"

        eventually(road.timeline, "the SMS stands on the timeline", seconds=UNTIL_AWAKE)
        dealt_with(road, call)
        assert datetime.fromisoformat(the_only(road.messages())["at"]) >= opening
        accepted = road.action(call, "sms")
        assert accepted
        task = the_only(road.tasks(None))
        assert task["id"] == promised["id"]
        assert f"SMS: sendt {in_words(datetime.fromisoformat(accepted['ended_at']))}." in body_of(task)
        assert [plan["event"]["round"] for plan in road.plans(call)] == [0, 1]
        assert road.wakes() == []
