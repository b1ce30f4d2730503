"""What every CRM tells of a customer as a whole: the one in memory and HubSpot alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
import requests

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.domain.crm import Company, Contact, Owner, TaskNow, Work, WorkKind
from kundeflyt.domain.ownership import OwnerChange
from kundeflyt.ports.failures import Done, Refused, TryLater
from kundeflyt.ports.readers import CrmReader, CustomerReader
from kundeflyt.ports.writers import EmailEntry, Note, TaskWriter, TimelineWriter, WorkChange, WorkWriter
from tests.contracts.test_crm import a_task
from tests.fakes.crm import FakeCrm
from tests.fakes.customers import FakeCustomers

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KARI, OLA, COMPANY, OTHER, ANNE, BJORN = 301, 302, 201, 202, 101, 102
MISSING = 874_716_779_999
SUBJECT, TEXT = "Du har fått ny rådgiver hos Avonova", "ny_radgiver"


class Crm(Protocol):
    """What the suite does to a CRM, apart from the ports under test."""

    crm: CrmReader
    customers: CustomerReader
    work: WorkWriter
    timeline: TimelineWriter
    tasks: TaskWriter

    def put_work(self, work: Work, company_id: int) -> None: ...
    def put_note(self, note_id: int, company_id: int) -> None: ...
    def put_email(self, contact_id: int, *, owner_id: int, subject: str, at: datetime, body: str = "") -> None: ...
    def complete(self, task_id: int) -> None: ...
    def set_owner(self, owner_id: int | None, user_id: int) -> None: ...
    def put_companies(self, names: Mapping[int, str]) -> None: ...
    def rename(self, name: str) -> None: ...


class InMemory:
    """The fake."""

    def __init__(self) -> None:
        self._crm = FakeCrm()
        self._crm.put(Owner(id=KARI, user_id=1301, first_name="Kari"))
        self._crm.put(Owner(id=OLA, user_id=1302, first_name="Ola", archived=True))
        for id_, name in ((COMPANY, "Fjellbygg"), (OTHER, "Fjordfisk")):
            self._crm.put(Company(id=id_, owner_id=KARI, properties={"name": name}))
        self._crm.put(Contact(id=ANNE), companies=[OTHER, COMPANY])
        self._crm.put(Contact(id=BJORN), companies=[COMPANY])
        fake = FakeCustomers(self._crm)
        self.crm: CrmReader = self._crm
        self.customers: CustomerReader = fake
        self.work: WorkWriter = fake
        self.timeline: TimelineWriter = self._crm
        self.tasks: TaskWriter = self._crm
        self.put_work, self.put_note, self.put_email = fake.put_work, fake.put_note, fake.put_email
        self.complete = self._crm.complete

    def set_owner(self, owner_id: int | None, user_id: int) -> None:
        change = OwnerChange(at=NOW, owner_id=owner_id, user_id=user_id, means="person")
        company = self._crm.companies([COMPANY])[COMPANY]
        before = company.owner_history or (OwnerChange(at=NOW - timedelta(days=1), owner_id=KARI),)
        self._crm.put(replace(company, owner_id=owner_id, owner_history=(*before, change)))

    def rename(self, name: str) -> None:
        company = self._crm.companies([COMPANY])[COMPANY]
        self._crm.put(replace(company, properties={"name": name}, set_at={"name": NOW}))

    def put_companies(self, names: Mapping[int, str]) -> None:
        for id_, name in names.items():
            self._crm.put(Company(id=id_, properties={"name": name} if name else {}))


class AtHubSpot:
    """HubSpot's simulator over HTTP; the ports are the real adapter."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._session = url, requests.Session()
        self._post("reset", {})
        self._post("settings", {"search_limit": 1000, "burst_limit": 10_000})
        self._post(
            "seed",
            {
                "owners": [
                    {"id": str(KARI), "userId": 1301, "firstName": "Kari"},
                    {"id": str(OLA), "userId": 1302, "firstName": "Ola", "archived": True},
                ],
                "companies": [
                    {"id": str(id_), "properties": {"hubspot_owner_id": str(KARI), "name": name}, "createdAt": "-2d"}
                    for id_, name in ((COMPANY, "Fjellbygg"), (OTHER, "Fjordfisk"))
                ],
                "contacts": [
                    {"id": str(ANNE), "properties": {}, "associations": {"companies": [str(OTHER), str(COMPANY)]}},
                    {"id": str(BJORN), "properties": {}, "associations": {"companies": [str(COMPANY)]}},
                ],
            },
        )
        client = HubSpotClient(base_url=url, access_token=token)
        self.customers: CustomerReader = HubSpotCustomerReader(client)
        self.crm: CrmReader = HubSpotReader(client, clock=lambda: NOW)
        writer = HubSpotWriter(client)
        self.work: WorkWriter = writer
        self.timeline: TimelineWriter = writer
        self.tasks: TaskWriter = writer

    def put_work(self, work: Work, company_id: int) -> None:
        at = work.at.isoformat() if work.at else None
        values = {"hs_timestamp": at, "hubspot_owner_id": str(work.owner_id or "")}
        if work.kind == "tasks":
            values |= {"hs_task_subject": work.title, "hs_task_status": "NOT_STARTED"}
        else:
            values |= {"hs_meeting_title": work.title, "hs_meeting_start_time": at}
        values |= {"kundeflyt_key": "owner_change/1/2/x" if work.ours else None}
        ties = {"companies": [str(company_id)]}
        self._activity(work.kind, work.id, ties, values, createdAt=work.booked_at.isoformat())

    def put_note(self, note_id: int, company_id: int) -> None:
        self._activity("notes", note_id, {"companies": [str(company_id)]}, {"hs_timestamp": NOW.isoformat()})

    def put_email(self, contact_id: int, *, owner_id: int, subject: str, at: datetime, body: str = "") -> None:
        values = {"hs_timestamp": at.isoformat(), "hs_email_direction": "EMAIL", "hs_email_subject": subject}
        values |= {"hubspot_owner_id": str(owner_id), "hs_email_text": body}
        self._activity("emails", None, {"contacts": [str(contact_id)]}, values)

    def complete(self, task_id: int) -> None:
        self._change("tasks", task_id, {"hs_task_status": "COMPLETED"})

    def set_owner(self, owner_id: int | None, user_id: int) -> None:
        self._change("companies", COMPANY, {"hubspot_owner_id": str(owner_id or "")}, userId=user_id)

    def rename(self, name: str) -> None:
        self._change("companies", COMPANY, {"name": name})

    def put_companies(self, names: Mapping[int, str]) -> None:
        rows = [{"id": str(id_), "properties": {"name": name} if name else {}} for id_, name in names.items()]
        self._post("seed", {"companies": rows})

    def _change(self, kind: str, id_: int, properties: dict[str, str], **more: Any) -> None:
        body = {"properties": properties, **more}
        self._session.patch(f"{self._url}/_sim/ui/{kind}/{id_}", json=body, timeout=60).raise_for_status()

    def _activity(
        self, kind: str, id_: int | None, ties: dict[str, list[str]], values: dict[str, Any], **more: str
    ) -> None:
        given = {"properties": {name: value for name, value in values.items() if value}, "associations": ties, **more}
        self._post("seed", {kind: [given | ({"id": str(id_)} if id_ else {})]})

    def _post(self, what: str, body: dict[str, Any]) -> None:
        response = self._session.post(f"{self._url}/_sim/{what}", json=body, timeout=60)
        assert response.ok, response.text


