"""A contact's sequence: when it was over, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kundeflyt.domain.review import Ending, Entry


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """The sequence a contact was last enrolled in. Dates may be of an earlier one: those before `enrolled_at` are.

    `finished_at` is when a sequence last ran out, `left_at` when one was last left early, `ended_at` either.
    `replied_at` is the contact's last reply to a sequence; `bounced` and `opted_out` say that no e-mail reaches them.
    """

    contact_id: int
    sequence_id: int
    enrolled_at: datetime
    running: bool
    finished_at: datetime | None = None
    left_at: datetime | None = None
    ended_at: datetime | None = None
    replied_at: datetime | None = None
    bounced: bool = False
    opted_out: bool = False

    @property
    def mark(self) -> str:
        """What tells one enrolment of a contact from the next: which sequence, and since when."""
        return f"{self.sequence_id}-{int(self.enrolled_at.timestamp())}"

    @property
    def over_at(self) -> datetime | None:
        """When it ended; None while it runs, and while no date says so."""
        if self.running:
            return None
        return max(self._since_enrolment(self.finished_at, self.left_at, self.ended_at), default=None)

    @property
    def ran_out(self) -> bool:
        """Every step was taken: it finished, and was not left after that."""
        finished = self._since_enrolment(self.finished_at)
        return bool(finished) and not any(left > finished[0] for left in self._since_enrolment(self.left_at))

    def how(self, entries: Iterable[Entry]) -> Ending:
        """Told apart by comparing dates with the enrolment, since HubSpot keeps no reason.

        Left early with a reply, a meeting or a call since is *replied*, whoever at the customer it was; an opt-out goes
        before it, since nobody may write to them any more, and a reply before a bounce, since it has arrived.
        """
        if self.ran_out:
            return "finished"
        if self.opted_out:
            return "opted_out"
        if self._since_enrolment(self.replied_at) or any(
            one.response and one.at >= self.enrolled_at for one in entries
        ):
            return "replied"
        return "bounced" if self.bounced else "left"

    def _since_enrolment(self, *moments: datetime | None) -> list[datetime]:
        return [at for at in moments if at and at >= self.enrolled_at]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Something that came from a customer, or that they took part in, and the companies it is about."""

    entry: Entry
    companies: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TriedPage:
    """Customers who were written to, and when last. `seen_until` is how far the page reaches.

    `more` says that another page begins there.
    """

    tried: Mapping[int, datetime]
    seen_until: datetime
    more: bool


@dataclass(frozen=True, kw_only=True)
class EndedPage:
    """Contacts whose sequence has ended, and when. `until` is where the next page begins, None behind the last."""

    ended: Mapping[int, datetime]
    until: datetime | None
