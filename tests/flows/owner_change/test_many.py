"""An adviser leaves and 300 customers change hands at once: each is handled as if it were alone."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from kundeflyt.domain.rules import BlastGuard
from tests.flows.owner_change.leaver import CUSTOMERS, Office
from tests.flows.owner_change.situation import CHANGED, OLA

EACH = list(range(1, CUSTOMERS + 1))
NEXT_SPRING = date(2027, 4, 1)
PER_DAY = 5


def taken_over(office: Office, *, chance: random.Random | None = None) -> Office:
    """The owner has changed everywhere, has stood for a quarter of an hour, and everything follows."""
    office.works_off(chance=chance)
    office.wakes("settle")
    office.works_off(chance=chance)
    return office


def is_whole(office: Office) -> None:
    """Every customer has had everything once."""
    for start in ("ny-radgiver", "handover-meeting", "checklist-now", "checklist-first-meeting"):
        assert office.companies_of(start) == EACH, start
    assert sorted(note.company_id for note in office.crm.notes.values()) == EACH
    for company in EACH:
        assert office.customers.whose("tasks", 5000 + company) == OLA
        assert office.customers.whose("meetings", 5000 + company) == OLA
    on_cards = sorted(on_hand.task.key for on_hand in office.cards.tasks.values())
    assert len(on_cards) == len(set(on_cards)) == 4 * CUSTOMERS
    assert len(office.ledger.takeovers) == CUSTOMERS
    assert {record.state for record in office.ledger.actions.values()} == {"done"}


class TestThreeHundredCustomersAtOnce:
    def test_are_all_taken_over_without_the_guard_stopping_the_flow(self) -> None:
        office = taken_over(Office(meeting_on=NEXT_SPRING))
        is_whole(office)
        assert office.ledger.stopped("owner_change") is None
        assert not office.ledger.held("owner_change")
        assert office.notes.names == []

    def test_give_no_day_more_first_meetings_to_prepare_than_the_rules_say(self) -> None:
        days = taken_over(Office(meeting_on=NEXT_SPRING)).days_of("checklist-first-meeting")
        assert set(days.values()) == {PER_DAY}
        assert len(days) == CUSTOMERS / PER_DAY
        assert max(days) < NEXT_SPRING
        assert all(day.isoweekday() <= 5 for day in days)

    def test_with_meetings_too_soon_are_prepared_before_them_with_what_is_over_on_the_last_day(self) -> None:
        soon = date(2026, 11, 27)
        days = taken_over(Office(meeting_on=soon)).days_of("checklist-first-meeting")
        last = date(2026, 11, 26)
        assert {day: days[day] for day in days if day != last} == dict.fromkeys(
            (date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)), PER_DAY
        )
        assert days[last] == CUSTOMERS - 3 * PER_DAY

    def test_let_other_work_go_first_once_their_owners_have_settled(self) -> None:
        office = taken_over(Office(meeting_on=NEXT_SPRING))
        looks = [batch for batch in office.batches if batch[0].round == 1]
        assert [len(batch) for batch in looks] == [100, 100, 100]
        assert all(event.bulk for batch in looks for event in batch)

    def test_get_nothing_twice_at_the_nightly_look(self) -> None:
        office = taken_over(Office(meeting_on=NEXT_SPRING))
        office.wakes("nightly")
        office.works_off()
        is_whole(office)

    @pytest.mark.parametrize("seed", range(4))
    def test_are_all_taken_over_once_whatever_goes_wrong_on_the_way(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
        office = taken_over(Office(meeting_on=NEXT_SPRING), chance=chance)
        is_whole(office)
        days = office.days_of("checklist-first-meeting")
        assert max(days.values()) <= PER_DAY

    def test_beyond_the_guard_wait_and_are_taken_over_when_somebody_lets_them(self) -> None:
        office = taken_over(Office(meeting_on=NEXT_SPRING, guard=BlastGuard(takeovers_per_hour=120)))
        assert len(office.companies_of("ny-radgiver")) == 120
        assert len(office.ledger.held("owner_change")) == CUSTOMERS - 120
        assert "BlastGuardTripped" in office.notes.names
        for _ in range(2):
            office.at += timedelta(hours=1)
            office.released()
            office.works_off()
        is_whole(office)
        assert office.at - CHANGED < timedelta(hours=3)
