"""Three ways in which the world says no, told apart by who must act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


class Failure(Exception):
    """Something outside us did not do what we asked; the text names records by id only."""


class TryLater(Failure):
    """It was certainly not done, and waiting may help: the system acts."""

    def __init__(self, reason: str, *, after: timedelta = timedelta(seconds=60)) -> None:
        super().__init__(reason)
        self.after = after


class Refused(Failure):
    """It was certainly not done and never will be: the person who gets the reason acts.

    `reason` is in words for that person (bokmål).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotOffered(Refused):
    """The other system cannot do this for us at all: the same work becomes a task for a person."""


class Outdated(Refused):
    """Somebody has changed the record since we read it: it has to be read, and decided, again."""


class Unsure(Failure):
    """It may have been done: nobody may repeat it before somebody has looked."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """It was done; `result` is the id the vendor gave it."""

    result: str


Outcome = Done | Failure
