"""ITX' receipts and messages from phones, in our own words; BEHAVIOR.md says why they are read as they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from kundeflyt.domain.delivery import STATUSES, WHOLE, Receipt, Status, looks_like_ours
from kundeflyt.domain.events import SMS_INBOUND, SMS_RECEIPT, Event
from kundeflyt.domain.inbound import InboundSms

MOST_PARTS: Final = 255
"""GSM cannot number more."""

PLAUSIBLE: Final = timedelta(days=31)
"""No gateway keeps a message or a receipt longer than that."""


class DropReason(StrEnum):
    """Why something that we understood goes no further."""

    OTHER_REFERENCE = "other_reference"


class Defect(StrEnum):
    """What is missing that it cannot be understood without."""

    NOT_AN_OBJECT = "not_an_object"
    NO_REFERENCE = "no_reference"
    UNKNOWN_STATUS = "unknown_status"
    NO_PART = "no_part"
    NO_ID = "no_id"
    NO_SENDER = "no_sender"
    NO_TEXT = "no_text"


@dataclass(frozen=True)
class Dropped:
    """It is none of our business, and this is why."""

    reason: DropReason


@dataclass(frozen=True)
class Malformed:
    """It can't be read; a person has to look at it."""

    reason: Defect


def receipt_event(item: object, *, portal_id: int, received_at: datetime) -> Event | Dropped | Malformed:
    """One receipt is an event about our message, or dropped with a reason, or malformed with one.

    A reference that none of ours looks like belongs to another sender with the same agreement. A receipt without a
    part is about the whole message. Times decide nothing, so an unreadable one is taken for now. Never raises.
    """
    if not isinstance(item, dict):
        return Malformed(Defect.NOT_AN_OBJECT)
    reference, status = item.get("reference"), item.get("status")
    part = item.get("part", WHOLE)
    if not isinstance(reference, str):
        return Malformed(Defect.NO_REFERENCE)
    if not looks_like_ours(reference):
        return Dropped(DropReason.OTHER_REFERENCE)
    if not isinstance(status, str) or status not in STATUSES:
        return Malformed(Defect.UNKNOWN_STATUS)
    if isinstance(part, bool) or not isinstance(part, int) or not WHOLE <= part <= MOST_PARTS:
        return Malformed(Defect.NO_PART)
    return Event(
        name=SMS_RECEIPT,
        portal_id=portal_id,
        about=reference,
        occurred_at=_moment(item.get("at"), received_at),
        received_at=received_at,
        receipt=Receipt(part=part, status=cast("Status", status)),
    )


def inbound_sms(item: object, *, received_at: datetime) -> InboundSms | Malformed:
    """A message from a phone as it came; an unreadable time is taken for now. Never raises."""
    if not isinstance(item, dict):
        return Malformed(Defect.NOT_AN_OBJECT)
    vendor_id, sender, text = _text(item, "id"), _text(item, "from"), item.get("text")
    if not vendor_id:
        return Malformed(Defect.NO_ID)
    if not sender:
        return Malformed(Defect.NO_SENDER)
    if not isinstance(text, str):
        return Malformed(Defect.NO_TEXT)
    return InboundSms(
        vendor_id=vendor_id,
        sender=sender,
        text=_clean(text),
        received_at=_moment(item.get("receivedAt"), received_at),
    )


def inbound_event(letter: InboundSms, *, portal_id: int, received_at: datetime) -> Event:
    """That somebody has written; neither the words nor the number are in it."""
    return Event(
        name=SMS_INBOUND,
        portal_id=portal_id,
        about=mark_of(letter),
        occurred_at=letter.received_at,
        received_at=received_at,
    )


def mark_of(letter: InboundSms) -> str:
    """What we know a message by: always the same for the vendor's id, which may hold anything."""
    return hashlib.sha256(f"itx/inbound/{letter.vendor_id}".encode()).hexdigest()[:32]


def _text(item: dict[Any, Any], name: str) -> str:
    value = item.get(name)
    return _clean(value).strip() if isinstance(value, str) else ""


def _clean(text: str) -> str:
    """Half a surrogate pair is no character, and nothing can store it."""
    return text.encode("utf-8", "replace").decode()


def _moment(value: object, received_at: datetime) -> datetime:
    """The time that was written, unless it can't be read or can't be true: nobody can be told of the year 9999."""
    if not isinstance(value, str):
        return received_at
    try:
        read = datetime.fromisoformat(value)
        moment = read.astimezone(UTC) if read.tzinfo else received_at
    except (ValueError, OverflowError):
        return received_at
    return moment if abs(moment - received_at) <= PLAUSIBLE else received_at
