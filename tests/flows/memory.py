"""What our memory holds after a day with one customer, for the flows that erase it or move it."""

from __future__ import annotations

from datetime import timedelta

from kundeflyt.domain.actions import CreateTask, EraseWords, LogReply, LogSms, Plan, SendSms
from kundeflyt.domain.delivery import reference_of
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.ledger import ActionKey, StoredPlan, Suppression
from tests.flows.desk import COMPANY, CONTACT, KARI, MARK, MOBILE, MONDAY, PORTAL, Desk, a_letter, hashes, sent_sms
from tests.ledger_steps import finish, start, store

CALL = 874_716_779_721
TEXT = "Hei Anne! Ring Kari tilbake."
SMS = ActionKey(flow="no_answer", subject=f"{PORTAL}/{CALL}", name="sms")


def event(call: int = CALL) -> Event:
    return Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=call, occurred_at=MONDAY, received_at=MONDAY)


def slot(contact: int = CONTACT) -> str:
    return f"no_answer/{PORTAL}/{contact}/2026-11-23"


def a_plan(contact: int = CONTACT, company: int = COMPANY) -> Plan:
    later = MONDAY + timedelta(hours=6)
    task = CreateTask(
        name="email-task",
        task_type="EMAIL",
        subject="Send e-post",
        body="Hei Anne, jeg prøvde å ringe deg.",
        due=later,
        owner_id=KARI,
        contact_id=contact,
        company_id=company,
        slot=slot(contact),
    )
    send = SendSms(
        name="sms",
        to=MOBILE,
        text=TEXT,
        text_id="t",
        once_per_hours=20,
        latest=later,
        valid_until=later,
        owner_id=KARI,
    )
    entry = LogSms(name="sms-entry", after="sms", body=TEXT, owner_id=KARI, contact_id=contact, company_id=company)
    return Plan(because="Anne svarte ikke.", actions=(task, send, entry), contact_id=contact, company_id=company)


def a_plan_about_an_answer(contact: int = CONTACT) -> Plan:
    entry = LogReply(name=f"entry-{contact}", letter=MARK, at=MONDAY, owner_id=KARI, contact_id=contact)
    erase = EraseWords(name="erase-words", letter=MARK, after=(entry.name,))
    return Plan(because="Kunden svarte.", actions=(entry, erase), contact_id=contact)


def stored(plan: Plan, call: int = CALL, *, flow: str = "no_answer") -> StoredPlan:
    return StoredPlan(
        flow=flow, event=event(call), basis=f"no-answer|{plan.contact_id}", mode="on", plan=plan, planned_at=MONDAY
    )


def fill(desk: Desk, contact: int = CONTACT) -> None:
    """Anne has been texted about a call and has said stop; another answer of hers waits to be logged."""
    store(desk.ledger, [stored(a_plan(contact)), stored(a_plan_about_an_answer(contact), flow="sms_inbound")])
    start(desk.ledger, [SMS], now=MONDAY, lease_until=MONDAY)
    finish(desk.ledger, SMS, state="done", now=MONDAY, result="501")
    desk.ledger.claim(slot(contact), holder=str(SMS), now=MONDAY, until=MONDAY + timedelta(days=2))
    desk.has_written(sent_sms(reference_of(str(SMS)), contact_id=contact))
    desk.ledger.suppress(Suppression(number_hashes=hashes(MOBILE), since=MONDAY, contact_ids=(contact, 999)))
    desk.inbox.put(MARK, a_letter())
