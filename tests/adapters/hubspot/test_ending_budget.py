"""What endings in one batch cost at HubSpot, counted by the simulator over real HTTP, and how long the pace takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from infra.bench.endings import MOST_PER_ENDING, portal
from infra.bench.takeovers import organisation_numbers
from infra.simulators import clock, hubspot
from infra.simulators.hubspot import HubspotSimulator
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.pace import PATIENCE, HubSpotPace
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.sequences import HubSpotSequenceReader
from kundeflyt.domain.events import CONTACT_SEQUENCE_CHANGED, Event
from kundeflyt.domain.rules import CommonRules, Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Finished
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from sequence_ended.rules import SequenceEndedRules
from tests.fakes.time_book import InMemoryTimeBook
from tests.flows.desk import Desk
from tests.flows.sequence_ended.portal import FLOW

ENDINGS = 100
RULES = Rules(
    common=CommonRules(csc_owner_id=1), flow=SequenceEndedRules(settle_minutes=0), texts=TextBook({}), production=False
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


def test_sequences_that_end_together_cost_few_calls(simulator: HubspotSimulator) -> None:
    """Each with 3 contacts, 20 e-mails, 10 calls, 2 meetings and 5 tasks; and nobody's card can be found."""
    now = clock.now()
    _control(simulator, "POST", "settings", {"search_limit": 1000, "burst_limit": 10_000})
    refs = _control(simulator, "POST", "seed", portal(organisation_numbers(ENDINGS), now))["refs"]
    _control(simulator, "DELETE", "log")
    events = [_ended(int(refs[f"contact{place}-0"]), simulator, now) for place in range(ENDINGS)]
    time, desk = Clock(now + timedelta(hours=1)), Desk(at=now + timedelta(hours=1))

    results = run(FLOW, events, _ports(simulator, time, desk), RULES, time.at)

    assert set(results.values()) == {Finished()}
    asked = Counter(
        f"{one['method']} {one['path'].split('?')[0]}" for one in _control(simulator, "GET", "log")["requests"]
    )
    assert asked.total() <= MOST_PER_ENDING * ENDINGS, asked
    assert not [call for call in asked if call.endswith("/search")], "searches lag, and are the scarcer ones"
    assert len(desk.review_queue.asked_for) == ENDINGS
    entries = Counter(entry.what for request in desk.review_queue.asked_for for entry in request.evidence.entries)
    assert entries == {
        "sequence_email": 10 * ENDINGS,
        "email_out": 10 * ENDINGS,
        "call_out": 10 * ENDINGS,
        "meeting_no_show": 2 * ENDINGS,
        "sequence_call": 2 * ENDINGS,
        "task_open": 3 * ENDINGS,
    }
    assert time.at - desk.at < PATIENCE / 2, "as bulk work a batch would hardly get its calls"


def _ended(contact: int, simulator: HubspotSimulator, at: datetime) -> Event:
    portal_id = simulator.settings.portal_id
    return Event(
        name=CONTACT_SEQUENCE_CHANGED, portal_id=portal_id, record_id=contact, occurred_at=at, received_at=at, bulk=True
    )


def _control(simulator: HubspotSimulator, method: str, path: str, body: object = None) -> dict[str, Any]:
    response = requests.request(method, f"{simulator.url}/_sim/{path}", json=body, timeout=60)
    response.raise_for_status()
    answer: dict[str, Any] = response.json() if response.content else {}
    return answer


def _ports(simulator: HubspotSimulator, time: Clock, desk: Desk) -> Ports:
    pace = HubSpotPace(InMemoryTimeBook(), clock=lambda: time.at, unknown=lambda: None, sleep=time.sleep)
    pace.begin(RULES.common.crm_limits, bulk=True)
    client = HubSpotClient(base_url=simulator.url, access_token=simulator.settings.access_token, pace=pace)
    return replace(
        desk.ports(),
        crm=HubSpotReader(client, clock=lambda: time.at),
        customers=HubSpotCustomerReader(client),
        sequences=HubSpotSequenceReader(client),
    )
