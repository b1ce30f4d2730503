from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain import cases
from kundeflyt.domain.cases import CLOSED, SYSTEM, NotAllowed, ReviewCase, Step
from kundeflyt.domain.ownership import OwnerChange
from kundeflyt.domain.review import Entry
from tests.domain.case_situation import (
    ADVISER,
    NOW,
    RULES,
    UNA,
    VIDAR,
    an_open_case,
    begun,
    claimed_by,
    decided,
    later,
    request,
)

OSLO = ZoneInfo("Europe/Oslo")
HEARD = Entry(what="call_in", record="calls", id="901", at=NOW + timedelta(hours=9))


def a_waiting_case() -> ReviewCase:
    return an_open_case(waits_days=7)


def an_effected_case() -> ReviewCase:
    case = begun()
    assert case.decision
    return cases.effected(case, case.decision.mark, later(minutes=12))[0]


def a_withdrawn_case() -> ReviewCase:
    return cases.withdraw(an_open_case(), later(minutes=1), because="Kunden svarte på e-post.")[0]


def a_case_that_waits_for_an_answer() -> ReviewCase:
    case = begun("needs_more", asked=ADVISER)
    assert case.decision
    now = later(minutes=11)
    until = cases.answer_due(case, now, RULES)
    return cases.asked(case, case.decision.mark, now, task_id=66, until=until)[0]


EVERY_STATE: dict[str, Callable[[], ReviewCase]] = {
    "waiting": a_waiting_case,
    "open": an_open_case,
    "claimed": lambda: claimed_by(UNA),
    "decided": decided,
    "effected": an_effected_case,
    "withdrawn": a_withdrawn_case,
}


def in_states(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(EVERY_STATE[name](), id=name) for name in names])


def other_than(*names: str) -> pytest.MarkDecorator:
    return in_states(*(name for name in EVERY_STATE if name not in names))


def refused(step: Callable[[], Step]) -> str:
    with pytest.raises(NotAllowed) as caught:
        step()
    return caught.value.reason


class TestACaseThatIsOpened:
    def test_is_open_to_customer_service_with_all_that_speaks_for_it(self) -> None:
        case, audit = cases.opened(request(), NOW, RULES)
        assert (case.state, case.recommendation, case.version) == ("open", "inactive", 1)
        assert case.id == f"9001-{int(NOW.timestamp())}"
        assert case.company.owner_id == ADVISER
        assert (audit.before, audit.after, audit.who, audit.message) == (None, "open", SYSTEM, request().key)

    def test_is_due_in_working_days(self) -> None:
        case = an_open_case()
        assert case.amber_at.astimezone(OSLO) == datetime(2026, 11, 12, 16, 0, tzinfo=OSLO)
        assert case.due_at.astimezone(OSLO) == datetime(2026, 11, 16, 16, 0, tzinfo=OSLO)
        before_christmas = an_open_case(now=datetime(2026, 12, 22, 9, 0, tzinfo=UTC))
        assert before_christmas.due_at.astimezone(OSLO) == datetime(2027, 1, 4, 16, 0, tzinfo=OSLO)

    def test_waits_where_somebody_was_asked_to_fill_a_gap(self) -> None:
        case = a_waiting_case()
        assert case.state == "waiting"
        assert case.waiting_for and case.waiting_for.gaps == ("phone",)
        assert case.due_at > later(days=7)

    def test_is_open_at_once_when_the_time_to_wait_is_over(self) -> None:
        assert an_open_case(waits_days=-1).state == "open"


