"""What AWS charges, by the dated table in prices.json, and what a function's run comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, Final

from infra.bench.deployed import Run
from infra.bench.template import indexes, lambda_writes_of_each_call, memory_of

A_KILOBYTE: Final = 1024
A_GIGABYTE: Final = 1024**3

Bill = Mapping[str, float]
"""USD by what is charged for."""


@cache
def price(name: str) -> float:
    """USD for one unit."""
    return float(_table()["prices"][name]["usd"])


@cache
def assumed(name: str) -> float:
    """A number nobody can measure here: how quick the vendors are, how much comes in a month."""
    return float(_table()["assumptions"][name])


def bill_of(run: Run, function: str) -> Bill:
    """What one invocation of a function of the template costs, besides what called it."""
    memory, seconds = memory_of(function), seconds_there(run, function)
    lines, log_bytes = float(run.log_lines), float(run.log_bytes)
    if lambda_writes_of_each_call():
        lines += assumed("platform_log_lines_an_invocation")
        log_bytes += assumed("platform_log_bytes_an_invocation")
    log_bytes += lines * assumed("bytes_a_log_line_is_billed_more")
    return {
        "Lambda requests": price("lambda_request"),
        "Lambda time": memory / 1024 * seconds * price("lambda_gb_second"),
        "logs": log_bytes / A_GIGABYTE * price("logs_gigabyte"),
        "EventBridge": run.entries * price("eventbridge_custom_event"),
        "DynamoDB writes": write_units(run) * price("dynamodb_write_unit"),
        "DynamoDB reads": run.reads * price("dynamodb_read_unit"),
    }


def seconds_there(run: Run, function: str) -> float:
    """How long an invocation takes with the share of a processor that the function's memory gives it."""
    return run.seconds + run.cpu_seconds * (assumed("mb_of_a_whole_processor") / memory_of(function) - 1)


def write_units(run: Run) -> int:
    """One for each begun kilobyte of every item written, and for what each index takes in or lets go of with it.

    An index changes when the item gets or loses the attributes it is sorted by, or gets others: then one that was in
    it goes and another comes.
    """
    units = sum(ceil(write.size / A_KILOBYTE) for write in run.writes)
    for index in indexes():
        keys = {key["AttributeName"] for key in index["KeySchema"]}
        whole = index["Projection"]["ProjectionType"] == "ALL"
        for write in run.writes:
            was, now = keys <= set(write.was), keys <= set(write.now)
            moved = was != now or not keys.isdisjoint(write.changed)
            entries = (was + now) if moved else int(whole and now)
            units += entries * (ceil(write.size / A_KILOBYTE) if whole else 1)
    return units


def summed(*bills: tuple[Bill, float]) -> Bill:
    """Bills together, each so many times."""
    total: dict[str, float] = {}
    for bill, times in bills:
        for name, usd in bill.items():
            total[name] = total.get(name, 0.0) + usd * times
    return total


def in_words(bill: Bill) -> str:
    """USD for a million, the dearest first."""
    parts = sorted(bill.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {usd * 1e6:.2f}" for name, usd in parts)


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads((Path(__file__).parent / "prices.json").read_text())
    return table
