from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kundeflyt.adapters.itx.sms import READ_SECONDS
from kundeflyt.domain.rules import FlowRules
from kundeflyt.ports.failures import Failure, NotOffered, TryLater
from kundeflyt.wiring import flow as wiring
from kundeflyt.wiring.settings import FlowSettings
from tests.fakes.aws import LocalAws, running

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TEXTS = Path(__file__).parents[2] / "functions" / "no_answer" / "texts"
SECRET = {"hubspot_access_token": "pat-1", "itx_key": "itx-1", "hubspot_portal_id": "7", "number_hmac_keys": ["k1"]}


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
    for rules in ("common", "no_answer"):
        aws.client("ssm").put_parameter(Name=f"/{stack}/rules/{rules}", Value="{}", Type="String")
    values = {
        "STAGE": "test",
        "LEDGER_TABLE": aws.ledger_table(),
        "CASES_TABLE": aws.cases_table(),
        "REVIEW_QUEUE_URL": "https://sqs.invalid/review",
        "EVENT_BUS": "events",
        "INBOUND_BUCKET": "inbound",
        "INSPECTION_BUCKET": "inspection",
        "SECRET_ID": stack,
        "RULES_PREFIX": f"/{stack}/rules",
        "HUBSPOT_BASE_URL": "http://127.0.0.1:9",
        "ITX_BASE_URL": "http://127.0.0.1:9",
        "METODIKA_BASE_URL": "http://127.0.0.1:9",
        "MAIL_SENDER": "radgiver@avonova.example",
        "MAIL_CONFIGURATION_SET": "",
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


def built(clock: Callable[[], datetime] = lambda: NOW) -> wiring.FlowWorld[FlowRules]:
    return wiring.build("no_answer", FlowRules, TEXTS, clock=clock)


def put_rules(aws: LocalAws, environment: dict[str, str], value: str) -> None:
    name = f"{environment['RULES_PREFIX']}/no_answer"
    aws.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


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
        put_rules(aws, environment, '{"mode": "shadow"}')
        world = built()
        world.ports.ledger.stop_flow("no_answer", reason="prøve", now=NOW)
        world.mailbox.dead_letter("{}", "prøve")

        table = aws.client("dynamodb").scan(TableName=environment["LEDGER_TABLE"])
        letters = aws.client("sqs").receive_message(QueueUrl=environment["DEAD_LETTER_URL"])
        assert table["Items"][0]["reason"] == {"S": "prøve"}
        assert len(letters["Messages"]) == 1
        assert world.rules().flow.mode == "shadow"
        assert world.ports.clock() == NOW

    @pytest.mark.parametrize(("address", "failure"), [("", NotOffered), ("http://127.0.0.1:9", TryLater)])
    def test_offers_nothing_of_metodika_where_there_is_none(
        self, address: str, failure: type[Failure], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("METODIKA_BASE_URL", address)
        with pytest.raises(failure):
            built().ports.readers.cards.documents(["K1"])

    def test_calls_hubspot_at_the_pace_of_the_rules_and_of_everybody_elses_bookings(
        self, aws: LocalAws, environment: dict[str, str]
    ) -> None:
        name = f"{environment['RULES_PREFIX']}/common"
        limits = '{"crm_limits": {"calls_per_ten_seconds": 10}}'
        aws.client("ssm").put_parameter(Name=name, Value=limits, Type="String", Overwrite=True)
        world = built()
        world.begin(world.rules(), bulk=True)
        with pytest.raises(TryLater, match="could not be reached"):
            world.ports.crm.calls([1])

        [booked] = aws.client("dynamodb").scan(TableName=environment["LEDGER_TABLE"])["Items"]
        assert booked["pk"] == {"S": "BUDGET/hubspot-calls"}
        # One call in a slot of 1.08 s, which begins 0.4 s ago at the earliest.
        assert int(booked["booked_until"]["N"]) == int(NOW.timestamp()) * 1_000_000 + 680_000

        others = int(NOW.timestamp()) * 1_000_000 + 21_000_000
        aws.client("dynamodb").put_item(
            TableName=environment["LEDGER_TABLE"], Item=booked | {"booked_until": {"N": str(others)}}
        )
        world.begin(world.rules(), bulk=False)
        with pytest.raises(TryLater, match="others use up hubspot-calls"):
            world.ports.crm.calls([1])

    def test_waits_for_a_call_no_longer_than_a_quarter_of_its_time(
        self, aws: LocalAws, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LEASE_SECONDS", "8")
        aws.client("dynamodb").put_item(
            TableName=environment["LEDGER_TABLE"],
            Item={
                "pk": {"S": "BUDGET/hubspot-calls"},
                "sk": {"S": "BUDGET"},
                "booked_until": {"N": str(int(NOW.timestamp()) * 1_000_000 + 2_100_000)},
            },
        )
        with pytest.raises(TryLater, match="others use up hubspot-calls"):
            built().ports.crm.calls([1])

    def test_what_a_killed_worker_sent_last_has_time_to_arrive_before_another_takes_over(self) -> None:
        assert built().ports.lease >= 2 * timedelta(seconds=90)

    def test_begins_nothing_that_its_time_out_would_cut_off(self) -> None:
        assert built().ports.begin_within + timedelta(seconds=READ_SECONDS) < timedelta(seconds=90)

    @pytest.mark.parametrize(("stage", "production"), [("production", True), ("test", False), ("local", False)])
    def test_only_production_is_production(self, stage: str, production: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """An unapproved text is never sent there."""
        monkeypatch.setenv("STAGE", stage)

        assert built().rules().production is production

    def test_sees_a_hold_that_was_put_while_lambda_had_frozen_the_process(
        self, aws: LocalAws, environment: dict[str, str]
    ) -> None:
        """The monotonic clock stands still then; the one on the wall does not."""
        at = NOW
        world = built(lambda: at)
        assert world.rules().flow.mode == "on"
        put_rules(aws, environment, '{"mode": "hold"}')

        at = NOW + timedelta(seconds=60)
        assert world.rules().flow.mode == "hold"

    def test_a_rotated_secret_needs_no_deployment(self, aws: LocalAws, environment: dict[str, str]) -> None:
        at = NOW
        world = built(lambda: at)
        before = world.ports
        assert world.ports is before

        changed = json.dumps(SECRET | {"number_hmac_keys": ["k2", "k1"]})
        aws.client("secretsmanager").put_secret_value(SecretId=environment["SECRET_ID"], SecretString=changed)

        at = NOW + timedelta(minutes=5)
        assert world.ports.number_hashes("+4791234567")[1:] == before.number_hashes("+4791234567")

    def test_acts_on_the_secrets_portal(self) -> None:
        assert built().portal_id == 7

    def test_broken_rules_are_told_to_operations(
        self,
        aws: LocalAws,
        environment: dict[str, str],
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        put_rules(aws, environment, '{"mode": "off", "912 34 567": true}')
        world = built()

        assert world.rules().flow == FlowRules()
        world.flush()

        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert "912 34 567" not in str(told)
        metric = next(line for line in told if "_aws" in line)
        assert metric["RulesRejected"] == [1.0]
        [record] = [record for record in caplog.records if record.message == "RulesRejected"]
        assert vars(record)["about"] == {
            "parameter": f"{environment['RULES_PREFIX']}/no_answer",
            "reason": "mode: Input should be 'on', 'hold' or 'shadow'; "
            "a key that is no name: Extra inputs are not permitted",
        }
