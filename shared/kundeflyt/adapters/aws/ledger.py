"""The ledger in DynamoDB: each race is decided by one conditional write, and no write is made that isn't needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from kundeflyt.adapters.aws.expressions import Change
from kundeflyt.adapters.aws.ledger_events import EventMemory
from kundeflyt.adapters.aws.ledger_items import (
    Item,
    action_key,
    action_records,
    claim_of,
    differences_of,
    event_key,
    forgotten_at,
    held_key,
    held_of,
    held_values,
    kept_from,
    moment,
    single_key,
    sweep_key,
    takeovers_of,
    takeovers_to,
)
from kundeflyt.adapters.aws.ledger_people import PeopleMemory
from kundeflyt.adapters.aws.table import Table
from kundeflyt.domain.actions import Slot, TakeoverRecord
from kundeflyt.domain.differences import Difference
from kundeflyt.domain.sweeps import Sweep
from kundeflyt.ports.ledger import Claim, Held

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MARGIN: Final = timedelta(days=1)
"""Claims and counts outlive their time by this, for whoever looks into what happened."""


class DynamoDbLedger(EventMemory, PeopleMemory):
    """Remembers in one DynamoDB table (`pk`, `sk`, `expires_at`); the rows of a batch are written side by side.

    Raises TryLater when DynamoDB is busy or silent.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(Table(client, table))

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

        A claim is free when nobody has it, when it has run out, or when its value is `instead_of`. One that is ours
        already stays as it is, with its value and its time. Who held it last is known for a day after it has run out,
        or until `known_until`.
        """
        values = {
            "holder": holder,
            "taken_at": moment(now),
            "until": until and moment(until),
            # Never before it has run out, whatever is asked for: what is deleted keeps nobody from a second message.
            "expires_at": forgotten_at(max(until + MARGIN, known_until or until)) if until else kept_from(now),
        }
        wanted = single_key("CLAIM", key) | values
        standing = self._table.put(
            wanted,
            condition="attribute_not_exists(pk) OR #until <= :now",
            meaning={":now": moment(now)},
            names=("until",),
        )
        if standing is None or standing["holder"] == holder:
            return None
        claim = self._with_value(standing)
        if instead_of is None or claim.value != instead_of:
            return claim
        seen = {":holder": standing["holder"], ":taken_at": standing["taken_at"]}
        standing = self._table.put(wanted, condition="holder = :holder AND taken_at = :taken_at", meaning=seen)
        return None if standing is None or standing["holder"] == holder else self._with_value(standing)

    def _with_value(self, item: Item) -> Claim:
        """What came of a claim stands with the action that holds it: to write it here, too, would cost a unit each."""
        claim = claim_of(item)
        key = action_key(claim.holder)
        held_by = self._table.get(event_key(key.flow, key.subject)) if key else None
        record = action_records([held_by]).get(key.name) if key and held_by else None
        return replace(claim, value=record.result) if record and record.state == "done" else claim

    def drop_claim(self, key: str, *, holder: str) -> None:
        """Gives a claim back, if it is still ours."""
        self._table.delete(single_key("CLAIM", key), condition="holder = :holder", meaning={":holder": holder})

    def slots(self, names: Collection[str]) -> Mapping[str, Slot]:
        """The task that was last made in each slot; a slot's name is the key of its claim."""
        taken = self._table.standing((name, single_key("CLAIM", name)) for name in names)
        claims = self._table.side_by_side(self._with_value, taken.values())
        slots = zip(taken, (claim.as_slot() for claim in claims), strict=True)
        return {name: slot for name, slot in slots if slot}

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

    def count_together(self, counters: Mapping[str, tuple[int, int]], *, of: str, keep_until: datetime) -> str | None:
        """Counts so many up in each of some counters that stand in one item, `of`, unless one would pass its limit.

        Gives the counter that would, and then nothing is counted. A count whose answer was lost may count twice.
        """
        change = Change()
        for counter, (step, limit) in counters.items():
            if step > limit:
                return counter
            place = change.at(counter)
            change.only_if(f"attribute_not_exists({place}) OR {place} <= {change.value(limit - step)}")
            change.add(counter, step)
        change.set("expires_at", forgotten_at(keep_until + MARGIN))
        standing = self._table.change(single_key("COUNT", of), change)
        if standing is None:
            return None
        full = (name for name, (step, limit) in counters.items() if standing.get(name, 0) + step > limit)
        return next(full)

    def uncount_together(self, counters: Mapping[str, int], *, of: str) -> None:
        """Takes so many back from each of the counters: what was counted did not happen."""
        change = Change()
        for counter, step in counters.items():
            change.add(counter, -step)
            change.only_if(f"{change.at(counter)} >= {change.value(step)}")
        self._table.change(single_key("COUNT", of), change)

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
