"""Every version of the rules that SSM remembers, and putting one in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.adapters.aws.rules import RulesError, parse_rules
from kundeflyt.ports.operations import RulesAsPut

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

MOST_BYTES: Final = 4096
"""A standard parameter of SSM holds no more."""
MASK: Final = "****"

ModelT = TypeVar("ModelT", bound=BaseModel)


class NoSuchRulesError(LookupError):
    """There is no parameter with these rules; its text is the parameter's name."""


class RulesHistory:
    """The rules below one prefix, as they were put. Raises TryLater when SSM does not answer."""

    def __init__(self, client: SSMClient, *, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def parameter(self, name: str) -> str:
        """Where the rules of a flow (or `common`) stand."""
        return f"{self._prefix}/{name}"

    def versions(self, name: str) -> Sequence[RulesAsPut]:
        """Every version SSM remembers (a hundred), the newest first. Raises NoSuchRulesError."""
        with waiting_may_help("SSM"):
            try:
                pages = self._client.get_paginator("get_parameter_history").paginate(Name=self.parameter(name))
                found = [version for page in pages for version in page["Parameters"]]
            except ClientError as error:
                if error_code(error) == "ParameterNotFound":
                    raise NoSuchRulesError(self.parameter(name)) from None
                raise
        versions = [
            RulesAsPut(
                version=int(one["Version"]),
                text=one["Value"],
                put_at=one["LastModifiedDate"],
                by=str(one.get("LastModifiedUser", "")).rsplit("/", 1)[-1],
            )
            for one in found
        ]
        return sorted(versions, key=lambda one: one.version, reverse=True)

    def put(self, name: str, text: str) -> int:
        """Puts rules in force, within a minute, and gives their version; they must have been checked."""
        with waiting_may_help("SSM"):
            answer = self._client.put_parameter(Name=self.parameter(name), Value=text, Type="String", Overwrite=True)
        return int(answer["Version"])


def newest_good(versions: Sequence[RulesAsPut], model: type[ModelT]) -> tuple[RulesAsPut, ModelT] | None:
    """The version that is in force, as the functions use it; None when there has never been a good one."""
    for version in versions:
        try:
            return version, parse_rules(version.text, model)
        except RulesError:
            continue
    return None


def complaint(text: str, model: type[BaseModel]) -> str | None:
    """Why the functions would not use these rules, quoting none of it; None when they would."""
    if len(text.encode()) > MOST_BYTES:
        return f"{len(text.encode())} bytes, and {MOST_BYTES} at most may be"
    try:
        parse_rules(text, model)
    except RulesError as wrong:
        return str(wrong)
    return "a masked number stands in it" if MASK in text else None


def earlier(versions: Sequence[RulesAsPut], model: type[BaseModel], *, to: int | None = None) -> RulesAsPut | None:
    """The version to go back to: `to`, or the last good one that differs from the newest; None when there is none."""
    newest, *older = versions
    good = (one for one in older if complaint(one.text, model) is None and one.text != newest.text)
    return next((one for one in good if to is None or one.version == to), None)
