"""What we must know about receipts, read for a whole batch; for most of them the ledger is enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kundeflyt.domain.actions import CHECK, LogSms, Story
from kundeflyt.domain.delivery import SentSms
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.readers import Readers
from sms_receipt.case import Doubt, ReceiptFacts, needs_somebody
from sms_receipt.rules import SmsReceiptRules


def gather(
    events: Sequence[Event],
    readers: Readers,
    rules: Rules[SmsReceiptRules],
    now: datetime,  # noqa: ARG001 - every flow is asked in the same way
) -> Mapping[Event, ReceiptFacts]:
    """Reads our messages from the ledger, and the CRM only for those that did not arrive.

    Raises TryLater when the ledger or HubSpot does not answer.
    """
    sent = readers.history.sent_sms({event.about for event in events})
    doubts = {
        reference: _doubt(message, readers.history.story(message.flow, message.subject))
        for reference, message in sent.items()
        if message.delivery.doubted
    }
    facts = {
        event: ReceiptFacts(receipt=event.receipt, sent=sent.get(event.about), doubt=doubts.get(event.about))
        for event in events
        if event.receipt
    }
    undelivered = {event: known.sent for event, known in facts.items() if known.sent and needs_somebody(known)}
    if not undelivered:
        return facts

    crm, messages = readers.crm, undelivered.values()
    contacts = crm.contacts(_ids(message.contact_id for message in messages), properties=())
    companies = crm.companies(_ids(message.company_id for message in messages))
    advisers = [message.owner_id for message in messages] + [company.owner_id for company in companies.values()]
    owners = crm.owners(_ids([*advisers, rules.common.fallback_owner_id]))
    for event, message in undelivered.items():
        facts[event] = replace(
            facts[event],
            contact=contacts.get(message.contact_id or 0),
            company=companies.get(message.company_id or 0),
            owners=owners,
        )
    return facts


def _doubt(message: SentSms, story: Story) -> Doubt:
    """The entry is made only where the sending flow has given it up, so that it never stands there twice."""
    entries = [
        action
        for plan in story.plans
        for action in plan.actions
        if isinstance(action, LogSms) and action.after == message.action
    ]
    given_up = [entry for entry in entries if _state(story, entry.name) == "refused"]
    asked = story.actions.get(f"{CHECK}{message.action}")
    return Doubt(
        entry=given_up[-1] if given_up else None, check_task=int(asked.result) if asked and asked.result else None
    )


def _state(story: Story, name: str) -> str | None:
    record = story.actions.get(name)
    return record.state if record else None


def _ids(ids: Iterable[int | None]) -> set[int]:
    return {id_ for id_ in ids if id_}
