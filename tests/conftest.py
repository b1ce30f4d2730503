"""What holds for all tests: no network beyond loopback, and none at all for rules and decisions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
# What is decided here needs nobody outside; the door's and the adapters' tests talk to stubs on loopback.
WITHOUT_SOCKETS = [HERE / room for room in ("domain", "engine", "entry", "architecture", "flows/no_answer")]

# A property is true or false; how long one example takes on a busy machine says nothing about it.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Takes the sockets away from tests of rules and decisions."""
    for item in items:
        if any(item.path.is_relative_to(room) for room in WITHOUT_SOCKETS):
            item.add_marker(pytest.mark.disable_socket)
