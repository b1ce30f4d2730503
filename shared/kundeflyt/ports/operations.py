"""What operations sees of a running stack and may do about it: set-aside messages, rules as they were put, the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import FlowRules
from kundeflyt.ports.ledger import Held


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One message that was set aside, and why. `event` is None when nobody can read it."""

    id: str
    receipt: str = field(repr=False)
    body: str = field(repr=False)
    reason: str
    set_aside_at: datetime
    event: Event | None


@dataclass(frozen=True, kw_only=True)
class Redriven:
    """What is back on its queue, and what was left where it was."""

    gone: tuple[DeadLetter, ...]
    left: tuple[DeadLetter, ...]


class DeadLetters(Protocol):
    """The messages that one flow has set aside. All methods raise TryLater when the queue does not answer."""

    def count(self) -> int:
        """How many there are, about."""
        ...

    def all(self) -> Sequence[DeadLetter]:
        """Every one of them, the oldest first; nothing is changed."""
        ...

    def redrive(self, only: Collection[str] | None, *, now: datetime) -> Redriven:
        """Brings messages back to their queue: those with these ids, or every one that can be read.

        What is set aside after `now` stays: it has just failed again. May be broken off and done again.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class RulesAsPut:
    """One version of a parameter with rules, whether they can be used or not."""

    version: int
    text: str = field(repr=False)
    put_at: datetime
    by: str


class RulesStorage(Protocol):
    """Rules as they were put. Both methods raise TryLater when the store does not answer."""

    def versions(self, name: str) -> Sequence[RulesAsPut]:
        """Every version that is remembered, the newest first. Raises LookupError when there are no such rules."""
        ...

    def put(self, name: str, text: str) -> int:
        """Puts rules in force and gives their version; they must have been checked."""
        ...


class FlowsAtWork(Protocol):
    """The flows of the stack, and what waits in them. All methods raise TryLater when the world does not answer."""

    @property
    def names(self) -> tuple[str, ...]:
        """The flows that are deployed."""
        ...

    @property
    def ruled(self) -> tuple[str, ...]:
        """Every function that has rules of its own: the flows, and the console."""
        ...

    def dead_letters(self, flow: str) -> DeadLetters:
        """What a flow has set aside."""
        ...

    def held(self, flow: str) -> Sequence[Held]:
        """What a flow holds, the oldest first."""
        ...

    def stopped(self, flow: str) -> str | None:
        """Why a flow has stopped itself, or None."""
        ...

    def release(self, flow: str, rules: FlowRules) -> int:
        """Lets go what a flow holds, at the rules' pace, and says how many. Raises RuntimeError while it is on hold."""
        ...

    def troubles(self, *, since: datetime, most: int) -> Sequence[LogLine]:
        """What the functions have logged because somebody may have to look at it, the newest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """What a function has logged because somebody may have to look at it; `about` names records by id."""

    at: datetime
    service: str
    level: str
    what: str
    about: Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What somebody has changed through the console. `outcome` is how the request ended, None while nobody knows."""

    id: str
    at: datetime
    by: str
    operation: str
    about: Mapping[str, str]
    outcome: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """Some changes, the newest first; `next` leads to older ones, None when there are none."""

    changes: tuple[Change, ...]
    next: str | None


class Changes(Protocol):
    """Who has changed what through the console. All methods raise TryLater when the store does not answer."""

    def begin(self, change: Change) -> None:
        """Writes a change down before it is made."""
        ...

    def end(self, change: Change, *, outcome: int) -> None:
        """Writes down how it ended."""
        ...

    def newest(self, *, cursor: str | None, size: int) -> ChangePage:
        """The newest changes, or those older than the page before. Raises BadCursorError of ports.history."""
        ...
