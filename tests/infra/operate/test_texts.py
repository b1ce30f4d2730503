"""What operations sees of customers' texts, and how a version is approved."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.operate import texts
from kundeflyt.wiring.texts import load_texts
from tests.infra.operate.stack import Ops


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The flow's texts in a working tree of their own, where nothing is approved."""
    folder = tmp_path / "functions" / "no_answer" / "texts"
    shutil.copytree(texts.FUNCTIONS / "no_answer" / "texts", folder)
    for file in folder.iterdir():
        text = re.sub(r"^(approved_\w+):.*$", r"\1:", file.read_text(), flags=re.MULTILINE)
        file.write_text(re.sub(r'("approved_\w+"): .*,$', r"\1: null,", text, flags=re.MULTILINE))
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S603, S607
    monkeypatch.setattr(texts, "FUNCTIONS", tmp_path / "functions")
    return folder


class TestTheList:
    @pytest.mark.usefixtures("tree")
    def test_has_every_text_and_the_topics_with_their_approval(self, ops: Ops) -> None:
        listed = {one["text"]: one for one in ops("texts", "list", "--json").json["texts"]}
        assert listed["no_answer/sms_service"]["purpose"] == "SERVICE"
        assert listed["no_answer/sms_service"]["approved_by"] is None
        assert "no_answer/topics" in listed

    def test_of_a_broken_text_names_the_file(self, ops: Ops, tree: Path) -> None:
        (tree / "email.jinja").write_text("no front matter")
        said = ops("texts", "list")
        assert said.status == 1
        assert "email.jinja" in said.err


class TestAPreview:
    @pytest.mark.usefixtures("tree")
    def test_shows_every_language_with_its_parts(self, ops: Ops) -> None:
        said = ops("texts", "preview", "sms_service", "--topic", "kurs")
        assert said.status == 0
        for language, word in {
            "nb": "Jeg prøvde å ringe deg om",
            "sv": "Jag försökte ringa",
            "en": "I tried to",
        }.items():
            assert f" {language}  GSM7" in said.out
            assert word in said.out

    @pytest.mark.usefixtures("tree")
    def test_counts_the_parts_of_what_will_be_sent(self, ops: Ops) -> None:
        long = ops("texts", "preview", "sms_service", "--value", f"pfa={'Kari ' * 40}", "--json").json
        assert [one["parts"] for one in long["languages"]] == [2, 2, 2]
        other = ops("texts", "preview", "sms_service", "--value", "pfa=Łukasz", "--json").json
        assert other["languages"][0]["encoding"] == "UCS2"

    @pytest.mark.usefixtures("tree")
    def test_shows_an_email_s_subject(self, ops: Ops) -> None:
        assert "Emne: Jeg prøvde å ringe deg" in ops("texts", "preview", "email").out

    @pytest.mark.usefixtures("tree")
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["nothing"], "No text is called 'nothing'"),
            (["sms_service", "--topic", "fishing"], "no topic 'fishing'"),
            (["topics"], "words for topics"),
            (["sms_service", "--value", "pfa"], "NAME=VALUE"),
        ],
    )
    def test_of_what_is_not_there_says_what_is(self, ops: Ops, words: list[str], told: str) -> None:
        said = ops("texts", "preview", *words)
        assert said.status == 1
        assert told in said.err


class TestApproving:
    @pytest.mark.parametrize("name", ["sms_service", "no_answer/topics"])
    def test_writes_role_and_day_and_nothing_else_and_shows_the_change(self, ops: Ops, tree: Path, name: str) -> None:
        said = ops("texts", "approve", name, "--by", "Process Manager", "--on", "2026-11-20", "--json")
        assert said.status == 0
        removed = [line for line in said.json["diff"].splitlines() if line.startswith("-") and line[:3] != "---"]
        added = [line for line in said.json["diff"].splitlines() if line.startswith("+") and line[:3] != "+++"]
        assert (len(removed), len(added)) == (2, 2)
        assert all("approved_" in line for line in removed + added)
        book = load_texts(tree)
        approval = book.texts.get("sms_service") if name == "sms_service" else book.topics
        assert approval
        assert (approval.approved_by, str(approval.approved_on)) == ("Process Manager", "2026-11-20")

    @pytest.mark.usefixtures("tree")
    def test_of_what_is_approved_changes_nothing(self, ops: Ops) -> None:
        ops("texts", "approve", "email", "--by", "Process Manager", "--on", "2026-11-20")
        said = ops("texts", "approve", "email", "--by", "Somebody Else")
        assert said.status == 1
        assert "approved by Process Manager on 2026-11-20" in said.err

    @pytest.mark.usefixtures("tree")
    @pytest.mark.parametrize("who", [" ", "kari@example.no"])
    def test_is_by_a_role(self, ops: Ops, who: str) -> None:
        said = ops("texts", "approve", "email", "--by", who)
        assert said.status == 1
        assert "names a role" in said.err
