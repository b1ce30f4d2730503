"""What follows when a customer changes hands, rule by rule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kundeflyt.domain.actions import CreateTask, LogNote, MoveWork, NoteTakeover, PassGuard, UpdateTask, WakeAt
from kundeflyt.domain.crm import Contact, Owner
from kundeflyt.domain.rules import CommonRules
from owner_change import words
from owner_change.plan import basis
from tests.flows.owner_change.situation import (
    ANNE,
    BJORN,
    CHANGED,
    COMPANY,
    CSC,
    GONE,
    KARI,
    MARK,
    NOW,
    OLA,
    OWNERS,
    QUEUE,
    TEXTS,
    a_handover,
    company,
    decide,
    done,
    facts,
    named,
    oslo,
    past,
    task,
    the,
    work,
)


class TestAnOwnerThatHasJustChanged:
    def test_is_left_alone_until_it_has_stood_for_a_while(self) -> None:
        decided = decide(facts(settled=False), now=CHANGED)
        assert [action.name for action in decided.actions] == [f"settle-{MARK}"]
        again = the(WakeAt, decided)
        assert (again.when, again.bulk) == (CHANGED + timedelta(minutes=15), True)

    def test_makes_no_takeover_when_it_is_back_where_it_was(self) -> None:
        decided = decide(facts(handover=a_handover(owner_id=KARI)))
        assert (decided.because, decided.actions) == (words.SAME_OWNER, ())

    @pytest.mark.parametrize("known", [{"company": None}, {"handover": None}])
    def test_makes_nothing_without_a_company_or_an_owner_ever(self, known: dict[str, None]) -> None:
        assert decide(facts(**known)).actions == ()

    def test_is_decided_anew_when_it_has_settled_or_the_cards_answer(self) -> None:
        states = [facts(), facts(settled=False), facts(cards=None), facts(handover=a_handover(at=NOW))]
        assert len({basis(known) for known in states}) == len(states)

    def test_is_followed_no_longer_than_the_rules_say(self) -> None:
        assert decide(now=CHANGED + timedelta(weeks=8, seconds=1)).actions == ()
        assert decide(now=CHANGED + timedelta(weeks=8)).actions


class TestTheGuard:
    """001-24, 001-25: nobody takes themself off a customer without a decision."""

    def test_tells_customer_service_and_the_former_owner_who_did_it_and_when(self) -> None:
        by = Owner(id=77, first_name="Siv", last_name="Holm")
        decided = decide(facts(handover=a_handover(owner_id=None), changed_by=by))
        assert [(action.name, action.owner_id) for action in decided.actions if isinstance(action, CreateTask)] == [
            (f"owner-removed-csc-{MARK}", CSC),
            (f"owner-removed-former-{MARK}", KARI),
        ]
        body = the(CreateTask, decided, "owner-removed-csc").body
        assert "23.11.2026 kl. 10.00 av Siv Holm" in body
        assert "Kari Lie" in body

    @pytest.mark.parametrize("owner_id", [QUEUE, GONE])
    def test_judges_a_queue_and_somebody_who_has_left_as_no_owner(self, owner_id: int) -> None:
        decided = decide(facts(handover=a_handover(owner_id=owner_id)))
        assert decided.because == words.NOT_A_PERSON
        assert len(named(decided, "owner-removed")) == 2

    def test_puts_nobody_back_and_tells_no_customer(self) -> None:
        decided = decide(facts(handover=a_handover(owner_id=None)))
        assert {type(action) for action in decided.actions} == {PassGuard, CreateTask}
        assert all(action.contact_id is None for action in decided.actions if isinstance(action, CreateTask))

    def test_asks_nobody_who_has_left(self) -> None:
        decided = decide(facts(handover=a_handover(previous_owner_id=GONE, owner_id=None)))
        assert [action.name for action in named(decided, "owner-removed")] == [f"owner-removed-csc-{MARK}"]

    def test_lets_operations_know_when_there_is_nobody_to_ask(self) -> None:
        decided = decide(facts(handover=a_handover(owner_id=None)), common=CommonRules())
        assert decided.problems == (words.NO_CSC_OWNER,)


class TestTheCustomer:
    """002-16 to 002-18, 002-54, 002-55."""

    def test_hears_who_the_new_adviser_is_by_a_task_with_the_text_ready(self) -> None:
        told = the(CreateTask, decide(), "ny-radgiver")
        assert (told.task_type, told.owner_id, told.contact_id, told.company_id) == ("EMAIL", OLA, ANNE, COMPANY)
        assert "Emne: Du har fått ny rådgiver hos Avonova" in told.body
        assert "Hei, Anne!" in told.body
        assert "Jeg heter Ola Moe" in told.body
        assert "etter Kari Lie" in told.body
        assert "Avklar med forrige rådgiver" in told.body
        assert told.due == oslo(23, "16:00")

    @pytest.mark.parametrize("previous", [None, GONE])
    def test_is_told_without_asking_a_former_adviser_where_there_is_none(self, previous: int | None) -> None:
        body = the(CreateTask, decide(facts(handover=a_handover(previous_owner_id=previous))), "ny-radgiver").body
        assert "forrige rådgiver" not in body
        assert "er det bare å fullføre oppgaven" in body

    def test_is_found_in_the_plan_when_they_are_to_be_erased(self) -> None:
        """Their first name is in the text."""
        assert decide().contact_id == ANNE
        assert decide(facts(announced_at=oslo(20))).contact_id is None

    def test_is_asked_about_once_for_each_takeover(self) -> None:
        again = decide(facts(handover=a_handover(at=oslo(24))))
        assert the(CreateTask, decide(), "ny-radgiver").name != the(CreateTask, again, "ny-radgiver").name

    @pytest.mark.parametrize(
        "known",
        [
            facts(announced_at=oslo(20)),
            facts(company=company(kunde_informert="true")),
            facts(company=company(ikke_varsle="ja")),
        ],
    )
    def test_is_not_told_twice_nor_against_the_rules(self, known: object) -> None:
        rules = {"informed_property": "kunde_informert", "no_announcement_property": "ikke_varsle"}
        assert not named(decide(known, **rules), "ny-radgiver")  # type: ignore[arg-type]

    def test_with_nobody_to_write_to_gives_a_task_to_find_somebody(self) -> None:
        without_address = (Contact(id=ANNE, first_name="Anne"),)
        for contacts, contact_id in (((), None), (without_address, ANNE)):
            decided = decide(facts(contacts=contacts))
            assert not named(decided, "ny-radgiver")
            assert the(CreateTask, decided, "find-main-contact").contact_id == contact_id

    def test_reads_the_message_in_their_own_language(self) -> None:
        swede = Contact(id=ANNE, first_name="Anna", email="a@example.se", language="sv")
        assert "Jag heter Ola Moe" in the(CreateTask, decide(facts(contacts=(swede,))), "ny-radgiver").body

    def test_reads_nothing_that_nobody_has_approved(self) -> None:
        decided = decide(texts=TEXTS)
        assert "Jeg heter" not in the(CreateTask, decided, "ny-radgiver").body
        assert decided.problems == (words.UNAPPROVED_TEXT,)
        assert "Jeg heter" in the(CreateTask, decide(texts=TEXTS, production=False), "ny-radgiver").body

    def test_is_reached_through_whom_the_rules_point_at_else_who_was_last_in_touch(self) -> None:
        pointed = Contact(id=BJORN, email="b@example.no", last_active=oslo(1), properties={"hovedkontakt": "true"})
        both = (Contact(id=ANNE, email="a@example.no", last_active=oslo(2)), pointed)
        assert the(CreateTask, decide(facts(contacts=both)), "ny-radgiver").contact_id == ANNE
        mainly = decide(facts(contacts=both, mainly_here=frozenset({BJORN})))
        assert the(CreateTask, mainly, "ny-radgiver").contact_id == BJORN, "the other one mainly works elsewhere"
        by_rule = decide(facts(contacts=both), main_contact_property="hovedkontakt")
        assert the(CreateTask, by_rule, "ny-radgiver").contact_id == BJORN


class TestTheOldAdviser:
    def test_is_asked_for_a_handover_meeting(self) -> None:
        asked = the(CreateTask, decide(), "handover-meeting")
        assert (asked.owner_id, asked.company_id) == (KARI, COMPANY)
        assert "Ola Moe" in asked.body

    @pytest.mark.parametrize("previous", [None, GONE])
    def test_is_not_asked_when_there_is_none_to_ask(self, previous: int | None) -> None:
        decided = decide(facts(handover=a_handover(previous_owner_id=previous)))
        assert not named(decided, "handover-meeting")
        assert named(decided, "checklist-now")


class TestTheWork:
    def test_of_the_old_adviser_follows_the_customer(self) -> None:
        meeting = work(51, "meetings", at=oslo(30, "12:00"))
        decided = decide(facts(work=(work(41), meeting)))
        moved = the(MoveWork, decided)
        assert (moved.tasks, moved.meetings, moved.owner_id) == ((41,), (51,), OLA)
        note = the(LogNote, decided)
        assert note.after == (moved.name,)
        assert note.body.count("https://app.hubspot.com/contacts/25000001/record/0-2/") == 2
        assert "inviter på nytt" in note.body

    def test_of_anybody_else_and_our_own_stays_where_it_is(self) -> None:
        decided = decide(facts(work=(work(41, owner_id=CSC), work(42, owner_id=None), work(43, ours=True))))
        assert not named(decided, "move")

    def test_stays_where_the_rules_say_so(self) -> None:
        decided = decide(facts(work=(work(41), work(51, "meetings"))), moves=["meetings"])
        assert the(MoveWork, decided).tasks == ()

    def test_is_listed_without_a_word_of_its_titles(self) -> None:
        decided = decide(facts(work=(work(41, title="Sykmeldt: ring Anne"),)))
        assert "Anne" not in the(LogNote, decided).body


class TestTheChecklist:
    def test_is_two_tasks_one_due_at_once_and_one_before_the_first_meeting(self) -> None:
        decided = decide()
        now, later = the(CreateTask, decided, "checklist-now"), the(CreateTask, decided, "checklist-first-meeting")
        assert (now.due, now.owner_id) == (oslo(23, "16:00"), OLA)
        assert later.due == oslo(7, "16:00", month=12)
        assert later.spread
        assert (later.spread.per_day, later.spread.latest) == (5, None)

    def test_leads_to_the_latest_notes_meetings_and_orders(self) -> None:
        """002-50."""
        decided = decide(facts(latest={"notes": (72, 71), "meetings": (81,)}))
        [line] = [line for line in the(CreateTask, decided, "checklist-first").body.split("\n") if " 18. " in line]
        assert [entry in line for entry in ("engagement=72", "engagement=71", "engagement=81")] == [True] * 3
        assert "bestillinger: https://metodika.example/K-17" in line
        assert "ingen notater" in the(CreateTask, decide(), "checklist-first").body

    def test_counts_the_open_tasks_that_people_have_made(self) -> None:
        known = facts(work=(work(41), work(42, owner_id=OLA), work(43, ours=True)))
        assert "åpne oppgaver på selskapet: 2" in the(CreateTask, decide(known), "checklist-first").body

    def test_is_due_the_working_day_before_a_meeting_that_is_booked(self) -> None:
        decided = decide(facts(work=(work(51, "meetings", at=oslo(30, "12:00")),)))
        later = the(CreateTask, decided, "checklist-first-meeting")
        assert later.due == oslo(27, "16:00")
        assert later.spread
        assert (later.spread.earliest, later.spread.latest) == (date(2026, 11, 23), date(2026, 11, 27))

    def test_is_due_no_later_for_a_meeting_far_away_but_may_wait_until_then(self) -> None:
        decided = decide(facts(work=(work(51, "meetings", at=oslo(21, month=12)),)))
        later = the(CreateTask, decided, "checklist-first-meeting")
        assert later.due == oslo(7, "16:00", month=12)
        assert later.spread
        assert later.spread.latest == date(2026, 12, 18)

    def test_is_brought_up_to_date_only_when_something_has_changed(self) -> None:
        made = the(CreateTask, decide(), "checklist-now")
        before = {made.name: task(made.body)}
        assert not named(decide(facts(tasks=before)), made.name)
        changed = decide(facts(tasks=before, announced_at=oslo(24)), round_=3)
        update = the(UpdateTask, changed, made.name)
        assert (update.task_id, update.completed) == (900, False)
        assert update.body
        assert "☑ 8." in update.body

    def test_keeps_what_a_person_has_ticked(self) -> None:
        made = the(CreateTask, decide(), "checklist-now")
        ticked = made.body.replace("☐ 2.", "x 2.").replace("☐ 1.", "[x] 1.")
        record = the(NoteTakeover, decide(facts(tasks={made.name: task(ticked)}))).takeover
        assert (record.boxes["002-39"], record.boxes["002-38"], record.boxes["002-57"]) == ("ticked", "ticked", "open")

    def test_that_a_person_has_completed_is_ticked_all_over_and_left_alone(self) -> None:
        made = the(CreateTask, decide(), "checklist-now")
        decided = decide(facts(tasks={made.name: task(made.body, completed=True)}))
        assert not named(decided, made.name)
        boxes = the(NoteTakeover, decided).takeover.boxes
        assert boxes["002-39"] == "ticked"
        assert boxes["002-45"] == "open"

    def test_ends_the_looking_when_every_box_is_done(self) -> None:
        tasks = {
            made.name: task(made.body, completed=True)
            for made in (the(CreateTask, decide(), start) for start in ("checklist-now", "checklist-first"))
        }
        decided = decide(facts(tasks=tasks))
        assert decided.because == words.FINISHED
        assert not [action for action in decided.actions if isinstance(action, WakeAt)]

    def test_is_looked_at_again_the_next_night(self) -> None:
        woken = the(WakeAt, decide(), "nightly")
        assert oslo(24, "05:00") <= woken.when < oslo(24, "06:00")
        assert woken.bulk


class TestTheBlastGuard:
    def test_is_passed_before_anything_is_done_about_an_owner_who_is_new_or_gone(self) -> None:
        for known in (facts(), facts(handover=a_handover(owner_id=None))):
            guard = decide(known).actions[0]
            assert isinstance(guard, PassGuard)
            assert guard.name == f"guard-{MARK}"

    def test_is_not_counted_for_an_owner_that_has_not_settled(self) -> None:
        assert not named(decide(facts(settled=False), now=CHANGED), "guard")


class TestATakeoverSeenAgain:
    def test_says_that_it_was_seen_before(self) -> None:
        assert decide(facts(past=past(done(f"checklist-now-{MARK}")))).because == words.FOLLOWED
        assert decide().because == words.TAKEOVER
        assert decide(facts(handover=a_handover(previous_owner_id=None))).because == words.FIRST_OWNER

    def test_never_names_an_action_twice_in_a_plan(self) -> None:
        names = [action.name for action in decide(facts(work=(work(41), work(51, "meetings")))).actions]
        assert len(names) == len(set(names))

    def test_concerns_the_owner_we_know(self) -> None:
        assert OWNERS[OLA].name == "Ola Moe"
        assert decide().responsible == OLA
