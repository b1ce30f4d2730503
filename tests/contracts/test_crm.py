"""What every CRM behind our ports keeps: the one in memory and HubSpot alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kundeflyt.domain.crm import Call, Company, Contact, Owner, Reached
from kundeflyt.ports.failures import Done, Refused, TryLater, Unsure
from kundeflyt.ports.writers import CompanyChange, ContactChange, NewTask, SmsEntry, TaskChange
from tests.contracts.crm_portals import CrmPortal, PortalAtHubSpot, PortalInMemory

CONNECTED, NO_ANSWER = "f240bbac-87c9-4f6e-bf70-924b57d47db7", "73a0d17f-1163-4015-bdd5-ec830791da20"
KARI, OLA, QUEUE = 301, 302, 303
COMPANY, OTHER_COMPANY = 874_716_779_201, 874_716_779_202
CONTACT, OTHER_CONTACT = 874_716_779_101, 874_716_779_102
CALL = 874_716_779_301
MISSING = 874_716_779_999
MISSED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = MISSED + timedelta(hours=4)


def after(hours: float) -> datetime:
    return MISSED + timedelta(hours=hours)


@pytest.fixture(params=["in memory", "HubSpot", "HubSpot without unique keys"])
def portal(request: pytest.FixtureRequest) -> CrmPortal:
    if request.param == "in memory":
        chosen: CrmPortal = PortalInMemory()
    else:
        simulator = request.getfixturevalue("hubspot_simulator")
        token = simulator.settings.access_token
        chosen = PortalAtHubSpot(simulator.url, token, unique_keys=request.param == "HubSpot")
    chosen.put(Owner(id=KARI, first_name="Kari", last_name="Nordmann"))
    chosen.put(Owner(id=OLA, first_name="Ola", last_name="Nordmann", archived=True))
    chosen.put(Owner(id=QUEUE, is_person=False))
    chosen.put(Company(id=COMPANY, owner_id=KARI, country="Norge"))
    chosen.put(Company(id=OTHER_COMPANY))
    chosen.put(Contact(id=CONTACT, first_name="Anne"), companies=[COMPANY, OTHER_COMPANY])
    chosen.put(Contact(id=OTHER_CONTACT))
    return chosen


def a_task(name: str = "task", **changes: object) -> NewTask:
    task = NewTask(
        key=f"no_answer/1/{CALL}/{name}",
        task_type="EMAIL",
        subject="Følg opp <script> & co",
        body="Ring <b>Anne</b> & co\nfør fredag",
        due=datetime(2026, 3, 2, 14, 0, tzinfo=UTC),
        owner_id=KARI,
        contact_id=CONTACT,
        company_id=COMPANY,
    )
    return replace(task, **changes)  # type: ignore[arg-type]


def an_entry(name: str = "log", **changes: object) -> SmsEntry:
    entry = SmsEntry(
        key=f"no_answer/1/{CALL}/{name}",
        body="Hei <du> & co\nRing oss",
        at=MISSED,
        owner_id=KARI,
        contact_id=CONTACT,
        company_id=COMPANY,
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


class TestReading:
    def test_a_call_comes_as_it_is(self, portal: CrmPortal) -> None:
        call = Call(
            id=CALL,
            at=MISSED,
            disposition=NO_ANSWER,
            inbound=True,
            owner_id=KARI,
            title="HK",
            from_number="+4722334455",
            to_number="+4791234567",
            callee_contact_id=CONTACT,
        )
        portal.put(call, contacts=[CONTACT])
        assert portal.reader.calls([CALL, MISSING]) == {CALL: call}

    def test_a_call_tells_whom_it_is_logged_on(self, portal: CrmPortal) -> None:
        portal.put(Call(id=CALL, at=MISSED), contacts=[CONTACT, OTHER_CONTACT], companies=[COMPANY])
        portal.put(Call(id=CALL + 1, at=MISSED))
        assert portal.reader.contacts_of_calls([CALL, CALL + 1, MISSING]) == {CALL: (CONTACT, OTHER_CONTACT)}
        assert portal.reader.companies_of_calls([CALL, CALL + 1]) == {CALL: (COMPANY,)}

    def test_a_contact_works_at_the_primary_company_first(self, portal: CrmPortal) -> None:
        assert portal.reader.companies_of_contacts([CONTACT, OTHER_CONTACT]) == {CONTACT: (COMPANY, OTHER_COMPANY)}

    def test_a_contact_comes_with_the_properties_asked_for(self, portal: CrmPortal) -> None:
        contact = Contact(
            id=500,
            first_name="Siv",
            last_name="Berg",
            mobile="912 34 567",
            phone="22 33 44 55",
            email="siv@example.no",
            country="Norge",
            language="nb",
            properties={"hs_email_optout": "true", "city": "Bodø"},
        )
        portal.put(contact)
        asked = ["hs_email_optout", "jobtitle"]
        found = portal.reader.contacts([500, MISSING], properties=asked)
        assert found == {500: replace(contact, properties={"hs_email_optout": "true"})}

    def test_a_number_is_found_however_it_is_written(self, portal: CrmPortal) -> None:
        written = ["912 34 567", "+47 91 23 45 67", "0047 91234567", "4791234567"]
        for place, number in enumerate(written):
            contact = Contact(id=500 + place)
            portal.put(replace(contact, mobile=number) if place % 2 else replace(contact, phone=number))
        found = portal.reader.contacts_with_numbers(["+4791234567", "+4799999999"], default_country="NO")
        assert {number: [one.id for one in contacts] for number, contacts in found.items()} == {
            "+4791234567": [500, 501, 502, 503]
        }

    def test_a_number_of_another_country_is_not_taken_for_it(self, portal: CrmPortal) -> None:
        """HubSpot searches without country codes: the same digits are several people's."""
        portal.put(Contact(id=500, mobile="+45 40 61 23 45"))
        portal.put(Contact(id=501, mobile="40 61 23 45", country="Danmark"))
        portal.put(Contact(id=502, mobile="40 61 23 45"))
        asked = ["+4740612345", "+4540612345"]
        found = portal.reader.contacts_with_numbers(asked, default_country="NO")
        assert {number: [one.id for one in contacts] for number, contacts in found.items()} == {
            "+4740612345": [502],
            "+4540612345": [500, 501],
        }

    def test_many_numbers_are_found_at_once(self, portal: CrmPortal) -> None:
        numbers = [f"+479123{place:04}" for place in range(50)]
        for place, number in enumerate(numbers):
            portal.put(Contact(id=500 + place, mobile=number))
        assert portal.reader.contacts_with_numbers(numbers, default_country="NO").keys() == set(numbers)
        assert portal.reader.contacts_with_numbers([], default_country="NO") == {}

    def test_a_company_has_its_adviser(self, portal: CrmPortal) -> None:
        found = portal.reader.companies([COMPANY, OTHER_COMPANY, MISSING])
        assert found == {
            COMPANY: Company(id=COMPANY, owner_id=KARI, country="Norge"),
            OTHER_COMPANY: Company(id=OTHER_COMPANY),
        }

    def test_advisers_who_have_left_are_known(self, portal: CrmPortal) -> None:
        found = portal.reader.owners([KARI, OLA, QUEUE, MISSING])
        assert found.keys() == {KARI, OLA, QUEUE}
        assert [found[id_].can_take_tasks for id_ in (KARI, OLA, QUEUE)] == [True, False, True]
        assert [found[id_].name for id_ in (KARI, OLA, QUEUE)] == ["Kari Nordmann", "Ola Nordmann", ""]

    def test_more_than_a_hundred_records_come_at_once(self, portal: CrmPortal) -> None:
        ids = range(1000, 1105)
        for id_ in ids:
            portal.put(Company(id=id_))
        assert portal.reader.companies(ids).keys() == set(ids)

    def test_is_tried_later_when_nobody_answers(self, portal: CrmPortal) -> None:
        portal.go_down()
        with pytest.raises(TryLater):
            portal.reader.calls([CALL])
        with pytest.raises(TryLater):
            portal.reader.contacts_of_calls([CALL])
        with pytest.raises(TryLater):
            portal.reader.owners([KARI])
        with pytest.raises(TryLater):
            portal.reader.reached_since({CONTACT: MISSED}, connected=[CONNECTED], now=NOW)
        with pytest.raises(TryLater):
            portal.reader.open_tasks([1])
        with pytest.raises(TryLater):
            portal.reader.contacts_with_numbers(["+4791234567"], default_country="NO")


