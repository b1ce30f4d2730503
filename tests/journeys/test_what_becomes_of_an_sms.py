"""After the SMS: what ITX reports of it, and what the customer writes back."""

import hashlib
import hmac
import json

import pytest
import requests

from tests.journeys.road import Json, Road, eventually
from tests.journeys.watching import (
    all_is_told_and_done,
    body_of,
    dealt_with,
    ids_of,
    is_taken_in,
    logged,
    now,
    owner_of,
    subject_of,
    the_only,
)

pytestmark = pytest.mark.journey

UNDELIVERABLE = "+47 400 00 425"
WORDS = "Ja, ring Berit på lageret: 7 syke"


def texted(road: Road, contact: str = "@anne") -> Json:
    """A call nobody answered has become an SMS; gives the SMS."""
    call = road.log_call(contact)
    eventually(road.timeline, "the SMS stands on the timeline")
    dealt_with(road, call)
    return the_only(road.messages())


def state_of(road: Road, message: Json) -> str | None:
    """How the message stands in the ledger; None while nothing has been told of it."""
    found = [item for item in road.items() if item["pk"] == f"SMS/{message['reference']}"]
    return str(found[0]["state"]) if found else None


def writes(road: Road, text: str, sender: str = "+4740612345", **given: str) -> Json:
    """A phone writes to us, and our door has taken it in; gives the message as ITX posted it."""
    posted: Json = road.itx("inbound", {"from": sender, "to": "+4759440000", "text": text, **given})
    is_taken_in(road)
    return posted


def calls(road: Road) -> list[Json]:
    """The call tasks."""
    return road.tasks("CALL")


def posted(road: Road, url: str | None, content: object, *, secret: str | None = None) -> int:
    """The status that a request signed as ITX would gets."""
    assert url
    body, timestamp = json.dumps(content).encode(), str(int(now().timestamp()))
    key = (secret or road.stack.itx_webhook_secret).encode()
    signature = hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Itx-Timestamp": timestamp, "X-Itx-Signature": signature}
    return requests.post(url, data=body, headers=headers, timeout=30).status_code


class TestReceipts:
    def test_of_all_parts_make_the_message_delivered_in_whatever_order_and_number(self, road: Road) -> None:
        road.itx("settings", {"receipt_duplicate": True, "receipt_shuffle": True, "receipt_before_answer": True})
        message = texted(road)
        eventually(lambda: state_of(road, message) == "DELIVERED", "the message is delivered")
        all_is_told_and_done(road)
        assert not calls(road)

    def test_that_it_failed_give_the_adviser_one_call_to_make(self, road: Road) -> None:
        """Requirement 000-33."""
        odd = {"firstname": "Uten", "country": "Norway", "mobilephone": UNDELIVERABLE}
        road.hubspot("seed", {"contacts": [{"ref": "unreachable", "properties": odd}]})
        road.itx("settings", {"receipt_duplicate": True, "receipt_shuffle": True})
        message = texted(road, "@unreachable")
        task = eventually(lambda: calls(road), "the call task is made")[0]
        all_is_told_and_done(road)
        assert state_of(road, message) == "FAILED"
        assert the_only(calls(road))["id"] == task["id"]
        assert subject_of(task) == "Ring kunden: SMS-en kom ikke fram"
        assert owner_of(road, task) == "kari@avonova.example"
        assert task["associations"]["contacts"] == [ids_of(road, "contacts")["unreachable"]]

    def test_that_never_come_leave_the_message_sent(self, road: Road) -> None:
        road.itx("settings", {"receipt_statuses": []})
        message = texted(road)
        assert state_of(road, message) is None
        assert not calls(road)

    def test_are_answered_as_the_contract_says(self, road: Road) -> None:
        receipt = {"id": "1", "reference": "0" * 32, "status": "FAILED", "at": now().isoformat()}
        url = road.stack.itx_receipts_url
        assert posted(road, url, [receipt]) == 204
        assert posted(road, url, [receipt], secret="wrong") == 401
        all_is_told_and_done(road)
        assert not calls(road)


