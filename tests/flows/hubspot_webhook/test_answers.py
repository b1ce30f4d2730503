from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from kundeflyt.domain.events import Event
from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.kept import ConfigurationError
from tests.flows.hubspot_webhook.at_the_door import (
    CALL_ID,
    NOW,
    PAYLOADS,
    PORTAL_ID,
    SECRET,
    URL,
    Stack,
    gateway,
    payload,
    signed,
)

Counts = Callable[[], dict[str, float]]
LOGGED = payload("CallLogged__logged_by_a_user")


class TestASignedBatch:
    def test_is_on_the_bus_when_it_is_answered_200(self, stack: Stack, counts: Counts) -> None:
        assert stack.post(LOGGED) == (200, {"published": 1})
        [entry] = stack.clients.entries
        assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == (
            "kundeflyt.hubspot",
            "CallLogged",
            "bus",
        )
        event = Event.from_json(stack.clients.details[0])
        assert (event.portal_id, event.record_id, event.received_at) == (PORTAL_ID, CALL_ID, NOW)
        assert counts() == {"Requests": 1, "PublishedCallLogged": 1}

    @pytest.mark.parametrize("file", sorted(PAYLOADS.glob("*.json")), ids=lambda file: file.stem)
    def test_becomes_what_the_name_of_its_payload_says(self, stack: Stack, file: object) -> None:
        name = str(getattr(file, "stem", ""))
        items = json.loads(payload(name))
        status, _ = stack.post(payload(name))
        expected = [] if name.startswith("Nothing__") else [name.split("__", maxsplit=1)[0]] * len(items)
        assert (status, [entry["DetailType"] for entry in stack.clients.entries]) == (200, expected)
        assert not stack.clients.objects

    def test_may_come_as_text_or_in_base64(self, stack: Stack) -> None:
        for in_base64 in (True, False):
            assert stack.post(LOGGED, in_base64=in_base64)[0] == 200

    def test_may_come_with_headers_in_any_case(self, stack: Stack) -> None:
        upper = {name.upper(): value for name, value in signed(LOGGED).items()}
        assert stack.send(gateway(LOGGED, {}) | {"headers": upper})[0] == 200

    @pytest.mark.parametrize(
        ("name", "record"),
        [
            ("CallLogged__escaped_letters_and_slashes", CALL_ID),
            ("CallLogged__ids_beyond_floats", 9007199254740995),
            ("CallLogged__id_in_digits", CALL_ID),
        ],
    )
    def test_keeps_escapes_and_long_numbers_as_they_are(self, stack: Stack, name: str, record: int) -> None:
        assert stack.post(payload(name))[0] == 200
        assert [detail["record_id"] for detail in stack.clients.details] == [record]

    def test_sent_twice_puts_the_same_subject_on_the_bus(self, stack: Stack) -> None:
        request = gateway(LOGGED, signed(LOGGED))
        for _ in range(2):
            assert stack.send(request)[0] == 200
        first, second = stack.clients.details
        assert first == second
        assert Event.from_json(first).subject == f"{PORTAL_ID}/{CALL_ID}"

    def test_of_nothing_is_fine(self, stack: Stack) -> None:
        assert stack.post(b"[]") == (200, {"published": 0})

    def test_of_a_hundred_puts_every_one_on_the_bus_once(self, stack: Stack) -> None:
        [item] = json.loads(LOGGED)
        batch = [item | {"objectId": CALL_ID + number} for number in range(100)]
        assert stack.post(json.dumps(batch).encode()) == (200, {"published": 100})
        assert sorted(detail["record_id"] for detail in stack.clients.details) == [
            CALL_ID + number for number in range(100)
        ]

    def test_drops_with_a_counted_reason(self, stack: Stack, counts: Counts) -> None:
        items = [
            item
            for name in ("logged_by_our_own_app", "from_another_portal", "deleted_and_restored")
            for item in json.loads(payload(f"Nothing__{name}"))
        ]
        assert stack.post(json.dumps(items).encode())[0] == 200
        assert counts() == {
            "Requests": 1,
            "DroppedOwnWrite": 3,
            "DroppedOtherPortal": 1,
            "DroppedNobodyListens": 5,
        }

    def test_drops_what_no_flow_listens_to(self, counts: Counts) -> None:
        stack = Stack(listens=frozenset({"CallLogged"}))
        assert stack.post(payload("OwnerChanged__by_a_user"))[0] == 200
        assert counts() == {"Requests": 1, "DroppedNobodyListens": 1}
        assert stack.clients.untouched


