"""What business and operations people can do to a running flow: hold it, watch it, limit it, change its rules."""

import pytest

from tests.journeys.operating import operate
from tests.journeys.road import USUAL, Json, Road, eventually
from tests.journeys.watching import (
    CONNECTED,
    body_of,
    change,
    dealt_with,
    logged,
    reasons,
    the_only,
)

pytestmark = pytest.mark.journey

HOURS = USUAL["no_answer"]


def held(road: Road) -> list[Json]:
    """What waits in the ledger until somebody releases it."""
    return [item for item in road.items() if item["pk"] == "HELD/no_answer"]


def released(road: Road) -> str:
    """Operations lets go what is held; gives what the command says."""
    return operate(road, "held", "release", "no_answer").stdout


def listed(road: Road) -> str:
    """What operations sees when it lists what is held."""
    return operate(road, "held", "list", "no_answer").stdout


def nothing_is_done(road: Road) -> bool:
    """Neither customer nor adviser has noticed anything."""
    return (road.tasks(None), road.messages(), road.timeline()) == ([], [], [])


class TestAFlowOnHold:
    def test_keeps_what_it_hears_and_does_it_once_when_it_is_released(self, road: Road) -> None:
        road.use_rules(no_answer={**HOURS, "mode": "hold"})
        call, corrected = road.log_call("@anne"), road.log_call("@cecilie")
        eventually(lambda: len(held(road)) == 2, "both calls are held")
        change(road, corrected, hs_call_disposition=CONNECTED)
        dealt_with(road, call)
        dealt_with(road, corrected, webhooks=2)
        assert len(held(road)) == 2
        assert {item["reason"] for item in held(road)} == {"flyten står på vent i reglene"}
        assert nothing_is_done(road)
        assert (road.plans(call), road.plans(corrected)) == ([], [])

        seen = listed(road)
        assert all(known in seen for known in (call, corrected, "2 held.")), seen
        refused = operate(road, "held", "release", "no_answer")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "Nothing was released" in refused.stderr
        assert len(held(road)) == 2

        road.use_rules(no_answer=HOURS)
        assert released(road).startswith("2 released")
        eventually(road.timeline, "the SMS stands on the timeline")
        eventually(lambda: road.plans(corrected), "the corrected call is decided")
        dealt_with(road, call, corrected)
        assert the_only(road.messages())["to"] == "+4740612345"
        assert "SMS: sendt" in body_of(the_only(road.tasks(None)))
        assert reasons(road, corrected) == ["Utfallet er et annet enn «ikke svar»."]
        assert held(road) == []

        assert released(road).startswith("0 released")


class TestAFlowThatOnlyShows:
    def test_says_what_it_would_have_done_and_why_and_does_nothing(self, road: Road) -> None:
        road.use_rules(no_answer={**HOURS, "mode": "shadow"})
        call = road.log_call("@anne")
        eventually(lambda: road.plans(call), "the plan is made")
        dealt_with(road, call)
        plan = the_only(road.plans(call))
        assert (plan["mode"], plan["performs"]) == ("shadow", False)
        assert plan["because"] == "Utgående anrop uten svar. SMS: sendes nå."
        assert [action["name"] for action in plan["plan"]["actions"]][:2] == ["email-task", "sms"]
        assert nothing_is_done(road)

    def test_does_so_to_everybody_outside_the_pilot(self, road: Road) -> None:
        road.use_rules(common={"pilot": {"numbers": ["+4740612345"]}})
        inside, outside = road.log_call("@anne"), road.log_call("@cecilie")
        eventually(road.timeline, "the SMS to the one in the pilot stands on the timeline")
        eventually(lambda: road.plans(outside), "the other call is decided")
        dealt_with(road, inside, outside)
        assert the_only(road.messages())["to"] == "+4740612345"
        assert len(road.tasks(None)) == 1
        assert reasons(road, outside)[0].startswith("Utenfor piloten, derfor bare vist: Utgående anrop uten svar.")


class TestTheBlastGuard:
    def test_stops_the_flow_says_so_and_what_waited_is_done_once_on_release(self, road: Road) -> None:
        road.use_rules(common={"blast_guard": {"sms_per_hour": 0}})
        first = road.log_call("@anne")
        eventually(lambda: held(road), "the call is held")
        second = road.log_call("@cecilie")
        eventually(lambda: len(held(road)) == 2, "the next call is held as well")
        dealt_with(road, first, second)
        assert (road.messages(), road.timeline()) == ([], [])
        assert all("nådde grensen på 0 SMS i timen" in item["reason"] for item in held(road))
        assert "no_answer has stopped itself: " in listed(road)
        eventually(lambda: any("BlastGuardTripped" in text for text in logged(road).values()), "operations hears of it")

        road.use_rules(common={})
        third = road.log_call("@david")
        eventually(lambda: len(held(road)) == 3, "new rules alone do not start it again")
        assert released(road).startswith("3 released")
        eventually(lambda: len(road.timeline()) == 3, "every SMS stands on the timeline")
        dealt_with(road, first, second, third)
        assert sorted(message["to"] for message in road.messages()) == ["+4740612345", "+4745234567", "+4798765432"]
        assert len(road.tasks(None)) == 3
        assert all("SMS: sendt" in body_of(task) for task in road.tasks())
        assert held(road) == []


class TestBrokenRules:
    def test_never_take_effect_and_the_last_good_ones_stay_for_old_and_new_processes(self, road: Road) -> None:
        road.use_rules(common={"provider_name": "Fjellhelse"})
        before = road.log_call("@anne")
        eventually(road.timeline, "the first SMS stands on the timeline")
        dealt_with(road, before)

        ssm, name = road.stack.client("ssm"), road.stack.rules_parameters["common"]
        good = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        broken = '{"provider_name": "", "pilot": {"numbers": "+4740612345"}}'
        ssm.put_parameter(Name=name, Value=broken, Type="String", Overwrite=True)
        try:
            old_process = road.log_call("@cecilie")
            eventually(lambda: len(road.timeline()) == 2, "the second SMS stands on the timeline")
            dealt_with(road, old_process)
            road.kill_flow()
            new_process = road.log_call("@david")
            eventually(lambda: len(road.timeline()) == 3, "the third SMS stands on the timeline")
            dealt_with(road, new_process)
        finally:
            ssm.put_parameter(Name=name, Value=good, Type="String", Overwrite=True)
        assert all(message["text"].endswith("Hilsen Kari Rådgiver, Fjellhelse") for message in road.messages())
        assert len(road.messages()) == 3
        eventually(lambda: any("RulesRejected" in text for text in logged(road).values()), "operations hears of it")


class TestShadowInTheMiddleOfThings:
    def test_takes_back_the_sms_that_the_task_has_promised(self, road: Road) -> None:
        """ITX was down, and before it was up again the routine was only to be shown."""
        down = {"match": "POST /sms/messages", "times": 50, "status": 503, "headers": {"Retry-After": "2"}}
        road.itx("fail-next", down)
        call = road.log_call("@anne")
        promised = eventually(road.tasks, "the task is made")[0]
        assert "SMS: sendes nå." in body_of(promised)

        road.use_rules(no_answer={**HOURS, "mode": "shadow"})
        eventually(lambda: road.action(call, "task-says-sms-0"), "the task says what became of the SMS")
        assert "SMS: ikke sendt, fordi noe er endret siden det ble bestemt" in body_of(the_only(road.tasks()))
        assert not road.messages()
