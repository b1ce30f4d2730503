"""What every door does with a request from API Gateway, whoever posted it."""

from __future__ import annotations

import base64
import json
import os
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.kept import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from kundeflyt.adapters.aws.inspection import InspectionStore

LARGEST_BODY: Final = 2**20
# No id or time of a vendor's comes near this many digits, and Python refuses to read a number of thousands.
LONGEST_NUMBER: Final = 40
NOTED_ITEMS: Final = 50

JSON_HEADERS: Final = {"Content-Type": "application/json"}
logger = Logger()
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "kundeflyt"))

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What API Gateway handed over, with the body as the bytes that were posted.

    `path` is the API's own for it, without domain and stage; `own_url` is None where the request names no domain.
    """

    headers: Mapping[str, str]
    method: str
    path: str
    body: bytes
    query: str
    own_url: str | None

    @classmethod
    def from_gateway(cls, event: Mapping[str, Any]) -> Request:
        """Reads an HTTP API's event (payload 2.0); what is not there is empty."""
        context = event.get("requestContext") or {}
        http = context.get("http") or {}
        domain, path = context.get("domainName"), http.get("path")
        method, _, route = str(event.get("routeKey") or "").partition(" ")
        return cls(
            headers=_headers(event),
            method=str(http.get("method") or method or "POST"),
            path=route or str(event.get("rawPath") or ""),
            body=_body(event),
            query=_query(event),
            own_url=f"https://{domain}{path}" if domain and path else None,
        )


class Door(ABC):
    """A vendor posts to it, and is answered whatever happens: counted, logged without a word of the request.

    `clock` gives the time at which a request was received, aware.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def __call__(self, event: Mapping[str, Any], context: object) -> Answer:
        """Answers one request; every outcome is counted under the names in the function's README.

        503: AWS or the stack's set-up failed us; the vendor sends the request again.
        """
        counts = Counter(Requests=1)
        try:
            answer = self._answer(Request.from_gateway(event), self._clock(), counts)
        except (TryLater, ConfigurationError):
            counts["Unavailable"] += 1
            logger.exception("the request could not be taken; its sender sends it again")
            answer = error(503, "unavailable", "the request could not be taken now; send it again")
        for name, count in counts.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        # On the line that CloudWatch reads the counts from: each request logs one line.
        metrics.add_metadata("status", answer["statusCode"])
        metrics.add_metadata("aws_request_id", getattr(context, "aws_request_id", None))
        metrics.flush_metrics()
        return answer

    @abstractmethod
    def _answer(self, request: Request, now: datetime, counts: Counter[str]) -> Answer:
        """The answer to one request; counts what becomes of it. Raises TryLater or ConfigurationError."""


def read_json(body: bytes) -> object:
    """What a body says in JSON; raises ValueError when it is none that can be read."""
    try:
        return _read(body)
    except RecursionError:
        raise ValueError("the body's JSON is nested too deeply to be read") from None


def _read(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        # Perhaps only for a number that Python does not read; asking about each number is slow.
        return json.loads(body, parse_int=_number)


def keep(
    inspection: InspectionStore, body: bytes, reason: str, malformed: list[tuple[int, str]], counts: Counter[str]
) -> None:
    """Stores a signed request for a person to look at, and counts it: somebody's call or message may be in it.

    `malformed` are places of items and what they lack.
    """
    note = "; ".join(f"item {place}: {defect}" for place, defect in malformed[:NOTED_ITEMS])
    key = inspection.keep(body, reason=reason, note=note)
    counts["KeptForInspection"] += 1
    logger.warning("stored a signed request for inspection", key=key)


def metric(kind: str, reason: str) -> str:
    """The name under which a reason is counted, such as RefusedNoTimestamp."""
    return kind + "".join(word.capitalize() for word in reason.split("_"))


def error(status: int, name: str, message: str) -> Answer:
    """An answer that says what was wrong, for whoever reads the sender's log."""
    return {"statusCode": status, "headers": JSON_HEADERS, "body": json.dumps({"error": name, "message": message})}


def _number(digits: str) -> int | None:
    """A number too long to be one makes its own item unreadable, not the whole request."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else None


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Headers by their lower-case name; one that was sent twice has both values, with a comma between."""
    headers = event.get("headers") or {}
    return {name.lower(): value for name, value in headers.items() if isinstance(value, str)}


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            return b""  # nothing that was posted: no signature fits it
    return str(text).encode("utf-8", "surrogatepass")


def _query(event: Mapping[str, Any]) -> str:
    """The query string as it was posted."""
    query = str(event.get("rawQueryString") or "")
    return f"?{query}" if query else ""
