"""What a person has written and ticked in a checklist's task, told apart from what the system wrote there. Pure.

People write anywhere: below the boxes, in a box's own line, in the middle of our words. None of it may be lost, and
none may be there twice. So the task is compared with what we wrote, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

PEN: Final = "✎"
"""Stands in a box's line between our words and theirs."""
_MARKS: Final = re.compile(r"(?:[☐☑☒✓✔]|\[[ xX]?\]|[xX](?=[\s☐\[\d])|\s)*")
_MARKS_BEHIND: Final = re.compile(r"[☐☑☒✓✔\s]*$")
_FULL: Final = re.compile("[☑☒✓✔xX]")
_NUMBER: Final = re.compile(r"(\d{1,2})\.(?=\s|$)")


@dataclass(frozen=True)
class Handwriting:
    """Which boxes a person has ticked, what they wrote in boxes' lines, and the lines that are all theirs."""

    ticked: frozenset[int] = frozenset()
    beside: Mapping[int, str] = field(default_factory=dict)
    own_lines: tuple[str, ...] = ()


@dataclass
class _Line:
    """A line of the task. `ours` is the line of ours that it was, `added` what a person has made it more."""

    text: str
    ours: str | None = None
    added: str = ""

    def __post_init__(self) -> None:
        found = _MARKS.match(self.text)
        self.marks = found.group() if found else ""
        self.core, _, self.behind_the_pen = (part.strip() for part in self.text[len(self.marks) :].partition(PEN))

    def was(self, ours: str, added: str) -> None:
        marks = _MARKS_BEHIND.search(added)
        if marks:
            self.marks += marks.group()
            added = added[: marks.start()]
        self.ours, self.added = ours, " ".join(filter(None, [added, self.behind_the_pen]))


def read(body: str, *, boxes: Mapping[int, str], last_line: Collection[str], written: Sequence[str]) -> Handwriting:
    """What is a person's in the task's body.

    `boxes` are our words by number, `last_line` what may follow them, `written` the bodies that we gave the task. Where
    these are gone, since somebody in them was erased, a line that begins as a box of ours is taken for ours.
    """
    lines = [_Line(text) for raw in body.split("\n") if (text := raw.strip())]
    ours = _base(lines, written, last_line) or _by_their_looks(lines, boxes, last_line)
    ours = _matched(lines, ours, lambda one, line: "" if line.core == one else None)
    ours = _matched(lines, ours, lambda one, line: _added(one, line.core))
    _matched(lines, ours, _rewritten)
    numbered = [(int(found.group(1)), line) for line in lines if (found := _NUMBER.match(line.ours or ""))]
    return Handwriting(
        ticked=frozenset(number for number, line in numbered if _FULL.search(line.marks)),
        beside={number: line.added for number, line in numbered if line.added},
        own_lines=tuple(_own(lines)),
    )


def _matched(lines: Iterable[_Line], ours: Sequence[str], added: Callable[[str, _Line], str | None]) -> list[str]:
    """Each line of ours is found once; gives those that are still to be found."""
    left = list(ours)
    for line in lines:
        if line.ours is not None:
            continue
        for one in left:
            if (more := added(one, line)) is not None:
                line.was(one, more)
                left.remove(one)
                break
    return left


def _base(lines: Sequence[_Line], written: Sequence[str], last_line: Collection[str]) -> list[str]:
    """The lines of the body that this one has come from: of those we wrote the one most like it, the newest first."""
    there = {line.core for line in lines}
    bodies = [_ours(body, last_line) for body in written]
    return max(reversed(bodies), key=lambda ours: len(there.intersection(ours)), default=[])


def _ours(body: str, last_line: Collection[str]) -> list[str]:
    """Down to the line that says how to tick; what is below it was a person's already."""
    found: list[str] = []
    for line in (_Line(text) for raw in body.split("\n") if (text := raw.strip())):
        found.append(line.core)
        if line.core in last_line:
            break
    return found


def _by_their_looks(lines: Iterable[_Line], boxes: Mapping[int, str], last_line: Collection[str]) -> list[str]:
    cores = [line.core for line in lines]
    begins = [f"{number}. {words}" for number, words in boxes.items()]
    looking_so = [next((core for core in cores if core.startswith(f"{one} – ")), one) for one in begins]
    return [*looking_so, *(core for core in cores if core in last_line)]


def _added(ours: str, text: str) -> str | None:
    """What was written into our line, wherever in it; nothing where some of it was taken out; None: another line."""
    ahead, behind = _alike(ours, text), _alike(ours[::-1], text[::-1])
    if ahead + behind < min(len(ours), len(text)):
        return None
    if len(text) <= len(ours):
        return "" if _NUMBER.match(text) else None
    places = range(min(ahead, len(ours)), len(ours) - behind - 1, -1)
    # Several places may do, since letters repeat: people write between words.
    place = next((at for at in places if _between_words(ours, at)), places[0])
    return text[place : place + len(text) - len(ours)].strip()


def _alike(one: str, other: str) -> int:
    """How many letters they begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _between_words(text: str, at: int) -> bool:
    return at in {0, len(text)} or text[at - 1].isspace() or text[at].isspace()


def _rewritten(ours: str, line: _Line) -> str | None:
    """A box known by its mark and number alone: whatever stands there is a person's."""
    mine, theirs = _NUMBER.match(ours), _NUMBER.match(line.core)
    known = mine and theirs and mine.group(1) == theirs.group(1) and line.marks.strip()
    return line.core if known else None


def _own(lines: Iterable[_Line]) -> Iterable[str]:
    for line in lines:
        if line.ours is None and line.text.strip("☐ "):
            yield line.text
        elif line.ours is not None and line.added and not _NUMBER.match(line.ours):
            yield line.added
