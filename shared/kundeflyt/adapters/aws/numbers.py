"""A phone number that can be recognised again, and not read."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final

KEY_MARK: Final = b"kundeflyt number key"


class NumberIdentity:
    """Hashes of a number under every key in use, so that a new key forgets nobody.

    A plain hash of a phone number is guessed in minutes; without the key (HMAC-SHA256) it cannot be. `keys` stand
    newest first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or not all(keys):
            raise ValueError("a number needs at least one key, and none may be empty: see number_hmac_keys")
        self._keys = [key.encode() for key in keys]

    def hashes(self, e164: str) -> tuple[str, ...]:
        """`<mark of the key>-<hash>`, newest key first; the mark tells with which key a hash was made."""
        number = e164.encode()
        return tuple(f"{_hex(key, KEY_MARK)[:8]}-{_hex(key, number)}" for key in self._keys)


def _hex(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, "sha256").hexdigest()
