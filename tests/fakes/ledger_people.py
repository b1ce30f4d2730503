"""What the ledger in memory knows of persons; `tests/contracts/test_ledger_people.py` keeps it true to the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from kundeflyt.domain.actions import ActionRecord, Plan, RecordKind, SendSms
from kundeflyt.domain.delivery import Delivery, SentSms, action_behind, number_claim, reference_of
from kundeflyt.domain.merging import merged_basis, merged_plan, merged_slot, slots_of
from kundeflyt.ports.ledger import ActionKey, Claim, StoredPlan, Suppression, message_of
from kundeflyt.ports.people import Traces


@dataclass
class Taken:
    """A claim, and when it runs out."""

    claim: Claim
    until: datetime | None


def key_of(plan: StoredPlan) -> str:
    """Under which a plan stands."""
    return f"{plan.flow}/{plan.event.subject}/{plan.basis}/{plan.event.round}"


class InMemoryPeople:
    """The part of the ledger that knows persons."""

    plans: dict[str, StoredPlan]
    actions: dict[str, ActionRecord]
    sms: dict[str, SentSms]
    erased: set[str]
    _heard: dict[str, Delivery]
    before_call: Callable[[str], None]
    _numbers: dict[str, list[str]]
    _suppressions: dict[str, Suppression]
    _first_received: dict[str, datetime]
    _claims: dict[str, Taken]
    _merges: dict[tuple[RecordKind, int], int]
    _forgotten: set[int]
    _lock: threading.RLock

    def ids_of_person(self, contact_id: int) -> frozenset[int]:
        self.before_call("ids_of_person")
        survivor = self.survivor("contact", contact_id)
        merged = {old for (record, old), into in self._merges.items() if record == "contact" and into == survivor}
        return frozenset({contact_id, survivor, *merged})

    def survivor(self, record: RecordKind, record_id: int) -> int:
        self.before_call("survivor")
        seen, found = {record_id}, record_id
        while (record, found) in self._merges:
            found = self._merges[record, found]
            if found in seen:
                return record_id
            seen.add(found)
        return found

    def note_merge(self, record: RecordKind, old: int, *, into: int, now: datetime) -> None:
        self.before_call("note_merge")
        self._merges[record, old] = into

    def forgotten(self, contact_ids: Collection[int]) -> frozenset[int]:
        self.before_call("forgotten")
        return frozenset(contact_ids) & self._forgotten

    def forget(self, contact_ids: Collection[int], *, now: datetime) -> None:
        self.before_call("forget")
        self._forgotten.update(contact_ids)

    def traces(self, contact_id: int) -> Traces:
        self.before_call("traces")
        with self._lock:
            plans = tuple(stored for stored in self.plans.values() if stored.plan.contact_id == contact_id)
            noted = {sent.reference for sent in self.sms.values() if sent.contact_id == contact_id}
            planned = [reference for stored in plans for reference in _references(stored)]
            messages = [self._message(reference) for reference in dict.fromkeys([*noted, *planned])]
            slots = [slot for stored in plans for slot in slots_of(stored.plan) if slot in self._claims]
            return Traces(
                plans=plans,
                actions={about: self._of(about) for about in {f"{one.flow}/{one.event.subject}" for one in plans}},
                messages=tuple(sent for sent in messages if sent),
                texted=frozenset(one for one, sent in self._numbers.items() if noted.intersection(sent)),
                suppressions=self._listed_with(contact_id),
                slots={slot: self._with_value(self._claims[slot].claim).value for slot in slots},
            )

    def _message(self, reference: str) -> SentSms | None:
        """What was noted of a message, or follows from its plan."""
        if reference in self.sms:
            return self.sms[reference]
        known = action_behind(reference)
        if known is None:
            return None
        flow, *subject, name = known.split("/")
        key = ActionKey(flow=flow, subject="/".join(subject), name=name)
        plans = [one for one in self.plans.values() if (one.flow, one.event.subject) == (key.flow, key.subject)]
        return message_of(key, plans, self.actions.get(known), self._heard.get(reference))

    def _with_value(self, claim: Claim) -> Claim:
        """What came of a claim stands with the action that holds it."""
        record = self.actions.get(claim.holder)
        return replace(claim, value=record.result) if record and record.state == "done" else claim

    def _of(self, about: str) -> tuple[ActionRecord, ...]:
        return tuple(record for key, record in self.actions.items() if key.startswith(f"{about}/"))

    def _listed_with(self, contact_id: int) -> tuple[Suppression, ...]:
        each = {one.number_hashes: one for one in self._suppressions.values()}
        return tuple(one for one in each.values() if contact_id in one.contact_ids)

    def erase_traces(self, contact_id: int) -> None:
        self.before_call("erase_traces")
        with self._lock:
            for key, stored in list(self.plans.items()):
                if stored.plan.contact_id == contact_id:
                    self._erase_plan(key, stored)
            for reference in [one.reference for one in self.sms.values() if one.contact_id == contact_id]:
                del self.sms[reference]
                for known in self._numbers.values():
                    known[:] = [one for one in known if one != reference]
            self._merges = {
                merge: into for merge, into in self._merges.items() if merge[0] == "company" or into != contact_id
            }
            for one in self._listed_with(contact_id):
                left = tuple(id_ for id_ in one.contact_ids if id_ != contact_id)
                self._suppressions |= dict.fromkeys(one.number_hashes, replace(one, contact_ids=left))

    def erase_plans(self, flow: str, subject: str) -> None:
        self.before_call("erase_plans")
        with self._lock:
            for key, stored in list(self.plans.items()):
                if (stored.flow, stored.event.subject) == (flow, subject) and not stored.basis.startswith("slettet-"):
                    self._erase_plan(key, stored)

    def forget_numbers(self, number_hashes: Collection[str]) -> None:
        self.before_call("forget_numbers")
        with self._lock:
            for number_hash in number_hashes:
                self._claims.pop(number_claim(number_hash), None)

    def _erase_plan(self, key: str, stored: StoredPlan) -> None:
        for slot in slots_of(stored.plan):
            self._claims.pop(slot, None)
        for reference in _references(stored):
            self.sms.pop(reference, None)
            self._heard.pop(reference, None)
        about = f"{stored.flow}/{stored.event.subject}/"
        for name, record in self.actions.items():
            if name.startswith(about):
                self.actions[name] = record.model_copy(update={"reason": None})
        if stored.performs:
            self.erased.add(about)
        del self.plans[key]
        nobodys = replace(
            stored, basis=f"slettet-{key}", plan=Plan(because="slettet", company_id=stored.plan.company_id)
        )
        self.plans[key_of(nobodys)] = nobodys
        self._first_received[key_of(nobodys)] = self._first_received.pop(key)

    def move_history(self, record: RecordKind, old: int, *, into: int) -> int:
        self.before_call("move_history")
        field = f"{record}_id"
        with self._lock:
            plans = [(key, one) for key, one in self.plans.items() if getattr(one.plan, field) == old]
            for key, stored in plans:
                self._move_plan(key, stored, record, old, into)
            sent = [one for one in self.sms.values() if record == "contact" and one.contact_id == old]
            for one in sent:
                self.sms[one.reference] = replace(one, contact_id=into)
            merges = [merge for merge, to in self._merges.items() if merge[0] == record and to == old]
            self._merges |= dict.fromkeys(merges, into)
            listed = self._listed_with(old) if record == "contact" else ()
            for one_listed in listed:
                ids = tuple(dict.fromkeys(into if id_ == old else id_ for id_ in one_listed.contact_ids))
                self._suppressions |= dict.fromkeys(one_listed.number_hashes, replace(one_listed, contact_ids=ids))
            return len(plans) + len(sent) + len(merges) + len(listed)

    def _move_plan(self, key: str, stored: StoredPlan, record: RecordKind, old: int, into: int) -> None:
        moved = replace(stored, plan=merged_plan(stored.plan, record, old, into))
        if record == "contact":
            for slot in slots_of(stored.plan):
                self._move_slot(slot, merged_slot(slot, old, into))
            rekeyed = replace(moved, basis=merged_basis(stored.basis, old, into))
            standing = self.plans.get(key_of(rekeyed))
            if standing is None or not standing.performs:
                del self.plans[key]
                self._first_received[key_of(rekeyed)] = self._first_received.pop(key)
                moved = rekeyed
        else:
            for reference in _references(stored):
                if reference in self.sms:
                    self.sms[reference] = replace(self.sms[reference], company_id=into)
        self.plans[key_of(moved)] = moved

    def _move_slot(self, slot: str, to: str) -> None:
        taken = self._claims.pop(slot, None)
        standing = self._claims.get(to)
        if taken and (standing is None or standing.claim.taken_at < taken.claim.taken_at):
            self._claims[to] = taken


def _references(stored: StoredPlan) -> list[str]:
    about = f"{stored.flow}/{stored.event.subject}"
    return [reference_of(f"{about}/{one.name}") for one in stored.plan.actions if isinstance(one, SendSms)]
