"""What the ledger holds of one person: found through the index by contact, shown, erased, or given to a survivor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from kundeflyt.adapters.aws.expressions import Change
from kundeflyt.adapters.aws.ledger_items import (
    ACTION,
    EVENT,
    Item,
    action_key,
    action_records,
    claim_of,
    event_key,
    forgotten_at,
    has_plan,
    kept_from,
    moment,
    plan_key,
    plan_values,
    single_key,
    stored_plan,
)
from kundeflyt.adapters.aws.ledger_sms import SMS, SmsMemory
from kundeflyt.domain.actions import ActionRecord, Plan, RecordKind, SendSms
from kundeflyt.domain.delivery import number_claim, reference_of
from kundeflyt.domain.merging import merged_basis, merged_plan, merged_slot, slots_of
from kundeflyt.ports.ledger import ActionKey, StoredPlan, Suppression
from kundeflyt.ports.people import Traces

REMEMBERED: Final = timedelta(days=60)
"""So long we know that a contact was forgotten: longer than archive, queues and dead letters keep an event."""
LONGEST_CHAIN: Final = 20
ERASED: Final = "slettet"

_MERGED: Final = "MERGED"


class PeopleMemory(SmsMemory):
    """Plans and merges stand in the index under the contact they are about; other keys follow from them.

    `FORGOTTEN/<contact>` and `MERGED/<kind>/<id>` hold ids and times only. All methods raise TryLater.
    """

    def ids_of_person(self, contact_id: int) -> frozenset[int]:
        """The id itself, what it was merged into, and all that was merged into that."""
        survivor = self.survivor("contact", contact_id)
        merged = (key["pk"] for key in self._table.of_contact(survivor) if key["sk"] == _MERGED)
        return frozenset({contact_id, survivor, *(int(pk.rsplit("/", 1)[1]) for pk in merged)})

    def survivor(self, record: RecordKind, record_id: int) -> int:
        """Follows the merges that we have heard of; a circle, which HubSpot cannot make, ends where it began."""
        found = record_id
        for _ in range(LONGEST_CHAIN):
            item = self._table.get(_merged_key(record, found))
            if item is None:
                return found
            found = int(item["into"])
        return record_id

    def note_merge(self, record: RecordKind, old: int, *, into: int, now: datetime) -> None:
        """Stands in the survivor's own index, so that a later merge of that takes it along."""
        values = {"into": into, "at": moment(now), "expires_at": kept_from(now)}
        self._table.put(_merged_key(record, old) | values | _whose(record, into))

    def forgotten(self, contact_ids: Collection[int]) -> frozenset[int]:
        """Which of these contacts have been forgotten lately."""
        return frozenset(self._table.standing((id_, _forgotten_key(id_)) for id_ in contact_ids))

    def forget(self, contact_ids: Collection[int], *, now: datetime) -> None:
        """From now on `forgotten` says yes."""
        values = {"at": moment(now), "expires_at": forgotten_at(now + REMEMBERED)}
        for contact_id in contact_ids:
            self._table.put(_forgotten_key(contact_id) | values)

    def traces(self, contact_id: int) -> Traces:
        """What is held under this id."""
        items = self._items_of(contact_id)
        plans = tuple(stored_plan(item) for item in items if has_plan(item))
        noted = [item for item in items if item["sk"] == SMS]
        references = [item["pk"].removeprefix("SMS/") for item in noted]
        references += [reference for stored in plans for reference in _references(stored)]
        slots = {slot: self._table.get(single_key("CLAIM", slot)) for stored in plans for slot in slots_of(stored.plan)}
        return Traces(
            plans=plans,
            actions={
                about: tuple(self._records(about).values())
                for about in dict.fromkeys(item["pk"] for item in items if has_plan(item))
            },
            messages=tuple(self.sent_sms(references).values()),
            texted=frozenset(item["customer"].removeprefix("number/") for item in noted),
            suppressions=tuple(one for one in self.suppressions() if contact_id in one.contact_ids),
            slots={slot: self._task_in(claim) for slot, claim in slots.items() if claim},
        )

    def _task_in(self, claim: Item) -> str | None:
        key = action_key(claim_of(claim).holder)
        record = self._records(f"{key.flow}/{key.subject}").get(key.name) if key else None
        return record.result if record and record.state == "done" else None

    def _records(self, about: str) -> dict[str, ActionRecord]:
        flow, _, subject = about.partition("/")
        item = self._table.get(event_key(flow, subject))
        return action_records([item]) if item else {}

    def erase_traces(self, contact_id: int) -> None:
        """Erases what is held under this id; the actions stay, so that nothing is done a second time."""
        for item in self._items_of(contact_id):
            if has_plan(item):
                self._erase_plan(item)
            else:
                self._table.delete(_key(item))
        for one in self.suppressions():
            if contact_id in one.contact_ids:
                left = tuple(id_ for id_ in one.contact_ids if id_ != contact_id)
                self.suppress(Suppression(number_hashes=one.number_hashes, since=one.since, contact_ids=left))

    def erase_plans(self, flow: str, subject: str) -> None:
        """Erases what was decided about one event; the actions stay, so that nothing is done a second time."""
        for item in self._table.query(event_key(flow, subject)["pk"]):
            if has_plan(item) and not item.get("erased"):
                self._erase_plan(item)

    def forget_numbers(self, number_hashes: Collection[str]) -> None:
        """Their claims go: nobody texts a number that is suppressed, so that nothing has to keep it from us twice."""
        for number_hash in number_hashes:
            self._table.delete(single_key("CLAIM", number_claim(number_hash)))

    def _erase_plan(self, item: Item) -> None:
        """The actions' reasons go first and the plan last: what breaks off in between is found again."""
        stored = stored_plan(item)
        for slot in slots_of(stored.plan):
            self._table.delete(single_key("CLAIM", slot))
        for reference in _references(stored):
            self._table.delete(single_key(SMS, reference))
        self._erase_reasons(stored)
        place = f"{stored.basis}/{stored.event.round}"
        nobodys = StoredPlan(
            flow=stored.flow,
            event=stored.event,
            basis=f"{ERASED}-{sha256(place.encode()).hexdigest()[:12]}",
            mode=stored.mode,
            plan=Plan(because=ERASED, company_id=stored.plan.company_id),
            planned_at=stored.planned_at,
        )
        values = plan_values(nobodys) | {"performs": item["performs"], "erased": True}
        del values["received_at"]
        if item["sk"] == EVENT:
            # Beside its actions, at which a worker may be just now: only the plan is written anew.
            self._rewrite(item, values)
            return
        self._table.put(plan_key(nobodys) | values | {"received_at": item["received_at"]})
        self._table.delete(_key(item))

    def _erase_reasons(self, stored: StoredPlan) -> None:
        home = event_key(stored.flow, stored.event.subject)
        for name, record in self._records(home["pk"]).items():
            if record.reason is not None:
                change = Change()
                change.remove((ACTION + name, "w"))
                change.only_if(f"attribute_exists({change.at((ACTION + name, 's'))})")
                self._table.change(home, change)

    def _rewrite(self, item: Item, values: Item) -> None:
        """Other words for a plan, unless there is another plan by now."""
        change = Change()
        for name, value in values.items():
            change.set(name, value)
        for name in ("basis", "round", "at"):
            change.only_if_is(name, item[name])
        self._table.change(_key(item), change)

    def move_history(self, record: RecordKind, old: int, *, into: int) -> int:
        """Puts what is held under the old id under the surviving one; says how many entries that were."""
        items = self._items_of(old) if record == "contact" else self._table.of_customer(f"company/{old}")
        for item in items:
            if has_plan(item):
                self._move_plan(item, record, old, into)
            elif item["sk"] == _MERGED:
                self._table.put(item | {"into": into} | _whose(record, into))
            else:
                self._set(item, {f"{record}_id": into})
        moved = [one for one in self.suppressions() if old in one.contact_ids] if record == "contact" else []
        for one in moved:
            ids = tuple(dict.fromkeys(into if id_ == old else id_ for id_ in one.contact_ids))
            self.suppress(Suppression(number_hashes=one.number_hashes, since=one.since, contact_ids=ids))
        return len(items) + len(moved)

    def _move_plan(self, item: Item, record: RecordKind, old: int, into: int) -> None:
        before = stored_plan(item)
        after = StoredPlan(
            flow=before.flow,
            event=before.event,
            basis=merged_basis(before.basis, old, into) if record == "contact" else before.basis,
            mode=before.mode,
            plan=merged_plan(before.plan, record, old, into),
            planned_at=before.planned_at,
        )
        if record == "contact":
            for slot in slots_of(before.plan):
                self._move_slot(slot, merged_slot(slot, old, into))
        else:
            self._move_messages(before, into)
        values = plan_values(after) | {"received_at": item["received_at"], "performs": item["performs"]}
        if after.basis == before.basis:
            self._rewrite(item, values)
        elif self._has_plan_already(after):
            # The survivor has a plan of that key already: this one stays where it is, as part of the history.
            self._rewrite(item, values | {"basis": before.basis})
        elif item["sk"] == EVENT:
            self._rewrite(item, values)
            self._table.delete(plan_key(after), condition="performs = :no", meaning={":no": False})
        else:
            free = "attribute_not_exists(pk) OR performs = :no"
            standing = self._table.put(plan_key(after) | values, condition=free, meaning={":no": False})
            if standing is None or standing.get("plan") == values["plan"]:
                self._table.delete(_key(item))

    def _has_plan_already(self, stored: StoredPlan) -> bool:
        """Whether a plan with something to perform stands on the same state of the event, wherever it stands."""
        flow, subject = stored.flow, stored.event.subject
        return any(
            item["performs"] and (item["basis"], item["round"]) == (stored.basis, stored.event.round)
            for item in self._table.query(event_key(flow, subject)["pk"])
            if has_plan(item)
        )

    def _move_slot(self, slot: str, to: str) -> None:
        """Of two tasks of one day the newer is the slot's."""
        item = self._table.get(single_key("CLAIM", slot))
        if item is None or slot == to:
            return
        free = "attribute_not_exists(pk) OR taken_at < :taken_at"
        self._table.put(item | single_key("CLAIM", to), condition=free, meaning={":taken_at": item["taken_at"]})
        self._table.delete(single_key("CLAIM", slot))

    def _move_messages(self, stored: StoredPlan, company_id: int) -> None:
        """Messages that were noted stand under their numbers; a company's follow from the plans that sent them."""
        for reference in _references(stored):
            self._table.update(
                single_key(SMS, reference),
                setting={"company_id": company_id},
                condition="attribute_exists(#flow)",
                meaning={},
                names=("flow",),
            )

    def _set(self, item: Mapping[str, Any], values: Item) -> None:
        self._table.update(_key(item), setting=values, condition="attribute_exists(pk)", meaning={})

    def _items_of(self, contact_id: int) -> list[Item]:
        found = self._table.side_by_side(self._table.get, self._table.of_contact(contact_id))
        return [item for item in found if item]


def _references(stored: StoredPlan) -> list[str]:
    """Those of the messages that a plan has sent or would send."""
    subject = stored.event.subject
    keys = [
        ActionKey(flow=stored.flow, subject=subject, name=action.name)
        for action in stored.plan.actions
        if isinstance(action, SendSms)
    ]
    return [reference_of(str(key)) for key in keys]


def _key(item: Mapping[str, Any]) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}


def _merged_key(record: RecordKind, old: int) -> Item:
    return {"pk": f"{_MERGED}/{record}/{old}", "sk": _MERGED}


def _forgotten_key(contact_id: int) -> Item:
    return single_key("FORGOTTEN", str(contact_id))


def _whose(record: RecordKind, into: int) -> Item:
    """Where the index finds a merge: under the contact, or in the company's history."""
    return {"contact_id": into} if record == "contact" else {"customer": f"company/{into}"}
