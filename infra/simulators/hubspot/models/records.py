"""The records of a portal with their property histories, and the associations between them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.simulators import clock
from infra.simulators.hubspot.errors import invalid, invalid_property, not_found
from infra.simulators.hubspot.models.catalog import (
    ASSOCIATION_TYPES,
    LABELS,
    PRIMARY_COMPANY,
    SEARCHABLE_NUMBERS,
    TYPES,
    ObjectType,
    Property,
    known_association_ids,
    searchable_number,
)

Json = dict[str, Any]
_FIRST_ID = 217_480_300_117  # real ids passed 2^31 long ago
_ID_STRIDE = 37


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who made a change, in HubSpot's words: a person in the CRM, or an app."""

    type: str
    id: str
    user_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value a property has had, since when and by whom."""

    value: str
    at: datetime
    source: Source

    def as_json(self) -> Json:
        """The entry as propertiesWithHistory shows it."""
        entry = {
            "value": self.value,
            "timestamp": clock.iso(self.at),
            "sourceType": self.source.type,
            "sourceId": self.source.id,
        }
        return entry if self.source.user_id is None else entry | {"updatedByUserId": self.source.user_id}


@dataclass(kw_only=True)
class Record:
    """One contact, call, task and so on. Histories are oldest first."""

    kind: ObjectType
    id: str
    created: datetime
    updated: datetime
    archived_at: datetime | None = None
    history: dict[str, list[Value]] = field(default_factory=dict)

    def get(self, name: str, *, at: datetime | None = None) -> str | None:
        """The property's value now or as it was at the moment; None when it has none."""
        values = self.history.get(name)
        if not values:
            return None
        if at is None:
            return values[-1].value or None
        return next((value.value or None for value in reversed(values) if value.at <= at), None)

    def as_json(self, names: Iterable[str] = (), with_history: Iterable[str] = ()) -> Json:
        """The record as the API shows it: the properties asked for, or the type's usual ones."""
        with_history = list(with_history)
        wanted = [*names, *with_history]
        shown = {*wanted, "hs_object_id", self.kind.created, self.kind.modified} if wanted else self.kind.shown
        shape: Json = {
            "id": self.id,
            "properties": {name: self.get(name) for name in sorted(shown)},
            "createdAt": clock.iso(self.created),
            "updatedAt": clock.iso(self.updated),
            "archived": self.archived_at is not None,
        }
        if self.archived_at is not None:
            shape["archivedAt"] = clock.iso(self.archived_at)
        if with_history:
            shape["propertiesWithHistory"] = {
                name: [value.as_json() for value in reversed(self.history.get(name, []))] for name in with_history
            }
        return shape


