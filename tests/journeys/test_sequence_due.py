"""A customer who does not answer is proposed for a sequence, once."""

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
)

pytestmark = pytest.mark.journey

FLOW = "sequence_due"
START = "Start en sequence: kunden svarer ikke"


def proposals(road: Road) -> list[Json]:
    return [task for task in road.tasks("TODO") if subject_of(task) == START]


class TestACustomerNobodyGetsHoldOf:
    def test_is_proposed_after_the_third_call_and_not_again_after_the_fourth(self, road: Road) -> None:
        for _ in range(3):
            road.log_call("@anne")
        eventually(lambda: proposals(road), "the adviser is asked to start a sequence", seconds=UNTIL_ALL_IS_DONE)
        fourth = road.log_call("@anne")
        all_is_told_and_done(road)
        assert road.plans(fourth, FLOW)
        [task] = proposals(road)
        assert owner_of(road, task) == "kari@avonova.example"
        assert body_of(task).count("svarte ikke på anrop") == 3

    def test_is_proposed_when_nobody_came_to_a_meeting(self, road: Road) -> None:
        company = ids_of(road, "companies")["fjellbygg"]
        meeting = {
            "properties": {"hs_timestamp": "-1d", "hs_meeting_outcome": "SCHEDULED"},
            "associations": {"companies": ["@fjellbygg"], "contacts": ["@anne"]},
        }
        made = road.hubspot("ui/meetings", meeting)
        road.hubspot(f"ui/meetings/{made['id']}", {"properties": {"hs_meeting_outcome": "NO_SHOW"}}, method="PATCH")
        eventually(lambda: proposals(road), "the adviser is asked to start a sequence", seconds=UNTIL_ALL_IS_DONE)
        [task] = proposals(road)
        assert task["associations"]["companies"] == [company]

    def test_gets_into_the_sequence_by_itself_when_the_rules_say_so(self, road: Road) -> None:
        sequence = road.hubspot("seed", {"sequences": [{"ref": "hos-kari", "userId": 1_001, "steps": ["EMAIL"]}]})
        road.use_rules(sequence_due={"enrol": "auto", "sequence": int(sequence["refs"]["hos-kari"])})
        for _ in range(3):
            road.log_call("@anne")
        anne = ids_of(road, "contacts")["anne"]

        def enrolled() -> bool:
            contacts = road.hubspot("state/contacts")["results"]
            return any(
                one["id"] == anne and one["properties"].get("hs_sequences_is_enrolled") == "true" for one in contacts
            )

        eventually(enrolled, "the contact is in the sequence")
        assert not proposals(road)

    def test_is_found_at_night_by_the_e_mails_nobody_answered(self, road: Road) -> None:
        for days in (7, 9, 11):
            sent = {"hs_timestamp": f"-{days}d", "hs_email_direction": "EMAIL", "hs_email_status": "SENT"}
            road.hubspot(
                "seed",
                {
                    "emails": [
                        {"properties": sent, "associations": {"companies": ["@fjellbygg"], "contacts": ["@anne"]}}
                    ]
                },
            )
        started = operate(road, "sweeps", "start", FLOW, "--json")
        assert started.returncode == 0, started.stderr
        eventually(lambda: proposals(road), "the adviser is asked to start a sequence", seconds=UNTIL_ALL_IS_DONE)
