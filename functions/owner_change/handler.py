"""The Lambda door of the takeover routine."""

from __future__ import annotations

from pathlib import Path

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from owner_change.case import NAME
from owner_change.facts import gather
from owner_change.plan import basis, plan
from owner_change.rules import OwnerChangeRules

handle = queue_handler(
    Flow(name=NAME, rules=OwnerChangeRules, gather=gather, basis=basis, plan=plan),
    texts=Path(__file__).parent / "texts",
)
