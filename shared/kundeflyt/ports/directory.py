"""Who people and customers are, read for a screen at this moment and kept nowhere.

All methods raise TryLater when the CRM does not answer; a record that does not exist is left out of the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from kundeflyt.domain.crm import Owner


@dataclass(frozen=True, kw_only=True)
class PersonNow:
    """A contact as people know them."""

    id: int
    name: str = field(repr=False)
    title: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class CompanyNow:
    """A customer as people know it; `owner_id` is its adviser."""

    id: int
    name: str
    organisation_number: str | None = None
    owner_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class WaitingTask:
    """A task of ours that nobody has finished."""

    id: int
    subject: str = field(repr=False)
    due: datetime | None


class Directory(Protocol):
    """What a screen shows of the CRM."""

    def people(self, ids: Collection[int]) -> Mapping[int, PersonNow]:
        """These contacts."""
        ...

    def companies(self, ids: Collection[int], *, number_property: str) -> Mapping[int, CompanyNow]:
        """These customers; `number_property` holds the organisation number."""
        ...

    def owners(self, ids: Collection[int]) -> Mapping[int, Owner]:
        """These advisers, those who have left included."""
        ...

    def owner_with_email(self, email: str) -> Owner | None:
        """The adviser at work who has this address, whatever its letters' size; None when there is none, or several."""
        ...

    def waiting_tasks(self, owner_id: int, *, most: int) -> Sequence[WaitingTask]:
        """Our tasks that wait for an adviser, the first due first."""
        ...
