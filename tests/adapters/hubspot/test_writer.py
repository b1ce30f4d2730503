from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.ports.failures import Done, Refused, TryLater, Unsure
from kundeflyt.ports.writers import NewTask, SmsEntry, TaskChange
from tests.fakes.http_vendor import Answer, HttpVendor

DUE = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=1)))
TASK = NewTask(
    key="no_answer/1/1/task",
    task_type="EMAIL",
    subject="Følg opp <script>AS & sønn",
    body="Hei <script>alert(1)</script> & co\nRing igjen\r\nTakk",
    due=DUE,
    owner_id=301,
    contact_id=101,
    company_id=201,
)
ENTRY = SmsEntry(
    key="no_answer/1/1/log",
    body="Hei <b>\nRing",
    at=DUE.astimezone(UTC),
    owner_id=None,
    contact_id=101,
    company_id=None,
)
INVALID = {"category": "VALIDATION_ERROR"}


@pytest.fixture
def writer(client: HubSpotClient) -> HubSpotWriter:
    return HubSpotWriter(client)


def tasks(count: int) -> list[NewTask]:
    return [replace(TASK, key=f"no_answer/1/{number}/task") for number in range(count)]


def made(*rows: tuple[int, str]) -> dict[str, Any]:
    return {"results": [{"id": str(id_), "properties": {"kundeflyt_key": key}} for id_, key in rows]}


def made_of(request_json: Mapping[str, Any]) -> dict[str, Any]:
    keys = [row["properties"]["kundeflyt_key"] for row in request_json["inputs"]]
    return made(*((int(key.split("/")[2]) + 1000, key) for key in keys))


class Portal:
    """Refuses every batch with a bad key in it, as HubSpot does, and makes the rest."""

    def __init__(self, vendor: HttpVendor, *bad: str) -> None:
        self._bad = set(bad)
        vendor.answer_to = self._answer  # type: ignore[method-assign]
        self.requests = vendor.requests

    def _answer(self, received: Any) -> Answer:
        self.requests.append(received)
        keys = {row["properties"]["kundeflyt_key"] for row in received.json["inputs"]}
        return Answer(status=400, body=INVALID) if keys & self._bad else Answer(status=201, body=made_of(received.json))


