from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from kundeflyt.adapters.hubspot.client import SHORT_WAITS, HubSpotClient
from kundeflyt.adapters.hubspot.failures import KEY_PROPERTY, PERSON_MUST_ACT, KeyTaken
from kundeflyt.adapters.hubspot.pace import CALLS, SEARCHES
from kundeflyt.adapters.hubspot.reached import reached_since
from kundeflyt.ports.failures import Refused, TryLater, Unsure
from tests.fakes.http_vendor import Answer, HttpVendor, closed_port_url

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATH = "/crm/objects/2026-09/tasks/batch/create"
BODY = {"inputs": [{"properties": {"email": "kari@example.no"}}]}


def limited(policy: str) -> dict[str, str]:
    return {
        "status": "error",
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "message": "You have reached your limit.",
    }


class TestTransport:
    def test_keeps_one_connection_for_all_calls(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        for _ in range(5):
            client.read(PATH, BODY)
        assert vendor.connections == 1
        assert client.calls == 5

    def test_keeps_the_connection_after_a_refusal(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.answer({"category": "VALIDATION_ERROR"}, status=400)
        with pytest.raises(Refused):
            client.create(PATH, BODY)
        client.read(PATH, BODY)
        assert vendor.connections == 1

    def test_carries_the_token_and_json(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        client.read(PATH, BODY)
        [received] = vendor.requests
        assert received.headers["Authorization"] == "Bearer pat-1"
        assert received.headers["Content-Type"] == "application/json"
        assert received.json == BODY

    def test_never_repeats_anything_by_itself(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.usual = Answer(status=503)
        with pytest.raises(TryLater):
            client.get("/crm/owners/2026-09", {})
        vendor.usual = Answer(drop=True)
        with pytest.raises(TryLater):
            client.get("/crm/owners/2026-09", {})
        assert len(vendor.requests) == 2


class TestReads:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer(status=500),
            Answer(status=502, body=b"<html>bad gateway</html>"),
            Answer(status=524),
            Answer(drop=True),
            Answer(body=b"<html>hello</html>"),
            Answer(body=["a list"]),
            Answer(body={"no": "results"}),
            Answer(status=404, body={"category": "OBJECT_NOT_FOUND"}),
            Answer(status=400, body={"category": "VALIDATION_ERROR"}),
            Answer(status=302, headers={"Location": "/elsewhere"}),
        ],
        ids=repr,
    )
    def test_whatever_goes_wrong_is_tried_later(
        self, answer: Answer, vendor: HttpVendor, client: HubSpotClient
    ) -> None:
        vendor.answers.append(answer)
        with pytest.raises(TryLater):
            client.read(PATH, BODY)

    def test_that_are_never_answered_are_tried_later(self, vendor: HttpVendor, impatient_client: HubSpotClient) -> None:
        vendor.answer(hang=True)
        with pytest.raises(TryLater):
            impatient_client.read(PATH, BODY)

    def test_wait_out_the_search_limit_in_place(
        self, vendor: HttpVendor, client: HubSpotClient, naps: list[float]
    ) -> None:
        vendor.answer(limited("SECONDLY"), status=429)
        assert client.read(PATH, BODY) == {"results": []}
        assert naps == [1.0]

    def test_give_up_on_the_search_limit_after_some_seconds(
        self, vendor: HttpVendor, client: HubSpotClient, naps: list[float]
    ) -> None:
        vendor.usual = Answer(status=429, body=limited("SECONDLY"))
        with pytest.raises(TryLater):
            client.read(PATH, BODY)
        assert naps == [1.0] * SHORT_WAITS

    def test_do_not_wait_in_place_for_longer_limits(
        self, vendor: HttpVendor, client: HubSpotClient, naps: list[float]
    ) -> None:
        vendor.answer(limited("TEN_SECONDLY_ROLLING"), status=429)
        with pytest.raises(TryLater):
            client.read(PATH, BODY)
        assert naps == []

    def test_a_record_that_does_not_exist_is_no_failure(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.answer({"results": [], "errors": [{"category": "OBJECT_NOT_FOUND"}]}, status=207)
        assert client.read(PATH, BODY)["results"] == []

    def test_a_record_that_could_not_be_read_is_not_taken_for_absent(
        self, vendor: HttpVendor, client: HubSpotClient
    ) -> None:
        vendor.answer({"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}, status=207)
        with pytest.raises(TryLater):
            client.read(PATH, BODY)


class TestCreates:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer(status=500),
            Answer(status=503),
            Answer(status=408),
            Answer(drop=True),
            Answer(body=b"<html>hello</html>"),
        ],
        ids=repr,
    )
    def test_whose_answer_is_lost_are_unsure(self, answer: Answer, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.answers.append(answer)
        with pytest.raises(Unsure):
            client.create(PATH, BODY)
        assert len(vendor.requests) == 1

    def test_that_are_never_answered_are_unsure(self, vendor: HttpVendor, impatient_client: HubSpotClient) -> None:
        vendor.answer(hang=True)
        with pytest.raises(Unsure):
            impatient_client.create(PATH, BODY)

    def test_that_never_left_are_tried_later(self) -> None:
        client = HubSpotClient(base_url=closed_port_url(), access_token="pat-1")
        with pytest.raises(TryLater):
            client.create(PATH, BODY)

    @pytest.mark.parametrize(
        ("answer", "seconds"),
        [
            (Answer(status=429, body=limited("SECONDLY")), 1),
            (Answer(status=429, body=limited("TEN_SECONDLY_ROLLING")), 10),
            (Answer(status=429, body=limited("DAILY")), 15 * 60),
            (Answer(status=429, body=limited("SOMETHING_NEW")), 10),
            (Answer(status=429, body=b"slow down", headers={"Retry-After": "42"}), 42),
            (Answer(status=423), 5),
            (Answer(status=477, headers={"Retry-After": "7200"}), 7200),
            (Answer(status=477, headers={"Retry-After": "99999999999"}), 24 * 3600),
            (Answer(status=477, headers={"Retry-After": "soon"}), 3600),
            (Answer(status=401), 15 * 60),
            (Answer(status=403, body={"category": "MISSING_SCOPES"}), 15 * 60),
        ],
        ids=repr,
    )
    def test_that_were_certainly_not_done_wait_as_long_as_it_takes(
        self, answer: Answer, seconds: int, vendor: HttpVendor, client: HubSpotClient, naps: list[float]
    ) -> None:
        vendor.answers.append(answer)
        with pytest.raises(TryLater) as raised:
            client.create(PATH, BODY)
        assert raised.value.after == timedelta(seconds=seconds)
        assert naps == []

    def test_lost_updates_may_be_repeated(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.answer(drop=True)
        with pytest.raises(TryLater):
            client.update(PATH, BODY)


class TestRefusals:
    def test_say_why_in_words_with_the_vendors_codes(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        error = {"code": "INVALID_OPTION", "context": {"propertyName": ["hs_task_type"]}, "message": "kari@example.no"}
        vendor.answer({"category": "VALIDATION_ERROR", "errors": [error]}, status=400)
        with pytest.raises(Refused) as raised:
            client.create(PATH, BODY)
        words = "en verdi er ikke tillatt i portalen (HubSpot 400 VALIDATION_ERROR INVALID_OPTION hs_task_type)"
        assert raised.value.reason == words

    def test_say_that_a_record_is_gone(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.answer({"category": "VALIDATION_ERROR", "context": {"invalidObjectIds": ["7"]}}, status=400)
        with pytest.raises(Refused, match="finnes ikke lenger"):
            client.create(PATH, BODY)

    def test_tell_a_key_that_is_taken_from_other_refusals(self, vendor: HttpVendor, client: HubSpotClient) -> None:
        error = {"code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": [KEY_PROPERTY]}}
        vendor.answer({"category": "VALIDATION_ERROR", "errors": [error]}, status=400)
        with pytest.raises(KeyTaken):
            client.create(PATH, BODY)

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"\xff\xfe", b"[]", b'{"errors": 7}', b'{"errors": [null, {"context": []}]}']
    )
    def test_understand_any_error_body(self, body: bytes, vendor: HttpVendor, client: HubSpotClient) -> None:
        vendor.answer(body, status=400)
        with pytest.raises(Refused):
            client.create(PATH, BODY)

    def test_a_portal_without_our_property_waits_for_a_person(
        self, vendor: HttpVendor, client: HubSpotClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        error = {"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": [KEY_PROPERTY]}}
        vendor.answer({"category": "VALIDATION_ERROR", "errors": [error]}, status=400)
        with pytest.raises(TryLater) as raised:
            client.create(PATH, BODY)
        assert raised.value.after == PERSON_MUST_ACT
        assert "hubspot_key_property_missing" in caplog.text

    @pytest.mark.parametrize("status", [400, 401, 429, 503])
    def test_never_tell_what_was_sent(
        self, status: int, vendor: HttpVendor, client: HubSpotClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.DEBUG, logger="hubspot.crm.objects")  # the SDK would log bodies here
        private = {
            "message": "kari@example.no is taken",
            "category": "kari@example.no",
            "policyName": "kari@example.no",
        }
        vendor.answer(private | {"errors": [{"code": "kari@example.no"}]}, status=status)
        with pytest.raises((Refused, TryLater, Unsure)) as raised:
            client.create(PATH, BODY)
        assert "kari" not in caplog.text + repr(raised.value) + str(raised.value)
        assert raised.value.__suppress_context__
        assert raised.value.__cause__ is None


class LoggedPace:
    """Gives leave at once, unless it is told not to."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.failure: TryLater | None = None

    def take(self, limit: str) -> None:
        self.log.append(f"take {limit}")
        if self.failure:
            raise self.failure

    def announce(self, limit: str, calls: int) -> None:
        self.log.append(f"{calls} {limit} ahead")

    def exceeded(self, limit: str) -> None:
        self.log.append(f"exceeded {limit}")


class TestPace:
    @pytest.fixture
    def pace(self) -> LoggedPace:
        return LoggedPace()

    @pytest.fixture
    def client(self, vendor: HttpVendor, pace: LoggedPace, naps: list[float]) -> HubSpotClient:
        return HubSpotClient(base_url=vendor.url, access_token="pat-1", pace=pace, sleep=naps.append)

    def test_is_asked_before_every_call_and_about_searches_by_themselves(
        self, client: HubSpotClient, pace: LoggedPace
    ) -> None:
        client.get("/crm/owners/2026-09", {"limit": "100"})
        client.read("/crm/objects/2026-09/calls/batch/read", BODY)
        client.read("/crm/objects/2026-09/calls/search", BODY)
        client.create(PATH, BODY)
        assert pace.log == [f"take {limit}" for limit in (CALLS, CALLS, SEARCHES, CALLS)]

    def test_hears_beforehand_of_searches_that_are_made_side_by_side(
        self, client: HubSpotClient, pace: LoggedPace
    ) -> None:
        reached_since(client, {1: MONDAY}, connected=["connected"], now=MONDAY)
        assert pace.log == [f"3 {SEARCHES} ahead", *[f"take {SEARCHES}"] * 3]

    def test_that_is_used_up_means_that_nothing_was_sent(
        self, vendor: HttpVendor, client: HubSpotClient, pace: LoggedPace
    ) -> None:
        pace.failure = TryLater("others use it up", after=timedelta(seconds=7))
        with pytest.raises(TryLater, match="others use it up") as raised:
            client.create(PATH, BODY)
        assert raised.value.after == timedelta(seconds=7)
        assert vendor.requests == []
        assert client.calls == 0

    def test_hears_of_a_limit_that_was_reached_all_the_same(
        self, vendor: HttpVendor, client: HubSpotClient, pace: LoggedPace
    ) -> None:
        vendor.answer(limited("TEN_SECONDLY_ROLLING"), status=429)
        with pytest.raises(TryLater):
            client.create(PATH, BODY)
        assert pace.log == [f"take {CALLS}", f"exceeded {CALLS}"]

    def test_is_asked_again_before_a_search_is_repeated(
        self, vendor: HttpVendor, client: HubSpotClient, pace: LoggedPace
    ) -> None:
        vendor.answer(limited("SECONDLY"), status=429)
        client.read("/crm/objects/2026-09/calls/search", BODY)
        assert pace.log == [f"take {SEARCHES}", f"exceeded {SEARCHES}", f"take {SEARCHES}"]

    @pytest.mark.parametrize(
        "answer", [Answer(status=429, body=limited("DAILY")), Answer(status=423), Answer(status=503)], ids=repr
    )
    def test_has_nothing_to_do_with_other_reasons_to_wait(
        self, answer: Answer, vendor: HttpVendor, client: HubSpotClient, pace: LoggedPace
    ) -> None:
        """The day's limit is over at midnight: letting go for a second would help nobody."""
        vendor.answers.append(answer)
        with pytest.raises((TryLater, Unsure)):
            client.create(PATH, BODY)
        assert pace.log == [f"take {CALLS}"]
