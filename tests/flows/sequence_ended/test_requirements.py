"""The page says of each requirement who sees to it, and which test shows it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import sequence_ended

PAGE = (Path(sequence_ended.__path__[0]) / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d{3}-\d{2}) \| ([^|]+) \|([^|]*)\|([^|]*)\|$", PAGE, re.MULTILINE)
HERE = Path(__file__).parent
ROUTINE = ["001-03", "001-04", *(f"001-{number}" for number in range(16, 24)), "001-30", "001-36", "001-44"]


def shown_by(cell: str) -> bool:
    """`test_plan.TestTheWork` is a class of tests beside this file."""
    found = re.fullmatch(r"`(test_\w+)\.(Test\w+)`", cell.strip())
    if found is None:
        return False
    module = ast.parse((HERE / f"{found[1]}.py").read_text(encoding="utf-8"))
    return any(isinstance(node, ast.ClassDef) and node.name == found[2] for node in module.body)


class TestEachRequirement:
    def test_has_one_row(self) -> None:
        assert [id_ for id_, *_ in ROWS] == ROUTINE

    def test_is_seen_to_by_the_system_or_a_person(self) -> None:
        assert {who for _, who, *_ in ROWS} == {"done by the system", "checked by the system", "handed to a person"}

    def test_of_the_system_is_shown_by_a_test_that_exists(self) -> None:
        assert not [id_ for id_, who, _, test in ROWS if who != "handed to a person" and not shown_by(test)]
