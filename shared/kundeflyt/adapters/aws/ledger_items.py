"""How plans, actions and events stand in the ledger's table: one small item an event, keys first.

Partition and sort keys: `<flow>/<subject>` holds what is known of one event. Its item `EVENT` has the first plan and
how far each action has come (one attribute an action: `!`, and the action's name); further plans of the same event
stand as `PLAN/<basis>/<round>`. `SMS/…`, `CLAIM/…`, `COUNT/…`, `SUPPRESSED/…`, `FORGOTTEN/…`, `MERGED/…`, `MODE/…`,
`HELD/<flow>`, `SWEEP/<flow>` and `DIFFERENCE/<flow>` hold the rest. Moments are UTC in ISO 8601 with six decimals, so
that they sort as text; an action's are microseconds since 1970, since each byte counts there: an item is written at
each step, and a kilobyte is one unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer

from kundeflyt.adapters.aws.packing import packed, unpacked
from kundeflyt.domain.actions import ActionRecord, Past, Plan, State, Story
from kundeflyt.domain.crm import NOBODY
from kundeflyt.domain.events import Event
from kundeflyt.ports.ledger import ActionKey, Claim, Held, StoredPlan

Item = dict[str, Any]

KEPT: Final = timedelta(days=731)
"""24 months: the audit trail and the customer's history."""

EVENT: Final = "EVENT"
PLAN: Final = "PLAN/"
ACTION: Final = "!"

