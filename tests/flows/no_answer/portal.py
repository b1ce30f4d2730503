"""A small portal with the whole flow before it, in memory: what a test does to it is what people do in HubSpot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kundeflyt.domain.crm import Call, Company
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.engine.flow import Flow, Result
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from no_answer.case import NAME
from no_answer.facts import gather
from no_answer.plan import basis, plan
from no_answer.rules import NoAnswerRules
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
from tests.flows.no_answer.situation import COMPANY, CONTACT, MONDAY, a_contact, an_event, owners, rules

FLOW = Flow(name=NAME, rules=NoAnswerRules, gather=gather, basis=basis, plan=plan)


class _Notices:
    def note(self, what: str, *, flow: str, **ids: str | int) -> None:
        """Nobody listens here."""

    def count(self, what: str, number: int, *, flow: str) -> None:
        """Nor here."""


class Portal:
    """One contact at one company, three advisers; `at` is the time on every clock."""

    def __init__(self) -> None:
        self.crm, self.sms, self.inbox = FakeCrm(), FakeSms(), FakeInbox()
        self.ledger, self.road = InMemoryLedger(), InMemoryRoad()
        self.at = MONDAY + timedelta(minutes=2)
        for owner in owners().values():
            self.crm.put(owner)
        self.crm.put(Company(id=COMPANY))
        self.crm.put(a_contact(), companies=[COMPANY])
        cards = FakeCards(today=MONDAY.date())
        customers = FakeCustomers(self.crm)
        self.ports = Ports(
            ledger=self.ledger,
            cases=InMemoryCases(),
            crm=self.crm,
            customers=customers,
            sequences=FakeSequences(),
            sequence_writer=FakeSequences(),
            tasks=self.crm,
            work=customers,
            timeline=self.crm,
            contacts=self.crm,
            companies=self.crm,
            sms=self.sms,
            mail=FakeMail(),
            inbox=self.inbox,
            cards=cards,
            card_writer=cards,
            inspection=FakeInspection(),
            review_queue=FakeReviewQueue(),
            announcer=FakeAnnouncer(),
            road=self.road,
            number_hashes=lambda number: (f"hash of {number}",),
            notices=_Notices(),
            clock=lambda: self.at,
            lease=timedelta(seconds=30),
            begin_within=timedelta(minutes=30),
        )

    def rules(self) -> Rules[NoAnswerRules]:
        return rules()

    def logs(self, call: Call, *contacts: int, at: datetime | None = None) -> Event:
        """Somebody logs the call, or changes it, and the flow hears of it at that time."""
        self.at = at or self.at
        self.crm.put(call, contacts=contacts or [CONTACT])
        event = an_event(record_id=call.id, occurred_at=self.at, received_at=self.at)
        self.hears(event)
        return event

    def logs_without_contact(self, call: Call) -> None:
        self.crm.put(call)
        self.hears(an_event(record_id=call.id))

    def hears(self, *events: Event) -> Mapping[Event, Result]:
        return run(FLOW, events, self.ports, self.rules(), self.at)

    def wakes(self) -> None:
        """Every schedule that is booked goes off."""
        for event, when in self.road.wakes.values():
            self.at = max(self.at, when)
            self.hears(event)
        self.road.wakes.clear()

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
