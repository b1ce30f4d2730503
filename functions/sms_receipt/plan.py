"""A receipt for one of our messages: remembered, and acted on when the message did not arrive. Pure."""

from __future__ import annotations

from datetime import datetime

from kundeflyt.domain.actions import Action, CreateTask, NoteReceipt, Plan, SettleSend, UpdateTask
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.customers import country_of, first_at_work
from kundeflyt.domain.delivery import Receipt, SentSms
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from sms_receipt import words
from sms_receipt.case import Doubt, ReceiptFacts, needs_somebody
from sms_receipt.rules import SmsReceiptRules


def basis(facts: ReceiptFacts) -> str:
    """What the decision stands on: each word of the vendor's on each part is decided once, and what it settles."""
    known = "" if facts.sent else "|not-ours"
    if doubt := facts.doubt:
        known = f"|doubted-{'given-up' if doubt.entry else 'open'}-{doubt.check_task or 'unasked'}"
    return f"{facts.receipt.part}|{facts.receipt.status}{known}"


def plan(event: Event, facts: ReceiptFacts, rules: Rules[SmsReceiptRules], now: datetime) -> Plan:
    """An SMS stands in for a call that did not get through (000-33); when it doesn't either, the adviser calls."""
    sent, receipt = facts.sent, facts.receipt
    if sent is None:
        return Plan(because=words.NOT_OURS)
    note = NoteReceipt(
        name=f"receipt-{receipt.part}-{receipt.status}",
        reference=event.about,
        part=receipt.part,
        status=receipt.status,
        doubted=sent.delivery.doubted,
    )
    actions: list[Action] = [note, *_no_doubt_left(sent, receipt, facts.doubt)]
    owner_id = sent.owner_id
    if needs_somebody(facts):
        owner_id = _whose(facts, rules)
        actions.append(
            CreateTask(
                name="call-task",
                after=(note.name,),
                task_type="CALL",
                subject=words.SUBJECT,
                body=words.body(sent, receipt),
                due=_calendar(facts, rules).follow_up_due(now).due,
                owner_id=owner_id,
                contact_id=facts.contact.id if facts.contact else None,
                company_id=facts.company.id if facts.company else None,
            )
        )
    return Plan(
        because=words.heard(receipt),
        actions=tuple(actions),
        responsible=owner_id,
        contact_id=sent.contact_id,
        company_id=sent.company_id,
    )


def _no_doubt_left(sent: SentSms, receipt: Receipt, doubt: Doubt | None) -> list[Action]:
    """Whatever a receipt says, ITX has had the message: nobody need look for it, and it stands on the timeline."""
    if doubt is None:
        return []
    settled = SettleSend(name="send-settled", flow=sent.flow, subject=sent.subject, send=sent.action)
    actions: list[Action] = [settled]
    if doubt.entry:
        entry = doubt.entry.model_copy(update={"name": "sms-entry", "after": settled.name, "at": sent.at})
        actions.append(entry)
    if doubt.check_task:
        body = words.checked_body(sent, receipt)
        actions.append(
            UpdateTask(
                name="check-answered", task_id=doubt.check_task, subject=words.CHECKED, body=body, completed=True
            )
        )
    return actions


def _whose(facts: ReceiptFacts, rules: Rules[SmsReceiptRules]) -> int | None:
    """Whoever the message was sent for; if they have left, the company's adviser; else whom the rules name."""
    sender = facts.sent.owner_id if facts.sent else None
    company_owner = facts.company.owner_id if facts.company else None
    owner = first_at_work((sender, company_owner, rules.common.fallback_owner_id), facts.owners)
    return owner.id if owner else rules.common.fallback_owner_id


def _calendar(facts: ReceiptFacts, rules: Rules[SmsReceiptRules]) -> WorkingCalendar:
    return WorkingCalendar(country_of(facts.contact, facts.company, rules.common.default_country))
