"""The Lambda door of forgetting a person."""

from __future__ import annotations

from contact_erased.case import NAME
from contact_erased.facts import gather, wishes
from contact_erased.plan import basis, plan
from contact_erased.rules import ContactErasedRules
from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler

handle = queue_handler(Flow(name=NAME, rules=ContactErasedRules, gather=gather, basis=basis, plan=plan, wishes=wishes))
