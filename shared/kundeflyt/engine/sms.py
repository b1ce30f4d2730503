"""Text messages: the one effect that reaches a real person at once, so everything is checked at the last moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.domain.actions import NoteReceipt, SendSms, SettleSend
from kundeflyt.domain.delivery import Delivery, Receipt, SentSms, action_behind, number_claim, reference_of
from kundeflyt.domain.rules import BlastGuard
from kundeflyt.domain.sms_text import measure
from kundeflyt.domain.wording import moment_in_words
from kundeflyt.engine.brake import Brake, Counters, hour_of
from kundeflyt.engine.step import OneByOne, Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Outcome, Refused, TryLater, Unsure
from kundeflyt.ports.ledger import ActionKey
from kundeflyt.ports.writers import Finding, Sms

ANSWERED_WITHIN: Final = timedelta(days=731)
"""So long a customer who writes to us is known by the message they answer."""


class SmsSender:
    """Sends a message only if it is not too late, not unwanted, not a second one, and not one of a flood.

    Checked at the moment of sending, in this order: the message's own deadline, whether we would still send it
    (opted out, reached, another number, other rules since), whether the contact has been erased, suppression, the
    claim on the number (000-22, 000-33: one message about a missed call, whoever called), and the blast guard.
    """

    def __init__(self, flow: str, ports: Ports, guard: BlastGuard) -> None:
        self._ports = ports
        self._guard = guard
        self._brake = Brake(flow, ports, what="SMS")

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """Hands the messages that pass to the vendor; gives back what was claimed for those that did not go."""
        now = self._ports.clock()
        outcomes: dict[int, Outcome | Stop] = {}
        wanted: list[int] = []
        try:
            unwelcome = self._unwelcome(steps)
        except TryLater as failure:
            return [failure] * len(steps)
        for place, step in enumerate(steps):
            why_not = self._why_not(step, unwelcome.get(place), now)
            if why_not is None:
                wanted.append(place)
            else:
                outcomes[place] = why_not
        stopped = self._brake.count_all({place: self._counters(steps[place], now) for place in wanted}, now)
        for place, stop in stopped.items():
            outcomes[place] = self._stopped(steps[place], stop)
        passed = [place for place in wanted if place not in stopped]
        cleared = [place for place in passed if self._remembered(place, steps[place], now, outcomes)]
        if cleared:
            answers = self._ports.sms.send([_message(steps[place]) for place in cleared])
            outcomes |= dict(zip(cleared, answers, strict=True))
        self._give_back([steps[place] for place in passed if isinstance(outcomes[place], Refused | TryLater)], now)
        return [outcomes[place] for place in range(len(steps))]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Asks our own memory first, then the vendor: who sent a receipt has the message, whatever a look-up says."""
        references = [_reference(step) for step in steps]
        try:
            sent = self._ports.ledger.sent_sms(references)
        except TryLater as failure:
            return [failure] * len(steps)
        told = {reference for reference in references if reference in sent and sent[reference].delivery.heard}
        asked = [step for step in steps if _reference(step) not in told]
        found = dict(zip(map(_reference, asked), self._ask_for(asked), strict=True))
        return [found[reference] if reference in found else Done(result=reference) for reference in references]

    def _ask_for(self, steps: Sequence[Step]) -> Sequence[Finding]:
        if not steps:
            return []
        answers = self._ports.sms.find_sms([_message(step) for step in steps])
        return [
            self._doubt(_reference(step)) or answer if isinstance(answer, Unsure) else answer
            for step, answer in zip(steps, answers, strict=True)
        ]

    def _doubt(self, reference: str) -> Finding:
        """None when it has to stay in doubt; the first receipt will settle it."""
        try:
            return None if self._ports.ledger.doubt_sms(reference) else Done(result=reference)
        except TryLater as failure:
            return failure

    def _unwelcome(self, steps: Sequence[Step]) -> Mapping[int, Refused]:
        """Who of them must get nothing any more, by place: one look at the ledger for all, right before they go."""
        people = [step.stored.plan.contact_id for step in steps]
        hashes = [self._ports.number_hashes(the_action(SendSms, step).to) for step in steps]
        gone = self._ports.ledger.forgotten({person for person in people if person})
        stopped = self._ports.ledger.suppressed({number_hash for some in hashes for number_hash in some})
        unwelcome: dict[int, Refused] = {}
        for place, (person, some) in enumerate(zip(people, hashes, strict=True)):
            if person in gone:
                unwelcome[place] = Refused("kontakten er slettet av personvernhensyn")
            elif not stopped.isdisjoint(some):
                unwelcome[place] = Refused("mottakeren har bedt om ikke å få SMS")
        return unwelcome

    def _why_not(self, step: Step, unwelcome: Refused | None, now: datetime) -> Outcome | None:
        """None when it may go, as far as it alone is concerned.

        A ledger that does not answer here means certainly not sent: nobody need look.
        """
        try:
            why_not = self._too_late(step, now) or unwelcome or self._claim(step, now)
            if why_not is not None:
                # Also what an earlier try has claimed and not used: nothing is sent, and the next caller's SMS may go.
                self._drop_claims(step)
        except TryLater as failure:
            return failure
        return why_not

    def _too_late(self, step: Step, now: datetime) -> Refused | None:
        action = the_action(SendSms, step)
        if now > action.latest:
            return Refused(f"den ikke kunne sendes før kontakttiden var over {moment_in_words(action.latest)}")
        if action.to not in step.recipients_now:
            return Refused("noe er endret siden det ble bestemt, så den skal ikke sendes likevel")
        return None

    def _claim(self, step: Step, now: datetime) -> Refused | None:
        """Under every key of a rotation, so that a new key does not open for a second message."""
        action = the_action(SendSms, step)
        for number_hash in self._ports.number_hashes(action.to):
            standing = self._ports.ledger.claim(
                number_claim(number_hash),
                holder=str(step.key),
                now=now,
                until=now + timedelta(hours=action.once_per_hours),
                known_until=now + ANSWERED_WITHIN,
            )
            if standing:
                return Refused(f"nummeret alt fikk en SMS om et ubesvart anrop {moment_in_words(standing.taken_at)}")
        return None

    def _counters(self, step: Step, now: datetime) -> Counters:
        hour = hour_of(now)
        owner = the_action(SendSms, step).owner_id
        return [
            (f"sms/{hour}", self._guard.sms_per_hour),
            (f"sms/{hour}/owner/{owner}", self._guard.sms_per_hour_per_adviser),
        ]

    def _stopped(self, step: Step, stop: Stop | TryLater) -> Outcome | Stop:
        """The number is free for whoever is texted while this one waits; not when it comes back in a moment."""
        if isinstance(stop, Stop):
            try:
                self._drop_claims(step)
            except TryLater as failure:
                return failure
        return stop

    def _give_back(self, steps: Sequence[Step], now: datetime) -> None:
        """What was claimed and counted for messages that did not go."""
        if not steps:
            return
        try:
            for step in steps:
                self._drop_claims(step)
            self._brake.uncount_all([self._counters(step, now) for step in steps])
        except TryLater:
            # What became of the others must be written down all the same. Too much claimed or counted texts fewer.
            return

    def _remembered(self, place: int, step: Step, now: datetime, outcomes: dict[int, Outcome | Stop]) -> bool:
        """Before it is sent: a receipt or a reply may be here before the vendor's answer is."""
        if action_behind(_reference(step)):
            return True  # the plan and the start that are on record already tell of it
        try:
            self._remember(step, now)
        except TryLater as failure:
            outcomes[place] = failure
            return False
        return True

    def _remember(self, step: Step, now: datetime) -> None:
        action, plan = the_action(SendSms, step), step.stored.plan
        sent = SentSms(
            reference=_reference(step),
            flow=step.key.flow,
            subject=step.key.subject,
            action=step.key.name,
            contact_id=plan.contact_id,
            company_id=plan.company_id,
            owner_id=action.owner_id,
            at=now,
            delivery=Delivery(parts=measure(action.text).parts),
        )
        self._ports.ledger.note_sms(sent, number_hash=self._ports.number_hashes(action.to)[0])

    def _drop_claims(self, step: Step) -> None:
        for number_hash in self._ports.number_hashes(the_action(SendSms, step).to):
            self._ports.ledger.drop_claim(number_claim(number_hash), holder=str(step.key))


