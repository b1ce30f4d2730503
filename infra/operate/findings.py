"""What a check finds: in order, worth knowing, wrong, or put right just now."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from infra.operate.connection import Connection
from infra.operate.output import Problem
from kundeflyt.ports.failures import Failure

State = Literal["ok", "note", "wrong", "fixed"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. `then` is what to do next, where there is something to do."""

    area: str
    state: State
    says: str
    then: str = ""

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def fine(area: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding(area=area, state="ok", says=says)


def worth_knowing(area: str, says: str, then: str = "") -> Finding:
    """It may be meant so."""
    return Finding(area=area, state="note", says=says, then=then)


def trouble(area: str, says: str, then: str = "") -> Finding:
    """It is not as it should be."""
    return Finding(area=area, state="wrong", says=says, then=then)


def mended(area: str, says: str) -> Finding:
    """It was not as it should be, and is now."""
    return Finding(area=area, state="fixed", says=says)


Check = Callable[[Connection, bool], Iterable[Finding]]
"""Looks at one part of a stack; mends what it can when it is told to."""


def found(stack: Connection, fix: bool, checks: Iterable[tuple[str, Check]]) -> Iterator[Finding]:
    """What all checks find; one that cannot be made is itself something wrong, and stops no other."""
    for area, check in checks:
        try:
            yield from check(stack, fix)
        except (Problem, Failure) as told:
            yield trouble(area, str(told))
        except (BotoCoreError, ClientError) as error:
            yield trouble(area, f"AWS did not say: {error}")
        except KeyError as lacking:
            yield trouble(area, f"The stack has no output {lacking}.", "Deploy this version of it.")
