"""Who the advisers are: a list that seldom changes, so it is kept for a while."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.records import owner
from kundeflyt.domain.crm import Owner

KEPT_FOR: Final = timedelta(minutes=10)


class OwnerDirectory:
    """The portal's owners, read at most once in ten minutes unless an id we don't know turns up."""

    def __init__(self, client: HubSpotClient, *, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._read_at: datetime | None = None
        self._known: dict[int, Owner] = {}
        self._nobody: set[int] = set()
        self._no_owners: set[int] = set()
        self._knows_those_who_left = False

    def of(self, ids: Collection[int]) -> Mapping[int, Owner]:
        """The owners with these ids, those who have left included; an id nobody has is left out.

        Raises TryLater.
        """
        if not ids:
            return {}
        self._look_for(lambda: self._strangers(ids))
        self._nobody |= self._strangers(ids)
        return {id_: self._known[id_] for id_ in ids if id_ in self._known}

    def at_work(self) -> Collection[Owner]:
        """Every adviser who has not left. Raises TryLater."""
        self._look_for(lambda: ())
        return [owner for owner in self._known.values() if not owner.archived and owner.is_person]

    def of_users(self, user_ids: Collection[int]) -> Mapping[int, Owner]:
        """The owners who sign in as these users; a user who is no owner is left out. Raises TryLater."""
        if not user_ids:
            return {}
        self._look_for(lambda: self._strange_users(user_ids))
        self._no_owners |= self._strange_users(user_ids)
        return {known.user_id: known for known in self._known.values() if known.user_id in set(user_ids)}

    def _look_for(self, strangers: Callable[[], Collection[int]]) -> None:
        now = self._clock()
        stale = self._read_at is None or now - self._read_at >= KEPT_FOR
        if stale:
            self._known.clear()
            self._nobody.clear()
            self._no_owners.clear()
            self._knows_those_who_left = False
        if stale or strangers():
            self._read(archived=False)
            self._read_at = now
        if strangers() and not self._knows_those_who_left:
            self._read(archived=True)
            self._knows_those_who_left = True

    def _strangers(self, ids: Collection[int]) -> set[int]:
        return set(ids) - self._known.keys() - self._nobody

    def _strange_users(self, user_ids: Collection[int]) -> set[int]:
        return set(user_ids) - {known.user_id for known in self._known.values()} - self._no_owners

    def _read(self, *, archived: bool) -> None:
        query = {"limit": str(paths.OWNER_PAGE), "archived": str(archived).lower()}
        while True:
            page = self._client.get(paths.OWNERS, query)
            self._known |= {read.id: read for read in map(owner, page["results"])}
            after = ((page.get("paging") or {}).get("next") or {}).get("after")
            if after is None:
                return
            query["after"] = after
