"""The demo's story when it does not come to its end: who failed it, why, and where to look."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

from infra.local import demo
from infra.local.ports import free_ports
from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.local.story import Story
from infra.simulators import hubspot, itx
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.domain.actions import Action, LogSms, Plan, SendSms, State, WakeAt
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.ledger import ActionKey, StoredPlan
from tests.fakes.aws import LocalAws, running
from tests.infra.test_local import a_stack
from tests.ledger_steps import finish, store

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CALL_ID = 300_000_000_001
SMS = SendSms(
    name="sms",
    to="+4740612345",
    text="Hei!",
    text_id="no_answer",
    once_per_hours=24,
    latest=NOW + timedelta(hours=1),
    valid_until=NOW + timedelta(hours=2),
    owner_id=None,
)
ENTRY = LogSms(name="sms-entry", after="sms", body="Hei!", owner_id=None, contact_id=1)


@dataclass(frozen=True, kw_only=True)
class Deployed(Stack):
    """A stack whose outputs are known without CloudFormation."""

    deployed: dict[str, str]

    def outputs(self) -> dict[str, str]:
        return self.deployed


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture
def stack(aws: LocalAws) -> Iterator[Stack]:
    """Simulators of its own, an empty ledger, and outputs that name what the story reads."""
    name = aws.fresh("demo")
    groups = [f"/{name}/door", f"/{name}/flow"]
    for group in groups:
        aws.client("logs").create_log_group(logGroupName=group)
    outputs = {
        "LedgerTableName": aws.ledger_table(),
        "NoAnswerDeadLetterUrl": aws.client("sqs").create_queue(QueueName=name)["QueueUrl"],
        "HubspotWebhookLogGroup": groups[0],
        "NoAnswerLogGroup": groups[1],
    }
    with hubspot.running() as portal, itx.running() as sms:
        requests.post(f"{portal.url}/_sim/seed", json={"name": "norway"}, timeout=10).raise_for_status()
        given = vars(a_stack(HUBSPOT_PORTAL_ID="4000000001"))
        where = {"hubspot_url": portal.url, "itx_url": sms.url, "aws_endpoint_url": aws.url}
        yield Deployed(**(given | where), deployed=outputs)


def planned(stack: Stack, *actions: Action) -> DynamoDbLedger:
    """The ledger after the flow has decided about the call."""
    ledger = DynamoDbLedger(stack.client("dynamodb"), stack.outputs()["LedgerTableName"])
    event = Event(
        name=CALL_LOGGED,
        portal_id=int(stack.hubspot_portal_id),
        record_id=CALL_ID,
        occurred_at=NOW,
        received_at=NOW,
    )
    plan = Plan(because="Utgående anrop uten svar.", actions=actions)
    store(ledger, [StoredPlan(flow="no_answer", event=event, basis="1", mode="on", plan=plan, planned_at=NOW)])
    return ledger


def ended(ledger: DynamoDbLedger, stack: Stack, name: str, state: State, reason: str | None = None) -> None:
    key = ActionKey(flow="no_answer", subject=f"{stack.hubspot_portal_id}/{CALL_ID}", name=name)
    finish(ledger, key, state=state, now=NOW, reason=reason)


def what_broke_it_off(stack: Stack, folder: Path) -> str:
    with pytest.raises(StackProblem) as broken:
        demo.demonstrate(stack, Console(file=StringIO()), folder)
    return str(broken.value)


class TestDeadServers:
    @pytest.mark.parametrize(("vendor", "address"), [("HubSpot", "hubspot_url"), ("ITX", "itx_url")])
    def test_the_simulator_that_does_not_answer_is_named_with_its_port_and_the_logs(
        self, stack: Stack, tmp_path: Path, vendor: str, address: str
    ) -> None:
        [port] = free_ports(1)
        changes: dict[str, Any] = {address: f"http://127.0.0.1:{port}"}
        dead = replace(stack, **changes)
        assert what_broke_it_off(dead, tmp_path).splitlines() == [
            f"{vendor} at 127.0.0.1:{port} did not answer as it should (ConnectionError).",
            f"The logs are in {tmp_path / 'logs'}.",
        ]

    def test_the_emulated_aws_is_named_too(self, stack: Stack, tmp_path: Path) -> None:
        [port] = free_ports(1)
        dead = replace(stack, aws_endpoint_url=f"http://127.0.0.1:{port}")
        assert f"The emulated AWS at 127.0.0.1:{port} did not answer (" in what_broke_it_off(dead, tmp_path)


class TestActionsThatEnded:
    def test_without_the_sms_the_story_breaks_off_at_once_with_the_reason(
        self, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(demo, "CALL", demo.CALL | {"id": CALL_ID})
        monkeypatch.setattr(demo, "SECONDS_TO_TELL", 20.0)
        ledger = planned(stack, SMS, ENTRY)
        ended(ledger, stack, "sms", "refused", "ITX sier nei")
        ended(ledger, stack, "sms-entry", "refused", "SMS-en gikk ikke")
        began = time.monotonic()
        problem = what_broke_it_off(stack, tmp_path)
        assert time.monotonic() - began < demo.SECONDS_TO_TELL
        assert "every action of the plan has ended: sms: refused, ITX sier nei; sms-entry: refused" in problem
        assert "Not there: the SMS at ITX" in problem

    def test_are_waited_for_while_one_of_them_goes_on(self, stack: Stack) -> None:
        ledger = planned(stack, SMS, ENTRY)
        ended(ledger, stack, "sms", "refused", "ITX sier nei")
        assert Story(stack, str(CALL_ID)).endings() == []

    def test_are_not_the_last_word_of_a_plan_that_comes_back(self, stack: Stack) -> None:
        ledger = planned(stack, WakeAt(name="wake", when=NOW + timedelta(hours=1)))
        ended(ledger, stack, "wake", "done")
        assert Story(stack, str(CALL_ID)).endings() == []
