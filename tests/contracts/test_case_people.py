"""Cases when companies or contacts become one and when people are forgotten: in memory and in DynamoDB alike."""

from __future__ import annotations

from typing import Any

import pytest

from kundeflyt.adapters.aws.cases import DynamoDbCaseStore
from kundeflyt.domain import cases
from kundeflyt.domain.cases import ERASED_TEXT, ReviewCase, Step
from kundeflyt.engine.case_people import cases_naming, follow_merge, forget_in_cases
from kundeflyt.engine.cases import take_in
from kundeflyt.ports.cases import CaseQuery, CaseStore, WorkedCases
from kundeflyt.ports.failures import TryLater
from tests.domain.case_situation import NOW, RULES, UNA, VIDAR, later, request
from tests.fakes.aws import LocalAws
from tests.fakes.cases import InMemoryCases

OLD, SURVIVOR, THIRD = 9001, 9002, 9003
ANNE, BERIT, LEIF = 501, 502, 503


@pytest.fixture(params=["in memory", "DynamoDB"])
def store(request: pytest.FixtureRequest) -> WorkedCases:
    if request.param == "in memory":
        return InMemoryCases()
    aws: LocalAws = request.getfixturevalue("aws")
    return DynamoDbCaseStore(aws.client("dynamodb"), aws.cases_table())


def opened(store: CaseStore, company_id: int = OLD, *, minutes: float = 0, **changes: Any) -> ReviewCase:
    key = changes.pop("key", f"key-{company_id}-{minutes}")
    case, audit = cases.opened(request(company_id, key=key, **changes), later(minutes=minutes), RULES)
    assert store.open(case, audit)
    return case


def moved(store: CaseStore, case: ReviewCase, step: Step) -> ReviewCase:
    assert store.save(*step, seen_version=case.version)
    return step[0]


def decided(store: CaseStore, case: ReviewCase, what: Any = "inactive") -> ReviewCase:
    claimed = moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
    return moved(store, claimed, cases.decide(claimed, UNA, later(minutes=2), RULES, what=what, reason="Anne sa nei."))


def begun(store: CaseStore, case: ReviewCase) -> ReviewCase:
    case = decided(store, case)
    assert case.decision
    return moved(store, case, cases.begin_effects(case, case.decision.mark, case.decision.undo_until))


def effected(store: CaseStore, case: ReviewCase) -> ReviewCase:
    case = begun(store, case)
    assert case.decision
    return moved(store, case, cases.effected(case, case.decision.mark, later(minutes=13)))


def now(store: CaseStore, case: ReviewCase) -> ReviewCase:
    standing = store.case(case.id)
    assert standing
    return standing


def merged(store: CaseStore, old: int = OLD, into: int = SURVIVOR) -> int:
    return follow_merge("company", old, into, store, later(hours=1))


