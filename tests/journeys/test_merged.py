"""Two records that become one: our memory follows, and nobody hears from us because of it."""

import pytest

from tests.journeys.operating import operate
from tests.journeys.road import ROUND_THE_CLOCK, Json, Road, eventually
from tests.journeys.test_console_api import ask_for_review
from tests.journeys.test_review_case import AT_ONCE, Desk
from tests.journeys.test_what_becomes_of_an_sms import texted
from tests.journeys.watching import all_is_told_and_done, dealt_with, ids_of, the_only

pytestmark = pytest.mark.journey

DOUBLE = {"ref": "double", "properties": {"firstname": "Anne B.", "country": "Norway", "mobilephone": "936 54 321"}}


def merged(road: Road, primary: str, *others: str, kind: str = "contacts") -> str:
    """A person merges the records; gives the survivor's id once our memory has followed."""
    into = str(road.hubspot(f"ui/{kind}/{primary}/merge", {"with": list(others)})["id"])
    flow = f"records_merged/{road.stack.hubspot_portal_id}/{into}-"

    def has_followed() -> bool:
        return any(
            item["pk"].startswith(flow) and item["sk"].startswith("ACTION/move") and item["state"] == "done"
            for item in road.items()
        )

    eventually(has_followed, "our memory follows the merge")
    all_is_told_and_done(road)
    return into


def about(road: Road, contact: str) -> list[Json]:
    return [item for item in road.items() if item.get("contact_id") == int(contact)]


class TestMergedContacts:
    @pytest.mark.parametrize("primary", ["@anne", "@double"])
    def test_are_not_texted_or_followed_up_again(self, road: Road, primary: str) -> None:
        road.hubspot("seed", {"contacts": [DOUBLE]})
        anne = ids_of(road, "contacts")["anne"]
        texted(road)
        held = len(about(road, anne))
        assert held

        road.hubspot("settings", {"duplicate": True, "shuffle": True})
        [other] = {"@anne", "@double"} - {primary}
        into = merged(road, primary, other)

        assert not about(road, anne)
        assert len(about(road, into)) >= held
        assert [item for item in about(road, into) if item["pk"].startswith("no_answer/")]
        assert len(road.messages()) == 1
        the_only(road.tasks())

    def test_are_called_again_the_same_day_and_keep_their_one_task(self, road: Road) -> None:
        road.hubspot("seed", {"contacts": [DOUBLE]})
        texted(road)
        into = merged(road, "@anne", "@double")
        call = road.log_call(into)
        eventually(lambda: road.plans(call), "the call is decided")
        dealt_with(road, call)
        assert len(road.messages()) == 1
        the_only(road.tasks())

    def test_get_no_sms_about_a_call_to_the_one_who_had_opted_out(self, road: Road) -> None:
        """HubSpot keeps the primary record's values, so that the mark may be lost in the merge."""
        properties = DOUBLE["properties"] | {"kundeflyt_sms_optout": "true"}  # type: ignore[operator]
        road.hubspot("seed", {"contacts": [DOUBLE | {"properties": properties}]})
        call = road.log_call("@double")
        eventually(road.tasks, "the e-mail task is made")
        dealt_with(road, call)
        assert not road.messages()
        merged(road, "@anne", "@double")
        assert not road.messages()
        the_only(road.tasks(None))

    def test_while_a_call_is_held_are_texted_once(self, road: Road) -> None:
        road.hubspot("seed", {"contacts": [DOUBLE]})
        road.use_rules(no_answer={"mode": "hold"})
        call = road.log_call("@double")
        eventually(lambda: [one for one in road.items() if one["pk"] == "HELD/no_answer"], "the call is held")
        into = merged(road, "@anne", "@double")
        road.use_rules(no_answer={"contact_hours": ROUND_THE_CLOCK})
        assert operate(road, "held", "release", "no_answer").returncode == 0
        eventually(road.timeline, "the SMS stands on the timeline")
        dealt_with(road, call)
        assert len(road.messages()) == 1
        assert the_only(road.timeline())["associations"]["contacts"] == [into]


class TestMergedCompanies:
    def test_leave_the_case_and_its_decision_to_the_one_that_survives(self, road: Road) -> None:
        """The case of one is merged into that of the other; what was decided is carried out for the survivor, once."""
        desk = Desk(road)
        road.use_rules(common=AT_ONCE)
        desk.asked()
        ask_for_review(
            road, int(ids_of(road, "companies")["nordkraft"]), "Nordkraft AS", int(desk.adviser), contact_id=7
        )
        eventually(lambda: len(road.cases()) == 2, "both customers have a case")
        # HubSpot makes a new record of the two, so either case may be the one that goes on.
        desk.company = into = merged(road, "@fjellbygg", "@nordkraft", kind="companies")
        [standing] = [one for one in road.cases() if one["state"] == "open"]
        case = standing["id"]
        assert (standing["company"]["id"], len(standing["evidence"])) == (int(into), 2)
        [over] = [one for one in road.cases() if one["state"] == "withdrawn"]
        assert into in over["withdrawn_because"]
        assert [row["id"] for row in desk.listed()] == [case]

        desk.decides(case, "inactive")
        desk.is_effected(case)
        assert not desk.properties().get("hubspot_owner_id")
        assert len(desk.notes()) == 1
        eventually(lambda: road.plans(into, "owner_change"), "the guard has looked")
        all_is_told_and_done(road)
        assert "CSC vedtok" in road.plans(into, "owner_change")[-1]["because"]

    def test_leave_the_customers_history_to_the_one_that_survives(self, road: Road) -> None:
        fjellbygg = ids_of(road, "companies")["fjellbygg"]
        texted(road)
        into = merged(road, "@fjellbygg", "@nordkraft", kind="companies")
        customers = {item.get("customer") for item in road.items()}
        assert f"company/{into}" in customers
        assert f"company/{fjellbygg}" not in customers
        plans = [item["plan"] for item in road.items() if item["pk"].startswith("no_answer/") and "plan" in item]
        assert [plan["company_id"] for plan in plans] == [int(into)]
        assert len(road.messages()) == 1
