"""What every store of review cases promises: the one in memory and the one in DynamoDB alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kundeflyt.adapters.aws.cases import DynamoDbCaseStore
from kundeflyt.domain import cases
from kundeflyt.domain.cases import ReviewCase, Step
from kundeflyt.ports.cases import LOOK_LASTS, BadCursorError, CaseQuery, CaseStore, WorkedCases
from tests.contracts.at_once import at_once
from tests.domain.case_situation import (
    NOW,
    RULES,
    UNA,
    VIDAR,
    later,
    request,
)
from tests.fakes.aws import LocalAws
from tests.fakes.cases import InMemoryCases


@pytest.fixture(params=["in memory", "DynamoDB"])
def store(request: pytest.FixtureRequest) -> WorkedCases:
    if request.param == "in memory":
        return InMemoryCases()
    aws: LocalAws = request.getfixturevalue("aws")
    return DynamoDbCaseStore(aws.client("dynamodb"), aws.cases_table())


def stored(store: CaseStore, company_id: int = 9001, *, minutes: float = 0, **changes: Any) -> ReviewCase:
    """A case that lies in the store; each company's evidence and case are of its own time."""
    case, audit = cases.opened(request(company_id, key=f"key-{company_id}", **changes), later(minutes=minutes), RULES)
    assert store.open(case, audit)
    return case


def moved(store: CaseStore, case: ReviewCase, step: Step) -> ReviewCase:
    after, audit = step
    assert store.save(after, audit, seen_version=case.version)
    return after


def everything(store: CaseStore, query: CaseQuery, size: int) -> Iterator[int]:
    """The companies of all pages, in order."""
    cursor: str | None = None
    while True:
        page = store.page(query, cursor=cursor, size=size)
        assert len(page.cases) <= size
        yield from (one.company.id for one in page.cases)
        cursor = page.cursor
        if cursor is None:
            return


class TestACaseInTheStore:
    def test_comes_back_whole(self, store: CaseStore) -> None:
        case = stored(store)
        assert store.case(case.id) == case
        assert store.open_case_of(9001) == case
        assert store.cases_of(9001) == [case]
        assert store.case_of_message(9001, "key-9001") == case

    def test_that_nobody_has_stored_is_none(self, store: CaseStore) -> None:
        assert store.case("9001-1794214800") is None
        assert store.case("no id at all") is None
        assert store.open_case_of(9001) is None
        assert store.case_of_message(9001, "key") is None
        assert store.cases_of(9001) == []
        assert store.audit("9001-1794214800") == []
        assert store.audit("no id at all") == []

    def test_is_one_for_a_company(self, store: CaseStore) -> None:
        stored(store)
        second = cases.opened(request(key="another"), later(hours=1), RULES)
        assert not store.open(*second)
        assert len(store.cases_of(9001)) == 1

    def test_may_be_followed_by_another_when_it_is_closed(self, store: CaseStore) -> None:
        first = stored(store)
        closed = moved(store, first, cases.withdraw(first, later(minutes=5), because="Svarte."))
        second, audit = cases.opened(request(key="another"), later(hours=1), RULES)
        assert store.open(second, audit)
        assert store.cases_of(9001) == [second, closed]
        assert store.open_case_of(9001) == second

    def test_is_opened_once_by_one_message_also_when_it_is_closed(self, store: CaseStore) -> None:
        case = stored(store)
        moved(store, case, cases.withdraw(case, later(minutes=5), because="Svarte."))
        again = cases.opened(request(key="key-9001"), later(hours=1), RULES)
        assert not store.open(*again)

    def test_changes_for_whoever_has_seen_it_last(self, store: CaseStore) -> None:
        case = stored(store)
        moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
        assert not store.save(*cases.claim(case, VIDAR, later(minutes=1), RULES), seen_version=case.version)
        standing = store.case(case.id)
        assert standing and standing.claim and standing.claim.user == UNA

    def test_that_was_never_stored_is_not_changed(self, store: CaseStore) -> None:
        case, _ = cases.opened(request(), NOW, RULES)
        assert not store.save(*cases.claim(case, UNA, NOW, RULES), seen_version=1)

    def test_is_not_saved_as_it_was(self, store: CaseStore) -> None:
        case = stored(store)
        _, audit = cases.claim(case, UNA, NOW, RULES)
        with pytest.raises(ValueError, match="was not changed"):
            store.save(case, audit, seen_version=case.version)

    def test_takes_in_a_message_of_a_later_ending_once(self, store: CaseStore) -> None:
        case = stored(store)
        more = request(key="second", contact_id=502)
        after = moved(store, case, cases.more_evidence(case, more, later(hours=1), RULES))
        assert store.case_of_message(9001, "second") == after
        assert not store.open(*cases.opened(more, later(hours=2), RULES))

    def test_takes_in_a_message_that_another_case_has_had_no_more(self, store: CaseStore) -> None:
        first = stored(store)
        moved(store, first, cases.withdraw(first, later(minutes=5), because="Svarte."))
        second, audit = cases.opened(request(key="another"), later(hours=1), RULES)
        assert store.open(second, audit)
        again = cases.more_evidence(second, request(key="key-9001"), later(hours=2), RULES)
        assert not store.save(*again, seen_version=second.version)

    def test_is_open_for_its_company_again_when_it_is_reopened(self, store: CaseStore) -> None:
        case = stored(store)
        closed = moved(store, case, cases.withdraw(case, later(minutes=5), because="Svarte."))
        assert store.open_case_of(9001) is None
        again = moved(store, closed, cases.reopen(closed, UNA, later(minutes=6), RULES, reason="Feil."))
        assert store.open_case_of(9001) == again

    def test_is_not_reopened_beside_another_open_one(self, store: CaseStore) -> None:
        first = stored(store)
        closed = moved(store, first, cases.withdraw(first, later(minutes=5), because="Svarte."))
        assert store.open(*cases.opened(request(key="another"), later(hours=1), RULES))
        reopened = cases.reopen(closed, UNA, later(hours=2), RULES, reason="Feil.")
        assert not store.save(*reopened, seen_version=closed.version)

    def test_tells_who_did_what_in_order(self, store: CaseStore) -> None:
        case = stored(store)
        claimed = moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
        moved(store, claimed, cases.take_over(claimed, VIDAR, later(minutes=2), RULES))
        told = store.audit(case.id)
        assert [(one.what, one.who) for one in told] == [("opened", "system"), ("claimed", UNA), ("taken_over", VIDAR)]
        assert told[2].note == "fra una"


