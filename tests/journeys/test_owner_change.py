"""A customer gets another adviser: what customer, advisers, customer service and the card in Metodika get of it."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from infra.local.rules import AT_ONCE
from tests.journeys.road import OSLO, Json, Road, eventually
from tests.journeys.watching import all_is_told_and_done, body_of, ids_of, now, owner_of, subject_of, the_only

pytestmark = pytest.mark.journey

FLOW = "owner_change"
USUAL = AT_ONCE[FLOW]
KARI, OLA, SIV, CSC = (f"{name}@avonova.example" for name in ("kari", "ola", "siv", "csc"))
MESSAGE = "Send e-post: ny rådgiver"
HANDOVER = "Hold overføringsmøte om kunden"
DUE_NOW = "Overtakelse av kunde: gjør umiddelbart"
LATER = "Overtakelse av kunde: før og i første møte"
ON_THE_CARD = {
    "Sett deg som PFA/KAM",
    "Gå gjennom nøkkelinformasjonen",
    "Ta over aktive bestillinger",
    "Last opp dokumenter som mangler",
}
MAKING_TASKS = "POST /crm/objects/2026-09/tasks/batch/create"
SETTING_THE_MANAGER = "PUT /customers/"


def a_company(road: Road, ref: str, number: str = "", *, owner: str | None = "@kari", contact: bool = True) -> str:
    """A customer of some years, with one person who has an e-mail address; gives its id."""
    properties = {"name": ref.capitalize(), "country": "Norway", "orgnummer": number}
    properties |= {"hubspot_owner_id": owner} if owner else {}
    person = {
        "properties": {"firstname": "Pia", "email": f"pia@{ref}.example", "hs_language": "nb"},
        "associations": {"companies": [f"@{ref}"]},
    }
    company = {"ref": ref, "id": road.new_id(), "createdAt": "-300d", "properties": properties}
    seed: Json = {"companies": [company]}
    return str(road.hubspot("seed", seed | {"contacts": [person] if contact else []})["refs"][ref])


def gets_owner(road: Road, ref: str, owner: str, *, at: str | None = None, by: int | None = None) -> None:
    """A person chooses another owner for a company; HubSpot may tell of it late."""
    change: Json = {"properties": {"hubspot_owner_id": owner}}
    change |= {"at": at} if at else {}
    change |= {"userId": by} if by else {}
    road.hubspot(f"ui/companies/@{ref}", change, method="PATCH")


def is_taken_over(road: Road, *companies: str, times: int = 1) -> None:
    """Everything about the companies' takeovers is decided and done; each of them has so many behind it."""
    wanted = {f"TAKEOVER/{road.stack.hubspot_portal_id}/{company}" for company in companies}

    def recorded() -> bool:
        kept = Counter(item["pk"] for item in road.items() if item["pk"] in wanted)
        return all(kept[one] == times for one in wanted)

    eventually(recorded, "the takeover is remembered", seconds=90)
    all_is_told_and_done(road)


def boxes_of(road: Road, company: str) -> dict[str, str]:
    """The state of each box of a company's latest takeover."""
    kept = [item for item in road.items() if item["pk"] == f"TAKEOVER/{road.stack.hubspot_portal_id}/{company}"]
    boxes: dict[str, str] = max(kept, key=lambda item: item["sk"])["takeover"]["boxes"]
    return boxes


def tasks_of(road: Road, company: str) -> list[Json]:
    """The tasks on a company in HubSpot."""
    return [task for task in road.tasks(None) if company in task["associations"].get("companies", [])]


def called(tasks: list[Json], subject: str) -> Json:
    """The only task whose subject begins so."""
    return the_only([task for task in tasks if subject_of(task).startswith(subject)])


def on_the_card(road: Road) -> list[Json]:
    """The tasks in Metodika."""
    tasks: list[Json] = road.metodika("state/tasks")["results"]
    return tasks


def requests(road: Road, match: str) -> int:
    """How often Metodika has been asked for something."""
    return int(road.metodika(f"log?match={match}")["count"])


