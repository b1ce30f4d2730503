"""Review cases in a table of their own.

All of a company lies in one partition, `COMPANY/<id>`: its cases (`CASE/<opened>`), which of them is open (`OPEN`), the
messages that were taken in (`MESSAGE/<key>`), the audit (`AUDIT/<opened>/<version>`) and who looks at a case
(`LOOK/<opened>`, each person until when). A case lies where its id says also when its company has been merged: the
survivor's partition leads to it (`CASE/<opened>/<the company it was opened for>`). `CONTACT/<id>` leads to the cases
that name a contact. `COUNTS` holds how many cases are in each state, spread over a few items that are added up. The
indexes carry what lists show, and nothing else.
"""

from __future__ import annotations

import binascii
import json
import random
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.adapters.aws.ledger_items import Item, forgotten_at, from_dynamodb, kept_from, moment, to_dynamodb
from kundeflyt.domain.cases import CLOSED, AuditEntry, CaseState, CaseSummary, ReviewCase
from kundeflyt.ports.cases import LONGEST_PAGE, LOOK_LASTS, BadCursorError, CasePage, CaseQuery, CaseSort
from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READS_PER_PAGE: Final = 2
"""A third tells who looks at the cases. Three states at once, which no page of the console shows, take one each."""
READ_THROUGH_FILTER: Final = 500
"""A filter throws most of what is read away, so more is read at once: still far less than a page of DynamoDB's."""
COUNTERS: Final = 8
"""So many items share the counts, so that cases that are opened at the same moment seldom wait for each other."""

_MOST_BESIDE: Final = 80  # a transaction holds a hundred writes
_TRIES: Final = 6
_LONGEST_PAUSE: Final = 0.05  # seconds, doubled with each try
_CASE_ID: Final = re.compile(r"([1-9]\d{0,18})-(\d{1,12})")
_NUMBER: Final = re.compile(r"[A-Z]{0,4}\d{6,14}[A-Z]?")
_RANGES: Final[dict[CaseSort, str]] = {"newest_evidence": "evidence_at", "oldest": "opened_at", "due": "due_at"}
_ALL_NAMES: Final = "company"
_LOOKS: Final = "looks:"


@dataclass
class _Lane:
    """One partition of an index, read from one place on."""

    name: str
    index: str
    hash_key: str
    hash_value: str | int
    range_key: str
    start: Item | None
    items: list[Item]
    more: Item | None = None
    ended: bool = False

    def frontier(self) -> str | None:
        """Nothing before this has been left out; None when everything has been read."""
        return str(self.more[self.range_key]) if self.more else None


