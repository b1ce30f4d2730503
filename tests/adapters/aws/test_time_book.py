"""What the time book promises of DynamoDB alone: what it costs, and that separate processes share it."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.time_book import DynamoDbTimeBook
from kundeflyt.ports.failures import TryLater
from tests.adapters.aws.answers import Hook, answers, counting, loses_the_first_answer
from tests.adapters.aws.booking import LIMIT, NOW, book_a_call, keep_booking
from tests.fakes.aws import LocalAws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

URGENT_WORKERS, BULK_WORKERS, TRIES = 3, 1, 15


@pytest.fixture
def table(aws: LocalAws) -> str:
    return aws.ledger_table()


@pytest.fixture
def client(aws: LocalAws) -> DynamoDBClient:
    tries_twice = Config(retries={"mode": "standard", "total_max_attempts": 2})
    made: DynamoDBClient = aws.client("dynamodb", config=tries_twice)
    return made


@pytest.fixture
def book(client: DynamoDBClient, table: str) -> DynamoDbTimeBook:
    return DynamoDbTimeBook(client, table)


def upset(client: Any, hook: Hook) -> None:
    client.meta.events.register("before-send.dynamodb.*", hook)


class TestABooking:
    @pytest.mark.parametrize("pause", [0.01, 60], ids=["while others book", "when nobody has booked for long"])
    def test_is_one_write(self, client: DynamoDBClient, book: DynamoDbTimeBook, pause: float) -> None:
        requests = list[str]()
        book_a_call(book)
        upset(client, counting(requests))
        for turn in range(1, 11):
            book_a_call(book, NOW + turn * timedelta(seconds=pause))
        assert requests == ["UpdateItem"] * 10

    def test_is_one_write_also_where_another_worker_books_more_often(
        self, aws: LocalAws, table: str, client: DynamoDBClient, book: DynamoDbTimeBook
    ) -> None:
        theirs = DynamoDbTimeBook(aws.client("dynamodb"), table)
        requests = list[str]()
        upset(client, counting(requests))
        for turn in range(10):
            for _ in range(3):
                book_a_call(theirs, NOW + turn * timedelta(seconds=2))
            book_a_call(book, NOW + turn * timedelta(seconds=2))
        assert len(requests) <= 12

    def test_costs_nothing_when_it_is_known_that_there_is_no_room(
        self, client: DynamoDBClient, book: DynamoDbTimeBook
    ) -> None:
        requests = list[str]()
        for _ in range(10):
            book_a_call(book)
        upset(client, counting(requests))
        assert book_a_call(book, bulk=True) is None
        assert requests == []

    def test_that_boto3_repeats_loses_time_and_shares_none(
        self, client: DynamoDBClient, book: DynamoDbTimeBook
    ) -> None:
        first = book_a_call(book)
        upset(client, loses_the_first_answer())
        second = book_a_call(book)
        assert first
        assert second == first + 2 * LIMIT.spacing

    def test_is_to_be_tried_later_while_dynamodb_is_in_trouble(
        self, client: DynamoDBClient, book: DynamoDbTimeBook
    ) -> None:
        upset(client, answers("ProvisionedThroughputExceededException", 400))
        with pytest.raises(TryLater, match="DynamoDB"):
            book_a_call(book)
        with pytest.raises(TryLater, match="DynamoDB"):
            book.close(LIMIT.name, until=NOW)

    def test_that_the_role_may_not_make_is_our_own_fault(self, client: DynamoDBClient, book: DynamoDbTimeBook) -> None:
        upset(client, answers("AccessDeniedException", 400))
        with pytest.raises(ClientError, match="AccessDenied"):
            book_a_call(book)


class TestWorkersInProcessesOfTheirOwn:
    def test_share_one_line_of_time_and_bulk_work_stays_out_of_the_way(self, aws: LocalAws, table: str) -> None:
        context = multiprocessing.get_context("spawn")
        kinds = [False] * URGENT_WORKERS + [True] * BULK_WORKERS
        begin, booked = context.Barrier(len(kinds)), context.Queue()
        workers = [
            context.Process(target=keep_booking, args=(aws.url, table, TRIES, bulk, begin, booked)) for bulk in kinds
        ]
        for worker in workers:
            worker.start()
        found = [booked.get(timeout=60) for _ in workers]
        for worker in workers:
            worker.join()

        got = Counter[bool]()
        for bulk, moments in found:
            got[bulk] += len(moments)
        together = sorted(moment for _, moments in found for moment in moments)
        # Everybody in a hurry got all they asked for, bulk work at most what was free before they came.
        assert got[False] == URGENT_WORKERS * TRIES
        assert got[True] <= (LIMIT.spare(NOW) - LIMIT.earliest(NOW)) // LIMIT.spacing + 1
        # And all of it is one line, without an overlap and without a hole.
        assert {later - earlier for earlier, later in pairwise(together)} == {LIMIT.spacing}
