"""The Lambda door of the No Answer routine."""

from __future__ import annotations

from pathlib import Path

from kundeflyt.engine.flow import Flow
from kundeflyt.entry.queue import queue_handler
from no_answer.case import NAME
from no_answer.facts import gather
from no_answer.plan import basis, plan
from no_answer.rules import NoAnswerRules

handle = queue_handler(
    Flow(name=NAME, rules=NoAnswerRules, gather=gather, basis=basis, plan=plan),
    texts=Path(__file__).parent / "texts",
)
