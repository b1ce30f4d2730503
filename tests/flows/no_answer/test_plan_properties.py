"""What holds of every plan, whatever the customer system, the rules and the clock say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import assume, example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType, is_valid_number, number_type, parse

from kundeflyt.domain.actions import CreateTask, LogSms, Plan, SendSms, UpdateTask, WakeAt
from kundeflyt.domain.calendar import ContactHours, WorkingCalendar
from kundeflyt.domain.crm import Company, Contact, Reached
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import CONNECTED, NO_ANSWER, Rules
from no_answer.case import CallFacts, Case, topic_of
from no_answer.plan import plan
from no_answer.rules import NoAnswerRules
from tests.flows.no_answer.situation import (
    APPROVED,
    COMPANY,
    CONTACT,
    FALLBACK,
    KARI,
    MONDAY,
    PER,
    TEXTS,
    a_call,
    an_event,
    facts,
    nobody_known,
    oslo,
    owners,
    past,
    rules,
)

# One title for each topic, for plans that may depend on a title only by its topic.
TITLE_OF_TOPIC = {topic: word for word, topic in reversed(NoAnswerRules().topics_by_keyword.items())} | {"general": ""}
OPT_OUT = "Svar STOPP for å slippe SMS."

TITLES = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.builds(
        "{} {} {}".format, st.text("qxzw", max_size=8), st.sampled_from(sorted(TITLE_OF_TOPIC.values())), st.integers(0)
    ),
)
NUMBERS = st.one_of(
    st.sampled_from(["912 34 567", "+4746123456", "22334455", "02800", "070-123 45 67", "+46701234567", "829 12 345"]),
    st.none(),
    st.text(max_size=15),
    st.from_regex(r"\+?[0-9 ]{5,14}", fullmatch=True),
)
COUNTRIES = st.one_of(
    st.sampled_from(["Norge", "Sverige", "Danmark", "Finland", "SJ", "Brasil", "", " "]), st.none(), st.text(max_size=8)
)
LANGUAGES = st.one_of(st.sampled_from(["nb", "no", "sv", "sv-se", "en", "de", ""]), st.none(), st.text(max_size=6))
SAID = st.sampled_from(["", "true", "false", "ja", "nei", "x"])
OWNER_IDS = st.sampled_from([KARI, PER, FALLBACK, 12345, None])
CALLED = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=5)).map(lambda gone: MONDAY + gone),
    st.timedeltas(timedelta(days=-2500), timedelta(days=2500)).map(lambda gone: MONDAY + gone),
)
LATER = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=7)), st.timedeltas(timedelta(days=-2), timedelta(days=20))
)
HOURS = st.one_of(
    st.just(ContactHours()),
    st.builds(
        lambda days, opens, more, holidays: ContactHours(
            days=tuple(days), opens=f"{opens:02}:30", closes=f"{min(opens + more, 24):02}:00", on_holidays=holidays
        ),
        st.sets(st.integers(1, 7), min_size=1),
        st.integers(0, 22),
        st.integers(1, 24),
        st.booleans(),
    ),
)


@dataclass(frozen=True)
class Situation:
    """All that a plan is made of."""

    event: Event
    facts: CallFacts
    rules: Rules[NoAnswerRules]
    now: datetime

    def plan(self) -> Plan:
        return plan(self.event, self.facts, self.rules, self.now)

    def case(self) -> Case:
        assert self.facts.call
        assert self.facts.callee
        return Case(self.event, self.facts.call, self.facts.callee, self.facts, self.rules, self.now)

    def titled(self, title: str | None) -> Situation:
        assert self.facts.call
        return replace(self, facts=replace(self.facts, call=replace(self.facts.call, title=title)))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Anything at all."""
    call = a_call(
        at=draw(CALLED),
        disposition=draw(st.sampled_from([NO_ANSWER] * 6 + [CONNECTED, None])),
        inbound=draw(st.sampled_from([False] * 6 + [True])),
        owner_id=draw(OWNER_IDS),
        title=draw(TITLES),
        activity_type=draw(TITLES),
        from_number=draw(NUMBERS),
        to_number=draw(NUMBERS),
    )
    contact = draw(contacts(NUMBERS, COUNTRIES, SAID))
    callee = draw(st.sampled_from([contact] * 5 + [None]))
    made = st.fixed_dictionaries({}, optional={name: st.just(7) for name in ("ask_contact", "email_task", "sms")})
    known = facts(
        call=draw(st.sampled_from([call] * 9 + [None])),
        callee=callee,
        contacts=(callee,) if callee else draw(st.sampled_from([(), (contact, replace(contact, id=102))])),
        company=draw(st.none() | st.builds(Company, id=st.just(COMPANY), owner_id=OWNER_IDS, country=COUNTRIES)),
        owners=owners(kari=replace(owners()[KARI], archived=draw(st.booleans()))),
        reached=draw(st.none() | st.builds(Reached, at=CALLED, how=st.just("e-post"))),
        past=past(first_received_at=draw(st.sampled_from([None, call.at])), **draw(made)),
        slot_task=draw(st.sampled_from([None, 7, 9])),
        slot_task_open=draw(st.booleans()),
    )
    received = call.at + draw(st.timedeltas(timedelta(0), timedelta(hours=26)))
    event = an_event(received_at=received, round=draw(st.integers(0, 2)))
    return Situation(event, known, draw(all_rules(NUMBERS)), call.at + draw(LATER))


