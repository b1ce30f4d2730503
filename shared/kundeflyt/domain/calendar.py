"""The working calendar: when a customer may be written to, and when a follow-up is due.

Two things are kept apart. *Contact hours* come from the rules and say when an SMS may reach a customer;
opening them on a Sunday is allowed. A *working day* is the adviser's: Monday to Friday until 16:00, no
holiday; no contact hours turn a Sunday into one, so deadlines stay true whatever they are.
All moments are aware; a naive one raises ValueError. Answers are in the customer's own time zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

Weekday = Annotated[int, Field(ge=1, le=7)]
ClockTime = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]

_ONE_DAY: Final = timedelta(days=1)
_AN_HOUR: Final = timedelta(hours=1)
_MIDNIGHT: Final = "24:00"
_WORKING_WEEKDAYS: Final = range(1, 6)
_WORK_ENDS: Final = "16:00"


class Blackout(BaseModel):
    """No customer is contacted from one date to another, both included (fellesferie, romjul)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not timedelta(0) <= self.last - self.first <= timedelta(days=366):
            raise ValueError("a blackout ends on or after the day it begins and lasts at most a year")
        return self


class ContactHours(BaseModel):
    """A customer hears from us on these ISO weekdays (1 = Monday), from `opens` until just before `closes`.

    Clock times are the customer's own, `HH:MM`; `24:00` is the end of the day. Part of the rules in JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Weekday, ...] = Field(default=(1, 2, 3, 4, 5), min_length=1, max_length=7)
    opens: ClockTime = "08:00"
    closes: ClockTime = "16:00"
    on_holidays: bool = False
    blackouts: tuple[Blackout, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(f"contact hours open at {self.opens}, which is not before they close at {self.closes}")
        return self

    def blacked_out(self, day: date) -> bool:
        """The day lies in one of the rules' blackouts."""
        return any(blackout.first <= day <= blackout.last for blackout in self.blackouts)


@dataclass(frozen=True)
class Deadline:
    """A follow-up is due then; `same_week` tells whether that still is in the week of the call (000-09)."""

    due: datetime
    same_week: bool


@dataclass(frozen=True)
class _Country:
    zone: str
    holidays: str
    categories: tuple[str, ...] = ("public",)
    closed: frozenset[tuple[int, int]] = frozenset()
    """(month, day) on which offices are closed though the law makes it no holiday."""


_EVES: Final = frozenset({(12, 24), (12, 31)})
_COUNTRIES: Final = {
    "NO": _Country("Europe/Oslo", "NO", closed=_EVES),
    "SJ": _Country("Europe/Oslo", "NO", closed=_EVES),
    # Midsummer Eve, 24 and 31 December are no public holidays in Sweden but nobody works: category de_facto.
    "SE": _Country("Europe/Stockholm", "SE", categories=("public", "de_facto")),
    "DK": _Country("Europe/Copenhagen", "DK", closed=_EVES),
    "FI": _Country("Europe/Helsinki", "FI"),  # Midsummer Eve and 24 December are in the library's public ones
}
_HOME: Final = "NO"


