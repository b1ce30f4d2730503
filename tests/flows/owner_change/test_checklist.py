"""The twenty boxes: what the adviser reads at each, and which of them the system ticks by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kundeflyt.domain.actions import CreateTask, NoteTakeover
from kundeflyt.domain.cards import CollaborationPlan, Document, Manager, Order, PlanItem, PlanState
from kundeflyt.domain.crm import Contact
from owner_change.case import FIRST_MEETING, NOW, TakeoverFacts
from owner_change.checklist import BOXES
from tests.flows.owner_change.situation import (
    ANNE,
    CHANGED,
    MARK,
    OLA,
    a_card,
    a_handover,
    card_facts,
    company,
    decide,
    facts,
    oslo,
    past,
    task,
    the,
    work,
)

RULES: dict[str, Any] = {"informed_property": "kunde_informert", "report_complete_property": "rapport_ferdig"}
BODIES = {NOW: "checklist-now", FIRST_MEETING: "checklist-first-meeting"}


def at_the_box(requirement: str, known: TakeoverFacts) -> tuple[str, str]:
    """The box's state in the takeover's record, and its line in the adviser's task."""
    decided = decide(known, **RULES)
    [(number, box)] = [(n, box) for n, box in enumerate(BOXES, start=1) if box.requirement == requirement]
    body = the(CreateTask, decided, BODIES[box.group]).body
    [line] = [line for line in body.split("\n") if line[2:].startswith(f"{number}. ")]
    return the(NoteTakeover, decided).takeover.boxes[requirement], line


def on_card(**changes: object) -> TakeoverFacts:
    return facts(cards=card_facts(cards=(a_card(**changes),)))


def documents(*kinds: str) -> TakeoverFacts:
    there = tuple(
        Document(id=kind, kind=kind, year=2025, created=datetime(2026, 1, 9, tzinfo=UTC))  # type: ignore[arg-type]
        for kind in kinds
    )
    return facts(cards=card_facts(documents=there))


def plan_with(**states: PlanState) -> TakeoverFacts:
    items = tuple(PlanItem(id=title, title=title, state=state) for title, state in states.items())
    return facts(cards=card_facts(plan=CollaborationPlan(year=2026, items=items)))


NO_PHONE = (Contact(id=ANNE, first_name="Anne", email="anne@example.no"),)
BOOKED = work(51, "meetings", at=oslo(30, "12:00"), booked_at=CHANGED + timedelta(minutes=1))
ALL_DOCUMENTS = ("ANNUAL_REPORT", "ACTION_PLAN", "RISK_ASSESSMENT")
OWN_MANAGER = Manager(user_id="m-ola", role="PFA", since=date(2026, 11, 23))

OPEN = [
    ("002-38", facts(), "Kari Lie er fortsatt her og har fått en oppgave om det"),
    ("002-38", facts(handover=a_handover(previous_owner_id=330)), "Per Ness er ikke lenger her"),
    ("002-38", facts(handover=a_handover(previous_owner_id=None)), "kunden har ikke hatt rådgiver før"),
    ("002-39", facts(), "må leses av deg"),
    ("002-40", facts(), "kortet står på en annen"),
    ("002-40", on_card(manager=None), "kortet har ingen PFA/KAM"),
    ("002-41", facts(contacts=NO_PHONE), "1 registrert, 0 av dem med telefon"),
    ("002-42", facts(company=replace(company(), owner_id=None)), "satt i HubSpot"),
    ("002-44", facts(), "sist oppdatert 05.03.2025"),
    ("002-44", on_card(key_information_updated=None), "aldri oppdatert"),
    ("002-52", facts(), "Helsekontroll vår"),
    ("002-52", facts(cards=card_facts(orders=None)), "kan ikke leses av systemet"),
    ("002-54", facts(), "ikke sett informert ennå"),
    ("002-57", facts(company=company(lifecyclestage="customer")), "står nå i «customer»"),
    ("002-57", facts(), "stadiet er ikke satt i HubSpot"),
    ("002-56", facts(), "kommende møter: ingen"),
    ("002-43", facts(), "må vurderes av dere"),
    ("002-45", facts(), "må leses av deg"),
    ("002-46", plan_with(Kurs="NOT_STARTED", Tiltak="DONE"), "ikke påbegynt: Kurs"),
    ("002-46", facts(cards=card_facts(plan=None)), "årets plan finnes ikke i Metodika"),
    ("002-46", facts(cards=card_facts(plan=None, plan_offered=False)), "planen kan ikke leses av systemet"),
    ("002-47", facts(work=(work(41),)), "åpne oppgaver på selskapet: 1"),
    ("002-48", facts(), "rapporten for 2025 finnes i Metodika"),
    ("002-48", documents(), "rapporten for 2025 mangler i Metodika"),
    ("002-49", facts(), "ikke markert som fullført"),
    ("002-50", facts(), "ingen notater; ingen møter"),
    ("002-51", facts(), "mangler: handlingsplan, risikovurdering"),
    ("002-51", facts(cards=card_facts(documents=None)), "kan ikke leses av systemet"),
    ("002-53", facts(work=(BOOKED,)), "ingen planlagt i HubSpot"),
]  # fmt: skip

