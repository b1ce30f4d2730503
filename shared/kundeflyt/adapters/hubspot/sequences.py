"""Contacts' sequences, read from the properties that HubSpot keeps about the latest one (BEHAVIOR.md, Sequences)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Final

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.evidence import SEQUENCE_OF_EMAIL, heard, traces
from kundeflyt.adapters.hubspot.reading import read_associations, read_rows, search_query, search_rows
from kundeflyt.adapters.hubspot.records import Row, epoch_milliseconds, moment
from kundeflyt.domain.review import Entry, RecordType
from kundeflyt.domain.sequences import EndedPage, Enrolment, Heard, TriedPage
from kundeflyt.ports.failures import Done, Failure, Outcome
from kundeflyt.ports.writers import Finding, NewEnrolment

SEQUENCE: Final = "hs_latest_sequence_enrolled"
ENROLLED: Final = "hs_latest_sequence_enrolled_date"
FINISHED: Final = "hs_latest_sequence_finished_date"
LEFT: Final = "hs_latest_sequence_unenrolled_date"
ENDED: Final = "hs_latest_sequence_ended_date"
RUNNING: Final = "hs_sequences_is_enrolled"
REPLIED: Final = "hs_sales_email_last_replied"
BOUNCED: Final = "hs_email_hard_bounce_reason_enum"
OPTED_OUT: Final = "hs_email_optout"


class HubSpotSequenceReader:
    """The SequenceReader for HubSpot. Every method raises TryLater when HubSpot does not answer."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def enrolments(self, contact_ids: Collection[int]) -> Mapping[int, Enrolment]:
        """What each contact was last enrolled in; a hundred cost one call."""
        names = [SEQUENCE, ENROLLED, FINISHED, LEFT, ENDED, RUNNING, REPLIED, BOUNCED, OPTED_OUT]
        rows = read_rows(self._client, "contacts", contact_ids, names)
        return {found.contact_id: found for found in map(_enrolment, rows) if found}

    def ended_since(self, since: datetime, *, most: int) -> EndedPage:
        """Whose sequence has ended since then, the first to end first, some `most` at a time.

        Any of the three dates may be the one that moved, so all are asked; each answers only as far as its first `most`
        records reach, and so far goes the page.
        """
        listed = [self._moved_since(name, since, most) for name in (ENDED, FINISHED, LEFT)]
        ends = [max(at for _, at in found) for found in listed if len(found) >= most]
        until = min(ends, default=None)
        ended: dict[int, datetime] = {}
        for id_, at in (row for found in listed for row in found if until is None or row[1] <= until):
            ended[id_] = max(at, ended.get(id_, at))
        if until is not None and until <= since:
            # All that ended in that moment have been read: go past it rather than round in a circle.
            until = since + timedelta(milliseconds=1)
        return EndedPage(ended=ended, until=until)

    def written_to(self, since: datetime, until: datetime, *, most: int) -> TriedPage:
        """Which companies were written to in that time, outside a sequence: one search, and one look at whom."""
        filters = [
            {"propertyName": "hs_timestamp", "operator": "GTE", "value": epoch_milliseconds(since)},
            {"propertyName": "hs_timestamp", "operator": "LT", "value": epoch_milliseconds(until)},
            {"propertyName": "hs_email_direction", "operator": "EQ", "value": "EMAIL"},
        ]
        query = search_query([{"filters": filters}], ["hs_timestamp", SEQUENCE_OF_EMAIL], sort="hs_timestamp")
        rows = _page(search_rows(self._client, "emails", query), "hs_timestamp", since, most)
        sent = {int(row["id"]): moment(row["properties"].get("hs_timestamp")) or since for row in rows}
        ours = [int(row["id"]) for row in rows if not row["properties"].get(SEQUENCE_OF_EMAIL)]
        tried: dict[int, datetime] = {}
        for id_, companies in read_associations(self._client, "emails", "companies", ours).items():
            for company in companies:
                tried[company] = max(sent[id_], tried.get(company, sent[id_]))
        more = len(rows) >= most
        # All that was sent in that moment has been read: go past it rather than round in a circle.
        reached = max([*sent.values(), since + timedelta(milliseconds=1)]) if more else until
        return TriedPage(tried=tried, seen_until=reached, more=more)

    def missed_meetings(self, meeting_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Of these meetings those with that outcome, and the companies they were with: two calls for a hundred."""
        rows = read_rows(self._client, "meetings", meeting_ids, ["hs_meeting_outcome"])
        missed = {int(row["id"]) for row in rows if row["properties"].get("hs_meeting_outcome") == "NO_SHOW"}
        return dict.fromkeys(missed, ()) | read_associations(self._client, "meetings", "companies", missed)

    def heard(
        self, record: RecordType, ids: Collection[int], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, Heard]:
        """By which of these a customer was heard from: a call for a hundred records, and one for whom they are about.

        Two more where some stand on no company.
        """
        return heard(self._client, record, ids, connected=connected, now=now)

    def traces(
        self, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, tuple[Entry, ...]]:
        """What stands about each company since its own time."""
        return traces(self._client, since, connected=connected, now=now)

    def _moved_since(self, name: str, since: datetime, most: int) -> list[tuple[int, datetime]]:
        filters = [{"propertyName": name, "operator": "GTE", "value": epoch_milliseconds(since)}]
        rows = search_rows(self._client, "contacts", search_query([{"filters": filters}], [name], sort=name))
        dated = ((int(row["id"]), moment(row["properties"].get(name))) for row in _page(rows, name, since, most))
        return [(id_, at) for id_, at in dated if at]


class HubSpotSequenceWriter:
    """The SequenceWriter for HubSpot, which has no batch and no idempotency key here, and lets nobody out again."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._reader = HubSpotSequenceReader(client)

    def enrol(self, enrolments: Sequence[NewEnrolment]) -> Sequence[Outcome]:
        """One call each, as the adviser whose user it is; what HubSpot refuses has its reason."""
        return [self._enrol(enrolment) for enrolment in enrolments]

    def find_enrolments(self, enrolments: Sequence[NewEnrolment]) -> Sequence[Finding]:
        """What the contacts' own properties say of the latest; a hundred cost one call."""
        try:
            latest = self._reader.enrolments({enrolment.contact_id for enrolment in enrolments})
        except Failure as failure:
            return [failure] * len(enrolments)
        return [
            Done(result=found.mark)
            if (found := latest.get(wanted.contact_id))
            and found.sequence_id == wanted.sequence_id
            and found.enrolled_at >= wanted.since
            else None
            for wanted in enrolments
        ]

    def _enrol(self, enrolment: NewEnrolment) -> Outcome:
        body = {
            "contactId": str(enrolment.contact_id),
            "sequenceId": str(enrolment.sequence_id),
            "senderEmail": enrolment.sender,
        }
        try:
            answer = self._client.create(f"{paths.ENROLMENTS}?userId={enrolment.user_id}", body)
        except Failure as failure:
            return failure
        return Done(result=str(answer.get("id", "")))


def _page(rows: Iterator[Row], name: str, since: datetime, most: int) -> list[Row]:
    """So many rows, in the order of that date; more where they are all of the page's first moment.

    Whatever is left of a moment that fills a page by itself would be passed by, and nobody would know.
    """

    def at_once(row: Row) -> bool:
        at = moment(row["properties"].get(name))
        return at is not None and at <= since

    page = list(islice(rows, most))
    if page and len(page) >= most and at_once(page[-1]):
        page += takewhile(at_once, rows)
    return page


def _enrolment(row: Row) -> Enrolment | None:
    values = {name: value.strip() for name, value in row["properties"].items() if value and value.strip()}
    sequence, enrolled_at = _whole(values.get(SEQUENCE)), moment(values.get(ENROLLED))
    if not sequence or not enrolled_at:
        return None
    return Enrolment(
        contact_id=int(row["id"]),
        sequence_id=sequence,
        enrolled_at=enrolled_at,
        running=values.get(RUNNING) == "true",
        finished_at=moment(values.get(FINISHED)),
        left_at=moment(values.get(LEFT)),
        ended_at=moment(values.get(ENDED)),
        replied_at=moment(values.get(REPLIED)),
        bounced=BOUNCED in values,
        opted_out=values.get(OPTED_OUT) == "true",
    )


def _whole(value: str | None) -> int | None:
    """An id that stands in a number property may be written with a fraction of nothing."""
    digits = (value or "").removesuffix(".0")
    return int(digits) if digits.isdecimal() else None
