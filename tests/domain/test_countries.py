from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.countries import country_code


class TestCountryCode:
    @pytest.mark.parametrize(
        ("written", "code"),
        [
            ("Norge", "NO"),
            ("NORGE", "NO"),
            (" norway ", "NO"),
            ("NO", "NO"),
            ("Noreg", "NO"),
            ("Sverige", "SE"),
            ("Sweden", "SE"),
            ("SE", "SE"),
            ("Danmark", "DK"),
            ("Denmark", "DK"),
            ("Finland", "FI"),
            ("Suomi", "FI"),
            ("Svalbard og  Jan Mayen", "SJ"),
            ("U.S.A.", "US"),
        ],
    )
    def test_reads_what_people_write(self, written: str, code: str) -> None:
        assert country_code(written) == code

    def test_reads_letters_however_they_are_composed(self) -> None:
        decomposed = unicodedata.normalize("NFD", "Ísland")
        assert decomposed != "Ísland"
        assert country_code(decomposed) == "IS"

    @pytest.mark.parametrize("written", [None, "", "  ", "Atlantis", "47", "Oslo"])
    def test_never_guesses(self, written: str | None) -> None:
        assert country_code(written) is None

    @given(st.text())
    def test_answers_with_two_letters_or_nothing_whatever_is_written(self, written: str) -> None:
        code = country_code(written)
        assert code is None or (len(code) == 2 and code.isupper())
