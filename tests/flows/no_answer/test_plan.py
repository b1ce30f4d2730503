"""Rows 1 to 4 of the decision table: what a call nobody answered gives the adviser to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kundeflyt.domain.actions import CreateTask, UpdateTask
from kundeflyt.domain.crm import Company, Owner, Reached
from kundeflyt.domain.rules import CONNECTED
from no_answer.case import the_callee
from no_answer.plan import basis
from tests.flows.no_answer.situation import (
    ASK_TASK_ID,
    COMPANY,
    CONTACT,
    EMAIL_TASK_ID,
    FALLBACK,
    KARI,
    MOBILE,
    MONDAY,
    PER,
    a_call,
    a_contact,
    connected,
    decide,
    facts,
    kinds,
    nobody_known,
    oslo,
    owners,
    past,
    rules,
    the,
    update,
)

WEDNESDAY_BEFORE_EASTER = oslo(1, "15:30", month=4)


class TestNothingToDo:
    """Row 1."""

    @pytest.mark.parametrize("outcome", [CONNECTED, "9d9162e7-6cf3-4944-bf63-4dff82258764", None, ""])
    def test_for_another_outcome(self, outcome: str | None) -> None:
        plan = decide(facts(call=a_call(disposition=outcome)))
        assert plan.because == "Utfallet er et annet enn «ikke svar»."
        assert not plan.actions

    def test_unless_the_rules_list_the_outcome(self) -> None:
        """A portal may have outcomes of its own (000-18)."""
        by = rules(flow={"no_answer_dispositions": ["la-igjen-beskjed"]})
        assert kinds(decide(facts(call=a_call(disposition="la-igjen-beskjed")), by=by))
        assert not decide(by=by).actions

    def test_for_a_call_that_came_in(self) -> None:
        plan = decide(facts(call=a_call(inbound=True)))
        assert plan.because == "Samtalen er inngående."
        assert not plan.actions

    def test_for_a_call_that_was_old_when_we_first_heard_of_it(self) -> None:
        plan = decide(received_at=MONDAY + timedelta(hours=24, seconds=1))
        assert plan.because == "Samtalen var mer enn 24 timer gammel da vi først hørte om den, og er trolig importert."
        assert not plan.actions

    def test_not_for_a_call_of_just_a_day(self) -> None:
        assert decide(received_at=MONDAY + timedelta(hours=24)).actions

    def test_not_when_an_old_call_gets_its_outcome_after_we_first_heard_of_it(self) -> None:
        known = facts(past=past(first_received_at=MONDAY))
        assert decide(known, received_at=oslo(26), now=oslo(26)).actions

    def test_for_a_call_that_is_gone(self) -> None:
        plan = decide(facts(call=None))
        assert plan.because == "Samtalen finnes ikke lenger i HubSpot."
        assert not plan.actions


class TestACorrectedOutcome:
    def test_closes_the_question_whom_the_call_was_made_to(self) -> None:
        plan = decide(facts(call=connected(), past=past(ask_contact=ASK_TASK_ID)))
        assert plan.because == "Utfallet er et annet enn «ikke svar»."
        assert the(UpdateTask, plan) == UpdateTask(name="asking-ended", task_id=ASK_TASK_ID, completed=True)

    def test_belongs_to_whoever_called_so_that_a_pilot_covers_it(self) -> None:
        assert decide(facts(call=connected())).responsible == KARI

    def test_takes_back_the_ready_email_and_the_promised_sms(self) -> None:
        known = facts(call=connected(), past=past(email_task=EMAIL_TASK_ID))
        told = update("email-task-overtaken", decide(known))
        assert told.task_id == EMAIL_TASK_ID
        assert not told.completed
        assert told.subject == "Trengs e-posten fortsatt? Samtalen er endret"
        assert told.body is not None
        assert "Utfallet er et annet enn «ikke svar»." in told.body
        assert "SMS: sendes ikke." in told.body
        assert "Jeg prøvde å ringe deg" not in told.body

    def test_still_says_that_an_sms_has_gone(self) -> None:
        known = facts(call=connected(), past=past(email_task=EMAIL_TASK_ID, sms="sms-1"))
        told = str(update("email-task-overtaken", decide(known)).body)
        assert "SMS: sendt" in told
        assert "sendes ikke" not in told


class TestACallWithoutContact:
    """Row 2 (000-17)."""

    def test_asks_the_adviser_to_add_one_today(self) -> None:
        plan = decide(nobody_known())
        assert plan.because == "Samtalen har ingen kontakt, og må få en."
        task = the(CreateTask, plan)
        assert (task.task_type, task.owner_id, task.company_id) == ("TODO", KARI, COMPANY)
        assert task.subject == "Legg til kontakt på samtalen"
        assert "23.11.2026 kl. 10.00" in task.body
        assert task.due == oslo(23, "23:59")

    def test_says_which_call_it_was_without_the_whole_number(self) -> None:
        known = replace(nobody_known(), call=a_call(to_number="912 34 567"))
        body = the(CreateTask, decide(known)).body
        assert "Samtalen 23.11.2026 kl. 10.00 til +47*****567 er logget uten kontakt." in body
        assert "912" not in body

    def test_sends_no_sms(self) -> None:
        assert kinds(decide(nobody_known())) == ["create_task"]

    def test_asks_the_same_day_also_on_a_sunday(self) -> None:
        call = a_call(at=oslo(22))
        plan = decide(nobody_known(call=call), now=oslo(22), received_at=oslo(22))
        assert the(CreateTask, plan).due == oslo(22, "23:59")

    def test_asks_for_tomorrow_in_the_last_minute_of_a_day(self) -> None:
        assert the(CreateTask, decide(nobody_known(), now=oslo(23, "23:59:30"))).due == oslo(24, "23:59")

    def test_closes_the_question_when_the_contact_is_there(self) -> None:
        plan = decide(facts(past=past(ask_contact=ASK_TASK_ID)))
        assert update("asking-ended", plan).completed
        assert update("asking-ended", plan).task_id == ASK_TASK_ID
        assert {"create_task", "send_sms"} <= set(kinds(plan))

    def test_is_planned_again_when_the_contact_is_there(self) -> None:
        assert basis(nobody_known()) != basis(facts())


class TestACallWithSeveralContacts:
    """Row 2."""

    TWO = (a_contact(), a_contact(id=102, mobile="+4746123456"))

    def test_is_made_to_the_callee(self) -> None:
        assert the_callee(a_call(callee_contact_id=102), self.TWO, "NO") == self.TWO[1]

    def test_is_else_made_to_the_one_whose_number_was_dialled(self) -> None:
        assert the_callee(a_call(to_number="+47 461 23 456"), self.TWO, "NO") == self.TWO[1]

    def test_reads_a_number_without_country_as_the_rules_country(self) -> None:
        """Most contacts have no country in HubSpot, and most numbers no country code."""
        two = (a_contact(country=None), a_contact(id=102, country=None, mobile="46123456"))
        assert the_callee(a_call(to_number="+4746123456"), two, "NO") == two[1]

    def test_trusts_no_callee_that_is_not_on_the_call(self) -> None:
        assert the_callee(a_call(callee_contact_id=999, to_number=None), self.TWO, "NO") is None

    def test_is_unclear_when_two_share_the_dialled_number(self) -> None:
        two = (a_contact(), a_contact(id=102))
        assert the_callee(a_call(to_number=MOBILE), two, "NO") is None

    def test_asks_which_one_and_texts_nobody(self) -> None:
        plan = decide(nobody_known(contacts=self.TWO))
        assert plan.because == "Samtalen har flere kontakter, og det går ikke fram hvem som ble oppringt."
        assert kinds(plan) == ["create_task"]
        assert the(CreateTask, plan).subject == "Hvem ble oppringt?"
        assert the(CreateTask, plan).due == oslo(23, "23:59")

    def test_changes_the_question_that_was_asked_when_there_was_no_contact(self) -> None:
        plan = decide(nobody_known(contacts=self.TWO, past=past(ask_contact=ASK_TASK_ID)))
        asked = the(UpdateTask, plan)
        assert (asked.task_id, asked.subject, asked.completed) == (ASK_TASK_ID, "Hvem ble oppringt?", False)
        assert kinds(plan) == ["update_task"]

    def test_asks_nothing_when_the_call_was_followed_up_before(self) -> None:
        plan = decide(nobody_known(contacts=self.TWO, past=past(email_task=EMAIL_TASK_ID)))
        assert plan.because == "Samtalen er alt fulgt opp; at den nå har flere kontakter, endrer ikke det."
        assert not plan.actions

    def test_asks_when_it_wakes_to_several_because_the_sms_still_waits(self) -> None:
        plan = decide(nobody_known(contacts=self.TWO, past=past(email_task=EMAIL_TASK_ID)), round=1)
        assert kinds(plan) == ["create_task"]


class TestAContactReachedSince:
    """Row 3."""

    REACHED = Reached(at=oslo(23, "11:30"), how="samtale")

    def test_needs_nothing(self) -> None:
        plan = decide(facts(reached=self.REACHED))
        assert plan.because == "Kontakten er nådd siden: samtale 23.11.2026 kl. 11.30."
        assert not plan.actions
        assert (plan.responsible, plan.contact_id) == (KARI, CONTACT)

    def test_counts_only_after_this_very_call(self) -> None:
        """Several calls are looked at together, and the answer is about the first of them."""
        assert decide(facts(call=a_call(at=self.REACHED.at), reached=self.REACHED)).actions

    def test_lets_the_task_made_before_say_that_no_sms_comes(self) -> None:
        known = facts(reached=self.REACHED, past=past(email_task=EMAIL_TASK_ID))
        plan = decide(known, now=oslo(24, "08:00"), round=1)
        told = update("task-says-no-sms-1", plan)
        assert kinds(plan) == ["update_task"]
        assert told.task_id == EMAIL_TASK_ID
        assert "SMS: ikke sendt, fordi kontakten er nådd siden." in str(told.body)

    def test_leaves_the_task_as_it_is_when_the_sms_has_gone(self) -> None:
        known = facts(reached=self.REACHED, past=past(email_task=EMAIL_TASK_ID, sms="sms-1"))
        assert not decide(known, round=1).actions

    def test_closes_the_question_whom_the_call_was_made_to(self) -> None:
        plan = decide(facts(reached=self.REACHED, past=past(ask_contact=ASK_TASK_ID)))
        assert update("asking-ended", plan).completed


class TestTheEmailTask:
    """Row 4 (000-19, 000-20, 000-26 to 000-28)."""

    def test_is_for_the_caller_and_stands_on_contact_and_company(self) -> None:
        plan = decide()
        task = the(CreateTask, plan)
        assert plan.because == "Utgående anrop uten svar. SMS: sendes nå."
        assert (task.task_type, task.owner_id, task.contact_id, task.company_id) == ("EMAIL", KARI, CONTACT, COMPANY)

    def test_has_the_email_ready_to_send(self) -> None:
        body = the(CreateTask, decide()).body
        assert "Emne: Jeg prøvde å ringe deg om kurs i arbeidsmiljø og HMS" in body
        assert "Det gjelder kurs i arbeidsmiljø og HMS" in body
        assert "Svar gjerne ja eller nei på denne e-posten, eller ring meg tilbake på 22 33 44 55" in body
        assert "Kari Nordmann" in body

    def test_names_the_topic_and_no_person_in_its_subject(self) -> None:
        subject = the(CreateTask, decide()).subject
        assert subject == "Send e-post: ubesvart anrop om kurs i arbeidsmiljø og HMS"
        assert the(CreateTask, decide(facts(call=a_call(title=None)))).subject == "Send e-post: ubesvart anrop"

    def test_reminds_of_one_more_call(self) -> None:
        """000-24."""
        body = the(CreateTask, decide()).body
        assert "Kunden svarte ikke på anropet 23.11.2026 kl. 10.00." in body
        assert "Er kunden ikke oppringt to ganger ennå, så ring én gang til." in body

    @pytest.mark.parametrize(
        ("contact", "greeting"),
        [
            (a_contact(language="sv"), "Hej Ola!"),
            (a_contact(language="en"), "Hi Ola,"),
            (a_contact(language="no"), "Hei, Ola!"),
            (a_contact(language="de"), "Hei, Ola!"),
            (a_contact(country="Sverige"), "Hej Ola!"),
            (a_contact(country="Sverige", language="en"), "Hi Ola,"),
            (a_contact(country=None), "Hei, Ola!"),
        ],
    )
    def test_is_in_the_contacts_language(self, contact: object, greeting: str) -> None:
        assert greeting in the(CreateTask, decide(facts(callee=contact))).body

    def test_is_made_in_production_without_words_nobody_has_approved(self) -> None:
        plan = decide(by=rules(production=True))
        body = the(CreateTask, plan).body
        assert "E-postteksten er ikke godkjent ennå, så du må skrive den selv." in body
        assert "Jeg prøvde å ringe deg" not in body

    @pytest.mark.parametrize("mobile", ["91234567", None])
    def test_lets_operations_hear_once_of_words_nobody_has_approved(self, mobile: str | None) -> None:
        plan = decide(facts(callee=a_contact(mobile=mobile)), by=rules(production=True))
        assert plan.problems == ("UnapprovedText",)


class TestWhoGetsTheTask:
    """Row 4: the caller, else the company's adviser, else whom the rules name."""

    GONE = Owner(id=KARI, first_name="Kari", archived=True)

    def test_the_company_owner_when_the_caller_has_left(self) -> None:
        plan = decide(facts(owners=owners(kari=self.GONE)))
        assert the(CreateTask, plan).owner_id == PER
        assert plan.responsible == PER
        assert "Per Hansen" in the(CreateTask, plan).body

    def test_the_company_owner_when_nobody_logged_the_call(self) -> None:
        assert the(CreateTask, decide(facts(call=a_call(owner_id=None)))).owner_id == PER

    def test_the_fallback_when_there_is_no_company(self) -> None:
        plan = decide(facts(owners=owners(kari=self.GONE), company=None))
        assert the(CreateTask, plan).owner_id == FALLBACK
        assert "Kundesenter" not in the(CreateTask, plan).body

    def test_the_fallback_when_the_company_owner_has_left_too(self) -> None:
        everybody = owners(kari=self.GONE, per=Owner(id=PER, archived=True))
        assert the(CreateTask, decide(facts(owners=everybody))).owner_id == FALLBACK

    def test_the_question_whom_the_call_was_made_to_goes_the_same_way(self) -> None:
        known = nobody_known(owners=owners(kari=self.GONE), company=Company(id=COMPANY, owner_id=PER))
        assert the(CreateTask, decide(known)).owner_id == PER


