"""Sequences as HubSpot documents them, and what is inferred of their ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation.clients import Caller, Listener

SEQUENCES = "/automation/sequences/2026-09"
KARI, OLA = 61_002_001, 61_002_002


def enrol(hubspot: Caller, refs: dict[str, str], contact: str = "anne", user: int = KARI, **changes: str) -> Any:
    body = {"contactId": refs[contact], "sequenceId": refs["ingen_kontakt"], "senderEmail": "kari@avonova.example"}
    return hubspot.api("POST", f"{SEQUENCES}/enrollments?userId={user}", body | changes)


def do(hubspot: Caller, what: str, contact: str = "anne", **more: Any) -> dict[str, str]:
    """Something happens to a contact's sequence; its properties after that."""
    body = {"do": what, "sequence": "@ingen_kontakt", **more}
    properties: dict[str, str] = hubspot.sim("POST", f"ui/contacts/@{contact}/sequence", body)["properties"]
    return properties


def of_company(hubspot: Caller, kind: str, refs: dict[str, str]) -> list[dict[str, str]]:
    rows = hubspot.sim("GET", f"state/{kind}")["results"]
    return [row["properties"] for row in rows if refs["fjellbygg"] in row["associations"].get("companies", ())]


class TestTheSequencesApi:
    def test_lists_the_sequences_of_the_user_who_asks(self, hubspot: Caller, refs: dict[str, str]) -> None:
        answer = hubspot.api("GET", f"{SEQUENCES}?userId={KARI}").json()
        assert [row["id"] for row in answer["results"]] == [refs["ingen_kontakt"]]
        assert hubspot.api("GET", f"{SEQUENCES}?userId={OLA}").json()["total"] == 0

    def test_shows_a_sequence_with_its_steps(self, hubspot: Caller, refs: dict[str, str]) -> None:
        shown = hubspot.api("GET", f"{SEQUENCES}/{refs['ingen_kontakt']}?userId={KARI}").json()
        assert [step["actionType"] for step in shown["steps"]] == [
            "EMAIL", "TASK", "EMAIL", "EMAIL", "TASK", "EMAIL", "FINISH_ENROLLMENT",
        ]  # fmt: skip
        assert shown["steps"][1]["taskPattern"]["taskType"] == "CALL"

    def test_enrols_a_contact(self, hubspot: Caller, refs: dict[str, str]) -> None:
        answer = enrol(hubspot, refs)
        assert (answer.status_code, answer.json()["toEmail"]) == (200, "anne@fjellbygg.example")
        shown = hubspot.api("GET", f"{SEQUENCES}/enrollments/contact/{refs['anne']}").json()
        assert shown["id"] == answer.json()["id"]
        assert (shown["sequenceId"], shown["enrolledBy"]) == (refs["ingen_kontakt"], str(KARI))

    @pytest.mark.parametrize("user", ["", "userId=1", f"userId={OLA}"])
    def test_needs_a_user_with_a_seat(self, hubspot: Caller, refs: dict[str, str], user: str) -> None:
        hubspot.sim("POST", "settings", {"sequence_seats": [KARI]})
        answer = hubspot.api("GET", f"{SEQUENCES}/{refs['ingen_kontakt']}?{user}")
        assert answer.status_code == (403 if user else 400)

    def test_refuses_a_contact_who_is_in_a_sequence_already(self, hubspot: Caller, refs: dict[str, str]) -> None:
        enrol(hubspot, refs)
        assert enrol(hubspot, refs).json()["subCategory"] == "Sequences.ALREADY_ENROLLED"

    def test_refuses_whom_it_may_not_write_to(self, hubspot: Caller, refs: dict[str, str]) -> None:
        assert enrol(hubspot, refs, "hanne").json()["subCategory"] == "Sequences.OPTED_OUT"

    def test_refuses_a_sender_who_is_not_the_user(self, hubspot: Caller, refs: dict[str, str]) -> None:
        refused = enrol(hubspot, refs, senderEmail="ola@avonova.example")
        assert refused.json()["subCategory"] == "Sequences.INVALID_SENDER"

    def test_refuses_more_than_an_inbox_may_send_in_a_day(self, hubspot: Caller, refs: dict[str, str]) -> None:
        hubspot.sim("POST", "settings", {"enrolments_per_day": 1})
        assert enrol(hubspot, refs).status_code == 200
        assert enrol(hubspot, refs, "bjorn").json()["subCategory"] == "Sequences.ENROLLMENT_LIMIT"


