"""An SMS vendor in memory. The contract suite keeps it true to the real adapter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kundeflyt.ports.failures import Done, Outcome, Refused, Unsure
from kundeflyt.ports.writers import Finding, Sms
from tests.fakes.failing import FailurePlan


class FakeSms(FailurePlan):
    """Implements SmsWriter. `outbox` holds every message that went out, in order.

    Without `honours_references` a repeated send goes out again; without `has_lookup` nobody can ask.
    """

    def __init__(self, *, honours_references: bool = True, has_lookup: bool = True) -> None:
        super().__init__()
        self.outbox: list[Sms] = []
        self.honours_references = honours_references
        self.has_lookup = has_lookup
        self.refused_numbers: dict[str, str] = {}

    def send(self, messages: Sequence[Sms]) -> Sequence[Outcome]:
        """Hands each message over once."""
        self.asked["send"] += 1
        return [self.row("send", partial(self._accept, message)) for message in messages]

    def find_sms(self, messages: Sequence[Sms]) -> Sequence[Finding]:
        """The messages that went out."""
        self.asked["find_sms"] += 1
        return [self.row("find_sms", partial(self._find, message)) for message in messages]

    def _accept(self, message: Sms) -> Outcome:
        if reason := self.refused_numbers.get(message.to):
            return Refused(reason)
        if self.honours_references and (sent := self._sent(message.reference)):
            return sent
        self.outbox.append(message)
        return Done(result=f"sms-{message.reference}")

    def _find(self, message: Sms) -> Finding:
        if not self.has_lookup:
            return Unsure(f"SMS {message.reference}: the vendor has no look-up")
        return self._sent(message.reference)

    def _sent(self, reference: str) -> Done | None:
        known = any(message.reference == reference for message in self.outbox)
        return Done(result=f"sms-{reference}") if known else None