class TestALaterEnding:
    def test_adds_its_evidence_and_is_what_the_case_is_judged_by(self) -> None:
        answer = Entry(what="email_in", record="emails", id="900", at=NOW - timedelta(days=2))
        newer = request(key="second", contact_id=502, days_ago=1, entries=(answer,))
        case, audit = cases.more_evidence(an_open_case(), newer, later(days=1), RULES)
        assert [one.contact_id for one in case.evidence] == [501, 502]
        assert (case.recommendation, case.evidence_at) == ("keep", NOW - timedelta(days=1))
        assert (audit.what, audit.message) == ("evidence_added", "second")

    def test_that_is_older_than_what_is_known_changes_no_judgement(self) -> None:
        older = request(key="second", contact_id=502, days_ago=300, ending="replied")
        case, _ = cases.more_evidence(an_open_case(), older, later(days=1), RULES)
        assert case.recommendation == "inactive"
        assert [one.contact_id for one in case.evidence] == [502, 501]

    def test_told_again_is_there_once(self) -> None:
        case, _ = cases.more_evidence(an_open_case(), request(key="again"), later(days=1), RULES)
        assert len(case.evidence) == 1

    @in_states("claimed", "decided")
    def test_takes_the_case_from_nobody(self, case: ReviewCase) -> None:
        after, _ = cases.more_evidence(case, request(key="second", contact_id=502), later(minutes=1), RULES)
        assert (after.state, after.claim, after.decision) == (case.state, case.claim, case.decision)

    def test_with_an_answer_has_a_decision_for_inactive_taken_again(self) -> None:
        """Whoever decided did not know of it."""
        answer = Entry(what="email_in", record="emails", id="900", at=NOW - timedelta(days=2))
        newer = request(key="second", contact_id=502, days_ago=1, entries=(answer,))
        case, audit = cases.more_evidence(decided(), newer, later(minutes=3), RULES)
        assert (case.state, case.decision, case.decided, audit.before) == ("open", None, None, "decided")
        for stays in (decided("keep"), decided("needs_more", asked=1), begun()):
            assert cases.more_evidence(stays, newer, later(minutes=3), RULES)[0].decision == stays.decision

    def test_of_many_people_shows_each_record_once(self) -> None:
        """Else thirty people's endings would outgrow the 400 kB that a case may take in its table."""
        calls = tuple(Entry(what="call_out", record="calls", id=f"{n}", at=NOW - timedelta(days=9)) for n in range(200))
        case = an_open_case()
        for person in range(30):
            more = request(key=f"k{person}", contact_id=600 + person, days_ago=9 - person / 10, entries=calls)
            case, _ = cases.more_evidence(case, more, later(days=1), RULES)
        assert len(case.evidence) == 31
        shown = [entry for one in case.evidence for entry in one.entries]
        assert len(shown) == len(set(shown)) == 202
        assert case.evidence[-1].entries == calls
        assert len(case.model_dump_json()) < 60_000

    def test_without_the_gap_opens_the_case_that_waited_for_it(self) -> None:
        case, _ = cases.more_evidence(a_waiting_case(), request(key="filled"), later(days=2), RULES)
        assert (case.state, case.waiting_for) == ("open", None)
        assert case.due_at.astimezone(OSLO) == datetime(2026, 11, 18, 16, 0, tzinfo=OSLO)

    def test_that_waits_and_comes_after_the_one_that_no_longer_does_changes_nothing(self) -> None:
        """It lay among the dead letters meanwhile: what it asks for has been put right."""
        late = request(key="first", waits_days=9, days_ago=120)
        case, audit = cases.more_evidence(an_open_case(), late, later(days=2), RULES)
        assert (case.evidence, case.assessment, case.state) == (
            an_open_case().evidence,
            an_open_case().assessment,
            "open",
        )
        assert audit.message == "first"

    def test_with_the_gap_leaves_it_waiting(self) -> None:
        case, _ = cases.more_evidence(a_waiting_case(), request(key="same", waits_days=9), later(days=2), RULES)
        assert case.state == "waiting"

    @in_states("effected", "withdrawn")
    def test_is_no_part_of_a_closed_case(self, case: ReviewCase) -> None:
        assert "avsluttet" in refused(lambda: cases.more_evidence(case, request(), later(days=1), RULES))


class TestAWait:
    def test_ends_with_its_reason_and_the_clock_begins_then(self) -> None:
        case, audit = cases.end_wait(a_waiting_case(), later(days=7), RULES, because="Fristen er ute.")
        assert (case.state, audit.note) == ("open", "Fristen er ute.")
        assert case.due_at.astimezone(OSLO) == datetime(2026, 11, 23, 16, 0, tzinfo=OSLO)

    def test_for_an_answer_leaves_no_decision_behind(self) -> None:
        case, _ = cases.end_wait(a_case_that_waits_for_an_answer(), later(days=1), RULES, because="Svart.")
        assert (case.state, case.decision, case.decided) == ("open", None, None)

    @other_than("waiting")
    def test_that_is_none_does_not_end(self, case: ReviewCase) -> None:
        assert "venter ikke" in refused(lambda: cases.end_wait(case, later(days=7), RULES, because="Fristen er ute."))


