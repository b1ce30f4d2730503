"""The time that all workers share, booked in the ledger's table: one item per limit, one write per booking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.adapters.aws.ledger_items import Item, from_dynamodb, single_key, to_dynamodb
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.pace import WRONG_CLOCK, Booking

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_GRAIN: Final = timedelta(microseconds=1)
_TRIES: Final = 20

_GOES_ON: Final = "#booked_until BETWEEN :earliest AND :latest"
_STARTS_ANEW: Final = "attribute_not_exists(pk) OR #booked_until < :earliest OR #booked_until > :wrong"


class DynamoDbTimeBook:
    """Keeps `booked_until` (microseconds since 1970, UTC) under `BUDGET/<limit>`.

    A booking adds to it, or sets it where nobody has booked lately; either write holds only if it still is as thought,
    and brings back how it is. A write that boto3 repeats may book twice: slots are lost then, never shared.
    Raises TryLater when DynamoDB is busy or silent.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._seen: dict[str, int] = {}
        self._busy: set[str] = set()

    def book(self, limit: str, *, length: timedelta, earliest: datetime, latest: datetime) -> Booking:
        """Books the next piece, or says how far ahead others have booked."""
        step, first, last = length // _GRAIN, _number(earliest), _number(latest)
        wrong = max(first, last) + WRONG_CLOCK // _GRAIN
        for _ in range(_TRIES):
            seen = self._seen.get(limit, 0)
            if last < seen <= wrong:
                return Booking(booked=False, begins=_moment(seen))
            if limit in self._busy or first <= seen <= last:
                ours = self._write(
                    limit, "ADD #booked_until :length", _GOES_ON, {":length": step, ":earliest": first, ":latest": last}
                )
            else:
                ours = self._write(
                    limit,
                    "SET #booked_until = :end",
                    _STARTS_ANEW,
                    {":end": first + step, ":earliest": first, ":wrong": wrong},
                )
            if ours is not None:
                return Booking(booked=True, begins=_moment(ours - step))
            # Whether others are booking now is the next guess, too: a write that fails costs as much as one that holds.
            if first <= self._seen.get(limit, 0) <= wrong:
                self._busy.add(limit)
            else:
                self._busy.discard(limit)
        raise TryLater(f"too many workers booked {limit} at once", after=timedelta(seconds=1))

    def close(self, limit: str, *, until: datetime) -> None:
        """Moves the end of what is booked, unless it lies further ahead already."""
        end = _number(until)
        self._write(
            limit, "SET #booked_until = :end", "attribute_not_exists(pk) OR #booked_until < :end", {":end": end}
        )

    def _write(self, limit: str, update: str, condition: str, values: dict[str, Any]) -> int | None:
        """Where the booked time ends now, None when the condition did not hold; either way we know how it stands."""
        with waiting_may_help("DynamoDB"):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=to_dynamodb(single_key("BUDGET", limit)),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#booked_until": "booked_until"},
                    ExpressionAttributeValues=to_dynamodb(values),
                    ReturnValues="UPDATED_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                self._remember(limit, cast("Item", error.response).get("Item", {}))
                return None
        return self._remember(limit, answer["Attributes"])

    def _remember(self, limit: str, item: Item) -> int | None:
        end = from_dynamodb(item).get("booked_until")
        if end is None:
            self._seen.pop(limit, None)
            return None
        self._seen[limit] = int(end)
        return int(end)


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // _GRAIN


def _moment(number: int) -> datetime:
    return _EPOCH + number * _GRAIN
