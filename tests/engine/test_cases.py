"""What flows do about review cases: requests are taken in once, and a case goes on as its own rules allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kundeflyt.domain import cases
from kundeflyt.domain.actions import (
    Action,
    Announce,
    BeginEffects,
    ClearOwner,
    CloseCase,
    CreateTask,
    EndWait,
    MarkCompany,
    OpenReviewCase,
    Plan,
    ReactivateCase,
    WithdrawCase,
)
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.events import CASE_DECIDED
from kundeflyt.domain.review import Entry
from kundeflyt.engine.cases import take_in
from kundeflyt.ports.failures import TryLater
from tests.contracts.at_once import at_once
from tests.domain.case_situation import NOW, RULES, UNA, begun, claimed_by, decided, later, request
from tests.engine.world import ADVISER, COMPANY, World, an_event
from tests.fakes.cases import InMemoryCases


class TestTakingIn:
    def test_opens_a_case(self) -> None:
        store = InMemoryCases()
        case = take_in(request(), store, NOW, RULES)
        assert store.open_case_of(9001) == case

    def test_the_same_request_again_changes_nothing(self) -> None:
        store = InMemoryCases()
        first = take_in(request(), store, NOW, RULES)
        assert take_in(request(), store, later(days=1), RULES) == first
        assert len(store.audit(first.id)) == 1

    def test_the_same_request_opens_no_second_case_when_the_first_is_closed(self) -> None:
        store = InMemoryCases()
        case = take_in(request(), store, NOW, RULES)
        assert store.save(*cases.withdraw(case, later(days=1), because="Svarte."), seen_version=1)
        assert take_in(request(), store, later(days=2), RULES).state == "withdrawn"
        assert len(store.cases_of(9001)) == 1

    def test_a_later_ending_adds_to_the_open_case(self) -> None:
        store = InMemoryCases()
        case = take_in(request(), store, NOW, RULES)
        more = take_in(request(key="second", contact_id=502), store, later(days=1), RULES)
        assert (more.id, len(more.evidence)) == (case.id, 2)

    def test_a_later_ending_after_a_closed_case_opens_another(self) -> None:
        store = InMemoryCases()
        case = take_in(request(), store, NOW, RULES)
        assert store.save(*cases.withdraw(case, later(days=1), because="Svarte."), seen_version=1)
        other = request(key="second", contact_id=502)
        assert take_in(other, store, later(days=2), RULES).id != case.id

    @pytest.mark.parametrize("another_is_open", [False, True])
    def test_what_was_missing_opens_no_case_anew_that_was_withdrawn_meanwhile(self, another_is_open: bool) -> None:
        store = InMemoryCases()
        case = take_in(request(key="first", waits_days=7), store, NOW, RULES)
        assert store.save(*cases.withdraw(case, later(days=1), because="Svarte."), seen_version=1)
        other = request(key="other", contact_id=502, waits_days=7)
        standing = take_in(other, store, later(days=1, hours=1), RULES) if another_is_open else None
        assert take_in(request(key="first/complete"), store, later(days=2), RULES).state == "withdrawn"
        assert store.open_case_of(9001) == standing

    def test_what_was_missing_is_taken_in_where_a_person_has_reopened_the_case(self) -> None:
        store = InMemoryCases()
        case = take_in(request(key="first", waits_days=7), store, NOW, RULES)
        over, audit = cases.withdraw(case, later(days=1), because="Svarte.")
        assert store.save(over, audit, seen_version=1)
        assert store.save(*cases.reopen(over, UNA, later(days=1), RULES, reason="Feil."), seen_version=2)
        mended = take_in(request(key="first/complete"), store, later(days=2), RULES)
        assert (mended.id, mended.recommendation) == (case.id, "inactive")

    def test_many_at_once_are_one_case_with_all_evidence(self) -> None:
        store = InMemoryCases()

        def one_of_many(number: int) -> Any:
            try:
                return take_in(request(key=f"k{number}", contact_id=500 + number), store, NOW, RULES)
            except TryLater:
                return None  # comes again

        at_once(one_of_many, workers=4)
        for number in range(4):
            take_in(request(key=f"k{number}", contact_id=500 + number), store, NOW, RULES)
        [case] = store.cases_of(9001)
        assert sorted(one.contact_id for one in case.evidence) == [500, 501, 502, 503]

    def test_waits_when_others_keep_changing_the_case(self) -> None:
        class Busy(InMemoryCases):
            def save(self, *given: Any, **more: Any) -> bool:
                return False

        store = Busy()
        take_in(request(), store, NOW, RULES)
        with pytest.raises(TryLater, match="keep changing"):
            take_in(request(key="second"), store, NOW, RULES)


class Case:
    """A world with a case in it, in which a plan is performed."""

    def __init__(self, case: ReviewCase | None = None) -> None:
        self.world = World(at=later(minutes=11))
        self.case = case or decided()
        assert self.case.decision is None or self.case.decision.mark
        self.world.cases.cases[self.case.id] = self.case

    @property
    def mark(self) -> str:
        assert self.case.decision
        return self.case.decision.mark

    def performs(self, *actions: Action) -> dict[str, str]:
        """How each action ended."""
        self.world.planner = lambda _event: Plan(because="x", actions=actions, company_id=COMPANY)
        self.world.run(an_event())
        return {name.rsplit("/", 1)[-1]: record.state for name, record in self.world.ledger.actions.items()}

    @property
    def now(self) -> ReviewCase:
        return self.world.cases.cases[self.case.id]


class TestADecisionThatIsCarriedOut:
    def test_stands_before_anything_follows_from_it(self) -> None:
        at = Case()
        ended = at.performs(
            BeginEffects(name="begin", case_id=at.case.id, decision=at.mark),
            ClearOwner(name="clear", company_id=COMPANY, owner_id=ADVISER, after=("begin",)),
            CloseCase(name="close", case_id=at.case.id, decision=at.mark, after=("begin",)),
        )
        assert ended == {"begin": "done", "clear": "done", "close": "done"}
        assert at.now.state == "effected"
        assert at.world.crm.companies([COMPANY])[COMPANY].owner_id is None

    def test_is_not_begun_when_it_has_been_undone_and_no_owner_is_cleared(self) -> None:
        at = Case()
        at.world.cases.cases[at.case.id] = cases.undo(at.case, UNA, later(minutes=1), RULES)[0]
        ended = at.performs(
            BeginEffects(name="begin", case_id=at.case.id, decision=at.mark),
            MarkCompany(name="mark", company_id=COMPANY, properties={"a": "b"}, after=("begin",)),
            ClearOwner(name="clear", company_id=COMPANY, owner_id=ADVISER, after=("begin",)),
            Announce(name="tell", event="CustomerBecameInactive", about={at.case.id: COMPANY}, after=("begin",)),
            CloseCase(name="close", case_id=at.case.id, decision=at.mark, after=("begin",)),
        )
        assert ended == {"begin": "refused"}
        assert at.now.state == "claimed"
        assert at.world.crm.companies([COMPANY])[COMPANY].owner_id == ADVISER
        assert at.world.announcer.told == []

    def test_cannot_be_undone_any_more_once_it_is_begun(self) -> None:
        at = Case()
        at.performs(BeginEffects(name="begin", case_id=at.case.id, decision=at.mark))
        with pytest.raises(cases.NotAllowed):
            cases.undo(at.now, UNA, later(minutes=9), RULES)

    def test_waits_for_the_answer_of_whoever_was_asked(self) -> None:
        at = Case(decided("needs_more", asked=ADVISER))
        due = later(days=14)
        at.performs(
            BeginEffects(name="begin", case_id=at.case.id, decision=at.mark),
            CreateTask(name="ask", task_type="TODO", subject="s", body="b", due=due, owner_id=ADVISER),
            CloseCase(name="close", case_id=at.case.id, decision=at.mark, asked_by="ask", waits_until=due),
        )
        [task] = at.world.crm.tasks
        assert at.now.state == "waiting"
        assert at.now.waiting_for
        assert (at.now.waiting_for.task_id, at.now.waiting_for.until) == (task, due)

    def test_is_tried_later_while_the_cases_do_not_answer(self) -> None:
        at = Case()

        def silent(_method: str) -> None:
            raise TryLater("DynamoDB is silent")

        at.world.cases.before_call = silent
        assert at.performs(BeginEffects(name="begin", case_id=at.case.id, decision=at.mark)) == {}

    def test_is_closed_once_whatever_dies_after_it(self) -> None:
        """The case was closed and the worker died before it could say so."""
        at = Case()
        begin = BeginEffects(name="begin", case_id=at.case.id, decision=at.mark)
        close = CloseCase(name="close", case_id=at.case.id, decision=at.mark)
        save = at.world.cases.save

        def dies_after(*given: Any, **more: Any) -> bool:
            saved = save(*given, **more)
            if given[0].state == "effected":
                raise KeyboardInterrupt
            return saved

        at.world.cases.save = dies_after  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            at.performs(begin, close)
        at.world.cases.save = save  # type: ignore[method-assign]
        at.world.later()
        assert at.performs(begin, close) == {"begin": "done", "close": "done"}
        assert [one.what for one in at.world.cases.audit(at.case.id)].count("effected") == 1

    def test_is_begun_later_by_a_clock_that_is_behind(self) -> None:
        """Refused for that, it would never be carried out: the ledger remembers a refusal for good."""
        at = Case()
        begin = BeginEffects(name="begin", case_id=at.case.id, decision=at.mark)
        at.world.at = later(minutes=9, seconds=58)
        assert at.performs(begin) == {}
        at.world.at = later(minutes=10)
        assert at.performs(begin) == {"begin": "done"}

    def test_takes_the_customer_from_nobody_else_than_whom_it_was_about(self) -> None:
        """HubSpot was silent between the decision and the owner, and somebody has got the customer meanwhile."""
        at = Case()
        company = at.world.crm.companies([COMPANY])[COMPANY]
        at.world.crm.put(replace(company, owner_id=ADVISER + 1))
        clear = ClearOwner(name="clear", company_id=COMPANY, owner_id=ADVISER, after=("begin",))
        begin = BeginEffects(name="begin", case_id=at.case.id, decision=at.mark)
        assert at.performs(begin, clear) == {"begin": "done", "clear": "refused"}
        assert at.world.crm.companies([COMPANY])[COMPANY].owner_id == ADVISER + 1

    def test_leaves_alone_an_owner_whom_a_person_has_removed_already(self) -> None:
        at = Case()
        at.world.crm.put(replace(at.world.crm.companies([COMPANY])[COMPANY], owner_id=None))
        clear = ClearOwner(name="clear", company_id=COMPANY, owner_id=ADVISER, after=("begin",))
        begin = BeginEffects(name="begin", case_id=at.case.id, decision=at.mark)
        assert at.performs(begin, clear) == {"begin": "done", "clear": "done"}

    def test_waits_with_the_owner_while_nobody_can_say_who_it_is(self) -> None:
        at = Case()
        at.world.crm.fail_next("companies", TryLater("HubSpot is silent"))
        clear = ClearOwner(name="clear", company_id=COMPANY, owner_id=ADVISER, after=("begin",))
        begin = BeginEffects(name="begin", case_id=at.case.id, decision=at.mark)
        assert at.performs(begin, clear) == {"begin": "done"}
        assert at.performs(begin, clear) == {"begin": "done", "clear": "done"}


def answer_is_lost(at: Case) -> None:
    """The store does the next change, and its answer does not arrive."""
    save = at.world.cases.save

    def silent_after(*given: Any, **more: Any) -> bool:
        at.world.cases.save = save  # type: ignore[method-assign]
        save(*given, **more)
        raise TryLater("DynamoDB did not answer (ReadTimeoutError)")

    at.world.cases.save = silent_after  # type: ignore[method-assign]


class TestAWithdrawalByTheSystem:
    def test_whose_answer_was_lost_is_done_and_what_follows_from_it_is_not_left_out(self) -> None:
        at = Case(claimed_by(UNA))
        withdraw = WithdrawCase(name="withdraw", company_id=9001, case_id=at.case.id, because="Svarte (emails/7).")
        answer_is_lost(at)
        assert at.performs(withdraw) == {}
        assert at.performs(withdraw) == {"withdraw": "done"}
        assert [one.what for one in at.world.cases.audit(at.case.id)] == ["withdrawn"]

    def test_for_another_reason_is_refused(self) -> None:
        at = Case(cases.withdraw(claimed_by(UNA), later(minutes=9), because="Svarte (emails/6).")[0])
        withdraw = WithdrawCase(name="withdraw", company_id=9001, case_id=at.case.id, because="Svarte (emails/7).")
        assert at.performs(withdraw) == {"withdraw": "refused"}

    def test_ends_the_companys_open_case(self) -> None:
        at = Case(claimed_by(UNA))
        assert at.performs(WithdrawCase(name="withdraw", company_id=9001, because="Svarte.")) == {"withdraw": "done"}
        assert (at.now.state, at.now.withdrawn_because) == ("withdrawn", "Svarte.")

    def test_is_refused_when_there_is_none(self) -> None:
        at = Case()
        assert at.performs(WithdrawCase(name="withdraw", company_id=1, because="Svarte.")) == {"withdraw": "refused"}

    def test_is_of_the_case_it_names_and_no_other(self) -> None:
        at = Case(claimed_by(UNA))
        other = WithdrawCase(name="withdraw", company_id=9001, case_id="9001-1", because="Svarte.")
        assert at.performs(other) == {"withdraw": "refused"}
        assert at.now.state == "claimed"


class TestAReactivation:
    def reactivate(self, at: Case, id_: str = "700") -> ReactivateCase:
        mark = at.now.decision.mark if at.now.decision else ""
        entry = Entry(what="email_in", record="emails", id=id_, at=later(days=1))
        return ReactivateCase(name="wake", case_id=at.case.id, decision=mark, entry=entry, because="Svarte.")

    def inactive(self) -> Case:
        case = begun()
        assert case.decision
        return Case(cases.effected(case, case.decision.mark, later(minutes=12))[0])

    def test_stands_on_the_case(self) -> None:
        at = self.inactive()
        assert at.performs(self.reactivate(at)) == {"wake": "done"}
        assert at.now.reactivated_by is not None

    def test_by_something_else_comes_too_late(self) -> None:
        at = self.inactive()
        first = cases.reactivate(
            at.case, self.reactivate(at).decision, later(days=1), entry=self.reactivate(at).entry, because="Svarte."
        )
        assert at.world.cases.save(*first, seen_version=at.case.version)
        assert at.performs(self.reactivate(at, "701")) == {"wake": "refused"}

    def test_whose_worker_died_is_found_and_goes_on(self) -> None:
        at = self.inactive()
        save = at.world.cases.save

        def dies_after(*args: Any, **named: Any) -> bool:
            save(*args, **named)
            raise KeyboardInterrupt

        at.world.cases.save = dies_after  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            at.performs(self.reactivate(at))
        at.world.cases.save = save  # type: ignore[method-assign]
        at.world.later()
        assert at.performs(self.reactivate(at)) == {"wake": "done"}
        assert [one.what for one in at.world.cases.audit(at.case.id)] == ["reactivated"]

    def test_whose_answer_was_lost_still_gives_the_last_adviser_a_task(self) -> None:
        """Refused because the case is no longer asleep, it would leave out all that follows from it, for good."""
        at = self.inactive()
        wake = self.reactivate(at)
        task = CreateTask(
            name="task", task_type="TODO", subject="s", body="b", due=later(days=1), owner_id=ADVISER, after=("wake",)
        )
        answer_is_lost(at)
        assert at.performs(wake, task) == {}
        assert at.performs(wake, task) == {"wake": "done", "task": "done"}
        assert len(at.world.crm.tasks) == 1


class TestAWaitThatEnds:
    def test_brings_the_case_to_customer_service(self) -> None:
        waiting = cases.opened(request(waits_days=7), NOW, RULES)[0]
        at = Case(waiting)
        assert at.performs(EndWait(name="end", case_id=waiting.id, because="Fristen.", rules=RULES)) == {"end": "done"}
        assert at.now.state == "open"


class TestARequest:
    def test_goes_to_the_review_queue(self) -> None:
        at = Case()
        assert at.performs(OpenReviewCase(name="open", request=request())) == {"open": "done"}
        assert at.world.review_queue.asked_for == [request()]

    def test_waits_when_the_queue_does_not_answer(self) -> None:
        at = Case()
        at.world.review_queue.fail_next("put", TryLater("SQS is silent"))
        assert at.performs(OpenReviewCase(name="open", request=request())) == {}


class TestAnAnnouncement:
    def test_is_about_the_case_and_its_company(self) -> None:
        at = Case()
        at.performs(Announce(name="tell", event="CaseDecided", about={"9001-1": 9001, "9002-1": 9002}, bulk=True))
        told = [(one.name, one.subject, one.record_id, one.bulk) for one in at.world.announcer.told]
        portal = an_event().portal_id
        assert told == [
            (CASE_DECIDED, f"{portal}/9001-1", 9001, True),
            (CASE_DECIDED, f"{portal}/9002-1", 9002, True),
        ]

    def test_waits_when_the_bus_does_not_take_it(self) -> None:
        at = Case()
        at.world.announcer.failure = TryLater("the bus is silent")
        assert at.performs(Announce(name="tell", event="CaseDecided", about={"9001-1": 9001})) == {}
