"""What ITX is answered, and what has become of the request by then."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from jsonschema import Draft202012Validator

from kundeflyt.adapters.itx.webhooks import inbound_sms, mark_of
from kundeflyt.domain.delivery import reference_of
from kundeflyt.domain.events import Event
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.kept import ConfigurationError
from tests.flows.itx_webhook.at_the_door import (
    INBOUND,
    NOW,
    PAYLOADS,
    PORTAL_ID,
    RECEIPTS,
    REFERENCE,
    SECRET,
    Stack,
    payload,
    signed,
)

DELIVERED = payload("SmsReceipt__delivered_part")
REPLY = payload("SmsInbound__a_reply")
CONTRACT = PAYLOADS.parents[3] / "infra" / "contracts" / "itx.openapi.yaml"

Counts = Callable[[], dict[str, float]]


def mark(letter: bytes) -> str:
    read = inbound_sms(json.loads(letter), received_at=NOW)
    assert isinstance(read, InboundSms)
    return mark_of(read)


class TestAReceipt:
    def test_is_on_the_bus_when_it_is_answered(self, stack: Stack) -> None:
        assert stack.post(RECEIPTS, DELIVERED) == 204
        [entry] = stack.clients.entries
        assert (entry["Source"], entry["DetailType"]) == ("kundeflyt.itx", "SmsReceipt")
        event = Event.from_json(json.loads(entry["Detail"]))
        assert event.subject == f"{PORTAL_ID}/{REFERENCE}"
        assert event.receipt
        assert (event.receipt.part, event.receipt.status) == (1, "DELIVERED")
        assert (event.occurred_at, event.received_at) == (datetime(2026, 11, 23, 9, 0, 2, tzinfo=UTC), NOW)

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("several_parts_and_unknown_fields", [(1, "SENT"), (2, "FAILED")]),
            ("without_a_part", [(0, "EXPIRED")]),
            ("without_an_offset", [(1, "UNKNOWN")]),
            ("ours_among_others", [(1, "DELIVERED")]),
        ],
    )
    def test_is_read_as_it_really_comes(self, stack: Stack, name: str, told: list[tuple[int, str]]) -> None:
        assert stack.post(RECEIPTS, payload(f"SmsReceipt__{name}")) == 204
        assert [(detail["receipt"]["part"], detail["receipt"]["status"]) for detail in stack.clients.details] == told
        assert not stack.clients.objects

    def test_is_taken_under_either_form_of_our_references(self, stack: Stack) -> None:
        keys = ("no_answer/145220017/217480305445/sms", "sms_inbound/145220017/7f3a/answer")
        receipts = [
            {"id": str(number), "reference": reference_of(key), "status": "DELIVERED", "at": "2026-03-02T09:00:00Z"}
            for number, key in enumerate(keys)
        ]
        assert stack.post(RECEIPTS, json.dumps(receipts).encode()) == 204
        assert [detail["about"] for detail in stack.clients.details] == [reference_of(key) for key in keys]

    def test_of_somebody_elses_message_is_counted_and_dropped(self, stack: Stack, counts: Counts) -> None:
        stack.post(RECEIPTS, payload("SmsReceipt__ours_among_others"))
        assert counts() == {"Requests": 1, "DroppedOtherReference": 1, "PublishedSmsReceipt": 1}

    @pytest.mark.parametrize(
        ("change", "count"),
        [
            ({"status": "SEEN"}, "MalformedUnknownStatus"),
            ({"status": None}, "MalformedUnknownStatus"),
            ({"reference": 7}, "MalformedNoReference"),
            ({"part": "1"}, "MalformedNoPart"),
            ({"part": True}, "MalformedNoPart"),
            ({"part": 1000}, "MalformedNoPart"),
        ],
    )
    def test_that_nobody_can_read_is_kept_and_its_neighbours_go_on(
        self, stack: Stack, counts: Counts, change: dict[str, object], count: str
    ) -> None:
        good = json.loads(DELIVERED)
        assert stack.post(RECEIPTS, json.dumps([good[0] | change, *good, 17]).encode()) == 204
        assert counts() == {
            "Requests": 1,
            count: 1,
            "MalformedNotAnObject": 1,
            "PublishedSmsReceipt": 1,
            "KeptForInspection": 1,
        }
        [key] = stack.clients.keys("inspection")
        assert key.startswith("malformed_items/")
        note = stack.clients.objects["inspection", key]["Metadata"]["note"]
        assert note.startswith("item 0: ")
        assert note.endswith("; item 2: not_an_object")


class TestAMessage:
    def test_is_told_of_without_its_words_or_its_number(self, stack: Stack) -> None:
        assert stack.post(INBOUND, REPLY) == 204
        [detail] = stack.clients.details
        event = Event.from_json(detail)
        assert (event.name, event.about) == ("SmsInbound", mark(REPLY))
        assert event.occurred_at == datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
        for secret in ("ring", "91234567", "8840210007"):
            assert secret not in json.dumps(stack.clients.entries)

    def test_waits_with_its_words_before_it_is_told_of(self, stack: Stack) -> None:
        stack.post(INBOUND, REPLY)
        assert stack.clients.asked == ["put_object", "put_events"]
        assert stack.inbox.letters([mark(REPLY)]) == {
            mark(REPLY): InboundSms(
                vendor_id="8840210007",
                sender="+4791234567",
                text="Ja takk, ring meg i dag æøå",
                received_at=datetime(2026, 11, 23, 9, 12, tzinfo=UTC),
            )
        }

    @pytest.mark.parametrize(
        "written", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+00:00", "2026-11-23T10:12:00", "i går", None, 7]
    )
    def test_with_a_time_that_cannot_be_true_came_now(self, stack: Stack, written: object) -> None:
        """Else the answer would break the routine that tells people when it came, and be lost to the dead letters."""
        letter = json.loads(REPLY) | {"receivedAt": written}
        stack.post(INBOUND, json.dumps(letter).encode())
        [waiting] = stack.inbox.letters([mark(REPLY)]).values()
        assert waiting.received_at == NOW

    def test_sent_twice_is_one(self, stack: Stack) -> None:
        for _ in range(2):
            stack.post(INBOUND, REPLY)
        assert len(stack.clients.keys("inbound")) == 1
        assert len({detail["about"] for detail in stack.clients.details}) == 1

    def test_with_any_id_has_a_mark_that_tells_nothing(self, stack: Stack) -> None:
        stack.post(INBOUND, payload("SmsInbound__stop_from_a_short_id"))
        [key] = stack.clients.keys("inbound")
        assert len(key) == 32
        assert key.isalnum()
        [letter] = stack.inbox.letters([key]).values()
        assert (letter.sender, letter.text) == ("4791234567", " stopp! ")

    @pytest.mark.parametrize(
        ("change", "count"),
        [
            ({"id": ""}, "MalformedNoId"),
            ({"id": 7}, "MalformedNoId"),
            ({"from": None}, "MalformedNoSender"),
            ({"text": None}, "MalformedNoText"),
        ],
    )
    def test_that_nobody_can_read_is_kept_for_a_person(
        self, stack: Stack, counts: Counts, change: dict[str, object], count: str
    ) -> None:
        assert stack.post(INBOUND, json.dumps(json.loads(REPLY) | change).encode()) == 204
        assert counts() == {"Requests": 1, "KeptForInspection": 1, count: 1}
        assert not stack.clients.entries
        assert len(stack.clients.keys("inspection")) == 1

    def test_without_words_is_one_all_the_same(self, stack: Stack) -> None:
        assert stack.post(INBOUND, json.dumps(json.loads(REPLY) | {"text": ""}).encode()) == 204
        assert len(stack.clients.entries) == 1


class TestWhatIsSignedAndUnreadable:
    """The contract knows 204 and 401: what cannot be read now could not be read the next time either."""

    @pytest.mark.parametrize(
        ("path", "body", "count"),
        [
            (RECEIPTS, b"{", "UnreadableNotJson"),
            (RECEIPTS, b"{}", "UnreadableNotAnArray"),
            (RECEIPTS, b"[" * 100_000, "UnreadableNotJson"),
            (RECEIPTS, b" " * (2**20 + 1), "UnreadableTooLarge"),
            (INBOUND, b"", "UnreadableNotJson"),
            (INBOUND, b"[]", "MalformedNotAnObject"),
            (INBOUND, b"\xff", "UnreadableNotJson"),
            ("/itx/other", b"{}", "UnreadableNoSuchPath"),
        ],
    )
    def test_is_stored_and_answered(self, stack: Stack, counts: Counts, path: str, body: bytes, count: str) -> None:
        assert stack.post(path, body) == 204
        assert counts() == {"Requests": 1, "KeptForInspection": 1, count: 1}
        assert not stack.clients.entries
        [key] = stack.clients.keys("inspection")
        assert stack.clients.objects["inspection", key]["Body"] == body


class TestAStranger:
    @pytest.mark.parametrize(
        ("headers", "count"),
        [
            ({}, "RefusedNoSignature"),
            ({"X-Itx-Signature": "ab"}, "RefusedNoTimestamp"),
            (signed(REPLY, at=NOW - timedelta(seconds=301)), "RefusedTimestampOutsideWindow"),
            (signed(REPLY, at=NOW + timedelta(seconds=302)), "RefusedTimestampOutsideWindow"),
            (signed(REPLY, secret="wrong"), "RefusedSignatureMismatch"),
            (signed(DELIVERED), "RefusedSignatureMismatch"),
        ],
    )
    @pytest.mark.parametrize("path", [RECEIPTS, INBOUND, "/itx/other"])
    def test_is_refused_and_leaves_nothing(
        self, stack: Stack, counts: Counts, path: str, headers: dict[str, str], count: str
    ) -> None:
        assert stack.post(path, REPLY, headers) == 401
        assert counts() == {"Requests": 1, count: 1}
        assert not stack.clients.asked

    def test_does_not_make_us_read_secrets_more_than_once_a_minute(self, stack: Stack) -> None:
        for second in range(0, 120, 10):
            stack.now = NOW + timedelta(seconds=second)
            stack.post(INBOUND, REPLY, signed(REPLY, secret="wrong", at=stack.now))
        assert stack.secret_reads == 2


class TestTheSecret:
    def test_may_be_two_while_it_is_changed(self, stack: Stack) -> None:
        stack.secrets = ["new", SECRET]
        assert stack.post(INBOUND, REPLY) == 204
        assert stack.post(INBOUND, REPLY, signed(REPLY, secret="new")) == 204

    def test_that_was_just_changed_is_read_again(self, stack: Stack) -> None:
        assert stack.post(INBOUND, REPLY) == 204
        stack.secrets, stack.now = ["new"], NOW + timedelta(seconds=61)
        assert stack.post(INBOUND, REPLY, signed(REPLY, secret="new", at=stack.now)) == 204


class TestWhenAwsFails:
    @pytest.mark.parametrize("down", ["put_events", "put_object"])
    def test_itx_is_asked_to_send_it_again(self, stack: Stack, counts: Counts, down: str) -> None:
        stack.clients.down = {down}
        assert stack.post(INBOUND, REPLY) == 503
        assert counts() == {"Requests": 1, "Unavailable": 1}

    @pytest.mark.parametrize("failure", [TryLater("down"), ConfigurationError("itx_webhook_secret is blank")])
    def test_a_secret_that_cannot_be_read_is_not_taken_for_a_wrong_signature(
        self, stack: Stack, failure: Exception
    ) -> None:
        stack.failure = failure
        assert stack.post(RECEIPTS, DELIVERED) == 503

    def test_nothing_of_the_request_is_logged(self, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
        stack.clients.down = {"put_events"}
        for path, body in ((INBOUND, REPLY), (RECEIPTS, DELIVERED), (INBOUND, b'{"text": "ring meg i dag"}')):
            stack.post(path, body)
        printed = "".join(capsys.readouterr())
        assert "ring" not in printed
        assert "91234567" not in printed


class TestThePayloads:
    @pytest.mark.parametrize("file", sorted(PAYLOADS.glob("SmsReceipt__*.json")), ids=lambda file: file.stem)
    def test_of_receipts_keep_the_contract(self, file: object) -> None:
        schemas = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]
        for item in json.loads(payload(str(file).rsplit("/", 1)[-1].removesuffix(".json"))):
            Draft202012Validator(schemas["Receipt"]).validate(item)

    @pytest.mark.parametrize("name", ["SmsInbound__a_reply", "SmsInbound__stop_from_a_short_id"])
    def test_of_messages_keep_the_contract(self, name: str) -> None:
        schemas = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]
        Draft202012Validator(schemas["Inbound"]).validate(json.loads(payload(name)))
