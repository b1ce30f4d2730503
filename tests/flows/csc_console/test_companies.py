"""Why did this happen? Every plan that touched a customer, also those that came to nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kundeflyt.domain.actions import CreateTask, Plan, TakeoverRecord
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.directory import WaitingTask
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import ActionKey, StoredPlan
from tests.domain.case_situation import ADVISER, COMPANY, NOW, PORTAL
from tests.flows.csc_console.console import KARI, OLAS_ID, UNA, Console, claims
from tests.ledger_steps import finish, start, store

HISTORY = f"/api/companies/{COMPANY}/history"


def planned(console: Console, call: int, *, minutes: float = 0, again: float | None = None) -> None:
    """A call was decided at that minute, and once more at another where `again` says so."""
    event = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=call, occurred_at=NOW, received_at=NOW)
    for round_, minute in enumerate([minutes] if again is None else [minutes, again]):
        at = NOW + timedelta(minutes=minute)
        plan = Plan(because=f"Samtale {call} ble ikke besvart.", company_id=COMPANY, responsible=ADVISER)
        basis = f"no_answer/{round_}"
        store(
            console.ledger,
            [StoredPlan(flow="no_answer", event=event, basis=basis, mode="on", plan=plan, planned_at=at)],
        )


class TestACustomersHistory:
    def test_tells_what_was_done_and_why(self, console: Console) -> None:
        event = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=1, occurred_at=NOW, received_at=NOW)
        task = CreateTask(
            name="email", task_type="EMAIL", subject="s", body="b", due=NOW, owner_id=ADVISER, company_id=COMPANY
        )
        plan = Plan(because="Ikke svar.", actions=(task,), company_id=COMPANY, contact_id=501, responsible=ADVISER)
        store(
            console.ledger, [StoredPlan(flow="no_answer", event=event, basis="x", mode="on", plan=plan, planned_at=NOW)]
        )
        key = ActionKey(flow="no_answer", subject=event.subject, name="email")
        start(console.ledger, [key], now=NOW, lease_until=NOW)
        finish(console.ledger, key, state="done", now=NOW, result="77")
        said = console.get(HISTORY, UNA).json
        [story] = said["stories"]
        [plan_] = story["plans"]
        assert (said["company"]["name"], said["owner"]["name"]) == ("Fjordbygg AS", "Kari Rådgiver")
        assert (plan_["because"], plan_["responsible"]["name"]) == ("Ikke svar.", "Kari Rådgiver")
        [action] = plan_["actions"]
        assert (action["state"], action["result"]) == ("done", "77")
        assert action["link"].endswith(f"/record/0-2/{COMPANY}/?engagement=77")

    def test_tells_what_came_to_nothing(self, console: Console) -> None:
        planned(console, 1)
        [story] = console.get(HISTORY, UNA).json["stories"]
        assert [(plan["because"], plan["actions"]) for plan in story["plans"]] == [("Samtale 1 ble ikke besvart.", [])]

    def test_of_nobody_is_not_found(self, console: Console) -> None:
        assert console.get("/api/companies/999/history", UNA).status == 404

    def test_that_hubspot_no_longer_knows_is_still_told(self, console: Console) -> None:
        planned(console, 1)
        del console.directory.customers[COMPANY]
        assert console.get(HISTORY, UNA).json["company"]["name"] == ""

    @pytest.mark.parametrize("cursor", ["x", "W10=", "e30=", "WyJhIl0="])
    def test_goes_on_at_no_place_that_was_not_given_out(self, console: Console, cursor: str) -> None:
        said = console.get(HISTORY, UNA, query=f"cursor={cursor}")
        assert (said.status, said.json["fields"][0]["field"]) == (422, "cursor")

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        minutes=st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 5)), min_size=1, max_size=7),
        size=st.integers(1, 4),
    )
    def test_tells_every_event_once_however_many_are_on_a_page(
        self, console: Console, minutes: list[tuple[int, int | None]], size: int
    ) -> None:
        """Also those decided at the same moment, and those decided twice."""
        console.renew_ledger()
        for call, (minute, again) in enumerate(minutes, start=1):
            planned(console, call, minutes=minute, again=again)
        told: list[str] = []
        cursor: str | None = None
        for _ in range(20):
            said = console.get(HISTORY, UNA, query=f"size={size}" + (f"&cursor={cursor}" if cursor else "")).json
            told += [story["subject"] for story in said["stories"]]
            cursor = said["next"]
            if cursor is None:
                break
        assert sorted(told) == sorted(f"{PORTAL}/{call}" for call in range(1, len(minutes) + 1))


def taken_over(company_id: int, owner_id: int | None = ADVISER, *, open_boxes: bool = True) -> TakeoverRecord:
    return TakeoverRecord(
        portal_id=PORTAL,
        company_id=company_id,
        at=NOW,
        previous_owner_id=OLAS_ID,
        owner_id=owner_id,
        boxes={"002-38": "open" if open_boxes else "verified", "002-39": "ticked"},
        looked_at=NOW,
    )


class TestTakeovers:
    def test_of_a_customer_show_their_boxes(self, console: Console) -> None:
        console.ledger.note_takeover(taken_over(COMPANY))
        [takeover] = console.get(f"/api/companies/{COMPANY}/takeovers", UNA).json["takeovers"]
        assert (takeover["owner"]["name"], takeover["previous_owner"]["name"]) == ("Kari Rådgiver", "Ola Rådgiver")
        assert takeover["boxes"] == [
            {"requirement": "002-38", "state": "open"},
            {"requirement": "002-39", "state": "ticked"},
        ]


class TestMyWork:
    def test_is_what_waits_for_the_adviser_who_asks(self, console: Console) -> None:
        console.ledger.note_takeover(taken_over(COMPANY))
        console.ledger.note_takeover(taken_over(9003, open_boxes=False))
        console.ledger.note_takeover(taken_over(9004))  # not theirs any more
        console.directory.tasks_of = {ADVISER: [WaitingTask(id=5, subject="Ring Fjordbygg", due=NOW)]}
        said = console.get("/api/my-work", KARI).json
        assert (said["owner"]["name"], [task["subject"] for task in said["tasks"]]) == (
            "Kari Rådgiver",
            ["Ring Fjordbygg"],
        )
        takeovers = [(takeover["company_id"], takeover["company_name"]) for takeover in said["takeovers"]]
        assert takeovers == [(str(COMPANY), "Fjordbygg AS")]

    def test_cannot_be_told_while_hubspot_is_silent(self, console: Console) -> None:
        console.directory.fail_next("owner_with_email", TryLater("HubSpot is silent"))
        assert console.get("/api/my-work", KARI).status == 503


class TestMe:
    def test_tells_who_it_is_and_what_they_may_do(self, console: Console) -> None:
        said = console.get("/api/me", KARI).json
        assert (said["groups"], said["owner"]["id"]) == (["pfa"], str(ADVISER))
        assert "my_work" in said["may"]
        assert "decide_case" not in said["may"]

    def test_is_told_to_whoever_is_more_than_a_pfa_while_hubspot_is_silent(self, console: Console) -> None:
        for groups, status in (("pfa", 503), ("csc,pfa", 200)):
            console.directory.fail_next("owner_with_email", TryLater("HubSpot is silent"))
            assert console.get("/api/me", None, verified=claims(KARI, groups)).status == status