class DynamoDbCaseStore:
    """One DynamoDB table. Every method raises TryLater when DynamoDB is busy or silent.

    `pause` waits so many seconds before a write that met another one is tried again.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        read_through_filter: int = READ_THROUGH_FILTER,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._read_through_filter = read_through_filter
        self._pause = pause
        self._random = random.SystemRandom()

    def case(self, case_id: str) -> ReviewCase | None:
        """The case as it stands; None when there is none with that id."""
        key = _case_key(case_id)
        item = self._get(key) if key else None
        return _case_of(item) if item else None

    def open_case_of(self, company_id: int) -> ReviewCase | None:
        """The one case of a company that is not closed, if there is one."""
        pointer = self._get(_key(company_id, "OPEN"))
        return self.case(pointer["case_id"]) if pointer else None

    def cases_of(self, company_id: int) -> Sequence[ReviewCase]:
        """All cases of a company, the newest first; also those of companies that were merged into it."""
        found = []
        for item in self._all(_key(company_id, "CASE/")):
            if "case" in item:
                found.append(_case_of(item))
            elif key := _case_key(item["case_id"]):
                # By a query, not by its key: who may only ask for a company's cases may ask for these, too.
                found += [_case_of(one) for one in self._all(key) if one["sk"] == key["sk"]]
        return sorted(found, key=lambda case: case.opened_at, reverse=True)

    def cases_about(self, contact_id: int) -> Sequence[ReviewCase]:
        """The cases whose evidence names this contact; a place that leads to one may be older than its evidence."""
        led_to = [self.case(item["case_id"]) for item in self._all(_led_from(contact_id))]
        return [case for case in led_to if case and contact_id in case.people]

    def case_of_message(self, company_id: int, key: str) -> ReviewCase | None:
        """The case that this message was taken in to."""
        item = self._get(_key(company_id, f"MESSAGE/{key}"))
        return self.case(item["case_id"]) if item else None

    def audit(self, case_id: str) -> Sequence[AuditEntry]:
        """Who did what to a case, the first first."""
        key = _case_key(case_id)
        if key is None:
            return []
        items = self._all({"pk": key["pk"], "sk": f"{key['sk'].replace('CASE/', 'AUDIT/')}/"})
        return [AuditEntry.model_validate(item["entry"]) for item in items]

    def counts(self) -> Mapping[CaseState, int]:
        """How many cases are in each state, in one read."""
        with waiting_may_help("DynamoDB"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_dynamodb({":pk": "COUNTS"}),
                ConsistentRead=True,
            )
        items = [from_dynamodb(item) for item in answer["Items"]]
        return {state: sum(item.get(state, 0) for item in items) for state in get_args(CaseState)}

    def search(self, text: str, *, size: int = 20) -> Sequence[CaseSummary]:
        """The cases of the company with this organisation number, or of those whose names begin so."""
        number = _number(text)
        if number and _NUMBER.fullmatch(number):
            found = self._query("number", "organisation_number = :hash", {":hash": number}, size, newest_first=True)
            if found:
                return found
        name = _name(text)
        if not name:
            return []
        return self._query(
            "name", "named = :hash AND begins_with(name_key, :name)", {":hash": _ALL_NAMES, ":name": name}, size
        )

    def page(self, query: CaseQuery, *, cursor: str | None = None, size: int = 50) -> CasePage:
        """So many cases at most, in one read for each state and never more than two for one."""
        if not 1 <= size <= LONGEST_PAGE:
            raise ValueError(f"a page holds 1 to {LONGEST_PAGE} cases, not {size}")
        lanes = _lanes(query, cursor)
        live = [lane for lane in lanes if not lane.ended]
        for lane in live:
            self._read(lane, query, size, reads=max(1, READS_PER_PAGE // len(live)))
        taken = _merged(live, size, newest_first=query.sort == "newest_evidence")
        return CasePage(
            cases=tuple(CaseSummary.model_validate(item["summary"]) for item in taken), cursor=_cursor(query, lanes)
        )

    def open(self, case: ReviewCase, audit: AuditEntry) -> bool:
        """Stores a new case; False when the company has an open one, or its message was taken in before."""
        return self._write(
            [
                self._put(case_item(case, audit.at), "attribute_not_exists(pk)"),
                self._put(_key(case.company.id, "OPEN") | {"case_id": case.id}, "attribute_not_exists(pk)"),
                *self._told(case, audit),
                *self._led_to(case, audit),
                self._counted(case, {case.state: 1}),
            ]
        )

    def save(self, case: ReviewCase, audit: AuditEntry, *, seen_version: int) -> bool:
        """Stores how a case stands now; False when somebody has changed it since that version was read."""
        if case.version <= seen_version or audit.before is None:
            raise ValueError(f"case {case.id} was not changed since version {seen_version}")
        writes = [
            self._put(case_item(case, audit.at), "#version = :seen", {":seen": seen_version}, names=["version"]),
            *self._told(case, audit),
            *self._led_to(case, audit),
        ]
        if audit.before != case.state:
            writes.append(self._counted(case, {audit.before: -1, case.state: 1}))
        pointer = _key(case.company.id, "OPEN")
        if case.closed and audit.before not in CLOSED:
            writes.append(self._delete(pointer))
            self._let_run_out(case, audit.at)
        elif not case.closed and audit.before in CLOSED:
            writes.append(self._put(pointer | {"case_id": case.id}, "attribute_not_exists(pk)"))
        return self._write(writes)

    def move(self, case: ReviewCase, audit: AuditEntry, *, left: int, seen_version: int) -> bool:
        """Stores a case under the company that `left` was merged into; its id stays."""
        home, into = _home(case.id), case.company.id
        writes = [
            self._put(case_item(case, audit.at), "#version = :seen", {":seen": seen_version}, names=["version"]),
            *self._told(case, audit),
        ]
        if home != into:
            writes.append(self._put(_moved_key(case) | _led(case, audit.at)))
        if left != home:
            writes.append(self._delete(_key(left, _moved_key(case)["sk"])))
        if not case.closed:
            writes.append(self._put(_key(into, "OPEN") | {"case_id": case.id}, "attribute_not_exists(pk)"))
            writes.append(self._delete(_key(left, "OPEN")))
        return self._write(writes)

    def rewrite(self, entries: Sequence[AuditEntry]) -> None:
        """Puts these entries in the place of what the audit said."""
        for entry in entries:
            with waiting_may_help("DynamoDB"):
                self._client.put_item(TableName=self._table, Item=to_dynamodb(_audit_item(entry)))

    def forget_contact(self, contact_id: int) -> None:
        """Nothing leads from this contact to cases any more."""
        for item in self._all(_led_from(contact_id)):
            with waiting_may_help("DynamoDB"):
                self._client.delete_item(TableName=self._table, Key=to_dynamodb({"pk": item["pk"], "sk": item["sk"]}))

    def look(self, case_id: str, who: str, now: datetime) -> Sequence[str]:
        """Notes in one write that somebody looks at a case; tells all who do now, by name."""
        key = _look_key(case_id)
        if key is None:
            return ()
        until = now + LOOK_LASTS
        with waiting_may_help("DynamoDB"):
            answer = self._client.update_item(
                TableName=self._table,
                Key=to_dynamodb(key),
                UpdateExpression="SET #who = :until, expires_at = :forgotten",
                ExpressionAttributeNames={"#who": f"{_LOOKS}{who}"},
                ExpressionAttributeValues=to_dynamodb({":until": moment(until), ":forgotten": forgotten_at(until)}),
                ReturnValues="ALL_NEW",
            )
        return _lookers(from_dynamodb(answer["Attributes"]), now)

    def looking(self, case_ids: Collection[str], now: datetime) -> Mapping[str, Sequence[str]]:
        """Who looks at which of these cases now, in one read. What a busy table leaves out, the next poll tells."""
        keys = {(key["pk"], key["sk"]): case_id for case_id in case_ids if (key := _look_key(case_id))}
        if len(keys) > LONGEST_PAGE:
            raise ValueError(f"who looks is told of at most {LONGEST_PAGE} cases at once, not of {len(keys)}")
        if not keys:
            return {}
        wanted = [to_dynamodb({"pk": pk, "sk": sk}) for pk, sk in keys]
        with waiting_may_help("DynamoDB"):
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": wanted}})
        items = [from_dynamodb(item) for item in answer["Responses"].get(self._table, [])]
        found = {keys[item["pk"], item["sk"]]: _lookers(item, now) for item in items}
        return {case_id: lookers for case_id, lookers in found.items() if lookers}

    def _told(self, case: ReviewCase, audit: AuditEntry) -> list[Item]:
        writes = [self._put(_audit_item(audit))]
        if audit.message is not None:
            taken = {"case_id": case.id, "expires_at": kept_from(audit.at)}
            key = _key(case.company.id, f"MESSAGE/{audit.message}")
            writes.append(self._put(key | taken, "attribute_not_exists(pk) OR case_id = :case", {":case": case.id}))
        return writes

    def _led_to(self, case: ReviewCase, audit: AuditEntry) -> list[Item]:
        """Whom it names leads to the case by the same write: whoever erases a person finds all that is held."""
        places = [_led_from(id_) | {"sk": f"CASE/{case.id}"} | _led(case, audit.at) for id_ in sorted(audit.names)]
        before, beside = places[:-_MOST_BESIDE], places[-_MOST_BESIDE:]
        for place in before:
            with waiting_may_help("DynamoDB"):
                self._client.put_item(TableName=self._table, Item=to_dynamodb(place))
        return [self._put(place) for place in beside]

    def _let_run_out(self, case: ReviewCase, now: datetime) -> None:
        """What leads to a case that is being closed is forgotten with it."""
        places = [_led_from(id_) | {"sk": f"CASE/{case.id}"} for id_ in sorted(case.people)]
        places += [_moved_key(case)] if _home(case.id) != case.company.id else []
        for place in places:
            with waiting_may_help("DynamoDB"):
                try:
                    self._client.update_item(
                        TableName=self._table,
                        Key=to_dynamodb(place),
                        UpdateExpression="SET expires_at = :at",
                        ConditionExpression="attribute_exists(pk)",
                        ExpressionAttributeValues=to_dynamodb({":at": kept_from(now)}),
                    )
                except ClientError as error:
                    if error_code(error) != "ConditionalCheckFailedException":
                        raise

    def _delete(self, key: Item) -> Item:
        return {"Delete": {"TableName": self._table, "Key": to_dynamodb(key)}}

    def _put(
        self,
        item: Item,
        condition: str | None = None,
        meaning: Mapping[str, Any] | None = None,
        *,
        names: Sequence[str] = (),
    ) -> Item:
        put: Item = {"TableName": self._table, "Item": to_dynamodb(item)}
        if condition:
            put["ConditionExpression"] = condition
        if meaning:
            put["ExpressionAttributeValues"] = to_dynamodb(meaning)
        if names:
            put["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
        return {"Put": put}

    def _counted(self, case: ReviewCase, steps: Mapping[str, int]) -> Item:
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_dynamodb({"pk": "COUNTS", "sk": f"{case.company.id % COUNTERS}"}),
                "UpdateExpression": "ADD " + ", ".join(f"#{state} :{state}" for state in steps),
                "ExpressionAttributeNames": {f"#{state}": state for state in steps},
                "ExpressionAttributeValues": to_dynamodb({f":{state}": step for state, step in steps.items()}),
            }
        }

    def _write(self, writes: list[Item]) -> bool:
        """All of it or nothing; False when a condition did not hold. What met another write is tried again."""
        for tried in range(_TRIES):
            with waiting_may_help("DynamoDB"):
                try:
                    self._client.transact_write_items(TransactItems=cast("Any", writes))
                except ClientError as error:
                    if error_code(error) != "TransactionCanceledException":
                        raise
                    reasons = cast("Item", error.response).get("CancellationReasons", [])
                    if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                        return False
                else:
                    return True
            self._pause(self._random.uniform(0, _LONGEST_PAUSE * 2**tried))
        raise TryLater("others write to the cases at the same moment", after=timedelta(seconds=5))

    def _get(self, key: Item) -> Item | None:
        with waiting_may_help("DynamoDB"):
            answer = self._client.get_item(TableName=self._table, Key=to_dynamodb(key), ConsistentRead=True)
        return from_dynamodb(answer["Item"]) if "Item" in answer else None

    def _all(self, begins: Item) -> list[Item]:
        """Everything of one partition whose sort key begins so, in its order."""
        with waiting_may_help("DynamoDB"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
                ExpressionAttributeValues=to_dynamodb({":pk": begins["pk"], ":sk": begins["sk"]}),
                ConsistentRead=True,
            )
            return [from_dynamodb(item) for page in pages for item in page["Items"]]

    def _query(
        self, index: str, condition: str, values: Item, size: int, *, newest_first: bool = False
    ) -> list[CaseSummary]:
        with waiting_may_help("DynamoDB"):
            answer = self._client.query(
                TableName=self._table,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=to_dynamodb(values),
                ScanIndexForward=not newest_first,
                Limit=min(size, LONGEST_PAGE),
            )
        return [CaseSummary.model_validate(from_dynamodb(item)["summary"]) for item in answer["Items"]]

    def _read(self, lane: _Lane, query: CaseQuery, size: int, *, reads: int) -> None:
        """Reads on until there are enough, or the reads are used up, or nothing is left."""
        condition, names, values = _filter(lane, query)
        values[":hash"] = lane.hash_value
        within = f"{lane.hash_key} = :hash"
        if query.opened_before is not None and lane.range_key == "opened_at":
            within += " AND opened_at < :before"
            values[":before"] = moment(query.opened_before)
        request: Item = {
            "TableName": self._table,
            "IndexName": lane.index,
            "KeyConditionExpression": within,
            "ExpressionAttributeValues": to_dynamodb(values),
            "ScanIndexForward": query.sort != "newest_evidence",
            "Limit": self._read_through_filter if condition else size,
        }
        if condition:
            request["FilterExpression"] = condition
            request["ExpressionAttributeNames"] = names
        start = lane.start
        for _ in range(reads):
            if start:
                request["ExclusiveStartKey"] = to_dynamodb(start)
            with waiting_may_help("DynamoDB"):
                answer = self._client.query(**request)
            lane.items += [from_dynamodb(item) for item in answer["Items"]]
            start = lane.more = from_dynamodb(answer["LastEvaluatedKey"]) if "LastEvaluatedKey" in answer else None
            if not start or len(lane.items) >= size:
                return


def _lanes(query: CaseQuery, cursor: str | None) -> list[_Lane]:
    """Which partitions answer the question: an adviser's own, or one for each state."""
    starts = _starts(query, cursor)
    if query.owner_id is not None and query.sort == "newest_evidence":
        parts: list[tuple[str, str, str, str | int]] = [("owner", "owner", "owner_id", query.owner_id)]
    else:
        parts = [(state, f"state_{_RANGES[query.sort]}", "listed", state) for state in query.states]
    lanes = []
    for name, index, hash_key, hash_value in parts:
        place = starts.get(name, [])
        range_key = _RANGES[query.sort]
        start = None
        if place:
            pk, sk, at = place
            start = {"pk": pk, "sk": sk, hash_key: hash_value, range_key: at}
        lane = _Lane(name, index, hash_key, hash_value, range_key, start, [], ended=place is None)
        lanes.append(lane)
    return lanes


