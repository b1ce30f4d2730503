"""Our memory: every plan and action with its reason. Also the audit trail and the statistics' source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from kundeflyt.domain.actions import ActionRecord, Past, Plan, SendSms, Slot, State, Story, TakeoverRecord
from kundeflyt.domain.delivery import Delivery, Receipt, SentSms, reference_of
from kundeflyt.domain.differences import Difference
from kundeflyt.domain.events import Event
from kundeflyt.domain.sms_text import measure
from kundeflyt.domain.sweeps import Sweep
from kundeflyt.ports.people import People

PlanMode = Literal["on", "shadow"]


@dataclass(frozen=True, kw_only=True)
class ActionKey:
    """An action has a name, not a number: it can be done once for what happened."""

    flow: str
    subject: str
    name: str

    def __str__(self) -> str:
        return f"{self.flow}/{self.subject}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class StoredPlan:
    """A plan as it was decided. `basis` is what the decision stood on, so that a new state gets a plan of its own."""

    flow: str
    event: Event
    basis: str
    mode: PlanMode
    plan: Plan
    planned_at: datetime

    @property
    def performs(self) -> bool:
        """An empty or shadow plan never stands in a later one's way."""
        return self.mode == "on" and bool(self.plan.actions)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an action ended, and when."""

    name: str
    state: State
    at: datetime
    result: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """What happens to the actions of one event at one moment, told to the ledger in one word.

    `ended` have come to their end, `dropped` were started and certainly not done, `starting` are about to be done.
    """

    flow: str
    subject: str
    ended: tuple[Ending, ...] = ()
    dropped: tuple[str, ...] = ()
    starting: tuple[str, ...] = ()

    def key(self, name: str) -> ActionKey:
        """The key of one of the event's actions."""
        return ActionKey(flow=self.flow, subject=self.subject, name=name)


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """A plan to be stored, and its first actions that are to be started by the same write, if the plan is new."""

    stored: StoredPlan
    starting: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The plan that stands, and which of its actions we have started by storing it."""

    stored: StoredPlan
    started: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Who holds a thing that only one may have, such as the right to text a number today.

    `value` is what came of it, where the holder is an action that was done: that action's result.
    """

    holder: str
    taken_at: datetime
    value: str | None = None

    def as_slot(self) -> Slot | None:
        """What a claim on a slot tells, once its task has been made; its holder is an action's key."""
        if self.value is None:
            return None
        record = self.holder.split("/")[-2:-1]
        return Slot(task_id=int(self.value), record_id=int(record[0]) if record and record[0].isdigit() else None)


def message_of(
    key: ActionKey, plans: Iterable[StoredPlan], record: ActionRecord | None, delivery: Delivery | None
) -> SentSms | None:
    """The text message an action has sent or may have sent, as its plan and its record tell of it.

    None when no plan knows of it, or when it was certainly not sent. `delivery` is what receipts have told, if any.
    """
    if record is None or record.state == "refused":
        return None
    planned = [
        (stored, action)
        for stored in sorted(plans, key=lambda stored: stored.planned_at)
        for action in stored.plan.actions
        if stored.performs and isinstance(action, SendSms) and action.name == key.name
    ]
    # Of several plans that wanted it, the one that stood when it was begun.
    begun = [row for row in planned if row[0].planned_at <= record.started_at]
    if not planned:
        return None
    stored, action = begun[-1] if begun else planned[0]
    return SentSms(
        reference=reference_of(str(key)),
        flow=key.flow,
        subject=key.subject,
        action=key.name,
        contact_id=stored.plan.contact_id,
        company_id=stored.plan.company_id,
        owner_id=action.owner_id,
        at=record.ended_at or record.started_at,
        delivery=delivery or Delivery(parts=measure(action.text).parts),
    )


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """Somebody who wants no more text messages: the number's hashes, newest key first, and who it is, where known."""

    number_hashes: tuple[str, ...]
    since: datetime
    contact_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Held:
    """An event that waits for somebody to release it."""

    id: str
    event: Event
    reason: str
    held_at: datetime