@st.composite
def texted(draw: st.DrawFn) -> Situation:
    """Where an SMS is near at hand: mostly a working day, a mobile and somebody who wants it."""
    day, hours = draw(st.sampled_from([0, 1, 2, 3, 4, 5, 7, 32])), draw(st.integers(-3, 6))
    call = a_call(at=MONDAY + timedelta(days=day, hours=hours), title=draw(TITLES))
    numbers = st.sampled_from(["912 34 567", "+4746123456", "+46701234567", "+358401234567", "22334455"])
    countries = st.sampled_from(["Norge", "Sverige", "Finland", None])
    made: dict[str, int] = draw(st.sampled_from([{}, {"email_task": 7}]))
    known = facts(
        call=call,
        callee=draw(contacts(numbers, countries, st.sampled_from(["", "nei", "false", "ja"]))),
        past=past(first_received_at=None, **made),
        slot_task=draw(st.sampled_from([None, 7, 9])),
    )
    now = call.at + draw(st.timedeltas(timedelta(0), timedelta(minutes=90)))
    event = an_event(received_at=call.at, round=draw(st.integers(0, 2)))
    return Situation(event, known, draw(all_rules(st.just("22 33 44 55"))), now)


def contacts(
    numbers: st.SearchStrategy[str | None], countries: st.SearchStrategy[str | None], said: st.SearchStrategy[str]
) -> st.SearchStrategy[Contact]:
    return st.builds(
        Contact,
        id=st.just(CONTACT),
        first_name=st.none() | st.text(max_size=10),
        mobile=numbers,
        phone=numbers,
        country=countries,
        language=LANGUAGES,
        properties=st.fixed_dictionaries(
            {"basis": SAID}, optional={"hs_email_optout": said, "kundeflyt_sms_optout": said}
        ),
    )


@st.composite
def all_rules(draw: st.DrawFn, callbacks: st.SearchStrategy[str | None]) -> Rules[NoAnswerRules]:
    return rules(
        flow={
            "contact_hours": draw(HOURS),
            "topics_by_call_type": draw(st.sampled_from([{}, {"Kurs": "kurs", "HK": "hk"}])),
            "sms_general_topics": draw(st.sampled_from([["hk", "sykefravaer"], []])),
            "marketing_basis_property": draw(st.sampled_from(["basis", None])),
            "marketing_opt_out": draw(st.sampled_from([{"nb": OPT_OUT, "sv": OPT_OUT, "en": OPT_OUT}, {}])),
        },
        production=draw(st.sampled_from([False, False, True])),
        texts=draw(st.sampled_from([APPROVED, TEXTS])),
        callback_number=draw(callbacks),
        callback_numbers=draw(st.sampled_from([{}, {KARI: "41 23 45 67"}])),
        fallback_owner_id=draw(st.sampled_from([FALLBACK, None])),
    )


THE_USUAL = Situation(an_event(), facts(), rules(), MONDAY)


def sms_of(plan: Plan) -> list[SendSms]:
    """The one SMS of the plan, or none."""
    sent = [action for action in plan.actions if isinstance(action, SendSms)]
    assert len(sent) <= 1
    return sent


def words_for_the_customer(plan: Plan) -> Iterable[str]:
    for action in plan.actions:
        if isinstance(action, CreateTask | UpdateTask):
            yield f"{action.subject} {action.body}"
        elif isinstance(action, SendSms):
            yield action.text
        elif isinstance(action, LogSms):
            yield action.body


class TestEveryPlan:
    @given(situations())
    @example(THE_USUAL)
    def test_is_made_whatever_is_known_and_twice_the_same(self, situation: Situation) -> None:
        decided = situation.plan()
        assert decided == situation.plan()
        assert decided.because.strip()

    @given(situations())
    @example(THE_USUAL)
    def test_comes_out_of_the_ledger_as_it_went_in(self, situation: Situation) -> None:
        decided = situation.plan()
        assert Plan.model_validate_json(decided.model_dump_json()) == decided

    @given(situations())
    @example(THE_USUAL)
    def test_names_each_action_once(self, situation: Situation) -> None:
        names = [action.name for action in situation.plan().actions]
        assert len(names) == len(set(names))

    @given(situations())
    @example(THE_USUAL)
    @example(replace(THE_USUAL, facts=nobody_known(), now=oslo(23, "23:59:30")))
    def test_gives_tasks_that_are_due_later_than_now(self, situation: Situation) -> None:
        for action in situation.plan().actions:
            if isinstance(action, CreateTask):
                assert action.due > situation.now

    @given(texted())
    @example(replace(THE_USUAL, now=MONDAY + timedelta(hours=8)))
    def test_wakes_at_an_opening_later_than_now(self, situation: Situation) -> None:
        for action in situation.plan().actions:
            if isinstance(action, WakeAt):
                calendar = situation.case().calendar
                assert action.when > situation.now
                assert calendar.is_open(action.when)
                assert not calendar.is_open(action.when - timedelta(microseconds=1))

    @given(situations())
    @example(THE_USUAL)
    def test_tells_the_person_what_becomes_of_the_sms(self, situation: Situation) -> None:
        """No promise is left open: `{outcome}` stands only where the engine fills it in."""
        for action in situation.plan().actions:
            if isinstance(action, CreateTask | UpdateTask) and action.body:
                told_later = isinstance(action, UpdateTask) and action.tells_about is not None
                assert ("{outcome}" in action.body) is told_later