class TestAClaim:
    def test_is_a_lease(self) -> None:
        case = claimed_by(UNA)
        assert case.state == "claimed"
        assert case.claim and case.claim.until == later(minutes=30)
        assert case.worked_by(later(minutes=29)) == UNA
        assert case.worked_by(later(minutes=30)) is None

    def test_of_ones_own_case_renews_it(self) -> None:
        case, audit = cases.claim(claimed_by(UNA), UNA, later(minutes=20), RULES)
        assert case.claim and case.claim.until == later(minutes=50)
        assert audit.what == "renewed"

    def test_is_refused_while_a_colleague_works_the_case(self) -> None:
        assert UNA in refused(lambda: cases.claim(claimed_by(UNA), VIDAR, later(minutes=29), RULES))

    def test_takes_a_case_whose_lease_has_run_out(self) -> None:
        case, _ = cases.claim(claimed_by(UNA), VIDAR, later(minutes=30), RULES)
        assert case.claim and (case.claim.user, case.claim.taken_over_from) == (VIDAR, UNA)

    @other_than("open", "claimed")
    def test_is_refused_where_there_is_nothing_to_work(self, case: ReviewCase) -> None:
        assert "kan ikke tas" in refused(lambda: cases.claim(case, UNA, later(minutes=1), RULES))

    def test_may_be_renewed_late_by_whoever_has_it(self) -> None:
        case, _ = cases.renew(claimed_by(UNA), UNA, later(hours=3), RULES)
        assert case.claim and case.claim.until == later(hours=3, minutes=30)

    def test_may_not_be_renewed_or_released_by_anybody_else(self) -> None:
        assert UNA in refused(lambda: cases.renew(claimed_by(UNA), VIDAR, later(minutes=1), RULES))
        assert UNA in refused(lambda: cases.release(claimed_by(UNA), VIDAR, later(minutes=1)))

    def test_that_is_released_leaves_the_case_open(self) -> None:
        case, _ = cases.release(claimed_by(UNA), UNA, later(minutes=1))
        assert (case.state, case.claim) == ("open", None)

    @other_than("claimed")
    def test_that_is_none_can_neither_be_renewed_nor_released(self, case: ReviewCase) -> None:
        assert "Ta saken først" in refused(lambda: cases.renew(case, UNA, later(minutes=1), RULES))
        assert "Ta saken først" in refused(lambda: cases.release(case, UNA, later(minutes=1)))

    def test_can_be_taken_over_on_purpose_and_the_audit_says_from_whom(self) -> None:
        case, audit = cases.take_over(claimed_by(UNA), VIDAR, later(minutes=5), RULES)
        assert case.claim and (case.claim.user, case.claim.taken_over_from) == (VIDAR, UNA)
        assert (audit.what, audit.who, audit.note) == ("taken_over", VIDAR, "fra una")

    def test_of_ones_own_is_not_taken_over(self) -> None:
        assert "allerede din" in refused(lambda: cases.take_over(claimed_by(UNA), UNA, later(minutes=5), RULES))

    @other_than("claimed")
    def test_that_is_none_is_not_taken_over(self, case: ReviewCase) -> None:
        assert "Ingen arbeider" in refused(lambda: cases.take_over(case, VIDAR, later(minutes=5), RULES))


class TestAComment:
    def test_stands_on_the_case_with_who_wrote_it(self) -> None:
        case, _ = cases.comment(an_open_case(), VIDAR, later(minutes=1), RULES, text="  Prøvde sentralbordet. ")
        assert [(one.by, one.text) for one in case.comments] == [(VIDAR, "Prøvde sentralbordet.")]

    def test_renews_the_claim_of_whoever_works_the_case(self) -> None:
        own, _ = cases.comment(claimed_by(UNA), UNA, later(minutes=20), RULES, text="Ringer.")
        assert own.claim and own.claim.until == later(minutes=50)
        others, _ = cases.comment(claimed_by(UNA), VIDAR, later(minutes=20), RULES, text="Ringer.")
        assert others.claim and others.claim.until == later(minutes=30)

    @pytest.mark.parametrize("text", ["", "  \n", "x" * 4001], ids=["empty", "blank", "too long"])
    def test_has_something_to_say_and_not_too_much(self, text: str) -> None:
        refused(lambda: cases.comment(an_open_case(), VIDAR, later(minutes=1), RULES, text=text))


