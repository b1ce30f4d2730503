"""A small world in memory for the engine's tests: fakes, a clock set by hand, and a flow that is told its plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kundeflyt.domain.actions import Action, CreateTask, LogEmail, LogSms, Plan, SendEmail, SendSms, UpdateTask
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.domain.rules import CommonRules, FlowRules, Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Flow, Result
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.readers import Readers
from tests.fakes.cards import FakeCards
from tests.fakes.cases import FakeAnnouncer, FakeReviewQueue, InMemoryCases
from tests.fakes.crm import FakeCrm
from tests.fakes.customers import FakeCustomers
from tests.fakes.inbox import FakeInbox
from tests.fakes.inspection import FakeInspection
from tests.fakes.ledger import InMemoryLedger, InMemoryRoad
from tests.fakes.mail import FakeMail
from tests.fakes.sequences import FakeSequences
from tests.fakes.sms import FakeSms

PORTAL, CONTACT, COMPANY, ADVISER = 25_000_001, 101, 201, 301
MOBILE = "+4791234567"
ADDRESS = "anne@example.no"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)

Planner = Callable[[Event], Plan]


class Notes:
    """Remembers what operations would have heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Mapping[str, Any]]] = []
        self.counted: dict[str, int] = {}

    def note(self, what: str, *, flow: str, **ids: str | int) -> None:
        self.heard.append((what, {"flow": flow, **ids}))

    def count(self, what: str, number: int, *, flow: str) -> None:
        self.counted[what] = self.counted.get(what, 0) + number

    @property
    def names(self) -> list[str]:
        return [what for what, _ in self.heard]


@dataclass
class World:
    """Everything a run needs; `at` is the time on every clock."""

    crm: FakeCrm = field(default_factory=FakeCrm)
    sms: FakeSms = field(default_factory=FakeSms)
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
    common: CommonRules = field(default_factory=CommonRules)
    flow_rules: FlowRules = field(default_factory=FlowRules)
    number_keys: tuple[str, ...] = ("k1",)
    at: datetime = MONDAY
    planner: Planner = lambda _event: whole_plan()
    basis: str = "no-answer|101"

    def __post_init__(self) -> None:
        self.customers = FakeCustomers(self.crm)
        self.sequences = FakeSequences()
        self.crm.put(Contact(id=CONTACT), companies=[COMPANY])
        self.crm.put(Company(id=COMPANY, owner_id=ADVISER))
        self.crm.put(Owner(id=ADVISER, first_name="Kari"))

    def run(self, *events: Event) -> Mapping[Event, Result]:
        return run(self.flow(), events, self.ports(), self.rules(), self.at)

    def run_one(self, event: Event) -> Result:
        return self.run(event)[event]

    def later(self, by: timedelta = LEASE + timedelta(seconds=1)) -> None:
        self.at += by

    def flow(self) -> Flow[None, FlowRules]:
        def gather(
            events: Sequence[Event], readers: Readers, rules: Rules[FlowRules], now: datetime
        ) -> Mapping[Event, None]:
            readers.crm.calls({event.record_id for event in events})
            return dict.fromkeys(events)

        return Flow(
            name="no_answer",
            rules=FlowRules,
            gather=gather,
            basis=lambda _facts: self.basis,
            plan=lambda event, _facts, _rules, _now: self.planner(event),
        )

    def rules(self) -> Rules[FlowRules]:
        return Rules(common=self.common, flow=self.flow_rules, texts=TextBook({}), production=False)

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
            number_hashes=lambda number: tuple(f"{key}:{number}" for key in self.number_keys),
            notices=self.notes,
            clock=lambda: self.at,
            lease=LEASE,
            begin_within=LEASE / 2,
        )


def an_event(record_id: int = 874_716_779_721, **changes: Any) -> Event:
    known: dict[str, Any] = {
        "name": CALL_LOGGED,
        "portal_id": PORTAL,
        "record_id": record_id,
        "occurred_at": MONDAY,
        "received_at": MONDAY,
    }
    return Event(**known | changes)


def an_sms(**changes: Any) -> SendSms:
    known: dict[str, Any] = {
        "name": "sms",
        "to": MOBILE,
        "text": "Hei! Ring gjerne tilbake.",
        "text_id": "sms_service v1 nb",
        "once_per_hours": 20,
        "latest": MONDAY + timedelta(hours=6),
        "valid_until": MONDAY + timedelta(hours=14),
        "owner_id": ADVISER,
    }
    return SendSms(**known | changes)


def an_email(**changes: Any) -> SendEmail:
    known: dict[str, Any] = {
        "name": "email",
        "to": ADDRESS,
        "subject": "Du har fått ny rådgiver",
        "body": "Hei, Anne!",
        "text_id": "ny_radgiver v1 nb",
        "sender_name": "Avonova",
        "reply_to": "kari@avonova.example",
        "reply_name": "Kari Lie",
        "latest": MONDAY + timedelta(hours=6),
        "owner_id": ADVISER,
        "contact_id": CONTACT,
    }
    return SendEmail(**known | changes)


def an_email_entry(**changes: Any) -> LogEmail:
    known: dict[str, Any] = {
        "name": "email-entry",
        "after": "email",
        "subject": "Du har fått ny rådgiver",
        "body": "Hei, Anne!",
        "to": ADDRESS,
        "reply_to": "kari@avonova.example",
        "owner_id": ADVISER,
        "contact_id": CONTACT,
        "company_id": COMPANY,
    }
    return LogEmail(**known | changes)


def an_email_task(**changes: Any) -> CreateTask:
    known: dict[str, Any] = {
        "name": "email-task",
        "task_type": "EMAIL",
        "subject": "Send e-post",
        "body": "SMS: sendes nå.",
        "due": MONDAY + timedelta(hours=6),
        "owner_id": ADVISER,
        "contact_id": CONTACT,
        "company_id": COMPANY,
    }
    return CreateTask(**known | changes)


def an_sms_entry() -> LogSms:
    return LogSms(name="sms-entry", after="sms", body="Hei!", owner_id=ADVISER, contact_id=CONTACT, company_id=COMPANY)


def the_task_says() -> UpdateTask:
    return UpdateTask(
        name="task-says-sms",
        task_of="email-task",
        body="Ring igjen.\n{outcome}",
        tells_about="sms",
        outcomes={"done": "Sendt {at}.", "refused": "Ikke sendt: {reason}.", "unsure": "Usikkert {at}."},
    )


def a_plan(*actions: Action, because: str = "Utgående anrop uten svar.") -> Plan:
    return Plan(because=because, actions=actions, responsible=ADVISER, contact_id=CONTACT, company_id=COMPANY)


def whole_plan() -> Plan:
    """An e-mail task, an SMS, its entry on the timeline, and the task told about it."""
    return a_plan(an_email_task(), an_sms(), an_sms_entry(), the_task_says())
