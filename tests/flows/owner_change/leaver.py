"""An adviser leaves, and three hundred customers change hands at one time: all of it in memory, troubles included."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from kundeflyt.domain.cards import Card, CardUser, Manager, Order
from kundeflyt.domain.crm import Company, Contact, Owner, Work
from kundeflyt.domain.events import OWNER_CHANGED, Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber, organisation_number
from kundeflyt.domain.ownership import OwnerChange
from kundeflyt.domain.rules import BlastGuard, CommonRules, Rules
from kundeflyt.domain.wording import OSLO
from kundeflyt.engine.flow import Finished, Flow, Later
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater, Unsure
from owner_change.facts import gather
from owner_change.plan import basis, plan
from owner_change.rules import OwnerChangeRules
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
from tests.flows.owner_change.situation import APPROVED, CHANGED, CSC, KARI, OLA, PORTAL

CUSTOMERS: Final = 300
IN_A_BATCH: Final = 100
FLOW: Final = Flow(name="owner_change", rules=OwnerChangeRules, gather=gather, basis=basis, plan=plan)
_LEASE: Final = timedelta(seconds=240)
_NUMBERS: Final = [
    number for raw in range(310_124_000, 310_134_000) if (number := organisation_number(str(raw), "NO"))
][:CUSTOMERS]


class Died(BaseException):
    """The process is gone, and no code of ours hears of it."""


@dataclass
class Office:
    """Everything the flow works with. Each customer has a contact, a task and a meeting of Kari's, and a card.

    `queue` are the messages that wait, `at` the time on every clock; `meeting_on` is the day of every meeting.
    """

    meeting_on: date
    guard: BlastGuard = field(default_factory=BlastGuard)
    at: datetime = CHANGED
    crm: FakeCrm = field(default_factory=FakeCrm)
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    cases: InMemoryCases = field(default_factory=InMemoryCases)
    road: InMemoryRoad = field(default_factory=InMemoryRoad)
    notes: Notes = field(default_factory=Notes)
    batches: list[Sequence[Event]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.customers = FakeCustomers(self.crm)
        self.cards = FakeCards(today=CHANGED.date())
        self.queue = [self._event(place + 1) for place in range(CUSTOMERS)]
        for id_, name in ((KARI, "Kari"), (OLA, "Ola")):
            self.crm.put(Owner(id=id_, first_name=name, email=f"{name.lower()}@avonova.example"))
            self.cards.people[f"{name.lower()}@avonova.example"] = CardUser(id=name)
        for place, number in enumerate(_NUMBERS):
            self._customer(place + 1, number)

    @staticmethod
    def _event(company: int) -> Event:
        return Event(name=OWNER_CHANGED, portal_id=PORTAL, record_id=company, occurred_at=CHANGED, received_at=CHANGED)

    def _customer(self, id_: int, number: OrganisationNumber) -> None:
        history = (
            OwnerChange(at=CHANGED - timedelta(days=400), owner_id=KARI),
            OwnerChange(at=CHANGED, owner_id=OLA),
        )
        numbered = {"orgnummer": number}
        self.crm.put(Company(id=id_, owner_id=OLA, country="Norge", properties=numbered, owner_history=history))
        self.crm.put(Contact(id=1000 + id_, email=f"anne@firma{id_}.example", phone="22334455"), companies=[id_])
        meets = datetime.combine(self.meeting_on, datetime.min.time(), OSLO) + timedelta(hours=12)
        for kind, at in (("tasks", CHANGED + timedelta(days=3)), ("meetings", meets)):
            work = Work(kind=kind, id=5000 + id_, owner_id=KARI, at=at, booked_at=CHANGED - timedelta(days=9))  # type: ignore[arg-type]
            self.customers.put_work(work, id_)
        manager = Manager(user_id="Kari", role="PFA", since=date(2024, 1, 1))
        card_id = f"K{id_}"
        self.cards.by_id[card_id] = Card(
            id=card_id, organisation_number=number, name=f"Firma {id_}", version="1", url=None, manager=manager
        )
        self.cards.orders[card_id] = [Order(id=f"B{id_}", title="Kurs", assignee_id="Kari")]

    # What happens.

    def works_off(self, *, chance: random.Random | None = None) -> None:
        """Batch by batch until nothing waits; with `chance` the batches are cut at random and troubled."""
        while self.queue:
            size = chance.randint(1, IN_A_BATCH) if chance else IN_A_BATCH
            if chance:
                chance.shuffle(self.queue)
            batch, self.queue = self.queue[:size], self.queue[size:]
            if chance and chance.random() < 0.5:
                chance.choice(_TROUBLES)(self, chance)
            self.queue += self._left_of(batch)
            self.at += timedelta(seconds=1) if chance is None else 2 * _LEASE

    def wakes(self, start: str) -> None:
        """The bookings whose action's name begins so come back, when it is time for the last of them."""
        due = {key: self.road.wakes.pop(key) for key in list(self.road.wakes) if f"/{start}" in key}
        self.at = max([self.at, *(when for _, when in due.values())])
        self.queue += [event for event, _ in due.values()]

    def released(self) -> None:
        """Somebody has seen why the flow stopped, and lets everything go on."""
        held = self.ledger.held(FLOW.name)
        self.ledger.resume_flow(FLOW.name)
        for one in held:
            self.queue.append(one.event.next_round())
            self.ledger.unhold(FLOW.name, one)

    def _left_of(self, batch: Sequence[Event]) -> Sequence[Event]:
        self.batches.append(batch)
        common = CommonRules(csc_owner_id=CSC, blast_guard=self.guard)
        rules = Rules(common=common, flow=OwnerChangeRules(), texts=APPROVED, production=True)
        try:
            results = run(FLOW, batch, self._ports(), rules, self.at)
        except Died:
            return batch
        finally:
            self.ledger.before_call = lambda _method: None
        ended = {event for event, result in results.items() if result == Finished()}
        assert all(isinstance(results[event], Later) for event in batch if event not in ended), results
        return [event for event in batch if event not in ended]

    def _ports(self) -> Ports:
        return Ports(
            ledger=self.ledger,
            cases=self.cases,
            crm=self.crm,
            customers=self.customers,
            sequences=FakeSequences(),
            sequence_writer=FakeSequences(),
            tasks=self.crm,
            work=self.customers,
            timeline=self.crm,
            contacts=self.crm,
            companies=self.crm,
            sms=FakeSms(),
            mail=FakeMail(),
            inbox=FakeInbox(),
            cards=self.cards,
            card_writer=self.cards,
            inspection=FakeInspection(),
            review_queue=FakeReviewQueue(),
            announcer=FakeAnnouncer(),
            road=self.road,
            number_hashes=lambda number: (number,),
            notices=self.notes,
            clock=lambda: self.at,
            lease=_LEASE,
            begin_within=_LEASE / 4,
        )

    # What has come of it.

    def made(self, start: str) -> list[TaskOnHand]:
        """The tasks made by the actions whose names begin so."""
        return [on_hand for on_hand in self.crm.tasks.values() if on_hand.task.key.split("/")[-1].startswith(start)]

    def companies_of(self, start: str) -> list[int]:
        """Whose tasks these are, each as often as it has one."""
        return sorted(on_hand.task.company_id or 0 for on_hand in self.made(start))

    def days_of(self, start: str) -> Mapping[date, int]:
        """How many of these tasks are due on each day."""
        return Counter(on_hand.task.due.astimezone(OSLO).date() for on_hand in self.made(start))


def _busy(office: Office, chance: random.Random) -> None:
    method = chance.choice(["create_tasks", "log_notes"])
    office.crm.fail_next(method, TryLater("HubSpot is busy"), times=chance.randint(1, 20))


def _silent(office: Office, chance: random.Random) -> None:
    method = chance.choice(["create_tasks", "log_notes"])
    lost = Unsure("HubSpot's answer was lost")
    office.crm.fail_next(method, lost, times=chance.randint(1, 20), after_effect=chance.random() < 0.5)


def _not_moving(office: Office, chance: random.Random) -> None:
    office.customers.fail_next("move", TryLater("HubSpot is busy"), times=chance.randint(1, 20))


def _unreadable(office: Office, chance: random.Random) -> None:
    office.customers.fail_next(chance.choice(["companies", "work", "told"]), TryLater("HubSpot is busy"))


def _killed(office: Office, chance: random.Random) -> None:
    left = chance.randint(0, 400)

    def count(_method: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Died

    office.ledger.before_call = count


_TROUBLES: Final = (_busy, _silent, _not_moving, _unreadable, _killed)
