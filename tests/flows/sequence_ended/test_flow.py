"""A sequence ends: what the adviser and customer service see of it, from the systems to the tasks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kundeflyt.domain.crm import Contact, Owner
from kundeflyt.domain.review import EntryWhat, WaitingFor
from kundeflyt.domain.rules import Pilot
from kundeflyt.engine.flow import Later
from kundeflyt.ports.failures import TryLater
from sequence_ended import words
from sequence_ended.case import MOST_SHOWN
from tests.contracts.at_once import at_once
from tests.fakes.sequences import FakeSequences
from tests.flows.desk import COMPANY, CONTACT, FALLBACK, KARI, MONDAY, PORTAL
from tests.flows.dying import dies_before_telling
from tests.flows.sequence_ended.portal import (
    BJORN,
    ENDED,
    ENROLLED,
    MARK,
    OTHER_SEQUENCE,
    SEQUENCE,
    Portal,
    an_enrolment,
    entry,
    left_early,
)


@pytest.fixture
def portal() -> Portal:
    return Portal()


class TestASequenceThatRanOut:
    def test_is_a_case_for_customer_service_and_no_work_for_the_adviser(self, portal: Portal) -> None:
        portal.ends()
        portal.sees()
        [request] = portal.requests
        assert (request.company.id, request.company.name, request.company.organisation_number) == (
            COMPANY,
            "Fjellbygg AS",
            "974760673",
        )
        assert request.key == f"{PORTAL}/{CONTACT}/{MARK}"
        assert (request.evidence.ending, request.waiting_for) == ("finished", None)
        assert request.assessment.recommendation == "inactive"
        assert not portal.tasks

    def test_is_one_case_however_often_and_wherever_it_is_heard_of(self, portal: Portal) -> None:
        portal.ends()
        portal.sees(portal.event(), replace(portal.event(), received_at=MONDAY, bulk=True))
        portal.sees(portal.event(round_=1))
        portal.desk.at += timedelta(days=1)
        portal.sees(replace(portal.event(), occurred_at=ENDED + timedelta(seconds=1)))
        assert len(portal.requests) == 1
        assert portal.desk.because == words.SEEN_TO

    def test_a_second_time_is_another_case(self, portal: Portal) -> None:
        portal.ends()
        portal.sees()
        portal.desk.at += timedelta(days=200)
        again = portal.desk.at - timedelta(days=160)
        portal.ends(an_enrolment(enrolled_at=again, finished_at=portal.desk.at - timedelta(hours=1)))
        portal.sees(replace(portal.event(), occurred_at=portal.desk.at))
        assert len({request.key for request in portal.requests}) == 2

    def test_is_reviewed_with_what_was_heard_at_the_customer(self, portal: Portal) -> None:
        portal.ends(None, entry("call_in"))
        portal.sees()
        assert portal.requests[0].assessment.recommendation == "keep"
        assert portal.desk.because == words.FINISHED_WITH_RESPONSE

    def test_is_reviewed_by_its_customers_own_period(self, portal: Portal) -> None:
        portal.put_company(kundetype="Stor")
        portal.ends()
        portal.sees(customer_type_property="kundetype", period_days_by_type={"Stor": 200})
        evidence = portal.requests[0].evidence
        assert (evidence.customer_type, evidence.period_days) == ("Stor", 200)
        assert portal.requests[0].assessment.recommendation == "keep"

    def test_at_a_customer_without_an_adviser_is_to_be_put_right_first(self, portal: Portal) -> None:
        portal.put_company(owner=None)
        portal.ends()
        portal.sees()
        assert portal.requests[0].assessment.verdict("owner_set") == "not_met"
        assert portal.requests[0].assessment.recommendation == "fix_first"


class TestALoggedCall:
    def test_is_shown_and_is_no_attempt(self, portal: Portal) -> None:
        """001-22."""
        portal.desk.sequences = FakeSequences()
        portal.ends(None, entry("sequence_email", 11), *(entry("call_out", id_) for id_ in range(20, 26)))
        portal.sees()
        [request] = portal.requests
        assert sum(one.what == "call_out" for one in request.evidence.entries) == 6
        assert request.assessment.verdict("attempts_by_phone") == "not_met"

    def test_among_very_many_leaves_the_case_room_for_what_counts(self, portal: Portal) -> None:
        many = [entry("call_out", 1000 + id_, at=ENDED - timedelta(minutes=id_)) for id_ in range(500)]
        portal.ends(None, *many, entry("email_in", 77, at=ENROLLED))
        portal.sees()
        told = portal.requests[0].evidence.entries
        assert len(told) == MOST_SHOWN + 3
        assert {one.id for one in told} >= {"11", "12", "77", "1000"}

    def test_at_a_customer_who_writes_all_day_does_not_outgrow_the_message(self, portal: Portal) -> None:
        """SQS takes 262,144 bytes, and refuses the rest for good."""
        kinds: tuple[EntryWhat, ...] = ("email_in", "sequence_email", "task_open", "call_out")
        many = [
            entry(what, 10_000_000_000 + number * 10 + kind, at=ENDED - timedelta(minutes=number))
            for kind, what in enumerate(kinds)
            for number in range(2000)
        ]
        portal.ends(None, *many)
        portal.sees()
        [request] = portal.requests
        assert len(request.model_dump_json().encode()) < 262_144
        assert request.assessment.recommendation == "keep"
        assert request.assessment.verdict("attempts_by_email") == "met"
        assert request.assessment.verdict("no_open_work") == "not_met"


class TestOpenWork:
    def test_in_metodika_is_in_the_case(self, portal: Portal) -> None:
        portal.has_order()
        portal.ends()
        portal.sees()
        assert portal.requests[0].assessment.verdict("no_open_work") == "not_met"

    @pytest.mark.parametrize("why", ["silent", "not offered", "no number"])
    def test_that_nobody_can_tell_of_never_makes_inactive(self, portal: Portal, why: str) -> None:
        if why == "silent":
            portal.desk.cards.fail_next("cards", TryLater("down"))
        if why == "not offered":
            portal.desk.cards.missing.add("active_orders")
        if why == "no number":
            portal.put_company(number=None)
        portal.ends()
        portal.sees()
        assert portal.requests[0].assessment.verdict("no_open_work") == "unknown"
        assert portal.requests[0].assessment.recommendation == "fix_first"


class TestAnAnswer:
    @pytest.mark.parametrize(
        "what", ["email_in", "call_in", "call_connected", "meeting_held", "meeting_booked", "sms_in"]
    )
    def test_is_a_task_to_follow_up_and_no_case(self, portal: Portal, what: EntryWhat) -> None:
        portal.ends(left_early(), entry(what, 77))
        portal.sees()
        assert not portal.requests
        [made] = portal.tasks
        assert (made.task.task_type, made.task.owner_id, made.task.company_id) == ("CALL", KARI, COMPANY)
        assert "engagement=77" in made.task.body
        assert portal.desk.because == words.REPLIED

    def test_that_only_the_contact_tells_of_is_one_too(self, portal: Portal) -> None:
        portal.ends(left_early(replied_at=ENDED))
        portal.sees()
        assert not portal.requests
        assert portal.desk.task.task.subject == "Følg opp: kunden har svart"

    def test_is_a_task_once(self, portal: Portal) -> None:
        portal.ends(left_early(replied_at=ENDED))
        portal.sees()
        portal.sees(portal.event(round_=1), replace(portal.event(), bulk=True))
        assert len(portal.tasks) == 1

    def test_before_the_sequence_is_no_answer_to_it(self, portal: Portal) -> None:
        portal.ends(left_early(), entry("email_in", at=ENROLLED - timedelta(days=1)))
        portal.sees()
        assert portal.desk.because == words.LEFT

    def test_is_for_customer_service_where_the_adviser_has_left(self, portal: Portal) -> None:
        portal.desk.crm.put(Owner(id=KARI, first_name="Kari", archived=True))
        portal.ends(left_early(replied_at=ENDED))
        portal.sees()
        assert portal.desk.task.task.owner_id == FALLBACK


class TestAnOptOut:
    def test_is_a_task_to_find_another_way(self, portal: Portal) -> None:
        portal.ends(left_early(opted_out=True))
        portal.sees()
        assert not portal.requests
        assert portal.desk.task.task.subject == "Kontakten vil ikke ha e-post: finn en annen vei"


class TestASequenceStoppedByHand:
    def test_is_a_task_when_nobody_has_planned_anything(self, portal: Portal) -> None:
        portal.ends(left_early())
        portal.sees()
        assert not portal.requests
        assert portal.desk.task.task.subject == "Sequence er stoppet: hva skjer med kunden?"

    @pytest.mark.parametrize("what", ["task_open"])
    def test_is_only_noted_when_the_adviser_has(self, portal: Portal, what: EntryWhat) -> None:
        portal.ends(left_early(), entry(what))
        portal.sees()
        assert not portal.tasks
        assert portal.desk.because == words.IN_HAND

    def test_is_seen_to_with_that_task_whatever_the_night_finds_later(self, portal: Portal) -> None:
        """Who answers after that is another routine's."""
        portal.ends(left_early())
        portal.sees()
        portal.ends(left_early(replied_at=MONDAY), entry("email_in", at=MONDAY))
        portal.desk.at += timedelta(days=1)
        portal.sees(replace(portal.event(), bulk=True))
        assert len(portal.tasks) == 1
        assert portal.desk.because == words.SEEN_TO

    def test_is_a_task_where_the_one_who_has_planned_it_is_gone(self, portal: Portal) -> None:
        portal.put_company(owner=None)
        portal.ends(left_early(), entry("task_open"))
        portal.sees()
        assert portal.desk.task.task.owner_id == FALLBACK


