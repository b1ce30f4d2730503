"""What is left of a person who is deleted for privacy, wherever anything of theirs lay."""

from __future__ import annotations

import json
from datetime import UTC, timedelta

import pytest

from contact_erased.case import NAME
from contact_erased.facts import gather, wishes
from contact_erased.plan import basis, plan
from contact_erased.rules import ContactErasedRules
from kundeflyt.domain import cases
from kundeflyt.domain.actions import LogNote, Plan
from kundeflyt.domain.events import CASE_DECIDED, CONTACT_ERASED, Event
from kundeflyt.domain.rules import Pilot
from kundeflyt.engine.flow import Finished, Flow, Later
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import StoredPlan
from tests.domain.case_situation import RULES, request
from tests.flows.desk import COMPANY, CONTACT, MARK, MOBILE, MONDAY, PORTAL, STRANGER, Desk, a_letter, hashes
from tests.flows.memory import SMS, TEXT, a_plan, fill, slot, stored
from tests.ledger_steps import start, store

FLOW = Flow(name=NAME, rules=ContactErasedRules, gather=gather, basis=basis, plan=plan, wishes=wishes)
AGAIN = timedelta(hours=1)


def erased(contact: int = CONTACT) -> Event:
    moment = MONDAY.astimezone(UTC)
    return Event(name=CONTACT_ERASED, portal_id=PORTAL, record_id=contact, occurred_at=moment, received_at=moment)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    fill(desk)
    return desk


class TestAPersonWhoIsDeletedForPrivacy:
    def test_stands_nowhere_in_our_memory_any_more(self, desk: Desk) -> None:
        assert "Anne" in desk.stored
        assert MOBILE in desk.stored
        desk.hears(FLOW, erased())
        for theirs in ("Anne", "912 34 567", "91234567", TEXT):
            assert theirs not in desk.stored
        assert not desk.ledger.traces(CONTACT).plans
        assert not desk.ledger.sms
        assert not desk.ledger.slots([slot()])

    def test_stands_in_no_review_case_nor_in_what_followed_from_it(self, desk: Desk) -> None:
        """The flow that carries decisions out has stored what customer service wrote, for the adviser to read."""
        asked = request(COMPANY, contact_id=CONTACT, main_contact_id=CONTACT, key=f"{PORTAL}/{CONTACT}/77-1")
        case, audit = cases.opened(asked.model_copy(update={"portal_id": PORTAL}), MONDAY, RULES)
        assert desk.cases.open(case, audit)
        step = cases.comment(case, "una", MONDAY, RULES, text="Anne ringte.")
        assert desk.cases.save(*step, seen_version=1)
        note = LogNote(name="note", body="Begrunnelse: Anne vil.", at=MONDAY, owner_id=None, company_id=COMPANY)
        about = Event(
            name=CASE_DECIDED,
            portal_id=PORTAL,
            record_id=COMPANY,
            about=case.id,
            occurred_at=MONDAY,
            received_at=MONDAY,
        )
        followed = Plan(because="CSC har avgjort.", actions=(note,), company_id=COMPANY)
        store(
            desk.ledger,
            [
                StoredPlan(
                    flow="review_decided", event=about, basis="decided", mode="on", plan=followed, planned_at=MONDAY
                )
            ],
        )
        desk.hears(FLOW, erased())
        standing = desk.cases.cases[case.id]
        assert (standing.people, standing.state) == (frozenset(), "open")
        assert [one.text for one in standing.comments] == ["slettet av personvernhensyn"]
        assert "Anne" not in desk.stored + standing.model_dump_json()
        [done] = [one for name, one in desk.ledger.actions.items() if name.endswith("/erase-0")]
        assert "cases=1" in (done.result or "")

    def test_has_no_words_waiting_whether_decided_about_or_not(self, desk: Desk) -> None:
        desk.inbox.put("b2" * 16, a_letter("Hei igjen", sender="4791234567"))
        desk.inbox.put("c3" * 16, a_letter("Noen andre", sender=STRANGER))
        desk.hears(FLOW, erased())
        assert list(desk.inbox.waiting) == ["c3" * 16]

    def test_has_no_words_waiting_that_were_decided_about_though_the_number_is_another(self, desk: Desk) -> None:
        desk.inbox.put(MARK, a_letter(sender=STRANGER))
        desk.hears(FLOW, erased())
        assert not desk.inbox.waiting

    @pytest.mark.parametrize(
        "body",
        [
            b'{"from": "+4791234567", "text": 7}',
            b'{"from": "912 34 567"}',
            b'{"from": "+47\\u00a0912\\u00a034\\u00a0567"}',
            b"\xff{from: 4791234567",
            f'[{{"objectId": {CONTACT}, "x": "y"}}]'.encode(),
        ],
    )
    def test_is_in_no_request_that_lies_for_inspection(self, desk: Desk, body: bytes) -> None:
        others = {"number": b'{"from": "+4798765432"}', "id": f'[{{"objectId": 9{CONTACT}}}]'.encode()}
        desk.inspection.requests = {"theirs": body, **others}
        desk.hears(FLOW, erased())
        assert desk.inspection.requests == others

    def test_gets_no_sms_from_anybody_any_more(self, desk: Desk) -> None:
        desk.ledger.lift_suppression(hashes(MOBILE))
        desk.hears(FLOW, erased())
        assert desk.ledger.suppressed(hashes(MOBILE))
        [kept] = desk.ledger.suppressions()
        assert kept.contact_ids == ()

    def test_who_has_said_stop_has_said_it_when_they_did(self, desk: Desk) -> None:
        desk.hears(FLOW, erased())
        [kept] = desk.ledger.suppressions()
        assert (kept.since, kept.contact_ids) == (MONDAY, (999,))

    def test_is_kept_from_a_second_sms_by_what_stays_of_the_first(self, desk: Desk) -> None:
        desk.hears(FLOW, erased())
        [record] = start(desk.ledger, [SMS], now=desk.at, lease_until=desk.at)
        assert record
        assert (record.state, record.result) == ("done", "501")

    def test_is_looked_for_again_when_no_worker_can_know_of_them(self, desk: Desk) -> None:
        desk.hears(FLOW, erased())
        [(event, when)] = desk.road.wakes.values()
        assert when == erased().received_at + AGAIN
        store(desk.ledger, [stored(a_plan(), 7)])
        desk.at = when
        desk.hears(FLOW, event)
        assert "Anne" not in desk.stored
        assert len(desk.road.wakes) == 1

    def test_is_forgotten_by_every_id_they_have_had(self, desk: Desk) -> None:
        desk.ledger.note_merge("contact", 100, into=CONTACT, now=MONDAY)
        desk.hears(FLOW, erased(100))
        assert "Anne" not in desk.stored
        assert desk.ledger.forgotten([100, CONTACT]) == {100, CONTACT}

    def test_is_forgotten_once_however_often_hubspot_says_so(self, desk: Desk) -> None:
        for _ in range(3):
            desk.hears(FLOW, erased(), erased())
        assert len(desk.road.wakes) == 1
        done = [name for name in desk.ledger.actions if name.startswith(NAME)]
        assert len(done) == 2

    def test_leaves_others_alone(self, desk: Desk) -> None:
        other = stored(a_plan(102), 8)
        store(desk.ledger, [other])
        desk.hears(FLOW, erased())
        assert desk.ledger.traces(102).plans == (other,)

    def test_of_whom_we_know_nothing_is_no_trouble(self) -> None:
        desk = Desk()
        assert desk.hears(FLOW, erased()) == {erased(): Finished()}
        assert not desk.ledger.suppressions()
        assert json.dumps(list(desk.ledger.plans)) != "[]"


