"""What every store of unreadable requests keeps for whoever looks through them: the one in memory and S3 alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import pytest
from moto import mock_aws

from kundeflyt.adapters.aws.inspection import InspectionStore, KeptRequests
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.people import Inspection
from tests.fakes.inspection import FakeInspection

Keep = Callable[[bytes], str]


@pytest.fixture(params=["in memory", "S3"])
def store(request: pytest.FixtureRequest) -> Iterator[tuple[Inspection, Keep]]:
    """The store, and the door that puts requests there."""
    if request.param == "in memory":
        fake = FakeInspection()

        def keep(body: bytes) -> str:
            key = f"not_json/{body!r}"
            fake.requests[key] = body
            return key

        yield fake, keep
        return
    with mock_aws():
        client = boto3.client("s3", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        door = InspectionStore(client, "kept")
        yield KeptRequests(lambda: client, "kept"), lambda body: door.keep(body, reason="not_json")


class TestKeptRequests:
    def test_are_shown_as_they_came(self, store: tuple[Inspection, Keep]) -> None:
        inspection, keep = store
        assert dict(inspection.kept()) == {}
        kept = {keep(body): body for body in (b"[\xff{", b"")}
        assert dict(inspection.kept()) == kept

    def test_are_erased_one_by_one_and_as_often_as_one_asks(self, store: tuple[Inspection, Keep]) -> None:
        inspection, keep = store
        first, second = keep(b"first"), keep(b"second")
        for _ in range(2):
            inspection.erase([first])
        assert dict(inspection.kept()) == {second: b"second"}


def test_a_store_that_is_not_there_says_that_waiting_may_help() -> None:
    with mock_aws():
        client = boto3.client("s3", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x")
        nowhere = KeptRequests(lambda: client, "no-such-bucket")
        with pytest.raises(TryLater):
            list(nowhere.kept())
        with pytest.raises(TryLater):
            nowhere.erase(["a"])
