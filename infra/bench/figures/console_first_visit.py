"""What a person waits for who opens the console for the first time: how much is sent, and until something is seen."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from infra.bench.figure import Figure, Say
from infra.local.progress import shown_on
from infra.local.queue import fill
from infra.local.raising import raised
from infra.local.stack import Stack

VISITS = 5
MOST_KILOBYTES = 150
PATIENCE = 60_000
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def measure(say: Say) -> Sequence[Figure]:
    """The demo's queue, from the address to the first row, with nothing kept from before.

    What the hosted login page is made of is not counted: it is Cognito's. The paint is that of the console when the
    login leads back to it; reported, since the AWS behind it is emulated.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("there is no Chromium: install it with `apt-get install chromium`")
    with (
        TemporaryDirectory(prefix="kundeflyt-bench-") as folder,
        raised(Path(folder) / "stack", {}, shown_on(Console(stderr=True))) as stack,
        sync_playwright() as playwright,
    ):
        fill(stack)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        visits = [_visit(browser, stack) for _ in range(VISITS + 1)]
        browser.close()
    for kilobytes, paint in visits:
        say(f"  {kilobytes:.1f} kB, first seen after {paint:.0f} ms")
    # The first visit wakes the functions as well; a person's own first visit does so once a day at most.
    counted = visits[1:]
    return [
        Figure(
            name="console_first_visit_kb",
            value=max(kilobytes for kilobytes, _ in counted),
            unit="kB",
            target=MOST_KILOBYTES,
        ),
        Figure(name="console_first_paint", value=median(paint for _, paint in counted), unit="ms"),
    ]


def _visit(browser: Browser, stack: Stack) -> tuple[float, float]:
    """Kilobytes as they came over the wire, headers too, and milliseconds until the console was first seen."""
    with browser.new_context(locale="nb-NO") as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        addresses: dict[str, str] = {}
        sent: dict[str, float] = {}

        def asked(event: dict[str, Any]) -> None:
            addresses[event["requestId"]] = event["request"]["url"]

        def came(event: dict[str, Any]) -> None:
            sent[event["requestId"]] = event["encodedDataLength"]

        network.on("Network.requestWillBeSent", asked)
        network.on("Network.loadingFinished", came)
        page.goto(str(stack.console_url))
        page.fill("#username", stack.console_users["csc"]["email"])
        page.fill("#password", stack.console_users["csc"]["password"])
        page.click("button[type=submit]")
        page.wait_for_selector("[data-case]")
        ours = sum(
            size for one, size in sent.items() if not addresses[one].split("?")[0].endswith(("/authorize", "/login"))
        )
        return ours / 1000, float(page.evaluate(FIRST_PAINT))
