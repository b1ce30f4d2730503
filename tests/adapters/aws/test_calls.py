"""What our clients for AWS see to before anything is sent."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ParamValidationError

from kundeflyt.adapters.aws.calls import CLIENT_CONFIG
from tests.fakes.http_vendor import closed_port_url


def test_an_object_without_a_name_is_not_deleted_since_s3_would_take_its_bucket_to_be_meant() -> None:
    client = boto3.client(
        "s3",
        endpoint_url=closed_port_url(),
        region_name="eu-north-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=CLIENT_CONFIG,
    )
    with pytest.raises(ParamValidationError, match="Key"):
        client.delete_object(Bucket="inbound", Key="")
