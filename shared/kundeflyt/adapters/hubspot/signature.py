"""Is this request really from HubSpot? Version 3 of its request signature, and no older one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW: Final = timedelta(seconds=300)

# HubSpot signs the URI with these twelve escapes decoded and every other one (%20, %26, %3D ...) left as it was.
_DECODED: Final = {
    "3A": ":", "2F": "/", "3F": "?", "40": "@", "21": "!", "24": "$",
    "27": "'", "28": "(", "29": ")", "2A": "*", "2C": ",", "3B": ";",
}  # fmt: skip
_ESCAPE: Final = re.compile(f"%({'|'.join(_DECODED)})", re.IGNORECASE)
_MILLISECONDS: Final = re.compile(r"[0-9]{1,15}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Refusal(StrEnum):
    """Why a request is not taken for HubSpot's own."""

    NO_SIGNATURE = "no_v3_signature"
    NO_TIMESTAMP = "no_timestamp"
    OUTSIDE_WINDOW = "timestamp_outside_window"
    MISMATCH = "signature_mismatch"


def refusal_at_sight(*, signature: str | None, timestamp: str | None, now: datetime) -> Refusal | None:
    """A request without a v3 signature made within five minutes of now is refused before any secret is read.

    `signature` and `timestamp` are the values of `X-HubSpot-Signature-v3` and `X-HubSpot-Request-Timestamp`
    (milliseconds since 1970); `now` is aware. The v1 and v2 signatures carry no time, so a copy of one would be
    good for ever: they are never enough. Clocks may differ, so the window reaches both ways.
    """
    if not signature:
        return Refusal.NO_SIGNATURE
    if timestamp is None or not _MILLISECONDS.fullmatch(timestamp):
        return Refusal.NO_TIMESTAMP
    age = (now - _EPOCH) - timedelta(milliseconds=int(timestamp))
    return Refusal.OUTSIDE_WINDOW if abs(age) > WINDOW else None


def matches(secrets: Iterable[str], *, method: str, uri: str, body: bytes, timestamp: str, signature: str) -> bool:
    """The signature is HubSpot's if one of the client secrets makes the same one over exactly what arrived.

    Several secrets are good at once while the client secret is being changed. `body` is the raw bytes and
    `timestamp` the header as written: both are signed verbatim. A blank secret signs nothing, since anyone
    could sign with it.
    """
    message = b"".join((_bytes(method + decoded(uri)), body, _bytes(timestamp)))
    presented = _bytes(signature)
    found = False
    for secret in filter(str.strip, secrets):
        expected = base64.b64encode(hmac.new(_bytes(secret), message, hashlib.sha256).digest())
        found |= hmac.compare_digest(expected, presented)
    return found


def decoded(uri: str) -> str:
    """The URI as HubSpot signs it: twelve escapes decoded, once, and nothing else."""
    return _ESCAPE.sub(lambda escape: _DECODED[escape[1].upper()], uri)


def _bytes(text: str) -> bytes:
    """A header may hold half a surrogate pair; that is a wrong signature, not a crash."""
    return text.encode("utf-8", "surrogatepass")
