"""Is this request really from ITX? Its signature over the time and the very bytes it posted."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW: Final = timedelta(seconds=300)

_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Refusal(StrEnum):
    """Why a request is not taken for ITX' own."""

    NO_SIGNATURE = "no_signature"
    NO_TIMESTAMP = "no_timestamp"
    OUTSIDE_WINDOW = "timestamp_outside_window"
    MISMATCH = "signature_mismatch"


def refusal_at_sight(*, signature: str | None, timestamp: str | None, now: datetime) -> Refusal | None:
    """A request that was not signed within five minutes of now is refused before any secret is read.

    `signature` and `timestamp` are the values of `X-Itx-Signature` and `X-Itx-Timestamp` (seconds since 1970); `now`
    is aware. Clocks may differ, so the window reaches both ways.
    """
    if not signature:
        return Refusal.NO_SIGNATURE
    if timestamp is None or not _SECONDS.fullmatch(timestamp):
        return Refusal.NO_TIMESTAMP
    age = (now - _EPOCH) - timedelta(seconds=int(timestamp))
    return Refusal.OUTSIDE_WINDOW if abs(age) > WINDOW else None


def matches(secrets: Iterable[str], *, timestamp: str, body: bytes, signature: str) -> bool:
    """The signature is ITX' if one of the secrets makes the same one over exactly what arrived.

    It is the HMAC-SHA256 of `timestamp` as written, a full stop and the raw bytes of `body`, in hexadecimal. Several
    secrets are good at once while the secret is being changed. A blank one signs nothing, since anyone could sign
    with it.
    """
    message = timestamp.encode() + b"." + body
    presented = signature.encode("utf-8", "surrogatepass")
    found = False
    for secret in filter(str.strip, secrets):
        expected = hmac.new(secret.encode("utf-8", "surrogatepass"), message, hashlib.sha256).hexdigest()
        found |= hmac.compare_digest(expected.encode(), presented)
    return found
