from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

import pytest

from infra.simulators.hubspot import Settings
from infra.simulators.hubspot.signing import signature_headers
from tests.simulation.clients import CONNECTED, NO_ANSWER, OBJECTS, Caller, Listener

SECRET = Settings().client_secret
APP_ID = Settings().app_id


@pytest.fixture
def listened(hubspot: Caller, refs: dict[str, str], listener: Listener) -> Listener:
    """The portal is seeded and its webhooks go to the listener."""
    hubspot.sim("POST", "settings", {"webhook_url": listener.url, "retry_delays": [0.01, 0.01, 0.01]})
    return listener


def log_call(hubspot: Caller, disposition: str = NO_ANSWER, contact: str | None = "@anne") -> str:
    body: dict[str, Any] = {
        "properties": {"hs_call_direction": "OUTBOUND", "hs_call_disposition": disposition},
        "associations": {"contacts": [contact]} if contact else {},
        "userId": 42,
    }
    id_: str = hubspot.sim("POST", "ui/calls", body)["id"]
    return id_


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["subscriptionType"] for event in events]


class TestEvents:
    def test_a_logged_call_is_told_as_creation_outcome_and_both_sides_of_its_contact(
        self, hubspot: Caller, refs: dict[str, str], listened: Listener
    ) -> None:
        call = int(log_call(hubspot))
        created, outcome, from_call, from_contact = listened.events(4)
        assert (created["subscriptionType"], created["objectId"]) == ("object.creation", call)
        assert created["objectTypeId"] == "0-48"
        assert (created["changeSource"], created["sourceId"]) == ("CRM_UI", "userId:42")
        assert (outcome["propertyName"], outcome["propertyValue"]) == ("hs_call_disposition", NO_ANSWER)
        assert (from_call["fromObjectId"], from_call["toObjectId"]) == (call, int(refs["anne"]))
        assert (from_contact["fromObjectId"], from_contact["toObjectId"]) == (int(refs["anne"]), call)
        assert "objectId" not in from_call

    def test_our_own_writes_carry_our_app_id(self, hubspot: Caller, refs: dict[str, str], listened: Listener) -> None:
        path = f"{OBJECTS}/companies/{refs['fjellbygg']}"
        hubspot.api("PATCH", path, {"properties": {"hubspot_owner_id": refs["ola"]}})
        (event,) = listened.events(1)
        assert (event["changeSource"], event["sourceId"]) == ("INTEGRATION", str(APP_ID))
        assert event["appId"] == APP_ID
        assert event["propertyValue"] == refs["ola"]

    def test_a_change_may_be_told_of_late(self, hubspot: Caller, refs: dict[str, str], listened: Listener) -> None:
        ours = {"ref": "old", "properties": {"name": "Gammel AS"}, "createdAt": "-9d"}
        company = hubspot.sim("POST", "seed", {"companies": [ours]})["refs"]["old"]
        for owner, at in (("@ola", {"at": "-20m"}), ("@siv", {})):
            hubspot.sim("PATCH", f"ui/companies/{company}", {"properties": {"hubspot_owner_id": owner}} | at)
        late, prompt = (event["occurredAt"] for event in listened.events(2))
        asked = {"propertiesWithHistory": ["hubspot_owner_id"], "inputs": [{"id": company}]}
        (row,) = hubspot.api("POST", f"{OBJECTS}/companies/batch/read", asked).json()["results"]
        history = row["propertiesWithHistory"]["hubspot_owner_id"]
        times = [datetime.fromisoformat(value["timestamp"]).timestamp() * 1000 for value in history]
        assert [round(time) for time in times] == [prompt, late]
        assert prompt - late >= 20 * 60 * 1000

    def test_only_subscribed_properties_and_real_changes_are_told(self, hubspot: Caller, listened: Listener) -> None:
        call = log_call(hubspot, contact=None)
        listened.events(2)
        for disposition in (NO_ANSWER, CONNECTED):
            properties = {"hs_call_disposition": disposition, "hs_call_title": disposition}
            hubspot.sim("PATCH", f"ui/calls/{call}", {"properties": properties})
        assert [event.get("propertyValue") for event in listened.events(3)] == [None, NO_ANSWER, CONNECTED]

    def test_subscriptions_can_be_others_legacy_ones_too(
        self, hubspot: Caller, refs: dict[str, str], listened: Listener
    ) -> None:
        legacy = {"subscriptionType": "company.propertyChange", "propertyName": "hubspot_owner_id"}
        silent = {"subscriptionType": "object.creation", "objectType": "call", "active": False}
        hubspot.sim("POST", "settings", {"subscriptions": [legacy, silent]})
        log_call(hubspot)
        hubspot.sim("PATCH", f"ui/companies/{refs['fjellbygg']}", {"properties": {"hubspot_owner_id": "@siv"}})
        (event,) = listened.events(1)
        assert event["subscriptionType"] == "company.propertyChange"
        assert "objectTypeId" not in event

    def test_a_contact_added_later_and_taken_away_is_told(
        self, hubspot: Caller, refs: dict[str, str], listened: Listener
    ) -> None:
        call = log_call(hubspot, contact=None)
        pair = {"from": {"type": "calls", "id": call}, "to": {"type": "contacts", "id": "@anne"}}
        hubspot.sim("POST", "ui/associations", pair)
        hubspot.sim("DELETE", "ui/associations", pair)
        removed = [event["associationRemoved"] for event in listened.events(6) if "fromObjectId" in event]
        assert sorted(removed) == [False, False, True, True]

    def test_seeding_is_silent(self, hubspot: Caller, listened: Listener) -> None:
        hubspot.sim("POST", "seed", {"calls": [{"properties": {"hs_call_disposition": NO_ANSWER}}]})
        assert hubspot.sim("GET", "outbox")["count"] == 0

    def test_what_is_in_no_webhook_yet_is_counted(self, hubspot: Caller, listened: Listener) -> None:
        hubspot.sim("POST", "settings", {"batch_window_seconds": 600})
        log_call(hubspot)
        outbox = hubspot.sim("GET", "outbox")
        assert (outbox["waiting"], outbox["count"], listened.received) == (4, 0, [])


