from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from kundeflyt.adapters.hubspot import records
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.owners import KEPT_FOR
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.domain.crm import Call, Contact, Owner, Reached
from tests.fakes.http_vendor import HttpVendor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BIG_ID = 874_716_779_721
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


class Clock:
    def __init__(self) -> None:
        self.at = MONDAY

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(client: HubSpotClient, clock: Clock) -> HubSpotReader:
    return HubSpotReader(client, clock=clock)


def row(id_: int, **properties: str | None) -> dict[str, Any]:
    return {"id": str(id_), "createdAt": "2026-11-23T08:00:00.000Z", "properties": properties}


def results(*rows: Mapping[str, Any], after: str | None = None) -> dict[str, Any]:
    paging = {"paging": {"next": {"after": after}}} if after else {}
    return {"results": list(rows)} | paging


def linked(source: int, *targets: int, after: str | None = None, primary: int | None = None) -> dict[str, Any]:
    def kinds(target: int) -> list[dict[str, Any]]:
        ids = [279, 1] if target == primary else [279]
        return [{"category": "HUBSPOT_DEFINED", "typeId": id_, "label": None} for id_ in ids]

    to = [{"toObjectId": str(target), "associationTypes": kinds(target)} for target in targets]
    paging = {"paging": {"next": {"after": after}}} if after else {}
    return {"from": {"id": str(source)}, "to": to} | paging


