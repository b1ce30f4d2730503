"""How times are written for people."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


def moment_in_words(moment: datetime) -> str:
    """Day and time as Norwegians write them, e.g. 23.11.2026 kl. 08.00, in Oslo's time whatever zone comes in."""
    return f"{moment.astimezone(OSLO):%d.%m.%Y kl. %H.%M}"


def day_in_words(day: date | datetime) -> str:
    """A day as Norwegians write it, e.g. 23.11.2026; of a moment, the day it is in Oslo."""
    return f"{day.astimezone(OSLO) if isinstance(day, datetime) else day:%d.%m.%Y}"
