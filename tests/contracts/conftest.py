from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.simulators import hubspot, itx
from infra.simulators.hubspot import HubspotSimulator
from infra.simulators.itx import ItxSimulator


@pytest.fixture(scope="session")
def hubspot_simulator() -> Iterator[HubspotSimulator]:
    with hubspot.running() as running:
        yield running


@pytest.fixture(scope="session")
def itx_simulator() -> Iterator[ItxSimulator]:
    with itx.running() as running:
        yield running
