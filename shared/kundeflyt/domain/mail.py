"""What we know of e-mails, whoever sends them: how answers are titled, and which addresses can be written to."""

from __future__ import annotations

import re
from typing import Final

ANSWERED: Final = ("re", "sv", "svar", "fw", "fwd", "vs", "vb")
"""What programs put before the subject of an answer or of something passed on, in our languages."""

_ADDRESS: Final = re.compile(r"[^@\s<>,;:\"\\()\[\]]+@[^@\s<>,;:\"\\()\[\]]+\.[^@\s<>,;:\"\\()\[\]]+")


def titles(subject: str) -> frozenset[str]:
    """The subject as it stands above a message, an answer to it or a copy passed on; in small letters."""
    plain = subject.strip().lower()
    return frozenset({plain, *(f"{prefix}: {plain}" for prefix in ANSWERED)})


def usable_address(address: str | None) -> str | None:
    """The address without blanks around it, if a letter can be sent to it; None for what is no plain ASCII address."""
    plain = (address or "").strip()
    return plain if plain.isascii() and _ADDRESS.fullmatch(plain) else None
