"""An SMS' reference: ours, short, nothing personal in it, and the way back to the action that sent it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.delivery import LONGEST_REFERENCE, action_behind, looks_like_ours, reference_of
from kundeflyt.domain.events import _ABOUT

WORDS = st.from_regex(r"[a-z0-9]{1,8}([_-][a-z0-9]{1,6}){0,2}", fullmatch=True)
IDS = st.integers(0, 2**53)


class TestAReference:
    @given(flow=WORDS, portal=IDS, record=IDS, name=WORDS)
    def test_leads_back_or_is_a_hash(self, flow: str, portal: int, record: int, name: str) -> None:
        key = f"{flow}/{portal}/{record}/{name}"
        reference = reference_of(key)

        assert 8 <= len(reference) <= LONGEST_REFERENCE
        assert _ABOUT.fullmatch(reference)
        assert action_behind(reference) in {key, None}
        assert looks_like_ours(reference)

    def test_of_the_flow_that_sends_most_always_leads_back(self) -> None:
        assert reference_of("no_answer/145220017/217480305445/sms") == "no-answer--2egkhd--2rwq5pnp--sms"
        key = f"no_answer/{2**31 - 1}/{2**53}/sms"
        assert action_behind(reference_of(key)) == key

    @pytest.mark.parametrize(
        "key", ["no_answer/1/007/sms", "sms_inbound/1/abc/sms", "f/1/2-merged/sms", "no-answer/1/2/sms"]
    )
    def test_that_could_lead_elsewhere_is_a_hash(self, key: str) -> None:
        reference = reference_of(key)

        assert action_behind(reference) is None
        assert len(reference) == 32

    @given(one=st.tuples(WORDS, IDS, IDS, WORDS), other=st.tuples(WORDS, IDS, IDS, WORDS))
    def test_is_nobody_elses(self, one: tuple[str, int, int, str], other: tuple[str, int, int, str]) -> None:
        keys = ["/".join(map(str, parts)) for parts in (one, other)]

        assert (reference_of(keys[0]) == reference_of(keys[1])) == (keys[0] == keys[1])
