from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.simulation import published
from tests.simulation.clients import ASSOCIATIONS, OBJECTS, Caller, task

pytestmark = pytest.mark.skipif(
    not published.FOLDER.is_dir(), reason=f"HubSpot's published schemas are not at {published.FOLDER}"
)
KEY = "kundeflyt_key"
READ = {"properties": ["hs_timestamp"], "propertiesWithHistory": [KEY]}
SPEC = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
NEW = {"name": "x", "label": "X", "type": "string", "fieldType": "text", "groupName": "g"}
FILTERS = [{"filters": [{"propertyName": "associations.contact", "operator": "IN", "values": ["<anne>"]}]}]
SEARCH = {"filterGroups": FILTERS, "limit": 1, "after": "0", "sorts": [], "properties": []}
SEQUENCES = "/automation/sequences/2026-09"
ENROLMENT = {"contactId": "<anne>", "sequenceId": "<ingen_kontakt>", "senderEmail": "kari@avonova.example"}
TRACED = [task() | {"objectWriteTraceId": "a"}, task(no="1") | {"objectWriteTraceId": "b"}]


def inputs(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"inputs": list(rows), **more}


EXCHANGES: list[tuple[str, str, Any, int]] = [
    ("POST", f"{OBJECTS}/tasks/batch/create", inputs(task(), task()), 201),
    ("POST", f"{OBJECTS}/tasks/batch/create", inputs(task(no="1")), 400),
    ("POST", f"{OBJECTS}/tasks/batch/create", inputs(*TRACED), 207),
    ("POST", f"{OBJECTS}/tasks/batch/read", inputs({"id": "<task>"}, **READ), 200),
    ("POST", f"{OBJECTS}/tasks/batch/read", inputs({"id": "k"}, {"id": "n"}, idProperty=KEY, **READ), 207),
    ("POST", f"{OBJECTS}/tasks/batch/update", inputs({"id": "<task>", "properties": {}}), 200),
    ("POST", f"{OBJECTS}/tasks/batch/update", inputs({"id": "1", "properties": {}}), 207),
    ("POST", f"{OBJECTS}/tasks/batch/upsert", inputs({"id": "k", "idProperty": KEY, "properties": {}}), 200),
    ("POST", f"{OBJECTS}/tasks/batch/archive", inputs({"id": "<task>"}), 204),
    ("POST", f"{OBJECTS}/tasks/search", SEARCH, 200),
    ("POST", f"{OBJECTS}/tasks", task(), 201),
    ("GET", f"{OBJECTS}/tasks/<task>?associations=contacts&propertiesWithHistory={KEY}", None, 200),
    ("GET", f"{OBJECTS}/tasks/1", None, 404),
    ("PATCH", f"{OBJECTS}/tasks/<task>", {"properties": {"hs_task_status": "WAITING"}}, 200),
    ("DELETE", f"{OBJECTS}/tasks/<task>", None, 204),
    ("POST", f"{ASSOCIATIONS}/contacts/companies/batch/read", inputs({"id": "<anne>"}), 200),
    ("POST", f"{ASSOCIATIONS}/contacts/calls/batch/read", inputs({"id": "<geir>"}), 207),
    (
        "POST",
        f"{ASSOCIATIONS}/tasks/contacts/batch/create",
        inputs({"from": {"id": "<task>"}, "to": {"id": "<geir>"}, "types": [SPEC]}),
        200,
    ),
    (
        "POST",
        f"{ASSOCIATIONS}/tasks/contacts/batch/associate/default",
        inputs({"from": {"id": "<task>"}, "to": {"id": "<geir>"}}, {"from": {"id": "1"}, "to": {"id": "1"}}),
        207,
    ),
    (
        "POST",
        f"{ASSOCIATIONS}/tasks/contacts/batch/archive",
        inputs({"from": {"id": "<task>"}, "to": [{"id": "<anne>"}]}),
        200,
    ),
    ("PUT", f"{OBJECTS}/tasks/<task>/associations/default/contacts/<geir>", None, 200),
    ("DELETE", f"{OBJECTS}/tasks/<task>/associations/contacts/<anne>", None, 204),
    ("GET", f"{OBJECTS}/contacts/<anne>/associations/companies", None, 200),
    ("GET", "/crm/owners/2026-09?limit=2", None, 200),
    ("GET", "/crm/owners/2026-09?archived=true", None, 200),
    ("GET", "/crm/owners/2026-09/<kari>", None, 200),
    ("GET", "/crm/owners/2026-09/1", None, 404),
    ("GET", "/crm/properties/2026-09/calls", None, 200),
    ("GET", "/crm/properties/2026-09/calls/hs_call_disposition", None, 200),
    ("GET", f"{SEQUENCES}?userId=61002001&limit=1", None, 200),
    ("GET", SEQUENCES, None, 400),
    ("GET", f"{SEQUENCES}/<ingen_kontakt>?userId=61002001", None, 200),
    ("GET", f"{SEQUENCES}/1?userId=61002001", None, 404),
    ("POST", f"{SEQUENCES}/enrollments?userId=61002001", ENROLMENT, 200),
    ("POST", f"{SEQUENCES}/enrollments?userId=1", ENROLMENT, 403),
    ("GET", f"{SEQUENCES}/enrollments/contact/<bjorn>", None, 200),
    ("GET", f"{SEQUENCES}/enrollments/contact/<geir>", None, 404),
    ("POST", "/crm/properties/2026-09/tasks", NEW, 201),
    ("POST", "/crm/properties/2026-09/tasks", NEW | {"name": KEY}, 409),
]


class TestPublishedSchemas:
    """Every exchange with the simulator would also pass HubSpot's own schemas."""

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        EXCHANGES,
        ids=[f"{method} {path.split('?')[0]} {status}" for method, path, _, status in EXCHANGES],
    )
    def test_hold_for(
        self, hubspot: Caller, refs: dict[str, str], method: str, path: str, body: Any, status: int
    ) -> None:
        one = {"ref": "task", "properties": {KEY: "k"}, "associations": {"contacts": ["@anne"]}}
        known = hubspot.sim("POST", "seed", {"tasks": [one]})["refs"]
        sent = _filled(body, known)
        hubspot.sim("POST", "ui/contacts/@bjorn/sequence", {"do": "enrol", "sequence": "@ingen_kontakt"})
        answer = hubspot.api(method, _filled(path, known), sent)
        assert answer.status_code == status, answer.text
        answered = answer.json() if answer.content else None
        assert published.faults(method, urlsplit(answer.url).path, status, sent, answered) == []

    def test_would_find_a_field_hubspot_does_not_have(self, hubspot: Caller) -> None:
        path = f"{OBJECTS}/tasks"
        answered = hubspot.api("POST", path, task()).json()
        assert published.faults("POST", path, 201, task(), answered | {"vi": 1})
        assert published.faults("POST", path, 201, {"properties": {}}, answered)


def _filled(value: Any, refs: dict[str, str]) -> Any:
    """The value with <ref> replaced by the id."""
    if isinstance(value, dict):
        return {key: _filled(one, refs) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, refs) for one in value]
    if isinstance(value, str):
        for ref, id_ in refs.items():
            value = value.replace(f"<{ref}>", id_)
    return value