class TestWhatTheAdviserCanPutRight:
    def test_comes_before_customer_service_and_the_case_waits_for_it(self, portal: Portal) -> None:
        portal.put_contact(phone=None)
        portal.ends()
        portal.sees()
        [request] = portal.requests
        assert request.waiting_for == WaitingFor(gaps=("phone",), until=MONDAY + timedelta(days=14))
        task = portal.desk.task.task
        assert (task.owner_id, task.subject) == (KARI, "Registrer hovedkontakt med telefonnummer")
        assert "Hovedkontakten mangler telefonnummer." in task.body

    def test_lets_the_case_go_on_in_the_night_after_it_is_done(self, portal: Portal) -> None:
        portal.put_contact(phone=None)
        portal.ends()
        portal.sees()
        portal.put_contact()
        portal.comes_back("look")
        first, second = portal.requests
        assert (second.waiting_for, second.evidence.main_contact_phone) == (None, True)
        assert second.key == f"{first.key}/complete"
        assert portal.desk.because == words.MENDED

    def test_is_asked_for_once_however_many_nights_it_takes(self, portal: Portal) -> None:
        portal.put_contact(phone=None)
        portal.ends()
        portal.sees()
        for _ in range(5):
            portal.comes_back("look")
        assert (len(portal.tasks), len(portal.requests)) == (1, 1)
        assert portal.desk.because.startswith("Det som mangler, er ikke rettet ennå")

    def test_is_not_waited_for_longer_than_the_rules_say(self, portal: Portal) -> None:
        portal.put_contact(phone=None)
        portal.ends()
        portal.sees()
        portal.comes_back("look")
        portal.desk.at = MONDAY + timedelta(days=15)
        portal.comes_back("look")
        assert portal.requests[-1].waiting_for is None
        assert portal.requests[-1].assessment.recommendation == "fix_first"
        assert portal.desk.because == words.WAITED_ENOUGH

    def test_is_done_when_the_adviser_says_so(self, portal: Portal) -> None:
        portal.put_contact(phone=None)
        portal.ends()
        portal.sees()
        portal.desk.crm.complete(portal.desk.task.id)
        portal.comes_back("look")
        assert portal.requests[-1].waiting_for is None

    def test_goes_on_though_the_sweep_finds_the_same_end_every_night(self, portal: Portal) -> None:
        """The sweep's event must never take the return that the case waits for."""
        portal.put_contact(phone=None)
        portal.ends()
        portal.sees(portal.event(round_=1))
        for _ in range(3):
            portal.sees(replace(portal.event(), bulk=True))
            portal.comes_back("look")
        portal.put_contact()
        portal.comes_back("look")
        assert portal.requests[-1].waiting_for is None
        assert len(portal.requests) == 2

    def test_of_two_people_at_one_customer_is_one_task(self, portal: Portal) -> None:
        portal.put_contact(phone=None)
        portal.desk.crm.put(Contact(id=BJORN, first_name="Bjørn"), companies=[COMPANY])
        portal.ends()
        portal.ends(an_enrolment(contact_id=BJORN))
        portal.looks(portal.event(), portal.event(contact=BJORN))
        portal.sees(portal.event(), portal.event(contact=BJORN))
        assert len(portal.tasks) == 1
        assert len(portal.requests) == 2

    def test_is_a_main_contact_where_there_is_nobody_by_name(self, portal: Portal) -> None:
        portal.put_contact(name=None)
        portal.ends()
        portal.sees()
        assert portal.requests[0].waiting_for is not None
        assert portal.requests[0].waiting_for.gaps == ("main_contact",)

    def test_is_looked_for_with_the_contact_that_the_portal_points_at(self, portal: Portal) -> None:
        pointed = Contact(id=BJORN, first_name="Bjørn", properties={"hovedkontakt": "ja"})
        portal.desk.crm.put(pointed, companies=[COMPANY])
        portal.ends()
        portal.sees(main_contact_property="hovedkontakt")
        assert portal.requests[0].evidence.main_contact_id == BJORN
        assert portal.requests[0].waiting_for is not None


