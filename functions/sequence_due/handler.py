"""The Lambda door of proposing a sequence."""

from __future__ import annotations

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from sequence_due.case import NAME
from sequence_due.facts import gather
from sequence_due.plan import basis, plan
from sequence_due.rules import SequenceDueRules

handle = queue_handler(Flow(name=NAME, rules=SequenceDueRules, gather=gather, basis=basis, plan=plan))
