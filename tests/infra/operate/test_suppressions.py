"""What operations sees of those who said stop, and how one of them gets SMS again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from infra.operate import suppressions
from kundeflyt.adapters.aws.numbers import NumberIdentity
from kundeflyt.ports.ledger import Suppression
from tests.infra.operate.stack import KEYS, Ops

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
HASHES = NumberIdentity(KEYS).hashes("+4791234567")
OLD_HASHES = NumberIdentity(["older"]).hashes("+4798765432")


@pytest.fixture
def two_said_stop(ops: Ops) -> Ops:
    ops.ledger().suppress(Suppression(number_hashes=HASHES, since=NOW, contact_ids=(101, 102)))
    ops.ledger().suppress(Suppression(number_hashes=OLD_HASHES, since=NOW - timedelta(days=90)))
    return ops


class TestTheList:
    def test_tells_of_everybody_by_ids_and_of_no_number(self, two_said_stop: Ops) -> None:
        said = two_said_stop("suppressions", "list")
        first, second, third = said.out.splitlines()[1:4]
        assert first.split() == ["2026-08-25", "09:02:00Z", OLD_HASHES[0][:21]]
        assert second.split() == ["2026-11-23", "09:02:00Z", HASHES[0][:21], "101", "102"]
        assert third == f"1 under the key {OLD_HASHES[0][:8]} alone: it must stay in number_hmac_keys."
        assert HASHES[0] not in said.out

    def test_tells_machines_the_same(self, two_said_stop: Ops) -> None:
        told = two_said_stop("suppressions", "list", "--json").json
        assert [one["contacts"] for one in told["suppressed"]] == [[], [101, 102]]
        assert told["under_one_key_alone"] == {OLD_HASHES[0][:8]: 1}


class TestLifting:
    @pytest.mark.parametrize("whom", [HASHES[0][:21], "101", "102", "-"])
    def test_lets_somebody_have_sms_again_under_every_key_and_nobody_else(
        self, two_said_stop: Ops, whom: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(suppressions, "getpass", lambda _prompt: "912 34 567")
        said = two_said_stop("suppressions", "lift", whom)
        assert said.status == 0
        assert not two_said_stop.ledger().suppressed(HASHES)
        assert two_said_stop.ledger().suppressed(OLD_HASHES)

    @pytest.mark.parametrize("whom", ["7", HASHES[0][:20], "-"])
    def test_of_nobody_changes_nothing(self, two_said_stop: Ops, whom: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(suppressions, "getpass", lambda _prompt: "nobody's")
        assert two_said_stop("suppressions", "lift", whom).status == 1
        assert two_said_stop.ledger().suppressed(HASHES)
        assert two_said_stop.ledger().suppressed(OLD_HASHES)
