"""A flow's page says of each requirement of its routine who sees to it, and which test shows it."""

from __future__ import annotations

import pytest

from tests.flows.requirements import WHO, rows_of

ROUTINES = {
    "customer_reached": ["001-28", "001-29"],
    "owner_change": [
        *(f"002-{number:02}" for number in range(1, 58)),
        *("001-24", "001-25", "001-34", "001-35", "001-38"),
    ],
    "review_decided": [f"001-{number}" for number in (*range(16, 28), *range(30, 45))],
    "sequence_due": [f"001-{number:02}" for number in range(1, 16)],
    "sequence_ended": [
        *("001-03", "001-04"),
        *(f"001-{number}" for number in range(16, 24)),
        *("001-30", "001-36", "001-44"),
    ],
}


@pytest.mark.parametrize("flow", sorted(ROUTINES))
def test_each_requirement_of_a_flow_has_one_row(flow: str) -> None:
    assert [row.id for row in rows_of(flow)] == ROUTINES[flow]


@pytest.mark.parametrize("flow", [*sorted(ROUTINES), "review_intake"])
def test_each_requirement_is_seen_to_and_shown(flow: str) -> None:
    rows = rows_of(flow)
    assert rows
    assert {row.who for row in rows} <= WHO
    assert not [row for row in rows if not row.shown]
