"""The pages have words for all that the system does and hears of, in every language they speak."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest

from csc_console import site
from infra.local.tools import ROOT
from kundeflyt.domain.actions import Action
from kundeflyt.domain.events import EVENT_NAMES

KINDS = {one.model_fields["kind"].default for one in get_args(get_args(Action)[0])}
ALARMS = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE))
PROBLEMS = ALARMS & {
    word
    for file in ROOT.glob("functions/*/words.py")
    for word in re.findall(r': Final = "(\w+)"$', file.read_text(), re.M)
}
"""What a plan says is wrong with the rules: a flow has a word for it, and operations an alarm."""
FLOWS = {file.parent.name for file in ROOT.glob("functions/*/plan.py")}


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((site.FOLDER / "words" / f"{language}.json").read_text())
    return found


def called(language: str, group: str) -> set[str]:
    return {key.removeprefix(f"{group}.") for key in words(language) if key.startswith(f"{group}.")}


@pytest.mark.parametrize("language", ["nb", "en", "sv"])
class TestTheWords:
    def test_are_there_for_every_action_event_flow_and_problem(self, language: str) -> None:
        assert called(language, "action") == KINDS | {"added"}
        assert called(language, "event") == EVENT_NAMES | {"unreadable"}
        assert called(language, "flow") >= FLOWS
        assert called(language, "problem") == PROBLEMS >= {"NoCscOwner", "UnapprovedText"}

    def test_are_the_same_in_all_languages(self, language: str) -> None:
        def whole(keys: dict[str, str]) -> set[str]:
            return {re.sub(r"_(one|other)$", "", key) for key in keys}

        assert whole(words(language)) == whole(words("nb"))