class TestWhenTheTaskIsDue:
    """Row 4 and 000-09: the same day, at latest the same week."""

    LATE = "Ukens frist for oppfølging er ute"

    @pytest.mark.parametrize(
        ("called", "due", "late"),
        [
            (oslo(23, "10:00"), oslo(23, "16:00"), False),
            (oslo(23, "15:00"), oslo(23, "16:00"), False),
            (oslo(23, "15:01"), oslo(24, "16:00"), False),
            (oslo(27, "15:01"), oslo(30, "16:00"), True),
            (oslo(28, "12:00"), oslo(30, "16:00"), True),
            (WEDNESDAY_BEFORE_EASTER, oslo(7, "16:00", month=4), True),
            (oslo(23, "15:30", month=12), oslo(28, "16:00", month=12), True),
        ],
    )
    def test_is_an_hour_off_or_the_next_working_day(self, called: datetime, due: datetime, late: bool) -> None:
        task = the(CreateTask, decide(facts(call=a_call(at=called)), now=called, received_at=called))
        assert task.due == due
        assert (self.LATE in task.body) is late

    def test_follows_the_contacts_calendar(self) -> None:
        """Midsummer Eve is a day off in Sweden, and an ordinary Friday in Norway."""
        eve = oslo(19, "10:00", month=6)
        swede = facts(call=a_call(at=eve), callee=a_contact(country="Sverige"))
        assert the(CreateTask, decide(swede, now=eve, received_at=eve)).due == oslo(22, "16:00", month=6)

    def test_says_that_the_week_is_out_also_when_it_is_written_the_week_after(self) -> None:
        """A Friday evening's call: the SMS wakes on Monday, and the task is brought up to date then."""
        known = facts(call=a_call(at=oslo(27, "17:00")), past=past(email_task=EMAIL_TASK_ID))
        plan = decide(known, now=oslo(30, "08:00"), received_at=oslo(27, "17:00"), round=1)
        assert self.LATE in str(update("task-says-sms-1", plan).body)


