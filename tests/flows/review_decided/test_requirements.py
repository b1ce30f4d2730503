"""The pages say of each requirement who sees to it, and which test shows it."""

from __future__ import annotations

import pytest

from tests.flows.requirements import WHO, rows_of

ROUTINE = [f"001-{number}" for number in (*range(16, 28), 30, *range(34, 45))]


class TestEachRequirement:
    def test_has_one_row(self) -> None:
        assert [row.id for row in rows_of("review_decided")] == ROUTINE

    @pytest.mark.parametrize("flow", ["review_intake", "review_decided"])
    def test_is_seen_to_and_shown(self, flow: str) -> None:
        rows = rows_of(flow)
        assert rows
        assert {row.who for row in rows} <= WHO
        assert not [row for row in rows if not row.shown]
