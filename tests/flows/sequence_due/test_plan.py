"""When a customer nobody gets hold of is proposed for a sequence (001-01 to 001-15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.review import Entry, EntryWhat
from kundeflyt.domain.rules import CONNECTED
from kundeflyt.ports.failures import Refused, TryLater, Unsure
from tests.contracts.at_once import at_once
from tests.flows.desk import COMPANY, CONTACT, KARI, MONDAY, PER, Desk, oslo
from tests.flows.dying import dies_before_telling
from tests.flows.sequence_due.customers import (
    CALL,
    FLOW,
    SEQUENCE,
    USER,
    a_desk,
    enrolment,
    entry,
    log_call,
    night,
    tried,
)

UNANSWERED = tuple(entry("call_out", days_ago=day) for day in (3, 6, 9))


@pytest.fixture
def desk() -> Desk:
    return a_desk()


def look(desk: Desk, *, round_: int = 0, **rules: Any) -> None:
    desk.hears(FLOW, tried(at=desk.at, round_=round_), **rules)


def later(desk: Desk, days: float) -> None:
    desk.at = MONDAY + timedelta(days=days)


class TestACustomerTriedInVain:
    @pytest.mark.parametrize(
        "entries",
        [
            pytest.param([entry("meeting_no_show", days_ago=1)], id="did not come (001-05)"),
            pytest.param(UNANSWERED, id="three calls nobody answered (001-06)"),
            pytest.param([entry("email_out", days_ago=day) for day in (6, 12, 18)], id="three e-mails (001-07)"),
        ],
    )
    def test_is_proposed_to_the_adviser_with_the_reasons(self, desk: Desk, entries: list[Entry]) -> None:
        desk.sequences.put_trace(COMPANY, *entries)
        look(desk)
        task = desk.task.task
        assert (task.owner_id, task.contact_id, task.company_id) == (KARI, CONTACT, COMPANY)
        assert task.subject == "Start en sequence: kunden svarer ikke"
        assert all(f"engagement={one.id}" in task.body for one in entries)
        assert "les gjennom innholdet" in task.body
        assert task.due == oslo(23, "16:00")

    def test_is_proposed_once_an_episode_however_often_it_is_looked_at(self, desk: Desk) -> None:
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        for round_ in range(3):
            look(desk, round_=round_)
        later(desk, 4)
        desk.sequences.put_trace(COMPANY, entry("call_out", days_ago=-2), entry("email_out", days_ago=-3))
        look(desk)
        assert len(desk.tasks) == 1
        assert desk.because == "En sequence er alt foreslått for kunden, og ingenting har skjedd siden."

    @pytest.mark.parametrize("answer", ["email_in", "call_connected", "call_in", "meeting_held", "sms_in"])
    def test_may_be_proposed_again_after_an_answer(self, desk: Desk, answer: EntryWhat) -> None:
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        look(desk)
        later(desk, 30)
        desk.sequences.put_trace(COMPANY, entry(answer, days_ago=-1))
        desk.sequences.put_trace(COMPANY, *(entry("call_out", days_ago=-day) for day in (10, 12, 14)))
        look(desk)
        assert len(desk.tasks) == 2

    def test_may_be_proposed_again_after_a_sequence(self, desk: Desk) -> None:
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        look(desk)
        desk.sequences.put(
            replace(enrolment(-1), ended_at=MONDAY + timedelta(days=5), left_at=MONDAY + timedelta(days=5))
        )
        later(desk, 30)
        desk.sequences.put_trace(COMPANY, *(entry("call_out", days_ago=-day) for day in (10, 12, 14)))
        look(desk)
        assert len(desk.tasks) == 2

    def test_is_remembered_as_proposed_when_the_rules_days_are_over(self, desk: Desk) -> None:
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        look(desk)
        later(desk, 200)
        desk.sequences.put_trace(COMPANY, *(entry("call_out", days_ago=-day) for day in (190, 192, 194)))
        look(desk)
        assert len(desk.tasks) == 1


class TestNotProposed:
    def proposes(self, desk: Desk, **rules: Any) -> str:
        look(desk, **rules)
        assert not desk.tasks
        return desk.because

    @pytest.mark.parametrize(
        "entries",
        [
            pytest.param(UNANSWERED[:2], id="too few calls"),
            pytest.param([entry("email_out", days_ago=day) for day in (1, 2, 3)], id="e-mails without time to answer"),
            pytest.param([entry("call_out", days_ago=day) for day in (61, 62, 63)], id="too long ago"),
            pytest.param([*UNANSWERED, entry("email_in", days_ago=1)], id="answered since"),
            pytest.param([*UNANSWERED, entry("call_connected", days_ago=2)], id="spoken to since"),
            pytest.param([entry("meeting_no_show", days_ago=9), entry("meeting_held", days_ago=2)], id="met since"),
        ],
    )
    def test_while_there_is_too_little_reason(self, desk: Desk, entries: list[Entry]) -> None:
        desk.sequences.put_trace(COMPANY, *entries)
        assert self.proposes(desk).startswith("Ikke forsøkt ofte nok")

    @pytest.mark.parametrize("owner", [None, PER])
    def test_for_a_customer_without_an_adviser(self, desk: Desk, owner: int | None) -> None:
        """001-08: nobody is there to try."""
        desk.crm.put(Owner(id=PER, archived=True))
        desk.crm.put(Company(id=COMPANY, owner_id=owner))
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        assert self.proposes(desk) == "Kunden har ingen rådgiver som kan starte en sequence."

    def test_while_somebody_there_is_in_one(self, desk: Desk) -> None:
        desk.sequences.put(enrolment(100, running=True))
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        assert self.proposes(desk) == "En av kundens kontakter er alt i en sequence."

    def test_for_a_main_contact_who_wants_no_messages(self, desk: Desk) -> None:
        wants_none = {"hs_email_optout": "true"}
        desk.crm.put(Contact(id=CONTACT, email="anne@fjellbygg.example", properties=wants_none), companies=[COMPANY])
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        assert self.proposes(desk) == "Hovedkontakten har reservert seg."

    def test_for_a_company_that_is_gone(self, desk: Desk) -> None:
        desk.hears(FLOW, tried(company=999))
        assert desk.because == "Selskapet finnes ikke lenger i HubSpot."
        assert not desk.tasks


AUTO: dict[str, Any] = {"enrol": "auto", "sequence": SEQUENCE}


class TestEnrolling:
    @pytest.fixture
    def due(self, desk: Desk) -> Desk:
        desk.sequences.put_trace(COMPANY, *UNANSWERED)
        return desk

    def test_is_done_by_the_system_only_when_the_rules_say_so(self, due: Desk) -> None:
        """001-13 wants a person to read the sequence through."""
        look(due, sequence=SEQUENCE)
        assert not due.sequences.enrolled
        assert due.tasks

    def test_is_done_as_the_adviser(self, due: Desk) -> None:
        look(due, **AUTO)
        [enrolled] = due.sequences.enrolled
        assert (enrolled.contact_id, enrolled.sequence_id, enrolled.user_id) == (CONTACT, SEQUENCE, USER)
        assert enrolled.sender == "kari@avonova.example"
        assert not due.tasks

    def test_is_not_tried_again_while_hubspot_does_not_show_it_yet(self, due: Desk) -> None:
        """Two calls logged in one minute: the second look would be refused, and be a task about nothing."""
        look(due, **AUTO)
        due.sequences.put(enrolment(400))
        due.sequences.put_trace(COMPANY, entry("call_out", days_ago=0.001))
        look(due, **AUTO)
        assert len(due.sequences.enrolled) == 1
        assert not due.tasks

    def test_is_done_once_though_the_worker_died_before_it_could_say_so(self, due: Desk) -> None:
        due.sequences.enrolled_at = due.at
        with dies_before_telling(due, 1):
            look(due, **AUTO)
        due.at += timedelta(minutes=5)
        look(due, **AUTO)
        assert len(due.sequences.enrolled) == 1
        assert not due.tasks

    def test_takes_the_sequence_for_the_kind_of_customer(self, due: Desk) -> None:
        due.crm.put(Company(id=COMPANY, owner_id=KARI, properties={"kundetype": "BHT"}))
        look(due, **AUTO, customer_type_property="kundetype", sequences={"BHT": 777})
        assert due.sequences.enrolled[0].sequence_id == 777

    def test_becomes_the_task_when_it_is_refused(self, due: Desk) -> None:
        due.sequences.put(enrolment(100))
        due.sequences.fail_next("enrol", Refused("kontakten er alt i en sequence"))
        look(due, **AUTO)
        assert "det må gjøres for hånd" in due.task.task.body

    def test_keeps_to_the_days_number_with_many_workers_and_begins_anew_at_midnight_in_oslo(self, desk: Desk) -> None:
        def customers(first: int) -> list[int]:
            for number in range(first, first + 4):
                desk.crm.put(Company(id=1000 + number, owner_id=KARI))
                desk.crm.put(Contact(id=2000 + number, email=f"{number}@x.example"), companies=[1000 + number])
                desk.sequences.put_trace(1000 + number, *UNANSWERED)
            return [1000 + number for number in range(first, first + 4)]

        def look_at_all(companies: list[int]) -> None:
            rules = {**AUTO, "enrol_per_day": 2}
            at_once(lambda number: desk.hears(FLOW, tried(companies[number]), **rules), workers=4)

        desk.at = oslo(23, "23:59")
        look_at_all(customers(0))
        assert (len(desk.sequences.enrolled), len(desk.tasks)) == (2, 2)
        desk.at = oslo(24, "00:01")
        look_at_all(customers(4))
        assert (len(desk.sequences.enrolled), len(desk.tasks)) == (4, 4)

    def test_becomes_the_task_when_the_day_is_full(self, due: Desk) -> None:
        look(due, **AUTO, enrol_per_day=0)
        assert not due.sequences.enrolled
        assert due.task.task.owner_id == KARI

    @pytest.mark.parametrize("lacking", [{"user_id": None}, {"email": None}])
    def test_needs_an_adviser_who_can_sign_in_and_write(self, due: Desk, lacking: dict[str, Any]) -> None:
        known: dict[str, Any] = {"user_id": USER, "first_name": "Kari", "email": "kari@avonova.example"}
        due.crm.put(Owner(id=KARI, **known | lacking))
        look(due, **AUTO)
        assert due.tasks

    def test_without_an_answer_is_looked_up_and_never_repeated(self, due: Desk) -> None:
        due.sequences.fail_next("enrol", Unsure("no answer"), after_effect=True)
        look(due, **AUTO)
        look(due, **AUTO)
        assert len(due.sequences.enrolled) == 1
        assert not due.tasks

    def test_waits_while_hubspot_is_silent(self, due: Desk) -> None:
        due.sequences.fail_next("enrol", TryLater("down"))
        look(due, **AUTO)
        assert not due.tasks
        look(due, **AUTO)
        assert len(due.sequences.enrolled) == 1


class TestWhatBringsACustomer:
    def test_a_call_nobody_answered(self, desk: Desk) -> None:
        log_call(desk)
        desk.hears(FLOW, replace(tried(CALL), name="CallLogged", bulk=False))
        [event] = desk.road.brought
        assert (event.name, event.record_id, event.bulk) == ("CustomerTried", COMPANY, True)

    def test_a_call_logged_on_the_contact_alone(self, desk: Desk) -> None:
        log_call(desk, companies=())
        desk.hears(FLOW, replace(tried(CALL), name="CallLogged"))
        assert [event.record_id for event in desk.road.brought] == [COMPANY]

    @pytest.mark.parametrize("call", [{"disposition": CONNECTED}, {"inbound": True}])
    def test_no_other_call(self, desk: Desk, call: dict[str, Any]) -> None:
        log_call(desk, **call)
        desk.hears(FLOW, replace(tried(CALL), name="CallLogged"))
        assert not desk.road.brought
        assert desk.because == "Samtalen er ikke et utgående anrop uten svar."

    def test_a_meeting_nobody_came_to(self, desk: Desk) -> None:
        desk.sequences.put_missed_meeting(31, COMPANY)
        desk.hears(FLOW, replace(tried(31), name="MeetingOutcomeSet"), replace(tried(32), name="MeetingOutcomeSet"))
        assert [event.record_id for event in desk.road.brought] == [COMPANY]

    def test_an_email_that_had_its_time(self, desk: Desk) -> None:
        desk.sequences.put_trace(COMPANY, entry("email_out", days_ago=6))
        desk.sequences.put_trace(202, entry("email_out", days_ago=4))
        desk.hears(FLOW, night())
        assert [event.record_id for event in desk.road.brought] == [COMPANY]

    def test_each_email_once_over_the_nights(self, desk: Desk) -> None:
        desk.sequences.put_trace(COMPANY, entry("email_out", days_ago=8))
        desk.hears(FLOW, night(), sweep_overlap_hours=1)
        desk.at = MONDAY + timedelta(days=1)
        desk.hears(FLOW, night(desk.at), sweep_overlap_hours=1)
        assert len(desk.road.brought) == 1

    def test_page_by_page_through_a_long_night(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sequence_due.facts.PAGE", 2)
        for number in range(5):
            desk.sequences.put_trace(300 + number, entry("email_out", days_ago=20 - number))
        for round_ in range(6):
            desk.hears(FLOW, night(round_=round_))
        assert {event.record_id for event in desk.road.brought} == {300, 301, 302, 303, 304}


class TestTheRules:
    @settings(max_examples=60)
    @given(
        whats=st.lists(
            st.tuples(
                st.sampled_from(["call_out", "email_out", "meeting_no_show", "email_in", "call_connected"]),
                st.floats(0.01, 80),
            ),
            max_size=12,
        ),
        seed=st.randoms(),
    )
    def test_do_not_depend_on_the_order_things_are_told_in(
        self, whats: list[tuple[EntryWhat, float]], seed: Any
    ) -> None:
        entries = [entry(what, days_ago=days, id_=number + 1) for number, (what, days) in enumerate(whats)]
        shuffled = list(entries)
        seed.shuffle(shuffled)
        told = []
        for these in (entries, shuffled):
            desk = a_desk()
            desk.sequences.put_trace(COMPANY, *these)
            look(desk)
            told.append((desk.because, [task.task.body for task in desk.tasks]))
        assert told[0] == told[1]

    @settings(max_examples=60)
    @given(days=st.lists(st.floats(0.5, 59), min_size=1, max_size=8), answered=st.floats(0.01, 0.4))
    def test_never_propose_one_for_somebody_who_has_just_answered(self, days: list[float], answered: float) -> None:
        desk = a_desk()
        desk.sequences.put_trace(COMPANY, *(entry("call_out", days_ago=day) for day in days))
        desk.sequences.put_trace(COMPANY, entry("email_in", days_ago=answered))
        look(desk)
        assert not desk.tasks