class TestADecision:
    def test_is_taken_by_whoever_works_the_case_and_may_be_undone_for_a_while(self) -> None:
        case = decided()
        assert (case.state, case.decided, case.claim) == ("decided", "inactive", None)
        assert case.decision and (case.decision.by, case.decision.undo_until) == (UNA, later(minutes=10))

    def test_is_taken_by_nobody_else(self) -> None:
        def by_vidar() -> Step:
            return cases.decide(claimed_by(UNA), VIDAR, later(minutes=1), RULES, what="keep", reason="Svarte meg.")

        assert UNA in refused(by_vidar)

    @other_than("claimed")
    def test_needs_a_claim(self, case: ReviewCase) -> None:
        def unclaimed() -> Step:
            return cases.decide(case, UNA, later(minutes=1), RULES, what="inactive", reason="Ingen svar.")

        assert "Ta saken først" in refused(unclaimed)

    def test_needs_a_reason(self) -> None:
        assert "begrunnelse" in refused(lambda: _decide(what="inactive", reason="  "))

    def test_to_keep_carries_the_feedback_or_else_the_reason_to_the_adviser(self) -> None:
        assert _feedback(_decide(what="keep", reason="Har møte.", feedback="Ring igjen i mai.")) == "Ring igjen i mai."
        assert _feedback(_decide(what="keep", reason="Har møte.")) == "Har møte."

    def test_to_ask_for_more_names_who_is_asked(self) -> None:
        assert "hvem" in refused(lambda: _decide(what="needs_more", reason="Hvem er hovedkontakt?"))
        case, _ = _decide(what="needs_more", reason="Hvem er hovedkontakt?", asked=ADVISER)
        assert case.decision and (case.decision.asked, case.decision.feedback) == (ADVISER, "Hvem er hovedkontakt?")

    def test_that_is_undone_in_time_is_gone_and_whoever_undid_it_works_on(self) -> None:
        case, audit = cases.undo(decided(), VIDAR, later(minutes=9, seconds=59), RULES)
        assert (case.state, case.decision, case.decided) == ("claimed", None, None)
        assert case.claim and case.claim.user == VIDAR
        assert audit.what == "undone"

    def test_is_not_undone_late_nor_once_anything_has_followed_from_it(self) -> None:
        assert "angres til" in refused(lambda: cases.undo(decided(), UNA, later(minutes=10), RULES))
        assert "angres til" in refused(lambda: cases.undo(begun(), UNA, later(minutes=9), RULES))

    @other_than("decided")
    def test_that_is_none_is_not_undone(self, case: ReviewCase) -> None:
        assert "ingenting å angre" in refused(lambda: cases.undo(case, UNA, later(minutes=1), RULES))


def _decide(**given: Any) -> Step:
    return cases.decide(claimed_by(UNA), UNA, NOW, RULES, **given)


def _feedback(step: Step) -> str | None:
    return step[0].decision.feedback if step[0].decision else None


class TestEffects:
    def test_begin_only_when_the_decision_can_no_longer_be_undone(self) -> None:
        case = decided()
        assert case.decision
        mark = case.decision.mark
        assert "kan angres" in refused(lambda: cases.begin_effects(case, mark, later(minutes=9)))
        after, _ = cases.begin_effects(case, mark, later(minutes=10))
        assert after.decision and after.decision.effects_begun_at == later(minutes=10)

    def test_begin_once_however_often_it_is_said(self) -> None:
        case = begun()
        assert case.decision
        again, _ = cases.begin_effects(case, case.decision.mark, later(hours=1))
        assert again.decision and again.decision.effects_begun_at == later(minutes=10)

    def test_do_not_begin_for_a_decision_that_is_gone_or_another(self) -> None:
        undone, _ = cases.undo(decided(), UNA, later(minutes=1), RULES)
        assert "angret" in refused(lambda: cases.begin_effects(undone, "1", later(minutes=20)))
        assert "angret" in refused(lambda: cases.begin_effects(decided(), "1", later(minutes=20)))

    def test_that_are_all_done_close_the_case(self) -> None:
        case = an_effected_case()
        assert case.closed
        assert (case.effected_at, case.decided) == (later(minutes=12), "inactive")

    def test_that_have_not_begun_close_nothing(self) -> None:
        case = decided()
        assert case.decision
        mark = case.decision.mark
        assert "ikke begynt" in refused(lambda: cases.effected(case, mark, later(minutes=12)))
        assert "ikke begynt" in refused(
            lambda: cases.asked(case, mark, later(minutes=12), task_id=1, until=later(days=1))
        )

    def test_of_asking_for_more_is_a_wait_for_the_answer(self) -> None:
        case = a_case_that_waits_for_an_answer()
        assert case.state == "waiting"
        assert case.waiting_for and (case.waiting_for.task_id, case.waiting_for.gaps) == (66, ())
        assert case.waiting_for.until.astimezone(OSLO) == datetime(2026, 11, 23, 16, 0, tzinfo=OSLO)


