from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from kundeflyt.adapters.hubspot.signature import Refusal
from kundeflyt.adapters.hubspot.webhooks import Defect, DropReason
from kundeflyt.domain.events import CALL_LOGGED, CONTACT_ERASED, MERGES, OWNER_CHANGED
from kundeflyt.entry.door import HubSpotDoor
from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.door import DoorParts, DoorSecret, build, listened_to
from kundeflyt.wiring.kept import ConfigurationError, Kept
from tests.flows.hubspot_webhook.at_the_door import APP_ID, NOW, PORTAL_ID, SECRET, gateway, payload, signed

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "EVENT_BUS": "bus",
    "INSPECTION_BUCKET": "inspection",
    "SECRET_ID": "secret",
    "SIGNED_URL_PARAMETER": "/stack/signed-url",
}
STORED = {
    "hubspot_client_secrets": [SECRET, ""],
    "hubspot_access_token": "x",
    "hubspot_app_id": str(APP_ID),
    "hubspot_portal_id": PORTAL_ID,
}
LOGGED = payload("CallLogged__logged_by_a_user")


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    for name, events in {"no_answer": ["CallLogged"], "owner_change": ["OwnerChanged", "CallLogged"]}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "listens.json").write_text(json.dumps(events))
    return tmp_path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    with mock_aws():
        yield


@pytest.fixture
def parts(aws: None, flows: Path) -> DoorParts:
    boto3.client("events").create_event_bus(Name="bus")
    location = {"LocationConstraint": "eu-north-1"}
    boto3.client("s3").create_bucket(Bucket="inspection", CreateBucketConfiguration=location)  # type: ignore[arg-type]
    boto3.client("secretsmanager").create_secret(Name="secret", SecretString=json.dumps(STORED))
    boto3.client("ssm").put_parameter(Name="/stack/signed-url", Value="-", Type="String")
    return build(ENVIRONMENT, flows)


class TestTheDoorAsDeployed:
    def test_takes_a_signed_batch(self, parts: DoorParts) -> None:
        door = HubSpotDoor(lambda: parts, lambda: NOW)
        assert door(gateway(LOGGED, signed(LOGGED)), None)["statusCode"] == 200

    def test_stores_what_it_cannot_read(self, parts: DoorParts) -> None:
        door = HubSpotDoor(lambda: parts, lambda: NOW)
        assert door(gateway(b"[{", signed(b"[{")), None)["statusCode"] == 400
        assert boto3.client("s3").list_objects_v2(Bucket="inspection")["KeyCount"] == 1

    def test_reads_the_signed_url_where_one_is_written(self, parts: DoorParts) -> None:
        assert parts.signed_url.value(NOW) is None
        boto3.client("ssm").put_parameter(Name="/stack/signed-url", Value=" https://a.no/in ", Overwrite=True)
        assert parts.signed_url.value(NOW) is None
        assert parts.signed_url.value(NOW + timedelta(minutes=5)) == "https://a.no/in"

    def test_asks_for_the_batch_again_while_the_secret_or_the_parameter_is_missing(
        self, aws: None, flows: Path
    ) -> None:
        door = HubSpotDoor(lambda: build(ENVIRONMENT, flows), lambda: NOW)
        assert door(gateway(LOGGED, signed(LOGGED)), None)["statusCode"] == 503
        boto3.client("secretsmanager").create_secret(Name="secret", SecretString=json.dumps(STORED))
        assert door(gateway(LOGGED, signed(LOGGED)), None)["statusCode"] == 503

    def test_asks_for_the_batch_again_when_its_environment_is_incomplete(self, flows: Path) -> None:
        door = HubSpotDoor(lambda: build({}, flows), lambda: NOW)
        assert door(gateway(LOGGED, signed(LOGGED)), None)["statusCode"] == 503

    def test_names_the_settings_it_lacks(self, flows: Path) -> None:
        with pytest.raises(ConfigurationError, match="lacks EVENT_BUS, SECRET_ID:"):
            build(ENVIRONMENT | {"EVENT_BUS": "", "SECRET_ID": ""}, flows)


class TestTheSecret:
    def test_holds_ids_as_numbers_or_text_and_no_blank_secret(self) -> None:
        secret = DoorSecret.from_json(json.dumps(STORED))
        assert (secret.client_secrets, secret.app_id, secret.portal_id) == ((SECRET,), APP_ID, PORTAL_ID)

    def test_is_not_shown(self) -> None:
        assert SECRET not in repr(DoorSecret.from_json(json.dumps(STORED)))

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"hubspot_client_secrets": SECRET}, "hubspot_client_secrets"),
            ({"hubspot_client_secrets": [1]}, "hubspot_client_secrets"),
            ({"hubspot_client_secrets": [" "]}, "holds no secret"),
            ({"hubspot_app_id": "CHANGE-ME"}, "hubspot_app_id"),
            ({"hubspot_portal_id": None}, "hubspot_portal_id"),
        ],
    )
    def test_says_which_key_is_wrong_and_not_what_it_holds(self, change: dict[str, object], complaint: str) -> None:
        with pytest.raises(ConfigurationError, match=complaint) as raised:
            DoorSecret.from_json(json.dumps(STORED | change))
        assert SECRET not in str(raised.value)
        assert "CHANGE-ME" not in str(raised.value)

    @pytest.mark.parametrize("text", ["", "{", "[]"])
    def test_has_to_be_a_json_object(self, text: str) -> None:
        with pytest.raises(ConfigurationError, match="not a JSON object"):
            DoorSecret.from_json(text)


