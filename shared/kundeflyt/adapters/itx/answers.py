"""What ITX's answers mean for us: who must act, and when."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import requests

from kundeflyt.ports.failures import Done, Failure, Refused, TryLater, Unsure
from kundeflyt.ports.writers import Finding

logger = logging.getLogger(__name__)

NUMBER_REFUSALS: Final[Mapping[str, str]] = {
    "BAD_NUMBER": "nummeret finnes ikke eller er skrevet feil",  # a person can correct it on the contact
    "NOT_MOBILE": "nummeret kan ikke ta imot SMS",  # a landline or a service number
    "BLOCKED": "mottakeren har sperret for SMS fra oss",  # the operator or the customer has said stop
}
UNKNOWN_REFUSAL: Final = "ITX ville ikke sende til nummeret"

PERSON_MUST_ACT: Final = timedelta(minutes=15)
"""Somebody has to repair the key or the address: asking more often helps nobody."""

NOT_ACCEPTED_WAITS: Final[Mapping[int, timedelta]] = {
    401: PERSON_MUST_ACT,  # wrong or missing key
    403: PERSON_MUST_ACT,  # a key without the right to send; not in the contract, and certainly not accepted
    404: PERSON_MUST_ACT,  # a wrong base URL answers so
    405: PERSON_MUST_ACT,
    429: timedelta(seconds=10),  # too fast; Retry-After says how long
    501: PERSON_MUST_ACT,  # the tenant cannot do this
    503: timedelta(seconds=60),  # the contract promises that it was not accepted
}

_VENDOR_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,40}")
_LONGEST_WAIT = timedelta(hours=24)


def sent(response: requests.Response, reference: str) -> Done | Failure:
    """What became of one message. Any answer outside the contract may mean that it went out: Unsure."""
    if response.ok and (message := _message(_json(response), reference)):
        return message
    if response.status_code == 400:
        logger.error("itx_malformed: ITX says that SMS %s is malformed; correct the adapter", reference)
        return Refused("ITX kunne ikke lese meldingen (400)")
    if response.status_code == 422:
        return _number_refused(response, reference)
    if response.status_code in NOT_ACCEPTED_WAITS or response.is_redirect:
        return not_accepted(response, f"SMS {reference}")
    return Unsure(f"ITX answered {response.status_code} to SMS {reference} in a way that does not say if it was sent")


def found(response: requests.Response, reference: str) -> Finding:
    """The message that ITX has under our reference; None only where it certainly has none."""
    if response.status_code == 501:
        return Unsure(f"SMS {reference}: ITX has no look-up here, so nobody can tell if it was sent")
    results = _json(response).get("results") if response.status_code == 200 else None
    if not isinstance(results, list):
        return not_accepted(response, f"the look-up of SMS {reference}")
    if message := next(filter(None, (_message(row, reference) for row in results)), None):
        return message
    if results:
        return Unsure(f"SMS {reference}: ITX's look-up answered with other messages than the one asked for")
    return None


def not_accepted(response: requests.Response, what: str) -> TryLater:
    """It was certainly not done, and waiting may help."""
    status = response.status_code
    wait = _retry_after(response) or NOT_ACCEPTED_WAITS.get(status, timedelta(seconds=60))
    if wait >= PERSON_MUST_ACT:
        logger.error("itx_access_refused: ITX answered %s to %s; check key, address and agreement", status, what)
    return TryLater(f"ITX answered {status} to {what}", after=wait)


def _number_refused(response: requests.Response, reference: str) -> Refused:
    code = _json(response).get("code")
    shown = code if isinstance(code, str) and _VENDOR_CODE.fullmatch(code) else "UNKNOWN"
    if shown not in NUMBER_REFUSALS:
        logger.warning("itx_unknown_code: ITX refused SMS %s with code %s, which we do not know", reference, shown)
    return Refused(f"{NUMBER_REFUSALS.get(shown, UNKNOWN_REFUSAL)} (ITX {shown})")


def _message(raw: Any, reference: str) -> Done | None:
    known = isinstance(raw, dict) and raw.get("reference") == reference and isinstance(raw.get("id"), str)
    return Done(result=raw["id"]) if known and raw["id"] else None


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: requests.Response) -> timedelta | None:
    value = response.headers.get("Retry-After", "")
    return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT) if value.isascii() and value.isdigit() else None
