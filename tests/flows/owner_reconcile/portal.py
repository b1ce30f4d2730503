"""Customers in HubSpot and their cards in Metodika, and a whole night of the flow: what people would see of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from stdnum.no import orgnr

from kundeflyt.domain.cards import Card, CardUser, Manager
from kundeflyt.domain.crm import Company, Owner
from kundeflyt.domain.events import NIGHT_FELL, Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.ownership import OwnerChange
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sweeps import Sweep
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Finished, Flow, Result
from kundeflyt.engine.run import run
from owner_reconcile.case import NAME, SWEEP
from owner_reconcile.facts import gather
from owner_reconcile.plan import basis, plan
from owner_reconcile.rules import OwnerReconcileRules
from tests.fakes.crm import TaskOnHand
from tests.flows.desk import COMPANY, FALLBACK, KARI, PER, PORTAL, Desk

FLOW = Flow(name=NAME, rules=OwnerReconcileRules, gather=gather, basis=basis, plan=plan)
PAYLOADS = Path(__file__).parent / "payloads"
NIGHT = datetime(2026, 11, 24, 0, 5, tzinfo=UTC)
LONG_AGO = NIGHT - timedelta(days=400)
LEFT, QUEUE, STRANGER = 303, 320, 304
PROPERTY = "orgnummer"


def number(place: int) -> OrganisationNumber:
    """A valid organisation number for every place."""
    # One stem in eleven has no check digit.
    candidates = (f"9{tail:08}" for tail in range(100 * place, 100 * place + 100))
    return OrganisationNumber(next(digits for digits in candidates if orgnr.is_valid(digits)))


class Portal:
    """Kari and Per, whom both systems know; Siv, whom Metodika does not; Lars, who has left; and a queue."""

    def __init__(self) -> None:
        self.desk = Desk(at=NIGHT)
        self.desk.crm.remove_company(COMPANY)
        for id_, first in ((KARI, "Kari"), (PER, "Per"), (STRANGER, "Siv"), (LEFT, "Lars")):
            email = f"{first.lower()}@avonova.example"
            self.desk.crm.put(Owner(id=id_, email=email, first_name=first, last_name="Lie", archived=id_ == LEFT))
            if id_ != STRANGER:
                self.desk.cards.people[email] = CardUser(id=f"m-{first.lower()}", active=id_ != LEFT)
        self.desk.crm.put(Owner(id=QUEUE, is_person=False))
        self.rules: dict[str, Any] = {}

    def customer(self, place: int, owner: int | None = KARI, manager: str | None = "m-kari", cards: int = 1) -> int:
        """A customer with its card; owner and manager the same unless said otherwise."""
        id_ = 1000 + place
        history = (OwnerChange(at=LONG_AGO, owner_id=owner),)
        properties = {PROPERTY: number(place)}
        self.desk.crm.put(
            Company(id=id_, owner_id=owner, country="Norge", properties=properties, owner_history=history)
        )
        for which in range(cards):
            self.card(f"K{place}-{which}", place, manager)
        return id_

    def card(self, id_: str, place: int, manager: str | None) -> None:
        named = Manager(user_id=manager, role="PFA", since=date(2024, 3, 1)) if manager else None
        self.desk.cards.by_id[id_] = Card(
            id=id_, organisation_number=number(place), name="AS", version="v1", manager=named
        )

    def owner_becomes(self, company_id: int, owner: int | None, at: datetime = LONG_AGO) -> None:
        company = self.desk.crm.all_companies()[company_id]
        self.desk.crm.put(replace(company, owner_id=owner, owner_history=(OwnerChange(at=at, owner_id=owner),)))

    def manager_becomes(self, place: int, manager: str | None) -> None:
        self.card(f"K{place}-0", place, manager)

    def event(self, about: str = SWEEP, *, at: datetime | None = None, round: int = 0) -> Event:
        moment = at or self.desk.at
        return Event(
            name=NIGHT_FELL,
            portal_id=PORTAL,
            about=about,
            occurred_at=moment.astimezone(UTC),
            received_at=moment.astimezone(UTC),
            round=round,
            bulk=True,
        )

    def hears(self, event: Event) -> Result:
        """One delivery."""
        by = Rules(common=self.desk.common, flow=OwnerReconcileRules(**self.rules), texts=TextBook({}), production=True)
        return run(FLOW, [event], self.desk.ports(), by, self.desk.at)[event]

    def next_of(self, event: Event) -> Event | None:
        """What the delivery has put back on the queue."""
        back = self.desk.road.put_backs.get(f"{NAME}/{event.subject}/go-on-{event.round}")
        return back[0] if back else None

    def night(self, *, days: int = 0, before: Callable[[Event], None] = lambda _event: None) -> list[str]:
        """A whole sweep, so many days later; gives the reasons of its plans in order."""
        self.desk.at += timedelta(days=days)
        event: Event | None = self.event(f"{SWEEP}-{len(self.desk.ledger.plans)}")
        reasons = []
        while event:
            before(event)
            assert self.hears(event) == Finished()
            reasons.append(self.desk.because)
            event = self.next_of(event)
        return reasons

    @property
    def sweep(self) -> Sweep:
        sweep = self.desk.ledger.sweep(NAME, SWEEP)
        assert sweep
        return sweep

    @property
    def open_tasks(self) -> list[TaskOnHand]:
        return [task for task in self.desk.tasks if not task.completed]

    def told(self) -> list[tuple[str, int | None]]:
        """The subjects of all tasks there ever were, and whose."""
        return [(task.task.subject, task.task.owner_id) for task in self.desk.tasks]


CSC = FALLBACK