class TestDelivery:
    def test_is_signed_over_the_body_as_sent(self, hubspot: Caller, listened: Listener) -> None:
        hubspot.sim("POST", "settings", {"webhook_url": listened.url + "?src=hs%3Aapp&x=%28a%29&y=%20"})
        log_call(hubspot)
        (one,) = listened.wait(lambda received: len(received) == 1)
        stamp = one.headers["X-HubSpot-Request-Timestamp"]
        uri = listened.url + "?src=hs:app&x=(a)&y=%20"
        source = b"POST" + uri.encode() + one.body + stamp.encode()
        expected = base64.b64encode(hmac.new(SECRET.encode(), source, hashlib.sha256).digest()).decode()
        assert one.headers["X-HubSpot-Signature-v3"] == expected
        assert one.headers["X-HubSpot-Signature"] == hashlib.sha256(SECRET.encode() + one.body).hexdigest()

    @pytest.mark.parametrize(
        ("uri", "body", "expected"),
        [
            ("webhook_uri", "{'example_field':'example_value'}", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
            ("webhook_uri", '{"example_field":"example_value"}', "oaA3M5dEtt6kFsseJD/Hv/x+JNl1vsoxFj4oxmwP6Go="),
        ],
    )
    def test_signs_as_the_published_vectors_do(self, uri: str, body: str, expected: str) -> None:
        headers = signature_headers(
            secret="yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
            method="POST",
            uri="https://www.example.com/" + uri,
            body=body.encode(),
            timestamp=1693657560000,
        )
        assert headers["X-HubSpot-Signature-v3"] == expected

    def test_is_tried_again_with_the_next_attempt_number_until_it_is_taken(
        self, hubspot: Caller, listened: Listener
    ) -> None:
        listened.answers = [503, 401]
        log_call(hubspot)
        batches = listened.wait(lambda received: len(received) == 3)
        assert [{event["attemptNumber"] for event in one.content} for one in batches] == [{0}, {1}, {2}]
        assert len({event["eventId"] for one in batches for event in one.content}) == 4

    def test_is_lost_after_the_last_attempt(self, hubspot: Caller, listened: Listener) -> None:
        hubspot.sim("POST", "settings", {"retry_delays": []})
        listened.answers = [500]
        log_call(hubspot)
        listened.wait(lambda received: len(received) == 1)
        (lost,) = hubspot.settled_outbox()
        assert (lost["state"], [attempt["status"] for attempt in lost["attempts"]]) == ("lost", [500])

    def test_never_puts_more_than_a_hundred_events_in_a_batch(
        self, hubspot: Caller, refs: dict[str, str], listened: Listener
    ) -> None:
        hubspot.sim("POST", "settings", {"batch_window_seconds": 0.05})
        row = {"properties": {"hs_timestamp": "2026-11-23T09:00:00Z"}, "associations": []}
        hubspot.api("POST", f"{OBJECTS}/calls/batch/create", {"inputs": [row] * 100})
        hubspot.api("POST", f"{OBJECTS}/calls/batch/create", {"inputs": [row] * 30})
        assert len(listened.events(130)) == 130
        assert max(len(one.content) for one in listened.received) <= 100

    def test_can_come_twice_and_in_disorder(self, hubspot: Caller, listened: Listener) -> None:
        hubspot.sim("POST", "settings", {"duplicate": True, "shuffle": True})
        log_call(hubspot)
        events = listened.events(8)
        assert sorted(kinds(events[:4])) == sorted(kinds(events[4:]))
        assert kinds(events[:4]) != kinds(events[4:]) or kinds(events)[0] != "object.creation"

    def test_sends_what_a_test_makes_up(self, hubspot: Caller, listened: Listener) -> None:
        hubspot.sim("POST", "send", {"events": [{"subscriptionType": "object.creation"}, "?"]})
        (one,) = listened.wait(lambda received: len(received) == 1)
        assert one.content[1] == "?"
