"""The app in HubSpot tells us of what the flows listen to, may do what they do, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.operate.vendor_checks import SCOPE_TO_FIX, SCOPES
from infra.simulators.hubspot.settings import Settings
from kundeflyt.adapters.hubspot import webhooks
from kundeflyt.adapters.hubspot.webhooks import CALL, COMPANY, CONTACT, EMAIL, MEETING, translate
from kundeflyt.domain.events import Event
from kundeflyt.wiring.door import listened_to
from tests.flows.hubspot_webhook.at_the_door import APP_ID, NOW, PORTAL_ID

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "infra" / "hubspot_app"
NAMES = {CONTACT: "contact", COMPANY: "company", CALL: "call", MEETING: "meeting", EMAIL: "email"}
# HubSpot tells of these only in the classic words, and only of these.
CLASSIC = {"contact.privacyDeletion"}

Subscription = dict[str, Any]


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@pytest.fixture
def subscribed() -> dict[str, list[Subscription]]:
    content = read(PROJECT / "src" / "app" / "webhooks" / "webhooks-hsmeta.json")
    subscriptions: dict[str, list[Subscription]] = content["config"]["subscriptions"]
    return subscriptions


def wanted() -> dict[str, list[Subscription]]:
    """A subscription for each row of the front door's table whose event a flow listens to."""
    listens = listened_to(ROOT / "functions")
    found: dict[str, list[Subscription]] = {"crmObjects": [], "legacyCrmObjects": [], "hubEvents": []}
    for row in webhooks._CHANGES:
        if row.event not in listens:
            continue
        name = NAMES[row.object_type]
        if f"{name}.{row.change}" in CLASSIC:
            found["hubEvents"].append({"subscriptionType": f"{name}.{row.change}", "active": True})
            continue
        about = {"propertyName": row.property_name} if row.property_name else {}
        found["crmObjects"].append(
            {"subscriptionType": f"object.{row.change}", "objectType": name, **about, "active": True}
        )
    return found


def told(subscription: Subscription) -> dict[str, Any]:
    """What HubSpot posts for a generic subscription, as its pages describe it."""
    types = {name: type_id for type_id, name in NAMES.items()}
    item = {"portalId": PORTAL_ID, "occurredAt": int(NOW.timestamp() * 1000)} | subscription
    if subscription["subscriptionType"].endswith("associationChange"):
        sides = {"fromObjectTypeId": types[subscription["objectType"]], "toObjectTypeId": CONTACT}
        return item | sides | {"fromObjectId": 17, "toObjectId": 18}
    return item | {"objectTypeId": types[subscription["objectType"]], "objectId": 17}


class TestTheSubscriptions:
    def test_are_what_the_flows_listen_to_and_nothing_else(self, subscribed: dict[str, list[Subscription]]) -> None:
        def in_order(subscriptions: dict[str, list[Subscription]]) -> dict[str, list[Subscription]]:
            return {kind: sorted(rows, key=json.dumps) for kind, rows in subscriptions.items()}

        assert in_order(subscribed) == in_order(wanted())
        assert subscribed["crmObjects"]

    def test_bring_the_front_door_something_it_puts_on_the_bus(self, subscribed: dict[str, list[Subscription]]) -> None:
        """A merge needs more words than are made up here; its own payloads are with the front door's tests."""
        listens = listened_to(ROOT / "functions")
        for subscription in subscribed["crmObjects"]:
            if subscription["subscriptionType"] == "object.merge":
                continue
            found = translate(told(subscription), app_id=APP_ID, portal_id=PORTAL_ID, listens=listens, received_at=NOW)
            assert isinstance(found, Event), subscription

    def test_go_to_the_address_of_the_stack_and_leave_hubspot_its_own_pace(self) -> None:
        """HubSpot takes no fewer than six at once."""
        settings = read(PROJECT / "src" / "app" / "webhooks" / "webhooks-hsmeta.json")["config"]["settings"]
        assert settings["targetUrl"] == "${WEBHOOK_URL}"
        assert settings["maxConcurrentRequests"] > 5


class TestTheApp:
    def test_is_for_one_account_with_a_token_that_stays(self) -> None:
        config = read(PROJECT / "src" / "app" / "app-hsmeta.json")["config"]
        assert (config["distribution"], config["auth"]["type"]) == ("private", "static")
        assert set(config["auth"]) == {"type", "requiredScopes"}  # HubSpot knows no other for such a token

    def test_asks_for_the_scopes_that_the_doctor_looks_for_and_no_others(self) -> None:
        asked = read(PROJECT / "src" / "app" / "app-hsmeta.json")["config"]["auth"]["requiredScopes"]
        assert sorted(asked) == sorted({*SCOPES, SCOPE_TO_FIX})

    def test_asks_for_what_the_simulated_portal_gives_so_that_journeys_would_miss_a_scope(self) -> None:
        asked = read(PROJECT / "src" / "app" / "app-hsmeta.json")["config"]["auth"]["requiredScopes"]
        assert sorted(asked) == sorted(Settings().scopes)

    def test_is_written_for_the_platform_that_knows_the_paths_we_use(self) -> None:
        project = read(PROJECT / "hsproject.json")
        assert (project["srcDir"], project["platformVersion"]) == ("src", "2026.09")

    def test_names_nothing_twice(self) -> None:
        files = sorted((PROJECT / "src").rglob("*-hsmeta.json"))
        uids = [read(file)["uid"] for file in files]
        assert len(files) == 2
        assert len(set(uids)) == len(uids)
