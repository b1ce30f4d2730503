"""What becomes of the messages on the review queue."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.rules import CommonRules, FlowRules, Rules
from kundeflyt.entry.intake import answer
from kundeflyt.entry.queue import PATIENCE
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater
from tests.domain.case_situation import COMPANY, CONTACT, NOW, PORTAL, RULES, UNA, claimed_by, later, request
from tests.engine.world import World
from tests.entry.test_queue import FakeMailbox

ROOT = Path(__file__).parents[3]
PAYLOADS = Path(__file__).parent / "payloads"
SCHEMA = json.loads((ROOT / "infra" / "contracts" / "review_case.schema.json").read_text(encoding="utf-8"))


@dataclass
class Intake:
    """The review queue's function in a small world."""

    world: World = field(default_factory=World)
    mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    portal_id: int = PORTAL

    @property
    def ports(self) -> Ports:
        return self.world.ports()

    @property
    def notices(self) -> Any:
        return self.world.notes

    def rules(self) -> Rules[FlowRules]:
        return self.world.rules()

    def begin(self, rules: Rules[FlowRules], *, bulk: bool) -> None:
        raise AssertionError("the intake calls no vendor")

    def flush(self) -> None:
        """Nothing is buffered here."""

    def gets(self, *bodies: str, tries: int = 1, now: datetime = NOW, first_tried_at: datetime = NOW) -> list[str]:
        """Which of the messages are to come again."""
        records = [
            {
                "messageId": f"m{place}",
                "receiptHandle": f"handle-m{place}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": str(tries),
                    "ApproximateFirstReceiveTimestamp": str(int(first_tried_at.timestamp() * 1000)),
                },
            }
            for place, body in enumerate(bodies)
        ]
        return [failure["itemIdentifier"] for failure in answer(records, self, now)["batchItemFailures"]]

    @property
    def case(self) -> ReviewCase:
        [case] = self.world.cases.cases.values()
        return case


def payload(name: str) -> str:
    return (PAYLOADS / f"{name}.json").read_text(encoding="utf-8")


class TestAMessage:
    def test_becomes_an_open_case(self) -> None:
        intake = Intake()
        assert intake.gets(payload("ReviewRequest__a_finished_sequence")) == []
        assert (intake.case.state, intake.case.recommendation) == ("open", "inactive")
        assert intake.case.company.name == "Fjordbygg AS"

    def test_becomes_a_case_that_waits_where_somebody_was_asked_to_fill_a_gap(self) -> None:
        intake = Intake()
        assert intake.gets(payload("ReviewRequest__without_a_phone")) == []
        assert intake.case.state == "waiting"

    def test_opens_the_case_that_waited_when_the_gap_is_filled(self) -> None:
        intake = Intake()
        intake.gets(request(waits_days=7, key="first").model_dump_json())
        intake.gets(request(key="second").model_dump_json(), now=later(days=2))
        assert (intake.case.state, intake.case.recommendation) == ("open", "inactive")

    def test_that_comes_twice_is_one_case(self) -> None:
        intake = Intake()
        body = request().model_dump_json()
        assert intake.gets(body, body) == []
        assert intake.gets(body, now=later(days=1)) == []
        assert len(intake.world.cases.audit(intake.case.id)) == 1

    def test_of_a_later_ending_adds_to_the_case_and_takes_it_from_nobody(self) -> None:
        intake = Intake()
        case = claimed_by(UNA)
        intake.world.cases.cases[case.id] = case
        assert intake.gets(request(key="second", contact_id=502).model_dump_json()) == []
        assert len(intake.case.evidence) == 2
        assert intake.case.claim == case.claim

    def test_of_a_company_that_was_merged_meanwhile_is_about_the_survivor(self) -> None:
        intake = Intake()
        intake.world.ledger.note_merge("company", COMPANY, into=9002, now=NOW)
        intake.gets(request().model_dump_json())
        assert intake.case.company.id == 9002
        assert {one.company_id for one in intake.case.evidence} == {9002}

    def test_about_somebody_who_was_forgotten_meanwhile_is_a_case_without_them(self) -> None:
        intake = Intake()
        intake.world.ledger.forget([CONTACT], now=NOW)
        intake.gets(request().model_dump_json())
        assert intake.case.people == frozenset()
        assert (intake.case.recommendation, intake.case.state) == ("fix_first", "open")

    def test_waits_when_nobody_can_say_who_was_forgotten(self) -> None:
        def silent(_method: str) -> None:
            raise TryLater("DynamoDB is busy")

        intake = Intake()
        intake.world.ledger.before_call = silent
        assert intake.gets(request().model_dump_json()) == ["m0"]
        assert intake.world.cases.cases == {}

    def test_is_taken_in_by_the_rules_in_force(self) -> None:
        slow = RULES.model_copy(update={"decide_within_working_days": 20})
        intake = Intake(World(common=CommonRules(review_cases=slow)))
        intake.gets(request().model_dump_json())
        assert intake.case.due_at > NOW + timedelta(days=25)


