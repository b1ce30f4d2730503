"""A worker that is killed: after which of its effects, a test says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kundeflyt.ports.ledger import Move
from tests.flows.desk import Desk


@contextmanager
def dies_before_telling(desk: Desk, which: int) -> Iterator[None]:
    """The worker in the block is killed when it would write down the `which`-th end: the effect alone is there.

    Fails where it has fewer to write down: it would have lived on.
    """
    told = 0
    advance = desk.ledger.advance

    def dies(moves: Sequence[Move], **more: Any) -> Any:
        nonlocal told
        before, told = told, told + sum(len(move.ended) for move in moves)
        if before < which <= told:
            raise KeyboardInterrupt
        return advance(moves, **more)

    desk.ledger.advance = dies  # type: ignore[method-assign]
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        desk.ledger.advance = advance  # type: ignore[method-assign]
    assert told >= which, f"the worker has only {told} ends to write down"
