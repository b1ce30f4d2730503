from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kundeflyt.adapters.itx.sms import READ_SECONDS
from kundeflyt.domain.rules import FlowRules
from kundeflyt.wiring import flow as wiring
from kundeflyt.wiring.settings import FlowSettings
from tests.fakes.aws import LocalAws, running

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TEXTS = Path(__file__).parents[2] / "functions" / "no_answer" / "texts"
SECRET = {"hubspot_access_token": "pat-1", "itx_key": "itx-1", "number_hmac_keys": ["k1"]}


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture
def environment(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A function's environment as the template sets it, with what it names in place."""
    sqs: Any = aws.client("sqs")
    stack = aws.fresh("stack")
    aws.client("secretsmanager").create_secret(Name=stack, SecretString=json.dumps(SECRET))
    values = {
        "STAGE": "test",
        "LEDGER_TABLE": aws.ledger_table(),
        "SECRET_ID": stack,
        "RULES_PREFIX": f"/{stack}/rules",
        "HUBSPOT_BASE_URL": "http://127.0.0.1:9",
        "ITX_BASE_URL": "http://127.0.0.1:9",
        "METODIKA_BASE_URL": "http://127.0.0.1:9",
        "QUEUE_URL": sqs.create_queue(QueueName=stack)["QueueUrl"],
        "QUEUE_ARN": f"arn:aws:sqs:eu-north-1:123456789012:{stack}",
        "DEAD_LETTER_ARN": f"arn:aws:sqs:eu-north-1:123456789012:{stack}-dead",
        "DEAD_LETTER_URL": sqs.create_queue(QueueName=f"{stack}-dead")["QueueUrl"],
        "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/scheduler",
        "SCHEDULE_GROUP": stack,
        "LEASE_SECONDS": "90",
        "RULES_SECONDS": "60",
        "POWERTOOLS_SERVICE_NAME": "no_answer",
        "POWERTOOLS_METRICS_NAMESPACE": "kundeflyt",
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def built() -> wiring.FlowWorld[FlowRules]:
    return wiring.build("no_answer", FlowRules, TEXTS, clock=lambda: NOW)


@pytest.mark.usefixtures("environment")
class TestSettings:
    def test_are_what_the_template_sets(self, environment: dict[str, str]) -> None:
        settings = FlowSettings()

        assert settings.ledger_table == environment["LEDGER_TABLE"]
        assert settings.lease_seconds == 90

    @pytest.mark.parametrize("name", sorted(name.upper() for name in FlowSettings.model_fields))
    def test_one_that_is_missing_is_named(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(name)

        with pytest.raises(ValidationError, match=name.lower()):
            FlowSettings()

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(ValidationError):
            FlowSettings().stage = "production"  # type: ignore[misc]


@pytest.mark.usefixtures("environment")
class TestFlowWorld:
    def test_works_with_the_stacks_own_ledger_road_and_rules(self, aws: LocalAws, environment: dict[str, str]) -> None:
        aws.client("ssm").put_parameter(
            Name=f"{environment['RULES_PREFIX']}/no_answer", Value='{"mode": "shadow"}', Type="String"
        )
        world = built()
        world.ports.ledger.stop_flow("no_answer", reason="prøve", now=NOW)
        world.mailbox.dead_letter("{}", "prøve")

        table = aws.client("dynamodb").scan(TableName=environment["LEDGER_TABLE"])
        letters = aws.client("sqs").receive_message(QueueUrl=environment["DEAD_LETTER_URL"])
        assert table["Items"][0]["reason"] == {"S": "prøve"}
        assert len(letters["Messages"]) == 1
        assert world.rules().flow.mode == "shadow"
        assert world.ports.clock() == NOW
        assert world.ports.lease > timedelta(seconds=90) + timedelta(seconds=READ_SECONDS)

    @pytest.mark.parametrize(("stage", "production"), [("production", True), ("test", False), ("local", False)])
    def test_only_production_is_production(self, stage: str, production: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """An unapproved text is never sent there."""
        monkeypatch.setenv("STAGE", stage)

        assert built().rules().production is production

    def test_a_rotated_secret_needs_no_deployment(
        self, aws: LocalAws, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kundeflyt.adapters.aws.secrets.KEPT_SECONDS", 0)
        world = built()
        before = world.ports
        assert world.ports is before

        changed = json.dumps(SECRET | {"number_hmac_keys": ["k2", "k1"]})
        aws.client("secretsmanager").put_secret_value(SecretId=environment["SECRET_ID"], SecretString=changed)

        assert world.ports.number_hashes("+4791234567")[1:] == before.number_hashes("+4791234567")

    def test_broken_rules_are_told_to_operations(
        self,
        aws: LocalAws,
        environment: dict[str, str],
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        name = f"{environment['RULES_PREFIX']}/no_answer"
        for value in ("{}", '{"mode": "off"}'):
            aws.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
        world = built()

        assert world.rules().flow == FlowRules()
        world.flush()

        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        metric = next(line for line in told if "_aws" in line)
        assert metric["RulesRejected"] == [1.0]
        [record] = [record for record in caplog.records if record.message == "RulesRejected"]
        assert vars(record)["about"]["parameter"] == name
