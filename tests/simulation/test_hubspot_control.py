from __future__ import annotations

import pytest
import requests

from infra.simulators.hubspot.limits import RateLimits
from tests.simulation.clients import OBJECTS, Caller, task

OWNERS = "/crm/owners/2026-09"


class TestAccess:
    def test_a_wrong_token_is_refused(self, hubspot: Caller) -> None:
        answer = requests.get(hubspot.url + OWNERS, headers={"Authorization": "Bearer wrong"}, timeout=10)
        assert answer.status_code == 401
        assert {"status", "message", "correlationId", "category"} <= set(answer.json())

    def test_a_token_may_do_what_its_scopes_say(self, hubspot: Caller, refs: dict[str, str]) -> None:
        hubspot.sim("POST", "settings", {"scopes": ["crm.objects.companies.read", "crm.objects.contacts.write"]})
        company = f"{OBJECTS}/companies/{refs['fjellbygg']}"
        change = {"inputs": [{"id": refs["fjellbygg"], "properties": {"name": "X"}}]}
        asked = [
            hubspot.api("GET", company),
            hubspot.api("POST", f"{OBJECTS}/companies/batch/read", {"inputs": [{"id": refs["fjellbygg"]}]}),
            hubspot.api("POST", f"{OBJECTS}/companies/batch/update", change),
            hubspot.api("POST", f"{OBJECTS}/tasks", task()),
            hubspot.api("POST", f"{OBJECTS}/tasks/search", {"filterGroups": []}),
            hubspot.api("GET", OWNERS),
        ]
        assert [answer.status_code for answer in asked] == [200, 200, 403, 201, 403, 403]
        assert asked[2].json()["category"] == "MISSING_SCOPES"

    @pytest.mark.parametrize("version", ["2026-09", "2026-03"])
    @pytest.mark.parametrize("name", ["calls", "call", "0-48"])
    def test_objects_go_by_three_names_on_two_versions(self, hubspot: Caller, version: str, name: str) -> None:
        path = f"/crm/objects/{version}/{name}/batch/read"
        assert hubspot.api("POST", path, {"inputs": [{"id": "1"}]}).status_code == 207

    def test_an_unknown_page_or_object_is_an_error_in_hubspots_shape(self, hubspot: Caller) -> None:
        for path, status in (("/crm/v3/objects/calls/1", 404), (f"{OBJECTS}/unicorns/1", 400)):
            answer = hubspot.api("GET", path)
            assert answer.status_code == status
            assert {"status", "message", "correlationId", "category"} <= set(answer.json())


class TestLimits:
    @pytest.mark.parametrize(
        ("path", "most", "window"), [(OWNERS, 190, 10.0), (f"{OBJECTS}/tasks/search", 5, 1.0)], ids=["all", "searches"]
    )
    def test_pass_so_many_in_a_window_that_rolls(self, path: str, most: int, window: float) -> None:
        at = [0.0]
        limits = RateLimits(lambda: at[0])
        passed = []
        for at[0] in (0.0, window - 0.01, window):
            passed.append(sum(limits.refuse(path) is None for _ in range(most + 1)))
        assert passed == [most, 0, most]

    def test_of_searches_and_of_all_else_are_told_apart(self, hubspot: Caller) -> None:
        hubspot.sim("POST", "settings", {"burst_limit": 0})
        refused = hubspot.api("GET", OWNERS)
        assert refused.status_code == 429
        assert refused.json()["policyName"] == "TEN_SECONDLY_ROLLING"
        assert "Retry-After" not in refused.headers
        searched = hubspot.api("POST", f"{OBJECTS}/tasks/search", {})
        assert searched.status_code == 200
        assert "X-HubSpot-RateLimit-Max" not in searched.headers
        hubspot.sim("POST", "settings", {"search_limit": 0})
        assert hubspot.api("POST", f"{OBJECTS}/tasks/search", {}).json()["policyName"] == "SECONDLY"

    def test_answers_say_how_much_is_left(self, hubspot: Caller) -> None:
        assert hubspot.api("GET", OWNERS).headers["X-HubSpot-RateLimit-Remaining"] == "189"


