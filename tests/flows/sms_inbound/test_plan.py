"""What people see when a customer has written, and what nobody ever sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Pilot
from kundeflyt.engine.flow import Finished, Flow, Later
from kundeflyt.ports.failures import Refused, TryLater, Unsure
from sms_inbound.case import NAME
from sms_inbound.facts import gather, wishes
from sms_inbound.plan import basis, plan
from sms_inbound.rules import SmsInboundRules
from tests.flows.desk import (
    COMPANY,
    CONTACT,
    FALLBACK,
    KARI,
    MARK,
    MOBILE,
    MONDAY,
    PER,
    STRANGER,
    Desk,
    a_letter,
    an_inbound,
    hashes,
    oslo,
    sent_sms,
)

FLOW = Flow(name=NAME, rules=SmsInboundRules, gather=gather, basis=basis, plan=plan, wishes=wishes)
WORDS = "Vi er 7 syke på lageret, ring Berit"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.has_written()
    return desk


class TestAnAnswer:
    def test_stands_on_the_timeline_and_gives_the_adviser_a_call_to_make_that_day(self, desk: Desk) -> None:
        desk.hears(FLOW, desk.gets(a_letter(WORDS)))
        [entry] = desk.crm.sms_entries.values()
        assert entry.body == f"SMS fra kunden:\n\n{WORDS}"
        assert (entry.contact_id, entry.company_id, entry.at) == (CONTACT, COMPANY, MONDAY)
        task = desk.task.task
        assert (task.task_type, task.subject, task.owner_id) == ("CALL", "Kunden svarte på SMS", KARI)
        assert (task.contact_id, task.company_id) == (CONTACT, COMPANY)
        assert task.due == oslo(23, "16:00")
        assert "Kunden svarte på SMS 23.11.2026 kl. 10.00." in task.body

    @pytest.mark.parametrize("text", [WORDS, "STOPP", "stopp å ringe " + WORDS])
    def test_never_has_its_words_or_number_in_a_task_the_ledger_or_a_log(self, desk: Desk, text: str) -> None:
        desk.hears(FLOW, desk.gets(a_letter(text)))
        desk.hears(FLOW, desk.gets(a_letter(text, STRANGER), "b2" * 16))
        seen = desk.stored + repr(desk.tasks)
        assert text not in seen
        assert "Berit" not in seen
        for number in (MOBILE, STRANGER):
            assert number.removeprefix("+47") not in seen.replace(" ", "")

    def test_is_erased_where_it_waited_once_it_stands_on_the_timeline(self, desk: Desk) -> None:
        desk.hears(FLOW, desk.gets())
        assert not desk.inbox.waiting

    def test_told_of_again_does_nothing_again(self, desk: Desk) -> None:
        event = desk.gets()
        desk.hears(FLOW, event, event)
        desk.hears(FLOW, event)
        desk.hears(FLOW, desk.gets())
        assert (len(desk.tasks), len(desk.crm.sms_entries)) == (1, 1)

    def test_and_another_one_are_two(self, desk: Desk) -> None:
        desk.hears(FLOW, desk.gets(), desk.gets(a_letter("Hallo?", vendor_id="2"), "b2" * 16))
        assert (len(desk.tasks), len(desk.crm.sms_entries)) == (2, 2)

    def test_in_the_evening_is_called_about_the_next_working_day(self, desk: Desk) -> None:
        desk.at = oslo(27, "18:00")
        desk.hears(FLOW, desk.gets())
        assert desk.task.task.due == oslo(30, "16:00")

    def test_in_the_last_hour_of_a_working_day_is_called_about_that_day(self, desk: Desk) -> None:
        desk.at = oslo(27, "15:40")
        desk.hears(FLOW, desk.gets())
        assert desk.task.task.due == oslo(27, "16:00")

    @pytest.mark.parametrize("at", [oslo(27, "16:00"), oslo(28, "11:00"), oslo(29, "23:59")])
    def test_that_comes_when_nobody_works_says_on_which_day_to_call(self, desk: Desk, at: datetime) -> None:
        desk.at = at
        desk.hears(FLOW, desk.gets())
        assert desk.task.task.due == oslo(30, "16:00")
        assert "Ring kunden innen 30.11.2026 kl. 16.00." in desk.task.task.body
        assert "i dag" not in desk.task.task.body

    def test_from_sweden_is_called_about_on_a_swedish_working_day(self, desk: Desk) -> None:
        desk.crm.put(Contact(id=CONTACT, country="Sverige"))
        desk.at = oslo(18, "17:00").replace(month=6)  # the day before Swedish Midsummer Eve
        desk.hears(FLOW, desk.gets())
        assert desk.task.task.due.date().isoformat() == "2026-06-22"

    def test_to_an_adviser_who_has_left_goes_to_the_companys(self, desk: Desk) -> None:
        desk.crm.put(Owner(id=KARI, archived=True))
        desk.hears(FLOW, desk.gets())
        assert desk.task.task.owner_id == PER

    @pytest.mark.parametrize("sender", ["+4791234567", "4791234567", "91234567", "0047 912 34 567"])
    def test_is_known_by_the_number_however_the_gateway_writes_it(self, desk: Desk, sender: str) -> None:
        desk.hears(FLOW, desk.gets(a_letter(sender=sender)))
        assert desk.task.task.contact_id == CONTACT

    def test_is_known_by_our_own_messages_after_the_key_has_changed(self, desk: Desk) -> None:
        desk.number_keys = ("k2", "k1")
        desk.hears(FLOW, desk.gets())
        assert "contacts_with_numbers" not in desk.crm.asked
        assert desk.task.task.owner_id == KARI

    def test_is_that_of_the_contact_we_wrote_to_last(self, desk: Desk) -> None:
        """Two contact records have the number; the search would find both."""
        desk.crm.put(Contact(id=102, mobile=MOBILE))
        desk.has_written(sent_sms("2b" * 16, contact_id=102, owner_id=PER, at=MONDAY))
        desk.hears(FLOW, desk.gets())
        assert (desk.task.task.contact_id, desk.task.task.owner_id) == (102, PER)
        assert [entry.contact_id for entry in desk.crm.sms_entries.values()] == [102]


class TestSomebodyWeHaveNotWrittenTo:
    def test_is_found_in_the_crm_by_the_number(self) -> None:
        desk = Desk()
        desk.hears(FLOW, desk.gets())
        assert (desk.task.task.contact_id, desk.task.task.owner_id) == (CONTACT, PER)
        assert len(desk.crm.sms_entries) == 1

    def test_is_found_in_the_crm_when_the_contact_we_wrote_to_is_gone(self, desk: Desk) -> None:
        desk.crm.remove_contact(CONTACT)
        desk.crm.put(Contact(id=102, mobile=MOBILE))
        desk.hears(FLOW, desk.gets())
        assert desk.task.task.contact_id == 102

    def test_who_stands_there_twice_has_it_on_both_timelines_and_one_call(self) -> None:
        desk = Desk()
        desk.crm.put(Contact(id=102, phone=MOBILE))
        desk.hears(FLOW, desk.gets())
        assert sorted(entry.contact_id for entry in desk.crm.sms_entries.values()) == [CONTACT, 102]
        assert desk.task.task.contact_id == CONTACT

    @pytest.mark.parametrize("sender", [STRANGER, "2012", "Avsender"])
    def test_and_nobody_knows_is_the_fallback_owners(self, desk: Desk, sender: str) -> None:
        desk.hears(FLOW, desk.gets(a_letter(WORDS, sender)))
        task = desk.task.task
        assert (task.task_type, task.owner_id, task.subject) == ("TODO", FALLBACK, "SMS fra et ukjent nummer")
        assert "(melding 8840210001)" in task.body
        assert not desk.crm.sms_entries
        assert MARK in desk.inbox.waiting, "the words are nowhere else with us"

    def test_is_somebodys_concern_though_nobody_is_named(self) -> None:
        desk = Desk()
        desk.common = desk.common.model_copy(update={"fallback_owner_id": None})
        desk.hears(FLOW, desk.gets(a_letter(sender=STRANGER)))
        assert desk.task.task.owner_id is None
        assert "NoFallbackOwner" in desk.notes.names


class TestStop:
    def test_from_a_customer_is_honoured_and_noted_and_nobodys_task(self, desk: Desk) -> None:
        desk.hears(FLOW, desk.gets(a_letter("Stopp!")))
        assert desk.ledger.suppressed(hashes(MOBILE))
        assert desk.crm.contact(CONTACT).properties == {"kundeflyt_sms_optout": "true"}
        assert [entry.contact_id for entry in desk.crm.sms_entries.values()] == [CONTACT]
        assert not desk.tasks
        assert not desk.inbox.waiting

    def test_from_a_stranger_is_honoured(self) -> None:
        desk = Desk()
        desk.hears(FLOW, desk.gets(a_letter("STOP", STRANGER)))
        assert desk.ledger.suppressed(hashes(STRANGER))
        assert not desk.tasks
        assert not desk.inbox.waiting

    def test_from_somebody_found_in_the_crm_is_noted_on_every_record(self) -> None:
        desk = Desk()
        desk.crm.put(Contact(id=102, phone=MOBILE))
        desk.hears(FLOW, desk.gets(a_letter("sluta")))
        for id_ in (CONTACT, 102):
            assert desk.crm.contact(id_).properties == {"kundeflyt_sms_optout": "true"}

    def test_stands_under_every_key_in_use(self, desk: Desk) -> None:
        desk.number_keys = ("k2", "k1")
        desk.hears(FLOW, desk.gets(a_letter("STOP")))
        for key in desk.number_keys:
            assert desk.ledger.suppressed(hashes(MOBILE, (key,)))

    def test_waits_for_no_vendor_when_we_have_written_to_them(self, desk: Desk) -> None:
        for method in ("contacts", "contacts_with_numbers", "companies_of_contacts", "owners", "update_contacts"):
            desk.crm.fail_next(method, TryLater("down"), times=9)
        [result] = desk.hears(FLOW, desk.gets(a_letter("STOP"))).values()
        assert isinstance(result, Later)
        assert desk.ledger.suppressed(hashes(MOBILE))

    def test_is_honoured_though_it_cannot_be_noted(self, desk: Desk) -> None:
        """The portal lacks the property."""
        desk.crm.fail_next("update_contacts", Refused("finnes ikke"))
        [result] = desk.hears(FLOW, desk.gets(a_letter("STOP"))).values()
        assert result == Finished()
        assert desk.ledger.suppressed(hashes(MOBILE))
        assert len(desk.crm.sms_entries) == 1

    def test_is_honoured_outside_the_pilot_and_nothing_else_is_done_there(self, desk: Desk) -> None:
        desk.common = desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({PER}))})
        desk.hears(FLOW, desk.gets(a_letter("STOP")))
        assert desk.ledger.suppressed(hashes(MOBILE))
        assert not desk.crm.outbox
        assert desk.because.startswith("Utenfor piloten, derfor bare vist")

    @pytest.mark.parametrize("mode", ["hold", "shadow"])
    @pytest.mark.parametrize("sender", [MOBILE, STRANGER])
    def test_is_honoured_while_the_flow_is_stopped_and_noted_when_it_goes_on(
        self, desk: Desk, mode: str, sender: str
    ) -> None:
        """Stopping a flow must never lose somebody's stop."""
        desk.crm.put(Contact(id=109, mobile=STRANGER))
        event = desk.gets(a_letter("STOP", sender))
        desk.hears(FLOW, event, mode=mode)
        assert desk.ledger.suppressed(hashes(sender))
        assert not desk.crm.outbox
        assert desk.inbox.waiting
        desk.hears(FLOW, event.next_round())
        assert [contact for entry in desk.crm.sms_entries.values() if (contact := entry.contact_id)]
        assert not desk.tasks
        assert not desk.inbox.waiting

    def test_of_somebody_never_written_to_waits_for_no_vendor_either(self) -> None:
        desk = Desk()
        desk.crm.fail_next("contacts_with_numbers", TryLater("down"))
        [result] = desk.hears(FLOW, desk.gets(a_letter("STOP"))).values()
        assert isinstance(result, Later)
        assert desk.ledger.suppressed(hashes(MOBILE))

    @pytest.mark.parametrize("method", ["suppress", "begin", "last_sms_to", "advance"])
    def test_that_the_ledger_did_not_take_is_not_forgotten_on_hold(self, desk: Desk, method: str) -> None:
        def down(asked: str) -> None:
            if asked == method:
                raise TryLater("down")

        desk.ledger.before_call = down
        event = desk.gets(a_letter("STOP"))
        [result] = desk.hears(FLOW, event, mode="hold").values()
        assert isinstance(result, Later)
        desk.ledger.before_call = lambda _asked: None
        assert desk.hears(FLOW, event, mode="hold")[event] == Finished()
        assert desk.ledger.suppressed(hashes(MOBILE))

    def test_told_of_twice_in_one_batch_is_one(self, desk: Desk) -> None:
        event = desk.gets(a_letter("STOP"))
        again = replace(event, received_at=event.received_at + timedelta(seconds=1))
        assert set(desk.hears(FLOW, event, again).values()) == {Finished()}

    def test_that_was_lifted_is_not_put_back_by_a_late_delivery(self, desk: Desk) -> None:
        event = desk.gets(a_letter("STOP"))
        desk.hears(FLOW, event)
        desk.ledger.lift_suppression(hashes(MOBILE))
        desk.hears(FLOW, event)
        desk.hears(FLOW, desk.gets(a_letter("STOP")))
        assert not desk.ledger.suppressed(hashes(MOBILE))

    def test_that_may_not_have_been_logged_is_nobodys_task(self, desk: Desk) -> None:
        """Nobody shall be asked to look at a customer who wants to be left alone."""
        desk.crm.fail_next("log_sms", Unsure("lost"))
        desk.crm.fail_next("find_sms_entries", Unsure("no look-up"))
        desk.hears(FLOW, desk.gets(a_letter("STOP")))
        assert not desk.tasks
        assert "ActionUnsure" in desk.notes.names

    def test_ticks_the_box_that_the_rules_name_or_none(self, desk: Desk) -> None:
        desk.hears(FLOW, desk.gets(a_letter("STOP")), opt_out_property=None)
        assert desk.crm.contact(CONTACT).properties == {}
        assert desk.ledger.suppressed(hashes(MOBILE))

    def test_from_where_no_sms_can_go_needs_nothing(self, desk: Desk) -> None:
        desk.hears(FLOW, desk.gets(a_letter("STOP", "2012")))
        assert desk.because.endswith("men nummeret kan ikke få SMS fra oss.")
        assert not desk.ledger.suppressions()


