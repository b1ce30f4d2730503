"""Somebody is to be forgotten: erased at once, and looked for once more. Pure: same facts, same plan."""

from __future__ import annotations

from datetime import datetime

from contact_erased import words
from contact_erased.case import ErasedFacts
from contact_erased.rules import LOOK_AGAIN, ContactErasedRules
from kundeflyt.domain.actions import ErasePerson, Plan, WakeAt
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules


def basis(facts: ErasedFacts) -> str:  # noqa: ARG001 - every flow is asked in the same way
    """What the decision stands on: that the person is to be forgotten."""
    return "erased"


def erase_at_once(event: Event, facts: ErasedFacts, rules: Rules[ContactErasedRules]) -> Plan:
    """A person is erased at once, whatever any flow is in the middle of, and again when all of that is over.

    An hour after HubSpot's own deletion nobody is at work any more who has read of the person. The plan names no
    contact: it would be erased with the rest, and nobody could show that it was done.
    """
    erase = ErasePerson(
        name=f"erase-{event.round}",
        contact_ids=tuple(sorted(facts.contact_ids)),
        country=rules.common.default_country,
    )
    if event.round:
        return Plan(because=words.LOOKED_AGAIN, actions=(erase,))
    look_again = WakeAt(name="look-again", when=event.received_at + LOOK_AGAIN)
    return Plan(because=words.ERASED, actions=(erase, look_again))


def plan(event: Event, facts: ErasedFacts, rules: Rules[ContactErasedRules], now: datetime) -> Plan:  # noqa: ARG001
    """Nothing is left to decide: it was done before anything else (`erase_at_once`)."""
    return Plan(because=words.LOOKED_AGAIN if event.round else words.ERASED)