class TestReachedSince:
    """Row 3 of the decision table: a customer we have reached is not asked to call back."""

    def reached(self, portal: CrmPortal) -> Reached | None:
        asked = {CONTACT: MISSED, OTHER_CONTACT: MISSED}
        return portal.reader.reached_since(asked, connected=[CONNECTED], now=NOW).get(CONTACT)

    def test_nothing_has_happened(self, portal: CrmPortal) -> None:
        portal.put(Call(id=CALL, at=MISSED, disposition=NO_ANSWER), contacts=[CONTACT])
        assert self.reached(portal) is None

    def test_a_later_connected_call_counts(self, portal: CrmPortal) -> None:
        portal.put(Call(id=CALL, at=after(1), disposition=CONNECTED), contacts=[CONTACT])
        assert self.reached(portal) == Reached(at=after(1), how="samtale")

    @pytest.mark.parametrize("hours", [0, -1])
    def test_a_connected_call_before_or_at_the_same_time_does_not(self, hours: float, portal: CrmPortal) -> None:
        portal.put(Call(id=CALL, at=after(hours), disposition=CONNECTED), contacts=[CONTACT])
        assert self.reached(portal) is None

    def test_a_later_call_with_another_outcome_does_not(self, portal: CrmPortal) -> None:
        portal.put(Call(id=CALL, at=after(1), disposition=NO_ANSWER), contacts=[CONTACT])
        assert self.reached(portal) is None

    def test_an_incoming_email_counts(self, portal: CrmPortal) -> None:
        portal.put_incoming_email(CONTACT, after(-1))
        assert self.reached(portal) is None
        portal.put_incoming_email(CONTACT, after(2))
        assert self.reached(portal) == Reached(at=after(2), how="e-post")

    def test_a_meeting_that_has_begun_counts(self, portal: CrmPortal) -> None:
        portal.put_meeting(CONTACT, starts=after(3), created=after(-48))
        assert self.reached(portal) == Reached(at=after(3), how="møte")

    def test_a_meeting_booked_since_counts_from_its_booking(self, portal: CrmPortal) -> None:
        portal.put_meeting(CONTACT, starts=after(48), created=after(1))
        assert self.reached(portal) == Reached(at=after(1), how="møte")

    def test_a_meeting_booked_before_that_is_still_to_come_does_not(self, portal: CrmPortal) -> None:
        portal.put_meeting(CONTACT, starts=after(48), created=after(-1))
        assert self.reached(portal) is None

    def test_a_meeting_before_the_call_does_not(self, portal: CrmPortal) -> None:
        portal.put_meeting(CONTACT, starts=after(-1), created=after(1))
        assert self.reached(portal) is None

    def test_a_meeting_that_was_not_held_does_not(self, portal: CrmPortal) -> None:
        portal.put_meeting(CONTACT, starts=after(1), created=after(-1), held=False)
        assert self.reached(portal) is None

    def test_the_last_time_is_told(self, portal: CrmPortal) -> None:
        portal.put_incoming_email(CONTACT, after(3))
        portal.put(Call(id=CALL, at=after(2), disposition=CONNECTED), contacts=[CONTACT])
        portal.put_meeting(CONTACT, starts=after(2.5), created=after(-1))
        assert self.reached(portal) == Reached(at=after(3), how="e-post")

    def test_each_contact_has_a_time_of_its_own(self, portal: CrmPortal) -> None:
        portal.put(Call(id=CALL, at=after(1), disposition=CONNECTED), contacts=[CONTACT, OTHER_CONTACT])
        since = {CONTACT: MISSED, OTHER_CONTACT: after(2)}
        found = portal.reader.reached_since(since, connected=[CONNECTED], now=NOW)
        assert found.keys() == {CONTACT}

    def test_somebody_elses_contact_is_not_told_of(self, portal: CrmPortal) -> None:
        portal.put(Call(id=CALL, at=after(1), disposition=CONNECTED), contacts=[CONTACT, OTHER_CONTACT])
        found = portal.reader.reached_since({CONTACT: MISSED}, connected=[CONNECTED], now=NOW)
        assert found.keys() == {CONTACT}

    def test_a_full_batch_is_asked_for_at_once(self, portal: CrmPortal) -> None:
        ids = range(874_716_700_000, 874_716_700_250)
        for id_ in ids:
            portal.put(Contact(id=id_))
        portal.put_incoming_email(ids[0], after(1))
        portal.put_incoming_email(ids[249], after(1))
        found = portal.reader.reached_since(dict.fromkeys(ids, MISSED), connected=[CONNECTED], now=NOW)
        assert found.keys() == {ids[0], ids[249]}


