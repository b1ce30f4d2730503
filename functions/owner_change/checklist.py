"""The twenty boxes of a takeover (002-38 to 002-57): when each is due, what the system found, and whether it is done.

A box that the system can see done is *verified*; any other is for a person, who ticks it in the task by writing x in
place of the empty box, or all of them by completing the task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kundeflyt.domain.actions import BoxState
from kundeflyt.domain.cards import Card, DocumentKind
from kundeflyt.domain.crm import EntryKind, TaskNow
from kundeflyt.domain.wording import day_in_words
from owner_change import words
from owner_change.case import ANNOUNCE, FIRST_MEETING, NOW, CardFacts, Takeover
from owner_change.handwriting import PEN, Handwriting, read

_EMPTY: Final = "☐"
_FULL: Final = "☑"
_WAITING: Final = "venter på Metodika"
_NO_CARD: Final = "se oppgaven om kundekortet i Metodika"

DOCUMENTS: Final[Mapping[DocumentKind, str]] = {
    "ANNUAL_REPORT": "fjorårets årsrapport",
    "ACTION_PLAN": "handlingsplan",
    "RISK_ASSESSMENT": "risikovurdering",
}


@dataclass(frozen=True)
class Found:
    """What the system saw about a box: whether it is done, and what to tell the adviser."""

    done: bool
    tells: str = ""


@dataclass(frozen=True)
class Box:
    """One box of the checklist. `requirement` is its number in the routine."""

    requirement: str
    group: str
    words: str
    look: Callable[[Takeover], Found]


def missing_documents(cards: CardFacts, year: int) -> tuple[str, ...] | None:
    """Last year's report, the action plan and the risk assessment, those that are not there (002-37); None: unknown."""
    if cards.documents is None:
        return None
    there = {(document.kind, document.year) for document in cards.documents}
    kinds = {kind for kind, _ in there}
    return tuple(
        words
        for kind, words in DOCUMENTS.items()
        if (kind not in kinds if kind != "ANNUAL_REPORT" else (kind, year - 1) not in there)
    )


def _for_a_person(tells: str) -> Callable[[Takeover], Found]:
    return lambda _: Found(done=False, tells=tells)


@dataclass(frozen=True)
class _Known:
    """What can only be seen on the customer's card, once it is known which card that is."""

    takeover: Takeover
    cards: CardFacts
    card: Card


def _on_the_card(look: Callable[[_Known], Found]) -> Callable[[Takeover], Found]:
    def looked(takeover: Takeover) -> Found:
        cards = takeover.facts.cards
        if cards is None:
            return Found(done=False, tells=_WAITING)
        return look(_Known(takeover, cards, cards.card)) if cards.card else Found(done=False, tells=_NO_CARD)

    return looked


def _handover_meeting(takeover: Takeover) -> Found:
    previous = takeover.previous
    if previous is None:
        return Found(done=False, tells="kunden har ikke hatt rådgiver før")
    still = "er fortsatt her og har fått en oppgave om det" if takeover.predecessor else "er ikke lenger her"
    return Found(done=False, tells=f"{previous.name or 'forrige rådgiver'} {still}")


def _manager(known: _Known) -> Found:
    if known.card.manager is None:
        return Found(done=False, tells="kortet har ingen PFA/KAM")
    if known.cards.user and known.card.manager.user_id == known.cards.user.id:
        return Found(done=True, tells=f"satt {day_in_words(known.card.manager.since)}")
    return Found(done=False, tells="kortet står på en annen")


def _contacts(takeover: Takeover) -> Found:
    contacts = takeover.facts.contacts
    with_phone = [contact for contact in contacts if contact.mobile or contact.phone]
    main = takeover.main_contact
    found = f"{len(contacts)} registrert, {len(with_phone)} av dem med telefon"
    return Found(done=main is not None and main in with_phone, tells=found)


def _owner(takeover: Takeover) -> Found:
    return Found(done=takeover.company.owner_id == takeover.owner.id, tells="satt i HubSpot")


def _key_information(known: _Known) -> Found:
    updated = known.card.key_information_updated
    if updated is None:
        return Found(done=False, tells="aldri oppdatert")
    since = known.takeover.handover.at.astimezone(known.takeover.calendar.zone).date()
    return Found(done=updated >= since, tells=f"sist oppdatert {day_in_words(updated)}")


