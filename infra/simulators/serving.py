"""Starts a simulator: on a thread inside a test, or as a process of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"
_START_SECONDS = 10


class _Server(uvicorn.Server):
    """A server that tells when it answers, and that a test's thread can stop."""

    def __init__(self, app: ASGIApp, sock: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                lifespan="on",
                ws="none",
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._sock = sock
        self.answering = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answering.set()

    def serve_forever(self) -> None:
        try:
            self.run(sockets=[self._sock])
        finally:
            self._sock.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Being told to stop is how a simulator is meant to end, so the signal is not raised again: it exits with 0.
        del sig, frame
        self.should_exit = True


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's delay off only for sockets that say they are TCP.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except OSError as error:
        sock.close()
        raise SystemExit(f"Port {port} on {HOST} is busy ({error.strerror}); choose another or 0.") from error
    return sock


@contextmanager
def on_a_thread(app: ASGIApp) -> Iterator[str]:
    """A simulator lives while the block runs; yields its base URL.

    Raises RuntimeError when it does not answer within ten seconds.
    """
    sock = _listen(0)
    url = f"http://{HOST}:{sock.getsockname()[1]}"
    server = _Server(app, sock)
    thread = threading.Thread(target=server.serve_forever, name=f"simulator {url}", daemon=True)
    thread.start()
    if not server.answering.wait(_START_SECONDS):
        server.should_exit = True
        raise RuntimeError(f"The simulator at {url} did not start within {_START_SECONDS} s.")
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)


def as_a_process(app: ASGIApp, *, port: int, port_file: Path | None) -> None:
    """A simulator lives until it is told to stop; its port is printed and, if asked, written to a file.

    The file appears in one piece and only once the port is bound, so a reader that sees it can connect.
    Raises SystemExit when the port is busy.
    """
    sock = _listen(port)
    sock.listen(2048)
    chosen = str(sock.getsockname()[1])
    print(chosen, flush=True)  # noqa: T201 the caller reads the port here
    if port_file is not None:
        draft = port_file.with_name(port_file.name + ".part")
        draft.write_text(chosen, encoding="ascii")
        draft.replace(port_file)
    _Server(app, sock).serve_forever()