def id_of(outcome: object) -> int:
    assert isinstance(outcome, Done)
    return int(outcome.result)


class TestTasks:
    def test_are_made_as_asked(self, portal: CrmPortal) -> None:
        [outcome] = portal.tasks.create_tasks([a_task()])
        [seen] = portal.seen_tasks()
        assert seen.id == id_of(outcome)
        assert (seen.key, seen.task_type) == (a_task().key, "EMAIL")
        assert (seen.subject, seen.body) == (a_task().subject, a_task().body)
        assert (seen.due, seen.completed) == (a_task().due, False)
        assert (seen.owner_id, seen.contact_id, seen.company_id) == (KARI, CONTACT, COMPANY)

    def test_may_be_nobodys(self, portal: CrmPortal) -> None:
        portal.tasks.create_tasks([a_task(owner_id=None, contact_id=None, company_id=None)])
        [seen] = portal.seen_tasks()
        assert (seen.owner_id, seen.contact_id, seen.company_id) == (None, None, None)

    def test_answer_in_the_order_asked(self, portal: CrmPortal) -> None:
        batch = [a_task(f"task-{number}") for number in range(120)]
        ids = [id_of(outcome) for outcome in portal.tasks.create_tasks(batch)]
        by_key = {seen.key: seen.id for seen in portal.seen_tasks()}
        assert ids == [by_key[task.key] for task in batch]

    def test_about_somebody_who_is_gone_are_refused_alone(self, portal: CrmPortal) -> None:
        outcomes = portal.tasks.create_tasks([a_task("a"), a_task("b", contact_id=MISSING), a_task("c")])
        assert [type(outcome) for outcome in outcomes] == [Done, Refused, Done]
        assert "finnes ikke lenger" in str(outcomes[1])
        assert len(portal.seen_tasks()) == 2

    def test_whose_answer_is_lost_are_unsure_and_can_be_found(self, portal: CrmPortal) -> None:
        portal.lose_next_answer()
        [outcome] = portal.tasks.create_tasks([a_task()])
        assert isinstance(outcome, Unsure)
        [found] = portal.tasks.find_tasks([a_task()])
        assert id_of(found) == portal.seen_tasks()[0].id

    def test_that_were_never_made_are_not_found(self, portal: CrmPortal) -> None:
        portal.tasks.create_tasks([a_task("another")])
        assert portal.tasks.find_tasks([a_task()]) == [None]

    def test_about_a_company_alone_can_be_found(self, portal: CrmPortal) -> None:
        made = portal.tasks.create_tasks([a_task(contact_id=None)])
        assert portal.tasks.find_tasks([a_task(contact_id=None)]) == made

    def test_are_looked_for_many_at_once_and_told_of_in_the_order_asked(self, portal: CrmPortal) -> None:
        contacts = (CONTACT, OTHER_CONTACT, None)
        batch = [a_task(f"task-{number}", contact_id=contacts[number % 3]) for number in range(120)]
        made = portal.tasks.create_tasks(batch[::2])
        findings = portal.tasks.find_tasks(batch)
        assert findings[::2] == made
        assert findings[1::2] == [None] * 60

    def test_of_none_none_are_found(self, portal: CrmPortal) -> None:
        assert portal.tasks.find_tasks([]) == []

    def test_are_changed_only_where_asked(self, portal: CrmPortal) -> None:
        [outcome] = portal.tasks.create_tasks([a_task()])
        before = portal.seen_tasks()[0]
        change = TaskChange(task_id=id_of(outcome), subject="Ny", due=before.due + timedelta(days=1))
        assert portal.tasks.update_tasks([change]) == [outcome]
        assert portal.seen_tasks() == [replace(before, subject="Ny", due=before.due + timedelta(days=1))]

    def test_may_be_changed_in_the_same_way_twice(self, portal: CrmPortal) -> None:
        [outcome] = portal.tasks.create_tasks([a_task()])
        change = TaskChange(task_id=id_of(outcome), body="Ny & <bedre>", completed=True)
        assert portal.tasks.update_tasks([change]) == portal.tasks.update_tasks([change]) == [outcome]
        [seen] = portal.seen_tasks()
        assert (seen.body, seen.completed) == ("Ny & <bedre>", True)

    def test_may_be_changed_twice_in_one_go_and_the_last_word_stands(self, portal: CrmPortal) -> None:
        [outcome] = portal.tasks.create_tasks([a_task()])
        changes = [TaskChange(task_id=id_of(outcome), subject=subject) for subject in ("first", "last")]
        assert portal.tasks.update_tasks(changes) == [outcome, outcome]
        assert portal.seen_tasks()[0].subject == "last"

    def test_that_are_gone_cannot_be_changed(self, portal: CrmPortal) -> None:
        [outcome] = portal.tasks.create_tasks([a_task()])
        changes = [TaskChange(task_id=MISSING, subject="x"), TaskChange(task_id=id_of(outcome), subject="y")]
        assert [type(row) for row in portal.tasks.update_tasks(changes)] == [Refused, Done]
        assert portal.seen_tasks()[0].subject == "y"

    def test_are_open_until_somebody_ticks_them_off(self, portal: CrmPortal) -> None:
        ids = [id_of(outcome) for outcome in portal.tasks.create_tasks([a_task("a"), a_task("b")])]
        portal.complete(ids[0])
        assert portal.reader.open_tasks([*ids, MISSING]) == {ids[1]}

    def test_wait_when_nobody_answers(self, portal: CrmPortal) -> None:
        portal.go_down()
        [created] = portal.tasks.create_tasks([a_task()])
        [changed] = portal.tasks.update_tasks([TaskChange(task_id=1, completed=True)])
        assert isinstance(created, TryLater)
        assert isinstance(changed, TryLater)
        [found] = portal.tasks.find_tasks([a_task()])
        assert isinstance(found, TryLater)


