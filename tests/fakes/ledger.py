"""A ledger and a road in memory, for tests of what uses them.

`tests/contracts/test_ledger.py` holds the ledger to the same promises as the real one.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from kundeflyt.domain.actions import ActionRecord, Past, RecordKind, Slot, State, Story, TakeoverRecord
from kundeflyt.domain.crm import NOBODY
from kundeflyt.domain.delivery import Delivery, Receipt, SentSms, number_claim, reference_of
from kundeflyt.domain.differences import Difference
from kundeflyt.domain.events import Event
from kundeflyt.domain.sweeps import Sweep
from kundeflyt.ports.ledger import ActionKey, Beginning, Begun, Claim, Held, Move, StoredPlan, Suppression
from tests.fakes.ledger_people import InMemoryPeople, Taken, key_of

KeptT = TypeVar("KeptT")


class InMemoryLedger(InMemoryPeople):
    """Keeps everything in plain attributes that a test may read and set.

    `before_call` is told the name of each method before it does anything: a test may raise there (a store that does
    not answer) or count. `plans` and `actions` are by their key as text, such as `no_answer/1/2/sms`.
    """

    def __init__(self) -> None:
        self.plans: dict[str, StoredPlan] = {}
        self.actions: dict[str, ActionRecord] = {}
        self.counts: dict[str, int] = {}
        self.sms: dict[str, SentSms] = {}
        self.erased: set[str] = set()
        self._merges: dict[tuple[RecordKind, int], int] = {}
        self._forgotten: set[int] = set()
        self.takeovers: dict[tuple[int, datetime], TakeoverRecord] = {}
        self.standing: dict[tuple[str, str], Difference] = {}
        self.sweeps: dict[tuple[str, str], Sweep] = {}
        self._heard: dict[str, Delivery] = {}
        self._numbers: dict[str, list[str]] = defaultdict(list)
        self._suppressions: dict[str, Suppression] = {}
        self.before_call: Callable[[str], None] = lambda _method: None
        self._first_received: dict[str, datetime] = {}
        self._claims: dict[str, Taken] = {}
        self._held: dict[str, dict[str, Held]] = defaultdict(dict)
        self._stops: dict[str, str] = {}
        self._lock = threading.RLock()

    def begin(self, rows: Sequence[Beginning], *, now: datetime, lease_until: datetime) -> Sequence[Begun]:
        self.before_call("begin")
        with self._lock:
            return [self._begin(row, now, lease_until) for row in rows]

    def _begin(self, row: Beginning, now: datetime, lease_until: datetime) -> Begun:
        stored = row.stored
        keys = [ActionKey(flow=stored.flow, subject=stored.event.subject, name=name) for name in row.starting]
        about = f"{stored.flow}/{stored.event.subject}/"
        is_first = not any(one.startswith(about) and one != key_of(stored) for one in self.plans)
        standing = self._store(stored)
        if standing is not stored or not is_first or any(str(key) in self.actions for key in keys):
            return Begun(stored=standing)
        for key in keys:
            self._start(key, now, lease_until)
        return Begun(stored=stored, started=row.starting)

    def _store(self, plan: StoredPlan) -> StoredPlan:
        key = key_of(plan)
        standing = self.plans.get(key)
        if standing is not None and standing.performs:
            return standing
        self._first_received.setdefault(key, plan.event.received_at)
        self.plans[key] = plan
        return plan

    def past(self, flow: str, events: Collection[Event]) -> Mapping[str, Past]:
        self.before_call("past")
        with self._lock:
            subjects = {f"{flow}/{event.subject}/": event.subject for event in events}
            received = _by_prefix(self._first_received, subjects)
            plans = _by_prefix(self.plans, subjects)
            actions = _by_prefix(self.actions, subjects)
        return {
            subject: Past(
                first_received_at=min(received[prefix], default=None),
                contact_ids=frozenset(
                    stored.plan.contact_id for stored in plans[prefix] if stored.performs and stored.plan.contact_id
                )
                | ({NOBODY} if prefix in self.erased else frozenset()),
                actions={record.name: record for record in actions[prefix]},
            )
            for prefix, subject in subjects.items()
        }

    def story(self, flow: str, subject: str) -> Story:
        self.before_call("story")
        prefix = f"{flow}/{subject}/"
        with self._lock:
            plans = _by_prefix(self.plans, [prefix])[prefix]
            actions = _by_prefix(self.actions, [prefix])[prefix]
        return Story(
            plans=tuple(stored.plan for stored in sorted(plans, key=lambda stored: stored.planned_at)),
            actions={record.name: record for record in actions},
        )

    def _start(self, key: ActionKey, now: datetime, lease_until: datetime) -> ActionRecord | None:
        if standing := self.actions.get(str(key)):
            return standing
        self.actions[str(key)] = ActionRecord(name=key.name, state="started", started_at=now, lease_until=lease_until)
        return None

    def advance(
        self, moves: Sequence[Move], *, now: datetime, lease_until: datetime
    ) -> Sequence[Mapping[str, ActionRecord]]:
        self.before_call("advance")
        with self._lock:
            return [self._advance(move, now, lease_until) for move in moves]

    def _advance(self, move: Move, now: datetime, lease_until: datetime) -> Mapping[str, ActionRecord]:
        for end in move.ended:
            self._finish(move.key(end.name), end.state, end.at, end.result, end.reason)
        for name in move.dropped:
            self._erase_start(move.key(name))
        standing = {name: self._start(move.key(name), now, lease_until) for name in move.starting}
        return {name: record for name, record in standing.items() if record}

    def take_over(self, key: ActionKey, seen: ActionRecord, *, lease_until: datetime) -> bool:
        self.before_call("take_over")
        with self._lock:
            if self.actions.get(str(key)) != seen or seen.settled:
                return False
            self.actions[str(key)] = seen.model_copy(update={"lease_until": lease_until})
            return True

    def _finish(self, key: ActionKey, state: State, now: datetime, result: str | None, reason: str | None) -> None:
        standing = self.actions.get(str(key))
        if standing is None or not standing.settled:
            began = standing.started_at if standing else now
            self.actions[str(key)] = ActionRecord(
                name=key.name, state=state, started_at=began, ended_at=now, result=result, reason=reason
            )

    def settle(self, key: ActionKey, *, now: datetime, result: str) -> bool:
        self.before_call("settle")
        with self._lock:
            standing = self.actions.get(str(key))
            if standing is None or standing.state in ("done", "refused"):
                return True
            if standing.state == "started" and standing.lease_until is not None and now < standing.lease_until:
                return False
            self.actions[str(key)] = standing.model_copy(
                update={"state": "done", "ended_at": now, "result": result, "reason": None, "lease_until": None}
            )
            return True

    def _erase_start(self, key: ActionKey) -> None:
        standing = self.actions.get(str(key))
        if standing is not None and not standing.settled:
            del self.actions[str(key)]

    def claim(
        self,
        key: str,
        *,
        holder: str,
        now: datetime,
        until: datetime | None = None,
        instead_of: str | None = None,
        known_until: datetime | None = None,
    ) -> Claim | None:
        self.before_call("claim")
        with self._lock:
            taken = self._claims.get(key)
            if taken is not None:
                standing = self._with_value(taken.claim)
                run_out = taken.until is not None and taken.until <= now
                replaced = instead_of is not None and standing.value == instead_of
                if not run_out and (standing.holder == holder or not replaced):
                    return None if standing.holder == holder else standing
            self._claims[key] = Taken(Claim(holder=holder, taken_at=now), until)
            return None

    def drop_claim(self, key: str, *, holder: str) -> None:
        self.before_call("drop_claim")
        with self._lock:
            taken = self._claims.get(key)
            if taken is not None and taken.claim.holder == holder:
                del self._claims[key]

    def slots(self, names: Collection[str]) -> Mapping[str, Slot]:
        self.before_call("slots")
        with self._lock:
            slots = {
                name: self._with_value(self._claims[name].claim).as_slot() for name in names if name in self._claims
            }
            return {name: slot for name, slot in slots.items() if slot}

    def suppressed(self, number_hashes: Collection[str]) -> frozenset[str]:
        self.before_call("suppressed")
        return frozenset(self._suppressions.keys() & set(number_hashes))

    def suppress(self, suppression: Suppression) -> None:
        self.before_call("suppress")
        with self._lock:
            self._suppressions |= dict.fromkeys(suppression.number_hashes, suppression)

    def lift_suppression(self, number_hashes: Collection[str]) -> None:
        self.before_call("lift_suppression")
        with self._lock:
            for number_hash in number_hashes:
                self._suppressions.pop(number_hash, None)

    def suppressions(self) -> Sequence[Suppression]:
        self.before_call("suppressions")
        each = {one.number_hashes: one for one in self._suppressions.values()}
        return sorted(each.values(), key=lambda one: one.since)

    def note_sms(self, sent: SentSms, *, number_hash: str) -> None:
        self.before_call("note_sms")
        with self._lock:
            if sent.reference not in self.sms:
                self.sms[sent.reference] = sent
                self._numbers[number_hash].append(sent.reference)

    def sent_sms(self, references: Collection[str]) -> Mapping[str, SentSms]:
        self.before_call("sent_sms")
        with self._lock:
            found = {reference: self._message(reference) for reference in references}
            return {reference: sent for reference, sent in found.items() if sent}

    def last_sms_to(self, number_hashes: Collection[str]) -> SentSms | None:
        self.before_call("last_sms_to")
        with self._lock:
            claims = [self._claims[key] for key in map(number_claim, number_hashes) if key in self._claims]
            references = [reference_of(taken.claim.holder) for taken in claims if taken.claim.holder.count("/") > 1]
            references += [reference for one in number_hashes for reference in self._numbers.get(one, ())]
            found = [sent for sent in map(self._message, references) if sent]
            return max(found, key=lambda sent: sent.at, default=None)

    def note_receipt(self, reference: str, receipt: Receipt) -> Delivery | None:
        self.before_call("note_receipt")
        with self._lock:
            sent = self._message(reference)
            if sent is None:
                return None
            return self._hear(sent, sent.delivery.after(receipt))

    def doubt_sms(self, reference: str) -> bool:
        self.before_call("doubt_sms")
        with self._lock:
            sent = self._message(reference)
            if sent is None:
                return True
            if sent.delivery.heard:
                return False
            self._hear(sent, replace(sent.delivery, doubted=True))
            return True

    def _hear(self, sent: SentSms, delivery: Delivery) -> Delivery:
        if sent.reference in self.sms:
            self.sms[sent.reference] = replace(sent, delivery=delivery)
        else:
            self._heard[sent.reference] = delivery
        return delivery

    def note_takeover(self, takeover: TakeoverRecord) -> None:
        self.before_call("note_takeover")
        with self._lock:
            key = takeover.company_id, takeover.at
            standing = self.takeovers.get(key)
            if standing is None or standing.looked_at <= takeover.looked_at:
                self.takeovers[key] = takeover

    def sweep(self, flow: str, name: str) -> Sweep | None:
        self.before_call("sweep")
        return self.sweeps.get((flow, name))

    def note_sweep(self, flow: str, sweep: Sweep, *, seen: Sweep | None) -> bool:
        self.before_call("note_sweep")
        with self._lock:
            standing = self.sweeps.get((flow, sweep.name))
            if _place(standing) == _place(seen):
                self.sweeps[flow, sweep.name] = sweep
                return True
            return _place(standing) == _place(sweep)

    def differences(self, flow: str, first: str, last: str) -> Mapping[str, Difference]:
        self.before_call("differences")
        with self._lock:
            return {
                about: difference
                for (whose, about), difference in sorted(self.standing.items())
                if whose == flow and first <= about <= last
            }

    def note_difference(self, flow: str, difference: Difference) -> None:
        self.before_call("note_difference")
        with self._lock:
            self.standing[flow, difference.about] = difference

    def drop_difference(self, flow: str, about: str, *, mark: str) -> None:
        self.before_call("drop_difference")
        with self._lock:
            standing = self.standing.get((flow, about))
            if standing is not None and standing.mark == mark:
                del self.standing[flow, about]

    def count_together(self, counters: Mapping[str, tuple[int, int]], *, of: str, keep_until: datetime) -> str | None:
        self.before_call("count_together")
        with self._lock:
            for counter, (step, limit) in counters.items():
                if self.counts.get(counter, 0) + step > limit:
                    return counter
            for counter, (step, _) in counters.items():
                self.counts[counter] = self.counts.get(counter, 0) + step
            return None

    def uncount_together(self, counters: Mapping[str, int], *, of: str) -> None:
        self.before_call("uncount_together")
        with self._lock:
            if all(self.counts.get(counter, 0) >= step for counter, step in counters.items()):
                for counter, step in counters.items():
                    self.counts[counter] -= step

    def hold(self, flow: str, held: Held) -> None:
        self.before_call("hold")
        with self._lock:
            self._held[flow].setdefault(f"{held.event.subject}/{held.event.round}", held)

    def held(self, flow: str) -> Sequence[Held]:
        self.before_call("held")
        with self._lock:
            return sorted(self._held[flow].values(), key=lambda held: held.event.received_at)

    def unhold(self, flow: str, held: Held) -> None:
        self.before_call("unhold")
        with self._lock:
            self._held[flow].pop(f"{held.event.subject}/{held.event.round}", None)

    def stop_flow(self, flow: str, *, reason: str, now: datetime) -> None:
        self.before_call("stop_flow")
        with self._lock:
            self._stops.setdefault(flow, reason)

    def stopped(self, flow: str) -> str | None:
        self.before_call("stopped")
        return self._stops.get(flow)

    def resume_flow(self, flow: str) -> None:
        self.before_call("resume_flow")
        with self._lock:
            self._stops.pop(flow, None)


@dataclass
class InMemoryRoad:
    """Remembers what was put back, as the next round's event, by key, and what was brought beside it.

    `failure`, when set, is raised by everything: a queue that does not answer.
    """

    wakes: dict[str, tuple[Event, datetime]] = field(default_factory=dict)
    put_backs: dict[str, tuple[Event, timedelta]] = field(default_factory=dict)
    brought: list[Event] = field(default_factory=list)
    failure: Exception | None = None

    def bring(self, events: Sequence[Event]) -> None:
        self._answer()
        self.brought += events

    def wake_at(self, event: Event, when: datetime, *, key: str) -> None:
        self._answer()
        self.wakes.setdefault(key, (event.next_round(), when))

    def put_back(self, event: Event, *, after: timedelta, key: str) -> None:
        self._answer()
        self.put_backs[key] = (event.next_round(), after)

    def _answer(self) -> None:
        if self.failure is not None:
            raise self.failure


def _place(sweep: Sweep | None) -> tuple[str, int] | None:
    return (sweep.subject, sweep.round) if sweep else None


def _by_prefix(kept: Mapping[str, KeptT], prefixes: Collection[str]) -> dict[str, list[KeptT]]:
    """What is kept under keys that begin with each prefix, in one look at all of it: there may be many of both."""
    found: dict[str, list[KeptT]] = {prefix: [] for prefix in prefixes}
    for key, value in kept.items():
        for place, letter in enumerate(key, start=1):
            if letter == "/" and (prefix := key[:place]) in found:
                found[prefix].append(value)
    return found
