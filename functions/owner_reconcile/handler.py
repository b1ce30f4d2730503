"""The Lambda door of the nightly comparison of advisers."""

from __future__ import annotations

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from owner_reconcile.case import NAME
from owner_reconcile.facts import gather
from owner_reconcile.plan import basis, plan
from owner_reconcile.rules import OwnerReconcileRules

handle = queue_handler(Flow(name=NAME, rules=OwnerReconcileRules, gather=gather, basis=basis, plan=plan))
