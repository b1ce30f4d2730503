"""The stack's one secret, as the flows need it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from kundeflyt.adapters.aws.calls import waiting_may_help
from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

logger = logging.getLogger(__name__)

KEPT_SECONDS: Final = 300.0
PERSON_MUST_ACT: Final = timedelta(minutes=15)


class SecretError(TryLater):
    """The secret lacks something and waits for a person; names the key, never a value."""

    def __init__(self, reason: str) -> None:
        logger.error("secret_unusable: %s", reason)
        super().__init__(reason, after=PERSON_MUST_ACT)


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the flows show to the vendors, and the keys that hide phone numbers in the ledger, newest first.

    `portal_id` is the HubSpot account that the token opens.
    """

    portal_id: int
    hubspot_access_token: str = field(repr=False)
    itx_key: str = field(repr=False)
    number_hmac_keys: tuple[str, ...] = field(repr=False)
    metodika_token: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, text: str) -> Secrets:
        """Reads the secret's one JSON value; raises SecretError naming every key that is missing or empty."""
        try:
            raw = json.loads(text)
        except ValueError:
            raw = None
        if not isinstance(raw, dict):
            raise SecretError("the stack's secret is not a JSON object: put the one JSON value that README describes")
        keys = raw.get("number_hmac_keys")
        missing = [name for name in ("hubspot_access_token", "itx_key") if not _is_text(raw, name)]
        if not (isinstance(keys, list) and keys and all(isinstance(key, str) and key for key in keys)):
            missing.append("number_hmac_keys")
        portal_id = str(raw.get("hubspot_portal_id", "")).strip()
        if not (portal_id.isascii() and portal_id.isdigit()):
            missing.append("hubspot_portal_id")
        if missing:
            raise SecretError(f"the stack's secret lacks {', '.join(missing)}: add what is missing and put it again")
        return cls(
            portal_id=int(portal_id),
            # A pasted line break is no part of a key, and no header may hold one.
            hubspot_access_token=raw["hubspot_access_token"].strip(),
            itx_key=raw["itx_key"].strip(),
            number_hmac_keys=tuple(raw["number_hmac_keys"]),
            # Only some flows need it: without it Metodika refuses them, and the others go on.
            metodika_token=raw["metodika_token"].strip() if _is_text(raw, "metodika_token") else "",
        )


class SecretStore:
    """The secret, read at most once in five minutes; a rotated one is in use within that time.

    `clock` counts seconds.
    """

    def __init__(
        self, client: SecretsManagerClient, secret_id: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._secrets: Secrets | None = None
        self._read_at = 0.0

    def current(self) -> Secrets:
        """The secret; the one at hand while Secrets Manager is silent or the new one is unusable. Raises TryLater."""
        now = self._clock()
        if self._secrets is None or now - self._read_at >= KEPT_SECONDS:
            try:
                self._secrets = self._read()
            except TryLater:
                if self._secrets is None:
                    raise
            self._read_at = now
        return self._secrets

    def _read(self) -> Secrets:
        with waiting_may_help("Secrets Manager"):
            answer = self._client.get_secret_value(SecretId=self._secret_id)
        return Secrets.from_json(answer.get("SecretString", ""))


def _is_text(raw: Mapping[str, Any], name: str) -> bool:
    return isinstance(raw.get(name), str) and bool(raw[name].strip())
