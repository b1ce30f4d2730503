"""When a worker may call HubSpot; the clock moves only while somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from kundeflyt.adapters.hubspot.pace import CALLS, CALLS_AT_ONCE, PATIENCE, SEARCHES, WITHOUT_BOOK, HubSpotPace
from kundeflyt.domain.rules import CrmLimits
from kundeflyt.ports.failures import TryLater
from tests.fakes.time_book import InMemoryTimeBook

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SLOT = timedelta(seconds=10.8) / 190


@dataclass
class Workers:
    """Workers with one clock and one book; `heard` is what operations was told."""

    at: datetime = MONDAY
    book: InMemoryTimeBook = field(default_factory=InMemoryTimeBook)
    heard: list[str] = field(default_factory=list)

    def one(self, *, bulk: bool = False, limits: CrmLimits | None = None) -> HubSpotPace:
        pace = HubSpotPace(
            self.book,
            clock=lambda: self.at,
            unknown=lambda: self.heard.append("HubSpotPaceUnknown"),
            sleep=self.sleep,
        )
        pace.begin(limits or CrmLimits(), bulk=bulk)
        return pace

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def others_book(self, ahead: timedelta, limit: str = CALLS) -> None:
        self.book.ends[limit] = self.at + ahead

    def calls_within(self, seconds: float, pace: HubSpotPace, limit: str = CALLS, *, work: float = 0) -> int:
        """How many calls are begun in a stretch of time, each of which takes a while."""
        until, calls = self.at + timedelta(seconds=seconds), 0
        while self.at < until:
            pace.begin(CrmLimits(), bulk=False)
            pace.take(limit)
            calls += 1
            self.sleep(work)
        return calls


@pytest.fixture
def workers() -> Workers:
    return Workers()


def waited(workers: Workers, do: Callable[[], None]) -> timedelta:
    before = workers.at
    do()
    return workers.at - before


class TestThreadsOfOneWorker:
    @pytest.mark.parametrize("bulk", [False, True])
    def test_take_their_leave_one_after_the_other_and_keep_the_limit(self, workers: Workers, bulk: bool) -> None:
        pace, began = workers.one(bulk=bulk), workers.at
        workers.others_book(timedelta())
        with ThreadPoolExecutor(max_workers=4) as threads:
            list(threads.map(lambda _: pace.take(CALLS), range(200)))
        assert workers.at - began >= 180 * SLOT
        assert not workers.heard


class TestUrgentWork:
    def test_waits_for_nothing_while_nobody_else_calls(self, workers: Workers) -> None:
        pace = workers.one()
        assert waited(workers, lambda: pace.take(CALLS)) == timedelta()

    def test_stays_within_the_limit_however_much_it_has_to_do(self, workers: Workers) -> None:
        assert 170 <= workers.calls_within(9.99, workers.one()) <= 190
        assert 170 <= workers.calls_within(9.99, workers.one()) <= 190

    def test_has_a_limit_of_its_own_for_searches(self, workers: Workers) -> None:
        workers.others_book(timedelta(seconds=15), CALLS)
        assert 41 <= workers.calls_within(9.99, workers.one(), SEARCHES) <= 50

    def test_keeps_the_limits_that_the_rules_say(self, workers: Workers) -> None:
        """Portals differ, and another app may share the limit."""
        pace = workers.one(limits=CrmLimits(calls_per_ten_seconds=10))
        for _ in range(11):
            pace.take(CALLS)
        assert workers.at - MONDAY >= timedelta(seconds=10)

    def test_books_several_calls_in_one_write(self, workers: Workers) -> None:
        workers.calls_within(9.99, workers.one(), work=0.15)
        assert workers.book.asked <= 67 / CALLS_AT_ONCE + 1

    def test_books_the_searches_that_are_announced_in_one_write(self, workers: Workers) -> None:
        pace = workers.one()
        pace.announce(SEARCHES, 3)
        for _ in range(3):
            pace.take(SEARCHES)
        assert workers.book.asked == 1

    def test_announces_for_once_and_for_one_limit(self, workers: Workers) -> None:
        pace = workers.one()
        pace.announce(SEARCHES, 3)
        for _ in range(CALLS_AT_ONCE):
            pace.take(CALLS)
        for _ in range(5):
            pace.take(SEARCHES)
        assert workers.book.asked == 1 + 1 + 2

    def test_keeps_its_limit_whatever_is_announced(self, workers: Workers) -> None:
        pace, began = workers.one(), workers.at
        for _ in range(10):
            pace.begin(CrmLimits(), bulk=False)
            pace.announce(SEARCHES, 3)
            for _ in range(3):
                pace.take(SEARCHES)
        assert workers.at - began >= 5 * timedelta(seconds=1)

    def test_reads_on_while_its_searches_wait(self, workers: Workers) -> None:
        """Whoever sleeps for one limit holds up nobody who has leave under the other."""
        called: list[bool] = []

        def sleep(seconds: float) -> None:
            Workers.sleep(workers, seconds)
            call = Thread(target=pace.take, args=(CALLS,), daemon=True)
            call.start()
            call.join(timeout=5)
            called.append(not call.is_alive())

        workers.sleep = sleep  # type: ignore[method-assign]
        pace = workers.one()
        workers.others_book(timedelta(seconds=1), SEARCHES)
        pace.take(SEARCHES)
        assert called == [True]

    def test_does_not_use_what_it_booked_too_long_ago(self, workers: Workers) -> None:
        """Lambda freezes a worker between two batches, for minutes at times."""
        pace = workers.one()
        pace.take(CALLS)
        workers.sleep(60)
        pace.take(CALLS)
        assert workers.book.asked == 2

    def test_waits_its_turn_behind_what_others_have_booked(self, workers: Workers) -> None:
        workers.others_book(timedelta(seconds=3))
        pace = workers.one()
        assert waited(workers, lambda: pace.take(CALLS)) == timedelta(seconds=3)

    def test_comes_back_later_when_waiting_is_not_worth_its_price(self, workers: Workers) -> None:
        workers.others_book(PATIENCE + timedelta(seconds=5))
        pace = workers.one()
        with pytest.raises(TryLater, match="others use up hubspot-calls") as failure:
            pace.take(CALLS)
        assert failure.value.after == PATIENCE + timedelta(seconds=5)
        assert workers.at == MONDAY

    def test_has_one_patience_for_a_whole_batch(self, workers: Workers) -> None:
        pace = workers.one()
        for _ in range(2):
            workers.others_book(timedelta(seconds=9))
            pace.take(SEARCHES)
            pace.take(CALLS)
            workers.sleep(5)
        workers.others_book(timedelta(seconds=9))
        with pytest.raises(TryLater):
            pace.take(CALLS)
        pace.begin(CrmLimits(), bulk=False)
        assert waited(workers, lambda: pace.take(CALLS)) == timedelta(seconds=9)


class TestBulkWork:
    def test_gets_on_while_nobody_is_in_a_hurry(self, workers: Workers) -> None:
        pace = workers.one(bulk=True)
        for _ in range(170):
            pace.begin(CrmLimits(), bulk=True)
            pace.take(CALLS)
        assert workers.at - MONDAY < timedelta(seconds=10)

    def test_makes_nobody_in_a_hurry_wait(self, workers: Workers) -> None:
        sweep, urgent = workers.one(bulk=True), workers.one()
        for _ in range(20):
            sweep.take(CALLS)
        assert waited(workers, lambda: urgent.take(CALLS)) == timedelta()

    def test_waits_until_those_in_a_hurry_are_done(self, workers: Workers) -> None:
        workers.others_book(timedelta(seconds=3))
        pace = workers.one(bulk=True)
        assert waited(workers, lambda: pace.take(CALLS)) > timedelta(seconds=3)

    def test_waits_again_when_somebody_was_quicker(self, workers: Workers) -> None:
        workers.others_book(timedelta(seconds=3))
        busy = [timedelta(seconds=2)] * 2

        def sleep(seconds: float) -> None:
            Workers.sleep(workers, seconds)
            if busy:
                workers.others_book(busy.pop())

        workers.sleep = sleep  # type: ignore[method-assign]
        pace = workers.one(bulk=True)
        assert waited(workers, lambda: pace.take(CALLS)) > timedelta(seconds=7)

    def test_comes_back_much_later_when_there_is_no_end_of_it(self, workers: Workers) -> None:
        workers.others_book(PATIENCE)
        with pytest.raises(TryLater) as failure:
            workers.one(bulk=True).take(CALLS)
        assert failure.value.after == timedelta(seconds=30)

    def test_books_one_call_at_a_time_whatever_is_announced(self, workers: Workers) -> None:
        pace = workers.one(bulk=True)
        pace.announce(CALLS, 10)
        pace.take(CALLS)
        assert workers.book.ends[CALLS] - workers.at < -timedelta(seconds=0.4) + 2 * SLOT


class TestARefusalOfHubspots:
    def test_makes_all_workers_let_go_for_a_second(self, workers: Workers) -> None:
        first, second = workers.one(), workers.one()
        first.take(CALLS)
        first.exceeded(CALLS)
        assert waited(workers, lambda: first.take(CALLS)) == timedelta(seconds=1)
        assert waited(workers, lambda: second.take(CALLS)) > timedelta()

    def test_says_nothing_about_the_other_limit(self, workers: Workers) -> None:
        pace = workers.one()
        pace.exceeded(SEARCHES)
        assert waited(workers, lambda: pace.take(CALLS)) == timedelta()


class TestWithoutABook:
    def test_goes_on_and_tells_operations_once_in_a_while(self, workers: Workers) -> None:
        """DynamoDB in trouble must not keep a customer waiting: HubSpot's own refusals slow us down then."""
        workers.book.failure = TryLater("DynamoDB did not answer")
        pace = workers.one()
        for _ in range(50):
            pace.take(CALLS)
        assert (workers.at, workers.book.asked, workers.heard) == (MONDAY, 1, ["HubSpotPaceUnknown"])

    def test_asks_again_after_a_while(self, workers: Workers) -> None:
        workers.book.failure = TryLater("DynamoDB did not answer")
        pace = workers.one()
        pace.take(CALLS)
        workers.book.failure = None
        workers.sleep(WITHOUT_BOOK.total_seconds())
        workers.others_book(timedelta(seconds=3))
        assert waited(workers, lambda: pace.take(CALLS)) == timedelta(seconds=3)

    def test_goes_on_also_when_what_it_books_is_over_before_it_hears_of_it(self, workers: Workers) -> None:
        workers.book.takes = lambda: workers.sleep(3)
        pace = workers.one()
        pace.take(SEARCHES)
        assert workers.heard == ["HubSpotPaceUnknown"]
        assert workers.book.asked == 3

    def test_a_refusal_of_hubspots_is_still_what_it_is(self, workers: Workers) -> None:
        workers.book.failure = TryLater("DynamoDB did not answer")
        workers.one().exceeded(CALLS)
        assert workers.heard == ["HubSpotPaceUnknown"]
