"""What every CRM tells of sequences and of what was tried and heard meanwhile: the one in memory and HubSpot alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
import requests

from kundeflyt.adapters.hubspot import evidence
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.sequences import HubSpotSequenceReader, HubSpotSequenceWriter
from kundeflyt.domain.review import Entry, EntryWhat
from kundeflyt.domain.sequences import EndedPage, Enrolment, Heard
from kundeflyt.ports.failures import Done, Refused, TryLater, Unsure
from kundeflyt.ports.readers import SequenceReader
from kundeflyt.ports.writers import NewEnrolment, SequenceWriter
from tests.fakes.sequences import FakeSequences

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ENROLLED = NOW - timedelta(days=150)
COMPANY, OTHER, ANNE, BJORN, MISSING = 201, 202, 101, 102, 874_716_779_999
SEQUENCE, CONNECTED = 301, "f240bbac-87c9-4f6e-bf70-924b57d47db7"

RECORDS: dict[EntryWhat, tuple[str, dict[str, str]]] = {
    "sequence_email": ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SENT", "hs_sequence_id": "301"}),
    "email_out": ("emails", {"hs_email_direction": "EMAIL"}),
    "email_in": ("emails", {"hs_email_direction": "INCOMING_EMAIL"}),
    "call_out": ("calls", {"hs_call_direction": "OUTBOUND"}),
    "call_in": ("calls", {"hs_call_direction": "INBOUND"}),
    "call_connected": ("calls", {"hs_call_direction": "OUTBOUND", "hs_call_disposition": CONNECTED}),
    "meeting_held": ("meetings", {"hs_meeting_outcome": "COMPLETED"}),
    "meeting_no_show": ("meetings", {"hs_meeting_outcome": "NO_SHOW"}),
    "sms_out": ("communications", {"hs_communication_channel_type": "SMS", "kundeflyt_key": "no_answer/1/2/log-sms"}),
    "sms_in": ("communications", {"hs_communication_channel_type": "SMS", "kundeflyt_key": "sms_inbound/1/2/log"}),
    "sequence_call": (
        "tasks",
        {"hs_task_type": "CALL", "hs_task_status": "COMPLETED", "hs_task_sequence_step_enrollment_id": "7"},
    ),
    "task_open": ("tasks", {"hs_task_type": "TODO", "hs_task_status": "NOT_STARTED"}),
}


def trace(what: EntryWhat, id_: int, days_ago: int = 10) -> Entry:
    return Entry(what=what, record=RECORDS[what][0], id=str(id_), at=NOW - timedelta(days=days_ago))


class Crm(Protocol):
    """What the suite does to a CRM, apart from the port under test."""

    sequences: SequenceReader
    writer: SequenceWriter

    def new(self, contact_id: int) -> NewEnrolment: ...
    def put_missed_meeting(self, meeting_id: int, company_id: int) -> None: ...
    def put(self, enrolment: Enrolment) -> None: ...
    def put_trace(self, company_id: int, *entries: Entry) -> None: ...
    def go_down(self) -> None: ...


class InMemory:
    """The fake."""

    def __init__(self) -> None:
        self._fake = FakeSequences()
        self.sequences: SequenceReader = self._fake
        self.writer: SequenceWriter = self._fake
        self.put_missed_meeting = self._fake.put_missed_meeting
        self.put, self.put_trace = self._fake.put, self._fake.put_trace

    def new(self, contact_id: int) -> NewEnrolment:
        return new_enrolment(contact_id, user_id=9001, sender="kari@avonova.example")

    def go_down(self) -> None:
        for method in (
            "enrolments",
            "ended_since",
            "traces",
            "written_to",
            "missed_meetings",
            "heard",
            "find_enrolments",
        ):
            self._fake.fail_next(method, TryLater("down"))


class AtHubSpot:
    """HubSpot's simulator over HTTP; the port is the real adapter."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._session = url, requests.Session()
        self.post("reset", {})
        self.post("settings", {"search_limit": 1000, "burst_limit": 10_000})
        self.post("seed", {"companies": [{"id": str(id_), "properties": {}} for id_ in (COMPANY, OTHER)]})
        here = {"companies": [str(COMPANY)]}
        people = [
            {"id": str(id_), "properties": {"email": f"{id_}@fjellbygg.example"}, "associations": here}
            for id_ in (ANNE, BJORN)
        ]
        self.post("seed", {"contacts": people})
        self.client = HubSpotClient(base_url=url, access_token=token)
        self.sequences: SequenceReader = HubSpotSequenceReader(self.client)
        self.writer: SequenceWriter = HubSpotSequenceWriter(self.client)
        kari = {"id": "31", "userId": 9001, "email": "kari@avonova.example", "firstName": "Kari"}
        self.post("seed", {"owners": [kari], "sequences": [{"id": str(SEQUENCE), "userId": 9001, "steps": ["EMAIL"]}]})

    def put(self, enrolment: Enrolment) -> None:
        values = {
            "hs_latest_sequence_enrolled": str(enrolment.sequence_id),
            "hs_latest_sequence_enrolled_date": _written(enrolment.enrolled_at),
            "hs_latest_sequence_finished_date": _written(enrolment.finished_at),
            "hs_latest_sequence_unenrolled_date": _written(enrolment.left_at),
            "hs_latest_sequence_ended_date": _written(enrolment.ended_at),
            "hs_sales_email_last_replied": _written(enrolment.replied_at),
            "hs_sequences_is_enrolled": "true" if enrolment.running else "false",
            "hs_email_optout": "true" if enrolment.opted_out else "false",
            "hs_email_hard_bounce_reason_enum": "UNKNOWN_USER" if enrolment.bounced else "",
        }
        url = f"{self._url}/_sim/ui/contacts/{enrolment.contact_id}"
        self._session.patch(url, json={"properties": values}, timeout=60).raise_for_status()

    def put_trace(self, company_id: int, *entries: Entry) -> None:
        for entry in entries:
            kind, values = RECORDS[entry.what]
            at = {"hs_timestamp": _written(entry.at)}
            if kind == "meetings":
                at["hs_meeting_start_time"] = _written(entry.at)
            if "kundeflyt_key" in values:
                at["kundeflyt_key"] = values["kundeflyt_key"] + entry.id
            self.put_record(kind, entry.id, values | at, company_id)

    def new(self, contact_id: int) -> NewEnrolment:
        return new_enrolment(contact_id, user_id=9001, sender="kari@avonova.example")

    def put_missed_meeting(self, meeting_id: int, company_id: int) -> None:
        self.put_record("meetings", str(meeting_id), {"hs_meeting_outcome": "NO_SHOW"}, company_id)

    def put_record(self, kind: str, id_: str, values: dict[str, str], company_id: int, created: str = "-1d") -> None:
        record = {"id": id_, "properties": values, "createdAt": created}
        self.post("seed", {kind: [record | {"associations": {"companies": [str(company_id)]}}]})

    def go_down(self) -> None:
        self.post("fail-next", {"match": "/crm/", "status": 503, "times": 100})

    def post(self, what: str, body: dict[str, Any]) -> None:
        response = self._session.post(f"{self._url}/_sim/{what}", json=body, timeout=60)
        assert response.ok, response.text


