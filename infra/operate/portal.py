"""HubSpot asked by hand: a request and its plain answer, for checks that want to see what HubSpot says."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from infra.operate.connection import Connection
from infra.operate.output import Problem
from kundeflyt.adapters.hubspot.paths import VERSION

SECONDS = 20.0
TRIES = 4
"""The functions share HubSpot's limits with us: who is told to wait, waits."""
WAIT_SECONDS = 3.0

TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 an address
ACCOUNT = "/account-info/2026-03/details"

OUR_GROUP = "kundeflyt"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What HubSpot said: a status, and an object if it said one."""

    status: int
    body: Mapping[str, Any]

    @property
    def good(self) -> bool:
        """It was done."""
        return self.status < 300

    def __str__(self) -> str:
        # Never HubSpot's message, which may repeat what was sent.
        return f"HubSpot answered {self.status} {self.body.get('category', '')}".strip()


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a token is for: the account it opens, the app it belongs to, and what it may do."""

    portal_id: int
    app_id: int
    scopes: frozenset[str]


class Portal:
    """The HubSpot account that the stack's token opens."""

    def __init__(self, stack: Connection) -> None:
        self._base = (stack.parameters.get("HubSpotBaseUrl") or "https://api.hubapi.com").rstrip("/")
        self._token = stack.secrets.hubspot_access_token
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc must not take the token's place
        self._session.headers["Authorization"] = f"Bearer {self._token}"

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        """Any request; waits its turn when HubSpot says too fast. Raises Problem when HubSpot cannot be reached."""
        for _ in range(TRIES):
            try:
                said = self._session.request(
                    method, self._base + path, json=body, params=query, timeout=SECONDS, allow_redirects=False
                )
            except requests.RequestException as lost:
                raise Problem(f"HubSpot did not answer {method} {path} ({type(lost).__name__}).") from None
            if said.status_code != 429:
                break
            time.sleep(WAIT_SECONDS)
        try:
            content = said.json()
        except ValueError:
            content = None
        shaped = content if isinstance(content, dict) else {"results": content if isinstance(content, list) else []}
        return Answer(status=said.status_code, body=shaped)

    def token(self) -> Token | Answer:
        """What the stack's token is for; HubSpot's answer when it will not say."""
        # The header is needed in Europe, the body everywhere.
        said = self.ask("POST", TOKEN_INFO, {"tokenKey": self._token})
        try:
            return Token(
                portal_id=int(said.body["hubId"]),
                app_id=int(said.body["appId"]),
                scopes=frozenset(map(str, said.body["scopes"])),
            )
        except (KeyError, TypeError, ValueError):
            return said

    def account_type(self) -> str | None:
        """STANDARD, SANDBOX, DEVELOPER_TEST or APP_DEVELOPER; None when HubSpot will not say."""
        said = self.ask("GET", ACCOUNT)
        return str(said.body["accountType"]) if said.good and said.body.get("accountType") else None

    def properties(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """The properties that one kind of record has, by name. Raises Problem when they cannot be read."""
        said = self.ask("GET", f"/crm/properties/{VERSION}/{kind}")
        if not said.good:
            raise Problem(f"The properties of {kind} cannot be read: {said}.")
        return {str(one["name"]): one for one in said.body.get("results", ())}

    def create_property(self, kind: str, definition: Mapping[str, Any]) -> Answer:
        """Makes a property in our own group, and the group where it is missing."""
        group = f"/crm/properties/{VERSION}/{kind}/groups"
        if self.ask("GET", f"{group}/{OUR_GROUP}").status == 404:
            self.ask("POST", group, {"name": OUR_GROUP, "label": OUR_GROUP})
        return self.ask("POST", f"/crm/properties/{VERSION}/{kind}", {"groupName": OUR_GROUP, **definition})

    def owners(self, *, archived: bool) -> Iterator[Mapping[str, Any]]:
        """All owners, those who have left apart. Raises Problem when they cannot be read."""
        query = {"limit": "100", "archived": str(archived).lower()}
        while True:
            said = self.ask("GET", f"/crm/owners/{VERSION}", **query)
            if not said.good:
                raise Problem(f"The owners cannot be read: {said}.")
            yield from said.body.get("results", ())
            after = ((said.body.get("paging") or {}).get("next") or {}).get("after")
            if not after:
                return
            query["after"] = str(after)
