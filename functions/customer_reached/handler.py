"""The Lambda door of a customer who is heard from."""

from __future__ import annotations

from customer_reached.case import NAME
from customer_reached.facts import gather
from customer_reached.plan import basis, plan
from customer_reached.rules import CustomerReachedRules
from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler

handle = queue_handler(Flow(name=NAME, rules=CustomerReachedRules, gather=gather, basis=basis, plan=plan))