def new_enrolment(contact_id: int, *, user_id: int, sender: str) -> NewEnrolment:
    since = datetime.now(UTC) - timedelta(minutes=5)  # noqa: TID251 - the simulator enrols by the real clock
    return NewEnrolment(contact_id=contact_id, sequence_id=SEQUENCE, user_id=user_id, sender=sender, since=since)


def _written(at: datetime | None) -> str:
    return at.isoformat() if at else ""


@pytest.fixture(params=["in memory", "HubSpot"])
def crm(request: pytest.FixtureRequest) -> Crm:
    return request.getfixturevalue("portal") if request.param == "HubSpot" else InMemory()


@pytest.fixture
def portal(request: pytest.FixtureRequest) -> AtHubSpot:
    simulator = request.getfixturevalue("hubspot_simulator")
    return AtHubSpot(simulator.url, simulator.settings.access_token)


def enrolment(**changes: Any) -> Enrolment:
    known: dict[str, Any] = {"contact_id": ANNE, "sequence_id": SEQUENCE, "enrolled_at": ENROLLED, "running": False}
    return Enrolment(**known | changes)


def seen(crm: Crm, *companies: int) -> dict[int, set[tuple[str, str]]]:
    since = dict.fromkeys(companies or (COMPANY,), ENROLLED)
    found = crm.sequences.traces(since, connected=[CONNECTED], now=NOW)
    return {company: {(entry.what, entry.id) for entry in entries} for company, entries in found.items()}


