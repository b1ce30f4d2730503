"""The page, as a newcomer plays both stories on it: the call nobody answered, and the customer's new adviser."""

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize, expect

from infra.local.tools import ROOT
from tests.journeys.browsing import Visitor, a_browser, chromium, log_in
from tests.journeys.road import Road, eventually
from tests.journeys.watching import each_time_of_day_comes_once

pytestmark = pytest.mark.journey

SCREENS = ROOT / ".local" / "screens"
EMAIL_TASK = "Send e-post: ubesvart anrop"
CALL_TASK = "Kunden svarte på SMS"
DESKTOP = ViewportSize(width=1440, height=900)
NARROW = ViewportSize(width=390, height=844)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, road: Road) -> Iterator[Visitor]:
    """A person at the page of an empty road; whatever they do, nothing is asked of anybody else."""
    assert road.stack.page_url
    with browser.new_context(locale="nb-NO", viewport=DESKTOP, reduced_motion="reduce") as context:
        visitor = Visitor(context.new_page(), road.stack.page_url)
        yield visitor
        # What the system still works on would be killed for the next journey, and its functions would start cold.
        eventually(road.is_quiet, "the system is at rest")
        assert {urlsplit(asked).netloc for asked in visitor.asked} == {urlsplit(visitor.url).netloc}
        assert visitor.complaints == []


class TestTheStory:
    def test_from_a_call_nobody_answered_to_the_task_to_call_back(self, visitor: Visitor) -> None:
        """Requirements 000-19, 000-22, 000-26 and 000-33."""
        visitor.choose("Anne Berg")
        expect(visitor.page.get_by_text("Ingen oppgaver.")).to_be_visible()
        visitor.log_call()
        expect(visitor.messages()).to_contain_text(["Jeg prøvde å ringe deg om influensavaksine"])

        email = visitor.task(EMAIL_TASK)
        email.click()
        expect(email).to_contain_text("Emne: Jeg prøvde å ringe deg om influensavaksine til de ansatte")
        expect(email).to_contain_text("Vennlig hilsen\nKari Rådgiver")
        case = visitor.case("Samtale: ikke svar")
        expect(case).to_contain_text("Utgående anrop uten svar. SMS: sendes nå.")
        for hop in (
            "Webhooken tatt imot og signaturen godkjent",
            "Besluttet",
            "SMS tatt imot av ITX",
            "SMS-en står på tidslinjen",
            "Kvittering: levert på telefonen",
        ):
            expect(case.locator(".steps li", has_text=hop).locator("time")).to_contain_text("+")

        visitor.writes("Ja, ring meg gjerne")
        expect(visitor.task(CALL_TASK)).to_be_visible()
        expect(visitor.messages()).to_have_count(2)
        expect(visitor.case("SMS fra kunden")).to_contain_text("En kunde har svart på SMS.")
        expect(visitor.page.locator(".timeline")).to_contain_text("Ja, ring meg gjerne")
        expect(visitor.task(EMAIL_TASK)).to_contain_text("SMS: sendt")

    def test_of_a_stop_ends_with_the_reason_why_no_more_is_sent(self, visitor: Visitor) -> None:
        visitor.choose("Anne Berg")
        visitor.log_call()
        expect(visitor.messages()).to_have_count(1)
        visitor.button("STOPP").click()
        expect(visitor.page.locator(".mark")).to_have_text("Reservert mot SMS")
        expect(visitor.case("SMS fra kunden")).to_contain_text("Nummeret er sperret: ingen flere SMS")
        expect(visitor.task(CALL_TASK)).to_have_count(0)
        visitor.log_call()
        expect(visitor.case("Samtale: ikke svar")).to_contain_text("fordi kontakten har reservert seg")
        expect(visitor.messages().filter(has_text="Jeg prøvde å ringe")).to_have_count(1)


