from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.writers import NewTask, SmsEntry, TaskChange
from tests.fakes.http_vendor import Answer, HttpVendor, Received
from tests.simulation import published

pytestmark = pytest.mark.skipif(
    not published.FOLDER.is_dir(), reason=f"HubSpot's published schemas are not at {published.FOLDER}"
)

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TASK = NewTask(
    key="no_answer/1/1/task",
    task_type="TODO",
    subject="s",
    body="b",
    due=MONDAY,
    owner_id=301,
    contact_id=101,
    company_id=201,
)
ENTRY = SmsEntry(key="no_answer/1/1/log", body="b", at=MONDAY, owner_id=301, contact_id=101, company_id=201)
CHANGE = TaskChange(task_id=9, subject="s", body="b", due=MONDAY, completed=True)

READS: dict[str, Callable[[HubSpotReader], object]] = {
    "calls": lambda reader: reader.calls([1]),
    "contacts": lambda reader: reader.contacts([1], properties=["sms_basis"]),
    "companies": lambda reader: reader.companies([1]),
    "open tasks": lambda reader: reader.open_tasks([1]),
    "contacts of calls": lambda reader: reader.contacts_of_calls([1]),
    "companies of calls": lambda reader: reader.companies_of_calls([1]),
    "companies of contacts": lambda reader: reader.companies_of_contacts([1]),
    "owners": lambda reader: reader.owners([1]),
    "reached since": lambda reader: reader.reached_since({1: MONDAY}, connected=["x"], now=MONDAY),
}
WRITES: dict[str, Callable[[HubSpotWriter], object]] = {
    "new tasks": lambda writer: writer.create_tasks([TASK]),
    "task changes": lambda writer: writer.update_tasks([CHANGE]),
    "finding tasks": lambda writer: writer.find_tasks([TASK]),
    "SMS entries": lambda writer: writer.log_sms([ENTRY]),
    "finding SMS entries": lambda writer: writer.find_sms_entries([ENTRY]),
}


def faults(request: Received) -> list[str]:
    """What in the request HubSpot's specification does not know; its answers are the simulator's matter."""
    body = request.json if request.raw else None
    found = published.faults(request.method, request.path, 200, body, {})
    return [fault for fault in found if fault.startswith(("request", request.method))]


class TestOurRequestsFitThePublishedSchemas:
    @pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
    def test_when_we_read(
        self, read: Callable[[HubSpotReader], object], vendor: HttpVendor, client: HubSpotClient
    ) -> None:
        read(HubSpotReader(client, clock=lambda: MONDAY))
        assert vendor.requests
        assert [fault for request in vendor.requests for fault in faults(request)] == []

    @pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
    def test_when_we_write(
        self, write: Callable[[HubSpotWriter], object], vendor: HttpVendor, client: HubSpotClient
    ) -> None:
        write(HubSpotWriter(client))
        assert [fault for request in vendor.requests for fault in faults(request)] == []

    def test_when_we_go_through_all_customers(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        row = {"id": "7", "properties": {"hubspot_owner_id": "301"}}
        vendor.answer({"results": [row]})
        listed = HubSpotCustomerReader(client).listed(6, limit=1, having="stage", values=["a", "b"], properties=["x"])
        assert [(company.id, company.owner_id) for company in listed] == [(7, 301)]
        assert [fault for request in vendor.requests for fault in faults(request)] == []

    @pytest.mark.parametrize("ids", [["8", "7"], ["7", "7"], ["6", "7"]])
    def test_and_customers_in_another_order_than_asked_for_are_not_gone_on_from(
        self, vendor: HttpVendor, client: HubSpotClient, ids: list[str]
    ) -> None:
        vendor.answer({"results": [{"id": id_, "properties": {}} for id_ in ids]})
        with pytest.raises(TryLater, match="by id"):
            HubSpotCustomerReader(client).listed(6, limit=9, having="x", values=(), properties=())

    def test_when_we_look_among_the_contacts_tasks(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.answers.append(Answer(status=400))
        to = [{"toObjectId": "9", "associationTypes": []}]
        vendor.answer({"results": [{"from": {"id": "101"}, "to": to, "paging": {"next": {"after": "500"}}}]})
        HubSpotWriter(client).find_tasks([TASK])
        assert len(vendor.requests) == 4
        assert [fault for request in vendor.requests for fault in faults(request)] == []

    def test_and_a_request_that_does_not_fit_is_seen(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        client.read("/crm/objects/2026-09/tasks/batch/read", {"inputs": [{"id": "1"}], "props": []})
        client.read("/crm/objects/2026-09/tasks/batch/browse", {})
        assert [bool(faults(request)) for request in vendor.requests] == [True, True]
