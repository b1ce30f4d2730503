"""Where requests lie that a person has to look at."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class InspectionStore:
    """A request we could not read is kept as it came, encrypted, until the bucket's own rule deletes it.

    The encryption and the days it is kept are the bucket's defaults, in the template.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, body: bytes, *, reason: str, note: str = "") -> str:
        """The same body refused for the same reason is stored once, however often it is sent; returns its key.

        `note` (ASCII, short, no personal data) is stored beside it. Raises TryLater if it could not be stored.
        """
        key = f"{reason}/{hashlib.sha256(body).hexdigest()}"
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType="application/octet-stream",
                Metadata={"note": note} if note else {},
            )
        except (BotoCoreError, ClientError) as error:
            raise TryLater(f"the request {key} could not be stored for inspection") from error
        return key


class KeptRequests:
    """The same requests for whoever has to look through them. `connect` makes the S3 client when one is needed."""

    def __init__(self, connect: Callable[[], S3Client], bucket: str) -> None:
        self._connect = cache(connect)
        self._bucket = bucket

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """Every request that still lies there, by its key, one at a time. Raises TryLater."""
        try:
            pages = self._connect().get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
            for key in [item["Key"] for page in pages for item in page.get("Contents", [])]:
                yield key, self._connect().get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise TryLater("the requests kept for inspection could not be read") from error

    def erase(self, keys: Sequence[str]) -> None:
        """Erases these; may be repeated harmlessly. Raises TryLater."""
        try:
            for key in keys:
                self._connect().delete_object(Bucket=self._bucket, Key=key)
        except (BotoCoreError, ClientError) as error:
            raise TryLater("a request kept for inspection could not be erased") from error