class TestANewAdviser:
    def test_is_seen_in_hubspot_on_the_card_and_in_the_takeovers_boxes(self, visitor: Visitor) -> None:
        """Requirements 002-08, 002-09, 002-14, 002-18 and 002-38 to 002-57."""
        visitor.open_company("Fjellbygg AS")
        card = visitor.page.get_by_role("article", name="Kundekortet til Fjellbygg AS")
        expect(card).to_contain_text("Kari Rådgiver")
        expect(card).to_contain_text("Arbeidsplassvurdering · Kari Rådgiver")
        visitor.change_owner("Ola Rådgiver")
        message = visitor.task("Send e-post: ny rådgiver")
        message.click()
        expect(message).to_contain_text("Jeg heter Ola Rådgiver")
        expect(visitor.task("Hold overføringsmøte om kunden")).to_contain_text("Kari Rådgiver")
        expect(visitor.task("Overtakelse av kunde")).to_have_count(2)
        for title in ("Sett deg som PFA/KAM", "Gå gjennom nøkkelinformasjonen", "Ta over aktive bestillinger"):
            expect(visitor.task_in_metodika(title)).to_contain_text("Ola Rådgiver")
        case = visitor.case("Ny rådgiver")
        expect(case).to_contain_text("Fjellbygg AS")
        expect(case).to_contain_text("2 av 20 punkter gjort")
        expect(case.locator(".boxes li")).to_have_count(20)
        expect(case.locator('.boxes [data-state="verified"]')).to_have_text(
            ["✓Kontaktpersoner: sett av systemet", "✓Eier i HubSpot: sett av systemet"]
        )
        expect(case.locator(".steps")).to_contain_text("Oppgave i Metodika: «Ta over aktive bestillinger»")

    def test_by_keyboard_and_none_at_all_is_a_task_to_put_somebody_there(self, visitor: Visitor) -> None:
        keyboard = visitor.page.keyboard
        visitor.tab_to(visitor.button("Granskog AB"))
        keyboard.press("Enter")
        owner = visitor.page.get_by_label("Ny eier")
        visitor.tab_to(owner)
        owner.select_option(label="Ingen (fjern eieren)")
        visitor.tab_to(visitor.button("Bytt eier"))
        keyboard.press("Enter")
        expect(visitor.page.locator(".mark")).to_have_text("Uten rådgiver")
        expect(visitor.button("Bytt eier")).to_be_focused()
        expect(visitor.task("Kunden er uten rådgiver").first).to_be_visible()
        expect(visitor.page.locator("#cards")).to_contain_text("Ingen kundekort har dette organisasjonsnummeret.")
        expect(visitor.case("Ny rådgiver")).to_contain_text("Selskapet har mistet eieren sin")

    def test_is_calm_in_light_in_dark_and_on_a_narrow_screen(self, visitor: Visitor) -> None:
        """The pictures in .local/screens are for a person to look at; axe finds no barrier in any of them."""
        page = visitor.page
        visitor.open_company("Fjellbygg AS")
        visitor.change_owner("Ola Rådgiver")
        expect(visitor.case("Ny rådgiver")).to_contain_text("2 av 20 punkter gjort")
        expect(visitor.task_in_metodika("Last opp dokumenter")).to_be_visible()
        visitor.task("gjør umiddelbart").click()
        SCREENS.mkdir(parents=True, exist_ok=True)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            page.screenshot(path=SCREENS / f"takeover-{scheme}.png")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(NARROW)
        page.screenshot(path=SCREENS / "takeover-narrow.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


class TestASequenceThatEnds:
    def test_is_a_case_in_the_right_column_and_in_the_console(
        self, visitor: Visitor, road: Road, browser: Browser
    ) -> None:
        """Requirements 001-18 and 001-30."""
        visitor.choose("Anne Berg")
        visitor.end_sequence("Gikk ut uten svar")
        case = visitor.case("Sequence")
        expect(case).to_contain_text("Sequence er gått ut uten svar")
        expect(case.locator(".steps")).to_contain_text("CSC er bedt om å vurdere kunden")
        with browser.new_context(locale="nb-NO") as context:
            console = context.new_page()
            console.goto(str(road.stack.console_url))
            log_in(console, road.stack, "csc")
            expect(console.locator(".row", has_text="Fjellbygg AS")).to_contain_text("Kari Rådgiver")


class TestReasons:
    def test_why_no_sms_comes_stand_in_plain_words(self, visitor: Visitor) -> None:
        for contact, reason, phone in (
            ("Frida Haugen", "fordi vi ikke finner et sikkert mobilnummer", "fasttelefon"),
            ("Geir Iversen", "fordi vi ikke finner et sikkert mobilnummer", "ikke noe nummer"),
            ("Hanne Jensen", "fordi kontakten har reservert seg", "Ingen meldinger."),
        ):
            visitor.choose(contact)
            visitor.log_call()
            expect(visitor.case(contact)).to_contain_text(reason)
            expect(visitor.page.locator(".messages")).to_contain_text(phone)

    def test_an_answered_call_and_an_old_one_give_nothing_to_do(self, visitor: Visitor) -> None:
        visitor.choose("Anne Berg")
        visitor.log_call(Utfall="Fikk svar")
        expect(visitor.case("Samtale: fikk svar")).to_contain_text("Ingenting å gjøre")
        visitor.log_call(Utfall="Ikke svar", Tidspunkt="For tre dager siden")
        expect(visitor.case("Samtale: ikke svar")).to_contain_text("trolig importert")

    def test_what_is_held_says_so_until_it_is_let_go(self, visitor: Visitor, road: Road) -> None:
        road.rules_changed_elsewhere()
        rule = visitor.page.get_by_label("Rutinen", exact=True)
        rule.select_option(label="Holdt tilbake")
        eventually(lambda: road.rules_in_force("no_answer").get("mode") == "hold", "the rules say hold")
        visitor.choose("Anne Berg")
        visitor.log_call()
        expect(visitor.case("Samtale: ikke svar")).to_contain_text("Holdt tilbake: flyten står på vent i reglene.")
        expect(visitor.messages()).to_have_count(0)
        rule.select_option(label="På")
        visitor.button("Slipp den ene som holdes").click()
        expect(visitor.messages()).to_have_count(1)

    def test_outside_contact_hours_it_says_when_the_sms_will_go(self, visitor: Visitor, road: Road) -> None:
        """Requirement 000-22: written down now, sent when the customer may be disturbed."""
        each_time_of_day_comes_once()
        road.rules_changed_elsewhere()
        hours = visitor.page.get_by_label("Kontakttid")
        hours.select_option(label="Stengt, åpner om to minutter")
        expect(hours).to_have_value("custom")
        visitor.choose("Anne Berg")
        visitor.log_call()
        expect(visitor.case("Samtale: ikke svar")).to_contain_text("Venter til")
        expect(visitor.case("Samtale: ikke svar")).to_contain_text("når kontakttiden begynner")
        expect(visitor.task(EMAIL_TASK)).to_be_visible()


class TestForEverybody:
    def test_the_story_can_be_played_with_the_keyboard_alone_and_the_focus_stays(self, visitor: Visitor) -> None:
        page, keyboard = visitor.page, visitor.page.keyboard
        visitor.tab_to(visitor.button("Anne Berg"))
        keyboard.press("Enter")
        log = visitor.button("Logg samtalen")
        visitor.tab_to(log)
        keyboard.press("Enter")
        expect(visitor.task(EMAIL_TASK)).to_be_visible()
        expect(log).to_be_focused()

        visitor.tab_to(visitor.task(EMAIL_TASK).locator("summary"))
        keyboard.press("Enter")
        expect(visitor.task(EMAIL_TASK).get_by_text("Emne: ")).to_be_visible()

        reply = page.get_by_label("SMS til Avonova")
        visitor.tab_to(reply)
        keyboard.type("Ring ")
        visitor_sees_another = visitor.case("Samtale: ikke svar").get_by_text("Kvittering: levert")
        expect(visitor_sees_another).to_be_visible()
        expect(reply).to_be_focused()
        keyboard.type("meg")
        keyboard.press("Enter")
        expect(visitor.task(CALL_TASK)).to_be_visible()
        expect(visitor.messages().last).to_contain_text("Ring meg")
        expect(visitor.task(EMAIL_TASK).get_by_text("Emne: ")).to_be_visible()

    def test_news_are_told_to_those_who_do_not_see_the_page(self, visitor: Visitor) -> None:
        visitor.choose("Anne Berg")
        visitor.page.evaluate(
            "window.told = []; new MutationObserver(() => told.push(news.textContent))"
            ".observe(news, {childList: true, characterData: true, subtree: true})"
        )
        visitor.log_call()
        expect(visitor.messages()).to_have_count(1)
        for news in ("Ny SMS på telefonen til Anne Berg.", "Ny oppgave i HubSpot: Send e-post"):
            eventually(lambda news=news: news in visitor.page.evaluate("told.join(' ')"), f"it is told: {news}")  # type: ignore[misc]

    def test_axe_finds_no_barrier_in_light_or_dark(self, visitor: Visitor) -> None:
        visitor.choose("Hanne Jensen")
        visitor.log_call()
        visitor.task(EMAIL_TASK).click()
        expect(visitor.case("Samtale: ikke svar")).to_contain_text("Ferdig")
        for scheme in SCHEMES:
            visitor.page.emulate_media(color_scheme=scheme)
            found = Axe().run(visitor.page)
            assert found.violations_count == 0, found.generate_report()

    def test_it_is_calm_in_light_in_dark_and_on_a_narrow_screen(self, visitor: Visitor) -> None:
        """The pictures in .local/screens are for a person to look at."""
        page = visitor.page
        visitor.choose("Anne Berg")
        visitor.log_call()
        expect(visitor.messages()).to_have_count(1)
        visitor.button("Ja, ring meg gjerne").click()
        expect(visitor.task(CALL_TASK)).to_be_visible()
        expect(visitor.case("SMS fra kunden")).to_contain_text("Ferdig")
        expect(visitor.case("Samtale: ikke svar")).to_contain_text("Kvittering: levert på telefonen")
        SCREENS.mkdir(parents=True, exist_ok=True)
        papers = set()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=SCREENS / f"{scheme}.png")
            papers.add(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        assert len(papers) == 2
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(NARROW)
        page.screenshot(path=SCREENS / "narrow.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


class TestStrangers:
    def test_markup_in_names_titles_and_messages_is_shown_not_obeyed(self, visitor: Visitor, road: Road) -> None:
        script = "<script>window.obeyed = 1</script>"
        image = "<img src=x onerror=window.obeyed=1>"
        odd = {"firstname": image, "lastname": "Odd", "country": "Norway", "mobilephone": "+4740612399"}
        company = {"ref": "odd", "properties": {"name": script, "hubspot_owner_id": "@kari"}}
        road.hubspot(
            "seed",
            {"companies": [company], "contacts": [{"properties": odd, "associations": {"companies": ["@odd"]}}]},
        )
        expect(visitor.page.get_by_role("heading", name=script)).to_be_visible()
        visitor.choose(f"{image} Odd")
        visitor.page.get_by_label("Tittel").fill(script)
        visitor.log_call()
        expect(visitor.messages()).to_have_count(1)
        visitor.writes(image)
        expect(visitor.page.locator(".timeline")).to_contain_text(image)
        expect(visitor.page.locator(".timeline")).to_contain_text(script)
        expect(visitor.case("SMS fra kunden")).to_contain_text(f"{image} Odd")
        assert visitor.page.evaluate("window.obeyed === undefined")
        assert visitor.page.locator("main script, main img").count() == 0

    def test_the_page_may_not_speak_to_anybody_else(self, visitor: Visitor, road: Road) -> None:
        elsewhere = f"{road.stack.hubspot_url}/_sim/log"
        # Without no-cors the other server's silence about us would keep the answer in, whatever our policy says.
        ask = "url => fetch(url, {mode: 'no-cors'}).then(() => 'let out', () => 'kept in')"
        assert visitor.page.evaluate(ask, elsewhere) == "kept in"
        visitor.asked[:] = [asked for asked in visitor.asked if asked != elsewhere]
        visitor.complaints.clear()


class TestWithoutABrowser:
    def test_journeys_are_skipped_with_a_reason_and_fail_in_ci(self) -> None:
        with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
            chromium({}, lambda _name: None)
        with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
            chromium({"CI": "true"}, lambda _name: None)
