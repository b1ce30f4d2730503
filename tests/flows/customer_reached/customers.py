"""Customers with a case, and everything the flow works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from customer_reached.case import NAME
from customer_reached.facts import gather
from customer_reached.plan import basis, plan
from customer_reached.rules import CustomerReachedRules
from kundeflyt.domain import cases
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.crm import Company, Owner
from kundeflyt.domain.events import CALL_LOGGED, EMAIL_LOGGED, MEETING_LOGGED, MEETING_OUTCOME_SET, Event
from kundeflyt.domain.ownership import OwnerChange
from kundeflyt.domain.review import Entry, EntryWhat, RecordType
from kundeflyt.engine.flow import Flow, Result
from tests.domain.case_situation import ADVISER, COMPANY, NOW, begun, later
from tests.flows.desk import FALLBACK, PORTAL, Desk

FLOW = Flow(name=NAME, rules=CustomerReachedRules, gather=gather, basis=basis, plan=plan)
CSC, OLA = 398, 12
HEARD: dict[EntryWhat, tuple[RecordType, str]] = {
    "email_in": ("emails", EMAIL_LOGGED),
    "call_in": ("calls", CALL_LOGGED),
    "call_connected": ("calls", CALL_LOGGED),
    "meeting_booked": ("meetings", MEETING_LOGGED),
    "meeting_held": ("meetings", MEETING_OUTCOME_SET),
}
NOT_HEARD: dict[EntryWhat, tuple[RecordType, str]] = {
    "email_out": ("emails", EMAIL_LOGGED),
    "sequence_email": ("emails", EMAIL_LOGGED),
    "call_out": ("calls", CALL_LOGGED),
    "meeting_no_show": ("meetings", MEETING_OUTCOME_SET),
}


def inactive(company_id: int = COMPANY) -> ReviewCase:
    """Una has decided that the customer is inactive, and it is done."""
    case = begun(company_id=company_id)
    assert case.decision
    return cases.effected(case, case.decision.mark, later(minutes=12))[0]


class Customers:
    """Fjordbygg AS, Kari's customer, and their case."""

    def __init__(self, case: ReviewCase | None = None) -> None:
        self.desk = Desk(at=later(days=2))
        self.desk.common = self.desk.common.model_copy(update={"csc_owner_id": CSC, "fallback_owner_id": FALLBACK})
        self.desk.crm.put(Owner(id=ADVISER, email="kari@avonova.example", first_name="Kari", last_name="Lie"))
        self.desk.crm.put(Owner(id=OLA, email="ola@avonova.example", first_name="Ola", last_name="Moe"))
        self.desk.crm.put(Owner(id=CSC, is_person=False))
        self.id = ""
        if case:
            self.keep(case)
        self.owned_by(None if case and case.closed else ADVISER)

    def keep(self, case: ReviewCase) -> None:
        """How the case stands now."""
        self.desk.cases.cases[case.id] = case
        self.desk.cases.audits.setdefault(case.id, [])
        self.id = case.id

    def owned_by(self, owner_id: int | None, *before: int) -> None:
        history = tuple(OwnerChange(owner_id=one, at=NOW - timedelta(days=n + 9)) for n, one in enumerate(before))
        self.desk.crm.put(Company(id=COMPANY, owner_id=owner_id, country="Norge", owner_history=history))

    def has_left(self, owner_id: int) -> None:
        self.desk.crm.put(replace(self.desk.crm.owners([owner_id])[owner_id], archived=True))

    @property
    def case(self) -> ReviewCase:
        return self.desk.cases.cases[self.id]

    @property
    def state(self) -> str:
        return self.case.state

    @property
    def because(self) -> str:
        return self.desk.because

    def logged(
        self, what: EntryWhat, *, at: datetime | None = None, id_: int = 701, companies: tuple[int, ...] = (COMPANY,)
    ) -> Event:
        """Something is logged in HubSpot; gives its event."""
        record, name = (HEARD | NOT_HEARD)[what]
        at = at or later(days=1)
        for company in companies:
            self.desk.sequences.put_trace(company, Entry(what=what, record=record, id=str(id_), at=at))
        return Event(name=name, portal_id=PORTAL, record_id=id_, occurred_at=at, received_at=at.astimezone(UTC))

    def hears(self, *events: Event, **rules: Any) -> Mapping[Event, Result]:
        return self.desk.hears(FLOW, *events, **rules)

    def goes_on(self, **rules: Any) -> None:
        """What was to be looked at again, is."""
        wakes = dict(self.desk.road.wakes)
        self.desk.road.wakes.clear()
        for event, when in wakes.values():
            self.desk.at = max(self.desk.at, when)
            self.hears(event, **rules)