def _orders(known: _Known) -> Found:
    if known.cards.orders is None:
        return Found(done=False, tells="bestillinger kan ikke leses av systemet")
    if not known.cards.orders:
        return Found(done=True, tells="ingen aktive bestillinger")
    own = known.cards.user.id if known.cards.user else None
    others = [order for order in known.cards.orders if order.assignee_id != own]
    if not others:
        count = len(known.cards.orders)
        return Found(done=True, tells="én aktiv, hos deg" if count == 1 else f"{count} aktive, alle hos deg")
    return Found(done=False, tells=f"står på andre: {'; '.join(order.title for order in others)}")


def _informed(takeover: Takeover) -> Found:
    if why := takeover.told_already:
        return Found(done=True, tells=why)
    task = takeover.facts.tasks.get(takeover.named(ANNOUNCE))
    if task and task.completed:
        return Found(done=True, tells="e-postoppgaven er fullført")
    return Found(done=False, tells="ikke sett informert ennå")


def _meeting(takeover: Takeover) -> Found:
    booked = [meeting for meeting in takeover.meetings if meeting.booked_at > takeover.handover.at]
    if booked and booked[0].at:
        return Found(done=True, tells=f"møte {day_in_words(booked[0].at)}")
    return Found(done=False, tells=f"kommende møter: {len(takeover.meetings) or 'ingen'}")


def _stage(takeover: Takeover) -> Found:
    name = takeover.rules.flow.stage_property
    stage = takeover.company.properties.get(name) if name else None
    return Found(done=False, tells=f"står nå i «{stage}»" if stage else "stadiet er ikke satt i HubSpot")


def _not_started(known: _Known) -> Found:
    if not known.cards.plan_offered:
        return Found(done=False, tells="planen kan ikke leses av systemet")
    if known.cards.plan is None:
        return Found(done=False, tells="årets plan finnes ikke i Metodika")
    waiting = [item.title for item in known.cards.plan.not_started]
    if not waiting:
        return Found(done=True, tells="alle punkter er påbegynt")
    return Found(done=False, tells=f"ikke påbegynt: {'; '.join(waiting)}")


def _report(known: _Known) -> Found:
    lacking = missing_documents(known.cards, known.takeover.year)
    if lacking is None:
        return Found(done=False, tells="dokumenter kan ikke leses av systemet")
    there = DOCUMENTS["ANNUAL_REPORT"] not in lacking
    return Found(
        done=False, tells=f"rapporten for {known.takeover.year - 1} {'finnes' if there else 'mangler'} i Metodika"
    )


def _report_complete(takeover: Takeover) -> Found:
    name = takeover.rules.flow.report_complete_property
    if name is None:
        return Found(done=False)
    done = takeover.says_yes(name)
    return Found(done=done, tells="markert som fullført" if done else "ikke markert som fullført")


def _documents(known: _Known) -> Found:
    lacking = missing_documents(known.cards, known.takeover.year)
    if lacking is None:
        return Found(done=False, tells="dokumenter kan ikke leses av systemet")
    return Found(done=not lacking, tells=f"mangler: {', '.join(lacking)}" if lacking else "alle er på plass")


def _latest(takeover: Takeover) -> Found:
    told = [_newest("notater", "notes", takeover), _newest("møter", "meetings", takeover)]
    cards = takeover.facts.cards
    if cards and cards.card and cards.card.url:
        told.append(f"bestillinger: {cards.card.url}")
    return Found(done=False, tells="; ".join(told))


def _newest(words: str, kind: EntryKind, takeover: Takeover) -> str:
    links = [takeover.links.activity(takeover.company.id, id_) for id_ in takeover.facts.latest.get(kind, ())]
    return f"siste {words}: {' '.join(links)}" if links else f"ingen {words}"


def _open_tasks(takeover: Takeover) -> Found:
    theirs = [work for work in takeover.facts.work if work.kind == "tasks" and not work.ours]
    return Found(done=False, tells=f"åpne oppgaver på selskapet: {len(theirs) or 'ingen'}")


def _amu(takeover: Takeover) -> Found:
    meetings = takeover.amu_meetings
    if meetings and meetings[0].at:
        return Found(done=True, tells=f"planlagt {day_in_words(meetings[0].at)}")
    return Found(done=False, tells="ingen planlagt i HubSpot")


