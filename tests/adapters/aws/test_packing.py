"""A packed plan can be read for as long as it is kept."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.adapters.aws import packing
from kundeflyt.adapters.aws.packing import packed, unpacked

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


class TestPacking:
    @given(values=st.dictionaries(st.text(max_size=8), PLAIN, max_size=5))
    def test_loses_nothing(self, values: dict[str, object]) -> None:
        assert unpacked(packed(values)) == values

    @pytest.mark.parametrize(
        ("number", "digest"), [(1, "0713f0a5c9a94e2062dbdb6441c72483382d07aa9a7711eaf0ca3b440c637263")]
    )
    def test_never_changes_a_dictionary_that_plans_were_packed_with(self, number: int, digest: str) -> None:
        """A better one gets the next number: what was packed with this one is read with this one."""
        content = (Path(packing.__file__).parent / f"packing_{number}.txt").read_bytes()

        assert sha256(content).hexdigest() == digest

    def test_can_be_opened_by_what_was_packed_before(self) -> None:
        """Fixed bytes, so that no change of the format goes unseen."""
        before = bytes.fromhex("01ab46b215be7450a91600")

        assert before[0] == packing.NEWEST
        assert unpacked(before) == {"because": "ikke svar"}
