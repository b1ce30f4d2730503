"""What lies in the ledger's table, opened: every plan and every action by itself, as a person would tell of them.

In the table an event is one packed item (docs/decisions/0019); here it becomes `PLAN/…` and `ACTION/…` again, and what
is known of an SMS says what it was sent for.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer

Json = dict[str, Any]

_PACKED_WITH = Path(__file__).parents[2] / "shared/kundeflyt/adapters/aws"
_STATES = {"s": "started", "d": "done", "r": "refused", "u": "unsure"}
_OURS = re.compile(r"([a-z0-9-]+?)--([0-9a-z]+)--([0-9a-z]+)--([a-z0-9-]+)")
_deserialize = TypeDeserializer().deserialize


def opened(items: Iterable[Any]) -> list[Json]:
    """The table's items as DynamoDB gives them, in plain values."""
    return [told for item in items for told in _opened(_plain(_deserialize({"M": item})))]


def _opened(item: Json) -> Iterator[Json]:
    if item["pk"].startswith("SMS/") and "flow" not in item:
        found = _OURS.fullmatch(item["pk"].removeprefix("SMS/"))
        if found:
            subject = f"{int(found[2], 36)}/{int(found[3], 36)}"
            item |= {"flow": found[1].replace("-", "_"), "subject": subject, "action": found[4]}
    if "plan" in item and isinstance(item["plan"], bytes):
        yield _plan(item)
    elif item["sk"] != "EVENT":
        yield item
    for name, value in item.items():
        if name.startswith("!"):
            yield _action(item["pk"], name[1:], value)


def _plan(item: Json) -> Json:
    number, content = item["plan"][0], item["plan"][1:]
    words = _words(number)
    inflater = zlib.decompressobj(-15, zdict=words)
    told = json.loads(inflater.decompress(content) + inflater.flush())
    known = {name: value for name, value in item.items() if not name.startswith("!")}
    place = {"sk": f"PLAN/{item['basis']}/{item['round']}", "planned_at": item["at"]}
    whole: Json = known | place | told | {"because": told["plan"]["because"]}
    return whole


def _action(pk: str, name: str, value: Json) -> Json:
    record = {
        "pk": pk,
        "sk": f"ACTION/{name}",
        "name": name,
        "state": _STATES[value["s"]],
        "started_at": _moment(value.get("b")),
        "ended_at": _moment(value.get("e")),
        "lease_until": _moment(value.get("l")),
        "result": value.get("r"),
        "reason": value.get("w"),
    }
    return {field: told for field, told in record.items() if told is not None}


def _moment(ticks: int | None) -> str | None:
    if ticks is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks)).isoformat(timespec="microseconds")


@cache
def _words(number: int) -> bytes:
    return (_PACKED_WITH / f"packing_{number}.txt").read_bytes()


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value)
        case Binary():
            content: Any = value
            return bytes(content.value)
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value
