"""Every alarm watches something that is really told, every flow and door has its alarms, and each has its page."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger, Metrics

from infra.template import Resources
from kundeflyt.adapters.aws.notices import CloudWatchNotices
from kundeflyt.ports.failures import TryLater
from tests.flows.hubspot_webhook import at_the_door as hubspot
from tests.flows.itx_webhook import at_the_door as itx

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
FUNCTIONS = sorted(folder.name for folder in (ROOT / "functions").iterdir() if (folder / "__init__.py").exists())
FLOWS = [name for name in FUNCTIONS if (ROOT / "functions" / name / "listens.json").exists()]
NIGHTLY = [
    name for name in FLOWS if "NightFell" in json.loads((ROOT / "functions" / name / "listens.json").read_text())
]
INTAKES = ["review_intake"]  # work a queue, and decide nothing
DOORS = [name for name in FUNCTIONS if name.endswith("_webhook")]
CONSOLE = "csc_console"
WRITING = [name for name in FLOWS if (ROOT / "functions" / name / "texts").exists()]

OF_EVERY_FUNCTION = {"Errors", "Throttles"}
OF_EVERY_FLOW = {
    "DeadLetters", "OldestMessage", "Unsure", "Refused", "GaveUp", "Broke", "TriedLater", "RulesRejected",
}  # fmt: skip
OF_EVERY_INTAKE = OF_EVERY_FLOW - {"Unsure", "Refused"}
OF_EVERY_FLOW_THAT_WRITES = {"BlastGuard", "UnapprovedText"}
OF_THE_CONSOLE = {"Unavailable", "Broken", "RulesRejected"}
OF_EVERY_DOOR = {"Unavailable", "SignatureMismatch", "Inspection"}

# An e-mail that is put off for an hour goes by itself.
# A hold is somebody's wish, or the blast guard's, which has an alarm; the others become dead letters, which have one.
# Without its pace HubSpot is only called a little too fast, and DynamoDB's trouble shows in what is tried later.
# A sweep that another system cannot serve at all is so every night; that none comes to its end has an alarm.
UNWATCHED = {"EmailPutOff", "EventHeld", "MessageMalformed", "OtherPortal", "HubSpotPaceUnknown", "SweepImpossible"}

# What AWS itself tells, by which dimensions (its pages on the metrics of SQS, Lambda and API Gateway).
AWS_TELLS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ["QueueName"],
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ["QueueName"],
    ("AWS/Lambda", "Errors"): ["FunctionName"],
    ("AWS/Lambda", "Throttles"): ["FunctionName"],
    ("AWS/ApiGateway", "4xx"): ["ApiId", "Stage"],
    ("AWS/ApiGateway", "5xx"): ["ApiId", "Stage"],
    ("AWS/ApiGateway", "4XXError"): ["ApiName", "Stage"],
    ("AWS/ApiGateway", "5XXError"): ["ApiName", "Stage"],
    ("AWS/SES", "Reputation.BounceRate"): [],
    ("AWS/SES", "Reputation.ComplaintRate"): [],
}


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def alarms(production: Resources) -> Resources:
    return {
        name.removesuffix("Alarm"): resource["Properties"]
        for name, resource in production.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def kinds_of(owner: str, production: Resources) -> set[str]:
    return {name.removeprefix(owner) for name in alarms(production) if name.startswith(owner)}


@dataclass(frozen=True)
class Told:
    """What CloudWatch knows a metric by."""

    namespace: str
    dimensions: list[list[str]]
    service: str


def counted(printed: str) -> dict[str, Told]:
    """What CloudWatch makes of the lines that a function printed, by metric."""
    records = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    return {
        metric["Name"]: Told(group["Namespace"], group["Dimensions"], record["service"])
        for record in records
        for group in record["_aws"]["CloudWatchMetrics"]
        for metric in group["Metrics"]
    }


def noted_by_every_flow() -> set[str]:
    """The names under which the engine and the flows' door tell operations something, whatever the flow."""
    return {
        str(call.args[0].value)
        for source in (ROOT / "shared" / "kundeflyt").rglob("*.py")
        for call in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "note"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def problems_of(flow: str) -> set[str]:
    """What the flow's plans can say that operations should know."""
    words = ROOT / "functions" / flow / "words.py"
    source = words.read_text(encoding="utf-8") if words.exists() else ""
    return set(re.findall(r'^[A-Z_]+: Final = "([A-Z][a-z]+(?:[A-Z][a-z]+)+)"$', source, re.MULTILINE))


def a_flow_that_notes() -> None:
    """As wiring builds it for every flow."""
    notices = CloudWatchNotices(Logger(), Metrics())
    notices.note("ActionUnsure", flow="no_answer")
    notices.flush()


def at_hubspots_door() -> None:
    """The front door in every trouble there is an alarm for."""
    logged = hubspot.payload("CallLogged__logged_by_a_user")
    elsewhere = json.dumps([item | {"portalId": hubspot.PORTAL_ID + 1} for item in json.loads(logged)]).encode()
    hubspot.Stack().post(elsewhere)
    hubspot.Stack().post(b"{")
    hubspot.Stack().post(logged, hubspot.signed(logged, secret="another"))
    hubspot.Stack(failure=TryLater("down")).post(logged)


def at_itxs_door() -> None:
    """ITX' door in every trouble there is an alarm for."""
    itx.Stack().post(itx.INBOUND, b"{")
    itx.Stack().post(itx.INBOUND, b"{}", itx.signed(b"{}", secret="another"))
    down = itx.Stack()
    down.failure = TryLater("down")
    down.post(itx.INBOUND, b"{}")


def a_console_in_trouble() -> None:
    """The console while something does not answer, with a fault of ours, and with rules that cannot be used."""
    notices = CloudWatchNotices(Logger(), Metrics())
    for what in ("Unavailable", "Broken", "RulesRejected"):
        notices.note(what, flow=CONSOLE)
    notices.flush()


def in_lambda(work: Callable[[], None], *, service: str, namespace: str) -> str:
    """What a process prints that is started with a function's environment, as Lambda starts one."""
    given = {"POWERTOOLS_SERVICE_NAME": service, "POWERTOOLS_METRICS_NAMESPACE": namespace}
    paths = os.pathsep.join(str(ROOT / name) for name in ("functions", "shared", "."))
    done = subprocess.run(  # noqa: S603 our own words
        [sys.executable, "-c", f"from {work.__module__} import {work.__name__} as work; work()"],
        cwd=ROOT,
        env=os.environ | given | {"PYTHONPATH": paths, "AWS_DEFAULT_REGION": "eu-north-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


class TestEveryAlarm:
    def test_is_told_to_somebody_and_is_quiet_while_nothing_is_told(self, production: Resources) -> None:
        assert production["AlarmMail"]["Properties"]["TopicArn"] == {"Ref": "AlarmTopic"}
        assert len(alarms(production)) >= 40
        for name, alarm in alarms(production).items():
            assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
            missing = "breaching" if name.endswith(("Silent", "NotFinished")) else "notBreaching"
            assert alarm["TreatMissingData"] == missing, name

    def test_stays_within_the_time_cloudwatch_looks_back(self, production: Resources) -> None:
        """A day in all for periods under an hour, a week for longer ones."""
        for name, alarm in alarms(production).items():
            looked_at = alarm["Period"] * alarm["EvaluationPeriods"]
            assert looked_at <= (86400 if alarm["Period"] < 3600 else 7 * 86400), name

    def test_of_aws_asks_for_a_metric_of_something_in_this_stack(self, production: Resources) -> None:
        queues = [name for name, one in production.items() if one["Type"] == "AWS::SQS::Queue"]
        functions = [name for name, one in production.items() if one["Type"] == "AWS::Lambda::Function"]
        apis = [production["ConsoleApi"]["Properties"]["Name"]]
        stages = [production[name]["Properties"]["StageName"] for name in ("ApiStage", "ConsoleApiconsoleStage")]
        known: dict[str, list[object]] = {
            "QueueName": [{"Fn::GetAtt": [name, "QueueName"]} for name in queues],
            "FunctionName": [{"Ref": name} for name in functions],
            "ApiName": apis,
            "ApiId": [{"Ref": "Api"}],
            "Stage": stages,
        }
        for name, alarm in alarms(production).items():
            if not str(alarm["Namespace"]).startswith("AWS/"):
                continue
            dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
            assert sorted(dimensions) == AWS_TELLS[alarm["Namespace"], alarm["MetricName"]], name
            assert all(value in known[key] for key, value in dimensions.items()), name

    def test_of_our_own_asks_by_the_names_that_powertools_writes(self, production: Resources) -> None:
        for function in FUNCTIONS:
            variables = production[f"{camel(function)}Function"]["Properties"]["Environment"]["Variables"]
            assert variables["POWERTOOLS_SERVICE_NAME"] == function
            assert variables["POWERTOOLS_METRICS_NAMESPACE"] == {"Ref": "AWS::StackName"}
        seen = counted(in_lambda(a_flow_that_notes, service="no_answer", namespace="a-stack"))
        assert seen["ActionUnsure"] == Told(namespace="a-stack", dimensions=[["service"]], service="no_answer")
        for name, alarm in alarms(production).items():
            if str(alarm["Namespace"]).startswith("AWS/"):
                continue
            assert alarm["Namespace"] == {"Ref": "AWS::StackName"}, name
            [service] = alarm["Dimensions"]
            assert service["Name"] == "service", name
            assert name.startswith(camel(service["Value"])), name

    def test_of_a_flow_asks_for_what_that_flow_can_tell(self, production: Resources) -> None:
        for name, alarm in alarms(production).items():
            for flow in (*FLOWS, *INTAKES):
                if {"Name": "service", "Value": flow} in alarm["Dimensions"]:
                    assert alarm["MetricName"] in noted_by_every_flow() | problems_of(flow), name

    @pytest.mark.parametrize(
        ("door", "trouble"), [("hubspot_webhook", at_hubspots_door), ("itx_webhook", at_itxs_door)]
    )
    def test_of_a_door_asks_for_what_that_door_really_counts(
        self, production: Resources, door: str, trouble: Callable[[], None]
    ) -> None:
        seen = counted(in_lambda(trouble, service=door, namespace="a-stack"))
        asked = {
            alarm["MetricName"]
            for alarm in alarms(production).values()
            if {"Name": "service", "Value": door} in alarm["Dimensions"]
        }
        assert asked
        assert {name: seen.get(name) for name in asked} == dict.fromkeys(
            asked, Told(namespace="a-stack", dimensions=[["service"]], service=door)
        )


class TestNothingGoesUnwatched:
    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_of_a_function(self, production: Resources, function: str) -> None:
        assert kinds_of(camel(function), production) >= OF_EVERY_FUNCTION

    @pytest.mark.parametrize("flow", FLOWS)
    def test_of_a_flow(self, production: Resources, flow: str) -> None:
        assert kinds_of(camel(flow), production) >= OF_EVERY_FLOW

    @pytest.mark.parametrize("intake", INTAKES)
    def test_of_an_intake(self, production: Resources, intake: str) -> None:
        assert kinds_of(camel(intake), production) == OF_EVERY_INTAKE | OF_EVERY_FUNCTION

    @pytest.mark.parametrize("flow", NIGHTLY)
    def test_of_a_flow_that_goes_through_all_records_at_night(self, production: Resources, flow: str) -> None:
        assert "NotFinished" in kinds_of(camel(flow), production)

    @pytest.mark.parametrize("flow", WRITING)
    def test_of_a_flow_that_writes_to_customers(self, production: Resources, flow: str) -> None:
        assert kinds_of(camel(flow), production) >= OF_EVERY_FLOW_THAT_WRITES

    def test_that_the_engine_tells_of_any_flow(self, production: Resources) -> None:
        watched = {alarm["MetricName"] for alarm in alarms(production).values()}
        assert noted_by_every_flow() - watched == UNWATCHED

    @pytest.mark.parametrize("flow", FLOWS)
    def test_that_a_flow_says_operations_should_know(self, production: Resources, flow: str) -> None:
        watched = {
            alarm["MetricName"]
            for alarm in alarms(production).values()
            if {"Name": "service", "Value": flow} in alarm["Dimensions"]
        }
        assert problems_of(flow) <= watched

    @pytest.mark.parametrize("door", DOORS)
    def test_of_a_door(self, production: Resources, door: str) -> None:
        assert kinds_of(camel(door), production) >= OF_EVERY_DOOR

    def test_of_the_console(self, production: Resources) -> None:
        assert kinds_of(camel(CONSOLE), production) >= OF_THE_CONSOLE

    def test_that_the_console_tells_operations(self, production: Resources) -> None:
        seen = counted(in_lambda(a_console_in_trouble, service=CONSOLE, namespace="a-stack"))
        asked = {
            alarm["MetricName"]
            for alarm in alarms(production).values()
            if {"Name": "service", "Value": CONSOLE} in alarm["Dimensions"]
        }
        assert {name: seen.get(name) for name in asked} == dict.fromkeys(
            asked, Told(namespace="a-stack", dimensions=[["service"]], service=CONSOLE)
        )

    def test_of_the_queues_each_by_its_own_function(self, production: Resources) -> None:
        for flow in (*FLOWS, *INTAKES):
            of_flow = {name: alarm for name, alarm in alarms(production).items() if name.startswith(camel(flow))}
            watched = {
                name.removeprefix(camel(flow)): alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
                for name, alarm in of_flow.items()
                if alarm["Namespace"] == "AWS/SQS"
            }
            assert watched == {"DeadLetters": f"{camel(flow)}DeadLetterQueue", "OldestMessage": f"{camel(flow)}Queue"}


class TestTheDashboard:
    @pytest.fixture
    def body(self, production: Resources) -> str:
        body: str = production["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        return body

    def test_is_json_that_stays_in_the_stack_s_own_region(self, body: str) -> None:
        widgets = json.loads(body)["widgets"]
        assert len(widgets) >= 8
        assert {widget["properties"]["region"] for widget in widgets} == {"${AWS::Region}"}

    @pytest.mark.parametrize("flow", [*FLOWS, *INTAKES])
    def test_shows_every_flow_s_queue_and_dead_letters(self, body: str, flow: str) -> None:
        assert f"${{{camel(flow)}Queue.QueueName}}" in body
        assert f"${{{camel(flow)}DeadLetterQueue.QueueName}}" in body

    def test_searches_for_what_is_told(self, body: str) -> None:
        searched = set(re.findall(r'\\"([A-Z]\w+)\\"', body))
        told = noted_by_every_flow().union(*map(problems_of, FLOWS), {"Requests", "Published"})
        assert {"ActionUnsure", "UnapprovedText"} <= searched
        assert searched <= told


class TestThePage:
    def kinds(self, production: Resources) -> set[str]:
        owners = sorted([*map(camel, FUNCTIONS), "Api", "ConsoleApi"], key=len, reverse=True)
        return {re.sub(f"^({'|'.join(owners)})", "", name) for name in alarms(production)}

    def test_has_a_section_for_each_kind_of_alarm_and_for_nothing_else(self, production: Resources) -> None:
        listed = PAGE.split("\n## The alarms\n", 1)[1].split("\n## ", 1)[0]
        sections = re.findall(r"^### (\w+)$", listed, re.MULTILINE)
        assert sorted(sections) == sorted(self.kinds(production))

    def test_says_of_each_what_it_means_and_what_to_do(self) -> None:
        listed = PAGE.split("\n## The alarms\n", 1)[1].split("\n## ", 1)[0]
        for section in re.split(r"^### ", listed, flags=re.MULTILINE)[1:]:
            assert "**Means.**" in section, section.split("\n", 1)[0]
            assert "**Do.**" in section, section.split("\n", 1)[0]

    def test_is_named_by_every_alarm_with_the_section(self, production: Resources) -> None:
        for name, alarm in alarms(production).items():
            kind = alarm["AlarmDescription"].rsplit("docs/operations.md, ", 1)[1]
            assert name.endswith(kind)
            assert f"\n### {kind}\n" in PAGE