class TestCounts:
    def test_are_of_each_state(self, store: CaseStore) -> None:
        one = stored(store, 9001)
        stored(store, 9002, waits_days=7)
        other = stored(store, 9003)
        moved(store, one, cases.claim(one, UNA, later(minutes=1), RULES))
        moved(store, other, cases.withdraw(other, later(minutes=1), because="Svarte."))
        assert store.counts() == {
            "waiting": 1,
            "open": 0,
            "claimed": 1,
            "decided": 0,
            "effected": 0,
            "withdrawn": 1,
        }

    def test_are_not_moved_by_what_was_not_saved(self, store: CaseStore) -> None:
        case = stored(store)
        moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
        store.save(*cases.withdraw(case, later(minutes=1), because="Svarte."), seen_version=case.version)
        assert store.counts()["claimed"] == 1
        assert store.counts()["withdrawn"] == 0


class TestAPage:
    def test_is_in_the_order_asked_for(self, store: CaseStore) -> None:
        stored(store, 1, minutes=0, days_ago=3)
        stored(store, 2, minutes=2, days_ago=1)
        stored(store, 3, minutes=-60 * 24 * 4, days_ago=2)
        assert list(everything(store, CaseQuery(), 50)) == [2, 3, 1]
        assert list(everything(store, CaseQuery(sort="oldest"), 50)) == [3, 1, 2]
        assert next(everything(store, CaseQuery(sort="due"), 50)) == 3

    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    @pytest.mark.parametrize("sort", ["newest_evidence", "oldest", "due"])
    def test_leads_to_every_case_once_across_states(self, store: CaseStore, sort: Any, size: int) -> None:
        for company in range(1, 12):
            case = stored(store, company, minutes=company * 7 % 11, days_ago=company * 5 % 11 + 1)
            if company % 3 == 0:
                moved(store, case, cases.claim(case, UNA, later(minutes=20), RULES))
            elif company % 4 == 0:
                moved(store, case, cases.withdraw(case, later(minutes=20), because="Svarte."))
        whole = [one.company.id for one in store.page(CaseQuery(sort=sort), size=50).cases]
        assert sorted(whole) == [1, 2, 3, 5, 6, 7, 9, 10, 11]
        found = list(everything(store, CaseQuery(sort=sort), size))
        assert sorted(found) == sorted(whole)
        if sort != "due":  # all are due at the same moment
            assert found == whole

    def test_shows_the_cases_that_fit(self, store: CaseStore) -> None:
        stored(store, 1, owner_id=11)
        stored(store, 2, owner_id=12)
        stored(store, 3, owner_id=11, minutes=30, orders_known=False)
        claimed = stored(store, 4, owner_id=11)
        moved(store, claimed, cases.claim(claimed, UNA, later(minutes=1), RULES))
        stored(store, 5, owner_id=11, waits_days=7)

        def found(**filters: Any) -> set[int]:
            return set(everything(store, CaseQuery(**filters), 2))

        assert found() == {1, 2, 3, 4}
        for sort in ("newest_evidence", "due", "oldest"):
            assert found(owner_id=11, sort=sort) == {1, 3, 4}
            assert found(recommendation="fix_first", sort=sort) == {3}
            assert found(claimed_by=UNA, sort=sort) == {4}
            assert found(opened_before=later(minutes=30), sort=sort) == {1, 2, 4}
            assert found(states=("waiting",), owner_id=11, sort=sort) == {5}
            assert found(owner_id=11, recommendation="fix_first", sort=sort) == {3}
        assert found(claimed_by=VIDAR) == set()

    def test_is_asked_for_in_a_size_that_can_be_read(self, store: CaseStore) -> None:
        for size in (0, 101):
            with pytest.raises(ValueError, match="a page holds"):
                store.page(CaseQuery(), size=size)

    @pytest.mark.parametrize("states", [(), ("open", "open"), ("open", "claimed", "waiting", "decided")])
    def test_is_of_one_to_three_states(self, states: Any) -> None:
        with pytest.raises(ValueError, match="one to 3 states"):
            CaseQuery(states=states)

    @pytest.mark.parametrize("cursor", ["x", "", "!", "e30", "WzEsMl0", "[1]", "ææ"])
    def test_after_a_cursor_that_is_none_of_ours_is_refused(self, store: CaseStore, cursor: str) -> None:
        with pytest.raises(BadCursorError):
            store.page(CaseQuery(), cursor=cursor)

    def test_after_the_cursor_of_another_question_is_refused(self, store: CaseStore) -> None:
        for company in (1, 2, 3):
            stored(store, company)
        cursor = store.page(CaseQuery(), size=1).cursor
        with pytest.raises(BadCursorError):
            store.page(CaseQuery(sort="due"), cursor=cursor)

    def test_shows_what_the_case_shows(self, store: CaseStore) -> None:
        case = stored(store)
        claimed = moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
        assert store.page(CaseQuery()).cases == (claimed.summary,)


