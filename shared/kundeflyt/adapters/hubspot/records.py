"""HubSpot's rows in our own words: its property names stop here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from kundeflyt.domain.crm import Call, Company, Contact, Owner
from kundeflyt.domain.ownership import Means, OwnerChange

Row = Mapping[str, Any]

CALL_PROPERTIES: Final = (
    "hs_timestamp",
    "hs_call_disposition",
    "hs_call_direction",
    "hs_activity_type",
    "hs_call_title",
    "hs_call_from_number",
    "hs_call_to_number",
    "hs_call_callee_object_id",
    "hs_call_callee_object_type",
    "hubspot_owner_id",
)
CONTACT_PROPERTIES: Final = (
    "firstname",
    "lastname",
    "mobilephone",
    "phone",
    "email",
    "country",
    "hs_language",
    "notes_last_contacted",
)
COMPANY_PROPERTIES: Final = ("name", "hubspot_owner_id", "country")

OLD_LANGUAGE_CODES: Final[Mapping[str, str]] = {
    "no": "nb",  # HubSpot's plain "Norwegian": our Norwegian texts are in bokmål
}
# As seen in histories; HubSpot publishes no whole list, and what is not here is not known.
CHANGED_BY: Final[Mapping[str, Means]] = {
    "CRM_UI": "person",
    "CRM": "person",
    "INTEGRATION": "app",
    "API": "app",
    "IMPORT": "import",
    "AUTOMATION_PLATFORM": "workflow",
}
_CONTACT_TYPE_NAMES: Final = frozenset({"contact", "contacts", "0-1"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def call(row: Row) -> Call:
    """A call; without a time of its own it counts from when it was logged."""
    values = values_of(row)
    callee_is_contact = values.get("hs_call_callee_object_type", "").lower() in _CONTACT_TYPE_NAMES
    return Call(
        id=int(row["id"]),
        at=moment(values.get("hs_timestamp")) or logged_at(row),
        disposition=values.get("hs_call_disposition"),
        inbound=values.get("hs_call_direction") == "INBOUND",
        owner_id=_id(values.get("hubspot_owner_id")),
        activity_type=values.get("hs_activity_type"),
        title=values.get("hs_call_title"),
        from_number=values.get("hs_call_from_number"),
        to_number=values.get("hs_call_to_number"),
        callee_contact_id=_id(values.get("hs_call_callee_object_id")) if callee_is_contact else None,
    )


def contact(row: Row, properties: Collection[str]) -> Contact:
    """A contact, with those of the properties asked for that have a value."""
    values = values_of(row)
    return Contact(
        id=int(row["id"]),
        first_name=values.get("firstname"),
        last_name=values.get("lastname"),
        mobile=values.get("mobilephone"),
        phone=values.get("phone"),
        email=values.get("email"),
        country=values.get("country"),
        language=_language(values.get("hs_language")),
        last_active=moment(values.get("notes_last_contacted")),
        properties={name: values[name] for name in properties if name in values},
    )


def company(row: Row, properties: Collection[str] = (), *, history: Iterable[Mapping[str, Any]] = ()) -> Company:
    """A company and its adviser, with the properties and the owner's history where they were asked for."""
    values = values_of(row)
    return Company(
        id=int(row["id"]),
        name=values.get("name"),
        owner_id=_id(values.get("hubspot_owner_id")),
        country=values.get("country"),
        properties={name: values[name] for name in properties if name in values},
        owner_history=tuple(_owner_change(entry) for entry in history),
    )


def owner(row: Row) -> Owner:
    """An adviser; what HubSpot calls a QUEUE stands for several people."""
    return Owner(
        id=int(row["id"]),
        user_id=_id(str(row.get("userId") or row.get("userIdIncludingInactive") or "")),
        email=row.get("email") or None,
        first_name=row.get("firstName") or None,
        last_name=row.get("lastName") or None,
        is_person=row.get("type", "PERSON") == "PERSON",
        archived=bool(row.get("archived")),
    )


def _owner_change(entry: Mapping[str, Any]) -> OwnerChange:
    user_id = entry.get("updatedByUserId")
    return OwnerChange(
        at=_at(entry),
        owner_id=_id(entry.get("value")),
        user_id=int(user_id) if user_id else None,
        means=CHANGED_BY.get(entry.get("sourceType") or ""),
    )


def set_at(history: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Since when a property has had its last value, also where it was written again meanwhile; None without history."""
    entries = sorted(((_at(entry), entry.get("value") or "") for entry in history), reverse=True)
    return min((at for at, _ in takewhile(lambda one: one[1] == entries[0][1], entries)), default=None)


def _at(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["timestamp"]).astimezone(UTC)


def moment(value: str | None) -> datetime | None:
    """A time as HubSpot writes it, ISO or epoch milliseconds, as an aware UTC time; None if it is neither."""
    if not value:
        return None
    try:
        if value.lstrip("-").isdigit():
            return _EPOCH + timedelta(milliseconds=int(value))
        read = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def logged_at(row: Row) -> datetime:
    """When the record came into HubSpot (UTC). Every row has it."""
    return datetime.fromisoformat(row["createdAt"]).astimezone(UTC)


def epoch_milliseconds(at: datetime) -> str:
    """A time as searches take it."""
    return str((at - _EPOCH) // timedelta(milliseconds=1))


def iso(at: datetime) -> str:
    """A time as writes take it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def values_of(row: Row) -> dict[str, str]:
    """The properties that have a value: HubSpot clears a property with an empty text."""
    return {name: value.strip() for name, value in row["properties"].items() if value and value.strip()}


def _id(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None


def _language(value: str | None) -> str | None:
    if value is None:
        return None
    code = value.lower().replace("_", "-").split("-")[0]
    return OLD_LANGUAGE_CODES.get(code, code)