def _filter(lane: _Lane, query: CaseQuery) -> tuple[str, dict[str, str], Item]:
    """What the index's own keys do not say: DynamoDB lets none of these stand in a filter."""
    conditions: list[str] = []
    names: dict[str, str] = {}
    values: Item = {}

    def same(path: tuple[str, ...], value: str | int) -> None:
        names.update({f"#{part}": part for part in ("summary", *path)})
        conditions.append(".".join(f"#{part}" for part in ("summary", *path)) + f" = :{path[-1]}")
        values[f":{path[-1]}"] = value

    if lane.name == "owner":
        names |= {"#summary": "summary", "#state": "state"}
        conditions.append(f"#summary.#state IN ({', '.join(f':{state}' for state in query.states)})")
        values |= {f":{state}": state for state in query.states}
    elif query.owner_id is not None:
        same(("company", "owner_id"), query.owner_id)
    if query.recommendation is not None:
        same(("recommendation",), query.recommendation)
    if query.claimed_by is not None:
        same(("claim", "user"), query.claimed_by)
    if query.opened_before is not None and lane.range_key != "opened_at":
        names["#opened_at"] = "opened_at"
        conditions.append("#opened_at < :before")
        values[":before"] = moment(query.opened_before)
    return " AND ".join(conditions), names, values