class TestASearch:
    def test_finds_an_organisation_number_exactly_however_it_is_written(self, store: CaseStore) -> None:
        case = stored(store, 1, organisation_number="923609016")
        stored(store, 2, organisation_number="923609017")
        assert store.search("923 609 016") == [case.summary]
        assert store.search("92360901") == []

    def test_finds_names_by_how_they_begin(self, store: CaseStore) -> None:
        first = stored(store, 1, name="Fjordbygg AS", organisation_number=None)
        second = stored(store, 2, name="Fjordbygg Vest AS", organisation_number=None)
        stored(store, 3, name="Nordfjord Bygg", organisation_number=None)
        assert store.search(" fjordBYGG ") == [first.summary, second.summary]
        assert store.search("fjordbygg v") == [second.summary]
        assert store.search("fjordbygg", size=1) == [first.summary]

    @pytest.mark.parametrize("text", ["", "  ", "xyz"])
    def test_finds_nothing_where_there_is_nothing(self, store: CaseStore, text: str) -> None:
        stored(store)
        assert store.search(text) == []


class TestPeopleAtTheSameMoment:
    def test_never_claim_the_same_case(self, store: CaseStore) -> None:
        case = stored(store)

        def try_to(number: int) -> bool:
            seen = store.case(case.id)
            assert seen
            return store.save(*cases.claim(case, f"u{number}", later(minutes=1), RULES), seen_version=case.version)

        assert at_once(try_to).count(True) == 1
        assert len(store.audit(case.id)) == 2
        assert store.counts()["claimed"] == 1

    def test_never_decide_the_same_case_twice(self, store: CaseStore) -> None:
        """The one who took over and the one who has not noticed yet."""
        case = stored(store)
        una = moved(store, case, cases.claim(case, UNA, later(minutes=1), RULES))
        vidar = moved(store, una, cases.take_over(una, VIDAR, later(minutes=2), RULES))

        def decide(number: int) -> bool:
            seen, who = ((una, UNA), (vidar, VIDAR))[number % 2]
            what: Any = ("keep", "inactive")[number % 2]
            step = cases.decide(seen, who, later(minutes=3), RULES, what=what, reason="Derfor.")
            return store.save(*step, seen_version=seen.version)

        assert at_once(decide).count(True) == 1
        decided = store.case(case.id)
        assert decided and decided.decision and decided.decision.by == VIDAR
        assert [one.what for one in store.audit(case.id)].count("decided") == 1

    def test_open_one_case_for_a_company_whatever_ends_at_once(self, store: CaseStore) -> None:
        def try_to(number: int) -> bool:
            opening = request(key=f"key-{number}", contact_id=500 + number)
            return store.open(*cases.opened(opening, later(seconds=number), RULES))

        assert at_once(try_to).count(True) == 1
        assert len(store.cases_of(9001)) == 1
        assert store.counts()["open"] == 1

    def test_lose_none_of_many_companies_cases(self, store: CaseStore) -> None:
        def try_to(number: int) -> bool:
            opening = request(number * 8, key=f"key-{number}")  # all of them share one counter
            return store.open(*cases.opened(opening, NOW + timedelta(seconds=number), RULES))

        assert at_once(lambda number: try_to(number + 1)).count(True) == 8
        assert store.counts()["open"] == 8


