"""What a flow's page says of each requirement: who sees to it, and which test shows it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHO = {"done by the system", "checked by the system", "handed to a person"}


@dataclass(frozen=True)
class Row:
    """One requirement; `test` is `test_plan.TestTheWork`, a class of tests somewhere below tests/."""

    id: str
    who: str
    test: str

    @property
    def shown(self) -> bool:
        """A person sees to it, or there is such a test."""
        if self.who == "handed to a person":
            return not self.test
        found = re.fullmatch(r"`(test_\w+)\.(Test\w+)`", self.test)
        return found is not None and any(
            isinstance(node, ast.ClassDef) and node.name == found[2]
            for path in (ROOT / "tests").rglob(f"{found[1]}.py")
            for node in ast.parse(path.read_text(encoding="utf-8")).body
        )


def rows_of(flow: str) -> list[Row]:
    """The rows of the flow's table of requirements."""
    page = (ROOT / "functions" / flow / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| (\d{3}-\d{2}) \| ([^|]+) \|[^|]*\|([^|]*)\|$", page, re.MULTILINE)
    return [Row(id=id_, who=who, test=test.strip()) for id_, who, test in found]
