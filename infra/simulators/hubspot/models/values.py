"""Which property values HubSpot accepts in a write, and how it stores them."""

from datetime import UTC, datetime
from typing import Any

from infra.simulators import clock
from infra.simulators.hubspot.errors import Refusal, invalid, invalid_property
from infra.simulators.hubspot.models.catalog import ObjectType, Property
from infra.simulators.hubspot.models.records import Record, Records


def as_moment(value: str) -> datetime | None:
    """A datetime value given as milliseconds since 1970 or as ISO 8601 with an offset; None when it is neither."""
    try:
        if value.lstrip("-").isdigit():
            return clock.from_milliseconds(int(value))
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def accepted(
    records: Records, kind: ObjectType, given: Any, owner_ids: set[str], *, record: Record | None = None
) -> dict[str, str]:
    """The given properties as HubSpot stores them.

    `record` is the one being updated, None for a creation. Raises HubSpot's 400 (409 for a contact's e-mail
    address in use) for a value it refuses, and for a required property missing at creation.
    """
    if not isinstance(given, dict):
        raise invalid("Invalid input JSON: properties is required and must be an object.")
    values = {}
    for name, raw in given.items():
        prop = records.property(kind, name)
        if prop.read_only:
            raise invalid_property(name, "READ_ONLY_VALUE", f"{name} is a read only property")
        values[name] = _stored(prop, raw, owner_ids)
    _check_required(kind, values, record)
    _check_unique(records, kind, values, record)
    return values


def _stored(prop: Property, raw: Any, owner_ids: set[str]) -> str:
    if raw is None or raw == "":
        return ""
    if isinstance(raw, bool):
        raw = "true" if raw else "false"
    if not isinstance(raw, str | int | float):
        raise invalid(f"Invalid input JSON: the value of {prop.name} must be a string.")
    value = str(raw)
    if prop.name == "hubspot_owner_id":
        if value not in owner_ids:
            raise invalid_property(prop.name, "INVALID_OWNER_ID", f"The owner {value} does not exist")
    elif prop.type == "enumeration" and prop.options:
        if set(value.split(";")) - set(prop.options):
            raise invalid_property(
                prop.name, "INVALID_OPTION", f"{value} was not one of the allowed options: {list(prop.options)}"
            )
    elif prop.type == "number":
        try:
            float(value)
        except ValueError:
            raise invalid_property(prop.name, "INVALID_INTEGER", f"{value} was not a valid number") from None
    elif prop.type == "bool" and value not in {"true", "false"}:
        raise invalid_property(prop.name, "INVALID_BOOLEAN", f"{value} was not a valid boolean")
    elif prop.type in {"datetime", "date"}:
        moment = as_moment(value)
        if moment is None:
            raise invalid_property(prop.name, "INVALID_DATE", f"{value} was not a valid timestamp")
        return clock.iso(moment) if prop.type == "datetime" else moment.date().isoformat()
    return value


def _check_required(kind: ObjectType, values: dict[str, str], record: Record | None) -> None:
    if record is None:
        missing = [name for name in kind.required if not values.get(name)]
    else:
        missing = [name for name in kind.required if values.get(name, "set") == ""]
    if missing:
        raise Refusal(
            400,
            "VALIDATION_ERROR",
            f"Error creating {kind.singular.upper()}. Some required properties were not set.",
            context={"properties": missing},
        )
    if record is None and kind.plural == "communications" and values.get("hs_communication_logged_from") != "CRM":
        raise invalid_property(
            "hs_communication_logged_from", "INVALID_OPTION", "hs_communication_logged_from must be CRM"
        )


def _check_unique(records: Records, kind: ObjectType, values: dict[str, str], record: Record | None) -> None:
    for name, value in values.items():
        holder = records.owner_of_value(kind, name, value) if value and records.property(kind, name).unique else None
        if holder is None or (record is not None and holder == record.id):
            continue
        if (kind.plural, name) == ("contacts", "email"):
            raise Refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {holder}")
        raise Refusal(
            400,
            "VALIDATION_ERROR",
            f"Cannot set PropertyValueCoordinates{{objectTypeId={kind.id}, propertyName={name}}}. "
            f"{holder} already has that value.",
            context={"propertyName": [name], "existingObjectId": [holder]},
            errors=[
                {
                    "message": f"{holder} already has that value.",
                    "code": "CONFLICTING_UNIQUE_VALUE",
                    "context": {"propertyName": [name], "existingObjectId": [holder]},
                }
            ],
        )
