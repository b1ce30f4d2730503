"""An ITX to develop and test against; see infra/simulators/README.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.simulators.itx.app import build
from infra.simulators.itx.settings import Settings
from infra.simulators.serving import on_a_thread

__all__ = ["ItxSimulator", "Settings", "build", "running"]


@dataclass(frozen=True)
class ItxSimulator:
    """Where a running simulator answers and what it was started with."""

    url: str
    settings: Settings


@contextmanager
def running(settings: Settings | None = None) -> Iterator[ItxSimulator]:
    """An ITX runs on a free port of this machine while the block lasts."""
    chosen = settings or Settings()
    with on_a_thread(build(chosen)) as url:
        yield ItxSimulator(url, chosen)
