"""HubSpot's webhook items in our own words; BEHAVIOR.md, section Webhooks, says why they look as they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from kundeflyt.domain.events import (
    CALL_LOGGED,
    COMPANIES_MERGED,
    CONTACT_ERASED,
    CONTACT_SEQUENCE_CHANGED,
    CONTACTS_MERGED,
    EMAIL_LOGGED,
    MEETING_LOGGED,
    MEETING_OUTCOME_SET,
    MERGES,
    OWNER_CHANGED,
    Event,
)

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

CONTACT: Final = "0-1"
COMPANY: Final = "0-2"
CALL: Final = "0-48"
MEETING: Final = "0-47"
EMAIL: Final = "0-49"

# Seconds or microseconds taken for milliseconds land outside these years.
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000
_LARGEST_ID: Final = 2**63 - 1
# HubSpot lets a record take part in 250 merges at most; a longer list is none of HubSpot's.
_MOST_MERGED: Final = 1000


class DropReason(StrEnum):
    """Why an item that we understood goes no further."""

    OTHER_PORTAL = "other_portal"
    NOBODY_LISTENS = "nobody_listens"
    OWN_WRITE = "own_write"


class Defect(StrEnum):
    """What an item lacks that it cannot be understood without."""

    NOT_AN_OBJECT = "not_an_object"
    NO_SUBSCRIPTION_TYPE = "no_subscription_type"
    NO_PORTAL_ID = "no_portal_id"
    NO_OBJECT_TYPE = "no_object_type"
    NO_PROPERTY_NAME = "no_property_name"
    NO_RECORD_ID = "no_record_id"
    NO_OCCURRED_AT = "no_occurred_at"
    NO_MERGED_IDS = "no_merged_ids"


@dataclass(frozen=True)
class Dropped:
    """The item is none of our business, and this is why."""

    reason: DropReason


@dataclass(frozen=True)
class Malformed:
    """The item can't be read; a person has to look at it."""

    reason: Defect


@dataclass(frozen=True, kw_only=True)
class _Change:
    """One kind of change at HubSpot, the event it is to us, and why we take it."""

    event: str
    object_type: str
    change: str
    property_name: str | None = None
    other_side: str | None = None
    why: str


_CHANGES: Final = (
    _Change(
        event=CALL_LOGGED, object_type=CALL, change="creation",
        why="a call logged with its outcome at once",
    ),
    _Change(
        event=CALL_LOGGED, object_type=CALL, change="propertyChange", property_name="hs_call_disposition",
        why="a call that gets its outcome, or another one, after it was logged",
    ),
    _Change(
        event=CALL_LOGGED, object_type=CALL, change="associationChange", other_side=CONTACT,
        why="a contact added to a call that had none, or taken off one that had several (requirement 000-17)",
    ),
    _Change(
        event=OWNER_CHANGED, object_type=COMPANY, change="propertyChange", property_name="hubspot_owner_id",
        why="a company that changes hands; our own changes too, because the guard over owners judges them all",
    ),
    *(
        _Change(
            event=CONTACT_SEQUENCE_CHANGED, object_type=CONTACT, change="propertyChange", property_name=name, why=why,
        )
        for name, why in (
            ("hs_sequences_is_enrolled", "a contact who is in no sequence any more; HubSpot has no event of its own"),
            ("hs_latest_sequence_ended_date", "a sequence that is over, whatever the reason (inferred)"),
            ("hs_latest_sequence_finished_date", "a sequence that has run out: the customer may be inactive (001-30)"),
            ("hs_latest_sequence_unenrolled_date", "a sequence left early: by a reply, a bounce, an opt-out, by hand"),
        )
    ),
    _Change(
        event=MEETING_OUTCOME_SET, object_type=MEETING, change="propertyChange", property_name="hs_meeting_outcome",
        why="a meeting to which the customer did not come (001-05)",
    ),
    _Change(
        event=MEETING_LOGGED, object_type=MEETING, change="creation",
        why="a meeting that a customer has agreed to ends a case, and an inactive customer's sleep (001-28)",
    ),
    _Change(
        event=EMAIL_LOGGED, object_type=EMAIL, change="creation",
        why="an e-mail from a customer does the same; which way it went is not told",
    ),
    _Change(
        event=CONTACT_ERASED, object_type=CONTACT, change="privacyDeletion",
        why="a person who is to be forgotten; HubSpot's contact.deletion beside it, and any other, erases nothing",
    ),
    _Change(
        event=CONTACTS_MERGED, object_type=CONTACT, change="merge",
        why="two records of one person: our memory follows the one that survives, so that nobody is texted again",
    ),
    _Change(
        event=COMPANIES_MERGED, object_type=COMPANY, change="merge",
        why="two records of one customer: the history is read by company",
    ),
)  # fmt: skip

_EVENTS: Final[Mapping[tuple[object, str, str | None], str]] = {
    (row.object_type, row.change, row.property_name): row.event for row in _CHANGES if row.other_side is None
}
_CHANGES_OF_RECORDS: Final = frozenset(change for _, change, _ in _EVENTS)

# Names as the classic subscriptions and association types spell them.
_TYPE_BY_NAME: Final = {"contact": CONTACT, "company": COMPANY, "call": CALL, "meeting": MEETING, "email": EMAIL}
_GENERIC: Final = "object"
_OWN_WRITES_COUNT: Final = frozenset({OWNER_CHANGED, CONTACT_ERASED, *MERGES})


