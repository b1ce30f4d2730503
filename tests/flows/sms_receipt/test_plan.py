"""What the adviser sees of a message that does or does not arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kundeflyt.domain.actions import LogSms, Plan, State
from kundeflyt.domain.crm import Contact, Owner
from kundeflyt.domain.delivery import UNDELIVERED, Status
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.domain.rules import Pilot
from kundeflyt.engine.flow import Finished, Flow, Later
from kundeflyt.ports.failures import Done, TryLater, Unsure
from kundeflyt.ports.ledger import ActionKey, StoredPlan
from kundeflyt.ports.writers import NewTask
from sms_receipt.case import NAME
from sms_receipt.facts import gather
from sms_receipt.plan import basis, plan
from sms_receipt.rules import SmsReceiptRules
from tests.flows.desk import (
    COMPANY,
    CONTACT,
    FALLBACK,
    KARI,
    MONDAY,
    PER,
    PORTAL,
    REFERENCE,
    Desk,
    a_receipt,
    oslo,
    sent_sms,
)
from tests.ledger_steps import finish, start, store

FLOW = Flow(name=NAME, rules=SmsReceiptRules, gather=gather, basis=basis, plan=plan)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.has_written()
    return desk


class TestAMessageThatDoesNotArrive:
    @pytest.mark.parametrize("status", ["FAILED", "EXPIRED"])
    def test_gives_the_adviser_a_call_to_make_that_day(self, desk: Desk, status: Status) -> None:
        """Requirement 000-33: the SMS stood in for a call that did not get through."""
        desk.hears(FLOW, a_receipt(status))
        task = desk.task.task
        assert (task.task_type, task.owner_id) == ("CALL", KARI)
        assert (task.contact_id, task.company_id) == (CONTACT, COMPANY)
        assert task.subject == "Ring kunden: SMS-en kom ikke fram"
        assert "SMS-en som ble sendt til kunden 23.11.2026 kl. 09.55, kom ikke fram." in task.body
        assert task.due == oslo(23, "16:00")

    def test_late_in_the_day_is_called_about_the_next(self, desk: Desk) -> None:
        desk.at = oslo(23, "15:30")
        desk.hears(FLOW, a_receipt("FAILED"))
        assert desk.task.task.due == oslo(24, "16:00")

    def test_of_an_adviser_who_has_left_is_the_companys(self, desk: Desk) -> None:
        desk.crm.put(Owner(id=KARI, archived=True))
        desk.hears(FLOW, a_receipt("FAILED"))
        assert desk.task.task.owner_id == PER

    def test_is_somebodys_whoever_has_left(self, desk: Desk) -> None:
        for owner in (KARI, PER):
            desk.crm.put(Owner(id=owner, archived=True))
        desk.hears(FLOW, a_receipt("FAILED"))
        assert desk.task.task.owner_id == FALLBACK

    def test_to_a_contact_who_is_gone_is_the_companys(self, desk: Desk) -> None:
        desk.crm.remove_contact(CONTACT)
        desk.hears(FLOW, a_receipt("FAILED"))
        assert (desk.task.task.contact_id, desk.task.task.company_id) == (None, COMPANY)

    def test_in_sweden_is_called_about_on_a_swedish_working_day(self, desk: Desk) -> None:
        desk.crm.put(Contact(id=CONTACT, country="Sverige"))
        desk.at = oslo(20, "17:00").replace(month=6, day=18)  # the day before Swedish Midsummer Eve
        desk.hears(FLOW, a_receipt("FAILED"))
        assert desk.task.task.due.date().isoformat() == "2026-06-22"

    def test_is_told_of_once_however_many_parts_fail_and_receipts_come(self, desk: Desk) -> None:
        events = [a_receipt(status, part) for part in (1, 2, 3) for status in ("EXPIRED", "FAILED")]
        for event in [*events, *reversed(events)]:
            desk.hears(FLOW, event)
        desk.hears(FLOW, *events)
        assert len(desk.tasks) == 1

    def test_costs_hubspot_nothing_once_the_adviser_knows(self, desk: Desk) -> None:
        desk.hears(FLOW, a_receipt("FAILED", 1))
        desk.crm.asked.clear()
        desk.hears(FLOW, a_receipt("FAILED", 2))
        assert not desk.crm.asked

    def test_never_shows_the_number_or_the_text(self, desk: Desk) -> None:
        desk.hears(FLOW, a_receipt("FAILED"))
        assert "91234567" not in desk.task.task.body + desk.task.task.subject
        assert "912 34" not in desk.task.task.body


class TestOtherReceipts:
    @pytest.mark.parametrize("status", ["SENT", "DELIVERED", "UNKNOWN"])
    def test_give_nobody_anything_to_do_and_cost_hubspot_nothing(self, desk: Desk, status: Status) -> None:
        desk.hears(FLOW, a_receipt(status))
        assert not desk.tasks
        assert not desk.crm.asked
        assert desk.ledger.sms[REFERENCE].delivery.state == status

    def test_of_messages_that_are_not_ours_are_left_alone(self, desk: Desk) -> None:
        desk.hears(FLOW, a_receipt("FAILED", reference="0" * 32))
        assert not desk.tasks
        assert desk.because == "Kvitteringen gjelder en SMS som vi ikke har sendt."

    def test_that_contradict_an_earlier_one_change_nothing(self, desk: Desk) -> None:
        desk.hears(FLOW, a_receipt("DELIVERED"), a_receipt("FAILED"))
        desk.hears(FLOW, a_receipt("FAILED"))
        assert not desk.tasks
        assert desk.ledger.sms[REFERENCE].delivery.state == "DELIVERED"

    def test_are_explained_in_the_ledger(self, desk: Desk) -> None:
        desk.hears(FLOW, a_receipt("DELIVERED", 2))
        assert desk.because == "Kvittering fra ITX: del 2 er levert."


STATUSES = st.sampled_from(["SENT", "DELIVERED", "FAILED", "EXPIRED", "UNKNOWN"])


class TestWhateverTheOrder:
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.lists(st.tuples(st.integers(0, 3), STATUSES), min_size=1, max_size=4), max_size=5))
    def test_there_is_one_task_exactly_when_the_message_ends_undelivered(
        self, batches: list[list[tuple[int, Status]]]
    ) -> None:
        desk = Desk()
        desk.has_written(sent_sms(parts=3))
        for batch in batches:
            left = [a_receipt(status, part) for part, status in batch]
            while left:  # of several failed parts in one batch, one makes the task and the others wait for it
                results = desk.hears(FLOW, *left)
                left = [event for event, result in results.items() if result != Finished()]
                desk.at += timedelta(seconds=31)
        ended = desk.ledger.sms[REFERENCE].delivery.state
        assert len(desk.tasks) == (1 if ended in UNDELIVERED else 0)

    @pytest.mark.parametrize("order", list(permutations([("SENT", 1), ("DELIVERED", 1), ("FAILED", 2)])))
    def test_one_failed_part_is_enough(self, order: list[tuple[Status, int]]) -> None:
        desk = Desk()
        desk.has_written(sent_sms(parts=2))
        for status, part in order:
            desk.hears(FLOW, a_receipt(status, part))
        assert desk.ledger.sms[REFERENCE].delivery.state == "FAILED"
        assert len(desk.tasks) == 1


class TestWhenTheWorldFails:
    def test_the_task_is_made_when_hubspot_answers_again(self, desk: Desk) -> None:
        desk.crm.fail_next("contacts", TryLater("down"))
        [result] = desk.hears(FLOW, a_receipt("FAILED")).values()
        assert isinstance(result, Later)
        desk.hears(FLOW, a_receipt("FAILED"))
        assert len(desk.tasks) == 1

    def test_the_task_is_made_though_the_receipt_was_noted_before(self, desk: Desk) -> None:
        """The work broke off between the two: the stored plan is what is performed, not a new one."""
        desk.crm.fail_next("create_tasks", TryLater("down"))
        [result] = desk.hears(FLOW, a_receipt("FAILED")).values()
        assert isinstance(result, Later)
        assert desk.ledger.sms[REFERENCE].delivery.state == "FAILED"
        desk.hears(FLOW, a_receipt("FAILED", 2))
        desk.hears(FLOW, a_receipt("FAILED"))
        assert len(desk.tasks) == 1

    def test_a_task_whose_answer_was_lost_is_not_made_twice(self, desk: Desk) -> None:
        desk.crm.fail_next("create_tasks", Unsure("lost"), after_effect=True)
        desk.hears(FLOW, a_receipt("FAILED"))
        desk.at += timedelta(minutes=2)
        desk.hears(FLOW, a_receipt("FAILED"))
        assert len(desk.tasks) == 1


CALL = f"no_answer/{sent_sms().subject}"
ENTRY = LogSms(name="sms-entry", after="sms", body="Hei! Ring gjerne.", owner_id=KARI, contact_id=CONTACT)


@pytest.fixture
def doubtful(desk: Desk) -> Desk:
    """Nobody could say whether the SMS went: the routine that sent it has given up, and asked a person."""
    event = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=874716779721, occurred_at=MONDAY, received_at=MONDAY)
    plan_ = Plan(because="Utgående anrop uten svar.", actions=(ENTRY,), responsible=KARI, contact_id=CONTACT)
    stored = StoredPlan(flow="no_answer", event=event, basis="x", mode="on", plan=plan_, planned_at=MONDAY)
    store(desk.ledger, [stored])
    desk.ledger.doubt_sms(REFERENCE)
    check = NewTask(
        key=f"{CALL}/check-sms",
        task_type="TODO",
        subject="Sjekk om kunden fikk SMS",
        body="Se etter i ITX",
        due=MONDAY + timedelta(hours=1),
        owner_id=KARI,
        contact_id=CONTACT,
        company_id=COMPANY,
    )
    [made] = desk.crm.create_tasks([check])
    assert isinstance(made, Done)
    settle(desk, "sms", "unsure", reason="no look-up")
    settle(desk, "sms-entry", "refused", reason="ikke sendt")
    settle(desk, "check-sms", "done", result=made.result)
    return desk


def settle(desk: Desk, name: str, state: State, **how: str) -> None:
    """Something the routine that sent the SMS has done."""
    key = ActionKey(flow="no_answer", subject=sent_sms().subject, name=name)
    finish(desk.ledger, key, state=state, now=MONDAY, **how)


class TestASendingInDoubt:
    """A receipt is the proof that ITX has had the message."""

    @pytest.mark.parametrize("status", ["SENT", "DELIVERED", "UNKNOWN", "FAILED", "EXPIRED"])
    def test_is_settled_by_a_receipt_whatever_it_says(self, doubtful: Desk, status: Status) -> None:
        """Requirement 000-22: the SMS stands on the timeline, and nobody looks for it."""
        assert set(doubtful.hears(FLOW, a_receipt(status)).values()) == {Finished()}
        assert doubtful.ledger.actions[f"{CALL}/sms"].state == "done"
        [entry] = doubtful.crm.sms_entries.values()
        assert (entry.body, entry.at, entry.contact_id) == ("Hei! Ring gjerne.", sent_sms().at, CONTACT)
        check, *calls = doubtful.tasks
        assert check.completed
        assert check.task.subject == "Avklart: ITX fikk SMS-en"
        assert len(calls) == (1 if status in UNDELIVERED else 0)
        assert ("egen oppgave om å ringe kunden" in check.task.body) == (status in UNDELIVERED)
        assert not doubtful.sms.outbox, "never sent again"

    def test_is_settled_once_by_many_receipts(self, doubtful: Desk) -> None:
        receipts = [a_receipt(status, part) for status in ("SENT", "DELIVERED", "FAILED") for part in (1, 2)]
        left = [*receipts, *receipts]
        while left:
            results = doubtful.hears(FLOW, *left)
            left = [event for event, result in results.items() if result != Finished()]
            doubtful.at += timedelta(seconds=31)
        assert len(doubtful.crm.sms_entries) == 1
        assert [task.completed for task in doubtful.tasks] == [True]

    def test_that_its_own_routine_still_shows_is_not_shown_twice(self, desk: Desk) -> None:
        """The worker died between the two: its event comes again, finds the SMS done and logs it."""
        desk.ledger.doubt_sms(REFERENCE)
        settle(desk, "sms", "unsure")
        desk.hears(FLOW, a_receipt("SENT"))
        assert not desk.crm.sms_entries
        assert desk.ledger.actions[f"{CALL}/sms"].state == "done"

    def test_whose_question_is_asked_only_afterwards_is_answered_by_the_next_receipt(self, doubtful: Desk) -> None:
        asked = doubtful.ledger.actions.pop(f"{CALL}/check-sms")
        doubtful.hears(FLOW, a_receipt("SENT"))
        assert not doubtful.task.completed
        doubtful.ledger.actions[f"{CALL}/check-sms"] = asked
        doubtful.hears(FLOW, a_receipt("SENT"))
        assert doubtful.task.completed
        assert len(doubtful.crm.sms_entries) == 1

    def test_waits_for_a_worker_who_is_still_at_it(self, desk: Desk) -> None:
        desk.ledger.doubt_sms(REFERENCE)
        key = ActionKey(flow="no_answer", subject=sent_sms().subject, name="sms")
        start(desk.ledger, [key], now=desk.at, lease_until=desk.at + timedelta(seconds=30))
        [result] = desk.hears(FLOW, a_receipt("SENT")).values()
        assert isinstance(result, Later)
        desk.at += timedelta(seconds=31)
        assert desk.hears(FLOW, a_receipt("SENT"))[a_receipt("SENT")] == Finished()
        assert desk.ledger.actions[f"{CALL}/sms"].state == "done"

    @pytest.mark.parametrize("status", ["SENT", "FAILED"])
    def test_that_comes_into_doubt_while_the_receipt_is_noted_is_settled_all_the_same(
        self, doubtful: Desk, status: Status
    ) -> None:
        ledger = doubtful.ledger
        sent = ledger.sms[REFERENCE]
        ledger.sms[REFERENCE] = replace(sent, delivery=replace(sent.delivery, doubted=False))

        def meanwhile(method: str) -> None:
            if method == "note_receipt":
                ledger.before_call = lambda _method: None
                ledger.doubt_sms(REFERENCE)

        ledger.before_call = meanwhile
        [result] = doubtful.hears(FLOW, a_receipt(status)).values()
        assert isinstance(result, Later)
        assert doubtful.hears(FLOW, a_receipt(status))[a_receipt(status)] == Finished()
        assert doubtful.ledger.actions[f"{CALL}/sms"].state == "done"
        assert doubtful.tasks[0].completed
        assert len(doubtful.tasks) == (2 if status == "FAILED" else 1), "the call is not forgotten"


class TestThePilot:
    def test_is_only_shown_what_is_outside_it(self, desk: Desk) -> None:
        desk.common = desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({PER}))})
        desk.hears(FLOW, a_receipt("FAILED"))
        assert not desk.tasks
