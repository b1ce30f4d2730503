"""One case, decided by keyboard, with colleagues about."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from csc_console.words import EFFECTS
from kundeflyt.domain.cases import Decision
from tests.domain.case_situation import RULES
from tests.flows.csc_console.console import VIDAR
from tests.pages.conftest import Opening
from tests.pages.stand import NAMES, Stand, now


def the_case(opened: Opening, stand: Stand, place: int = 0) -> Page:
    page = opened(stand.place_of(place))
    expect(page.locator(".criteria li")).to_have_count(7)
    return page


def decided(stand: Stand, place: int = 0) -> Decision:
    decision = stand.case(place).decision
    assert decision
    return decision


class TestTheCase:
    def test_is_on_one_screen(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("i")
        expect(page.locator(".effects")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        for part in ("Kunden", "Grunnlag", "Vedtak", "Tidslinje", "Kommentarer"):
            expect(page.get_by_role("heading", name=part, exact=True)).to_be_in_viewport()

    def test_leads_to_the_records_it_rests_on_and_says_which_calls_do_not_count(
        self, opened: Opening, stand: Stand
    ) -> None:
        page = the_case(opened, stand)
        link = page.locator(".criteria .records a").first
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("target", "_blank")
        logged = page.locator(".timeline li", has_text="Logget samtale")
        expect(logged).to_have_count(4)
        expect(logged.first).to_contain_text("teller ikke")
        expect(page.locator(".timeline li", has_text="sekvens", has_not_text="Logget").first).not_to_contain_text(
            "teller ikke"
        )

    def test_shows_what_will_happen_before_it_does(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("i")
        for effect in EFFECTS["inactive"].values():
            expect(page.locator(".effects")).to_contain_text(effect["nb"])
        expect(page.locator(".effects")).to_contain_text(f"{RULES.undo_minutes} minutter")
        assert (stand.case().state, stand.case().decision) == ("claimed", None)

    def test_wants_a_reason(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("k")
        expect(page.locator("input[name=reason]").first).to_be_focused()
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("Velg en begrunnelse")
        assert (stand.case().state, stand.case().decision) == ("claimed", None)

    def test_is_decided_with_the_keyboard_and_leads_to_the_next(self, opened: Opening, stand: Stand) -> None:
        page = opened()
        expect(page.locator(".row").first).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.locator(".criteria li")).to_have_count(7)
        page.keyboard.press("k")
        expect(page.locator("input[name=reason]").first).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("Ring Ragnhild i januar")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Du avgjorde saken: behold.")).to_be_visible()
        assert (decided(stand).reason, decided(stand).feedback) == (
            "Kunden er i dialog",
            "Ring Ragnhild i januar",
        )
        expect(page.get_by_role("button", name="Neste sak")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#title")).to_have_text(NAMES[1])

    def test_asks_for_more_in_whole_sentences(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("m")
        page.get_by_label("Hvem er rett kontaktperson?").check()
        page.get_by_label("Hva trenger du å vite?").fill("Hvem er ny styrer?")
        page.get_by_role("button", name="Be om mer").click()
        expect(page.locator("#news")).to_contain_text("Spørsmålet er sendt")
        assert decided(stand).reason == "Hvem er rett kontaktperson? Hvem er ny styrer?"

    def test_can_be_taken_back_while_nothing_is_done(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("i")
        page.get_by_label("Virksomheten er avviklet").check()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#left")).to_contain_text("igjen å angre")
        page.keyboard.press("u")
        expect(page.locator("#news")).to_contain_text("angret")
        expect(page.get_by_role("button", name="Inaktiv")).to_be_focused()
        assert (stand.case().state, stand.case().decision) == ("claimed", None)

    def test_offers_no_undo_when_the_time_is_over(self, opened: Opening, stand: Stand) -> None:
        stand.colleague_decides()
        page = the_case(opened, stand)
        page.clock.install()
        page.reload()
        expect(page.get_by_role("button", name="Angre")).to_be_visible()
        page.clock.fast_forward(f"{RULES.undo_minutes}:00")
        expect(page.get_by_role("button", name="Angre")).to_have_count(0)
        expect(page.get_by_role("heading", name="Vidar avgjorde saken: behold.")).to_be_visible()


class TestColleagues:
    def test_who_has_the_case_is_seen_and_can_be_relieved(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        stand.colleague_claims()
        expect(page.locator(".holder")).to_contain_text("Vidar har saken til")
        expect(page.locator("#news")).to_contain_text("Vidar har tatt saken.")
        page.keyboard.press("i")
        expect(page.get_by_role("button", name="Ta over")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".holder")).to_contain_text("Saken er hos deg")
        claim = stand.case().claim
        assert claim
        assert claim.taken_over_from == VIDAR

    def test_two_who_look_at_one_case_see_each_other(self, opened: Opening, stand: Stand) -> None:
        una = the_case(opened, stand)
        expect(una.locator(".looking")).to_have_count(0)
        stand.who = VIDAR
        vidar = the_case(opened, stand)
        expect(vidar.locator(".case-head .looking")).to_have_text("U Ser på nå: Una", use_inner_text=True)
        expect(una.locator(".case-head")).to_contain_text("Ser på nå: Vidar")
        expect(una.get_by_role("button", name="Ta saken")).to_be_visible()
        assert (stand.case().state, stand.case().claim) == ("open", None)

    def test_who_comes_and_goes_is_told_once_to_those_who_do_not_see_the_page(
        self, opened: Opening, stand: Stand
    ) -> None:
        una = the_case(opened, stand)
        una.evaluate(
            "window.told = []; new MutationObserver(() => news.textContent && told.push(news.textContent))"
            ".observe(news, {childList: true})"
        )
        stand.console.cases.look(stand.case().id, VIDAR, now())
        expect(una.locator("#news")).to_have_text("Ser på saken nå: Vidar.")
        for _ in range(3):
            with una.expect_response(f"**/{stand.case().id}"):
                una.evaluate("dispatchEvent(new Event('online'))")
        stand.console.cases.looks.clear()
        expect(una.locator("#news")).to_have_text("Ser ikke lenger på saken: Vidar.")
        assert una.evaluate("told") == ["Ser på saken nå: Vidar.", "Ser ikke lenger på saken: Vidar."]

    def test_what_one_was_writing_stays_when_a_colleague_is_first(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("i")
        page.get_by_label("Utdypning").fill("Slettet i Brønnøysund")
        stand.colleague_decides()
        expect(page.get_by_role("heading", name="Vidar avgjorde saken: behold.")).to_be_visible()
        expect(page.locator(".lost")).to_contain_text("Slettet i Brønnøysund")
        expect(page.locator("#news")).to_contain_text("Det du hadde skrevet, står på siden.")
        expect(page.locator("#title")).to_be_focused()

    def test_the_later_decision_is_refused_with_what_the_other_decided(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("i")
        page.get_by_label("Virksomheten er avviklet").check()
        page.get_by_label("Utdypning").fill("Slettet i Brønnøysund")
        # Between two looks: the page knows nothing of it yet.
        with page.expect_response("**/decision"):
            stand.colleague_decides()
            page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text(
            "Vidar var før deg og avgjorde saken: behold. «Pågående bestilling»"
        )
        expect(page.locator(".lost")).to_contain_text("Slettet i Brønnøysund")
        expect(page.get_by_role("heading", name="Vidar avgjorde saken: behold.")).to_be_visible()

    def test_a_comment_is_theirs_to_read(self, opened: Opening, stand: Stand) -> None:
        mine, theirs = the_case(opened, stand), the_case(opened, stand)
        mine.get_by_label("Kommentar", exact=True).fill("De har <b>byttet</b> styrer")
        mine.get_by_role("button", name="Kommenter").click()
        expect(theirs.locator(".said")).to_contain_text("De har <b>byttet</b> styrer")
        expect(theirs.locator(".said")).to_contain_text("Una")
        expect(mine.get_by_label("Kommentar", exact=True)).to_have_value("")


class TestTrouble:
    def test_an_ended_session_loses_no_word(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        comment = page.get_by_label("Kommentar", exact=True)
        comment.fill("Snakket med naboen:")
        stand.session_over = True
        comment.press_sequentially(" de har flyttet")
        page.get_by_role("button", name="Kommenter").click()
        expect(page.get_by_role("alert")).to_contain_text("Økten din er over.")
        expect(comment).to_have_value("Snakket med naboen: de har flyttet")
        page.get_by_role("button", name="Logg inn igjen").click()
        expect(page.locator("#title")).to_have_text(NAMES[0])
        expect(comment).to_have_value("Snakket med naboen: de har flyttet")
        page.get_by_role("button", name="Kommenter").click()
        expect(page.locator(".said")).to_contain_text("de har flyttet")
        assert [one.text for one in stand.case().comments] == ["Snakket med naboen: de har flyttet"]

    def test_an_ended_session_in_the_middle_of_a_decision_leaves_a_draft(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("k")
        page.get_by_label("Kunden er i dialog").check()
        page.get_by_label("Tilbakemelding til rådgiveren").fill("Ring i januar")
        stand.session_over = True
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("Økten din er over.")
        page.get_by_role("button", name="Logg inn igjen").click()
        keep = page.get_by_role("button", name="Behold")
        expect(keep).to_contain_text("utkast")
        keep.click()
        expect(page.get_by_label("Tilbakemelding til rådgiveren")).to_have_value("Ring i januar")
        assert stand.case().decision is None

    def test_a_network_lost_in_the_middle_of_a_decision_leaves_the_form_as_it_was(
        self, opened: Opening, stand: Stand
    ) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("k")
        page.get_by_label("Kunden er i dialog").check()
        page.get_by_label("Tilbakemelding til rådgiveren").fill("Ring i januar")
        page.context.set_offline(True)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("Det er ikke sikkert at det kom frem.")
        page.context.set_offline(False)
        expect(page.locator(".link")).to_have_text("Direkte")
        expect(page.get_by_label("Kunden er i dialog")).to_be_checked()
        page.get_by_role("button", name="Behold kunden").click()
        expect(page.get_by_role("heading", name="Du avgjorde saken: behold.")).to_be_visible()
        assert decided(stand).feedback == "Ring i januar"
        expect(page.locator(".lost")).to_have_count(0)

    def test_a_decision_whose_answer_was_lost_is_seen_when_the_network_is_back(
        self, opened: Opening, stand: Stand
    ) -> None:
        page = the_case(opened, stand)
        page.keyboard.press("k")
        page.get_by_label("Kunden er i dialog").check()

        def lost(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/decision", lost)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Du avgjorde saken: behold.")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("se om det er lagret")
        assert decided(stand).what == "keep"

    def test_a_lost_network_is_told_and_found_again_and_the_text_stays(self, opened: Opening, stand: Stand) -> None:
        page = the_case(opened, stand)
        comment = page.get_by_label("Kommentar", exact=True)
        comment.fill("Et langt svar")
        page.context.set_offline(True)
        page.get_by_role("button", name="Kommenter").click()
        expect(page.get_by_role("alert")).to_contain_text("Ingen forbindelse")
        expect(page.locator(".link")).to_contain_text("Ingen forbindelse")
        expect(comment).to_have_value("Et langt svar")
        page.context.set_offline(False)
        expect(page.locator(".link")).to_have_text("Direkte")
        page.get_by_role("button", name="Kommenter").click()
        expect(page.locator(".said")).to_contain_text("Et langt svar")
        assert [comment.text for comment in stand.case().comments] == ["Et langt svar"]