class TestATakeover:
    def test_reaches_customer_both_advisers_the_work_and_the_card(self, road: Road) -> None:
        company = ids_of(road, "companies")["fjellbygg"]
        in_forty_days = f"{now() + timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"
        activity = {"createdAt": "-9d", "associations": {"companies": ["@fjellbygg"]}}
        for ref, owner in (("karis", "@kari"), ("sivs", "@siv")):
            due = {"hs_task_subject": "Hemmelig", "hs_timestamp": "+5d", "hubspot_owner_id": owner}
            due |= {"hs_task_status": "NOT_STARTED"}
            road.hubspot("ui/tasks", activity | {"ref": f"task-{ref}", "properties": due})
            begins = {"hs_meeting_title": "Hemmelig", "hubspot_owner_id": owner, "hs_meeting_start_time": in_forty_days}
            road.hubspot("ui/meetings", activity | {"ref": f"meeting-{ref}", "properties": begins})
        gets_owner(road, "fjellbygg", "@ola")
        is_taken_over(road, company)

        tasks = [task for task in tasks_of(road, company) if subject_of(task) != "Hemmelig"]
        assert sorted(map(subject_of, tasks)) == sorted([MESSAGE, HANDOVER, DUE_NOW, LATER])
        message = called(tasks, MESSAGE)
        assert (message["properties"]["hs_task_type"], owner_of(road, message)) == ("EMAIL", OLA)
        assert message["associations"]["contacts"] == [ids_of(road, "contacts")["anne"]]
        assert "Jeg heter Ola Rådgiver" in body_of(message)
        assert "etter Kari Rådgiver" in body_of(message)
        assert owner_of(road, called(tasks, HANDOVER)) == KARI
        due_now, later = called(tasks, DUE_NOW), called(tasks, LATER)
        assert {owner_of(road, due_now), owner_of(road, later)} == {OLA}
        for found in ("Kari Rådgiver er fortsatt her", "kortet står på en annen", "2 registrert, 2 av dem med telefon",
                      "står på andre: Arbeidsplassvurdering", "står nå i «customer»", "kommende møter: 2"):  # fmt: skip
            assert found in body_of(due_now)
        for found in ("ikke påbegynt: Kurs i førstehjelp; Gjennomgang av stoffkartotek", "finnes i Metodika",
                      "mangler: handlingsplan, risikovurdering", "åpne oppgaver på selskapet: 2"):  # fmt: skip
            assert found in body_of(later)

        of_whom = {record["ref"]: owner_of(road, record) for record in self._work(road) if record["ref"]}
        assert of_whom == {"task-karis": OLA, "task-sivs": SIV, "meeting-karis": OLA, "meeting-sivs": SIV}
        note = the_only(road.hubspot("state/notes")["results"])["properties"]["hs_note_body"]
        ids = {record["ref"]: record["id"] for record in self._work(road)}
        assert f"engagement={ids['task-karis']}" in note
        assert f"engagement={ids['meeting-karis']} – kalenderen følger ikke med: inviter på nytt" in note
        assert ids["task-sivs"] not in note
        assert ids["meeting-sivs"] not in note
        assert "Hemmelig" not in note

        assert {task["title"] for task in on_the_card(road)} == ON_THE_CARD
        orders = called_on_card(road, "Ta over aktive bestillinger")
        assert "Arbeidsplassvurdering" in orders["body"]
        assert "HMS-kurs for ledere" not in orders["body"]
        assert "sist oppdatert" in called_on_card(road, "Gå gjennom nøkkelinformasjonen")["body"]
        users = {user["id"]: user["email"] for user in road.metodika("state/users")["results"]}
        assert {users[task["assigneeUserId"]] for task in on_the_card(road)} == {OLA}
        boxes = boxes_of(road, company)
        assert len(boxes) == 20
        assert {box for box, state in boxes.items() if state == "verified"} == {"002-41", "002-42"}

    def test_by_the_first_adviser_ever_has_no_predecessor(self, road: Road) -> None:
        company = a_company(road, "nyfisk", owner=None)
        gets_owner(road, "nyfisk", "@ola")
        is_taken_over(road, company)
        tasks = tasks_of(road, company)
        assert {owner_of(road, task) for task in tasks} == {OLA}
        assert not [task for task in tasks if subject_of(task) == HANDOVER]
        assert "er den nye rådgiveren deres hos Avonova.\n" in body_of(called(tasks, MESSAGE))
        assert "kunden har ikke hatt rådgiver før" in body_of(called(tasks, DUE_NOW))

    def test_waits_for_the_last_of_several_changes_and_back_to_the_old_owner_is_nothing(self, road: Road) -> None:
        road.use_rules(owner_change={"settle_minutes": 60})
        changed, unchanged = a_company(road, "vekslende"), a_company(road, "angret")
        gets_owner(road, "vekslende", "@siv", at="-35m")
        gets_owner(road, "angret", "@siv", at="-35m")
        gets_owner(road, "vekslende", "@ola", at="-30m")
        gets_owner(road, "angret", "@kari", at="-30m")
        eventually(lambda: road.plans(changed, FLOW) and road.plans(unchanged, FLOW), "both are looked at")
        all_is_told_and_done(road)
        assert not tasks_of(road, changed)
        assert road.plans(changed, FLOW)[-1]["because"].startswith("Eieren er nettopp endret")

        # The wait is over: the rules say so, and the looks that are booked for its end come now.
        road.use_rules(owner_change={"settle_minutes": 15})
        for _ in {wake["ScheduleExpression"] for wake in road.wakes()}:
            road.bring_forward()
        is_taken_over(road, changed)
        message = called(tasks_of(road, changed), MESSAGE)
        assert owner_of(road, message) == OLA
        assert "etter Kari Rådgiver" in body_of(message)
        assert {owner_of(road, task) for task in tasks_of(road, changed)} == {KARI, OLA}
        assert not tasks_of(road, unchanged)
        assert road.plans(unchanged, FLOW)[-1]["because"] == "Selskapet er tilbake hos den eieren det hadde."

    def test_by_the_same_adviser_again_later_is_a_new_one(self, road: Road) -> None:
        company = a_company(road, "trofast")
        for times, owner in enumerate(("@ola", "@kari", "@ola"), start=1):
            gets_owner(road, "trofast", owner)
            is_taken_over(road, company, times=times)
        messages = [task for task in tasks_of(road, company) if subject_of(task) == MESSAGE]
        assert Counter(owner_of(road, task) for task in messages) == {OLA: 2, KARI: 1}

    @staticmethod
    def _work(road: Road) -> list[Json]:
        kinds = ("tasks", "meetings")
        return [record for kind in kinds for record in road.hubspot(f"state/{kind}")["results"]]