class ReceiptNoter(OneByOne):
    """Keeps what the vendor says became of our messages; `Done.result` is how the message stands now."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action = the_action(NoteReceipt, step)
        receipt = Receipt(part=action.part, status=action.status)
        delivery = self._ports.ledger.note_receipt(action.reference, receipt)
        if delivery is None:
            return Refused("vi har ingen slik SMS")
        if delivery.doubted and not action.doubted:
            return TryLater(f"the sending of SMS {action.reference} has come into doubt", after=timedelta(seconds=1))
        if not delivery.bears_out(receipt):
            return Refused(f"ITX har sagt noe annet før: del {action.part} {delivery.heard.get(action.part)}")
        return Done(result=delivery.state)


class SendSettler(OneByOne):
    """Writes down that a message did go, when the vendor's word of it is the first we hear.

    Waits for a worker who is still at the sending.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action = the_action(SettleSend, step)
        sending = ActionKey(flow=action.flow, subject=action.subject, name=action.send)
        if self._ports.ledger.settle(sending, now=self._ports.clock(), result=str(step.key)):
            return Done(result=str(sending))
        return TryLater(f"{sending} is being done by another worker", after=timedelta(seconds=5))


def _reference(step: Step) -> str:
    return reference_of(str(step.key))


def _message(step: Step) -> Sms:
    action = the_action(SendSms, step)
    return Sms(
        reference=_reference(step),
        to=action.to,
        text=action.text,
        sender=action.sender,
        valid_until=action.valid_until,
    )
