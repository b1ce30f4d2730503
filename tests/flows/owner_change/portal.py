"""A customer on its way from Kari to Ola, in all systems: what the flow does to it is what people would see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from kundeflyt.domain.cards import Card, CardUser, Manager, Order
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.events import OWNER_CHANGED, Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.ownership import Means, OwnerChange
from kundeflyt.domain.rules import Rules
from kundeflyt.engine.flow import Finished, Flow, Result
from kundeflyt.engine.run import run
from owner_change.case import NAME
from owner_change.facts import gather
from owner_change.plan import basis, plan
from owner_change.rules import OwnerChangeRules
from tests.domain.case_situation import decided
from tests.fakes.crm import TaskOnHand
from tests.flows.desk import COMPANY, CONTACT, FALLBACK, KARI, MONDAY, PORTAL, Desk
from tests.flows.owner_change.situation import APPROVED

FLOW = Flow(name=NAME, rules=OwnerChangeRules, gather=gather, basis=basis, plan=plan)
OLA, SIV, QUEUE = 303, 304, 320
CARD = "K-17"
NUMBER = "974 760 673"
PAYLOADS = Path(__file__).parent / "payloads"
LONG_AGO = datetime(2024, 3, 1, 8, tzinfo=UTC)


def changed(at: datetime, owner_id: int | None, by: int | None = 1309, means: Means | None = None) -> OwnerChange:
    return OwnerChange(at=at, owner_id=owner_id, user_id=by, means=means)


class Portal:
    """The customer with its people, its card and its history; `looks` is how often the flow has looked at it."""

    def __init__(self) -> None:
        self.sends_email = False
        self.desk = Desk(at=MONDAY + timedelta(minutes=20))
        self.desk.common = self.desk.common.model_copy(update={"csc_owner_id": FALLBACK})
        for id_, user, first, last in (
            (KARI, 1301, "Kari", "Lie"),
            (OLA, 1303, "Ola", "Moe"),
            (SIV, 1304, "Siv", "Nes"),
        ):
            email = f"{first.lower()}@avonova.example"
            self.desk.crm.put(Owner(id=id_, user_id=user, email=email, first_name=first, last_name=last))
            self.desk.cards.people[email] = CardUser(id=f"m-{first.lower()}")
        self.desk.crm.put(Owner(id=309, user_id=1309, first_name="Leif", last_name="Leder"))
        self.desk.crm.put(Owner(id=QUEUE, is_person=False))
        self.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA))
        self.desk.crm.put(
            Contact(id=CONTACT, first_name="Anne", email="anne@example.no", mobile="+4791234567", country="Norge"),
            companies=[COMPANY],
        )
        self.desk.cards.by_id[CARD] = Card(
            id=CARD,
            organisation_number=OrganisationNumber("974760673"),
            name="Fjellbygg AS",
            version="v1",
            manager=Manager(user_id="m-kari", role="PFA", since=date(2024, 3, 1)),
            key_information_updated=date(2025, 3, 5),
        )
        self.desk.cards.orders[CARD] = [Order(id="o1", title="Helsekontroll vår", assignee_id="m-kari")]

    def put_company(self, *history: OwnerChange, company_id: int = COMPANY, number: str | None = NUMBER) -> None:
        properties = {self.desk.common.organisation_number_property: number} if number else {}
        company = Company(id=company_id, country="Norge", properties=properties)
        owner = max(history, key=lambda change: change.at).owner_id if history else None
        self.desk.crm.put(replace(company, owner_id=owner, owner_history=history))

    def event(self, round_: int = 0, company_id: int = COMPANY) -> Event:
        return Event(
            name=OWNER_CHANGED,
            portal_id=PORTAL,
            record_id=company_id,
            occurred_at=MONDAY.astimezone(UTC),
            received_at=MONDAY.astimezone(UTC),
            round=round_,
        )

    def looks(self, *events: Event, **rules: Any) -> Mapping[Event, Result]:
        """The flow looks at these, or at the customer for the first time."""
        flow = OwnerChangeRules(**rules)
        by = Rules(common=self.desk.common, flow=flow, texts=APPROVED, production=True, sends_email=self.sends_email)
        return run(FLOW, events or (self.event(),), self.desk.ports(), by, self.desk.at)

    def looks_until_done(self, event: Event, **rules: Any) -> None:
        assert self.looks(event, **rules)[event] == Finished()

    def decides_inactive(self, *, at: datetime, company_id: int = COMPANY) -> None:
        """Customer service has decided that the customer is inactive."""
        case = decided(company_id=company_id, now=at.astimezone(UTC))
        self.desk.cases.cases[case.id] = case

    def tasks(self, start: str = "") -> list[TaskOnHand]:
        """The tasks whose subject begins so."""
        return [made for made in self.desk.tasks if made.task.subject.startswith(start)]