STATES: Final[Mapping[str, State]] = {"s": "started", "d": "done", "r": "refused", "u": "unsure"}
LETTERS: Final[Mapping[State, str]] = {state: letter for letter, state in STATES.items()}

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_dynamodb(values: Mapping[str, Any]) -> Item:
    """Plain values as DynamoDB wants them; what is None is left out."""
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def from_dynamodb(item: Mapping[str, Any]) -> Item:
    """Plain values again; every number of ours is a whole one."""
    return {name: _plain(_deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value)
        case Binary():
            content: bytes = cast("Any", value).value
            return content
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value


def moment(value: datetime) -> str:
    """A moment as text that sorts by time."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


def ticks(value: datetime) -> int:
    """A moment in few bytes: microseconds since 1970."""
    return (value - _EPOCH) // _TICK


def _moment_at(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + value * _TICK


def kept_from(value: datetime) -> int:
    """When something of this time may be forgotten, in epoch seconds."""
    return forgotten_at(value + KEPT)


def forgotten_at(value: datetime) -> int:
    """DynamoDB deletes some time after this, up to days: nothing may lean on it having happened."""
    return int(value.timestamp())


def single_key(kind: str, name: str) -> Item:
    """The key of a thing there is one of."""
    return {"pk": f"{kind}/{name}", "sk": kind}


def event_key(flow: str, subject: str) -> Item:
    """The item with an event's first plan and how far its actions have come."""
    return {"pk": f"{flow}/{subject}", "sk": EVENT}


def plan_key(stored: StoredPlan) -> Item:
    """Where a plan stands that is not its event's first."""
    return event_key(stored.flow, stored.event.subject) | {"sk": f"{PLAN}{stored.basis}/{stored.event.round}"}


def action_key(text: str) -> ActionKey | None:
    """The action whose key, as text, holds a claim; None when it is no action's."""
    flow, _, rest = text.partition("/")
    subject, _, name = rest.rpartition("/")
    return ActionKey(flow=flow, subject=subject, name=name) if flow and subject and name else None


def takeovers_of(portal_id: int, company_id: int) -> str:
    """The partition with a company's takeovers."""
    return f"TAKEOVER/{portal_id}/{company_id}"


def takeovers_to(portal_id: int, owner_id: int) -> str:
    """The list, in the index by customer, of what an adviser has taken over."""
    return f"takeovers/{portal_id}/{owner_id}"


def held_key(flow: str, event: Event) -> Item:
    """The same event in the same round waits once, however often it was delivered."""
    return {"pk": f"HELD/{flow}", "sk": f"{event.subject}/{event.round}"}


def sweep_key(flow: str, name: str) -> Item:
    """A flow's sweep of that name, tonight's in the place of yesterday's."""
    return {"pk": f"SWEEP/{flow}", "sk": name}


def differences_of(flow: str) -> str:
    """Where a flow's standing differences are, by the record they are about."""
    return f"DIFFERENCE/{flow}"


def plan_values(stored: StoredPlan) -> Item:
    """All of a plan but where it stands; `customer` and `at` put it in the customer's history."""
    plan = stored.plan
    customer = f"company/{plan.company_id}" if plan.company_id else None
    if customer is None and plan.contact_id:
        customer = f"contact/{plan.contact_id}"
    return {
        "basis": stored.basis,
        "round": stored.event.round,
        "mode": stored.mode,
        "performs": stored.performs,
        "contact_id": plan.contact_id,
        "received_at": moment(stored.event.received_at),
        "customer": customer,
        "at": moment(stored.planned_at),
        "plan": packed({"event": stored.event.to_json(), "plan": plan.model_dump(mode="json")}),
        "expires_at": kept_from(stored.planned_at),
    }


def may_have_plan(key: Mapping[str, Any]) -> bool:
    """Whether a plan can stand under this key, where the item itself has not been read."""
    return key["sk"] == EVENT or str(key["sk"]).startswith(PLAN)


def has_plan(item: Mapping[str, Any]) -> bool:
    """Whether an item tells of a plan; an event's may know of actions alone."""
    return "plan" in item


def stored_plan(item: Mapping[str, Any]) -> StoredPlan:
    """The plan an item tells of."""
    told = unpacked(item["plan"])
    return StoredPlan(
        flow=item["pk"].partition("/")[0],
        event=Event.from_json(told["event"]),
        basis=item["basis"],
        mode=item["mode"],
        plan=Plan.model_validate(told["plan"]),
        planned_at=datetime.fromisoformat(item["at"]),
    )


def started(now: datetime, lease_until: datetime, mark: str) -> Item:
    """An action that begins."""
    return {"s": LETTERS["started"], "b": ticks(now), "l": ticks(lease_until), "m": mark}


def ended(state: State, now: datetime, result: str | None, reason: str | None) -> Item:
    """What the end of an action adds to its start; what is None is not there."""
    return {"s": LETTERS[state], "e": ticks(now), "r": result, "w": reason}


def action_record(name: str, value: Mapping[str, Any]) -> ActionRecord:
    """How far an action has come."""
    return ActionRecord(
        name=name,
        state=STATES[value["s"]],
        started_at=_EPOCH + value["b"] * _TICK,
        ended_at=_moment_at(value.get("e")),
        lease_until=_moment_at(value.get("l")),
        result=value.get("r"),
        reason=value.get("w"),
    )


def action_records(items: Iterable[Mapping[str, Any]]) -> dict[str, ActionRecord]:
    """How far the actions of an event have come, by name, from its items."""
    return {
        name.removeprefix(ACTION): action_record(name.removeprefix(ACTION), value)
        for item in items
        if item["sk"] == EVENT
        for name, value in item.items()
        if name.startswith(ACTION)
    }


def past_of(items: list[Item]) -> Past:
    """What all items of one event tell together."""
    plans = [item for item in items if has_plan(item)]
    return Past(
        first_received_at=min((datetime.fromisoformat(plan["received_at"]) for plan in plans), default=None),
        contact_ids=frozenset(id_ for plan in plans if plan["performs"] and (id_ := _whose(plan)) is not None),
        actions=action_records(items),
    )


def story_of(items: list[Item]) -> Story:
    """All that one event's items tell, the first plan first."""
    plans = sorted((item for item in items if has_plan(item)), key=lambda item: str(item["at"]))
    return Story(plans=tuple(stored_plan(item).plan for item in plans), actions=action_records(items))


def _whose(plan: Item) -> int | None:
    """The contact a plan is about; one who has been erased was somebody all the same."""
    if plan.get("erased"):
        return NOBODY
    return int(plan["contact_id"]) if plan.get("contact_id") else None


def claim_of(item: Mapping[str, Any]) -> Claim:
    """Who holds a claim."""
    return Claim(holder=item["holder"], taken_at=datetime.fromisoformat(item["taken_at"]), value=item.get("value"))


def held_values(held: Held) -> Item:
    """An event that waits, all but its key."""
    return {
        "id": held.id,
        "event": held.event.to_json(),
        "reason": held.reason,
        "held_at": moment(held.held_at),
        "expires_at": kept_from(held.held_at),
    }


def held_of(item: Mapping[str, Any]) -> Held:
    """The event that an item keeps."""
    return Held(
        id=item["id"],
        event=Event.from_json(item["event"]),
        reason=item["reason"],
        held_at=datetime.fromisoformat(item["held_at"]),
    )
