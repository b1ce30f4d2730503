"""The console speaks bokmål, Swedish and English, and has the same to say in all three."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from csc_console.problems import LANGUAGES
from csc_console.rights import CHANGES, RIGHTS

PAGES = Path(__file__).parents[3] / "functions" / "csc_console" / "pages"
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.js")))
KEY = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+)(?<!\.svg)"')
GROUP = re.compile(r'`([a-z_]+(?:\.[a-z_]+)*)\.\$\{|named\("([a-z_]+)"|t\(`([a-z_.]+)_\$\{')
BARE = re.compile(r'\bt\("([a-z_]+)"')
FORM = re.compile(r"_(one|other)$")


def table(language: str) -> dict[str, str]:
    said: dict[str, str] = json.loads((PAGES / "words" / f"{language}.json").read_text(encoding="utf-8"))
    return said


def used() -> set[str]:
    return set(KEY.findall(SCRIPTS)) | set(BARE.findall(SCRIPTS))


def groups() -> set[str]:
    return {name for found in GROUP.findall(SCRIPTS) for name in found if name}


class TestTheWords:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_are_the_same_keys_in_every_language(self, language: str) -> None:
        assert list(table(language)) == list(table("nb"))

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_leave_the_same_gaps_to_fill_in_every_language(self, language: str) -> None:
        gaps = {key: set(re.findall(r"{(\w+)}", words)) for key, words in table("nb").items()}
        assert {key: set(re.findall(r"{(\w+)}", words)) for key, words in table(language).items()} == gaps

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_have_one_and_several_wherever_they_have_either(self, language: str) -> None:
        counted = {key for key in table(language) if FORM.search(key)}
        stems = {FORM.sub("", key) for key in counted}
        assert counted == {f"{stem}_{form}" for stem in stems for form in ("one", "other")}

    def test_are_there_for_every_key_that_a_page_uses(self) -> None:
        known = {FORM.sub("", key) for key in table("nb")}
        missing = {key for key in used() if key not in known and not any(one.startswith(f"{key}.") for one in known)}
        assert missing == set()

    def test_are_all_used_by_a_page(self) -> None:
        unused = {
            key
            for key in table("nb")
            if FORM.sub("", key) not in used() and not any(key.startswith(f"{group}.") for group in groups())
        }
        assert unused == set()

    def test_name_every_change_that_the_audit_can_tell_of(self) -> None:
        assert {key.removeprefix("operation.") for key in table("nb") if key.startswith("operation.")} == CHANGES

    def test_pages_are_shown_to_those_whose_operations_they_need(self) -> None:
        needs = re.search(r"const NEEDS = \{(.*?)\}", SCRIPTS)
        assert needs
        operations = set(re.findall(r'"([a-z_]+)"', needs[1]))
        assert operations
        assert operations <= {right.operation for right in RIGHTS.values()}
