"""What business people can change about merged records, without a new deployment."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kundeflyt.domain.rules import FlowRules

LOOK_AGAIN: Final = timedelta(hours=1)
"""Longer than any worker lives that knew the records before they were merged."""


class RecordsMergedRules(FlowRules):
    """Nothing beyond what every flow has, and that changes nothing: history follows a merge whatever the mode."""
