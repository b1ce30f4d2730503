from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from kundeflyt.domain.phones import (
    callable_number,
    masked,
    mobile_number,
    national_digits,
    same_number,
    sender_number,
    shown,
)

Example = tuple[str, phonenumbers.PhoneNumber]

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
NORDIC = ["NO", "SE", "DK", "FI", "IS", "SJ"]
MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
STYLES = [
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
]
EXAMPLES = [
    (region, number)
    for region in REGIONS
    for kind in PhoneNumberType.values()
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]
MOBILES = [(region, number) for region, number in EXAMPLES if phonenumbers.number_type(number) in MOBILE_TYPES]
OTHERS = [(region, number) for region, number in EXAMPLES if phonenumbers.number_type(number) not in MOBILE_TYPES]


def _example(region: str, kind: int) -> phonenumbers.PhoneNumber:
    number = phonenumbers.example_number_for_type(region, kind)
    assert number is not None
    return number


class TestMobileNumber:
    @pytest.mark.parametrize(
        "raw",
        [
            "91234567",
            "912 34 567",
            "+4791234567",
            "0047 912 34 567",
            "4791234567",
            "(+47) 912-34-567",
            "tel:+47-912-34-567",
        ],
    )
    def test_reads_a_norwegian_mobile_however_it_is_written(self, raw: str) -> None:
        assert mobile_number(raw, "NO") == "+4791234567"

    def test_strips_no_country_code_from_a_mobile_that_begins_with_47(self) -> None:
        assert mobile_number("47123456", "NO") == "+4747123456"

    @pytest.mark.parametrize("prefix", ["40", "41", "45", "46", "47", "48", "90", "91", "93", "95", "97", "98", "99"])
    def test_accepts_the_norwegian_mobile_series(self, prefix: str) -> None:
        assert mobile_number(f"{prefix}123456", "NO") == f"+47{prefix}123456"

    @pytest.mark.parametrize("prefix", ["42", "43", "44", "49", "58", "59"])
    def test_refuses_series_that_carry_no_people(self, prefix: str) -> None:
        assert mobile_number(f"{prefix}123456", "NO") is None
        assert mobile_number(f"+47{prefix}123456", None) is None

    @pytest.mark.parametrize(
        "raw",
        [
            "22334455",
            "+47 22 33 44 55",
            "02800",
            "80012345",
            "82012345",
            "85012345",
            "88012345",
            "581234567890",
            "79021234",
            "110",
            "1881",
        ],
    )
    def test_refuses_landlines_company_service_and_machine_numbers(self, raw: str) -> None:
        assert mobile_number(raw, "NO") is None

    def test_accepts_a_mobile_on_svalbard(self) -> None:
        number = _example("SJ", PhoneNumberType.MOBILE)
        raw = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        assert mobile_number(raw, "SJ") == mobile_number(raw, "NO") == f"+47{number.national_number}"

    def test_reads_the_number_in_the_contacts_own_country(self) -> None:
        assert mobile_number("070-123 45 67", "SE") == "+46701234567"
        assert mobile_number("070-123 45 67", "NO") is None
        assert mobile_number("20123456", "DK") == "+4520123456"

    def test_needs_a_country_for_a_number_without_one(self) -> None:
        assert mobile_number("91234567", None) is None
        assert mobile_number("+4791234567", None) == "+4791234567"
        assert mobile_number("+4791234567", "XX") == "+4791234567"

    @pytest.mark.parametrize("raw", [None, "", " ", "ukjent", "912 34 567 / 22 33 44 55", "9123456", "912345678", "+"])
    def test_finds_none_where_there_is_none(self, raw: str | None) -> None:
        assert mobile_number(raw, "NO") is None

    def test_never_reads_letters_as_a_keypad_does(self) -> None:
        """`9123 kari` on a keypad is a stranger's number."""
        assert phonenumbers.is_valid_number(phonenumbers.parse("9123 kari", "NO"))
        assert mobile_number("9123 kari", "NO") is None

    def test_refuses_an_extension_for_it_is_a_switchboard(self) -> None:
        assert mobile_number("+1 201 555 0123", None) == "+12015550123"
        assert mobile_number("+1 201 555 0123 ext. 7", None) is None

    @given(st.sampled_from(MOBILES), st.sampled_from(STYLES))
    def test_accepts_every_regions_mobiles_in_every_style(self, example: Example, style: int) -> None:
        region, number = example
        expected = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        assert mobile_number(phonenumbers.format_number(number, style), region) == expected

    @given(st.sampled_from(OTHERS))
    def test_refuses_every_regions_numbers_of_other_kinds(self, example: Example) -> None:
        region, number = example
        assert mobile_number(phonenumbers.format_number(number, PhoneNumberFormat.E164), region) is None

    @given(
        st.text() | st.text(alphabet="0123456789+-() x;/=telphon", max_size=300),
        st.sampled_from([*NORDIC, None, "", "XX"]),
    )
    def test_takes_any_text_and_answers_with_a_valid_mobile_or_none(self, raw: str, country: str | None) -> None:
        number = mobile_number(raw, country)
        if number is not None:
            parsed = phonenumbers.parse(number, None)
            assert phonenumbers.is_valid_number(parsed)
            assert phonenumbers.number_type(parsed) in MOBILE_TYPES
            assert mobile_number(number, None) == number

    @given(st.integers(min_value=10_000_000, max_value=99_999_999))
    def test_accepts_eight_norwegian_digits_only_in_the_mobile_series(self, digits: int) -> None:
        number = mobile_number(str(digits), "NO")
        if number is not None:
            assert number == f"+47{digits}"
            assert number[3] in "49"
            assert number[3:5] not in {"42", "43", "44", "49"}


