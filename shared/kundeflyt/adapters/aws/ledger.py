"""The ledger in DynamoDB: each race is decided by one conditional write, and no write is made that isn't needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from uuid import uuid4

from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.adapters.aws.ledger_items import (
    Item,
    action_key,
    action_record,
    claim_of,
    forgotten_at,
    from_dynamodb,
    held_key,
    held_of,
    held_values,
    kept_from,
    moment,
    past_of,
    plan_key,
    plan_values,
    single_key,
    stored_plan,
    to_dynamodb,
)
from kundeflyt.domain.actions import ActionRecord, Past, Slot, State
from kundeflyt.domain.events import Event
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import ActionKey, Claim, Held, StoredPlan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

THREADS: Final = 16
MARGIN: Final = timedelta(days=1)
"""Claims and counts outlive their time by this, for whoever looks into what happened."""

_PAST: Final = ("sk", "received_at", "performs", "contact_id", *ActionRecord.model_fields)

RowT = TypeVar("RowT")
AnswerT = TypeVar("AnswerT")


class DynamoDbLedger:
    """Remembers in one DynamoDB table (`pk`, `sk`, `expires_at`); the rows of a batch are written side by side.

    A write whose answer was lost is sent again by boto3 and then meets itself: starts and take-overs carry a mark of
    their own, so that we know our own write from somebody else's. Raises TryLater when DynamoDB is busy or silent.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="ledger")

    def store_plans(self, plans: Sequence[StoredPlan]) -> Sequence[StoredPlan]:
        """The first performing plan of a key stays: returns, row by row, the plan that now stands."""
        return self._side_by_side(self._store_plan, plans)

    def _store_plan(self, stored: StoredPlan) -> StoredPlan:
        values = plan_values(stored)
        # When we first heard of it stays, also when a later delivery replaces a plan to do nothing.
        received_at = values.pop("received_at")
        standing = self._update(
            plan_key(stored),
            setting=values,
            setting_once={"received_at": received_at},
            condition="attribute_not_exists(pk) OR performs = :no",
            meaning={":no": False},
        )
        return stored if standing is None else stored_plan(standing)

    def past(self, flow: str, events: Collection[Event]) -> Mapping[str, Past]:
        """What has been done about each event, by subject: one consistent query each."""
        subjects = list({event.subject for event in events})
        found = self._side_by_side(lambda subject: past_of(self._query(f"{flow}/{subject}", only=_PAST)), subjects)
        return dict(zip(subjects, found, strict=True))

    def start(
        self, keys: Sequence[ActionKey], *, now: datetime, lease_until: datetime
    ) -> Sequence[ActionRecord | None]:
        """Marks actions as started; None where we may go on, else the record that stood there already.

        When one row cannot be written, the others are erased again: nobody would ever do what they promise.
        """
        # A mark for each row: two rounds of one call may stand in one batch, and only one of them may go on.
        marked = [(key, uuid4().hex) for key in keys]

        def begin(row: tuple[ActionKey, str]) -> ActionRecord | TryLater | None:
            key, mark = row
            try:
                return self._start(key, now, lease_until, mark)
            except TryLater as failure:
                return failure

        rows = self._side_by_side(begin, marked)
        failures = [row for row in rows if isinstance(row, TryLater)]
        if not failures:
            return [row for row in rows if not isinstance(row, TryLater)]
        ours = [own for own, row in zip(marked, rows, strict=True) if row is None or isinstance(row, TryLater)]
        self._side_by_side(lambda own: self._erase_quietly(*own), ours)
        raise failures[0]

    def _start(self, key: ActionKey, now: datetime, lease_until: datetime, mark: str) -> ActionRecord | None:
        values = {
            "name": key.name,
            "state": "started",
            "started_at": moment(now),
            "lease_until": moment(lease_until),
            "mark": mark,
            "expires_at": kept_from(now),
        }
        standing = self._put(action_key(key) | values, condition="attribute_not_exists(pk)")
        return None if standing is None or standing.get("mark") == mark else action_record(standing)

    def _erase_quietly(self, key: ActionKey, mark: str) -> None:
        try:
            self._delete(action_key(key), condition="mark = :mark", meaning={":mark": mark})
        except TryLater:
            return  # it stays started until its lease has run out, and is then looked into

    def take_over(self, key: ActionKey, seen: ActionRecord, *, lease_until: datetime) -> bool:
        """Takes on an action whose worker has gone; False when somebody else was first."""
        mark = uuid4().hex
        unchanged = "#state = :started AND started_at = :seen_start"
        meaning = {":started": "started", ":seen_start": moment(seen.started_at)}
        if seen.lease_until is None:
            unchanged += " AND attribute_not_exists(lease_until)"
        else:
            unchanged += " AND lease_until = :seen_lease"
            meaning[":seen_lease"] = moment(seen.lease_until)
        standing = self._update(
            action_key(key),
            setting={"lease_until": moment(lease_until), "mark": mark},
            condition=unchanged,
            meaning=meaning,
            names=("state",),
        )
        return standing is None or standing.get("mark") == mark

    def finish(
        self,
        key: ActionKey,
        *,
        state: State,
        now: datetime,
        result: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Writes how an action ended; what has ended stays as it is, and an end without a start is kept too."""
        self._update(
            action_key(key),
            setting={
                "name": key.name,
                "state": state,
                "ended_at": moment(now),
                "result": result,
                "reason": reason,
                "expires_at": kept_from(now),
            },
            setting_once={"started_at": moment(now)},
            removing=("lease_until", "mark"),
            condition="attribute_not_exists(pk) OR #state = :started",
            meaning={":started": "started"},
        )

    def erase_start(self, key: ActionKey) -> None:
        """Forgets that an action was started: it was certainly not done."""
        self._delete(action_key(key), condition="#state = :started", meaning={":started": "started"}, names=("state",))

    def claim(
        self,
        key: str,
        *,
        holder: str,
        now: datetime,
        until: datetime | None = None,
        instead_of: str | None = None,
    ) -> Claim | None:
        """Takes a claim: None when it is ours (again), else the claim that stands.

        A claim is free when nobody has it, when it has run out, or when its value is `instead_of`. One that is ours
        already stays as it is, with its value and its time.
        """
        values = {
            "holder": holder,
            "taken_at": moment(now),
            "until": until and moment(until),
            "expires_at": forgotten_at(until + MARGIN) if until else kept_from(now),
        }
        free = "attribute_not_exists(pk) OR #until <= :now"
        meaning = {":now": moment(now)}
        names = ["until"]
        if instead_of is not None:
            free += " OR #value = :instead_of"
            meaning[":instead_of"] = instead_of
            names.append("value")
        standing = self._put(single_key("CLAIM", key) | values, condition=free, meaning=meaning, names=names)
        return None if standing is None or standing["holder"] == holder else claim_of(standing)

    def fill_claim(self, key: str, *, holder: str, value: str) -> None:
        """Writes down what came of a claim that we hold; a claim that has passed to somebody else stays theirs."""
        self._update(
            single_key("CLAIM", key),
            setting={"value": value},
            condition="holder = :holder",
            meaning={":holder": holder},
        )

    def drop_claim(self, key: str, *, holder: str) -> None:
        """Gives a claim back, if it is still ours."""
        self._delete(single_key("CLAIM", key), condition="holder = :holder", meaning={":holder": holder})

    def slots(self, names: Collection[str]) -> Mapping[str, Slot]:
        """The task that was last made in each slot; a slot's name is the key of its claim."""
        wanted = list(dict.fromkeys(names))
        found = self._side_by_side(lambda name: self._get(single_key("CLAIM", name)), wanted)
        slots = {name: claim_of(item).as_slot() for name, item in zip(wanted, found, strict=True) if item}
        return {name: slot for name, slot in slots.items() if slot}

    def suppressed(self, number_hashes: Collection[str]) -> bool:
        """Whether the person behind any of these hashes has asked for no more messages."""
        return any(self._get(single_key("SUPPRESSED", number_hash)) for number_hash in number_hashes)

    def count(self, key: str, *, limit: int, keep_until: datetime) -> bool:
        """Counts one up, unless that would pass the limit (then False and nothing is counted).

        The key names the period that is counted. A count whose answer was lost may count twice: fewer, never more.
        """
        if limit <= 0:
            return False
        full = self._update(
            single_key("COUNT", key),
            setting={"expires_at": forgotten_at(keep_until + MARGIN)},
            adding=("counted", 1),
            condition="attribute_not_exists(counted) OR counted < :limit",
            meaning={":limit": limit},
        )
        return full is None

    def uncount(self, key: str) -> None:
        """Takes one count back: what was counted did not happen."""
        self._update(
            single_key("COUNT", key), adding=("counted", -1), condition="counted > :none", meaning={":none": 0}
        )

    def hold(self, flow: str, held: Held) -> None:
        """Keeps an event until somebody releases it; the same event in the same round is kept once."""
        self._put(held_key(flow, held.event) | held_values(held), condition="attribute_not_exists(pk)")

    def held(self, flow: str) -> Sequence[Held]:
        """The events that wait, oldest first."""
        return sorted(map(held_of, self._query(f"HELD/{flow}")), key=lambda held: held.event.received_at)

    def unhold(self, flow: str, held: Held) -> None:
        """Lets go of a held event, after it is back on its road."""
        self._delete(held_key(flow, held.event))

    def stop_flow(self, flow: str, *, reason: str, now: datetime) -> None:
        """Puts a flow on hold by itself, until somebody releases it; the first reason stays."""
        values = {"reason": reason, "stopped_at": moment(now), "expires_at": kept_from(now)}
        self._put(single_key("MODE", flow) | values, condition="attribute_not_exists(pk)")

    def stopped(self, flow: str) -> str | None:
        """Why the flow has put itself on hold, or None."""
        item = self._get(single_key("MODE", flow))
        return str(item["reason"]) if item else None

    def resume_flow(self, flow: str) -> None:
        """Lifts the hold the flow put on itself."""
        self._delete(single_key("MODE", flow))

    def _side_by_side(self, work: Callable[[RowT], AnswerT], rows: Iterable[RowT]) -> list[AnswerT]:
        """Does all rows, waits for all of them, and raises the first error only then."""
        futures = [self._threads.submit(work, row) for row in rows]
        wait(futures)
        return [future.result() for future in futures]

    def _get(self, key: Item) -> Item | None:
        with waiting_may_help("DynamoDB"):
            answer = self._client.get_item(TableName=self._table, Key=to_dynamodb(key), ConsistentRead=True)
        return from_dynamodb(answer["Item"]) if "Item" in answer else None

    def _query(self, partition: str, *, only: Sequence[str] = ()) -> list[Item]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_dynamodb({":pk": partition}),
            "ConsistentRead": True,
        }
        if only:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in only)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in only}
        with waiting_may_help("DynamoDB"):
            pages = self._client.get_paginator("query").paginate(**request)
            return [from_dynamodb(item) for page in pages for item in page["Items"]]

    def _put(
        self, item: Item, *, condition: str, meaning: Mapping[str, Any] | None = None, names: Sequence[str] = ()
    ) -> Item | None:
        return self._write(
            self._client.put_item, {"Item": to_dynamodb(item)}, condition=condition, meaning=meaning or {}, names=names
        )

    def _delete(
        self,
        key: Item,
        *,
        condition: str | None = None,
        meaning: Mapping[str, Any] | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self._write(
            self._client.delete_item, {"Key": to_dynamodb(key)}, condition=condition, meaning=meaning or {}, names=names
        )

    def _update(
        self,
        key: Item,
        *,
        setting: Mapping[str, Any] | None = None,
        setting_once: Mapping[str, Any] | None = None,
        adding: tuple[str, int] | None = None,
        removing: Sequence[str] = (),
        condition: str,
        meaning: Mapping[str, Any],
        names: Sequence[str] = (),
    ) -> Item | None:
        given = setting or {}
        once = setting_once or {}
        values = {name: value for name, value in given.items() if value is not None}
        gone = [name for name in given if name not in values] + list(removing)
        sets = [f"#{name} = :{name}" for name in values]
        sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in once]
        clauses = [f"SET {', '.join(sets)}"] if sets else []
        if gone:
            clauses.append(f"REMOVE {', '.join(f'#{name}' for name in gone)}")
        written = {f":{name}": value for name, value in (*values.items(), *once.items())}
        touched = [*values, *once, *gone, *names]
        if adding:
            counter, step = adding
            clauses.append(f"ADD #{counter} :step")
            written[":step"] = step
            touched.append(counter)
        return self._write(
            self._client.update_item,
            {"Key": to_dynamodb(key), "UpdateExpression": " ".join(clauses)},
            condition=condition,
            meaning=written | dict(meaning),
            names=touched,
        )

    def _write(
        self,
        send: Callable[..., object],
        request: Item,
        *,
        condition: str | None,
        meaning: Mapping[str, Any],
        names: Sequence[str],
    ) -> Item | None:
        """Writes if the condition holds; else gives what stands there instead, empty if nothing does."""
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if meaning:
            request["ExpressionAttributeValues"] = to_dynamodb(meaning)
        if names:
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
        with waiting_may_help("DynamoDB"):
            try:
                send(TableName=self._table, **request)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                return from_dynamodb(cast("Item", error.response).get("Item", {}))
        return None
