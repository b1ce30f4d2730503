"""A vendor's HTTP side that answers what a test has ordered, over a real connection."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SHORT_SECONDS = 0.3
"""How long a client under test waits for an answer that never comes."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, to a path with `to` in it; with `hang` it never comes, with `drop` the connection is closed."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    drop: bool = False
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as the vendor got it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class HttpVendor:
    """Answers `answers` one by one, then `usual`. `requests` is what came in; `connections` how many were opened."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: deque[Answer] = deque()
        self.usual = Answer(body={"results": []})
        self.requests: list[Received] = []
        self.connections = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def answer(self, body: Any = None, *, status: int = 200, **more: Any) -> None:
        """The next answer that has not been ordered yet."""
        self.answers.append(Answer(status=status, body={} if body is None else body, **more))

    def answer_to(self, received: Received) -> Answer:
        self.requests.append(received)
        with self._lock:
            ordered = next((answer for answer in self.answers if answer.to in received.path), None)
            if ordered:
                self.answers.remove(ordered)
        return ordered or self.usual


@contextmanager
def http_vendor() -> Iterator[HttpVendor]:
    """Listens on loopback while the block runs."""
    vendor = HttpVendor("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Otherwise a header and its body wait for each other on a kept connection.
        disable_nagle_algorithm = True

        def setup(self) -> None:
            vendor.connections += 1
            super().setup()

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            answer = vendor.answer_to(
                Received(
                    method=self.command,
                    path=parts.path,
                    query=dict(parse_qsl(parts.query)),
                    headers=dict(self.headers.items()),
                    raw=self.rfile.read(int(self.headers.get("Content-Length", 0))),
                )
            )
            if answer.hang:
                vendor.closing.wait()
            if answer.hang or answer.drop:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield vendor
    finally:
        vendor.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port_url() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
