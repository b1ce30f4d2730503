"""Whoever is on call sees what waits and why, and brings it back."""

from __future__ import annotations

import json
from datetime import timedelta

from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.ledger import Held
from tests.domain.case_situation import NOW, PORTAL
from tests.flows.csc_console.console import DRIFT, Console, at_this_moment

EVENT = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=1, occurred_at=NOW, received_at=NOW)


def put_rules(console: Console, name: str, text: str) -> None:
    console.aws.client("ssm").put_parameter(
        Name=f"{console.outputs['RulesPrefix']}/{name}", Value=text, Type="String", Overwrite=True
    )


def set_aside(console: Console, body: str, reason: str) -> None:
    console.aws.client("sqs").send_message(
        QueueUrl=console.outputs["NoAnswerDeadLetterUrl"],
        MessageBody=body,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
    )


class TestTheFlows:
    def test_show_their_mode_and_what_waits(self, console: Console) -> None:
        put_rules(console, "no_answer", '{"mode": "hold"}')
        console.ledger.hold("no_answer", Held(id="h", event=EVENT, reason="på hold", held_at=NOW))
        console.ledger.stop_flow("sms_receipt", reason="for mange", now=NOW)
        flows = {flow["name"]: flow for flow in console.get("/api/flows", DRIFT).json["flows"]}
        assert (flows["no_answer"]["mode"], flows["no_answer"]["held"]) == ("hold", 1)
        assert flows["sms_receipt"]["stopped_because"] == "for mange"

    def test_say_which_rules_are_in_force_when_the_newest_cannot_be_used(self, console: Console) -> None:
        put_rules(console, "no_answer", '{"mode": "sometimes"}')
        flow = next(one for one in console.get("/api/flows", DRIFT).json["flows"] if one["name"] == "no_answer")
        assert (flow["mode"], flow["rules_version"]) == ("on", 1)
        assert "mode" in flow["rules_problem"]


class TestWhatIsHeld:
    def test_is_let_go_when_the_rules_let_the_flow_act(self, console: Console) -> None:
        console.ledger.hold("no_answer", Held(id="h", event=EVENT, reason="på hold", held_at=NOW))
        assert console.get("/api/flows/no_answer/held", DRIFT).json["held"][0]["reason"] == "på hold"
        put_rules(console, "no_answer", '{"mode": "hold"}')
        said = console.post("/api/flows/no_answer/held/release", DRIFT)
        assert (said.status, said.json["code"]) == (409, "on_hold")
        put_rules(console, "no_answer", "{}")
        assert console.post("/api/flows/no_answer/held/release", DRIFT).json["released"] == 1
        assert console.get("/api/flows/no_answer/held", DRIFT).json["total"] == 0

    def test_of_a_flow_nobody_has_written_is_not_found(self, console: Console) -> None:
        assert console.get("/api/flows/csc_console/held", DRIFT).status == 404


class TestWhatWasSetAside:
    def test_is_shown_with_its_reason_and_brought_back(self, console: Console) -> None:
        set_aside(console, json.dumps({"detail": EVENT.to_json()}), "not done in 10 hours; ring +4790000001")
        set_aside(console, "{", "the message is not JSON")
        shown = console.get("/api/flows/no_answer/dead-letters", DRIFT).json["dead_letters"]
        assert {letter["event"] for letter in shown} == {CALL_LOGGED, None}
        assert "90000001" not in json.dumps(shown)
        console.now = at_this_moment() + timedelta(minutes=1)
        back = console.post("/api/flows/no_answer/dead-letters/redrive", DRIFT, {}).json
        assert [letter["subject"] for letter in back["redriven"]] == [EVENT.subject]
        assert [letter["event"] for letter in back["left"]] == [None]
        again = console.post("/api/flows/no_answer/dead-letters/redrive", DRIFT, {"ids": ["gone"]}).json
        assert again["missing"] == ["gone"]


class TestTheRules:
    def test_are_shown_with_every_version_and_numbers_masked(self, console: Console) -> None:
        put_rules(console, "common", '{"callback_number": "+4722334400"}')
        said = console.get("/api/rules/common", DRIFT).json
        assert [version["version"] for version in said["versions"]] == [2, 1]
        assert "22334400" not in json.dumps(said)
        assert {one["name"] for one in console.get("/api/rules", DRIFT).json["rules"]} == {
            "common",
            "no_answer",
            "sms_receipt",
        }

    def test_of_before_are_put_back_unless_somebody_was_faster(self, console: Console) -> None:
        put_rules(console, "no_answer", '{"mode": "hold"}')
        said = console.post("/api/rules/no_answer/rollback", DRIFT, {"to": 1, "version": 1})
        assert (said.status, said.json["code"], said.json["version"]) == (409, "outdated", 2)
        said = console.post("/api/rules/no_answer/rollback", DRIFT, {"to": 1, "version": 2})
        assert (said.json["in_force"], said.json["versions"][0]["rules"]) == (3, {})
        assert console.post("/api/rules/no_answer/rollback", DRIFT, {"to": 9, "version": 3}).status == 409


class TestErrors:
    def test_are_what_operations_was_told(self, console: Console) -> None:
        logs, group = console.aws.client("logs"), console.outputs["NoAnswerLogGroup"]
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        lines = [
            {"level": "INFO", "message": "ActionUnsure", "flow": "no_answer", "about": {"subject": "4711/1"}},
            {"level": "INFO", "message": "answered"},
            {"level": "INFO", "message": "TriedLater", "flow": "no_answer", "about": {}},
            {"level": "ERROR", "message": "a request broke"},
        ]
        console.now = at_this_moment()
        at = int(console.now.timestamp() * 1000) - 1000
        events = [{"timestamp": at + place, "message": json.dumps(line)} for place, line in enumerate(lines)]
        logs.put_log_events(
            logGroupName=group, logStreamName="s", logEvents=[*events, {"timestamp": at + 9, "message": "START"}]
        )
        said = console.get("/api/errors", DRIFT).json["errors"]
        assert [(one["what"], one["level"]) for one in said] == [
            ("a request broke", "ERROR"),
            ("ActionUnsure", "NOTICE"),
        ]
        assert said[1]["about"] == {"subject": "4711/1"}
