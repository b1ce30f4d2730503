"""A customer nobody gets hold of, and everything the flow works with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kundeflyt.domain.crm import Call, Company, Contact, Owner
from kundeflyt.domain.events import CUSTOMER_TRIED, NIGHT_FELL, Event
from kundeflyt.domain.review import Entry, EntryWhat, RecordType
from kundeflyt.domain.rules import NO_ANSWER
from kundeflyt.domain.sequences import Enrolment
from kundeflyt.engine.flow import Flow
from sequence_due.case import NAME
from sequence_due.facts import gather
from sequence_due.plan import basis, plan
from sequence_due.rules import SequenceDueRules
from tests.flows.desk import COMPANY, CONTACT, KARI, MONDAY, PORTAL, Desk

FLOW = Flow(name=NAME, rules=SequenceDueRules, gather=gather, basis=basis, plan=plan)
CALL, SEQUENCE, USER = 874_716_779_721, 501, 9001
RECORDS: dict[EntryWhat, RecordType] = {
    "call_out": "calls",
    "call_in": "calls",
    "call_connected": "calls",
    "email_out": "emails",
    "email_in": "emails",
    "meeting_no_show": "meetings",
    "meeting_held": "meetings",
    "meeting_booked": "meetings",
    "sms_in": "communications",
}


def entry(what: EntryWhat, *, days_ago: float, id_: int | None = None, now: datetime = MONDAY) -> Entry:
    at = now - timedelta(days=days_ago)
    return Entry(what=what, record=RECORDS[what], id=str(id_ or int(at.timestamp())), at=at.astimezone(UTC))


def enrolment(days_ago: float, **changes: Any) -> Enrolment:
    known: dict[str, Any] = {"contact_id": CONTACT, "sequence_id": SEQUENCE, "running": False}
    return Enrolment(enrolled_at=MONDAY - timedelta(days=days_ago), **known | changes)


def tried(company: int = COMPANY, *, at: datetime = MONDAY, round_: int = 0) -> Event:
    moment = at.astimezone(UTC)
    return Event(
        name=CUSTOMER_TRIED,
        portal_id=PORTAL,
        record_id=company,
        occurred_at=moment,
        received_at=moment,
        round=round_,
        bulk=True,
    )


def night(at: datetime = MONDAY, *, round_: int = 0) -> Event:
    moment = at.astimezone(UTC)
    return Event(
        name=NIGHT_FELL, portal_id=PORTAL, about="sequence-due", occurred_at=moment, received_at=moment, round=round_
    )


def a_desk() -> Desk:
    """Kari looks after the company, and has written to Anne, who works there."""
    desk = Desk()
    desk.crm.put(Owner(id=KARI, user_id=USER, first_name="Kari", last_name="Nordmann", email="kari@avonova.example"))
    desk.crm.put(Company(id=COMPANY, name="Fjellbygg AS", owner_id=KARI))
    desk.crm.put(Contact(id=CONTACT, first_name="Anne", email="anne@fjellbygg.example"), companies=[COMPANY])
    return desk


def log_call(
    desk: Desk, *, disposition: str = NO_ANSWER, inbound: bool = False, companies: tuple[int, ...] = (COMPANY,)
) -> None:
    call = Call(id=CALL, at=MONDAY.astimezone(UTC), disposition=disposition, inbound=inbound)
    desk.crm.put(call, contacts=[CONTACT], companies=companies)