class TestWhenTheWorldFails:
    @pytest.mark.parametrize("method", ["contacts", "companies_of_contacts", "owners", "log_sms", "create_tasks"])
    def test_it_is_done_when_hubspot_answers_again_and_once(self, desk: Desk, method: str) -> None:
        event = desk.gets()
        desk.crm.fail_next(method, TryLater("down"))
        [result] = desk.hears(FLOW, event).values()
        assert isinstance(result, Later)
        desk.hears(FLOW, event)
        assert (len(desk.tasks), len(desk.crm.sms_entries), len(desk.inbox.waiting)) == (1, 1, 0)

    def test_an_entry_whose_answer_was_lost_is_not_made_twice(self, desk: Desk) -> None:
        event = desk.gets()
        desk.crm.fail_next("log_sms", Unsure("lost"), after_effect=True)
        desk.hears(FLOW, event)
        desk.at += timedelta(minutes=2)
        desk.hears(FLOW, event)
        assert (len(desk.tasks), len(desk.crm.sms_entries), len(desk.inbox.waiting)) == (1, 1, 0)

    def test_words_that_could_not_be_logged_are_kept(self, desk: Desk) -> None:
        desk.crm.fail_next("log_sms", Refused("nei"))
        desk.hears(FLOW, desk.gets())
        assert MARK in desk.inbox.waiting
        assert len(desk.tasks) == 1, "the adviser calls all the same"

    def test_words_that_are_gone_before_anybody_read_them_are_somebodys_task(self, desk: Desk) -> None:
        """The flow was on hold longer than the store keeps them."""
        desk.hears(FLOW, an_inbound())
        assert (desk.task.task.owner_id, desk.task.task.subject) == (FALLBACK, "En SMS til oss ble ikke lest")

    def test_words_that_are_erased_because_all_is_done_are_nobodys(self, desk: Desk) -> None:
        desk.hears(FLOW, desk.gets())
        desk.hears(FLOW, an_inbound())
        assert len(desk.tasks) == 1
        assert desk.because == "Meldingen er alt behandlet, og ordene er slettet."

    def test_the_store_that_does_not_answer_is_asked_again(self, desk: Desk) -> None:
        event = desk.gets()
        desk.inbox.fail_next("letters", TryLater("down"))
        [result] = desk.hears(FLOW, event).values()
        assert isinstance(result, Later)

    def test_an_answer_held_back_is_not_lost(self, desk: Desk) -> None:
        event = desk.gets()
        desk.hears(FLOW, event, mode="hold")
        [held] = desk.ledger.held(NAME)
        desk.hears(FLOW, held.event.next_round())
        assert (len(desk.tasks), len(desk.crm.sms_entries)) == (1, 1)