class TestACaseOfACompanyThatWasMerged:
    @pytest.mark.parametrize("reached", ["open", "waiting", "claimed", "decided", "begun"])
    def test_is_the_survivors_open_case_as_it_stands(self, store: CaseStore, reached: str) -> None:
        case = opened(store, waits_days=7 if reached == "waiting" else None)
        if reached == "claimed":
            case = moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
        elif reached == "decided":
            case = decided(store, case)
        elif reached == "begun":
            case = begun(store, case)
        assert merged(store) == 1
        standing = now(store, case)
        assert standing.company.id == SURVIVOR
        assert {one.company_id for one in standing.evidence} == {SURVIVOR}
        kept = ("id", "state", "claim", "decision", "waiting_for", "due_at", "assessment", "opened_at")
        assert [getattr(standing, name) for name in kept] == [getattr(case, name) for name in kept]
        assert store.open_case_of(SURVIVOR) == standing
        assert store.cases_of(SURVIVOR) == [standing]
        assert store.open_case_of(OLD) is None
        assert store.counts()[case.state] == 1
        assert [one.company.id for one in store.page(CaseQuery(states=(case.state,))).cases] == [SURVIVOR]
        assert store.audit(case.id)[-1].what == "merged"

    def test_is_carried_out_and_closed_as_if_nothing_had_happened(self, store: CaseStore) -> None:
        case = begun(store, opened(store))
        assert case.decision
        merged(store)
        closed = moved(store, now(store, case), cases.effected(now(store, case), case.decision.mark, later(hours=2)))
        assert store.open_case_of(SURVIVOR) is None
        assert store.cases_of(SURVIVOR) == [closed]
        another = opened(store, SURVIVOR, minutes=180, contact_id=BERIT)
        assert store.open_case_of(SURVIVOR) == another
        assert store.cases_of(SURVIVOR) == [another, closed]

    def test_is_found_when_it_is_closed_and_may_be_opened_again(self, store: CaseStore) -> None:
        """What made a customer inactive is what wakes it, and what excuses the removed owner."""
        closed = effected(store, opened(store))
        merged(store)
        [found] = store.cases_of(SURVIVOR)
        assert (found.id, found.inactive, found.decision) == (closed.id, True, closed.decision)
        assert cases.decision_to_remove(store.cases_of(SURVIVOR), later(hours=2), []) == closed.decision
        again = moved(store, found, cases.reopen(found, UNA, later(hours=3), RULES, reason="Feil."))
        assert store.open_case_of(SURVIVOR) == again
        assert not store.open(*cases.opened(request(SURVIVOR, key="beside"), later(hours=4), RULES))

    def test_that_has_followed_is_not_moved_again(self, store: CaseStore) -> None:
        case = opened(store)
        assert merged(store) == 1
        standing = now(store, case)
        assert merged(store) == 0
        assert now(store, case) == standing

    def test_follows_on_when_the_survivor_is_merged_too(self, store: CaseStore) -> None:
        closed = effected(store, opened(store))
        case = opened(store, minutes=60, contact_id=BERIT)
        merged(store)
        assert merged(store, SURVIVOR, THIRD) == 2
        assert [one.id for one in store.cases_of(THIRD)] == [case.id, closed.id]
        assert store.open_case_of(THIRD) == now(store, case)
        assert store.open_case_of(SURVIVOR) is None
        assert store.cases_of(SURVIVOR) == []

    def test_does_not_hide_one_of_the_survivor_that_was_opened_in_the_same_second(self, store: CaseStore) -> None:
        mine = effected(store, opened(store, SURVIVOR))
        theirs = effected(store, opened(store))
        merged(store)
        assert {one.id for one in store.cases_of(SURVIVOR)} == {mine.id, theirs.id}

    def test_is_not_moved_by_who_has_not_seen_it_last(self, store: CaseStore) -> None:
        case = opened(store)
        claimed = moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
        late = cases.company_merged(case, SURVIVOR, later(minutes=2))
        assert not store.move(*late, left=OLD, seen_version=case.version)
        assert (now(store, case), store.open_case_of(OLD)) == (claimed, claimed)

    def test_is_not_moved_beside_another_open_one(self, store: CaseStore) -> None:
        case, other = opened(store), opened(store, SURVIVOR)
        assert not store.move(*cases.company_merged(case, SURVIVOR, NOW), left=OLD, seen_version=case.version)
        assert (store.open_case_of(OLD), store.open_case_of(SURVIVOR)) == (case, other)