@pytest.fixture(params=["in memory", "HubSpot"])
def crm(request: pytest.FixtureRequest) -> Crm:
    if request.param == "in memory":
        return InMemory()
    simulator = request.getfixturevalue("hubspot_simulator")
    return AtHubSpot(simulator.url, simulator.settings.access_token)


def work(id_: int, kind: WorkKind = "tasks", **changes: Any) -> Work:
    known: dict[str, Any] = {"owner_id": KARI, "at": NOW + timedelta(days=2), "booked_at": NOW - timedelta(days=3)}
    return Work(kind=kind, id=id_, title="Statusmøte", **known | changes)


def ids(found: Sequence[Work]) -> set[tuple[str, int]]:
    return {(each.kind, each.id) for each in found}


class TestACustomer:
    def test_comes_with_the_properties_asked_for(self, crm: Crm) -> None:
        found = crm.customers.companies([COMPANY, MISSING], properties=["name"])
        assert {id_: company.properties for id_, company in found.items()} == {COMPANY: {"name": "Fjellbygg"}}

    def test_tells_since_when_a_property_has_its_value_where_that_is_asked_for(self, crm: Crm) -> None:
        """002-17, 002-54: a mark that was set for the adviser before says nothing about this one."""
        crm.rename("Fjellbygg Vest")
        company = crm.customers.companies([COMPANY], properties=["name"], dated=["name"])[COMPANY]
        assert company.properties == {"name": "Fjellbygg Vest"}
        assert list(company.set_at) == ["name"]
        assert company.set_at["name"] >= NOW
        assert crm.customers.companies([COMPANY], properties=["name"])[COMPANY].set_at == {}

    def test_tells_who_has_owned_it_and_who_changed_that(self, crm: Crm) -> None:
        crm.set_owner(None, 1302)
        company = crm.customers.companies([COMPANY], properties=[])[COMPANY]
        history = sorted(company.owner_history, key=lambda change: change.at)
        assert [change.owner_id for change in history] == [KARI, None]
        assert (history[-1].user_id, history[-1].means) == (1302, "person")
        assert company.owner_id is None

    def test_tells_who_works_there_those_who_mainly_do_first(self, crm: Crm) -> None:
        assert crm.customers.contacts_of_companies([COMPANY, MISSING]) == {COMPANY: {BJORN: True, ANNE: False}}

    def test_tells_the_newest_notes_the_newest_first(self, crm: Crm) -> None:
        for note in (11, 14, 12, 13):
            crm.put_note(note, COMPANY)
        assert crm.customers.latest("notes", [COMPANY, OTHER]) == {COMPANY: (14, 13, 12)}

    def test_tells_the_newest_meetings(self, crm: Crm) -> None:
        for meeting in (21, 22):
            crm.put_work(work(meeting, "meetings"), COMPANY)
        assert crm.customers.latest("meetings", [COMPANY, OTHER]) == {COMPANY: (22, 21)}

    def test_tells_which_owner_a_user_is_those_who_have_left_included(self, crm: Crm) -> None:
        found = crm.crm.owners_of_users([1301, 1302, 9999])
        assert {user: owner.id for user, owner in found.items()} == {1301: KARI, 1302: OLA}


