"""What every ledger knows of persons and merged records: the same tests on the one in memory and on DynamoDB's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kundeflyt.domain.actions import CreateTask, LogSms, Plan, SendSms
from kundeflyt.domain.crm import NOBODY
from kundeflyt.domain.delivery import Delivery, Receipt, SentSms, reference_of
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.ledger import ActionKey, Ledger, StoredPlan, Suppression
from tests.ledger_steps import finish, start, store

NOW = datetime(2026, 3, 2, 9, 30, 15, 120000, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
FLOW, CALL, ANNE, DOUBLE, SURVIVOR, COMPANY = "no_answer", 9007199254740993, 101, 102, 103, 201
MOBILE, NAME, REASON = "+4791234567", "Anne", "nummeret alt fikk en SMS"


def event(call: int = CALL, **changes: Any) -> Event:
    known: dict[str, Any] = {"name": CALL_LOGGED, "portal_id": 7, "occurred_at": NOW, "received_at": NOW}
    return Event(record_id=call, **known | changes)


def slot(contact: int = ANNE) -> str:
    return f"{FLOW}/7/{contact}/2026-03-02"


def plan(contact: int = ANNE, company: int | None = COMPANY, **changes: Any) -> Plan:
    task = CreateTask(
        name="email-task",
        task_type="EMAIL",
        subject="Send e-post",
        body=f"Hei {NAME}!",
        due=LATER,
        owner_id=301,
        contact_id=contact,
        company_id=company,
        slot=slot(contact),
    )
    send = SendSms(
        name="sms",
        to=MOBILE,
        text=f"Hei {NAME}",
        text_id="t",
        once_per_hours=20,
        latest=LATER,
        valid_until=LATER,
        owner_id=301,
    )
    entry = LogSms(name="entry", after="sms", body="Hei", owner_id=301, contact_id=contact, company_id=company)
    known: dict[str, Any] = {
        "because": f"{NAME} svarte ikke",
        "actions": (task, send, entry),
        "contact_id": contact,
        "company_id": company,
    }
    return Plan(**known | changes)


def stored(of: Plan, call: int = CALL, *, basis: str | None = None, **changes: Any) -> StoredPlan:
    known: dict[str, Any] = {"flow": FLOW, "mode": "on", "planned_at": NOW, "event": event(call)}
    return StoredPlan(basis=basis or f"no-answer|{of.contact_id}", plan=of, **known | changes)


def key(name: str = "sms", call: int = CALL) -> ActionKey:
    return ActionKey(flow=FLOW, subject=f"7/{call}", name=name)


def message(contact: int | None = ANNE) -> SentSms:
    return SentSms(
        reference=reference_of(str(key())),
        flow=FLOW,
        subject=key().subject,
        action=key().name,
        contact_id=contact,
        company_id=COMPANY,
        owner_id=301,
        at=NOW,
        delivery=Delivery(parts=1),
    )


def texted(ledger: Ledger, of: Plan | None = None) -> StoredPlan:
    """Anne did not answer and has got an SMS and an e-mail task."""
    whole = stored(of or plan())
    store(ledger, [whole])
    start(ledger, [key(), key("email-task")], now=NOW, lease_until=LATER)
    finish(ledger, key("email-task"), state="done", now=NOW, result="501")
    finish(ledger, key(), state="refused", now=NOW, reason=REASON)
    ledger.note_sms(message(whole.plan.contact_id), number_hash="n1")
    ledger.claim(slot(whole.plan.contact_id or 0), holder=str(key("email-task")), now=NOW, until=LATER)
    ledger.suppress(Suppression(number_hashes=("n2", "n1"), since=NOW, contact_ids=(ANNE, 999)))
    return whole


class TestTraces:
    def test_are_all_that_is_held_about_a_contact(self, ledger: Ledger) -> None:
        whole = texted(ledger)
        store(ledger, [stored(plan(SURVIVOR), CALL + 1)])

        found = ledger.traces(ANNE)

        assert found.plans == (whole,)
        [(about, records)] = found.actions.items()
        assert about == f"{FLOW}/7/{CALL}"
        assert {record.name for record in records} == {"sms", "email-task"}
        assert found.messages == (message(),)
        assert found.texted == {"n1"}
        assert [one.contact_ids for one in found.suppressions] == [(ANNE, 999)]
        assert found.slots == {slot(): "501"}

    def test_of_a_stranger_are_none(self, ledger: Ledger) -> None:
        texted(ledger)

        found = ledger.traces(SURVIVOR)

        assert not (found.plans or found.actions or found.messages or found.suppressions or found.slots)


class TestErasing:
    def test_leaves_nothing_of_the_person(self, ledger: Ledger) -> None:
        texted(ledger)

        for _ in range(2):
            ledger.erase_traces(ANNE)

        found = ledger.traces(ANNE)
        assert not (found.plans or found.actions or found.messages or found.suppressions or found.slots)
        assert ledger.sent_sms([message().reference]) == {}
        assert ledger.last_sms_to(["n1"]) is None
        assert ledger.slots([slot()]) == {}

    def test_leaves_others_alone(self, ledger: Ledger) -> None:
        texted(ledger)
        other = stored(plan(SURVIVOR), CALL + 1)
        store(ledger, [other])

        ledger.erase_traces(ANNE)

        assert ledger.traces(SURVIVOR).plans == (other,)
        assert [one.contact_ids for one in ledger.suppressions()] == [(999,)]

    def test_keeps_what_was_done_so_that_it_is_not_done_again(self, ledger: Ledger) -> None:
        texted(ledger)

        ledger.erase_traces(ANNE)

        [sms, task] = start(ledger, [key(), key("email-task")], now=LATER, lease_until=LATER)
        assert sms
        assert task
        assert (sms.state, sms.reason) == ("refused", None)
        assert (task.state, task.result) == ("done", "501")
        past = ledger.past(FLOW, [event()])[event().subject]
        assert past.first_received_at == NOW
        assert past.contact_ids == {NOBODY}

    def test_keeps_the_stop_and_the_time_of_it(self, ledger: Ledger) -> None:
        texted(ledger)

        ledger.erase_traces(ANNE)

        assert ledger.suppressed(["n1"])
        assert ledger.suppressions()[0].since == NOW

    def test_lets_nobody_who_did_nothing_count_as_followed_up(self, ledger: Ledger) -> None:
        store(ledger, [stored(plan(actions=()))])

        ledger.erase_traces(ANNE)

        assert ledger.past(FLOW, [event()])[event().subject].contact_ids == frozenset()


class TestErasingWhatWasDecidedAboutAnEvent:
    def test_takes_the_words_and_leaves_what_was_done(self, ledger: Ledger) -> None:
        texted(ledger)
        other = stored(plan(SURVIVOR), CALL + 1)
        store(ledger, [other])
        for _ in range(2):
            ledger.erase_plans(FLOW, event().subject)
        story = ledger.story(FLOW, event().subject)
        assert NAME not in repr(story.plans)
        assert {name: record.state for name, record in story.actions.items()}["email-task"] == "done"
        assert ledger.story(FLOW, event(CALL + 1).subject).plans == (other.plan,)

    def test_lets_the_same_state_be_decided_anew(self, ledger: Ledger) -> None:
        """A worker died over the old words: the next one goes on with new ones, from where it was."""
        store(ledger, [stored(plan())])
        ledger.erase_plans(FLOW, event().subject)
        anew = stored(plan(because="nye ord"))
        assert store(ledger, [anew]) == [anew]


class TestForgetting:
    def test_is_known_of_those_who_are_forgotten_alone(self, ledger: Ledger) -> None:
        ledger.forget([ANNE, DOUBLE], now=NOW)
        ledger.forget([ANNE], now=LATER)

        assert ledger.forgotten([ANNE, SURVIVOR]) == {ANNE}
        assert ledger.forgotten([]) == frozenset()


class TestMerges:
    def test_lead_to_the_record_that_survives_in_whatever_order_they_are_heard_of(self, ledger: Ledger) -> None:
        ledger.note_merge("contact", DOUBLE, into=SURVIVOR, now=NOW)
        ledger.note_merge("contact", ANNE, into=DOUBLE, now=NOW)
        ledger.note_merge("company", ANNE, into=7, now=NOW)

        assert ledger.survivor("contact", ANNE) == SURVIVOR
        assert ledger.survivor("contact", SURVIVOR) == SURVIVOR
        assert ledger.survivor("company", ANNE) == 7

    def test_in_a_circle_lead_nowhere(self, ledger: Ledger) -> None:
        ledger.note_merge("contact", ANNE, into=DOUBLE, now=NOW)
        ledger.note_merge("contact", DOUBLE, into=ANNE, now=NOW)

        assert ledger.survivor("contact", ANNE) == ANNE

    def test_give_a_person_all_their_ids(self, ledger: Ledger) -> None:
        ledger.note_merge("contact", ANNE, into=DOUBLE, now=NOW)
        ledger.note_merge("contact", DOUBLE, into=SURVIVOR, now=NOW)
        ledger.move_history("contact", DOUBLE, into=SURVIVOR)

        for one in (ANNE, DOUBLE, SURVIVOR):
            assert ledger.ids_of_person(one) == {ANNE, DOUBLE, SURVIVOR}
        assert ledger.ids_of_person(7) == {7}


class TestMovingAContactsHistory:
    def test_puts_everything_under_the_survivor(self, ledger: Ledger) -> None:
        texted(ledger)

        for _ in range(2):
            ledger.move_history("contact", ANNE, into=SURVIVOR)

        found = ledger.traces(SURVIVOR)
        assert found.plans == (stored(plan(SURVIVOR)),)
        assert found.messages == (message(SURVIVOR),)
        assert found.texted == {"n1"}
        assert [one.contact_ids for one in found.suppressions] == [(SURVIVOR, 999)]
        assert found.slots == {slot(SURVIVOR): "501"}
        assert not ledger.traces(ANNE).plans
        assert ledger.past(FLOW, [event()])[event().subject].contact_ids == {SURVIVOR}

    def test_makes_the_stored_plan_the_one_that_stands_for_the_survivor(self, ledger: Ledger) -> None:
        """So that the same call, told of again with its new contact, is decided as it was."""
        texted(ledger)
        ledger.move_history("contact", ANNE, into=SURVIVOR)

        [standing] = store(ledger, [stored(plan(SURVIVOR, actions=plan(SURVIVOR).actions[:1]))])

        assert standing.plan == plan(SURVIVOR)

    def test_keeps_what_the_survivor_has_of_its_own(self, ledger: Ledger) -> None:
        """A call that was moved from one of the records to the other before they were merged."""
        texted(ledger)
        own = stored(plan(SURVIVOR, because="flyttet"))
        store(ledger, [own])

        ledger.move_history("contact", ANNE, into=SURVIVOR)

        found = ledger.traces(SURVIVOR).plans
        assert own in found
        assert len(found) == 2

    def test_goes_before_a_plan_that_does_nothing(self, ledger: Ledger) -> None:
        texted(ledger)
        store(ledger, [stored(plan(SURVIVOR, actions=()))])

        ledger.move_history("contact", ANNE, into=SURVIVOR)

        assert ledger.traces(SURVIVOR).plans == (stored(plan(SURVIVOR)),)

    def test_leaves_the_newer_of_two_tasks_in_the_slot(self, ledger: Ledger) -> None:
        texted(ledger)
        ledger.claim(slot(SURVIVOR), holder=str(key("email-task", CALL + 1)), now=LATER)
        finish(ledger, key("email-task", CALL + 1), state="done", now=LATER, result="502")

        ledger.move_history("contact", ANNE, into=SURVIVOR)

        assert ledger.slots([slot(SURVIVOR)])[slot(SURVIVOR)].task_id == 502
        assert ledger.slots([slot()]) == {}

    def test_takes_the_older_slots_place(self, ledger: Ledger) -> None:
        ledger.claim(slot(SURVIVOR), holder=str(key("email-task", CALL + 1)), now=NOW - timedelta(hours=1))
        finish(ledger, key("email-task", CALL + 1), state="done", now=NOW, result="500")
        texted(ledger)

        ledger.move_history("contact", ANNE, into=SURVIVOR)

        assert ledger.slots([slot(SURVIVOR)])[slot(SURVIVOR)].task_id == 501

    def test_is_heard_of_by_later_receipts(self, ledger: Ledger) -> None:
        texted(ledger)
        ledger.move_history("contact", ANNE, into=SURVIVOR)

        ledger.note_receipt(message().reference, Receipt(part=1, status="FAILED"))

        [sent] = ledger.sent_sms([message().reference]).values()
        assert (sent.contact_id, sent.delivery.state) == (SURVIVOR, "FAILED")


class TestMovingACompanysHistory:
    def test_puts_plans_and_messages_under_the_survivor(self, ledger: Ledger) -> None:
        texted(ledger)

        for _ in range(2):
            ledger.move_history("company", COMPANY, into=202)

        found = ledger.traces(ANNE)
        assert found.plans == (stored(plan(company=202)),)
        assert [one.company_id for one in found.messages] == [202]
        assert ledger.move_history("company", 202, into=202) == 1

    def test_leaves_contacts_of_the_same_number_alone(self, ledger: Ledger) -> None:
        texted(ledger)

        assert ledger.move_history("company", ANNE, into=202) == 0
        assert ledger.traces(ANNE).plans == (stored(plan()),)

    def test_takes_along_what_was_merged_before(self, ledger: Ledger) -> None:
        ledger.note_merge("company", 1, into=2, now=NOW)
        ledger.note_merge("company", 2, into=3, now=NOW)

        ledger.move_history("company", 2, into=3)

        assert ledger.survivor("company", 1) == 3
