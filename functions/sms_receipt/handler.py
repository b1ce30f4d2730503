"""The Lambda door of the routine for text messages that do not arrive."""

from __future__ import annotations

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from sms_receipt.case import NAME
from sms_receipt.facts import gather
from sms_receipt.plan import basis, plan
from sms_receipt.rules import SmsReceiptRules

handle = queue_handler(Flow(name=NAME, rules=SmsReceiptRules, gather=gather, basis=basis, plan=plan))
