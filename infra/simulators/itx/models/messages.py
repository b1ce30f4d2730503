"""A message ITX has accepted, and in how many parts it goes over the air."""

from dataclasses import asdict, dataclass
from typing import Any

Json = dict[str, Any]

# GSM 03.38: what fits in seven bits, and what costs two of them.
_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")


@dataclass(kw_only=True)
class Message:
    """One accepted message. `at` and `validUntil` are ISO 8601 with an offset."""

    id: str
    to: str
    text: str
    reference: str
    sender: str | None
    valid_until: str | None
    at: str
    parts: int
    status: str = "QUEUED"

    def as_answer(self) -> Json:
        """The message as the API shows it."""
        return {"id": self.id, "reference": self.reference, "status": self.status, "parts": self.parts}

    def as_seen_inside(self) -> Json:
        """The message with everything ITX knows about it."""
        inside = asdict(self)
        inside["validUntil"] = inside.pop("valid_until")
        return inside


def parts_of(text: str) -> int:
    """How many parts a text takes: 160 (then 153) seven-bit characters, or 70 (then 67) when one is outside GSM-7."""
    if set(text) <= _BASIC | _EXTENDED:
        length = len(text) + sum(character in _EXTENDED for character in text)
        alone, together = 160, 153
    else:
        length = len(text.encode("utf-16-be")) // 2
        alone, together = 70, 67
    return 1 if length <= alone else -(-length // together)