class TestTimeline:
    def test_shows_the_message(self, portal: CrmPortal) -> None:
        [outcome] = portal.timeline.log_sms([an_entry()])
        [seen] = portal.seen_sms()
        assert seen.id == id_of(outcome)
        assert (seen.key, seen.body, seen.at) == (an_entry().key, an_entry().body, MISSED)
        assert (seen.contact_id, seen.company_id) == (CONTACT, COMPANY)

    def test_refuses_only_the_entry_about_somebody_who_is_gone(self, portal: CrmPortal) -> None:
        outcomes = portal.timeline.log_sms([an_entry("a", contact_id=MISSING), an_entry("b")])
        assert [type(outcome) for outcome in outcomes] == [Refused, Done]

    def test_finds_an_entry_whose_answer_was_lost(self, portal: CrmPortal) -> None:
        portal.lose_next_answer()
        [outcome] = portal.timeline.log_sms([an_entry()])
        assert isinstance(outcome, Unsure)
        [found] = portal.timeline.find_sms_entries([an_entry()])
        assert id_of(found) == portal.seen_sms()[0].id

    def test_does_not_find_what_was_never_logged(self, portal: CrmPortal) -> None:
        [logged] = portal.timeline.log_sms([an_entry("another")])
        assert portal.timeline.find_sms_entries([an_entry(), an_entry("another")]) == [None, logged]


