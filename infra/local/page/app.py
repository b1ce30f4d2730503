"""The web application behind the page: its files, one view of everything, and what its forms do."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.page import cases, portal
from infra.local.page.desk import ALWAYS, Desk, Refusal
from infra.local.page.reading import Json, Reading, Seen
from infra.local.page.wording import CALL_TYPES, ENDS, OUTCOMES
from infra.local.ports import LOOPBACK
from infra.local.problems import StackProblem
from infra.local.tools import ROOT

FILES = Path(__file__).parent / "static"
ELEMENTS = ROOT / "functions" / "csc_console" / "pages" / "dom.js"
"""How elements are built and kept up to date: the console's, so that the page shows what the console would."""
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
MOST_BYTES = 10_000

HEADERS = {
    # Nothing but our own files, no inline script or style, no frame around us, nobody told where we came from.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


def build(folder: Path) -> ASGIApp:
    """The page of the stack in a folder."""
    reading = Reading(folder)
    desk = Desk(folder, reading)
    return Starlette(
        routes=[
            *_files(),
            Route("/api/view", _View(reading).answer, methods=["GET"]),
            _form("/api/calls", desk.log_call),
            _form("/api/replies", desk.reply),
            _form("/api/tasks/completed", desk.complete),
            _form("/api/owners", desk.change_owner),
            _form("/api/sequences", desk.end_sequence),
            _form("/api/rules", desk.change_rules),
            _form("/api/release", desk.release),
        ],
        # A name that somebody else's DNS points at this machine is not us.
        middleware=[Middleware(_Guarded), Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])],
        exception_handlers={
            Refusal: _refused,
            StackProblem: _silent,
            BotoCoreError: _silent,
            ClientError: _silent,
        },
    )


def view(seen: Seen) -> Json:
    """All the page shows, as plain values."""
    hours = seen.rules.get("contact_hours")
    return {
        "companies": portal.companies(seen),
        "contacts": portal.contacts(seen),
        "advisers": portal.advisers(seen),
        "outcomes": [{"id": id_, "name": name} for id_, name in OUTCOMES.items()],
        "types": list(CALL_TYPES),
        "ends": [{"id": id_, "name": name} for id_, name in ENDS.items()],
        "cases": cases.cases(seen),
        "rules": {
            "mode": seen.rules.get("mode", "on"),
            "hours": "usual" if hours is None else "always" if hours == ALWAYS else "custom",
            "opens": (hours or {}).get("opens", "08:00").replace(":", "."),
            "held": cases.held_count(seen),
        },
        "set_aside": sum(seen.set_aside.values()),
    }


class _View:
    """Answers with everything, or that nothing has changed since the asker last looked."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def answer(self, request: Request) -> Response:
        body = json.dumps(view(self._reading.look()), ensure_ascii=False, sort_keys=True).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        return Response(body, media_type="application/json", headers={"etag": tag})


def _files() -> list[Route]:
    """Each file of the page under its name, and the page itself at the root: nothing else can be asked for."""

    def route(path: str, file: Path) -> Route:
        def answer(_request: Request) -> Response:
            return Response(file.read_bytes(), media_type=TYPES[file.suffix])

        return Route(path, answer, methods=["GET"])

    return [
        route("/", FILES / "index.html"),
        route("/dom.js", ELEMENTS),
        *(route(f"/{file.name}", file) for file in sorted(FILES.iterdir()) if file.suffix in TYPES),
    ]


def _form(path: str, do: Callable[[Mapping[str, Any]], Json]) -> Route:
    async def answer(request: Request) -> Response:
        _must_be_ours(request)
        body = await request.body()
        try:
            given = json.loads(body) if len(body) <= MOST_BYTES else None
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise Refusal("Siden ble ikke forstått. Last den på nytt.")
        return JSONResponse(await run_in_threadpool(do, given))

    return Route(path, answer, methods=["POST"])


def _must_be_ours(request: Request) -> None:
    """Any page a browser has open may post to this machine; only our own may do so with JSON and our origin."""
    origin = urlsplit(request.headers.get("origin", ""))
    json_sent = request.headers.get("content-type", "").partition(";")[0] == "application/json"
    if origin.netloc != request.headers.get("host") or not json_sent:
        raise Refusal("Forespørselen kom ikke fra denne siden.")


class _Guarded:
    """Puts the same headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def _refused(_request: Request, refusal: Exception) -> Response:
    return JSONResponse({"message": str(refusal)}, 400)


def _silent(_request: Request, problem: Exception) -> Response:
    what = str(problem) if isinstance(problem, StackProblem) else type(problem).__name__
    return JSONResponse({"message": f"En del av stakken svarte ikke: {what}"}, 503)
