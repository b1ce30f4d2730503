"""A customer who did not answer, in all systems: what the flow does about its sequence is what people would see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kundeflyt.domain.cards import Card, Order
from kundeflyt.domain.crm import Company, Contact
from kundeflyt.domain.events import CONTACT_SEQUENCE_CHANGED, NIGHT_FELL, Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.review import Entry, EntryWhat, RecordType, ReviewRequest
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sequences import Enrolment
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Finished, Flow, Result
from kundeflyt.engine.run import run
from sequence_ended.case import NAME, SWEEP
from sequence_ended.facts import gather
from sequence_ended.plan import basis, plan
from sequence_ended.rules import SequenceEndedRules
from tests.fakes.crm import TaskOnHand
from tests.flows.desk import COMPANY, CONTACT, FALLBACK, KARI, MONDAY, PORTAL, Desk

FLOW = Flow(name=NAME, rules=SequenceEndedRules, gather=gather, basis=basis, plan=plan)
PAYLOADS = Path(__file__).parent / "payloads"
SEQUENCE, OTHER_SEQUENCE, BJORN, GONE = 301, 302, 102, 399_000
ENROLLED = (MONDAY - timedelta(days=151)).astimezone(UTC)
ENDED = (MONDAY - timedelta(minutes=20)).astimezone(UTC)
NUMBER = "974 760 673"
CARD = "K-17"
MARK = f"{SEQUENCE}-{int(ENROLLED.timestamp())}"
_RECORDS: dict[str, RecordType] = {
    "sequence_email": "emails",
    "email": "emails",
    "sequence_call": "tasks",
    "call": "calls",
    "meeting": "meetings",
    "sms": "communications",
    "task": "tasks",
    "order": "orders",
}


def entry(what: EntryWhat, id_: int = 1, *, at: datetime | None = None) -> Entry:
    kind = next(record for start, record in _RECORDS.items() if what.startswith(start))
    return Entry(what=what, record=kind, id=str(id_), at=at or ENDED - timedelta(days=1))


def an_enrolment(**changes: Any) -> Enrolment:
    known: dict[str, Any] = {
        "contact_id": CONTACT,
        "sequence_id": SEQUENCE,
        "enrolled_at": ENROLLED,
        "running": False,
        "finished_at": ENDED,
        "ended_at": ENDED,
    }
    return Enrolment(**known | changes)


def left_early(**changes: Any) -> Enrolment:
    return an_enrolment(finished_at=None, left_at=ENDED, **changes)


class Portal:
    """Kari's customer, tried by e-mail and phone for five months without a word; the main contact has a phone."""

    def __init__(self) -> None:
        self.desk = Desk(at=MONDAY)
        self.desk.common = self.desk.common.model_copy(update={"csc_owner_id": FALLBACK})
        self.put_company()
        self.put_contact()
        self.desk.cards.by_id[CARD] = Card(
            id=CARD, organisation_number=OrganisationNumber("974760673"), name="Fjellbygg AS", version="v1"
        )
        self.desk.sequences.put_trace(COMPANY, entry("sequence_email", 11), entry("sequence_call", 12))

    def put_company(self, *, owner: int | None = KARI, number: str | None = NUMBER, **properties: str) -> None:
        known = {self.desk.common.organisation_number_property: number} if number else {}
        company = Company(id=COMPANY, name="Fjellbygg AS", owner_id=owner, country="Norge")
        self.desk.crm.put(
            Company(
                id=company.id,
                name=company.name,
                owner_id=owner,
                country=company.country,
                properties=known | properties,
            )
        )

    def put_contact(self, *, phone: str | None = "912 34 567", name: str | None = "Anne", **more: Any) -> None:
        contact = Contact(id=CONTACT, first_name=name, mobile=phone, email="anne@example.no", country="Norge", **more)
        self.desk.crm.put(contact, companies=[COMPANY])

    def ends(self, enrolment: Enrolment | None = None, *heard: Entry) -> None:
        """The sequence is over in HubSpot, and this was heard or done."""
        self.desk.sequences.put(enrolment or an_enrolment())
        self.desk.sequences.put_trace(COMPANY, *heard)

    def has_order(self) -> None:
        self.desk.cards.orders[CARD] = [Order(id="o1", title="Helsekontroll", assignee_id=None)]

    def event(self, round_: int = 0, contact: int = CONTACT) -> Event:
        return Event(
            name=CONTACT_SEQUENCE_CHANGED,
            portal_id=PORTAL,
            record_id=contact,
            occurred_at=ENDED,
            received_at=ENDED,
            round=round_,
        )

    def night(self, round_: int = 0, at: datetime | None = None) -> Event:
        moment = (at or self.desk.at).astimezone(UTC)
        return Event(
            name=NIGHT_FELL,
            portal_id=PORTAL,
            about=SWEEP,
            occurred_at=moment,
            received_at=moment,
            round=round_,
            bulk=True,
        )

    def looks(self, *events: Event, **rules: Any) -> Mapping[Event, Result]:
        """The flow looks at these, or at the contact for the first time."""
        by = Rules(common=self.desk.common, flow=SequenceEndedRules(**rules), texts=TextBook({}), production=True)
        return run(FLOW, events or (self.event(),), self.desk.ports(), by, self.desk.at)

    def sees(self, *events: Event, **rules: Any) -> None:
        """The same, and every event is dealt with."""
        results = self.looks(*events, **rules)
        assert set(results.values()) == {Finished()}, results

    def comes_back(self, start: str, **rules: Any) -> None:
        """Everything that was booked under a name that begins so comes back, when it is time for the last of it."""
        wakes = self.desk.road.wakes
        due = [wakes.pop(key) for key in list(wakes) if key.split("/")[-1].startswith(start)]
        assert due
        self.desk.at = max(self.desk.at, *(when for _, when in due))
        self.sees(*(event for event, _ in due), **rules)

    @property
    def requests(self) -> list[ReviewRequest]:
        """The cases asked for, in order."""
        return self.desk.review_queue.asked_for

    @property
    def tasks(self) -> list[TaskOnHand]:
        return self.desk.tasks
