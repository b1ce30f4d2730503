"""Two systems that say different things of the same record: told to a person once, until it changes."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Difference(BaseModel):
    """What differs (`mark` names both sides) at the record `about`, since when we know, and whose task it became.

    `about` names kind and record such that what belongs together sorts together: see `about_record`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    mark: str
    since: AwareDatetime
    task_id: int | None = None


def about_record(kind: str, record_id: int) -> str:
    """A record's name among differences; names of one kind sort by id."""
    return f"{kind}-{record_id:020}"


def record_of(about: str) -> int:
    """The id of the record that is named so."""
    return int(about.rpartition("-")[2])
