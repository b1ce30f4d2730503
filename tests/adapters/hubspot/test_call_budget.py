"""What a batch costs at HubSpot, counted by the simulator over real HTTP: calls per event are the limit of scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from infra.bench.customers import busy_customers
from infra.simulators import hubspot
from infra.simulators.hubspot import HubspotSimulator
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.domain.calendar import ContactHours
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.domain.rules import CommonRules, Rules
from kundeflyt.engine.flow import Finished, Flow
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from kundeflyt.wiring.texts import load_texts
from no_answer.facts import gather
from no_answer.plan import basis, plan
from no_answer.rules import NoAnswerRules
from tests.engine.world import Notes
from tests.fakes.cards import FakeCards
from tests.fakes.cases import FakeAnnouncer, FakeReviewQueue, InMemoryCases
from tests.fakes.inbox import FakeInbox
from tests.fakes.inspection import FakeInspection
from tests.fakes.ledger import InMemoryLedger, InMemoryRoad
from tests.fakes.mail import FakeMail
from tests.fakes.sequences import FakeSequences
from tests.fakes.sms import FakeSms

EVENTS = 100
MOST_CALLS = 16
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TEXTS = Path(__file__).parents[3] / "functions" / "no_answer" / "texts"

FLOW = Flow(name="no_answer", rules=NoAnswerRules, gather=gather, basis=basis, plan=plan)
RULES = Rules(
    common=CommonRules(fallback_owner_id=1, callback_number="22 33 44 55"),
    flow=NoAnswerRules(contact_hours=ContactHours(opens="00:00", closes="24:00")),
    texts=load_texts(TEXTS),
    production=False,
)


@pytest.fixture(scope="module")
def portal() -> Iterator[HubspotSimulator]:
    with hubspot.running() as running:
        yield running


class TestABatchOfAHundredUnansweredCalls:
    """To contacts with 30 calls, 20 e-mails and 3 meetings each; a client that reads one by one needs over 600."""

    @pytest.mark.parametrize("reached", [0, 10], ids=["nobody reached since", "ten reached since"])
    def test_costs_at_most_sixteen_hubspot_calls(self, portal: HubspotSimulator, reached: int) -> None:
        requests.post(f"{portal.url}/_sim/reset", timeout=10)
        seeded = requests.post(
            f"{portal.url}/_sim/seed", json=busy_customers(EVENTS, MONDAY, reached=reached), timeout=60
        ).json()["refs"]
        requests.delete(f"{portal.url}/_sim/log", timeout=10)
        events = [
            Event(
                name=CALL_LOGGED,
                portal_id=portal.settings.portal_id,
                record_id=int(seeded[f"call{n}"]),
                occurred_at=MONDAY,
                received_at=MONDAY,
            )
            for n in range(EVENTS)
        ]
        client = HubSpotClient(base_url=portal.url, access_token=portal.settings.access_token)
        sms, writer, cards = FakeSms(), HubSpotWriter(client), FakeCards(today=MONDAY.date())
        ports = Ports(
            ledger=InMemoryLedger(),
            cases=InMemoryCases(),
            crm=HubSpotReader(client, clock=lambda: MONDAY),
            customers=HubSpotCustomerReader(client),
            sequences=FakeSequences(),
            sequence_writer=FakeSequences(),
            tasks=writer,
            work=writer,
            timeline=writer,
            contacts=writer,
            companies=writer,
            sms=sms,
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
            clock=lambda: MONDAY,
            lease=timedelta(seconds=60),
            begin_within=timedelta(minutes=30),
        )

        results = run(FLOW, events, ports, RULES, MONDAY)

        assert set(results.values()) == {Finished()}
        assert len(sms.outbox) == EVENTS - reached
        asked = requests.get(f"{portal.url}/_sim/log", timeout=10).json()["requests"]
        by_path = Counter(f"{request['method']} {request['path'].split('?')[0]}" for request in asked)
        assert client.calls == len(asked)
        assert len(asked) <= MOST_CALLS, by_path
        assert self._standing(portal, "tasks") == self._standing(portal, "communications") == EVENTS - reached

    @staticmethod
    def _standing(portal: HubspotSimulator, kind: str) -> int:
        return len(requests.get(f"{portal.url}/_sim/state/{kind}", timeout=30).json()["results"])
