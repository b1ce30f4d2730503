"""One receipt of one of our messages, and what we know when we decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kundeflyt.domain.actions import LogSms
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.delivery import UNDELIVERED, Receipt, SentSms

NAME: Final = "sms_receipt"


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """What was left undone because nobody could say whether the message went.

    `entry` is what should have stood on the timeline, `check_task` the task that asks a person; None where there is
    none.
    """

    entry: LogSms | None = None
    check_task: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiptFacts:
    """What is known of a receipt; `contact`, `company` and `owners` only where somebody has to do something about it.

    `sent` is None when the message is not one of ours, `doubt` when our own sending had its answer.
    """

    receipt: Receipt
    sent: SentSms | None
    doubt: Doubt | None = None
    contact: Contact | None = None
    company: Company | None = None
    owners: Mapping[int, Owner] = field(default_factory=dict)


def needs_somebody(facts: ReceiptFacts) -> bool:
    """The customer did not get the message, and nobody knows yet."""
    if facts.sent is None or facts.receipt.status not in UNDELIVERED:
        return False
    return facts.doubt is not None or facts.sent.delivery.state not in UNDELIVERED
