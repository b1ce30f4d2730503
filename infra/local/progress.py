"""Telling the person who waits what is being done."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console

Step = Callable[[str], AbstractContextManager[object]]
"""Called with what is being done; the context it gives lasts as long as the doing."""


def silent(_doing: str) -> AbstractContextManager[object]:
    """For those who do not watch, such as tests."""
    return nullcontext()


def shown_on(console: Console) -> Step:
    """Shows each step while it lasts, and afterwards how many seconds it took."""

    @contextmanager
    def step(doing: str) -> Iterator[None]:
        started = time.monotonic()
        if console.is_terminal:
            with console.status(f"{doing} …"):
                yield
        else:
            console.print(f"{doing} …")
            yield
        console.print(f"[green]done[/]  {doing} [dim]({time.monotonic() - started:.1f} s)[/]", highlight=False)

    return step
