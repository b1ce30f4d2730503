"""What an SMS costs: its encoding and the number of parts it travels in.

GSM 03.38 and 3GPP TS 23.040: 160 septets, or 153 in each of several parts; text outside the GSM alphabet is
sent as UCS-2, 70 code units or 67 per part. æ, ø, å, ä and ö are in the GSM alphabet; « » – ’ and the
no-break space are not, and one of them more than halves what a part can hold.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
_SINGLE: Final = {"GSM7": 160, "UCS2": 70}
_PER_PART: Final = {"GSM7": 153, "UCS2": 67}

_PLAIN: Final = str.maketrans(
    dict.fromkeys("«»“”„‟", '"')
    | dict.fromkeys("’‘‚‛´`", "'")
    | dict.fromkeys("–—‐‑‒―−", "-")
    | {"…": "...", "\t": " "}
    | dict.fromkeys("\u00a0\u202f\u2007\u2009\u2002\u2003", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "")  # invisible guests of copied text
)


class Encoding(StrEnum):
    """How the text travels: seven bits a character, or sixteen."""

    GSM7 = "GSM7"
    UCS2 = "UCS2"


@dataclass(frozen=True)
class SmsSize:
    """`units` are septets (GSM7) or sixteen-bit code units (UCS2); `parts` is what the operator bills."""

    encoding: Encoding
    units: int
    parts: int


def normalise(text: str) -> str:
    """Typographic quotes, dashes and spaces become the plain ones every handset and the GSM alphabet have."""
    composed = unicodedata.normalize("NFC", text).translate(_PLAIN)
    return unicodedata.normalize("NFC", composed)


def measure(text: str) -> SmsSize:
    """How many parts a text travels in; an empty text is still one message.

    A character that costs two units (`€`, `{`, an emoji) is never split across two parts, so a part may go
    with one unit unused.
    """
    if all(char in _BASIC or char in _EXTENSION for char in text):
        encoding = Encoding.GSM7
        costs = [2 if char in _EXTENSION else 1 for char in text]
    else:
        encoding = Encoding.UCS2
        costs = [2 if ord(char) > 0xFFFF else 1 for char in text]
    units = sum(costs)
    return SmsSize(encoding, units, 1 if units <= _SINGLE[encoding] else _parts(costs, _PER_PART[encoding]))


def _parts(costs: Iterable[int], room: int) -> int:
    parts, used = 1, 0
    for cost in costs:
        if used + cost > room:
            parts, used = parts + 1, 0
        used += cost
    return parts
