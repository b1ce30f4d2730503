"""Sends text messages through ITX."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter

from kundeflyt.adapters.itx.answers import found, sent
from kundeflyt.ports.failures import Outcome, TryLater, Unsure
from kundeflyt.ports.writers import Finding, Sms

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
AT_ONCE: Final = 5
"""How many messages are under way at once: the lowest limit that Nordic gateways state."""

KEY_HEADER: Final = "X-Itx-Key"
MESSAGES: Final = "/sms/messages"

AnswerT = TypeVar("AnswerT")


class ItxSmsWriter:
    """The SmsWriter for ITX. Numbers, texts and addresses never reach a log or an exception's text."""

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        self._url = base_url.rstrip("/") + MESSAGES
        self._timeout = (connect_seconds, read_seconds)
        self._at_once = at_once
        self._session = requests.Session()
        self._session.headers[KEY_HEADER] = key
        # A proxy or a .netrc of the machine must not see what we send.
        self._session.trust_env = False
        pool = HTTPAdapter(pool_connections=1, pool_maxsize=at_once, max_retries=0)
        self._session.mount("https://", pool)
        self._session.mount("http://", pool)
        # At debug level it would log the address of every request.
        logging.getLogger("urllib3").setLevel(logging.WARNING)

    def send(self, messages: Sequence[Sms]) -> Sequence[Outcome]:
        """Hands each message to ITX once; accepted means queued, not delivered."""
        return self._for_each(messages, self._send_one)

    def find_sms(self, messages: Sequence[Sms]) -> Sequence[Finding]:
        """Asks by our references, a few at a time; Unsure where ITX has no look-up."""
        return self._for_each(messages, self._find_one)

    def _for_each(self, messages: Sequence[Sms], ask: Callable[[Sms], AnswerT]) -> list[AnswerT]:
        if len(messages) < 2:
            return [ask(message) for message in messages]
        with ThreadPoolExecutor(max_workers=self._at_once) as pool:
            return list(pool.map(ask, messages))

    def _send_one(self, message: Sms) -> Outcome:
        try:
            response = self._ask("POST", json=_body(message))
        except requests.RequestException as error:
            told = f"SMS {message.reference} ({type(error).__name__})"
            if _never_left(error):
                return TryLater(f"ITX could not be reached for {told}")
            return Unsure(f"ITX's answer was lost for {told}: it may have been sent")
        return sent(response, message.reference)

    def _find_one(self, message: Sms) -> Finding:
        try:
            response = self._ask("GET", params={"reference": message.reference})
        except requests.RequestException as error:
            return TryLater(f"ITX did not answer the look-up of SMS {message.reference} ({type(error).__name__})")
        return found(response, message.reference)

    def _ask(self, method: str, **request: Any) -> requests.Response:
        # A redirect is never followed: it would send the message once more.
        return self._session.request(method, self._url, timeout=self._timeout, allow_redirects=False, **request)


def _body(message: Sms) -> dict[str, str]:
    body = {
        "to": message.to,
        "text": message.text,
        "reference": message.reference,
        "validUntil": message.valid_until.isoformat(timespec="seconds"),
    }
    return body | ({"sender": message.sender} if message.sender else {})


def _never_left(error: requests.RequestException) -> bool:
    """Only what failed before a connection stood is sure not to have sent anything."""
    certain = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        ssl.SSLCertVerificationError,
    )
    return any(isinstance(cause, certain) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what libraries have packed into it: they keep the cause as an argument or a reason."""
    yield error
    packed = [*error.args, getattr(error, "reason", None)]
    for inner in packed:
        if isinstance(inner, BaseException):
            yield from _causes(inner)
