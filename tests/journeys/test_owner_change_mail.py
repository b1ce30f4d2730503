"""A customer gets another adviser, and the rules say that the system writes to them."""

from collections.abc import Mapping

import pytest
import requests

from infra.local.cloud import MAIL_SENDER
from infra.local.rules import AT_ONCE
from tests.journeys.road import ROUND_THE_CLOCK, Json, Road, eventually
from tests.journeys.watching import UNTIL_ALL_IS_DONE, all_is_told_and_done, body_of, ids_of, the_only

pytestmark = pytest.mark.journey

FLOW = "owner_change"


def rules(**changes: object) -> Mapping[str, object]:
    return {**AT_ONCE[FLOW], "announce": "send", "contact_hours": ROUND_THE_CLOCK, **changes}


def mails(road: Road) -> list[Json]:
    """The e-mails that SES has taken, in the emulator; other journeys' too."""
    answer = requests.get(f"{road.stack.aws_endpoint_url}/_ministack/ses/messages", timeout=30).json()
    return _messages(answer)


def _messages(answer: object) -> list[Json]:
    match answer:
        case {"MessageId": _}:
            return [answer]  # type: ignore[list-item]
        case dict():
            return [mail for one in answer.values() for mail in _messages(one)]
        case list():
            return [mail for one in answer for mail in _messages(one)]
        case _:
            return []


def logged(road: Road) -> list[Json]:
    """The e-mails of ours on timelines in HubSpot."""
    entries: list[Json] = road.hubspot("state/emails")["results"]
    return [entry for entry in entries if entry["properties"].get("kundeflyt_key")]


def announcement(road: Road) -> Json:
    """The adviser's task about telling the customer."""
    return the_only([task for task in road.tasks("EMAIL") if "ny rådgiver" in task["properties"]["hs_task_subject"]])


def hand_over(road: Road, company: str, owner: str) -> None:
    road.hubspot(f"ui/companies/{company}", {"properties": {"hubspot_owner_id": owner}}, method="PATCH")


def action(road: Road, company: str, start: str) -> Json | None:
    found = [item for name, item in road.ledger(company, FLOW).items() if name.startswith(f"ACTION/{start}")]
    return found[0] if found else None


class TestAnEMailToTheCustomer:
    def test_goes_once_with_the_adviser_for_answers_and_ends_the_task(self, road: Road) -> None:
        before = len(mails(road))
        road.use_rules(owner_change=rules(announce_after_working_days=0))
        company, anne = ids_of(road, "companies")["fjellbygg"], ids_of(road, "contacts")["anne"]

        hand_over(road, company, "@ola")
        eventually(lambda: action(road, company, "task-says-sent"), "the task says so", seconds=UNTIL_ALL_IS_DONE)
        all_is_told_and_done(road)

        mail = the_only(mails(road)[before:])
        [person] = [one for one in road.hubspot("state/contacts")["results"] if one["id"] == anne]
        assert mail["To"] == [person["properties"]["email"]]
        assert MAIL_SENDER in mail["Source"]
        assert "Avonova" in mail["Source"]
        assert mail["Subject"] == "Du har fått ny rådgiver hos Avonova"
        assert "Jeg heter Ola" in mail["BodyText"]

        entry = the_only(logged(road))
        assert entry["associations"] == {"contacts": [anne], "companies": [company]}
        assert entry["properties"]["hs_email_text"] == mail["BodyText"]
        assert "ola@avonova.example" in entry["properties"]["hs_email_headers"]

        task = announcement(road)
        assert task["properties"]["hs_task_status"] == "COMPLETED"
        assert body_of(task).startswith("Systemet sendte e-posten til kunden ")
        sent = action(road, company, "send-ny-radgiver")
        assert sent
        assert (sent["state"], sent["result"]) == ("done", mail["MessageId"])

    def test_does_not_go_when_the_adviser_completes_the_task_first(self, road: Road) -> None:
        before = len(mails(road))
        road.use_rules(owner_change=rules(announce_after_working_days=1))
        company = ids_of(road, "companies")["fjordfisk"]

        hand_over(road, company, "@kari")
        eventually(lambda: action(road, company, "record-"), "the takeover is made", seconds=UNTIL_ALL_IS_DONE)
        all_is_told_and_done(road)
        task = announcement(road)
        assert "så fullfør oppgaven før det. Da sendes den ikke." in body_of(task)
        assert the_only(road.wakes())["ScheduleExpression"].startswith("at(")

        done = {"properties": {"hs_task_status": "COMPLETED"}}
        road.hubspot(f"ui/tasks/{task['id']}", done, method="PATCH")
        # The look that would send comes at once: the rules say that the wait is over.
        road.use_rules(owner_change=rules(announce_after_working_days=0))
        self.comes_back(road)

        reasons = [plan["because"] for plan in road.plans(company, FLOW)]
        assert any(because.endswith("sendes ikke, fordi rådgiveren har fullført oppgaven.") for because in reasons)
        assert len(mails(road)) == before
        assert not logged(road)
        assert action(road, company, "send-ny-radgiver") is None

    @staticmethod
    def comes_back(road: Road) -> None:
        """What is booked comes now."""
        event = the_only(road.wakes())["Target"]["Input"]
        road.stack.client("sqs").send_message(QueueUrl=road.outputs["OwnerChangeQueueUrl"], MessageBody=event)
        all_is_told_and_done(road)
