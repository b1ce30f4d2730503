"""Where the memory of merged records is, in whatever order the merges are told of."""

from __future__ import annotations

from datetime import UTC, timedelta
from itertools import permutations

import pytest

from kundeflyt.domain import cases
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.events import COMPANIES_MERGED, CONTACTS_MERGED, Event
from kundeflyt.domain.rules import Pilot
from kundeflyt.engine.flow import Finished, Flow, Later
from kundeflyt.ports.failures import TryLater
from records_merged.case import NAME
from records_merged.facts import gather, wishes
from records_merged.plan import basis, plan
from records_merged.rules import RecordsMergedRules
from tests.domain.case_situation import RULES, request
from tests.flows.desk import COMPANY, CONTACT, MOBILE, MONDAY, PORTAL, Desk
from tests.flows.memory import a_plan, fill, slot, stored
from tests.ledger_steps import store

FLOW = Flow(name=NAME, rules=RecordsMergedRules, gather=gather, basis=basis, plan=plan, wishes=wishes)
DOUBLE, SURVIVOR = 102, 103


def merged(*old: int, into: int = SURVIVOR, name: str = CONTACTS_MERGED) -> Event:
    moment = MONDAY.astimezone(UTC)
    return Event(name=name, portal_id=PORTAL, record_id=into, merged_ids=old, occurred_at=moment, received_at=moment)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    fill(desk)
    return desk


def opened(desk: Desk, company: int, *, contact: int = CONTACT) -> ReviewCase:
    """Customer service has a case of the company's."""
    asked = request(company, contact_id=contact, main_contact_id=contact, key=f"{company}/{contact}")
    case, audit = cases.opened(asked, MONDAY, RULES)
    assert desk.cases.open(case, audit)
    return case


def held_by(desk: Desk, contact: int) -> tuple[int, int, int, int]:
    found = desk.ledger.traces(contact)
    return len(found.plans), len(found.messages), len(found.suppressions), len(found.slots)


EVERYTHING = (2, 1, 1, 1)


class TestMergedContacts:
    def test_leave_all_their_history_and_keys_to_the_one_that_survives(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(DOUBLE, CONTACT))
        assert held_by(desk, SURVIVOR) == EVERYTHING
        assert held_by(desk, CONTACT) == (0, 0, 0, 0)
        assert desk.ledger.slots([slot(SURVIVOR)])
        [listed] = desk.ledger.suppressions()
        assert listed.contact_ids == (SURVIVOR, 999)

    @pytest.mark.parametrize(
        "order",
        list(permutations([merged(CONTACT, DOUBLE), merged(SURVIVOR, 104, into=105), merged(105, into=106)])),
    )
    def test_are_followed_to_the_end_in_whatever_order_they_are_told(
        self, desk: Desk, order: tuple[Event, ...]
    ) -> None:
        for event in order:
            desk.hears(FLOW, event)
        assert held_by(desk, 106) == EVERYTHING
        assert desk.ledger.ids_of_person(CONTACT) == {CONTACT, DOUBLE, SURVIVOR, 104, 105, 106}

    def test_are_moved_once_however_often_hubspot_says_so(self, desk: Desk) -> None:
        for _ in range(3):
            desk.hears(FLOW, merged(CONTACT), merged(CONTACT))
        assert held_by(desk, SURVIVOR) == EVERYTHING
        assert len(desk.road.wakes) == 1

    def test_that_survive_one_after_another_are_each_followed(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(DOUBLE))
        desk.hears(FLOW, merged(CONTACT))
        assert held_by(desk, SURVIVOR) == EVERYTHING

    def test_are_looked_for_again_when_no_worker_can_know_the_old_ones(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(CONTACT))
        [(event, when)] = desk.road.wakes.values()
        assert when == event.received_at + timedelta(hours=1)
        store(desk.ledger, [stored(a_plan(), 7)])
        desk.hears(FLOW, event)
        assert held_by(desk, SURVIVOR)[0] == 3
        assert len(desk.road.wakes) == 1

    def test_that_are_where_they_should_be_give_nothing_to_do(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(CONTACT))
        desk.hears(FLOW, merged(SURVIVOR, into=CONTACT))
        assert desk.because == "Postene er alt slått sammen; historikken er der den skal være."
        assert held_by(desk, SURVIVOR) == EVERYTHING

    def test_are_many_and_still_have_a_name_that_fits(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(*range(1000, 1250), CONTACT))
        assert held_by(desk, SURVIVOR) == EVERYTHING
        assert max(map(len, desk.ledger.actions)) < 200

    def test_that_became_somebody_who_is_forgotten_are_forgotten_too(self, desk: Desk) -> None:
        desk.ledger.forget([SURVIVOR], now=MONDAY)
        desk.hears(FLOW, merged(CONTACT))
        assert "Anne" not in desk.stored
        assert MOBILE not in desk.stored
        assert desk.ledger.forgotten([CONTACT])
        assert desk.road.wakes

    def test_are_moved_in_a_trial_too(self, desk: Desk) -> None:
        desk.common = desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({1}))})
        desk.hears(FLOW, merged(CONTACT))
        assert held_by(desk, SURVIVOR) == EVERYTHING
        assert desk.road.wakes

    @pytest.mark.parametrize("mode", ["hold", "shadow"])
    def test_are_moved_whatever_the_mode(self, desk: Desk, mode: str) -> None:
        desk.hears(FLOW, merged(CONTACT), mode=mode)
        assert held_by(desk, SURVIVOR) == EVERYTHING

    def test_are_moved_later_when_the_ledger_does_not_answer(self, desk: Desk) -> None:
        def silent(method: str) -> None:
            if method == "move_history":
                raise TryLater("DynamoDB is busy")

        desk.ledger.before_call = silent
        [result] = desk.hears(FLOW, merged(CONTACT)).values()
        assert isinstance(result, Later)
        desk.ledger.before_call = lambda _method: None
        assert desk.hears(FLOW, merged(CONTACT)) == {merged(CONTACT): Finished()}
        assert held_by(desk, SURVIVOR) == EVERYTHING

    def test_are_named_as_the_survivor_in_review_cases(self, desk: Desk) -> None:
        case = opened(desk, COMPANY)
        desk.hears(FLOW, merged(CONTACT))
        assert desk.cases.cases[case.id].people == {SURVIVOR}

    def test_that_became_somebody_who_is_forgotten_stand_in_no_review_case(self, desk: Desk) -> None:
        case = opened(desk, COMPANY)
        desk.ledger.forget([SURVIVOR], now=MONDAY)
        desk.hears(FLOW, merged(CONTACT))
        assert desk.cases.cases[case.id].people == frozenset()


