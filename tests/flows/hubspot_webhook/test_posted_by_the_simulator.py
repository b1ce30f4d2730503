from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from infra.simulators.hubspot import Settings, running
from tests.flows.hubspot_webhook.at_the_door import APP_ID, PORTAL_ID, SECRET, Stack, gateway

NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"


@contextmanager
def open_door(stack: Stack) -> Iterator[str]:
    """The door behind a small HTTP server that does API Gateway's part; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                stack.now = datetime.now(UTC)  # noqa: TID251 the simulator signs with this clock
                answer = stack.door(gateway(body, dict(self.headers.items())), None)
            text = answer["body"].encode()
            self.send_response(answer["statusCode"])
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_args: object) -> None:
            pass

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stack.signed_url = f"http://127.0.0.1:{server.server_port}/hubspot/webhooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stack.signed_url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def eventually(read: Callable[[], Any], expected: Any) -> None:
    until = time.monotonic() + 60
    while (found := read()) != expected and time.monotonic() < until:
        time.sleep(0.02)
    assert found == expected


class TestWhatTheSimulatedHubSpotPosts:
    def test_gets_through_whole_batched_and_duplicated(self, stack: Stack) -> None:
        with open_door(stack) as url, running(settings(url, duplicate=True, shuffle=True)) as hubspot:
            calls = {logged(hubspot.url, {"hs_call_title": "Tlf", "hs_call_disposition": NO_ANSWER}) for _ in range(20)}
            eventually(lambda: {detail["record_id"] for detail in stack.clients.details}, calls)
            eventually(lambda: states(hubspot.url), {"delivered"})
        assert not stack.clients.objects

    def test_comes_again_after_the_bus_was_down(self, stack: Stack) -> None:
        stack.clients.down = True
        with open_door(stack) as url, running(settings(url, retry_delays=[0.05] * 100)) as hubspot:
            call = logged(hubspot.url, {"hs_call_title": "Tlf"})
            eventually(lambda: 503 in statuses(hubspot.url), True)
            stack.clients.down = False
            eventually(lambda: {detail["record_id"] for detail in stack.clients.details}, {call})

    def test_is_refused_when_it_is_signed_with_another_secret(self, stack: Stack) -> None:
        stack.secrets = ["another"]
        with open_door(stack) as url, running(settings(url)) as hubspot:
            logged(hubspot.url, {"hs_call_title": "Tlf"})
            eventually(lambda: 401 in statuses(hubspot.url), True)
        assert stack.clients.untouched


def settings(url: str, **changes: Any) -> Settings:
    return Settings(client_secret=SECRET, app_id=APP_ID, portal_id=PORTAL_ID, webhook_url=url, **changes)


def logged(url: str, properties: dict[str, str]) -> int:
    answer = requests.post(f"{url}/_sim/ui/calls", json={"properties": properties, "userId": 7}, timeout=5)
    answer.raise_for_status()
    return int(answer.json()["id"])


def outbox(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = requests.get(f"{url}/_sim/outbox", timeout=5).json()["webhooks"]
    return found


def states(url: str) -> set[str]:
    return {webhook["state"] for webhook in outbox(url)}


def statuses(url: str) -> set[int]:
    return {attempt["status"] for webhook in outbox(url) for attempt in webhook["attempts"]}
