"""Who is asking: what API Gateway's authorizer has verified, and nothing else of the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from csc_console.rights import GROUPS
from csc_console.views import Group


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who is signed in. `email` is verified and in small letters."""

    email: str = field(repr=False)
    groups: frozenset[Group]


def person_of(event: Mapping[str, Any], *, client_id: str) -> Person | None:
    """The person behind a request by the claims of the authorizer; None when it has verified nobody.

    The token must be an ID token made for our own client. An address that is not verified is nobody's, for a PFA's
    customers are found by it.
    """
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = authorizer.get("claims")
    if not isinstance(claims, Mapping) or not claims.get("sub"):
        return None
    if claims.get("token_use") != "id" or claims.get("aud") != client_id:
        return None
    verified = str(claims.get("email_verified", "")).lower() == "true"
    email = str(claims.get("email") or "").strip().lower()
    if not (verified and email):
        return Person(email="", groups=frozenset())
    return Person(email=email, groups=groups_of(claims.get("cognito:groups")))


def groups_of(claim: object) -> frozenset[Group]:
    """The groups in a claim: a list, `csc,ops` as AWS hands it over, or `[csc ops]` as the emulator does.

    A group that is not ours gives no right.
    """
    names = [str(one) for one in claim] if isinstance(claim, list) else re.split(r"[\s,\[\]]+", str(claim or ""))
    return frozenset(cast("Group", name) for name in names if name in GROUPS)
