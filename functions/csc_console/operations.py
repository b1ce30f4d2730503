"""The state of the flows, and what operations may do about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from pydantic import BaseModel

from csc_console.companies import bad_cursor
from csc_console.operations_views import (
    AllRules,
    Changes,
    ChangeView,
    DeadLetters,
    DeadLetterView,
    Errors,
    ErrorView,
    Flows,
    FlowView,
    HeldEvents,
    HeldView,
    Redriven,
    Released,
    RollBack,
    RulesVersion,
    RulesView,
)
from csc_console.problems import ProblemError
from csc_console.visit import Visit
from kundeflyt.adapters.aws.rules_history import complaint, earlier, newest_good
from kundeflyt.domain.phones import with_numbers_masked
from kundeflyt.domain.rules import FlowRules
from kundeflyt.ports.history import BadCursorError
from kundeflyt.ports.operations import DeadLetter, RulesAsPut

MOST_HELD = 200
MOST_ERRORS = 100


def flows(here: Visit) -> Flows:
    """Every flow: on, hold or shadow, and what waits."""
    return Flows(flows=tuple(_flow(here, name) for name in here.ports.flows.names), as_of=here.now)


def held(here: Visit, flow: str) -> HeldEvents:
    """The events that wait because the flow is on hold."""
    waiting = here.ports.flows.held(_known(here, flow))
    return HeldEvents(
        flow=flow,
        total=len(waiting),
        held=tuple(
            HeldView(
                id=one.id,
                event=one.event.name,
                subject=one.event.subject,
                reason=one.reason,
                received_at=one.event.received_at,
                held_at=one.held_at,
            )
            for one in waiting[:MOST_HELD]
        ),
    )


def release(here: Visit, flow: str) -> Released:
    """Lets everything go that a flow holds; refused while its rules do not let it act."""
    rules = _in_force(here, _known(here, flow))
    if rules is None or rules.mode != "on":
        raise ProblemError("on_hold", about=flow)
    return Released(flow=flow, released=here.ports.flows.release(flow, rules), per_minute=rules.release_per_minute)


def dead_letters(here: Visit, flow: str) -> DeadLetters:
    """The messages that a flow has set aside."""
    return DeadLetters(
        flow=flow, dead_letters=tuple(map(_letter, here.ports.flows.dead_letters(_known(here, flow)).all()))
    )


def redrive(here: Visit, flow: str, ids: tuple[str, ...] | None) -> Redriven:
    """Brings messages back to their queue; says which of those named were not there."""
    done = here.ports.flows.dead_letters(_known(here, flow)).redrive(ids, now=here.now)
    gone = {letter.id for letter in done.gone}
    return Redriven(
        flow=flow,
        redriven=tuple(map(_letter, done.gone)),
        left=tuple(map(_letter, done.left)),
        missing=tuple(id_ for id_ in ids or () if id_ not in gone),
    )


def errors(here: Visit, hours: int) -> Errors:
    """What operations was told lately."""
    since = here.now - timedelta(hours=hours)
    lines = here.ports.flows.troubles(since=since, most=MOST_ERRORS)
    return Errors(
        since=since,
        errors=tuple(
            ErrorView(at=line.at, service=line.service, level=line.level, what=line.what, about=dict(line.about))
            for line in lines
        ),
    )


def all_rules(here: Visit) -> AllRules:
    """The rules of every function, the newest version and the one in force."""
    found = [_rules(name, _versions(here, name), here.ports.rule_models[name], short=True) for name in _ruled(here)]
    return AllRules(rules=tuple(found))


def rules(here: Visit, name: str) -> RulesView:
    """Every version of the rules that is remembered."""
    return _rules(name, _versions(here, name), here.ports.rule_models[name], short=False)


def roll_back(here: Visit, name: str, back: RollBack) -> RulesView:
    """Puts an earlier version in force again, unless somebody has put rules since the person looked."""
    found, model = _versions(here, name), here.ports.rule_models[name]
    if found[0].version != back.version:
        raise ProblemError("outdated", version=found[0].version)
    chosen = earlier(found, model, to=back.to)
    if chosen is None:
        raise ProblemError("not_possible_now")
    here.ports.rules.put(name, chosen.text)
    return rules(here, name)


def changes(here: Visit, *, cursor: str | None, size: int) -> Changes:
    """Who has changed what through the console."""
    try:
        page = here.ports.changes.newest(cursor=cursor, size=size)
    except BadCursorError:
        raise bad_cursor() from None
    return Changes(
        changes=tuple(
            ChangeView(at=one.at, by=one.by, operation=one.operation, about=dict(one.about), outcome=one.outcome)
            for one in page.changes
        ),
        next=page.next,
    )


def _known(here: Visit, flow: str) -> str:
    if flow not in here.ports.flows.names:
        raise ProblemError("no_such_record", about=flow)
    return flow


def _ruled(here: Visit) -> Sequence[str]:
    return ["common", *here.ports.flows.ruled]


def _versions(here: Visit, name: str) -> Sequence[RulesAsPut]:
    try:
        if name in _ruled(here):
            return here.ports.rules.versions(name)
    except LookupError:
        pass
    raise ProblemError("no_such_record", about=name)


def _in_force(here: Visit, flow: str) -> FlowRules | None:
    found = newest_good(_versions(here, flow), here.ports.rule_models[flow])
    return found[1] if found and isinstance(found[1], FlowRules) else None


def _flow(here: Visit, name: str) -> FlowView:
    waiting = len(here.ports.flows.held(name))
    stopped = here.ports.flows.stopped(name)
    dead = here.ports.flows.dead_letters(name).count()
    try:
        found = _versions(here, name)
    except ProblemError:
        return FlowView(
            name=name, mode=None, stopped_because=stopped, held=waiting, dead_letters=dead, rules_problem="is missing"
        )
    model = here.ports.rule_models[name]
    good = newest_good(found, model)
    return FlowView(
        name=name,
        mode=good[1].mode if good and isinstance(good[1], FlowRules) else None,
        stopped_because=stopped,
        held=waiting,
        dead_letters=dead,
        rules_version=good[0].version if good else None,
        rules_problem=complaint(found[0].text, model),
    )


def _letter(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        id=letter.id,
        set_aside_at=letter.set_aside_at,
        reason=with_numbers_masked(letter.reason),
        event=letter.event.name if letter.event else None,
        subject=letter.event.subject if letter.event else None,
    )


def _rules(name: str, found: Sequence[RulesAsPut], model: type[BaseModel], *, short: bool) -> RulesView:
    good = newest_good(found, model)
    shown = [one for one in found if not short or one is found[0] or (good and one is good[0])]
    return RulesView(
        name=name,
        in_force=good[0].version if good else None,
        versions=tuple(
            RulesVersion(
                version=one.version,
                put_at=one.put_at,
                by=one.by,
                problem=complaint(one.text, model),
                rules=_readable(one.text),
            )
            for one in shown
        ),
    )


def _readable(text: str) -> dict[str, object] | None:
    """The rules with every phone number masked; None where nobody can read them."""
    try:
        said = json.loads(with_numbers_masked(text))
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