class TestNewTasks:
    def test_carry_what_a_person_needs(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(made((9, TASK.key)), status=201)
        assert writer.create_tasks([TASK]) == [Done(result="9")]
        [row] = vendor.requests[0].json["inputs"]
        assert row == {
            "properties": {
                "kundeflyt_key": TASK.key,
                "hs_task_type": "EMAIL",
                "hs_task_status": "NOT_STARTED",
                "hs_task_subject": "Følg opp <script>AS & sønn",
                "hs_task_body": "Hei &lt;script&gt;alert(1)&lt;/script&gt; &amp; co<br>Ring igjen<br>Takk",
                "hs_timestamp": "2026-11-23T13:00:00.000Z",
                "hubspot_owner_id": "301",
            },
            "associations": [
                {
                    "to": {"id": "101"},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}],
                },
                {
                    "to": {"id": "201"},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}],
                },
            ],
        }

    def test_may_lack_an_owner_and_associations(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        writer.create_tasks([replace(TASK, owner_id=None, contact_id=None, company_id=None)])
        [row] = vendor.requests[0].json["inputs"]
        assert row["associations"] == []
        assert "hubspot_owner_id" not in row["properties"]

    def test_are_matched_by_key_whatever_the_order(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        first, second = tasks(2)
        vendor.answer(made((22, second.key), (11, first.key)), status=201)
        assert writer.create_tasks([first, second]) == [Done(result="11"), Done(result="22")]

    def test_that_the_answer_leaves_out_are_unsure(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        first, second = tasks(2)
        vendor.answer(made((11, first.key)), status=201)
        outcomes = writer.create_tasks([first, second])
        assert outcomes[0] == Done(result="11")
        assert isinstance(outcomes[1], Unsure)

    def test_go_a_hundred_at_a_time(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        portal = Portal(vendor)
        outcomes = writer.create_tasks(tasks(150))
        assert outcomes == [Done(result=str(1000 + number)) for number in range(150)]
        assert [len(request.json["inputs"]) for request in portal.requests] == [100, 50]

    def test_beside_a_bad_one_are_made_all_the_same(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        portal = Portal(vendor, "no_answer/1/42/task")
        outcomes = writer.create_tasks(tasks(100))
        assert isinstance(outcomes[42], Refused)
        assert [number for number, outcome in enumerate(outcomes) if not isinstance(outcome, Done)] == [42]
        sent = [row["properties"]["kundeflyt_key"] for r in portal.requests for row in r.json["inputs"]]
        assert len(portal.requests) <= 2 * 7 + 1
        assert len(set(sent)) == 100

    def test_whose_half_is_lost_are_unsure_and_the_others_done(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        batch = tasks(2)
        vendor.answer(INVALID, status=400)
        vendor.answer(made((11, batch[0].key)), status=201)
        vendor.answer(drop=True)
        outcomes = writer.create_tasks(batch)
        assert outcomes[0] == Done(result="11")
        assert isinstance(outcomes[1], Unsure)

    def test_with_a_key_that_is_there_already_were_made_before(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        error = {"code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": ["kundeflyt_key"]}}
        vendor.answer(INVALID | {"errors": [error]}, status=400)
        [outcome] = writer.create_tasks([TASK])
        assert isinstance(outcome, Unsure)

    @pytest.mark.parametrize(("answer", "kind"), [(Answer(drop=True), Unsure), (Answer(status=429), TryLater)])
    def test_that_fail_together_share_the_outcome(
        self, answer: Answer, kind: type, vendor: HttpVendor, writer: HubSpotWriter
    ) -> None:
        vendor.answers.append(answer)
        assert [type(outcome) for outcome in writer.create_tasks(tasks(3))] == [kind] * 3
        assert len(vendor.requests) == 1


class TestTaskChanges:
    def test_send_only_what_changes(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer({"results": [{"id": "9"}, {"id": "8"}]})
        changes = [TaskChange(task_id=8, body="a & b\nc"), TaskChange(task_id=9, completed=True, due=DUE, subject="x")]
        assert writer.update_tasks(changes) == [Done(result="8"), Done(result="9")]
        assert vendor.requests[0].json["inputs"] == [
            {"id": "8", "properties": {"hs_task_body": "a &amp; b<br>c"}},
            {
                "id": "9",
                "properties": {
                    "hs_task_subject": "x",
                    "hs_timestamp": "2026-11-23T13:00:00.000Z",
                    "hs_task_status": "COMPLETED",
                },
            },
        ]

    def test_to_one_task_are_sent_together_and_the_last_word_stands(
        self, vendor: HttpVendor, writer: HubSpotWriter
    ) -> None:
        vendor.answer({"results": [{"id": "8"}]})
        changes = [TaskChange(task_id=8, subject="old", body="b"), TaskChange(task_id=8, subject="new")]
        assert writer.update_tasks(changes) == [Done(result="8")] * 2
        [row] = vendor.requests[0].json["inputs"]
        assert row["properties"] == {"hs_task_subject": "new", "hs_task_body": "b"}

    def test_to_a_task_that_is_gone_are_refused_alone(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer({"category": "OBJECT_NOT_FOUND"}, status=404)
        vendor.answer({"results": [{"id": "8"}]})
        vendor.answer({"category": "OBJECT_NOT_FOUND"}, status=404)
        gone = writer.update_tasks([TaskChange(task_id=8, completed=True), TaskChange(task_id=9, completed=True)])
        assert gone[0] == Done(result="8")
        assert isinstance(gone[1], Refused)

    def test_that_are_lost_are_tried_again(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(drop=True)
        [outcome] = writer.update_tasks([TaskChange(task_id=8, completed=True)])
        assert isinstance(outcome, TryLater)


class TestSmsEntries:
    def test_are_logged_as_text_messages(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(made((9, ENTRY.key)), status=201)
        assert writer.log_sms([ENTRY]) == [Done(result="9")]
        [row] = vendor.requests[0].json["inputs"]
        assert row["properties"] == {
            "kundeflyt_key": ENTRY.key,
            "hs_communication_channel_type": "SMS",
            "hs_communication_logged_from": "CRM",
            "hs_communication_body": "Hei &lt;b&gt;<br>Ring",
            "hs_timestamp": "2026-11-23T13:00:00.000Z",
        }
        assert [to["types"][0]["associationTypeId"] for to in row["associations"]] == [81]


def tasks_of(owner_id: int, *task_ids: int) -> dict[str, Any]:
    to = [{"toObjectId": str(task_id), "associationTypes": []} for task_id in task_ids]
    return {"from": {"id": str(owner_id)}, "to": to}


class TestLookingForTasks:
    def test_asks_by_our_key(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(made((9, TASK.key)))
        assert writer.find_tasks([TASK]) == [Done(result="9")]
        assert vendor.requests[0].json["idProperty"] == "kundeflyt_key"

    def test_does_not_take_another_task_for_it(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(made((9, "no_answer/1/1/other")))
        assert writer.find_tasks([TASK]) == [None]

    def test_costs_one_call_after_a_lost_answer_to_a_hundred(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(drop=True)
        outcomes = writer.create_tasks(tasks(100))
        assert {type(outcome) for outcome in outcomes} == {Unsure}

        vendor.answer(made(*((1000 + number, tasks(100)[number].key) for number in reversed(range(99)))))
        findings = writer.find_tasks(tasks(100))

        assert findings == [*(Done(result=str(1000 + number)) for number in range(99)), None]
        [_create, look_up] = vendor.requests
        assert {row["id"] for row in look_up.json["inputs"]} == {task.key for task in tasks(100)}

    def test_goes_a_hundred_keys_at_a_time(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(made((1000, "no_answer/1/0/task")))
        vendor.answer(status=500)
        findings = writer.find_tasks(tasks(150))
        assert [len(request.json["inputs"]) for request in vendor.requests] == [100, 50]
        assert findings[:100] == [Done(result="1000"), *[None] * 99]
        assert {type(finding) for finding in findings[100:]} == {TryLater}

    def test_reads_all_the_contacts_and_companies_tasks_at_once_where_the_key_is_not_unique(
        self, vendor: HttpVendor, writer: HubSpotWriter
    ) -> None:
        batch = [
            replace(task, contact_id=100 + number, company_id=200) if number < 50 else replace(task, contact_id=None)
            for number, task in enumerate(tasks(100))
        ]
        vendor.answer(INVALID, status=400)
        vendor.answer({"results": [tasks_of(100, 8, 7), tasks_of(149, 8, 9)]})
        vendor.answer({"results": [tasks_of(201, 6)]})
        vendor.answer(made((6, batch[99].key), (8, "no_answer/1/1/other"), (9, batch[49].key)))

        findings = writer.find_tasks(batch)

        assert {place: found for place, found in enumerate(findings) if found} == {
            49: Done(result="9"),
            99: Done(result="6"),
        }
        assert [request.path for request in vendor.requests[1:]] == [
            "/crm/associations/2026-09/contacts/tasks/batch/read",
            "/crm/associations/2026-09/companies/tasks/batch/read",
            "/crm/objects/2026-09/tasks/batch/read",
        ]
        asked = [[row["id"] for row in request.json["inputs"]] for request in vendor.requests[1:]]
        assert asked == [[str(id_) for id_ in range(100, 150)], ["201"], ["6", "7", "8", "9"]]

    def test_reads_the_companys_tasks_only_where_there_is_no_contact(
        self, vendor: HttpVendor, writer: HubSpotWriter
    ) -> None:
        vendor.answer(INVALID, status=400)
        assert writer.find_tasks([replace(TASK, contact_id=None)]) == [None]
        [_by_key, by_company] = vendor.requests
        assert by_company.path == "/crm/associations/2026-09/companies/tasks/batch/read"
        assert by_company.json == {"inputs": [{"id": "201"}]}

    def test_is_unsure_only_of_those_that_belong_to_nobody(self, vendor: HttpVendor, writer: HubSpotWriter) -> None:
        vendor.answer(INVALID, status=400)
        found, absent = writer.find_tasks([replace(TASK, contact_id=None, company_id=None), TASK])
        assert isinstance(found, Unsure)
        assert absent is None

    @pytest.mark.parametrize("answer", [Answer(status=500), Answer(drop=True), Answer(status=429), Answer(status=401)])
    @pytest.mark.parametrize("refused_first", [False, True], ids=["by key", "among the contacts' tasks"])
    def test_is_tried_later_when_hubspot_does_not_answer(
        self, answer: Answer, refused_first: bool, vendor: HttpVendor, writer: HubSpotWriter
    ) -> None:
        if refused_first:
            vendor.answer(INVALID, status=400)
        vendor.answers.append(answer)
        assert [type(found) for found in writer.find_tasks(tasks(2))] == [TryLater] * 2

    def test_does_not_call_it_absent_when_the_row_could_not_be_read(
        self, vendor: HttpVendor, writer: HubSpotWriter
    ) -> None:
        vendor.answer({"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}, status=207)
        [found] = writer.find_sms_entries([ENTRY])
        assert isinstance(found, TryLater)
