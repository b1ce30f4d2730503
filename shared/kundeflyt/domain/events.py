"""What happened in the customer systems, in our own words."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Self

from kundeflyt.domain.delivery import STATUSES, Receipt

CALL_LOGGED: Final = "CallLogged"
OWNER_CHANGED: Final = "OwnerChanged"
CONTACT_SEQUENCE_CHANGED: Final = "ContactSequenceChanged"
EMAIL_LOGGED: Final = "EmailLogged"
MEETING_LOGGED: Final = "MeetingLogged"
MEETING_OUTCOME_SET: Final = "MeetingOutcomeSet"
CUSTOMER_TRIED: Final = "CustomerTried"
SMS_RECEIPT: Final = "SmsReceipt"
SMS_INBOUND: Final = "SmsInbound"
CONTACT_ERASED: Final = "ContactErased"
CONTACTS_MERGED: Final = "ContactsMerged"
COMPANIES_MERGED: Final = "CompaniesMerged"
NIGHT_FELL: Final = "NightFell"
CASE_DECIDED: Final = "CaseDecided"
CUSTOMER_BECAME_INACTIVE: Final = "CustomerBecameInactive"
CUSTOMER_REACTIVATED: Final = "CustomerReactivated"

EVENT_NAMES: Final = frozenset(
    {
        CALL_LOGGED,
        OWNER_CHANGED,
        CONTACT_SEQUENCE_CHANGED,
        EMAIL_LOGGED,
        MEETING_LOGGED,
        MEETING_OUTCOME_SET,
        CUSTOMER_TRIED,
        SMS_RECEIPT,
        SMS_INBOUND,
        CONTACT_ERASED,
        CONTACTS_MERGED,
        COMPANIES_MERGED,
        NIGHT_FELL,
        CASE_DECIDED,
        CUSTOMER_BECAME_INACTIVE,
        CUSTOMER_REACTIVATED,
    }
)
MERGES: Final = frozenset({CONTACTS_MERGED, COMPANIES_MERGED})

WHOEVER: Final = 0
"""The portal of an event that comes from a schedule, which does not know it: the one the stack acts on."""

_NOT_IN_HUBSPOT: Final = frozenset(
    {SMS_RECEIPT, SMS_INBOUND, NIGHT_FELL, CASE_DECIDED, CUSTOMER_BECAME_INACTIVE, CUSTOMER_REACTIVATED}
)
_ABOUT: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_NOT_ALWAYS_THERE: Final = frozenset({"record_id", "about", "merged_ids", "receipt", "round", "bulk"})


class MalformedEventError(ValueError):
    """The message on the queue is not one of our events; a person has to look at it."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to one record, and when we heard of it.

    `record_id` is HubSpot's; what HubSpot does not know is named by `about` instead: our own reference of a message,
    or a mark of the vendor's id. Never a number, a name or a word of anybody's. `receipt` belongs to SmsReceipt, and
    `merged_ids` to merges: the records that have become `record_id`. NightFell is about a sweep, and happens once a
    night; CaseDecided is about a review case, and its `record_id` is the company.
    Times are aware and in UTC. `round` counts how often we have put the event back on the road ourselves
    (a wake after the night, a hold that was released): each round is decided afresh. `bulk` says that nobody waits
    for it: it is one of many that were started at once, and lets what a person has just done go first.
    """

    name: str
    portal_id: int
    record_id: int = 0
    about: str = ""
    occurred_at: datetime
    received_at: datetime
    merged_ids: tuple[int, ...] = ()
    receipt: Receipt | None = None
    round: int = 0
    bulk: bool = False

    @property
    def subject(self) -> str:
        """What happened, not its delivery: retries and duplicates share it. One record may survive several merges."""
        merge = f"-{_mark(self.name, self.merged_ids)}" if self.merged_ids else ""
        night = f"-{night_of(self.occurred_at)}" if self.name == NIGHT_FELL else ""
        return f"{self.portal_id}/{self.about or self.record_id}{merge}{night}"

    def next_round(self) -> Self:
        """The same event, to be decided afresh."""
        return replace(self, round=self.round + 1)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as the bus and the queues carry them."""
        # Written out, since the door does it for every item of a batch: asdict's deep copies took most of its time.
        given: dict[str, Any] = {
            "name": self.name,
            "portal_id": self.portal_id,
            "record_id": self.record_id,
            "occurred_at": self.occurred_at.astimezone(UTC).isoformat(),
            "received_at": _in_words(self.received_at),
            "round": self.round,
        }
        if self.about:
            given["about"] = self.about
        if self.merged_ids:
            given["merged_ids"] = self.merged_ids
        if self.receipt:
            given["receipt"] = asdict(self.receipt)
        if self.bulk:
            given["bulk"] = True
        return given

    @classmethod
    def from_json(cls, raw: Any) -> Self:
        """Reads what `to_json` wrote; raises MalformedEventError naming the field that is wrong."""
        if not isinstance(raw, dict):
            raise MalformedEventError("the message's detail is not a JSON object")
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in raw.items() if key in known}
        missing = known - values.keys() - _NOT_ALWAYS_THERE
        if "about" not in values and "record_id" not in values:
            missing |= {"record_id"}
        if missing:
            raise MalformedEventError(f"the event lacks {', '.join(sorted(missing))}")
        if not isinstance(values["name"], str) or values["name"] not in EVENT_NAMES:
            raise MalformedEventError("the event's name is not one we know")
        for key in ("portal_id", "record_id", "round"):
            value = values.get(key, 0)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise MalformedEventError(f"the event's {key} is not a whole number")
        if not isinstance(values.get("bulk", False), bool):
            raise MalformedEventError("the event's bulk is not yes or no")
        about = values.get("about", "")
        if not isinstance(about, str) or (about and not _ABOUT.fullmatch(about)):
            raise MalformedEventError("the event's about is not a short mark")
        if values["name"] in _NOT_IN_HUBSPOT and not about:
            raise MalformedEventError("the event does not say which message, sweep or case it is about")
        for key in ("occurred_at", "received_at"):
            values[key] = _aware(key, values[key])
        if values["name"] == SMS_RECEIPT:
            values["receipt"] = _receipt(values.get("receipt"))
        elif values.get("receipt") is not None:
            raise MalformedEventError("only a receipt's event has a receipt")
        values["merged_ids"] = _merged(values["name"], values.get("merged_ids", []))
        return cls(**values)


