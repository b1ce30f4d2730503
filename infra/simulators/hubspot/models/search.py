"""HubSpot's search: what it finds, its limits, and that it sees changes only after a while."""

from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from infra.simulators.hubspot.errors import invalid
from infra.simulators.hubspot.models.catalog import ObjectType, object_type
from infra.simulators.hubspot.models.records import Record, Records
from infra.simulators.hubspot.models.values import as_moment

Json = dict[str, Any]
Test = Callable[[Record], bool]
_MAX_BODY = 3000
_MAX_GROUPS = 5
_MAX_FILTERS = 6
_MAX_FILTERS_IN_ALL = 18
_MAX_PAGE = 200
_MAX_RESULTS = 10_000
_DEFAULT_PAGE = 10
_QUERIED = ("firstname", "lastname", "email", "phone", "name", "domain")


def search(records: Records, kind: ObjectType, body: Json, *, raw_size: int, seen_at: datetime) -> Json:
    """One page of the records that match, as they were at `seen_at` (now less the indexing lag).

    Raises HubSpot's 400 for a query beyond its limits.
    """
    if raw_size > _MAX_BODY:
        raise invalid(f"The search request body is {raw_size} characters; at most {_MAX_BODY} are allowed.")
    limit, after = _number(body, "limit", _DEFAULT_PAGE), _number(body, "after", 0)
    if not 0 < limit <= _MAX_PAGE:
        raise invalid(f"limit must be between 1 and {_MAX_PAGE}.")
    if after + limit > _MAX_RESULTS:
        raise invalid(f"The maximum offset plus limit is {_MAX_RESULTS}.")
    found = _matching(records, kind, body, seen_at)
    _sort(records, kind, found, body.get("sorts") or [], seen_at)
    page = found[after : after + limit]
    names = body.get("properties") or []
    answer: Json = {"total": len(found), "results": [record.as_json(names) for record in page]}
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return answer


def _number(body: Json, key: str, default: int) -> int:
    value = body.get(key)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"{key} must be an integer.") from None


def _matching(records: Records, kind: ObjectType, body: Json, at: datetime) -> list[Record]:
    groups = [group.get("filters") or [] for group in body.get("filterGroups") or []]
    if len(groups) > _MAX_GROUPS:
        raise invalid(f"At most {_MAX_GROUPS} filterGroups are allowed.")
    if any(len(filters) > _MAX_FILTERS for filters in groups):
        raise invalid(f"At most {_MAX_FILTERS} filters are allowed in one filterGroup.")
    if sum(map(len, groups)) > _MAX_FILTERS_IN_ALL:
        raise invalid(f"At most {_MAX_FILTERS_IN_ALL} filters are allowed in all.")
    compiled = [_group(records, kind, filters, at) for filters in groups] or [[]]
    query = str(body.get("query") or "").lower()
    found = []
    for record in records.by_type[kind.plural].values():
        if record.archived_at is not None or record.created > at:
            continue
        if query and not any(query in (record.get(name, at=at) or "").lower() for name in _QUERIED):
            continue
        if any(all(test(record) for test in tests) for tests in compiled):
            found.append(record)
    return found


def _group(records: Records, kind: ObjectType, filters: list[Json], at: datetime) -> list[Test]:
    tests = [_test(records, kind, one, at) for one in filters]
    # An association test is by far the cheapest and the most telling, so it is asked first.
    order = sorted(
        range(len(tests)), key=lambda i: not str(filters[i].get("propertyName", "")).startswith("associations.")
    )
    return [tests[i] for i in order]


def _test(records: Records, kind: ObjectType, wanted: Json, at: datetime) -> Test:
    name, operator = str(wanted.get("propertyName") or ""), str(wanted.get("operator") or "")
    if name.startswith("associations."):
        return _association_test(records, kind, name, operator, wanted, at)
    prop = records.property(kind, name)
    values = _operands(operator, wanted)

    def comparable(value: str) -> Any:
        if prop.type in {"datetime", "date"}:
            return as_moment(value)
        if prop.type == "number":
            return float(value)
        return value.lower() if prop.type == "string" else value

    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        wanted_state = operator == "HAS_PROPERTY"
        return lambda record: (record.get(name, at=at) is not None) is wanted_state
    if operator in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        pattern, contains = values[0].lower(), operator == "CONTAINS_TOKEN"
        return lambda record: (
            any(fnmatchcase(token, pattern) for token in (record.get(name, at=at) or "").lower().split()) is contains
        )
    listed = operator in {"IN", "NOT_IN"}
    try:
        # IN compares strings as given with lower-cased values: a capital letter in the list never matches.
        operands = [value if listed and prop.type == "string" else comparable(value) for value in values]
    except ValueError:
        raise invalid(f"The value of the filter on {name} is not a {prop.type}.") from None
    compare = _COMPARISONS[operator]

    def test(record: Record) -> bool:
        value = record.get(name, at=at)
        return value is not None and compare(comparable(value), operands)

    return test


_COMPARISONS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "EQ": lambda value, operands: bool(value == operands[0]),
    "NEQ": lambda value, operands: bool(value != operands[0]),
    "IN": lambda value, operands: value in operands,
    "NOT_IN": lambda value, operands: value not in operands,
    "GT": lambda value, operands: bool(value > operands[0]),
    "GTE": lambda value, operands: bool(value >= operands[0]),
    "LT": lambda value, operands: bool(value < operands[0]),
    "LTE": lambda value, operands: bool(value <= operands[0]),
    "BETWEEN": lambda value, operands: bool(operands[0] <= value <= operands[1]),
}


def _operands(operator: str, wanted: Json) -> list[str]:
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return []
    if operator in {"IN", "NOT_IN"}:
        values = wanted.get("values")
        if not isinstance(values, list) or not values:
            raise invalid(f"The operator {operator} needs values.")
        return [str(value) for value in values]
    if operator not in _COMPARISONS and operator not in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        raise invalid(f"The operator {operator} is not known.")
    ends = [wanted.get("value"), wanted.get("highValue")] if operator == "BETWEEN" else [wanted.get("value")]
    if any(end is None for end in ends):
        raise invalid(f"The operator {operator} needs a value.")
    return [str(end) for end in ends]


def _association_test(records: Records, kind: ObjectType, name: str, operator: str, wanted: Json, at: datetime) -> Test:
    other = object_type(name.removeprefix("associations."))
    if other is None or operator not in {"EQ", "IN"}:
        raise invalid(f"The filter {operator} on {name} is not supported.")
    ids = _operands(operator, wanted)
    near = {
        id_
        for other_id in ids
        for id_, link in records.links(other.plural, other_id, kind.plural).items()
        if link.since <= at
    }
    return lambda record: record.id in near


def _sort(records: Records, kind: ObjectType, found: list[Record], sorts: list[Any], at: datetime) -> None:
    if len(sorts) > 1:
        raise invalid("Only one sort is allowed.")
    name, descending = kind.created, False
    if sorts and isinstance(sorts[0], dict):
        name = str(sorts[0].get("propertyName"))
        descending = sorts[0].get("direction") == "DESCENDING"
    elif sorts:
        name, descending = str(sorts[0]).lstrip("-"), str(sorts[0]).startswith("-")
    type_ = records.property(kind, name).type

    def key(record: Record) -> tuple[bool, float, str]:
        value = record.get(name, at=at)
        moment = as_moment(value) if value and type_ in {"datetime", "date"} else None
        number = moment.timestamp() if moment else float(value or 0) if type_ == "number" else 0.0
        return (value is None) is not descending, number, value or ""

    found.sort(key=key, reverse=descending)
