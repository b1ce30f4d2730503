"""Telephone numbers: which can take an SMS, which can be called, and how people read them.

Google's numbering plan (the phonenumbers library) decides everything; no prefix is stripped by hand, for
`47123456` is a Norwegian mobile and `4791234567` is one with its country code.
"""

from __future__ import annotations

import re
from typing import Final, NewType

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    country_code_for_region,
    format_number,
    is_alpha_number,
    is_valid_number,
    national_significant_number,
    number_type,
    parse,
)

_WRITTEN_NUMBER: Final = re.compile(r"\+[1-9](?: ?\d){6,14}(?!\d)")

E164 = NewType("E164", str)
"""A valid number in international form without spaces, `+4791234567`."""

_NORWAY: Final = 47

_SMS_ABLE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_ORDINARY: Final = _SMS_ABLE | {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
    PhoneNumberType.UAN,
}


def mobile_number(raw: str | None, country: str | None) -> E164 | None:
    """A text message goes only to a number that is certain to be a mobile.

    `country` is the contact's ISO code, needed for numbers written without a country code; without it only
    international numbers are understood. None for landlines, company numbers such as 02800, numbers with an
    extension (a switchboard), premium and machine numbers, and what is no number. Never raises. Requirement
    000-33: an SMS stands in for a telephone call that did not get through.
    """
    number = _valid(raw, country)
    if number is None or number.extension:
        return None
    return _e164(number) if number_type(number) in _SMS_ABLE else None


def callable_number(raw: str | None, country: str | None) -> E164 | None:
    """A customer is asked to call back only on an ordinary number, mobile or landline.

    None for premium and shared-cost numbers, pagers, voice mail and what is no number; an extension is left
    out. Never raises. Requirements 000-23 and 000-28.
    """
    number = _valid(raw, country)
    return _e164(number) if number is not None and number_type(number) in _ORDINARY else None


def same_number(a: str | None, b: str | None, country: str | None) -> bool:
    """Two ways of writing one number are the same number; two blanks are not.

    Both are read in `country` (ISO code). Numbers of one switchboard differ when both name an extension and
    the extensions differ. What is not a valid number equals nothing. Never raises.
    """
    first, second = _valid(a, country), _valid(b, country)
    if first is None or second is None or _e164(first) != _e164(second):
        return False
    return not (first.extension and second.extension) or first.extension == second.extension


def shown(number: str, reader: str | None = "NO") -> str:
    """People read a number the way their country writes it; foreign numbers keep their country code.

    `number` is in E.164, `reader` the reader's ISO country code. Norwegian mobiles are grouped 912 34 567,
    which is the custom, where the library says 91 23 45 67. Raises ValueError (without the number in it) when
    `number` is not in E.164.
    """
    parsed = _parsed(number, None)
    if parsed is None:
        raise ValueError("a number to be shown is not in E.164 form; pass it through callable_number first")
    at_home = country_code_for_region(reader or "") == parsed.country_code
    digits = national_significant_number(parsed)
    if parsed.country_code == _NORWAY and number_type(parsed) == PhoneNumberType.MOBILE and len(digits) == 8:
        spaced = f"{digits[:3]} {digits[3:5]} {digits[5:]}"
        return spaced if at_home else f"+{_NORWAY} {spaced}"
    return format_number(parsed, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL)


def national_digits(number: str) -> str:
    """A number (E.164) as it is dialled at home, in digits alone. Raises ValueError, without the number in it."""
    parsed = _parsed(number, None)
    if parsed is None:
        raise ValueError("a number is not in E.164 form; pass it through callable_number first")
    return national_significant_number(parsed)


def sender_number(raw: str, country: str) -> E164 | None:
    """Whose phone a message came from: gateways write the number with a plus, without it or as it is dialled at home.

    `country` (ISO code) is where a number without a country code belongs. None for short numbers and names, from
    which companies write and which nobody can answer. Never raises.
    """
    digits = raw.strip()
    return mobile_number(digits, country) or (mobile_number(f"+{digits}", None) if digits.isdecimal() else None)


def masked(number: str | None) -> str:
    """A log never shows a whole number, only its country code and its last three digits.

    `+4791234567` becomes `+47*****567`. What is not in E.164 becomes stars alone. Never raises.
    """
    parsed = _parsed(number, None)
    digits = "" if parsed is None else national_significant_number(parsed)
    if parsed is None or len(digits) <= 5:  # so few digits that three of them would give it away
        return "*****"
    return f"+{parsed.country_code}{'*' * (len(digits) - 3)}{digits[-3:]}"


def with_numbers_masked(text: str) -> str:
    """The text with every number that is written as `+47…` masked, however it came there."""
    return _WRITTEN_NUMBER.sub(lambda found: masked(found.group().replace(" ", "")), text)


def _parsed(raw: str | None, country: str | None) -> PhoneNumber | None:
    # The library reads letters as a keypad does: "9123 kari" would become a stranger's valid mobile.
    if not raw or is_alpha_number(raw):
        return None
    try:
        return parse(raw, country)
    except NumberParseException:
        return None


def _valid(raw: str | None, country: str | None) -> PhoneNumber | None:
    number = _parsed(raw, country)
    return number if number is not None and is_valid_number(number) else None


def _e164(number: PhoneNumber) -> E164:
    return E164(format_number(number, PhoneNumberFormat.E164))
