"""The one table everything is remembered in: reads that are true, and writes that happen only if a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.adapters.aws.expressions import Change
from kundeflyt.adapters.aws.ledger_items import Item, from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

THREADS: Final = 16
BY_CUSTOMER: Final = "customer"
"""The index that finds what belongs to one customer (or list), in order of time."""

BY_CONTACT: Final = "contact"
"""The index that finds what is about one contact, by keys alone: it costs a plan and a message one write unit each."""

KEYS_PER_CALL: Final = 100

RowT = TypeVar("RowT")
AnswerT = TypeVar("AnswerT")
NameT = TypeVar("NameT")


class Table:
    """One DynamoDB table. Every method raises TryLater when DynamoDB is busy or silent.

    A write gives None when it was made, else what stands there instead, empty if nothing does.
    """

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="ledger")

    def side_by_side(self, work: Callable[[RowT], AnswerT], rows: Iterable[RowT]) -> list[AnswerT]:
        """Does all rows, waits for all of them, and raises the first error only then."""
        futures = [self._threads.submit(work, row) for row in rows]
        wait(futures)
        return [future.result() for future in futures]

    def get(self, key: Item) -> Item | None:
        """The item under a key, as it is now."""
        with waiting_may_help("DynamoDB"):
            answer = self._client.get_item(TableName=self._name, Key=to_dynamodb(key), ConsistentRead=True)
        return from_dynamodb(answer["Item"]) if "Item" in answer else None

    def query(self, partition: str, *, only: Sequence[str] = (), between: tuple[str, str] | None = None) -> list[Item]:
        """All items of a partition as they are now, whole or only some attributes, all or from one to another."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_dynamodb({":pk": partition}),
            "ConsistentRead": True,
        }
        if between:
            request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
            request["ExpressionAttributeValues"] |= to_dynamodb({":first": between[0], ":last": between[1]})
        if only:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in only)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in only}
        with waiting_may_help("DynamoDB"):
            pages = self._client.get_paginator("query").paginate(**request)
            return [from_dynamodb(item) for page in pages for item in page["Items"]]

    def of_customer(self, customer: str, *, last: int | None = None) -> list[Item]:
        """What belongs to a customer (or list), oldest first, or only the last so many, newest first.

        The index holds keys and is a moment behind the table; the items are as they are now.
        """
        request: dict[str, Any] = {
            "TableName": self._name,
            "IndexName": BY_CUSTOMER,
            "KeyConditionExpression": "customer = :customer",
            "ExpressionAttributeValues": to_dynamodb({":customer": customer}),
            "ProjectionExpression": "pk, sk",
        }
        with waiting_may_help("DynamoDB"):
            if last is not None:
                keys = self._client.query(**request, ScanIndexForward=False, Limit=last)["Items"]
            else:
                pages = self._client.get_paginator("query").paginate(**request)
                keys = [key for page in pages for key in page["Items"]]
            return self._whole(keys)

    def keys_of_customer(self, customer: str, *, after: Item | None, size: int) -> list[Item]:
        """The keys of what belongs to a customer (or list), newest first, at most `size` of them, from `after` on.

        `after` is one of these keys: `pk`, `sk` and `at`. The index is a moment behind the table.
        """
        request: dict[str, Any] = {
            "TableName": self._name,
            "IndexName": BY_CUSTOMER,
            "KeyConditionExpression": "customer = :customer",
            "ExpressionAttributeValues": to_dynamodb({":customer": customer}),
            "ScanIndexForward": False,
            "Limit": size,
        }
        if after is not None:
            request["ExclusiveStartKey"] = to_dynamodb({"customer": customer, **after})
        with waiting_may_help("DynamoDB"):
            return [from_dynamodb(key) for key in self._client.query(**request)["Items"]]

    def standing(self, keys: Iterable[tuple[NameT, Item]]) -> dict[NameT, Item]:
        """What stands under each of some keys as they are now, by a name for each; where nothing stands, nothing.

        Many cost one call, and each a read of its own all the same.
        """
        names = {(key["pk"], key["sk"]): name for name, key in keys}
        found = self.whole([{"pk": pk, "sk": sk} for pk, sk in names])
        return {names[item["pk"], item["sk"]]: item for item in found}

    def whole(self, keys: Sequence[Item]) -> list[Item]:
        """The items under these keys, as they are now and in their order; one that has gone is left out."""
        with waiting_may_help("DynamoDB"):
            return self._whole([to_dynamodb({"pk": key["pk"], "sk": key["sk"]}) for key in keys])

    def _whole(self, keys: Sequence[Mapping[str, Any]]) -> list[Item]:
        """The items under these keys, in their order; one that has gone meanwhile is left out."""
        found: dict[tuple[str, str], Item] = {}
        for first in range(0, len(keys), KEYS_PER_CALL):
            wanted = list(keys[first : first + KEYS_PER_CALL])
            while wanted:
                answer = self._client.batch_get_item(
                    RequestItems={self._name: {"Keys": wanted, "ConsistentRead": True}}
                )
                for item in map(from_dynamodb, answer["Responses"][self._name]):
                    found[item["pk"], item["sk"]] = item
                # An answer holds 16 MB at most, and what there was capacity for.
                left = answer["UnprocessedKeys"].get(self._name)
                wanted = list(left["Keys"]) if left else []
        places = [(key["pk"]["S"], key["sk"]["S"]) for key in keys]
        return [found[place] for place in places if place in found]

    def of_contact(self, contact_id: int) -> list[Item]:
        """The keys of what is about a contact. The index is a moment behind the table."""
        with waiting_may_help("DynamoDB"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._name,
                IndexName=BY_CONTACT,
                KeyConditionExpression="contact_id = :contact",
                ExpressionAttributeValues=to_dynamodb({":contact": contact_id}),
                ProjectionExpression="pk, sk",
            )
            return [from_dynamodb(item) for page in pages for item in page["Items"]]

    def put(
        self,
        item: Item,
        *,
        condition: str | None = None,
        meaning: Mapping[str, Any] | None = None,
        names: Sequence[str] = (),
    ) -> Item | None:
        """Puts an item, if the condition holds."""
        return self._write(
            self._client.put_item,
            {"Item": to_dynamodb(item)},
            condition=condition,
            meaning=meaning or {},
            names={f"#{name}": name for name in names},
        )

    def delete(
        self,
        key: Item,
        *,
        condition: str | None = None,
        meaning: Mapping[str, Any] | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """Deletes an item, if the condition holds."""
        self._write(
            self._client.delete_item,
            {"Key": to_dynamodb(key)},
            condition=condition,
            meaning=meaning or {},
            names={f"#{name}": name for name in names},
        )

    def update(
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
        """Sets, adds to and removes attributes, if the condition holds; `setting_once` stays where it stands."""
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
            names={f"#{name}": name for name in touched},
        )

    def change(self, key: Item, change: Change) -> Item | None:
        """Changes single fields of an item, if its conditions hold; makes the item where there is none."""
        return self._write(
            self._client.update_item,
            {"Key": to_dynamodb(key), "UpdateExpression": change.update},
            condition=change.condition,
            meaning=change.values,
            names=change.names,
        )

    def _write(
        self,
        send: Callable[..., object],
        request: Item,
        *,
        condition: str | None,
        meaning: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> Item | None:
        """Writes if the condition holds; else gives what stands there instead, empty if nothing does."""
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if meaning:
            request["ExpressionAttributeValues"] = to_dynamodb(meaning)
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        with waiting_may_help("DynamoDB"):
            try:
                send(TableName=self._name, **request)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                return from_dynamodb(cast("Item", error.response).get("Item", {}))
        return None
