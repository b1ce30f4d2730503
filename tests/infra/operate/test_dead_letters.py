"""What operations sees of messages that were set aside, and how they come back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.operate.connection import Connection
from kundeflyt.domain.events import CALL_LOGGED, Event
from tests.infra.operate.stack import PORTAL, Ops

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
UNREADABLE = "call +47 912 34 567 back"


def body_of(call: int) -> str:
    event = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=call, occurred_at=NOW, received_at=NOW)
    return json.dumps({"detail-type": CALL_LOGGED, "detail": event.to_json()})


def set_aside(ops: Ops, body: str, **attributes: str) -> str:
    sent = ops.client("sqs").send_message(
        QueueUrl=ops.outputs["NoAnswerDeadLetterUrl"],
        MessageBody=body,
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )
    return str(sent["MessageId"])


def waiting(ops: Ops, queue: str) -> list[str]:
    """What can be taken from a queue at this moment."""
    answer: dict[str, Any] = ops.client("sqs").receive_message(
        QueueUrl=ops.outputs[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [message["Body"] for message in answer.get("Messages", [])]


class BrokenOffBeforeDeleting:
    """An AWS client whose user presses Ctrl-C before a message is deleted."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name == "delete_message":
            raise KeyboardInterrupt
        return getattr(self._client, name)


@pytest.fixture
def letters(ops: Ops) -> dict[str, str]:
    """One message that could not be done, one that could not be delivered, one that nobody can read."""
    return {
        "done": set_aside(ops, body_of(1), reason="not done in 10 hours: HubSpot is silent"),
        "lost": set_aside(ops, body_of(2), ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="not authorised"),
        "unreadable": set_aside(ops, UNREADABLE, reason="the message is not JSON"),
    }


class TestTheList:
    @pytest.mark.usefixtures("letters")
    def test_counts_them_by_flow(self, ops: Ops) -> None:
        counted = ops("dead-letters", "list", "--json").json["dead_letters"]
        assert counted == {"no_answer": 3, "sms_inbound": 0, "sms_receipt": 0}


class TestShowing:
    def test_gives_each_with_its_reason_and_leaves_it_there(self, ops: Ops, letters: dict[str, str]) -> None:
        said = ops("dead-letters", "show", "no_answer")
        assert said.status == 0
        assert f"CallLogged {PORTAL}/1" in said.out
        assert "not done in 10 hours: HubSpot is silent" in said.out
        assert "NO_PERMISSIONS not authorised" in said.out
        assert letters["unreadable"] in said.out
        assert len(waiting(ops, "NoAnswerDeadLetterUrl")) == 3

    @pytest.mark.usefixtures("letters")
    def test_shows_no_digit_of_what_nobody_can_read(self, ops: Ops) -> None:
        assert "call +•• ••• •• ••• back" in ops("dead-letters", "show", "no_answer").out
        # Message ids are chance, and may hold any three digits.
        assert not re.search(r"912 ?34 ?567", ops("dead-letters", "show", "no_answer", "--json").out)

    def test_of_one_that_killed_its_function_says_where_to_look(self, ops: Ops) -> None:
        set_aside(ops, body_of(3))
        assert "crashed or ran out of time at every try" in ops("dead-letters", "show", "no_answer").out


class TestRedriving:
    @pytest.mark.usefixtures("letters")
    def test_brings_back_what_can_be_read_and_leaves_the_rest(self, ops: Ops) -> None:
        said = ops("dead-letters", "redrive", "no_answer")
        assert said.status == 0
        assert "2 brought back to no_answer, 1 left." in said.out
        assert sorted(waiting(ops, "NoAnswerQueueUrl")) == sorted([body_of(1), body_of(2)])
        assert waiting(ops, "NoAnswerDeadLetterUrl") == [UNREADABLE]

    def test_brings_back_only_the_one_that_is_named(self, ops: Ops, letters: dict[str, str]) -> None:
        said = ops("dead-letters", "redrive", "no_answer", "--id", letters["lost"], "--json")
        assert [one["id"] for one in said.json["redriven"]] == [letters["lost"]]
        assert waiting(ops, "NoAnswerQueueUrl") == [body_of(2)]
        assert len(waiting(ops, "NoAnswerDeadLetterUrl")) == 2

    def test_of_one_that_is_not_there_is_told_so(self, ops: Ops) -> None:
        said = ops("dead-letters", "redrive", "no_answer", "--id", "nobody")
        assert said.status == 1
        assert "no message nobody" in said.err

    @pytest.mark.usefixtures("letters")
    def test_loses_nothing_when_it_is_broken_off(self, ops: Ops) -> None:
        """A message is on its queue before it is deleted: twice there is harmless, nowhere is not."""
        connected = Connection.client
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(Connection, "client", lambda self, name: BrokenOffBeforeDeleting(connected(self, name)))
            assert ops("dead-letters", "redrive", "no_answer").status == 130
        assert len(waiting(ops, "NoAnswerQueueUrl")) == 1
        assert ops("dead-letters", "list", "--json").json["dead_letters"]["no_answer"] == 3