class TestASequence:
    @pytest.mark.parametrize(
        "changes",
        [
            {"running": True},
            {"finished_at": NOW, "ended_at": NOW},
            {"left_at": NOW, "replied_at": NOW - timedelta(days=1)},
            {"left_at": NOW, "bounced": True},
            {"left_at": NOW, "opted_out": True},
        ],
    )
    def test_is_what_the_contact_was_last_in(self, crm: Crm, changes: dict[str, Any]) -> None:
        crm.put(enrolment(**changes))
        assert crm.sequences.enrolments([ANNE, BJORN, MISSING]) == {ANNE: enrolment(**changes)}


class TestEndings:
    def test_are_those_since_a_moment(self, crm: Crm) -> None:
        crm.put(enrolment(finished_at=NOW, ended_at=NOW))
        crm.put(enrolment(contact_id=BJORN, left_at=NOW - timedelta(days=3)))
        assert crm.sequences.ended_since(NOW - timedelta(days=1), most=10) == EndedPage(ended={ANNE: NOW}, until=None)
        found = crm.sequences.ended_since(NOW - timedelta(days=3), most=10)
        assert found.ended == {ANNE: NOW, BJORN: NOW - timedelta(days=3)}

    def test_come_page_by_page_the_first_to_end_first(self, crm: Crm) -> None:
        crm.put(enrolment(ended_at=NOW))
        crm.put(enrolment(contact_id=BJORN, ended_at=NOW - timedelta(days=3)))
        first = crm.sequences.ended_since(NOW - timedelta(days=9), most=1)
        assert (first.ended, first.until) == ({BJORN: NOW - timedelta(days=3)}, NOW - timedelta(days=3))

    def test_at_one_moment_never_keep_the_pages_in_a_circle(self, crm: Crm) -> None:
        crm.put(enrolment(ended_at=NOW))
        crm.put(enrolment(contact_id=BJORN, ended_at=NOW))
        page = crm.sequences.ended_since(NOW, most=1)
        assert page.until
        assert page.until > NOW
        assert page.ended.keys() == {ANNE, BJORN}, "whoever is passed by is lost for good"


class TestTraces:
    @pytest.mark.parametrize("what", RECORDS)
    def test_are_known_for_what_they_are(self, crm: Crm, what: EntryWhat) -> None:
        crm.put_trace(COMPANY, trace(what, 17))
        found = crm.sequences.traces({COMPANY: ENROLLED}, connected=[CONNECTED], now=NOW)
        assert found == {COMPANY: (trace(what, 17),)}

    @pytest.mark.parametrize("what", sorted(RECORDS.keys() - {"task_open"}))
    def test_are_those_since_the_companys_own_time(self, crm: Crm, what: EntryWhat) -> None:
        crm.put_trace(COMPANY, trace(what, 17, days_ago=151))
        crm.put_trace(OTHER, trace(what, 18, days_ago=151))
        since = {COMPANY: ENROLLED, OTHER: NOW - timedelta(days=200)}
        assert crm.sequences.traces(since, connected=[CONNECTED], now=NOW).keys() == {OTHER}

    def test_of_open_work_count_however_old(self, crm: Crm) -> None:
        crm.put_trace(COMPANY, trace("task_open", 17, days_ago=400))
        assert seen(crm) == {COMPANY: {("task_open", "17")}}

    def test_are_each_companys_own(self, crm: Crm) -> None:
        crm.put_trace(COMPANY, trace("email_in", 17))
        crm.put_trace(OTHER, trace("call_out", 18))
        assert seen(crm, COMPANY, OTHER) == {COMPANY: {("email_in", "17")}, OTHER: {("call_out", "18")}}


