"""The Lambda door of merged records."""

from __future__ import annotations

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from records_merged.case import NAME
from records_merged.facts import gather, wishes
from records_merged.plan import basis, plan
from records_merged.rules import RecordsMergedRules

handle = queue_handler(Flow(name=NAME, rules=RecordsMergedRules, gather=gather, basis=basis, plan=plan, wishes=wishes))
