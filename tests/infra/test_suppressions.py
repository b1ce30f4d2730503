"""What operations sees of those who said stop, and how one of them gets SMS again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.operate import suppressions
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.adapters.aws.numbers import NumberIdentity
from kundeflyt.ports.ledger import Suppression
from tests.fakes.aws import LocalAws, running

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
KEYS = ["newest", "older"]
NUMBER = "+4791234567"
HASHES = NumberIdentity(KEYS).hashes(NUMBER)
OLD_HASHES = NumberIdentity(["older"]).hashes("+4798765432")


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture
def ledger(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> DynamoDbLedger:
    """The ledger of a stack on which two people have said stop."""
    secret = {"hubspot_access_token": "x", "itx_key": "x", "number_hmac_keys": KEYS}
    outputs = {"LedgerTableName": aws.ledger_table(), "SecretId": aws.fresh("secret")}
    aws.client("secretsmanager").create_secret(Name=outputs["SecretId"], SecretString=json.dumps(secret))
    for name, value in {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(suppressions, "outputs_of", lambda _stack: outputs)
    ledger = DynamoDbLedger(aws.client("dynamodb"), outputs["LedgerTableName"])
    ledger.suppress(Suppression(number_hashes=HASHES, since=NOW, contact_ids=(101, 102)))
    ledger.suppress(Suppression(number_hashes=OLD_HASHES, since=NOW - timedelta(days=90)))
    return ledger


class TestTheList:
    @pytest.mark.usefixtures("ledger")
    def test_tells_of_everybody_by_ids_and_of_no_number(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert suppressions.main(["list", "stack"]) == 0
        shown = capsys.readouterr().out
        assert shown.splitlines() == [
            f"2026-08-25 09:02 UTC  {OLD_HASHES[0][:21]}",
            f"2026-11-23 09:02 UTC  {HASHES[0][:21]}  contact 101  contact 102",
            f"1 under the key {OLD_HASHES[0][:8]} alone: it must stay in number_hmac_keys.",
            "2 suppressed.",
        ]
        assert HASHES[0] not in shown


class TestLifting:
    @pytest.mark.parametrize("whom", [HASHES[0][:21], "101", "102", "-"])
    def test_lets_somebody_have_sms_again_under_every_key_and_nobody_else(
        self,
        ledger: DynamoDbLedger,
        whom: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(suppressions, "getpass", lambda _prompt: "912 34 567")
        assert suppressions.main(["lift", "stack", whom]) == 0
        assert not ledger.suppressed(HASHES)
        assert ledger.suppressed(OLD_HASHES)
        assert "on contact 101 in HubSpot" in capsys.readouterr().out

    @pytest.mark.parametrize("whom", ["7", "", HASHES[0][:20], "-"])
    def test_of_nobody_changes_nothing(
        self, ledger: DynamoDbLedger, whom: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(suppressions, "getpass", lambda _prompt: "nobody's")
        assert suppressions.main(["lift", "stack", whom]) == 1
        assert ledger.suppressed(HASHES)
        assert ledger.suppressed(OLD_HASHES)


class TestAWrongCommand:
    @pytest.mark.parametrize("arguments", [[], ["list"], ["lift", "stack"], ["drop", "stack", "101"]])
    def test_is_told_how_to_use_it(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert suppressions.main(arguments) == 2
        assert capsys.readouterr().err.startswith("Use: ")