class TestAnAnswer:
    def test_stands_on_the_timeline_and_gives_the_adviser_a_call_to_make(self, road: Road) -> None:
        texted(road)
        asked = writes(road, WORDS)
        all_is_told_and_done(road)
        task = the_only(calls(road))
        assert not road.words_waiting()
        assert subject_of(task) == "Kunden svarte på SMS"
        assert owner_of(road, task) == "kari@avonova.example"
        anne, fjellbygg = ids_of(road, "contacts")["anne"], ids_of(road, "companies")["fjellbygg"]
        ours, theirs = sorted(road.timeline(), key=lambda entry: entry["properties"]["hs_timestamp"])
        for record in (task, theirs):
            assert record["associations"]["contacts"] == [anne]
            assert record["associations"]["companies"] == [fjellbygg]
        assert theirs["properties"]["hs_communication_body"] == f"SMS fra kunden:<br><br>{WORDS}"
        assert WORDS not in ours["properties"]["hs_communication_body"]

        assert posted(road, road.stack.itx_inbound_url, asked) == 204
        all_is_told_and_done(road)
        assert [len(calls(road)), len(road.timeline())] == [1, 2]

    def test_leaves_its_words_and_number_on_the_timeline_alone(self, road: Road) -> None:
        texted(road)
        writes(road, WORDS)
        eventually(lambda: calls(road), "the call task is made")
        all_is_told_and_done(road)
        seen = json.dumps(
            [body_of(task) + subject_of(task) for task in road.tasks(None)] + [str(item) for item in road.items()]
        ) + str(logged(road))
        assert "Berit" not in seen
        assert "7 syke" not in seen

    def test_is_logged_and_called_about_once_though_hubspot_does_not_answer(self, road: Road) -> None:
        texted(road)
        lost = {"match": "POST /crm/objects/2026-09/communications/batch/create", "drop": True, "after_effect": True}
        busy = {"match": "POST /crm/objects/2026-09/tasks/batch/create", "status": 429, "headers": {"Retry-After": "1"}}
        for trouble in (lost, busy):
            road.hubspot("fail-next", trouble)
        writes(road, WORDS)
        eventually(lambda: calls(road), "the call task is made")
        all_is_told_and_done(road)
        assert not road.words_waiting()
        assert [len(calls(road)), len(road.timeline())] == [1, 2]

    def test_from_somebody_never_written_to_is_found_by_the_number(self, road: Road) -> None:
        writes(road, WORDS, sender="4745234567")
        task = eventually(lambda: calls(road), "the call task is made")[0]
        assert task["associations"]["contacts"] == [ids_of(road, "contacts")["cecilie"]]

    def test_from_a_stranger_is_the_fallback_owners(self, road: Road) -> None:
        owners = {owner.get("email"): owner["id"] for owner in road.hubspot("state/owners")["results"]}
        road.use_rules(common={"fallback_owner_id": int(owners["csc@avonova.example"])})
        writes(road, WORDS, sender="+4741999999")
        task = eventually(lambda: road.tasks("TODO"), "the fallback owner's task is made")[0]
        assert subject_of(task) == "SMS fra et ukjent nummer"
        assert owner_of(road, task) == "csc@avonova.example"
        assert not road.timeline()


class TestStop:
    @pytest.mark.parametrize("mode", ["hold", "shadow"])
    def test_is_honoured_while_the_flow_is_stopped(self, road: Road, mode: str) -> None:
        """Stopping a flow must never lose somebody's stop; this one we have never written to."""
        road.use_rules(sms_inbound={"mode": mode})
        writes(road, "Stopp\nMvh Anne")
        eventually(lambda: [item for item in road.items() if item["sk"] == "SUPPRESSED"], "the number is suppressed")
        all_is_told_and_done(road)
        assert not calls(road)
        assert not road.timeline()

        call = road.log_call("@anne")
        eventually(lambda: road.action(call, "task-says-sms-0"), "the task says what became of the SMS")
        assert not road.messages()

    def test_is_honoured_by_the_next_sending_noted_and_nobodys_task(self, road: Road) -> None:
        texted(road)
        writes(road, " stopp! ")

        def opted_out() -> bool:
            [anne] = [one for one in road.hubspot("state/contacts")["results"] if one["ref"] == "anne"]
            return bool(anne["properties"].get("kundeflyt_sms_optout") == "true")

        eventually(opted_out, "the contact shows it")
        all_is_told_and_done(road)
        assert not calls(road)

        double = {"firstname": "Anne", "lastname": "B.", "country": "Norway", "phone": "40 61 23 45"}
        road.hubspot("seed", {"contacts": [{"ref": "double", "properties": double}]})
        call = road.log_call("@double", hubspot_owner_id="@ola")
        eventually(lambda: road.action(call, "task-says-sms-0"), "the task says what became of the SMS")
        assert len(road.messages()) == 1
        [told] = [task for task in road.tasks() if owner_of(road, task) == "ola@avonova.example"]
        assert "SMS: ikke sendt, fordi mottakeren har bedt om ikke å få SMS." in body_of(told)
