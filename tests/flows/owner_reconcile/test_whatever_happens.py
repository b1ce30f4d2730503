"""Whatever dies on the way and however often something is delivered: every difference is told, and told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kundeflyt.domain.events import Event
from kundeflyt.engine.flow import Finished
from tests.flows.owner_reconcile.portal import Portal

# What stands on a customer's card, by place; Kari is the owner of all.
MANAGERS = st.sampled_from(["m-kari", "m-per", None])
CUSTOMERS = st.lists(MANAGERS, min_size=1, max_size=7)


class Killed(BaseException):
    """The worker is gone, in the middle of something."""


@dataclass
class Nights:
    """Nights in which the worker dies before those calls of its memory, and messages come twice."""

    portal: Portal
    dies_at: frozenset[int]
    twice: frozenset[int]
    calls: int = 0
    delivered: int = field(default=0)

    def __post_init__(self) -> None:
        self.portal.desk.ledger.before_call = self._call

    def _call(self, _method: str) -> None:
        self.calls += 1
        if self.calls in self.dies_at:
            raise Killed

    def pass_(self) -> None:
        desk = self.portal.desk
        desk.at += timedelta(days=1)
        event: Event | None = self.portal.event()
        while event:
            self._until_done(event)
            if self.delivered in self.twice:
                self._until_done(event)
            event = self.portal.next_of(event)

    def _until_done(self, event: Event) -> None:
        self.delivered += 1
        for _ in range(100):
            try:
                if self.portal.hears(event) == Finished():
                    return
            except Killed:
                pass
            # Nobody else takes on what a worker has begun before it can no longer be at it.
            self.portal.desk.at += self.portal.desk.ports().lease + timedelta(seconds=1)
        raise AssertionError("the page never comes to its end")


class TestEveryDifference:
    @settings(max_examples=120, deadline=None)
    @given(
        before=CUSTOMERS,
        after=st.lists(MANAGERS, min_size=7, max_size=7),
        page=st.integers(1, 4),
        dies_at=st.frozensets(st.integers(1, 160), max_size=12),
        twice=st.frozensets(st.integers(1, 20), max_size=4),
    )
    def test_has_one_open_task_and_nothing_else_has(
        self,
        before: list[str | None],
        after: list[str | None],
        page: int,
        dies_at: frozenset[int],
        twice: frozenset[int],
    ) -> None:
        portal = Portal()
        portal.rules = {"page": page}
        nights = Nights(portal, dies_at, twice)
        for place, manager in enumerate(before):
            portal.customer(place, manager=manager)
        nights.pass_()
        differing = {1000 + place for place, manager in enumerate(before) if manager != "m-kari"}
        assert sorted(task.task.company_id or 0 for task in portal.desk.tasks) == sorted(differing)

        for place, manager in enumerate(after[: len(before)]):
            portal.manager_becomes(place, manager)
        nights.pass_()
        changes = list(zip(before, after, strict=False))
        still = {1000 + place for place, (_, now) in enumerate(changes) if now != "m-kari"}
        told_anew = sum(now not in ("m-kari", then) for then, now in changes)
        assert sorted(task.task.company_id or 0 for task in portal.open_tasks) == sorted(still)
        assert len(portal.desk.tasks) == len(differing) + told_anew