class TestFaults:
    def test_a_status_ordered_for_one_path_hits_it_so_many_times(self, hubspot: Caller) -> None:
        hubspot.sim("POST", "fail-next", {"match": "GET /crm/owners", "times": 2, "status": 503, "body": {"x": 1}})
        assert hubspot.api("POST", f"{OBJECTS}/tasks", task()).status_code == 201
        assert [hubspot.api("GET", OWNERS).status_code for _ in range(3)] == [503, 503, 200]

    def test_a_dropped_connection_before_the_effect_changes_nothing(self, hubspot: Caller) -> None:
        hubspot.sim("POST", "fail-next", {"match": "tasks", "drop": True})
        with pytest.raises(requests.ConnectionError):
            hubspot.api("POST", f"{OBJECTS}/tasks", task())
        assert hubspot.sim("GET", "state/tasks")["results"] == []

    @pytest.mark.parametrize("fault", [{"drop": True}, {"hang": 0.2}, {"status": 502}])
    def test_after_the_effect_the_work_is_done_and_only_the_answer_fails(
        self, hubspot: Caller, fault: dict[str, object]
    ) -> None:
        hubspot.sim("POST", "fail-next", {"match": "tasks", "after_effect": True, **fault})
        try:
            status = hubspot.api("POST", f"{OBJECTS}/tasks", task()).status_code
        except requests.RequestException:
            status = None
        assert status == fault.get("status")
        assert len(hubspot.sim("GET", "state/tasks")["results"]) == 1

    def test_a_hang_may_end_in_a_status(self, hubspot: Caller) -> None:
        hubspot.sim("POST", "fail-next", {"match": "owners", "hang": 0.05, "status": 504})
        answer = hubspot.api("GET", OWNERS)
        assert answer.status_code == 504
        assert answer.elapsed.total_seconds() >= 0.05

    def test_an_order_that_means_nothing_is_refused(self, hubspot: Caller) -> None:
        for order in ({"match": "x"}, {"statuss": 503}):
            answer = requests.post(f"{hubspot.url}/_sim/fail-next", json=order, timeout=10)
            assert answer.status_code == 400


class TestControlPlane:
    def test_the_log_knows_method_path_status_and_rows(self, hubspot: Caller) -> None:
        hubspot.api("POST", f"{OBJECTS}/tasks/batch/create", {"inputs": [task()] * 7})
        hubspot.api("GET", OWNERS, params={"limit": 1})
        first, second = hubspot.logged()
        assert (first["method"], first["status"], first["size"]) == ("POST", 201, 7)
        assert second["path"] == OWNERS + "?limit=1"
        assert len(hubspot.logged("GET%20/crm")) == 1

    def test_a_reset_empties_everything_but_stays_connected(self, hubspot: Caller, refs: dict[str, str]) -> None:
        hubspot.sim("POST", "settings", {"burst_limit": 3, "portal_id": 17})
        hubspot.sim("POST", "fail-next", {"status": 500})
        hubspot.sim("POST", "reset")
        settings = hubspot.sim("GET", "settings")
        assert (settings["burst_limit"], settings["portal_id"]) == (190, 17)
        assert hubspot.api("GET", OWNERS).json()["results"] == []
        assert hubspot.sim("GET", "state/companies")["results"] == []

    def test_a_setting_that_does_not_exist_is_refused_by_name(self, hubspot: Caller) -> None:
        answer = requests.post(f"{hubspot.url}/_sim/settings", json={"sufle": True}, timeout=10)
        assert answer.status_code == 400
        assert "sufle" in answer.json()["message"]

    def test_a_call_on_a_contact_gets_the_contacts_company_too(self, hubspot: Caller, refs: dict[str, str]) -> None:
        made = hubspot.sim("POST", "ui/calls", {"associations": {"contacts": ["@anne"]}})
        assert made["associations"] == {"contacts": [refs["anne"]], "companies": [refs["fjellbygg"]]}

    def test_times_may_be_relative(self, hubspot: Caller) -> None:
        call = {"properties": {"hs_timestamp": "-2h"}, "createdAt": "-1h"}
        hubspot.sim("POST", "seed", {"calls": [call]})
        found = hubspot.sim("GET", "state/calls")["results"][0]
        assert found["properties"]["hs_timestamp"] < found["createdAt"]
