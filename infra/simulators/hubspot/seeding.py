"""Fills a portal from a declaration: owners, companies, contacts, activities and what ties them together."""

from datetime import datetime, timedelta
from typing import Any

from infra.simulators import clock
from infra.simulators.hubspot.models.catalog import TYPES, ObjectType
from infra.simulators.hubspot.models.owners import Owner
from infra.simulators.hubspot.models.records import Record, Source
from infra.simulators.hubspot.models.values import as_moment
from infra.simulators.hubspot.norway import NORWAY
from infra.simulators.hubspot.portal import Portal, Target
from infra.simulators.hubspot.sequences import Sequences
from infra.simulators.shell import BadControl

Json = dict[str, Any]
USER = 61_002_001
BUILT_IN = {"norway": NORWAY}
_FIRST_OWNER = 1_148_502_700
_FIRST_USER = 61_002_000
_KEYS = {"name", "properties", "owners", "sequences", *(kind.plural for kind in TYPES)}


def person(user_id: int) -> Source:
    """A user who works in HubSpot's own pages."""
    return Source(type="CRM_UI", id=f"userId:{user_id}", user_id=user_id)


def seed(portal: Portal, declaration: Json) -> Json:
    """Adds what is declared (or the built-in seed of that name) without telling the webhooks.

    Returns the ids by ref and how many records of each kind were added. Raises BadControl for what it does
    not understand.
    """
    unknown = sorted(set(declaration) - _KEYS)
    if unknown:
        raise BadControl(f"unknown keys {unknown}; known are {sorted(_KEYS)}")
    if "name" in declaration:
        if declaration["name"] not in BUILT_IN:
            raise BadControl(f"there is no seed {declaration['name']}; there are {sorted(BUILT_IN)}")
        declaration = BUILT_IN[declaration["name"]]
    portal.webhooks.muted = True
    try:
        for type_name, properties in declaration.get("properties", {}).items():
            for given in properties:
                portal.add_property(portal.kind(type_name), given)
        for given in declaration.get("owners", []):
            _add_owner(portal, given)
        for given in declaration.get("sequences", []):
            Sequences(portal).add(resolved(portal, given))
        counts = {}
        # Companies first: contacts point at them, and activities at both.
        for kind in sorted(TYPES, key=lambda kind: kind.plural != "companies"):
            for given in declaration.get(kind.plural, []):
                add_record(portal, kind, given, person(USER))
            counts[kind.plural] = len(declaration.get(kind.plural, []))
    finally:
        portal.webhooks.muted = False
    return {"refs": dict(portal.refs), "counts": counts}


def _add_owner(portal: Portal, given: Json) -> None:
    number = len(portal.owners) + 1
    owner = Owner(
        id=str(given.get("id", _FIRST_OWNER + 13 * number)),
        email=given.get("email"),
        first_name=given.get("firstName", ""),
        last_name=given.get("lastName", ""),
        user_id=int(given.get("userId", _FIRST_USER + number)),
        created=clock.now() - timedelta(days=400),
        type=given.get("type", "PERSON"),
        archived=bool(given.get("archived", False)),
    )
    portal.owners[owner.id] = owner
    if "ref" in given:
        portal.refs[given["ref"]] = owner.id


def add_record(portal: Portal, kind: ObjectType, given: Json, source: Source) -> Record:
    """One record as declared: `ref`, `id`, `properties`, `associations`, `createdAt`.

    An activity without a time happens now; a call with a contact gets the contact's company too, as HubSpot does
    by itself, unless the companies are named.
    """
    unknown = sorted(set(given) - {"ref", "id", "properties", "associations", "createdAt", "userId"})
    if unknown:
        raise BadControl(f"unknown keys {unknown} in one of {kind.plural}")
    properties = resolved(portal, given.get("properties", {}))
    if "hs_timestamp" in kind.required:
        properties = {"hs_timestamp": clock.iso(clock.now())} | properties
    if kind.plural == "communications":
        properties = {"hs_communication_logged_from": "CRM"} | properties
    created = moment(given["createdAt"]) if "createdAt" in given else None
    values = portal.check(kind, properties)
    targets = _targets(portal, kind, given.get("associations", {}))
    id_ = str(given["id"]) if "id" in given else None
    record = portal.create(kind, values, targets, source, created=created, id_=id_)
    if "ref" in given:
        portal.refs[given["ref"]] = record.id
    return record


def id_of(portal: Portal, name: Any) -> str:
    """The id itself, or the id behind an "@ref"; raises BadControl for a ref nobody has."""
    text = str(name)
    if not text.startswith("@"):
        return text
    if text[1:] not in portal.refs:
        raise BadControl(f"no record or owner has the ref {text[1:]}")
    return portal.refs[text[1:]]


def resolved(portal: Portal, properties: Json) -> Json:
    """The properties with refs replaced by ids and times like "-2h" by that long from now."""
    return {name: _value(portal, name, value) for name, value in properties.items()}


def _value(portal: Portal, name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.startswith("@"):
        return id_of(portal, value)
    if name == "hs_timestamp":
        return clock.iso(moment(value))
    return value


def moment(text: Any) -> datetime:
    """A time as ISO 8601, milliseconds or relative, such as "-2h"; raises BadControl for anything else."""
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    given = str(text)
    if given[:1] in "+-" and given[-1:] in units:
        try:
            return clock.now() + timedelta(**{units[given[-1]]: float(given[:-1])})
        except ValueError:
            raise BadControl(f"{given} is not a time like -2h") from None
    understood = as_moment(given)
    if understood is None:
        raise BadControl(f"{given} is neither a time like -2h, milliseconds nor ISO 8601")
    return understood


def _targets(portal: Portal, kind: ObjectType, associations: Json) -> list[Target]:
    targets: list[Target] = []
    for type_name, names in associations.items():
        other = portal.kind(type_name)
        targets += [(portal.records.get(other, id_of(portal, name)), set()) for name in names]
    companies_named = any(portal.kind(name).plural == "companies" for name in associations)
    if "hs_timestamp" in kind.required and portal.settings.automatic_company and not companies_named:
        for contact, _ in [target for target in targets if target[0].kind.plural == "contacts"]:
            for id_, link in portal.records.links("contacts", contact.id, "companies").items():
                company = portal.records.get(portal.kind("companies"), id_)
                if 1 in link.types and all(company is not known for known, _ in targets):
                    targets.append((company, set()))
    return targets