class TestAStoreThatDoesNotAnswer:
    def test_is_asked_again_and_everything_is_erased_then(self, desk: Desk) -> None:
        desk.inspection.failure = TryLater("S3 is down")
        desk.inspection.requests = {"theirs": MOBILE.encode()}
        [result] = desk.hears(FLOW, erased()).values()
        assert isinstance(result, Later)
        assert "Anne" in desk.stored
        desk.inspection.failure = None
        assert desk.hears(FLOW, erased()) == {erased(): Finished()}
        assert "Anne" not in desk.stored
        assert not desk.inspection.requests

    def test_has_not_let_a_message_go_meanwhile(self, desk: Desk) -> None:
        desk.inspection.failure = TryLater("S3 is down")
        desk.hears(FLOW, erased())
        assert desk.ledger.forgotten([CONTACT])

    def test_may_be_the_one_of_words(self, desk: Desk) -> None:
        desk.inbox.fail_next("erase", TryLater("S3 is down"))
        [result] = desk.hears(FLOW, erased()).values()
        assert isinstance(result, Later)
        desk.hears(FLOW, erased())
        assert not desk.inbox.waiting


class TestTheMode:
    def test_of_a_trial_forgets_and_comes_back_all_the_same(self, desk: Desk) -> None:
        desk.common = desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({1}))})
        desk.hears(FLOW, erased())
        assert "Anne" not in desk.stored
        assert desk.road.wakes

    @pytest.mark.parametrize("mode", ["hold", "shadow"])
    def test_of_a_flow_that_is_not_on_forgets_and_comes_back_all_the_same(self, desk: Desk, mode: str) -> None:
        desk.hears(FLOW, erased(), mode=mode)
        assert "Anne" not in desk.stored
        assert desk.road.wakes
