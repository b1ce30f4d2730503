"""Whether a customer was reached since: asked by searching for the few traces, not by reading the whole history."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.reading import fitting, read_associations, search_rows
from kundeflyt.adapters.hubspot.records import Row, epoch_milliseconds, logged_at, moment
from kundeflyt.domain.crm import Reached

Filter = dict[str, Any]

MEETING_OUTCOMES_WITHOUT_MEETING: Final = frozenset(
    {
        "NO_SHOW",  # nobody came
        "CANCELED",  # HubSpot's pages and portals spell it in both ways
        "CANCELLED",
        "RESCHEDULED",  # the new time is a meeting of its own
    }
)


@dataclass(frozen=True, kw_only=True)
class _Trace:
    """One kind of record that shows that the customer was reached, and what it is called in a reason."""

    kind: str
    how: str
    time_property: str
    filters: tuple[Filter, ...] = ()
    outcome_property: str | None = None


def _traces(connected: Collection[str]) -> Iterator[_Trace]:
    if connected:
        yield _Trace(
            kind="calls",
            how="samtale",
            time_property="hs_timestamp",
            filters=({"propertyName": "hs_call_disposition", "operator": "IN", "values": sorted(connected)},),
        )
    yield _Trace(
        kind="emails",
        how="e-post",
        time_property="hs_timestamp",
        filters=({"propertyName": "hs_email_direction", "operator": "EQ", "value": "INCOMING_EMAIL"},),
    )
    yield _Trace(
        kind="meetings",
        how="møte",
        time_property="hs_meeting_start_time",
        outcome_property="hs_meeting_outcome",
    )


def reached_since(
    client: HubSpotClient, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
) -> dict[int, Reached]:
    """When each contact reached after its own time in `since` was last reached. Raises TryLater.

    One search for each kind of trace covers a hundred contacts, the three side by side; only what they find is looked
    into further.
    A meeting counts when it began between then and now, or was booked since then.
    """
    if not since:
        return {}
    traces = list(_traces(connected))
    client.announce_searches(len(traces))
    with ThreadPoolExecutor(max_workers=len(traces)) as pool:
        searched = list(pool.map(lambda trace: list(_search(client, trace, since)), traces))
    found: dict[int, list[Reached]] = {}
    for trace, listed in zip(traces, searched, strict=True):
        rows = {int(row["id"]): row for row in listed}
        if not rows:
            continue
        people = read_associations(client, trace.kind, "contacts", rows.keys())
        for row_id, contacts in people.items():
            for contact_id in contacts:
                after = since.get(contact_id)
                at = after and _reached_at(trace, rows[row_id], after=after, now=now)
                if at:
                    found.setdefault(contact_id, []).append(Reached(at=at, how=trace.how))
    return {id_: max(times, key=lambda reached: reached.at) for id_, times in found.items()}


def _reached_at(trace: _Trace, row: Row, *, after: datetime, now: datetime) -> datetime | None:
    values = row["properties"]
    at = moment(values.get(trace.time_property))
    if at is None or at <= after:
        return None
    if trace.outcome_property is None:
        return at
    if values.get(trace.outcome_property) in MEETING_OUTCOMES_WITHOUT_MEETING:
        return None
    if at <= now:
        return at
    booked = logged_at(row)
    return booked if booked > after else None


def _search(client: HubSpotClient, trace: _Trace, since: Mapping[int, datetime]) -> Iterator[Row]:
    earliest = epoch_milliseconds(min(since.values()))
    for contacts in fitting(sorted(since), lambda ids: _query(trace, earliest, ids)):
        # So many traces of 100 customers that HubSpot would not answer them all is no real case.
        yield from search_rows(client, trace.kind, _query(trace, earliest, contacts))


def _query(trace: _Trace, earliest: str, contacts: Sequence[int]) -> dict[str, Any]:
    filters = [
        {"propertyName": trace.time_property, "operator": "GTE", "value": earliest},
        {"propertyName": "associations.contact", "operator": "IN", "values": [str(id_) for id_ in contacts]},
        *trace.filters,
    ]
    properties = [trace.time_property, *([trace.outcome_property] if trace.outcome_property else [])]
    return {
        "filterGroups": [{"filters": filters}],
        "properties": properties,
        "sorts": [],
        "limit": paths.SEARCH_PAGE,
        "after": "0",
    }