class TestTheNightWhenClocksChange:
    @pytest.mark.parametrize(
        ("evening", "look"),
        [
            ("2026-10-24T20:00+02:00", "2026-10-25T04:%02d+01:00"),
            ("2027-03-27T20:00+01:00", "2027-03-28T04:%02d+02:00"),
        ],
    )
    def test_brings_the_case_that_waits_back_at_four_in_oslo(self, portal: Portal, evening: str, look: str) -> None:
        portal.desk.at = datetime.fromisoformat(evening)
        ended = portal.desk.at - timedelta(hours=1)
        portal.put_contact(phone=None)
        portal.ends(an_enrolment(enrolled_at=ended - timedelta(days=151), finished_at=ended, ended_at=ended))
        portal.sees()
        [(_, when)] = portal.desk.road.wakes.values()
        assert when == datetime.fromisoformat(look % (10 * (COMPANY % 6)))
        portal.put_contact()
        portal.comes_back("look")
        assert portal.requests[-1].waiting_for is None


class TestABounce:
    def test_is_a_task_to_mend_the_contact_and_then_a_review(self, portal: Portal) -> None:
        portal.ends(left_early(bounced=True))
        portal.sees()
        assert portal.desk.task.task.subject == "Rett kontakten: e-post i retur"
        assert portal.requests[0].waiting_for is not None
        assert portal.requests[0].waiting_for.gaps == ("email",)
        portal.ends(left_early(bounced=False))
        portal.comes_back("look")
        assert (portal.requests[-1].waiting_for, portal.requests[-1].evidence.ending) == (None, "bounced")

    def test_of_one_of_two_people_is_a_task_beside_what_the_customers_card_lacks(self, portal: Portal) -> None:
        """Told in one task, the other's would be all that the adviser reads."""
        portal.put_contact(phone=None)
        portal.desk.crm.put(Contact(id=BJORN, first_name="Bjørn"), companies=[COMPANY])
        portal.ends()
        portal.ends(left_early(contact_id=BJORN, bounced=True))
        portal.looks(portal.event(), portal.event(contact=BJORN))
        portal.sees(portal.event(), portal.event(contact=BJORN))
        about = {(made.task.subject, made.task.contact_id) for made in portal.tasks}
        assert about == {
            ("Registrer hovedkontakt med telefonnummer", CONTACT),
            ("Rett kontakten: e-post i retur", BJORN),
        }

    def test_is_reviewed_as_it_is_when_nobody_mends_it(self, portal: Portal) -> None:
        portal.ends(left_early(bounced=True))
        portal.sees()
        portal.desk.at = MONDAY + timedelta(days=15)
        portal.comes_back("look")
        assert portal.requests[-1].assessment.recommendation == "fix_first"


