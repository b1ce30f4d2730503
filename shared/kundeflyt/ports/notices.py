"""What operations hears of: one line in the log and one count, with ids only."""

from __future__ import annotations

from typing import Protocol


class Notices(Protocol):
    """Tells operations that something happened that somebody may have to look at."""

    def note(self, what: str, *, flow: str, **ids: str | int) -> None:
        """Counts `what` (a metric's name) and logs it; never takes a number, an address, a name or a text."""
        ...

    def count(self, what: str, number: int, *, flow: str) -> None:
        """Adds so many to `what` (a metric's name), without a word in the log."""
        ...
