"""HubSpot tells things twice, late and in any order; what people get is the same."""

import json

import pytest

from tests.journeys.road import NO_ANSWER, Road, eventually
from tests.journeys.watching import (
    CONNECTED,
    all_is_told_and_done,
    change,
    creation,
    dealt_with,
    is_silent,
    post,
    reasons,
    signed,
    the_only,
)

pytestmark = pytest.mark.journey

ON_HOLD = {"mode": "hold"}


class TestWebhooks:
    def test_sent_twice_and_out_of_order_give_one_of_everything(self, road: Road) -> None:
        road.hubspot("settings", {"duplicate": True, "shuffle": True, "batch_window_seconds": 0.5})
        calls = [road.log_call(contact, hs_call_disposition="") for contact in ("@anne", "@cecilie", "@david")]
        for call in calls:
            change(road, call, hs_call_disposition=NO_ANSWER)
        eventually(lambda: len(road.timeline()) == 3, "every SMS stands on the timeline")
        dealt_with(road, *calls, webhooks=2)
        told = [[event["eventId"] for event in hook["events"]] for hook in road.hubspot("outbox")["webhooks"]]
        assert any(ids != sorted(ids) for ids in told)
        assert sorted(message["to"] for message in road.messages()) == ["+4740612345", "+4745234567", "+4798765432"]
        assert [len(road.tasks(None)), len(road.timeline())] == [3, 3]

    def test_posted_again_with_the_same_signature_have_no_second_effect(self, road: Road) -> None:
        is_silent(road)
        call = road.log_call("@anne")
        body = json.dumps([creation(road, int(call))]).encode()
        headers = signed(road, body)
        assert post(road, body, headers).status_code == 200
        eventually(road.timeline, "the SMS stands on the timeline")
        for _ in range(2):
            assert post(road, body, headers).status_code == 200
        all_is_told_and_done(road)
        assert [len(road.messages()), len(road.tasks(None)), len(road.timeline())] == [1, 1, 1]
        assert len(road.plans(call)) == 1


class TestAnOutcome:
    def test_corrected_before_the_facts_are_read_gives_nothing(self, road: Road) -> None:
        """The settle time is over at once here, so it is HubSpot that keeps the facts from being read too early."""
        outcome_set = {"objectType": "call", "propertyName": "hs_call_disposition"}
        subscriptions = [{"subscriptionType": "object.propertyChange", **outcome_set}]
        road.hubspot("settings", {"subscriptions": subscriptions})  # one event for the call, so one reading of facts
        road.use_rules(sequence_due=ON_HOLD, customer_reached=ON_HOLD)  # they read calls too, perhaps before us
        reading = "POST /crm/objects/2026-09/calls/batch/read"
        busy = {"match": reading, "status": 429, "headers": {"Retry-After": "5"}}
        road.hubspot("fail-next", busy)
        call = road.log_call("@anne")
        eventually(lambda: road.hubspot(f"log?match={reading}")["count"], "the facts are asked for")
        assert not road.plans(call)

        change(road, call, hs_call_disposition=CONNECTED)
        eventually(lambda: road.plans(call), "the call is decided")
        dealt_with(road, call, webhooks=2)
        assert road.hubspot(f"log?match={reading}")["count"] >= 2, "the first event has read its facts too"
        assert reasons(road, call) == ["Utfallet er et annet enn «ikke svar»."]
        assert (road.tasks(None), road.messages(), road.timeline()) == ([], [], [])

    def test_corrected_afterwards_is_told_of_in_the_task_and_sends_nothing_more(self, road: Road) -> None:
        call = road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        change(road, call, hs_call_disposition=CONNECTED)
        eventually(lambda: road.action(call, "email-task-overtaken"), "the task is overtaken")
        dealt_with(road, call, webhooks=2)
        task = the_only(road.tasks(None))
        assert task["properties"]["hs_task_subject"] == "Trengs e-posten fortsatt? Samtalen er endret"
        assert [len(road.messages()), len(road.timeline())] == [1, 1]
