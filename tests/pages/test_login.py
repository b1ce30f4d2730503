"""Logging in and out: nothing of it is kept where others could find it, and nobody can slip a login in."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.flows.csc_console.console import CLIENT, DRIFT, KARI, VIDAR
from tests.pages.conftest import Opening
from tests.pages.stand import NAMES, Stand

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


class TestLoggingIn:
    def test_proves_with_its_verifier_that_the_code_is_ours(self, opened: Opening, stand: Stand) -> None:
        opened()
        [exchange] = stand.exchanged
        assert exchange["client_id"] == CLIENT
        assert exchange["redirect_uri"] == stand.address
        assert stand.proven == [True]

    def test_leaves_no_token_or_code_where_others_could_find_it(self, opened: Opening, stand: Stand) -> None:
        page = opened(stand.place_of())
        expect(page.locator("#title")).to_have_text(NAMES[0])
        assert page.evaluate(STORED) == '[{},{},""]'
        assert page.url == stand.address + stand.place_of()

    def test_takes_no_answer_to_a_question_it_did_not_ask(self, opened: Opening, stand: Stand) -> None:
        page = opened("?code=foreign&state=foreign")
        expect(page.get_by_role("heading", name="Innloggingen ble ikke fullført")).to_be_visible()
        assert stand.exchanged == []
        page.get_by_role("button", name="Logg inn").click()
        expect(page.locator(".row").first).to_be_visible()

    def test_renews_the_short_token_without_a_word(self, opened: Opening, stand: Stand) -> None:
        stand.token_lasts = 1
        page = opened()
        expect(page.locator(".row").first).to_be_visible()
        page.wait_for_timeout(4_000)
        assert [one["grant_type"] for one in stand.exchanged][:2] == ["authorization_code", "refresh_token"]
        expect(page.locator(".link")).to_have_text("Direkte")
        assert stand.logins == 1


class TestLoggingOut:
    def test_withdraws_the_token_and_forgets_the_drafts(self, opened: Opening, stand: Stand) -> None:
        page = opened(stand.place_of())
        page.get_by_label("Kommentar", exact=True).fill("Bare for meg")
        assert "Bare for meg" in page.evaluate(STORED)
        page.get_by_role("button", name="Logg ut").click()
        expect(page.get_by_role("heading", name="Du er logget ut.")).to_be_visible()
        assert "Bare for meg" not in page.evaluate(STORED)
        assert stand.revoked == ["refresh-1"]
        assert stand.logins == 1

    def test_the_next_person_in_the_same_tab_does_not_find_the_last_ones_words(
        self, opened: Opening, stand: Stand
    ) -> None:
        page = opened(stand.place_of())
        page.get_by_label("Kommentar", exact=True).fill("Bare for meg")
        stand.who = VIDAR
        page.reload()
        expect(page.get_by_label("Kommentar", exact=True)).to_have_value("")


class TestRoles:
    def test_an_adviser_sees_own_work_and_no_queue(self, opened: Opening, stand: Stand) -> None:
        stand.who, stand.groups = KARI, "pfa"
        page = opened("#/queue")
        expect(page.locator("#title")).to_have_text("Mitt arbeid")
        expect(page.get_by_role("navigation", name="Hovedmeny").get_by_role("link")).to_have_count(1)
        expect(page.get_by_role("link", name="Kunden svarte på SMS")).to_be_visible()
        assert not any(path == "/api/cases/counts" for _, path, _ in stand.calls)

    def test_operations_see_the_flows(self, opened: Opening, stand: Stand) -> None:
        stand.who, stand.groups = DRIFT, "ops"
        page = opened()
        expect(page.locator("#title")).to_have_text("Drift")
        expect(page.get_by_role("row", name="Ubesvart anrop")).to_contain_text("På")

    def test_whoever_has_no_role_is_told_what_to_do(self, opened: Opening, stand: Stand) -> None:
        stand.groups = ""
        page = opened()
        expect(page.get_by_role("heading", name="Brukeren er ikke med i noen gruppe")).to_contain_text(
            "Be den som styrer brukerne"
        )


class TestLanguages:
    def test_follow_the_browser(self, opened: Opening) -> None:
        for locale, title in (
            ("nb-NO", "Kø"),
            ("nn-NO", "Kø"),
            ("sv-SE", "Kö"),
            ("en-GB", "Queue"),
            ("fi-FI", "Queue"),
        ):
            page = opened(locale=locale)
            expect(page.locator("#title")).to_have_text(title)
            assert page.locator("html").get_attribute("lang") == {"Kø": "nb", "Kö": "sv", "Queue": "en"}[title]