class TestASecondUnansweredCallThatDay:
    """Row 4."""

    AGAIN = facts(slot_task=EMAIL_TASK_ID, slot_task_open=True)

    def test_brings_the_open_task_up_to_date(self) -> None:
        plan = decide(self.AGAIN)
        assert "create_task" not in kinds(plan)
        task = update("email-task", plan)
        assert task.task_id == EMAIL_TASK_ID
        assert task.subject == "Send e-post: flere ubesvarte anrop om kurs i arbeidsmiljø og HMS"
        assert "Kunden er oppringt minst to ganger den dagen." in str(task.body)
        assert "Emne: " in str(task.body)

    def test_leaves_the_tasks_due_date_alone(self) -> None:
        assert update("email-task", decide(self.AGAIN, now=oslo(23, "15:30"))).due is None

    def test_makes_a_new_task_in_place_of_one_that_is_done(self) -> None:
        task = the(CreateTask, decide(facts(slot_task=EMAIL_TASK_ID, slot_task_open=False)))
        assert task.replaces == EMAIL_TASK_ID
        assert "flere ubesvarte anrop" in task.subject

    def test_is_no_second_call_when_the_task_is_this_calls_own(self) -> None:
        known = facts(slot_task=EMAIL_TASK_ID, slot_task_open=True, past=past(email_task=EMAIL_TASK_ID))
        task = the(CreateTask, decide(known, round=1))
        assert task.replaces is None
        assert "Send e-post: ubesvart anrop" in task.subject

    def test_shares_its_place_with_the_first_by_contact_and_day_in_oslo(self) -> None:
        late = the(CreateTask, decide(facts(call=a_call(at=oslo(23, "23:30"))), now=oslo(24)))
        assert the(CreateTask, decide()).slot == late.slot == f"no_answer/25000001/{CONTACT}/2026-11-23"
        other = the(CreateTask, decide(facts(callee=a_contact(id=102))))
        assert other.slot != late.slot