class TestAContactsSequence:
    def test_shows_on_the_contact_while_it_runs(self, hubspot: Caller, refs: dict[str, str]) -> None:
        seen = do(hubspot, "enrol", at="-150d")
        assert seen["hs_sequences_is_enrolled"] == "true"
        assert seen["hs_latest_sequence_enrolled"] == refs["ingen_kontakt"]
        assert not {"hs_latest_sequence_finished_date", "hs_latest_sequence_ended_date"} & set(seen)

    def test_that_runs_out_has_taken_every_step(self, hubspot: Caller, refs: dict[str, str]) -> None:
        do(hubspot, "enrol", at="-150d")
        seen = do(hubspot, "finish")
        assert seen["hs_sequences_is_enrolled"] == "false"
        assert seen["hs_latest_sequence_finished_date"] == seen["hs_latest_sequence_ended_date"]
        assert "hs_latest_sequence_unenrolled_date" not in seen
        mails = [row for row in of_company(hubspot, "emails", refs) if row.get("hs_sequence_id")]
        calls = [row for row in of_company(hubspot, "tasks", refs) if row.get("hs_task_sequence_step_enrollment_id")]
        assert (len(mails), [row["hs_task_status"] for row in calls]) == (4, ["COMPLETED", "COMPLETED"])

    def test_leaves_a_task_to_whoever_enrolled(self, hubspot: Caller, refs: dict[str, str]) -> None:
        do(hubspot, "enrol")
        do(hubspot, "advance")
        do(hubspot, "advance")
        (task,) = of_company(hubspot, "tasks", refs)
        assert (task["hs_task_status"], task["hubspot_owner_id"]) == ("NOT_STARTED", refs["kari"])

    @pytest.mark.parametrize(
        ("what", "trace"),
        [
            ("reply", "hs_sales_email_last_replied"),
            ("bounce", "hs_email_hard_bounce_reason_enum"),
            ("opt-out", "hs_email_optout"),
            ("unenrol", "hs_latest_sequence_unenrolled_date"),
            ("meeting", "hs_latest_sequence_unenrolled_date"),
            ("call", "hs_latest_sequence_unenrolled_date"),
        ],
    )
    def test_that_is_left_early_has_no_finish(
        self, hubspot: Caller, refs: dict[str, str], what: str, trace: str
    ) -> None:
        do(hubspot, "enrol", at="-30d")
        seen = do(hubspot, what)
        assert seen["hs_latest_sequence_unenrolled_date"] == seen["hs_latest_sequence_ended_date"]
        assert "hs_latest_sequence_finished_date" not in seen
        assert seen[trace]

    def test_that_was_left_may_be_followed_by_another(self, hubspot: Caller, refs: dict[str, str]) -> None:
        do(hubspot, "enrol", at="-30d")
        do(hubspot, "unenrol", at="-20d")
        assert do(hubspot, "enrol")["hs_sequences_enrolled_count"] == "2"

    def test_may_end_without_an_ended_date(self, hubspot: Caller, refs: dict[str, str]) -> None:
        hubspot.sim("POST", "settings", {"sequence_ended_date": False})
        do(hubspot, "enrol")
        assert "hs_latest_sequence_ended_date" not in do(hubspot, "finish")


class TestWebhooksOfSequences:
    def test_tell_of_the_contacts_properties(self, hubspot: Caller, refs: dict[str, str], listener: Listener) -> None:
        do(hubspot, "enrol")
        hubspot.sim("POST", "settings", {"webhook_url": listener.url})
        do(hubspot, "finish")
        told = {event["propertyName"] for event in listener.events(3) if event["objectTypeId"] == "0-1"}
        assert told == {
            "hs_sequences_is_enrolled",
            "hs_latest_sequence_finished_date",
            "hs_latest_sequence_ended_date",
        }

    def test_may_never_come(self, hubspot: Caller, refs: dict[str, str], listener: Listener) -> None:
        hubspot.sim("POST", "settings", {"webhook_url": listener.url, "sequence_webhooks": False})
        do(hubspot, "enrol")
        do(hubspot, "reply")
        told = {event.get("propertyName", "") for box in hubspot.settled_outbox() for event in box["events"]}
        assert not {name for name in told if "sequence" in name}
