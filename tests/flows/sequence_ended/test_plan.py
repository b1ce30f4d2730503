"""Whatever is known of an ending, the plan is one that leaves nobody forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.actions import CreateTask, OpenReviewCase, Plan, WakeAt
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.events import CONTACT_SEQUENCE_CHANGED, Event
from kundeflyt.domain.review import Entry
from kundeflyt.domain.rules import CommonRules, Rules
from kundeflyt.domain.sequences import Enrolment
from kundeflyt.domain.texts import TextBook
from sequence_ended import words
from sequence_ended.case import EndingFacts
from sequence_ended.plan import basis, plan
from sequence_ended.rules import SequenceEndedRules
from tests.flows.desk import COMPANY, CONTACT, FALLBACK, KARI, MONDAY, PORTAL
from tests.flows.sequence_ended.portal import ENDED, ENROLLED, SEQUENCE, entry

RULES = Rules(common=CommonRules(csc_owner_id=FALLBACK), flow=SequenceEndedRules(), texts=TextBook({}), production=True)
EVENT = Event(name=CONTACT_SEQUENCE_CHANGED, portal_id=PORTAL, record_id=CONTACT, occurred_at=ENDED, received_at=ENDED)
KINDS = st.sampled_from(
    ["sequence_email", "sequence_call", "email_out", "email_in", "call_out", "call_in", "call_connected",
     "meeting_held", "meeting_booked", "meeting_no_show", "sms_out", "sms_in", "task_open", "order_open"]
)  # fmt: skip
ENTRIES = st.lists(
    st.builds(
        lambda what, id_, day: entry(what, id_, at=ENROLLED + timedelta(days=day)),
        KINDS,
        st.integers(1, 99),
        st.integers(-300, 151),
    ),
    max_size=8,
).map(tuple)
DATES = st.none() | st.integers(-200, 151).map(lambda day: ENROLLED + timedelta(days=day))
ENROLMENTS = st.builds(
    Enrolment,
    contact_id=st.just(CONTACT),
    sequence_id=st.just(SEQUENCE),
    enrolled_at=st.just(ENROLLED),
    running=st.just(False),
    finished_at=DATES,
    left_at=DATES,
    ended_at=DATES,
    replied_at=DATES,
    bounced=st.booleans(),
    opted_out=st.booleans(),
)
CONTACTS = st.lists(
    st.builds(
        Contact,
        id=st.integers(100, 105),
        first_name=st.sampled_from([None, "Anne"]),
        mobile=st.sampled_from([None, "912 34 567", "123"]),
        email=st.sampled_from([None, "anne@example.no"]),
    ),
    max_size=3,
).map(tuple)


def known(
    enrolment: Enrolment, entries: tuple[Entry, ...], contacts: tuple[Contact, ...], **more: object
) -> EndingFacts:
    facts: dict[str, object] = {
        "company": Company(id=COMPANY, name="Fjellbygg AS", owner_id=KARI, country="Norge"),
        "owners": {KARI: Owner(id=KARI, first_name="Kari")},
        "orders_known": True,
    }
    return EndingFacts(enrolment=enrolment, ended_at=ENDED, entries=entries, contacts=contacts, **facts | more)  # type: ignore[arg-type]


def decided(facts: EndingFacts, now: datetime = MONDAY) -> Plan:
    return plan(EVENT, facts, RULES, now)


class TestEveryEnding:
    @given(enrolment=ENROLMENTS, entries=ENTRIES, contacts=CONTACTS, there=st.booleans(), owned=st.booleans())
    def test_is_a_case_a_task_or_in_somebodys_hands(
        self,
        enrolment: Enrolment,
        entries: tuple[Entry, ...],
        contacts: tuple[Contact, ...],
        there: bool,
        owned: bool,
    ) -> None:
        facts = known(enrolment, entries, contacts, **({} if there else {"company": None}))
        if not owned:
            facts = known(enrolment, entries, contacts, owners={})
        found = decided(facts)
        followed = [action for action in found.actions if isinstance(action, CreateTask | OpenReviewCase)]
        assert followed or found.because == words.IN_HAND
        assert all(enrolment.mark in action.name for action in found.actions)

    @given(enrolment=ENROLMENTS, entries=ENTRIES, contacts=CONTACTS)
    def test_is_a_case_only_when_it_ran_out_or_bounced(
        self, enrolment: Enrolment, entries: tuple[Entry, ...], contacts: tuple[Contact, ...]
    ) -> None:
        cases = [one for one in decided(known(enrolment, entries, contacts)).actions if isinstance(one, OpenReviewCase)]
        assert bool(cases) == (enrolment.how(entries) in {"finished", "bounced"})
        assert len(cases) <= 1

    @given(enrolment=ENROLMENTS, entries=ENTRIES, contacts=CONTACTS)
    def test_that_waits_is_looked_at_again_and_somebody_is_asked(
        self, enrolment: Enrolment, entries: tuple[Entry, ...], contacts: tuple[Contact, ...]
    ) -> None:
        actions = decided(known(enrolment, entries, contacts)).actions
        waiting = any(isinstance(one, OpenReviewCase) and one.request.waiting_for for one in actions)
        assert waiting == any(isinstance(one, WakeAt) for one in actions)
        assert not waiting or any(isinstance(one, CreateTask) for one in actions)

    @given(enrolment=ENROLMENTS, entries=ENTRIES, contacts=CONTACTS, order=st.randoms(use_true_random=False))
    def test_is_judged_alike_in_whatever_order_its_traces_come(
        self,
        enrolment: Enrolment,
        entries: tuple[Entry, ...],
        contacts: tuple[Contact, ...],
        order: Random,
    ) -> None:
        shuffled = list(entries)
        order.shuffle(shuffled)
        one, other = known(enrolment, entries, contacts), known(enrolment, tuple(shuffled), contacts)
        assert basis(one) == basis(other)
        assert decided(one).because == decided(other).because

    @given(enrolment=ENROLMENTS, entries=ENTRIES, contacts=CONTACTS, day=st.integers(0, 150))
    def test_is_never_more_of_a_case_for_an_answer_more(
        self, enrolment: Enrolment, entries: tuple[Entry, ...], contacts: tuple[Contact, ...], day: int
    ) -> None:
        def recommended(facts: EndingFacts) -> str | None:
            cases = [one for one in decided(facts).actions if isinstance(one, OpenReviewCase)]
            return cases[0].request.assessment.recommendation if cases else None

        answer = entry("email_in", 500, at=ENROLLED + timedelta(days=day))
        assert recommended(known(enrolment, (*entries, answer), contacts)) != "inactive"
