"""The one HTTP connection to HubSpot: every answer is data, or one of our three failures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import urllib3
from hubspot.crm.objects import ApiClient, Configuration
from hubspot.crm.objects.exceptions import ApiException

from kundeflyt.adapters.hubspot.failures import PERSON_MUST_ACT, UNKNOWN_RATE_LIMIT_WAIT, failure_of
from kundeflyt.adapters.hubspot.pace import CALLS, SEARCHES
from kundeflyt.ports.failures import Failure, Refused, TryLater, Unsure
from kundeflyt.ports.pace import Pace

Json = Mapping[str, Any]

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 10.0

SHORT_WAIT: Final = timedelta(seconds=1)
"""What is worth waiting for in place: the search limit frees itself within a second."""
SHORT_WAITS: Final = 3

_NOT_FOUND = "OBJECT_NOT_FOUND"


class HubSpotClient:
    """Talks to HubSpot over one kept connection, with a time limit on every call.

    `calls` counts the requests sent. Build one per process: the SDK opens a new connection for each client.
    `pace` gives leave for each call; without one HubSpot's own limits are the only ones.
    """

    def __init__(
        self,
        *,
        base_url: str,
        access_token: str,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        configuration = Configuration(host=base_url.rstrip("/"))
        # urllib3 would send a read three times more by itself, each with a time-out of its own.
        configuration.retries = False
        self._api = ApiClient(configuration)
        self._host = configuration.host
        self._headers = {
            "Authorization": f"Bearer {access_token}",
            "Accept": "application/json",
            "User-Agent": "kundeflyt",
        }
        self._timeout = (connect_seconds, read_seconds)
        self._pace = pace
        self._sleep = sleep
        self.calls = 0

    def announce_searches(self, count: int) -> None:
        """So many searches will be asked for side by side now."""
        if self._pace:
            self._pace.announce(SEARCHES, count)

    def get(self, path: str, query: Mapping[str, str]) -> Json:
        """Reads a list. Raises TryLater, whatever went wrong."""
        return self._patiently("GET", path, None, query)

    def read(self, path: str, body: Json) -> Json:
        """Reads by POST, as HubSpot's batch reads and searches do. Raises TryLater, whatever went wrong."""
        return self._patiently("POST", path, body, None)

    def try_read(self, path: str, body: Json) -> Json:
        """Reads what HubSpot may not be able to tell. Raises Refused if it isn't, or TryLater."""
        return self._patiently("POST", path, body, None, refusable=True)

    def look_up(self, path: str, body: Json) -> Json:
        """Reads by something the portal may not support. Raises Refused if it doesn't, or TryLater."""
        return _complete(self.update(path, body), path)

    def create(self, path: str, body: Json) -> Json:
        """Makes records, which must not be repeated blindly. Raises TryLater, Refused or Unsure."""
        return self._exchange("POST", path, body, None)

    def update(self, path: str, body: Json) -> Json:
        """Sets values, which may be repeated harmlessly. Raises TryLater or Refused."""
        try:
            return self._exchange("POST", path, body, None)
        except Unsure as lost:
            raise TryLater(str(lost)) from None

    def _patiently(
        self, method: str, path: str, body: Json | None, query: Mapping[str, str] | None, *, refusable: bool = False
    ) -> Json:
        for _ in range(SHORT_WAITS):
            try:
                return self._read_once(method, path, body, query, refusable=refusable)
            except TryLater as limited:
                if limited.after > SHORT_WAIT:
                    raise
                self._sleep(limited.after.total_seconds())
        return self._read_once(method, path, body, query, refusable=refusable)

    def _read_once(
        self, method: str, path: str, body: Json | None, query: Mapping[str, str] | None, *, refusable: bool
    ) -> Json:
        try:
            return _complete(self._exchange(method, path, body, query), path)
        except Unsure as lost:
            raise TryLater(str(lost)) from None
        except Refused as refused:
            if refusable:
                raise
            # A read that HubSpot won't take is our mistake or the portal's set-up, never the customer's.
            raise TryLater(f"HubSpot refused {method} {path}: {refused}", after=PERSON_MUST_ACT) from None

    def _exchange(self, method: str, path: str, body: Json | None, query: Mapping[str, str] | None) -> Json:
        doing = f"{method} {path}"
        limit = SEARCHES if path.endswith("/search") else CALLS
        if self._pace:
            self._pace.take(limit)
        self.calls += 1
        try:
            # Not call_api: it trips over its own TLS errors. And not preloaded: the SDK logs preloaded bodies.
            response = self._api.request(
                method,
                self._host + path,
                query_params=dict(query or {}),
                headers=dict(self._headers),
                body=body,
                _preload_content=False,
                _request_timeout=self._timeout,
            )
            raw = response.data
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise TryLater(f"HubSpot could not be reached for {doing} ({type(error).__name__})") from None
        except urllib3.exceptions.HTTPError as error:
            raise Unsure(f"HubSpot's answer to {doing} was lost ({type(error).__name__})") from None
        except ApiException as error:
            if not error.status:
                raise Unsure(f"the secure connection to HubSpot broke during {doing}") from None
            failure = failure_of(error.status, error.headers or {}, error.body, doing)
            if self._pace and error.status == 429 and _is_over_soon(failure):
                self._pace.exceeded(limit)
            raise failure from None
        return _readable(raw, doing)


def _is_over_soon(failure: Failure) -> bool:
    """The day's limit is over at midnight: no pace of ours helps against it."""
    return isinstance(failure, TryLater) and failure.after <= UNKNOWN_RATE_LIMIT_WAIT


def _complete(answer: Json, path: str) -> Json:
    """A record that does not exist may be missing from a list; one that could not be read may not."""
    errors = answer.get("errors") or ()
    if not isinstance(answer.get("results"), list) or any(error.get("category") != _NOT_FOUND for error in errors):
        raise TryLater(f"HubSpot did not answer for every row of {path}: try again")
    return answer


def _readable(raw: bytes, doing: str) -> Json:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unsure(f"HubSpot's answer to {doing} is not a JSON object")
    return answer
