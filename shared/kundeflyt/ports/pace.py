"""What all workers share so that together they call no faster than we may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

WRONG_CLOCK: Final = timedelta(minutes=1)
"""Nobody books as far ahead as this: time that is booked further was booked by a clock that is wrong, and is free."""


@dataclass(frozen=True, kw_only=True)
class Booking:
    """A stretch of a limit's time: where ours begins or, when none was booked for us, where that of others ends."""

    booked: bool
    begins: datetime


class TimeBook(Protocol):
    """One line of time per limit, which workers book piece by piece; all methods raise TryLater when it is silent."""

    def book(self, limit: str, *, length: timedelta, earliest: datetime, latest: datetime) -> Booking:
        """Books the next piece: from where the last one ends or from `earliest`, whichever is later.

        Nothing is booked when that is after `latest`. No two bookings ever overlap, whoever makes them at once.
        """
        ...

    def close(self, limit: str, *, until: datetime) -> None:
        """Nobody gets time before `until`; what was booked before stays booked."""
        ...


class Pace(Protocol):
    """Leave to make calls, one by one."""

    def take(self, limit: str) -> None:
        """Waits until one more call may be made; raises TryLater when that takes longer than is worth waiting for."""
        ...

    def announce(self, limit: str, calls: int) -> None:
        """So many calls will be made side by side now: leave for them may be had in one go."""
        ...

    def exceeded(self, limit: str) -> None:
        """The other side says that we were too fast all the same: all workers let go for a moment."""
        ...
