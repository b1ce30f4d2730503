from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kundeflyt.domain.calendar import ContactHours, Deadline, WorkingCalendar

OSLO = ZoneInfo("Europe/Oslo")
NORWAY = WorkingCalendar("NO")
SWEDEN = WorkingCalendar("SE")
ALWAYS = ContactHours(days=(1, 2, 3, 4, 5, 6, 7), opens="00:00", closes="24:00", on_holidays=True)
HOUR = timedelta(hours=1)

moments = st.datetimes(datetime(2024, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
near_turns = st.builds(
    lambda start, minutes: start + timedelta(minutes=minutes),
    st.sampled_from(
        [
            datetime(2026, 3, 28, 12, tzinfo=UTC),  # summer time begins the night after
            datetime(2026, 10, 24, 12, tzinfo=UTC),  # and ends
            datetime(2026, 12, 30, 12, tzinfo=UTC),
            datetime(2026, 12, 23, 12, tzinfo=UTC),
            datetime(2026, 4, 1, 12, tzinfo=UTC),
            datetime(2027, 5, 14, 12, tzinfo=UTC),
        ]
    ),
    st.integers(0, 6 * 24 * 60),
)
clocks = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
hours = st.builds(
    lambda days, ends, on_holidays: ContactHours(
        days=tuple(sorted(days)), opens=min(ends), closes=max(ends), on_holidays=on_holidays
    ),
    st.sets(st.integers(1, 7), min_size=1),
    st.lists(clocks | st.just("24:00"), min_size=2, max_size=2, unique=True),
    st.booleans(),
)
calendars = st.builds(WorkingCalendar, st.sampled_from(["NO", "SE", "DK", "FI", None]), st.just(ContactHours()) | hours)


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


class TestWorkingDay:
    @pytest.mark.parametrize(
        "closed",
        [
            "2026-01-01",
            "2026-04-02",
            "2026-04-03",
            "2026-04-06",
            "2026-05-01",
            "2026-05-14",
            "2027-05-17",  # Constitution Day and Whit Monday in one
            "2026-12-24",
            "2026-12-25",
            "2026-12-31",
            "2026-11-21",  # a Saturday
            "2026-11-22",  # a Sunday
        ],
    )
    def test_is_none_on_norwegian_days_off(self, closed: str) -> None:
        assert not NORWAY.is_working_day(date.fromisoformat(closed))

    @pytest.mark.parametrize(
        "day", ["2026-04-01", "2026-04-07", "2026-05-18", "2026-12-23", "2026-12-28", "2026-06-19"]
    )
    def test_is_one_between_them(self, day: str) -> None:
        assert NORWAY.is_working_day(date.fromisoformat(day))

    @pytest.mark.parametrize(
        ("country", "closed"),
        [
            ("SE", "2026-06-19"),  # Midsummer Eve
            ("SE", "2026-12-24"),
            ("SE", "2026-12-31"),
            ("SE", "2026-01-06"),
            ("FI", "2026-06-19"),
            ("FI", "2026-12-24"),
            ("DK", "2026-12-24"),
            ("DK", "2026-12-31"),
            ("SJ", "2026-12-24"),
        ],
    )
    def test_follows_the_customers_country(self, country: str, closed: str) -> None:
        assert not WorkingCalendar(country).is_working_day(date.fromisoformat(closed))

    def test_differs_between_neighbours(self) -> None:
        constitution_day = date(2028, 5, 17)
        assert not NORWAY.is_working_day(constitution_day)
        assert SWEDEN.is_working_day(constitution_day)

    @pytest.mark.parametrize("country", [None, "", "DE", "XX"])
    def test_is_norwegian_for_a_country_without_a_calendar(self, country: str | None) -> None:
        calendar = WorkingCalendar(country)
        assert not calendar.is_working_day(date(2028, 5, 17))
        assert calendar.zone == OSLO

    def test_is_none_in_a_blackout_both_ends_included(self) -> None:
        july = ContactHours.model_validate({"blackouts": [{"from": "2026-07-06", "to": "2026-07-24"}]})
        calendar = WorkingCalendar("NO", july)
        working = [day for day in range(1, 32) if calendar.is_working_day(date(2026, 7, day))]
        assert working == [1, 2, 3, 27, 28, 29, 30, 31]


class TestContactHours:
    @pytest.mark.parametrize(
        ("moment", "is_open"),
        [
            ("2026-11-23T07:59:59", False),
            ("2026-11-23T08:00", True),
            ("2026-11-23T15:59:59", True),
            ("2026-11-23T16:00", False),
            ("2026-11-21T12:00", False),
            ("2026-12-24T10:00", False),
        ],
    )
    def test_are_eight_to_four_on_working_days(self, moment: str, is_open: bool) -> None:
        assert NORWAY.is_open(oslo(moment)) is is_open

    def test_are_in_the_customers_own_time(self) -> None:
        eight_in_helsinki = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
        assert WorkingCalendar("FI").is_open(eight_in_helsinki)
        assert not NORWAY.is_open(eight_in_helsinki)

    @given(moments | near_turns)
    def test_can_be_round_the_clock(self, moment: datetime) -> None:
        calendar = WorkingCalendar("NO", ALWAYS)
        assert calendar.is_open(moment)
        assert calendar.next_opening(moment) == calendar.may_wait_until(moment) == moment
        assert calendar.closing(moment) == calendar.end_of_day(moment) > moment

    def test_round_the_clock_hold_in_autumns_double_hour(self) -> None:
        """Python never finds a moment of that hour equal to itself in another zone, so it is given back as it came."""
        second_time_round = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
        assert WorkingCalendar("NO", ALWAYS).next_opening(second_time_round) == second_time_round

    @pytest.mark.parametrize(
        "wrong",
        [
            {"opens": "16:00", "closes": "08:00"},
            {"opens": "08:00", "closes": "08:00"},
            {"opens": "8:00"},
            {"closes": "24:30"},
            {"days": []},
            {"days": [0]},
            {"days": [8]},
            {"blackouts": [{"from": "2026-07-24", "to": "2026-07-06"}]},
            {"blackouts": [{"from": "2026-07-24", "to": "9999-12-31"}]},
            {"closed": True},
        ],
    )
    def test_that_make_no_sense_are_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            ContactHours.model_validate(wrong)


class TestNextOpening:
    @pytest.mark.parametrize(
        ("moment", "opening"),
        [
            ("2026-11-23T10:00", "2026-11-23T10:00"),
            ("2026-11-23T05:00", "2026-11-23T08:00"),
            ("2026-11-23T16:00", "2026-11-24T08:00"),
            ("2026-11-20T20:00", "2026-11-23T08:00"),
            ("2026-04-01T17:00", "2026-04-07T08:00"),  # Easter
            ("2026-12-23T17:00", "2026-12-28T08:00"),  # Christmas
            ("2026-12-30T17:00", "2027-01-04T08:00"),  # the turn of the year
            ("2026-03-27T17:00", "2026-03-30T08:00"),  # summer time begins
            ("2026-10-23T17:00", "2026-10-26T08:00"),  # and ends
        ],
    )
    def test_is_the_first_contact_hour_from_now(self, moment: str, opening: str) -> None:
        assert NORWAY.next_opening(oslo(moment)) == oslo(opening)

    @given(calendars, moments | near_turns)
    def test_is_open_and_nothing_is_open_before_it(self, calendar: WorkingCalendar, moment: datetime) -> None:
        opening = calendar.next_opening(moment)
        assert opening.astimezone(UTC) >= moment
        assert calendar.is_open(opening)
        wait = opening.astimezone(UTC) - moment
        assert not any(calendar.is_open(moment + wait * (step / 48)) for step in range(48) if wait)

    def test_passes_over_hours_that_spring_leaves_out(self) -> None:
        night = WorkingCalendar("NO", ContactHours(days=(6, 7), opens="02:30", closes="03:00"))
        assert night.next_opening(oslo("2026-03-28T12:00")) == oslo("2026-04-04T02:30")


class TestMayWaitUntil:
    @pytest.mark.parametrize(
        ("moment", "until"),
        [
            ("2026-11-23T05:00", "2026-11-23T08:00"),
            ("2026-11-23T18:00", "2026-11-24T08:00"),
            ("2026-11-20T18:00", "2026-11-23T08:00"),  # Monday is the next working day
            ("2026-12-23T18:00", "2026-12-28T08:00"),
        ],
    )
    def test_the_next_working_day_is_soon_enough(self, moment: str, until: str) -> None:
        assert NORWAY.may_wait_until(oslo(moment)) == oslo(until)

    def test_later_in_the_same_week_is_soon_enough(self) -> None:
        thursdays = WorkingCalendar("NO", ContactHours(days=(4,)))
        assert thursdays.may_wait_until(oslo("2026-11-23T12:00")) == oslo("2026-11-26T08:00")

    def test_later_than_that_is_too_late(self) -> None:
        thursdays = WorkingCalendar("NO", ContactHours(days=(4,)))
        assert thursdays.may_wait_until(oslo("2026-11-27T12:00")) is None


class TestFollowUpDue:
    """Requirement 000-09: the same day, at latest the same week."""

    @pytest.mark.parametrize(
        ("now", "due", "same_week"),
        [
            ("2026-11-23T10:00", "2026-11-23T16:00", True),
            ("2026-11-23T06:30", "2026-11-23T16:00", True),
            ("2026-11-23T15:00", "2026-11-23T16:00", True),  # just an hour left
            ("2026-11-23T15:00:01", "2026-11-24T16:00", True),
            ("2026-11-23T22:00", "2026-11-24T16:00", True),
            ("2026-11-27T15:30", "2026-11-30T16:00", False),  # Friday afternoon
            ("2026-11-28T10:00", "2026-11-30T16:00", False),  # Saturday
            ("2026-11-29T10:00", "2026-11-30T16:00", False),  # Sunday
            ("2026-03-30T16:00", "2026-03-31T16:00", True),  # Easter week
            ("2026-04-01T14:00", "2026-04-01T16:00", True),
            ("2026-04-01T15:30", "2026-04-07T16:00", False),
            ("2026-04-06T10:00", "2026-04-07T16:00", True),  # Easter Monday
            ("2027-05-14T15:30", "2027-05-18T16:00", False),  # 17 May 2027 is a Monday
            ("2027-05-17T09:00", "2027-05-18T16:00", True),
            ("2026-12-23T15:30", "2026-12-28T16:00", False),
            ("2026-12-24T10:00", "2026-12-28T16:00", False),
            ("2026-12-29T15:30", "2026-12-30T16:00", True),  # romjul
            ("2026-12-30T15:30", "2027-01-04T16:00", False),
            ("2027-12-31T10:00", "2028-01-03T16:00", False),
            ("2024-12-30T15:30", "2025-01-02T16:00", True),  # ISO week 1 begins in the old year, 31/12 closed
            ("2026-03-29T10:00", "2026-03-30T16:00", False),  # the day summer time begins
            ("2026-10-25T02:30", "2026-10-26T16:00", False),  # the hour that comes twice
        ],
    )
    def test_is_the_same_day_or_the_next_working_day(self, now: str, due: str, same_week: bool) -> None:
        assert NORWAY.follow_up_due(oslo(now)) == Deadline(oslo(due), same_week)

    def test_is_on_a_working_day_even_when_contact_hours_are_round_the_clock(self) -> None:
        sunday = oslo("2026-11-29T10:00")
        assert WorkingCalendar("NO", ALWAYS).follow_up_due(sunday) == NORWAY.follow_up_due(sunday)

    def test_skips_a_blackout(self) -> None:
        romjul = ContactHours.model_validate({"blackouts": [{"from": "2026-12-24", "to": "2027-01-03"}]})
        due = WorkingCalendar("NO", romjul).follow_up_due(oslo("2026-12-23T15:30"))
        assert due == Deadline(oslo("2027-01-04T16:00"), same_week=False)

    def test_is_in_the_customers_country(self) -> None:
        midsummer_eve = datetime(2026, 6, 19, 8, 0, tzinfo=UTC)
        assert NORWAY.follow_up_due(midsummer_eve).due.date() == date(2026, 6, 19)
        assert SWEDEN.follow_up_due(midsummer_eve) == Deadline(
            datetime(2026, 6, 22, 16, 0, tzinfo=ZoneInfo("Europe/Stockholm")), same_week=False
        )

    @given(calendars, moments | near_turns)
    def test_is_ahead_on_a_working_day_and_never_later_than_need_be(
        self, calendar: WorkingCalendar, now: datetime
    ) -> None:
        deadline = calendar.follow_up_due(now)
        due, today = deadline.due, now.astimezone(calendar.zone).date()
        assert due.astimezone(UTC) - now >= HOUR
        assert (due.hour, due.minute) == (16, 0)
        assert calendar.is_working_day(due.date())
        assert deadline.same_week is (due.isocalendar()[:2] == today.isocalendar()[:2])
        between = [today + timedelta(days=n) for n in range(1, (due.date() - today).days)]
        assert not any(calendar.is_working_day(day) for day in between)

    @given(calendars, moments | near_turns, st.timedeltas(timedelta(0), timedelta(days=9)))
    def test_is_never_earlier_for_a_later_call(self, calendar: WorkingCalendar, now: datetime, wait: timedelta) -> None:
        assert calendar.follow_up_due(now).due <= calendar.follow_up_due(now + wait).due


class TestEndings:
    def test_closing_is_the_end_of_contact_hours_that_day(self) -> None:
        assert NORWAY.closing(oslo("2026-11-23T10:00")) == oslo("2026-11-23T16:00")
        assert NORWAY.closing(oslo("2026-11-23T20:00")) == oslo("2026-11-23T16:00")

    @given(calendars, moments | near_turns)
    def test_what_is_open_closes_later_that_day(self, calendar: WorkingCalendar, moment: datetime) -> None:
        opening = calendar.next_opening(moment)
        closing = calendar.closing(opening).astimezone(UTC)
        assert opening.astimezone(UTC) < closing <= calendar.end_of_day(opening).astimezone(UTC)
        assert calendar.hours.closes == "24:00" or not calendar.is_open(closing)

    @pytest.mark.parametrize(
        ("day", "length"), [("2026-03-29", 23 * HOUR), ("2026-10-25", 25 * HOUR), ("2026-11-23", 24 * HOUR)]
    )
    def test_a_day_ends_at_midnight_also_when_the_clock_is_changed(self, day: str, length: timedelta) -> None:
        start = oslo(f"{day}T00:00")
        assert NORWAY.end_of_day(start).astimezone(UTC) - start.astimezone(UTC) == length


class TestMoments:
    @pytest.mark.parametrize(
        "question", ["is_open", "next_opening", "closing", "end_of_day", "follow_up_due", "may_wait_until"]
    )
    def test_without_a_time_zone_are_refused(self, question: str) -> None:
        with pytest.raises(ValueError, match="time zone"):
            getattr(NORWAY, question)(datetime(2026, 11, 23, 10))  # noqa: DTZ001
