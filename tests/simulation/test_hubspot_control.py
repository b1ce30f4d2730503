from __future__ import annotations

import pytest
import requests

from tests.simulation.clients import OBJECTS, Caller, task

OWNERS = "/crm/owners/2026-09"


class TestAccess:
    def test_a_wrong_token_is_refused(self, hubspot: Caller) -> None:
        answer = requests.get(hubspot.url + OWNERS, headers={"Authorization": "Bearer wrong"}, timeout=10)
        assert answer.status_code == 401
        assert {"status", "message", "correlationId", "category"} <= set(answer.json())

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
    def test_the_191st_request_in_ten_seconds_is_refused(self, hubspot: Caller) -> None:
        statuses = [hubspot.api("GET", OWNERS).status_code for _ in range(190)]
        refused = hubspot.api("GET", OWNERS)
        assert set(statuses) == {200}
        assert refused.status_code == 429
        assert refused.json()["policyName"] == "TEN_SECONDLY_ROLLING"
        assert "Retry-After" not in refused.headers
        assert hubspot.api("POST", f"{OBJECTS}/tasks/search", {}).status_code == 200

    def test_the_sixth_search_in_a_second_is_refused(self, hubspot: Caller) -> None:
        hubspot.sim("POST", "settings", {"burst_limit": 0})
        # More than six, so that a second may pass in between on a machine that is busy.
        answers = [hubspot.api("POST", f"{OBJECTS}/tasks/search", {}) for _ in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        assert {answer.json()["policyName"] for answer in refused} == {"SECONDLY"}
        assert "X-HubSpot-RateLimit-Max" not in answers[0].headers

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

    @pytest.mark.parametrize("fault", [{"drop": True}, {"hang": 30}, {"status": 502}])
    def test_after_the_effect_the_work_is_done_and_only_the_answer_fails(
        self, hubspot: Caller, fault: dict[str, object]
    ) -> None:
        hubspot.sim("POST", "fail-next", {"match": "tasks", "after_effect": True, **fault})
        try:
            status = hubspot.api("POST", f"{OBJECTS}/tasks", task(), timeout=0.3).status_code
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
