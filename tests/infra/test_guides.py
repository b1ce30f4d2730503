"""What docs/deploy.md and docs/operations.md tell people to type exists, and what they show is right."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name

from infra.operate.__main__ import app
from infra.template import Resources, written
from kundeflyt.adapters.aws.rules import parse_rules
from kundeflyt.adapters.aws.secrets import Secrets
from kundeflyt.domain.rules import CommonRules, FlowRules
from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.door import DoorSecret
from kundeflyt.wiring.itx_door import ItxDoorSecret
from kundeflyt.wiring.kept import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PAGES = {"deploy": DEPLOY, "operations": OPERATIONS}
AWS_TOOL = {"query", "output", "region", "profile"}
"""Options of the AWS CLI itself."""


def commands(page: str) -> list[str]:
    """Every command line on a page: in its blocks, continued lines joined, and in running text."""
    text = re.sub(r"\\\n\s*", "", page)
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [re.sub(r"\s+# .*$", "", line).strip() for block in blocks for line in block.splitlines()]
    running = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [line for line in [*lines, *(" ".join(one.split()) for one in running)] if line]


def words(line: str) -> list[str]:
    """A command's words; what stands in <> is somebody's to fill in."""
    return shlex.split(re.sub(r"<[^>]*>", "FILLED_IN", line.replace("'", "")))


def told_to(tool: str, page: str) -> list[list[str]]:
    return [
        words(line)[len(tool.split()) :] for line in commands(page) if line.removeprefix(".venv/bin/").startswith(tool)
    ]


ALL_OPS = [tuple(given) for page in PAGES.values() for given in told_to("python -m infra.operate ", page)]
ALL_AWS = [tuple(given) for page in PAGES.values() for given in told_to("aws ", page)]


class TestOperationsCommands:
    @pytest.mark.parametrize("given", sorted(set(ALL_OPS)), ids=" ".join)
    def test_exist_with_these_options(self, given: tuple[str, ...]) -> None:
        command: Any = typer.main.get_command(app)
        rest = list(given)
        while hasattr(command, "commands"):
            assert rest[0] in command.commands, f"there is no {' '.join(given)}"
            command = command.commands[rest.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known

    def test_are_found_on_the_pages(self) -> None:
        assert len(set(ALL_OPS)) >= 15


class TestAwsCommands:
    @pytest.mark.parametrize(
        "given", sorted({one for one in ALL_AWS if one[0] != "s3"}), ids=lambda one: " ".join(one[:2])
    )
    def test_exist_with_these_options(self, given: tuple[str, ...]) -> None:
        service, operation, *rest = given
        model = botocore.session.get_session().get_service_model(service)
        operations = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}
        shape = operations[operation].input_shape
        known = {xform_name(name, "-") for name in (shape.members if shape else {})} | AWS_TOOL
        options = {word.removeprefix("--").removeprefix("no-") for word in rest if word.startswith("--")}
        assert options <= known

    def test_that_ask_for_a_quota_ask_for_functions_at_once(self) -> None:
        quotas = {word for one in ALL_AWS for word in one if word.startswith("L-")}
        assert quotas == {"L-B99A9384"}  # "Concurrent executions" in AWS' list of Lambda's quotas


class TestMakeAndSam:
    @pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
    def test_targets_exist(self, page: str) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
        asked = {word for given in told_to("make ", page) for word in given if "=" not in word}
        assert asked <= targets

    def test_a_deployment_uses_a_configuration_that_there_is(self) -> None:
        configured = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
        environments = re.findall(r"--config-env (\w+)", DEPLOY)
        assert set(environments) == {"production", "test"}
        for environment in environments:
            assert configured[environment]["deploy"]["parameters"]["template_file"] == ".build/production/template.yaml"

    def test_a_deployment_gives_parameters_that_there_are_and_all_that_must_be(self) -> None:
        [deployment] = [given for given in told_to("sam ", DEPLOY) if given[0] == "deploy"]
        given = {word.split("=")[0] for word in deployment if "=" in word}
        known: Resources = written()["Parameters"]
        assert given <= known.keys()
        assert {name for name, one in known.items() if "Default" not in one} <= given

    def test_the_table_of_parameters_says_what_is_so(self) -> None:
        table = DEPLOY.split("| Parameter |", 1)[1].split("\n\n", 1)[0]
        named = re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)
        known: dict[str, dict[str, Any]] = written()["Parameters"]
        assert len(named) >= 6
        for name, otherwise in named:
            default = str(known[name].get("Default", "–"))
            assert default in otherwise, name

    @pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
    def test_outputs_exist(self, page: str) -> None:
        named = set(re.findall(r"outputs? `(\w+)`", page)) | set(re.findall(r"<output (\w+)>", page))
        assert named
        assert named <= written()["Outputs"].keys()


def example(*, holding: str) -> str:
    [found] = [block for block in re.findall(r"```json\n(.*?)```", DEPLOY, re.DOTALL) if holding in block]
    return str(found)


class TestTheSecret:
    def test_as_shown_is_what_the_doors_and_the_flows_read(self) -> None:
        shown = example(holding="hubspot_client_secrets")
        DoorSecret.from_json(shown)
        ItxDoorSecret.from_json(shown)
        Secrets.from_json(shown)

    @pytest.mark.parametrize("field", sorted(json.loads(example(holding="hubspot_client_secrets"))))
    def test_has_no_field_that_nobody_reads(self, field: str) -> None:
        lacking = json.loads(example(holding="hubspot_client_secrets"))
        del lacking[field]
        text = json.dumps(lacking)
        with pytest.raises((ConfigurationError, TryLater), match=field):
            for reader in (DoorSecret, ItxDoorSecret, Secrets):
                reader.from_json(text)


class TestTheRules:
    def test_as_shown_would_take_effect(self) -> None:
        common = parse_rules(example(holding="fallback_owner_id"), CommonRules)
        assert common.pilot
        assert common.pilot.owners
        assert parse_rules(example(holding='"mode"'), FlowRules).mode == "shadow"

    def test_are_in_force_before_the_stack_can_do_anything(self) -> None:
        """A flow without rules is on, for everybody; without the secret it can do nothing."""
        assert DEPLOY.index("rules put common") < DEPLOY.index("put-secret-value")

    def test_hold_every_flow_back_but_those_the_page_says_why_of(self) -> None:
        [listed] = re.findall(r"for flow in ([a-z_ ]+); do", DEPLOY)
        stay_on = DEPLOY.split("The others stay on:", 1)[1].split("\n\n", 1)[0]
        flows = {file.parent.name for file in (ROOT / "functions").glob("*/handler.py")}
        flows -= {"hubspot_webhook", "itx_webhook", "csc_console"}
        assert sorted([*listed.split(), *re.findall(r"`(\w+)`", stay_on)]) == sorted(flows)


class TestWhatItCosts:
    def test_counts_the_alarms_that_there_are(self) -> None:
        alarms = [one for one in written()["Resources"].values() if one["Type"] == "AWS::CloudWatch::Alarm"]
        [told] = re.findall(r"^\| Alarms, 0.10 each after the first ten \| (\d+) \|$", DEPLOY, re.MULTILINE)
        assert abs((len(alarms) - 10) * 0.10 - int(told)) <= 1

    def test_counts_the_functions_that_start_from_snapshots(self) -> None:
        functions = [one for one in written()["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
        [told] = re.findall(r"^\| Snapshots .* \| (\d+) \|$", DEPLOY, re.MULTILINE)
        assert int(told) == 2 * len(functions)


class TestTheProperties:
    def test_are_those_that_the_code_uses(self) -> None:
        named = set(re.findall(r"\| `(kundeflyt_\w+)`", DEPLOY))
        product = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
        assert named == {"kundeflyt_key", "kundeflyt_sms_optout"}
        assert all(f'"{name}"' in product for name in named)


class TestThePages:
    @pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
    def test_lead_to_files_that_exist(self, page: str) -> None:
        links = re.findall(r"\]\(([^)#]+)\)", page)
        assert links
        assert all((ROOT / "docs" / link).exists() for link in links)

    @pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
    def test_name_rules_that_there_are(self, page: str) -> None:
        sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py"))
        sources += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
        named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", page))
        assert named
        assert not {name for name in named if name not in sources}


class TestTheDecisions:
    def test_are_all_on_the_page_that_leads_to_them_with_a_date_and_what_has_become_of_them(self) -> None:
        folder = ROOT / "docs" / "decisions"
        led_to = set(re.findall(r"\((\d{4}-[^)]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
        pages = {page.name: page.read_text(encoding="utf-8") for page in folder.glob("0*.md")}

        assert led_to == set(pages)
        assert not [name for name, text in pages.items() if not text.startswith(f"# {name[:4]} ")]
        assert not [name for name, text in pages.items() if not re.search(r"^2026-\d\d-\d\d · accepted", text, re.M)]
