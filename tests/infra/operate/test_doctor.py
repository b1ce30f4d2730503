"""What the doctor finds wrong, and what it mends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.operate import ROOT, named
from infra.operate.connection import Connection, Where
from infra.operate.doctor import CHECKS
from infra.operate.findings import found
from infra.simulators import metodika as metodika_simulator
from kundeflyt.adapters.aws.numbers import NumberIdentity
from kundeflyt.ports.ledger import Suppression
from kundeflyt.wiring.rule_models import rule_models
from tests.infra.operate.stack import PORTAL, SECRET, Ops
from tests.simulation.clients import Caller, Listener, listening

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
PROPERTIES = "/crm/properties/2026-09"


def findings(ops: Ops, area: str, *, fix: bool = False) -> dict[str, list[str]]:
    """What the doctor's checks of one area say, by state."""
    said: dict[str, list[str]] = {}
    stack = Connection(Where(folder=ops.folder))
    for one in found(stack, fix, [check for check in CHECKS if check[0] == area]):
        said.setdefault(one.state, []).append(one.says)
    return said


class TestTheSecret:
    def test_that_is_whole_is_said_to_be(self, ops: Ops) -> None:
        assert set(findings(ops, "secret")) == {"ok"}

    @pytest.mark.parametrize("key", [key for key in SECRET if key != "metodika_token"])
    def test_that_lacks_a_key_is_named_and_no_value_told(self, ops: Ops, key: str) -> None:
        ops.put_secret(**{key: ""})
        said = ops("doctor", "--json")
        assert said.status == 1
        wrong = [one["says"] for one in said.json["findings"] if one["area"] == "secret" and one["state"] == "wrong"]
        assert any(key in one for one in wrong), wrong
        assert not any(str(SECRET[name]) in said.out for name in ("itx_key", "itx_webhook_secret"))

    def test_that_has_lost_a_key_somebody_who_said_stop_stands_under_is_wrong(self, ops: Ops) -> None:
        """They would get SMS again."""
        hashes = NumberIdentity(["lost"]).hashes("+4791234567")
        ops.ledger().suppress(Suppression(number_hashes=hashes, since=NOW))
        [told] = findings(ops, "secret")["wrong"]
        assert told.startswith(f"1 who said stop stand under the key {hashes[0][:8]}")


class TestRulesAndModes:
    def test_broken_rules_are_wrong(self, ops: Ops) -> None:
        ops.put_rules("no_answer", '{"mode": "sometimes"}')
        [told] = findings(ops, "rules")["wrong"]
        assert "mode: Input should be" in told

    def test_a_pilot_is_worth_knowing_by_its_size(self, ops: Ops) -> None:
        ops.put_rules("common", '{"pilot": {"owners": [1, 2], "numbers": ["+4791234567"]}}')
        assert any("2 owner(s) and 1 number(s)" in one for one in findings(ops, "rules")["note"])

    def test_a_flow_on_hold_is_worth_knowing(self, ops: Ops) -> None:
        ops.put_rules("no_answer", '{"mode": "hold"}')
        assert findings(ops, "modes")["note"] == ["no_answer is on hold; 0 held."]

    def test_a_flow_that_stopped_itself_is_wrong(self, ops: Ops) -> None:
        ops.ledger().stop_flow("no_answer", reason="grensen er nådd", now=NOW)
        assert findings(ops, "modes")["wrong"] == ["no_answer has stopped itself (grensen er nådd); 0 held."]


class TestTexts:
    @pytest.mark.parametrize(("stage", "state"), [("local", "note"), ("production", "wrong")])
    def test_that_nobody_has_approved_are_wrong_in_production(self, ops: Ops, stage: str, state: str) -> None:
        ops.parameter("Stage", stage)
        [told] = findings(ops, "texts")[state]
        assert "no_answer/sms_service" in told
        assert "marketing" not in told, "without a basis for marketing none is sent"


class TestQueues:
    def test_a_message_that_was_set_aside_is_wrong(self, ops: Ops) -> None:
        ops.client("sqs").send_message(QueueUrl=ops.outputs["NoAnswerDeadLetterUrl"], MessageBody="?")
        assert "no_answer has set 1 message(s) aside." in findings(ops, "queues")["wrong"]

    def test_a_queue_that_no_function_works_is_wrong(self, ops: Ops) -> None:
        assert "No function works the queue of no_answer (no trigger); 0 wait." in findings(ops, "queues")["wrong"]


class TestDoors:
    @pytest.mark.parametrize(("status", "state"), [(401, "ok"), (200, "wrong"), (502, "wrong")])
    def test_must_refuse_who_has_not_signed(self, ops: Ops, status: int, state: str) -> None:
        with listening() as door:
            door.answers = [status]
            _put_door(ops, door)
            assert any("The front door" in one for one in findings(ops, "doors")[state])

    def test_must_be_there(self, ops: Ops) -> None:
        assert any("does not answer" in one for one in findings(ops, "doors")["wrong"])

    def test_the_address_hubspot_signs_must_be_the_one_it_posts_to(self, ops: Ops) -> None:
        ops.client("ssm").put_parameter(
            Name=ops.outputs["SignedUrlParameter"], Value="https://other.example", Type="String", Overwrite=True
        )
        assert any(one.startswith("signed-url is https://other.example") for one in findings(ops, "doors")["wrong"])


