"""The queue that the demo shows is one that could have come to be."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from infra.local.demo import RULES
from infra.local.queue import CUSTOMERS, Customer, declaration, played, request
from infra.played.__main__ import steps_of
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.organisation_numbers import organisation_number
from kundeflyt.domain.review import ReviewRequest, assess
from sequence_ended.rules import SequenceEndedRules

NOW = datetime(2026, 11, 30, 8, 5, tzinfo=UTC)
MOMENTS = (
    NOW,
    datetime(2026, 12, 4, 22, 50, tzinfo=UTC),
    datetime(2026, 12, 5, 11, 0, tzinfo=UTC),
    datetime(2027, 1, 4, 6, 0, tzinfo=UTC),
    datetime(2027, 3, 29, 12, 0, tzinfo=UTC),
)
"""A Monday morning, a Friday night, a Saturday, after Christmas, and Easter Monday."""
KNOWN = {ref: str(number) for number, ref in enumerate(["kari", "ola", "siv"], start=1)}
KNOWN |= {one["ref"]: str(1000 + number) for number, one in enumerate(declaration()["companies"])}
KNOWN |= {one["ref"]: str(2000 + number) for number, one in enumerate(declaration()["contacts"])}
KNOWN |= {one["ref"]: str(3000 + number) for number, one in enumerate(declaration()["tasks"])}


def told(customer: Customer) -> ReviewRequest:
    return ReviewRequest.model_validate_json(json.dumps(request(customer, KNOWN, 25, NOW)))


def ends(now: datetime) -> dict[str, ReviewCase]:
    """How the cases with a past stand now, by the customer's ref."""
    past = {one.ref: played(one, KNOWN, 25, now) for one in CUSTOMERS if one.came}
    return {ref: steps_of(json.loads(json.dumps(story)))[-1][0] for ref, story in past.items()}


class TestTheQueue:
    @pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda one: one.ref)
    def test_tells_of_each_customer_what_the_flow_would_tell(self, customer: Customer) -> None:
        asked = told(customer)
        assert assess(asked.evidence, now=NOW) == asked.assessment

    def test_shows_every_recommendation_and_more_than_one_adviser(self) -> None:
        assert {told(one).assessment.recommendation for one in CUSTOMERS} == {"inactive", "keep", "fix_first"}
        assert len({one.owner for one in CUSTOMERS}) > 2

    def test_tries_each_type_of_customer_as_long_as_the_demos_rules_say(self) -> None:
        rules = SequenceEndedRules.model_validate(RULES["sequence_ended"])
        kinds = {told(one).evidence.customer_type for one in CUSTOMERS}
        assert len(kinds) > 1
        for evidence in (told(one).evidence for one in CUSTOMERS):
            assert evidence.period_days == rules.period_days_by_type.get(
                evidence.customer_type or "", rules.period_days
            )

    def test_has_customers_that_could_be_told_apart(self) -> None:
        assert all(organisation_number(one.number, "NO") for one in CUSTOMERS)
        assert len({one.number for one in CUSTOMERS}) == len({told(one).key for one in CUSTOMERS}) == len(CUSTOMERS)


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%d.%m. %H:%M}")
class TestItsPast:
    def test_has_deadlines_that_come_and_have_gone_whenever_it_is_looked_at(self, now: datetime) -> None:
        colours = Counter(case.sla_colour(now) for case in ends(now).values())
        assert colours["red"] >= 2
        assert colours["amber"] >= 2
        assert colours["green"] >= 2

    def test_has_colleagues_in_the_middle_of_their_work(self, now: datetime) -> None:
        cases = ends(now)
        assert cases["skumring"].worked_by(now) == "nils@avonova.example"
        undoable = cases["tindebu"].decision
        assert undoable
        assert undoable.at < now < undoable.undo_until
        assert {cases[ref].state for ref in ("gaupefaret", "lyngmo")} == {"decided"}
        assert {cases[ref].state for ref in ("nordlys", "elvesus")} == {"open"}
        assert cases["rypeasen"].state == "withdrawn"

    def test_counts_what_is_to_be_decided(self, now: datetime) -> None:
        past = {one.ref: one for one in CUSTOMERS if one.came}
        assert {ref: case.state in ("open", "claimed") for ref, case in ends(now).items()} == {
            ref: one.to_decide for ref, one in past.items()
        }
        assert all(entry.at <= now for one in past.values() for _, entry in steps_of(played(one, KNOWN, 25, now)))
