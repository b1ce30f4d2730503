"""How the customer hears of the new adviser when the rules say that the system writes (002-16 to 002-18, 002-55)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kundeflyt.domain.actions import (
    Action,
    ActionRecord,
    CreateTask,
    LogEmail,
    NoteTakeover,
    Past,
    Plan,
    SendEmail,
    UpdateTask,
    WakeAt,
)
from kundeflyt.domain.crm import Contact, TaskNow
from kundeflyt.domain.rules import CommonRules
from owner_change import words
from owner_change.case import TakeoverFacts
from owner_change.plan import basis
from tests.flows.owner_change.situation import (
    ANNE,
    CHANGED,
    COMPANY,
    CSC,
    KARI,
    MARK,
    NOW,
    OLA,
    OWNERS,
    TEXTS,
    a_handover,
    company,
    decide,
    facts,
    named,
    oslo,
    task,
    the,
)

TASK, SEND = f"ny-radgiver-{MARK}", f"send-ny-radgiver-{MARK}"
TOMORROW = NOW + timedelta(days=1)


def sending(known: TakeoverFacts | None = None, *, sends_email: bool = True, **changes: Any) -> Plan:
    return decide(known or facts(), announce="send", sends_email=sends_email, **changes)


def record(name: str, at: datetime = NOW, state: Any = "done", result: str = "900") -> ActionRecord:
    return ActionRecord(name=name, state=state, started_at=at, ended_at=at, result=result)


def told(*records: ActionRecord, body: str | None = None, completed: bool = False, **changes: Any) -> TakeoverFacts:
    """The adviser has got the task with the promise, at `NOW`."""
    made = records or (record(TASK),)
    promised = the(CreateTask, sending(), "ny-radgiver").body
    standing = task(promised if body is None else body, completed=completed)
    past = Past(first_received_at=CHANGED, actions={one.name: one for one in made})
    return facts(past=past, **{"tasks": {TASK: standing}} | changes)


def emails(decided: Plan) -> list[Action]:
    return [action for action in decided.actions if isinstance(action, SendEmail | LogEmail)]


def next_look(decided: Plan) -> WakeAt:
    return the(WakeAt, decided)


class TestTheAdviser:
    def test_is_told_at_once_when_the_customer_will_be_written_to_and_how_to_stop_it(self) -> None:
        decided = sending()
        promised = the(CreateTask, decided, "ny-radgiver")
        assert (promised.task_type, promised.owner_id, promised.contact_id) == ("EMAIL", OLA, ANNE)
        assert "24.11.2026 kl. 10.15" in promised.body
        assert "fullfør oppgaven før det. Da sendes den ikke." in promised.body
        assert "Jeg heter Ola Moe" in promised.body
        assert promised.due == oslo(24, "16:00")
        assert not emails(decided)
        assert decided.because == f"{words.TAKEOVER} E-post til kunden: sendes tidligst 24.11.2026 kl. 10.15."

    @pytest.mark.parametrize(
        ("told_at", "days", "sent_at"),
        [
            (oslo(23, "15:50"), 1, oslo(24, "15:50")),
            (oslo(23, "17:00"), 1, oslo(25, "08:00")),
            (oslo(27, "10:00"), 1, oslo(30, "10:00")),
            (oslo(28, "10:00"), 1, oslo(1, "08:00", month=12)),
            (oslo(23, "10:15"), 3, oslo(26, "10:15")),
            (oslo(23, "06:00"), 0, oslo(23, "08:00")),
        ],
    )
    def test_has_the_rules_working_days_counted_from_the_next_contact_hours(
        self, told_at: datetime, days: int, sent_at: datetime
    ) -> None:
        known = facts(handover=a_handover(since=told_at, at=told_at))
        decided = sending(known, now=told_at, announce_after_working_days=days)
        [wake] = [action for action in decided.actions if isinstance(action, WakeAt)]
        assert words.SENT_LATER.format(at=f"{sent_at:%d.%m.%Y kl. %H.%M}") in decided.because
        assert wake.when <= sent_at

    def test_is_left_with_it_where_the_rules_say_task(self) -> None:
        decided = decide(sends_email=True)
        assert words.PROMISE not in the(CreateTask, decided, "ny-radgiver").body
        assert "E-post" not in decided.because

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"sends_email": False}, words.NO_SENDER),
            ({"texts": TEXTS}, words.UNAPPROVED),
            ({"known": facts(owners=OWNERS | {OLA: replace(OWNERS[OLA], email=None)})}, words.NO_ADDRESS_OF_ADVISER),
            ({"known": facts(contacts=(Contact(id=ANNE, email="anne hos fjellbygg"),))}, words.NO_USABLE_ADDRESS),
            ({"known": facts(contacts=(Contact(id=ANNE, email="åse@ås.no"),))}, words.NO_USABLE_ADDRESS),
            (
                {"known": facts(contacts=(Contact(id=ANNE, email="a@b.no", properties={"hs_email_optout": "true"}),))},
                words.OPTED_OUT,
            ),
        ],
    )
    def test_is_left_with_it_where_we_cannot_and_hears_why(self, changes: dict[str, Any], why: str) -> None:
        decided = sending(**changes)
        mine = the(CreateTask, decided, "ny-radgiver")
        assert words.PROMISE not in mine.body
        assert f"Systemet sender ikke e-posten, fordi {why}." in mine.body
        assert words.not_by_us(why) in decided.because
        assert not emails(decided)
        assert (decided.problems == (words.UNAPPROVED_TEXT,)) == (why == words.UNAPPROVED)

    def test_gets_the_promise_taken_back_where_we_cannot_any_more(self) -> None:
        decided = sending(told(), sends_email=False, now=TOMORROW)
        update = the(UpdateTask, decided, "by-hand")
        assert (update.task_id, update.completed) == (900, False)
        assert update.body
        assert words.PROMISE not in update.body
        assert decided.contact_id == ANNE

    def test_is_told_anew_when_the_rules_begin_to_say_send_and_waits_again(self) -> None:
        old = the(CreateTask, decide(), "ny-radgiver").body
        again = sending(told(body=old), now=TOMORROW, round_=2)
        promised = the(UpdateTask, again, "promise")
        assert promised.body
        assert "25.11.2026 kl. 10.15" in promised.body
        assert not emails(again)
        records = (record(TASK), record(promised.name, TOMORROW))
        assert not emails(sending(told(*records), now=TOMORROW + timedelta(hours=1)))
        assert emails(sending(told(*records), now=TOMORROW + timedelta(days=1)))


class TestTheEMail:
    def test_goes_when_the_wait_is_over_in_the_advisers_name(self) -> None:
        decided = sending(told(), now=TOMORROW)
        sent = the(SendEmail, decided)
        assert (sent.name, sent.to, sent.contact_id) == (SEND, "anne@example.no", ANNE)
        assert (sent.reply_to, sent.reply_name, sent.sender_name) == ("ola@avonova.example", "Ola Moe", "Avonova")
        assert sent.subject == "Du har fått ny rådgiver hos Avonova"
        assert "Hei, Anne!" in sent.body
        assert sent.latest == oslo(24, "16:00")
        assert decided.contact_id == ANNE
        assert words.SENDING in decided.because

    def test_stands_on_contact_and_company_and_the_task_says_when_it_went(self) -> None:
        decided = sending(told(), now=TOMORROW)
        entry, update = the(LogEmail, decided), the(UpdateTask, decided, "task-says-sent")
        assert (entry.after, entry.contact_id, entry.company_id, entry.owner_id) == (SEND, ANNE, COMPANY, OLA)
        assert (update.task_id, update.completed, update.tells_about) == (900, True, SEND)
        assert update.outcomes["done"].startswith("Systemet sendte e-posten til kunden {at}")

    def test_is_the_last_thing_done_since_the_flow_may_stop_itself_there(self) -> None:
        kinds = [type(action) for action in sending(told(), now=TOMORROW).actions]
        assert kinds[-3:] == [SendEmail, LogEmail, UpdateTask]
        assert WakeAt in kinds[:-3]

    def test_without_a_wait_follows_the_task_at_once_in_contact_hours(self) -> None:
        decided = sending(announce_after_working_days=0)
        assert the(UpdateTask, decided, "task-says-sent").task_of == the(CreateTask, decided, "ny-radgiver").name
        assert the(SendEmail, decided)
        assert not emails(sending(announce_after_working_days=0, now=oslo(23, "17:00")))

    @pytest.mark.parametrize("now", [oslo(24, "09:59"), oslo(24, "16:30"), oslo(28, "10:15"), oslo(24, "07:00")])
    def test_goes_neither_too_soon_nor_out_of_hours(self, now: datetime) -> None:
        decided = sending(told(), now=now)
        assert not emails(decided)
        assert "E-post til kunden: sendes tidligst " in decided.because

    def test_goes_in_the_customer_s_own_hours(self) -> None:
        hours = {"days": [1, 2, 3, 4, 5], "opens": "11:00", "closes": "12:00"}
        early, late = (sending(told(), now=oslo(25, clock), contact_hours=hours) for clock in ("10:30", "11:30"))
        assert not emails(early)
        assert the(SendEmail, late).latest == oslo(25, "12:00")

    @pytest.mark.parametrize(
        ("known", "why"),
        [
            (told(completed=True), words.TASK_COMPLETED),
            (told(tasks={}), words.TASK_GONE),
        ],
    )
    def test_does_not_go_when_the_adviser_has_ended_the_task(self, known: TakeoverFacts, why: str) -> None:
        decided = sending(known, now=TOMORROW)
        assert not emails(decided)
        assert not named(decided, "ny-radgiver")
        assert words.not_sent(why) in decided.because

    @pytest.mark.parametrize(
        "known",
        [
            told(announced_at=oslo(23, "14:00")),
            told(company=company(kunde_informert="true")),
            told(company=company(ikke_varsle="ja")),
            told(contacts=()),
        ],
    )
    def test_does_not_go_to_one_who_knows_or_is_not_to_know_and_the_task_is_ended(self, known: TakeoverFacts) -> None:
        decided = sending(
            known, now=TOMORROW, informed_property="kunde_informert", no_announcement_property="ikke_varsle"
        )
        assert not emails(decided)
        ended = the(UpdateTask, decided, "not-sent")
        assert (ended.task_id, ended.completed) == (900, True)
        assert ended.body
        assert ended.body in decided.because
        assert "Anne" not in ended.body

    @pytest.mark.parametrize("state", ["done", "refused", "unsure"])
    def test_is_never_decided_upon_again(self, state: Any) -> None:
        known = told(record(TASK), record(SEND, TOMORROW, state))
        decided = sending(known, now=TOMORROW + timedelta(days=1), round_=4)
        assert not emails(decided)
        assert not named(decided, "ny-radgiver")
        assert not named(decided, "task-says-sent")
        assert words.SENT[state] in decided.because

    def test_once_sent_ticks_the_boxes_about_the_customer(self) -> None:
        decided = sending(told(record(TASK), record(SEND, TOMORROW)), now=TOMORROW)
        boxes = the(NoteTakeover, decided).takeover.boxes
        assert (boxes["002-54"], boxes["002-55"]) == ("verified", "verified")


class TestAnotherChangeOfOwner:
    """The e-mail about the first one is not sent, and what the customer knows is for a person to say."""

    EARLIER = f"ny-radgiver-{int(oslo(22).timestamp())}"

    def left_behind(self, *records: ActionRecord, **changes: Any) -> TakeoverFacts:
        promised = the(CreateTask, sending(), "ny-radgiver").body
        past = Past(actions={one.name: one for one in (record(self.EARLIER, oslo(22)), *records)})
        return facts(past=past, tasks={self.EARLIER: TaskNow(id=800, completed=False, body=promised)}, **changes)

    def test_ends_the_task_of_the_first_and_leaves_the_second_to_its_adviser(self) -> None:
        decided = sending(self.left_behind())
        ended = the(UpdateTask, decided, "overtaken")
        assert (ended.task_id, ended.completed, ended.body) == (800, True, words.not_sent(words.ANOTHER_ADVISER))
        assert words.INTERRUPTED in the(CreateTask, decided, "ny-radgiver").body
        assert not emails(decided)

    def test_is_left_to_the_adviser_also_at_the_next_look(self) -> None:
        after = self.left_behind(record(f"overtaken-{self.EARLIER}", NOW))
        decided = sending(replace(after, tasks={}), now=TOMORROW)
        assert words.INTERRUPTED in the(CreateTask, decided, "ny-radgiver").body

    def test_to_nobody_ends_it_too(self) -> None:
        decided = sending(self.left_behind(handover=a_handover(owner_id=None)))
        assert the(UpdateTask, decided, "overtaken").body == words.not_sent(words.NO_ADVISER)

    def test_leaves_a_task_alone_that_promises_nothing(self) -> None:
        known = self.left_behind()
        done_by_hand = replace(known, tasks={self.EARLIER: TaskNow(id=800, completed=False, body="Avklar.")})
        assert not named(sending(done_by_hand), "overtaken")


class TestTheNextLook:
    """One return is booked, whatever comes first: that look books the next."""

    def test_is_the_nightly_one_when_that_comes_before_the_e_mail(self) -> None:
        assert next_look(sending()).name.startswith("nightly-")

    def test_is_the_one_before_the_e_mail_when_that_comes_first(self) -> None:
        wake = next_look(sending(told(), now=oslo(24, "05:20")))
        assert (wake.name, wake.when) == (f"mail-{MARK}-20261124091500", oslo(24, "10:15"))

    def test_comes_also_when_every_box_is_done(self) -> None:
        made = [the(CreateTask, decide(), start) for start in ("checklist-now", "checklist-first")]
        tasks = {one.name: task(one.body, completed=True) for one in made}
        known = told()
        decided = sending(replace(known, tasks={**known.tasks, **tasks}))
        assert next_look(decided).when == oslo(24, "10:15")

    def test_has_a_plan_of_its_own_once_the_e_mail_may_go(self) -> None:
        before, after = facts(day=oslo(24).date()), facts(day=oslo(24).date(), may_be_sent=True)
        assert len({basis(before), basis(after), basis(facts(day=oslo(25).date()))}) == 3

    def test_goes_on_when_the_e_mail_has_been_sent(self) -> None:
        assert next_look(sending(told(), now=TOMORROW)).name.startswith("nightly-")


class TestThePilot:
    def test_knows_no_number_by_which_somebody_outside_could_be_reached(self) -> None:
        """A pilot lets in the numbers on its list, whoever rings; an e-mail has none."""
        decided = sending(told(), now=TOMORROW, common=CommonRules(csc_owner_id=CSC))
        assert emails(decided)
        assert decided.sms_numbers() == ()
        assert decided.recipients() == ("anne@example.no",)
        assert decided.responsible == OLA != KARI