class TestHubSpot:
    def test_that_is_as_it_should_be_is_said_to_be(self, ops_with_vendors: Ops) -> None:
        assert findings(ops_with_vendors, "hubspot") == {"ok": [f"The token opens {PORTAL} with all scopes."]}
        assert set(findings(ops_with_vendors, "properties")) == {"ok"}

    def test_that_does_not_answer_is_wrong_and_stops_no_other_check(self, ops: Ops) -> None:
        said = ops("doctor", "--json")
        assert said.status == 1
        states = {(one["area"], one["state"]) for one in said.json["findings"]}
        assert {("hubspot", "wrong"), ("properties", "wrong"), ("secret", "ok"), ("modes", "ok")} <= states
        assert said.json["wrong"] == sum(one["state"] == "wrong" for one in said.json["findings"])

    def test_s_findings_are_read_by_people_with_what_to_do_next(self, ops: Ops) -> None:
        ops.put_rules("no_answer", '{"mode": "hold"}')
        said = ops("doctor")
        assert "no_answer is on hold; 0 held." in said.out
        assert "→ When it shall work: mode on, then `held release no_answer`." in said.out
        assert said.out.splitlines()[-1].endswith(" wrong.")

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"hubspot_access_token": "old"}, "HubSpot answered 401"),
            ({"hubspot_portal_id": "7"}, f"opens the account {PORTAL}; the stack is for 7"),
            ({"hubspot_app_id": "7"}, "hubspot_app_id says 7"),
        ],
    )
    def test_a_token_for_something_else_is_wrong(
        self, ops_with_vendors: Ops, changed: dict[str, str], told: str
    ) -> None:
        ops_with_vendors.put_secret(**changed)
        assert any(told in one for one in findings(ops_with_vendors, "hubspot")["wrong"])

    def test_a_missing_scope_is_named(self, ops_with_vendors: Ops, hubspot: Caller) -> None:
        hubspot.sim("POST", "settings", {"scopes": ["crm.objects.contacts.read", "crm.objects.contacts.write"]})
        [told] = findings(ops_with_vendors, "hubspot")["wrong"]
        assert told == (
            "The app lacks the scopes crm.objects.companies.read, crm.objects.companies.write, "
            "crm.objects.owners.read, sales-email-read, automation.sequences.enrollments.write."
        )


class TestProperties:
    @pytest.fixture
    def portal(self, hubspot: Caller) -> Caller:
        """A portal in which nobody has made our properties."""
        hubspot.sim("POST", "settings", {"kundeflyt_key": False})
        assert hubspot.api("DELETE", f"{PROPERTIES}/contacts/kundeflyt_sms_optout").status_code == 204
        return hubspot

    @pytest.mark.usefixtures("portal")
    def test_that_are_missing_are_named_and_left_alone(self, ops_with_vendors: Ops) -> None:
        for _ in range(2):
            assert findings(ops_with_vendors, "properties")["wrong"] == [
                "contacts lack the property kundeflyt_sms_optout.",
                "tasks lack the property kundeflyt_key.",
                "communications lack the property kundeflyt_key.",
                "notes lack the property kundeflyt_key.",
                "emails lack the property kundeflyt_key.",
            ]

    def test_that_are_ours_are_made_on_demand(self, ops_with_vendors: Ops, portal: Caller) -> None:
        assert len(findings(ops_with_vendors, "properties", fix=True)["fixed"]) == 5
        assert set(findings(ops_with_vendors, "properties")) == {"ok"}
        assert portal.api("GET", f"{PROPERTIES}/tasks/kundeflyt_key").json()["hasUniqueValue"]
        box = portal.api("GET", f"{PROPERTIES}/contacts/kundeflyt_sms_optout").json()
        assert (box["type"], box["groupName"]) == ("bool", "kundeflyt")
        assert [option["value"] for option in box["options"]] == ["true", "false"]

    def test_where_keys_cannot_be_unique_are_made_all_the_same(self, ops_with_vendors: Ops, portal: Caller) -> None:
        portal.sim("POST", "settings", {"unique_keys": False})
        said = findings(ops_with_vendors, "properties", fix=True)
        assert "kundeflyt_key of tasks is not unique." in said["note"]
        assert not portal.api("GET", f"{PROPERTIES}/tasks/kundeflyt_key").json()["hasUniqueValue"]
        assert "wrong" not in findings(ops_with_vendors, "properties")

    def test_that_are_not_ours_are_never_made(self, ops_with_vendors: Ops, hubspot: Caller) -> None:
        ops_with_vendors.put_rules("common", '{"opt_out_properties": ["kundeflyt_sms_optout", "reservert"]}')
        [told] = findings(ops_with_vendors, "properties", fix=True)["wrong"]
        assert told.startswith("contacts lack the property reservert")
        assert hubspot.api("GET", f"{PROPERTIES}/contacts/reservert").status_code == 404

    @pytest.mark.parametrize(
        ("flow", "rules", "kind"),
        [
            ("common", {"organisation_number_property": "orgnr"}, "companies"),
            ("no_answer", {"marketing_basis_property": "orgnr"}, "contacts"),
        ],
    )
    def test_that_the_rules_name_must_be_there(
        self, ops_with_vendors: Ops, flow: str, rules: dict[str, str], kind: str
    ) -> None:
        ops_with_vendors.put_rules(flow, json.dumps(rules))
        [told] = findings(ops_with_vendors, "properties")["wrong"]
        assert told.startswith(f"{kind} lack the property orgnr")

    def test_that_any_flow_s_rules_name_are_looked_for(self) -> None:
        fields = {
            (flow, name)
            for flow, model in rule_models(ROOT / "functions").items()
            for name in model.model_fields
            if name.endswith(("_property", "_properties"))
        }
        assert fields == named.PROPERTIES.keys()

    def test_the_box_that_stop_ticks_must_be_one_that_is_heeded(self, ops_with_vendors: Ops) -> None:
        ops_with_vendors.put_rules("common", '{"opt_out_properties": ["hs_email_optout"]}')
        [told] = findings(ops_with_vendors, "properties")["wrong"]
        assert "not among opt_out_properties" in told

    def test_an_outcome_that_the_portal_does_not_have_is_wrong(self, ops_with_vendors: Ops) -> None:
        ops_with_vendors.put_rules("no_answer", '{"no_answer_dispositions": ["nobody-home"]}')
        [told] = findings(ops_with_vendors, "properties")["wrong"]
        assert told == "The rules of no_answer name outcomes the portal has not: nobody-home."


