"""What operations sees of nightly sweeps, and that it can start one by day."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.operate import sweeps
from kundeflyt.domain.events import Event
from kundeflyt.domain.sweeps import Sweep
from tests.infra.operate.stack import PORTAL, Ops

NOW = datetime(2026, 11, 23, 0, 5, tzinfo=UTC)
SWEEP = Sweep(
    name="no-answer",
    subject=f"{PORTAL}/no-answer-2026-11-23",
    begun_at=NOW,
    moved_at=NOW,
    round=3,
    cursor="77",
    counts={"Compared": 600},
)


@pytest.fixture
def at_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flow of the stack's that sweeps."""
    folder = tmp_path / "functions" / "no_answer"
    folder.mkdir(parents=True)
    (folder / "listens.json").write_text('["CallLogged", "NightFell"]')
    monkeypatch.setattr(sweeps, "ROOT", tmp_path)


@pytest.mark.usefixtures("at_night")
class TestStart:
    def test_puts_the_night_on_the_flow_s_queue(self, ops: Ops) -> None:
        said = ops("sweeps", "start", "no_answer", "--json")

        [message] = ops.client("sqs").receive_message(QueueUrl=ops.outputs["NoAnswerQueueUrl"])["Messages"]
        event = Event.from_json(json.loads(message["Body"])["detail"])
        assert event.about.startswith("no-answer-by-hand-")
        assert (event.name, event.portal_id, event.bulk, event.round) == ("NightFell", PORTAL, True, 0)
        assert said.json["subject"] == event.subject

    def test_may_name_another_of_the_flow_s_sweeps(self, ops: Ops) -> None:
        assert "/evaluation-by-hand-" in ops("sweeps", "start", "no_answer", "--sweep", "evaluation").out


class TestAFlowThatDoesNotSweep:
    def test_is_not_started(self, ops: Ops) -> None:
        said = ops("sweeps", "start", "no_answer")

        assert said.status == 1
        assert "does nothing at night: it listens to CallLogged" in said.err


@pytest.mark.usefixtures("at_night")
class TestShow:
    def test_says_how_far_it_has_come(self, ops: Ops) -> None:
        ops.ledger().note_sweep("no_answer", SWEEP, seen=None)

        rows = dict(line.split(maxsplit=1) for line in ops("sweeps", "show", "no_answer").out.splitlines()[1:])

        assert rows == {
            "subject": SWEEP.subject,
            "begun": "2026-11-23 00:05:00Z",
            "moved": "2026-11-23 00:05:00Z",
            "state": "running",
            "cursor": "77",
            "Compared": "600",
        }

    def test_says_when_there_was_none(self, ops: Ops) -> None:
        said = ops("sweeps", "show", "no_answer")

        assert (said.status, "has never had a sweep no-answer" in said.err) == (1, True)
