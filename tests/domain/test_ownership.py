from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.ownership import Handover, OwnerChange, became_owner, latest_handover

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SETTLE = timedelta(minutes=15)
KARI, OLA, SIV = 11, 12, 13

CHANGES = st.lists(
    st.builds(
        OwnerChange,
        at=st.integers(0, 7200).map(lambda seconds: NOON + timedelta(seconds=seconds)),
        owner_id=st.sampled_from([None, KARI, OLA, SIV]),
    ),
    max_size=8,
    unique_by=lambda change: change.at,
)


def change(minutes: float, owner_id: int | None, user_id: int | None = None) -> OwnerChange:
    return OwnerChange(at=NOON + timedelta(minutes=minutes), owner_id=owner_id, user_id=user_id)


def handover(*history: OwnerChange) -> Handover:
    found = latest_handover(history, SETTLE)
    assert found
    return found


class TestALastHandover:
    def test_goes_from_the_owner_before_to_the_owner_after(self) -> None:
        found = handover(change(-9000, KARI), change(0, OLA, user_id=77))
        assert (found.previous_owner_id, found.owner_id, found.at, found.user_id) == (KARI, OLA, NOON, 77)
        assert found.is_one

    def test_of_several_changes_in_the_window_is_one_from_before_the_first_to_after_the_last(self) -> None:
        found = handover(change(-9000, KARI), change(0, OLA), change(10, None), change(24, SIV))
        assert (found.previous_owner_id, found.owner_id) == (KARI, SIV)
        assert (found.since, found.at) == (NOON, NOON + timedelta(minutes=24))

    def test_ends_its_window_where_a_pause_is_longer(self) -> None:
        found = handover(change(-9000, KARI), change(0, OLA), change(15.1, SIV))
        assert (found.previous_owner_id, found.owner_id) == (OLA, SIV)

    def test_back_to_the_old_owner_is_none(self) -> None:
        assert not handover(change(-9000, KARI), change(0, OLA), change(5, KARI)).is_one

    def test_after_a_time_without_owner_goes_from_the_last_one_there_was(self) -> None:
        assert handover(change(-9000, KARI), change(-60, None), change(0, OLA)).previous_owner_id == KARI
        assert not handover(change(-9000, KARI), change(-60, None), change(0, KARI)).is_one

    def test_goes_from_the_last_person_where_the_customer_has_waited_in_a_queue(self) -> None:
        queue = 99
        parked = handover(change(-9000, OLA), change(-8000, KARI), change(-3000, queue), change(0, SIV))
        assert parked.previous_owner_id == queue
        assert parked.among(lambda id_: id_ != queue).previous_owner_id == KARI
        back = handover(change(-8000, KARI), change(-3000, queue), change(0, KARI))
        assert back.is_one
        assert not back.among(lambda id_: id_ != queue).is_one

    def test_to_the_first_owner_ever_has_no_predecessor(self) -> None:
        found = handover(change(0, KARI))
        assert found.previous_owner_id is None
        assert found.is_one

    def test_to_the_same_adviser_again_next_year_is_another_one(self) -> None:
        again = [change(-9000, KARI), change(0, OLA), change(400_000, KARI), change(500_000, OLA)]
        assert handover(*again).at != handover(*again[:2]).at
        assert handover(*again).previous_owner_id == KARI

    def test_is_not_moved_by_an_owner_set_to_what_it_was(self) -> None:
        assert handover(change(-9000, KARI), change(0, OLA), change(60, OLA)).at == NOON

    def test_settles_when_nothing_has_changed_for_a_while(self) -> None:
        assert handover(change(0, OLA), change(10, SIV)).settled_at(SETTLE) == NOON + timedelta(minutes=25)

    def test_does_not_exist_without_an_owner_ever(self) -> None:
        assert latest_handover([], SETTLE) is None
        assert latest_handover([change(0, None)], SETTLE) is None

    @given(CHANGES)
    def test_does_not_depend_on_the_order_of_the_history(self, history: list[OwnerChange]) -> None:
        assert latest_handover(reversed(history), SETTLE) == latest_handover(history, SETTLE)

    @given(CHANGES)
    def test_never_gives_the_customer_to_anybody_but_the_last_owner(self, history: list[OwnerChange]) -> None:
        found = latest_handover(history, SETTLE)
        last = max(history, key=lambda one: one.at).owner_id if history else None
        assert (found.owner_id if found else None) == last

    @given(CHANGES)
    def test_without_a_window_is_the_last_change_alone(self, history: list[OwnerChange]) -> None:
        found = latest_handover(history, timedelta(0))
        assert found is None or found.since == found.at


def test_a_handover_is_told_from_aware_times_only() -> None:
    with pytest.raises(TypeError):
        latest_handover([change(0, OLA), OwnerChange(at=datetime(2026, 1, 1), owner_id=KARI)], SETTLE)  # noqa: DTZ001


class TestWhenSomebodyBecameTheOwner:
    def test_is_the_last_time_before_and_not_when_it_was_only_written_again(self) -> None:
        history = [change(0, KARI), change(30, OLA), change(60, KARI), change(90, KARI), change(120, OLA)]
        before = NOON + timedelta(minutes=120)
        assert became_owner(history, KARI, before=before) == NOON + timedelta(minutes=60)
        assert became_owner(history, OLA, before=before) == NOON + timedelta(minutes=30)
        assert became_owner(history, SIV, before=before) is None