class TestTheWait:
    def test_gives_hubspot_time_to_hear_of_the_reply(self, portal: Portal) -> None:
        portal.desk.at = (ENDED + timedelta(seconds=5)).astimezone(MONDAY.tzinfo)
        portal.ends(left_early())
        portal.sees()
        assert not portal.tasks
        portal.desk.sequences.put_trace(COMPANY, entry("email_in", at=ENDED))
        portal.comes_back("settle")
        assert portal.desk.because == words.REPLIED

    def test_is_made_in_a_pilot_too_where_nobody_knows_yet_whose_it_is(self, portal: Portal) -> None:
        portal.desk.common = portal.desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({KARI}))})
        portal.desk.at = (ENDED + timedelta(seconds=5)).astimezone(MONDAY.tzinfo)
        portal.ends()
        portal.sees()
        portal.comes_back("settle")
        assert len(portal.requests) == 1

    def test_is_not_made_in_a_shadow_which_books_no_return(self, portal: Portal) -> None:
        portal.desk.at = (ENDED + timedelta(seconds=5)).astimezone(MONDAY.tzinfo)
        portal.ends()
        portal.sees(mode="shadow")
        assert portal.desk.because == words.FINISHED
        assert not portal.requests

    def test_counts_from_the_event_while_no_date_tells_of_an_end(self, portal: Portal) -> None:
        portal.ends(an_enrolment(finished_at=None, ended_at=None))
        portal.sees()
        assert portal.desk.because == words.LEFT