def called_on_card(road: Road, title: str) -> Json:
    """The only task in Metodika of that title."""
    return the_only([task for task in on_the_card(road) if task["title"] == title])


class TestTheCustomer:
    def test_who_has_heard_by_e_mail_or_by_the_companys_property_gets_no_message(self, road: Road) -> None:
        road.use_rules(owner_change={**USUAL, "informed_property": "kunde_informert"})
        informed = {
            "name": "kunde_informert",
            "label": "Kunde informert",
            "type": "bool",
            "fieldType": "booleancheckbox",
            "groupName": "companyinformation",
        }
        road.hubspot("seed", {"properties": {"companies": [informed]}})
        told, ticked = a_company(road, "skrevet"), a_company(road, "krysset")
        email = {
            "hs_timestamp": "-3d",
            "hs_email_direction": "EMAIL",
            "hs_email_subject": "Du har fått ny rådgiver hos Avonova",
            "hubspot_owner_id": "@kari",
        }
        associations = {"contacts": [_contact_at(road, told)], "companies": ["@skrevet"]}
        road.hubspot("ui/emails", {"properties": email, "associations": associations})
        road.hubspot("ui/companies/@krysset", {"properties": {"kunde_informert": "true"}}, method="PATCH")
        gets_owner(road, "skrevet", "@ola")
        gets_owner(road, "krysset", "@ola")
        is_taken_over(road, told, ticked)
        assert not [task for task in road.tasks(None) if subject_of(task) == MESSAGE]
        assert "kunden fikk e-post om det" in body_of(called(tasks_of(road, told), DUE_NOW))
        assert "ifølge selskapets kort i HubSpot" in body_of(called(tasks_of(road, ticked), DUE_NOW))
        assert boxes_of(road, told)["002-55"] == boxes_of(road, ticked)["002-55"] == "verified"

    def test_without_a_main_contact_is_a_task_to_find_one(self, road: Road) -> None:
        company = a_company(road, "folketom", contact=False)
        gets_owner(road, "folketom", "@ola")
        is_taken_over(road, company)
        tasks = tasks_of(road, company)
        assert not [task for task in tasks if subject_of(task) == MESSAGE]
        assert owner_of(road, called(tasks, "Finn hovedkontakten")) == OLA