class TestAWithdrawal:
    @in_states("waiting", "open", "claimed", "decided")
    def test_ends_a_case_with_its_reason_whoever_works_it(self, case: ReviewCase) -> None:
        after, audit = cases.withdraw(case, later(minutes=1), because="Kunden svarte på e-post.")
        assert (after.state, after.claim, after.withdrawn_because) == ("withdrawn", None, "Kunden svarte på e-post.")
        assert (audit.who, audit.note) == (SYSTEM, "Kunden svarte på e-post.")

    @in_states("effected", "withdrawn")
    def test_comes_too_late_for_a_closed_case(self, case: ReviewCase) -> None:
        assert "avsluttet" in refused(lambda: cases.withdraw(case, later(minutes=1), because="Svarte."))

    def test_comes_too_late_once_effects_have_begun(self) -> None:
        assert "utført" in refused(lambda: cases.withdraw(begun(), later(minutes=11), because="Svarte."))

    def test_ends_a_case_that_waits_for_an_answer(self) -> None:
        case, _ = cases.withdraw(a_case_that_waits_for_an_answer(), later(days=1), because="Svarte.")
        assert case.state == "withdrawn"


class TestAReactivation:
    def test_stands_on_the_closed_case_with_what_was_heard(self) -> None:
        case = an_effected_case()
        mark = case.decision.mark if case.decision else ""
        after, audit = cases.reactivate(case, mark, later(days=1), entry=HEARD, because="Ringte.")
        assert (case.inactive, after.inactive, after.state, after.reactivated_by) == (True, False, "effected", HEARD)
        assert (audit.what, audit.who, audit.note) == ("reactivated", SYSTEM, "Ringte.")

    def test_comes_once(self) -> None:
        case = an_effected_case()
        mark = case.decision.mark if case.decision else ""
        after, _ = cases.reactivate(case, mark, later(days=1), entry=HEARD, because="Ringte.")
        assert "ikke lenger inaktiv" in refused(
            lambda: cases.reactivate(after, mark, later(days=1), entry=HEARD, because="Ringte.")
        )

    def test_is_of_that_decision_only(self) -> None:
        assert "ikke lenger inaktiv" in refused(
            lambda: cases.reactivate(an_effected_case(), "1", later(days=1), entry=HEARD, because="Ringte.")
        )

    @other_than("effected")
    def test_is_of_an_inactive_customer_only(self, case: ReviewCase) -> None:
        mark = case.decision.mark if case.decision else ""
        refused(lambda: cases.reactivate(case, mark, later(days=1), entry=HEARD, because="Ringte."))

    def test_is_forgotten_when_the_case_is_worked_anew(self) -> None:
        case = an_effected_case()
        mark = case.decision.mark if case.decision else ""
        after, _ = cases.reactivate(case, mark, later(days=1), entry=HEARD, because="Ringte.")
        assert cases.reopen(after, VIDAR, later(days=2), RULES, reason="Se på den igjen.")[0].reactivated_by is None


class TestAReopenedCase:
    @in_states("effected", "withdrawn")
    def test_is_open_again_and_its_clock_begins_anew(self, case: ReviewCase) -> None:
        after, audit = cases.reopen(case, VIDAR, later(days=1), RULES, reason="Feil selskap.")
        assert (after.state, after.decision, after.decided) == ("open", None, None)
        assert (after.effected_at, after.withdrawn_because) == (None, None)
        assert after.due_at > case.due_at
        assert (audit.what, audit.note) == ("reopened", "Feil selskap.")

    def test_needs_a_reason(self) -> None:
        assert "hvorfor" in refused(lambda: cases.reopen(an_effected_case(), VIDAR, later(days=1), RULES, reason=" "))

    @other_than("effected", "withdrawn")
    def test_was_closed_before(self, case: ReviewCase) -> None:
        assert "gjenåpnes" in refused(lambda: cases.reopen(case, VIDAR, later(days=1), RULES, reason="Feil."))


class TestTheColour:
    def test_follows_working_time(self) -> None:
        case = an_open_case()
        assert case.sla_colour(later(days=2)) == "green"
        assert case.sla_colour(later(days=4)) == "amber"
        assert case.sla_colour(later(days=8)) == "red"

    @other_than("open", "claimed")
    def test_is_none_where_customer_service_has_nothing_to_do(self, case: ReviewCase) -> None:
        assert case.sla_colour(later(days=30)) is None


