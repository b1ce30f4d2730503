from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from kundeflyt.domain.review import (
    Assessment,
    CriterionName,
    Entry,
    EntryWhat,
    Evidence,
    RecordType,
    ReviewedCompany,
    ReviewRequest,
    WaitingFor,
    assess,
)

STARTED = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
ENDED = STARTED + timedelta(days=40)
NOW = STARTED + timedelta(days=160)
SCHEMA = Path(__file__).parents[2] / "infra" / "contracts" / "review_case.schema.json"

RESPONSES: list[EntryWhat] = ["email_in", "call_in", "call_connected", "meeting_held", "meeting_booked", "sms_in"]


def entry(what: EntryWhat, day: float = 10, record: RecordType = "emails", id_: str = "1") -> Entry:
    return Entry(what=what, record=record, id=id_, at=STARTED + timedelta(days=day))


MAIL = entry("sequence_email", 1, "emails", "101")
CALL = entry("sequence_call", 8, "tasks", "102")


def evidence(*more: Entry, **changes: Any) -> Evidence:
    """A customer who has been tried in every way, for long enough, without a sign of life."""
    silent = Evidence(
        company_id=9001,
        contact_id=501,
        sequence_id=77,
        enrolled_at=STARTED,
        ended_at=ENDED,
        ending="finished",
        main_contact_id=501,
        main_contact_named=True,
        main_contact_phone=True,
        owner_id=11,
        entries=(MAIL, CALL, *more),
    )
    return silent.model_copy(update=changes)


def judged(found: Evidence, now: datetime = NOW) -> Assessment:
    return assess(found, now=now)


def request(**changes: Any) -> ReviewRequest:
    found = evidence()
    values: dict[str, Any] = {
        "key": "4711/501/77/1780300800",
        "portal_id": 4711,
        "company": ReviewedCompany(id=9001, name="Fjordbygg AS", organisation_number="923609016", country="NO"),
        "evidence": found,
        "assessment": judged(found),
        "found_at": NOW,
    }
    return ReviewRequest(**values | changes)


class TestARecommendation:
    def test_is_inactive_when_everything_is_met(self) -> None:
        found = judged(evidence())
        assert found.recommendation == "inactive"
        assert {one.verdict for one in found.criteria} == {"met"}

    def test_judges_every_criterion_once_with_its_requirement(self) -> None:
        found = judged(evidence())
        assert [one.name for one in found.criteria] == list(get_args(CriterionName))
        assert all(one.requirement.startswith("001-") for one in found.criteria)

    @pytest.mark.parametrize("what", RESPONSES)
    def test_is_to_keep_whoever_has_responded(self, what: EntryWhat) -> None:
        found = judged(evidence(entry(what, 90)))
        assert found.recommendation == "keep"
        assert found.verdict("no_response") == "not_met"

    def test_is_to_keep_whom_a_reply_took_out_of_the_sequence_though_no_record_shows_it(self) -> None:
        assert judged(evidence(ending="replied")).recommendation == "keep"

    def test_is_to_keep_whoever_has_not_been_tried_for_as_long_as_its_type_is(self) -> None:
        assert judged(evidence(period_days=161)).recommendation == "keep"
        assert judged(evidence(period_days=160)).recommendation == "inactive"

    @pytest.mark.parametrize(
        "gap",
        [{"main_contact_id": None}, {"main_contact_named": False}, {"main_contact_phone": False}, {"owner_id": None}],
        ids=lambda gap: next(iter(gap)),
    )
    def test_is_to_fix_first_what_is_missing_on_the_card(self, gap: dict[str, Any]) -> None:
        assert judged(evidence(**gap)).recommendation == "fix_first"

    @pytest.mark.parametrize("what", ["task_open", "order_open"])
    def test_is_to_fix_first_what_is_still_under_way_whenever_it_was_begun(self, what: EntryWhat) -> None:
        begun = entry(what, -300, "tasks", "66")
        found = judged(evidence(begun))
        assert found.recommendation == "fix_first"
        assert next(one.records for one in found.criteria if one.name == "no_open_work") == (begun,)

    def test_is_never_inactive_while_something_is_unknown(self) -> None:
        found = judged(evidence(orders_known=False))
        assert found.verdict("no_open_work") == "unknown"
        assert found.recommendation == "fix_first"

    def test_is_to_fix_first_where_the_emails_came_back(self) -> None:
        found = judged(evidence(ending="bounced"))
        assert found.verdict("attempts_by_email") == "unknown"
        assert found.recommendation == "fix_first"


