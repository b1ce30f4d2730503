"""Vendors that are down, slow or silent, and workers that die: each thing is done, and done once."""

import pytest

from tests.journeys.road import Json, Road, eventually
from tests.journeys.watching import body_of, dealt_with, owner_of, subject_of, the_only

pytestmark = pytest.mark.journey

SENDING = "POST /sms/messages"
LOOKING_UP = "GET /sms/messages"
NEVER_ANSWERS = {"match": SENDING, "drop": True, "after_effect": True}


def asked(road: Road, request: str) -> list[Json]:
    """The requests of a kind that ITX has had."""
    requests: list[Json] = road.itx(f"log?match={request}")["requests"]
    return requests


class TestItxDown:
    def test_for_a_while_gets_the_sms_later_and_once(self, road: Road) -> None:
        road.itx("fail-next", {"match": SENDING, "times": 3, "status": 503, "headers": {"Retry-After": "1"}})
        call = road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        assert [request["status"] for request in asked(road, SENDING)] == [503, 503, 503, 202]
        assert len(road.messages()) == 1
        assert "SMS: sendt" in body_of(the_only(road.tasks(None)))


class TestItxThatAcceptsAndNeverAnswers:
    @pytest.mark.parametrize("honours", [True, False], ids=["knowing references", "sending again what is repeated"])
    def test_is_asked_and_the_sms_is_one_and_done(self, road: Road, honours: bool) -> None:
        road.itx("settings", {"honours_references": honours})
        road.itx("fail-next", NEVER_ANSWERS)
        call = road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        assert len(asked(road, SENDING)) == 1
        assert [request["status"] for request in asked(road, LOOKING_UP)] == [200]
        assert len(road.messages()) == 1
        assert "SMS: sendt" in body_of(the_only(road.tasks(None)))

    def test_and_cannot_be_asked_leaves_it_unsure_and_a_person_looks_into_it(self, road: Road) -> None:
        road.itx("settings", {"honours_references": False, "has_lookup": False, "receipt_statuses": []})
        road.itx("fail-next", NEVER_ANSWERS)
        call = road.log_call("@anne")
        eventually(lambda: road.action(call, "task-says-sms-0"), "the task says what became of the SMS")
        dealt_with(road, call)
        sms = road.action(call, "sms")
        assert sms
        assert sms["state"] == "unsure"
        assert [len(asked(road, SENDING)), len(road.messages()), len(road.timeline())] == [1, 1, 0]
        assert "SMS: usikkert om den ble sendt" in body_of(the_only(road.tasks("EMAIL")))
        look = the_only(road.tasks("TODO"))
        assert subject_of(look) == "Sjekk om kunden fikk SMS"
        assert owner_of(road, look) == "kari@avonova.example"

        road.hubspot("send", {"events": road.hubspot("outbox")["webhooks"][0]["events"]})
        dealt_with(road, call, webhooks=2)
        assert [len(asked(road, SENDING)), len(road.tasks(None))] == [1, 2], "nothing is done again"

    def test_and_cannot_be_asked_is_believed_when_its_receipts_come(self, road: Road) -> None:
        trouble = {"honours_references": False, "has_lookup": False, "receipt_delay_seconds": 6}
        road.itx("settings", trouble)
        road.itx("fail-next", NEVER_ANSWERS)
        call = road.log_call("@anne")
        eventually(lambda: road.tasks("TODO"), "a person is asked to look into it")
        eventually(road.timeline, "the SMS stands on the timeline after all", seconds=90)
        dealt_with(road, call)
        sms = road.action(call, "sms")
        assert sms
        assert sms["state"] == "done"
        assert [len(asked(road, SENDING)), len(road.messages()), len(road.timeline())] == [1, 1, 1]
        look = the_only(road.tasks("TODO"))
        assert subject_of(look) == "Avklart: ITX fikk SMS-en"
        assert look["properties"]["hs_task_status"] == "COMPLETED"


class TestAWorker:
    def test_killed_while_itx_has_the_sms_sends_each_message_once(self, road: Road) -> None:
        """ITX has accepted one message and not the other, and repeats would go out again; nobody heard the end."""
        road.itx("settings", {"honours_references": False})
        road.itx("fail-next", {"match": SENDING, "hang": 60, "after_effect": True})
        road.itx("fail-next", {"match": SENDING, "hang": 60})
        calls = [road.log_call("@anne"), road.log_call("@cecilie")]
        eventually(lambda: len(asked(road, SENDING)) == 2, "both messages are on their way")
        assert len(road.messages()) == 1
        road.kill_flow()

        eventually(lambda: len(road.timeline()) == 2, "both SMS stand on the timeline", seconds=90)
        dealt_with(road, *calls)
        assert sorted(message["to"] for message in road.messages()) == ["+4740612345", "+4745234567"]
        assert len(asked(road, SENDING)) == 3, "only what ITX certainly did not have is sent again"
        assert len(road.tasks(None)) == 2
        assert all("SMS: sendt" in body_of(task) for task in road.tasks())


class TestHubSpot:
    def test_making_a_task_and_not_answering_makes_one_task(self, road: Road) -> None:
        creating = "POST /crm/objects/2026-09/tasks/batch/create"
        road.hubspot("fail-next", {"match": creating, "drop": True, "after_effect": True})
        call = road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        assert road.hubspot(f"log?match={creating}")["count"] == 1
        assert len(road.tasks(None)) == 1
        assert len(road.messages()) == 1

    def test_without_room_for_more_calls_gets_its_task_later(self, road: Road) -> None:
        creating = "POST /crm/objects/2026-09/tasks/batch/create"
        road.hubspot("fail-next", {"match": creating, "times": 2, "status": 429, "headers": {"Retry-After": "2"}})
        call = road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        assert [len(road.tasks(None)), len(road.messages())] == [1, 1]
