"""Days with so many places each: tasks that would all fall due at once are spread over them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from kundeflyt.domain.actions import CreateTask, Spread
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.ports.bundle import Ports

_LONGEST: Final = 250
"""A year of working days: whoever has more to do than that gets the rest on its last day."""
_REMEMBERED: Final = timedelta(days=2)


class DayBook:
    """Gives each task a place on a day with room, for one batch.

    A place once taken is never given back, and a task's places are tried in one order: whoever asks again for the same
    task, after a crash or a refusal, gets the same day.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._taken: dict[str, str] = {}

    def due(self, key: str, action: CreateTask) -> datetime:
        """When the task of that key is due: as asked for, or on the day it has a place. Raises TryLater."""
        spread = action.spread
        if spread is None:
            return action.due
        calendar = WorkingCalendar(spread.country)
        asked = last = action.due.astimezone(calendar.zone).date()
        for day in _days(asked, spread, calendar):
            if self._has_place(key, day, spread, calendar):
                return calendar.end_of_work(day)
            last = day
        return calendar.end_of_work(asked if spread.latest else last)

    def _has_place(self, key: str, day: date, spread: Spread, calendar: WorkingCalendar) -> bool:
        until = calendar.end_of_work(day) + _REMEMBERED
        for number in range(spread.per_day):
            place = f"{spread.counter}/{day}/{number}"
            if place not in self._taken:
                standing = self._ports.ledger.claim(place, holder=key, now=self._ports.clock(), until=until)
                self._taken[place] = standing.holder if standing else key
            if self._taken[place] == key:
                return True
        return False


def _days(asked: date, spread: Spread, calendar: WorkingCalendar) -> Iterator[date]:
    """From the day that was asked for on; where there is a last one, then from there back to the earliest."""
    day = asked
    for _ in range(_LONGEST):
        yield day
        day = calendar.next_working_day(day)
        if spread.latest and day > spread.latest:
            break
    if spread.latest:
        before, earlier = [], spread.earliest
        while earlier < asked:
            before.append(earlier)
            earlier = calendar.next_working_day(earlier)
        yield from reversed(before)
