from __future__ import annotations

import logging
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kundeflyt.adapters.metodika.client import AT_ONCE, MetodikaClient
from kundeflyt.adapters.metodika.reader import MetodikaReader
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.ports.failures import NotOffered, TryLater
from tests.fakes.http_vendor import SHORT_SECONDS, Answer, HttpVendor, Received, closed_port_url

NUMBER = OrganisationNumber("310124001")
CARD: dict[str, Any] = {"id": "K1", "orgNumber": NUMBER, "name": "Fjellbygg AS", "version": "7"}
MANAGER = {"userId": "U1", "role": "PFA", "since": "2026-01-02"}
EMAIL = "kari.nordmann@avonova.example"
ERROR = {"code": "SOME_CODE", "message": "about kari@avonova.example and 310124001"}


class TestAsking:
    def test_says_who_we_are_and_what_we_want(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.answer({"results": [CARD]})
        assert [card.id for card in reader.cards([NUMBER])[NUMBER]] == ["K1"]
        [received] = vendor.requests
        assert (received.method, received.path, received.query) == ("GET", "/customers", {"orgNumber": NUMBER})
        assert received.headers["Authorization"] == "Bearer metodika-token-1"

    def test_lets_nothing_on_the_machine_change_who_we_are(
        self, vendor: HttpVendor, reader: MetodikaReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        reader.cards([NUMBER])
        assert vendor.requests[0].headers["Authorization"] == "Bearer metodika-token-1"

    def test_asks_about_each_customer_once_eight_at_a_time_on_kept_connections(
        self, vendor: HttpVendor, reader: MetodikaReader
    ) -> None:
        together = threading.Barrier(AT_ONCE)

        def answer(received: Received) -> Answer:
            together.wait(10)  # breaks unless eight of them are here at once
            return Answer(body={"results": [CARD | {"orgNumber": received.query["orgNumber"]}]})

        vendor.answer_to = answer  # type: ignore[method-assign]
        numbers = [OrganisationNumber(str(100_000_000 + n)) for n in range(5 * AT_ONCE)]
        assert reader.cards([*numbers, *numbers]).keys() == set(numbers)
        assert vendor.connections == AT_ONCE

    def test_nobody_to_ask_about_costs_nothing(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        assert [*reader.cards([]), *reader.users([]), *reader.documents([])] == []
        assert vendor.requests == []

    def test_a_user_once_found_is_known_for_a_while_and_one_that_was_not_is_asked_for_again(
        self, vendor: HttpVendor, client: MetodikaClient
    ) -> None:
        now = 0.0
        reader = MetodikaReader(client, users_kept=timedelta(minutes=10), clock=lambda: now)
        for _ in range(2):
            vendor.answer({"results": [{"id": "U1", "email": EMAIL}]})
            vendor.answers.append(Answer(body={"results": []}))
            assert reader.users([EMAIL]).keys() == {EMAIL}
            assert reader.users([EMAIL, "nobody@avonova.example"]).keys() == {EMAIL}
            now += 601
        emails = [received.query["email"] for received in vendor.requests]
        assert emails == [EMAIL, "nobody@avonova.example"] * 2

    def test_an_id_stays_within_its_place_in_the_address(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.answer({"results": []})
        reader.documents(["../users?x=1#"])
        assert vendor.requests[0].path == "/customers/..%2Fusers%3Fx%3D1%23/documents"

    def test_where_there_is_no_metodika_nothing_is_offered(self) -> None:
        with pytest.raises(NotOffered):
            MetodikaReader(MetodikaClient(base_url="", token="")).cards([NUMBER])


class TestFaults:
    @pytest.mark.parametrize(
        ("answer", "seconds"),
        [
            (Answer(status=429, body=ERROR, headers={"Retry-After": "7"}), 7),
            (Answer(status=429, body=ERROR), 10),
            (Answer(status=429, body=ERROR, headers={"Retry-After": "Mon, 23 Nov 2026 08:00:00 GMT"}), 10),
            (Answer(status=429, body=ERROR, headers={"Retry-After": "99999999999"}), 86_400),
            (Answer(status=503, body=ERROR), 60),
            (Answer(status=500, body=b"<html>"), 60),
            (Answer(status=502, body=b"<html>"), 60),
            (Answer(status=401, body=ERROR), 900),
            (Answer(status=403, body=ERROR), 900),
            (Answer(status=422, body=ERROR), 900),
            (Answer(status=404, body=b"<html>"), 900),
            (Answer(status=307, body=b"", headers={"Location": "/elsewhere"}), 900),
            (Answer(drop=True), 60),
            (Answer(body=b"?"), 60),
            (Answer(body=["K1"]), 60),
            (Answer(status=204, body=b""), 900),
        ],
        ids=repr,
    )
    def test_are_tried_later_and_never_at_once(
        self, answer: Answer, seconds: int, vendor: HttpVendor, reader: MetodikaReader
    ) -> None:
        vendor.answers.append(answer)
        with pytest.raises(TryLater) as caught:
            reader.cards([NUMBER])
        assert caught.value.after == timedelta(seconds=seconds)
        assert len(vendor.requests) == 1

    def test_an_answer_that_never_comes_is_tried_later(self, vendor: HttpVendor, impatient: MetodikaClient) -> None:
        vendor.answer(hang=True)
        with pytest.raises(TryLater):
            MetodikaReader(impatient).cards([NUMBER])

    def test_many_questions_are_given_up_when_the_answers_come_too_slowly(
        self, vendor: HttpVendor, client: MetodikaClient
    ) -> None:
        times = iter([0.0, 1.0, *([9.0] * 50)])
        reader = MetodikaReader(client, patience=timedelta(seconds=8), clock=lambda: next(times))
        vendor.answer(ERROR, status=404)
        with pytest.raises(TryLater, match="too slow for 40 questions"):
            reader.documents([f"K{number}" for number in range(40)])
        assert len(vendor.requests) == 1

    def test_a_metodika_that_is_not_there_is_tried_later(self) -> None:
        with pytest.raises(TryLater, match="could not be reached"):
            MetodikaReader(MetodikaClient(base_url=closed_port_url(), token="t")).cards([NUMBER])

    def test_what_this_tenant_lacks_is_not_offered(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.answer(ERROR, status=501)
        with pytest.raises(NotOffered):
            reader.users(["kari@avonova.example"])

    def test_one_failure_ends_a_batch_before_all_are_asked(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.usual = Answer(status=503, body=ERROR)
        with pytest.raises(TryLater):
            reader.cards([OrganisationNumber(str(100_000_000 + n)) for n in range(200)])
        assert len(vendor.requests) < 100

    def test_a_refused_token_is_told_to_operations(
        self, vendor: HttpVendor, reader: MetodikaReader, caplog: pytest.LogCaptureFixture
    ) -> None:
        vendor.answer(ERROR, status=401)
        with pytest.raises(TryLater, match="metodika_token"):
            reader.cards([NUMBER])
        assert "metodika_access_refused" in caplog.text


def with_(**changes: Any) -> dict[str, Any]:
    return CARD | changes


class TestMalformedAnswers:
    @pytest.mark.parametrize(
        "card",
        [
            with_(id=None),
            with_(id=17),
            with_(orgNumber=None),
            with_(version=""),
            with_(version="7\r\nX: y"),
            with_(version="sjø"),
            with_(manager="U1"),
            with_(manager={"userId": "U1"}),
            with_(manager=MANAGER | {"since": "2. januar"}),
            with_(keyInformationUpdated="i går"),
            with_(keyInformationUpdated=20260102),
            {},
        ],
        ids=repr,
    )
    def test_break_the_contract_and_wait_for_a_person(
        self, card: object, vendor: HttpVendor, reader: MetodikaReader, caplog: pytest.LogCaptureFixture
    ) -> None:
        vendor.answer({"results": [card]})
        with pytest.raises(TryLater, match="breaks the contract") as caught:
            reader.cards([NUMBER])
        assert caught.value.after == timedelta(minutes=15)
        assert "metodika_unreadable" in caplog.text

    @pytest.mark.parametrize("body", [{}, {"results": None}, {"results": {"id": "K1"}}, {"results": ["K1"]}], ids=repr)
    def test_a_list_that_is_none_is_not_taken_for_an_empty_one(
        self, body: object, vendor: HttpVendor, reader: MetodikaReader
    ) -> None:
        vendor.answer(body)
        with pytest.raises(TryLater):
            reader.cards([NUMBER])

    def test_a_document_whose_time_has_no_offset_is_not_guessed_at(
        self, vendor: HttpVendor, reader: MetodikaReader
    ) -> None:
        vendor.answer({"results": [{"id": "D1", "kind": "OTHER", "name": "a", "created": "2026-01-02T10:00:00"}]})
        with pytest.raises(TryLater):
            reader.documents(["K1"])


class TestWhatMetodikaMayDo:
    def test_cards_of_other_customers_are_not_taken_for_this_ones(
        self, vendor: HttpVendor, reader: MetodikaReader, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A filter that is silently ignored would otherwise put strangers' cards into a customer's task."""
        vendor.answer({"results": [with_(id="K9", orgNumber="311873008"), CARD]})
        assert [card.id for card in reader.cards([NUMBER])[NUMBER]] == ["K1"]
        assert "metodika_other_numbers" in caplog.text

    def test_a_number_may_be_written_with_spaces(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.answer({"results": [with_(orgNumber="310 124 001")]})
        assert reader.cards([NUMBER])[NUMBER][0].organisation_number == NUMBER

    def test_somebody_else_s_user_is_not_taken(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.answer({"results": [{"id": "U9", "email": "ola@avonova.example"}]})
        assert reader.users(["kari@avonova.example"]) == {}

    def test_orders_that_are_done_are_left_out_though_the_filter_is_ignored(
        self, vendor: HttpVendor, reader: MetodikaReader
    ) -> None:
        orders = [{"id": "B1", "title": "a", "status": "DONE"}, {"id": "B2", "title": "b", "status": "ACTIVE"}]
        vendor.answer({"results": orders})
        assert [order.id for order in reader.active_orders(["K1"])["K1"]] == ["B2"]

    def test_a_link_that_is_none_is_left_out(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.answer({"results": [with_(url="javascript:alert(1)")]})
        assert reader.cards([NUMBER])[NUMBER][0].url is None

    def test_new_codes_are_counted_and_not_guessed(
        self, vendor: HttpVendor, reader: MetodikaReader, caplog: pytest.LogCaptureFixture
    ) -> None:
        vendor.answer({"results": [with_(manager=MANAGER | {"role": "CHIEF"})]})
        vendor.answer({"results": [{"id": "D1", "kind": "NEW", "name": "a", "created": "2026-01-02T10:00:00Z"}]})
        vendor.answer({"year": 2026, "items": [{"id": "T1", "title": "a", "state": "PAUSED"}]})
        [card] = reader.cards([NUMBER])[NUMBER]
        assert card.manager is not None
        assert (card.manager.user_id, card.manager.role) == ("U1", None)
        assert reader.documents(["K1"])["K1"][0].kind == "OTHER"
        plan = reader.plans(["K1"], year=2026)["K1"]
        assert [item.state for item in plan.items] == ["UNKNOWN"]
        assert plan.not_started == []
        assert caplog.text.count("metodika_unknown_code") == 3
        assert "CHIEF" not in caplog.text


class TestPrivacy:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer(drop=True),
            Answer(hang=True),
            Answer(body={"results": [{"id": 1, "email": EMAIL}]}),
            Answer(body=EMAIL.encode()),
            *(Answer(status=s, body={"code": EMAIL, "message": EMAIL, "field": EMAIL}) for s in (401, 422, 500, 501)),
        ],
        ids=repr,
    )
    def test_neither_address_nor_token_nor_whom_we_asked_about_is_told(
        self, answer: Answer, vendor: HttpVendor, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.DEBUG, logger="urllib3")
        reader = MetodikaReader(MetodikaClient(base_url=vendor.url, token="secret-token", read_seconds=SHORT_SECONDS))
        vendor.answers.append(answer)
        with pytest.raises((TryLater, NotOffered)) as caught:
            reader.users([EMAIL])
        told = caplog.text + repr(caught.value)
        assert not [private for private in ("nordmann", "127.0.0.1", "secret-token") if private in told]
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None

    def test_a_card_does_not_show_names_where_it_is_logged(self, vendor: HttpVendor, reader: MetodikaReader) -> None:
        vendor.answer({"results": [CARD]})
        assert "Fjellbygg" not in repr(reader.cards([NUMBER]))
