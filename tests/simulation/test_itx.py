from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
import requests

from infra.simulators.itx import Settings
from infra.simulators.itx.contract import Contract
from infra.simulators.itx.models.messages import parts_of
from tests.simulation.clients import Caller, Listener, Received

MESSAGES = "/sms/messages"
CONTRACT = Contract()


def sms(**changes: Any) -> dict[str, Any]:
    return {"to": "+4740612345", "text": "Vi ringte deg", "reference": "reference-1", **changes}


def outbox(itx: Caller) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = itx.sim("GET", "outbox")["messages"]
    return messages


class TestSending:
    def test_queues_a_message_and_keeps_it_in_the_outbox(self, itx: Caller) -> None:
        order = sms(sender="Avonova", validUntil="2036-11-23T16:00:00+01:00")
        answer = itx.api("POST", MESSAGES, order)
        assert answer.status_code == 202
        assert CONTRACT.fault("Message", answer.json()) is None
        assert answer.json()["status"] == "QUEUED"
        (kept,) = outbox(itx)
        assert {key: kept[key] for key in order} == order

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"to": "40612345"}, "to"),
            ({"text": ""}, "text"),
            ({"text": "x" * 919}, "text"),
            ({"reference": "short"}, "reference"),
            ({"sender": "Avonova Norge"}, "sender"),
            ({"validUntil": "i morgen"}, "validUntil"),
            ({"validUntil": "2026-11-23T16:00:00"}, "validUntil"),
            ({"color": "red"}, ""),
        ],
    )
    def test_refuses_what_breaks_the_contract(self, itx: Caller, changes: dict[str, Any], field: str) -> None:
        answer = itx.api("POST", MESSAGES, sms(**changes))
        assert answer.status_code == 400
        assert CONTRACT.fault("Error", answer.json()) is None
        assert answer.json()["field"] == field
        assert outbox(itx) == []

    def test_refuses_a_body_that_is_not_json(self, itx: Caller) -> None:
        answer = requests.post(itx.url + MESSAGES, data=b"{", headers=itx.headers, timeout=10)
        assert answer.status_code == 400

    def test_refuses_a_wrong_key(self, itx: Caller) -> None:
        answer = requests.post(itx.url + MESSAGES, json=sms(), headers={"X-Itx-Key": "x"}, timeout=10)
        assert answer.status_code == 401
        assert CONTRACT.fault("Error", answer.json()) is None

    @pytest.mark.parametrize(
        ("number", "code"),
        [("+4740000422", "BAD_NUMBER"), ("+4740000423", "NOT_MOBILE"), ("+4740000424", "BLOCKED")],
    )
    def test_refuses_the_magic_numbers(self, itx: Caller, number: str, code: str) -> None:
        answer = itx.api("POST", MESSAGES, sms(to=number))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert outbox(itx) == []

    def test_is_too_fast_beyond_its_limit(self, itx: Caller) -> None:
        statuses = []
        for limit in (1, 0):
            itx.sim("POST", "settings", {"requests_per_second": limit, "retry_after_seconds": 3})
            statuses.append(itx.api("POST", MESSAGES, sms(reference=f"reference-{limit}")))
        assert [answer.status_code for answer in statuses] == [202, 429]
        assert statuses[1].headers["Retry-After"] == "3"

    def test_a_repeat_sends_nothing_new(self, itx: Caller) -> None:
        first, again = itx.api("POST", MESSAGES, sms()), itx.api("POST", MESSAGES, sms())
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        assert len(outbox(itx)) == 1

    def test_a_repeat_sends_again_where_references_are_not_honoured(self, itx: Caller) -> None:
        itx.sim("POST", "settings", {"honours_references": False})
        assert [itx.api("POST", MESSAGES, sms()).status_code for _ in range(2)] == [202, 202]
        assert len(outbox(itx)) == 2

    def test_can_accept_and_never_answer(self, itx: Caller) -> None:
        itx.sim("POST", "fail-next", {"match": "POST /sms/messages", "hang": 0.2, "after_effect": True})
        with pytest.raises(requests.ConnectionError):
            itx.api("POST", MESSAGES, sms())
        assert len(outbox(itx)) == 1

    def test_can_be_down_for_a_while(self, itx: Caller) -> None:
        itx.sim("POST", "fail-next", {"match": "/sms", "status": 503, "times": 2, "headers": {"Retry-After": "1"}})
        answers = [itx.api("POST", MESSAGES, sms()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [503, 503, 202]
        assert CONTRACT.fault("Error", answers[0].json()) is None
        assert [seen["status"] for seen in itx.logged()] == [503, 503, 202]

    @pytest.mark.parametrize(
        ("text", "parts"),
        [("x" * 160, 1), ("x" * 161, 2), ("æ" * 160, 1), ("€" * 81, 2), ("«" * 70, 1), ("«" * 71, 2), ("x" * 918, 6)],
    )
    def test_counts_parts_as_phones_do(self, text: str, parts: int) -> None:
        assert parts_of(text) == parts


class TestLookUp:
    def test_finds_by_our_reference_and_nothing_else(self, itx: Caller) -> None:
        sent = itx.api("POST", MESSAGES, sms()).json()
        found = itx.api("GET", MESSAGES, params={"reference": "reference-1"}).json()["results"]
        assert [one["id"] for one in found] == [sent["id"]]
        assert itx.api("GET", MESSAGES, params={"reference": "reference-2"}).json() == {"results": []}

    def test_may_be_missing(self, itx: Caller) -> None:
        itx.sim("POST", "settings", {"has_lookup": False})
        assert itx.api("GET", MESSAGES, params={"reference": "reference-1"}).status_code == 501


def assert_signed(one: Received) -> None:
    source = one.headers["X-Itx-Timestamp"].encode() + b"." + one.body
    expected = hmac.new(Settings().webhook_secret.encode(), source, hashlib.sha256).hexdigest()
    assert one.headers["X-Itx-Signature"] == expected


class TestReceipts:
    @pytest.fixture
    def listened(self, itx: Caller, listener: Listener) -> Listener:
        changes = {"receipts_url": listener.url, "receipt_delay_seconds": 0.01, "retry_delays": [0.01]}
        itx.sim("POST", "settings", changes)
        return listener

    def test_come_signed_one_for_each_part(self, itx: Caller, listened: Listener) -> None:
        itx.api("POST", MESSAGES, sms(text="x" * 200))
        receipts = listened.events(4)
        assert sorted((one["status"], one["part"]) for one in receipts) == [
            ("DELIVERED", 1),
            ("DELIVERED", 2),
            ("SENT", 1),
            ("SENT", 2),
        ]
        assert [CONTRACT.fault("Receipt", one) for one in receipts] == [None] * 4
        for one in listened.received:
            assert_signed(one)

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"to": "+4740000425"}, "FAILED"),
            ({"to": "+4740000426"}, "EXPIRED"),
            ({"validUntil": "2020-01-01T00:00:00Z"}, "EXPIRED"),
        ],
    )
    def test_can_tell_of_failure(self, itx: Caller, listened: Listener, changes: dict[str, str], status: str) -> None:
        assert itx.api("POST", MESSAGES, sms(**changes)).status_code == 202
        assert status in {one["status"] for one in listened.events(1 if "validUntil" in changes else 2)}

    def test_can_come_before_the_answer_and_twice(self, itx: Caller, listened: Listener) -> None:
        itx.sim("POST", "settings", {"receipt_before_answer": True, "receipt_duplicate": True, "receipt_shuffle": True})
        itx.api("POST", MESSAGES, sms())
        assert sorted(one["status"] for one in listened.events(4)) == ["DELIVERED", "DELIVERED", "SENT", "SENT"]

    def test_are_posted_again_until_they_are_taken(self, itx: Caller, listened: Listener) -> None:
        itx.sim("POST", "settings", {"receipt_statuses": ["DELIVERED"]})
        listened.answers = [500]
        itx.api("POST", MESSAGES, sms())
        assert len(listened.events(2)) == 2

    def test_are_off_unless_there_is_an_address(self, itx: Caller) -> None:
        itx.api("POST", MESSAGES, sms())
        assert itx.sim("GET", "deliveries")["count"] == 0


class TestInbound:
    def test_a_phones_message_is_posted_signed(self, itx: Caller, listener: Listener) -> None:
        itx.sim("POST", "settings", {"inbound_url": listener.url})
        itx.sim("POST", "inbound", {"from": "+4740612345", "to": "+4759440000", "text": "STOPP"})
        (one,) = listener.wait(lambda received: len(received) == 1)
        assert CONTRACT.fault("Inbound", one.content) is None
        assert one.content["text"] == "STOPP"
        assert_signed(one)