class TestTwoOpenCasesOfCompaniesThatBecameOne:
    def test_are_one_with_both_evidence_and_the_other_says_which(self, store: CaseStore) -> None:
        mine = opened(store, SURVIVOR, minutes=5, contact_id=BERIT, name="Fjordbygg Vest AS")
        theirs = opened(store, days_ago=10)
        theirs = moved(store, theirs, cases.comment(theirs, VIDAR, later(minutes=1), RULES, text="Ring daglig leder."))
        merged(store)
        standing, over = now(store, mine), now(store, theirs)
        assert [one.contact_id for one in standing.evidence] == [BERIT, ANNE]
        assert {one.company_id for one in standing.evidence} == {SURVIVOR}
        assert (standing.evidence_at, standing.assessment) == (theirs.evidence_at, theirs.assessment)
        assert [one.text for one in standing.comments] == ["Ring daglig leder."]
        assert (over.state, over.company.id) == ("withdrawn", SURVIVOR)
        assert over.withdrawn_because == (
            f"Selskapet er slått sammen med Fjordbygg Vest AS ({SURVIVOR}). Sak {mine.id} fortsetter, med grunnlaget "
            "herfra."
        )
        assert store.open_case_of(SURVIVOR) == standing
        assert store.cases_of(SURVIVOR) == [standing, over]
        assert (store.counts()["open"], store.counts()["withdrawn"]) == (1, 1)

    def test_keep_whoever_works_the_survivors(self, store: CaseStore) -> None:
        mine = opened(store, SURVIVOR, contact_id=BERIT)
        claimed = moved(store, mine, cases.claim(mine, UNA, later(minutes=1), RULES))
        opened(store)
        merged(store)
        assert (now(store, mine).state, now(store, mine).claim) == ("claimed", claimed.claim)

    def test_are_with_people_when_one_of_them_was(self, store: CaseStore) -> None:
        mine = opened(store, SURVIVOR, contact_id=BERIT, waits_days=7)
        theirs = opened(store)
        merged(store)
        assert (now(store, mine).state, now(store, mine).due_at) == ("open", theirs.due_at)

    def test_wait_when_both_did(self, store: CaseStore) -> None:
        mine = opened(store, SURVIVOR, contact_id=BERIT, waits_days=7)
        opened(store, waits_days=7)
        merged(store)
        assert (now(store, mine).state, now(store, mine).waiting_for) == ("waiting", mine.waiting_for)

    @pytest.mark.parametrize("which", ["the survivor's", "the other one"])
    @pytest.mark.parametrize("far", [decided, begun])
    def test_wait_for_what_was_decided_in_one_of_them(self, store: CaseStore, which: str, far: Any) -> None:
        """No decision is lost, and none is carried out about what it did not know."""
        mine = opened(store, SURVIVOR, contact_id=BERIT)
        theirs = opened(store)
        if which == "the survivor's":
            mine = far(store, mine)
        else:
            theirs = far(store, theirs)
        with pytest.raises(TryLater, match="er ikke utført"):
            merged(store)
        assert (now(store, mine), now(store, theirs)) == (mine, theirs)
        done = now(store, mine if which == "the survivor's" else theirs)
        assert done.decision
        if done.decision.effects_begun_at is None:
            done = moved(store, done, cases.begin_effects(done, done.decision.mark, done.decision.undo_until))
        assert done.decision
        closed = moved(store, done, cases.effected(done, done.decision.mark, later(minutes=13)))
        merged(store)
        left = theirs if which == "the survivor's" else mine
        standing = store.open_case_of(SURVIVOR)
        assert standing and standing.id == left.id
        assert standing.evidence[-1].contact_id == left.evidence[-1].contact_id
        assert {one.id for one in store.cases_of(SURVIVOR)} == {closed.id, left.id}

    def test_are_joined_once_when_a_worker_dies_between_the_two(self, store: CaseStore) -> None:
        mine = opened(store, SURVIVOR, contact_id=BERIT)
        theirs = opened(store)
        theirs = moved(store, theirs, cases.comment(theirs, VIDAR, later(minutes=1), RULES, text="Ring."))
        moved(store, mine, cases.joined(mine, theirs, later(minutes=2)))
        merged(store)
        assert len(now(store, mine).evidence) == 2
        assert len(now(store, mine).comments) == 1
        assert [one.what for one in store.audit(mine.id)] == ["opened", "evidence_added"]
        assert now(store, theirs).state == "withdrawn"

    def test_get_what_was_missing_in_the_one_that_is_over(self, store: CaseStore) -> None:
        """The adviser has filled the gap; the request is about the ending that has come over."""
        mine = opened(store, SURVIVOR, contact_id=BERIT, waits_days=7)
        opened(store, waits_days=7)
        merged(store)
        complete = request(SURVIVOR, key="key/complete")
        assert take_in(complete, store, later(days=2), RULES).id == mine.id
        assert now(store, mine).state == "open"


class TestACaseThatNamesAContact:
    def test_is_found_by_whose_ending_it_is_and_by_the_main_contact(self, store: CaseStore) -> None:
        case = opened(store, contact_id=BERIT, main_contact_id=LEIF)
        other = opened(store, SURVIVOR, contact_id=BERIT, main_contact_id=None)
        assert {one.id for one in store.cases_about(BERIT)} == {case.id, other.id}
        assert store.cases_about(LEIF) == [case]
        assert store.cases_about(ANNE) == []

    def test_is_found_by_evidence_that_came_later_and_when_it_is_closed(self, store: CaseStore) -> None:
        case = opened(store, contact_id=BERIT)
        take_in(request(key="more", contact_id=LEIF), store, later(minutes=1), RULES)
        closed = moved(store, now(store, case), cases.withdraw(now(store, case), later(minutes=5), because="Svarte."))
        assert store.cases_about(LEIF) == [closed]

    def test_is_found_however_many_it_names(self, store: CaseStore) -> None:
        case, audit = cases.opened(request(key="first"), NOW, RULES)
        for contact in range(1000, 1120):
            more = request(key=f"k{contact}", contact_id=contact)
            case = cases.more_evidence(case, more, NOW, RULES)[0].model_copy(update={"version": 1})
        assert store.open(case, audit.model_copy(update={"names": case.people}))
        assert [contact for contact in range(1000, 1120) if not store.cases_about(contact)] == []

    def test_names_the_survivor_when_the_contact_is_merged(self, store: CaseStore) -> None:
        case = opened(store, contact_id=BERIT, main_contact_id=BERIT)
        assert follow_merge("contact", BERIT, LEIF, store, later(hours=1)) == 1
        standing = now(store, case)
        assert standing.people == {LEIF}
        assert (store.cases_about(LEIF), store.cases_about(BERIT)) == ([standing], [])
        assert follow_merge("contact", BERIT, LEIF, store, later(hours=1)) == 0
        assert str(BERIT) not in store.audit(case.id)[-1].model_dump_json()


