"""What comes back when something is wrong: never a trace, never somebody's name, always what to do next."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from csc_console.app import answer
from kundeflyt.ports.failures import TryLater
from tests.domain.case_situation import COMPANY
from tests.flows.csc_console.console import DRIFT, UNA, Console, claims, event

PAYLOADS = Path(__file__).parent / "payloads"


def answered(console: Console, request: dict[str, Any]) -> tuple[int, Any]:
    said = answer(request, SimpleNamespace(aws_request_id="abc"), console, console.now)
    return said["statusCode"], json.loads(said["body"])


class TestARequestAsItReallyComes:
    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("Me__groups_as_aws_hands_them_over", 200),
            ("Me__groups_as_the_emulator_hands_them_over", 200),
            ("Me__in_no_group", 403),
            ("SignIn__nobody_is_signed_in", 200),
            ("Decide__a_body_in_base64", 404),
        ],
    )
    def test_is_answered(self, console: Console, name: str, status: int) -> None:
        request = json.loads((PAYLOADS / f"{name}.json").read_text())
        assert answered(console, request)[0] == status

    def test_in_two_groups_may_do_what_either_may(self, console: Console) -> None:
        shapes = [json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("Me__groups_*.json"))]
        assert [answered(console, request)[1]["groups"] for request in shapes] == [["csc", "ops"], ["csc", "ops"]]

    def test_where_to_sign_in_is_told_to_everybody(self, console: Console) -> None:
        said = console.get("/api/sign-in", None).json
        assert (said["authorize_url"], said["token_minutes"]) == ("https://sign-in.example/oauth2/authorize", 5)


class TestAProblem:
    def test_says_what_happened_and_what_next_in_the_language_asked_for(self, console: Console) -> None:
        said = {
            language: console.get("/api/flows", UNA, headers={"Accept-Language": language}).json
            for language in ("nb", "sv", "en")
        }
        assert said["nb"]["detail"] == "Gruppen din har ikke lov til dette."
        assert said["sv"]["next"] == "Be en kollega som får göra det."
        assert said["en"]["title"] == "Not yours to do"

    def test_is_of_its_own_type_and_kept_by_nobody(self, console: Console) -> None:
        said = console.get("/api/flows", UNA)
        assert said.headers["Content-Type"] == ["application/problem+json"]
        assert said.headers["Cache-Control"] == ["no-store"]

    def test_that_passes_says_when_to_try_again(self, console: Console) -> None:
        console.failure = TryLater("SSM is silent")
        said = console.get("/api/cases", UNA)
        assert (said.status, said.headers["Retry-After"], console.noted) == (503, ["30"], ["Unavailable"])

    def test_of_ours_tells_nothing_but_its_number(self, console: Console, caplog: pytest.LogCaptureFixture) -> None:
        console.directory.fail_next("people", ZeroDivisionError("Anne Berg +4790000001"))
        case = console.open_case()
        said = console.get(f"/api/cases/{case.id}", UNA)
        assert (said.status, said.json["code"], console.noted) == (500, "broken", ["Broken"])
        assert said.json["request_id"].startswith("request-")
        [record] = caplog.records
        assert "Anne" not in said.text + str(vars(record))
        assert "ZeroDivisionError" in str(vars(record))

    @pytest.mark.parametrize(
        "body", ["", "null", "[]", "{", '"x"', "[" * 100_000, '{"text": 1}', '{"text": "a", "b": 1}']
    )
    def test_with_a_body_changes_nothing(self, console: Console, body: str) -> None:
        case = console.open_case()
        said = console.ask("POST", f"/api/cases/{case.id}/comments", UNA, body)
        assert said.status in {415, 422}
        assert console.cases.cases[case.id] == case

    def test_with_what_is_no_text_changes_nothing(self, console: Console) -> None:
        case = console.open_case()
        request = event("POST", f"/api/cases/{case.id}/comments", verified=claims(UNA), body="//79")
        assert answered(console, request | {"isBase64Encoded": True})[0] in {415, 422}

    def test_with_another_kind_of_body_is_refused(self, console: Console) -> None:
        case = console.open_case()
        for kind in ("text/plain", "application/xml"):
            said = console.ask(
                "POST", f"/api/cases/{case.id}/comments", UNA, '{"text": "a"}', headers={"Content-Type": kind}
            )
            assert (said.status, said.json["code"]) == (415, "unreadable")

    def test_of_an_address_nobody_knows_is_not_found(self, console: Console) -> None:
        for method, path in (("GET", "/api/none"), ("POST", "/api/me"), ("DELETE", "/api/me"), ("GET", "/api/cases/x")):
            assert console.ask(method, path, UNA).status == 404


class TestAChange:
    def test_is_not_made_when_it_cannot_be_written_down(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = console.open_case()

        def silent(_change: object) -> None:
            raise TryLater("DynamoDB is silent")

        monkeypatch.setattr(console.changes, "begin", silent)
        assert console.post(f"/api/cases/{case.id}/claim", UNA).status == 503
        assert console.cases.cases[case.id].state == "open"

    def test_stays_written_down_without_an_end_when_nobody_knows_it(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = console.open_case()

        def silent(_change: object, *, outcome: int) -> None:
            raise TryLater("DynamoDB is silent")

        monkeypatch.setattr(console.changes, "end", silent)
        assert console.post(f"/api/cases/{case.id}/claim", UNA).status == 200
        [written] = console.get("/api/audit", DRIFT).json["changes"]
        assert (written["by"], written["about"], written["outcome"]) == (UNA, {"case_id": case.id}, None)

    def test_names_no_customer_and_no_word(self, console: Console) -> None:
        case = console.open_case()
        console.post(f"/api/cases/{case.id}/comments", UNA, {"text": "Ring Anne"})
        written = console.get("/api/audit", DRIFT).text
        assert "Anne" not in written
        assert "Fjordbygg" not in written
        assert str(COMPANY) in written
