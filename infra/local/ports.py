"""Ports of this machine that nobody listens on."""

import socket
from contextlib import ExitStack

from infra.local.problems import StackProblem

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on, all different; they are free now, not reserved."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for opened in sockets:
            opened.bind((LOOPBACK, 0))
        return [opened.getsockname()[1] for opened in sockets]


def must_be_free(wanted: str) -> int:
    """The port, when nobody listens on it; raises StackProblem when somebody does, or when it is no port."""
    if not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 2**16):
        raise StackProblem(f"KUNDEFLYT_AWS_PORT is {wanted!r}: it must be a number from 1 to 65535.")
    port = int(wanted)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as refused:
            raise StackProblem(
                f"Port {port} of {LOOPBACK} is busy ({refused.strerror}): end what listens there, "
                "or leave KUNDEFLYT_AWS_PORT out and a free port is chosen."
            ) from refused
    return port
