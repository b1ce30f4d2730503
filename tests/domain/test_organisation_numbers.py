from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.organisation_numbers import organisation_number


class TestNorwegian:
    @pytest.mark.parametrize(
        "written",
        ["974760673", "974 760 673", " 974760673 ", "974\u00a0760\u00a0673", "NO 974760673 MVA", "974760673MVA"],
    )
    def test_is_understood_as_people_write_it(self, written: str) -> None:
        assert organisation_number(written, "NO") == "974760673"

    @pytest.mark.parametrize("country", ["NO", "SE", "DK", None])
    def test_is_understood_whatever_the_country(self, country: str | None) -> None:
        """A foreign company has a Norwegian number where it is registered here."""
        assert organisation_number("974760673", country) == "974760673"

    def test_is_right_in_the_registers_own_example(self) -> None:
        assert organisation_number("123456785", "NO") == "123456785"

    @pytest.mark.parametrize(
        "written", ["974760674", "97476067", "9747606733", "974760673 MVB", "12345678A", "", " ", "ukjent", None]
    )
    def test_is_none_where_its_check_digit_or_length_is_wrong(self, written: str | None) -> None:
        assert organisation_number(written, "NO") is None

    def test_whose_check_digit_would_be_ten_does_not_exist(self) -> None:
        """The sum, 12, is 1 mod 11, so no ninth is right (mod 11, brreg.no)."""
        assert not [digit for digit in "0123456789" if organisation_number(f"40000000{digit}", "NO")]


class TestSwedish:
    @pytest.mark.parametrize("written", ["5560360793", "556036-0793", "556036 0793", "SE556036079301"])
    def test_is_understood_as_people_write_it(self, written: str) -> None:
        assert organisation_number(written, "SE") == "5560360793"

    @pytest.mark.parametrize("country", ["NO", "DK", None])
    def test_is_read_in_no_other_country(self, country: str | None) -> None:
        """A digit too many on a Norwegian number passes for Swedish one time in ten."""
        assert organisation_number("5560360793", country) is None

    def test_is_none_where_its_check_digit_is_wrong(self) -> None:
        assert organisation_number("5560360794", "SE") is None


class TestAnything:
    @given(written=st.text(max_size=30), country=st.sampled_from(["NO", "SE", None]))
    def test_is_a_number_of_digits_alone_or_none(self, written: str, country: str | None) -> None:
        found = organisation_number(written, country)
        assert found is None or (found.isascii() and found.isdigit() and len(found) in {9, 10})