@lru_cache(maxsize=64)
def _days_off(country: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - 100 ms, needed only by flows with a deadline

    here = _COUNTRIES[country]
    days = country_holidays(here.holidays, years=year, categories=here.categories)
    return frozenset(days) | {date(year, month, day) for month, day in here.closed}


@dataclass(frozen=True)
class WorkingCalendar:
    """Each customer is contacted by the calendar and the clock of its own country.

    `country` is an ISO code; a country without a calendar here, or an unknown one, gets the Norwegian one,
    because that is where the adviser who calls works.
    """

    country: str | None = _HOME
    hours: ContactHours = field(default_factory=ContactHours)

    @property
    def zone(self) -> ZoneInfo:
        """The customer's time zone."""
        return ZoneInfo(_COUNTRIES[self._here].zone)

    def is_holiday(self, day: date) -> bool:
        """Offices are closed that day, by law or by custom (24 and 31 December, Swedish Midsummer Eve)."""
        return day in _days_off(self._here, day.year)

    def is_working_day(self, day: date) -> bool:
        """An adviser works that day: Monday to Friday, no holiday and not in a blackout."""
        return day.isoweekday() in _WORKING_WEEKDAYS and not self.is_holiday(day) and not self.hours.blacked_out(day)

    def is_open(self, moment: datetime) -> bool:
        """A customer may be written to now: inside contact hours of a day that has them."""
        instant, day = self._split(moment)
        span = self._contact_span(day)
        return span is not None and span[0] <= instant < span[1]

    def next_opening(self, moment: datetime) -> datetime:
        """The first moment from now on when a customer may be written to: now, as given, if it is open now."""
        instant, day = self._split(moment)
        while (span := self._contact_span(day)) is None or span[1] <= instant:
            day += _ONE_DAY  # ends: blackouts are finite and no weekday is a holiday all year
        return moment if span[0] <= instant else self._local(span[0])

    def closing(self, moment: datetime) -> datetime:
        """The end of contact hours on the day of that moment, whether or not the day has any.

        The first moment that is no longer inside them: hours until 24:00 end with the next day's midnight.
        """
        return self._local(self._at(self._split(moment)[1], self.hours.closes))

    def end_of_day(self, moment: datetime) -> datetime:
        """The midnight that ends the day of that moment."""
        return self._local(self._at(self._split(moment)[1], _MIDNIGHT))

    def follow_up_due(self, now: datetime) -> Deadline:
        """A call nobody answered is followed up the same working day, at latest the same week (000-09).

        The same day if an hour of its working hours is left, else the next working day of that ISO week. When
        the week has none left, the next working day, and `same_week` is False. Due when the working day ends.
        """
        instant, today = self._split(now)
        day = today
        if not self.is_working_day(day) or self._work_ends(day) - instant < _AN_HOUR:
            day = self.next_working_day(day)
        return Deadline(self._local(self._work_ends(day)), _iso_week(day) == _iso_week(today))

    def answer_due(self, now: datetime) -> datetime:
        """Whoever writes to us is called the same working day: when it ends, else when the next one does."""
        instant, day = self._split(now)
        if not self.is_working_day(day) or self._work_ends(day) <= instant:
            day = self.next_working_day(day)
        return self._local(self._work_ends(day))

    def may_wait_until(self, now: datetime) -> datetime | None:
        """A message waits for an opening within the ISO week or on the next working day, not longer.

        Now, as given, when it is open now; None when the opening comes too late to be of use.
        """
        opening = self.next_opening(now)
        today, day = self._split(now)[1], self._split(opening)[1]
        in_time = _iso_week(day) == _iso_week(today) or day <= self.next_working_day(today)
        return opening if in_time else None

    def end_of_work(self, day: date) -> datetime:
        """When that day's work ends, whether or not anybody works that day."""
        return self._local(self._work_ends(day))

    def next_working_day(self, day: date) -> date:
        """The first working day after that day."""
        day += _ONE_DAY
        while not self.is_working_day(day):
            day += _ONE_DAY
        return day

    @property
    def _here(self) -> str:
        return self.country if self.country in _COUNTRIES else _HOME

    def _contact_span(self, day: date) -> tuple[datetime, datetime] | None:
        shut = self.hours.blacked_out(day) or (self.is_holiday(day) and not self.hours.on_holidays)
        if shut or day.isoweekday() not in self.hours.days:
            return None
        opens, closes = self._at(day, self.hours.opens), self._at(day, self.hours.closes)
        return (opens, closes) if opens < closes else None  # hours inside the one that spring leaves out

    def _work_ends(self, day: date) -> datetime:
        return self._at(day, _WORK_ENDS)

    def _at(self, day: date, clock: str) -> datetime:
        """In UTC: Python compares two moments of one zone by their wall clocks, which repeat in autumn."""
        if clock == _MIDNIGHT:
            day, clock = day + _ONE_DAY, "00:00"
        return datetime.combine(day, time.fromisoformat(clock), self.zone).astimezone(UTC)

    def _split(self, moment: datetime) -> tuple[datetime, date]:
        if moment.tzinfo is None or moment.utcoffset() is None:
            raise ValueError("a moment without a time zone was given to the calendar; pass an aware one")
        return moment.astimezone(UTC), moment.astimezone(self.zone).date()

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)


def _iso_week(day: date) -> tuple[int, int]:
    year, week, _ = day.isocalendar()
    return year, week
