"""One browser for all tests of the pages, a fresh stand and a fresh person for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.fakes.aws import LocalAws, running
from tests.journeys.browsing import a_browser
from tests.pages.stand import Stand, standing

DESKTOP = ViewportSize(width=1440, height=900)
PATIENCE = 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        expect.set_options(timeout=PATIENCE)
        yield browser


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture
def stand(aws: LocalAws) -> Iterator[Stand]:
    with standing(aws) as stand:
        yield stand


Opening = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, stand: Stand) -> Iterator[Opening]:
    """Opens the console as somebody in a browser of their own; whatever they do, no page complains."""
    contexts = []
    complaints: list[str] = []

    def open_(place: str = "", locale: str = "nb-NO", viewport: ViewportSize = DESKTOP) -> Page:
        context = browser.new_context(locale=locale, viewport=viewport, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(stand.address + place)
        expect(page.locator("#title")).to_be_attached()
        return page

    yield open_
    for context in contexts:
        context.close()
    # A browser notes every answer that says no; what counts is what the page itself could not cope with.
    assert [said for said in complaints if "Failed to load resource" not in said] == []
