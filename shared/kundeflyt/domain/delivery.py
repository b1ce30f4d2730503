"""What became of a text message after the vendor took it, pieced together from receipts in any order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal, get_args

Status = Literal["SENT", "DELIVERED", "FAILED", "EXPIRED", "UNKNOWN"]

STATUSES: Final[frozenset[str]] = frozenset(get_args(Status))
UNDELIVERED: Final[frozenset[Status]] = frozenset({"FAILED", "EXPIRED"})
WHOLE: Final = 0
"""The part of a receipt that names none: it is about the whole message."""

LONGEST_REFERENCE: Final = 36
_BETWEEN: Final = "--"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_PORTAL_AND_RECORD: Final = 2
_WHOLE_NUMBER: Final = re.compile(r"0|[1-9][0-9]*")
_HASH: Final = re.compile(r"[0-9a-f]{32}")
_WORDS: Final = "[a-z0-9]+(?:-[a-z0-9]+)*"
_LEADS_BACK: Final = re.compile(f"({_WORDS})--([0-9a-z]+)--([0-9a-z]+)--({_WORDS})")

_RANK: Final[Mapping[Status, int]] = {"SENT": 1, "UNKNOWN": 2, "DELIVERED": 3, "FAILED": 3, "EXPIRED": 3}


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the vendor says became of one part of a message (1, 2, ...), or of the whole of it (0)."""

    part: int
    status: Status


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How far a message of so many parts has come: FAILED if any part failed, DELIVERED when all parts are.

    Receipts come twice, in any order and before our own sending has returned. Neither a part nor the message ever
    moves back, and the first final word stands; UNKNOWN is no final word. Without receipts it stays SENT.
    `doubted`: our sending had no answer and the vendor could not be asked, so that a receipt is news of that, too.
    """

    parts: int
    heard: Mapping[int, Status] = field(default_factory=dict)
    state: Status = "SENT"
    doubted: bool = False

    def after(self, receipt: Receipt) -> Delivery:
        """How it stands once this receipt is heard; itself when the receipt is no news."""
        known = self.heard.get(receipt.part)
        if known is not None and _RANK[receipt.status] <= _RANK[known]:
            return self
        heard = {**self.heard, receipt.part: receipt.status}
        told = _told(heard, self.parts)
        return replace(self, heard=heard, state=told if _RANK[told] > _RANK[self.state] else self.state)

    def bears_out(self, receipt: Receipt) -> bool:
        """The receipt is what stands for its part, and the message has not come to another end."""
        if self.heard.get(receipt.part) != receipt.status:
            return False
        return receipt.status not in UNDELIVERED or self.state in UNDELIVERED


@dataclass(frozen=True, kw_only=True)
class SentSms:
    """A text message of ours: whom it was for, and how far it has come. `reference` is ours, and holds no number.

    `flow`, `subject` and `action` say what it was sent for and by; `owner_id` is the adviser in whose name;
    `at` is when it was handed to the vendor.
    """

    reference: str
    flow: str
    subject: str
    action: str
    contact_id: int | None
    company_id: int | None
    owner_id: int | None
    at: datetime
    delivery: Delivery


def reference_of(key: str) -> str:
    """The reference the vendor knows an action's message by: ours, at most 36 characters, nothing personal in it.

    It leads back to the action where that fits, so that nothing need be written down for a receipt to find it; else
    it is a hash of the key.
    """
    flow, *subject, name = key.split("/")
    if len(subject) == _PORTAL_AND_RECORD and all(_WHOLE_NUMBER.fullmatch(part) for part in subject):
        parts = flow.replace("_", "-"), *(_short(int(part)) for part in subject), name
        reference = _BETWEEN.join(parts)
        if len(reference) <= LONGEST_REFERENCE and action_behind(reference) == key:
            return reference
    return sha256(key.encode()).hexdigest()[:32]


def action_behind(reference: str) -> str | None:
    """The key of the action whose message has this reference; None where it is a hash, or none of ours."""
    found = _LEADS_BACK.fullmatch(reference)
    if not found:
        return None
    flow, portal, record, name = found.groups()
    return f"{flow.replace('-', '_')}/{int(portal, 36)}/{int(record, 36)}/{name}"


def looks_like_ours(reference: str) -> bool:
    """Whether a reference has a form that we give; of any other, another sender has sent the message."""
    return bool(_HASH.fullmatch(reference) or _LEADS_BACK.fullmatch(reference))


def number_claim(number_hash: str) -> str:
    """The claim that whoever texts a number holds."""
    return f"sms/{number_hash}"


def _short(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _told(heard: Mapping[int, Status], parts: int) -> Status:
    said = set(heard.values())
    if "FAILED" in said:
        return "FAILED"
    if "EXPIRED" in said:
        return "EXPIRED"
    all_parts = all(heard.get(part) == "DELIVERED" for part in range(1, parts + 1))
    if all_parts or heard.get(WHOLE) == "DELIVERED":
        return "DELIVERED"
    return "UNKNOWN" if "UNKNOWN" in said else "SENT"