def _merged(lanes: list[_Lane], size: int, *, newest_first: bool) -> list[Item]:
    """Takes the first of all lanes, as long as none of them may still hold an earlier one that was not read."""
    ahead = {lane.name: list(lane.items) for lane in lanes}
    taken: list[Item] = []

    def before(one: str, other: str) -> bool:
        return one > other if newest_first else one < other

    while len(taken) < size:
        first: _Lane | None = None
        for lane in lanes:
            if ahead[lane.name] and (first is None or before(_at(lane, ahead), _at(first, ahead))):
                first = lane
        if first is None:
            break
        at = _at(first, ahead)
        unread = [lane.frontier() for lane in lanes if not ahead[lane.name]]
        if any(frontier is not None and before(frontier, at) for frontier in unread):
            break
        item = ahead[first.name].pop(0)
        first.start = {name: item[name] for name in ("pk", "sk", first.range_key)}
        taken.append(item)
    for lane in lanes:
        if not ahead[lane.name]:
            lane.start, lane.ended = lane.more, lane.more is None
    return taken


def _at(lane: _Lane, ahead: Mapping[str, list[Item]]) -> str:
    return str(ahead[lane.name][0][lane.range_key])


def _question(query: CaseQuery) -> list[Any]:
    before = moment(query.opened_before) if query.opened_before else None
    return [query.sort, list(query.states), query.owner_id, query.recommendation, query.claimed_by, before]


