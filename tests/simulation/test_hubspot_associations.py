from __future__ import annotations

from tests.simulation.clients import ASSOCIATIONS, OBJECTS, Caller, task


class TestAssociations:
    def test_are_read_for_many_records_at_once(self, hubspot: Caller, refs: dict[str, str]) -> None:
        inputs = {"inputs": [{"id": refs["missed"]}, {"id": refs["answered"]}]}
        answer = hubspot.api("POST", f"{ASSOCIATIONS}/calls/contacts/batch/read", inputs)
        found = {row["from"]["id"]: row["to"] for row in answer.json()["results"]}
        assert answer.status_code == 200
        assert [to["toObjectId"] for to in found[refs["missed"]]] == [refs["david"]]
        assert found[refs["missed"]][0]["associationTypes"][0]["typeId"] == 194

    def test_a_record_without_any_is_told_as_an_error(self, hubspot: Caller, refs: dict[str, str]) -> None:
        inputs = {"inputs": [{"id": refs["geir"]}, {"id": refs["david"]}]}
        answer = hubspot.api("POST", f"{ASSOCIATIONS}/0-1/0-48/batch/read", inputs)
        assert answer.status_code == 207
        assert answer.json()["numErrors"] == 1
        assert [row["from"]["id"] for row in answer.json()["results"]] == [refs["david"]]

    def test_come_in_pages_of_five_hundred(self, hubspot: Caller, refs: dict[str, str]) -> None:
        note = {"properties": {"hs_note_body": "x"}, "associations": {"contacts": ["@anne"]}}
        hubspot.sim("POST", "seed", {"notes": [note] * 501})
        path = f"{ASSOCIATIONS}/contacts/notes/batch/read"
        first = hubspot.api("POST", path, {"inputs": [{"id": refs["anne"]}]}).json()["results"][0]
        after = first["paging"]["next"]["after"]
        rest = hubspot.api("POST", path, {"inputs": [{"id": refs["anne"], "after": after}]}).json()["results"][0]
        assert [len(first["to"]), len(rest["to"])] == [500, 1]
        assert "paging" not in rest

    def test_the_first_company_of_a_contact_is_its_primary(self, hubspot: Caller, refs: dict[str, str]) -> None:
        path = f"{OBJECTS}/contacts/{refs['anne']}/associations"
        hubspot.api("PUT", f"{path}/default/companies/{refs['granskog']}")
        found = hubspot.api("GET", f"{path}/companies").json()["results"]
        labels = {row["toObjectId"]: [one["label"] for one in row["associationTypes"]] for row in found}
        assert labels == {refs["fjellbygg"]: ["Primary", None], refs["granskog"]: [None]}

    def test_can_be_made_one_by_one_in_batches_and_undone(self, hubspot: Caller, refs: dict[str, str]) -> None:
        id_ = hubspot.api("POST", f"{OBJECTS}/tasks", task()).json()["id"]
        row = {"from": {"id": id_}, "to": {"id": refs["anne"]}}
        made = hubspot.api("POST", f"{ASSOCIATIONS}/tasks/contacts/batch/associate/default", {"inputs": [row]})
        spec = made.json()["results"][0]["associationSpec"]
        labelled = row | {"to": {"id": refs["bjorn"]}, "types": [spec]}
        hubspot.api("POST", f"{ASSOCIATIONS}/tasks/contacts/batch/create", {"inputs": [labelled]})
        hubspot.api("DELETE", f"{OBJECTS}/tasks/{id_}/associations/contacts/{refs['anne']}")
        assert hubspot.sim("GET", "state/tasks")["results"][0]["associations"] == {"contacts": [refs["bjorn"]]}

    def test_a_row_with_a_missing_record_fails_alone(self, hubspot: Caller, refs: dict[str, str]) -> None:
        id_ = hubspot.api("POST", f"{OBJECTS}/tasks", task()).json()["id"]
        inputs = [{"from": {"id": id_}, "to": {"id": to}} for to in ("1", refs["anne"])]
        made = hubspot.api("POST", f"{ASSOCIATIONS}/tasks/contacts/batch/associate/default", {"inputs": inputs})
        assert made.status_code == 207
        assert hubspot.sim("GET", "state/tasks")["results"][0]["associations"] == {"contacts": [refs["anne"]]}
