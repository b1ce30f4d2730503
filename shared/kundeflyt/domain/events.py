"""What happened in the customer systems, in our own words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

CALL_LOGGED: Final = "CallLogged"
OWNER_CHANGED: Final = "OwnerChanged"

EVENT_NAMES: Final = frozenset({CALL_LOGGED, OWNER_CHANGED})


class MalformedEventError(ValueError):
    """The message on the queue is not one of our events; a person has to look at it."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to one record, and when we heard of it.

    Times are aware and in UTC. `round` counts how often we have put the event back on the road ourselves
    (a wake after the night, a hold that was released): each round is decided afresh.
    """

    name: str
    portal_id: int
    record_id: int
    occurred_at: datetime
    received_at: datetime
    round: int = 0

    @property
    def subject(self) -> str:
        """What happened, not its delivery: retries and duplicates share it."""
        return f"{self.portal_id}/{self.record_id}"

    def next_round(self) -> Self:
        """The same event, to be decided afresh."""
        return replace(self, round=self.round + 1)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as the bus and the queues carry them."""
        return asdict(self) | {
            "occurred_at": self.occurred_at.astimezone(UTC).isoformat(),
            "received_at": self.received_at.astimezone(UTC).isoformat(),
        }

    @classmethod
    def from_json(cls, raw: Any) -> Self:
        """Reads what `to_json` wrote; raises MalformedEventError naming the field that is wrong."""
        if not isinstance(raw, dict):
            raise MalformedEventError("the message's detail is not a JSON object")
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in raw.items() if key in known}
        if missing := known - values.keys() - {"round"}:
            raise MalformedEventError(f"the event lacks {', '.join(sorted(missing))}")
        if not isinstance(values["name"], str) or values["name"] not in EVENT_NAMES:
            raise MalformedEventError("the event's name is not one we know")
        for key in ("portal_id", "record_id", "round"):
            value = values.get(key, 0)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise MalformedEventError(f"the event's {key} is not a whole number")
        for key in ("occurred_at", "received_at"):
            values[key] = _aware(key, values[key])
        return cls(**values)


def _aware(key: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        in_utc = moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedEventError(f"the event's {key} is not a time") from error
    if moment.tzinfo is None:
        raise MalformedEventError(f"the event's {key} has no time zone")
    return in_utc
