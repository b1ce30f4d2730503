"""What a customer's own message sets going: the words on the timeline, a wish honoured, and nothing left behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kundeflyt.domain.actions import EraseWords, LogReply, MarkContact, Suppress
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.engine.step import OneByOne, Repeatable, Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Outcome, Refused, TryLater
from kundeflyt.ports.ledger import Suppression
from kundeflyt.ports.writers import ContactChange, Finding, SmsEntry

FROM_THE_CUSTOMER: Final = "SMS fra kunden:"


class ReplyLogger:
    """Puts what a customer wrote on the timeline; the words come straight from where they wait."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for all of them."""
        try:
            letters = self._ports.inbox.letters({the_action(LogReply, step).letter for step in steps})
        except TryLater as failure:
            return [failure] * len(steps)
        entries: dict[int, SmsEntry] = {}
        for place, step in enumerate(steps):
            if letter := letters.get(the_action(LogReply, step).letter):
                entries[place] = _entry(step, letter)
        logged = self._ports.timeline.log_sms(list(entries.values())) if entries else ()
        outcomes = dict(zip(entries, logged, strict=True))
        gone = Refused("ordene er slettet hos oss; meldingen finnes i ITX")
        return [outcomes.get(place, gone) for place in range(len(steps))]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks for the entries by our keys, which takes no words."""
        return self._ports.timeline.find_sms_entries([_entry(step, None) for step in steps])


class WordsEraser(Repeatable):
    """Erases the words that waited, now that they stand on the timeline."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One call for all of them."""
        return self._ports.inbox.erase([the_action(EraseWords, step).letter for step in steps])


class Suppressor(OneByOne):
    """Sees to it that somebody who has said stop gets no more text messages, from any flow.

    It stands in our own ledger: no vendor has to be well for it.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action = the_action(Suppress, step)
        now = self._ports.clock()
        suppression = Suppression(number_hashes=action.number_hashes, since=now, contact_ids=action.contact_ids)
        self._ports.ledger.suppress(suppression)
        return Done(result=action.number_hashes[0])


class ContactMarker(Repeatable):
    """Sets properties on contacts."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for all of them."""
        actions = [the_action(MarkContact, step) for step in steps]
        changes = [ContactChange(contact_id=action.contact_id, properties=action.properties) for action in actions]
        return self._ports.contacts.update_contacts(changes)


def _entry(step: Step, letter: InboundSms | None) -> SmsEntry:
    action = the_action(LogReply, step)
    return SmsEntry(
        key=str(step.key),
        body=f"{FROM_THE_CUSTOMER}\n\n{letter.text}" if letter else "",
        at=action.at,
        owner_id=action.owner_id,
        contact_id=action.contact_id,
        company_id=action.company_id,
    )
