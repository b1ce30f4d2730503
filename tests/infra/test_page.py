"""The page's server and what it makes of the ledger: no other page may use it, and nothing is hidden or made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.page.app import build, view
from infra.local.page.desk import ALWAYS, opens_soon
from infra.local.page.portal import number_of
from infra.local.page.reading import Seen
from infra.local.page.wording import BOXES, OSLO, as_text, lately, later, when
from infra.simulators.serving import on_a_thread
from owner_change import checklist
from tests.infra.test_local import a_stack

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PORTAL, CALL, CONTACT = "4000000001", "300000000001", "500000000001"
SUBJECT = f"{PORTAL}/{CALL}"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
TEXT = {"name": "sms", "kind": "send_sms"}
ENTRY = {"name": "sms-entry", "kind": "log_sms", "after": "sms"}
TASK = {"name": "email-task", "kind": "create_task", "subject": "Send e-post"}


def at(seconds: float) -> str:
    return f"2026-03-02T09:00:{seconds:06.3f}+00:00"


def plan(*actions: dict[str, Any], mode: str = "on", second: float = 1, flow: str = "no_answer") -> dict[str, Any]:
    return {
        "pk": f"{flow}/{SUBJECT}",
        "sk": f"PLAN/{second}/0",
        "because": "Utgående anrop uten svar.",
        "mode": mode,
        "contact_id": int(CONTACT),
        "received_at": at(0.25),
        "planned_at": at(second),
        "event": {"occurred_at": at(0), "received_at": at(0.25)},
        "plan": {"actions": list(actions)},
    }


def ended(name: str, state: str, reason: str | None = None) -> dict[str, Any]:
    record = {"pk": f"no_answer/{SUBJECT}", "sk": f"ACTION/{name}", "name": name, "state": state}
    return record | {"ended_at": at(2), "reason": reason}


def seen(*ledger: dict[str, Any]) -> Seen:
    """A portal with one contact and one unanswered call, and what the ledger holds about it."""
    call = {
        "id": CALL,
        "createdAt": at(0),
        "properties": {"hs_call_disposition": NO_ANSWER, "hs_timestamp": at(0)},
        "associations": {"contacts": [CONTACT]},
    }
    contact = {
        "id": CONTACT,
        "properties": {"firstname": "Anne", "lastname": "Berg", "mobilephone": "406 12 345"},
        "associations": {},
    }
    return Seen(
        at=NOW,
        portal_id=PORTAL,
        owners=[],
        companies=[],
        contacts=[contact],
        calls=[call],
        tasks=[],
        entries=[],
        notes=[],
        meetings=[],
        webhooks=[{"events": [{"objectId": int(CALL)}]}],
        messages=[],
        deliveries=[],
        metodika={"users": [], "customers": [], "orders": [], "documents": [], "tasks": []},
        ledger=list(ledger),
        rules={},
        set_aside={},
    )


def the_case(*ledger: dict[str, Any]) -> dict[str, Any]:
    [case] = view(seen(*ledger))["cases"]
    return dict(case)


def states(case: dict[str, Any]) -> dict[str, str]:
    return {step["what"]: step["state"] for step in case["steps"] if step["state"] != "hop"}


class TestWhatTheSystemDid:
    def test_shows_a_call_that_is_only_on_its_way(self) -> None:
        case = the_case()
        assert (case["title"], case["contact"], case["word"]) == ("Samtale: ikke svar", "Anne Berg", "På vei")
        assert [step["what"] for step in case["steps"]] == ["Logget i HubSpot"]

    def test_says_how_long_after_the_call_each_hop_was(self) -> None:
        case = the_case(plan(TASK), ended("email-task", "done"))
        assert [step["after"] for step in case["steps"]] == ["10.00.00", "+250 ms", "+1,0 s", "+2,0 s"]
        assert case["word"] == "Ferdig"

    def test_shows_a_refused_sms_with_its_reason_and_what_fell_away_with_it(self) -> None:
        case = the_case(plan(TEXT, ENTRY), ended("sms", "refused", "nummeret er sperret"))
        assert states(case) == {"Send SMS": "refused", "Sett SMS-en på tidslinjen": "dropped"}
        assert "nummeret er sperret" in [step["reason"] for step in case["steps"]]
        assert case["word"] == "Noe ble ikke gjort"

    def test_shows_what_is_unsure_as_unsure(self) -> None:
        assert the_case(plan(TEXT), ended("sms", "unsure"))["word"] == "Usikkert"

    def test_calls_nothing_done_that_has_no_end_in_the_ledger(self) -> None:
        case = the_case(plan(TASK, TEXT), ended("email-task", "done"))
        assert states(case)["Send SMS"] == "pending"
        assert case["word"] == "Pågår"

    def test_says_that_a_shadow_plan_was_only_shown(self) -> None:
        case = the_case(plan(TEXT, mode="shadow"))
        assert (states(case), case["word"]) == ({"Send SMS": "shadow"}, "Bare vist")

    def test_says_until_when_it_waits_and_forgets_that_once_it_has_woken(self) -> None:
        wake = {"name": "wake-0", "kind": "wake_at", "when": "2026-03-03T08:00:00+01:00"}
        waiting = [plan(wake), ended("wake-0", "done")]
        assert the_case(*waiting)["word"] == "Venter til i morgen kl. 08.00"
        assert the_case(*waiting, plan(TASK, second=5), ended("email-task", "done"))["word"] == "Ferdig"

    def test_says_why_an_event_is_held(self) -> None:
        held = {
            "pk": "HELD/no_answer",
            "sk": f"{SUBJECT}/0",
            "reason": "flyten står på vent i reglene",
            "held_at": at(1),
            "event": {"occurred_at": at(0), "received_at": at(0.25)},
        }
        case = the_case(held)
        assert (case["word"], case["because"]) == ("Holdt tilbake", "Holdt tilbake: flyten står på vent i reglene.")
        assert view(seen(held))["rules"]["held"] == 1

    def test_tells_of_a_receipt_with_the_call_it_is_about(self) -> None:
        receipt = plan(flow="sms_receipt", second=3)
        receipt |= {"pk": f"sms_receipt/{PORTAL}/abc", "received_at": at(3)}
        receipt["event"] = receipt["event"] | {"receipt": {"part": 1, "status": "DELIVERED"}}
        sent = {"pk": "SMS/abc", "sk": "SMS", "flow": "no_answer", "subject": SUBJECT}
        case = the_case(plan(TEXT), ended("sms", "done"), sent, receipt)
        assert case["steps"][-1]["what"] == "Kvittering: levert på telefonen"
        assert case["steps"][-1]["after"] == "+3,0 s"

    def test_leaves_out_looks_beside_the_story_that_found_nothing_to_do(self) -> None:
        looked = plan({"name": "look", "kind": "look_at"}, flow="sequence_due")
        nothing = plan(flow="customer_reached")
        assert the_case(looked, nothing)["title"] == "Samtale: ikke svar"

    def test_shows_what_a_look_beside_the_story_led_to(self) -> None:
        proposed = plan({"name": "propose-0", "kind": "enrol"}, flow="sequence_due")
        assert {case["title"] for case in view(seen(proposed))["cases"]} == {"Samtale: ikke svar", "Forsøkt forgjeves"}

    def test_names_a_flow_and_an_action_it_has_never_heard_of(self) -> None:
        unknown = plan({"name": "fly", "kind": "fly_away"}, flow="new_flow")
        cases = {case["title"]: case for case in view(seen(unknown))["cases"]}
        assert cases.keys() == {"new_flow", "Samtale: ikke svar"}
        assert states(cases["new_flow"]) == {"fly": "pending"}


def takeover(mark: str, *actions: dict[str, Any], second: float = 1) -> dict[str, Any]:
    made = plan(*actions, flow="owner_change", second=second)
    return made | {"pk": f"owner_change/{PORTAL}/7", "basis": f"{mark}|settled|cards|2026-03-02", "contact_id": None}


class TestATakeover:
    FIRST, SECOND = "1772442000000", "1772445600000"

    def test_is_a_happening_of_its_own_each_time(self) -> None:
        ledger = [takeover(mark, {"name": f"guard-{mark}", "kind": "pass_guard"}) for mark in (self.FIRST, self.SECOND)]
        cases = [case for case in view(seen(*ledger))["cases"] if case["title"] == "Ny rådgiver"]
        assert [case["key"].rpartition("/")[2] for case in cases] == [self.FIRST, self.SECOND]

    def test_shows_how_many_boxes_are_done_and_each_ones_state(self) -> None:
        boxes = dict.fromkeys(BOXES, "open") | {"002-42": "verified", "002-39": "ticked"}
        record = {
            "pk": f"TAKEOVER/{PORTAL}/7",
            "sk": "x",
            "takeover": {"at": "2026-03-02T09:00:00Z", "boxes": boxes},
        }
        [case] = [one for one in view(seen(takeover(self.FIRST), record))["cases"] if one["boxes"]]
        assert case["word"] == "2 av 20 punkter gjort"
        states = {box["what"]: box["word"] for box in case["boxes"]}
        assert (states["Eier i HubSpot"], states["Kundebildet lest"]) == ("sett av systemet", "huket av")

    def test_says_of_a_task_by_hand_only_when_metodika_has_refused_it(self) -> None:
        on_the_card = {"name": f"card-orders-{self.FIRST}", "kind": "create_card_task", "title": "Ta over"}
        by_hand = {"name": f"by-hand-{self.FIRST}", "kind": "create_task", "subject": "Metodika: Ta over"}
        actions = (on_the_card, by_hand | {"instead_of": on_the_card["name"]})
        made = ended(str(on_the_card["name"]), "done") | {"pk": f"owner_change/{PORTAL}/7"}
        for state, shown in (("done", 1), ("refused", 2)):
            ledger = (takeover(self.FIRST, *actions), made | {"state": state})
            [case] = [one for one in view(seen(*ledger))["cases"] if one["title"] == "Ny rådgiver"]
            assert len(states(case)) == shown

    def test_has_the_boxes_that_the_flow_has(self) -> None:
        assert tuple(BOXES) == tuple(box.requirement for box in checklist.BOXES)


class TestWording:
    def test_rich_text_becomes_lines_and_other_markup_stays_visible(self) -> None:
        assert as_text("Hei &amp; hå<br>ny<BR/>linje <b>fet</b>") == "Hei & hå\nny\nlinje <b>fet</b>"

    def test_moments_are_said_as_people_do(self) -> None:
        assert when("2026-03-02T15:00:00Z", NOW) == "i dag kl. 16.00"
        assert when("2026-03-09T15:00:00Z", NOW) == "man. 9. mars kl. 16.00"
        assert lately("2026-03-02T08:00:00Z", NOW) == "kl. 09.00"
        assert [later(at(0), at(0.5)), later(at(0), "2026-03-02T09:07:00Z")] == ["+500 ms", "+7 min"]
        assert later(at(5), at(1)) == "+0 ms"

    @pytest.mark.parametrize(
        ("numbers", "number", "has_phone"),
        [
            ({"mobilephone": "0047 406 12 345"}, "+4740612345", True),
            ({"phone": "91 23 45 67"}, "+4791234567", True),
            ({"phone": "22 33 44 55"}, "+4722334455", False),
            ({"phone": "ukjent"}, None, False),
            ({"mobilephone": "+47 400 00 425"}, "+4740000425", True),
        ],
    )
    def test_a_contact_has_a_phone_when_sms_can_come_to_its_number(
        self, numbers: dict[str, str], number: str | None, has_phone: bool
    ) -> None:
        found, no_sms = number_of({"properties": numbers | {"country": "Norway"}})
        assert (found, no_sms is None) == (number, has_phone)


class TestContactHoursThatOpenSoon:
    @pytest.mark.parametrize("clock", [(9, 30), (0, 0), (23, 57), (23, 58), (23, 59)])
    def test_are_closed_now_and_open_within_minutes(self, clock: tuple[int, int]) -> None:
        now = datetime(2026, 3, 2, *clock, tzinfo=OSLO)
        hours = opens_soon(now)
        assert not hours["opens"] <= f"{now:%H:%M}" < hours["closes"]
        opening = datetime.strptime(hours["opens"], "%H:%M").replace(tzinfo=UTC)
        minutes = (opening.hour * 60 + opening.minute - now.hour * 60 - now.minute) % (24 * 60)
        assert 0 < minutes <= 4

    def test_leave_days_and_holidays_open(self) -> None:
        assert opens_soon(NOW) == ALWAYS | {"opens": "09:32"}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """The page of a stack whose parts do not answer."""
    replace(a_stack(), page_url="http://127.0.0.1:1/").write(tmp_path)
    with on_a_thread(build(tmp_path)) as url:
        yield url


class TestWhoMayUseIt:
    def test_its_own_forms_get_through_to_the_stack(self, page: str) -> None:
        answer = requests.post(f"{page}/api/calls", json={}, headers={"Origin": page}, timeout=30)
        assert answer.status_code == 503
        assert "En del av stakken svarte ikke" in answer.json()["message"]

    @pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {}])
    def test_a_form_of_another_page_is_refused(self, page: str, headers: dict[str, str]) -> None:
        answer = requests.post(f"{page}/api/calls", json={}, headers=headers, timeout=10)
        assert (answer.status_code, answer.json()["message"]) == (400, "Forespørselen kom ikke fra denne siden.")

    def test_what_a_form_without_javascript_could_send_is_refused(self, page: str) -> None:
        headers = {"Origin": page, "Content-Type": "text/plain"}
        assert requests.post(f"{page}/api/calls", data="{}", headers=headers, timeout=10).status_code == 400

    @pytest.mark.parametrize("body", [b"not json", b"[]", b'{"a": "' + b"x" * 20_000 + b'"}'])
    def test_what_is_no_form_is_refused(self, page: str, body: bytes) -> None:
        headers = {"Origin": page, "Content-Type": "application/json"}
        assert requests.post(f"{page}/api/calls", data=body, headers=headers, timeout=10).status_code == 400

    def test_another_name_that_leads_here_is_refused(self, page: str) -> None:
        assert requests.get(page, headers={"Host": "evil.example"}, timeout=10).status_code == 400

    def test_every_answer_says_that_nothing_may_come_from_elsewhere(self, page: str) -> None:
        for path in ("/", "/page.js", "/api/view", "/nowhere", "/../stack.json"):
            policy = requests.get(f"{page}{path}", timeout=30).headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy

    def test_the_page_names_no_other_server(self, page: str) -> None:
        for path in ("/", "/page.css", "/page.js", "/crm.js", "/metodika.js", "/phone.js", "/system.js", "/dom.js"):
            answer = requests.get(f"{page}{path}", timeout=10)
            assert answer.ok
            assert "//" not in answer.text.replace("\n//", "").replace("// ", "").replace("http://www.w3.org", "")
