"""Receipts come twice, late and in any order; what became of the message is the same."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.delivery import UNDELIVERED, WHOLE, Delivery, Receipt, Status

PARTS = 3
ENDS: dict[Status, int] = {"DELIVERED": 3, "FAILED": 3, "EXPIRED": 3}
RANK: dict[Status, int] = {"SENT": 1, "UNKNOWN": 2, **ENDS}

receipts = st.builds(Receipt, part=st.integers(WHOLE, PARTS + 1), status=st.sampled_from(sorted(get_args(Status))))


@st.composite
def stories(draw: st.DrawFn) -> tuple[dict[int, Status], list[Receipt]]:
    """Each part comes to one end; its receipts, with some twice, arrive in any order."""
    ends = {part: draw(st.sampled_from(sorted(ENDS))) for part in range(1, PARTS + 1)}
    before: list[Status] = ["SENT", "UNKNOWN"]
    told = [Receipt(part=part, status=end) for part, end in ends.items()]
    told += draw(st.lists(st.builds(Receipt, part=st.integers(1, PARTS), status=st.sampled_from(before)), max_size=6))
    told += draw(st.lists(st.sampled_from(told), max_size=4))
    return ends, draw(st.permutations(told))


def after(told: list[Receipt], parts: int = PARTS) -> Delivery:
    delivery = Delivery(parts=parts)
    for receipt in told:
        delivery = delivery.after(receipt)
    return delivery


class TestInAnyOrder:
    @given(stories())
    def test_delivered_when_all_parts_are_and_undelivered_when_any_is(
        self, story: tuple[dict[int, Status], list[Receipt]]
    ) -> None:
        ends, told = story
        missed = UNDELIVERED & set(ends.values())
        assert after(told).state in (missed or {"DELIVERED"})

    @given(stories())
    def test_every_part_comes_to_its_own_end(self, story: tuple[dict[int, Status], list[Receipt]]) -> None:
        ends, told = story
        assert after(told).heard == ends

    @given(st.lists(receipts, max_size=12))
    def test_nothing_ever_moves_back(self, told: list[Receipt]) -> None:
        """Whatever the vendor says, and if it contradicts itself."""
        delivery = Delivery(parts=PARTS)
        for receipt in told:
            before, delivery = delivery, delivery.after(receipt)
            assert RANK[delivery.state] >= RANK[before.state]
            assert before.state == delivery.state or before.state not in ENDS
            for part, status in before.heard.items():
                assert RANK[delivery.heard[part]] >= RANK[status]
                assert delivery.heard[part] == status or status not in ENDS

    @given(st.lists(receipts, max_size=12), receipts)
    def test_the_same_again_is_no_news(self, told: list[Receipt], receipt: Receipt) -> None:
        once = after([*told, receipt])
        assert once.after(receipt) is once


class TestTheState:
    @pytest.mark.parametrize(
        ("told", "state"),
        [
            ([], "SENT"),
            ([(1, "SENT"), (2, "SENT")], "SENT"),
            ([(1, "DELIVERED")], "SENT"),
            ([(1, "DELIVERED"), (2, "DELIVERED")], "DELIVERED"),
            ([(2, "DELIVERED"), (1, "FAILED")], "FAILED"),
            ([(2, "FAILED"), (1, "DELIVERED")], "FAILED"),
            ([(1, "EXPIRED")], "EXPIRED"),
            ([(1, "UNKNOWN")], "UNKNOWN"),
            ([(1, "UNKNOWN"), (1, "DELIVERED"), (2, "DELIVERED")], "DELIVERED"),
            ([(1, "UNKNOWN"), (1, "FAILED")], "FAILED"),
            ([(1, "FAILED"), (1, "DELIVERED"), (2, "DELIVERED")], "FAILED"),
            ([(WHOLE, "DELIVERED")], "DELIVERED"),
            ([(WHOLE, "EXPIRED")], "EXPIRED"),
            ([(1, "DELIVERED"), (2, "DELIVERED"), (3, "FAILED")], "DELIVERED"),
        ],
    )
    def test_follows_from_what_was_told(self, told: list[tuple[int, Status]], state: Status) -> None:
        heard = [Receipt(part=part, status=status) for part, status in told]
        assert after(heard, parts=2).state == state


class TestAReceipt:
    def test_is_borne_out_by_what_stands(self) -> None:
        failed = Receipt(part=1, status="FAILED")
        assert after([failed]).bears_out(failed)

    def test_is_not_when_the_part_had_come_to_another_end(self) -> None:
        late = Receipt(part=1, status="FAILED")
        assert not after([Receipt(part=1, status="DELIVERED"), late]).bears_out(late)

    def test_is_not_when_the_message_had_been_delivered_already(self) -> None:
        """A part more than the message was measured to have."""
        late = Receipt(part=2, status="FAILED")
        assert not after([Receipt(part=1, status="DELIVERED"), late], parts=1).bears_out(late)