class TestCallableNumber:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ("22 33 44 55", "+4722334455"),
            ("912 34 567", "+4791234567"),
            ("02800", "+4702800"),
            ("800 12 345", "+4780012345"),
        ],
    )
    def test_a_customer_can_call_a_mobile_a_landline_and_a_company_number(self, raw: str, expected: str) -> None:
        assert callable_number(raw, "NO") == expected

    def test_a_customer_is_never_asked_to_call_a_premium_number(self) -> None:
        number = _example("NO", PhoneNumberType.PREMIUM_RATE)
        assert callable_number(str(number.national_number), "NO") is None

    @given(st.text(), st.sampled_from([*NORDIC, None]))
    def test_takes_any_text(self, raw: str, country: str | None) -> None:
        number = callable_number(raw, country)
        assert number is None or phonenumbers.is_valid_number(phonenumbers.parse(number, None))

    @given(st.sampled_from(MOBILES))
    def test_what_can_take_an_sms_can_be_called(self, example: Example) -> None:
        region, number = example
        raw = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        assert callable_number(raw, region) == mobile_number(raw, region)


class TestSameNumber:
    def test_knows_a_number_written_in_two_ways(self) -> None:
        assert same_number("+47 912 34 567", "91234567", "NO")
        assert same_number("004722334455", "22 33 44 55", "NO")

    def test_tells_numbers_apart(self) -> None:
        assert not same_number("91234567", "91234568", "NO")
        assert not same_number("91234567", "+4591234567", "NO")

    @pytest.mark.parametrize(("a", "b"), [(None, None), ("", ""), ("ukjent", "ukjent"), ("42123456", "42123456")])
    def test_what_is_no_number_equals_nothing(self, a: str | None, b: str | None) -> None:
        assert not same_number(a, b, "NO")

    def test_tells_two_extensions_of_one_switchboard_apart(self) -> None:
        assert same_number("22334455 ext. 12", "22334455", "NO")
        assert not same_number("22334455 ext. 12", "22334455 ext. 13", "NO")

    @given(st.text(), st.text(), st.sampled_from([*NORDIC, None]))
    def test_is_the_same_both_ways_round_for_any_text(self, a: str, b: str, country: str | None) -> None:
        assert same_number(a, b, country) == same_number(b, a, country)