class TestTheCard:
    def test_that_cannot_be_found_by_number_is_a_task_that_says_why(self, road: Road) -> None:
        company = a_company(road, "feilskrevet", "310 124 002")
        gets_owner(road, "feilskrevet", "@ola")
        is_taken_over(road, company)
        assert "er ikke et gyldig nummer" in body_of(called(tasks_of(road, company), "Metodika: Finn kundekortet"))
        assert not on_the_card(road)

    def test_that_may_be_one_of_two_is_a_task_that_links_both(self, road: Road) -> None:
        company = ids_of(road, "companies")["nordkraft"]
        road.metodika(
            "ui/customers/@nordkraft_gammelt", {"url": "https://metodika.example/kundekort/gammelt"}, method="PATCH"
        )
        gets_owner(road, "nordkraft", "@kari")
        is_taken_over(road, company)
        choose = body_of(called(tasks_of(road, company), "Metodika: Velg riktig kundekort"))
        assert "2 kundekort" in choose
        for address in ("https://metodika.example/kundekort/nordkraft", "https://metodika.example/kundekort/gammelt"):
            assert address in choose
        assert not on_the_card(road)

    def test_that_takes_no_tasks_makes_them_hubspots_with_the_same_words(self, road: Road) -> None:
        road.metodika("settings", {"missing": ["createTask"]})
        company = ids_of(road, "companies")["fjellbygg"]
        gets_owner(road, "fjellbygg", "@ola")
        is_taken_over(road, company)
        assert not on_the_card(road)
        by_hand = {
            subject_of(task).removeprefix("Metodika: "): task
            for task in tasks_of(road, company)
            if subject_of(task).startswith("Metodika: ")
        }
        assert set(by_hand) == ON_THE_CARD
        assert "Arbeidsplassvurdering" in body_of(by_hand["Ta over aktive bestillinger"])
        assert {owner_of(road, task) for task in by_hand.values()} == {OLA}

    def test_gets_its_manager_from_us_when_the_rules_say_so(self, road: Road) -> None:
        road.use_rules(owner_change={**USUAL, "set_manager": "auto"})
        company = ids_of(road, "companies")["fjellbygg"]
        gets_owner(road, "fjellbygg", "@ola")
        is_taken_over(road, company)
        assert self._manager(road) == OLA
        assert "Sett deg som PFA/KAM" not in {task["title"] for task in on_the_card(road)}
        road.bring_forward()
        eventually(lambda: boxes_of(road, company)["002-40"] == "verified", "the next look sees it")

    def test_changed_by_another_each_time_we_try_becomes_a_persons(self, road: Road) -> None:
        road.use_rules(owner_change={**USUAL, "set_manager": "auto"})
        company = ids_of(road, "companies")["fjellbygg"]
        # What Metodika answers when the card has got another version since we read it.
        changed_meanwhile = {"code": "CHANGED", "message": "the customer was changed since"}
        road.metodika("fail-next", {"match": SETTING_THE_MANAGER, "times": 3, "status": 412, "body": changed_meanwhile})
        gets_owner(road, "fjellbygg", "@ola")
        for times in (1, 2, 3):
            eventually(lambda times=times: requests(road, SETTING_THE_MANAGER) >= times, "it is tried")  # type: ignore[misc]
            all_is_told_and_done(road)
            assert "Sett deg som PFA/KAM" not in {task["title"] for task in on_the_card(road)}
            road.bring_forward()
        eventually(
            lambda: "Sett deg som PFA/KAM" in {task["title"] for task in on_the_card(road)}, "a person is asked to"
        )
        all_is_told_and_done(road)
        answers = [one["status"] for one in road.metodika(f"log?match={SETTING_THE_MANAGER}")["requests"]]
        assert answers == [412, 412, 412]
        assert self._manager(road) == KARI
        assert len([task for task in tasks_of(road, company) if subject_of(task) == MESSAGE]) == 1

    def test_is_seen_to_when_metodika_is_back_and_nothing_else_waits_for_it(self, road: Road) -> None:
        road.metodika("settings", {"down": True})
        company = ids_of(road, "companies")["fjellbygg"]
        gets_owner(road, "fjellbygg", "@ola")
        is_taken_over(road, company)
        tasks = tasks_of(road, company)
        assert sorted(map(subject_of, tasks)) == sorted([MESSAGE, HANDOVER, DUE_NOW, LATER])
        assert "Stå som PFA/KAM i Metodika – venter på Metodika" in body_of(called(tasks, DUE_NOW))

        road.metodika("settings", {"down": False})
        road.bring_forward()
        eventually(lambda: len(on_the_card(road)) == len(ON_THE_CARD), "the tasks are there")
        all_is_told_and_done(road)
        tasks = tasks_of(road, company)
        assert sorted(map(subject_of, tasks)) == sorted([MESSAGE, HANDOVER, DUE_NOW, LATER]), "nothing is made again"
        assert "venter på Metodika" not in "".join(map(body_of, tasks))

    @staticmethod
    def _manager(road: Road) -> str:
        cards = {card["ref"]: card for card in road.metodika("state/customers")["results"]}
        users = {user["id"]: user["email"] for user in road.metodika("state/users")["results"]}
        return str(users[cards["fjellbygg"]["manager"]["userId"]])


