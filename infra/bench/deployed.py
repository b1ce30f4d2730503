"""A function with the environment that the template gives it, AWS played by a stub; and what one invocation takes."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.bench import aws_stub
from infra.bench.aws_stub import Stub
from infra.bench.template import variables_of
from infra.simulators import hubspot, itx, metodika


@dataclass(frozen=True, kw_only=True)
class Write:
    """An item written: its bytes, and which attributes were there, are there now, and were changed."""

    size: int
    was: Sequence[str] = ()
    now: Sequence[str] = ()
    changed: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Run:
    """One invocation, as far as AWS charges for it.

    `seconds` by the clock, `cpu_seconds` on the processor; `writes` are the items written, `sent` messages to other
    queues.
    """

    seconds: float
    cpu_seconds: float
    log_bytes: int
    log_lines: int
    entries: int
    reads: int
    writes: Sequence[Write]
    sent: int = 0


@dataclass(frozen=True)
class Deployed:
    """Where a function's requests to AWS and its log lines go."""

    stub: Stub
    log: io.StringIO

    def measured(self, invoke: Callable[[], object]) -> Run:
        """Invokes once."""
        self.stub.forget()
        before = len(self.log.getvalue())
        wall, cpu = time.perf_counter(), time.process_time()
        invoke()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        lines = self.log.getvalue()[before:]
        counted = self.stub.counted()
        return Run(
            seconds=wall,
            cpu_seconds=cpu,
            log_bytes=len(lines.encode()),
            log_lines=lines.count("\n"),
            entries=counted["entries"],
            reads=counted["reads"],
            sent=counted["sent"],
            writes=[Write(**write) for write in counted["written"]],
        )


@contextmanager
def deployed(
    function: str,
    environment: Mapping[str, str],
    *,
    secret: Mapping[str, Any],
    rules: Mapping[str, Any] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Iterator[Deployed]:
    """Makes this process a function's while the block lasts, its log lines kept apart from the figures.

    What the template names beside `environment` is given some value; nothing is mailed. `rules` are SSM's parameters by
    the end of their names, `seconds` how long a service of AWS takes to answer.
    """
    log = io.StringIO()
    with aws_stub.running(secret, rules=rules, seconds=seconds) as stub, redirect_stdout(log):
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "eu-north-1",
            "AWS_ENDPOINT_URL": stub.url,
            **dict.fromkeys(variables_of(function), "bench"),
            "MAIL_SENDER": "",
            **environment,
        }
        yield Deployed(stub, log)


def deployed_with_vendors(
    function: str,
    *,
    hubspot_url: str,
    itx_url: str = "http://nobody.example",
    metodika_url: str = "",
    lease_seconds: int = 120,
    rules: Mapping[str, Any],
    seconds: Mapping[str, float] | None = None,
) -> AbstractContextManager[Deployed]:
    """As `deployed`, of a flow whose vendors are the simulators; an empty `metodika_url` is a stack without one."""
    return deployed(
        function,
        {
            "STAGE": "test",
            "RULES_PREFIX": "/kundeflyt/rules",
            "HUBSPOT_BASE_URL": hubspot_url,
            "ITX_BASE_URL": itx_url,
            "METODIKA_BASE_URL": metodika_url,
            "LEASE_SECONDS": f"{lease_seconds}",
            "RULES_SECONDS": "60",
        },
        secret={
            "hubspot_access_token": hubspot.Settings().access_token,
            "hubspot_portal_id": hubspot.Settings().portal_id,
            "itx_key": itx.Settings().key,
            "metodika_token": metodika.Settings().token,
            "number_hmac_keys": ["of the bench"],
        },
        rules=rules,
        seconds=seconds,
    )


def message(name: str, record_id: int, *, portal_id: int, now: datetime) -> Mapping[str, Any]:
    """What SQS hands over of one event on the bus, the first time."""
    event = {
        "name": name,
        "portal_id": portal_id,
        "record_id": record_id,
        "occurred_at": now.isoformat(),
        "received_at": now.isoformat(),
        "round": 0,
    }
    return {
        "messageId": f"message about {record_id}",
        "receiptHandle": f"receipt about {record_id}",
        "body": json.dumps({"detail-type": name, "detail": event}),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": str(int(now.timestamp() * 1000)),
        },
    }
