"""What the template gives the functions and the table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


@cache
def template() -> Mapping[str, Any]:
    """The template as written."""
    written: Mapping[str, Any] = yaml_parse(TEMPLATE.read_text())
    return written


def memory_of(function: str) -> int:
    """The megabytes of a function."""
    return int(_properties(function).get("MemorySize") or _globals()["MemorySize"])


def timeout_of(function: str) -> int:
    """The seconds a function may take, by the default of the parameter that says so."""
    parameter = _properties(function)["Timeout"]["Ref"]
    return int(template()["Parameters"][parameter]["Default"])


def variables_of(function: str) -> frozenset[str]:
    """The names of a function's environment variables."""
    return frozenset(_globals()["Environment"]["Variables"]) | frozenset(
        _properties(function)["Environment"]["Variables"]
    )


def indexes() -> list[Mapping[str, Any]]:
    """The ledger's indexes."""
    found: list[Mapping[str, Any]] = template()["Resources"]["LedgerTable"]["Properties"]["GlobalSecondaryIndexes"]
    return found


def lambda_writes_of_each_call() -> bool:
    """Whether Lambda's own lines about calls that went well come into the log, besides those about faults."""
    level: str = _globals().get("LoggingConfig", {}).get("SystemLogLevel", "INFO")
    return level != "WARN"


def _properties(function: str) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = template()["Resources"][function]["Properties"]
    return properties


def _globals() -> Mapping[str, Any]:
    shared: Mapping[str, Any] = template()["Globals"]["Function"]
    return shared