class TestAChecklist:
    def test_is_ticked_by_the_system_and_by_a_person_and_ends_when_all_is(self, road: Road) -> None:
        whole, open_ = ids_of(road, "companies")["fjellbygg"], a_company(road, "uferdig")
        for ref in ("fjellbygg", "uferdig"):
            gets_owner(road, ref, "@ola")
        is_taken_over(road, whole, open_)
        for company in (whole, open_):
            checklist = called(tasks_of(road, company), DUE_NOW)
            ticked = checklist["properties"]["hs_task_body"].replace("☐", "x").replace("x 3.", "☐ 3.")
            road.hubspot(f"ui/tasks/{checklist['id']}", {"properties": {"hs_task_body": ticked}}, method="PATCH")
        first_meeting = called(tasks_of(road, whole), LATER)["id"]
        road.hubspot(f"ui/tasks/{first_meeting}", {"properties": {"hs_task_status": "COMPLETED"}}, method="PATCH")
        users = {user["ref"]: user["id"] for user in road.metodika("state/users")["results"]}
        manager = {"userId": users["ola"], "role": "PFA", "since": "-0d", "email": OLA}
        road.metodika("ui/customers/@fjellbygg", {"manager": manager}, method="PATCH")
        while road.wakes():
            road.bring_forward()
        eventually(lambda: "open" not in boxes_of(road, whole).values(), "every box is done")
        eventually(lambda: boxes_of(road, open_)["002-38"] == "ticked", "a person's tick is kept")
        all_is_told_and_done(road)
        done = called(tasks_of(road, whole), DUE_NOW)
        assert done["properties"]["hs_task_status"] == "COMPLETED"
        assert "☑ 3. Stå som PFA/KAM i Metodika" in body_of(done)
        assert boxes_of(road, whole)["002-40"] == "verified"
        assert boxes_of(road, open_)["002-40"] == "open"
        assert called(tasks_of(road, open_), DUE_NOW)["properties"]["hs_task_status"] != "COMPLETED"


