"""A customer writes: their case leaves the desk; who was inactive wakes up, once."""

from __future__ import annotations

import pytest

from tests.journeys.road import Json, Road, eventually
from tests.journeys.test_review_case import AT_ONCE, CUSTOMER, Desk
from tests.journeys.test_what_becomes_of_an_sms import writes
from tests.journeys.watching import all_is_told_and_done, body_of, now, owner_of

pytestmark = pytest.mark.journey

FLOW = "customer_reached"
WOKEN = "Inaktiv kunde har tatt kontakt"


@pytest.fixture
def desk(road: Road) -> Desk:
    return Desk(road)


def email(road: Road, direction: str = "INCOMING_EMAIL") -> str:
    """An e-mail is logged on the customer; gives its id."""
    properties = {"hs_timestamp": now().isoformat(), "hs_email_direction": direction}
    on = {"companies": [f"@{CUSTOMER}"], "contacts": ["@anne"]}
    made: Json = road.hubspot("ui/emails", {"properties": properties, "associations": on})
    return str(made["id"])


def asleep(road: Road, desk: Desk) -> str:
    """Customer service has made the customer inactive, and nobody owns it; gives the case's id."""
    road.use_rules(common=AT_ONCE)
    case = desk.asked()
    desk.decides(case, "inactive")
    desk.is_effected(case)
    assert not desk.properties().get("hubspot_owner_id")
    return case


def audit(desk: Desk, case: str) -> list[str]:
    return [entry["what"] for entry in desk.csc.get(f"cases/{case}").json()["audit"]]


class TestACaseOfACustomerWhoWrites:
    def test_is_withdrawn_with_the_reason_and_stays_so(self, road: Road, desk: Desk) -> None:
        case = desk.asked()
        ours = email(road, "EMAIL")
        eventually(lambda: road.plans(ours, FLOW), "what we wrote is looked at")
        assert road.plans(ours, FLOW)[-1]["because"].startswith("Det kom ikke fra kunden")
        assert desk.state(case) == "open"

        theirs = email(road)
        eventually(lambda: desk.state(case) == "withdrawn", "the case is withdrawn")
        all_is_told_and_done(road)
        shown = desk.csc.get(f"cases/{case}").json()
        assert shown["withdrawn_because"].startswith("Kunden sendte en e-post")
        assert shown["withdrawn_because"].endswith(f"(emails/{theirs}).")
        assert desk.tasks("Kunden har tatt kontakt") == []
        assert desk.listed() == []


class TestAnInactiveCustomerWhoWrites:
    def test_is_the_last_advisers_task_with_a_note_once(self, road: Road, desk: Desk) -> None:
        case = asleep(road, desk)
        first = email(road)
        eventually(lambda: desk.tasks(WOKEN), "the last adviser has a task")
        second = email(road)
        eventually(lambda: road.plans(second, FLOW), "the second e-mail is looked at")
        all_is_told_and_done(road)
        [task] = desk.tasks(WOKEN)
        assert owner_of(road, task) == "kari@avonova.example"
        assert f"engagement={first}" in body_of(task)
        assert ["En inaktiv kunde har tatt kontakt" in note for note in desk.notes()].count(True) == 1
        assert audit(desk, case).count("reactivated") == 1
        assert road.plans(second, FLOW)[-1]["because"].startswith("Kunden har ingen sak")

    def test_is_woken_by_an_sms_once_it_is_known_whose_it_is_and_not_by_stop(self, road: Road, desk: Desk) -> None:
        asleep(road, desk)
        for text in ("STOPP", "Ja, ring meg gjerne"):
            assert desk.tasks(WOKEN) == []
            writes(road, text)
            all_is_told_and_done(road)
            assert not road.words_waiting()
            if road.wakes():  # none where the message was read before anybody looked whose it was
                road.bring_forward()
                all_is_told_and_done(road)
        [task] = desk.tasks(WOKEN)
        assert "Kunden svarte på SMS" in body_of(task)
