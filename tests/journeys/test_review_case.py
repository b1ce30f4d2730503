"""Customer service decides a case: what HubSpot and Metodika get of it, once, and nothing of what is undone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.operating import operate
from tests.journeys.road import Json, Road, eventually
from tests.journeys.test_console_api import Somebody, ask_for_review, decision, sign_in
from tests.journeys.watching import all_is_told_and_done, ids_of, owner_of, subject_of

pytestmark = pytest.mark.journey

FLOW = "review_decided"
CUSTOMER = "fjellbygg"
AT_ONCE: Json = {"review_cases": {"undo_minutes": 0}}
WITHOUT_ADVISER = "Kunden er uten rådgiver"


class Desk:
    """Customer service, signed in, and the customer's one case."""

    def __init__(self, road: Road) -> None:
        self.road = road
        self.csc: Somebody = sign_in(road.stack, "csc")
        self.company = ids_of(road, "companies")[CUSTOMER]
        self.adviser = str(self.properties()["hubspot_owner_id"])

    def asked(self) -> str:
        """A finished sequence is told of on the review queue; gives the case's id."""
        ask_for_review(self.road, int(self.company), "Fjellbygg AS", int(self.adviser))
        return str(eventually(self.listed, "the case is in the queue")[0]["id"])

    def listed(self) -> list[Json]:
        rows: list[Json] = self.csc.get("cases").json()["cases"]
        return [row for row in rows if row["company"]["id"] == self.company]

    def decides(self, case: str, what: str, **more: str) -> None:
        claimed = self.csc.post(f"cases/{case}/claim").json()
        answer = self.csc.post(f"cases/{case}/decision", decision(claimed["case"]["version"], what) | more)
        assert answer.status_code == 200, answer.text

    def state(self, case: str) -> str:
        return str(self.csc.get(f"cases/{case}").json()["case"]["state"])

    def is_effected(self, case: str) -> None:
        eventually(lambda: self.state(case) == "effected", "the decision is carried out")
        all_is_told_and_done(self.road)

    def properties(self) -> Json:
        found: list[Json] = self.road.hubspot("state/companies")["results"]
        properties: Json = next(one["properties"] for one in found if str(one["id"]) == self.company)
        return properties

    def notes(self) -> list[str]:
        found: list[Json] = self.road.hubspot("state/notes")["results"]
        return [one["properties"]["hs_note_body"] for one in found]

    def tasks(self, start: str) -> list[Json]:
        return [task for task in self.road.tasks(None) if subject_of(task).startswith(start)]

    def card_tasks(self) -> list[Json]:
        found: list[Json] = self.road.metodika("state/tasks")["results"]
        return [task for task in found if task["title"] == "Fjern deg som PFA/KAM"]


@pytest.fixture
def desk(road: Road) -> Desk:
    return Desk(road)


class TestADecision:
    def test_for_inactive_has_all_its_effects_once_and_the_guard_knows_it(self, road: Road, desk: Desk) -> None:
        road.use_rules(common=AT_ONCE)
        case = desk.asked()
        desk.decides(case, "inactive")
        desk.is_effected(case)

        assert not desk.properties().get("hubspot_owner_id")
        assert desk.properties()["industry"] == "Inaktiv kunde"
        assert len(desk.card_tasks()) == 1
        assert ["CSC har avgjort at kunden er inaktiv" in body for body in desk.notes()] == [True]
        eventually(lambda: road.plans(desk.company, "owner_change"), "the guard has looked")
        all_is_told_and_done(road)
        assert "CSC vedtok" in road.plans(desk.company, "owner_change")[-1]["because"]
        assert desk.tasks(WITHOUT_ADVISER) == []

        # The night finds nothing left to do.
        assert operate(road, "sweeps", "start", FLOW, "--json").returncode == 0
        eventually(lambda: any(item["pk"] == f"SWEEP/{FLOW}" for item in road.items()), "the night is over")
        all_is_told_and_done(road)
        assert (len(desk.card_tasks()), len(desk.notes())) == (1, 1)

        # Reopened and decided again, it has effects of its own.
        opened = desk.csc.get(f"cases/{case}").json()["case"]["version"]
        reopened = desk.csc.post(f"cases/{case}/reopen", {"version": opened, "reason": "De har ringt oss."})
        assert reopened.status_code == 200, reopened.text
        desk.decides(case, "keep", feedback="Ring daglig leder i mai.")
        desk.is_effected(case)
        [task] = desk.tasks("Følg opp kunden videre")
        assert "Ring daglig leder i mai." in task["properties"]["hs_task_body"]
        assert owner_of(road, task) == "kari@avonova.example"

    def test_that_is_undone_has_no_effect(self, road: Road, desk: Desk) -> None:
        case = desk.asked()
        desk.decides(case, "inactive")
        eventually(road.wakes, "the flow has booked its return")
        decided: dict[str, Any] = desk.csc.get(f"cases/{case}").json()
        undone = desk.csc.post(f"cases/{case}/undo", {"version": decided["case"]["version"]})
        assert undone.status_code == 200, undone.text
        road.bring_forward()
        plans = eventually(
            lambda: [plan for plan in road.plans(case, FLOW) if "angret" in plan["because"]], "undone is known"
        )
        all_is_told_and_done(road)
        assert len(plans) == 1
        assert desk.properties()["hubspot_owner_id"] == desk.adviser
        assert (desk.card_tasks(), desk.notes(), desk.state(case)) == ([], [], "claimed")

    def test_is_carried_out_once_by_the_next_when_a_worker_is_killed(self, road: Road, desk: Desk) -> None:
        """HubSpot has the note, and the worker died before it heard of it and before the owner was cleared."""
        road.use_rules(common=AT_ONCE)
        case = desk.asked()
        making_notes = "POST /crm/objects/2026-09/notes/batch/create"
        road.hubspot("fail-next", {"match": making_notes, "hang": 10, "after_effect": True})
        desk.decides(case, "inactive")
        eventually(desk.notes, "HubSpot has the note")
        road.kill_flow(FLOW)
        assert desk.properties()["hubspot_owner_id"] == desk.adviser
        eventually(lambda: desk.state(case) == "effected", "the decision is carried out", seconds=120)
        all_is_told_and_done(road)
        assert not desk.properties().get("hubspot_owner_id")
        assert (len(desk.card_tasks()), len(desk.notes())) == (1, 1)


class TestAMessage:
    def test_that_nobody_can_read_is_set_aside_with_its_reason(self, road: Road) -> None:
        queue = road.outputs["ReviewIntakeQueueUrl"]
        road.stack.client("sqs").send_message(QueueUrl=queue, MessageBody='{"version": 1}')
        [letter] = eventually(lambda: road.dead_letters("review_intake"), "the message is set aside")
        assert "key: Field required" in letter["reason"]
