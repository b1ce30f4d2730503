"""What every time book keeps: the one in memory and the one in DynamoDB alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kundeflyt.adapters.aws.time_book import DynamoDbTimeBook
from kundeflyt.ports.pace import WRONG_CLOCK, Booking, TimeBook
from tests.contracts.at_once import at_once
from tests.fakes.aws import LocalAws
from tests.fakes.time_book import InMemoryTimeBook

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["in memory", "DynamoDB"])
def book(request: pytest.FixtureRequest) -> TimeBook:
    if request.param == "in memory":
        return InMemoryTimeBook()
    aws: LocalAws = request.getfixturevalue("aws")
    return DynamoDbTimeBook(aws.client("dynamodb"), aws.ledger_table())


def booked(book: TimeBook, *, at: datetime = NOW, length: timedelta = SECOND, limit: str = "calls") -> Booking:
    return book.book(limit, length=length, earliest=at, latest=at + 20 * SECOND)


class TestATimeBook:
    def test_begins_at_the_earliest_time_when_nobody_has_booked(self, book: TimeBook) -> None:
        assert booked(book) == Booking(booked=True, begins=NOW)

    def test_goes_on_where_the_last_booking_ends(self, book: TimeBook) -> None:
        booked(book, length=timedelta(microseconds=56_843))
        assert booked(book) == Booking(booked=True, begins=NOW + timedelta(microseconds=56_843))

    def test_goes_on_also_when_time_has_passed_meanwhile(self, book: TimeBook) -> None:
        booked(book, length=3 * SECOND)
        assert booked(book, at=NOW + 2 * SECOND).begins == NOW + 3 * SECOND
        assert booked(book, at=NOW + 4 * SECOND).begins == NOW + 4 * SECOND

    def test_begins_anew_when_what_was_booked_is_long_over(self, book: TimeBook) -> None:
        booked(book)
        later = NOW + timedelta(hours=1)
        assert booked(book, at=later) == Booking(booked=True, begins=later)
        assert booked(book, at=later).begins == later + SECOND

    def test_books_nothing_beyond_the_latest_time_and_says_how_far_others_have_booked(self, book: TimeBook) -> None:
        booked(book, length=25 * SECOND)
        for _ in range(2):
            assert booked(book) == Booking(booked=False, begins=NOW + 25 * SECOND)
        assert booked(book, at=NOW + 6 * SECOND) == Booking(booked=True, begins=NOW + 25 * SECOND)

    def test_gives_a_limit_nothing_of_anothers_time(self, book: TimeBook) -> None:
        booked(book, length=25 * SECOND, limit="calls")
        assert booked(book, limit="searches") == Booking(booked=True, begins=NOW)

    def test_books_after_the_time_it_is_closed_until(self, book: TimeBook) -> None:
        booked(book)
        book.close("calls", until=NOW + 5 * SECOND)
        assert booked(book).begins == NOW + 5 * SECOND

    def test_is_never_opened_by_being_closed(self, book: TimeBook) -> None:
        booked(book, length=9 * SECOND)
        book.close("calls", until=NOW + 5 * SECOND)
        assert booked(book).begins == NOW + 9 * SECOND

    def test_can_be_closed_before_anybody_has_booked(self, book: TimeBook) -> None:
        book.close("calls", until=NOW + 5 * SECOND)
        assert booked(book).begins == NOW + 5 * SECOND

    def test_does_not_believe_a_clock_that_is_far_ahead(self, book: TimeBook) -> None:
        booked(book, at=NOW + WRONG_CLOCK + timedelta(hours=1))
        assert booked(book) == Booking(booked=True, begins=NOW)
        assert booked(book) == Booking(booked=True, begins=NOW + SECOND)

    def test_never_gives_two_workers_the_same_time(self, book: TimeBook) -> None:
        bookings = at_once(lambda _: booked(book, length=SECOND / 10), workers=16)
        begins = sorted(booking.begins for booking in bookings)
        assert all(booking.booked for booking in bookings)
        assert begins == [NOW + place * SECOND / 10 for place in range(16)]


class TestTwoTimeBooksOnOneTable:
    def test_never_give_the_same_time_whatever_each_of_them_remembers(self, aws: LocalAws) -> None:
        table = aws.ledger_table()
        books = [DynamoDbTimeBook(aws.client("dynamodb"), table) for _ in range(2)]
        at = NOW
        taken = []
        for turn in (0, 0, 1, 0, 1, 1, 0):
            taken += [booked(books[turn], at=at).begins for _ in range(3)]
            at += timedelta(seconds=2)
        assert all(later - earlier >= SECOND for earlier, later in pairwise(taken))
