"""One person who is to be forgotten, and what we know when we decide about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NAME: Final = "contact_erased"


@dataclass(frozen=True, kw_only=True)
class ErasedFacts:
    """All ids in HubSpot that the person has had, by merges that we have heard of."""

    contact_ids: frozenset[int]