class TestTheListOfCustomers:
    """Whoever goes through all customers meets each of them once."""

    def every(self, crm: Crm, *, limit: int, having: str = "name", values: Sequence[str] = ()) -> list[list[int]]:
        pages: list[list[int]] = []
        while not pages or len(pages[-1]) == limit:
            after = pages[-1][-1] if pages else 0
            page = crm.customers.listed(after, limit=limit, having=having, values=values, properties=["name"])
            pages.append([company.id for company in page])
        return pages

    def test_goes_on_from_the_last_id_until_there_are_no_more(self, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(paths, "SEARCH_PAGE", 2)
        crm.put_companies({1000: "A", 99: "B", 9_007_199_254_740_993: "C", 300: "D"})
        assert self.every(crm, limit=3) == [[99, COMPANY, OTHER], [300, 1000, 9_007_199_254_740_993], []]
        assert self.every(crm, limit=4) == [[99, COMPANY, OTHER, 300], [1000, 9_007_199_254_740_993]]

    def test_has_those_with_the_property_or_with_one_of_its_values(self, crm: Crm) -> None:
        crm.put_companies({1000: "A", 1001: "B", 1002: ""})
        assert self.every(crm, limit=10) == [[COMPANY, OTHER, 1000, 1001]]
        assert self.every(crm, limit=10, values=["A", "Fjellbygg"]) == [[COMPANY, 1000]]

    def test_tells_owner_and_properties(self, crm: Crm) -> None:
        [company] = crm.customers.listed(0, limit=1, having="name", values=(), properties=["name"])
        assert (company.id, company.owner_id, company.properties) == (COMPANY, KARI, {"name": "Fjellbygg"})


class TestWhoHasBeenTold:
    def test_is_whoever_had_an_e_mail_with_the_subject_from_one_of_the_owners(self, crm: Crm) -> None:
        crm.put_email(ANNE, owner_id=KARI, subject=SUBJECT, at=NOW - timedelta(days=2))
        crm.put_email(ANNE, owner_id=OLA, subject=SUBJECT, at=NOW - timedelta(days=1))
        crm.put_email(BJORN, owner_id=OLA, subject="Noe annet", at=NOW - timedelta(days=1))
        crm.put_email(ANNE, owner_id=OLA, subject=SUBJECT, at=NOW - timedelta(days=3))
        subjects = [SUBJECT, "You have a new adviser"]
        told = crm.customers.told(TEXT, subjects, by=[KARI, OLA], since=NOW - timedelta(days=30))
        assert told == {(ANNE, KARI): NOW - timedelta(days=2), (ANNE, OLA): NOW - timedelta(days=1)}

    @pytest.mark.parametrize("title", ["Re: {}", "SV: {}", "Fwd: {}", "VS: {}", "{}"])
    @pytest.mark.parametrize("subject", [SUBJECT, "Du har fått en ny rådgivare hos Avonova", "You have a new adviser"])
    def test_is_also_who_had_it_as_an_answer_or_passed_on(self, crm: Crm, title: str, subject: str) -> None:
        crm.put_email(ANNE, owner_id=KARI, subject=title.format(subject), at=NOW)
        assert crm.customers.told(TEXT, [SUBJECT, subject], by=[KARI], since=NOW - timedelta(days=1))

    def test_is_also_who_had_the_text_under_another_title(self, crm: Crm) -> None:
        words = "Hei!\n\nJeg heter Ola.\n\nRef. ny_radgiver"
        crm.put_email(ANNE, owner_id=KARI, subject="Hei fra Ola", body=words, at=NOW)
        crm.put_email(BJORN, owner_id=KARI, subject="Hei fra Ola", body="Jeg er ny rådgiver, ref. Kari", at=NOW)
        assert crm.customers.told(TEXT, [SUBJECT], by=[KARI], since=NOW - timedelta(days=1)) == {(ANNE, KARI): NOW}

    @pytest.mark.parametrize(("by", "days"), [([OLA], 30), ([KARI], 1), ([], 30)])
    def test_is_nobody_when_others_wrote_it_or_it_is_long_ago(self, crm: Crm, by: list[int], days: int) -> None:
        crm.put_email(ANNE, owner_id=KARI, subject=SUBJECT, at=NOW - timedelta(days=2))
        assert crm.customers.told(TEXT, [SUBJECT], by=by, since=NOW - timedelta(days=days)) == {}


class TestWork:
    def test_is_open_tasks_and_meetings_to_come(self, crm: Crm) -> None:
        task, ours = work(41), work(42, ours=True, owner_id=None)
        meeting = work(51, "meetings")
        for each in (task, ours, meeting, work(52, "meetings", at=NOW - timedelta(hours=1))):
            crm.put_work(each, COMPANY)
        crm.put_work(work(43), OTHER)
        found = crm.customers.work([COMPANY], now=NOW)
        assert sorted(found[COMPANY], key=lambda each: each.id) == [task, ours, meeting]
        assert ids(crm.customers.work([COMPANY, OTHER], now=NOW)[OTHER]) == {("tasks", 43)}

    def test_is_given_to_another_owner_as_often_as_one_likes(self, crm: Crm) -> None:
        crm.put_work(work(41), COMPANY)
        crm.put_work(work(51, "meetings"), COMPANY)
        changes = [
            WorkChange(kind="tasks", id=41, owner_id=OLA),
            WorkChange(kind="meetings", id=51, owner_id=OLA),
            WorkChange(kind="tasks", id=MISSING, owner_id=OLA),
        ]
        for _ in range(2):
            *moved, gone = crm.work.move(changes)
            assert moved == [Done(result="41"), Done(result="51")]
            assert isinstance(gone, Refused)
        assert {each.owner_id for each in crm.customers.work([COMPANY], now=NOW)[COMPANY]} == {OLA}

    def test_is_complete_where_one_search_cannot_list_it_all(self, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(paths, "SEARCH_RESULTS", 4)
        monkeypatch.setattr(paths, "SEARCH_PAGE", 2)
        for company in (COMPANY, OTHER):
            for place in range(3):
                crm.put_work(work(1000 + company + 10 * place), company)
        found = crm.customers.work([COMPANY, OTHER], now=NOW)
        assert {company: len(each) for company, each in found.items()} == {COMPANY: 3, OTHER: 3}


class TestATask:
    def test_comes_as_a_person_has_left_it(self, crm: Crm) -> None:
        body = "☐ 1. Les & rett\n☑ 2. Ferdig <b>\n\nBytt ut"
        made = crm.tasks.create_tasks(
            [replace(a_task(), body=body, contact_id=None, owner_id=KARI, company_id=COMPANY)]
        )
        assert isinstance(made[0], Done)
        id_ = int(made[0].result)
        assert crm.customers.tasks([id_, MISSING]) == {id_: TaskNow(id=id_, completed=False, body=body)}
        crm.complete(id_)
        assert crm.customers.tasks([id_])[id_].completed


class TestAnEMailOfOurs:
    ENTRY = EmailEntry(
        key="owner_change/1/201/email-entry",
        subject=SUBJECT,
        body="Hei, Anne!\n\nØl & <b>mat</b>\n\nRef. ny_radgiver",
        to="anne@example.no",
        reply_to="kari@avonova.example",
        at=NOW,
        owner_id=KARI,
        contact_id=ANNE,
        company_id=COMPANY,
    )

    def test_stands_on_contact_and_company_and_is_found_again(self, crm: Crm) -> None:
        logged = crm.timeline.log_emails([self.ENTRY])
        assert isinstance(logged[0], Done)
        other = replace(self.ENTRY, key="owner_change/1/201/other")
        assert crm.timeline.find_email_entries([self.ENTRY, other]) == [logged[0], None]
        told = crm.customers.told(TEXT, ["Something else"], by=[KARI], since=NOW - timedelta(days=1))
        assert told == {(ANNE, KARI): NOW}

    @pytest.mark.parametrize("gone", [{"contact_id": MISSING}, {"company_id": MISSING}])
    def test_on_a_record_that_is_gone_is_refused(self, crm: Crm, gone: dict[str, int]) -> None:
        [outcome] = crm.timeline.log_emails([replace(self.ENTRY, **gone)])  # type: ignore[arg-type]
        assert isinstance(outcome, Refused)


class TestANote:
    def test_stands_on_the_customer_and_is_found_again(self, crm: Crm) -> None:
        note = Note(key="owner_change/1/201/moved", body="Flyttet <a> & b", at=NOW, owner_id=KARI, company_id=COMPANY)
        logged = crm.timeline.log_notes([note])
        assert isinstance(logged[0], Done)
        assert crm.timeline.find_notes([note, replace(note, key="owner_change/1/201/other")]) == [logged[0], None]
        assert crm.customers.latest("notes", [COMPANY]) == {COMPANY: (int(logged[0].result),)}

    def test_on_a_company_that_is_gone_is_refused(self, crm: Crm) -> None:
        note = Note(key="owner_change/1/9/moved", body="x", at=NOW, owner_id=KARI, company_id=MISSING)
        assert isinstance(crm.timeline.log_notes([note])[0], Refused | TryLater)
