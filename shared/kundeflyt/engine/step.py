"""One action of one plan, on its way to a writer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from kundeflyt.domain.actions import Action, ActionRecord
from kundeflyt.ports.failures import Outcome, TryLater
from kundeflyt.ports.ledger import ActionKey, StoredPlan
from kundeflyt.ports.writers import Finding

ActionT = TypeVar("ActionT", bound=Action)


@dataclass(frozen=True, kw_only=True)
class Step:
    """An action that the ledger has let us start. `records` tells how the plan's earlier actions ended.

    `recipients_now` are the numbers and addresses we would write to if we decided now: the plan may be hours old.
    """

    key: ActionKey
    action: Action
    stored: StoredPlan
    records: Mapping[str, ActionRecord]
    recipients_now: frozenset[str]


def the_action(kind: type[ActionT], step: Step) -> ActionT:
    """The step's action, which its doer was made for; raises TypeError when it is another kind's."""
    if not isinstance(step.action, kind):
        raise TypeError(f"{step.key} is no {kind.__name__}")
    return step.action


@dataclass(frozen=True, kw_only=True)
class Stop:
    """The flow has put itself on hold: the event waits until somebody releases it.

    With `until` the flow goes on, and this event alone comes back by itself then, to be looked at afresh.
    """

    reason: str
    until: datetime | None = None


class Doer(Protocol):
    """Performs one kind of action."""

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """Performs the steps in as few vendor calls as possible; answers row by row."""
        ...

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """What came of steps that nobody heard the end of, in as few vendor calls; None when one was not done."""
        ...


class Repeatable:
    """A doer of what can be done again harmlessly."""

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Nobody is asked: what nobody heard the end of is done again."""
        return [None] * len(steps)


class OneByOne(Repeatable, ABC):
    """A doer that takes one step after the other, most often in a store of our own; without its answer, later."""

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """Each by itself: that one has to wait holds up no other."""
        return [self._now_or_later(step) for step in steps]

    @abstractmethod
    def _one(self, step: Step) -> Outcome | Stop:
        """Performs one step, or raises TryLater."""

    def _now_or_later(self, step: Step) -> Outcome | Stop:
        try:
            return self._one(step)
        except TryLater as failure:
            return failure
