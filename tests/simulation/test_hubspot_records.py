from __future__ import annotations

from typing import Any

import pytest

from tests.simulation.clients import NO_ANSWER, OBJECTS, TASK_TO_CONTACT, Caller, task, to


def create(hubspot: Caller, *inputs: dict[str, Any], kind: str = "tasks") -> Any:
    return hubspot.api("POST", f"{OBJECTS}/{kind}/batch/create", {"inputs": list(inputs)})


def stored(hubspot: Caller, kind: str = "tasks") -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = hubspot.sim("GET", f"state/{kind}")["results"]
    return results


class TestBatchCreate:
    def test_creates_with_associations_in_one_call(self, hubspot: Caller, refs: dict[str, str]) -> None:
        answer = create(hubspot, task() | {"associations": [to(refs["anne"], TASK_TO_CONTACT)]})
        assert answer.status_code == 201
        assert stored(hubspot)[0]["associations"] == {"contacts": [refs["anne"]]}

    def test_gives_ids_beyond_32_bits(self, hubspot: Caller) -> None:
        assert int(create(hubspot, task()).json()["results"][0]["id"]) > 2**31

    def test_takes_no_more_than_a_hundred(self, hubspot: Caller) -> None:
        assert create(hubspot, *[task()] * 100).status_code == 201
        assert create(hubspot, *[task()] * 101).status_code == 400

    @pytest.mark.parametrize(
        ("properties", "code"),
        [
            ({"no_such_property": "1"}, "PROPERTY_DOESNT_EXIST"),
            ({"hs_task_status": "DONE"}, "INVALID_OPTION"),
            ({"hs_task_priority": "URGENT"}, "INVALID_OPTION"),
            ({"hs_task_type": "SMS"}, "INVALID_OPTION"),
            ({"hs_timestamp": "i morgen"}, "INVALID_DATE"),
            ({"hs_task_reminders": "2026-11-23T09:00:00Z"}, "INVALID_INTEGER"),
            ({"hubspot_owner_id": "17"}, "INVALID_OWNER_ID"),
            ({"hs_object_id": "17"}, "READ_ONLY_VALUE"),
        ],
    )
    def test_refuses_a_wrong_value(self, hubspot: Caller, properties: dict[str, str], code: str) -> None:
        answer = create(hubspot, task(**properties))
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == code

    @pytest.mark.parametrize("kind", ["calls", "tasks", "emails", "meetings", "notes", "communications"])
    def test_refuses_an_activity_without_its_time(self, hubspot: Caller, kind: str) -> None:
        answer = create(hubspot, {"properties": {}, "associations": []}, kind=kind)
        assert answer.status_code == 400
        assert "hs_timestamp" in answer.json()["context"]["properties"]

    def test_refuses_a_communication_not_logged_from_the_crm(self, hubspot: Caller) -> None:
        values = {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_communication_channel_type": "SMS"}
        row = {"properties": values, "associations": []}
        assert create(hubspot, row, kind="communications").status_code == 400
        values["hs_communication_logged_from"] = "CRM"
        assert create(hubspot, row, kind="communications").status_code == 201

    @pytest.mark.parametrize("wrong", ["a missing record", "another record's type"])
    def test_one_bad_association_refuses_the_whole_batch(
        self, hubspot: Caller, refs: dict[str, str], wrong: str
    ) -> None:
        bad = to("1", TASK_TO_CONTACT) if wrong == "a missing record" else to(refs["anne"], 194)
        assert create(hubspot, task(), task() | {"associations": [bad]}).status_code == 400
        assert stored(hubspot) == []

    def test_with_trace_ids_only_the_bad_row_is_refused(self, hubspot: Caller) -> None:
        bad = task(no_such_property="1") | {"objectWriteTraceId": "b"}
        answer = create(hubspot, task() | {"objectWriteTraceId": "a"}, bad)
        assert answer.status_code == 207
        assert [row["objectWriteTraceId"] for row in answer.json()["results"]] == ["a"]
        assert answer.json()["errors"][0]["context"]["objectWriteTraceId"] == ["b"]

    def test_refuses_a_key_that_is_taken(self, hubspot: Caller) -> None:
        first = create(hubspot, task(kundeflyt_key="k")).json()["results"][0]["id"]
        again = create(hubspot, task(kundeflyt_key="k"))
        assert again.status_code == 400
        assert again.json()["context"]["existingObjectId"] == [first]
        assert create(hubspot, task(kundeflyt_key="n"), task(kundeflyt_key="n")).status_code == 400

    def test_takes_the_same_key_twice_in_a_portal_without_unique_keys(self, hubspot: Caller) -> None:
        hubspot.sim("POST", "settings", {"unique_keys": False})
        assert create(hubspot, task(kundeflyt_key="k"), task(kundeflyt_key="k")).status_code == 201


class TestBatchRead:
    def test_leaves_out_what_it_does_not_have_and_says_so(self, hubspot: Caller) -> None:
        id_ = create(hubspot, task()).json()["results"][0]["id"]
        answer = hubspot.api("POST", f"{OBJECTS}/tasks/batch/read", {"inputs": [{"id": id_}, {"id": "1"}]})
        assert answer.status_code == 207
        assert [row["id"] for row in answer.json()["results"]] == [id_]
        assert answer.json()["errors"][0]["context"]["ids"] == ["1"]

    def test_finds_by_our_key_or_by_email(self, hubspot: Caller, refs: dict[str, str]) -> None:
        id_ = create(hubspot, task(kundeflyt_key="k")).json()["results"][0]["id"]
        for kind, name, value, expected in (
            ("tasks", "kundeflyt_key", "k", id_),
            ("contacts", "email", "Anne@fjellbygg.example", refs["anne"]),
        ):
            body = {"idProperty": name, "inputs": [{"id": value}], "properties": [name]}
            answer = hubspot.api("POST", f"{OBJECTS}/{kind}/batch/read", body)
            assert [row["id"] for row in answer.json()["results"]] == [expected]

    def test_refuses_to_find_by_a_property_that_is_not_unique(self, hubspot: Caller) -> None:
        body = {"idProperty": "hs_task_subject", "inputs": [{"id": "x"}]}
        assert hubspot.api("POST", f"{OBJECTS}/tasks/batch/read", body).status_code == 400

    def test_values_are_strings_and_times_end_in_z(self, hubspot: Caller) -> None:
        row = {"properties": {"hs_timestamp": 1763888400000, "hs_call_duration": 4000}, "associations": []}
        properties = create(hubspot, row, kind="calls").json()["results"][0]["properties"]
        assert properties["hs_timestamp"] == "2025-11-23T09:00:00Z"
        assert properties["hs_call_duration"] == "4000"
        assert properties["hs_createdate"].endswith("Z")

    def test_tells_the_history_newest_first_with_who_did_it(self, hubspot: Caller, refs: dict[str, str]) -> None:
        company = refs["fjellbygg"]
        hubspot.sim("PATCH", f"ui/companies/{company}", {"properties": {"hubspot_owner_id": "@ola"}, "userId": 7})
        hubspot.api("PATCH", f"{OBJECTS}/companies/{company}", {"properties": {"hubspot_owner_id": ""}})
        answer = hubspot.api(
            "GET", f"{OBJECTS}/companies/{company}", params={"propertiesWithHistory": "hubspot_owner_id"}
        )
        newest, middle, oldest = answer.json()["propertiesWithHistory"]["hubspot_owner_id"]
        assert (newest["value"], newest["sourceType"]) == ("", "INTEGRATION")
        assert (middle["value"], middle["sourceId"]) == (refs["ola"], "userId:7")
        assert oldest["value"] == refs["kari"]
        assert answer.json()["properties"]["hubspot_owner_id"] is None


class TestOtherWrites:
    def test_update_changes_what_is_there_and_tells_what_is_not(self, hubspot: Caller) -> None:
        id_ = create(hubspot, task(kundeflyt_key="k")).json()["results"][0]["id"]
        rows = [
            {"id": "k", "idProperty": "kundeflyt_key", "properties": {"hs_task_status": "COMPLETED"}},
            {"id": "1", "properties": {"hs_task_status": "COMPLETED"}},
        ]
        answer = hubspot.api("POST", f"{OBJECTS}/tasks/batch/update", {"inputs": rows})
        assert answer.status_code == 207
        assert [row["id"] for row in answer.json()["results"]] == [id_]
        assert stored(hubspot)[0]["properties"]["hs_task_status"] == "COMPLETED"

    def test_upsert_says_what_was_new(self, hubspot: Caller) -> None:
        def upsert() -> bool:
            row = {"id": "k", "idProperty": "kundeflyt_key", "properties": task()["properties"]}
            answer = hubspot.api("POST", f"{OBJECTS}/tasks/batch/upsert", {"inputs": [row]})
            new: bool = answer.json()["results"][0]["new"]
            return new

        assert [upsert(), upsert()] == [True, False]
        assert len(stored(hubspot)) == 1

    def test_what_is_archived_is_gone_and_its_key_free(self, hubspot: Caller) -> None:
        id_ = create(hubspot, task(kundeflyt_key="k")).json()["results"][0]["id"]
        assert hubspot.api("POST", f"{OBJECTS}/tasks/batch/archive", {"inputs": [{"id": id_}]}).status_code == 204
        assert hubspot.api("GET", f"{OBJECTS}/tasks/{id_}").status_code == 404
        assert create(hubspot, task(kundeflyt_key="k")).status_code == 201

    def test_single_endpoints_do_the_same_as_batches(self, hubspot: Caller) -> None:
        created = hubspot.api("POST", f"{OBJECTS}/0-27", task())
        path = f"{OBJECTS}/task/{created.json()['id']}"
        assert created.status_code == 201
        assert hubspot.api("PATCH", path, {"properties": {"hs_task_priority": "HIGH"}}).status_code == 200
        shown = hubspot.api("GET", path, params={"properties": "hs_task_priority"}).json()
        assert shown["properties"]["hs_task_priority"] == "HIGH"
        assert hubspot.api("DELETE", path).status_code == 204
        assert hubspot.api("GET", path).status_code == 404

    def test_two_contacts_never_share_an_address(self, hubspot: Caller, refs: dict[str, str]) -> None:
        row = {"properties": {"email": "anne@fjellbygg.example"}, "associations": []}
        answer = create(hubspot, row, kind="contacts")
        assert answer.status_code == 409
        assert refs["anne"] in answer.json()["message"]


NEW_PROPERTY = {"name": "vi_var_her", "label": "x", "type": "string", "fieldType": "text", "groupName": "g"}


class TestPropertiesAndOwners:
    def test_a_new_property_can_be_written_at_once_and_made_only_once(self, hubspot: Caller) -> None:
        path = "/crm/properties/2026-09/tasks"
        assert hubspot.api("POST", path, NEW_PROPERTY).status_code == 201
        assert hubspot.api("POST", path, NEW_PROPERTY).status_code == 409
        assert create(hubspot, task(vi_var_her="ja")).status_code == 201

    def test_a_portal_may_forbid_unique_properties_on_activities(self, hubspot: Caller) -> None:
        hubspot.sim("POST", "settings", {"kundeflyt_key": False, "unique_keys": False})
        new = NEW_PROPERTY | {"name": "kundeflyt_key", "hasUniqueValue": True}
        assert hubspot.api("POST", "/crm/properties/2026-09/tasks", new).status_code == 400

    def test_outcomes_are_options_of_the_disposition(self, hubspot: Caller) -> None:
        answer = hubspot.api("GET", "/crm/properties/2026-09/calls/hs_call_disposition").json()
        assert NO_ANSWER in [option["value"] for option in answer["options"]]

    def test_an_archived_owner_is_shown_only_when_asked_for(self, hubspot: Caller, refs: dict[str, str]) -> None:
        path = f"/crm/owners/2026-09/{refs['sluttet']}"
        assert hubspot.api("GET", path).status_code == 404
        gone = hubspot.api("GET", path, params={"archived": "true"}).json()
        assert gone["archived"]
        assert gone["userId"] is None

    def test_owners_come_in_pages(self, hubspot: Caller, refs: dict[str, str]) -> None:
        first = hubspot.api("GET", "/crm/owners/2026-09", params={"limit": 3}).json()
        after = first["paging"]["next"]["after"]
        rest = hubspot.api("GET", "/crm/owners/2026-09", params={"limit": 3, "after": after}).json()
        ids = [owner["id"] for owner in first["results"] + rest["results"]]
        assert ids == [refs[ref] for ref in ("kari", "ola", "siv", "ko", "csc")]
        assert "paging" not in rest
