"""How plans, actions and events stand in the ledger's table: readable to people, keys first.

Partition and sort keys: `<flow>/<subject>` holds what is known of one event, as `PLAN/<basis>/<round>` and
`ACTION/<name>`; `SMS/…`, `CLAIM/…`, `COUNT/…`, `SUPPRESSED/…`, `FORGOTTEN/…`, `MERGED/…`, `MODE/…`, `HELD/<flow>`,
`SWEEP/<flow>` and `DIFFERENCE/<flow>` hold the rest. Moments are UTC in ISO 8601 with
six decimals, so that they sort as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from kundeflyt.domain.actions import NOBODY, ActionRecord, Past, Plan, Story
from kundeflyt.domain.events import Event
from kundeflyt.ports.ledger import ActionKey, Claim, Held, StoredPlan

Item = dict[str, Any]

KEPT: Final = timedelta(days=731)
"""24 months: the audit trail and the customer's history."""

PLAN: Final = "PLAN/"
ACTION: Final = "ACTION/"

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
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value


def moment(value: datetime) -> str:
    """A moment as text that sorts by time."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def kept_from(value: datetime) -> int:
    """When something of this time may be forgotten, in epoch seconds."""
    return forgotten_at(value + KEPT)


def forgotten_at(value: datetime) -> int:
    """DynamoDB deletes some time after this, up to days: nothing may lean on it having happened."""
    return int(value.timestamp())


def single_key(kind: str, name: str) -> Item:
    """The key of a thing there is one of."""
    return {"pk": f"{kind}/{name}", "sk": kind}


def plan_key(stored: StoredPlan) -> Item:
    """One plan per state the decision stood on, and per time we put the event back ourselves."""
    return {"pk": f"{stored.flow}/{stored.event.subject}", "sk": f"{PLAN}{stored.basis}/{stored.event.round}"}


def action_key(key: ActionKey) -> Item:
    """An action is named, not numbered."""
    return {"pk": f"{key.flow}/{key.subject}", "sk": f"{ACTION}{key.name}"}


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
    """All of a plan but its key; `customer` and `at` put it in the customer's history."""
    plan = stored.plan
    customer = f"company/{plan.company_id}" if plan.company_id else None
    if customer is None and plan.contact_id:
        customer = f"contact/{plan.contact_id}"
    return {
        "flow": stored.flow,
        "basis": stored.basis,
        "mode": stored.mode,
        "performs": stored.performs,
        "because": plan.because,
        "contact_id": plan.contact_id,
        "received_at": moment(stored.event.received_at),
        "planned_at": moment(stored.planned_at),
        "customer": customer,
        "at": moment(stored.planned_at),
        "event": stored.event.to_json(),
        "plan": plan.model_dump(mode="json"),
        "expires_at": kept_from(stored.planned_at),
    }


def stored_plan(item: Mapping[str, Any]) -> StoredPlan:
    """The plan an item tells of."""
    return StoredPlan(
        flow=item["flow"],
        event=Event.from_json(item["event"]),
        basis=item["basis"],
        mode=item["mode"],
        plan=Plan.model_validate(item["plan"]),
        planned_at=datetime.fromisoformat(item["planned_at"]),
    )


def action_record(item: Mapping[str, Any]) -> ActionRecord:
    """How far an action has come."""
    return ActionRecord.model_validate({name: item.get(name) for name in ActionRecord.model_fields})


def past_of(items: list[Item]) -> Past:
    """What all items of one event tell together."""
    plans = [item for item in items if item["sk"].startswith(PLAN)]
    records = [action_record(item) for item in items if item["sk"].startswith(ACTION)]
    return Past(
        first_received_at=min((datetime.fromisoformat(plan["received_at"]) for plan in plans), default=None),
        contact_ids=frozenset(id_ for plan in plans if plan["performs"] and (id_ := _whose(plan)) is not None),
        actions={record.name: record for record in records},
    )


def story_of(items: list[Item]) -> Story:
    """All that one event's items tell, the first plan first."""
    plans = sorted((item for item in items if item["sk"].startswith(PLAN)), key=lambda item: str(item["planned_at"]))
    return Story(plans=tuple(stored_plan(item).plan for item in plans), actions=past_of(items).actions)


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