class TestWhoWasWrittenTo:
    def test_is_a_company_outside_a_sequence_within_the_time(self, crm: Crm) -> None:
        crm.put_trace(COMPANY, trace("email_out", 17, days_ago=6), trace("email_out", 18, days_ago=9))
        crm.put_trace(OTHER, trace("sequence_email", 19, days_ago=6), trace("email_in", 20, days_ago=6))
        crm.put_trace(OTHER, trace("email_out", 21, days_ago=2), trace("email_out", 22, days_ago=30))
        found = crm.sequences.written_to(NOW - timedelta(days=20), NOW - timedelta(days=5), most=10)
        assert found.tried == {COMPANY: NOW - timedelta(days=6)}
        assert (found.seen_until, found.more) == (NOW - timedelta(days=5), False)

    def test_is_told_page_by_page_the_first_first(self, crm: Crm) -> None:
        crm.put_trace(COMPANY, trace("email_out", 17, days_ago=9))
        crm.put_trace(OTHER, trace("email_out", 18, days_ago=8))
        first = crm.sequences.written_to(NOW - timedelta(days=20), NOW, most=1)
        assert (first.tried, first.more) == ({COMPANY: NOW - timedelta(days=9)}, True)
        second = crm.sequences.written_to(first.seen_until + timedelta(milliseconds=1), NOW, most=5)
        assert second.tried == {OTHER: NOW - timedelta(days=8)}

    def test_at_one_moment_never_keeps_the_pages_in_a_circle(self, crm: Crm) -> None:
        crm.put_trace(COMPANY, trace("email_out", 17))
        crm.put_trace(OTHER, trace("email_out", 18))
        at = trace("email_out", 17).at
        page = crm.sequences.written_to(at, NOW, most=1)
        assert page.seen_until > at
        assert page.tried.keys() == {COMPANY, OTHER}, "whoever is passed by is lost for good"


class TestAMissedMeeting:
    def test_is_one_to_which_nobody_came(self, crm: Crm) -> None:
        crm.put_missed_meeting(17, COMPANY)
        crm.put_trace(COMPANY, trace("meeting_held", 18))
        assert crm.sequences.missed_meetings([17, 18, MISSING]) == {17: (COMPANY,)}


class TestWhatIsHeard:
    @pytest.mark.parametrize("what", RECORDS)
    def test_is_what_came_from_the_customer_and_nothing_else(self, crm: Crm, what: EntryWhat) -> None:
        entry = trace(what, 17)
        crm.put_trace(COMPANY, entry)
        found = crm.sequences.heard(entry.record, [17, MISSING], connected=[CONNECTED], now=NOW)
        assert found == ({17: Heard(entry=entry, companies=(COMPANY,))} if entry.response else {})

    def test_is_about_each_its_own_company(self, crm: Crm) -> None:
        crm.put_trace(COMPANY, trace("email_in", 17))
        crm.put_trace(OTHER, trace("email_in", 18))
        found = crm.sequences.heard("emails", [17, 18], connected=[], now=NOW)
        assert {id_: heard.companies for id_, heard in found.items()} == {17: (COMPANY,), 18: (OTHER,)}