class TestRecords:
    def test_a_call_in_our_words(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(
            results(
                row(
                    BIG_ID,
                    hs_timestamp="2026-11-23T07:15:00.250Z",
                    hs_call_disposition=CONNECTED,
                    hs_call_direction="INBOUND",
                    hs_activity_type="Statusmøte",
                    hs_call_title="HK",
                    hs_call_from_number="+4722334455",
                    hs_call_to_number="+4791234567",
                    hs_call_callee_object_id="101",
                    hs_call_callee_object_type="CONTACT",
                    hubspot_owner_id="301",
                )
            )
        )
        assert reader.calls([BIG_ID]) == {
            BIG_ID: Call(
                id=BIG_ID,
                at=datetime(2026, 11, 23, 7, 15, 0, 250_000, tzinfo=UTC),
                disposition=CONNECTED,
                inbound=True,
                owner_id=301,
                activity_type="Statusmøte",
                title="HK",
                from_number="+4722334455",
                to_number="+4791234567",
                callee_contact_id=101,
            )
        }

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("2026-11-23T10:15:00+01:00", datetime(2026, 11, 23, 9, 15, tzinfo=UTC)),
            ("1795425300000", datetime(2026, 11, 23, 9, 15, tzinfo=UTC)),
            ("yesterday", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
            ("9" * 30, datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
            (None, datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ],
    )
    def test_times_are_read_in_any_form_or_else_the_call_counts_from_when_it_was_logged(
        self, written: str | None, meant: datetime, vendor: HttpVendor, reader: HubSpotReader
    ) -> None:
        vendor.answer(results(row(1, hs_timestamp=written)))
        assert reader.calls([1])[1].at == meant

    def test_cleared_values_are_no_values(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(row(1, hubspot_owner_id="", hs_call_disposition=None, hs_call_title="  ")))
        call = reader.calls([1])[1]
        assert (call.owner_id, call.disposition, call.title, call.inbound) == (None, None, None, False)

    def test_a_callee_that_is_a_company_is_no_contact(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(row(1, hs_call_callee_object_id="9", hs_call_callee_object_type="COMPANY")))
        assert reader.calls([1])[1].callee_contact_id is None

    @pytest.mark.parametrize(
        ("written", "meant"), [("no", "nb"), ("nb-NO", "nb"), ("sv-se", "sv"), ("en_GB", "en"), (None, None)]
    )
    def test_languages_are_main_codes(
        self, written: str | None, meant: str | None, vendor: HttpVendor, reader: HubSpotReader
    ) -> None:
        vendor.answer(results(row(1, hs_language=written)))
        assert reader.contacts([1], properties=[])[1].language == meant

    def test_a_contact_has_the_properties_the_rules_name(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(row(1, firstname="Kari", sms_basis="ja", other="x", cleared="")))
        contacts = reader.contacts([1], properties=["sms_basis", "cleared"])
        assert contacts == {1: Contact(id=1, first_name="Kari", properties={"sms_basis": "ja"})}
        assert {"sms_basis", "cleared", "mobilephone"} <= set(vendor.requests[0].json["properties"])

    def test_nothing_asked_costs_nothing(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        assert reader.calls([]) == {}
        assert reader.contacts_of_calls([]) == {}
        assert reader.owners([]) == {}
        assert reader.open_tasks([]) == frozenset()
        assert reader.reached_since({}, connected=[CONNECTED], now=MONDAY) == {}
        assert vendor.requests == []

    def test_a_hundred_records_cost_one_call(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        reader.companies([*range(1, 101), *range(1, 101)])
        assert [len(request.json["inputs"]) for request in vendor.requests] == [100]
        reader.companies(range(1, 252))
        assert [len(request.json["inputs"]) for request in vendor.requests[1:]] == [100, 100, 51]


class TestAssociations:
    def test_the_primary_company_comes_first(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(linked(1, 7, 8, 9, primary=9)))
        assert reader.companies_of_contacts([1]) == {1: (9, 7, 8)}

    def test_long_lists_are_read_to_the_end(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(linked(1, 7, after="500"), linked(2, 5)))
        vendor.answer(results(linked(1, 8)))
        assert reader.contacts_of_calls([1, 2]) == {1: (7, 8), 2: (5,)}
        assert vendor.requests[1].json == {"inputs": [{"id": "1", "after": "500"}]}

    def test_a_record_without_any_is_left_out(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer({"results": [linked(1)], "errors": [{"category": "OBJECT_NOT_FOUND"}]}, status=207)
        assert reader.contacts_of_calls([1, 2]) == {}


class TestOwners:
    KARI: Final = {"id": "301", "firstName": "Kari", "lastName": "Nordmann", "type": "PERSON", "archived": False}

    def test_are_read_once_in_ten_minutes(self, vendor: HttpVendor, reader: HubSpotReader, clock: Clock) -> None:
        vendor.answer(results(self.KARI))
        assert reader.owners([301]) == {301: Owner(id=301, first_name="Kari", last_name="Nordmann")}
        reader.owners([301])
        assert len(vendor.requests) == 1
        clock.at += KEPT_FOR
        vendor.answer(results(self.KARI | {"lastName": "Gift"}))
        assert reader.owners([301])[301].last_name == "Gift"

    def test_come_in_pages(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(self.KARI, after="301"))
        vendor.answer(results({"id": "302", "type": "QUEUE"}))
        assert reader.owners([301, 302])[302] == Owner(id=302, is_person=False)
        assert [request.query.get("after") for request in vendor.requests] == [None, "301"]

    def test_a_new_adviser_is_found_at_once(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(self.KARI))
        reader.owners([301])
        vendor.answer(results(self.KARI, self.KARI | {"id": "303"}))
        assert 303 in reader.owners([303])
        assert len(vendor.requests) == 2

    def test_one_who_left_is_found_among_the_archived(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(self.KARI))
        vendor.answer(results(self.KARI | {"id": "304", "archived": True}))
        assert not reader.owners([304])[304].can_take_tasks
        assert [request.query["archived"] for request in vendor.requests] == ["false", "true"]

    def test_an_id_that_nobody_has_is_asked_for_once(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(self.KARI))
        assert reader.owners([999]) == {}
        assert reader.owners([999, 301]).keys() == {301}
        assert len(vendor.requests) == 2

    def test_a_user_who_owns_nothing_is_asked_for_once(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        vendor.answer(results(self.KARI | {"userId": 1301}))
        assert reader.owners_of_users([9999]) == {}
        assert reader.owners_of_users([9999, 1301]).keys() == {1301}
        assert len(vendor.requests) == 2

    def test_one_who_leaves_is_noticed_when_the_list_is_read_again(
        self, vendor: HttpVendor, reader: HubSpotReader, clock: Clock
    ) -> None:
        vendor.answer(results(self.KARI))
        reader.owners([301])
        clock.at += KEPT_FOR + timedelta(seconds=1)
        vendor.answer(results())
        vendor.answer(results(self.KARI | {"archived": True}))
        assert reader.owners([301])[301].archived


class TestReachedSince:
    SINCE: Final = {1: MONDAY, 2: MONDAY + timedelta(hours=1)}

    def test_costs_three_searches_when_nothing_has_happened(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        since = {BIG_ID + n: MONDAY for n in range(100)}
        assert reader.reached_since(since, connected=[CONNECTED], now=MONDAY) == {}
        assert sorted(request.path.split("/")[-2] for request in vendor.requests) == ["calls", "emails", "meetings"]
        assert all(len(request.raw) <= 3000 for request in vendor.requests)

    def test_splits_a_search_that_would_be_too_long(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        ids = [10**15 + n for n in range(300)]
        reader.reached_since(dict.fromkeys(ids, MONDAY), connected=[CONNECTED], now=MONDAY)
        assert all(len(request.raw) <= 3000 for request in vendor.requests)
        calls = [request for request in vendor.requests if "/calls/" in request.path]
        asked = [id_ for call in calls for id_ in call.json["filterGroups"][0]["filters"][1]["values"]]
        assert asked == [str(id_) for id_ in ids]
        assert len(calls) == 3

    def test_reads_all_pages_and_then_whose_they_are(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        at = (MONDAY + timedelta(minutes=90)).isoformat()
        vendor.answer(results(row(11, hs_timestamp=at), after="200"), to="/calls/search")
        vendor.answer(results(row(12, hs_timestamp=at)), to="/calls/search")
        vendor.answer(results(linked(11, 1), linked(12, 2, 77)), to="/calls/contacts/")
        found = reader.reached_since(self.SINCE, connected=[CONNECTED], now=MONDAY + timedelta(hours=2))
        expected = Reached(at=MONDAY + timedelta(minutes=90), how="samtale")
        assert found == {1: expected, 2: expected}
        second = [request for request in vendor.requests if request.path.endswith("/calls/search")][1]
        assert second.json["after"] == "200"

    def test_searches_no_calls_when_no_outcome_means_connected(self, vendor: HttpVendor, reader: HubSpotReader) -> None:
        reader.reached_since(self.SINCE, connected=[], now=MONDAY)
        assert len(vendor.requests) == 2


class TestSinceWhenAPropertyHasItsValue:
    def test_is_told_by_its_history_in_any_order_and_not_by_a_value_that_was_written_again(self) -> None:
        history = [
            {"value": "true", "timestamp": "2026-11-20T08:00:00Z"},
            {"value": "false", "timestamp": "2026-11-01T08:00:00Z"},
            {"value": "true", "timestamp": "2026-11-22T08:00:00Z"},
            {"value": "true", "timestamp": "2026-10-01T08:00:00Z"},
        ]
        assert records.set_at(history) == datetime(2026, 11, 20, 8, tzinfo=UTC)
        assert records.set_at([]) is None
