"""The Lambda door of the routine for text messages from customers."""

from __future__ import annotations

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from sms_inbound.case import NAME
from sms_inbound.facts import gather, wishes
from sms_inbound.plan import basis, plan
from sms_inbound.rules import SmsInboundRules

handle = queue_handler(Flow(name=NAME, rules=SmsInboundRules, gather=gather, basis=basis, plan=plan, wishes=wishes))
