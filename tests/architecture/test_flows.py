"""What the architecture says of a flow, held true by looking: the folder is the flow, and a plan is pure."""

from __future__ import annotations

import ast
import json
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

from kundeflyt.domain.events import (
    CALL_LOGGED,
    CASE_DECIDED,
    COMPANIES_MERGED,
    CONTACT_ERASED,
    CONTACT_SEQUENCE_CHANGED,
    CONTACTS_MERGED,
    CUSTOMER_BECAME_INACTIVE,
    CUSTOMER_REACTIVATED,
    CUSTOMER_TRIED,
    EMAIL_LOGGED,
    EVENT_NAMES,
    MEETING_LOGGED,
    MEETING_OUTCOME_SET,
    NIGHT_FELL,
    OWNER_CHANGED,
    SMS_INBOUND,
    SMS_RECEIPT,
    WHOEVER,
    Event,
)

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(folder.name for folder in (ROOT / "functions").iterdir() if (folder / "__init__.py").exists())
FLOWS = [name for name in FUNCTIONS if (ROOT / "functions" / name / "listens.json").exists()]

# What a plan must never see, directly or through a module of its own folder or the domain.
IMPURE = {"os", "time", "random", "uuid", "logging", "socket", "boto3", "botocore", "requests", "hubspot"}
ROOMS_ABOVE_THE_DOMAIN = {f"kundeflyt.{room}" for room in ("ports", "engine", "adapters", "wiring", "entry")}


# Which door tells of what, and what comes of our own cases; nights fall by themselves, and a flow asks itself to look.
SOURCES = {
    CALL_LOGGED: "kundeflyt.hubspot",
    OWNER_CHANGED: "kundeflyt.hubspot",
    CONTACT_SEQUENCE_CHANGED: "kundeflyt.hubspot",
    EMAIL_LOGGED: "kundeflyt.hubspot",
    MEETING_LOGGED: "kundeflyt.hubspot",
    MEETING_OUTCOME_SET: "kundeflyt.hubspot",
    CONTACT_ERASED: "kundeflyt.hubspot",
    CONTACTS_MERGED: "kundeflyt.hubspot",
    COMPANIES_MERGED: "kundeflyt.hubspot",
    SMS_RECEIPT: "kundeflyt.itx",
    SMS_INBOUND: "kundeflyt.itx",
    CASE_DECIDED: "kundeflyt.cases",
    CUSTOMER_BECAME_INACTIVE: "kundeflyt.cases",
    CUSTOMER_REACTIVATED: "kundeflyt.cases",
}


class _TemplateLoader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as what they stand on."""


_TemplateLoader.add_multi_constructor(
    "!",
    lambda loader, _suffix, node: (
        loader.construct_scalar(node)
        if isinstance(node, yaml.ScalarNode)
        else loader.construct_sequence(node)
        if isinstance(node, yaml.SequenceNode)
        else loader.construct_mapping(node)
    ),
)


@lru_cache
def resources() -> dict[str, Any]:
    template = yaml.load((ROOT / "template.yaml").read_text(), _TemplateLoader)  # noqa: S506 - a SafeLoader
    found: dict[str, Any] = template["Resources"]
    return found


@lru_cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(
        "kundeflyt", *FUNCTIONS, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def reached_from(module: str) -> set[str]:
    """All of our modules, and the foreign packages they name, that importing this module brings in."""
    graph = imports()
    return graph.find_upstream_modules(module)


class TestEveryFunction:
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_stands_in_the_template(self, name: str) -> None:
        handlers = {
            resource["Properties"]["Handler"]: logical_id
            for logical_id, resource in resources().items()
            if resource["Type"] == "AWS::Serverless::Function"
        }

        assert handlers.get(f"{name}.handler.handle") == f"{camel(name)}Function"

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_explains_itself(self, name: str) -> None:
        readme = (ROOT / "functions" / name / "README.md").read_text()

        assert all(re.search(rf"\b{word}\b", readme) for word in ("When", "Then", "Never", "Who notices"))

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_has_payloads_as_they_really_come(self, name: str) -> None:
        payloads = list((ROOT / "tests" / "flows" / name / "payloads").glob("*__*.json"))

        assert payloads
        assert all(json.loads(payload.read_text()) for payload in payloads)

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_imports_no_other_function(self, name: str) -> None:
        others = tuple(f"{other}." for other in FUNCTIONS if other != name)
        modules = [module for module in imports().modules if module.split(".")[0] == name]

        strangers = {
            upstream for module in modules for upstream in reached_from(module) if f"{upstream}.".startswith(others)
        }

        assert modules
        assert not strangers

    def test_in_the_template_is_a_folder(self) -> None:
        handlers = [
            resource["Properties"]["Handler"]
            for resource in resources().values()
            if resource["Type"] == "AWS::Serverless::Function"
        ]

        assert sorted(handler.split(".")[0] for handler in handlers) == FUNCTIONS


class TestEveryEvent:
    def test_comes_from_one_of_the_doors_or_from_our_own_cases(self) -> None:
        assert SOURCES.keys() == EVENT_NAMES - {NIGHT_FELL, CUSTOMER_TRIED}

    def test_of_itx_has_a_flow_that_listens_to_it(self) -> None:
        """ITX' door puts all it understands on the bus: what nobody listened to would be lost unseen."""
        listened = {
            event for name in FLOWS for event in json.loads((ROOT / "functions" / name / "listens.json").read_text())
        }

        assert {event for event, source in SOURCES.items() if source == "kundeflyt.itx"} <= listened


