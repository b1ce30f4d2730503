"""That a limit is kept whatever the workers do, and that nothing of it is wasted."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.pace import Limit
from tests.fakes.time_book import InMemoryTimeBook

PATIENCE = timedelta(seconds=20)
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CALLS = Limit(name="calls", calls=190, window=timedelta(seconds=10))
SEARCHES = Limit(name="searches", calls=5, window=timedelta(seconds=1))

# As the rules may say: at least ten calls in ten seconds and one search a second.
limits = st.builds(Limit, name=st.just("any"), calls=st.integers(10, 40), window=st.just(timedelta(seconds=10))) | (
    st.builds(Limit, name=st.just("any"), calls=st.integers(1, 40), window=st.just(timedelta(seconds=1)))
)
# How long after the last one somebody books, how many slots, how late (of the slack) they are used, and in a hurry?
bookings = st.lists(
    st.tuples(
        st.integers(0, 400_000),
        st.integers(1, 5),
        st.floats(0, 1, exclude_min=False),
        st.booleans(),
    ),
    min_size=1,
    max_size=80,
)


def most_in_any_window(moments: list[datetime], window: timedelta) -> int:
    ordered = sorted(moments)
    return max(bisect_left(ordered, moment + window) - place for place, moment in enumerate(ordered))


class TestALimit:
    @given(limit=limits, bookings=bookings)
    def test_is_kept_in_every_stretch_of_its_window_however_late_slots_are_used(
        self, limit: Limit, bookings: list[tuple[int, int, float, bool]]
    ) -> None:
        book, now, made = InMemoryTimeBook(), MONDAY, []
        for gap, count, late, urgent in bookings:
            now += timedelta(microseconds=gap)
            booking = book.book(
                limit.name,
                length=count * limit.spacing,
                earliest=limit.earliest(now),
                latest=now + PATIENCE if urgent else limit.spare(now),
            )
            if booking.booked:
                slots = limit.slots(booking.begins, count)
                used = [max(slot, min(now, slot + limit.slack)) + late * limit.slack for slot in slots]
                made += [moment for slot, moment in zip(slots, used, strict=True) if not limit.too_late(slot, moment)]
        assert not made or most_in_any_window(made, limit.window) <= limit.calls

    @given(limit=limits)
    def test_is_kept_to_the_last_call_when_first_slots_are_late_and_later_ones_on_time(self, limit: Limit) -> None:
        slots = limit.slots(MONDAY, 3 * limit.calls)
        late = [slot + limit.slack for slot in slots[: limit.calls]]
        assert most_in_any_window(late + slots[limit.calls :], limit.window) <= limit.calls

    @given(limit=limits)
    def test_costs_no_more_than_its_slack(self, limit: Limit) -> None:
        rounding = limit.calls * timedelta(microseconds=1)
        assert 0 * rounding <= limit.calls * limit.spacing - (limit.window + limit.slack) < rounding

    @pytest.mark.parametrize(("limit", "share"), [(CALLS, 0.92), (SEARCHES, 0.83)])
    def test_of_hubspots_is_used_to_this_share(self, limit: Limit, share: float) -> None:
        assert limit.window / limit.spacing / limit.calls > share

    def test_gives_slots_that_can_still_be_used_when_they_are_booked(self) -> None:
        for limit in (CALLS, SEARCHES):
            assert not limit.too_late(limit.earliest(MONDAY), MONDAY)
            assert limit.too_late(MONDAY - limit.slack, MONDAY + timedelta(microseconds=1))


class TestBulkWork:
    def test_leaves_free_slots_to_whoever_is_in_a_hurry(self) -> None:
        book = InMemoryTimeBook()
        while book.book(
            "calls", length=CALLS.spacing, earliest=CALLS.earliest(MONDAY), latest=CALLS.spare(MONDAY)
        ).booked:
            pass
        free = [
            book.book("calls", length=CALLS.spacing, earliest=CALLS.earliest(MONDAY), latest=MONDAY).booked
            for _ in range(10)
        ]
        assert sum(free) == 4

    def test_gets_nothing_while_somebody_in_a_hurry_waits(self) -> None:
        book = InMemoryTimeBook()
        book.book(
            "calls", length=CALLS.spacing * 20, earliest=CALLS.earliest(MONDAY), latest=MONDAY + timedelta(seconds=9)
        )
        assert not book.book(
            "calls", length=CALLS.spacing, earliest=CALLS.earliest(MONDAY), latest=CALLS.spare(MONDAY)
        ).booked

    def test_uses_everything_when_nobody_else_wants_it(self) -> None:
        book, now, got = InMemoryTimeBook(), MONDAY, 0
        until = MONDAY + timedelta(seconds=100)
        while now < until:
            booking = book.book("calls", length=CALLS.spacing, earliest=CALLS.earliest(now), latest=CALLS.spare(now))
            got += booking.booked
            now = now if booking.booked else booking.begins + (now - CALLS.spare(now)) + timedelta(milliseconds=5)
        assert got >= int(timedelta(seconds=100) / CALLS.spacing)
