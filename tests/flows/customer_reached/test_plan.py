"""A customer who is heard from: what becomes of their case, and what people see of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundeflyt.domain import cases
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.crm import Company, Contact
from kundeflyt.domain.events import CUSTOMER_REACTIVATED
from kundeflyt.domain.review import Entry, EntryWhat
from kundeflyt.engine.flow import Flow
from kundeflyt.ports.failures import TryLater
from sms_inbound.case import NAME as SMS_NAME
from sms_inbound.facts import gather as sms_gather
from sms_inbound.facts import wishes
from sms_inbound.plan import basis as sms_basis
from sms_inbound.plan import plan as sms_plan
from sms_inbound.rules import SmsInboundRules
from tests.domain.case_situation import (
    ADVISER,
    COMPANY,
    NOW,
    RULES,
    UNA,
    an_open_case,
    begun,
    claimed_by,
    decided,
    later,
    request,
)
from tests.flows.customer_reached.customers import CSC, HEARD, NOT_HEARD, OLA, Customers, inactive
from tests.flows.desk import STRANGER, a_letter
from tests.flows.dying import dies_before_telling

READS_SMS = Flow(name=SMS_NAME, rules=SmsInboundRules, gather=sms_gather, basis=sms_basis, plan=sms_plan, wishes=wishes)


def waiting() -> ReviewCase:
    return cases.opened(request(waits_days=7), NOW, RULES)[0]


OPEN: dict[str, Callable[[], ReviewCase]] = {
    "waiting": waiting,
    "open": an_open_case,
    "claimed": lambda: claimed_by(UNA),
    "decided inactive": decided,
    "decided needs more": lambda: decided("needs_more", asked=OLA),
}


class TestAnOpenCase:
    @pytest.mark.parametrize("state", OPEN)
    def test_is_withdrawn_with_the_reason_and_the_record_and_nobody_gets_a_task(self, state: str) -> None:
        at = Customers(OPEN[state]())
        at.hears(at.logged("email_in"))
        assert at.state == "withdrawn"
        assert at.case.withdrawn_because is not None
        assert at.case.withdrawn_because.startswith("Kunden sendte en e-post")
        assert at.case.withdrawn_because.endswith("(emails/701).")
        assert at.because == "Kunden har tatt kontakt: saken hos CSC trekkes tilbake."
        assert (at.desk.tasks, at.desk.crm.notes, at.desk.announcer.told) == ([], {}, [])
        assert not at.desk.road.wakes

    @pytest.mark.parametrize("what", HEARD)
    def test_is_withdrawn_whichever_way_the_customer_is_heard_from(self, what: EntryWhat) -> None:
        at = Customers(an_open_case())
        at.hears(at.logged(what))
        assert at.state == "withdrawn"

    @pytest.mark.parametrize("what", NOT_HEARD)
    def test_stays_when_it_was_not_the_customer(self, what: EntryWhat) -> None:
        at = Customers(an_open_case())
        at.hears(at.logged(what))
        assert at.state == "open"
        assert at.because == "Det kom ikke fra kunden, eller posten finnes ikke lenger i HubSpot."

    def test_stays_when_it_was_before_the_sequence(self) -> None:
        at = Customers(an_open_case())
        at.hears(at.logged("email_in", at=later(days=-161)))
        assert at.state == "open"
        assert at.because.startswith("Saken hviler alt på det, eller det er eldre enn sekvensen")

    def test_stays_when_it_rests_on_that_already(self) -> None:
        """The webhook came after the case, which shows it: customer service has the word."""
        at = Customers(an_open_case(entries=(Entry(what="email_in", record="emails", id="701", at=later(days=-121)),)))
        at.hears(at.logged("email_in", at=later(days=-121)))
        assert at.state == "open"

    def test_is_withdrawn_for_what_was_logged_too_late_to_be_in_the_evidence(self) -> None:
        """A mailbox was out of touch: the customer had answered while the sequence ran."""
        at = Customers(an_open_case())
        at.hears(at.logged("email_in", at=later(days=-130)))
        assert at.state == "withdrawn"

    def test_is_withdrawn_when_a_call_it_shows_turns_out_to_have_been_answered(self) -> None:
        shown = Entry(what="call_out", record="calls", id="701", at=later(days=-130))
        at = Customers(an_open_case(entries=(shown,)))
        at.hears(at.logged("call_connected", at=later(days=-130)))
        assert at.state == "withdrawn"

    def test_that_a_person_has_opened_again_stays_whatever_came_before(self) -> None:
        at = Customers(cases.withdraw(an_open_case(), later(minutes=1), because="Svarte.")[0])
        reopened, audit = cases.reopen(at.case, UNA, later(days=1, hours=1), RULES, reason="Var ikke kunden.")
        at.keep(reopened)
        at.desk.cases.audits[at.id].append(audit)
        at.hears(at.logged("email_in", at=later(days=1)))
        assert at.state == "open"
        at.hears(at.logged("email_in", at=later(days=1, hours=2), id_=702))
        assert at.state == "withdrawn"

    @pytest.mark.parametrize("owner", [None, OLA])
    def test_of_a_customer_nobody_has_in_hand_gives_customer_service_a_task_once(self, owner: int | None) -> None:
        at = Customers(an_open_case())
        at.has_left(OLA)
        at.owned_by(owner)
        event = at.logged("email_in")
        at.hears(event)
        at.hears(event)
        assert at.desk.task.task.owner_id == CSC
        assert at.desk.task.task.subject == "Kunden har tatt kontakt, og har ingen rådgiver"
        assert "?engagement=701" in at.desk.task.task.body

    def test_of_another_customer_is_none_of_its_business(self) -> None:
        at = Customers(an_open_case())
        at.hears(at.logged("email_in", companies=(9002,)))
        assert at.state == "open"
        assert at.because == "Kunden har ingen sak hos CSC og er ikke inaktiv."

    def test_of_each_company_it_is_about_is_withdrawn(self) -> None:
        at = Customers(an_open_case())
        other = an_open_case(9002)
        at.desk.cases.cases[other.id] = other
        at.desk.crm.put(Company(id=9002, owner_id=ADVISER))
        at.hears(at.logged("email_in", companies=(9002, COMPANY)))
        assert {case.state for case in at.desk.cases.cases.values()} == {"withdrawn"}

    def test_that_is_to_be_kept_stays_so_that_the_adviser_gets_the_feedback(self) -> None:
        at = Customers(decided("keep"))
        at.hears(at.logged("email_in"))
        assert at.state == "decided"
        assert at.because.startswith("CSC har alt avgjort at kunden beholdes")

    def test_whose_decision_is_being_carried_out_is_looked_at_again_when_it_is_done(self) -> None:
        at = Customers(begun())
        at.hears(at.logged("email_in"))
        assert at.state == "decided"
        assert at.because == "Vedtaket blir utført akkurat nå. Det ses på igjen når det er gjort."
        at.keep(cases.effected(at.case, at.case.decision.mark, later(minutes=12))[0])  # type: ignore[union-attr]
        at.goes_on()
        assert at.case.reactivated_by is not None
        assert len(at.desk.tasks) == 1

    def test_that_somebody_moves_on_meanwhile_is_looked_at_again_and_nothing_heard_is_lost(self) -> None:
        at = Customers(decided())
        event = at.logged("email_in")
        save = at.desk.cases.save

        def begun_first(*args: Any, **named: Any) -> bool:
            at.desk.cases.save = save  # type: ignore[method-assign]
            at.keep(begun())
            return save(*args, **named)

        at.desk.cases.save = begun_first  # type: ignore[method-assign]
        at.hears(event)
        assert at.state == "decided"
        at.keep(inactive())
        at.goes_on()
        assert at.case.reactivated_by is not None
        assert len(at.desk.tasks) == 1

    def test_that_has_been_asked_more_about_just_then_is_withdrawn_at_the_next_look(self) -> None:
        """The decision began to be carried out between the look and the withdrawal; then the case waits."""
        case = begun("needs_more", asked=OLA)
        assert case.decision
        at = Customers(decided("needs_more", asked=OLA))
        save = at.desk.cases.save

        def begun_first(*args: Any, **named: Any) -> bool:
            at.desk.cases.save = save  # type: ignore[method-assign]
            at.keep(case)
            return save(*args, **named)

        at.desk.cases.save = begun_first  # type: ignore[method-assign]
        at.hears(at.logged("email_in"))
        assert at.state == "decided"
        at.keep(cases.asked(case, case.decision.mark, later(minutes=12), task_id=5, until=later(days=14))[0])
        at.goes_on()
        assert at.state == "withdrawn"
        assert not at.desk.road.wakes


class TestAnInactiveCustomer:
    def test_who_is_on_the_desk_again_is_withdrawn_and_woken_by_the_same_reply(self) -> None:
        """Another contact's sequence ran out after the decision: nobody can take a contact out of one."""
        at = Customers(inactive())
        asleep, newer = at.id, an_open_case(now=later(days=1))
        at.desk.cases.cases[newer.id] = newer
        event = at.logged("email_in", at=later(days=1, hours=1))
        at.hears(event)
        at.hears(event)
        assert at.desk.cases.cases[newer.id].state == "withdrawn"
        assert at.desk.cases.cases[asleep].reactivated_by is not None
        assert [made.task.subject for made in at.desk.tasks] == ["Inaktiv kunde har tatt kontakt"]
        assert len(at.desk.announcer.told) == 1

    @pytest.mark.parametrize("what", HEARD)
    def test_is_the_last_advisers_task_at_once_with_a_note_and_out_of_the_programme(self, what: EntryWhat) -> None:
        """001-28, 001-29."""
        at = Customers(inactive())
        at.hears(at.logged(what))
        task = at.desk.task.task
        assert (task.owner_id, task.company_id, task.subject) == (ADVISER, COMPANY, "Inaktiv kunde har tatt kontakt")
        assert "?engagement=701" in task.body
        assert task.due.date() == at.desk.at.date()
        [note] = at.desk.crm.notes.values()
        assert "En inaktiv kunde har tatt kontakt" in note.body
        [told] = at.desk.announcer.told
        assert (told.name, told.record_id, told.about) == (CUSTOMER_REACTIVATED, COMPANY, at.id)
        assert at.because == "En inaktiv kunde har tatt kontakt: den siste rådgiveren får en oppgave."

    def test_shows_it_in_the_cases_history(self) -> None:
        at = Customers(inactive())
        at.hears(at.logged("email_in"))
        entry = at.desk.cases.audit(at.id)[-1]
        assert (entry.what, entry.who, entry.after) == ("reactivated", "system", "effected")
        assert entry.note.endswith("(emails/701).")
        assert not at.case.inactive

    def test_is_woken_once_and_not_by_each_email(self) -> None:
        at = Customers(inactive())
        for number in range(4):
            at.hears(at.logged("email_in", id_=701 + number, at=later(days=1, minutes=number)))
        assert (len(at.desk.tasks), len(at.desk.crm.notes), len(at.desk.announcer.told)) == (1, 1, 1)
        assert at.because == "Kunden har ingen sak hos CSC og er ikke inaktiv."

    def test_is_woken_once_by_two_that_come_together(self) -> None:
        at = Customers(inactive())
        at.hears(at.logged("email_in"), at.logged("call_in", id_=702))
        assert (len(at.desk.tasks), len(at.desk.crm.notes), len(at.desk.announcer.told)) == (1, 1, 1)

    def test_who_was_heard_from_before_sleeps_on(self) -> None:
        at = Customers(inactive())
        at.hears(at.logged("email_in", at=later(days=-161)))
        assert at.desk.tasks == []
        assert at.case.inactive

    def test_whose_reply_was_on_its_way_when_it_was_decided_is_woken(self) -> None:
        """It is newer than all that the decision rested on."""
        at = Customers(inactive())
        at.hears(at.logged("email_in", at=later(minutes=-1)))
        assert at.desk.task.task.owner_id == ADVISER

    def test_is_the_task_of_whoever_has_taken_the_customer_meanwhile(self) -> None:
        at = Customers(inactive())
        at.owned_by(OLA, ADVISER)
        at.hears(at.logged("email_in"))
        assert at.desk.task.task.owner_id == OLA

    def test_is_the_one_before_whoever_has_left_else_customer_services(self) -> None:
        for history, owner in (((ADVISER, OLA), OLA), ((ADVISER,), CSC)):
            at = Customers(inactive())
            at.has_left(ADVISER)
            at.owned_by(None, *history)
            at.hears(at.logged("email_in"))
            assert at.desk.task.task.owner_id == owner

    def test_without_anybody_to_ask_is_told_to_operations(self) -> None:
        at = Customers(inactive())
        at.has_left(ADVISER)
        at.desk.common = at.desk.common.model_copy(update={"csc_owner_id": None, "fallback_owner_id": None})
        at.hears(at.logged("email_in"))
        assert at.desk.task.task.owner_id is None
        assert any("NoCscOwner" in str(heard) for heard in at.desk.notes.heard)

    def test_that_a_later_case_was_withdrawn_for_is_still_woken(self) -> None:
        at = Customers(inactive())
        newer = cases.withdraw(an_open_case(now=later(days=1)), later(days=1), because="Svarte.")[0]
        at.desk.cases.cases[newer.id] = newer
        at.hears(at.logged("email_in", at=later(days=1, hours=1)))
        assert at.desk.task.task.owner_id == ADVISER

    def test_gets_no_task_while_hubspot_is_silent_and_one_when_it_answers(self) -> None:
        at = Customers(inactive())
        event = at.logged("email_in")
        at.desk.crm.fail_next("create_tasks", TryLater("down"))
        at.hears(event)
        assert at.desk.tasks == []
        at.hears(event)
        assert (len(at.desk.tasks), len(at.desk.crm.notes), len(at.desk.announcer.told)) == (1, 1, 1)

    def test_that_is_kept_after_all_gets_nothing(self) -> None:
        case = begun("keep")
        assert case.decision
        at = Customers(cases.effected(case, case.decision.mark, later(minutes=12))[0])
        at.hears(at.logged("email_in"))
        assert at.desk.tasks == []


