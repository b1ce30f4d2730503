"""The few answers of AWS that the front door waits for, from a process of their own that keeps nobody waiting.

`python -m infra.bench.aws_stub` writes its address on the first line and answers until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Final, cast

HANDED_OVER: Final = "BENCH_STACK_VALUES"


def _put_events(request: Mapping[str, Any]) -> dict[str, Any]:
    return {"FailedEntryCount": 0, "Entries": [{"EventId": f"event-{n}"} for n in range(len(request["Entries"]))]}


def _secret(request: Mapping[str, Any]) -> dict[str, Any]:
    return {"Name": request["SecretId"], "SecretString": os.environ[HANDED_OVER]}


def _parameter(request: Mapping[str, Any]) -> dict[str, Any]:
    return {"Parameter": {"Name": request["Name"], "Type": "String", "Value": "-"}}


_ANSWERS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "AWSEvents.PutEvents": _put_events,
    "secretsmanager.GetSecretValue": _secret,
    "AmazonSSM.GetParameter": _parameter,
}


class _Connection(asyncio.Protocol):
    """One kept-alive connection; each answer is one write, and asyncio's sockets do not wait to fill a packet."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        headers = dict(_header(line) for line in head.decode("latin-1").split("\r\n")[1:])
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._received = rest[length:]
        answer = json.dumps(_ANSWERS[headers["x-amz-target"]](json.loads(rest[:length]))).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(answer), answer)
        )


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


@contextmanager
def running(secret: Mapping[str, Any]) -> Iterator[str]:
    """The stub runs on a free port of this machine while the block lasts, with this as the stack's secret."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {HANDED_OVER: json.dumps(secret)},
    ) as process:
        try:
            yield cast("IO[str]", process.stdout).readline().strip()
        finally:
            cast("IO[str]", process.stdin).close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
