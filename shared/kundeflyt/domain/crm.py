"""The records of the CRM that the routines look at, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
    """A person at a customer. `properties` holds what the rules name, as the CRM has it."""

    id: int
    first_name: str | None = field(default=None, repr=False)
    mobile: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    country: str | None = None
    language: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Company:
    """A customer. `owner_id` is its adviser (PFA/KAM)."""

    id: int
    owner_id: int | None = None
    country: str | None = None


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An adviser, or a queue that stands for several people."""

    id: int
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
