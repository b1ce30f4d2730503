"""A decided case and its customer in all systems: what the flow does to them is what people would see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kundeflyt.domain import cases
from kundeflyt.domain.cards import Card, CardUser, Manager
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.crm import Company, Owner
from kundeflyt.domain.events import CASE_DECIDED, NIGHT_FELL, Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.ownership import OwnerChange
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Finished, Flow, Result
from kundeflyt.engine.run import run
from review_decided.case import NAME
from review_decided.facts import gather
from review_decided.plan import basis, plan
from review_decided.rules import ReviewDecidedRules
from tests.domain.case_situation import ADVISER, COMPANY, NOW, RULES, UNA, decided
from tests.fakes.crm import TaskOnHand
from tests.flows.desk import FALLBACK, PORTAL, Desk

FLOW = Flow(name=NAME, rules=ReviewDecidedRules, gather=gather, basis=basis, plan=plan)
CARD, CSC, OLA = "K-17", 398, 12
STATUS = {"kundestatus": "Inaktiv"}
UNDO_IS_OVER = NOW + timedelta(minutes=10)


class Portal:
    """Fjordbygg AS, Kari's customer, and the case Una has just decided."""

    def __init__(self, case: ReviewCase | None = None) -> None:
        self.desk = Desk(at=UNDO_IS_OVER + timedelta(seconds=20))
        self.desk.common = self.desk.common.model_copy(update={"csc_owner_id": CSC, "fallback_owner_id": FALLBACK})
        self.desk.crm.put(Owner(id=ADVISER, email="kari@avonova.example", first_name="Kari", last_name="Lie"))
        self.desk.crm.put(Owner(id=OLA, email="ola@avonova.example", first_name="Ola", last_name="Moe"))
        self.desk.crm.put(Owner(id=CSC, is_person=False))
        properties = {self.desk.common.organisation_number_property: "923 609 016"}
        self.desk.crm.put(Company(id=COMPANY, owner_id=ADVISER, country="Norge", properties=properties))
        self.desk.cards.people["kari@avonova.example"] = CardUser(id="m-kari")
        self.desk.cards.by_id[CARD] = Card(
            id=CARD,
            organisation_number=OrganisationNumber("923609016"),
            name="Fjordbygg AS",
            version="v1",
            manager=Manager(user_id="m-kari", role="PFA", since=date(2024, 3, 1)),
        )
        self.keep(case or decided())

    def keep(self, case: ReviewCase) -> None:
        """A person has done something to the case."""
        self.desk.cases.cases[case.id] = case
        self.id = case.id

    @property
    def case(self) -> ReviewCase:
        return self.desk.cases.cases[self.id]

    @property
    def owner(self) -> int | None:
        return self.desk.crm.companies([COMPANY])[COMPANY].owner_id

    def undoes(self) -> None:
        self.keep(cases.undo(self.case, UNA, NOW + timedelta(minutes=5), RULES)[0])

    def adviser_leaves(self) -> None:
        self.desk.crm.put(replace(self.desk.crm.owners([ADVISER])[ADVISER], archived=True))

    def handed_to(self, owner_id: int, *, at: datetime) -> None:
        """A person makes somebody else the customer's owner."""
        company = self.desk.crm.companies([COMPANY], properties=[self.desk.common.organisation_number_property])
        history = (*company[COMPANY].owner_history, OwnerChange(at=at, owner_id=owner_id))
        self.desk.crm.put(replace(company[COMPANY], owner_id=owner_id, owner_history=history))

    def event(self, round_: int = 0, company_id: int = COMPANY) -> Event:
        return Event(
            name=CASE_DECIDED,
            portal_id=PORTAL,
            record_id=company_id,
            about=self.id,
            occurred_at=NOW,
            received_at=NOW,
            round=round_,
        )

    def night(self, day: int = 10, round_: int = 0) -> Event:
        at = datetime(2026, 11, day, 1, 30, tzinfo=UTC)
        return Event(
            name=NIGHT_FELL,
            portal_id=PORTAL,
            about="review-decided",
            occurred_at=at,
            received_at=at,
            round=round_,
            bulk=True,
        )

    def hears(self, *events: Event, **rules: Any) -> Mapping[Event, Result]:
        """The flow hears of these, or of the decision for the first time."""
        flow = ReviewDecidedRules(**{"inactive_properties": STATUS, **rules})
        by = Rules(common=self.desk.common, flow=flow, texts=TextBook({}), production=True, sends_email=False)
        return run(FLOW, events or (self.event(),), self.desk.ports(), by, self.desk.at)

    def does(self, event: Event | None = None, **rules: Any) -> None:
        """The flow deals with it in one go."""
        event = event or self.event()
        assert self.hears(event, **rules)[event] == Finished()

    def because(self) -> list[str]:
        return [stored.plan.because for stored in self.desk.ledger.plans.values()]

    def tasks(self, start: str = "") -> list[TaskOnHand]:
        return [made for made in self.desk.tasks if made.task.subject.startswith(start)]
