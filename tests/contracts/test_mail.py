"""What every e-mail vendor does: the one in memory, and SES as moto plays it behind the real adapter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import pytest

from kundeflyt.adapters.mail.ses import SesMailWriter
from kundeflyt.ports.failures import Done, Refused, TryLater, Unsure
from kundeflyt.ports.writers import Mail, MailWriter
from tests.fakes.aws import ACCOUNT, running
from tests.fakes.mail import FakeMail

SENDER = "radgiver@avonova.example"
A_MAIL = Mail(
    key="owner_change/25000001/201/send-ny-radgiver-1",
    to="anne@example.no",
    subject="Du har fått ny rådgiver hos Avonova",
    body="Hei, Anne!\n\nJeg heter Bjørn.",
    sender_name="Avonova",
    reply_to="bjorn@avonova.example",
    reply_name="Bjørn Ås",
)


class Post(Protocol):
    """What the suite does to a vendor and sees of it, apart from the port under test."""

    writer: MailWriter

    def seen(self) -> list[tuple[str, str]]:
        """Whom e-mails went to, and what stood above them."""
        ...


class InMemory:
    """The fake."""

    def __init__(self) -> None:
        self._fake = FakeMail()
        self.writer: MailWriter = self._fake

    def seen(self) -> list[tuple[str, str]]:
        return [(mail.to, mail.subject) for mail in self._fake.outbox]


class AtSes:
    """moto over HTTP; the port is the real adapter."""

    def __init__(self, client: Any) -> None:
        from moto.ses.models import ses_backends

        self._backend = ses_backends[ACCOUNT]["eu-north-1"]
        self._backend.reset()
        client.create_email_identity(EmailIdentity=SENDER)
        self.writer: MailWriter = SesMailWriter(lambda: client, sender=SENDER)

    def seen(self) -> list[tuple[str, str]]:
        return [
            (address, message.subject)
            for message in self._backend.sent_messages
            for address in message.destinations["ToAddresses"]
        ]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with running() as aws:
        yield aws.client("sesv2")


@pytest.fixture(params=["in memory", "SES"])
def post(request: pytest.FixtureRequest) -> Post:
    return InMemory() if request.param == "in memory" else AtSes(request.getfixturevalue("client"))


class TestAnEMail:
    def test_goes_to_one_person_and_gets_an_id(self, post: Post) -> None:
        other = replace(A_MAIL, key="owner_change/25000001/202/send-ny-radgiver-1", to="david@example.no")
        outcomes = post.writer.send_mails([A_MAIL, other])
        ids = {outcome.result for outcome in outcomes if isinstance(outcome, Done)}
        assert len(ids) == 2
        assert post.seen() == [(A_MAIL.to, A_MAIL.subject), (other.to, other.subject)]

    def test_is_sent_as_often_as_it_is_asked_for(self, post: Post) -> None:
        """There is no key: that it goes once is the engine's to see to."""
        for _ in range(2):
            assert isinstance(post.writer.send_mails([A_MAIL])[0], Done)
        assert len(post.seen()) == 2

    def test_answers_row_by_row_and_nothing_for_nothing(self, post: Post) -> None:
        assert list(post.writer.send_mails([])) == []
        assert all(
            isinstance(outcome, Done | Refused | TryLater | Unsure) for outcome in post.writer.send_mails([A_MAIL] * 3)
        )
