"""What business people can change about text messages that do not arrive, without a new deployment."""

from __future__ import annotations

from kundeflyt.domain.rules import FlowRules


class SmsReceiptRules(FlowRules):
    """Nothing beyond what every flow has: the mode, and how fast held events are let go."""