class TestEveryFlow:
    def test_is_found(self) -> None:
        assert {"no_answer", "sms_inbound", "sms_receipt"} <= set(FLOWS)

    @pytest.mark.parametrize("name", FLOWS)
    def test_has_the_same_rooms(self, name: str) -> None:
        folder = ROOT / "functions" / name

        assert all((folder / room).exists() for room in ("handler.py", "facts.py", "plan.py", "rules.py"))

    @pytest.mark.parametrize("name", FLOWS)
    def test_has_texts_just_where_it_writes_to_customers(self, name: str) -> None:
        folder = ROOT / "functions" / name

        assert (folder / "texts").exists() == ("texts=" in (folder / "handler.py").read_text())

    @pytest.mark.parametrize("name", FLOWS)
    def test_is_sent_just_the_events_it_listens_to(self, name: str) -> None:
        listens = json.loads((ROOT / "functions" / name / "listens.json").read_text())

        told = [event for event in listens if event != NIGHT_FELL]
        rule = resources().get(f"{camel(name)}Rule")

        assert bool(rule) == bool(told)
        if rule:
            assert rule["Properties"]["EventPattern"] == {
                "detail-type": told,
                "source": sorted({SOURCES[event] for event in told}),
            }

    @pytest.mark.parametrize("name", FLOWS)
    def test_hears_that_night_has_fallen_just_where_it_sweeps(self, name: str) -> None:
        listens = json.loads((ROOT / "functions" / name / "listens.json").read_text())

        targets = {
            logical_id: resource["Properties"]["Target"]
            for logical_id, resource in resources().items()
            if resource["Type"] == "AWS::Scheduler::Schedule" and logical_id.startswith(camel(name))
        }

        assert bool(targets) == (NIGHT_FELL in listens)
        for target in targets.values():
            message = json.loads(target["Input"])
            message["detail"] |= dict.fromkeys(("occurred_at", "received_at"), "2026-11-30T00:05:00Z")
            event = Event.from_json(message["detail"])
            assert (event.name, event.portal_id, event.bulk) == (NIGHT_FELL, WHOEVER, True)
            assert (target["Arn"], target["RoleArn"]) == (f"{camel(name)}Queue.Arn", "SchedulerRole.Arn")
            assert target["DeadLetterConfig"]["Arn"] == f"{camel(name)}DeadLetterQueue.Arn"

    @pytest.mark.parametrize("name", FLOWS)
    def test_has_a_queue_with_a_dead_letter_queue_and_rules(self, name: str) -> None:
        queue = resources()[f"{camel(name)}Queue"]["Properties"]

        assert f"{camel(name)}DeadLetterQueue" in queue["RedrivePolicy"]["deadLetterTargetArn"]
        assert resources()[f"{camel(name)}Rules"]["Properties"]["Value"] == "{}"

    @pytest.mark.parametrize("name", FLOWS)
    def test_plans_purely(self, name: str) -> None:
        seen = reached_from(f"{name}.plan")

        assert "kundeflyt.domain.actions" in seen
        assert not [module for module in seen if module.split(".")[0] in IMPURE]
        assert not [module for module in seen if ".".join(module.split(".")[:2]) in ROOMS_ABOVE_THE_DOMAIN]

    @pytest.mark.parametrize("name", FLOWS)
    def test_plans_without_asking_for_the_time(self, name: str) -> None:
        """`now` is an argument: a plan that looked at the clock could not be played again."""
        tree = ast.parse((ROOT / "functions" / name / "plan.py").read_text())

        asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

        assert not asked & {"utcnow", "today", "monotonic", "perf_counter"}
        assert not [
            call
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "now"
        ]

    @pytest.mark.parametrize("name", FLOWS)
    def test_reads_facts_without_being_able_to_write(self, name: str) -> None:
        direct = imports().find_modules_directly_imported_by(f"{name}.facts")

        assert "kundeflyt.ports.readers" in direct
        assert not direct & {"kundeflyt.ports.writers", "kundeflyt.ports.bundle", "kundeflyt.ports.ledger"}

    @pytest.mark.parametrize("name", FLOWS)
    def test_leaves_writing_to_the_engine(self, name: str) -> None:
        modules = [module for module in imports().modules if module.split(".")[0] == name]

        assert not [
            module
            for module in modules
            if "kundeflyt.ports.writers" in imports().find_modules_directly_imported_by(module)
        ]


class TestProductCode:
    def sources(self) -> list[Path]:
        return [*(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]

    def test_is_imported_by_the_names_it_has_in_lambda(self) -> None:
        """`from functions.x import` passes pytest, which has the root on its path, and dies in Lambda."""
        wrong = [
            str(source.relative_to(ROOT))
            for source in self.sources()
            if re.search(r"^\s*(from|import) (functions|shared|tests|infra)\b", source.read_text(), re.MULTILINE)
        ]

        assert not wrong

    def test_has_no_room_without_a_name(self) -> None:
        assert not [source for source in self.sources() if source.stem in {"utils", "helpers", "common", "misc"}]

    def test_uses_only_libraries_that_the_layer_brings(self) -> None:
        """Lambda brings boto3; all else must be in the layer, whatever this machine happens to have."""
        layer = (ROOT / "shared" / "requirements.txt").read_text()
        ours = {"kundeflyt", *FUNCTIONS}
        brought = {
            "aws_lambda_powertools": "aws-lambda-powertools",
            "hubspot": "hubspot-api-client",
            "phonenumbers": "phonenumberslite",
            "pydantic_settings": "pydantic-settings",
            "stdnum": "python-stdnum",
        }
        by_lambda = {"boto3", "botocore"}

        foreign = {
            module
            for module in imports().modules
            if imports().is_module_squashed(module) and module.split(".")[0] not in ours | set(sys.stdlib_module_names)
        }

        assert "pydantic" in foreign
        assert not {
            module
            for module in foreign - by_lambda
            if not re.search(rf"^{re.escape(brought.get(module, module))}==", layer, re.MULTILINE)
        }
