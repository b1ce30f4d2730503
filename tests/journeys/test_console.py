"""The console on the deployed stack, as customer service works it on a morning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from infra.local.queue import CUSTOMERS, fill
from infra.local.tools import ROOT
from tests.journeys.browsing import PATIENCE, a_browser, log_in
from tests.journeys.road import Road, eventually
from tests.journeys.watching import UNTIL_ALL_IS_DONE

pytestmark = pytest.mark.journey

SCREENS = ROOT / ".local" / "screens"
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
MINA, JON, KARI, OPS = "csc", "csc2", "pfa", "ops"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def at_work(browser: Browser, shared_road: Road) -> Iterator[AtWork]:
    """The demo's queue, worked through by the tests of this file, each with customers of its own."""
    shared_road.fresh()
    waiting = fill(shared_road.stack)
    at_work = AtWork(browser, shared_road)
    mina = at_work.person(MINA)
    eventually(lambda: mina.locator(".row").count() == waiting, "all customers are in the queue")
    yield at_work
    at_work.go_home()


class AtWork:
    """People at the console, each in a browser of their own."""

    def __init__(self, browser: Browser, road: Road) -> None:
        self.road = road
        self._browser = browser
        self._contexts = []  # type: ignore[var-annotated]
        self.complaints: list[str] = []

    def person(self, role: str, place: str = "", viewport: ViewportSize = DESKTOP) -> Page:
        """Logs in on the hosted page, as a person does."""
        context = self._browser.new_context(locale="nb-NO", viewport=viewport, reduced_motion="reduce")
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(str(self.road.stack.console_url) + place)
        log_in(page, self.road.stack, role)
        expect(page.locator(".link")).to_have_text("Direkte")
        return page

    def go_home(self) -> None:
        for context in self._contexts:
            context.close()
        assert self.complaints == []


def open_case(page: Page, name: str) -> None:
    """Finds a customer by the start of the name, with the keyboard."""
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type(name[:12])
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text(name)


class TestTheQueue:
    def test_shows_what_is_late_who_is_at_work_and_what_can_still_be_undone(self, at_work: AtWork) -> None:
        page = at_work.person(MINA)
        for colour in ("red", "amber", "green"):
            expect(page.locator(f'.row .mark[data-value="{colour}"]')).not_to_have_count(0)
        expect(page.locator(".row", has_text="Skumringen").locator(".claim")).to_contain_text("Nils")
        page.get_by_role("link", name="Avgjort").click()
        page.locator(".row", has_text="Tindebua").click()
        expect(page.locator("#left")).to_contain_text("igjen å angre")

    def test_has_cases_that_the_flow_has_carried_out(self, at_work: AtWork) -> None:
        page = at_work.person(MINA)
        page.get_by_role("link", name="Utført").click()
        kept = page.locator(".row", has_text="Lyngmoen")
        eventually(kept.count, "the flow has carried the decision out", seconds=UNTIL_ALL_IS_DONE)
        kept.click()
        page.get_by_role("link", name="Hvorfor skjedde dette?").click()
        expect(page.locator(".plan")).to_contain_text("CSC har avgjort at kunden fortsatt skal følges opp.")
        page.goto(page.url.split("#")[0] + "#/queue?state=waiting")
        asked = page.locator(".row", has_text="Gaupefaret")
        eventually(asked.count, "the case waits for its answer", seconds=UNTIL_ALL_IS_DONE)


