"""The pages that name operations' commands name those there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from infra.operate import ROOT
from infra.operate.__main__ import app
from infra.operate.vendor_checks import SCOPE_TO_FIX, SCOPES

README = ROOT / "infra" / "operate" / "README.md"
PAGES = [README, *ROOT.glob("docs/*.md"), *ROOT.glob("functions/*/README.md"), ROOT / "infra" / "local" / "README.md"]
IN_A_TABLE = re.compile(r"`([a-z-]+(?: [a-z][a-z-]*)?)(?: [^`]*)?`")
TYPED = re.compile(r"python -m infra\.operate ([a-z-]+)(?: ([a-z][a-z-]*))?")


def commands() -> Iterator[str]:
    """Every command as it is typed, such as `rules put`."""
    for name, part in typer.main.get_group(app).commands.items():
        yield from (f"{name} {inner}" for inner in part.commands) if hasattr(part, "commands") else (name,)


class TestTheReadme:
    def test_lists_every_command_and_no_other(self) -> None:
        table = README.read_text().split("## Where")[0]
        rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
        assert {name for row in rows for name in IN_A_TABLE.findall(row)} >= set(commands())
        known = {word for name in commands() for word in (name, name.split()[0])}
        assert {name for row in rows for name in IN_A_TABLE.findall(row)} <= known

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
    def test_and_the_other_pages_send_nobody_to_a_command_that_is_not_there(self, page: Path) -> None:
        groups = {name.split()[0] for name in commands()}
        for first, second in TYPED.findall(page.read_text()):
            assert first in groups, first
            assert second == "" or first in commands() or f"{first} {second}" in commands(), f"{first} {second}"


class TestTheApp:
    def test_asks_for_the_scopes_the_doctor_wants(self) -> None:
        file = ROOT / "infra" / "hubspot_app" / "src" / "app" / "app-hsmeta.json"
        assert set(json.loads(file.read_text())["config"]["auth"]["requiredScopes"]) == {*SCOPES, SCOPE_TO_FIX}
