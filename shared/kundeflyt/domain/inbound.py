"""A text message from a phone to us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class InboundSms:
    """What a customer wrote, from which number, and when the vendor got it (aware). `vendor_id` is the vendor's own.

    The words go to the customer's timeline and nowhere else: not into a plan, a task, a title or a log.
    """

    vendor_id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    received_at: datetime
