"""What operations sees of held events, and is told when it lets them go."""

from __future__ import annotations

from datetime import UTC, datetime

from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.ledger import Held
from tests.infra.operate.stack import PORTAL, Ops

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
EVENT = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=300_000_000_001, occurred_at=NOW, received_at=NOW)


def hold(ops: Ops) -> None:
    ops.ledger().hold("no_answer", Held(id="one", event=EVENT, reason="flyten står på vent i reglene", held_at=NOW))


class TestTheList:
    def test_names_the_record_the_flow_and_the_reason(self, ops: Ops) -> None:
        hold(ops)
        said = ops("held", "list")
        assert said.status == 0
        row = said.out.splitlines()[1]
        assert row.split(maxsplit=5)[2:] == [
            "no_answer",
            "CallLogged",
            f"{PORTAL}/300000000001",
            "flyten står på vent i reglene",
        ]

    def test_tells_machines_the_same(self, ops: Ops) -> None:
        hold(ops)
        [held] = ops("held", "list", "no_answer", "--json").json["held"]
        assert (held["subject"], held["held_at"]) == (f"{PORTAL}/300000000001", NOW.isoformat())

    def test_says_why_a_flow_has_stopped_itself(self, ops: Ops) -> None:
        ops.ledger().stop_flow("no_answer", reason="grensen er nådd", now=NOW)
        assert "no_answer has stopped itself: grensen er nådd" in ops("held", "list").out

    def test_of_a_flow_nobody_has_is_refused_with_those_there_are(self, ops: Ops) -> None:
        said = ops("held", "list", "owner_exchange")
        assert (said.status, said.out) == (1, "")
        assert "no_answer, sms_inbound, sms_receipt" in said.err


class TestRelease:
    def test_puts_the_event_back_and_says_to_look_once_more(self, ops: Ops) -> None:
        """A worker that read `hold` a moment ago holds one more after the release."""
        hold(ops)
        said = ops("held", "release", "no_answer")
        released, again = said.out.splitlines()
        assert released == "1 released, 8 a minute."
        assert again.startswith("List again in a minute")
        assert ops.ledger().held("no_answer") == []
        [message] = ops.client("sqs").receive_message(QueueUrl=ops.outputs["NoAnswerQueueUrl"])["Messages"]
        assert '"record_id": 300000000001' in message["Body"]

    def test_is_refused_while_the_rules_say_hold(self, ops: Ops) -> None:
        hold(ops)
        ops.put_rules("no_answer", '{"mode": "hold"}')
        said = ops("held", "release", "no_answer")
        assert said.status == 1
        assert "Nothing was released" in said.err
        assert len(ops.ledger().held("no_answer")) == 1
