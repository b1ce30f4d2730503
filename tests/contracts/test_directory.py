"""Who people and customers are: the directory in memory and HubSpot's keep the same promises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from infra.simulators.hubspot import HubspotSimulator
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.directory import HubSpotDirectory
from kundeflyt.domain.crm import Owner
from kundeflyt.ports.directory import CompanyNow, Directory, PersonNow, WaitingTask
from tests.fakes.directory import FakeDirectory

KARI, SHARED, GONE = 11, (12, 13), 14
ANNE, NAMELESS, FJORDBYGG, NOBODY = 501, 502, 9001, 999
EARLY, LATE = datetime(2026, 11, 9, 8, 0, tzinfo=UTC), datetime(2026, 11, 12, 8, 0, tzinfo=UTC)
OWNERS = {KARI: "Kari@avonova.example", SHARED[0]: "team@avonova.example", SHARED[1]: "team@avonova.example"}


def in_memory() -> FakeDirectory:
    directory = FakeDirectory()
    directory.advisers = {id_: Owner(id=id_, email=email, first_name="K") for id_, email in OWNERS.items()}
    directory.advisers[GONE] = Owner(id=GONE, email="gone@avonova.example", archived=True)
    directory.persons = {
        ANNE: PersonNow(id=ANNE, name="Anne Berg", title="Daglig leder", phone="+4790000001"),
        NAMELESS: PersonNow(id=NAMELESS, name="", phone="+4722334400"),
    }
    directory.customers = {
        FJORDBYGG: CompanyNow(id=FJORDBYGG, name="Fjordbygg AS", organisation_number="923609016", owner_id=KARI)
    }
    directory.tasks_of = {
        KARI: [WaitingTask(id=72, subject="Senere", due=LATE), WaitingTask(id=71, subject="Først", due=EARLY)]
    }
    return directory


def task(subject: str, at: datetime, *, key: str | None, status: str = "NOT_STARTED") -> dict[str, Any]:
    values = {
        "hs_task_subject": subject,
        "hs_timestamp": at.isoformat(),
        "hs_task_status": status,
        "hubspot_owner_id": str(KARI),
    }
    return {"properties": values | ({"kundeflyt_key": key} if key else {})}


def at_hubspot(simulator: HubspotSimulator) -> HubSpotDirectory:
    def control(path: str, body: Any) -> None:
        said = requests.post(f"{simulator.url}/_sim/{path}", json=body, timeout=60)
        assert said.ok, said.text

    control("reset", {})
    people = {
        ANNE: {
            "firstname": "Anne",
            "lastname": "Berg",
            "jobtitle": "Daglig leder",
            "mobilephone": "+4790000001",
            "phone": "+4722334400",
        },
        NAMELESS: {"phone": "+4722334400"},
    }
    control(
        "seed",
        {
            "properties": {
                "companies": [
                    {
                        "name": "orgnummer",
                        "label": "Org.nr.",
                        "type": "string",
                        "fieldType": "text",
                        "groupName": "companyinformation",
                    }
                ],
            },
            "owners": [
                *({"id": str(id_), "email": email, "firstName": "K"} for id_, email in OWNERS.items()),
                {"id": str(GONE), "email": "gone@avonova.example", "archived": True},
            ],
            "contacts": [{"id": str(id_), "properties": values} for id_, values in people.items()],
            "companies": [
                {
                    "id": str(FJORDBYGG),
                    "properties": {"name": "Fjordbygg AS", "orgnummer": "923609016", "hubspot_owner_id": str(KARI)},
                }
            ],
        },
    )
    for made in (
        task("Senere", LATE, key="a"),
        task("Først", EARLY, key="b"),
        task("Gjort", EARLY, status="COMPLETED", key="c"),
        task("En annens", EARLY, key=None),
    ):
        control("ui/tasks", made)
    client = HubSpotClient(base_url=simulator.url, access_token=simulator.settings.access_token)
    return HubSpotDirectory(client, clock=lambda: EARLY)


@pytest.fixture(params=["in memory", "HubSpot"])
def directory(request: pytest.FixtureRequest) -> Directory:
    if request.param == "in memory":
        return in_memory()
    return at_hubspot(request.getfixturevalue("hubspot_simulator"))


class TestTheDirectory:
    def test_knows_people_by_name_and_the_number_they_answer(self, directory: Directory) -> None:
        found = directory.people([ANNE, NAMELESS, NOBODY])
        assert found == {
            ANNE: PersonNow(id=ANNE, name="Anne Berg", title="Daglig leder", phone="+4790000001"),
            NAMELESS: PersonNow(id=NAMELESS, name="", phone="+4722334400"),
        }

    def test_knows_customers_and_whose_they_are(self, directory: Directory) -> None:
        found = directory.companies([FJORDBYGG, NOBODY], number_property="orgnummer")
        assert found == {
            FJORDBYGG: CompanyNow(id=FJORDBYGG, name="Fjordbygg AS", organisation_number="923609016", owner_id=KARI)
        }

    def test_knows_advisers_also_those_who_have_left(self, directory: Directory) -> None:
        found = directory.owners([KARI, GONE, NOBODY])
        assert {id_: owner.archived for id_, owner in found.items()} == {KARI: False, GONE: True}

    @pytest.mark.parametrize(
        ("email", "owner"),
        [
            ("kari@avonova.example", KARI),
            ("KARI@avonova.example", KARI),
            ("team@avonova.example", None),
            ("gone@avonova.example", None),
            ("ari@avonova.example", None),
            ("", None),
        ],
    )
    def test_finds_the_one_adviser_at_work_with_an_address(
        self, directory: Directory, email: str, owner: int | None
    ) -> None:
        found = directory.owner_with_email(email)
        assert (found.id if found else None) == owner

    def test_lists_our_tasks_that_wait_the_first_due_first(self, directory: Directory) -> None:
        assert [one.subject for one in directory.waiting_tasks(KARI, most=10)] == ["Først", "Senere"]
        assert [one.subject for one in directory.waiting_tasks(KARI, most=1)] == ["Først"]
        assert directory.waiting_tasks(NOBODY, most=10) == []