BOXES: Final = (
    Box("002-38", NOW, "Hold overføringsmøte med forrige rådgiver", _handover_meeting),
    Box("002-39", NOW, "Les kundebildet i Metodika, og rett det som er feil", _for_a_person("må leses av deg")),
    Box("002-40", NOW, "Stå som PFA/KAM i Metodika", _on_the_card(_manager)),
    Box("002-41", NOW, "Gå gjennom kontaktpersonene", _contacts),
    Box("002-42", NOW, "Stå som eier av selskapet i HubSpot", _owner),
    Box("002-44", NOW, "Les nøkkelinformasjonen, og oppdater den", _on_the_card(_key_information)),
    Box("002-52", NOW, "Ta over de bestillingene som er dine nå", _on_the_card(_orders)),
    Box("002-54", NOW, "Finn ut om kunden vet om byttet", _informed),
    Box("002-55", NOW, "Fortell kunden om byttet, hvis ingen har gjort det", _informed),
    Box("002-57", NOW, "Se hvor kunden er i prosessen før du booker møte", _stage),
    Box("002-56", NOW, "Book møte når det har et formål, gjerne med forrige rådgiver", _meeting),
    Box("002-43", FIRST_MEETING, "Kvalitetssikre kundebildet sammen med kunden", _for_a_person("må vurderes av dere")),
    Box("002-45", FIRST_MEETING, "Les samarbeidsplanen", _for_a_person("må leses av deg")),
    Box("002-46", FIRST_MEETING, "Ha klar listen over tiltak som ikke er påbegynt", _on_the_card(_not_started)),
    Box("002-47", FIRST_MEETING, "Se at utførte tiltak er huket av i HubSpot", _open_tasks),
    Box("002-48", FIRST_MEETING, "Les fjorårets årsrapport", _on_the_card(_report)),
    Box("002-49", FIRST_MEETING, "Se at årsrapporten er markert som fullført i HubSpot", _report_complete),
    Box("002-50", FIRST_MEETING, "Gå gjennom de siste notatene, bestillingene og møtene", _latest),
    Box("002-51", FIRST_MEETING, "Last opp det som mangler, fra Mitt Avonova til Metodika", _on_the_card(_documents)),
    Box("002-53", FIRST_MEETING, "Se om AMU-møter er planlagt", _amu),
)  # fmt: skip


@dataclass(frozen=True)
class Checklist:
    """One task with its boxes, as they stand now."""

    lines: tuple[str, ...]
    own_lines: tuple[str, ...]
    states: Mapping[str, BoxState]

    @property
    def finished(self) -> bool:
        """All its boxes are verified or ticked."""
        return "open" not in self.states.values()

    @property
    def body(self) -> str:
        """The task's body."""
        return words.checklist_body(self.lines, finished=self.finished, own=self.own_lines)


def checklist(group: str, takeover: Takeover) -> Checklist:
    """The group's boxes with what the system found; what a person has ticked and written in the task stays."""
    boxes = {number: box for number, box in enumerate(BOXES, start=1) if box.group == group}
    name = takeover.named(group)
    task = takeover.facts.tasks.get(name)
    theirs = _theirs(task, boxes, takeover.facts.written.get(name, ()))
    all_ticked = task is not None and task.completed
    lines: list[str] = []
    states: dict[str, BoxState] = {}
    for number, box in boxes.items():
        found = box.look(takeover)
        ticked = all_ticked or number in theirs.ticked
        state: BoxState = "verified" if found.done else "ticked" if ticked else "open"
        states[box.requirement] = state
        # Titles are other people's words: no line may end in them, nor be taken for the adviser's.
        tells = " ".join(found.tells.replace(PEN, " ").split())
        parts = [
            f"{_EMPTY if state == 'open' else _FULL} {number}. {box.words}",
            f"– {tells}" if tells else "",
            "(sett av systemet)" if state == "verified" else "",
            f"{PEN} {theirs.beside[number]}" if number in theirs.beside else "",
        ]
        lines.append(" ".join(filter(None, parts)))
    return Checklist(tuple(lines), theirs.own_lines, states)


def _theirs(task: TaskNow | None, boxes: Mapping[int, Box], written: Sequence[str]) -> Handwriting:
    if task is None:
        return Handwriting()
    return read(
        task.body,
        boxes={number: box.words for number, box in boxes.items()},
        last_line=(words.HOW_TO_TICK, words.ALL_DONE),
        written=written,
    )
