"""A call that does not say whom it was made to: the adviser is asked, and answers in HubSpot."""

import pytest

from tests.journeys.road import Road, eventually
from tests.journeys.watching import body_of, dealt_with, owner_of, reasons, subject_of, the_only, tie, untie

pytestmark = pytest.mark.journey


class TestACallWithoutAContact:
    def test_asks_its_adviser_and_is_followed_up_when_the_contact_is_added(self, road: Road) -> None:
        """Requirement 000-17."""
        call = road.log_call()
        eventually(lambda: road.tasks("TODO"), "the adviser is asked")
        dealt_with(road, call)
        question = the_only(road.tasks(None))
        assert subject_of(question) == "Legg til kontakt på samtalen"
        assert owner_of(road, question) == "kari@avonova.example"
        assert question["properties"]["hs_task_status"] != "COMPLETED"
        assert (road.messages(), road.timeline()) == ([], [])

        tie(road, call, "@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call, webhooks=2)
        assert the_only(road.messages())["to"] == "+4740612345"
        assert "SMS: sendt" in body_of(the_only(road.tasks("EMAIL")))
        assert the_only(road.tasks("TODO"))["properties"]["hs_task_status"] == "COMPLETED"


class TestACallWithSeveralContacts:
    def test_asks_who_it_was_and_is_followed_up_when_the_others_are_taken_off(self, road: Road) -> None:
        """Requirement 000-17."""
        call = road.log_call("@anne", "@bjorn", "@cecilie")
        eventually(lambda: road.tasks("TODO"), "the adviser is asked")
        dealt_with(road, call)
        assert subject_of(the_only(road.tasks(None))) == "Hvem ble oppringt?"

        untie(road, call, "@anne")
        eventually(lambda: len(road.plans(call)) == 2, "the call with one contact less is decided")
        dealt_with(road, call, webhooks=2)
        assert "flere kontakter" in reasons(road, call)[-1]
        assert len(road.tasks(None)) == 1
        assert (road.messages(), road.timeline()) == ([], [])

        untie(road, call, "@cecilie")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call, webhooks=3)
        assert the_only(road.messages())["to"] == "+4791234567"
        assert "SMS: sendt" in body_of(the_only(road.tasks("EMAIL")))
        assert the_only(road.tasks("TODO"))["properties"]["hs_task_status"] == "COMPLETED"

    def test_needs_no_question_when_the_number_that_was_dialled_tells(self, road: Road) -> None:
        call = road.log_call("@anne", "@bjorn", hs_call_to_number="+47 912 34 567")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        assert the_only(road.messages())["to"] == "+4791234567"
        assert [task["properties"]["hs_task_type"] for task in road.tasks(None)] == ["EMAIL"]
