"""Records were merged: our memory follows the one that survives. Pure: same facts, same plan."""

from __future__ import annotations

from datetime import datetime

from kundeflyt.domain.actions import ErasePerson, MoveHistory, Plan, WakeAt
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from records_merged import words
from records_merged.case import MergedFacts
from records_merged.rules import LOOK_AGAIN, RecordsMergedRules


def basis(facts: MergedFacts) -> str:
    """What the decision stands on: where the survivor is by now."""
    return f"{facts.record}-{'forgotten' if facts.forgotten else facts.into}"


def follow_at_once(event: Event, facts: MergedFacts, rules: Rules[RecordsMergedRules]) -> Plan:
    """A merge moves history and keys, so that nobody is texted a second time because of it (000-33).

    An hour after the merge nobody is at work any more who knew the old records. The plan names no contact: it would be
    moved with the next merge.
    """
    if not facts.merged_ids:
        return Plan(because=_because(event, facts))
    follow = (
        ErasePerson(
            name=f"erase-{event.round}",
            contact_ids=tuple(sorted(facts.other_ids)),
            country=rules.common.default_country,
        )
        if facts.forgotten
        else MoveHistory(
            name=f"move-to-{facts.into}-{event.round}",
            record=facts.record,
            from_ids=facts.merged_ids,
            into=facts.into,
        )
    )
    look_again = () if event.round else (WakeAt(name="look-again", when=event.received_at + LOOK_AGAIN),)
    return Plan(because=_because(event, facts), actions=(follow, *look_again))


def plan(event: Event, facts: MergedFacts, rules: Rules[RecordsMergedRules], now: datetime) -> Plan:  # noqa: ARG001
    """Nothing is left to decide: it was done before anything else (`follow_at_once`)."""
    return Plan(because=_because(event, facts))


def _because(event: Event, facts: MergedFacts) -> str:
    if not facts.merged_ids:
        return words.NOTHING_TO_MOVE
    if facts.forgotten:
        return words.SURVIVOR_ERASED
    if event.round:
        return words.LOOKED_AGAIN.format(into=facts.into)
    return words.MERGED.format(what=words.WHAT[facts.record], into=facts.into)