class TestAForgottenPerson:
    def written_on(self, store: CaseStore) -> ReviewCase:
        """Una and Vidar have written about Anne; Berit's ending is in the case as well."""
        case = opened(store, contact_id=ANNE, main_contact_id=ANNE, key="4711/501/77-1")
        take_in(request(key="4711/502/77-1", contact_id=BERIT, days_ago=119), store, later(seconds=1), RULES)
        said = cases.comment(now(store, case), VIDAR, later(seconds=2), RULES, text="Anne har sluttet.")
        return decided(store, moved(store, now(store, case), said), "keep")

    def test_leaves_the_case_and_takes_what_was_written_along(self, store: CaseStore) -> None:
        case = self.written_on(store)
        assert case.decision
        assert [one.id for one in forget_in_cases([ANNE], store, later(hours=1))] == [case.id]
        standing = now(store, case)
        assert [(one.contact_id, one.main_contact_id) for one in standing.evidence] == [(0, None), (BERIT, None)]
        assert [one.entries for one in standing.evidence] == [one.entries for one in case.evidence]
        assert [(one.by, one.text) for one in standing.comments] == [(VIDAR, ERASED_TEXT)]
        assert standing.decision
        assert (standing.decision.reason, standing.decision.feedback) == (ERASED_TEXT, ERASED_TEXT)
        kept = ("what", "by", "at", "undo_until", "mark")
        assert [getattr(standing.decision, name) for name in kept] == [getattr(case.decision, name) for name in kept]
        assert standing.state == "decided"
        held = standing.model_dump_json() + "".join(one.model_dump_json() for one in store.audit(case.id))
        assert "Anne" not in held
        assert str(ANNE) not in held

    def test_leaves_who_did_what_and_when(self, store: CaseStore) -> None:
        case = self.written_on(store)
        before = [(one.at, one.who, one.what, one.before, one.after) for one in store.audit(case.id)]
        forget_in_cases([ANNE], store, later(hours=1))
        audit = store.audit(case.id)
        assert [(one.at, one.who, one.what, one.before, one.after) for one in audit[:-1]] == before
        assert (audit[-1].what, audit[-1].who) == ("forgotten", "system")
        assert [one.note for one in audit if one.what == "decided"] == [ERASED_TEXT]

    def test_is_found_no_more_and_forgetting_again_changes_nothing(self, store: CaseStore) -> None:
        case = self.written_on(store)
        forget_in_cases([ANNE], store, later(hours=1))
        standing = now(store, case)
        assert cases_naming([ANNE], store) == ()
        assert forget_in_cases([ANNE], store, later(hours=2)) == ()
        assert now(store, case) == standing
        assert store.cases_about(BERIT) == [standing]

    def test_who_was_the_main_contact_of_a_case_that_is_not_decided_is_missing_there(self, store: CaseStore) -> None:
        case = opened(store, contact_id=BERIT)
        assert case.recommendation == "inactive"
        forget_in_cases([ANNE], store, later(hours=1))
        standing = now(store, case)
        assert (standing.recommendation, standing.assessment.verdict("main_contact")) == ("fix_first", "not_met")
        assert store.page(CaseQuery()).cases == (standing.summary,)

    def test_is_forgotten_in_every_case_and_by_every_id(self, store: CaseStore) -> None:
        first = effected(store, opened(store, contact_id=ANNE))
        second = opened(store, SURVIVOR, contact_id=BERIT, main_contact_id=None)
        assert len(forget_in_cases([ANNE, BERIT], store, later(hours=1))) == 2
        assert now(store, first).people == now(store, second).people == frozenset()
        assert now(store, first).inactive
