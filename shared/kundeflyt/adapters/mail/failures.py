"""What SES' refusals mean for us: who must act, and whether the e-mail may have gone."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
)

from kundeflyt.ports.failures import Failure, Refused, TryLater, Unsure

logger = logging.getLogger(__name__)

PERSON_MUST_ACT: Final = timedelta(minutes=15)
"""Somebody has to verify, pay or ask AWS; the e-mail waits until its own deadline, then the adviser writes."""

BUSY: Final[Mapping[str, timedelta]] = {
    "TooManyRequestsException": timedelta(seconds=30),
    "Throttling": timedelta(seconds=30),
    "ThrottlingException": timedelta(seconds=30),
    "LimitExceededException": timedelta(minutes=15),  # the day's quota comes back little by little
}
SET_UP: Final[Mapping[str, str]] = {
    "AccountSuspendedException": "ses_account_suspended",
    "SendingPausedException": "ses_sending_paused",
    "MailFromDomainNotVerifiedException": "ses_not_verified",
    "NotFoundException": "ses_configuration_set_missing",
    "AccessDeniedException": "ses_access_refused",
    "AccessDenied": "ses_access_refused",
    "ExpiredTokenException": "ses_access_refused",
    "IncompleteSignatureException": "ses_access_refused",
    "InvalidClientTokenId": "ses_access_refused",
    "InvalidSignatureException": "ses_access_refused",
    "SignatureDoesNotMatch": "ses_access_refused",
    "UnrecognizedClientException": "ses_access_refused",
}
"""What a person has to put right in AWS, by what stands in the log then."""

_NOT_VERIFIED: Final = re.compile(r"not verified", re.IGNORECASE)
_VENDOR_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,60}")
_NEVER_LEFT: Final = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ProxyConnectionError)


def failure_of(error: BotoCoreError | ClientError, key: str) -> Failure:
    """One of our three failures for whatever went wrong; SES' own words, which name addresses, go no further."""
    if isinstance(error, ClientError):
        return _refusal(error, key)
    told = f"e-mail {key} ({type(error).__name__})"
    if isinstance(error, _NEVER_LEFT):
        return TryLater(f"SES could not be reached for {told}")
    return Unsure(f"SES' answer was lost for {told}: it may have been sent")


def _refusal(error: ClientError, key: str) -> Failure:
    code = _code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in BUSY:
        return TryLater(f"SES is busy ({code}) for e-mail {key}", after=BUSY[code])
    if code in SET_UP:
        return _person_must_act(SET_UP[code], code, key)
    if code == "MessageRejected" and _NOT_VERIFIED.search(error.response.get("Error", {}).get("Message", "")):
        # The sender's address, or while the account is in the sandbox the customer's.
        return _person_must_act("ses_not_verified", code, key)
    if code == "MessageRejected":
        return Refused("SES ville ikke sende e-posten (MessageRejected)")
    if code == "BadRequestException":
        return Refused("SES kunne ikke bruke adressen eller teksten (BadRequestException)")
    if 400 <= status < 500 and status != 408:
        logger.warning("ses_unknown_code: SES refused e-mail %s with %s, which we do not know", key, code)
        return Refused(f"SES ville ikke sende e-posten ({code})")
    return Unsure(f"SES answered {status} ({code}) to e-mail {key}: it may have been sent")


def _person_must_act(what: str, code: str, key: str) -> TryLater:
    logger.error("%s: SES answered %s to e-mail %s; see docs/operations.md", what, code, key)
    return TryLater(f"SES will not send ({what}) e-mail {key}", after=PERSON_MUST_ACT)


def _code(error: ClientError) -> str:
    """A code as it is, unless it looks like something else: then it may hold what it should not."""
    code = error.response.get("Error", {}).get("Code", "")
    return code if _VENDOR_CODE.fullmatch(code) else "UNKNOWN"
