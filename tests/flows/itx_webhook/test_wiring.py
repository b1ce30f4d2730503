from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from kundeflyt.adapters.itx.signature import Refusal
from kundeflyt.adapters.itx.webhooks import Defect, DropReason
from kundeflyt.entry.itx_door import ItxDoor
from kundeflyt.wiring.itx_door import ItxDoorParts, ItxDoorSecret, build
from kundeflyt.wiring.kept import ConfigurationError
from tests.flows.itx_webhook.at_the_door import (
    INBOUND,
    NOW,
    PORTAL_ID,
    RECEIPTS,
    SECRET,
    gateway,
    payload,
    signed,
)

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "EVENT_BUS": "bus",
    "INBOUND_BUCKET": "inbound",
    "INSPECTION_BUCKET": "inspection",
    "SECRET_ID": "secret",
}
STORED = {"itx_webhook_secret": SECRET, "hubspot_portal_id": str(PORTAL_ID), "itx_key": "x"}
REPLY, DELIVERED = payload("SmsInbound__a_reply"), payload("SmsReceipt__delivered_part")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    with mock_aws():
        yield


@pytest.fixture
def parts(aws: None) -> ItxDoorParts:
    boto3.client("events").create_event_bus(Name="bus")
    for bucket in ("inbound", "inspection"):
        location = {"LocationConstraint": "eu-north-1"}
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)  # type: ignore[arg-type]
    boto3.client("secretsmanager").create_secret(Name="secret", SecretString=json.dumps(STORED))
    return build(ENVIRONMENT)


def kept(bucket: str) -> int:
    return boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"]


class TestTheDoorAsDeployed:
    def test_takes_receipts_and_messages(self, parts: ItxDoorParts) -> None:
        door = ItxDoor(lambda: parts, lambda: NOW)
        assert door(gateway(RECEIPTS, DELIVERED, signed(DELIVERED)), None)["statusCode"] == 204
        assert door(gateway(INBOUND, REPLY, signed(REPLY)), None)["statusCode"] == 204
        assert (kept("inbound"), kept("inspection")) == (1, 0)

    def test_stores_what_it_cannot_read(self, parts: ItxDoorParts) -> None:
        door = ItxDoor(lambda: parts, lambda: NOW)
        assert door(gateway(INBOUND, b"{", signed(b"{")), None)["statusCode"] == 204
        assert (kept("inbound"), kept("inspection")) == (0, 1)

    def test_asks_for_the_request_again_while_the_secret_or_the_environment_is_missing(self, aws: None) -> None:
        for environment in (ENVIRONMENT, {}):
            door = ItxDoor(lambda given=environment: build(given), lambda: NOW)  # type: ignore[misc]
            assert door(gateway(INBOUND, REPLY, signed(REPLY)), None)["statusCode"] == 503

    def test_names_the_settings_it_lacks(self) -> None:
        with pytest.raises(ConfigurationError, match="lacks INBOUND_BUCKET, SECRET_ID:"):
            build(ENVIRONMENT | {"INBOUND_BUCKET": "", "SECRET_ID": ""})


class TestTheSecret:
    @pytest.mark.parametrize(("written", "read"), [(SECRET, (SECRET,)), (["new", SECRET, " "], ("new", SECRET))])
    def test_is_one_text_or_several(self, written: object, read: tuple[str, ...]) -> None:
        secret = ItxDoorSecret.from_json(json.dumps(STORED | {"itx_webhook_secret": written}))
        assert (secret.webhook_secrets, secret.portal_id) == (read, PORTAL_ID)

    def test_is_not_shown(self) -> None:
        assert SECRET not in repr(ItxDoorSecret.from_json(json.dumps(STORED)))

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"itx_webhook_secret": None}, "neither a text nor a list"),
            ({"itx_webhook_secret": [SECRET, 1]}, "neither a text nor a list"),
            ({"itx_webhook_secret": " "}, "is blank"),
            ({"itx_webhook_secret": []}, "is blank"),
            ({"hubspot_portal_id": "CHANGE-ME"}, "hubspot_portal_id"),
        ],
    )
    def test_says_which_key_is_wrong_and_not_what_it_holds(self, change: dict[str, object], complaint: str) -> None:
        with pytest.raises(ConfigurationError, match=complaint) as raised:
            ItxDoorSecret.from_json(json.dumps(STORED | change))
        assert SECRET not in str(raised.value)
        assert "CHANGE-ME" not in str(raised.value)


class TestTheHandler:
    def run(self, code: str) -> str:
        """In a process of its own, with the roots that Lambda has and no settings."""
        roots = os.pathsep.join(str(ROOT / root) for root in ("functions", "shared"))
        environment = {"PYTHONPATH": roots, "PATH": os.environ["PATH"]}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    def test_loads_only_what_the_door_needs(self) -> None:
        loaded = self.run("import sys, itx_webhook.handler; print(*sys.modules)").split()
        heavy = {"pydantic", "requests", "hubspot", "jinja2", "phonenumbers", "holidays", "aws_xray_sdk"}
        assert heavy.isdisjoint(loaded)

    def test_refuses_a_stranger_before_it_needs_anything(self) -> None:
        answered = self.run("from itx_webhook.handler import handle; print(handle({'body': '[]'}, None)['statusCode'])")
        assert answered.splitlines()[-1] == "401"


class TestTheReadme:
    def test_names_every_count(self) -> None:
        """Whoever is woken by a count has to find what it means."""
        text = (ROOT / "functions" / "itx_webhook" / "README.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`([A-Z][A-Za-z0-9]+)`", text))
        kinds = {"Refused": Refusal, "Malformed": Defect, "Dropped": DropReason}
        counted = {
            kind + "".join(word.capitalize() for word in reason.split("_"))
            for kind, reasons in kinds.items()
            for reason in reasons
        }
        unreadable = {"UnreadableTooLarge", "UnreadableNotJson", "UnreadableNotAnArray", "UnreadableNoSuchPath"}
        assert counted | unreadable | {"Requests", "Unavailable", "PublishedSmsReceipt", "PublishedSmsInbound"} <= named
