"""The one HTTP connection to Metodika: every answer is data, or one of our failures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar
from urllib.parse import quote

import requests
import urllib3
from requests.adapters import HTTPAdapter

from kundeflyt.adapters.metodika.failures import failure_of
from kundeflyt.ports.failures import Failure, NotOffered, TryLater, Unsure

Json = Mapping[str, Any]
RowT = TypeVar("RowT")
AnswerT = TypeVar("AnswerT")

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
AT_ONCE: Final = 8
"""How many questions are under way at once: Metodika has no batch of anything."""


class MetodikaClient:
    """Talks to Metodika over kept connections, with a time limit on every call.

    Without a `base_url` there is no Metodika, and nothing is offered. Tokens, addresses and what is asked about never
    reach a log or an exception's text.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = (connect_seconds, read_seconds)
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        # A proxy or a .netrc of the machine must not see, nor change, what we send.
        self._session.trust_env = False
        pool = HTTPAdapter(pool_connections=1, pool_maxsize=AT_ONCE, max_retries=0)
        self._session.mount("https://", pool)
        self._session.mount("http://", pool)
        # At debug level it would log addresses, and with them people's e-mail addresses.
        logging.getLogger("urllib3").setLevel(logging.WARNING)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json | Failure:
        """One question, asked once. The failure is given back, not raised, so that it drags no other error along."""
        if not self._base_url:
            return NotOffered("Metodika er ikke koblet til; det må gjøres for hånd")
        doing = f"{method} {path}"
        try:
            # A redirect is never followed: it would make a task once more, and show the token to somebody else.
            response = self._session.request(
                method,
                self._base_url + path,
                params=params,
                json=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            if _never_left(error):
                return TryLater(f"Metodika could not be reached for {doing} ({type(error).__name__})")
            return Unsure(f"Metodika's answer to {doing} was lost ({type(error).__name__})")
        answer = _json(response)
        if response.status_code not in {200, 201}:
            return failure_of(response.status_code, response.headers, answer or {}, doing)
        return Unsure(f"Metodika's answer to {doing} is not a JSON object") if answer is None else answer


def customer_path(card_id: str) -> str:
    """Where a customer card is."""
    return f"/customers/{quote(card_id, safe='')}"


def for_each(rows: Sequence[RowT], ask: Callable[[RowT], AnswerT]) -> list[AnswerT]:
    """Asks about each row, a few at a time, and answers in their order; no more is begun once one has raised."""
    if len(rows) < 2:
        return [ask(row) for row in rows]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(ask, rows))


def _json(response: requests.Response) -> Json | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _never_left(error: requests.RequestException) -> bool:
    """Only what failed before a connection stood is sure not to have been done."""
    packed = error.args[0] if error.args else None
    return isinstance(
        error,
        (
            requests.exceptions.ConnectTimeout,
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
        ),
    ) or isinstance(getattr(packed, "reason", None), urllib3.exceptions.NewConnectionError)
