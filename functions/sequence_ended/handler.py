"""The Lambda door of what follows an ended sequence."""

from __future__ import annotations

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from sequence_ended.case import NAME
from sequence_ended.facts import gather
from sequence_ended.plan import basis, plan
from sequence_ended.rules import SequenceEndedRules

handle = queue_handler(Flow(name=NAME, rules=SequenceEndedRules, gather=gather, basis=basis, plan=plan))