class TestARequestThatHubSpotDidNotSign:
    """Refused with 401 and a JSON error; nothing is published and nothing stored."""

    def refused(self, stack: Stack, headers: dict[str, str], body: bytes = LOGGED) -> str:
        status, answer = stack.post(body, headers)
        assert status == 401
        assert set(answer) == {"error", "message"}
        assert stack.clients.untouched
        return str(answer["error"])

    def test_without_a_signature(self, stack: Stack, counts: Counts) -> None:
        assert self.refused(stack, {}) == "no_v3_signature"
        assert counts() == {"Requests": 1, "RefusedNoV3Signature": 1}

    def test_makes_us_read_no_secret_when_it_can_be_refused_at_sight(self, stack: Stack) -> None:
        self.refused(stack, {})
        self.refused(stack, signed(LOGGED, at=NOW - timedelta(minutes=6)))
        assert stack.secret_reads == 0

    def test_with_v1_or_v2_alone(self, stack: Stack) -> None:
        timestamp = {"X-HubSpot-Request-Timestamp": signed(LOGGED)["X-HubSpot-Request-Timestamp"]}
        for version in ("v1", "v2"):
            old = {"X-HubSpot-Signature": "69fc66" * 10, "X-HubSpot-Signature-Version": version}
            assert self.refused(stack, old | timestamp) == "no_v3_signature"

    def test_without_a_time(self, stack: Stack) -> None:
        headers = signed(LOGGED)
        del headers["X-HubSpot-Request-Timestamp"]
        assert self.refused(stack, headers) == "no_timestamp"

    def test_with_another_secret(self, stack: Stack, counts: Counts) -> None:
        assert self.refused(stack, signed(LOGGED, secret="another")) == "signature_mismatch"
        assert counts() == {"Requests": 1, "RefusedSignatureMismatch": 1}

    def test_for_another_url(self, stack: Stack) -> None:
        assert self.refused(stack, signed(LOGGED, uri=URL + "/other")) == "signature_mismatch"

    def test_with_another_body_even_if_it_means_the_same(self, stack: Stack) -> None:
        again = json.dumps(json.loads(LOGGED)).encode()
        assert self.refused(stack, signed(LOGGED), again) == "signature_mismatch"

    def test_is_not_read_even_if_it_is_not_json_or_too_large(self, stack: Stack) -> None:
        self.refused(stack, signed(b"[]"), b"{")
        self.refused(stack, signed(b"[]"), b"x" * (2**20 + 1))

    @pytest.mark.parametrize("before", ["å", "!"])
    def test_with_a_body_that_is_not_the_base64_it_claims(self, stack: Stack, before: str) -> None:
        request = gateway(LOGGED, signed(LOGGED))
        assert stack.send(request | {"body": before + request["body"]})[0] == 401
        assert stack.clients.untouched

    def test_with_half_a_letter_in_its_address(self, stack: Stack) -> None:
        assert stack.send(gateway(LOGGED, signed(LOGGED), rawQueryString="\ud800=\udfff"))[0] == 401

    def test_leaves_nothing_of_itself_in_the_log(self, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
        body = b'[{"note": "Kari, 912 34 567"}]'
        self.refused(stack, signed(body, secret="another") | {"X-Note": "kari@example.no"}, body)
        written = capsys.readouterr()
        assert "Kari" not in written.out + written.err
        assert "example.no" not in written.out + written.err
        assert "RefusedSignatureMismatch" in written.out


class TestTheUrlThatWasSigned:
    def test_is_the_one_in_the_parameter(self) -> None:
        stack = Stack(signed_url="https://hooks.example.no/in")
        assert stack.post(LOGGED, signed(LOGGED, uri="https://hooks.example.no/in"))[0] == 200
        assert stack.post(LOGGED, signed(LOGGED))[0] == 401

    def test_includes_the_query_string(self, stack: Stack) -> None:
        query = "src=hs:app/v3&x=(a)&x=b%20c"
        headers = signed(LOGGED, uri=f"{URL}?src=hs:app/v3&x=(a)&x=b%20c")
        assert stack.send(gateway(LOGGED, headers, rawQueryString=query))[0] == 200
        assert stack.post(LOGGED, headers)[0] == 401
        assert stack.send(gateway(LOGGED, signed(LOGGED), rawQueryString=query))[0] == 401

    def test_includes_the_query_string_beside_a_parameter(self) -> None:
        stack = Stack(signed_url="https://hooks.example.no/in")
        headers = signed(LOGGED, uri="https://hooks.example.no/in?a=1")
        assert stack.post(LOGGED, headers, rawQueryString="a=1")[0] == 200

    def test_is_read_again_when_it_was_written_after_we_first_looked(self, stack: Stack) -> None:
        assert stack.post(LOGGED)[0] == 200
        stack.signed_url = "https://hooks.example.no/in"
        stack.now += timedelta(minutes=2)
        headers = signed(LOGGED, uri="https://hooks.example.no/in", at=stack.now)
        assert stack.post(LOGGED, headers)[0] == 200

    def test_has_to_be_configured_where_the_request_names_no_domain(self, stack: Stack) -> None:
        assert stack.post(LOGGED, requestContext={"http": {"path": "/prod/hubspot/webhooks"}})[0] == 503


class TestARotatedSecret:
    def test_is_good_beside_the_old_one(self) -> None:
        stack = Stack(secrets=["new", SECRET])
        assert stack.post(LOGGED, signed(LOGGED, secret="new"))[0] == 200
        assert stack.post(LOGGED, signed(LOGGED, secret=SECRET))[0] == 200

    def test_is_seen_as_soon_as_it_is_used(self, stack: Stack) -> None:
        assert stack.post(LOGGED)[0] == 200
        stack.secrets = ["new"]
        stack.now += timedelta(seconds=61)
        assert stack.post(LOGGED, signed(LOGGED, secret="new", at=stack.now))[0] == 200
        assert stack.secret_reads == 2

    def test_lets_no_stranger_make_us_read_it_more_than_once_a_minute(self, stack: Stack) -> None:
        for _ in range(121):
            assert stack.post(LOGGED, signed(LOGGED, secret="guess", at=stack.now))[0] == 401
            stack.now += timedelta(seconds=1)
        assert stack.secret_reads == 3

    def test_puts_the_old_one_out_of_use_within_five_minutes(self, stack: Stack) -> None:
        assert stack.post(LOGGED)[0] == 200
        stack.secrets = ["new"]
        stack.now += timedelta(minutes=5)
        assert stack.post(LOGGED, signed(LOGGED, at=stack.now))[0] == 401


class TestASignedRequestThatCannotBeRead:
    @pytest.mark.parametrize(
        ("body", "error", "metric"),
        [
            (b"[" + b" " * 2**20 + b"]", "too_large", "UnreadableTooLarge"),
            (b"[{", "not_json", "UnreadableNotJson"),
            (b"", "not_json", "UnreadableNotJson"),
            (b"[" * 200_000, "not_json", "UnreadableNotJson"),
            (b'{"eventId": 1}', "not_an_array", "UnreadableNotAnArray"),
            (b"null", "not_an_array", "UnreadableNotAnArray"),
        ],
        ids=["large", "cut", "empty", "deep", "object", "null"],
    )
    def test_is_stored_counted_and_answered_400(
        self, stack: Stack, counts: Counts, body: bytes, error: str, metric: str
    ) -> None:
        status, answer = stack.post(body)
        assert (status, answer["error"]) == (400, error)
        [stored] = stack.clients.objects.values()
        assert stored["Body"] == body
        assert stored["Key"].startswith(f"{error}/")
        assert not stack.clients.entries
        assert counts() == {"Requests": 1, metric: 1, "KeptForInspection": 1}

    def test_of_exactly_one_mebibyte_is_still_read(self, stack: Stack) -> None:
        assert stack.post(b"[" + b" " * (2**20 - 2) + b"]")[0] == 200

    def test_is_stored_once_however_often_it_comes(self, stack: Stack) -> None:
        for _ in range(3):
            assert stack.post(b"[{")[0] == 400
        assert len(stack.clients.objects) == 1

    def test_is_sent_again_when_it_could_not_be_stored(self, stack: Stack) -> None:
        stack.clients.down = True
        assert stack.post(b"[{")[0] == 503


class TestAnItemThatCannotBeRead:
    def test_is_stored_and_counted_while_its_neighbours_go_on(self, stack: Stack, counts: Counts) -> None:
        [good] = json.loads(LOGGED)
        without_record = {key: value for key, value in good.items() if key != "objectId"}
        body = json.dumps([good, without_record, 7, good | {"objectId": CALL_ID + 1}]).encode()
        assert stack.post(body) == (200, {"published": 2})
        [stored] = stack.clients.objects.values()
        assert stored["Body"] == body
        assert stored["Metadata"] == {"note": "item 1: no_record_id; item 2: not_an_object"}
        assert counts() == {
            "Requests": 1,
            "PublishedCallLogged": 2,
            "MalformedNoRecordId": 1,
            "MalformedNotAnObject": 1,
            "KeptForInspection": 1,
        }

    @pytest.mark.parametrize("number", ["1" * 5000, "NaN", "-Infinity", "1e999", "9.5", "true", "-5", "0"])
    def test_may_hold_a_number_that_is_none(self, stack: Stack, number: str) -> None:
        good = LOGGED.decode().strip().removeprefix("[").removesuffix("]")
        bad = good.replace(str(CALL_ID), number)
        assert stack.post(f"[{good},{bad}]".encode()) == (200, {"published": 1})
        assert len(stack.clients.objects) == 1

    def test_brings_the_batch_back_when_it_could_not_be_stored(self, stack: Stack) -> None:
        stack.clients.down = True
        assert stack.post(b"[7]")[0] == 503


class TestWhenAwsFails:
    def test_the_batch_comes_again_if_the_bus_does_not_take_it(self, stack: Stack, counts: Counts) -> None:
        stack.clients.down = True
        status, answer = stack.post(LOGGED)
        assert (status, answer["error"]) == (503, "unavailable")
        assert counts() == {"Requests": 1, "Unavailable": 1}
        stack.clients.down = False
        assert stack.post(LOGGED)[0] == 200

    @pytest.mark.parametrize("failure", [TryLater("no secret"), ConfigurationError("a bad secret")])
    def test_the_batch_comes_again_if_the_secret_cannot_be_read(self, failure: Exception) -> None:
        stack = Stack(failure=failure)
        assert stack.post(LOGGED)[0] == 503
        assert stack.clients.untouched
        stack.failure = None
        assert stack.post(LOGGED)[0] == 200
