from __future__ import annotations

import pytest

from tests.flows.itx_webhook.at_the_door import Stack


@pytest.fixture
def stack() -> Stack:
    return Stack()
