"""Sequences and their traces in memory. The contract suite keeps it true to the real adapter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from kundeflyt.domain.review import Entry, RecordType
from kundeflyt.domain.sequences import EndedPage, Enrolment, Heard, TriedPage
from kundeflyt.ports.failures import Done, Outcome, Refused
from kundeflyt.ports.writers import Finding, NewEnrolment
from tests.fakes.failing import FailurePlan


class FakeSequences(FailurePlan):
    """Implements SequenceReader and SequenceWriter. What a trace is has been decided by whoever puts it.

    `enrolled_at` is the time on the CRM's clock when somebody is enrolled by us.
    """

    def __init__(self) -> None:
        super().__init__()
        self._enrolments: dict[int, Enrolment] = {}
        self._traces: dict[int, list[Entry]] = {}
        self._missed: dict[int, tuple[int, ...]] = {}
        self.enrolled: list[NewEnrolment] = []
        self.enrolled_at: datetime | None = None

    # What a test tells it.

    def put(self, enrolment: Enrolment) -> None:
        """What a contact was last enrolled in."""
        self._enrolments[enrolment.contact_id] = enrolment

    def put_trace(self, company_id: int, *entries: Entry) -> None:
        """Something stands about a company."""
        self._traces.setdefault(company_id, []).extend(entries)

    def put_missed_meeting(self, meeting_id: int, *companies: int) -> None:
        """A meeting to which the customer did not come."""
        self._missed[meeting_id] = companies

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

    def written_to(self, since: datetime, until: datetime, *, most: int) -> TriedPage:
        """Which companies were written to in that time, outside a sequence."""
        self.ask("written_to")
        sent = sorted(
            (entry.at, company)
            for company, entries in self._traces.items()
            for entry in entries
            if entry.what in {"email_out", "sequence_email"} and since <= entry.at < until
        )
        of_the_first_moment = sum(at <= since for at, _ in sent)
        sent = sent[: max(most, of_the_first_moment)]
        outside = {
            (entry.at, company)
            for company, entries in self._traces.items()
            for entry in entries
            if entry.what == "email_out"
        }
        more = len(sent) >= most
        reached = max([*(at for at, _ in sent), since + timedelta(milliseconds=1)]) if more else until
        return TriedPage(
            tried={company: at for at, company in sent if (at, company) in outside}, seen_until=reached, more=more
        )

    def missed_meetings(self, meeting_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Of these meetings those to which the customer did not come."""
        self.ask("missed_meetings")
        return {id_: self._missed[id_] for id_ in meeting_ids if id_ in self._missed}

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

    def heard(
        self, record: RecordType, ids: Collection[int], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, Heard]:
        """By which of these records a customer was heard from."""
        del connected, now
        self.ask("heard")
        found: dict[int, Heard] = {}
        for company, entries in self._traces.items():
            for entry in entries:
                if entry.record == record and int(entry.id) in ids and entry.response:
                    known = found.get(int(entry.id), Heard(entry=entry))
                    found[int(entry.id)] = Heard(entry=entry, companies=(*known.companies, company))
        return found

    # SequenceWriter

    def enrol(self, enrolments: Sequence[NewEnrolment]) -> Sequence[Outcome]:
        """Gets contacts into sequences."""
        self.asked["enrol"] += 1
        return [self.row("enrol", partial(self._enrol, enrolment)) for enrolment in enrolments]

    def find_enrolments(self, enrolments: Sequence[NewEnrolment]) -> Sequence[Finding]:
        """Whether they are in these sequences since then."""
        self.asked["find_enrolments"] += 1
        return [self.row("find_enrolments", partial(self._find, enrolment)) for enrolment in enrolments]

    def _enrol(self, new: NewEnrolment) -> Outcome:
        latest = self._enrolments.get(new.contact_id)
        if latest and latest.running:
            return Refused("kontakten er alt i en sequence")
        self.enrolled.append(new)
        self._enrolments[new.contact_id] = Enrolment(
            contact_id=new.contact_id,
            sequence_id=new.sequence_id,
            enrolled_at=self.enrolled_at or new.since,
            running=True,
        )
        return Done(result=str(len(self.enrolled)))

    def _find(self, wanted: NewEnrolment) -> Finding:
        latest = self._enrolments.get(wanted.contact_id)
        same = latest and latest.sequence_id == wanted.sequence_id and latest.enrolled_at >= wanted.since
        return Done(result=latest.mark) if latest and same else None
