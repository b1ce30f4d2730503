"""What a command has to say: something to read, or one JSON document with --json. Never anybody's phone number."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from kundeflyt.domain.phones import with_numbers_masked as hidden

WIDE = 160
"""Columns of what is not read on a terminal, so that a table in a pipe stays whole."""

STYLES = {
    "ok": "green",
    "done": "green",
    "on": "green",
    "note": "yellow",
    "hold": "yellow",
    "shadow": "yellow",
    "started": "yellow",
    "unsure": "red",
    "refused": "red",
    "wrong": "bold red",
}
"""The words of a state that are coloured, so that trouble is seen first."""


class Problem(Exception):
    """What was asked cannot be done, or something is wrong; the text says what, with which record, and what next."""


class Output:
    """Everything a command prints. `as_json` gives machines one document and people nothing else."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def tell(self, facts: Mapping[str, Any], *readable: RenderableType) -> None:
        """Says the same thing to machines (`facts`) and to people (`readable`); called once by each command."""
        if self._as_json:
            sys.stdout.write(hidden(json.dumps(facts, indent=2, ensure_ascii=False, default=_plain)) + "\n")
            return
        console = _console(sys.stdout)
        with console.capture() as said:
            for part in readable:
                console.print(part)
        sys.stdout.write(_without_trailing_spaces(hidden(said.get())))

    def complain(self, problem: str) -> None:
        """Says what is wrong: as the JSON document, or on the error stream."""
        if self._as_json:
            sys.stdout.write(hidden(json.dumps({"problem": problem}, ensure_ascii=False)) + "\n")
            return
        console = _console(sys.stderr)
        with console.capture() as said:
            console.print(Text(problem, style="red"), soft_wrap=True)
        sys.stderr.write(hidden(said.get()))


def table(title: str, *columns: str) -> Table:
    """An empty table, as all of them look; the last column gets the room that is left."""
    made = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2)
    )
    for name in columns:
        made.add_column(name, overflow="fold", header_style="dim")
    return made


def state(word: str) -> Text:
    """A state in its colour."""
    return Text(word, style=STYLES.get(word.strip(), ""))


def when(moment: datetime) -> str:
    """A moment as operations reads it: UTC, to the second, sortable."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _without_trailing_spaces(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _console(stream: Any) -> Console:
    return Console(file=stream, highlight=False, width=None if stream.isatty() else WIDE)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)