class TestWhatIsHeardAtHubSpot:
    def test_costs_two_calls_for_a_hundred_emails(self, portal: AtHubSpot) -> None:
        portal.put_trace(COMPANY, *(trace("email_in", 1000 + number) for number in range(100)))
        before = portal.client.calls
        assert len(portal.sequences.heard("emails", range(1000, 1100), connected=[], now=NOW)) == 100
        assert portal.client.calls - before == 2

    def test_costs_one_call_when_all_of_it_is_our_own(self, portal: AtHubSpot) -> None:
        portal.put_trace(COMPANY, *(trace("email_out", 1000 + number) for number in range(100)))
        before = portal.client.calls
        assert portal.sequences.heard("emails", range(1000, 1100), connected=[], now=NOW) == {}
        assert portal.client.calls - before == 1

    def test_is_what_an_adviser_has_forwarded_from_an_inbox_that_hubspot_does_not_know(self, portal: AtHubSpot) -> None:
        portal.put_record(
            "emails", "17", {"hs_email_direction": "FORWARDED_EMAIL", "hs_timestamp": _written(NOW)}, COMPANY
        )
        [found] = portal.sequences.heard("emails", [17], connected=[], now=NOW).values()
        assert (found.entry.what, found.companies) == ("email_in", (COMPANY,))
        assert ("email_in", "17") in seen(portal)[COMPANY]

    def test_on_no_company_is_about_where_its_contact_works(self, portal: AtHubSpot) -> None:
        values = {"hs_email_direction": "INCOMING_EMAIL", "hs_timestamp": _written(NOW)}
        alone = {"id": "17", "properties": values, "associations": {"contacts": [str(ANNE)]}}
        portal.post("seed", {"emails": [alone]})
        assert portal.sequences.heard("emails", [17], connected=[], now=NOW)[17].companies == (COMPANY,)


class TestEnrolling:
    def test_gets_a_contact_into_the_sequence(self, crm: Crm) -> None:
        [done] = crm.writer.enrol([crm.new(ANNE)])
        assert isinstance(done, Done)
        latest = crm.sequences.enrolments([ANNE])[ANNE]
        assert (latest.sequence_id, latest.running) == (SEQUENCE, True)

    def test_is_found_afterwards_and_not_before(self, crm: Crm) -> None:
        new = crm.new(ANNE)
        assert crm.writer.find_enrolments([new]) == [None]
        crm.writer.enrol([new])
        [found, other] = crm.writer.find_enrolments([new, replace(new, sequence_id=999)])
        assert isinstance(found, Done)
        assert other is None

    def test_an_earlier_one_is_not_this_one(self, crm: Crm) -> None:
        crm.put(enrolment(finished_at=NOW, ended_at=NOW))
        assert crm.writer.find_enrolments([crm.new(ANNE)]) == [None]

    def test_twice_is_refused(self, crm: Crm) -> None:
        crm.writer.enrol([crm.new(ANNE)])
        [again] = crm.writer.enrol([crm.new(ANNE)])
        assert isinstance(again, Refused)

    def test_of_several_is_each_its_own(self, crm: Crm) -> None:
        crm.writer.enrol([crm.new(ANNE)])
        refused, done = crm.writer.enrol([crm.new(ANNE), crm.new(BJORN)])
        assert isinstance(refused, Refused)
        assert isinstance(done, Done)

    def test_is_for_later_while_the_crm_is_silent(self, crm: Crm) -> None:
        crm.go_down()
        assert isinstance(crm.writer.find_enrolments([crm.new(ANNE)])[0], TryLater)


