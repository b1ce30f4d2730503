from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.aws import LocalAws, running


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local