class TestACriterion:
    def test_names_the_records_it_rests_on_the_oldest_first(self) -> None:
        second = entry("sequence_email", 20, "emails", "103")
        found = judged(evidence(second, MAIL))
        by_name = {one.name: one.records for one in found.criteria}
        assert by_name["attempts_by_email"] == (MAIL, second)
        assert by_name["attempts_by_phone"] == (CALL,)

    def test_of_attempts_is_not_met_by_a_logged_call(self) -> None:
        tried = evidence(entry("call_out", 5, "calls", "7")).model_copy(
            update={"entries": (MAIL, entry("call_out", 5, "calls", "7"))}
        )
        assert judged(tried).verdict("attempts_by_phone") == "not_met"

    def test_of_attempts_counts_none_from_before_the_sequence(self) -> None:
        before = evidence(entries=(CALL, entry("sequence_email", -1)))
        assert judged(before).verdict("attempts_by_email") == "not_met"

    def test_of_silence_counts_no_response_from_before_the_sequence(self) -> None:
        assert judged(evidence(entry("email_in", -1))).recommendation == "inactive"

    def test_that_was_not_judged_is_unknown(self) -> None:
        assert Assessment(criteria=(), recommendation="fix_first").verdict("owner_set") == "unknown"


class TestGaps:
    def test_are_the_main_contact_before_its_phone(self) -> None:
        assert evidence(main_contact_id=None, main_contact_phone=False).gaps == ("main_contact",)
        assert evidence(main_contact_phone=False).gaps == ("phone",)
        assert evidence().gaps == ()


ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(get_args(EntryWhat)),
        st.integers(-30, 160),
        st.sampled_from(get_args(RecordType)),
        st.integers(1, 20).map(str),
    ),
    max_size=12,
)
EVIDENCE = st.builds(
    lambda entries, changes: evidence(**changes, entries=tuple(entries)),
    ENTRIES | ENTRIES.map(lambda more: [MAIL, CALL, *more]),
    st.fixed_dictionaries(
        {},
        optional={
            "ending": st.sampled_from(["finished", "replied", "bounced", "opted_out", "left"]),
            "period_days": st.sampled_from([90, 150, 200]),
            "main_contact_phone": st.booleans(),
            "owner_id": st.sampled_from([None, 11]),
            "orders_known": st.booleans(),
        },
    ),
)


class TestAnyEvidence:
    @given(EVIDENCE, st.randoms(use_true_random=False))
    def test_is_judged_alike_in_whatever_order_it_comes(self, found: Evidence, chance: Any) -> None:
        shuffled = list(found.entries)
        chance.shuffle(shuffled)
        assert judged(found.model_copy(update={"entries": tuple(shuffled)})) == judged(found)

    @given(EVIDENCE, st.sampled_from(RESPONSES), st.integers(-30, 160))
    def test_is_never_nearer_to_inactive_with_one_more_response(
        self, found: Evidence, what: EntryWhat, day: int
    ) -> None:
        more = found.model_copy(update={"entries": (*found.entries, entry(what, day, "emails", "999"))})
        if judged(more).recommendation == "inactive":
            assert judged(found).recommendation == "inactive"
        if day >= 0:
            assert judged(more).recommendation == "keep"

    @given(EVIDENCE, st.integers(-30, 160))
    def test_meets_nothing_more_with_one_more_logged_call(self, found: Evidence, day: int) -> None:
        more = found.model_copy(update={"entries": (*found.entries, entry("call_out", day, "calls", "999"))})
        assert judged(more) == judged(found)

    @given(EVIDENCE)
    def test_speaks_for_inactive_only_when_every_criterion_is_met(self, found: Evidence) -> None:
        verdicts = {one.verdict for one in judged(found).criteria}
        assert (judged(found).recommendation == "inactive") == (verdicts == {"met"})


class TestTheMessage:
    def test_reads_back_as_it_was_written(self) -> None:
        sent = request(waiting_for=WaitingFor(gaps=("phone",), until=NOW + timedelta(days=7)))
        assert ReviewRequest.model_validate_json(sent.model_dump_json()) == sent

    def test_is_documented_by_the_schema_that_others_read(self) -> None:
        """After a deliberate change: write what `model_json_schema` says into the file, and raise the version."""
        assert json.loads(SCHEMA.read_text()) == schema()

    def test_conforms_to_that_schema(self) -> None:
        checked = json.loads(SCHEMA.read_text())
        validator = Draft202012Validator(checked, format_checker=Draft202012Validator.FORMAT_CHECKER)
        validator.validate(json.loads(request().model_dump_json()))
        broken = json.loads(request().model_dump_json()) | {"version": 2}
        assert not validator.is_valid(broken)

    def test_is_refused_when_its_evidence_is_about_another_company(self) -> None:
        with pytest.raises(ValidationError, match="the evidence is about company 9001, not 9002"):
            request(company=ReviewedCompany(id=9002, name="Fjordbygg AS"))

    def test_is_refused_with_a_moment_without_a_time_zone(self) -> None:
        with pytest.raises(ValidationError):
            request(found_at=datetime(2026, 11, 9, 8, 0))  # noqa: DTZ001 - that is the mistake

    def test_names_no_person(self) -> None:
        assert not {"name", "phone", "email"} & set(Evidence.model_fields)
        assert set(Entry.model_fields) == {"what", "record", "id", "at"}


def schema() -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | ReviewRequest.model_json_schema(
        mode="serialization"
    )
