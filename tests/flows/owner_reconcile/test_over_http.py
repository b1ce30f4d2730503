"""Some hundred customers at both vendors' simulators, over HTTP, with the adapters as they are deployed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from infra.simulators import hubspot, metodika
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.adapters.metodika.client import MetodikaClient
from kundeflyt.adapters.metodika.reader import MetodikaReader
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Finished
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from owner_reconcile.case import NAME
from owner_reconcile.rules import OwnerReconcileRules
from tests.flows.desk import PORTAL
from tests.flows.owner_reconcile.portal import FLOW, PROPERTY, Portal, number

CUSTOMERS, EVERY = 330, 11
RULES = OwnerReconcileRules(page=150, grace_days=7)


class Killed(BaseException):
    """The worker is gone."""


class Vendors:
    """Both vendors, and the flow on them; our own memory is the one in memory."""

    def __init__(self, hubspot_url: str, metodika_url: str, tokens: tuple[str, str]) -> None:
        self.hubspot_url, self.metodika_url = hubspot_url, metodika_url
        self.portal = Portal()
        client = HubSpotClient(base_url=hubspot_url, access_token=tokens[0])
        writer = HubSpotWriter(client)
        self.ports: Ports = replace(
            self.portal.desk.ports(),
            crm=HubSpotReader(client, clock=lambda: self.portal.desk.at),
            customers=HubSpotCustomerReader(client),
            tasks=writer,
            cards=MetodikaReader(
                MetodikaClient(base_url=metodika_url, token=tokens[1]), users_kept=timedelta(minutes=10)
            ),
        )

    def seed(self) -> None:
        """Every eleventh customer has somebody else on its card."""
        _control(self.hubspot_url, "settings", {"search_limit": 1000, "burst_limit": 10_000})
        owners = [
            {"id": id_, "firstName": first, "email": f"{first.lower()}@avonova.example"}
            for id_, first in (("301", "Kari"), ("302", "Per"))
        ]
        companies = [
            {
                "id": str(1000 + place),
                "properties": {"hubspot_owner_id": "301", PROPERTY: number(place)},
                "createdAt": "-400d",
            }
            for place in range(CUSTOMERS)
        ]
        text = {"name": PROPERTY, "label": "Nummer", "type": "string", "fieldType": "text"}
        properties = {"companies": [text | {"groupName": "companyinformation"}]}
        _control(self.hubspot_url, "seed", {"properties": properties, "owners": owners, "companies": companies})
        users = [{"ref": name, "id": f"m-{name}", "email": f"{name}@avonova.example"} for name in ("kari", "per")]
        customers = [
            {
                "id": f"K{place}",
                "orgNumber": number(place),
                "name": f"Kunde {place}",
                "manager": {
                    "userId": "m-per" if place % EVERY == 0 else "m-kari",
                    "role": "PFA",
                    "since": "2024-03-01",
                },
            }
            for place in range(CUSTOMERS)
        ]
        _control(self.metodika_url, "seed", {"users": users, "customers": customers})

    def night(self) -> int:
        """A whole sweep; a killed worker is followed by another. Gives how many deliveries it took."""
        desk = self.portal.desk
        desk.at += timedelta(days=1)
        event: Event | None = self.portal.event()
        rules = Rules(common=desk.common, flow=RULES, texts=TextBook({}), production=True)
        deliveries = 0
        while event:
            deliveries += 1
            try:
                assert run(FLOW, [event], self.ports, rules, desk.at)[event] == Finished()
                event = self.portal.next_of(event)
            except Killed:
                desk.at += timedelta(minutes=1)
        return deliveries

    def tasks(self, *, status: str) -> list[Any]:
        answer = requests.get(f"{self.hubspot_url}/_sim/state/tasks", timeout=10).json()["results"]
        return [task for task in answer if task["properties"]["hs_task_status"] == status]

    def put_right(self, place: int) -> None:
        requests.patch(
            f"{self.metodika_url}/_sim/ui/customers/K{place}",
            json={"manager": {"userId": "m-kari", "role": "PFA", "since": "2026-11-24"}},
            timeout=10,
        ).raise_for_status()


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with hubspot.running() as crm, metodika.running() as cards:
        both = Vendors(crm.url, cards.url, (crm.settings.access_token, cards.settings.token))
        both.seed()
        yield both


@contextmanager
def killed_before(vendors: Vendors, method: str, *, time: int) -> Iterator[None]:
    """The worker dies the so-manieth time before it writes that down."""
    seen = 0

    def dies(called: str) -> None:
        nonlocal seen
        seen += called == method
        if called == method and seen == time:
            raise Killed

    vendors.portal.desk.ledger.before_call = dies
    try:
        yield
    finally:
        vendors.portal.desk.ledger.before_call = lambda _method: None


class TestANightOfHundreds:
    def test_goes_on_where_it_was_killed_and_tells_each_difference_once(self, vendors: Vendors) -> None:
        with killed_before(vendors, "advance", time=3):
            deliveries = vendors.night()

        assert deliveries == 5  # begun, three pages, and one of them once more
        told = vendors.tasks(status="NOT_STARTED")
        assert len(told) == CUSTOMERS // EVERY
        assert len({tuple(task["associations"]["companies"]) for task in told}) == CUSTOMERS // EVERY
        assert vendors.portal.sweep.counts["CustomersCompared"] == CUSTOMERS

        vendors.put_right(EVERY)
        vendors.night()

        assert len(vendors.tasks(status="NOT_STARTED")) == CUSTOMERS // EVERY - 1
        [gone] = vendors.tasks(status="COMPLETED")
        assert gone["properties"]["hs_task_body"].startswith("Forskjellen er borte.")
        assert vendors.portal.desk.ledger.sweep(NAME, "owner-reconcile")
        assert vendors.portal.sweep.subject.startswith(f"{PORTAL}/")

    def test_costs_hubspot_a_search_for_two_hundred_and_little_else(self, vendors: Vendors) -> None:
        vendors.night()  # The first has the tasks to make.
        requests.delete(f"{vendors.hubspot_url}/_sim/log", timeout=10).raise_for_status()
        vendors.night()
        asked = requests.get(f"{vendors.hubspot_url}/_sim/log", timeout=10).json()["requests"]
        searches = [one for one in asked if one["path"].endswith("/search")]
        assert len(searches) == 3
        # Those that differ are read afresh with their histories, and the tasks about them once a page.
        assert len(asked) <= 3 + 3 + 3 + 2


def _control(url: str, what: str, body: dict[str, Any]) -> None:
    response = requests.post(f"{url}/_sim/{what}", json=body, timeout=30)
    assert response.ok, response.text