class TestNothingToDo:
    @pytest.mark.parametrize(
        ("changes", "because"),
        [({"running": True}, words.RUNNING), ({"sequence_id": OTHER_SEQUENCE}, words.OTHER_SEQUENCE)],
    )
    def test_says_why(self, portal: Portal, changes: dict[str, int], because: str) -> None:
        portal.ends(an_enrolment(**changes))
        portal.sees(sequences=[SEQUENCE])
        assert portal.desk.because == because
        assert not portal.tasks
        assert not portal.requests

    def test_for_somebody_who_was_never_in_a_sequence(self, portal: Portal) -> None:
        portal.sees()
        assert portal.desk.because == words.NEVER_ENROLLED


class TestAContactWithoutACompany:
    def test_is_somebodys_task(self, portal: Portal) -> None:
        portal.desk.crm.put(Contact(id=CONTACT, first_name="Anne"))
        portal.ends()
        portal.sees()
        assert portal.desk.task.task.owner_id == FALLBACK
        assert portal.desk.task.task.subject == "Sequence er avsluttet for en kontakt uten selskap"

    def test_is_told_to_operations_where_nobody_sees_to_such_customers(self, portal: Portal) -> None:
        portal.desk.common = portal.desk.common.model_copy(update={"csc_owner_id": None, "fallback_owner_id": None})
        portal.desk.crm.put(Contact(id=CONTACT, first_name="Anne"))
        portal.ends()
        portal.sees()
        assert words.NO_CSC_OWNER in portal.desk.notes.names


class TestTwoWorkers:
    def test_who_hear_of_one_end_at_the_same_moment_make_one_case_and_one_task(self, portal: Portal) -> None:
        """The night's sweep lists it while its webhooks come in, one a minute late."""
        portal.ends(left_early(bounced=True))
        told = [
            portal.event(),
            replace(portal.event(), bulk=True),
            replace(portal.event(), occurred_at=ENDED + timedelta(minutes=1)),
        ]
        at_once(lambda number: portal.looks(told[number % 3]), workers=6)
        portal.sees(*told)
        assert len(portal.tasks) == 1
        assert len(portal.requests) == 1


class TestTrouble:
    @pytest.mark.parametrize("method", ["enrolments", "traces"])
    def test_at_hubspot_lets_the_ending_wait(self, portal: Portal, method: str) -> None:
        portal.ends()
        portal.desk.sequences.fail_next(method, TryLater("down"))
        [result] = portal.looks().values()
        assert isinstance(result, Later)
        portal.sees()
        assert len(portal.requests) == 1

    def test_in_the_middle_loses_nothing_and_does_nothing_twice(self, portal: Portal) -> None:
        portal.put_contact(phone=None)
        portal.ends()
        portal.desk.road.failure = TryLater("down")
        [result] = portal.looks().values()
        assert isinstance(result, Later)
        portal.desk.road.failure = None
        portal.sees()
        assert (len(portal.tasks), len(portal.requests)) == (1, 1)
        portal.put_contact()
        portal.comes_back("look")
        assert len(portal.requests) == 2


class TestAWorkerThatDies:
    @pytest.mark.parametrize("dies_at", range(1, 4))
    def test_leaves_task_case_and_return_to_the_next_each_once(self, portal: Portal, dies_at: int) -> None:
        portal.ends(left_early(bounced=True))
        with dies_before_telling(portal.desk, dies_at):
            portal.looks()
        portal.desk.at += timedelta(minutes=5)
        portal.sees(replace(portal.event(), bulk=True))
        assert len(portal.tasks) == 1
        assert len({request.key for request in portal.requests}) == 1, "a request that comes twice is taken in once"
        portal.ends(left_early(bounced=False))
        portal.comes_back("look")
        assert portal.requests[-1].waiting_for is None


class TestPrivacy:
    def test_no_name_number_or_address_is_in_a_case_or_in_our_memory(self, portal: Portal) -> None:
        portal.ends(None, entry("email_in"))
        portal.sees()
        told = portal.requests[0].model_dump_json() + portal.desk.stored
        assert not [word for word in ("Anne", "912", "anne@") if word in told]