class TestAMessageThatCannotBeTakenIn:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("", "message: Invalid JSON"),
            ("[]", "message: Input should be an object"),
            (json.dumps(json.loads(request().model_dump_json()) | {"version": 2}), "version: Input should be 1"),
            (json.dumps(json.loads(request().model_dump_json()) | {"found_at": "i går"}), "found_at: "),
            (json.dumps(json.loads(request().model_dump_json()) | {"telefon": "+4791234567"}), "telefon: Extra"),
        ],
        ids=["empty", "a list", "another version", "no time", "an unknown field"],
    )
    def test_is_set_aside_with_its_reason_and_without_a_value(self, body: str, said: str) -> None:
        intake = Intake()
        assert intake.gets(body) == []
        [(kept, reason)] = intake.mailbox.dead
        assert kept == body
        assert said in reason
        assert "i går" not in reason
        assert "91234567" not in reason
        assert intake.world.cases.cases == {}
        assert intake.world.notes.names == ["MessageMalformed"]

    def test_does_not_hold_up_its_neighbours(self) -> None:
        intake = Intake()
        assert intake.gets("{", request().model_dump_json()) == []
        assert intake.case.company.id == COMPANY

    def test_of_another_portal_is_set_aside(self) -> None:
        intake = Intake(portal_id=PORTAL + 1)
        assert intake.gets(request().model_dump_json()) == []
        assert f"about portal {PORTAL}" in intake.mailbox.dead[0][1]
        assert intake.world.cases.cases == {}

    def test_comes_again_while_the_store_is_silent_and_is_set_aside_after_hours(self) -> None:
        intake = Intake()

        def silent(_method: str) -> None:
            raise TryLater("DynamoDB is silent")

        intake.world.cases.before_call = silent
        body = request().model_dump_json()
        assert intake.gets(body) == ["m0"]
        assert intake.mailbox.retries == {"handle-m0": timedelta(seconds=60)}
        assert intake.gets(body, now=NOW + PATIENCE + timedelta(seconds=1)) == []
        assert "not done in 10 hours" in intake.mailbox.dead[0][1]

    def test_that_our_code_fails_on_is_a_persons(self) -> None:
        intake = Intake()

        def broken(_method: str) -> None:
            raise RuntimeError("a fault of ours")

        intake.world.cases.before_call = broken
        assert intake.gets(request().model_dump_json()) == ["m0"]
        assert intake.gets(request().model_dump_json(), tries=5) == []
        assert "RuntimeError" in intake.mailbox.dead[0][1]


class TestThePayloads:
    @pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
    def test_are_what_the_schema_says(self, path: Path) -> None:
        Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            json.loads(path.read_text(encoding="utf-8"))
        )


def test_the_page_shows_rules_that_are_valid() -> None:
    page = (ROOT / "functions" / "review_intake" / "README.md").read_text(encoding="utf-8")
    CommonRules.model_validate_json(page.split("```json\n")[1].split("```")[0])
