"""Operations at a stack of its own, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.operate.connection import Connection
from tests.fakes.aws import LocalAws, running
from tests.infra.operate.stack import Ops, deployed, described

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture
def ops(aws: LocalAws, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ops:
    """Operations at a stack whose vendors answer nobody."""
    monkeypatch.delenv("KUNDEFLYT_STACK", raising=False)
    operations, parameters = deployed(aws, tmp_path, capsys, hubspot=NOBODY, itx=NOBODY, webhook=NOBODY)
    monkeypatch.setattr(Connection, "described", described(operations.outputs, parameters))
    return operations
