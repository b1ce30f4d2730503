"""E-mails to customers: as an SMS, one cannot be taken back, and nobody can be asked whether it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kundeflyt.domain.actions import LogEmail, SendEmail
from kundeflyt.domain.rules import BlastGuard
from kundeflyt.domain.wording import moment_in_words
from kundeflyt.engine.brake import Brake, hour_of
from kundeflyt.engine.step import Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Outcome, Refused, TryLater, Unsure
from kundeflyt.ports.writers import EmailEntry, Finding, Mail


class EmailSender:
    """Sends an e-mail only if it is not too late, not unwanted, and not one of a flood.

    Checked at the moment of sending, in this order: the e-mail's own deadline, whether we would still send it
    (somebody has told the customer, another address, other rules since), whether the contact has been erased, and the
    blast guard. One whose end nobody knows is never sent again.
    """

    def __init__(self, flow: str, ports: Ports, guard: BlastGuard) -> None:
        self._ports = ports
        self._guard = guard
        self._brake = Brake(flow, ports, what="e-poster")

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """Hands the e-mails that pass to the vendor; those that did not go are not counted."""
        now = self._ports.clock()
        outcomes: list[Outcome | Stop | None] = [self._ready(step, now) for step in steps]
        cleared = [place for place, outcome in enumerate(outcomes) if outcome is None]
        if cleared:
            answers = self._ports.mail.send_mails([_mail(steps[place]) for place in cleared])
            for place, answer in zip(cleared, answers, strict=True):
                outcomes[place] = answer
                if isinstance(answer, Refused | TryLater):
                    self._brake.uncount(self._counters(steps[place], now))
        return [outcome for outcome in outcomes if outcome is not None]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """There is no look-up by our key: whatever was started and has no end is for a person."""
        return [Unsure(f"e-mail {step.key}: nobody can be asked whether it was sent") for step in steps]

    def _ready(self, step: Step, now: datetime) -> Outcome | Stop | None:
        """None when it may go now. A ledger that does not answer here means certainly not sent: nobody need look."""
        try:
            return self._why_not(step, now)
        except TryLater as failure:
            return failure

    def _why_not(self, step: Step, now: datetime) -> Outcome | Stop | None:
        action = the_action(SendEmail, step)
        if now > action.latest:
            return Refused(f"den ikke kunne sendes før kontakttiden var over {moment_in_words(action.latest)}")
        if action.to not in step.recipients_now:
            return Refused("noe er endret siden det ble bestemt, så den skal ikke sendes likevel")
        if self._ports.ledger.forgotten([action.contact_id]):
            return Refused("kontakten er slettet av personvernhensyn")
        counters = self._counters(step, now)
        # A mistake that reaches everybody stops the flow; one adviser's many customers only take their time.
        return self._brake.count(counters, now, pace=counters[1][0])

    def _counters(self, step: Step, now: datetime) -> list[tuple[str, int]]:
        hour, owner = hour_of(now), the_action(SendEmail, step).owner_id
        return [
            (f"emails/{hour}", self._guard.emails_per_hour),
            (f"emails/{hour}/owner/{owner}", self._guard.emails_per_hour_per_adviser),
        ]


class EmailLogger:
    """Shows a sent e-mail on the timeline; what was not sent is not shown."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for all of them."""
        entries = {place: entry for place, step in enumerate(steps) if (entry := _entry(step))}
        logged = self._ports.timeline.log_emails(list(entries.values())) if entries else []
        outcomes = dict(zip(entries, logged, strict=True))
        not_sent = Refused("e-posten ble ikke sendt, og vises derfor ikke")
        return [outcomes.get(place, not_sent) for place in range(len(steps))]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks for the entries by our keys; what was not sent was not shown either."""
        entries = {place: entry for place, step in enumerate(steps) if (entry := _entry(step))}
        found = self._ports.timeline.find_email_entries(list(entries.values())) if entries else []
        findings = dict(zip(entries, found, strict=True))
        return [findings.get(place) for place in range(len(steps))]


def _mail(step: Step) -> Mail:
    action = the_action(SendEmail, step)
    return Mail(
        key=str(step.key),
        to=action.to,
        subject=action.subject,
        body=action.body,
        sender_name=action.sender_name,
        reply_to=action.reply_to,
        reply_name=action.reply_name,
    )


def _entry(step: Step) -> EmailEntry | None:
    action = the_action(LogEmail, step)
    sent = step.records.get(action.after)
    if sent is None or sent.state != "done":
        return None
    return EmailEntry(
        key=str(step.key),
        subject=action.subject,
        body=action.body,
        to=action.to,
        reply_to=action.reply_to,
        at=sent.ended_at or sent.started_at,
        owner_id=action.owner_id,
        contact_id=action.contact_id,
        company_id=action.company_id,
    )
