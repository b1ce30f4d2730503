"""HubSpot's batch reads: many records or associations in as few calls as the vendor allows."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.records import Row

Filter = dict[str, Any]


def read_rows(
    client: HubSpotClient,
    kind: str,
    ids: Collection[int],
    properties: Collection[str],
    *,
    histories: Collection[str] = (),
) -> Iterator[Row]:
    """The records that exist, with these properties; a hundred cost one call, with `histories` fifty."""
    size = paths.HISTORY_BATCH if histories else paths.OBJECT_BATCH
    for batch in paths.in_batches(sorted(set(ids)), size):
        body = {
            "inputs": [{"id": str(id_)} for id_ in batch],
            "properties": sorted(set(properties)),
            "propertiesWithHistory": sorted(set(histories)),
        }
        yield from client.read(paths.objects(kind, "batch/read"), body)["results"]


def search_rows(
    client: HubSpotClient, kind: str, query: Mapping[str, Any], *, may_be_refused: bool = False
) -> Iterator[Row]:
    """All records that a search finds, page by page, up to the most HubSpot answers for one.

    With `may_be_refused` a search that HubSpot does not know raises Refused; any other is taken for a passing fault.
    """
    ask = client.try_read if may_be_refused else client.read
    body = query
    while True:
        page = ask(paths.objects(kind, "search"), body)
        yield from page["results"]
        after = ((page.get("paging") or {}).get("next") or {}).get("after")
        if after is None or int(after) >= paths.SEARCH_RESULTS:
            return
        body = {**query, "after": str(after)}


def read_associations(
    client: HubSpotClient, source: str, target: str, ids: Collection[int], *, primary_type: int | None = None
) -> dict[int, tuple[int, ...]]:
    """Which targets belong to each source, in HubSpot's order but a primary one first; a thousand cost one call."""
    primacy = read_primacy(client, source, target, ids, primary_type=primary_type)
    return {id_: tuple(targets) for id_, targets in primacy.items()}


def read_primacy(
    client: HubSpotClient, source: str, target: str, ids: Collection[int], *, primary_type: int | None
) -> dict[int, dict[int, bool]]:
    """The same, with whether each target is a primary one."""
    found: dict[int, dict[int, bool]] = {}
    wanted: list[dict[str, str]] = [{"id": str(id_)} for id_ in sorted(set(ids))]
    while wanted:
        batch, wanted = wanted[: paths.ASSOCIATION_BATCH], wanted[paths.ASSOCIATION_BATCH :]
        for row in client.read(paths.associations(source, target), {"inputs": batch})["results"]:
            source_id = row["from"]["id"]
            targets = found.setdefault(int(source_id), {})
            for to in row["to"]:
                targets[int(to["toObjectId"])] = _is_primary(to, primary_type)
            if after := ((row.get("paging") or {}).get("next") or {}).get("after"):
                wanted.append({"id": source_id, "after": after})
    return {id_: dict(sorted(targets.items(), key=lambda one: not one[1])) for id_, targets in found.items() if targets}


def fitting(ids: Sequence[int], query: Callable[[Sequence[int]], Mapping[str, Any]]) -> Iterator[Sequence[int]]:
    """As many ids in each search as HubSpot's limit on the length of a search allows."""
    room = paths.SEARCH_BODY_CHARACTERS - len(json.dumps(query([]))) - len("10000")
    taken: list[int] = []
    used = 0
    for id_ in ids:
        size = len(json.dumps(str(id_))) + len(", ")
        if taken and used + size >= room:
            yield taken
            taken, used = [], 0
        taken.append(id_)
        used += size
    if taken:
        yield taken


def search_of_companies(
    client: HubSpotClient, kind: str, ids: Collection[int], filters: Sequence[Filter], properties: Sequence[str]
) -> Iterator[Row]:
    """All records of a kind at these companies, however many: what HubSpot cannot list at once is asked in parts."""

    def query(companies: Sequence[int]) -> dict[str, Any]:
        mine = {"propertyName": "associations.company", "operator": "IN", "values": [str(id_) for id_ in companies]}
        return search_query([{"filters": [mine, *filters]}], properties)

    waiting = list(fitting(sorted(set(ids)), query))
    while waiting:
        companies = waiting.pop()
        rows = list(search_rows(client, kind, query(companies)))
        if len(rows) >= paths.SEARCH_RESULTS and len(companies) > 1:
            # HubSpot lists no more than that, and what it leaves out would belong to nobody.
            waiting += [companies[::2], companies[1::2]]
        else:
            yield from rows


def search_query(
    groups: Sequence[Mapping[str, Any]], properties: Sequence[str], *, sort: str | None = None
) -> dict[str, Any]:
    """A search as HubSpot takes it, of as large pages as it gives; `sort` names what to begin with the least of."""
    return {
        "filterGroups": list(groups),
        "properties": list(properties),
        "sorts": [sort] if sort else [],
        "limit": paths.SEARCH_PAGE,
        "after": "0",
    }


def _is_primary(to: dict[str, Any], primary_type: int | None) -> bool:
    return any(
        kind["category"] == "HUBSPOT_DEFINED" and kind["typeId"] == primary_type for kind in to["associationTypes"]
    )
