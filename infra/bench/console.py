"""The console's queue of 100,000 cases, in a table that counts how often it is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from kundeflyt.adapters.aws.cases import DynamoDbCaseStore, case_item
from kundeflyt.adapters.aws.ledger_items import Item, from_dynamodb, moment, to_dynamodb
from kundeflyt.domain.cases import claim, opened
from kundeflyt.domain.review import Evidence, ReviewedCompany, ReviewRequest, assess
from kundeflyt.domain.rules import ReviewCaseRules
from kundeflyt.ports.cases import CaseQuery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CASES = 100_000
PAGE = 50
MOST_KEYS = 100
"""So many items DynamoDB reads at once (BatchGetItem)."""
CLAIMED_EVERY = 40
"""One case in so many is worked by the colleague whose cases are asked for."""
SOMEBODY = "una@company.example"
_NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)


class CountingTable:
    """Answers the case store's reads as DynamoDB does: so many keys are read, and a filter takes some away after.

    Half of the cases are open and half claimed; the newest evidence first is `place` 0 of a state.
    """

    def __init__(self) -> None:
        self.reads = 0

    def query(self, **request: Any) -> dict[str, Any]:
        """One read request of an index by state."""
        self.reads += 1
        values = from_dynamodb(request["ExpressionAttributeValues"])
        state = str(values[":hash"])
        start = request.get("ExclusiveStartKey")
        first = _place_of(from_dynamodb(start)) + 1 if start else 0
        places = range(first, min(first + int(request["Limit"]), CASES // 2))
        found = [_item(state, place) for place in places]
        kept = [item for item in found if "FilterExpression" not in request or _is_somebody_s(item)]
        answer: dict[str, Any] = {"Items": [to_dynamodb(item) for item in kept]}
        if places and places[-1] + 1 < CASES // 2:
            last = found[-1]
            keys = {name: last[name] for name in ("pk", "sk", "listed", "evidence_at")}
            answer["LastEvaluatedKey"] = to_dynamodb(keys)
        return answer

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """One read request of items by their keys; the first of them is one that somebody looks at."""
        self.reads += 1
        [(table, wanted)] = request["RequestItems"].items()
        if len(wanted["Keys"]) > MOST_KEYS:
            raise ValueError(f"DynamoDB reads {MOST_KEYS} items at once, not {len(wanted['Keys'])}")
        item = wanted["Keys"][0] | to_dynamodb({f"looks:{SOMEBODY}": moment(_NOW + timedelta(seconds=30))})
        return {"Responses": {table: [item]}, "UnprocessedKeys": {}}


def reads_for(query: CaseQuery, *, pages: int) -> list[int]:
    """How many read requests each of the first pages of a list takes; who looks at its cases among it.

    Raises RuntimeError when a page is not full, or does not tell who looks.
    """
    table = CountingTable()
    store = DynamoDbCaseStore(cast("DynamoDBClient", table), "cases")
    counted: list[int] = []
    cursor: str | None = None
    for _ in range(pages):
        table.reads = 0
        page = store.page(query, cursor=cursor, size=PAGE)
        told = store.looking([case.id for case in page.cases], _NOW)
        counted.append(table.reads)
        cursor = page.cursor
        if page.cases and not told:
            raise RuntimeError("nobody is told who looks at a page's cases")
        if cursor is None or (query.claimed_by is None and len(page.cases) < PAGE):
            raise RuntimeError(f"a page of {len(page.cases)} cases is no page of {PAGE} out of {CASES}")
    return counted


def _item(state: str, place: int) -> Item:
    company = 1_000_000 + place * 2 + (state == "claimed")
    ended = _NOW - timedelta(minutes=place)
    evidence = Evidence(
        company_id=company,
        contact_id=company,
        sequence_id=1,
        enrolled_at=ended - timedelta(days=160),
        ended_at=ended,
        ending="finished",
        owner_id=11,
    )
    request = ReviewRequest(
        key=f"{company}",
        portal_id=1,
        company=ReviewedCompany(id=company, name=f"Kunde {company} AS"),
        evidence=evidence,
        assessment=assess(evidence, now=_NOW),
        found_at=_NOW,
    )
    case, _ = opened(request, _NOW, ReviewCaseRules())
    if state == "claimed":
        who = SOMEBODY if place % CLAIMED_EVERY == 0 else "another@company.example"
        case, _ = claim(case, who, _NOW, ReviewCaseRules())
    return case_item(case, _NOW)


def _place_of(key: Mapping[str, Any]) -> int:
    return (int(str(key["pk"]).rpartition("/")[2]) - 1_000_000) // 2


def _is_somebody_s(item: Item) -> bool:
    claimed = item["summary"].get("claim")
    return bool(claimed) and claimed["user"] == SOMEBODY
