"""Keeps our calls to HubSpot within its limits, whatever else of ours is running, and lets urgent work go first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from kundeflyt.domain.pace import Limit
from kundeflyt.domain.rules import CrmLimits
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.pace import TimeBook

CALLS: Final = "hubspot-calls"
SEARCHES: Final = "hubspot-searches"

PATIENCE: Final = timedelta(seconds=20)
"""How long a batch waits in all, at most: waiting in Lambda is paid for, but giving up throws away the calls already
made. Twenty seconds at 384 MB are 0.0001 USD."""
COMES_BACK: Final = timedelta(seconds=2)
BULK_COMES_BACK: Final = timedelta(seconds=30)
AFTER_REFUSAL: Final = timedelta(seconds=1)
"""Both windows have let some calls go by then; if it was not enough, the next refusal closes them again."""
WITHOUT_BOOK: Final = timedelta(seconds=30)

_BOOKINGS: Final = 3
"""A book that answers too late so often is of no use."""
CALLS_AT_ONCE: Final = 5
"""Booked in one write, since each write costs: facts are five calls in a row, and take about as long as slack is."""
_AT_ONCE: Final = {CALLS: CALLS_AT_ONCE, SEARCHES: 1}


class HubSpotPace:
    """The Pace for one worker. Searches are counted by themselves, as HubSpot does.

    Urgent work books several calls at once, searches as many as are announced, and waits its turn. Bulk work books one
    call at a time and only what nobody else is about to use. While the book cannot be read we go on without, and
    HubSpot's own refusals are what slows us down: `unknown` is told once in a while.
    """

    def __init__(
        self,
        book: TimeBook,
        *,
        clock: Callable[[], datetime],
        unknown: Callable[[], None],
        patience: timedelta = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._book = book
        self._clock = clock
        self._unknown = unknown
        self._whole_patience = patience
        self._sleep = sleep
        self._slots: dict[str, deque[datetime]] = {CALLS: deque(), SEARCHES: deque()}
        self._without_until: datetime | None = None
        self._one_at_a_time = {CALLS: Lock(), SEARCHES: Lock()}
        self._losing_patience = Lock()
        self.begin(CrmLimits(), bulk=False)

    def begin(self, limits: CrmLimits, *, bulk: bool) -> None:
        """A batch begins: from here on these limits hold, and patience is whole again."""
        self._limits = {
            CALLS: Limit(name=CALLS, calls=limits.calls_per_ten_seconds, window=timedelta(seconds=10)),
            SEARCHES: Limit(name=SEARCHES, calls=limits.searches_per_second, window=timedelta(seconds=1)),
        }
        self._bulk = bulk
        self._announced = {CALLS: 0, SEARCHES: 0}
        self._patience = self._whole_patience

    def announce(self, limit: str, calls: int) -> None:
        """The next booking is made for so many calls, unless the work is bulk."""
        with self._one_at_a_time[limit]:
            self._announced[limit] = calls

    def take(self, limit: str) -> None:
        """Waits until one more call may be made; raises TryLater when that is too long to be waited for.

        Several threads of one worker take their leave one after the other, calls and searches apart; what they then
        do may overlap.
        """
        with self._one_at_a_time[limit]:
            self._take(limit)

    def _take(self, limit: str) -> None:
        if self._without_until and self._clock() < self._without_until:
            return
        try:
            self._wait_until(self._next_slot(self._limits[limit]), limit)
        except _BookSilent:
            self._without_until = self._clock() + WITHOUT_BOOK
            self._unknown()

    def exceeded(self, limit: str) -> None:
        """HubSpot said 429 all the same: nobody books or uses the next second."""
        with self._one_at_a_time[limit]:
            self._slots[limit].clear()
        try:
            self._book.close(limit, until=self._clock() + AFTER_REFUSAL)
        except TryLater:
            self._unknown()

    def _next_slot(self, limit: Limit) -> datetime:
        slots = self._slots[limit.name]
        for _ in range(_BOOKINGS):
            if not slots:
                slots.extend(self._book_slots(limit))
            while slots:
                slot = slots.popleft()
                if not limit.too_late(slot, self._clock()):
                    return slot  # else a frozen function came back with slots of long ago, or booking took long
        raise _BookSilent(f"what is booked for {limit.name} is over before we hear of it")

    def _book_slots(self, limit: Limit) -> list[datetime]:
        """The next slots, for which bulk work waits until nobody else is about to use them."""
        count = 1 if self._bulk else max(_AT_ONCE[limit.name], self._announced[limit.name])
        self._announced[limit.name] = 0
        while True:
            now = self._clock()
            latest = limit.spare(now) if self._bulk else now + self._patience
            try:
                booking = self._book.book(
                    limit.name, length=count * limit.spacing, earliest=limit.earliest(now), latest=latest
                )
            except TryLater as failure:
                raise _BookSilent(str(failure)) from failure
            if booking.booked:
                return limit.slots(booking.begins, count)
            self._wait_until(booking.begins + (now - latest) if self._bulk else booking.begins, limit.name)

    def _wait_until(self, moment: datetime, limit: str) -> None:
        wait = moment - self._clock()
        if wait <= timedelta():
            return
        with self._losing_patience:
            if wait > self._patience:
                after = max(wait, BULK_COMES_BACK if self._bulk else COMES_BACK)
                raise TryLater(f"others use up {limit} for the next {wait.total_seconds():.0f} s", after=after)
            self._patience -= wait
        self._sleep(wait.total_seconds())


class _BookSilent(Exception):
    """Nobody can say what the other workers do."""