senders = st.sampled_from([MOBILE, STRANGER, "2012", "Kari", "+46701234567"]) | st.text(max_size=20)


class TestWhateverComes:
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.text(max_size=30) | st.just("STOP"), senders), min_size=1, max_size=5), st.booleans())
    def test_is_dealt_with_and_its_words_stand_on_a_timeline_or_wait(
        self, messages: list[tuple[str, str]], written: bool
    ) -> None:
        desk = Desk()
        if written:
            desk.has_written()
        events: list[Event] = []
        for place, (text, sender) in enumerate(messages):
            events.append(desk.gets(a_letter(text, sender, vendor_id=str(place)), f"{place:032x}"))
        results = desk.hears(FLOW, *events)
        assert set(results.values()) == {Finished()}
        stops = sum(
            plan.basis == "read" and plan.plan.because.startswith("Avsenderen") for plan in desk.ledger.plans.values()
        )
        assert len(desk.tasks) == len(messages) - stops
        for task in desk.tasks:
            assert task.task.due > desk.at


class TestACompany:
    def test_is_the_one_where_the_contact_mainly_works(self, desk: Desk) -> None:
        desk.crm.put(Company(id=202, owner_id=KARI))
        desk.crm.put(Contact(id=103, mobile=STRANGER), companies=[202, COMPANY])
        desk.hears(FLOW, desk.gets(a_letter(sender=STRANGER)))
        assert (desk.task.task.company_id, desk.task.task.owner_id) == (202, KARI)
