"""Several workers that begin at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

ResultT = TypeVar("ResultT")


def at_once(work: Callable[[int], ResultT], workers: int = 8) -> list[ResultT]:
    """Lets everybody begin at the same moment."""
    barrier = threading.Barrier(workers)
    results: list[ResultT] = []

    def run(number: int) -> None:
        barrier.wait()
        results.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == workers
    return results