class TestEverySms:
    @given(texted())
    @example(THE_USUAL)
    def test_goes_to_a_valid_mobile(self, situation: Situation) -> None:
        for sms in sms_of(situation.plan()):
            number = parse(sms.to)
            assert is_valid_number(number)
            assert number_type(number) in {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

    @given(texted())
    @example(THE_USUAL)
    def test_goes_inside_contact_hours_and_must_arrive_that_day(self, situation: Situation) -> None:
        hours, zone = situation.rules.flow.contact_hours, situation.case().calendar.zone
        local = situation.now.astimezone(zone)
        for sms in sms_of(situation.plan()):
            assert local.isoweekday() in hours.days
            assert hours.opens <= f"{local:%H:%M}" < hours.closes
            assert hours.on_holidays or not WorkingCalendar(situation.case().country).is_holiday(local.date())
            assert situation.now < sms.latest <= sms.valid_until
            assert (sms.valid_until - timedelta(seconds=1)).astimezone(zone).date() == local.date()

    @given(texted())
    @example(THE_USUAL)
    def test_goes_to_nobody_who_has_opted_out(self, situation: Situation) -> None:
        assert situation.facts.callee
        said = situation.facts.callee.properties
        if "ja" in {said.get("hs_email_optout"), said.get("kundeflyt_sms_optout")}:
            assert not sms_of(situation.plan())

    @given(texted())
    @example(THE_USUAL)
    def test_is_logged_and_told_of_in_the_task(self, situation: Situation) -> None:
        decided = situation.plan()
        for sms in sms_of(decided):
            assert [action.body for action in decided.actions if isinstance(action, LogSms)] == [sms.text]
            assert [action.tells_about for action in decided.actions if isinstance(action, UpdateTask)][-1] == "sms"

    @given(texted())
    @example(THE_USUAL)
    def test_that_sells_has_a_basis_and_a_way_out(self, situation: Situation) -> None:
        assert situation.facts.callee
        for sms in sms_of(situation.plan()):
            if sms.text_id.startswith("sms_marketing"):
                assert situation.rules.flow.marketing_basis_property == "basis"
                assert situation.facts.callee.properties["basis"] in {"true", "ja", "x"}
                assert OPT_OUT in sms.text


class TestProductionWithoutApproval:
    @given(texted() | situations())
    @example(THE_USUAL)
    def test_sends_nothing_and_has_nothing_ready_to_send(self, situation: Situation) -> None:
        by = replace(situation.rules, production=True, texts=TEXTS)
        decided = replace(situation, rules=by).plan()
        assert not decided.sms_numbers()
        for words in words_for_the_customer(decided):
            assert "Emne:" not in words
            assert "prøvde å ringe" not in words
            assert "försökte ringa" not in words
            assert "tried to call" not in words


class TestTheTitle:
    @given(situations())
    @example(THE_USUAL)
    def test_decides_the_topic_and_nothing_else(self, situation: Situation) -> None:
        """Row 6: of what is written on a call, nothing but its topic reaches anybody."""
        assume(situation.facts.call)
        assert situation.facts.call
        untyped = replace(situation.facts, call=replace(situation.facts.call, activity_type=None))
        situation = replace(situation, facts=untyped)
        assert untyped.call
        plain = situation.titled(TITLE_OF_TOPIC[topic_of(untyped.call, situation.rules.flow)])
        assert situation.plan() == plain.plan()

    @given(
        situations(),
        st.text("qxzw", min_size=5, max_size=12),
        st.integers(10**6, 10**13).map(str),
        st.sampled_from(sorted(TITLE_OF_TOPIC.values())),
    )
    @example(THE_USUAL, "qxzwq", "12057811111", "kurs")
    def test_is_never_copied(self, situation: Situation, word: str, digits: str, about: str) -> None:
        assume(situation.facts.call)  # a call that is gone has no title
        copied = situation.titled(f"{about} {word} {digits}").plan().model_dump_json()
        untitled = situation.titled(None).plan().model_dump_json()
        assert word not in copied or word in untitled
        assert digits not in copied or digits in untitled
