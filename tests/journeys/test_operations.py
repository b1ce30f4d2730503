"""What operations sees of a deployed stack with its own program, and what it can put right."""

import json
from typing import Any

import pytest

from tests.journeys.operating import operate
from tests.journeys.road import NO_ANSWER, Road, eventually
from tests.journeys.watching import CONNECTED, dealt_with, now, the_only

pytestmark = pytest.mark.journey

NUMBER_OF_ANNE = "40612345"


def told(road: Road, *words: str) -> Any:
    """The JSON document a command answers with."""
    return json.loads(operate(road, *words, "--json").stdout)


def seeded_call(road: Road) -> str:
    """A call that HubSpot has told nobody of."""
    properties = {
        "hs_call_direction": "OUTBOUND",
        "hs_call_disposition": NO_ANSWER,
        "hs_call_from_number": "+4722334400",
        "hubspot_owner_id": "@kari",
    }
    call = {"ref": "untold", "properties": properties, "associations": {"contacts": ["@anne"]}}
    return str(road.hubspot("seed", {"calls": [call]})["refs"]["untold"])


def set_aside(road: Road, call: str) -> None:
    """The flow has given up on a call's event."""
    moment = now().isoformat()
    detail = {
        "name": "CallLogged",
        "portal_id": int(road.stack.hubspot_portal_id),
        "record_id": int(call),
        "occurred_at": moment,
        "received_at": moment,
    }
    road.stack.client("sqs").send_message(
        QueueUrl=road.outputs["NoAnswerDeadLetterUrl"],
        MessageBody=json.dumps({"detail-type": "CallLogged", "detail": detail}),
        MessageAttributes={"reason": {"DataType": "String", "StringValue": "not done in 10 hours: HubSpot is silent"}},
    )


class TestTheDoctor:
    def test_finds_nothing_wrong_with_a_stack_that_was_just_raised(self, road: Road) -> None:
        said = operate(road, "doctor")
        assert said.returncode == 0, said.stdout
        assert said.stdout.endswith("Nothing is wrong.\n")
        assert "The front door is awake and refuses who has not signed." in said.stdout

    def test_names_a_missing_property_mends_it_and_customers_are_followed_up_again(self, road: Road) -> None:
        road.hubspot("settings", {"kundeflyt_key": False})
        said = operate(road, "doctor")
        assert said.returncode == 1
        assert "tasks lack the property kundeflyt_key." in said.stdout
        mended = told(road, "doctor", "--fix")
        assert sorted(one["says"] for one in mended["findings"] if one["state"] == "fixed") == [
            "communications now have the property kundeflyt_key.",
            "emails now have the property kundeflyt_key.",
            "notes now have the property kundeflyt_key.",
            "tasks now have the property kundeflyt_key.",
        ]
        assert operate(road, "doctor").returncode == 0
        road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        assert len(road.tasks()) == 1

    def test_tries_out_hubspot_in_the_test_account_and_leaves_nothing_there(self, road: Road) -> None:
        probe = told(road, "doctor", "--probe", "--test-portal", road.stack.hubspot_portal_id)
        assert (probe["differs"], probe["left_behind"]) == (0, []), probe
        first = probe["items"][0]
        assert (first["verdict"], first["says"][:13]) == ("confirmed", "Webhooks came")
        assert [task for task in road.tasks(None) if not task["archived"]] == []
        assert road.messages() == []


class TestExplaining:
    def test_tells_why_one_call_was_followed_up_and_another_was_not(self, road: Road) -> None:
        followed_up, answered = road.log_call("@anne"), road.log_call("@cecilie", hs_call_disposition=CONNECTED)
        eventually(road.timeline, "the SMS stands on the timeline")
        eventually(lambda: road.plans(answered), "the other call is decided")
        dealt_with(road, followed_up, answered)
        said = operate(road, "explain", followed_up)
        assert said.returncode == 0
        assert "because: Utgående anrop uten svar." in said.stdout
        assert NUMBER_OF_ANNE not in said.stdout
        # Whoever else looks at a call has a story of their own.
        stories = {story["flow"]: story for story in told(road, "explain", followed_up)["stories"]}
        assert {"no_answer", "sequence_due"} <= stories.keys()
        actions = stories["no_answer"]["plans"][0]["actions"]
        assert {"email-task": "done", "sms": "done"}.items() <= {one["action"]: one["state"] for one in actions}.items()
        nothing = operate(road, "explain", answered)
        assert "because: Utfallet er et annet enn «ikke svar»." in nothing.stdout
        assert "nothing was to be done" in nothing.stdout

    def test_tells_a_company_s_history(self, road: Road) -> None:
        call = road.log_call("@anne")
        eventually(road.timeline, "the SMS stands on the timeline")
        company = the_only(road.plans(call))["plan"]["company_id"]
        subjects = {story["subject"] for story in told(road, "explain", f"company/{company}")["stories"]}
        assert f"{road.stack.hubspot_portal_id}/{call}" in subjects


class TestRules:
    def test_that_are_broken_are_refused_and_a_rollback_undoes_a_hold(self, road: Road) -> None:
        file = road.folder / "tmp" / "put.json"
        before = told(road, "rules", "show", "no_answer")["rules"]["no_answer"]
        file.write_text(json.dumps(before["rules"] | {"mode": "sometimes"}))
        refused = operate(road, "rules", "put", "no_answer", str(file))
        assert refused.returncode == 1
        assert "mode: Input should be" in refused.stderr
        assert told(road, "rules", "show", "no_answer")["rules"]["no_answer"] == before

        file.write_text(json.dumps(before["rules"] | {"mode": "hold"}))
        assert operate(road, "rules", "put", "no_answer", str(file)).returncode == 0
        road.log_call("@anne")
        eventually(lambda: told(road, "held", "list")["held"], "the call is held")
        assert operate(road, "rules", "rollback", "no_answer").returncode == 0
        assert operate(road, "held", "release", "no_answer").stdout.startswith("1 released")
        eventually(road.timeline, "the SMS stands on the timeline")
        assert len(road.messages()) == 1


class TestADeadLetter:
    def test_is_shown_with_its_reason_and_becomes_an_sms_when_it_is_redriven(self, road: Road) -> None:
        call = seeded_call(road)
        set_aside(road, call)
        shown = operate(road, "dead-letters", "show", "no_answer")
        assert f"CallLogged {road.stack.hubspot_portal_id}/{call}" in shown.stdout
        assert "not done in 10 hours: HubSpot is silent" in shown.stdout
        assert operate(road, "doctor").returncode == 1
        assert "1 brought back to no_answer, 0 left." in operate(road, "dead-letters", "redrive", "no_answer").stdout
        eventually(road.timeline, "the SMS stands on the timeline")
        assert the_only(road.messages())["to"].endswith(NUMBER_OF_ANNE)
        assert road.dead_letters() == []
        assert operate(road, "doctor").returncode == 0
