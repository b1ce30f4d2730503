"""What the simulators' tests hold in their hands: a caller for each vendor, and somebody who listens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

OBJECTS = "/crm/objects/2026-09"
ASSOCIATIONS = "/crm/associations/2026-09"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
TASK_TO_CONTACT = 204
PATIENCE_SECONDS = 60
"""Until something counts as missing: it is waited out only when it is."""


@dataclass
class Caller:
    """Calls a simulator: `api` as the product would, `sim` as a test or a demo does."""

    url: str
    headers: dict[str, str]
    session: requests.Session = field(default_factory=requests.Session)

    def api(self, method: str, path: str, body: Any = None, **kwargs: Any) -> requests.Response:
        return self.session.request(
            method,
            self.url + path,
            json=body,
            headers=self.headers,
            timeout=kwargs.pop("timeout", PATIENCE_SECONDS),
            **kwargs,
        )

    def sim(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=PATIENCE_SECONDS)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def logged(self, match: str = "") -> list[dict[str, Any]]:
        requests_seen: list[dict[str, Any]] = self.sim("GET", f"log?match={match}")["requests"]
        return requests_seen

    def settled_outbox(self) -> list[dict[str, Any]]:
        """The webhooks sent, once none of them is under way any more."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            webhooks: list[dict[str, Any]] = self.sim("GET", "outbox")["webhooks"]
            if all(one["state"] != "pending" for one in webhooks):
                return webhooks
            assert time.monotonic() < deadline, webhooks
            time.sleep(0.01)


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


class Listener:
    """Somebody's webhook address: keeps what comes and answers as told, 200 when it was told nothing."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[Received] = []
        self.answers: list[int] = []
        self.came = threading.Condition()

    def wait(self, enough: Callable[[list[Received]], bool]) -> list[Received]:
        with self.came:
            assert self.came.wait_for(lambda: enough(self.received), PATIENCE_SECONDS), [r.body for r in self.received]
            return list(self.received)

    def events(self, at_least: int) -> list[dict[str, Any]]:
        batches = self.wait(lambda received: sum(len(one.content) for one in received) >= at_least)
        return [event for one in batches for event in one.content]


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with listener.came:
                status = listener.answers.pop(0) if listener.answers else 200
                listener.received.append(Received(self.path, dict(self.headers.items()), body))
                listener.came.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def to(id_: str, *type_ids: int) -> dict[str, Any]:
    """One association of a creation, as HubSpot's body has it."""
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": one} for one in type_ids]
    return {"to": {"id": id_}, "types": types}


def task(subject: str = "Ring igjen", **properties: str) -> dict[str, Any]:
    values = {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_task_subject": subject, **properties}
    return {"properties": values, "associations": []}