VERIFIED = [
    ("002-40", on_card(manager=OWN_MANAGER), "satt 23.11.2026"),
    ("002-41", facts(), "2 registrert, 1 av dem med telefon"),
    ("002-42", facts(), "satt i HubSpot"),
    ("002-44", on_card(key_information_updated=date(2026, 11, 23)), "sist oppdatert 23.11.2026"),
    ("002-46", plan_with(Kurs="STARTED"), "alle punkter er påbegynt"),
    ("002-49", facts(company=company(rapport_ferdig="true")), "markert som fullført"),
    ("002-51", documents(*ALL_DOCUMENTS), "alle er på plass"),
    ("002-52", facts(cards=card_facts(orders=())), "ingen aktive bestillinger"),
    (
        "002-52",
        facts(cards=card_facts(orders=(Order(id="o1", title="Helsekontroll", assignee_id="m-ola"),))),
        "én aktiv, hos deg",
    ),
    ("002-53", facts(work=(replace(BOOKED, title="AMU høst"),)), "planlagt 30.11.2026"),
    ("002-54", facts(company=company(kunde_informert="true")), "kunden er informert"),
    ("002-55", facts(announced_at=oslo(20)), "kunden fikk e-post om det"),
    ("002-56", facts(work=(BOOKED,)), "møte 30.11.2026"),
]


class TestABox:
    @pytest.mark.parametrize(("requirement", "known", "tells"), OPEN)
    def test_that_a_person_must_do_tells_what_the_system_found(
        self, requirement: str, known: TakeoverFacts, tells: str
    ) -> None:
        state, line = at_the_box(requirement, known)
        assert (state, line[0]) == ("open", "☐")
        assert tells in line

    @pytest.mark.parametrize(("requirement", "known", "tells"), VERIFIED)
    def test_that_the_system_sees_done_is_ticked_by_it(
        self, requirement: str, known: TakeoverFacts, tells: str
    ) -> None:
        state, line = at_the_box(requirement, known)
        assert (state, line[0]) == ("verified", "☑")
        assert tells in line
        assert line.endswith("(sett av systemet)")

    def test_of_the_message_is_done_when_the_adviser_has_completed_the_task_to_send_it(self) -> None:
        sent = facts(tasks={f"ny-radgiver-{MARK}": task("", completed=True)})
        assert at_the_box("002-55", sent)[0] == "verified"

    def test_of_a_meeting_booked_before_the_takeover_stays_open(self) -> None:
        before = replace(BOOKED, booked_at=CHANGED - timedelta(days=9))
        assert at_the_box("002-56", facts(work=(before,)))[0] == "open"

    @pytest.mark.parametrize("requirement", ["002-40", "002-44", "002-46", "002-48", "002-51", "002-52"])
    def test_on_the_card_waits_for_metodika(self, requirement: str) -> None:
        assert "venter på Metodika" in at_the_box(requirement, facts(cards=None))[1]

    @pytest.mark.parametrize("requirement", ["002-40", "002-44", "002-46", "002-48", "002-51", "002-52"])
    def test_on_the_card_leads_to_the_task_about_it_when_there_is_no_one_card(self, requirement: str) -> None:
        assert "se oppgaven om kundekortet" in at_the_box(requirement, facts(cards=card_facts(cards=())))[1]


class TestTheBoxes:
    def test_are_the_routines_twenty_each_once(self) -> None:
        assert sorted(box.requirement for box in BOXES) == [f"002-{number}" for number in range(38, 58)]

    def test_are_each_shown_open_here(self) -> None:
        """The table above knows of every box, so that none is forgotten in it; one message ticks 54 and 55 alike."""
        assert {requirement for requirement, _, _ in OPEN} | {"002-55"} == {box.requirement for box in BOXES}

    def test_that_are_ticked_by_a_person_stay_so_and_are_told_apart_from_our_own(self) -> None:
        known = facts(
            tasks={f"checklist-now-{MARK}": task("x 1. Hold overføringsmøte\n☐ 2. Les kundebildet")},
            past=past(),
        )
        boxes = the(NoteTakeover, decide(known)).takeover.boxes
        assert (boxes["002-38"], boxes["002-39"], boxes["002-42"]) == ("ticked", "open", "verified")

    def test_belong_to_the_new_adviser(self) -> None:
        assert the(NoteTakeover, decide()).takeover.owner_id == OLA
