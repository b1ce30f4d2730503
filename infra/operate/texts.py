"""What customers read: which texts there are, how they look filled in, and who stands behind them. Nothing is sent."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.syntax import Syntax
from rich.text import Text as Line

from infra.operate import ROOT
from infra.operate.command import Desk, command, group
from infra.operate.output import Problem, state, table
from kundeflyt.domain.sms_text import measure
from kundeflyt.domain.texts import GENERAL_TOPIC, Approval, Channel, Rendered, Text, TextBook, TextError
from kundeflyt.domain.wording import OSLO
from kundeflyt.wiring.texts import load_texts

FUNCTIONS = ROOT / "functions"
TOPICS = "topics"

SAMPLES = {
    "pfa": "Kari Rådgiver",
    "provider": "Avonova",
    "callback": "00 00 00 00",
    "contact_first_name": "Ola",
    "opt_out": "Svar STOPP for å slippe SMS.",
}
"""What a preview is filled in with: nobody's name and nobody's number."""

commands = group("texts", "What customers read, in the working tree: the deployed functions have what was deployed.")

Name = Annotated[str, typer.Argument(help="A text's id from `texts list`, such as no_answer/sms_service.")]


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text, or the words of a flow's topics: a file, and its approval."""

    flow: str
    file: Path
    approval: Approval
    book: TextBook

    @property
    def name(self) -> str:
        """How it is called here."""
        return f"{self.flow}/{self.file.stem}"

    @property
    def text(self) -> Text | None:
        """The text, None for topics."""
        return self.approval if isinstance(self.approval, Text) else None


def all_words() -> Iterator[Words]:
    """Every text of every flow in the working tree. Raises Problem naming a file that cannot be read."""
    for folder in sorted(FUNCTIONS.glob("*/texts")):
        try:
            book = load_texts(folder)
        except TextError as wrong:
            raise Problem(f"The texts of {folder.parent.name}: {wrong}.") from wrong
        flow = folder.parent.name
        for id_, text in book.texts.items():
            yield Words(flow=flow, file=folder / f"{id_}.jinja", approval=text, book=book)
        if book.topics:
            yield Words(flow=flow, file=folder / f"{TOPICS}.json", approval=book.topics, book=book)


@command(commands, "list")
def show_all(desk: Desk) -> None:
    """List the texts, and who has approved which version. Needs no stack."""
    shown = table("", "text", "version", "channel", "purpose", "languages", "approved")
    rows = []
    for words in all_words():
        text, approval = words.text, words.approval
        by = f"{approval.approved_by}, {approval.approved_on}" if approval.approved else ""
        rows.append(
            {
                "text": words.name,
                "version": approval.version,
                "channel": text.channel if text else None,
                "purpose": text.purpose if text else None,
                "languages": text.languages if text else None,
                "approved_by": approval.approved_by,
                "approved_on": approval.approved_on,
            }
        )
        shown.add_row(
            words.name,
            str(approval.version),
            text.channel if text else "words for topics",
            text.purpose if text else "",
            " ".join(text.languages) if text else "",
            Line(by) if by else Line("no", style="yellow"),
        )
    desk.output.tell({"texts": rows}, shown)


