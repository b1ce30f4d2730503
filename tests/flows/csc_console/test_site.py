"""The console's files are served so that they can be kept, and so that nothing foreign can run among them."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any

import pytest

from csc_console import site

LOGIN = "https://login.example"


def asked(path: str, **headers: str) -> dict[str, Any]:
    told = site.answer(request(path, headers), login_origin=LOGIN)
    assert told is not None
    return told


def request(path: str, headers: dict[str, str] | None = None, *, of: str = "") -> dict[str, Any]:
    return {"httpMethod": "GET", "path": path, "headers": headers or None, "requestContext": {"path": of}}


def text(told: dict[str, Any]) -> str:
    body = base64.b64decode(told["body"]) if told.get("isBase64Encoded") else told["body"].encode()
    return (gzip.decompress(body) if told["headers"].get("Content-Encoding") == "gzip" else body).decode()


def named_in_the_entry() -> list[str]:
    return re.findall(r'(?:href|src)="([^"#]+)"', text(asked("/")))


class TestTheEntry:
    def test_names_few_files_and_all_that_it_names_is_there(self) -> None:
        named = set(named_in_the_entry())
        assert {name.rpartition("/")[2] for name in named} == {"console.js", "console.css", "icon.svg"}
        assert {asked(f"/{name}")["statusCode"] for name in named} == {200}

    def test_is_asked_for_anew_and_not_sent_again_while_it_is_the_same(self) -> None:
        told = asked("/")
        assert told["headers"]["Cache-Control"] == "no-cache"
        again = asked("/", **{"If-None-Match": told["headers"]["ETag"]})
        assert (again["statusCode"], again["body"]) == (304, "")
        assert again["headers"]["Content-Security-Policy"] == told["headers"]["Content-Security-Policy"]

    def test_has_no_script_or_style_of_its_own_since_none_would_run(self) -> None:
        entry = text(asked("/"))
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", entry) == []
        assert "{" not in entry

    def test_without_its_stroke_leads_to_the_one_with_it(self) -> None:
        told = site.answer(request("/", of="/console"), login_origin=LOGIN)
        assert told
        assert (told["statusCode"], told["headers"]["Location"]) == (302, "console/")
        assert site.answer(request("/", of="/console/"), login_origin=LOGIN) == asked("/")


class TestTheFiles:
    def test_are_kept_for_good_under_an_address_that_is_of_their_content(self) -> None:
        for name in named_in_the_entry():
            assert asked(f"/{name}")["headers"]["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_of_an_older_deployment_are_what_there_is_now_and_not_kept(self) -> None:
        told = asked("/0123456789ab/console.js")
        assert told["statusCode"] == 200
        assert told["headers"]["Cache-Control"] == "no-cache"

    def test_are_compressed_for_those_who_take_it(self) -> None:
        [main] = [name for name in named_in_the_entry() if name.endswith("console.js")][:1]
        plain, packed = asked(f"/{main}"), asked(f"/{main}", **{"Accept-Encoding": "gzip, deflate, br"})
        assert "Content-Encoding" not in plain["headers"]
        assert packed["headers"]["Vary"] == "Accept-Encoding"
        assert text(packed) == text(plain)
        assert len(packed["body"]) < len(plain["body"]) / 2

    @pytest.mark.parametrize("path", ["/x", "/x/../site.py", "/x/words/xx.json", "//", "/api/me", "/api", ""])
    def test_that_are_none_of_ours_are_left_to_others(self, path: str) -> None:
        assert site.answer(request(path), login_origin=LOGIN) is None
        assert site.answer(request("/") | {"httpMethod": "POST"}, login_origin=LOGIN) is None

    def test_are_few_and_small_enough_for_a_first_visit(self) -> None:
        """150 kB is for all of it, with what the API answers; the bench figure measures that."""
        sent = sum(
            len(base64.b64decode(asked(f"/{name}", **{"Accept-Encoding": "gzip"})["body"]))
            for name in {*named_in_the_entry(), ""}
        )
        assert sent < 60_000


class TestTheScripts:
    def test_are_one_in_which_each_comes_after_those_it_imports(self) -> None:
        one = text(asked("/x/console.js"))
        names = re.findall(r'^modules\["([\w.]+)"\] =', one, re.MULTILINE)
        assert sorted(names) == sorted(path.name for path in site.FOLDER.glob("*.js"))
        assert names[-1] == "main.js"
        assert names.index("dom.js") < names.index("parts.js") < names.index("queue.js")

    def test_are_joined_so_that_names_stay_apart(self) -> None:
        one = site.joined(
            {
                "a.js": 'import { two, own } from "./b.js";\nimport * as all from "./b.js";\nconst one = two;\n',
                "b.js": "const one = 2;\nexport const two = one;\nexport function own() {}\nexport { one };\n",
            },
            first="a.js",
        )
        assert 'const { two, own } = modules["b.js"];' in one
        assert 'const all = modules["b.js"];' in one
        assert one.index('modules["b.js"] =') < one.index('modules["a.js"] =')

    @pytest.mark.parametrize(
        "scripts",
        [
            {"main.js": 'import "./effects.js";\n'},
            {"main.js": 'import { a } from "./gone.js";\n'},
            {"main.js": "export default 1;\n"},
            {"main.js": "export let changes = 1;\n"},
            {
                "main.js": 'import { a } from "./b.js";\n',
                "b.js": 'import { b } from "./main.js";\nexport const a = 1;\n',
            },
        ],
    )
    def test_that_would_not_be_the_same_joined_are_refused(self, scripts: dict[str, str]) -> None:
        with pytest.raises(ValueError, match=r"main\.js"):
            site.joined(scripts)


class TestThePolicy:
    @pytest.mark.parametrize("path", ["/", "/x/console.css", "/x/words/nb.json"])
    def test_lets_a_page_run_only_our_files_and_speak_only_to_us_and_the_login(self, path: str) -> None:
        headers = asked(path)["headers"]
        rules = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["img-src"] == "'self'"
        assert rules["connect-src"] == f"'self' {LOGIN}"
        assert rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == "'none'"
        assert rules["require-trusted-types-for"] == "'script'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"

    def test_is_kept_by_scripts_that_never_make_markup_from_text(self) -> None:
        scripts = "\n".join(path.read_text(encoding="utf-8") for path in site.FOLDER.glob("*.js"))
        assert (
            re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc", scripts)
            == []
        )
