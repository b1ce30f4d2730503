"""What operations sees of those who said stop, and how one of them gets SMS again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from infra.operate import suppressions
from kundeflyt.adapters.aws.numbers import NumberIdentity
from kundeflyt.ports.ledger import Suppression
from tests.infra.operate.stack import KEYS, Ops
from tests.simulation.clients import Caller

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


def ticked(hubspot: Caller, ref: str) -> str | None:
    [contact] = [one for one in hubspot.sim("GET", "state/contacts")["results"] if one["ref"] == ref]
    box: str | None = contact["properties"].get("kundeflyt_sms_optout")
    return box


def id_in(hubspot: Caller, ref: str) -> int:
    [contact] = [one for one in hubspot.sim("GET", "state/contacts")["results"] if one["ref"] == ref]
    return int(contact["id"])


class TestLifting:
    @pytest.mark.parametrize("whom", ["id", "contact", "-"])
    def test_lets_somebody_have_sms_again_under_every_key_and_clears_the_box(
        self, ops_with_vendors: Ops, hubspot: Caller, whom: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hanne, ledger = id_in(hubspot, "hanne"), ops_with_vendors.ledger()
        ledger.suppress(Suppression(number_hashes=HASHES, since=NOW, contact_ids=(hanne,)))
        ledger.suppress(Suppression(number_hashes=OLD_HASHES, since=NOW))
        monkeypatch.setattr(suppressions, "getpass", lambda _prompt: "912 34 567")
        said = ops_with_vendors(
            "suppressions", "lift", {"id": HASHES[0][:21], "contact": str(hanne), "-": "-"}[whom], "--json"
        )
        assert said.status == 0
        assert said.json["contacts"] == {str(hanne): "changed"}
        assert not ledger.suppressed(HASHES)
        assert ledger.suppressed(OLD_HASHES)
        assert ticked(hubspot, "hanne") == "false"

    def test_changes_nothing_while_hubspot_is_silent(self, two_said_stop: Ops) -> None:
        said = two_said_stop("suppressions", "lift", "101")
        assert said.status == 1
        assert "contact 101 was not changed" in said.err
        assert two_said_stop.ledger().suppressed(HASHES)

    def test_goes_on_where_the_contact_is_gone(self, ops_with_vendors: Ops) -> None:
        ops_with_vendors.ledger().suppress(Suppression(number_hashes=HASHES, since=NOW, contact_ids=(999,)))
        said = ops_with_vendors("suppressions", "lift", "999")
        assert said.status == 0
        assert "The box on contact 999 is not changed:" in said.out
        assert not ops_with_vendors.ledger().suppressed(HASHES)

    @pytest.mark.parametrize("whom", ["7", HASHES[0][:20], "-"])
    def test_of_nobody_changes_nothing(self, two_said_stop: Ops, whom: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(suppressions, "getpass", lambda _prompt: "nobody's")
        assert two_said_stop("suppressions", "lift", whom).status == 1
        assert two_said_stop.ledger().suppressed(HASHES)
        assert two_said_stop.ledger().suppressed(OLD_HASHES)


class TestAdding:
    def test_a_contact_suppresses_its_mobile_and_ticks_the_box(self, ops_with_vendors: Ops, hubspot: Caller) -> None:
        anne = id_in(hubspot, "anne")
        said = ops_with_vendors("suppressions", "add", str(anne))
        assert said.status == 0
        assert "+47" not in said.out
        assert ops_with_vendors.ledger().suppressed(NumberIdentity(KEYS).hashes("+4740612345"))
        assert ticked(hubspot, "anne") == "true"
        assert ops_with_vendors("suppressions", "lift", str(anne)).status == 0

    def test_a_typed_number_is_neither_shown_nor_needs_hubspot(self, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(suppressions, "getpass", lambda _prompt: "912 34 567")
        said = ops("suppressions", "add", "-")
        assert said.status == 0
        assert "912" not in said.out
        assert ops.ledger().suppressed(HASHES)

    @pytest.mark.parametrize("whom", ["frida", "geir"])
    def test_a_contact_without_a_mobile_is_refused(self, ops_with_vendors: Ops, hubspot: Caller, whom: str) -> None:
        said = ops_with_vendors("suppressions", "add", str(id_in(hubspot, whom)))
        assert said.status == 1
        assert "no mobile number" in said.err
        assert ops_with_vendors.ledger().suppressions() == []

    @pytest.mark.parametrize("whom", ["anne", "+4791234567"])
    def test_whom_must_be_an_id(self, ops: Ops, whom: str) -> None:
        said = ops("suppressions", "add", whom)
        assert said.status == 1
        assert "a contact's id" in said.err
