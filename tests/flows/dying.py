"""A worker that is killed: after which of its effects, a test says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.flows.desk import Desk


@contextmanager
def dies_before_telling(desk: Desk, which: int) -> Iterator[None]:
    """The worker in the block is killed when it would write down the `which`-th end: the effect alone is there.

    One that has fewer to write down lives on.
    """
    told = 0
    finish = desk.ledger.finish

    def dies(*given: Any, **more: Any) -> None:
        nonlocal told
        told += 1
        if told == which:
            raise KeyboardInterrupt
        finish(*given, **more)

    desk.ledger.finish = dies  # type: ignore[method-assign]
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        desk.ledger.finish = finish  # type: ignore[method-assign]
