"""The queue, as somebody works it who leaves the mouse alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.flows.csc_console.console import UNA, VIDAR
from tests.pages.conftest import Opening
from tests.pages.stand import NAMES, Stand, now


def rows(page: Page) -> list[str]:
    expect(page.locator(".row").first).to_be_visible()
    return page.locator(".row .who strong").all_inner_texts()


def looks(stand: Stand) -> int:
    return sum(path == "/api/cases" for _, path, _ in stand.calls)


class TestTheQueue:
    def test_shows_who_what_and_how_near_the_deadline_in_words_too(self, opened: Opening) -> None:
        page = opened()
        assert rows(page) == list(NAMES)
        first = page.locator(".row").first
        expect(first).to_contain_text("igjen")
        expect(first).to_contain_text("I rute")
        expect(first).to_contain_text("Inaktiv")
        expect(first).to_contain_text("Kari Rådgiver")
        expect(page.get_by_role("link", name="Til vurdering 6")).to_have_attribute("aria-current", "page")

    def test_shows_who_looks_at_a_case_until_they_have_gone(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        stand.who = VIDAR
        theirs = opened(stand.place_of(1))
        row = page.get_by_role("link", name=NAMES[1])
        expect(row).to_contain_text("Ser på nå: Vidar")
        expect(page.locator(".looking")).to_have_count(1)
        theirs.close()
        stand.console.cases.looks.clear()
        expect(page.locator(".looking")).to_have_count(0)

    def test_does_not_say_that_whoever_has_claimed_a_case_looks_at_it(self, opened: Opening, stand: Stand) -> None:
        stand.colleague_claims(1)
        stand.console.cases.look(stand.case(1).id, VIDAR, now())
        page = opened()
        expect(page.get_by_role("link", name=NAMES[1])).to_contain_text("Vidar")
        expect(page.locator(".looking")).to_have_count(0)

    def test_is_walked_with_j_and_k_and_opened_with_enter(self, opened: Opening) -> None:
        page = opened()
        rows(page)
        for key in "jjjk":
            page.keyboard.press(key)
        expect(page.locator(".row").nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#title")).to_have_text(NAMES[1])
        expect(page.locator("#title")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".row").nth(1)).to_be_focused()

    def test_lets_a_case_be_claimed_where_it_stands(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        page.keyboard.press("j")
        page.keyboard.press("c")
        expect(page.locator(".row").first.locator(".claim")).to_contain_text("deg")
        expect(page.locator(".row").first).to_be_focused()
        claim = stand.case().claim
        assert claim
        assert claim.user == UNA

    def test_keeps_its_filters_in_the_address_over_the_login(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        page.get_by_label("Anbefaling").select_option("keep")
        expect(page.locator(".row")).to_have_count(1)
        page.get_by_label("Rekkefølge").select_option("due")
        expect(page).to_have_url(f"{stand.address}#/queue?recommendation=keep&sort=due")
        shared = opened("#/queue?recommendation=keep&sort=due")
        assert rows(shared) == [NAMES[2]]
        expect(shared.get_by_label("Anbefaling")).to_have_value("keep")
        assert ("GET", "/api/cases", "recommendation=keep&sort=due&size=50") in stand.calls

    def test_shows_what_is_late_when_its_colour_is_chosen(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        late = page.locator(".colours a", has_text="Over frist")
        expect(late).to_have_text(f"Over frist {len(stand.late())}")
        late.click()
        expect(page.locator(".row")).to_have_count(len(stand.late()))
        assert set(rows(page)) == set(stand.late())
        assert 0 < len(stand.late()) < len(NAMES)
        for row in page.locator(".row .due").all():
            expect(row).to_contain_text("over")
        expect(page.get_by_label("Alder")).to_contain_text("Eldre enn 1 dag (5)")

    def test_finds_a_company_by_how_its_name_begins(self, opened: Opening) -> None:
        page = opened()
        rows(page)
        page.keyboard.press("/")
        page.keyboard.type("kvern")
        expect(page.locator(".row")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        expect(page.locator(".row").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".row")).to_have_count(len(NAMES))
        page.keyboard.press("/")
        page.keyboard.type("finnes ikke")
        expect(page.locator(".empty")).to_contain_text("Fant ingen kunde for «finnes ikke»")

    def test_leaves_whoever_has_opened_a_case_there_though_they_were_still_searching(
        self, opened: Opening, stand: Stand
    ) -> None:
        page = opened()
        rows(page)
        page.keyboard.press("/")
        page.keyboard.type("kvern")
        page.locator(".row").first.click()
        expect(page.locator("#title")).to_have_text(NAMES[0])
        page.wait_for_timeout(400)
        expect(page).to_have_url(stand.address + stand.place_of(0))

    def test_keeps_the_place_of_whoever_stands_on_a_row_that_goes(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        expect(page.locator(".row").nth(2)).to_be_focused()
        stand.colleague_decides(2)
        expect(page.locator(".row")).to_have_count(len(NAMES) - 1)
        expect(page.get_by_role("link", name=NAMES[3])).to_be_focused()

    def test_leads_from_what_is_past_to_what_is_late(self, opened: Opening, stand: Stand) -> None:
        stand.colleague_decides(1)
        page = opened("#/queue?state=decided")
        assert rows(page) == [NAMES[1]]
        page.locator(".colours a", has_text="Over frist").click()
        expect(page.locator(".row")).to_have_count(len(stand.late()))
        expect(page.get_by_role("link", name="Til vurdering 5")).to_have_attribute("aria-current", "page")

    def test_shows_what_others_do_without_being_loaded_again(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        stand.colleague_claims(2)
        stand.begin(6)
        expect(page.locator(".row").nth(2).locator(".claim")).to_contain_text("Vidar")
        expect(page.locator(".row")).to_have_count(len(NAMES) + 1)

    def test_asks_less_and_less_often_while_nothing_happens(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        page.clock.install()
        page.reload()
        rows(page)

        def asked_in(seconds: int) -> int:
            before = looks(stand)
            for _ in range(seconds):
                page.clock.run_for(1000)
                page.wait_for_timeout(40)
            return looks(stand) - before

        at_first, later, much_later = asked_in(15), asked_in(15), asked_in(15)
        assert at_first >= 3
        assert at_first > later >= much_later >= 1
        before = looks(stand)
        page.keyboard.press("j")
        page.wait_for_timeout(200)
        assert looks(stand) == before + 1

    def test_obeys_no_name_of_a_company(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        assert NAMES[2] in rows(page)
        page.goto(stand.address + stand.place_of(2))
        expect(page.locator("#title")).to_have_text(NAMES[2])
        assert page.evaluate("window.obeyed === undefined")
        assert page.locator("main script").count() == 0

    def test_leaves_letters_to_those_who_want_them_elsewhere(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        rows(page)
        page.keyboard.press("?")
        page.get_by_label("Bruk bokstaver som snarveier").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        assert page.locator(".row:focus").count() == 0
        page.keyboard.press("ArrowDown")
        expect(page.locator(".row").first).to_be_focused()
