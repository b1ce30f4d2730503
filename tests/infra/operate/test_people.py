"""What operations does for a person who wants to be forgotten, or to know what is held about them."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.memory import opened
from kundeflyt.adapters.aws.inbox import S3Inbox
from kundeflyt.adapters.aws.inspection import InspectionStore
from kundeflyt.adapters.aws.numbers import NumberIdentity
from kundeflyt.domain import cases
from kundeflyt.domain.cases import ERASED_TEXT
from kundeflyt.domain.inbound import InboundSms
from tests.contracts.test_ledger_people import ANNE, MOBILE, texted
from tests.domain.case_situation import COMPANY, NOW, RULES, UNA, request
from tests.infra.operate.stack import KEYS, Ops

COMMENT = "Anne er i permisjon til mai."
WORDS = "Ring Berit på lageret"
HASHES = NumberIdentity(KEYS).hashes(MOBILE)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def inbox(ops: Ops) -> S3Inbox:
    return S3Inbox(lambda: ops.client("s3"), ops.outputs["InboundBucketName"])


def inspected(ops: Ops) -> list[str]:
    listed = ops.client("s3").list_objects_v2(Bucket=ops.outputs["InspectionBucketName"])
    return [item["Key"] for item in listed.get("Contents", [])]


@pytest.fixture
def known(ops: Ops) -> Ops:
    """A stack that has texted Anne, with words of hers that wait and a request about her that nobody could read.

    Customer service has a case about her sequence, with a comment.
    """
    texted(ops.ledger())
    case, audit = cases.opened(request(contact_id=ANNE), NOW, RULES)
    assert ops.cases().open(case, audit)
    after, said = cases.comment(case, UNA, NOW, RULES, text=COMMENT)
    assert ops.cases().save(after, said, seen_version=case.version)
    inbox(ops).put("a1" * 16, InboundSms(vendor_id="1", sender=MOBILE, text=WORDS, received_at=AT))
    InspectionStore(ops.client("s3"), ops.outputs["InspectionBucketName"]).keep(MOBILE.encode(), reason="not_json")
    return ops


def held(ops: Ops) -> str:
    items = ops.client("dynamodb").scan(TableName=ops.outputs["LedgerTableName"])["Items"]
    return json.dumps(opened(items), default=str, ensure_ascii=False)


class TestForget:
    def test_erases_the_person_everywhere_and_counts_what_was_erased(self, known: Ops) -> None:
        assert "Anne" in held(known)
        said = known("forget", str(ANNE), "--json")
        assert said.status == 0
        assert said.json["contacts"] == [ANNE]
        assert said.json["erased"] == {"plans": 1, "messages": 1, "cases": 1, "words": 1, "requests": 1, "numbers": 2}
        for theirs in ("Anne", MOBILE, "4791234567"):
            assert theirs not in held(known)
        assert not inbox(known).all_letters()
        assert not inspected(known)
        [case] = known.cases().cases_of(COMPANY)
        assert (case.state, ANNE in case.people) == ("open", False)
        assert [one.text for one in case.comments] == [ERASED_TEXT]

    def test_leaves_the_number_suppressed(self, known: Ops) -> None:
        known("forget", str(ANNE))
        assert known.ledger().suppressed(HASHES)
        assert all(ANNE not in one.contact_ids for one in known.ledger().suppressions())

    def test_books_another_look_an_hour_later_that_names_ids_only(self, known: Ops) -> None:
        known("forget", str(ANNE))
        scheduler = known.client("scheduler")
        [booked] = scheduler.list_schedules(GroupName=known.outputs["ScheduleGroupName"])["Schedules"]
        whole = scheduler.get_schedule(Name=booked["Name"], GroupName=known.outputs["ScheduleGroupName"])
        event = json.loads(whole["Target"]["Input"])["detail"]
        assert (event["name"], event["record_id"], event["round"]) == ("ContactErased", ANNE, 1)
        assert whole["Target"]["Arn"] == known.outputs["ContactErasedQueueArn"]

    def test_says_that_hubspot_could_not_be_asked_for_more_numbers(self, known: Ops) -> None:
        said = known("forget", f"contact/{ANNE}")
        assert (said.status, "HubSpot did not answer" in said.out) == (0, True)
        assert MOBILE not in said.out

    def test_says_so_and_suppresses_what_hubspot_knows_when_the_contact_is_still_there(
        self, ops_with_vendors: Ops, hubspot: object
    ) -> None:
        contacts = hubspot.sim("GET", "state/contacts")["results"]  # type: ignore[attr-defined]
        [anne] = [one["id"] for one in contacts if one["ref"] == "anne"]
        said = ops_with_vendors("forget", anne)
        assert "still in HubSpot" in said.out
        assert ops_with_vendors.ledger().suppressed(NumberIdentity(KEYS).hashes("+4740612345"))

    @pytest.mark.parametrize("wrong", ["anne", "0", "company/7", "+4791234567"])
    def test_of_what_is_no_contact_does_nothing(self, known: Ops, wrong: str) -> None:
        assert known("forget", wrong).status == 1
        assert "Anne" in held(known)


class TestExport:
    def test_gives_everything_held_about_the_person_in_full(self, known: Ops) -> None:
        given = json.loads(known("export", str(ANNE)).out)
        assert given["contact_ids"] == [ANNE]
        [plan] = given["plans"]
        assert [action.get("to") for action in plan["plan"]["actions"]] == [None, MOBILE, None]
        assert {record["name"] for records in given["actions"].values() for record in records} == {"email-task", "sms"}
        [message] = given["messages"]
        assert message["contact_id"] == ANNE
        [words] = given["words_waiting"].values()
        assert (words["text"], words["sender"]) == (WORDS, MOBILE)
        assert list(given["requests_for_inspection"].values()) == [MOBILE]
        assert [one["suppressed"] for one in given["suppressions"]]
        assert given["tasks_by_slot"]
        [case] = given["review_cases"]
        assert (case["company_id"], [one["text"] for one in case["comments"]]) == (COMPANY, [COMMENT])

    def test_changes_nothing(self, known: Ops) -> None:
        before = held(known)
        known("export", str(ANNE))
        assert held(known) == before

    def test_of_somebody_unknown_is_empty_and_no_error(self, known: Ops) -> None:
        said = known("export", "77")
        given = json.loads(said.out)
        assert (said.status, given["plans"], given["words_waiting"]) == (0, [], {})

    def test_after_forgetting_holds_nothing_of_the_person(self, known: Ops) -> None:
        known("forget", str(ANNE))
        given = json.loads(known("export", str(ANNE)).out)
        assert given.pop("contact_ids") == given.pop("forgotten") == [ANNE]
        assert not any(given.values())

    def test_may_go_to_a_new_file_that_others_cannot_read(self, known: Ops, tmp_path: Path) -> None:
        file = tmp_path / "anne.json"
        said = known("export", str(ANNE), "--to", str(file))
        assert MOBILE in file.read_text(encoding="utf-8")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert MOBILE not in said.out
        assert known("export", str(ANNE), "--to", str(file)).status == 1