class TestAMorning:
    def test_three_cases_are_worked_with_the_keyboard_alone(self, at_work: AtWork) -> None:
        """Requirements 001-26, 001-27, 001-40 and 001-41."""
        page = at_work.person(MINA)
        keyboard = page.keyboard
        expect(page.locator(".row").first).to_be_visible()
        keyboard.press("j")
        keyboard.press("Enter")
        expect(page.locator("#title")).to_have_text(CUSTOMERS[0].name)
        expect(page.get_by_role("link", name="Ragnhild Vatne")).to_be_visible()
        expect(page.locator(".criteria li[data-value=met]")).to_have_count(7)
        expect(page.locator(".timeline li", has_text="teller ikke").first).to_be_visible()
        keyboard.press("i")
        expect(page.locator("input[name=reason]").first).to_be_focused()
        expect(page.locator(".effects li")).not_to_have_count(0)
        keyboard.press("Space")
        keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Du avgjorde saken: inaktiv.")).to_be_visible()

        keyboard.press("n")
        expect(page.locator("#title")).to_have_text(CUSTOMERS[1].name)
        keyboard.press("k")
        expect(page.locator("input[name=reason]").first).to_be_focused()
        keyboard.press("Space")
        keyboard.press("Tab")
        keyboard.type("Ring Torgeir i januar, da er sesongen over.")
        keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Du avgjorde saken: behold.")).to_be_visible()
        expect(page.locator(".decide")).to_contain_text("Ring Torgeir i januar")

        keyboard.press("n")
        expect(page.locator("#title")).to_have_text(CUSTOMERS[2].name)
        keyboard.press("m")
        expect(page.locator("input[name=reason]").first).to_be_focused()
        keyboard.press("Space")
        keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Du avgjorde saken: trenger mer.")).to_be_visible()

    def test_two_at_one_case_see_each_other_and_one_of_them_has_it(self, at_work: AtWork) -> None:
        mina, jon = at_work.person(MINA), at_work.person(JON)
        for page in (mina, jon):
            open_case(page, CUSTOMERS[3].name)
        mina.keyboard.press("c")
        jon.keyboard.press("c")
        eventually(
            lambda: sorted(page.locator("[data-do=release]").count() for page in (mina, jon)) == [0, 1],
            "one of the two has the case",
        )
        has, has_not = (mina, jon) if mina.locator("[data-do=release]").count() else (jon, mina)
        expect(has_not.locator(".holder")).to_contain_text("har saken til")
        has_not.get_by_role("button", name="Ta over").click()
        expect(has_not.locator(".holder")).to_contain_text("Saken er hos deg")
        expect(has.locator(".holder")).to_contain_text("har saken til")
        has_not.keyboard.press("Escape")
        expect(has_not.locator(".row", has_text=CUSTOMERS[3].name).locator(".claim")).to_contain_text("deg")

    def test_a_decision_is_taken_back(self, at_work: AtWork) -> None:
        page = at_work.person(MINA)
        open_case(page, CUSTOMERS[4].name)
        page.keyboard.press("k")
        expect(page.locator("input[name=reason]").first).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#left")).to_contain_text("igjen å angre")
        page.keyboard.press("u")
        expect(page.locator(".holder")).to_contain_text("Saken er hos deg")
        expect(page.locator(".log")).to_contain_text("Angret vedtaket")

    def test_an_ended_session_in_the_middle_of_a_comment_loses_no_word(self, at_work: AtWork) -> None:
        page = at_work.person(MINA)
        open_case(page, CUSTOMERS[5].name)
        comment = page.get_by_label("Kommentar", exact=True)
        comment.fill("Snakket med naboen:")
        page.route("**/oauth2/token", lambda route: route.fulfill(status=400, body='{"error": "invalid_grant"}'))
        page.route("**/api/**", lambda route: route.fulfill(status=401, body='{"message": "Unauthorized"}'))
        comment.press_sequentially(" de har flyttet")
        page.get_by_role("button", name="Kommenter").click()
        expect(page.get_by_role("alert")).to_contain_text("Økten din er over.")
        page.unroute_all()
        page.get_by_role("button", name="Logg inn igjen").click()
        log_in(page, at_work.road.stack, MINA)
        expect(page.locator("#title")).to_have_text(CUSTOMERS[5].name)
        expect(comment).to_have_value("Snakket med naboen: de har flyttet")
        page.get_by_role("button", name="Kommenter").click()
        expect(page.locator(".said")).to_contain_text("de har flyttet")

    def test_logging_out_ends_it(self, at_work: AtWork) -> None:
        page = at_work.person(MINA)
        page.get_by_role("button", name="Logg ut").click()
        expect(page.get_by_role("heading", name="Du er logget ut.")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Du er logget ut.")).to_be_visible()


class TestOthers:
    def test_an_adviser_sees_own_customers(self, at_work: AtWork) -> None:
        page = at_work.person(KARI)
        expect(page.locator("#title")).to_have_text("Mitt arbeid")
        expect(page.locator(".row", has_text=CUSTOMERS[8].name)).to_be_visible()
        expect(page.locator(".row", has_text=CUSTOMERS[7].name)).to_have_count(0)

    def test_operations_see_the_flows(self, at_work: AtWork) -> None:
        page = at_work.person(OPS)
        expect(page.get_by_role("row", name="Ubesvart anrop")).to_contain_text("På")


class TestForEverybody:
    def test_axe_finds_no_barrier_on_any_page(self, at_work: AtWork) -> None:
        mina, ops, kari = (at_work.person(one) for one in (MINA, OPS, KARI))
        pages = [(mina, "queue"), (kari, "work"), (ops, "ops"), (ops, "ops/no_answer")]
        for page, place in pages:
            page.goto(page.url.split("#")[0] + f"#/{place}")
            expect(page.locator("#title")).to_be_attached()
            _has_no_barrier(page)
        open_case(mina, CUSTOMERS[6].name)
        mina.keyboard.press("i")
        expect(mina.locator(".effects")).to_be_visible()
        _has_no_barrier(mina)
        mina.get_by_role("link", name="Hvorfor skjedde dette?").click()
        expect(mina.locator("#stories-title")).to_be_visible()
        _has_no_barrier(mina)

    def test_it_is_calm_in_light_in_dark_and_on_a_phone(self, at_work: AtWork) -> None:
        """The pictures in .local/screens are for a person to look at."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        page = at_work.person(MINA)
        for name in ("queue", "case"):
            if name == "case":
                open_case(page, CUSTOMERS[7].name)
                page.keyboard.press("i")
                expect(page.locator(".effects")).to_be_visible()
                assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=SCREENS / f"console-{name}-{scheme}.png")
            page.emulate_media(color_scheme="light")
            page.set_viewport_size(PHONE)
            page.screenshot(path=SCREENS / f"console-{name}-phone.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.set_viewport_size(DESKTOP)


def _has_no_barrier(page: Page) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
