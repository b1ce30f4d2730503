"""HubSpot, ITX and Metodika as slow as the real ones, each simulator in a process of its own.

`python -m infra.bench.vendors hubspot|itx|metodika SECONDS` prints its port.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import requests
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.simulators import hubspot, itx, metodika
from infra.simulators.serving import as_a_process

APPS: dict[str, Callable[[], ASGIApp]] = {
    "hubspot": lambda: hubspot.build(hubspot.Settings()),
    "itx": lambda: itx.build(itx.Settings()),
    "metodika": lambda: metodika.build(metodika.Settings()),
}


@contextmanager
def running(vendor: str, *, seconds: float) -> Iterator[str]:
    """A vendor whose answers take so long, on a free port of this machine while the block lasts; gives its address."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, vendor, str(seconds)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = f"http://127.0.0.1:{int(cast('IO[str]', process.stdout).readline())}"
            requests.get(f"{url}/_sim/log", timeout=10).raise_for_status()
            yield url
        finally:
            process.terminate()


def control(url: str, method: str, path: str, json: object = None) -> dict[str, Any]:
    """What the simulator's control plane answers."""
    response = requests.request(method, f"{url}/_sim/{path}", json=json, timeout=60)
    response.raise_for_status()
    answer: dict[str, Any] = response.json() if response.content else {}
    return answer


def slow(app: ASGIApp, seconds: float) -> ASGIApp:
    """The same application, each answer after so long; its control plane answers at once."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/_sim/"):
            await asyncio.sleep(seconds)
        await app(scope, receive, send)

    return answer


if __name__ == "__main__":
    as_a_process(slow(APPS[sys.argv[1]](), float(sys.argv[2])), port=0, port_file=None)
