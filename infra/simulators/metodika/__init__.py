"""A Metodika to develop and test against; see infra/simulators/README.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.simulators.metodika.app import build
from infra.simulators.metodika.settings import Settings
from infra.simulators.serving import on_a_thread

__all__ = ["MetodikaSimulator", "Settings", "build", "running"]


@dataclass(frozen=True)
class MetodikaSimulator:
    """Where a running simulator answers and what it was started with."""

    url: str
    settings: Settings


@contextmanager
def running(settings: Settings | None = None) -> Iterator[MetodikaSimulator]:
    """A Metodika without customers runs on a free port of this machine while the block lasts."""
    chosen = settings or Settings()
    with on_a_thread(build(chosen)) as url:
        yield MetodikaSimulator(url, chosen)
