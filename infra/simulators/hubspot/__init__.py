"""A HubSpot to develop and test against; see infra/simulators/README.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.simulators.hubspot.app import build
from infra.simulators.hubspot.settings import Settings
from infra.simulators.serving import on_a_thread

__all__ = ["HubspotSimulator", "Settings", "build", "running"]


@dataclass(frozen=True)
class HubspotSimulator:
    """Where a running simulator answers and what it was started with."""

    url: str
    settings: Settings


@contextmanager
def running(settings: Settings | None = None) -> Iterator[HubspotSimulator]:
    """A HubSpot with an empty portal runs on a free port of this machine while the block lasts."""
    chosen = settings or Settings()
    with on_a_thread(build(chosen)) as url:
        yield HubspotSimulator(url, chosen)
