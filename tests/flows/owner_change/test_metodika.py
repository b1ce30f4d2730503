"""What a takeover asks for on the customer's card (002-06 to 002-09, 002-14, 002-36, 002-37, 002-40)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from kundeflyt.domain.actions import ActionRecord, CreateCardTask, CreateTask, SetManager, WakeAt
from kundeflyt.domain.cards import CARD_CHANGED, CardUser, Manager, Order
from tests.flows.owner_change.situation import (
    COMPANY,
    MARK,
    NOW,
    OLA,
    a_card,
    card_facts,
    company,
    decide,
    done,
    facts,
    named,
    past,
    the,
)


def on(**changes: Any) -> Any:
    return facts(cards=card_facts(**changes))


def tried(number: int, why: str = CARD_CHANGED) -> ActionRecord:
    name = f"set-manager-{MARK}-{number}"
    return ActionRecord(name=name, state="refused", started_at=NOW, ended_at=NOW, reason=why)


class TestTheCard:
    def test_gives_the_new_adviser_their_tasks_there(self) -> None:
        tasks = {action.name: action for action in decide().actions if isinstance(action, CreateCardTask)}
        assert list(tasks) == [
            f"card-{what}-{MARK}" for what in ("set-manager", "key-information", "orders", "documents")
        ]
        assert all(task.assignee_id == "m-ola" and task.card_id == "K-17" for task in tasks.values())
        assert all(task.due == date(2026, 11, 23) for task in tasks.values())
        assert "05.03.2025" in tasks[f"card-key-information-{MARK}"].body
        assert "Helsekontroll vår" in tasks[f"card-orders-{MARK}"].body
        lacking = tasks[f"card-documents-{MARK}"].body
        assert "handlingsplan" in lacking
        assert "risikovurdering" in lacking
        assert "årsrapport" not in lacking

    def test_asks_in_hubspot_with_the_same_words_where_that_system_cannot(self) -> None:
        for made in (action for action in decide().actions if isinstance(action, CreateCardTask)):
            by_hand = the(CreateTask, decide(), made.name.replace("card-", "by-hand-"))
            assert (by_hand.instead_of, by_hand.body) == (made.name, made.body)
            assert (by_hand.owner_id, by_hand.company_id) == (OLA, COMPANY)

    @pytest.mark.parametrize("user", [None, CardUser(id="m-ola", active=False)])
    def test_gives_an_unknown_advisers_tasks_to_the_fallback_and_says_so(self, user: CardUser | None) -> None:
        task = the(CreateCardTask, decide(on(user=user)), "card-set-manager")
        assert task.assignee_id == "m-csc"
        assert "ingen bruker i Metodika" in task.body

    def test_gives_them_to_the_adviser_in_hubspot_where_nobody_is_known_there(self) -> None:
        decided = decide(on(user=None, fallback_user=None))
        assert not named(decided, "card-")
        assert the(CreateTask, decided, "by-hand-set-manager").instead_of is None

    def test_asks_for_nothing_that_is_in_order(self) -> None:
        own = Manager(user_id="m-ola", role="PFA", since=date(2026, 11, 23))
        order = Order(id="o1", title="HK", assignee_id="m-ola")
        decided = decide(on(cards=(a_card(manager=own),), orders=(order,)))
        assert not named(decided, "card-set-manager")
        assert not named(decided, "card-orders")

    def test_that_is_none_several_or_cannot_be_looked_up_is_a_task_that_says_what_was_found(self) -> None:
        none = the(CreateTask, decide(on(cards=())), "by-hand-card-unknown")
        assert "Ingen kundekort" in none.body
        several = the(CreateTask, decide(on(cards=(a_card(), a_card(id="K-18", url=None)))), "by-hand-card-unknown")
        assert "https://metodika.example/K-17" in several.body
        assert "K-18" in several.body
        missing = the(CreateTask, decide(on(number=None)), "by-hand-card-number")
        assert "mangler" in missing.body
        wrong = facts(cards=card_facts(number=None), company=company(orgnummer="974760674"))
        assert "ikke et gyldig" in the(CreateTask, decide(wrong), "by-hand-card-number").body
        unread = the(CreateTask, decide(on(cards=None)), "by-hand-card-unread")
        assert "kan ikke leses" in unread.body

    def test_that_does_not_answer_holds_nothing_up_and_is_asked_again_soon(self) -> None:
        decided = decide(facts(cards=None), round_=0)
        assert not named(decided, "card-")
        assert "venter på Metodika" in the(CreateTask, decided, "checklist-now").body
        assert named(decided, "ny-radgiver")
        waits = [the(WakeAt, decide(facts(cards=None), round_=n), "cards-").when - NOW for n in (0, 1, 2, 9)]
        own = COMPANY % 6  # hundreds of customers do not come back at one moment
        assert waits == [timedelta(minutes=minutes + own) for minutes in (15, 30, 60, 240)]


class TestTheManager:
    def test_is_set_by_us_when_the_rules_say_so(self) -> None:
        decided = decide(set_manager="auto")
        change = the(SetManager, decided)
        assert (change.card_id, change.version, change.user_id, change.role) == ("K-17", "v1", "m-ola", "PFA")
        again = the(WakeAt, decided, "manager-again")
        assert (again.instead_of, again.when) == (change.name, NOW + timedelta(minutes=1))

    @pytest.mark.parametrize("version", ["v1", "v2"])
    @pytest.mark.parametrize("tries", [1, 2])
    def test_is_decided_again_on_the_card_as_it_is_now_whatever_its_version(self, version: str, tries: int) -> None:
        known = facts(
            past=past(*(tried(number) for number in range(1, tries + 1))),
            cards=card_facts(cards=(a_card(version=version),)),
        )
        decided = decide(known, set_manager="auto")
        change = the(SetManager, decided)
        assert (change.version, change.name) == (version, f"set-manager-{MARK}-{tries + 1}")
        assert the(WakeAt, decided, "manager-again").name == f"manager-again-{MARK}-{tries + 1}"

    def test_is_the_same_try_while_nobody_knows_its_end(self) -> None:
        begun = ActionRecord(name=f"set-manager-{MARK}-1", state="started", started_at=NOW)
        assert the(SetManager, decide(facts(past=past(begun)), set_manager="auto")).name == begun.name

    @pytest.mark.parametrize(
        "records",
        [
            pytest.param([1, 2, 3], id="three tries"),
            pytest.param(["Metodika kan ikke gjøre dette for oss"], id="it is not offered"),
            pytest.param([None], id="it was done and somebody has set another"),
        ],
    )
    def test_is_a_persons_where_another_try_is_no_use(self, records: list[int | str | None]) -> None:
        known = [
            done(f"set-manager-{MARK}-1") if one is None else tried(one) if isinstance(one, int) else tried(1, one)
            for one in records
        ]
        decided = decide(facts(past=past(*known), cards=card_facts(cards=(a_card(version="v4"),))), set_manager="auto")
        assert not [action for action in decided.actions if isinstance(action, SetManager)]
        assert named(decided, "card-set-manager")

    def test_is_never_somebody_unknown_there(self) -> None:
        assert not [
            action for action in decide(on(user=None), set_manager="auto").actions if isinstance(action, SetManager)
        ]
