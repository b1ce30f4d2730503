"""How times are written for people."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


def moment_in_words(moment: datetime) -> str:
    """Day and time as Norwegians write them, e.g. 23.11.2026 kl. 08.00, in Oslo's time whatever zone comes in."""
    return f"{moment.astimezone(OSLO):%d.%m.%Y kl. %H.%M}"