class TestContacts:
    def marked(self, portal: CrmPortal, contact_id: int) -> str | None:
        found = portal.reader.contacts([contact_id], properties=["hs_email_optout"])
        return found[contact_id].properties.get("hs_email_optout")

    def test_are_marked_and_may_be_again(self, portal: CrmPortal) -> None:
        change = ContactChange(contact_id=CONTACT, properties={"hs_email_optout": "true"})
        for _ in range(2):
            assert portal.contacts.update_contacts([change]) == [Done(result=str(CONTACT))]
        assert self.marked(portal, CONTACT) == "true"
        assert self.marked(portal, OTHER_CONTACT) is None

    def test_that_are_gone_are_refused_alone(self, portal: CrmPortal) -> None:
        marks = {"hs_email_optout": "true"}
        changes = [ContactChange(contact_id=id_, properties=marks) for id_ in (MISSING, CONTACT)]
        assert [type(outcome) for outcome in portal.contacts.update_contacts(changes)] == [Refused, Done]
        assert self.marked(portal, CONTACT) == "true"

    def test_wait_when_nobody_answers(self, portal: CrmPortal) -> None:
        portal.go_down()
        [outcome] = portal.contacts.update_contacts([ContactChange(contact_id=CONTACT, properties={"a": "b"})])
        assert isinstance(outcome, TryLater)


