"""What makes a folder a flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from kundeflyt.domain.actions import Plan
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import FlowRules, Rules
from kundeflyt.ports.readers import Readers

FactsT = TypeVar("FactsT")
RulesT = TypeVar("RulesT", bound=FlowRules)


@dataclass(frozen=True, kw_only=True)
class Flow(Generic[FactsT, RulesT]):
    """One routine: how its facts are read, and how it decides.

    `gather` reads what all the events need in as few vendor calls as possible. `basis` names what a decision stands
    on, so that a new state of the same call gets a plan of its own. `plan` is pure and total. `wishes`, where a flow
    has them, are what somebody has asked of us that neither a mode nor a silent vendor may delay: they are found in
    our own memory alone, and done before anything is read or decided.
    """

    name: str
    rules: type[RulesT]
    gather: Callable[[Sequence[Event], Readers, Rules[RulesT], datetime], Mapping[Event, FactsT]]
    basis: Callable[[FactsT], str]
    plan: Callable[[Event, FactsT, Rules[RulesT], datetime], Plan]
    wishes: Callable[[Sequence[Event], Readers, Rules[RulesT]], Mapping[Event, Plan]] | None = None


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The event is dealt with: performed, decided to be nothing, held or only shown."""


@dataclass(frozen=True, kw_only=True)
class Later:
    """The event goes back to its queue for a while."""

    after: timedelta
    reason: str


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Our own code failed on this event: code must change, a person has to look."""

    error: Exception


Result = Finished | Later | Broken
