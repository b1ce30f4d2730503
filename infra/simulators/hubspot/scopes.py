"""What a token may do: each kind of record has a scope for reading and one for writing."""

import re
from collections.abc import Collection

from infra.simulators.hubspot.errors import Refusal
from infra.simulators.hubspot.models.catalog import object_type

_OBJECTS = re.compile(r"/crm/objects/[^/]+/(?P<kind>[^/]+)(?P<rest>/.*)?")
_ASKING = ("/batch/read", "/search")
"""What is posted to these is a question."""


def lacking(method: str, path: str, scopes: Collection[str]) -> Refusal | None:
    """The 403 for who lacks the scope that a request needs; None where it is there, or we know of none."""
    needed = _needed(method, path)
    if needed is None or needed in scopes:
        return None
    return Refusal(403, "MISSING_SCOPES", f"This app hasn't been granted all required scopes: {needed}.")


def _needed(method: str, path: str) -> str | None:
    if path.startswith("/crm/owners/"):
        return "crm.objects.owners.read"
    if method == "POST" and path.startswith("/automation/sequences/"):
        return "automation.sequences.enrollments.write"
    asked = _OBJECTS.fullmatch(path)
    kind = object_type(asked["kind"]) if asked else None
    if asked is None or kind is None:
        return None
    does = "read" if method == "GET" or (asked["rest"] or "").endswith(_ASKING) else "write"
    # Activities go by the contacts' scopes.
    return f"crm.objects.{'companies' if kind.plural == 'companies' else 'contacts'}.{does}"
