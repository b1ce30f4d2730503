"""One simulator of each vendor for all tests here, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.simulators import hubspot as hubspot_simulator
from infra.simulators import itx as itx_simulator
from infra.simulators import metodika as metodika_simulator
from tests.simulation.clients import Caller, Listener, listening


@pytest.fixture(scope="session")
def running_hubspot() -> Iterator[Caller]:
    with hubspot_simulator.running() as simulator:
        caller = Caller(simulator.url, {"Authorization": f"Bearer {simulator.settings.access_token}"})
        with caller.session:
            yield caller


@pytest.fixture
def hubspot(running_hubspot: Caller) -> Caller:
    running_hubspot.sim("POST", "settings", {"webhook_url": None})
    running_hubspot.sim("POST", "reset")
    return running_hubspot


@pytest.fixture
def refs(hubspot: Caller) -> dict[str, str]:
    """The portal holds the built-in seed; here are its ids by ref."""
    found: dict[str, str] = hubspot.sim("POST", "seed", {"name": "norway"})["refs"]
    return found


@pytest.fixture(scope="session")
def running_itx() -> Iterator[Caller]:
    with itx_simulator.running() as simulator:
        caller = Caller(simulator.url, {"X-Itx-Key": simulator.settings.key})
        with caller.session:
            yield caller


@pytest.fixture
def itx(running_itx: Caller) -> Caller:
    running_itx.sim("POST", "settings", {"receipts_url": None, "inbound_url": None})
    running_itx.sim("POST", "reset")
    return running_itx


@pytest.fixture(scope="session")
def running_metodika() -> Iterator[Caller]:
    with metodika_simulator.running() as simulator:
        caller = Caller(simulator.url, {"Authorization": f"Bearer {simulator.settings.token}"})
        with caller.session:
            yield caller


@pytest.fixture
def metodika(running_metodika: Caller) -> Caller:
    running_metodika.sim("POST", "reset")
    return running_metodika


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as somebody:
        yield somebody
