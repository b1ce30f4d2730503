"""Everything the console needs of the outside, in one hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from kundeflyt.domain.events import Event
from kundeflyt.domain.links import Links
from kundeflyt.domain.rules import CommonRules
from kundeflyt.ports.cases import WorkedCases
from kundeflyt.ports.directory import Directory
from kundeflyt.ports.history import CustomerHistory
from kundeflyt.ports.operations import Changes, FlowsAtWork, RulesStorage


class Bus(Protocol):
    """Where the flows hear of what people do here."""

    def publish(self, events: Sequence[Event]) -> None:
        """Every event is on the bus when this returns; raises TryLater if even one may not be."""
        ...


@dataclass(frozen=True, kw_only=True)
class SignInPage:
    """Cognito's hosted page, and our client there. `tokens_last_minutes` is how long one token opens the API."""

    url: str
    client_id: str
    tokens_last_minutes: int


@dataclass(frozen=True, kw_only=True)
class ConsolePorts:
    """What the console is made of; `rule_models` tell what the rules of each function must look like."""

    cases: WorkedCases
    bus: Bus
    history: CustomerHistory
    directory: Directory
    changes: Changes
    flows: FlowsAtWork
    rules: RulesStorage
    rule_models: Mapping[str, type[BaseModel]]
    common: CommonRules
    portal_id: int

    @property
    def links(self) -> Links:
        """Where people open a record."""
        return Links(self.common.crm_url, self.portal_id)
