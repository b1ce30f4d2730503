"""What every store of customers' words keeps: the one in memory and S3 alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

import boto3
import pytest
from moto import mock_aws

from kundeflyt.adapters.aws.inbox import S3Inbox
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.ports.failures import Done, TryLater
from kundeflyt.ports.writers import Inbox
from tests.fakes.inbox import FakeInbox

LETTER = InboundSms(
    vendor_id="8840210001",
    sender="+4791234567",
    text="Hei! 😀 Ring meg <i dag> & ikke i morgen\nHilsen Æ",
    received_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
)


class InboxWithADoor(Inbox, Protocol):
    def put(self, mark: str, letter: InboundSms) -> None: ...


@pytest.fixture(params=["in memory", "S3"])
def inbox(request: pytest.FixtureRequest) -> Iterator[InboxWithADoor]:
    if request.param == "in memory":
        yield FakeInbox()
        return
    with mock_aws():
        client = boto3.client("s3", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="inbound", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        yield S3Inbox(lambda: client, "inbound")


class TestAnInbox:
    def test_gives_back_the_words_as_they_came(self, inbox: InboxWithADoor) -> None:
        inbox.put("a", LETTER)
        inbox.put("a", LETTER)
        assert inbox.letters(["a", "unknown", "a"]) == {"a": LETTER}

    def test_erases_only_what_it_is_asked_to_and_as_often_as_it_is(self, inbox: InboxWithADoor) -> None:
        for mark in ("a", "b"):
            inbox.put(mark, LETTER)
        for _ in range(2):
            assert inbox.erase(["a"]) == [Done(result="a")]
        assert inbox.letters(["a", "b"]) == {"b": LETTER}
        assert inbox.erase([]) == []

    def test_tells_of_everything_that_waits(self, inbox: InboxWithADoor) -> None:
        assert inbox.all_letters() == {}
        for mark in ("a", "b"):
            inbox.put(mark, LETTER)
        assert inbox.all_letters() == {"a": LETTER, "b": LETTER}


class TestAnInboxThatIsNotThere:
    """S3 only: the bucket is named wrongly, or S3 is down."""

    @pytest.fixture
    def nowhere(self) -> Iterator[S3Inbox]:
        with mock_aws():
            client = boto3.client("s3", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x")
            yield S3Inbox(lambda: client, "no-such-bucket")

    def test_says_that_waiting_may_help_and_not_what_was_written(self, nowhere: S3Inbox) -> None:
        with pytest.raises(TryLater) as not_stored:
            nowhere.put("a", LETTER)
        with pytest.raises(TryLater):
            nowhere.letters(["a"])
        with pytest.raises(TryLater):
            nowhere.all_letters()
        [outcome] = nowhere.erase(["a"])
        assert isinstance(outcome, TryLater)
        assert "91234567" not in str(not_stored.value)
