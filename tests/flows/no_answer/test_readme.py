"""The page about the flow says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import no_answer
from no_answer.rules import NoAnswerRules

PAGE = (Path(no_answer.__path__[0]) / "README.md").read_text(encoding="utf-8")


class TestTheReadme:
    def test_shows_rules_that_are_valid(self) -> None:
        [shown] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
        assert NoAnswerRules.model_validate(json.loads(shown)).contact_hours.opens == "09:00"

    def test_names_rules_and_metrics_that_exist(self) -> None:
        sources = "".join(path.read_text(encoding="utf-8") for path in Path(no_answer.__path__[0]).glob("*.py"))
        common = {"fallback_owner_id", "default_country"}
        named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+|[A-Z][a-z]+[A-Z]\w+)`", PAGE))
        assert {"sms_stale_after_working_days", "UnapprovedText"} <= named
        assert not {name for name in named - common - {"approved_by", "approved_on"} if name not in sources}
