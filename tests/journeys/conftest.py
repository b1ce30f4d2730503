"""One stack for all journeys of a session, and an empty road for each."""

from collections.abc import Iterator

import pytest

from infra.local.raising import raised
from tests.journeys.road import USUAL, Road


@pytest.fixture(scope="session")
def shared_road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """Raised with the first journey, ended with the session; nothing in the environment changes it."""
    folder = tmp_path_factory.mktemp("stack")
    with raised(folder, {}, rules=USUAL) as stack:
        yield Road(stack, folder)


@pytest.fixture
def road(shared_road: Road) -> Road:
    """The road with nothing on it: the portal `norway`, contact hours round the clock."""
    shared_road.fresh()
    return shared_road
