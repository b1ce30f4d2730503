"""A time book in memory; `tests/contracts/test_time_book.py` holds it to the same promises as the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.pace import WRONG_CLOCK, Booking


class InMemoryTimeBook:
    """`ends` is where each limit's booked time ends, `asked` counts bookings; `failure` is raised while it is set.

    `takes` lets the time pass that a booking needs.
    """

    def __init__(self) -> None:
        self.ends: dict[str, datetime] = {}
        self.asked = 0
        self.failure: TryLater | None = None
        self.takes: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def book(self, limit: str, *, length: timedelta, earliest: datetime, latest: datetime) -> Booking:
        self._ask()
        with self._lock:
            end = self.ends.get(limit, earliest)
            if not earliest <= end <= max(earliest, latest) + WRONG_CLOCK:
                end = earliest
            if end > latest:
                return Booking(booked=False, begins=end)
            self.ends[limit] = end + length
            return Booking(booked=True, begins=end)

    def close(self, limit: str, *, until: datetime) -> None:
        self._ask()
        self.ends[limit] = max(self.ends.get(limit, until), until)

    def _ask(self) -> None:
        self.asked += 1
        self.takes()
        if self.failure:
            raise self.failure