class TestShown:
    @pytest.mark.parametrize(
        ("number", "reader", "expected"),
        [
            ("+4791234567", "NO", "912 34 567"),
            ("+4747123456", "NO", "471 23 456"),
            ("+4791234567", "SJ", "912 34 567"),
            ("+4722334455", "NO", "22 33 44 55"),
            ("+4702800", "NO", "02800"),
            ("+4791234567", "SE", "+47 912 34 567"),
            ("+4722334455", "SE", "+47 22 33 44 55"),
            ("+4791234567", None, "+47 912 34 567"),
            ("+46701234567", "SE", "070-123 45 67"),
            ("+46701234567", "NO", "+46 70 123 45 67"),
        ],
    )
    def test_is_written_as_its_reader_expects(self, number: str, reader: str | None, expected: str) -> None:
        assert shown(number, reader) == expected

    def test_says_what_to_do_without_repeating_what_it_got(self) -> None:
        with pytest.raises(ValueError, match="callable_number") as caught:
            shown("912 34 567")
        assert "912" not in str(caught.value)

    @given(st.sampled_from(MOBILES), st.sampled_from([*NORDIC, None]))
    def test_can_be_read_back(self, example: Example, reader: str | None) -> None:
        e164 = phonenumbers.format_number(example[1], PhoneNumberFormat.E164)
        assert callable_number(shown(e164, reader), reader) == e164


class TestNationalDigits:
    def test_are_those_dialled_at_home(self) -> None:
        assert national_digits("+4791234567") == "91234567"
        assert national_digits("+46701234567") == "701234567"

    def test_of_what_is_no_number_are_refused_without_showing_it(self) -> None:
        with pytest.raises(ValueError, match="not in E") as raised:
            national_digits("912 34 567")
        assert "912" not in str(raised.value)


class TestSenderNumber:
    @pytest.mark.parametrize("raw", ["+4791234567", "4791234567", "91234567", " 0047 912 34 567 "])
    def test_is_one_number_however_the_gateway_writes_it(self, raw: str) -> None:
        assert sender_number(raw, "NO") == "+4791234567"

    def test_of_another_country_may_lack_its_plus(self) -> None:
        assert sender_number("46701234567", "NO") == "+46701234567"

    def test_that_could_be_both_is_taken_for_one_at_home(self) -> None:
        """47 12 34 56 is a Norwegian mobile, not a country code and four digits."""
        assert sender_number("47123456", "NO") == "+4747123456"

    @pytest.mark.parametrize("raw", ["", " ", "2012", "02800", "Avonova", "22334455", "+4722334455", "9123 kari", "²"])
    def test_is_nobodys_where_no_sms_can_go(self, raw: str) -> None:
        assert sender_number(raw, "NO") is None

    @given(st.text())
    def test_is_asked_of_anything(self, raw: str) -> None:
        number = sender_number(raw, "NO")
        assert number is None or mobile_number(number, None) == number


class TestMasked:
    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            ("+4791234567", "+47*****567"),
            ("+46701234567", "+46******567"),
            ("+4702800", "*****"),
            ("912 34 567", "*****"),
            ("kari@example.no", "*****"),
            ("", "*****"),
            (None, "*****"),
        ],
    )
    def test_leaves_the_country_and_three_digits(self, number: str | None, expected: str) -> None:
        assert masked(number) == expected

    @given(st.text() | st.text(alphabet="+0123456789 ", min_size=6))
    def test_never_shows_more_than_three_digits_of_a_number(self, raw: str) -> None:
        mask = masked(raw)
        assert len(mask.partition("*")[2].replace("*", "")) <= 3
        assert "*" in mask
