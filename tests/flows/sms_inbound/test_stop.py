"""Who says stop, in whichever way, is heard; who says something else is answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_inbound.case import STOP_WORDS, is_stop

AROUND = st.text(alphabet=" \t\n\r.,;:!?-_*'\"«»()…\u00a0\u200b🙏", max_size=6)


class TestStop:
    @pytest.mark.parametrize(
        "text",
        [
            "STOP",
            "Stopp",
            "sluta",
            "AVSLUTA",
            "Avslutt",
            " stopp! ",
            "«STOPP».",
            "S T O P",
            "s-t-o-p",
            "STOP STOPP!",
            "ＳＴＯＰ",
            "STO\u200bP",
            "\ufeffstopp\r\n",
            "Stopp\n\nMvh Kari Nordmann\nHR",
            "STOP\r\n-- \r\nKari, +47 912 34 567",
            "stopp.\nSendt fra min iPhone",
            "Sluta\nMed vänlig hälsning Åsa",
        ],
    )
    def test_is_said_by_the_word_alone(self, text: str) -> None:
        assert is_stop(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "?!",
            "Stopp å ringe meg",
            "Stopp\nden bestillingen",
            "Stopp\nhilsenen",
            "Ring meg\nMvh Stopp",
            "Mvh STOPP",
            "stopp mvh Kari",
            "ikke stopp",
            "stoppeklokke",
            "STOP1",
            "Nei takk",
            "slutt",
            "avsluttet",
            "👍",
        ],
    )
    def test_is_not_said_by_anything_else(self, text: str) -> None:
        assert not is_stop(text)

    @given(st.sampled_from(sorted(STOP_WORDS)), AROUND, AROUND, st.lists(st.booleans(), min_size=8, max_size=8))
    def test_does_not_depend_on_case_or_what_stands_around_it(
        self, word: str, before: str, behind: str, capitals: list[bool]
    ) -> None:
        written = "".join(sign.upper() if big else sign for sign, big in zip(word, capitals, strict=False))
        assert is_stop(f"{before}{written}{behind}")

    @given(st.text())
    def test_is_judged_of_any_text(self, text: str) -> None:
        assert is_stop(text) in {True, False}

    @given(st.sampled_from(sorted(STOP_WORDS)), st.text(alphabet="abcdefghijklmnopqrstuvwxyzæøå0123456789", min_size=1))
    def test_is_not_said_with_another_word_beside_it(self, word: str, other: str) -> None:
        if other not in STOP_WORDS and word + other not in STOP_WORDS and other + word not in STOP_WORDS:
            assert not is_stop(f"{word} {other}")
            assert not is_stop(f"{other} {word}")
