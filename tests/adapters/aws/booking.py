"""A worker that books calls, here or in a process of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3

from kundeflyt.adapters.aws.time_book import DynamoDbTimeBook
from kundeflyt.domain.pace import Limit

NOW: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LIMIT: Final = Limit(name="calls", calls=190, window=timedelta(seconds=10))
_PATIENCE: Final = timedelta(seconds=30)


def book_a_call(book: DynamoDbTimeBook, at: datetime = NOW, *, bulk: bool = False) -> datetime | None:
    """When the call may begin, None when it may not; bulk calls take only what is spare."""
    latest = LIMIT.spare(at) if bulk else at + _PATIENCE
    booking = book.book(LIMIT.name, length=LIMIT.spacing, earliest=LIMIT.earliest(at), latest=latest)
    return booking.begins if booking.booked else None


def keep_booking(url: str, table: str, tries: int, bulk: bool, begin: Any, booked: Any) -> None:
    """Books as fast as it can, once all workers are ready, for a clock that stands still."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="eu-north-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    book = DynamoDbTimeBook(client, table)
    begin.wait()
    booked.put((bulk, [moment for _ in range(tries) if (moment := book_a_call(book, bulk=bulk))]))
