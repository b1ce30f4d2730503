from __future__ import annotations

import hashlib
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from kundeflyt.adapters.aws.inspection import InspectionStore
from kundeflyt.ports.failures import TryLater

BODY = b"[\xff{"
KEY = f"not_json/{hashlib.sha256(BODY).hexdigest()}"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="inspection", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        yield client


class TestInspectionStore:
    def test_keeps_the_bytes_as_they_came(self, s3: S3Client) -> None:
        assert InspectionStore(s3, "inspection").keep(BODY, reason="not_json", note="item 1: no_record_id") == KEY
        stored = s3.get_object(Bucket="inspection", Key=KEY)
        assert stored["Body"].read() == BODY
        assert stored["Metadata"] == {"note": "item 1: no_record_id"}

    def test_keeps_the_same_body_once(self, s3: S3Client) -> None:
        store = InspectionStore(s3, "inspection")
        keys = {store.keep(BODY, reason="not_json") for _ in range(3)}
        listed = [item["Key"] for item in s3.list_objects_v2(Bucket="inspection")["Contents"]]
        assert listed == list(keys) == [KEY]

    def test_says_so_when_it_could_not(self, s3: S3Client) -> None:
        with pytest.raises(TryLater, match=KEY):
            InspectionStore(s3, "no-such-bucket").keep(BODY, reason="not_json")
