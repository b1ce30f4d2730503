"""How each answer of SES' is read, over a real connection."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.header import decode_header, make_header
from typing import Any

import boto3
import pytest
from botocore.config import Config

from kundeflyt.adapters.mail import ses
from kundeflyt.adapters.mail.failures import PERSON_MUST_ACT
from kundeflyt.adapters.mail.ses import SesMailWriter
from kundeflyt.ports.failures import Done, Failure, Outcome, Refused, TryLater, Unsure
from kundeflyt.ports.writers import Mail
from tests.fakes.http_vendor import SHORT_SECONDS, HttpVendor, closed_port_url, http_vendor

SENDER = "radgiver@avonova.example"
A_MAIL = Mail(
    key="owner_change/25000001/201/send-ny-radgiver-1",
    to=" anne@example.no ",
    subject="Du har fått ny rådgiver hos Avonova",
    body="Hei, Anne!\n\nØl & <b>mat</b>\nmer",
    sender_name="Bedriftshelse Ås",
    reply_to="bjorn@avonova.example",
    reply_name="Bjørn Ås",
)


@pytest.fixture
def vendor() -> Iterator[HttpVendor]:
    with http_vendor() as running:
        running.usual = replace(running.usual, body={"MessageId": "ses-1"})
        yield running


def client(url: str) -> Any:
    return boto3.client(
        "sesv2",
        endpoint_url=url,
        region_name="eu-north-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ses.CLIENT_CONFIG.merge(Config(read_timeout=SHORT_SECONDS)),
    )


def sent(url: str, mail: Mail = A_MAIL, **changes: Any) -> Outcome:
    known = {"sender": SENDER} | changes
    [outcome] = SesMailWriter(lambda: client(url), **known).send_mails([mail])
    return outcome


def saying(vendor: HttpVendor, status: int, code: str, message: str = "no") -> Outcome:
    vendor.answer({"message": message}, status=status, headers={"x-amzn-errortype": code})
    return sent(vendor.url)


class TestWhatIsSent:
    def test_is_from_the_sender_in_the_providers_name_with_the_adviser_for_answers(self, vendor: HttpVendor) -> None:
        assert sent(vendor.url) == Done(result="ses-1")
        [request] = vendor.requests
        assert (request.method, request.path) == ("POST", "/v2/email/outbound-emails")
        body = request.json
        [reply_to] = body["ReplyToAddresses"]
        assert (body["FromEmailAddress"] + reply_to).isascii()
        assert str(make_header(decode_header(body["FromEmailAddress"]))) == f"Bedriftshelse Ås <{SENDER}>"
        assert str(make_header(decode_header(reply_to))) == "Bjørn Ås <bjorn@avonova.example>"
        assert body["Destination"] == {"ToAddresses": ["anne@example.no"]}
        assert "ConfigurationSetName" not in body

    def test_is_plain_text_and_the_same_words_as_html_with_nothing_to_track(self, vendor: HttpVendor) -> None:
        sent(vendor.url)
        simple = vendor.requests[0].json["Content"]["Simple"]
        assert simple["Subject"] == {"Data": A_MAIL.subject, "Charset": "UTF-8"}
        assert simple["Body"]["Text"]["Data"] == A_MAIL.body
        html = simple["Body"]["Html"]["Data"]
        assert html == "<p>Hei, Anne!</p><p>Øl &amp; &lt;b&gt;mat&lt;/b&gt;<br>mer</p>"

    def test_names_the_configuration_set_where_there_is_one(self, vendor: HttpVendor) -> None:
        sent(vendor.url, configuration_set="kundeflyt")
        assert vendor.requests[0].json["ConfigurationSetName"] == "kundeflyt"

    @pytest.mark.parametrize(
        "mail",
        [
            replace(A_MAIL, to="anne"),
            replace(A_MAIL, to="åse@example.no"),
            replace(A_MAIL, to="anne@example.no\nBcc: alle@example.no"),
            replace(A_MAIL, to="anne@example.no, ola@example.no"),
            replace(A_MAIL, reply_to="bjørn@avonova.example"),
        ],
    )
    def test_is_nothing_to_an_address_that_cannot_be_used(self, vendor: HttpVendor, mail: Mail) -> None:
        assert isinstance(sent(vendor.url, mail), Refused)
        assert not vendor.requests

    def test_is_nothing_without_a_sender(self, vendor: HttpVendor) -> None:
        assert isinstance(sent(vendor.url, sender=""), Refused)
        assert not vendor.requests


class TestWhatSesAnswers:
    @pytest.mark.parametrize(
        ("status", "code", "wait"),
        [
            (429, "TooManyRequestsException", timedelta(seconds=30)),
            (400, "Throttling", timedelta(seconds=30)),
            (400, "LimitExceededException", timedelta(minutes=15)),
        ],
    )
    def test_busy_waits(self, vendor: HttpVendor, status: int, code: str, wait: timedelta) -> None:
        outcome = saying(vendor, status, code)
        assert isinstance(outcome, TryLater)
        assert outcome.after == wait

    @pytest.mark.parametrize(
        ("status", "code", "logged"),
        [
            (400, "AccountSuspendedException", "ses_account_suspended"),
            (400, "SendingPausedException", "ses_sending_paused"),
            (400, "MailFromDomainNotVerifiedException", "ses_not_verified"),
            (404, "NotFoundException", "ses_configuration_set_missing"),
            (403, "AccessDeniedException", "ses_access_refused"),
            (403, "UnrecognizedClientException", "ses_access_refused"),
            (403, "SignatureDoesNotMatch", "ses_access_refused"),
        ],
    )
    def test_what_a_person_must_put_right_waits_and_is_logged(
        self, vendor: HttpVendor, caplog: pytest.LogCaptureFixture, status: int, code: str, logged: str
    ) -> None:
        outcome = saying(vendor, status, code)
        assert isinstance(outcome, TryLater)
        assert outcome.after == PERSON_MUST_ACT
        assert logged in caplog.text

    def test_a_sandbox_or_an_unverified_sender_waits(
        self, vendor: HttpVendor, caplog: pytest.LogCaptureFixture
    ) -> None:
        said = "Email address is not verified. The following identities failed the check: anne@example.no"
        outcome = saying(vendor, 400, "MessageRejected", said)
        assert isinstance(outcome, TryLater)
        assert "ses_not_verified" in caplog.text
        assert "anne@example.no" not in caplog.text + str(outcome)

    @pytest.mark.parametrize(
        ("status", "code"), [(400, "MessageRejected"), (400, "BadRequestException"), (422, "SomethingNew")]
    )
    def test_a_message_it_will_not_have_is_refused(self, vendor: HttpVendor, status: int, code: str) -> None:
        outcome = saying(vendor, status, code, "Bad address anne@example.no")
        assert isinstance(outcome, Refused)
        assert code in outcome.reason
        assert "anne@example.no" not in outcome.reason

    def test_an_unknown_code_is_counted(self, vendor: HttpVendor, caplog: pytest.LogCaptureFixture) -> None:
        saying(vendor, 422, "SomethingNew")
        assert "ses_unknown_code" in caplog.text

    def test_a_code_that_is_none_is_not_shown(self, vendor: HttpVendor) -> None:
        outcome = saying(vendor, 422, "to anne@example.no")
        assert isinstance(outcome, Refused)
        assert "UNKNOWN" in outcome.reason

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_fault_of_its_own_may_have_been_after_the_sending(self, vendor: HttpVendor, status: int) -> None:
        assert isinstance(saying(vendor, status, "InternalFailure"), Unsure)
        assert len(vendor.requests) == 1

    @pytest.mark.parametrize("lost", [{"hang": True}, {"drop": True}, {"body": {}}, {"body": b"<html>"}])
    def test_a_lost_answer_may_have_been_yes_and_is_not_asked_for_again(
        self, vendor: HttpVendor, lost: dict[str, Any]
    ) -> None:
        vendor.answer(**lost)
        assert isinstance(sent(vendor.url), Unsure)
        assert len(vendor.requests) == 1

    def test_nobody_there_is_certainly_not_sent(self) -> None:
        assert isinstance(sent(closed_port_url()), TryLater)


class TestPrivacy:
    @pytest.mark.parametrize("answer", [{"status": 500}, {"drop": True}, {"status": 400}])
    def test_neither_address_nor_name_nor_words_are_told(
        self, vendor: HttpVendor, caplog: pytest.LogCaptureFixture, answer: dict[str, Any]
    ) -> None:
        caplog.set_level(logging.INFO)
        vendor.answer({"message": f"{A_MAIL.to} {A_MAIL.body}"}, **answer)
        outcome = sent(vendor.url)
        assert isinstance(outcome, Failure)
        for secret in ("anne@", "bjorn@", "Anne", "Bjørn"):
            assert secret not in caplog.text + str(outcome) + repr(A_MAIL).replace(A_MAIL.sender_name, "")
