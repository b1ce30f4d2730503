"""What takeovers in one batch cost at HubSpot, counted by the simulator over real HTTP, and how long the pace takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.bench.takeovers import NEW, organisation_numbers, portal
from infra.simulators import clock, hubspot
from infra.simulators.hubspot import HubspotSimulator
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.pace import PATIENCE, HubSpotPace
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.domain.events import OWNER_CHANGED, Event
from kundeflyt.domain.rules import CommonRules, Rules
from kundeflyt.engine.flow import Finished, Flow
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from kundeflyt.wiring.texts import load_texts
from owner_change.facts import gather
from owner_change.plan import basis, plan
from owner_change.rules import OwnerChangeRules
from tests.engine.world import Notes
from tests.fakes.cards import FakeCards
from tests.fakes.cases import FakeAnnouncer, FakeReviewQueue, InMemoryCases
from tests.fakes.inbox import FakeInbox
from tests.fakes.inspection import FakeInspection
from tests.fakes.ledger import InMemoryLedger, InMemoryRoad
from tests.fakes.mail import FakeMail
from tests.fakes.sequences import FakeSequences
from tests.fakes.sms import FakeSms
from tests.fakes.time_book import InMemoryTimeBook

TEXTS = Path(__file__).parents[3] / "functions" / "owner_change" / "texts"
FLOW = Flow(name="owner_change", rules=OwnerChangeRules, gather=gather, basis=basis, plan=plan)
RULES = Rules(
    common=CommonRules(csc_owner_id=1),
    flow=OwnerChangeRules(settle_minutes=0),
    texts=load_texts(TEXTS),
    production=False,
)


@dataclass
class Clock:
    """Moves only while somebody waits for leave to make a call."""

    at: datetime

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def simulator() -> Iterator[HubspotSimulator]:
    with hubspot.running() as running:
        yield running


@pytest.mark.parametrize(("customers", "most"), [(10, 25), (100, 60)])
def test_customers_that_change_hands_together_cost_few_calls(
    customers: int, most: int, simulator: HubspotSimulator
) -> None:
    """Each with 3 contacts, 20 e-mails, 10 open tasks and 4 meetings to come; and nobody's card can be found.

    Beyond listing: a search that only goes on where a page was full is not counted.
    """
    seen_at = clock.now()
    _control(simulator, "POST", "reset")
    _control(simulator, "POST", "settings", {"search_limit": 1000, "burst_limit": 10_000})
    refs = _control(simulator, "POST", "seed", portal(organisation_numbers(customers), seen_at))["refs"]
    companies = [int(refs[f"company{place}"]) for place in range(customers)]
    for company in companies:
        _control(simulator, "PATCH", f"ui/companies/{company}", {"properties": {"hubspot_owner_id": NEW}})
    _control(simulator, "DELETE", "log")
    began = seen_at + timedelta(hours=1)
    events = [_changed(company, simulator, seen_at) for company in companies]
    time = Clock(began)

    results = run(FLOW, events, _ports(simulator, time), RULES, began)

    assert set(results.values()) == {Finished()}
    asked = _control(simulator, "GET", "log")["requests"]
    beyond = [one for one in asked if not one["after"]]
    assert len(beyond) <= most, Counter(f"{one['method']} {one['path'].split('?')[0]}" for one in beyond)
    moved = [row for row in _control(simulator, "GET", "state/meetings")["results"] if _owner(row) == NEW]
    assert len(moved) == 4 * customers
    assert time.at - began < PATIENCE / 2, "as bulk work a batch would hardly get its calls"


def _owner(row: dict[str, Any]) -> str:
    owner: str = row["properties"]["hubspot_owner_id"]
    return owner


def _changed(company: int, simulator: HubspotSimulator, at: datetime) -> Event:
    portal_id = simulator.settings.portal_id
    return Event(name=OWNER_CHANGED, portal_id=portal_id, record_id=company, occurred_at=at, received_at=at, bulk=True)


def _control(simulator: HubspotSimulator, method: str, path: str, body: object = None) -> dict[str, Any]:
    response = requests.request(method, f"{simulator.url}/_sim/{path}", json=body, timeout=60)
    response.raise_for_status()
    answer: dict[str, Any] = response.json() if response.content else {}
    return answer


def _ports(simulator: HubspotSimulator, time: Clock) -> Ports:
    pace = HubSpotPace(InMemoryTimeBook(), clock=lambda: time.at, unknown=lambda: None, sleep=time.sleep)
    pace.begin(RULES.common.crm_limits, bulk=True)
    client = HubSpotClient(base_url=simulator.url, access_token=simulator.settings.access_token, pace=pace)
    writer, cards = HubSpotWriter(client), FakeCards(today=time.at.date())
    return Ports(
        ledger=InMemoryLedger(),
        cases=InMemoryCases(),
        crm=HubSpotReader(client, clock=lambda: time.at),
        customers=HubSpotCustomerReader(client),
        sequences=FakeSequences(),
        sequence_writer=FakeSequences(),
        tasks=writer,
        work=writer,
        timeline=writer,
        contacts=writer,
        companies=writer,
        sms=FakeSms(),
        mail=FakeMail(),
        inbox=FakeInbox(),
        cards=cards,
        card_writer=cards,
        inspection=FakeInspection(),
        review_queue=FakeReviewQueue(),
        announcer=FakeAnnouncer(),
        road=InMemoryRoad(),
        number_hashes=lambda number: (number,),
        notices=Notes(),
        clock=lambda: time.at,
        lease=timedelta(seconds=60),
        begin_within=timedelta(minutes=30),
    )
