"""A message from a phone: a wish for no more, an answer to an adviser, or a stranger's. Pure: same facts, same plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kundeflyt.domain.actions import Action, CreateTask, EraseWords, LogReply, MarkContact, Plan, Suppress
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.crm import Contact
from kundeflyt.domain.customers import country_of, first_at_work
from kundeflyt.domain.events import Event
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.rules import Rules
from sms_inbound import words
from sms_inbound.case import InboundFacts
from sms_inbound.rules import SmsInboundRules


def basis(facts: InboundFacts) -> str:
    """What the decision stands on: a message is decided once, by whom it came from then."""
    return "read" if facts.letter else "erased"


def plan(event: Event, facts: InboundFacts, rules: Rules[SmsInboundRules], now: datetime) -> Plan:
    """Stop is honoured at once; every other message is answered by a call the same working day."""
    letter = facts.letter
    if letter is None:
        return _nothing_to_read(event, facts, rules, now)
    if facts.says_stop:
        return _stop(event, letter, facts, rules)
    return _reply(event, letter, facts, rules, now) if facts.contacts else _stranger(letter, rules, now)


def stop_at_once(facts: InboundFacts) -> Plan:
    """The number gets no more SMS, before anybody has asked whose it is."""
    sent = facts.sent
    contact_id = sent.contact_id if sent else None
    contact_ids = (contact_id,) if contact_id else ()
    return Plan(
        because=words.STOPPED,
        actions=(Suppress(name="stop", number_hashes=facts.number_hashes, contact_ids=contact_ids),),
        responsible=sent.owner_id if sent else None,
        contact_id=contact_id,
        company_id=sent.company_id if sent else None,
    )


def _nothing_to_read(event: Event, facts: InboundFacts, rules: Rules[SmsInboundRules], now: datetime) -> Plan:
    """The words are erased once they stand where they should; if they never did, somebody has to look in ITX."""
    if facts.past.actions:
        return Plan(because=words.ERASED)
    body = words.unread_body(event.occurred_at)
    return _for_the_fallback(words.NEVER_READ, words.UNREAD_SUBJECT, body, rules, now)


def _stop(event: Event, letter: InboundSms, facts: InboundFacts, rules: Rules[SmsInboundRules]) -> Plan:
    """Heard already (`stop_at_once`): now it is known of whom, and shown to people; nobody gets a task of it."""
    if facts.number is None:
        return Plan(because=words.STOP_FROM_NO_PHONE)
    contact_ids = tuple(contact.id for contact in facts.contacts)
    actions: list[Action] = [Suppress(name="suppress", number_hashes=facts.number_hashes, contact_ids=contact_ids)]
    if box := rules.flow.opt_out_property:
        actions += [MarkContact(name=f"opt-out-{id_}", contact_id=id_, properties={box: "true"}) for id_ in contact_ids]
    actions += _on_the_timeline(event, letter, facts, owner_id=None)
    sent = facts.sent
    return Plan(
        because=words.STOP,
        actions=tuple(actions),
        responsible=sent.owner_id if sent else None,
        contact_id=contact_ids[0] if contact_ids else None,
        company_id=sent.company_id if sent else None,
    )


def _reply(event: Event, letter: InboundSms, facts: InboundFacts, rules: Rules[SmsInboundRules], now: datetime) -> Plan:
    """The words on the timeline of whoever has the number, and one call for the adviser."""
    contact = facts.contacts[0]
    company = facts.companies.get(contact.id)
    owner_id = _whose(facts, contact, rules)
    calendar = WorkingCalendar(country_of(contact, company, rules.common.default_country))
    due = calendar.answer_due(now)
    *entries, erase = _on_the_timeline(event, letter, facts, owner_id=owner_id)
    call = CreateTask(
        name="call-task",
        task_type="CALL",
        subject=words.CALL_SUBJECT,
        body=words.call_body(letter, due),
        due=due,
        owner_id=owner_id,
        contact_id=contact.id,
        company_id=company.id if company else None,
    )
    return Plan(
        because=words.REPLY,
        actions=(*entries, call, erase),
        responsible=owner_id,
        contact_id=contact.id,
        company_id=company.id if company else None,
    )


def _stranger(letter: InboundSms, rules: Rules[SmsInboundRules], now: datetime) -> Plan:
    """Its words wait until the store forgets them: there is no timeline that they belong on."""
    return _for_the_fallback(words.STRANGER, words.STRANGER_SUBJECT, words.stranger_body(letter), rules, now)


def _for_the_fallback(because: str, subject: str, body: str, rules: Rules[SmsInboundRules], now: datetime) -> Plan:
    owner_id = rules.common.fallback_owner_id
    task = CreateTask(
        name="fallback-task",
        task_type="TODO",
        subject=subject,
        body=body,
        due=WorkingCalendar(rules.common.default_country).answer_due(now),
        owner_id=owner_id,
    )
    problems = () if owner_id else (words.NO_FALLBACK_OWNER,)
    return Plan(because=because, actions=(task,), responsible=owner_id, problems=problems)


def _on_the_timeline(
    event: Event, letter: InboundSms, facts: InboundFacts, *, owner_id: int | None
) -> Sequence[LogReply | EraseWords]:
    """The words on each timeline they belong on, and then nowhere else."""
    entries = [
        LogReply(
            name=f"entry-{contact.id}",
            letter=event.about,
            at=letter.received_at,
            owner_id=owner_id,
            contact_id=contact.id,
            company_id=_company_id(facts, contact),
            unasked=facts.says_stop,
        )
        for contact in facts.contacts
    ]
    return [*entries, EraseWords(name="erase-words", letter=event.about, after=tuple(entry.name for entry in entries))]


def _company_id(facts: InboundFacts, contact: Contact) -> int | None:
    company = facts.companies.get(contact.id)
    if company:
        return company.id
    return facts.sent.company_id if facts.sent and facts.sent.contact_id == contact.id else None


def _whose(facts: InboundFacts, contact: Contact, rules: Rules[SmsInboundRules]) -> int | None:
    """Whoever wrote to the customer last; if they have left, the company's adviser; else whom the rules name."""
    company = facts.companies.get(contact.id)
    candidates = (
        facts.sent.owner_id if facts.sent else None,
        company.owner_id if company else None,
        rules.common.fallback_owner_id,
    )
    owner = first_at_work(candidates, facts.owners)
    return owner.id if owner else rules.common.fallback_owner_id
