"""The pages can be used by everybody: on every screen, in light and dark, with the keyboard and by ear."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from tests.flows.csc_console.console import KARI
from tests.pages.conftest import Opening
from tests.pages.stand import Stand

PAGES = ("queue", "case", "company", "work", "ops", "flow")
FOCUS = """(() => {
    const at = document.activeElement;
    return [at.outerHTML.slice(0, 160), at === document.body || getComputedStyle(at).outlineStyle !== 'none'];
})()"""
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


@pytest.fixture(autouse=True)
def everything(stand: Stand) -> None:
    """Kari is an adviser in HubSpot; here she may do all the rest as well."""
    stand.who, stand.groups = KARI, "csc,pfa,ops"


def address(stand: Stand, page: str) -> str:
    return {"case": stand.place_of(), "company": "#/company/9100", "flow": "#/ops/no_answer"}.get(page, f"#/{page}")


class TestEveryPage:
    @pytest.mark.parametrize("place", PAGES)
    def test_has_no_barrier_that_axe_would_find(self, opened: Opening, stand: Stand, place: str) -> None:
        page = opened(address(stand, place))
        expect(page.locator("main").get_by_role("heading").first).to_be_attached()
        if place == "case":
            page.keyboard.press("i")
            expect(page.locator(".effects")).to_be_visible()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

    @pytest.mark.parametrize("place", PAGES)
    def test_is_never_wider_than_the_screen(self, opened: Opening, stand: Stand, place: str) -> None:
        """720 is 1440 at 200 % zoom."""
        page = opened(address(stand, place))
        for width in (1440, 1024, 720, 360):
            page.set_viewport_size(ViewportSize(width=width, height=640))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width

    @pytest.mark.parametrize("place", PAGES)
    def test_shows_where_the_focus_is_wherever_tab_leads(self, opened: Opening, stand: Stand, place: str) -> None:
        page = opened(address(stand, place))
        expect(page.locator(".link")).to_have_text("Direkte")
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            where, seen = page.evaluate(FOCUS)
            reached.add(where)
            assert seen, where
        assert len(reached) > 5

    def test_stands_still_for_those_who_want_it(self, opened: Opening) -> None:
        page = opened()
        expect(page.locator(".row").first).to_be_visible()
        assert page.evaluate("document.getAnimations().length") == 0

    def test_tells_in_its_title_where_one_is(self, opened: Opening, stand: Stand) -> None:
        page = opened(stand.place_of(1))
        expect(page).to_have_title("Kvernbrua Transport AS · kundeflyt")
        page.keyboard.press("Escape")
        expect(page).to_have_title("Kø · kundeflyt")