class TestACrash:
    def test_while_hubspot_makes_the_message_does_not_make_it_again(self, road: Road) -> None:
        """HubSpot has made the task, and the worker died before it heard of it."""
        company = a_company(road, "uheldig")
        road.hubspot("fail-next", {"match": MAKING_TASKS, "hang": 10, "after_effect": True})
        gets_owner(road, "uheldig", "@ola")
        eventually(lambda: road.tasks("EMAIL"), "HubSpot has the task")
        road.kill_flow(FLOW)
        is_taken_over(road, company)
        find_card = "Metodika: Finn kundekortet i Metodika"
        made = sorted(map(subject_of, tasks_of(road, company)))
        assert made == sorted([MESSAGE, HANDOVER, DUE_NOW, LATER, find_card])


class TestManyAtOnce:
    def test_are_each_taken_over_once_and_first_meetings_spread_over_the_days(self, road: Road) -> None:
        road.use_rules(owner_change={**USUAL, "first_meetings_per_day": 10})
        refs = [f"kunde{number}" for number in range(50)]
        companies = [a_company(road, ref) for ref in refs]
        road.hubspot("settings", {"batch_window_seconds": 1})  # an import is told of in few webhooks
        for ref in refs:
            gets_owner(road, ref, "@ola")
        is_taken_over(road, *companies)
        made = Counter(subject_of(task) for task in road.tasks(None))
        assert made[MESSAGE] == made[HANDOVER] == made[DUE_NOW] == made[LATER] == 50
        told = Counter(tuple(task["associations"]["contacts"]) for task in road.tasks("EMAIL"))
        assert set(told.values()) == {1}
        first_meetings = [task for task in road.tasks(None) if subject_of(task) == LATER]
        days = Counter(
            datetime.fromisoformat(task["properties"]["hs_timestamp"]).astimezone(OSLO).date()
            for task in first_meetings
        )
        # Several days for fifty meetings; one more where a midnight falls among the takeovers.
        assert max(days.values()) == 10
        assert len(days) in {5, 6}
        assert all(day.isoweekday() <= 5 for day in days)
        assert not road.dead_letters(FLOW)


class TestAnOwnerRemoved:
    def test_is_a_task_for_customer_service_and_the_former_one_and_nobody_is_put_back(self, road: Road) -> None:
        owners = {owner["email"]: owner for owner in road.hubspot("state/owners")["results"] if owner.get("email")}
        road.use_rules(common={"csc_owner_id": int(owners[CSC]["id"])})
        company = a_company(road, "forlatt")
        gets_owner(road, "forlatt", "", by=owners[SIV]["userId"])
        eventually(lambda: len(tasks_of(road, company)) == 2, "both are told")
        all_is_told_and_done(road)
        tasks = tasks_of(road, company)
        assert {owner_of(road, task) for task in tasks} == {CSC, KARI}
        for task in tasks:
            assert subject_of(task) == "Kunden er uten rådgiver"
            assert "av Siv Rådgiver. Før det var Kari Rådgiver rådgiver." in body_of(task)
        record = next(one for one in road.hubspot("state/companies")["results"] if one["id"] == company)
        assert not record["properties"].get("hubspot_owner_id")


def _contact_at(road: Road, company: str) -> str:
    records = road.hubspot("state/contacts")["results"]
    return str(the_only([one for one in records if company in one["associations"].get("companies", [])])["id"])
