"""The document that the pages are built on says what the code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csc_console.app import app
from csc_console.contract import openapi
from csc_console.problems import LANGUAGES, STATUS, language_of
from csc_console.rights import RIGHTS, asked
from csc_console.words import PROBLEMS, WRONG

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "infra" / "contracts" / "csc_console.openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return read


class TestTheDocument:
    def test_is_the_one_that_the_code_makes(self) -> None:
        """`make contract` writes it anew."""
        assert DOCUMENT.read_text(encoding="utf-8") == openapi(app)

    def test_has_just_the_routes_of_the_rights_table(self, document: dict[str, Any]) -> None:
        told = {
            (method.upper(), path.replace("{", "<").replace("}", ">")): operation["operationId"]
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

        assert told == {where: right.operation for where, right in RIGHTS.items()}

    def test_says_of_every_route_what_it_is_for_and_whom_it_lets_in(self, document: dict[str, Any]) -> None:
        for methods in document["paths"].values():
            for operation in methods.values():
                assert operation["description"]
                assert "200" in operation["responses"]
                assert operation["x-groups"] or operation["security"] == []

    def test_names_ids_as_text_since_a_browser_rounds_long_numbers(self, document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        ids = [
            (schema, name)
            for schema, model in schemas.items()
            for name, field in model["properties"].items()
            if (name == "id" or name.endswith("_id")) and field.get("type") == "integer"
        ]

        assert not ids


class TestARequestsPath:
    def test_that_is_fixed_goes_before_one_that_names_a_case(self) -> None:
        counts, one = asked("GET", "/api/cases/counts"), asked("GET", "/api/cases/300000000001-1764460800")

        assert counts
        assert counts.right.operation == "count_cases"
        assert one
        assert one.right.operation == "get_case"
        assert one.names == {"case_id": "300000000001-1764460800"}

    @pytest.mark.parametrize("path", ["/api", "/api/cases/", "/api/cases/x", "/api/companies/0/history", "/api/me\n"])
    def test_that_is_no_route_is_nobodys(self, path: str) -> None:
        assert asked("GET", path) is None


class TestWords:
    def test_are_there_for_every_problem_in_every_language(self) -> None:
        assert PROBLEMS.keys() == STATUS.keys()
        for said in [*(said for three in PROBLEMS.values() for said in three), *WRONG.values()]:
            assert set(said) == set(LANGUAGES)
            assert all(said.values())

    @pytest.mark.parametrize(
        ("header", "language"),
        [
            (None, "nb"),
            ("no-NO,no;q=0.9,en;q=0.8", "nb"),
            ("nn", "nb"),
            ("sv-SE, en;q=0.5", "sv"),
            ("en;q=0.4, sv;q=0.9", "sv"),
            ("de, fr;q=0.9", "nb"),
            ("en;q=0, sv;q=x", "nb"),
            ("de,en-GB;q=0.7", "en"),
        ],
    )
    def test_are_in_the_language_that_is_asked_for(self, header: str | None, language: str) -> None:
        assert language_of(header) == language
