"""How a sequence ended is told by dates alone, since HubSpot keeps no reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.review import Entry, EntryWhat
from kundeflyt.domain.sequences import Enrolment

ENROLLED = datetime(2026, 6, 26, 9, 0, tzinfo=UTC)
NOW = ENROLLED + timedelta(days=150)
BEFORE = ENROLLED - timedelta(days=30)


def enrolment(**changes: Any) -> Enrolment:
    known: dict[str, Any] = {"contact_id": 101, "sequence_id": 301, "enrolled_at": ENROLLED, "running": False}
    return Enrolment(**known | changes)


def entry(what: EntryWhat, at: datetime = NOW) -> Entry:
    return Entry(what=what, record="emails", id="1", at=at)


class TestASequence:
    def test_is_not_over_while_it_runs_whatever_the_dates_say(self) -> None:
        assert enrolment(running=True, ended_at=NOW).over_at is None

    @pytest.mark.parametrize("date", ["finished_at", "left_at", "ended_at"])
    def test_is_over_by_any_of_the_dates(self, date: str) -> None:
        assert enrolment(**{date: NOW}).over_at == NOW

    def test_is_not_over_by_the_dates_of_an_earlier_one(self) -> None:
        assert enrolment(finished_at=BEFORE, left_at=BEFORE, ended_at=BEFORE).over_at is None

    def test_has_the_same_mark_however_it_is_heard_of(self) -> None:
        assert enrolment(ended_at=NOW).mark == enrolment(running=True).mark
        assert enrolment().mark != enrolment(enrolled_at=NOW).mark
        assert enrolment().mark != enrolment(sequence_id=302).mark


class TestHowItEnded:
    def test_finished_when_it_ran_out(self) -> None:
        assert enrolment(finished_at=NOW, ended_at=NOW).how([entry("email_in")]) == "finished"

    def test_not_finished_by_an_earlier_one_that_was(self) -> None:
        assert enrolment(finished_at=BEFORE, left_at=NOW).how([]) == "left"

    def test_not_left_by_an_earlier_one_that_was(self) -> None:
        assert enrolment(finished_at=NOW, left_at=BEFORE).how([]) == "finished"

    @pytest.mark.parametrize(
        "what", ["email_in", "call_in", "call_connected", "meeting_held", "meeting_booked", "sms_in"]
    )
    def test_replied_when_anybody_at_the_customer_was_heard_from(self, what: EntryWhat) -> None:
        assert enrolment(left_at=NOW).how([entry(what)]) == "replied"

    def test_replied_when_only_the_contact_says_so(self) -> None:
        assert enrolment(left_at=NOW, replied_at=NOW).how([]) == "replied"

    @pytest.mark.parametrize(
        ("entries", "replied_at"), [([entry("email_in", BEFORE)], None), ([], BEFORE), ([entry("call_out")], None)]
    )
    def test_left_when_nobody_has_answered_since(self, entries: list[Entry], replied_at: datetime | None) -> None:
        assert enrolment(left_at=NOW, replied_at=replied_at).how(entries) == "left"

    def test_bounced_unless_a_reply_has_arrived(self) -> None:
        assert enrolment(left_at=NOW, bounced=True).how([]) == "bounced"
        assert enrolment(left_at=NOW, bounced=True).how([entry("email_in")]) == "replied"

    def test_opted_out_before_everything_but_a_finish(self) -> None:
        assert enrolment(left_at=NOW, bounced=True, opted_out=True).how([entry("email_in")]) == "opted_out"
        assert enrolment(finished_at=NOW, opted_out=True).how([]) == "finished"

    @given(
        days=st.tuples(*[st.none() | st.integers(-400, 400)] * 4),
        bounced=st.booleans(),
        opted_out=st.booleans(),
        heard=st.lists(st.integers(-400, 400).map(lambda day: entry("email_in", ENROLLED + timedelta(days=day)))),
    )
    def test_is_never_finished_without_a_finish_since_it_began(
        self, days: tuple[int | None, ...], bounced: bool, opted_out: bool, heard: list[Entry]
    ) -> None:
        names = ("finished_at", "left_at", "ended_at", "replied_at")
        dates = {name: ENROLLED + timedelta(days=day) for name, day in zip(names, days, strict=True) if day is not None}
        one = enrolment(**dates, bounced=bounced, opted_out=opted_out)
        finished = dates.get("finished_at", BEFORE)
        assert (one.how(heard) == "finished") == (finished >= ENROLLED and not dates.get("left_at", BEFORE) > finished)