class TestMergedCompanies:
    def test_leave_their_history_to_the_one_that_survives(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(COMPANY, into=203, name=COMPANIES_MERGED))
        found = desk.ledger.traces(CONTACT)
        assert {one.plan.company_id for one in found.plans} == {203, None}
        assert [one.company_id for one in found.messages] == [203]

    def test_leave_their_review_case_to_the_one_that_survives(self, desk: Desk) -> None:
        case = opened(desk, COMPANY)
        desk.hears(FLOW, merged(COMPANY, 202, into=203, name=COMPANIES_MERGED))
        standing = desk.cases.open_case_of(203)
        assert standing
        assert (standing.id, standing.company.id) == (case.id, 203)
        assert desk.cases.open_case_of(COMPANY) is None

    def test_that_both_have_an_open_case_have_one_with_both_evidence(self, desk: Desk) -> None:
        first, other = opened(desk, COMPANY), opened(desk, 202, contact=DOUBLE)
        desk.hears(FLOW, merged(COMPANY, 202, into=203, name=COMPANIES_MERGED))
        standing = desk.cases.open_case_of(203)
        assert standing
        assert (standing.id, len(standing.evidence)) == (first.id, 2)
        assert desk.cases.cases[other.id].state == "withdrawn"
        assert "203" in (desk.cases.cases[other.id].withdrawn_because or "")

    def test_wait_for_a_decision_and_the_case_follows_when_it_is_done(self, desk: Desk) -> None:
        case, other = opened(desk, COMPANY), opened(desk, 202, contact=DOUBLE)
        claimed = cases.claim(case, "una", MONDAY, RULES)[0]
        decided = cases.decide(claimed, "una", MONDAY, RULES, what="keep", reason="Vi beholder dem.")[0]
        desk.cases.cases[case.id] = decided
        event = merged(COMPANY, into=202, name=COMPANIES_MERGED)
        [result] = desk.hears(FLOW, event).values()
        assert isinstance(result, Later)
        assert desk.cases.cases[case.id] == decided
        assert desk.ledger.survivor("company", COMPANY) == 202  # our other memory has followed
        mark = decided.decision.mark if decided.decision else ""
        begun = cases.begin_effects(decided, mark, MONDAY + timedelta(minutes=10))[0]
        desk.cases.cases[case.id] = cases.effected(begun, mark, MONDAY + timedelta(minutes=11))[0]
        desk.at = MONDAY + timedelta(minutes=12)
        assert desk.hears(FLOW, event) == {event: Finished()}
        assert [one.id for one in desk.cases.cases_of(202)] == [case.id, other.id]

    def test_whose_case_was_opened_by_a_worker_that_knew_the_old_one_leave_it_too(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(COMPANY, into=203, name=COMPANIES_MERGED))
        late = opened(desk, COMPANY)
        [(event, when)] = desk.road.wakes.values()
        desk.at = when
        desk.hears(FLOW, event)
        standing = desk.cases.open_case_of(203)
        assert standing
        assert standing.id == late.id

    def test_are_no_contacts_of_the_same_id(self, desk: Desk) -> None:
        desk.hears(FLOW, merged(CONTACT, into=SURVIVOR, name=COMPANIES_MERGED))
        assert held_by(desk, CONTACT) == EVERYTHING
        desk.hears(FLOW, merged(CONTACT))
        assert held_by(desk, SURVIVOR) == EVERYTHING
