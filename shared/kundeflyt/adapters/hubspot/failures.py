"""What HubSpot's error answers mean for us: who must act, and when."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from kundeflyt.adapters.hubspot import paths
from kundeflyt.ports.failures import Failure, Refused, TryLater, Unsure

logger = logging.getLogger(__name__)

KEY_PROPERTY: Final = "kundeflyt_key"

PERSON_MUST_ACT: Final = timedelta(minutes=15)
"""Somebody has to repair a token, a scope or a property: asking more often only costs calls."""

RATE_LIMIT_WAITS: Final[Mapping[str, timedelta]] = {
    "SECONDLY": timedelta(seconds=1),  # search: five calls a second for the whole account
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),  # the burst limit frees up within its own window
    "DAILY": timedelta(minutes=15),  # freed at midnight in the portal's time zone, which we don't know
}
UNKNOWN_RATE_LIMIT_WAIT: Final = timedelta(seconds=10)  # as long as the longest window that frees itself soon

PASSING_WAITS: Final[Mapping[int, timedelta]] = {
    423: timedelta(seconds=5),  # locked: HubSpot asks for at least two seconds
    477: timedelta(hours=1),  # the account is being moved; Retry-After says how long, up to 24 hours
}

CATEGORY_WORDS: Final[Mapping[str, str]] = {
    "MISSING_SEAT": "rådgiveren har ikke tilgang til sequences i HubSpot",
    "VALIDATION_ERROR": "en verdi er ikke tillatt i portalen",
    "OBJECT_NOT_FOUND": "kontakten, selskapet eller oppgaven finnes ikke lenger",
    "CONFLICT": "det finnes allerede en slik post",
}
UNKNOWN_CATEGORY_WORDS: Final = "HubSpot ville ikke ta imot den"

_VENDOR_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
_LONGEST_WAIT = timedelta(hours=24)


class KeyTaken(Refused):
    """A record with our key is there already: it was made before."""


def failure_of(status: int, headers: Mapping[str, str], raw: object, doing: str) -> Failure:
    """Every refusal of HubSpot's becomes one of our three failures.

    `doing` is the method and path, which carry no personal data. HubSpot's own message is never passed on:
    it may repeat the values we sent. A 5xx is Unsure here, since HubSpot may have done the work before it failed.
    """
    body = _body(raw)
    told = f"HubSpot answered {status} to {doing}"
    if status == 429:
        policy = _code(body.get("policyName"))
        wait = RATE_LIMIT_WAITS.get(policy) or _retry_after(headers) or UNKNOWN_RATE_LIMIT_WAIT
        return TryLater(f"{told}: call limit {policy} is used up", after=wait)
    if status in PASSING_WAITS:
        return TryLater(f"{told}: try again later", after=_retry_after(headers) or PASSING_WAITS[status])
    if status == 403 and paths.ENROLMENTS in doing and _code(body.get("category")) != "MISSING_SCOPES":
        return _refusal(status, body, doing)  # about the adviser in whose name it is done, not about our token
    if status in (401, 403):
        logger.error("hubspot_access_refused: %s; check the access token and its scopes", told)
        return TryLater(f"{told}: check the access token and its scopes", after=PERSON_MUST_ACT)
    if status >= 500 or status == 408:
        return Unsure(f"{told}: it may have been done")
    if 400 <= status < 500:
        return _refusal(status, body, doing)
    logger.error("hubspot_unknown_answer: %s; check HUBSPOT_BASE_URL", told)
    return TryLater(f"{told}, which means nothing to us: check HUBSPOT_BASE_URL", after=PERSON_MUST_ACT)


def _refusal(status: int, body: Mapping[str, Any], doing: str) -> Failure:
    complaints = list(_complaints(body))
    if ("PROPERTY_DOESNT_EXIST", KEY_PROPERTY) in complaints:
        logger.error("hubspot_key_property_missing: create %s in the portal (%s)", KEY_PROPERTY, doing)
        return TryLater(f"the portal lacks the property {KEY_PROPERTY}: create it", after=PERSON_MUST_ACT)
    category = _code(body.get("category"))
    words = CATEGORY_WORDS.get(category, UNKNOWN_CATEGORY_WORDS)
    if status == 404 or "invalidObjectIds" in _mapping(body.get("context")):
        words = CATEGORY_WORDS["OBJECT_NOT_FOUND"]
    details = " ".join([str(status), category, *(" ".join(complaint) for complaint in complaints)])
    logger.info("hubspot_refused: %s to %s", details, doing)
    kind = KeyTaken if ("CONFLICTING_UNIQUE_VALUE", KEY_PROPERTY) in complaints else Refused
    return kind(f"{words} (HubSpot {details})")


def _complaints(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each error's code and the property it is about."""
    errors = body.get("errors")
    for error in map(_mapping, errors if isinstance(errors, list) else []):
        names = _mapping(error.get("context")).get("propertyName")
        name = names[0] if isinstance(names, list) and names else None
        yield _code(error.get("code")), _code(name)


def _body(raw: object) -> Mapping[str, Any]:
    """HubSpot says that every field of an error body may be missing, and a proxy may answer in HTML."""
    if not isinstance(raw, str | bytes):
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return _mapping(body)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _code(value: object) -> str:
    """A vendor code as it is, unless it looks like something else: then it may hold what it should not."""
    return value if isinstance(value, str) and _VENDOR_CODE.fullmatch(value) else "UNKNOWN"


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT) if value.isascii() and value.isdigit() else None
