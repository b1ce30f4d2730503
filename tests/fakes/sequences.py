"""Sequences and their traces in memory. The contract suite keeps it true to the real adapter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from kundeflyt.domain.review import Entry
from kundeflyt.domain.sequences import EndedPage, Enrolment
from tests.fakes.failing import FailurePlan


class FakeSequences(FailurePlan):
    """Implements SequenceReader. What a trace is has been decided by whoever puts it."""

    def __init__(self) -> None:
        super().__init__()
        self._enrolments: dict[int, Enrolment] = {}
        self._traces: dict[int, list[Entry]] = {}

    # What a test tells it.

    def put(self, enrolment: Enrolment) -> None:
        """What a contact was last enrolled in."""
        self._enrolments[enrolment.contact_id] = enrolment

    def put_trace(self, company_id: int, *entries: Entry) -> None:
        """Something stands about a company."""
        self._traces.setdefault(company_id, []).extend(entries)

    # SequenceReader

    def enrolments(self, contact_ids: Collection[int]) -> Mapping[int, Enrolment]:
        """What each contact was last enrolled in."""
        self.ask("enrolments")
        return {id_: self._enrolments[id_] for id_ in contact_ids if id_ in self._enrolments}

    def ended_since(self, since: datetime, *, most: int) -> EndedPage:
        """Whose sequence has ended since then, the first to end first."""
        self.ask("ended_since")
        dates = {
            id_: [at for at in (one.ended_at, one.finished_at, one.left_at) if at]
            for id_, one in self._enrolments.items()
        }
        ended = sorted((max(at), id_) for id_, at in dates.items() if at and max(at) >= since)
        if len(ended) < most:
            return EndedPage(ended={id_: at for at, id_ in ended}, until=None)
        until = ended[most - 1][0]
        page = {id_: at for at, id_ in ended if at <= until}
        return EndedPage(ended=page, until=until if until > since else since + timedelta(milliseconds=1))

    def traces(
        self, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, tuple[Entry, ...]]:
        """What stands about each company since its own time."""
        del connected, now
        self.ask("traces")
        found = {
            company: tuple(
                entry
                for entry in self._traces.get(company, ())
                if entry.what in {"task_open", "meeting_booked"} or entry.at >= at
            )
            for company, at in since.items()
        }
        return {company: entries for company, entries in found.items() if entries}
