"""The ledger in DynamoDB: each race is decided by one conditional write, and no write is made that isn't needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from kundeflyt.adapters.aws.ledger_items import (
    action_key,
    action_record,
    claim_of,
    differences_of,
    forgotten_at,
    held_key,
    held_of,
    held_values,
    kept_from,
    moment,
    past_of,
    plan_key,
    plan_values,
    single_key,
    stored_plan,
    story_of,
    sweep_key,
    takeovers_of,
    takeovers_to,
)
from kundeflyt.adapters.aws.ledger_people import PeopleMemory
from kundeflyt.adapters.aws.table import Table
from kundeflyt.domain.actions import ActionRecord, Past, Slot, State, Story, TakeoverRecord
from kundeflyt.domain.differences import Difference
from kundeflyt.domain.events import Event
from kundeflyt.domain.sweeps import Sweep
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import ActionKey, Claim, Held, StoredPlan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MARGIN: Final = timedelta(days=1)
"""Claims and counts outlive their time by this, for whoever looks into what happened."""

_PAST: Final = ("sk", "received_at", "performs", "contact_id", "erased", *ActionRecord.model_fields)


class DynamoDbLedger(PeopleMemory):
    """Remembers in one DynamoDB table (`pk`, `sk`, `expires_at`); the rows of a batch are written side by side.

    A write whose answer was lost is sent again by boto3 and then meets itself: starts and take-overs carry a mark of
    their own, so that we know our own write from somebody else's. Raises TryLater when DynamoDB is busy or silent.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(Table(client, table))

    def store_plans(self, plans: Sequence[StoredPlan]) -> Sequence[StoredPlan]:
        """The first performing plan of a key stays: returns, row by row, the plan that now stands."""
        return self._table.side_by_side(self._store_plan, plans)

    def _store_plan(self, stored: StoredPlan) -> StoredPlan:
        values = plan_values(stored)
        # When we first heard of it stays, also when a later delivery replaces a plan to do nothing.
        received_at = values.pop("received_at")
        standing = self._table.update(
            plan_key(stored),
            setting=values,
            setting_once={"received_at": received_at},
            condition="attribute_not_exists(pk) OR performs = :no",
            meaning={":no": False},
        )
        return stored if standing is None else stored_plan(standing)

    def past(self, flow: str, events: Collection[Event]) -> Mapping[str, Past]:
        """What has been done about each event, by subject: one consistent query each."""
        subjects = list({event.subject for event in events})
        found = self._table.side_by_side(
            lambda subject: past_of(self._table.query(f"{flow}/{subject}", only=_PAST)), subjects
        )
        return dict(zip(subjects, found, strict=True))

    def story(self, flow: str, subject: str) -> Story:
        """Everything about one event: one consistent query."""
        return story_of(self._table.query(f"{flow}/{subject}"))

    def start(
        self, keys: Sequence[ActionKey], *, now: datetime, lease_until: datetime
    ) -> Sequence[ActionRecord | None]:
        """Marks actions as started; None where we may go on, else the record that stood there already.

        When one row cannot be written, the others are erased again: nobody would ever do what they promise.
        """
        # A mark for each row: two rounds of one call may stand in one batch, and only one of them may go on.
        marked = [(key, uuid4().hex) for key in keys]

        def begin(row: tuple[ActionKey, str]) -> ActionRecord | TryLater | None:
            key, mark = row
            try:
                return self._start(key, now, lease_until, mark)
            except TryLater as failure:
                return failure

        rows = self._table.side_by_side(begin, marked)
        failures = [row for row in rows if isinstance(row, TryLater)]
        if not failures:
            return [row for row in rows if not isinstance(row, TryLater)]
        ours = [own for own, row in zip(marked, rows, strict=True) if row is None or isinstance(row, TryLater)]
        self._table.side_by_side(lambda own: self._erase_quietly(*own), ours)
        raise failures[0]

    def _start(self, key: ActionKey, now: datetime, lease_until: datetime, mark: str) -> ActionRecord | None:
        values = {
            "name": key.name,
            "state": "started",
            "started_at": moment(now),
            "lease_until": moment(lease_until),
            "mark": mark,
            "expires_at": kept_from(now),
        }
        standing = self._table.put(action_key(key) | values, condition="attribute_not_exists(pk)")
        return None if standing is None or standing.get("mark") == mark else action_record(standing)

    def _erase_quietly(self, key: ActionKey, mark: str) -> None:
        try:
            self._table.delete(action_key(key), condition="mark = :mark", meaning={":mark": mark})
        except TryLater:
            return  # it stays started until its lease has run out, and is then looked into

    def take_over(self, key: ActionKey, seen: ActionRecord, *, lease_until: datetime) -> bool:
        """Takes on an action whose worker has gone; False when somebody else was first."""
        mark = uuid4().hex
        unchanged = "#state = :started AND started_at = :seen_start"
        meaning = {":started": "started", ":seen_start": moment(seen.started_at)}
        if seen.lease_until is None:
            unchanged += " AND attribute_not_exists(lease_until)"
        else:
            unchanged += " AND lease_until = :seen_lease"
            meaning[":seen_lease"] = moment(seen.lease_until)
        standing = self._table.update(
            action_key(key),
            setting={"lease_until": moment(lease_until), "mark": mark},
            condition=unchanged,
            meaning=meaning,
            names=("state",),
        )
        return standing is None or standing.get("mark") == mark

    def finish(
        self,
        key: ActionKey,
        *,
        state: State,
        now: datetime,
        result: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Writes how an action ended; what has ended stays as it is, and an end without a start is kept too."""
        self._table.update(
            action_key(key),
            setting={
                "name": key.name,
                "state": state,
                "ended_at": moment(now),
                "result": result,
                "reason": reason,
                "expires_at": kept_from(now),
            },
            setting_once={"started_at": moment(now)},
            removing=("lease_until", "mark"),
            condition="attribute_not_exists(pk) OR #state = :started",
            meaning={":started": "started"},
        )

    def settle(self, key: ActionKey, *, now: datetime, result: str) -> bool:
        """What was unsure, or left without an end, was done; False while a worker may still be at it."""
        standing = self._table.update(
            action_key(key),
            setting={"state": "done", "ended_at": moment(now), "result": result},
            removing=("lease_until", "mark", "reason"),
            condition="#state = :unsure OR (#state = :started AND #lease_until <= :now)",
            meaning={":unsure": "unsure", ":started": "started", ":now": moment(now)},
        )
        return standing is None or standing.get("state") != "started"

    def erase_start(self, key: ActionKey) -> None:
        """Forgets that an action was started: it was certainly not done."""
        self._table.delete(
            action_key(key), condition="#state = :started", meaning={":started": "started"}, names=("state",)
        )

    def claim(
        self,
        key: str,
        *,
        holder: str,
        now: datetime,
        until: datetime | None = None,
        instead_of: str | None = None,
    ) -> Claim | None:
        """Takes a claim: None when it is ours (again), else the claim that stands.

        A claim is free when nobody has it, when it has run out, or when its value is `instead_of`. One that is ours
        already stays as it is, with its value and its time.
        """
        values = {
            "holder": holder,
            "taken_at": moment(now),
            "until": until and moment(until),
            "expires_at": forgotten_at(until + MARGIN) if until else kept_from(now),
        }
        free = "attribute_not_exists(pk) OR #until <= :now"
        meaning = {":now": moment(now)}
        names = ["until"]
        if instead_of is not None:
            free += " OR #value = :instead_of"
            meaning[":instead_of"] = instead_of
            names.append("value")
        standing = self._table.put(single_key("CLAIM", key) | values, condition=free, meaning=meaning, names=names)
        return None if standing is None or standing["holder"] == holder else claim_of(standing)

    def fill_claim(self, key: str, *, holder: str, value: str) -> None:
        """Writes down what came of a claim that we hold; a claim that has passed to somebody else stays theirs."""
        self._table.update(
            single_key("CLAIM", key),
            setting={"value": value},
            condition="holder = :holder",
            meaning={":holder": holder},
        )

    def drop_claim(self, key: str, *, holder: str) -> None:
        """Gives a claim back, if it is still ours."""
        self._table.delete(single_key("CLAIM", key), condition="holder = :holder", meaning={":holder": holder})

    def slots(self, names: Collection[str]) -> Mapping[str, Slot]:
        """The task that was last made in each slot; a slot's name is the key of its claim."""
        wanted = list(dict.fromkeys(names))
        found = self._table.side_by_side(lambda name: self._table.get(single_key("CLAIM", name)), wanted)
        slots = {name: claim_of(item).as_slot() for name, item in zip(wanted, found, strict=True) if item}
        return {name: slot for name, slot in slots.items() if slot}

    def note_takeover(self, takeover: TakeoverRecord) -> None:
        """Remembers how far a takeover has come; an earlier look never stands in a later one's place."""
        key = {"pk": takeovers_of(takeover.portal_id, takeover.company_id), "sk": moment(takeover.at)}
        adviser = takeover.owner_id
        looked_at = moment(takeover.looked_at)
        self._table.update(
            key,
            setting={
                "takeover": takeover.model_dump(mode="json"),
                "finished": takeover.finished,
                "customer": takeovers_to(takeover.portal_id, adviser) if adviser else None,
                "at": moment(takeover.at),
                "looked_at": looked_at,
                "expires_at": kept_from(takeover.looked_at),
            },
            condition="attribute_not_exists(pk) OR #looked_at <= :looked_at",
            meaning={":looked_at": looked_at},
        )

    def sweep(self, flow: str, name: str) -> Sweep | None:
        """How far the flow's last sweep of that name has come (consistent read)."""
        item = self._table.get(sweep_key(flow, name))
        return Sweep.model_validate(item["sweep"]) if item else None

    def note_sweep(self, flow: str, sweep: Sweep, *, seen: Sweep | None) -> bool:
        """Remembers how far a sweep has come; False when what stands is not what was `seen`, nor this already."""
        values = {
            "sweep": sweep.model_dump(mode="json"),
            "subject": sweep.subject,
            "round": sweep.round,
            "expires_at": kept_from(sweep.moved_at),
        }
        unchanged, meaning = "attribute_not_exists(pk)", {}
        if seen is not None:
            unchanged = "#subject = :seen_subject AND #round = :seen_round"
            meaning = {":seen_subject": seen.subject, ":seen_round": seen.round}
        standing = self._table.put(
            sweep_key(flow, sweep.name) | values,
            condition=unchanged,
            meaning=meaning,
            names=("subject", "round") if seen else (),
        )
        return standing is None or (standing.get("subject"), standing.get("round")) == (sweep.subject, sweep.round)

    def differences(self, flow: str, first: str, last: str) -> Mapping[str, Difference]:
        """The flow's standing differences from one record to another: one consistent query."""
        items = self._table.query(differences_of(flow), between=(first, last))
        return {item["sk"]: Difference.model_validate(item["difference"]) for item in items}

    def note_difference(self, flow: str, difference: Difference) -> None:
        """Remembers a difference; it is kept as long as it stands."""
        key = {"pk": differences_of(flow), "sk": difference.about}
        self._table.put(key | {"difference": difference.model_dump(mode="json"), "mark": difference.mark})

    def drop_difference(self, flow: str, about: str, *, mark: str) -> None:
        """Forgets a difference, if it is still that one."""
        self._table.delete({"pk": differences_of(flow), "sk": about}, condition="mark = :mark", meaning={":mark": mark})

    def count(self, key: str, *, limit: int, keep_until: datetime) -> bool:
        """Counts one up, unless that would pass the limit (then False and nothing is counted).

        The key names the period that is counted. A count whose answer was lost may count twice: fewer, never more.
        """
        if limit <= 0:
            return False
        full = self._table.update(
            single_key("COUNT", key),
            setting={"expires_at": forgotten_at(keep_until + MARGIN)},
            adding=("counted", 1),
            condition="attribute_not_exists(counted) OR counted < :limit",
            meaning={":limit": limit},
        )
        return full is None

    def uncount(self, key: str) -> None:
        """Takes one count back: what was counted did not happen."""
        self._table.update(
            single_key("COUNT", key), adding=("counted", -1), condition="counted > :none", meaning={":none": 0}
        )

    def hold(self, flow: str, held: Held) -> None:
        """Keeps an event until somebody releases it; the same event in the same round is kept once."""
        self._table.put(held_key(flow, held.event) | held_values(held), condition="attribute_not_exists(pk)")

    def held(self, flow: str) -> Sequence[Held]:
        """The events that wait, oldest first."""
        return sorted(map(held_of, self._table.query(f"HELD/{flow}")), key=lambda held: held.event.received_at)

    def unhold(self, flow: str, held: Held) -> None:
        """Lets go of a held event, after it is back on its road."""
        self._table.delete(held_key(flow, held.event))

    def stop_flow(self, flow: str, *, reason: str, now: datetime) -> None:
        """Puts a flow on hold by itself, until somebody releases it; the first reason stays."""
        values = {"reason": reason, "stopped_at": moment(now), "expires_at": kept_from(now)}
        self._table.put(single_key("MODE", flow) | values, condition="attribute_not_exists(pk)")

    def stopped(self, flow: str) -> str | None:
        """Why the flow has put itself on hold, or None."""
        item = self._table.get(single_key("MODE", flow))
        return str(item["reason"]) if item else None

    def resume_flow(self, flow: str) -> None:
        """Lifts the hold the flow put on itself."""
        self._table.delete(single_key("MODE", flow))