def _cursor(query: CaseQuery, lanes: list[_Lane]) -> str | None:
    """Where each lane goes on: a place, nothing (from its beginning) or None (at its end)."""
    if all(lane.ended for lane in lanes):
        return None
    places = {
        lane.name: None
        if lane.ended
        else [lane.start[name] for name in ("pk", "sk", lane.range_key)]
        if lane.start
        else []
        for lane in lanes
    }
    return urlsafe_b64encode(json.dumps([_question(query), places]).encode()).decode().rstrip("=")


def _starts(query: CaseQuery, cursor: str | None) -> dict[str, list[str] | None]:
    if cursor is None:
        return {}
    try:
        question, places = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        known = question == _question(query) and isinstance(places, dict)
        known = known and all(place is None or _is_place(place) for place in places.values())
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadCursorError("the cursor is not one of ours") from error
    if not known:
        raise BadCursorError("the cursor was given out for another question")
    return cast("dict[str, list[str] | None]", places)


def _is_place(place: object) -> bool:
    return isinstance(place, list) and len(place) in (0, 3) and all(isinstance(part, str) and part for part in place)


def _key(company_id: int, sort_key: str) -> Item:
    return {"pk": f"COMPANY/{company_id}", "sk": sort_key}


def _home(case_id: str) -> int:
    """The company a case was opened for, in whose partition it lies."""
    return int(case_id.partition("-")[0])