class TestAWorkerThatDies:
    @pytest.mark.parametrize(
        ("asleep", "dies_at"), [(True, 1), (True, 2), (True, 3), (True, 4), (False, 1), (False, 2)]
    )
    def test_leaves_everything_to_be_done_once_by_the_next(self, *, asleep: bool, dies_at: int) -> None:
        at = Customers(inactive() if asleep else an_open_case())
        at.owned_by(None)
        event = at.logged("email_in")
        with dies_before_telling(at.desk, dies_at):
            at.hears(event)
        at.desk.at += timedelta(minutes=5)
        at.hears(event)
        assert len(at.desk.tasks) == 1
        assert [one.what for one in at.desk.cases.audit(at.id)] == (["reactivated"] if asleep else ["withdrawn"])
        assert len(at.desk.crm.notes) == int(asleep)
        assert len({one.subject for one in at.desk.announcer.told}) == int(asleep)
        assert not at.desk.road.wakes


class TestAnSms:
    def reads(self, at: Customers, text: str) -> Any:
        at.desk.crm.put(Contact(id=501, first_name="Anne", mobile="912 34 567", country="Norge"), companies=[COMPANY])
        event = at.desk.gets(a_letter(text, received_at=later(days=1)))
        at.desk.hears(READS_SMS, event)
        return event

    def test_is_a_reply_that_wakes_an_inactive_customer(self) -> None:
        at = Customers(inactive())
        event = self.reads(at, "Ja, ring meg gjerne")
        before = len(at.desk.tasks)
        at.hears(event)
        [task] = at.desk.tasks[before:]
        assert task.task.subject == "Inaktiv kunde har tatt kontakt"
        assert "Kunden svarte på SMS" in task.task.body

    def test_that_says_stop_is_no_reply(self) -> None:
        at = Customers(an_open_case())
        at.hears(self.reads(at, "STOPP"))
        assert at.state == "open"
        assert at.because == "Kunden ba om å slippe SMS. Det er ikke et svar."

    def test_of_a_stranger_is_nobodys(self) -> None:
        at = Customers(an_open_case())
        event = at.desk.gets(a_letter("Hei", sender=STRANGER))
        at.desk.hears(READS_SMS, event)
        at.hears(event)
        assert at.because.startswith("SMS-en er ikke et svar fra en kunde vi kjenner")

    def test_waits_for_the_flow_that_reads_it(self) -> None:
        at = Customers(an_open_case())
        at.desk.crm.put(Contact(id=501, first_name="Anne", mobile="912 34 567", country="Norge"), companies=[COMPANY])
        event = at.desk.gets(a_letter("Ja, ring meg", received_at=later(days=1)))
        at.hears(event)
        assert at.state == "open"
        at.desk.hears(READS_SMS, event)
        at.goes_on()
        assert at.state == "withdrawn"

    def test_is_not_waited_for_for_ever(self) -> None:
        at = Customers(an_open_case())
        event = at.desk.gets(a_letter("Ja"))
        at.hears(replace(event, round=8))
        assert not at.desk.road.wakes
        assert at.because.startswith("SMS-en er ikke et svar")


