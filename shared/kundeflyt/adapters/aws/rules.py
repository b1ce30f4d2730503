"""The rules that business people change without a deployment, read from SSM."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel, ValidationError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.domain.rules import CommonRules, FlowRulesT
from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NO_GOOD_RULES: Final = timedelta(minutes=5)

_OUR_CHECKS: Final = frozenset({"value_error", "assertion_error"})

ModelT = TypeVar("ModelT", bound=BaseModel)
Rejected = Callable[[str, str], None]


class RulesError(ValueError):
    """The value is not rules; says where and why, and quotes nothing of it (a pilot's numbers may stand there)."""


def parse_rules(text: str, model: type[ModelT]) -> ModelT:
    """Rules are JSON with known keys, each once; what is left out has its default. Raises RulesError."""
    try:
        return model.model_validate(json.loads(text, object_pairs_hook=_each_key_once))
    except ValidationError as error:
        raise RulesError("; ".join(_complaint(one["loc"], one["type"], one["msg"]) for one in _errors(error))) from None
    except json.JSONDecodeError as error:
        raise RulesError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise RulesError("not JSON that can be read: it is nested too deep") from None


class RulesStore(Generic[FlowRulesT]):
    """A broken value never takes effect: the last good one stays, and operations hears of it.

    Reads `<prefix>/common` and `<prefix>/<flow>`, each at most once in `kept_seconds`, but each time while the flow is
    not on. `{}` means the defaults; a parameter that is missing does not, for a lost pilot list must not let everybody
    be texted. `rejected` is told the parameter's name and what is wrong with it, at each reading while it lasts;
    `clock` counts seconds.
    """

    def __init__(
        self,
        client: SSMClient,
        *,
        prefix: str,
        flow: str,
        model: type[FlowRulesT],
        rejected: Rejected,
        kept_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._kept: tuple[CommonRules, FlowRulesT] | None = None
        self._read_at = 0.0
        self._common = _Parameter(client, f"{prefix}/common", CommonRules, rejected)
        self._flow = _Parameter(client, f"{prefix}/{flow}", model, rejected)

    def current(self) -> tuple[CommonRules, FlowRulesT]:
        """The common rules and the flow's own.

        Raises TryLater when SSM is silent, when a parameter is missing and when it has never held a good value. The
        first two also with older rules at hand: they may be the very ones somebody has just put a stop to.
        """
        now = self._clock()
        # Hold and shadow are never taken from memory: what is held, or only shown, after somebody has put the flow on
        # stays so for good.
        if self._kept is None or self._kept[1].mode != "on" or now - self._read_at >= self._kept_seconds:
            self._kept = self._common.read(), self._flow.read()
            self._read_at = now
        return self._kept


class _Parameter(Generic[ModelT]):
    def __init__(self, client: SSMClient, name: str, model: type[ModelT], rejected: Rejected) -> None:
        self._client = client
        self._name = name
        self._model = model
        self._rejected = rejected
        self._good: ModelT | None = None

    def read(self) -> ModelT:
        self._good = self._read()
        return self._good

    def _read(self) -> ModelT:
        text = self._newest()
        if text is None:
            self._rejected(self._name, "is missing")
            raise TryLater(f"{self._name} is missing: put the rules there again", after=NO_GOOD_RULES)
        try:
            return parse_rules(text, self._model)
        except RulesError as error:
            self._rejected(self._name, str(error))
            return self._good or self._newest_good()

    def _newest(self) -> str | None:
        with waiting_may_help("SSM"):
            try:
                return self._client.get_parameter(Name=self._name)["Parameter"]["Value"]
            except ClientError as error:
                if error_code(error) == "ParameterNotFound":
                    return None
                raise

    def _newest_good(self) -> ModelT:
        """A new process did not see the last good value; SSM keeps the last hundred."""
        with waiting_may_help("SSM"):
            pages = self._client.get_paginator("get_parameter_history").paginate(Name=self._name)
            versions = [version for page in pages for version in page["Parameters"]]
        for version in sorted(versions, key=lambda version: version["Version"], reverse=True):
            try:
                return parse_rules(version["Value"], self._model)
            except RulesError:
                continue
        raise TryLater(f"{self._name} has never held rules that can be used: put good ones there", after=NO_GOOD_RULES)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise RulesError(f"{', '.join(map(_place, twice))}: stands there twice")
    return found


def _errors(error: ValidationError) -> Sequence[Any]:
    return error.errors(include_url=False, include_context=False, include_input=False)


def _complaint(place: Sequence[int | str], kind: str, message: str) -> str:
    # A check of our own may quote the value in its words.
    return f"{'.'.join(map(_place, place)) or 'the whole'}: {kind if kind in _OUR_CHECKS else message}"


def _place(part: int | str) -> str:
    """A name or a row's number; another key may itself be somebody's number or address."""
    return str(part) if isinstance(part, int) or part.isidentifier() else "a key that is no name"
