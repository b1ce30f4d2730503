from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.sms_text import Encoding, SmsSize, measure, normalise

# The GSM 03.38 default alphabet by its code points, written down apart from the product's own table.
GSM_TABLE = (
    "0040 00A3 0024 00A5 00E8 00E9 00F9 00EC 00F2 00C7 000A 00D8 00F8 000D 00C5 00E5 "
    "0394 005F 03A6 0393 039B 03A9 03A0 03A8 03A3 0398 039E 00C6 00E6 00DF 00C9 "
    "0020 0021 0022 0023 00A4 0025 0026 0027 0028 0029 002A 002B 002C 002D 002E 002F "
    "0030 0031 0032 0033 0034 0035 0036 0037 0038 0039 003A 003B 003C 003D 003E 003F 00A1 "
    "0041 0042 0043 0044 0045 0046 0047 0048 0049 004A 004B 004C 004D 004E 004F 0050 0051 0052 0053 0054 0055 "
    "0056 0057 0058 0059 005A 00C4 00D6 00D1 00DC 00A7 00BF "
    "0061 0062 0063 0064 0065 0066 0067 0068 0069 006A 006B 006C 006D 006E 006F 0070 0071 0072 0073 0074 0075 "
    "0076 0077 0078 0079 007A 00E4 00F6 00F1 00FC 00E0"
)
GSM_BASIC = "".join(chr(int(code, 16)) for code in GSM_TABLE.split())
GSM_EXTENSION = "\x0c^{}\\[~]|€"


def _oracle(text: str) -> SmsSize:
    """Cuts the text into parts one after the other, each as long as an operator lets it be."""
    gsm = set(text) <= set(GSM_BASIC + GSM_EXTENSION)

    def size(piece: str) -> int:
        if gsm:
            return len("".join(f"\x1b{char}" if char in GSM_EXTENSION else char for char in piece))
        return len(piece.encode("utf-16-be", "surrogatepass")) // 2

    single, room = (160, 153) if gsm else (70, 67)
    encoding = Encoding.GSM7 if gsm else Encoding.UCS2
    if size(text) <= single:
        return SmsSize(encoding, size(text), 1)
    parts, rest = 0, text
    while rest:
        cut = next(n for n in range(len(rest), 0, -1) if size(rest[:n]) <= room)
        parts, rest = parts + 1, rest[cut:]
    return SmsSize(encoding, size(text), parts)


gsm_text = st.text(alphabet=GSM_BASIC + GSM_EXTENSION * 4, max_size=520)
any_text = st.text(alphabet=st.sampled_from("aøÅ{€«–😀\U0001f600ǆŋ \n") | st.characters(), max_size=320)


class TestMeasure:
    def test_has_the_whole_gsm_alphabet_and_nothing_else(self) -> None:
        assert len(GSM_BASIC) == 127
        in_gsm = {chr(code) for code in range(0x10000) if measure(chr(code)).encoding is Encoding.GSM7}
        assert in_gsm == set(GSM_BASIC + GSM_EXTENSION)

    @pytest.mark.parametrize("char", "æøåÆØÅäöÄÖé")
    def test_nordic_letters_are_gsm(self, char: str) -> None:
        assert measure(char * 160) == SmsSize(Encoding.GSM7, 160, 1)

    @pytest.mark.parametrize("char", ["«", "»", "–", "—", "…", "’", "“", "”", "°", "\u00a0", "−", "đ", "ó", "á", "ê"])
    def test_one_typographic_character_makes_the_whole_text_ucs2(self, char: str) -> None:
        assert measure("a" * 69 + char) == SmsSize(Encoding.UCS2, 70, 1)
        assert measure("a" * 70 + char) == SmsSize(Encoding.UCS2, 71, 2)

    @pytest.mark.parametrize(
        ("text", "units", "parts"),
        [
            ("", 0, 1),
            ("a" * 160, 160, 1),
            ("a" * 161, 161, 2),
            ("a" * 306, 306, 2),
            ("a" * 307, 307, 3),
            ("€" * 80, 160, 1),
            ("a" * 152 + "€" + "a" * 152, 306, 3),  # the euro sign moves whole to the second part
        ],
    )
    def test_counts_septets(self, text: str, units: int, parts: int) -> None:
        assert measure(text) == SmsSize(Encoding.GSM7, units, parts)

    @pytest.mark.parametrize(
        ("text", "units", "parts"),
        [
            ("😀" * 35, 70, 1),
            ("ŋ" * 134, 134, 2),
            ("ŋ" * 135, 135, 3),
            ("ŋ" * 66 + "😀" + "ŋ" * 66, 134, 3),  # and so does an emoji
        ],
    )
    def test_counts_sixteen_bit_units(self, text: str, units: int, parts: int) -> None:
        assert measure(text) == SmsSize(Encoding.UCS2, units, parts)

    @given(gsm_text | any_text)
    def test_agrees_with_cutting_the_text_by_hand(self, text: str) -> None:
        assert measure(text) == _oracle(text)


class TestNormalise:
    def test_makes_typographic_text_plain(self) -> None:
        text = "«Ny rådgiver» – “hei” … kl.\u00a014.07, 1\u202f250,50 kr – det’s’ alt"
        assert normalise(text) == '"Ny rådgiver" - "hei" ... kl. 14.07, 1 250,50 kr - det\'s\' alt'
        assert measure(normalise(text)).encoding is Encoding.GSM7

    def test_composes_letters_so_that_they_are_gsm(self) -> None:
        decomposed = unicodedata.normalize("NFD", "Håkon Sørås")
        assert measure(decomposed).encoding is Encoding.UCS2
        assert measure(normalise(decomposed)) == SmsSize(Encoding.GSM7, 11, 1)

    def test_takes_out_what_nobody_sees(self) -> None:
        assert normalise("av\u00adonova\u200b\ufeff") == "avonova"
        assert normalise("a\u200b\u030a") == "å"

    @given(st.text(alphabet=GSM_BASIC + GSM_EXTENSION))
    def test_leaves_gsm_text_alone(self, text: str) -> None:
        assert normalise(text) == text

    @given(any_text)
    def test_is_done_once_and_for_all(self, text: str) -> None:
        once = normalise(text)
        assert normalise(once) == once
        assert unicodedata.is_normalized("NFC", once)
