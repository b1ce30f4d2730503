"""One stack for all journeys of a session, and an empty road for each."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import pytest

from infra.local.raising import raised
from tests.journeys.road import USUAL, Road


@pytest.fixture(scope="session")
def shared_road(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """Raised with the first journey, ended with the session; nothing in the environment changes it."""
    folder = tmp_path_factory.mktemp("stack")
    with _killed_in_order(request.session), raised(folder, {}, rules=USUAL) as stack:
        yield Road(stack, folder)


@pytest.fixture
def road(shared_road: Road) -> Road:
    """The road with nothing on it: the portal `norway`, contact hours round the clock."""
    shared_road.fresh()
    return shared_road


@contextmanager
def _killed_in_order(session: pytest.Session) -> Iterator[None]:
    # SIGTERM would end pytest without its fixtures' ends, and the stack would outlive it. What is raised in the middle
    # of something may be caught there: then the session stops after the test.
    def end(_signal: int, _frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        session.shouldstop = "ended by SIGTERM"
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
