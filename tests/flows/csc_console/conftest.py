from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.aws import LocalAws, running
from tests.flows.csc_console.console import Console


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture
def console(aws: LocalAws) -> Console:
    return Console(aws)
