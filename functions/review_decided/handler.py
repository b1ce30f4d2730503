"""The Lambda door of what follows from a decision."""

from __future__ import annotations

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from review_decided.case import NAME
from review_decided.facts import gather
from review_decided.plan import basis, plan
from review_decided.rules import ReviewDecidedRules

handle = queue_handler(Flow(name=NAME, rules=ReviewDecidedRules, gather=gather, basis=basis, plan=plan))
