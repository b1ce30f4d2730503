"""A store of customers' words in memory. The contract suite keeps it true to the real one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from kundeflyt.domain.inbound import InboundSms
from kundeflyt.ports.failures import Done, Outcome
from tests.fakes.failing import FailurePlan


class FakeInbox(FailurePlan):
    """Implements Inbox; `waiting` is what has not been erased, by mark."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[str, InboundSms] = {}

    def put(self, mark: str, letter: InboundSms) -> None:
        """Lets a message wait."""
        self.waiting[mark] = letter

    def letters(self, marks: Collection[str]) -> Mapping[str, InboundSms]:
        """The messages that wait under these marks."""
        self.ask("letters")
        return {mark: self.waiting[mark] for mark in marks if mark in self.waiting}

    def all_letters(self) -> Mapping[str, InboundSms]:
        """Everything that waits."""
        self.ask("all_letters")
        return dict(self.waiting)

    def erase(self, marks: Sequence[str]) -> Sequence[Outcome]:
        """Erases what waits."""
        return [self.row("erase", partial(self._erase, mark)) for mark in marks]

    def _erase(self, mark: str) -> Outcome:
        self.waiting.pop(mark, None)
        return Done(result=mark)
