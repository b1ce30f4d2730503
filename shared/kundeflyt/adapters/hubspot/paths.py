"""HubSpot's dated addresses and limits. A new version is taken into use by changing the date here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

VERSION: Final = "2026-09"

OBJECT_BATCH: Final = 100
HISTORY_BATCH: Final = 50
ASSOCIATION_BATCH: Final = 1000
SEARCH_PAGE: Final = 200
SEARCH_BODY_CHARACTERS: Final = 3000
SEARCH_RESULTS: Final = 10_000
OWNER_PAGE: Final = 100

ENROLMENTS: Final = f"/automation/sequences/{VERSION}/enrollments"
OWNERS: Final = f"/crm/owners/{VERSION}"

ItemT = TypeVar("ItemT")


def objects(kind: str, operation: str) -> str:
    """The address of an operation on one kind of record, such as tasks and batch/create."""
    return f"/crm/objects/{VERSION}/{kind}/{operation}"


def associations(source: str, target: str) -> str:
    """The address for reading which records of one kind belong to records of another."""
    return f"/crm/associations/{VERSION}/{source}/{target}/batch/read"


def in_batches(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """As few batches as the limit allows."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
