"""What Metodika's answers mean for us when they are no data: who must act, and when."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from kundeflyt.domain.cards import CARD_CHANGED
from kundeflyt.ports.failures import Failure, NotOffered, Outdated, Refused, TryLater, Unsure

logger = logging.getLogger(__name__)

PERSON_MUST_ACT: Final = timedelta(minutes=15)
"""Somebody has to repair the token, the address or the other side: asking more often helps nobody."""

NOT_ACCEPTED_WAITS: Final[Mapping[int, timedelta]] = {
    429: timedelta(seconds=10),  # too fast; Retry-After says how long
    503: timedelta(seconds=60),  # the contract promises that it was not accepted
}

NOT_OFFERED: Final = "Metodika kan ikke gjøre dette for oss; det må gjøres for hånd"
MISSING: Final = "kundekortet eller oppgaven finnes ikke i Metodika"
KEY_USED: Final = "oppgaven er laget i Metodika før, med andre ord"
REFUSED: Final = "Metodika ville ikke ta imot det"

_VENDOR_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,40}")
_LONGEST_WAIT = timedelta(hours=24)


class Missing(Refused):
    """Metodika has no such card or task."""


class KeyUsed(Refused):
    """Metodika has made a task under this key before, with other words."""


def failure_of(status: int, headers: Mapping[str, str], body: Mapping[str, Any], doing: str) -> Failure:
    """Every refusal of Metodika's becomes one of our three failures, or the kind of it that a flow treats apart.

    `doing` is the method and path, which carry ids only. Metodika's own message is never passed on: it may repeat
    what we sent. An error that the contract does not know may have come after the work was done, so it is Unsure.
    """
    told = f"Metodika answered {status} to {doing}"
    if status in NOT_ACCEPTED_WAITS:
        return TryLater(told, after=_retry_after(headers) or NOT_ACCEPTED_WAITS[status])
    if status in {401, 403}:
        return not_ours_to_solve("metodika_access_refused", f"{told}: check metodika_token in the stack's secret")
    if status == 501:
        return NotOffered(NOT_OFFERED)
    if status >= 500 or status == 408:
        return Unsure(f"{told}: it may have been done")
    if status < 400 or not isinstance(body.get("code"), str):
        # Not Metodika's own words: something else answers at that address.
        return not_ours_to_solve("metodika_unknown_answer", f"{told} in words that are not its own: check the address")
    return _refusal(status, body, doing)


def not_ours_to_solve(what: str, told: str) -> TryLater:
    """Operations has to act; what was asked waits meanwhile."""
    logger.error("%s: %s", what, told)
    return TryLater(told, after=PERSON_MUST_ACT)


def _refusal(status: int, body: Mapping[str, Any], doing: str) -> Refused:
    match status:
        case 404:
            return Missing(MISSING)
        case 409:
            return KeyUsed(KEY_USED)
        case 412:
            return Outdated(CARD_CHANGED)
    details = " ".join([str(status), _code(body.get("code")), *([_code(body["field"])] if "field" in body else [])])
    logger.warning("metodika_refused: %s to %s", details, doing)
    return Refused(f"{REFUSED} (Metodika {details})")


def _code(value: object) -> str:
    """A vendor's code as it is, unless it looks like something else: then it may hold what it should not."""
    return value if isinstance(value, str) and _VENDOR_CODE.fullmatch(value) else "UNKNOWN"


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("Retry-After", "")
    return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT) if value.isascii() and value.isdigit() else None
