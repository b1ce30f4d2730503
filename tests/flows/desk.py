"""One customer, two advisers and all our memory: what the flows of text messages do to it is what people would see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.delivery import Delivery, Receipt, SentSms, Status
from kundeflyt.domain.events import SMS_INBOUND, SMS_RECEIPT, Event
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.rules import CommonRules, FlowRules, Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Flow, Result
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from tests.engine.world import Notes
from tests.fakes.cards import FakeCards
from tests.fakes.cases import FakeAnnouncer, FakeReviewQueue, InMemoryCases
from tests.fakes.crm import FakeCrm, TaskOnHand
from tests.fakes.customers import FakeCustomers
from tests.fakes.inbox import FakeInbox
from tests.fakes.inspection import FakeInspection
from tests.fakes.ledger import InMemoryLedger, InMemoryRoad
from tests.fakes.mail import FakeMail
from tests.fakes.sequences import FakeSequences
from tests.fakes.sms import FakeSms

PORTAL, CONTACT, COMPANY, KARI, PER, FALLBACK = 25_000_001, 101, 201, 301, 302, 399
MOBILE, STRANGER = "+4791234567", "+4798765432"
REFERENCE, MARK = "3f" * 16, "a1" * 16
OSLO = ZoneInfo("Europe/Oslo")

RulesT = TypeVar("RulesT", bound=FlowRules)


def oslo(day: int, clock: str = "10:00") -> datetime:
    """A moment of November 2026 in Oslo; the 23rd is a Monday of an ordinary week."""
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}").replace(tzinfo=OSLO)


MONDAY = oslo(23)


def a_receipt(status: Status, part: int = 1, *, reference: str = REFERENCE) -> Event:
    return Event(
        name=SMS_RECEIPT,
        portal_id=PORTAL,
        about=reference,
        occurred_at=MONDAY.astimezone(UTC),
        received_at=MONDAY.astimezone(UTC),
        receipt=Receipt(part=part, status=status),
    )


def an_inbound(mark: str = MARK) -> Event:
    moment = MONDAY.astimezone(UTC)
    return Event(name=SMS_INBOUND, portal_id=PORTAL, about=mark, occurred_at=moment, received_at=moment)


def a_letter(text: str = "Ja, ring meg gjerne i dag", sender: str = MOBILE, **changes: Any) -> InboundSms:
    known: dict[str, Any] = {"vendor_id": "8840210001", "received_at": MONDAY.astimezone(UTC)}
    return InboundSms(text=text, sender=sender, **known | changes)


def sent_sms(reference: str = REFERENCE, *, parts: int = 1, **changes: Any) -> SentSms:
    known: dict[str, Any] = {
        "flow": "no_answer",
        "subject": f"{PORTAL}/874716779721",
        "action": "sms",
        "contact_id": CONTACT,
        "company_id": COMPANY,
        "owner_id": KARI,
        "at": MONDAY - timedelta(minutes=5),
        "delivery": Delivery(parts=parts),
    }
    return SentSms(reference=reference, **known | changes)


def hashes(number: str, keys: tuple[str, ...] = ("k1",)) -> tuple[str, ...]:
    return tuple(f"{key}:{number[::-1]}" for key in keys)


@dataclass
class Desk:
    """Everything a flow works with; `at` is the time on every clock."""

    crm: FakeCrm = field(default_factory=FakeCrm)
    sms: FakeSms = field(default_factory=FakeSms)
    sequences: FakeSequences = field(default_factory=FakeSequences)
    mail: FakeMail = field(default_factory=FakeMail)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    cards: FakeCards = field(default_factory=lambda: FakeCards(today=MONDAY.date()))
    inspection: FakeInspection = field(default_factory=FakeInspection)
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    cases: InMemoryCases = field(default_factory=InMemoryCases)
    review_queue: FakeReviewQueue = field(default_factory=FakeReviewQueue)
    announcer: FakeAnnouncer = field(default_factory=FakeAnnouncer)
    road: InMemoryRoad = field(default_factory=InMemoryRoad)
    notes: Notes = field(default_factory=Notes)
    common: CommonRules = field(default_factory=lambda: CommonRules(fallback_owner_id=FALLBACK))
    at: datetime = MONDAY + timedelta(minutes=2)
    number_keys: tuple[str, ...] = ("k1",)
    customers: FakeCustomers = field(init=False)

    def __post_init__(self) -> None:
        self.customers = FakeCustomers(self.crm)
        self.crm.put(Owner(id=KARI, first_name="Kari", last_name="Nordmann"))
        self.crm.put(Owner(id=PER, first_name="Per", last_name="Hansen"))
        self.crm.put(Owner(id=FALLBACK, first_name="Kundesenter", is_person=False))
        self.crm.put(Company(id=COMPANY, owner_id=PER))
        self.crm.put(Contact(id=CONTACT, first_name="Anne", mobile="912 34 567", country="Norge"), companies=[COMPANY])

    def hears(self, flow: Flow[Any, RulesT], *events: Event, **rules: Any) -> Mapping[Event, Result]:
        by = Rules(common=self.common, flow=flow.rules(**rules), texts=TextBook({}), production=True)
        return run(flow, events, self.ports(), by, self.at)

    def has_written(self, sent: SentSms | None = None, *, to: str = MOBILE) -> None:
        """We have sent a message to the number."""
        self.ledger.note_sms(sent or sent_sms(), number_hash=hashes(to, self.number_keys)[0])

    def gets(self, letter: InboundSms | None = None, mark: str = MARK) -> Event:
        """A message comes in and waits; gives its event."""
        self.inbox.put(mark, letter or a_letter())
        return an_inbound(mark)

    def ports(self) -> Ports:
        return Ports(
            ledger=self.ledger,
            cases=self.cases,
            crm=self.crm,
            customers=self.customers,
            sequences=self.sequences,
            sequence_writer=self.sequences,
            tasks=self.crm,
            work=self.customers,
            timeline=self.crm,
            contacts=self.crm,
            companies=self.crm,
            sms=self.sms,
            mail=self.mail,
            inbox=self.inbox,
            cards=self.cards,
            card_writer=self.cards,
            inspection=self.inspection,
            review_queue=self.review_queue,
            announcer=self.announcer,
            road=self.road,
            number_hashes=lambda number: hashes(number, self.number_keys),
            notices=self.notes,
            clock=lambda: self.at,
            lease=timedelta(seconds=30),
            begin_within=timedelta(seconds=30),
        )

    @property
    def tasks(self) -> list[TaskOnHand]:
        return list(self.crm.tasks.values())

    @property
    def task(self) -> TaskOnHand:
        """The only task."""
        [task] = self.tasks
        return task

    @property
    def because(self) -> str:
        """Why the last plan is what it is."""
        return list(self.ledger.plans.values())[-1].plan.because

    @property
    def stored(self) -> str:
        """All that our own memory holds, as text."""
        ledger = self.ledger
        return repr([plan.plan.model_dump_json() for plan in ledger.plans.values()]) + repr(
            [
                ledger.actions,
                ledger.sms,
                list(ledger.suppressions()),
                [plan.event.to_json() for plan in ledger.plans.values()],
                self.notes.heard,
            ]
        )
