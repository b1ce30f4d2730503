"""Somebody who wants to be forgotten: nothing of theirs is left, and nothing more comes."""

import json

import pytest

from tests.journeys.operating import operate
from tests.journeys.road import Json, Road, eventually
from tests.journeys.test_console_api import ask_for_review
from tests.journeys.test_review_case import Desk
from tests.journeys.test_what_becomes_of_an_sms import WORDS, posted, texted, writes
from tests.journeys.watching import (
    all_is_told_and_done,
    creation,
    dealt_with,
    ids_of,
    logged,
    post,
    reasons,
    signed,
    tie,
)

pytestmark = pytest.mark.journey

NUMBER = "40612345"
THEIRS = ("Anne", NUMBER, "406 12 345", "Berit")


def everything(road: Road) -> str:
    """All that lies in the stack: ledger, stores, queues, schedules and logs."""
    s3 = road.stack.client("s3")
    stores = [
        (item["Key"], s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode())
        for bucket in (road.outputs["InboundBucketName"], road.outputs["InspectionBucketName"])
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    ]
    dead = [road.dead_letters(flow) for flow in ("no_answer", "sms_inbound", "sms_receipt", "contact_erased")]
    return json.dumps([road.items(), stores, dead, road.wakes(), logged(road)], default=str, ensure_ascii=False)


def is_forgotten(road: Road, contact: str) -> bool:
    flow = f"contact_erased/{road.stack.hubspot_portal_id}/{contact}"
    found = [item for item in road.items() if item["pk"] == flow and item["sk"] == "ACTION/erase-0"]
    return bool(found) and found[0]["state"] == "done"


def kept(road: Road, kind: str) -> list[Json]:
    return [item for item in road.items() if item["pk"].startswith(kind)]


class TestSomebodyDeletedForPrivacy:
    def test_is_left_nowhere_but_on_the_list_of_those_who_get_no_sms(self, road: Road) -> None:
        anne = ids_of(road, "contacts")["anne"]
        message = texted(road)
        road.use_rules(sms_inbound={"mode": "hold"})
        writes(road, WORDS)
        unreadable = {"from": f"+47{NUMBER}", "text": WORDS}
        assert posted(road, road.stack.itx_inbound_url, unreadable) == 204
        eventually(lambda: road.words_waiting() and kept(road, "HELD/"), "the answer is held")
        assert all(one in everything(road) for one in THEIRS[:2])

        road.hubspot("settings", {"duplicate": True, "shuffle": True})
        road.hubspot(f"ui/contacts/{anne}/privacy-delete", {})
        eventually(lambda: is_forgotten(road, anne), "the person is erased")
        all_is_told_and_done(road)
        left = everything(road)
        assert not [one for one in THEIRS if one in left]
        assert message["to"] not in left
        assert not road.words_waiting()
        assert kept(road, "SUPPRESSED/")
        assert not kept(road, "SMS/")

    def test_gets_nothing_when_an_old_message_about_them_comes_again(self, road: Road) -> None:
        anne = ids_of(road, "contacts")["anne"]
        call = road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        tie(road, call, "@cecilie")
        dealt_with(road, call, webhooks=2)
        road.hubspot(f"ui/contacts/{anne}/privacy-delete", {})
        eventually(lambda: is_forgotten(road, anne), "the person is erased")
        body = json.dumps([creation(road, int(call))]).encode()
        assert post(road, body, signed(road, body)).status_code == 200
        all_is_told_and_done(road)
        assert len(road.messages()) == 1  # and none to Cecilie, who is on the call as well
        assert [one["to"] for one in road.messages()] == [f"+47{NUMBER}"]

    def test_gets_nothing_when_what_was_held_is_let_go(self, road: Road) -> None:
        anne = ids_of(road, "contacts")["anne"]
        road.use_rules(no_answer={"mode": "hold"})
        call = road.log_call("@anne")
        eventually(lambda: kept(road, "HELD/no_answer"), "the call is held")
        road.hubspot(f"ui/contacts/{anne}/privacy-delete", {})
        eventually(lambda: is_forgotten(road, anne), "the person is erased")
        road.use_rules(no_answer={"contact_hours": {"days": [1, 2, 3, 4, 5, 6, 7], "on_holidays": True}})
        assert operate(road, "held", "release", "no_answer").returncode == 0
        eventually(lambda: road.plans(call), "the call is decided")
        all_is_told_and_done(road)
        assert not road.messages()
        assert not road.tasks(None)