class TestWhoLooksAtACase:
    def test_is_told_to_whoever_looks_and_to_lists(self, store: WorkedCases) -> None:
        first, second, third = (stored(store, company) for company in (9001, 9002, 9003))
        assert list(store.look(first.id, VIDAR, NOW)) == [VIDAR]
        assert list(store.look(first.id, UNA, later(seconds=5))) == [UNA, VIDAR]
        assert list(store.look(second.id, UNA, later(seconds=6))) == [UNA]
        told = store.looking([first.id, second.id, third.id], later(seconds=7))
        assert {case_id: list(who) for case_id, who in told.items()} == {first.id: [UNA, VIDAR], second.id: [UNA]}

    def test_is_over_soon_after_the_last_look(self, store: WorkedCases) -> None:
        case = stored(store)
        store.look(case.id, UNA, NOW)
        store.look(case.id, VIDAR, later(seconds=20))
        store.look(case.id, VIDAR, later(seconds=40))
        assert list(store.looking([case.id], NOW + LOOK_LASTS)[case.id]) == [VIDAR]
        assert list(store.look(case.id, "third", NOW + LOOK_LASTS)) == ["third", VIDAR]
        assert store.looking([case.id], later(minutes=5)) == {}

    def test_changes_nothing_of_the_case(self, store: WorkedCases) -> None:
        case = stored(store)
        store.look(case.id, UNA, NOW)
        assert (store.case(case.id), store.cases_of(9001), len(store.audit(case.id))) == (case, [case], 1)
        moved(store, case, cases.claim(case, VIDAR, later(minutes=1), RULES))

    def test_is_nobody_where_there_is_nothing_to_look_at(self, store: WorkedCases) -> None:
        assert store.looking([], NOW) == {}
        assert store.looking(["9001-1794214800", "no id at all"], NOW) == {}

    def test_is_told_of_a_hundred_cases_at_once_and_no_more(self, store: WorkedCases) -> None:
        ids = [f"{company}-1794214800" for company in range(9001, 9102)]
        store.look(ids[99], UNA, NOW)
        assert list(store.looking(ids[:100], NOW)) == [ids[99]]
        with pytest.raises(ValueError, match="100"):
            store.looking(ids, NOW)

    def test_is_everybody_who_begins_at_the_same_moment(self, store: WorkedCases) -> None:
        case = stored(store)
        at_once(lambda number: bool(store.look(case.id, f"u{number}", NOW)))
        assert len(store.looking([case.id], NOW)[case.id]) == 8
