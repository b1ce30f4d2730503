"""A call nobody answered, from the adviser's click to what customer and adviser get."""

from datetime import datetime

import pytest

from tests.journeys.road import NO_ANSWER, Road, eventually
from tests.journeys.watching import (
    CONNECTED,
    body_of,
    change,
    dealt_with,
    ids_of,
    in_words,
    now,
    owner_of,
    reasons,
    subject_of,
    the_only,
)

pytestmark = pytest.mark.journey


class TestAnUnansweredCall:
    def test_becomes_an_sms_a_ready_email_task_and_an_entry_on_the_timeline(self, road: Road) -> None:
        """Requirements 000-19, 000-20, 000-22, 000-23, 000-26, 000-27, 000-28."""
        call = road.log_call("@anne", hs_call_title="Kurs: ring Anne privat på 99 88 77 66")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)

        message = the_only(road.messages())
        assert message["to"] == "+4740612345"
        assert "om kurs i arbeidsmiljø og HMS" in message["text"]
        assert "Ring gjerne tilbake på 22 33 44 00" in message["text"]
        assert "Kari Rådgiver" in message["text"]

        task = the_only(road.tasks(None))
        assert task["properties"]["hs_task_type"] == "EMAIL"
        assert subject_of(task) == "Send e-post: ubesvart anrop om kurs i arbeidsmiljø og HMS"
        assert owner_of(road, task) == "kari@avonova.example"
        assert "Emne: Jeg prøvde å ringe deg om kurs i arbeidsmiljø og HMS\n\nHei, Anne!" in body_of(task)
        assert "Svar gjerne ja eller nei på denne e-posten" in body_of(task)
        accepted = road.action(call, "sms")
        assert accepted
        assert f"SMS: sendt {in_words(datetime.fromisoformat(accepted['ended_at']))}." in body_of(task)

        entry = the_only(road.timeline())
        assert entry["properties"]["hs_communication_channel_type"] == "SMS"
        assert entry["properties"]["hs_communication_body"].replace("<br>", "\n") == message["text"]
        anne, fjellbygg = ids_of(road, "contacts")["anne"], ids_of(road, "companies")["fjellbygg"]
        for record in (task, entry):
            assert record["associations"]["contacts"] == [anne]
            assert record["associations"]["companies"] == [fjellbygg]

        for text in (message["text"], body_of(task), subject_of(task), entry["properties"]["hs_communication_body"]):
            assert "99 88 77 66" not in text, "what was written on the call reached somebody"

    def test_is_followed_up_when_its_outcome_is_set_later(self, road: Road) -> None:
        """Requirement 000-19."""
        call = road.log_call("@anne", hs_call_disposition="")
        eventually(lambda: road.plans(call), "the call without an outcome is decided")
        dealt_with(road, call)
        assert reasons(road, call) == ["Utfallet er et annet enn «ikke svar»."]
        assert not road.tasks(None)

        change(road, call, hs_call_disposition=NO_ANSWER)
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call, webhooks=2)
        assert len(road.messages()) == 1
        assert "SMS: sendt" in body_of(the_only(road.tasks(None)))

    def test_gives_nothing_when_the_contact_has_been_reached_since(self, road: Road) -> None:
        """Requirement 000-33."""
        reached = {"hs_timestamp": "-5m", "hs_call_direction": "OUTBOUND", "hs_call_disposition": CONNECTED}
        road.hubspot("seed", {"calls": [{"properties": reached, "associations": {"contacts": ["@anne"]}}]})
        call = road.log_call("@anne", hs_timestamp="-10m")
        eventually(lambda: road.plans(call), "the call is decided")
        dealt_with(road, call)
        [because] = reasons(road, call)
        assert because.startswith("Kontakten er nådd siden: samtale ")
        assert (road.tasks(None), road.messages(), road.timeline()) == ([], [], [])

    def test_gives_nothing_when_it_came_in_or_was_imported(self, road: Road) -> None:
        """Requirement 000-18, 000-25."""
        came_in = road.log_call("@anne", hs_call_direction="INBOUND")
        imported = road.log_call("@cecilie", hs_timestamp="-2d")
        eventually(lambda: road.plans(came_in) and road.plans(imported), "the calls are decided")
        dealt_with(road, came_in, imported)
        assert reasons(road, came_in) == ["Samtalen er inngående."]
        assert "trolig importert" in reasons(road, imported)[0]
        assert (road.tasks(None), road.messages(), road.timeline()) == ([], [], [])


