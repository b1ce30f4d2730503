"""An e-mail vendor in memory. The contract suite keeps it true to the real adapter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kundeflyt.ports.failures import Done, Outcome
from kundeflyt.ports.writers import Mail
from tests.fakes.failing import FailurePlan


class FakeMail(FailurePlan):
    """Implements MailWriter. `outbox` holds every e-mail that went out, in order; the same one twice is two."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox: list[Mail] = []

    def send_mails(self, mails: Sequence[Mail]) -> Sequence[Outcome]:
        """Hands each e-mail over once."""
        self.asked["send_mails"] += 1
        return [self.row("send_mails", partial(self._accept, mail)) for mail in mails]

    def _accept(self, mail: Mail) -> Outcome:
        self.outbox.append(mail)
        return Done(result=f"mail-{len(self.outbox)}")