ACTS: dict[str, Callable[[ReviewCase, datetime], Step]] = {
    "more_evidence": lambda case, now: cases.more_evidence(case, request(key="k", contact_id=502), now, RULES),
    "end_wait": lambda case, now: cases.end_wait(case, now, RULES, because="x"),
    "claim": lambda case, now: cases.claim(case, UNA, now, RULES),
    "claim_by_another": lambda case, now: cases.claim(case, VIDAR, now, RULES),
    "release": lambda case, now: cases.release(case, UNA, now),
    "take_over": lambda case, now: cases.take_over(case, VIDAR, now, RULES),
    "comment": lambda case, now: cases.comment(case, UNA, now, RULES, text="x"),
    "inactive": lambda case, now: cases.decide(case, UNA, now, RULES, what="inactive", reason="x"),
    "keep": lambda case, now: cases.decide(case, UNA, now, RULES, what="keep", reason="x"),
    "needs_more": lambda case, now: cases.decide(case, UNA, now, RULES, what="needs_more", reason="x", asked=1),
    "undo": lambda case, now: cases.undo(case, UNA, now, RULES),
    "begin": lambda case, now: cases.begin_effects(case, case.decision.mark if case.decision else "", now),
    "effected": lambda case, now: cases.effected(case, case.decision.mark if case.decision else "", now),
    "asked": lambda case, now: cases.asked(
        case, case.decision.mark if case.decision else "", now, task_id=1, until=now
    ),
    "withdraw": lambda case, now: cases.withdraw(case, now, because="x"),
    "reopen": lambda case, now: cases.reopen(case, UNA, now, RULES, reason="x"),
}


class TestAnyWay:
    @given(st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 40)), max_size=30), st.booleans())
    def test_keeps_the_case_whole(self, way: list[tuple[str, int]], waits: bool) -> None:
        case = a_waiting_case() if waits else an_open_case()
        now = NOW
        for act, minutes in way:
            now += timedelta(minutes=minutes)
            try:
                after, audit = ACTS[act](case, now)
            except NotAllowed as refusal:
                assert refusal.reason
                continue
            assert (after.version, audit.version) == (case.version + 1, case.version + 1)
            assert (audit.before, audit.after, audit.at) == (case.state, after.state, now)
            case = after
            assert (case.claim is not None) == (case.state == "claimed")
            assert (case.waiting_for is not None) == (case.state == "waiting")
            assert case.decided == (case.decision.what if case.decision else None)
            if case.state in ("decided", "effected"):
                assert case.decision and case.decision.reason
            if case.state == "effected":
                assert case.decision and case.decision.effects_begun_at and case.effected_at
            assert case.closed == (case.state in CLOSED)
            assert ReviewCase.model_validate(case.model_dump(mode="json")) == case
            assert case.summary.model_dump() == {
                name: value for name, value in case.model_dump().items() if name in type(case.summary).model_fields
            }


class TestADecisionToRemoveTheOwner:
    def found(self, case: ReviewCase, *history: OwnerChange, minutes: float = 12) -> bool:
        return cases.decision_to_remove([case], later(minutes=minutes), history) is not None

    def test_is_one_for_inactive_that_was_taken_before(self) -> None:
        assert self.found(decided())
        assert self.found(an_effected_case())
        assert not self.found(decided(), minutes=-1)

    @pytest.mark.parametrize("what", ["keep", "needs_more"])
    def test_is_no_other_one(self, what: str) -> None:
        assert not self.found(decided(what, asked=ADVISER))

    def test_is_none_when_it_was_undone_reopened_or_withdrawn(self) -> None:
        assert not self.found(cases.undo(decided(), UNA, later(minutes=1), RULES)[0])
        assert not self.found(cases.reopen(an_effected_case(), UNA, later(minutes=13), RULES, reason="Feil.")[0])
        assert not self.found(cases.withdraw(decided(), later(minutes=1), because="Svarte.")[0])

    def test_is_used_up_when_somebody_is_the_owner_anew(self) -> None:
        anew = OwnerChange(at=later(days=3), owner_id=ADVISER)
        assert not self.found(an_effected_case(), anew, minutes=60 * 24 * 4)
        assert self.found(an_effected_case(), anew, minutes=60)
        assert self.found(an_effected_case(), OwnerChange(at=later(days=3), owner_id=None), minutes=60 * 24 * 4)
