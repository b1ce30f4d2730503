"""What nightly sweeps have in common: how far one has come, and the pages of those that ask what has happened since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.domain.actions import Action, GoOn, LookAt, NoteSweep
from kundeflyt.domain.events import Event
from kundeflyt.domain.sweeps import Sweep, SweepEnd

STUCK: Final = timedelta(hours=2)
"""A sweep that has not moved for so long is nobody's any more, and tonight's goes on from where it was."""


@dataclass(frozen=True, kw_only=True)
class Night:
    """How far the sweep had come when a delivery of tonight's event looked.

    `since` is where its page begins, None when there is none for it to walk; `walked` says that its page has been
    walked, else another sweep is at it.
    """

    last: Sweep | None
    since: datetime | None = None
    walked: bool = False


def night(event: Event, last: Sweep | None, *, first: datetime, overlap: timedelta, now: datetime) -> Night:
    """A page begins where the last one ended, tonight's first an `overlap` before where the last night ended.

    The very first one begins at `first`. Searches may lag, so what is seen twice is no harm.
    """
    if last is None:
        return Night(last=None, since=first)
    if last.subject == event.subject:
        if last.ended or last.round >= event.round:
            return Night(last=last, walked=True)
        return Night(last=last, since=datetime.fromisoformat(last.cursor))
    if not last.ended and now - last.moved_at < STUCK:
        return Night(last=last)
    return Night(last=last, since=datetime.fromisoformat(last.cursor) - overlap)


def asked_again(event: Event, here: Night) -> tuple[GoOn, ...]:
    """Whoever walked this page may have died before asking for the next one: it is asked for again."""
    last = here.last
    newest = here.walked and last is not None and not last.ended and last.round == event.round
    return (go_on(event),) if newest else ()


def go_on(event: Event, note: NoteSweep | None = None) -> GoOn:
    """The next page, once this one is noted."""
    return GoOn(name=f"go-on-{event.round}", after=(note.name,) if note else ())


def tonights(event: Event, last: Sweep | None) -> Sweep | None:
    """The sweep as tonight's earlier pages left it; None while it stands where another night did."""
    return last if last and last.subject == event.subject else None


def begun_at(event: Event, here: Night, now: datetime) -> datetime:
    """When tonight's sweep began."""
    tonight = tonights(event, here.last)
    return tonight.begun_at if tonight else now


def noted(
    event: Event,
    last: Sweep | None,
    *,
    name: str,
    cursor: str,
    now: datetime,
    counted: Mapping[str, int] | None = None,
    ended: SweepEnd | None = None,
) -> NoteSweep:
    """How far this delivery brings the sweep; what it `counted` is a metric each, and adds to the night's totals."""
    tonight = tonights(event, last)
    totals = Counter(tonight.counts if tonight else {})
    totals.update(counted or {})
    return NoteSweep(
        name=f"page-{event.round}",
        sweep=Sweep(
            name=name,
            subject=event.subject,
            begun_at=tonight.begun_at if tonight else now,
            moved_at=now,
            round=event.round,
            cursor=cursor,
            counts=dict(totals),
            ended=ended,
        ),
        seen=last,
        counted=dict(counted or {}),
    )


def page(
    event: Event,
    here: Night,
    *,
    name: str,
    found: Mapping[int, datetime],
    counted: str,
    look: str,
    cursor: datetime,
    more: bool,
    now: datetime,
) -> tuple[Action, ...]:
    """Each record found is looked at by itself (an event called `look`), the page is noted, and the next asked for.

    `cursor` is how far the page reaches, `counted` the metric for how many it held.
    """
    note = noted(
        event,
        here.last,
        name=name,
        cursor=cursor.isoformat(),
        now=now,
        counted={counted: len(found)},
        ended=None if more else "finished",
    )
    looks = (LookAt(name=f"look-{event.round}", event=look, records=found),) if found else ()
    return (*looks, note, *((go_on(event, note),) if more else ()))
