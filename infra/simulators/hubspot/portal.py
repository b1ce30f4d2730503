"""One HubSpot portal: every change to a record goes through here, so that each is told to the webhooks."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from infra.simulators import clock
from infra.simulators.hubspot.errors import Refusal, invalid
from infra.simulators.hubspot.models.catalog import (
    ASSOCIATION_TYPES,
    TYPES,
    ObjectType,
    Property,
    known_association_ids,
    object_type,
)
from infra.simulators.hubspot.models.owners import Owner
from infra.simulators.hubspot.models.records import Record, Records, Source
from infra.simulators.hubspot.models.sequences import Enrolment, Sequence
from infra.simulators.hubspot.models.values import accepted
from infra.simulators.hubspot.settings import Settings
from infra.simulators.hubspot.webhooks import Webhooks

Json = dict[str, Any]
Target = tuple[Record, set[int]]
_ACTIVITIES = {"calls", "tasks", "emails", "meetings", "notes", "communications"}


class Portal:
    """The state of a portal and what can happen to it."""

    def __init__(self, settings: Settings, webhooks: Webhooks) -> None:
        self.settings = settings
        self.webhooks = webhooks
        self.reset()

    def reset(self) -> None:
        """Empties the portal: no records, owners, custom properties or webhooks; usual behaviour."""
        self.settings = self.settings.as_on_the_first_day()
        self.webhooks.forget(self.settings)
        self.records = Records()
        self.owners: dict[str, Owner] = {}
        self.refs: dict[str, str] = {}
        self.groups: set[tuple[str, str]] = set()
        self.sequences: dict[str, Sequence] = {}
        self.enrolments: dict[str, list[Enrolment]] = {}
        self._arrange_key()

    def change_settings(self, changes: Json) -> None:
        """Switches the behaviour; raises BadControl for a setting that does not exist."""
        before = self.settings
        self.settings = before.changed(changes)
        self.webhooks.settings = self.settings
        if (before.kundeflyt_key, before.unique_keys) != (
            self.settings.kundeflyt_key,
            self.settings.unique_keys,
        ):
            self._arrange_key()

    def _arrange_key(self) -> None:
        for kind in TYPES:
            properties = self.records.properties[kind.plural]
            properties.pop("kundeflyt_key", None)
            if self.settings.kundeflyt_key and kind.plural in _ACTIVITIES:
                properties["kundeflyt_key"] = Property(
                    name="kundeflyt_key", unique=self.settings.unique_keys, hubspot_defined=False
                )

    # -- who does it -----------------------------------------------------------------------------------

    def app(self) -> Source:
        """The app whose token the API was called with."""
        return Source(type="INTEGRATION", id=str(self.settings.app_id))

    def kind(self, name: str) -> ObjectType:
        """The object type by any of its names; raises a 400 for an unknown one."""
        kind = object_type(name)
        if kind is None:
            raise invalid(f"Unable to infer object type from: {name}")
        return kind

    def indexed_until(self) -> datetime:
        """The moment up to which search has seen the changes."""
        return clock.now() - timedelta(seconds=self.settings.search_lag_seconds)

    # -- what can happen -------------------------------------------------------------------------------

    def check(self, kind: ObjectType, given: Any, record: Record | None = None) -> dict[str, str]:
        """The properties as they would be stored; raises what HubSpot would refuse."""
        return accepted(self.records, kind, given, set(self.owners), record=record)

    def check_associations(self, kind: ObjectType, given: Any) -> list[Target]:
        """The records a new one shall be associated with; raises a 400 when one is missing or the type wrong."""
        if not isinstance(given, list):
            raise invalid("Invalid input JSON: associations is required and must be a list.")
        targets = []
        for one in given:
            try:
                id_ = str(one["to"]["id"])
                types = {int(spec["associationTypeId"]) for spec in one["types"]}
            except (KeyError, TypeError, ValueError):
                raise invalid("Invalid input JSON: an association needs to.id and types.") from None
            to_kind = self._kind_for(kind, types)
            self.records.check_association(kind, to_kind, types)
            target = self.records.find(to_kind, id_)
            if target is None:
                raise invalid(f"The associated {to_kind.singular.upper()}={id_} is not valid.", invalidObjectIds=[id_])
            targets.append((target, types))
        return targets

    def _kind_for(self, kind: ObjectType, types: set[int]) -> ObjectType:
        # The create body names only ids and association types, so the type says what kind the target is.
        for to_type in ("contacts", "companies", *sorted(_ACTIVITIES)):
            if known_association_ids(kind.plural, to_type) & types:
                return self.kind(to_type)
        raise invalid(f"Association type ids {sorted(types)} are not valid for {kind.singular}.")

    def create(
        self,
        kind: ObjectType,
        values: dict[str, str],
        targets: Iterable[Target],
        source: Source,
        *,
        created: datetime | None = None,
        id_: str | None = None,
    ) -> Record:
        """A new record with checked values and associations."""
        at = created or clock.now()
        record = self.records.add(kind, id_ or self.records.new_id(), at, source)
        self.records.write(record, values, at, source)
        self.webhooks.created(record, source)
        if self.settings.property_changes_on_creation:
            for name, value in values.items():
                if value:
                    self.webhooks.property_changed(record, name, value, source, at=clock.now())
        for target, types in targets:
            self.associate(record, target, types, source, at=at)
        return record

    def update(
        self,
        record: Record,
        values: dict[str, str],
        source: Source,
        *,
        at: datetime | None = None,
        told: bool = True,
    ) -> None:
        """Changes a record by checked values; a change `at` an earlier time is told of late, if it is `told`."""
        moment = at or clock.now()
        for name in self.records.write(record, values, moment, source):
            if told:
                self.webhooks.property_changed(record, name, values[name], source, at=moment)

    def archive(self, record: Record, source: Source) -> None:
        """Moves a record to the recycle bin."""
        self.records.archive(record, clock.now())
        self.webhooks.deleted(record, source)

    def erase(self, contact: Record, source: Source) -> None:
        """Deletes a contact for privacy, with the activities that were nobody else's."""
        at = clock.now()
        for plural in sorted(_ACTIVITIES):
            for id_ in list(self.records.links("contacts", contact.id, plural)):
                if list(self.records.links(plural, id_, "contacts")) == [contact.id]:
                    self.records.remove(self.records.get(self.kind(plural), id_), at)
        self.records.remove(contact, at)
        self.refs = {ref: id_ for ref, id_ in self.refs.items() if id_ != contact.id}
        self.webhooks.erased(contact, source)

    def merge(self, primary: Record, others: list[Record], source: Source) -> Record:
        """Makes one record of several: the primary's values first, everybody's associations.

        A new record as a rule, to which the old ids lead; with `merges_keep_primary_id` the primary one.
        """
        at, merged = clock.now(), [primary, *others]
        own = {"hs_object_id", primary.kind.created, primary.kind.modified, "hs_createdate", "hs_lastmodifieddate"}
        values: dict[str, str] = {}
        for record in reversed(merged):
            known = self.records.properties[record.kind.plural]
            kept = {name for name in record.history if name in known and not known[name].read_only} - own
            values |= {name: value for name in kept if (value := record.get(name))}
        moved = sum(primary.get(name) != value for name, value in values.items())
        ties = [
            (other, set(link.types))
            for record in merged
            for kind in TYPES
            for id_, link in self.records.links(record.kind.plural, record.id, kind.plural).items()
            if (other := self.records.find(kind, id_))
        ]
        keeps_id = self.settings.merges_keep_primary_id
        into = primary if keeps_id else self.records.add(primary.kind, self.records.new_id(), at, source)
        for record in others if keeps_id else merged:
            self.records.merge(record, into, at)
        self.records.write(into, values, at, source)
        for other, types in ties:
            self._tie(into, other, types, at, source)
        gone = {record.id for record in merged}
        self.refs = {ref: into.id if id_ in gone else id_ for ref, id_ in self.refs.items()}
        self.webhooks.merged(primary, others, into, moved, source)
        return into

    def _tie(self, into: Record, other: Record, types: set[int], at: datetime, source: Source) -> None:
        """The primary record's primary company stays the primary one."""
        has_primary = any(1 in link.types for link in self.records.links("contacts", into.id, "companies").values())
        if has_primary:
            types = types - {1, 2}
        if self.records.link(into, other, types, at) and self.settings.merges_associate_anew:
            self.webhooks.association_changed(into, other, source, removed=False)

    def associate(
        self, one: Record, other: Record, types: set[int], source: Source, *, at: datetime | None = None
    ) -> int:
        """Associates two records, by their default type too; returns that default's id. 400 if it can't be."""
        default = ASSOCIATION_TYPES.get((one.kind.plural, other.kind.plural))
        if default is None:
            raise invalid(f"{one.kind.singular} can not be associated with {other.kind.singular}.")
        if self.records.link(one, other, types, at or clock.now()):
            self.webhooks.association_changed(one, other, source, removed=False)
        return default

    def dissociate(self, one: Record, other: Record, source: Source) -> None:
        """Takes two records apart."""
        if self.records.unlink(one, other):
            self.webhooks.association_changed(one, other, source, removed=True)

    def add_property(self, kind: ObjectType, given: Json) -> Property:
        """A new custom property. 409 when there is one of that name; 400 when it may not be unique here."""
        missing = [name for name in ("name", "label", "type", "fieldType", "groupName") if not given.get(name)]
        if missing:
            raise invalid(f"Invalid input JSON: {missing} must be set.")
        name = str(given["name"])
        if name in self.records.properties[kind.plural]:
            raise Refusal(
                409,
                "OBJECT_ALREADY_EXISTS",
                f'A property named "{name}" already exists.',
                sub_category="Properties.PROPERTY_EXISTS",
            )
        unique = bool(given.get("hasUniqueValue"))
        if unique and kind.plural in _ACTIVITIES and not self.settings.unique_keys:
            raise invalid(f"Properties of {kind.singular} can not have unique values.")
        prop = Property(
            name=name,
            type=str(given["type"]),
            field_type=str(given["fieldType"]),
            label=str(given["label"]),
            group=str(given["groupName"]),
            options={str(one["value"]): str(one["label"]) for one in given.get("options") or []},
            unique=unique,
            hubspot_defined=False,
        )
        self.records.properties[kind.plural][name] = prop
        return prop
