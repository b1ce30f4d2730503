"""Why did this happen, what waits for me, and what stands still."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from kundeflyt.domain.actions import Action, CreateTask, LogNote, Plan, TakeoverRecord
from kundeflyt.domain.events import CALL_LOGGED, OWNER_CHANGED, Event
from kundeflyt.ports.ledger import ActionKey, Held, StoredPlan
from tests.domain.case_situation import ADVISER, PORTAL
from tests.flows.csc_console.console import DRIFT, KARI, OLAS_ID
from tests.ledger_steps import finish, start, store
from tests.pages.conftest import Opening
from tests.pages.stand import NAMES, Stand, now

COMPANY = 9100
TASK = CreateTask(name="task", task_type="CALL", subject="s", body="b", due=now(), owner_id=ADVISER, company_id=COMPANY)
NOTE = LogNote(name="note", at=now(), body="b", owner_id=ADVISER, company_id=COMPANY)


def happened(
    stand: Stand, name: str, record: int, because: str, *actions: Action, problems: tuple[str, ...] = ()
) -> None:
    event = Event(name=name, portal_id=PORTAL, record_id=record, occurred_at=now(), received_at=now())
    plan = Plan(because=because, actions=actions, company_id=COMPANY, problems=problems)
    ledger = stand.console.ledger
    flow = "no_answer" if name == CALL_LOGGED else "owner_change"
    store(ledger, [StoredPlan(flow=flow, event=event, basis="x", mode="on", plan=plan, planned_at=now())])
    for action, state, reason in ((TASK, "done", None), (NOTE, "refused", "HubSpot avviste posten")):
        if action in actions:
            key = ActionKey(flow=flow, subject=event.subject, name=action.name)
            start(ledger, [key], now=now(), lease_until=now())
            finish(ledger, key, state=state, now=now(), result="77", reason=reason)  # type: ignore[arg-type]


class TestWhy:
    def test_every_plan_tells_its_reason_also_when_nothing_was_done(self, opened: Opening, stand: Stand) -> None:
        happened(stand, CALL_LOGGED, 1, "Utgående anrop uten svar.", TASK, NOTE)
        happened(stand, OWNER_CHANGED, 2, "Tilbake hos samme rådgiver.")
        page = opened(f"#/company/{COMPANY}")
        expect(page.locator("#title")).to_have_text(NAMES[0])
        plans = page.locator(".plan")
        expect(plans.filter(has_text="Ubesvart anrop")).to_contain_text("Utgående anrop uten svar.")
        expect(plans.filter(has_text="Lag oppgave i HubSpot")).to_contain_text("utført")
        expect(plans.filter(has_text="Skriv notat")).to_contain_text("ikke gjort: HubSpot avviste posten")
        expect(plans.filter(has_text="Tilbake hos samme rådgiver")).to_contain_text("Ingenting å gjøre.")

    def test_what_the_rules_lack_is_said_in_words(self, opened: Opening, stand: Stand) -> None:
        happened(stand, CALL_LOGGED, 1, "Utgående anrop uten svar.", problems=("NoCscOwner",))
        page = opened(f"#/company/{COMPANY}")
        expect(page.locator(".problem")).to_contain_text("Ingen står for CSC i reglene")

    def test_a_customer_that_nobody_knows_is_told_of(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        expect(page.locator(".row").first).to_be_visible()
        page.goto(f"{stand.address}#/company/12345")
        expect(page.get_by_role("alert")).to_contain_text("12345 finnes ikke.")


class TestMyWork:
    def test_names_the_customer_of_a_takeover(self, opened: Opening, stand: Stand) -> None:
        stand.console.ledger.note_takeover(
            TakeoverRecord(
                portal_id=PORTAL,
                company_id=COMPANY,
                at=now(),
                previous_owner_id=OLAS_ID,
                owner_id=ADVISER,
                boxes={"002-38": "open", "002-39": "ticked"},
                looked_at=now(),
            )
        )
        stand.who, stand.groups = KARI, "pfa"
        page = opened()
        takeover = page.get_by_role("region", name="Overtakelser")
        expect(takeover.get_by_role("link", name=NAMES[0])).to_have_attribute("target", "_blank")
        expect(takeover).to_contain_text("Fra Ola Rådgiver til Kari Rådgiver")


class TestOperations:
    def opened(self, opened: Opening, stand: Stand, place: str) -> Page:
        stand.who, stand.groups = DRIFT, "ops"
        page = opened(place)
        expect(page.locator("#title")).to_be_visible()
        return page

    def test_what_is_held_is_let_go_by_a_second_press(self, opened: Opening, stand: Stand) -> None:
        event = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=3, occurred_at=now(), received_at=now())
        held = Held(id="1", event=event, reason="Flyten står på vent i reglene.", held_at=now())
        stand.console.ledger.hold("no_answer", held)
        page = self.opened(opened, stand, "#/ops/no_answer")
        expect(page.get_by_role("row", name="Anrop logget")).to_contain_text("Flyten står på vent i reglene.")
        release = page.get_by_role("button", name="Slipp den ene")
        release.click()
        expect(page.get_by_role("alert")).to_contain_text("Trykk en gang til")
        assert len(stand.console.ledger.held("no_answer")) == 1
        release.click()
        expect(page.locator("#news")).to_contain_text("1 hendelse er sluppet")
        assert len(stand.console.ledger.held("no_answer")) == 0
        page.keyboard.press("Escape")
        expect(page.get_by_role("row", name="slapp det som var holdt")).to_contain_text("Drift")

    def test_a_message_that_can_be_read_is_tried_again(self, opened: Opening, stand: Stand) -> None:
        sqs, outputs = stand.console.aws.client("sqs"), stand.console.outputs
        event = Event(name=CALL_LOGGED, portal_id=PORTAL, record_id=4, occurred_at=now(), received_at=now())
        for body in (json.dumps({"detail": event.to_json()}), "not JSON"):
            sqs.send_message(QueueUrl=outputs["NoAnswerDeadLetterUrl"], MessageBody=body)
        page = self.opened(opened, stand, "#/ops/no_answer")
        expect(page.get_by_role("row", name="Kan ikke leses").get_by_role("button")).to_have_count(0)
        page.get_by_role("row", name="Anrop logget").get_by_role("button", name="Prøv igjen").click()
        expect(page.locator("#news")).to_contain_text("tilbake i køen")
        expect(page.get_by_role("row", name="Anrop logget")).to_have_count(0)

    def test_earlier_rules_are_put_in_force_again(self, opened: Opening, stand: Stand) -> None:
        ssm = stand.console.aws.client("ssm")
        name = stand.console.outputs["NoAnswerRulesParameter"]
        ssm.put_parameter(Name=name, Value='{"mode": "hold"}', Type="String", Overwrite=True)
        page = self.opened(opened, stand, "#/ops/no_answer")
        expect(page.get_by_role("region", name="Regler")).to_contain_text("kommandoen «rules put»")
        back = page.get_by_role("button", name="Bruk denne igjen")
        back.click()
        back.click()
        expect(page.locator("#news")).to_contain_text("gjelder igjen")
        assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "{}"