class TestAKeptValue:
    def test_is_fetched_again_after_five_minutes_and_when_doubted_after_one(self) -> None:
        fetched = iter(range(10))
        kept = Kept(lambda: next(fetched))
        assert [kept.value(NOW), kept.value(NOW + timedelta(seconds=299))] == [0, 0]
        assert kept.value(NOW + timedelta(seconds=300)) == 1
        assert not kept.doubt(NOW + timedelta(seconds=359))
        assert kept.doubt(NOW + timedelta(seconds=360))
        assert kept.value(NOW + timedelta(seconds=361)) == 2

    def test_is_used_while_aws_is_silent_and_asked_for_once_a_minute(self) -> None:
        outcomes: Iterator[int | None] = iter([1, None, 2])

        def fetch() -> int:
            if (outcome := next(outcomes)) is None:
                raise TryLater("down")
            return outcome

        kept = Kept(fetch)
        assert kept.value(NOW) == 1
        assert kept.value(NOW + timedelta(seconds=300)) == 1
        assert kept.value(NOW + timedelta(seconds=359)) == 1
        assert kept.value(NOW + timedelta(seconds=360)) == 2

    def test_is_waited_for_where_there_is_none(self) -> None:
        def fetch() -> int:
            raise TryLater("down")

        with pytest.raises(TryLater):
            Kept(fetch).value(NOW)

    def test_is_not_asked_for_again_at_once_when_doubting_it_failed(self) -> None:
        outcomes: Iterator[int | None] = iter([1, None, 2])

        def fetch() -> int:
            if (outcome := next(outcomes)) is None:
                raise TryLater("down")
            return outcome

        kept = Kept(fetch)
        assert kept.value(NOW) == 1
        with pytest.raises(TryLater):
            kept.doubt(NOW + timedelta(seconds=60))
        assert not kept.doubt(NOW + timedelta(seconds=119))
        assert kept.value(NOW + timedelta(seconds=119)) == 1
        assert kept.doubt(NOW + timedelta(seconds=120))


class TestWhatTheFlowsListenTo:
    def test_is_what_any_of_them_names(self, flows: Path) -> None:
        assert listened_to(flows) == {"CallLogged", "OwnerChanged"}

    def test_is_known_to_the_deployed_folders(self) -> None:
        assert "CallLogged" in listened_to(ROOT / "functions")

    @pytest.mark.parametrize("content", ['["CallLoged"]', '"CallLogged"', "{", "[[]]", "[1]"])
    def test_has_to_be_a_list_of_known_names(self, flows: Path, content: str) -> None:
        (flows / "no_answer" / "listens.json").write_text(content)
        with pytest.raises(ConfigurationError, match=r"no_answer/listens\.json"):
            listened_to(flows)

    def test_may_not_be_nothing_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="no flow listens"):
            listened_to(tmp_path)


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
        """HubSpot waits five seconds, and every import is paid at a cold start."""
        loaded = self.run("import sys, hubspot_webhook.handler; print(*sys.modules)").split()
        heavy = {"pydantic", "requests", "hubspot", "jinja2", "phonenumbers", "holidays", "aws_xray_sdk"}
        assert heavy.isdisjoint(loaded)

    def test_refuses_a_stranger_before_it_needs_anything(self) -> None:
        answered = self.run(
            "from hubspot_webhook.handler import handle; print(handle({'body': '[]'}, None)['statusCode'])"
        )
        assert answered.splitlines()[-1] == "401"


class TestTheReadme:
    def test_names_every_count(self) -> None:
        """Whoever is woken by a count has to find what it means."""
        text = (ROOT / "functions" / "hubspot_webhook" / "README.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`([A-Z][A-Za-z0-9]+)`", text))
        kinds = {"Refused": Refusal, "Malformed": Defect, "Dropped": DropReason}
        counted = {
            kind + "".join(word.capitalize() for word in reason.split("_"))
            for kind, reasons in kinds.items()
            for reason in reasons
        }
        assert counted | {f"Published{name}" for name in (CALL_LOGGED, OWNER_CHANGED, CONTACT_ERASED, *MERGES)} <= named
