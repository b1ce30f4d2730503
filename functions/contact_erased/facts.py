"""What we must know to forget somebody; HubSpot is not asked, since it knows nothing of them any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from contact_erased.case import ErasedFacts
from contact_erased.plan import erase_at_once
from contact_erased.rules import ContactErasedRules
from kundeflyt.domain.actions import Plan
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.readers import Readers


def gather(
    events: Sequence[Event],
    readers: Readers,
    rules: Rules[ContactErasedRules],  # noqa: ARG001 - every flow is asked in the same way
    now: datetime,  # noqa: ARG001 - every flow is asked in the same way
) -> Mapping[Event, ErasedFacts]:
    """Finds the person's other ids in our own memory. Raises TryLater when the ledger does not answer."""
    return {event: ErasedFacts(contact_ids=readers.history.ids_of_person(event.record_id)) for event in events}


def wishes(events: Sequence[Event], readers: Readers, rules: Rules[ContactErasedRules]) -> Mapping[Event, Plan]:
    """Whoever is to be forgotten is forgotten at once: on hold, in a trial, and while HubSpot is silent."""
    return {
        event: erase_at_once(event, ErasedFacts(contact_ids=readers.history.ids_of_person(event.record_id)), rules)
        for event in events
    }
