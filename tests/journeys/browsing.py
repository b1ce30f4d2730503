"""A person at the page: a headless Chromium that sees, clicks and types, and notes where its requests go."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from infra.local.stack import Stack

PROGRAM = "chromium"
PATIENCE = 40_000
"""Milliseconds until something that should be seen counts as missing; a function's cold start is in it."""
MOST_TABS = 80


def chromium(given: Mapping[str, str] = os.environ, find: Callable[[str], str | None] = shutil.which) -> str:
    """Where Debian's Chromium is; where there is none the test is skipped, but fails in CI."""
    found = find(PROGRAM)
    if found is None:
        reason = "there is no Chromium: install it with `apt-get install chromium`, as .ci/run does"
        if given.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Headless, quiet, and without the sandbox that needs a user of its own."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            browser.close()


def log_in(page: Page, stack: Stack, role: str) -> None:
    """Logs in on the console's hosted page, as a person does."""
    page.fill("#username", stack.console_users[role]["email"])
    page.fill("#password", stack.console_users[role]["password"])
    page.click("button[type=submit]")


class Visitor:
    """Somebody who has the page before them."""

    def __init__(self, page: Page, url: str) -> None:
        """Opens the page and waits until it shows the portal."""
        self.page = page
        self.url = url
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.goto(url)
        expect(self.button("Anne Berg")).to_be_visible()

    def button(self, name: str) -> Locator:
        """The button whose name begins so."""
        return self.page.get_by_role("button", name=name).first

    def choose(self, contact: str) -> None:
        """Picks a contact on the left."""
        self.button(contact).click()
        expect(self.page.get_by_role("heading", name=contact)).to_be_visible()

    def open_company(self, company: str) -> None:
        """Picks a company on the left."""
        self.button(company).click()
        expect(self.page.locator("#record").get_by_role("heading", name=company)).to_be_visible()

    def change_owner(self, owner: str) -> None:
        """Gives the chosen company another owner, by the adviser's name."""
        self.page.get_by_label("Ny eier").select_option(label=owner)
        self.button("Bytt eier").click()

    def log_call(self, **choices: str) -> None:
        """Logs a call to the chosen contact: No Answer, now, unless other choices are made by label."""
        for label, choice in choices.items():
            self.page.get_by_label(label, exact=True).select_option(label=choice)
        self.button("Logg samtalen").click()

    def end_sequence(self, how: str) -> None:
        """The chosen contact's sequence ends in this way."""
        self.page.get_by_label("Hvordan").select_option(label=how)
        self.button("Avslutt sequence").click()

    def writes(self, text: str) -> None:
        """The customer writes an SMS."""
        self.page.get_by_label("SMS til Avonova").fill(text)
        self.page.get_by_label("SMS til Avonova").press("Enter")

    def task(self, subject: str) -> Locator:
        """The task of the chosen contact or company whose line says so."""
        return self.page.locator("#record .tasks > li", has_text=subject)

    def task_in_metodika(self, title: str) -> Locator:
        """The task on the chosen company's card whose line says so."""
        return self.page.locator("#cards .tasks > li", has_text=title)

    def messages(self) -> Locator:
        """The bubbles on the phone."""
        return self.page.locator(".bubble")

    def case(self, title: str) -> Locator:
        """The newest happening with this title."""
        return self.page.locator(".case", has_text=title).first

    def tab_to(self, target: Locator) -> None:
        """Presses Tab until the focus is there, as somebody without a mouse does."""
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with Tab")