@dataclass(kw_only=True)
class Link:
    """One association in one direction: its type ids and since when."""

    types: set[int]
    since: datetime

    def as_json(self) -> list[Json]:
        """The association types as the associations API lists them."""
        return [
            {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": LABELS.get(type_id)}
            for type_id in sorted(self.types)
        ]


class Records:
    """All records of a portal, found by id or by a unique property."""

    def __init__(self) -> None:
        self._next_id = _FIRST_ID
        self.properties: dict[str, dict[str, Property]] = {
            kind.plural: {prop.name: prop for prop in kind.properties} for kind in TYPES
        }
        self.by_type: dict[str, dict[str, Record]] = {kind.plural: {} for kind in TYPES}
        self._unique: dict[tuple[str, str, str], str] = {}
        self._survivors: dict[tuple[str, str], str] = {}
        self._links: dict[tuple[str, str], dict[str, dict[str, Link]]] = {}

    # -- finding ---------------------------------------------------------------------------------------

    def find(self, kind: ObjectType, id_: str, id_property: str | None = None) -> Record | None:
        """The living record with this id, or with this value of a unique property; None when there is none.

        The id of a record that was merged finds the one it has become. Raises a 400 when the property is not unique.
        """
        if id_property and id_property != "hs_object_id":
            prop = self.property(kind, id_property)
            if not prop.unique:
                raise invalid(f"Property {id_property} is not a unique property of {kind.singular}.")
            id_ = self._unique.get((kind.plural, id_property, id_.lower()), "")
        while (kind.plural, id_) in self._survivors:
            id_ = self._survivors[kind.plural, id_]
        record = self.by_type[kind.plural].get(id_)
        return record if record is not None and record.archived_at is None else None

    def get(self, kind: ObjectType, id_: str, id_property: str | None = None) -> Record:
        """The living record; raises a 404 when there is none."""
        record = self.find(kind, id_, id_property)
        if record is None:
            raise not_found(kind.singular, id_)
        return record

    def property(self, kind: ObjectType, name: str) -> Property:
        """The property of the object type; raises HubSpot's 400 for one it does not have."""
        prop = self.properties[kind.plural].get(name)
        if prop is None:
            raise invalid_property(name, "PROPERTY_DOESNT_EXIST", f"Property {name} does not exist")
        return prop

    # -- writing ---------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """An id no record has had."""
        self._next_id += _ID_STRIDE
        return str(self._next_id)

    def owner_of_value(self, kind: ObjectType, name: str, value: str) -> str | None:
        """The id of the record that holds this value of a unique property."""
        return self._unique.get((kind.plural, name, value.lower()))

    def add(self, kind: ObjectType, id_: str, created: datetime, source: Source) -> Record:
        """A new record without properties beyond HubSpot's own."""
        record = Record(kind=kind, id=id_, created=created, updated=created)
        self.by_type[kind.plural][id_] = record
        own = {
            "hs_object_id": id_,
            kind.created: clock.iso(created),
            "hs_createdate": clock.iso(created),
            "hs_object_source": source.type,
            "hs_object_source_id": source.id,
        }
        for name, value in own.items():
            record.history[name] = [Value(value=value, at=created, source=source)]
        return record

    def write(self, record: Record, values: dict[str, str], at: datetime, source: Source) -> list[str]:
        """Sets the values (already checked); returns the names of those that really changed."""
        changed = []
        for name, value in values.items():
            before = record.get(name)
            if (before or "") == value:
                continue
            changed.append(name)
            if self.properties[record.kind.plural][name].unique:
                if before is not None:
                    self._unique.pop((record.kind.plural, name, before.lower()), None)
                if value:
                    self._unique[record.kind.plural, name, value.lower()] = record.id
            record.history.setdefault(name, []).append(Value(value=value, at=at, source=source))
            if record.kind.plural == "contacts" and name in SEARCHABLE_NUMBERS:
                searchable = Value(value=searchable_number(value), at=at, source=source)
                record.history.setdefault(SEARCHABLE_NUMBERS[name], []).append(searchable)
        record.updated = max(at, record.updated)
        for name in {record.kind.modified, "hs_lastmodifieddate"}:
            record.history[name] = [Value(value=clock.iso(record.updated), at=at, source=source)]
        return changed

    def archive(self, record: Record, at: datetime) -> None:
        """Moves a record to the recycle bin; its unique values are free again and its associations gone."""
        record.archived_at = at
        for name in [name for name, prop in self.properties[record.kind.plural].items() if prop.unique]:
            value = record.get(name)
            if value is not None:
                self._unique.pop((record.kind.plural, name, value.lower()), None)
        for to_type, links in self._links.pop((record.kind.plural, record.id), {}).items():
            for to_id in links:
                self._links.get((to_type, to_id), {}).get(record.kind.plural, {}).pop(record.id, None)

    def merge(self, old: Record, into: Record, at: datetime) -> None:
        """From now on the id of the old record finds the surviving one; the old record itself is no more."""
        self.archive(old, at)
        self._survivors[old.kind.plural, old.id] = into.id

    def remove(self, record: Record, at: datetime) -> None:
        """Deletes a record for good: nobody will find it in any recycle bin."""
        self.archive(record, at)
        del self.by_type[record.kind.plural][record.id]

    # -- associations ----------------------------------------------------------------------------------

    def links(self, from_type: str, from_id: str, to_type: str) -> dict[str, Link]:
        """What a record is associated with, in the order it was associated."""
        return self._links.get((from_type, from_id), {}).get(to_type, {})

    def link(self, one: Record, other: Record, type_ids: set[int], at: datetime) -> bool:
        """Associates two records both ways; tells whether that was new."""
        pair = (one.kind.plural, other.kind.plural)
        back = (pair[1], pair[0])
        default, default_back = ASSOCIATION_TYPES[pair], ASSOCIATION_TYPES[back]
        there, here = {default, *type_ids}, {default_back}
        if pair in PRIMARY_COMPANY:
            contact = one if pair[0] == "contacts" else other
            has_primary = any(1 in link.types for link in self.links("contacts", contact.id, "companies").values())
            if not has_primary or there & {1, 2}:
                there.add(PRIMARY_COMPANY[pair])
                here.add(PRIMARY_COMPANY[back])
        new = other.id not in self.links(pair[0], one.id, pair[1])
        self._join(one, other, there, at)
        self._join(other, one, here, at)
        return new

    def _join(self, one: Record, other: Record, types: set[int], at: datetime) -> None:
        links = self._links.setdefault((one.kind.plural, one.id), {}).setdefault(other.kind.plural, {})
        if other.id in links:
            links[other.id].types |= types
        else:
            links[other.id] = Link(types=types, since=at)

    def unlink(self, one: Record, other: Record) -> bool:
        """Takes two records apart, all labels included; tells whether they were associated."""
        there = self.links(one.kind.plural, one.id, other.kind.plural).pop(other.id, None)
        self.links(other.kind.plural, other.id, one.kind.plural).pop(one.id, None)
        return there is not None

    def check_association(self, from_kind: ObjectType, to_kind: ObjectType, type_ids: set[int]) -> None:
        """Raises a 400 when HubSpot knows no such association between the two object types."""
        known = known_association_ids(from_kind.plural, to_kind.plural)
        if not type_ids or type_ids - known:
            raise invalid(
                f"Association type ids {sorted(type_ids - known)} are not valid from {from_kind.singular} to "
                f"{to_kind.singular}.",
                fromObjectType=[from_kind.id],
                toObjectType=[to_kind.id],
            )