class TestCompanies:
    def test_lose_their_owner_and_may_lose_it_again(self, portal: CrmPortal) -> None:
        change = CompanyChange(company_id=COMPANY, without_owner=True)
        for _ in range(2):
            assert portal.companies.update_companies([change]) == [Done(result=str(COMPANY))]
        assert portal.reader.companies([COMPANY])[COMPANY].owner_id is None

    def test_are_marked_and_keep_their_owner(self, portal: CrmPortal) -> None:
        change = CompanyChange(company_id=COMPANY, properties={"country": "Sverige"})
        assert portal.companies.update_companies([change]) == [Done(result=str(COMPANY))]
        marked = portal.reader.companies([COMPANY], properties=["country"])[COMPANY]
        assert marked.properties["country"] == "Sverige"
        assert marked.owner_id == KARI

    def test_that_are_gone_are_refused_alone(self, portal: CrmPortal) -> None:
        changes = [CompanyChange(company_id=id_, without_owner=True) for id_ in (MISSING, COMPANY)]
        assert [type(outcome) for outcome in portal.companies.update_companies(changes)] == [Refused, Done]
        assert portal.reader.companies([COMPANY])[COMPANY].owner_id is None

    def test_wait_when_nobody_answers(self, portal: CrmPortal) -> None:
        portal.go_down()
        [outcome] = portal.companies.update_companies([CompanyChange(company_id=COMPANY, without_owner=True)])
        assert isinstance(outcome, TryLater)