def translate(
    item: object, *, app_id: int, portal_id: int, listens: Container[str], received_at: datetime
) -> Event | Dropped | Malformed:
    """One item of a webhook batch is an event for a flow, or dropped with a reason, or malformed with one.

    Our own writes are dropped (owner changes, merges and erasures excepted), and so is what happened in another portal
    than ours and whatever none of the event names in `listens` stands for. `received_at` is aware.
    Never raises, whatever the item holds.
    """
    if not isinstance(item, dict):
        return Malformed(Defect.NOT_AN_OBJECT)
    found = _understood(item, portal_id)
    if not isinstance(found, tuple):
        return found
    event, raw_record = found
    own = event not in _OWN_WRITES_COUNT and _is_our_own(item, app_id)
    if own or event not in listens:
        return Dropped(DropReason.OWN_WRITE if own else DropReason.NOBODY_LISTENS)
    record = _whole_number(raw_record)
    occurred_at = _moment(item.get("occurredAt"))
    if record is None or occurred_at is None:
        return Malformed(Defect.NO_RECORD_ID if record is None else Defect.NO_OCCURRED_AT)
    merged = _merged(item, record) if event in MERGES else ()
    if merged is None:
        return Malformed(Defect.NO_MERGED_IDS)
    return Event(
        name=event,
        portal_id=portal_id,
        record_id=record,
        merged_ids=merged,
        occurred_at=occurred_at,
        received_at=received_at,
    )


def _understood(item: dict[Any, Any], portal_id: int) -> tuple[str, object] | Dropped | Malformed:
    """What the item is called with us, and the id of its record as HubSpot wrote it."""
    subscription = item.get("subscriptionType") or item.get("eventType")
    if not isinstance(subscription, str):
        return Malformed(Defect.NO_SUBSCRIPTION_TYPE)
    portal = _whole_number(item.get("portalId"))
    if portal is None:
        return Malformed(Defect.NO_PORTAL_ID)
    if portal != portal_id:
        return Dropped(DropReason.OTHER_PORTAL)
    kind, _, change = subscription.partition(".")
    return _association(item) if change == "associationChange" else _change_of_record(kind, change, item)


def _change_of_record(kind: str, change: str, item: dict[Any, Any]) -> tuple[str, object] | Dropped | Malformed:
    """The event that what happened to a record is, with the id of that record as HubSpot wrote it."""
    if change not in _CHANGES_OF_RECORDS:
        return Dropped(DropReason.NOBODY_LISTENS)
    object_type = item.get("objectTypeId") if kind == _GENERIC else _TYPE_BY_NAME.get(kind)
    if kind == _GENERIC and not isinstance(object_type, str):
        return Malformed(Defect.NO_OBJECT_TYPE)
    property_name = None
    if change == "propertyChange":
        property_name = item.get("propertyName")
        if not isinstance(property_name, str):
            return Malformed(Defect.NO_PROPERTY_NAME)
    event = _EVENTS.get((object_type, change, property_name))
    if event is None:
        return Dropped(DropReason.NOBODY_LISTENS)
    return event, _survivor(item) if event in MERGES else item.get("objectId")


def _survivor(item: dict[Any, Any]) -> object:
    """A merge makes a new record as a rule; where it does not, the one that was chosen stays."""
    return item.get("newObjectId") or item.get("primaryObjectId") or item.get("objectId")


def _merged(item: dict[Any, Any], survivor: int) -> tuple[int, ...] | None:
    """The records that are no more, the chosen one included where it got a new id; None when they can't be read."""
    listed = item.get("mergedObjectIds")
    if not isinstance(listed, list) or len(listed) > _MOST_MERGED:
        return None
    primary = item.get("primaryObjectId") or survivor
    ids = [_whole_number(one) for one in [*listed, primary]]
    merged = dict.fromkeys(one for one in ids if one is not None and one != survivor)
    return tuple(merged) if merged and None not in ids else None


def _association(item: dict[Any, Any]) -> tuple[str, object] | Dropped | Malformed:
    """The event that two records being associated is; HubSpot tells of it from either side."""
    sides = _sides(item)
    if sides is None:
        return Malformed(Defect.NO_OBJECT_TYPE)
    for row in _CHANGES:
        if row.other_side is None or sides not in (
            (row.object_type, row.other_side),
            (row.other_side, row.object_type),
        ):
            continue
        return row.event, item.get("fromObjectId" if sides[0] == row.object_type else "toObjectId")
    return Dropped(DropReason.NOBODY_LISTENS)


def _sides(item: dict[Any, Any]) -> tuple[object, object] | None:
    """The types on both sides: by their ids, or by the classic name (`CALL_TO_CONTACT`) when those are absent."""
    ids = item.get("fromObjectTypeId"), item.get("toObjectTypeId")
    if all(isinstance(side, str) for side in ids):
        return ids
    name = item.get("associationType")
    if not isinstance(name, str):
        return None
    left, _, right = name.lower().partition("_to_")
    return _TYPE_BY_NAME.get(left), _TYPE_BY_NAME.get(right)


def _is_our_own(item: dict[Any, Any], app_id: int) -> bool:
    return item.get("changeSource") == "INTEGRATION" and _whole_number(item.get("sourceId")) == app_id


def _whole_number(value: object) -> int | None:
    """An id or a count of milliseconds: a positive whole number, or the same in digits. Fractions have lost some."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(_LARGEST_ID)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= _LARGEST_ID else None


def _moment(value: object) -> datetime | None:
    milliseconds = _whole_number(value)
    if milliseconds is None or not _EARLIEST <= milliseconds < _LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
