"""What every simulated vendor has around its API: a request log, and faults that a test orders in advance."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.simulators import clock

Json = dict[str, Any]
CONTROL = "/_sim/"


class BadControl(ValueError):
    """The control plane was asked for something it does not understand; the text says what it expects."""


@dataclass(kw_only=True)
class Fault:
    """What shall go wrong with coming requests. Seconds for `hang`."""

    match: str = ""
    times: int = 1
    status: int | None = None
    hang: float | None = None
    drop: bool = False
    after_effect: bool = False
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, order: Json) -> "Fault":
        """The fault as ordered; raises BadControl when a key is unknown or nothing would go wrong."""
        unknown = sorted(set(order) - set(cls.__dataclass_fields__))
        if unknown:
            raise BadControl(f"unknown keys {unknown}; known are {sorted(cls.__dataclass_fields__)}")
        fault = cls(**order)
        if fault.status is None and fault.hang is None and not fault.drop:
            raise BadControl("say what shall go wrong: status, hang or drop")
        return fault


@dataclass(kw_only=True)
class LoggedRequest:
    """One request a vendor received.

    `size` is the number of rows in a batch, 1 for anything else; `after` is how far into a list it asks to go on.
    """

    at: str
    method: str
    path: str
    size: int
    after: int = 0
    status: int | None = None
    milliseconds: float | None = None
    fault: bool = False


class Shell:
    """Stands in front of a simulated API: logs, lets ordered faults happen, asks the gate, then passes on."""

    def __init__(
        self,
        api: ASGIApp,
        gate: Callable[[str, str, dict[bytes, bytes]], Response | None],
        *,
        extra_headers: Callable[[str], dict[str, str]] = lambda _path: {},
    ) -> None:
        self._api = api
        self._gate = gate
        self._extra_headers = extra_headers
        self.faults: list[Fault] = []
        self.log: list[LoggedRequest] = []

    def forget(self) -> None:
        """Empties the log and cancels the faults still to come."""
        self.faults.clear()
        self.log.clear()

    def log_as_json(self, *, match: str = "") -> Json:
        """The requests whose "METHOD /path" contains the match, oldest first, and how many they are."""
        requests = [asdict(seen) for seen in self.log if match in f"{seen.method} {seen.path}"]
        return {"count": len(requests), "requests": requests}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one ASGI request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._api(scope, receive, send)
            return
        body = await _read(receive)
        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        size, after = _asked(body)
        seen = LoggedRequest(at=clock.iso(clock.now()), method=scope["method"], path=path, size=size, after=after)
        self.log.append(seen)
        started = asyncio.get_running_loop().time()

        async def note_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                seen.milliseconds = round((asyncio.get_running_loop().time() - started) * 1000, 1)
                extra = self._extra_headers(scope["path"])
                message["headers"] += [(name.encode(), value.encode()) for name, value in extra.items()]
            await send(message)

        fault = self._take(f"{scope['method']} {path}")
        if fault is not None:
            seen.fault = True
        if fault is None or fault.after_effect:
            refusal = self._gate(scope["method"], scope["path"], dict(scope["headers"]))
            answer = refusal if refusal is not None else self._api
            await answer(scope, _replay(body, receive), note_and_send if fault is None else _swallow)
        if fault is not None:
            await _go_wrong(fault, scope, receive, send, note_and_send)

    def _take(self, request: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.match in request:
                fault.times -= 1
                return fault
        return None


async def _go_wrong(fault: Fault, scope: Scope, receive: Receive, raw: Send, noted: Send) -> None:
    if fault.hang is not None and await _gone_within(fault.hang, receive):
        return
    if fault.status is None:
        await _hang_up(raw, receive)
        return
    body = fault.body
    if body is None:
        body = {
            "status": "error",
            "code": "SIMULATED",
            "category": "SIMULATED",
            "correlationId": "00000000-0000-4000-8000-000000000000",
            "message": f"The simulator was told to answer {fault.status}.",
        }
    await JSONResponse(body, fault.status, headers=fault.headers)(scope, receive, noted)


async def _gone_within(seconds: float, receive: Receive) -> bool:
    """Whether the caller lost patience before the seconds were over."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def _hang_up(send: Send, receive: Receive) -> None:
    # ASGI has no word for closing the connection unanswered, so the server's own transport is reached for.
    getattr(send, "__self__").transport.abort()  # noqa: B009 not part of the ASGI type
    while (await receive())["type"] != "http.disconnect":
        pass


async def _swallow(_message: Message) -> None:
    pass


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _asked(body: bytes) -> tuple[int, int]:
    """How many rows, and how far into a list."""
    try:
        content = json.loads(body)
    except ValueError:
        return 1, 0
    if not isinstance(content, dict):
        return 1, 0
    inputs, after = content.get("inputs"), str(content.get("after"))
    return len(inputs) if isinstance(inputs, list) else 1, int(after) if after.isdecimal() else 0
