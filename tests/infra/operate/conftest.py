"""Operations at a stack of its own, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.operate.connection import Connection
from infra.simulators import hubspot as hubspot_simulator
from infra.simulators import itx as itx_simulator
from tests.fakes.aws import LocalAws, running
from tests.infra.operate.stack import PORTAL, SECRET, Ops, deployed
from tests.simulation.clients import Caller

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture(autouse=True)
def nobody_s_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the shell says of stacks is not about ours."""
    for name in ("KUNDEFLYT_STACK", "KUNDEFLYT_LOCAL_DIR", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ops(aws: LocalAws, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ops:
    """Operations at a stack whose vendors answer nobody."""
    return _at(aws, tmp_path, capsys, monkeypatch, hubspot=NOBODY, itx=NOBODY)


@pytest.fixture(scope="session")
def running_hubspot() -> Iterator[Caller]:
    with hubspot_simulator.running() as simulator:
        yield Caller(simulator.url, {"Authorization": f"Bearer {SECRET['hubspot_access_token']}"})


@pytest.fixture
def hubspot(running_hubspot: Caller) -> Caller:
    """HubSpot with the built-in seed, as the stack's secret knows it."""
    for key, name in (("access_token", "hubspot_access_token"), ("app_id", "hubspot_app_id")):
        running_hubspot.sim("POST", "settings", {key: SECRET[name]})
    running_hubspot.sim("POST", "settings", {"portal_id": PORTAL, "webhook_url": None})
    running_hubspot.sim("POST", "reset")
    running_hubspot.sim("POST", "seed", {"name": "norway"})
    return running_hubspot


@pytest.fixture(scope="session")
def running_itx() -> Iterator[Caller]:
    with itx_simulator.running() as simulator:
        yield Caller(simulator.url, {"X-Itx-Key": str(SECRET["itx_key"])})


@pytest.fixture
def itx(running_itx: Caller) -> Caller:
    running_itx.sim("POST", "settings", {"key": SECRET["itx_key"]})
    running_itx.sim("POST", "reset")
    return running_itx


@pytest.fixture
def ops_with_vendors(
    aws: LocalAws,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    hubspot: Caller,
    itx: Caller,
) -> Ops:
    """Operations at a stack whose vendors are there."""
    return _at(aws, tmp_path, capsys, monkeypatch, hubspot=hubspot.url, itx=itx.url)


def _at(
    aws: LocalAws,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    hubspot: str,
    itx: str,
) -> Ops:
    operations = deployed(aws, folder, capsys, hubspot=hubspot, itx=itx, webhook=NOBODY)
    monkeypatch.setattr(Connection, "described", operations.deployed)
    return operations