class TestWhatItCosts:
    def test_is_two_reads_for_a_batch_of_emails_of_customers_without_a_case(self) -> None:
        at = Customers()
        events = [at.logged("email_in", id_=800 + n, companies=(9100 + n,)) for n in range(50)]
        asked: list[str] = []
        at.desk.cases.before_call = asked.append
        at.hears(*events)
        assert at.desk.sequences.asked["heard"] == 1
        assert asked == ["cases_of"] * 50
        assert not {name for name, times in (at.desk.crm.asked | at.desk.customers.asked).items() if times}

    def test_is_nothing_of_our_own_for_what_we_sent(self) -> None:
        at = Customers(an_open_case())
        asked: list[str] = []
        at.desk.cases.before_call = asked.append
        at.hears(at.logged("email_out"))
        assert asked == []


class TestTheOrderOfThings:
    @settings(max_examples=60, deadline=None)
    @given(
        heard=st.lists(st.tuples(st.sampled_from(sorted(HEARD)), st.floats(0.01, 1.9)), min_size=1, max_size=5),
        seed=st.randoms(),
        asleep=st.booleans(),
        silent=st.sets(st.integers(0, 8), max_size=3),
        together=st.integers(1, 4),
    )
    def test_never_gives_two_tasks_or_two_withdrawals(
        self, heard: list[tuple[EntryWhat, float]], seed: Any, asleep: bool, silent: set[int], together: int
    ) -> None:
        """In any order, some together, each told twice, and with stores and HubSpot falling silent in between."""
        at = Customers(inactive() if asleep else an_open_case())
        at.owned_by(None)
        events = [at.logged(what, at=later(days=days), id_=700 + number) for number, (what, days) in enumerate(heard)]
        told = [*events, *events]
        seed.shuffle(told)
        for number, first in enumerate(range(0, len(told), together)):
            if number in silent:
                at.desk.crm.fail_next("create_tasks", TryLater("down"))
            at.hears(*told[first : first + together])
        at.hears(*events)
        at.hears(*events)
        assert len(at.desk.tasks) == 1
        whats = [entry.what for entry in at.desk.cases.audit(at.id)]
        assert whats == (["reactivated"] if asleep else ["withdrawn"])
        assert len(at.desk.crm.notes) == len(at.desk.announcer.told) == int(asleep)
