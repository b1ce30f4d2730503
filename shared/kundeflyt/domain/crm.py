"""The records of the CRM that the routines look at, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from kundeflyt.domain.ownership import OwnerChange

NOBODY: Final = 0
"""Stands for a contact that has been erased where it must still be known that there was one."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call somebody logged. `at` is when it was made (UTC); `disposition` is the portal's id of the outcome."""

    id: int
    at: datetime
    disposition: str | None = None
    inbound: bool = False
    owner_id: int | None = None
    activity_type: str | None = None
    title: str | None = field(default=None, repr=False)
    from_number: str | None = field(default=None, repr=False)
    to_number: str | None = field(default=None, repr=False)
    callee_contact_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person at a customer. `properties` holds what the rules name, as the CRM has it.

    `last_active` is when anybody was last in touch with them (UTC).
    """

    id: int
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    mobile: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    country: str | None = None
    language: str | None = None
    last_active: datetime | None = None
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Company:
    """A customer. `owner_id` is its adviser (PFA/KAM).

    `properties` holds what the rules name, as the CRM has it, `set_at` since when, where that was asked for, and
    `owner_history` who has owned it, in any order.
    """

    id: int
    name: str | None = field(default=None, repr=False)
    owner_id: int | None = None
    country: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    set_at: Mapping[str, datetime] = field(default_factory=dict)
    owner_history: tuple[OwnerChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An adviser, or a queue that stands for several people. `user_id` is who they are when they sign in."""

    id: int
    user_id: int | None = None
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    is_person: bool = True
    archived: bool = False

    @property
    def can_take_tasks(self) -> bool:
        """Work given to somebody who has left is work nobody does."""
        return not self.archived

    @property
    def name(self) -> str:
        """The name customers know the adviser by; empty for a queue."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) if self.is_person else ""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """The customer was spoken to, wrote or met us: there is no missed call to make up for any more."""

    at: datetime
    how: str


WorkKind = Literal["tasks", "meetings"]
EntryKind = Literal["notes", "meetings"]


@dataclass(frozen=True, kw_only=True)
class Work:
    """An open task or a meeting to come, at a customer.

    `at` is when it is due or begins, `booked_at` when it was made (UTC). `ours` tells what kundeflyt has made itself.
    """

    kind: WorkKind
    id: int
    owner_id: int | None
    at: datetime | None
    booked_at: datetime
    title: str = field(default="", repr=False)
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskNow:
    """A task as it stands now, whoever has changed it."""

    id: int
    completed: bool
    body: str = field(repr=False)
