"""The probe writes in a test account alone, only records of its own, and removes them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.operate import probe
from tests.infra.operate.stack import PORTAL, Ops
from tests.simulation.clients import Caller

PROBE = ("doctor", "--probe", "--test-portal", str(PORTAL))
KINDS = ("contacts", "calls", "tasks", "notes", "communications", "meetings", "companies")


def records(hubspot: Caller) -> dict[str, list[str]]:
    """The ids of everything in the portal that is not archived."""
    return {
        kind: [one["id"] for one in hubspot.sim("GET", f"state/{kind}")["results"] if not one["archived"]]
        for kind in KINDS
    }


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No door stands behind these webhooks, so none is worth waiting for."""
    monkeypatch.setattr(probe, "WEBHOOK_SECONDS", 0.0)
    monkeypatch.setattr(probe, "SETTLED_SECONDS", 0.0)


class TestWhereItRuns:
    def test_not_without_the_account_being_named(self, ops_with_vendors: Ops, hubspot: Caller) -> None:
        before = records(hubspot)
        said = ops_with_vendors("doctor", "--probe")
        assert said.status == 2
        assert "--test-portal" in said.err
        assert records(hubspot) == before

    @pytest.mark.parametrize(
        ("named", "settings", "stage", "told"),
        [
            (PORTAL + 1, {}, "local", f"The token opens the account {PORTAL}, not {PORTAL + 1}"),
            (PORTAL, {"account_type": "STANDARD"}, "test", "is STANDARD, no test account"),
            (PORTAL, {}, "production", "is a production stack"),
        ],
    )
    def test_nowhere_but_in_a_test_account(
        self,
        ops_with_vendors: Ops,
        hubspot: Caller,
        named: int,
        settings: dict[str, Any],
        stage: str,
        told: str,
    ) -> None:
        ops_with_vendors.parameter("Stage", stage)
        hubspot.sim("POST", "settings", settings)
        hubspot.sim("DELETE", "log")
        said = ops_with_vendors("doctor", "--probe", "--test-portal", str(named))
        assert said.status == 1
        assert told in said.err
        assert "Nothing was written." in said.err
        assert not any(one["path"].startswith("/crm") for one in hubspot.logged())


class TestTheList:
    def test_has_a_verdict_on_every_item_and_leaves_nothing_behind(
        self, ops_with_vendors: Ops, hubspot: Caller
    ) -> None:
        before = records(hubspot)
        said = ops_with_vendors(*PROBE, "--json")
        items = said.json["items"]
        assert {one["item"] for one in items} == set(range(1, 9))
        assert {one["verdict"] for one in items} <= {"confirmed", "differs", "needs a person"}
        assert said.json["left_behind"] == []
        assert records(hubspot) == before
        assert hubspot.api("GET", "/crm/properties/2026-09/tasks/kundeflyt_probe_key").status_code == 404

    def test_says_that_no_webhook_came(self, ops_with_vendors: Ops) -> None:
        said = ops_with_vendors(*PROBE, "--json")
        assert said.status == 1
        [first, *_] = said.json["items"]
        assert first["verdict"] == "differs"
        assert first["says"].startswith("No webhook came")

    def test_says_that_keys_cannot_be_unique(self, ops_with_vendors: Ops, hubspot: Caller) -> None:
        hubspot.sim("POST", "settings", {"unique_keys": False})
        items = ops_with_vendors(*PROBE, "--json").json["items"]
        differ = [one["what"] for one in items if one["item"] == 5 and one["verdict"] == "differs"]
        assert len(differ) == 3

    def test_tidies_up_when_hubspot_refuses_in_the_middle(self, ops_with_vendors: Ops, hubspot: Caller) -> None:
        before = records(hubspot)
        hubspot.sim("POST", "fail-next", {"match": "POST /crm/objects/2026-09/tasks", "status": 500, "times": 9})
        said = ops_with_vendors(*PROBE, "--json")
        assert any(one["item"] == 2 and one["verdict"] == "differs" for one in said.json["items"])
        assert records(hubspot) == before
