"""Where a customer's words wait, encrypted, between the door and the timeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from kundeflyt.adapters.aws.calls import error_code
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.ports.failures import Done, Outcome, TryLater

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE: Final = "NoSuchKey"


class S3Inbox:
    """One object for each message, under a mark that tells nothing; the bucket's rule deletes what nobody erases.

    So the words are in no event, queue, archive or ledger. `connect` makes the S3 client when one is needed.
    """

    def __init__(self, connect: Callable[[], S3Client], bucket: str) -> None:
        self._connect = cache(connect)
        self._bucket = bucket

    def put(self, mark: str, letter: InboundSms) -> None:
        """Lets a message wait; the same one again changes nothing. Raises TryLater when it could not be stored."""
        content = {
            "vendor_id": letter.vendor_id,
            "sender": letter.sender,
            "text": letter.text,
            "received_at": letter.received_at.isoformat(),
        }
        try:
            self._connect().put_object(
                Bucket=self._bucket, Key=mark, Body=json.dumps(content).encode(), ContentType="application/json"
            )
        except (BotoCoreError, ClientError) as error:
            raise TryLater(f"the message {mark} could not be stored") from error

    def letters(self, marks: Collection[str]) -> Mapping[str, InboundSms]:
        """The messages that wait under these marks; one that is erased is left out. Raises TryLater."""
        found = {mark: self._letter(mark) for mark in marks}
        return {mark: letter for mark, letter in found.items() if letter}

    def all_letters(self) -> Mapping[str, InboundSms]:
        """Everything that waits, by its mark: as a rule little, strangers' messages of two weeks. Raises TryLater."""
        try:
            pages = self._connect().get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
            marks = [item["Key"] for page in pages for item in page.get("Contents", [])]
        except (BotoCoreError, ClientError) as error:
            raise TryLater("the messages that wait could not be listed") from error
        return self.letters(marks)

    def erase(self, marks: Sequence[str]) -> Sequence[Outcome]:
        """Erases what waits; may be repeated harmlessly."""
        return [self._erase(mark) for mark in marks]

    def _letter(self, mark: str) -> InboundSms | None:
        try:
            body = self._connect().get_object(Bucket=self._bucket, Key=mark)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error_code(error) == _GONE:
                return None
            raise TryLater(f"the message {mark} could not be read") from error
        content = json.loads(body)
        return InboundSms(**content | {"received_at": datetime.fromisoformat(content["received_at"])})

    def _erase(self, mark: str) -> Outcome:
        try:
            self._connect().delete_object(Bucket=self._bucket, Key=mark)
        except (BotoCoreError, ClientError):
            return TryLater(f"the message {mark} could not be erased")
        return Done(result=mark)
