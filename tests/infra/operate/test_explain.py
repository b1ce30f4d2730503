"""What operations is told when somebody asks why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kundeflyt.domain.actions import CreateTask, Plan, SendSms, WakeAt
from kundeflyt.domain.delivery import Delivery, Receipt, SentSms, reference_of
from kundeflyt.domain.events import CALL_LOGGED, SMS_RECEIPT, Event
from kundeflyt.ports.ledger import ActionKey, Held, StoredPlan
from tests.infra.operate.stack import PORTAL, Ops
from tests.ledger_steps import finish, start, store

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
CALL, OTHER_CALL, COMPANY, CONTACT = 300_000_000_001, 300_000_000_002, 77, 5
SUBJECT = f"{PORTAL}/{CALL}"
NUMBER = "+4798765432"


def logged(call: int = CALL) -> Event:
    return Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=call, occurred_at=NOW, received_at=NOW)


def decided(ops: Ops, plan: Plan, *, call: int = CALL, mode: str = "on", basis: str = "no-answer") -> None:
    store(
        ops.ledger(),
        [StoredPlan(flow="no_answer", event=logged(call), basis=basis, mode=mode, plan=plan, planned_at=NOW)],  # type: ignore[arg-type]
    )


def sms() -> SendSms:
    return SendSms(
        name="sms",
        to=NUMBER,
        text="Hei Anne, vi prøvde å nå deg.",
        text_id="sms_service v1 nb",
        once_per_hours=20,
        latest=NOW + timedelta(hours=6),
        valid_until=NOW + timedelta(hours=8),
        owner_id=9,
    )


def task() -> CreateTask:
    return CreateTask(name="email-task", task_type="EMAIL", subject="Send e-post", body="Hei Anne", due=NOW, owner_id=9)


@pytest.fixture
def sent_and_refused(ops: Ops) -> Ops:
    """A call whose e-mail task was made and whose SMS was refused."""
    ledger = ops.ledger()
    decided(
        ops, Plan(because="Utgående anrop uten svar.", actions=(task(), sms()), contact_id=CONTACT, company_id=COMPANY)
    )
    for name, end in (("email-task", ("done", "4711", None)), ("sms", ("refused", None, "mottakeren vil ikke"))):
        key = ActionKey(flow="no_answer", subject=SUBJECT, name=name)
        start(ledger, [key], now=NOW, lease_until=NOW)
        finish(ledger, key, state=end[0], now=NOW + timedelta(seconds=2), result=end[1], reason=end[2])  # type: ignore[arg-type]
    return ops


class TestACall:
    def test_is_told_with_its_reason_and_what_became_of_each_action(self, sent_and_refused: Ops) -> None:
        said = sent_and_refused("explain", str(CALL))
        assert said.status == 0
        assert f"no_answer  {SUBJECT}" in said.out
        assert "because: Utgående anrop uten svar." in said.out
        lines = [line.split() for line in said.out.splitlines()]
        assert ["email-task", "done", "2026-11-23", "09:02:02Z", "4711"] in lines
        assert ["sms", "refused", "2026-11-23", "09:02:02Z"] in lines
        assert "mottakeren vil ikke; sms_service v1 nb" in said.out

    def test_shows_no_number_and_no_text(self, sent_and_refused: Ops) -> None:
        for said in (sent_and_refused("explain", str(CALL)), sent_and_refused("explain", str(CALL), "--json")):
            assert "98765432" not in said.out
            assert "Anne" not in said.out

    def test_about_which_nothing_was_to_be_done_says_why(self, ops: Ops) -> None:
        decided(ops, Plan(because="Samtalen er inngående."))
        said = ops("explain", f"call/{CALL}")
        assert "because: Samtalen er inngående." in said.out
        assert "nothing was to be done" in said.out

    def test_whose_plan_was_only_shown_says_so(self, ops: Ops) -> None:
        decided(ops, Plan(because="Utenfor piloten.", actions=(task(),)), mode="shadow")
        [row] = ops("explain", str(CALL), "--json").json["stories"][0]["plans"][0]["actions"]
        assert row["state"] == "only shown"

    def test_that_comes_back_says_when(self, ops: Ops) -> None:
        decided(ops, Plan(because="SMS: sendes senere.", actions=(WakeAt(name="wake", when=NOW + timedelta(hours=1)),)))
        assert "comes back 2026-11-23 10:02:00Z" in ops("explain", str(CALL)).out

    def test_that_is_held_says_since_when_and_why(self, ops: Ops) -> None:
        ops.ledger().hold("no_answer", Held(id="x", event=logged(), reason="flyten står på vent", held_at=NOW))
        assert "waits since 2026-11-23 09:02:00Z: flyten står på vent" in ops("explain", str(CALL)).out

    def test_is_followed_to_the_receipt_of_its_sms(self, sent_and_refused: Ops) -> None:
        reference = reference_of(f"no_answer/{SUBJECT}/sms")
        ledger = sent_and_refused.ledger()
        sent = SentSms(
            reference=reference,
            flow="no_answer",
            subject=SUBJECT,
            action="sms",
            contact_id=CONTACT,
            company_id=COMPANY,
            owner_id=9,
            at=NOW,
            delivery=Delivery(parts=1, state="FAILED"),
        )
        ledger.note_sms(sent, number_hash="mark-hash")
        receipt = Event(
            name=SMS_RECEIPT,
            portal_id=PORTAL,
            about=reference,
            occurred_at=NOW,
            received_at=NOW,
            receipt=Receipt(part=1, status="FAILED"),
        )
        plan = Plan(because="SMS-en kom ikke fram.")
        store(ledger, [StoredPlan(flow="sms_receipt", event=receipt, basis="1", mode="on", plan=plan, planned_at=NOW)])
        said = sent_and_refused("explain", str(CALL))
        assert "ITX says FAILED" in said.out
        assert f"sms_receipt  {PORTAL}/{reference}" in said.out
        assert "because: SMS-en kom ikke fram." in said.out

    def test_nobody_has_heard_of_is_said_to_be_so(self, ops: Ops) -> None:
        said = ops("explain", "42")
        assert said.status == 1
        assert "No flow has decided anything about 42" in said.err


class TestACompany:
    def test_has_all_its_calls_also_those_about_which_nothing_was_done(self, sent_and_refused: Ops) -> None:
        decided(sent_and_refused, Plan(because="Samtalen er inngående.", company_id=COMPANY), call=OTHER_CALL)
        for asked in (f"company/{COMPANY}", str(COMPANY)):
            told = sent_and_refused("explain", asked, "--json").json["stories"]
            assert sorted(story["subject"] for story in told) == [SUBJECT, f"{PORTAL}/{OTHER_CALL}"]

    def test_has_no_other_company_s(self, sent_and_refused: Ops) -> None:
        assert sent_and_refused("explain", f"company/{COMPANY + 1}").status == 1


class TestSomethingElse:
    @pytest.mark.parametrize("words", ["", "deal/5", "+4791234567", "a b"])
    def test_is_refused(self, ops: Ops, words: str) -> None:
        said = ops("explain", words)
        assert said.status == 1
        assert "Give a record's id" in said.err
