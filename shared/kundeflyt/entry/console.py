"""The console's door: a request from API Gateway in, an answer out, whatever happens. Reads the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kundeflyt.domain.rules import FlowRules
from kundeflyt.ports.console import ConsolePorts, SignInPage

RulesT = TypeVar("RulesT", bound=FlowRules)
RulesT_co = TypeVar("RulesT_co", bound=FlowRules, covariant=True)
Answer = dict[str, Any]


class World(Protocol[RulesT_co]):
    """What wiring has built for the console."""

    @property
    def sign_in(self) -> SignInPage:
        """Where people sign in."""
        ...

    def open(self) -> tuple[ConsolePorts, RulesT_co]:
        """Everything a request needs, and the rules now in force; raises TryLater."""
        ...

    def note(self, what: str, **ids: str | int) -> None:
        """Tells operations that something happened that somebody may have to look at."""
        ...

    def flush(self) -> None:
        """Lets operations have what was noted."""
        ...


def console_handler(
    answer: Callable[[Mapping[str, Any], object, World[RulesT], datetime], Answer],
    rules: type[RulesT],
    functions: Path,
) -> Callable[[Mapping[str, Any], object], Answer]:
    """The Lambda handler of the console: builds its world on first use.

    `answer` gets the request, Lambda's context, the world and the time; `functions` is the folder of all functions.
    """

    @lru_cache(maxsize=1)
    def world() -> World[RulesT]:
        from kundeflyt.wiring.console import build  # noqa: PLC0415 - reads the environment, which tests do not have

        return build(rules, functions, clock=_now)

    def handle(event: Mapping[str, Any], context: object) -> Answer:
        built = world()
        try:
            return answer(event, context, built, _now())
        finally:
            built.flush()

    return handle


def _now() -> datetime:
    return datetime.now(UTC)
