"""What we must know about messages from phones, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kundeflyt.domain.actions import Past, Plan
from kundeflyt.domain.crm import Company, Contact
from kundeflyt.domain.events import Event
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.phones import sender_number
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.readers import CrmReader, Readers
from sms_inbound.case import NAME, InboundFacts
from sms_inbound.plan import stop_at_once
from sms_inbound.rules import SmsInboundRules


def gather(
    events: Sequence[Event],
    readers: Readers,
    rules: Rules[SmsInboundRules],
    now: datetime,  # noqa: ARG001 - every flow is asked in the same way
) -> Mapping[Event, InboundFacts]:
    """Finds out who has written: by our own messages first, then in the CRM.

    Whoever we have written to and who says stop is not looked up: that wish waits for no vendor. Raises TryLater when
    the ledger, the store of words or HubSpot does not answer.
    """
    pasts = readers.history.past(NAME, events)
    letters = readers.inbox.letters({event.about for event in events})
    facts = {
        event: _sender(letters.get(event.about), pasts.get(event.subject, Past()), readers, rules) for event in events
    }
    for event, contacts in _people(facts, readers.crm, rules).items():
        facts[event] = replace(facts[event], contacts=contacts)

    asking = [known for known in facts.values() if known.contacts and not known.says_stop]
    if not asking:
        return facts
    companies = _companies({contact.id for known in asking for contact in known.contacts}, readers.crm)
    owner_ids = {known.sent.owner_id for known in asking if known.sent} | {rules.common.fallback_owner_id}
    owner_ids |= {company.owner_id for company in companies.values()}
    owners = readers.crm.owners({owner_id for owner_id in owner_ids if owner_id})
    return {event: replace(known, companies=companies, owners=owners) for event, known in facts.items()}


def wishes(events: Sequence[Event], readers: Readers, rules: Rules[SmsInboundRules]) -> Mapping[Event, Plan]:
    """Whoever says stop is heard at once: on hold, in a trial, and while HubSpot is silent.

    Raises TryLater when the ledger or the store of words does not answer.
    """
    letters = readers.inbox.letters({event.about for event in events})
    facts = {event: _sender(letters.get(event.about), Past(), readers, rules) for event in events}
    return {event: stop_at_once(known) for event, known in facts.items() if known.says_stop and known.number}


def _sender(letter: InboundSms | None, past: Past, readers: Readers, rules: Rules[SmsInboundRules]) -> InboundFacts:
    number = sender_number(letter.sender, rules.common.default_country) if letter else None
    if number is None:
        return InboundFacts(letter=letter, past=past)
    hashes = readers.number_hashes(number)
    sent = readers.history.last_sms_to(hashes)
    return InboundFacts(letter=letter, past=past, number=number, number_hashes=hashes, sent=sent)


def _people(
    facts: Mapping[Event, InboundFacts], crm: CrmReader, rules: Rules[SmsInboundRules]
) -> Mapping[Event, tuple[Contact, ...]]:
    """The contact we have written to, if there still is one; else whoever has the number."""
    known_ids = {event: known.sent.contact_id for event, known in facts.items() if known.sent and known.sent.contact_id}
    to_read = {id_ for event, id_ in known_ids.items() if not facts[event].says_stop}
    read = crm.contacts(to_read, properties=()) if to_read else {}
    people: dict[Event, tuple[Contact, ...]] = {
        event: (read.get(id_) or Contact(id=id_),)
        for event, id_ in known_ids.items()
        if id_ in read or facts[event].says_stop
    }
    strangers = {event: known.number for event, known in facts.items() if known.number and event not in people}
    if strangers:
        found = crm.contacts_with_numbers(set(strangers.values()), default_country=rules.common.default_country)
        people |= {event: found[number] for event, number in strangers.items() if number in found}
    return people


def _companies(contacts: Collection[int], crm: CrmReader) -> Mapping[int, Company]:
    """Where each contact mainly works."""
    works_at = {contact: found[0] for contact, found in crm.companies_of_contacts(contacts).items() if found}
    companies = crm.companies(set(works_at.values())) if works_at else {}
    return {contact: companies[company] for contact, company in works_at.items() if company in companies}
