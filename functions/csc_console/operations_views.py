"""What the console is told and what it asks about the state of the flows, as the API's contract shows it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from csc_console.views import View
from kundeflyt.domain.rules import Mode


class FlowView(View):
    """How a flow stands: by its rules (`mode`), whether it has stopped itself, and what waits.

    `mode` is None when its rules cannot be used at all; `rules_problem` tells what is wrong with the newest.
    """

    name: str
    mode: Mode | None
    stopped_because: str | None = None
    held: int
    dead_letters: int
    rules_version: int | None = None
    rules_problem: str | None = None


class Flows(View):
    """Every flow of the stack."""

    flows: tuple[FlowView, ...]
    as_of: AwareDatetime


class HeldView(View):
    """An event that waits to be released."""

    id: str
    event: str
    subject: str
    reason: str
    received_at: AwareDatetime
    held_at: AwareDatetime


class HeldEvents(View):
    """What a flow holds, the oldest first; at most 200 of `total`."""

    flow: str
    total: int
    held: tuple[HeldView, ...]


class Released(View):
    """How many events were let go, and how many of them a minute are worked."""

    flow: str
    released: int
    per_minute: int


class DeadLetterView(View):
    """A message that was set aside, with the reason. `event` is None when nobody can read it."""

    id: str
    set_aside_at: AwareDatetime
    reason: str
    event: str | None = None
    subject: str | None = None


class DeadLetters(View):
    """What a flow has set aside, the oldest first."""

    flow: str
    dead_letters: tuple[DeadLetterView, ...]


class Redrive(View):
    """Which messages go back to their queue: those named, or every one that can be read."""

    ids: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=100)] | None = None


class Redriven(View):
    """What is back on its queue, and what was left."""

    flow: str
    redriven: tuple[DeadLetterView, ...]
    left: tuple[DeadLetterView, ...]
    missing: tuple[str, ...] = ()


class ErrorView(View):
    """One thing that operations was told, by record ids."""

    at: AwareDatetime
    service: str
    level: str
    what: str
    about: dict[str, str | int] = Field(default_factory=dict)


class Errors(View):
    """What went wrong lately, the newest first; `since` is how far back was looked."""

    since: AwareDatetime
    errors: tuple[ErrorView, ...]


class RulesVersion(View):
    """Rules as somebody put them; phone numbers are masked. `problem` tells why they are not used."""

    version: int
    put_at: AwareDatetime
    by: str
    problem: str | None = None
    rules: dict[str, Any] | None = None


class RulesView(View):
    """The rules of a flow (or `common`): what is in force, and every version that is remembered, the newest first."""

    name: str
    in_force: int | None
    versions: tuple[RulesVersion, ...]


class AllRules(View):
    """The rules there are, each with its newest version and the one in force."""

    rules: tuple[RulesView, ...]


class RollBack(View):
    """Put an earlier version in force again. `version` is the newest that the person has seen."""

    to: Annotated[int, Field(gt=0, lt=2**31)]
    version: Annotated[int, Field(gt=0, lt=2**31)]


class ChangeView(View):
    """A change that somebody made through the console: `outcome` is how the request ended (an HTTP status)."""

    at: AwareDatetime
    by: str
    operation: str
    about: dict[str, str]
    outcome: int | None = None


class Changes(View):
    """Every change made through the console, the newest first."""

    changes: tuple[ChangeView, ...]
    next: str | None = None