class TestSomebodyACaseIsAbout:
    def test_leaves_it_and_takes_along_what_customer_service_wrote(self, road: Road) -> None:
        anne, desk = ids_of(road, "contacts")["anne"], Desk(road)
        ask_for_review(
            road, int(desk.company), "Fjellbygg AS", int(desk.adviser), contact_id=int(anne), main_contact_id=int(anne)
        )
        [row] = eventually(desk.listed, "the case is in the queue")
        said = desk.csc.post(f"cases/{row['id']}/comments", {"text": "Anne ber om at vi venter."})
        assert said.status_code == 200, said.text
        [given] = json.loads(operate(road, "export", anne).stdout)["review_cases"]
        assert (given["case_id"], given["comments"][0]["text"]) == (row["id"], "Anne ber om at vi venter.")

        road.hubspot(f"ui/contacts/{anne}/privacy-delete", {})
        eventually(lambda: is_forgotten(road, anne), "the person is erased")
        all_is_told_and_done(road)
        [left] = road.cases()
        assert (left["id"], left["state"], left["company"]["id"]) == (row["id"], "open", int(desk.company))
        assert "Anne" not in json.dumps(left)
        assert anne not in json.dumps(left["evidence"])
        shown = desk.csc.get(f"cases/{row['id']}").json()
        assert [one["text"] for one in shown["comments"]] == ["slettet av personvernhensyn"]
        assert [one["what"] for one in shown["audit"]] == ["opened", "commented", "forgotten"]
        assert shown["endings"][0]["contact_link"] is None
        assert json.loads(operate(road, "export", anne).stdout)["review_cases"] == []


class TestOperations:
    def test_hand_everything_out_and_forget_by_hand(self, road: Road) -> None:
        anne = ids_of(road, "contacts")["anne"]
        texted(road)
        given = json.loads(operate(road, "export", anne).stdout)
        assert f"+47{NUMBER}" in json.dumps(given["plans"])
        assert [one["contact_id"] for one in given["messages"]] == [int(anne)]

        forgotten = operate(road, "forget", anne)
        assert (forgotten.returncode, "still in HubSpot" in forgotten.stdout) == (0, True)
        left = everything(road)
        assert not [one for one in THEIRS if one in left]
        [booked] = road.wakes()
        assert json.loads(booked["Target"]["Input"])["detail"]["record_id"] == int(anne)

        call = road.log_call("@anne")
        eventually(lambda: road.plans(call), "the call is decided")
        all_is_told_and_done(road)
        assert reasons(road, call) == ["Kontakten er slettet av personvernhensyn."]
        assert len(road.messages()) == 1


class TestAnotherDeletion:
    def test_erases_nothing_and_a_restored_contact_is_texted_about_nothing(self, road: Road) -> None:
        anne = ids_of(road, "contacts")["anne"]
        subscriptions = road.hubspot("settings")["subscriptions"]
        road.hubspot("settings", {"subscriptions": [*subscriptions, {"subscriptionType": "contact.deletion"}]})
        texted(road)
        before = len(road.items())
        road.hubspot(f"ui/contacts/{anne}", method="DELETE")
        event = creation(road, int(anne), subscriptionType="contact.restore", objectTypeId="0-1")
        road.hubspot("send", {"events": [event]})
        all_is_told_and_done(road)
        assert len(road.items()) >= before
        assert "send_sms" in json.dumps(kept(road, "no_answer/"), default=str)
        assert len(road.messages()) == 1
