"""What the functions have logged because somebody may have to look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.ports.operations import LogLine

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# A notice has `flow`; levels below WARNING are the ordinary course of things. The emulator lets all lines through.
PATTERN: Final = '{ ($.level = "ERROR") || ($.level = "WARNING") || ($.level = "CRITICAL") || ($.flow = "*") }'
LOUD: Final = frozenset({"WARNING", "ERROR", "CRITICAL"})
ORDINARY: Final = frozenset({"EmailPutOff", "EventHeld", "TriedLater"})
"""Notices that tell of what will mend itself or what somebody wished; they have counts, and a page of their own."""
MOST_PAGES: Final = 5


class FunctionLogs:
    """The logs of all functions; `groups` are their log groups by the function's name. Raises TryLater."""

    def __init__(self, client: CloudWatchLogsClient, groups: Mapping[str, str]) -> None:
        self._client = client
        self._groups = groups

    def troubles(self, *, since: datetime, most: int) -> Sequence[LogLine]:
        """The newest lines that tell of trouble, the newest first; a function that has logged nothing has none."""
        with ThreadPoolExecutor(max_workers=8) as threads:
            found = threads.map(lambda group: list(self._lines(group[0], group[1], since)), self._groups.items())
            lines = [line for of_group in found for line in of_group]
        return sorted(lines, key=lambda line: line.at, reverse=True)[:most]

    def _lines(self, service: str, group: str, since: datetime) -> Iterator[LogLine]:
        request: dict[str, Any] = {
            "logGroupName": group,
            "startTime": int(since.timestamp() * 1000),
            "filterPattern": PATTERN,
        }
        for _ in range(MOST_PAGES):
            with waiting_may_help("CloudWatch Logs"):
                try:
                    page = self._client.filter_log_events(**request)
                except ClientError as error:
                    if error_code(error) == "ResourceNotFoundException":
                        return
                    raise
            for event in page["events"]:
                line = _line(service, event["timestamp"], event["message"])
                if line:
                    yield line
            if "nextToken" not in page:
                return
            request["nextToken"] = page["nextToken"]


def _line(service: str, timestamp: int, message: str) -> LogLine | None:
    """The line, if it tells of trouble. What is no line of ours, as Lambda's own, is left out."""
    try:
        said = json.loads(message)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    level, what = str(said.get("level", "")), str(said.get("message", ""))
    notice = "flow" in said and what not in ORDINARY
    if level not in LOUD and not notice:
        return None
    about = said.get("about")
    return LogLine(
        at=datetime.fromtimestamp(timestamp / 1000, UTC),
        service=service,
        level="NOTICE" if level not in LOUD else level,
        what=what[:200],
        about={str(name): value for name, value in about.items() if isinstance(value, str | int)}
        if isinstance(about, dict)
        else {},
    )