@command(commands, "preview")
def preview(
    desk: Desk,
    name: Name,
    topic: Annotated[str, typer.Option(help="What the call was about.")] = GENERAL_TOPIC,
    given: Annotated[
        list[str] | None, typer.Option("--value", help="name=value instead of the sample; may be repeated.")
    ] = None,
) -> None:
    """Show a text filled in with sample data, in every language, and how many SMS parts it takes. Sends nothing."""
    words = _named(name)
    if words.text is None:
        raise Problem(f"{name} holds the words for topics: preview a text with --topic TOPIC to see them.")
    if words.book.topics and topic not in words.book.topics.topics:
        raise Problem(f"There is no topic {topic!r}: there are {', '.join(sorted(words.book.topics.topics))}.")
    values = SAMPLES | _values(given or [])
    looks = []
    panels = []
    for language in words.text.languages:
        try:
            rendered = words.book.render(words.text.id, language, values, topic)
        except TextError as lacking:
            raise Problem(f"{lacking}; give it with --value NAME=VALUE.") from lacking
        size = measure(rendered.body) if words.text.channel is Channel.SMS else None
        told = f"{size.encoding}, {size.units} of its units, {size.parts} part(s)" if size else "e-mail"
        looks.append(
            {
                "language": language,
                "subject": rendered.subject,
                "body": rendered.body,
                "approved": rendered.approved,
                "encoding": size.encoding if size else None,
                "parts": size.parts if size else None,
            }
        )
        panels.append(Panel(_prose(rendered), title=f"{language}  {told}", title_align="left", width=100))
    desk.output.tell(
        {"text": words.name, "topic": topic, "version": words.text.version, "languages": looks},
        Line(f"{words.name} version {words.text.version}, topic {topic}: ").append(
            state("ok" if looks[0]["approved"] else "not approved")
        ),
        *panels,
    )


@command(commands, "approve")
def approve(
    desk: Desk,
    name: Name,
    by: Annotated[str, typer.Option(help="The role that stands behind these words, such as “Process Manager”.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it was approved; today when left out.")
    ] = None,
) -> None:
    """Write into a text's file who has approved its version, and show the change to commit. Nothing is sent."""
    words = _named(name)
    role = " ".join(by.split())
    if not role or "@" in role:
        raise Problem("--by names a role, such as “Process Manager”: no person and no address.")
    day = on.date() if on else datetime.now(UTC).astimezone(OSLO).date()
    if words.approval.approved:
        raise Problem(
            f"{words.name} version {words.approval.version} was approved by {words.approval.approved_by} on "
            f"{words.approval.approved_on}: whoever changes a word raises the version and empties both."
        )
    before = words.file.read_text(encoding="utf-8")
    words.file.write_text(_approved(before, role, day, as_json=words.text is None), encoding="utf-8")
    if not _named(name).approval.approved:
        words.file.write_text(before, encoding="utf-8")
        raise Problem(f"{words.file.name} has no lines approved_by and approved_on to fill in.\nNothing was changed.")
    change = _diff(words.file)
    desk.output.tell(
        {
            "text": words.name,
            "version": words.approval.version,
            "approved_by": role,
            "approved_on": day,
            "file": str(words.file),
            "diff": change,
        },
        Syntax(change, "diff", background_color="default"),
        Line(f"{words.name} is approved in the working tree: commit the change and deploy it."),
    )


def _named(name: str) -> Words:
    everything = list(all_words())
    found = [words for words in everything if name in {words.name, words.file.stem}]
    if len(found) != 1:
        known = ", ".join(words.name for words in found or everything)
        raise Problem(f"{'Several texts are' if found else 'No text is'} called {name!r}: use one of {known}.")
    return found[0]


def _values(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise Problem(f"--value wants NAME=VALUE, not {', '.join(wrong)}.")
    return {name.strip(): value for name, _, value in pairs}


def _prose(rendered: Rendered) -> str:
    return f"Emne: {rendered.subject}\n\n{rendered.body}" if rendered.subject else rendered.body


def _approved(source: str, role: str, day: date, *, as_json: bool) -> str:
    """The file with both lines filled in, and every other letter as it was."""
    for key, value in (("approved_by", role), ("approved_on", day.isoformat())):
        empty = rf'"{key}": null' if as_json else rf"^{key}:[ \t]*$"
        filled = f'"{key}": {json.dumps(value, ensure_ascii=False)}' if as_json else f"{key}: {value}"
        source = re.sub(empty, filled.replace("\\", r"\\"), source, count=1, flags=re.MULTILINE)
    return source


def _diff(file: Path) -> str:
    done = subprocess.run(  # noqa: S603 our own words
        ["git", "-C", str(file.parent), "diff", "--no-ext-diff", "--", file.name],  # noqa: S607 git is on the path
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else f"(git shows no change: {done.stderr.strip()})"
