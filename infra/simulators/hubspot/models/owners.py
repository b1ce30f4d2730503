"""The people and queues that records are assigned to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.simulators import clock
from infra.simulators.hubspot.errors import Refusal, invalid

Json = dict[str, Any]
_MAX_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Owner:
    """One owner. `type` is PERSON or QUEUE; a deactivated user is archived."""

    id: str
    email: str | None
    first_name: str
    last_name: str
    user_id: int
    created: datetime
    type: str = "PERSON"
    archived: bool = False

    def as_json(self) -> Json:
        """The owner as the Owners API shows it: an archived one has its user id only among the inactive."""
        shape: Json = {
            "id": self.id,
            "type": self.type,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "createdAt": clock.iso(self.created),
            "updatedAt": clock.iso(self.created),
            "archived": self.archived,
            "teams": [],
        }
        if self.type == "PERSON":
            shape |= {"email": self.email, "userIdIncludingInactive": self.user_id}
            shape["userId"] = None if self.archived else self.user_id
        return shape


def list_owners(owners: dict[str, Owner], query: Json) -> Json:
    """One page of the owners, archived ones only when asked for."""
    archived = query.get("archived") == "true"
    try:
        limit, after = int(query.get("limit", 100)), int(query.get("after", 0))
    except ValueError:
        raise invalid("limit and after must be integers.") from None
    if not 0 < limit <= _MAX_PAGE:
        raise invalid(f"limit must be between 1 and {_MAX_PAGE}.")
    found = [
        owner for owner in owners.values() if owner.archived is archived and query.get("email") in {None, owner.email}
    ]
    answer: Json = {"results": [owner.as_json() for owner in found[after : after + limit]]}
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return answer


def get_owner(owners: dict[str, Owner], id_: str, query: Json) -> Json:
    """One owner by owner id (or user id when asked so); an archived one only when asked for. 404 otherwise."""
    archived = query.get("archived") == "true"
    for owner in owners.values():
        key = str(owner.user_id) if query.get("idProperty") == "userId" else owner.id
        if key == id_ and owner.archived is archived:
            return owner.as_json()
    raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
