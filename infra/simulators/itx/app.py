"""The web application that plays ITX: its API after the contract, and the control plane."""

import asyncio
import hmac
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.simulators.itx.contract import Contract
from infra.simulators.itx.gateway import REFUSED, Gateway
from infra.simulators.itx.settings import Settings
from infra.simulators.shell import BadControl, Fault, Shell

Json = dict[str, Any]
_REFERENCE_LENGTH = 36


def build(settings: Settings) -> ASGIApp:
    """An ITX of its own, which has not sent anything yet."""
    return _Itx(Gateway(settings), Contract()).shell


class _Itx:
    def __init__(self, gateway: Gateway, contract: Contract) -> None:
        self._gateway = gateway
        self._contract = contract
        self._recent: deque[float] = deque()
        app = Starlette(
            routes=[
                Route("/sms/messages", self._send, methods=["POST"]),
                Route("/sms/messages", self._find, methods=["GET"]),
                Route("/_sim/reset", self._reset, methods=["POST"]),
                Route("/_sim/outbox", self._outbox, methods=["GET"]),
                Route("/_sim/deliveries", self._deliveries, methods=["GET"]),
                Route("/_sim/inbound", self._inbound, methods=["POST"]),
                Route("/_sim/settings", self._settings, methods=["GET", "POST"]),
                Route("/_sim/fail-next", self._fail_next, methods=["POST"]),
                Route("/_sim/log", self._log, methods=["GET", "DELETE"]),
            ],
            lifespan=self._lifespan,
            exception_handlers={BadControl: _misunderstood},
        )
        self.shell = Shell(app, self._gate)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        self._gateway.courier.close()

    # -- the contract ----------------------------------------------------------------------------------

    def _gate(self, _method: str, _path: str, headers: dict[bytes, bytes]) -> Response | None:
        settings = self._gateway.settings
        if not hmac.compare_digest(headers.get(b"x-itx-key", b""), settings.key.encode()):
            return _error(401, "UNAUTHORISED", "wrong or missing X-Itx-Key")
        if settings.requests_per_second is None:
            return None
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= settings.requests_per_second:
            response = _error(429, "TOO_FAST", "too many requests")
            response.headers["Retry-After"] = str(settings.retry_after_seconds)
            return response
        self._recent.append(now)
        return None

    async def _send(self, request: Request) -> Response:
        try:
            order = await request.json()
        except ValueError:
            return _error(400, "BAD_REQUEST", "the body is not JSON")
        fault = self._contract.fault("SendSms", order)
        if fault is not None:
            return _error(400, "BAD_REQUEST", fault[1], field=fault[0])
        if order["to"] in REFUSED:
            return _error(422, REFUSED[order["to"]], "the number is refused", field="to")
        settings = self._gateway.settings
        known = self._gateway.find(order["reference"])
        if known is not None and settings.honours_references:
            return JSONResponse(known.as_answer(), 200)
        message = self._gateway.accept(order)
        if settings.receipt_before_answer and settings.receipts_url is not None:
            await asyncio.sleep(settings.receipt_delay_seconds * 2 * message.parts + 0.1)
        return JSONResponse(message.as_answer() | {"status": "QUEUED"}, 202)

    async def _find(self, request: Request) -> Response:
        if not self._gateway.settings.has_lookup:
            return _error(501, "NOT_IMPLEMENTED", "this tenant has no look-up")
        reference = request.query_params.get("reference", "")
        if not 0 < len(reference) <= _REFERENCE_LENGTH:
            return _error(400, "BAD_REQUEST", "reference is missing or too long", field="reference")
        found = self._gateway.find(reference)
        return JSONResponse({"results": [] if found is None else [found.as_answer()]})

    # -- the control plane -----------------------------------------------------------------------------

    async def _reset(self, _request: Request) -> Response:
        self._gateway.reset()
        self._recent.clear()
        self.shell.forget()
        return Response(status_code=204)

    async def _outbox(self, _request: Request) -> Response:
        messages = [message.as_seen_inside() for message in self._gateway.messages]
        return JSONResponse({"count": len(messages), "messages": messages})

    async def _deliveries(self, _request: Request) -> Response:
        outbox = self._gateway.courier.outbox
        return JSONResponse({"count": len(outbox), "webhooks": outbox})

    async def _inbound(self, request: Request) -> Response:
        body = await _order(request)
        fault = self._contract.fault("Inbound", {"id": "-", "receivedAt": "2026-01-01T00:00:00Z"} | body)
        if fault is not None:
            raise BadControl(f"expected from, to and text: {fault[0]} {fault[1]}")
        return JSONResponse(self._gateway.receive(body), 202)

    async def _settings(self, request: Request) -> Response:
        if request.method == "POST":
            self._gateway.settings = self._gateway.settings.changed(await _order(request))
        return JSONResponse(self._gateway.settings.as_json())

    async def _fail_next(self, request: Request) -> Response:
        self.shell.faults.append(Fault.from_json(await _order(request)))
        return Response(status_code=204)

    async def _log(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.shell.log.clear()
            return Response(status_code=204)
        return JSONResponse(self.shell.log_as_json(match=request.query_params.get("match", "")))


def _error(status: int, code: str, message: str, *, field: str | None = None) -> JSONResponse:
    body = {"code": code, "message": message}
    return JSONResponse(body if field is None else body | {"field": field}, status)


async def _order(request: Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        raise BadControl("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadControl("the body is not a JSON object")
    return body


def _misunderstood(_request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, 400)
