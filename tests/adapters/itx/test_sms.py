from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kundeflyt.adapters.itx.answers import NUMBER_REFUSALS
from kundeflyt.adapters.itx.sms import AT_ONCE, ItxSmsWriter
from kundeflyt.ports.failures import Done, Refused, TryLater, Unsure
from kundeflyt.ports.writers import Sms
from tests.fakes.http_vendor import Answer, HttpVendor, Received, closed_port_url

REFERENCE = "0123456789abcdef"
SMS = Sms(
    reference=REFERENCE,
    to="+4791234567",
    text="Hei! Vi prøvde å ringe deg.",
    sender="Avonova",
    valid_until=datetime(2026, 11, 23, 23, 59, tzinfo=ZoneInfo("Europe/Oslo")),
)
ACCEPTED = {"id": "m-1", "reference": REFERENCE, "status": "QUEUED", "parts": 1}


class TestSending:
    def test_says_all_that_the_contract_wants(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        vendor.answer(ACCEPTED, status=202)
        assert writer.send([SMS]) == [Done(result="m-1")]
        [received] = vendor.requests
        assert (received.method, received.path) == ("POST", "/sms/messages")
        assert received.headers["X-Itx-Key"] == "itx-key-1"
        assert received.json == {
            "to": "+4791234567",
            "text": "Hei! Vi prøvde å ringe deg.",
            "reference": REFERENCE,
            "sender": "Avonova",
            "validUntil": "2026-11-23T23:59:00+01:00",
        }

    def test_leaves_the_sender_to_itx_when_we_name_none(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        writer.send([replace(SMS, sender=None)])
        assert "sender" not in vendor.requests[0].json

    def test_a_reference_sent_before_is_done(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        vendor.answer(ACCEPTED | {"status": "DELIVERED"}, status=200)
        assert writer.send([SMS]) == [Done(result="m-1")]

    @pytest.mark.parametrize(("code", "words"), NUMBER_REFUSALS.items())
    def test_a_refused_number_is_explained_to_the_adviser(
        self, code: str, words: str, vendor: HttpVendor, writer: ItxSmsWriter
    ) -> None:
        vendor.answer({"code": code, "message": "to +4791234567"}, status=422)
        [outcome] = writer.send([SMS])
        assert isinstance(outcome, Refused)
        assert outcome.reason == f"{words} (ITX {code})"

    @pytest.mark.parametrize(
        ("body", "code"), [({"code": "NEW_CODE"}, "NEW_CODE"), ({"code": "+4791234567"}, "UNKNOWN"), (b"?", "UNKNOWN")]
    )
    def test_an_unknown_code_is_shown_and_counted_and_not_guessed(
        self, body: object, code: str, vendor: HttpVendor, writer: ItxSmsWriter, caplog: pytest.LogCaptureFixture
    ) -> None:
        vendor.answer(body, status=422)
        [outcome] = writer.send([SMS])
        assert isinstance(outcome, Refused)
        assert outcome.reason.endswith(f"(ITX {code})")
        assert "itx_unknown_code" in caplog.text

    def test_a_malformed_message_is_refused(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        vendor.answer({"code": "BAD", "message": "m"}, status=400)
        assert isinstance(writer.send([SMS])[0], Refused)

    @pytest.mark.parametrize(
        ("answer", "seconds"),
        [
            (Answer(status=401), 900),
            (Answer(status=404), 900),
            (Answer(status=429, headers={"Retry-After": "7"}), 7),
            (Answer(status=429), 10),
            (Answer(status=503), 60),
            (Answer(status=307, headers={"Location": "/sms/elsewhere"}), 60),
        ],
        ids=repr,
    )
    def test_what_was_certainly_not_accepted_is_tried_later(
        self, answer: Answer, seconds: int, vendor: HttpVendor, writer: ItxSmsWriter
    ) -> None:
        vendor.answers.append(answer)
        [outcome] = writer.send([SMS])
        assert isinstance(outcome, TryLater)
        assert outcome.after == timedelta(seconds=seconds)
        assert len(vendor.requests) == 1

    def test_what_never_left_is_tried_later(self) -> None:
        [outcome] = ItxSmsWriter(base_url=closed_port_url(), key="k").send([SMS])
        assert isinstance(outcome, TryLater)

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(drop=True),
            Answer(status=500),
            Answer(status=502, body=b"<html>"),
            Answer(status=409),
            Answer(status=202, body=b"<html>"),
            Answer(status=202, body=["m-1"]),
            Answer(status=202, body=ACCEPTED | {"reference": "somebody else's"}),
            Answer(status=202, body=ACCEPTED | {"id": ""}),
            Answer(status=204, body=b""),
        ],
        ids=repr,
    )
    def test_what_may_have_gone_out_is_unsure_and_never_repeated(
        self, answer: Answer, vendor: HttpVendor, writer: ItxSmsWriter
    ) -> None:
        vendor.answers.append(answer)
        [outcome] = writer.send([SMS])
        assert isinstance(outcome, Unsure)
        assert len(vendor.requests) == 1

    def test_what_is_never_answered_is_unsure(self, vendor: HttpVendor, impatient_writer: ItxSmsWriter) -> None:
        vendor.answer(hang=True)
        [outcome] = impatient_writer.send([SMS])
        assert isinstance(outcome, Unsure)
        assert "91234567" not in str(outcome)

    def test_each_message_has_its_own_outcome_in_the_order_asked(
        self, vendor: HttpVendor, writer: ItxSmsWriter
    ) -> None:
        def answer(received: object) -> Answer:
            reference = received.json["reference"]  # type: ignore[attr-defined]
            if reference == "reference-4":
                return Answer(status=422, body={"code": "BLOCKED", "message": "m"})
            return Answer(status=202, body=ACCEPTED | {"id": f"m-{reference}", "reference": reference})

        vendor.answer_to = answer  # type: ignore[method-assign]
        outcomes = writer.send([replace(SMS, reference=f"reference-{number}") for number in range(12)])
        assert [type(outcome) for outcome in outcomes] == [Done] * 4 + [Refused] + [Done] * 7
        assert outcomes[11] == Done(result="m-reference-11")

    def test_connections_are_few_and_kept(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        writer.send([SMS] * 30)
        writer.send([SMS] * 30)
        assert vendor.connections <= AT_ONCE


class TestLookingForAMessage:
    def test_asks_by_our_reference(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        vendor.answer({"results": [ACCEPTED | {"status": "FAILED"}]})
        assert writer.find_sms([SMS]) == [Done(result="m-1")]
        assert vendor.requests[0].query == {"reference": REFERENCE}

    def test_an_empty_answer_means_it_was_never_accepted(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        vendor.answer({"results": []})
        assert writer.find_sms([SMS]) == [None]

    def test_each_message_has_its_own_answer_in_the_order_asked(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        def answer(received: Received) -> Answer:
            reference = received.query["reference"]
            if reference == "reference-4":
                return Answer(status=503)
            known = ACCEPTED | {"id": f"m-{reference}", "reference": reference}
            return Answer(body={"results": [] if reference == "reference-7" else [known]})

        vendor.answer_to = answer  # type: ignore[method-assign]
        findings = writer.find_sms([replace(SMS, reference=f"reference-{number}") for number in range(12)])
        assert isinstance(findings[4], TryLater)
        assert findings[7] is None
        found = {place: finding for place, finding in enumerate(findings) if isinstance(finding, Done)}
        assert found == {n: Done(result=f"m-reference-{n}") for n in range(12) if n not in {4, 7}}

    def test_connections_are_few_and_kept(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        writer.find_sms([SMS] * 30)
        writer.find_sms([SMS] * 30)
        assert 1 < vendor.connections <= AT_ONCE

    def test_a_look_up_that_ignores_the_reference_tells_nothing(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        vendor.answer({"results": [ACCEPTED | {"reference": "somebody else's"}]})
        assert isinstance(writer.find_sms([SMS])[0], Unsure)

    def test_nobody_can_tell_where_there_is_no_look_up(self, vendor: HttpVendor, writer: ItxSmsWriter) -> None:
        vendor.answer({"code": "NOT_IMPLEMENTED", "message": "m"}, status=501)
        assert isinstance(writer.find_sms([SMS])[0], Unsure)

    @pytest.mark.parametrize(
        "answer",
        [Answer(status=500), Answer(status=401), Answer(drop=True), Answer(body=b"?"), Answer()],
        ids=repr,
    )
    def test_is_tried_later_when_itx_does_not_answer(
        self, answer: Answer, vendor: HttpVendor, writer: ItxSmsWriter
    ) -> None:
        vendor.answers.append(answer)
        assert isinstance(writer.find_sms([SMS])[0], TryLater)


class TestPrivacy:
    @pytest.mark.parametrize(
        "answer",
        [Answer(drop=True), *(Answer(status=s, body=b"+4791234567") for s in (400, 422, 500, 503))],
        ids=repr,
    )
    def test_neither_number_nor_text_nor_address_is_told(
        self, answer: Answer, vendor: HttpVendor, writer: ItxSmsWriter, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        vendor.answers.extend([answer, answer])
        [outcome] = writer.send([SMS])
        assert not isinstance(outcome, Done)
        [found] = writer.find_sms([SMS])
        assert isinstance(found, TryLater | Unsure)
        told = caplog.text + str(outcome) + repr(outcome) + str(found) + repr(found) + repr(SMS)
        assert not [private for private in ("91234567", "ringe", "127.0.0.1", "itx-key", "/sms/") if private in told]
        assert found.__context__ is None

    def test_not_even_when_the_look_up_is_never_answered(
        self, vendor: HttpVendor, impatient_writer: ItxSmsWriter
    ) -> None:
        vendor.answer(hang=True)
        [found] = impatient_writer.find_sms([SMS])
        assert isinstance(found, TryLater)
        assert "127.0.0.1" not in repr(found)
        assert found.__context__ is None

    def test_the_http_library_is_kept_from_logging_addresses(
        self, vendor: HttpVendor, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.DEBUG, logger="urllib3")
        ItxSmsWriter(base_url=vendor.url, key="itx-key-1").find_sms([SMS])
        assert "/sms/" not in caplog.text
