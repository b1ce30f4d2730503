"""What every system with customers' cards behind our ports keeps: the one in memory and Metodika alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from infra.simulators import clock, metodika
from infra.simulators.metodika import MetodikaSimulator
from kundeflyt.domain.cards import CARD_CHANGED, Card, CardUser, CollaborationPlan, Document, Manager, Order, PlanItem
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.ports.failures import Done, NotOffered, Outdated, Refused, TryLater, Unsure
from kundeflyt.ports.readers import CardReader
from kundeflyt.ports.writers import ManagerChange, NewCardTask
from tests.contracts.card_systems import CardSystem, MetodikaInASuite, SystemInMemory

FJELLBYGG = OrganisationNumber("310124001")
FJORDFISK = OrganisationNumber("311873008")
GRANSKOG = OrganisationNumber("4599123454")
NOBODYS = OrganisationNumber("974760673")
KARI = "kari@avonova.example"


@pytest.fixture(scope="module")
def simulator() -> Iterator[MetodikaSimulator]:
    with metodika.running() as running:
        yield running


@pytest.fixture(params=["in memory", "Metodika"])
def system(request: pytest.FixtureRequest) -> CardSystem:
    today = clock.now().date()
    if request.param == "in memory":
        return SystemInMemory(today)
    return MetodikaInASuite(request.getfixturevalue("simulator"), today)


@pytest.fixture
def kari(system: CardSystem) -> str:
    return system.user(KARI)


@pytest.fixture
def card_id(system: CardSystem, kari: str) -> str:
    return system.card(FJELLBYGG, "Fjellbygg", manager=kari, updated=date(2026, 2, 3))


@pytest.fixture
def task(system: CardSystem, kari: str, card_id: str) -> NewCardTask:
    return NewCardTask(
        key="owner_change/145220017/21745/2026-11-23T08:00:00+00:00/metodika-manager",
        assignee_id=kari,
        card_id=card_id,
        title="Sett deg som PFA for Fjellbygg",
        body="Åpne kundekortet.\nSett deg som PFA.",
        due=date(2026, 11, 24),
    )


def card_now(system: CardSystem) -> Card:
    [card] = system.reader.cards([FJELLBYGG])[FJELLBYGG]
    return card


class TestCards:
    def test_are_found_by_organisation_number_with_their_managers(
        self, system: CardSystem, kari: str, card_id: str
    ) -> None:
        [card] = system.reader.cards([FJELLBYGG])[FJELLBYGG]
        assert (card.id, card.organisation_number, card.name) == (card_id, FJELLBYGG, "Fjellbygg")
        assert card.manager == Manager(user_id=kari, role="PFA", since=system.today)
        assert card.key_information_updated == date(2026, 2, 3)
        assert card.url == "https://metodika.example/Fjellbygg"

    def test_may_be_several_for_one_number(self, system: CardSystem, card_id: str) -> None:
        other = system.card(FJELLBYGG, "gammelt")
        assert {card.id for card in system.reader.cards([FJELLBYGG])[FJELLBYGG]} == {card_id, other}

    def test_may_lack_all_but_a_name(self, system: CardSystem) -> None:
        system.card(GRANSKOG, "Granskog")
        [card] = system.reader.cards([GRANSKOG])[GRANSKOG]
        assert (card.manager, card.key_information_updated) == (None, None)

    def test_of_many_customers_come_by_number(self, system: CardSystem, card_id: str) -> None:
        other = system.card(FJORDFISK, "Fjordfisk")
        found = system.reader.cards([NOBODYS, FJORDFISK, FJELLBYGG, FJELLBYGG])
        assert {number: [card.id for card in cards] for number, cards in found.items()} == {
            FJELLBYGG: [card_id],
            FJORDFISK: [other],
        }

    def test_are_another_version_after_somebody_changed_them(self, system: CardSystem, card_id: str) -> None:
        before = card_now(system)
        system.somebody_removes_the_manager(card_id)
        after = card_now(system)
        assert after.manager is None
        assert after.version != before.version


class TestUsers:
    def test_are_found_by_e_mail_however_it_is_written(self, system: CardSystem, kari: str) -> None:
        found = system.reader.users(["Kari@Avonova.example", "nobody@avonova.example"])
        assert found == {"Kari@Avonova.example": CardUser(id=kari)}

    def test_who_have_left_are_told_apart(self, system: CardSystem) -> None:
        per = system.user("per@avonova.example", active=False)
        assert system.reader.users(["per@avonova.example"]) == {
            "per@avonova.example": CardUser(id=per, active=False),
        }


class TestWhatIsOnACard:
    def test_orders_are_those_that_are_being_worked_on(self, system: CardSystem, kari: str, card_id: str) -> None:
        noise, course = system.order(card_id, "Støymåling", kari), system.order(card_id, "Kurs", None)
        system.finished_order(card_id)
        orders = system.reader.active_orders([card_id, "K0"])
        assert orders == {
            card_id: (
                Order(id=noise, title="Støymåling", assignee_id=kari),
                Order(id=course, title="Kurs", assignee_id=None),
            )
        }

    def test_documents_say_their_kind_and_year(self, system: CardSystem, card_id: str) -> None:
        report, other = system.document(card_id, "ANNUAL_REPORT", 2025), system.document(card_id, "OTHER", None)
        made = datetime(system.today.year, system.today.month, system.today.day, tzinfo=UTC)
        assert system.reader.documents([card_id, "K0"]) == {
            card_id: (
                Document(id=report, kind="ANNUAL_REPORT", year=2025, created=made),
                Document(id=other, kind="OTHER", year=None, created=made),
            )
        }

    def test_an_empty_card_is_told_from_one_that_is_not_there(self, system: CardSystem, card_id: str) -> None:
        assert system.reader.documents([card_id, "K0"]) == {card_id: ()}
        assert system.reader.active_orders([card_id, "K0"]) == {card_id: ()}

    def test_the_plan_of_a_year_says_what_is_not_started(self, system: CardSystem, card_id: str) -> None:
        system.plan(card_id, 2026, kurs="NOT_STARTED", vernerunde="DONE")
        plans = system.reader.plans([card_id], year=2026)
        kurs = PlanItem(id="kurs", title="kurs", state="NOT_STARTED")
        assert plans == {
            card_id: CollaborationPlan(
                year=2026, items=(kurs, PlanItem(id="vernerunde", title="vernerunde", state="DONE"))
            )
        }
        assert plans[card_id].not_started == [kurs]
        assert system.reader.plans([card_id], year=2025) == {}


class TestTasks:
    def test_stand_as_written(self, system: CardSystem, task: NewCardTask) -> None:
        [outcome] = system.writer.create_card_tasks([task])
        assert isinstance(outcome, Done)
        [seen] = system.tasks()
        assert seen.id == outcome.result
        assert (seen.assignee_id, seen.card_id, seen.title, seen.body, seen.due) == (
            task.assignee_id,
            task.card_id,
            task.title,
            task.body,
            task.due,
        )

    def test_may_be_about_no_customer(self, system: CardSystem, task: NewCardTask) -> None:
        system.writer.create_card_tasks([replace(task, card_id=None)])
        assert system.tasks()[0].card_id is None

    def test_are_made_once_for_each_key(self, system: CardSystem, task: NewCardTask) -> None:
        batch = [replace(task, key=f"{task.key}-{number}") for number in range(20)]
        first = system.writer.create_card_tasks(batch)
        assert first == system.writer.create_card_tasks(batch) == system.writer.find_card_tasks(batch)
        assert len(system.tasks()) == 20

    def test_are_made_once_though_the_words_have_changed(self, system: CardSystem, task: NewCardTask) -> None:
        first = system.writer.create_card_tasks([task])
        assert system.writer.create_card_tasks([replace(task, title="Noe annet")]) == first
        assert [seen.title for seen in system.tasks()] == [task.title]

    def test_for_nobody_are_refused_and_leave_their_neighbours_alone(
        self, system: CardSystem, task: NewCardTask
    ) -> None:
        gone = system.user("per@avonova.example", active=False)
        outcomes = system.writer.create_card_tasks([replace(task, key="for one who left", assignee_id=gone), task])
        assert [type(outcome) for outcome in outcomes] == [Refused, Done]

    def test_none_asked_for_is_none_made(self, system: CardSystem) -> None:
        assert system.writer.create_card_tasks([]) == system.writer.find_card_tasks([]) == []


class TestManagers:
    def change(self, system: CardSystem, card_id: str, user_id: str | None) -> ManagerChange:
        version = card_now(system).version
        return ManagerChange(card_id=card_id, version=version, user_id=user_id, role="KAM")

    def test_are_set_on_the_version_that_was_decided_on(self, system: CardSystem, card_id: str) -> None:
        ola = system.user("ola@avonova.example")
        [outcome] = system.writer.set_managers([self.change(system, card_id, ola)])
        card = card_now(system)
        assert card.manager == Manager(user_id=ola, role="KAM", since=system.today)
        assert outcome == Done(result=card.version)

    def test_are_removed(self, system: CardSystem, card_id: str) -> None:
        [outcome] = system.writer.set_managers([self.change(system, card_id, None)])
        assert isinstance(outcome, Done)
        assert card_now(system).manager is None

    def test_are_left_alone_where_somebody_changed_the_card_meanwhile(
        self, system: CardSystem, kari: str, card_id: str
    ) -> None:
        change = self.change(system, card_id, kari)
        system.somebody_removes_the_manager(card_id)
        [outcome] = system.writer.set_managers([change])
        assert isinstance(outcome, Outdated)
        assert outcome.reason == CARD_CHANGED
        assert card_now(system).manager is None

    def test_of_a_card_that_is_not_there_are_refused(self, system: CardSystem, kari: str) -> None:
        change = ManagerChange(card_id="K0", version="1", user_id=kari, role="PFA")
        [outcome] = system.writer.set_managers([change])
        assert isinstance(outcome, Refused)
        assert not isinstance(outcome, Outdated | NotOffered)
        assert system.writer.find_managers([change]) == [None]

    def test_can_be_found_after_a_lost_answer(self, system: CardSystem, card_id: str) -> None:
        change = self.change(system, card_id, system.user("ola@avonova.example"))
        assert system.writer.find_managers([change]) == [None]
        system.lose_next_answer("set_managers")
        [outcome] = system.writer.set_managers([change])
        assert isinstance(outcome, Unsure)
        version = card_now(system).version
        assert system.writer.find_managers([change]) == [Done(result=version)]


class TestAfterALostAnswer:
    """A task may have been made although nobody heard so: it is looked for."""

    def test_it_can_be_found(self, system: CardSystem, task: NewCardTask) -> None:
        system.lose_next_answer("create_card_tasks")
        [outcome] = system.writer.create_card_tasks([task])
        assert isinstance(outcome, Unsure)
        [found] = system.writer.find_card_tasks([task])
        assert found == Done(result=system.tasks()[0].id)

    def test_one_that_was_never_made_is_not_found(self, system: CardSystem, task: NewCardTask) -> None:
        system.writer.create_card_tasks([task])
        assert system.writer.find_card_tasks([replace(task, key="another")]) == [None]

    def test_nobody_can_tell_without_a_look_up(self, system: CardSystem, task: NewCardTask) -> None:
        system.lacks("find_card_tasks")
        [found] = system.writer.find_card_tasks([task])
        assert isinstance(found, Unsure)


READS: dict[str, Callable[[CardReader], object]] = {
    "cards": lambda reader: reader.cards([FJELLBYGG, FJORDFISK]),
    "users": lambda reader: reader.users([KARI]),
    "active_orders": lambda reader: reader.active_orders(["K1", "K2"]),
    "documents": lambda reader: reader.documents(["K1", "K2"]),
    "plans": lambda reader: reader.plans(["K1", "K2"], year=2026),
}


class TestWhatIsNotOffered:
    @pytest.mark.parametrize("method", READS)
    def test_is_said_of_each_question_and_no_other(self, system: CardSystem, method: str) -> None:
        system.lacks(method)
        with pytest.raises(NotOffered):
            READS[method](system.reader)
        for other in READS.keys() - {method}:
            READS[other](system.reader)

    def test_is_said_of_tasks(self, system: CardSystem, task: NewCardTask) -> None:
        system.lacks("create_card_tasks")
        assert [type(one) for one in system.writer.create_card_tasks([task, task])] == [NotOffered] * 2
        assert system.tasks() == []

    def test_is_said_of_managers(self, system: CardSystem, card_id: str) -> None:
        system.lacks("set_managers")
        change = ManagerChange(card_id=card_id, version="1", user_id=None, role="PFA")
        assert [type(one) for one in system.writer.set_managers([change])] == [NotOffered]


class TestWhenTheSystemIsDown:
    @pytest.mark.parametrize("method", READS)
    def test_questions_are_tried_later(self, system: CardSystem, method: str) -> None:
        system.go_down()
        with pytest.raises(TryLater):
            READS[method](system.reader)

    def test_work_is_tried_later_and_not_done(self, system: CardSystem, card_id: str, task: NewCardTask) -> None:
        change = ManagerChange(card_id=card_id, version="1", user_id=None, role="PFA")
        system.go_down()
        rows = [
            *system.writer.create_card_tasks([task, task]),
            *system.writer.find_card_tasks([task]),
            *system.writer.set_managers([change]),
            *system.writer.find_managers([change]),
        ]
        assert [type(row) for row in rows] == [TryLater] * 5
        assert system.tasks() == []
