from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def counts(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, float]]:
    """Reads the counts that were reported to CloudWatch since it was last asked."""

    def read() -> dict[str, float]:
        seen: dict[str, float] = {}
        for line in capsys.readouterr().out.splitlines():
            try:
                record: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            for metric in record.get("_aws", {}).get("CloudWatchMetrics", [{}])[0].get("Metrics", []):
                seen[metric["Name"]] = seen.get(metric["Name"], 0) + sum(record[metric["Name"]])
        return seen

    return read
