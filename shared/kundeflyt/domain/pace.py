"""How fast we may call somebody who counts our calls: a limit cut into slots, one call in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_SLACK: Final = timedelta(milliseconds=800)
_SHARPEST: Final = 5
_GRAIN: Final = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `calls` calls in any stretch of `window`, wherever it begins.

    A slot begins every `spacing` and may be used until `slack` later. So the calls made in one window come from slots
    that begin in one stretch of window and slack together, and such a stretch holds no more than `calls` of them.
    Slack is what a worker's own work between two calls, the road to the vendor and clocks that differ may take; that
    part of the speed is what it costs.
    """

    name: str
    calls: int
    window: timedelta

    @property
    def slack(self) -> timedelta:
        """How late a slot may be used: 0.8 s, but never more than a fifth of a short window."""
        return min(_SLACK, self.window / _SHARPEST)

    @property
    def spacing(self) -> timedelta:
        """From one slot's beginning to the next one's."""
        return -(-(self.window + self.slack) // (self.calls * _GRAIN)) * _GRAIN  # rounded up: never too fast

    def earliest(self, now: datetime) -> datetime:
        """Where booking begins when nobody has booked lately: half of the slack is left to use the slot in."""
        return now - self.slack / 2

    def spare(self, now: datetime) -> datetime:
        """Bulk work books only what is booked no further than this: a few slots stay free for whoever is in a hurry."""
        return now - self.slack / 4

    def slots(self, begins: datetime, count: int) -> list[datetime]:
        """When each of so many slots begins, the first at `begins`."""
        return [begins + place * self.spacing for place in range(count)]

    def too_late(self, slot: datetime, now: datetime) -> bool:
        """Whether a slot may not be used any more."""
        return now > slot + self.slack