class TestPeople:
    @pytest.mark.parametrize("rule", ["fallback_owner_id", "csc_owner_id"])
    def test_who_stand_for_others_and_have_left_are_wrong(
        self, ops_with_vendors: Ops, hubspot: Caller, rule: str
    ) -> None:
        owners: list[dict[str, Any]] = hubspot.sim("GET", "state/owners")["results"]
        gone = next(owner["id"] for owner in owners if owner["archived"])
        ops_with_vendors.put_rules("common", json.dumps({rule: int(gone)}))
        [told] = findings(ops_with_vendors, "people")["wrong"]
        assert told.startswith(f"Owner {gone} ({rule}")

    def test_whom_nobody_stands_for_are_worth_knowing(self, ops: Ops) -> None:
        noted = findings(ops, "rules")["note"]
        assert any(one.startswith("No fallback owner") for one in noted)
        assert any(one.startswith("Nobody stands for customer service") for one in noted)


class TestItx:
    def test_that_takes_our_key_is_said_to(self, ops_with_vendors: Ops, itx: Caller) -> None:
        assert findings(ops_with_vendors, "itx") == {"ok": ["ITX answers and takes our key."]}
        assert itx.sim("GET", "outbox")["count"] == 0

    def test_that_refuses_our_key_is_wrong(self, ops_with_vendors: Ops) -> None:
        ops_with_vendors.put_secret(itx_key="old")
        assert "wrong" in findings(ops_with_vendors, "itx")

    def test_without_a_look_up_is_worth_knowing(self, ops_with_vendors: Ops, itx: Caller) -> None:
        itx.sim("POST", "settings", {"has_lookup": False})
        assert "note" in findings(ops_with_vendors, "itx")


class TestMetodika:
    @pytest.fixture
    def metodika(self) -> Iterator[Caller]:
        with metodika_simulator.running() as simulator:
            yield Caller(simulator.url, {})

    def test_that_is_not_there_is_in_order(self, ops: Ops) -> None:
        [told] = findings(ops, "metodika")["ok"]
        assert "no MetodikaBaseUrl" in told

    def test_that_takes_our_token_is_said_to(self, ops: Ops, metodika: Caller) -> None:
        ops.parameter("MetodikaBaseUrl", metodika.url)
        ops.put_secret(metodika_token=metodika.sim("GET", "settings")["token"])
        assert findings(ops, "metodika") == {"ok": ["Metodika answers and takes our token."]}

    @pytest.mark.parametrize(("token", "told"), [("old", "metodika_token"), ("", "The secret has no metodika_token.")])
    def test_that_refuses_us_is_wrong(self, ops: Ops, metodika: Caller, token: str, told: str) -> None:
        ops.parameter("MetodikaBaseUrl", metodika.url)
        ops.put_secret(metodika_token=token)
        [wrong] = findings(ops, "metodika")["wrong"]
        assert told in wrong

    def test_that_does_not_name_its_users_is_worth_knowing(self, ops: Ops, metodika: Caller) -> None:
        ops.parameter("MetodikaBaseUrl", metodika.url)
        ops.put_secret(metodika_token=metodika.sim("GET", "settings")["token"])
        metodika.sim("POST", "settings", {"missing": ["findUsers"]})
        assert "note" in findings(ops, "metodika")


def _put_door(ops: Ops, door: Listener) -> None:
    content = json.loads((ops.folder / "stack.json").read_text())
    (ops.folder / "stack.json").write_text(json.dumps(content | {"webhook_url": door.url}))
