"""A sequence ends: what the adviser and customer service get of it, however the stack hears of it."""

from typing import Any

import pytest

from tests.journeys.operating import operate
from tests.journeys.road import Json, Road, eventually
from tests.journeys.watching import (
    UNTIL_ALL_IS_DONE,
    all_is_told_and_done,
    body_of,
    ids_of,
    owner_of,
    subject_of,
    the_only,
)

pytestmark = pytest.mark.journey

FLOW = "sequence_ended"
KARI = "kari@avonova.example"
MISSING = "Registrer hovedkontakt med telefonnummer"
BOUNCED = "Rett kontakten: e-post i retur"
ANSWERED = "Følg opp: kunden har svart"


def all_is_done(road: Road) -> None:
    """Everything is told and worked to its end. One end is told of three times, and its workers wait for each other."""
    all_is_told_and_done(road, seconds=2 * UNTIL_ALL_IS_DONE)


class Customer:
    """A customer of Kari's with one person who has been tried for five months."""

    def __init__(self, road: Road, ref: str, *, phone: str = "22 33 44 55") -> None:
        self._road = road
        properties = {"name": ref.capitalize(), "country": "Norway", "orgnummer": "315000009"}
        company = {"ref": ref, "id": road.new_id(), "properties": properties | {"hubspot_owner_id": "@kari"}}
        person = {
            "ref": f"pia-{ref}",
            "id": road.new_id(),
            "properties": {"firstname": "Pia", "email": f"pia@{ref}.example", "phone": phone},
            "associations": {"companies": [f"@{ref}"]},
        }
        road.hubspot("seed", {"companies": [company | {"createdAt": "-400d"}], "contacts": [person]})
        self.company, self.contact = str(company["id"]), str(person["id"])
        self.sequence("enrol", sequence="@ingen_kontakt", at="-160d")

    def sequence(self, what: str, **more: Any) -> None:
        """Something happens to the contact's sequence."""
        self._road.hubspot(f"ui/contacts/{self.contact}/sequence", {"do": what, **more})

    def is_decided(self, *reasons: str) -> None:
        """The flow's last plan about the contact has this reason, and everything is done."""
        eventually(
            lambda: (plans := self._road.plans(self.contact, FLOW)) and plans[-1]["because"].startswith(reasons),
            f"decided so: {reasons}; {[plan['because'] for plan in self._road.plans(self.contact, FLOW)]}",
            seconds=UNTIL_ALL_IS_DONE,
        )
        all_is_done(self._road)

    @property
    def cases(self) -> list[Json]:
        """The company's cases as they stand."""
        return [case for case in self._road.cases() if str(case["company"]["id"]) == self.company]

    @property
    def tasks(self) -> list[Json]:
        """The tasks that the flow has made."""
        return [
            task
            for task in self._road.tasks(None)
            if task["properties"].get("kundeflyt_key", "").startswith(f"{FLOW}/")
            and self.company in task["associations"].get("companies", [])
        ]


class TestASilentCustomer:
    def test_is_a_case_when_the_sequence_has_run_out(self, road: Road) -> None:
        customer = Customer(road, "stillhet")
        customer.sequence("finish")
        customer.is_decided("Sequence er gått ut uten svar")

        case = the_only(customer.cases)
        assert (case["state"], case["recommendation"]) == ("open", "inactive")
        [evidence] = case["evidence"]
        whats = [entry["what"] for entry in evidence["entries"]]
        assert (whats.count("sequence_email"), whats.count("sequence_call")) == (4, 2)
        assert not customer.tasks

    def test_is_found_in_the_night_when_hubspot_told_of_nothing(self, road: Road) -> None:
        road.hubspot("settings", {"sequence_webhooks": False})
        customer = Customer(road, "nattfunn")
        customer.sequence("finish", at="-2h")
        all_is_done(road)
        assert not road.plans(customer.contact, FLOW)

        for _ in range(2):
            started = operate(road, "sweeps", "start", FLOW, "--json")
            assert started.returncode == 0, started.stderr
            customer.is_decided("Sequence er gått ut", "Det som følger av")

        assert the_only(customer.cases)["state"] == "open"

    def test_is_one_case_though_both_tell_of_it(self, road: Road) -> None:
        road.hubspot("settings", {"duplicate": True, "shuffle": True})
        customer = Customer(road, "dobbelt")
        customer.sequence("finish")
        customer.is_decided("Sequence er gått ut uten svar", "Det som følger av")
        started = operate(road, "sweeps", "start", FLOW, "--json")
        assert started.returncode == 0, started.stderr
        eventually(
            lambda: [item for item in road.items() if item["pk"] == f"SWEEP/{FLOW}" and item["sweep"].get("ended")],
            "the sweep has come to its end",
        )
        all_is_done(road)

        assert len(the_only(customer.cases)["evidence"]) == 1


class TestACustomerWhoAnswers:
    def test_the_day_before_is_no_case_but_a_task_to_follow_up(self, road: Road) -> None:
        customer = Customer(road, "svar")
        customer.sequence("reply", at="-1d")
        customer.is_decided("Kunden svarte")

        task = the_only(customer.tasks)
        assert (subject_of(task), owner_of(road, task)) == (ANSWERED, KARI)
        assert not customer.cases


class TestAPhoneNumberThatIsMissing:
    def test_is_the_advisers_task_first_and_then_a_case(self, road: Road) -> None:
        customer = Customer(road, "utentelefon", phone="")
        customer.sequence("finish")
        customer.is_decided("Kunden kan ikke vurderes ennå")

        task = the_only(customer.tasks)
        assert (subject_of(task), owner_of(road, task)) == (MISSING, KARI)
        assert "mangler telefonnummer" in body_of(task)
        waiting = the_only(customer.cases)
        assert (waiting["state"], waiting["waiting_for"]["gaps"]) == ("waiting", ["phone"])

        change = {"properties": {"phone": "22 33 44 55"}}
        road.hubspot(f"ui/contacts/{customer.contact}", change, method="PATCH")
        road.bring_forward()
        customer.is_decided("Det som manglet, er rettet")

        case = the_only(customer.cases)
        assert (case["state"], case["recommendation"]) == ("open", "inactive")


class TestAnAddressThatBounces:
    def test_is_mended_before_the_customer_is_assessed(self, road: Road) -> None:
        customer = Customer(road, "retur")
        customer.sequence("bounce")
        customer.is_decided("E-posten kom i retur")

        task = the_only(customer.tasks)
        assert (subject_of(task), owner_of(road, task)) == (BOUNCED, KARI)
        assert the_only(customer.cases)["state"] == "waiting"

        done = {"properties": {"hs_task_status": "COMPLETED"}}
        road.hubspot(f"ui/tasks/{task['id']}", done, method="PATCH")
        road.bring_forward()
        customer.is_decided("Det som manglet, er rettet")

        case = the_only(customer.cases)
        assert (case["state"], case["recommendation"]) == ("open", "fix_first")
        assert ids_of(road, "companies")["retur"] == customer.company
