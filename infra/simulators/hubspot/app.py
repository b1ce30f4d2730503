"""Puts the HubSpot simulator together: API, limits, webhooks and control plane in one web application."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from infra.simulators.hubspot.api import Api
from infra.simulators.hubspot.control import Control
from infra.simulators.hubspot.errors import Refusal, unauthorised
from infra.simulators.hubspot.limits import RateLimits
from infra.simulators.hubspot.portal import Portal
from infra.simulators.hubspot.scopes import lacking
from infra.simulators.hubspot.settings import Settings
from infra.simulators.hubspot.webhooks import Webhooks
from infra.simulators.shell import BadControl, Shell


def build(settings: Settings) -> ASGIApp:
    """A HubSpot of its own, with an empty portal."""
    webhooks = Webhooks(settings)
    portal = Portal(settings, webhooks)
    limits = RateLimits(time.monotonic)
    control = Control(portal, limits)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        webhooks.close()

    app = Starlette(
        routes=[*control.routes(), *Api(portal).routes()],
        lifespan=lifespan,
        exception_handlers={Refusal: _refused, BadControl: _misunderstood, 404: _no_such_page, 405: _no_such_page},
    )

    def gate(method: str, path: str, headers: dict[bytes, bytes]) -> Response | None:
        if headers.get(b"authorization") != f"Bearer {portal.settings.access_token}".encode():
            return unauthorised().response()
        refusal = lacking(method, path, portal.settings.scopes)
        return refusal.response() if refusal else limits.refuse(path)

    control.shell = Shell(app, gate, extra_headers=limits.headers)
    return control.shell


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 registered for this class only
    return error.response()


def _misunderstood(_request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, 400)


def _no_such_page(request: Request, _error: Exception) -> Response:
    refusal = Refusal(404, "OBJECT_NOT_FOUND", f"The simulator has no {request.method} {request.url.path}.")
    return refusal.response()