class TestAnEnrolmentAtHubSpot:
    def test_of_an_adviser_without_a_seat_is_refused_and_not_our_tokens_fault(self, portal: AtHubSpot) -> None:
        portal.post("settings", {"sequence_seats": []})
        [refused] = portal.writer.enrol([portal.new(ANNE)])
        assert isinstance(refused, Refused)
        assert "har ikke tilgang til sequences" in str(refused)

    def test_whose_answer_is_lost_is_not_repeated_blindly(self, portal: AtHubSpot) -> None:
        portal.post("fail-next", {"match": "POST /automation", "drop": True, "after_effect": True})
        [lost] = portal.writer.enrol([portal.new(ANNE)])
        assert isinstance(lost, Unsure)
        assert isinstance(portal.writer.find_enrolments([portal.new(ANNE)])[0], Done)


class TestAnythingAsked:
    def test_is_for_later_while_the_crm_is_silent(self, crm: Crm) -> None:
        crm.go_down()
        asks = (
            lambda: crm.sequences.enrolments([ANNE]),
            lambda: crm.sequences.ended_since(NOW, most=10),
            lambda: crm.sequences.traces({COMPANY: NOW}, connected=[], now=NOW),
            lambda: crm.sequences.written_to(NOW - timedelta(days=1), NOW, most=10),
            lambda: crm.sequences.missed_meetings([17]),
            lambda: crm.sequences.heard("emails", [17], connected=[], now=NOW),
        )
        for ask in asks:
            with pytest.raises(TryLater):
                ask()


def everything(portal: AtHubSpot) -> Sequence[tuple[str, str]]:
    for number, what in enumerate(RECORDS):
        portal.put_trace(COMPANY, trace(what, 40 + number))
    return [(what, str(40 + number)) for number, what in enumerate(RECORDS)]


class TestALongHistory:
    """Only HubSpot's adapter goes another way for it."""

    def test_is_searched_and_tells_the_same(self, portal: AtHubSpot, monkeypatch: pytest.MonkeyPatch) -> None:
        wanted = everything(portal)
        monkeypatch.setattr(evidence, "LONG_HISTORY", 0)
        assert seen(portal) == {COMPANY: set(wanted)}

    def test_costs_no_more_than_what_is_new(self, portal: AtHubSpot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(evidence, "LONG_HISTORY", 5)
        old = [trace("email_out", 1000 + number, days_ago=300) for number in range(120)]
        portal.put_trace(COMPANY, *old, trace("email_in", 17))
        before = portal.client.calls
        assert seen(portal) == {COMPANY: {("email_in", "17")}}
        assert portal.client.calls - before == 6  # five associations, and one search


class TestWhatIsNoTrace:
    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "BOUNCED", "hs_sequence_id": "301"}),
            ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SCHEDULED", "hs_sequence_id": "301"}),
            ("meetings", {"hs_meeting_outcome": "CANCELED", "hs_meeting_start_time": "-2d"}),
            ("communications", {"hs_communication_channel_type": "WHATS_APP"}),
            ("tasks", {"hs_task_type": "CALL", "hs_task_status": "COMPLETED"}),
            ("tasks", {"hs_task_type": "TODO", "hs_task_status": "NOT_STARTED", "kundeflyt_key": "sequence_ended/1/x"}),
        ],
    )
    def test_is_shown_nowhere(self, portal: AtHubSpot, kind: str, values: dict[str, str]) -> None:
        at = _written(NOW - timedelta(days=2))
        values = {name: at if value == "-2d" else value for name, value in values.items()}
        portal.put_record(kind, "17", values | {"hs_timestamp": at}, COMPANY)
        assert seen(portal) == {}

    def test_a_meeting_to_come_tells_of_the_day_it_was_agreed(self, portal: AtHubSpot) -> None:
        starts = _written(NOW + timedelta(days=5))
        values = {"hs_timestamp": starts, "hs_meeting_start_time": starts, "hs_meeting_outcome": "SCHEDULED"}
        portal.put_record("meetings", "17", values, COMPANY, created=_written(NOW - timedelta(days=1)))
        [entry] = portal.sequences.traces({COMPANY: ENROLLED}, connected=[], now=NOW)[COMPANY]
        assert (entry.what, entry.at) == ("meeting_booked", NOW - timedelta(days=1))
