"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A property is true or false; how long one example takes on a busy machine says nothing about it.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