def night_of(moment: datetime) -> date:
    """The day in Oslo on which it was night."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - the doors, which have to start fast, hear of no nights

    return moment.astimezone(ZoneInfo("Europe/Oslo")).date()


@lru_cache(maxsize=1)
def _in_words(received_at: datetime) -> str:
    """A hundred events of one request have one time of receipt."""
    return received_at.astimezone(UTC).isoformat()


def _aware(key: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        in_utc = moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedEventError(f"the event's {key} is not a time") from error
    if moment.tzinfo is None:
        raise MalformedEventError(f"the event's {key} has no time zone")
    return in_utc


def _mark(name: str, ids: tuple[int, ...]) -> str:
    return sha256(f"{name}/{ids}".encode()).hexdigest()[:12]


def _merged(name: str, value: Any) -> tuple[int, ...]:
    """The records that are no more; a list in JSON. Nothing was merged where no record is named."""
    ids = value if isinstance(value, list | tuple) else [None]
    if not all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in ids):
        raise MalformedEventError("the event's merged_ids are not ids")
    if bool(ids) != (name in MERGES):
        raise MalformedEventError("a merge's event names the merged records, and no other does")
    return tuple(ids)


def _receipt(value: Any) -> Receipt:
    part, status = (value.get("part"), value.get("status")) if isinstance(value, dict) else (None, None)
    whole = isinstance(part, int) and not isinstance(part, bool) and part >= 0
    if not whole or not isinstance(status, str) or status not in STATUSES:
        raise MalformedEventError("the event's receipt is not a part and a status we know")
    return Receipt(part=value["part"], status=value["status"])
