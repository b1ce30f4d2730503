"""Walks through all records of a kind: page by page, some time of the night, once a night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kundeflyt.domain.wording import OSLO

SweepEnd = Literal["finished", "abandoned", "impossible"]


class Sweep(BaseModel):
    """How far a sweep has come. There is one of each name at a time; `subject` tells tonight's from yesterday's.

    `cursor` is where the next page begins, in the sweep's own words, empty before the first. `round` is that of the
    delivery that came this far: an older delivery has nothing left to do. `counts` are totals since it began. Times
    are aware, in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    subject: str
    begun_at: AwareDatetime
    moved_at: AwareDatetime
    round: int
    cursor: str = ""
    counts: Mapping[str, int] = Field(default_factory=dict)
    ended: SweepEnd | None = None


def morning_after(begun: datetime, hour: int) -> datetime:
    """When a sweep that began then has to end: the next time it is so many o'clock in Oslo."""
    local = begun.astimezone(OSLO)
    morning = datetime.combine(local.date(), time(hour), OSLO)
    return morning if morning > local else datetime.combine(local.date() + timedelta(days=1), time(hour), OSLO)
