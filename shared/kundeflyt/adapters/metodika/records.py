"""Metodika's records in our own words. What cannot be read raises KeyError, TypeError or ValueError."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast, get_args

from kundeflyt.domain.cards import (
    Card,
    CardUser,
    CollaborationPlan,
    Document,
    DocumentKind,
    Manager,
    Order,
    PlanItem,
    PlanState,
    Role,
)
from kundeflyt.domain.organisation_numbers import OrganisationNumber

logger = logging.getLogger(__name__)

Row = Mapping[str, Any]
CodeT = TypeVar("CodeT")

_ROLES: Final = frozenset(get_args(Role))
_KINDS: Final = frozenset(get_args(DocumentKind))
_PLAN_STATES: Final = frozenset(get_args(PlanState))


def card(raw: Row) -> Card:
    """A customer card."""
    version = _text(raw, "version")
    if not (version.isascii() and version.isprintable()):
        raise ValueError("version")  # it has to go back in a header
    url, updated = raw.get("url"), raw.get("keyInformationUpdated")
    return Card(
        id=_text(raw, "id"),
        organisation_number=OrganisationNumber("".join(filter(str.isdecimal, _text(raw, "orgNumber")))),
        name=_text(raw, "name"),
        version=version,
        # It becomes a link that people click.
        url=url if isinstance(url, str) and url.startswith(("https://", "http://")) else None,
        manager=_manager(raw["manager"]) if raw.get("manager") is not None else None,
        key_information_updated=None if updated is None else date.fromisoformat(updated),
    )


def _manager(raw: Row) -> Manager:
    return Manager(
        user_id=_text(raw, "userId"),
        role=cast("Role | None", _known(raw["role"], _ROLES, None, "role")),
        since=date.fromisoformat(raw["since"]),
    )


def user(raw: Row) -> CardUser:
    """A user; one of whom nothing else is said is still there."""
    return CardUser(id=_text(raw, "id"), active=raw.get("active") is not False)


def order(raw: Row) -> Order:
    """An order and who has it."""
    assignee = raw.get("assigneeUserId")
    return Order(
        id=_text(raw, "id"), title=_text(raw, "title"), assignee_id=assignee if isinstance(assignee, str) else None
    )


def document(raw: Row) -> Document:
    """A document; one without a year is about no year in particular. Raises ValueError for a time without an offset."""
    year, created = raw.get("year"), datetime.fromisoformat(raw["created"])
    if created.tzinfo is None:
        raise ValueError("created")
    return Document(
        id=_text(raw, "id"),
        kind=cast("DocumentKind", _known(raw["kind"], _KINDS, "OTHER", "kind of document")),
        year=year if isinstance(year, int) else None,
        created=created,
    )


def plan(raw: Row) -> CollaborationPlan:
    """A collaboration plan with all its measures."""
    return CollaborationPlan(
        year=int(raw["year"]),
        items=tuple(
            PlanItem(
                id=_text(item, "id"),
                title=_text(item, "title"),
                state=cast("PlanState", _known(item["state"], _PLAN_STATES, "UNKNOWN", "state of a measure")),
            )
            for item in raw["items"]
        ),
    )


def _text(raw: Row, name: str) -> str:
    value = raw[name]
    if not isinstance(value, str) or not value:
        raise ValueError(name)
    return value


def _known(code: object, known: frozenset[str], otherwise: CodeT, what: str) -> str | CodeT:
    """One of the codes that the contract has; a new one is counted and never guessed at."""
    if isinstance(code, str) and code in known:
        return code
    logger.warning("metodika_unknown_code: Metodika has a %s that we do not know", what)
    return otherwise