class Ledger(People, Protocol):
    """Conditional writes decide every race; all methods raise TryLater when the store does not answer."""

    def begin(self, rows: Sequence[Beginning], *, now: datetime, lease_until: datetime) -> Sequence[Begun]:
        """Stores plans, and starts the first actions of what is new, all of a row's or none.

        The first performing plan of a key stays: gives, row by row, the plan that now stands.
        """
        ...

    def past(self, flow: str, events: Collection[Event]) -> Mapping[str, Past]:
        """What has been done about each event, by subject (consistent read)."""
        ...

    def story(self, flow: str, subject: str) -> Story:
        """Everything about one event (consistent read)."""
        ...

    def advance(
        self, moves: Sequence[Move], *, now: datetime, lease_until: datetime
    ) -> Sequence[Mapping[str, ActionRecord]]:
        """Writes down what has ended and what starts; of what starts, gives the records that stood there already.

        One write for each event where nobody interferes, else one for each action. What has ended stays as it is, an
        end without a start is kept too, and a start that is dropped was certainly not done.
        """
        ...

    def take_over(self, key: ActionKey, seen: ActionRecord, *, lease_until: datetime) -> bool:
        """Takes on an action whose worker has gone; False when somebody else was first."""
        ...

    def settle(self, key: ActionKey, *, now: datetime, result: str) -> bool:
        """What was unsure, or left without an end, was done; False while a worker may still be at it.

        What ended otherwise stays as it is.
        """
        ...

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
        """Takes a claim: None when it is ours (again), else the claim that stands.

        A claim is free when nobody has it, when it has run out, or when its value is `instead_of`. Who held it last is
        known for a day after it has run out, or until `known_until`.
        """
        ...

    def drop_claim(self, key: str, *, holder: str) -> None:
        """Gives a claim back, if it is still ours."""
        ...

    def slots(self, names: Collection[str]) -> Mapping[str, Slot]:
        """The task that was last made in each slot; an empty slot is left out."""
        ...

    def suppressed(self, number_hashes: Collection[str]) -> frozenset[str]:
        """Under which of these hashes somebody has asked for no more messages."""
        ...

    def suppress(self, suppression: Suppression) -> None:
        """From now on `suppressed` says yes for each of the hashes, until it is lifted."""
        ...

    def lift_suppression(self, number_hashes: Collection[str]) -> None:
        """Takes these hashes off the list; what is not on it stays off."""
        ...

    def suppressions(self) -> Sequence[Suppression]:
        """Everybody on the list, the first first."""
        ...

    def note_sms(self, sent: SentSms, *, number_hash: str) -> None:
        """Remembers a message before it is handed to the vendor; the first word on a reference stays.

        Not needed where the reference leads back to the action (`action_behind`): then plan and record tell of it.
        """
        ...

    def sent_sms(self, references: Collection[str]) -> Mapping[str, SentSms]:
        """Our messages with these references, and how far each has come (consistent read)."""
        ...

    def last_sms_to(self, number_hashes: Collection[str]) -> SentSms | None:
        """The last message we sent to the number with any of these hashes; one of a moment ago may be missed.

        Found by the claim on the number (`number_claim`), or by what was noted.
        """
        ...

    def note_receipt(self, reference: str, receipt: Receipt) -> Delivery | None:
        """How the message stands once this receipt is heard, whoever else is told something at the same time.

        None when we have no such message.
        """
        ...

    def doubt_sms(self, reference: str) -> bool:
        """Nobody could say whether the message was sent; False when a receipt has told, whoever else hears it now."""

    def note_takeover(self, takeover: TakeoverRecord) -> None:
        """Remembers how far a takeover has come; an earlier look never stands in a later one's place."""
        ...

    def sweep(self, flow: str, name: str) -> Sweep | None:
        """How far the flow's last sweep of that name has come, ended or not (consistent read)."""
        ...

    def note_sweep(self, flow: str, sweep: Sweep, *, seen: Sweep | None) -> bool:
        """Remembers how far a sweep has come; False when what stands is not what was `seen`, nor this already."""
        ...

    def differences(self, flow: str, first: str, last: str) -> Mapping[str, Difference]:
        """The flow's standing differences about records from `first` to `last`, both included (consistent read)."""
        ...

    def note_difference(self, flow: str, difference: Difference) -> None:
        """Remembers a difference, in the place of what differed at that record before."""
        ...

    def drop_difference(self, flow: str, about: str, *, mark: str) -> None:
        """Forgets a difference, if it is still that one."""
        ...

    def count_together(self, counters: Mapping[str, tuple[int, int]], *, of: str, keep_until: datetime) -> str | None:
        """Counts in several counters that belong together, `of`: by name, how many up and the limit.

        None when all were counted; else the name of one that would pass its limit, and nothing is counted.
        """
        ...

    def uncount_together(self, counters: Mapping[str, int], *, of: str) -> None:
        """Takes so many counts back from each: what was counted did not happen."""
        ...

    def hold(self, flow: str, held: Held) -> None:
        """Keeps an event until somebody releases it; the same event in the same round is kept once."""
        ...

    def held(self, flow: str) -> Sequence[Held]:
        """The events that wait, oldest first."""
        ...

    def unhold(self, flow: str, held: Held) -> None:
        """Lets go of a held event, after it is back on its road."""
        ...

    def stop_flow(self, flow: str, *, reason: str, now: datetime) -> None:
        """Puts a flow on hold by itself, until somebody releases it."""
        ...

    def stopped(self, flow: str) -> str | None:
        """Why the flow has put itself on hold, or None."""
        ...

    def resume_flow(self, flow: str) -> None:
        """Lifts the hold the flow put on itself."""
        ...