class TestASecondCallThatDay:
    def test_brings_the_open_task_up_to_date_and_sends_no_second_sms(self, road: Road) -> None:
        """Requirements 000-22, 000-24."""
        at = now().isoformat()  # of one day, also when this runs at midnight
        first = road.log_call("@anne", hs_timestamp=at)
        eventually(road.timeline, "the first call's SMS stands on the timeline")
        dealt_with(road, first)
        made = the_only(road.tasks(None))

        second = road.log_call("@anne", hs_timestamp=at)
        eventually(lambda: road.action(second, "task-says-sms-0"), "the second call is told of in the task")
        dealt_with(road, second)
        task = the_only(road.tasks(None))
        assert task["id"] == made["id"]
        assert subject_of(task) == "Send e-post: flere ubesvarte anrop"
        assert "Kunden er oppringt minst to ganger den dagen." in body_of(task)
        assert "SMS: ikke sendt, fordi nummeret alt fikk en SMS om et ubesvart anrop" in body_of(task)
        assert (len(road.messages()), len(road.timeline())) == (1, 1)

    def test_sends_no_second_sms_to_the_number_under_another_name(self, road: Road) -> None:
        """Requirement 000-33: one message for each number, whoever called and whichever record it stands on."""
        first = road.log_call("@anne")
        eventually(road.timeline, "the first call's SMS stands on the timeline")
        dealt_with(road, first)

        double = {"firstname": "Anne", "lastname": "B.", "country": "Norway", "phone": "40 61 23 45"}
        road.hubspot("seed", {"contacts": [{"ref": "double", "properties": double}]})
        second = road.log_call("@double", hubspot_owner_id="@ola")
        eventually(lambda: road.action(second, "task-says-sms-0"), "the second contact's task says what became of it")
        dealt_with(road, second)
        assert len(road.tasks()) == 2
        [task] = [task for task in road.tasks() if owner_of(road, task) == "ola@avonova.example"]
        assert "SMS: ikke sendt, fordi nummeret alt fikk en SMS om et ubesvart anrop" in body_of(task)
        assert (len(road.messages()), len(road.timeline())) == (1, 1)


class TestWhoGetsAnSms:
    @pytest.mark.parametrize(
        ("contact", "why"),
        [
            pytest.param("@hanne", "fordi kontakten har reservert seg", id="not who has opted out"),
            pytest.param("@frida", "fordi vi ikke finner et sikkert mobilnummer", id="not a landline"),
            pytest.param("@geir", "fordi vi ikke finner et sikkert mobilnummer", id="not who has no number"),
        ],
    )
    def test_who_gets_none_is_still_written_to_and_the_task_says_why(self, road: Road, contact: str, why: str) -> None:
        """Requirements 000-26, 000-33."""
        call = road.log_call(contact)
        eventually(road.tasks, "the e-mail task is made")
        dealt_with(road, call)
        assert f"SMS: ikke sendt, {why}" in body_of(the_only(road.tasks(None)))
        assert (road.messages(), road.timeline()) == ([], [])

    def test_a_swede_is_written_to_in_swedish(self, road: Road) -> None:
        call = road.log_call("@erik")
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        message = the_only(road.messages())
        assert message["to"] == "+46701234567"
        assert message["text"].startswith("Hej! Jag försökte ringa dig")
        assert "på +47 22 33 44 00" in message["text"]
        assert "Hej Erik!" in body_of(the_only(road.tasks(None)))

    def test_a_number_itx_refuses_gets_none_and_the_task_says_why(self, road: Road) -> None:
        odd = {"firstname": "Ukjent", "country": "Norway", "mobilephone": "+47 400 00 424"}
        road.hubspot("seed", {"contacts": [{"ref": "blocked", "properties": odd}]})
        call = road.log_call("@blocked")
        eventually(lambda: road.action(call, "task-says-sms-0"), "the task says what became of the SMS")
        dealt_with(road, call)
        assert "SMS: ikke sendt, fordi mottakeren har sperret for SMS fra oss" in body_of(the_only(road.tasks(None)))
        assert (road.messages(), road.timeline()) == ([], [])
