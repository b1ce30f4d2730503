"""How a fake is told to go wrong, at the moment a test wants it to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from kundeflyt.ports.failures import Done, Failure

RowT = TypeVar("RowT")


@dataclass(frozen=True, kw_only=True)
class _Planned:
    error: BaseException
    after_effect: bool


@dataclass
class FailurePlan:
    """What the next uses of each method run into, and how often each was used."""

    asked: Counter[str] = field(default_factory=Counter)
    _planned: defaultdict[str, list[_Planned]] = field(default_factory=lambda: defaultdict(list))

    def fail_next(self, method: str, error: BaseException, *, times: int = 1, after_effect: bool = False) -> None:
        """The next `times` rows (writers) or calls (readers) of a method end with `error`.

        A writer's Failure becomes the row's outcome; anything else is raised, as a crash would be.
        With `after_effect` the work is done first, as when a vendor does it and its answer is lost.
        """
        self._planned[method] += [_Planned(error=error, after_effect=after_effect)] * times

    def ask(self, method: str) -> None:
        """Counts one call, and raises what was planned for it."""
        self.asked[method] += 1
        if self._planned[method]:
            raise self._planned[method].pop(0).error

    def row(self, method: str, effect: Callable[[], RowT]) -> RowT | Failure:
        """One row of a writer: its own outcome or finding, or what was planned for it."""
        planned = self._planned[method].pop(0) if self._planned[method] else None
        if planned is None or planned.after_effect:
            outcome = effect()
            if planned is None or not isinstance(outcome, Done):
                return outcome
        if isinstance(planned.error, Failure):
            return planned.error
        raise planned.error
