"""What business people can change about forgetting a person, without a new deployment."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kundeflyt.domain.rules import FlowRules

LOOK_AGAIN: Final = timedelta(hours=1)
"""Longer than any worker lives that read of the person before they were erased."""


class ContactErasedRules(FlowRules):
    """Nothing beyond what every flow has, and that changes nothing: a person is forgotten whatever the mode."""