def _moved_key(case: ReviewCase) -> Item:
    """Where the company that a case has come to leads to it."""
    return _key(case.company.id, f"CASE/{_opened(case.id)}/{_home(case.id)}")


def _led_from(contact_id: int) -> Item:
    return {"pk": f"CONTACT/{contact_id}", "sk": "CASE/"}


def _led(case: ReviewCase, now: datetime) -> Item:
    return {"case_id": case.id, "expires_at": kept_from(now) if case.closed else None}


def _audit_item(entry: AuditEntry) -> Item:
    key = _key(_home(entry.case_id), f"AUDIT/{_opened(entry.case_id)}/{entry.version:06}")
    return key | {"entry": entry.model_dump(mode="json"), "expires_at": kept_from(entry.at)}


def _case_key(case_id: str) -> Item | None:
    """Where a case lies; its id says it. None for what is no id of a case."""
    match = _CASE_ID.fullmatch(case_id)
    return _key(int(match[1]), f"CASE/{int(match[2]):012}") if match else None


def _look_key(case_id: str) -> Item | None:
    key = _case_key(case_id)
    return key and key | {"sk": key["sk"].replace("CASE/", "LOOK/")}


def _lookers(item: Item, now: datetime) -> list[str]:
    """Whoever's look is not over by now; DynamoDB forgets in its own time."""
    return sorted(
        name.removeprefix(_LOOKS) for name, until in item.items() if name.startswith(_LOOKS) and until > moment(now)
    )


def _opened(case_id: str) -> str:
    return f"{int(case_id.partition('-')[2]):012}"


def case_item(case: ReviewCase, now: datetime) -> Item:
    """How a case lies in the table; a closed one may be forgotten 24 months after this."""
    return _key(_home(case.id), f"CASE/{_opened(case.id)}") | {
        "version": case.version,
        "listed": case.state,
        "evidence_at": moment(case.evidence_at),
        "opened_at": moment(case.opened_at),
        "due_at": moment(case.due_at),
        "owner_id": case.company.owner_id,
        "organisation_number": _number(case.company.organisation_number or "") or None,
        "named": _ALL_NAMES,
        "name_key": _name(case.company.name) or "-",
        "summary": case.summary.model_dump(mode="json"),
        "case": case.model_dump(mode="json"),
        "expires_at": kept_from(now) if case.closed else None,
    }


def _case_of(item: Item) -> ReviewCase:
    return ReviewCase.model_validate(item["case"])


def _number(text: str) -> str:
    return re.sub(r"[\W_]", "", text).upper()


def _name(text: str) -> str:
    return " ".join(text.casefold().split())
