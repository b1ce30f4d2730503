"""What a person writes in a checklist's task stays there, wherever they write it, through every later look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundeflyt.domain.actions import CreateTask, NoteTakeover, UpdateTask
from kundeflyt.domain.cards import Order
from owner_change.words import HOW_TO_TICK
from tests.flows.owner_change.situation import MARK, card_facts, decide, facts, oslo, task, the

NAME = f"checklist-now-{MARK}"
MADE = the(CreateTask, decide(), NAME).body
MARKS = "☐☑☒✓✔✎xX[]"
TEXT = st.text(
    st.characters(categories=("L", "N", "P"), exclude_characters=MARKS) | st.sampled_from(" \n–."),
    min_size=1,
    max_size=30,
).filter(str.strip)


def later(body: str, *written: str, **changes: object) -> tuple[str, Mapping[str, str]]:
    """The task after the next look, which sees other things than the first, and how its boxes stand."""
    seen: dict[str, object] = {"announced_at": oslo(24), "cards": card_facts(orders=())} | changes
    decided = decide(facts(tasks={NAME: task(body)}, written={NAME: written}, **seen), round_=len(written))
    updates = [action for action in decided.actions if isinstance(action, UpdateTask) and action.name.startswith(NAME)]
    return (updates[0].body or "" if updates else body), the(NoteTakeover, decided).takeover.boxes


def letters(text: str) -> Counter[str]:
    return Counter(letter for letter in text if not letter.isspace() and letter not in MARKS)


def as_hubspot_shows(body: str) -> str:
    return "\n".join(line.rstrip() for line in body.split("\n")).strip()


def with_insertions(body: str, insertions: Sequence[tuple[int, str]]) -> str:
    for place, text in insertions:
        at = place % (len(body) + 1)
        body = body[:at] + text + body[at:]
    return as_hubspot_shows(body)


class TestWhateverAPersonAdds:
    @settings(max_examples=400, deadline=None)
    @given(insertions=st.lists(st.tuples(st.integers(0, 2000), TEXT), min_size=1, max_size=3))
    def test_is_kept_and_never_doubled(self, insertions: list[tuple[int, str]]) -> None:
        edited = with_insertions(MADE, insertions)
        first, _ = later(edited, MADE)
        added = letters(first) - letters(later(MADE, MADE)[0])
        assert added >= letters("".join(text for _, text in insertions)), "something is lost"
        again, _ = later(first, MADE, first, cards=None)
        kept = letters(again) - letters(later(MADE, MADE, cards=None)[0])
        assert kept == added, "something is lost or doubled at a later look"
        assert later(again, MADE, first, again, cards=None)[0] == again, "a look without news changes nothing"

    @settings(max_examples=200, deadline=None)
    @given(text=TEXT.filter(lambda text: "\n" not in text), number=st.integers(1, 11))
    def test_behind_a_box_stays_with_it_and_is_all_that_is_kept(self, text: str, number: int) -> None:
        lines = MADE.split("\n")
        lines[number - 1] += f" {text}"
        first, _ = later(as_hubspot_shows("\n".join(lines)), MADE)
        assert first.split("\n")[number - 1].endswith(f" ✎ {text.strip()}")
        assert letters(first) == letters(later(MADE, MADE)[0]) + letters(text)
        second, _ = later(first.replace(f"✎ {text.strip()}", f"✎ {text.strip()} og mer"), MADE, first)
        assert second.split("\n")[number - 1].endswith(f" ✎ {text.strip()} og mer")

    @pytest.mark.parametrize(
        "line", ["1. ring Anne", "x er syk", "☐ 3. som jeg selv har funnet på", "- 2.", HOW_TO_TICK[:40]]
    )
    def test_as_a_line_of_its_own_stays_though_it_looks_like_ours(self, line: str) -> None:
        first, boxes = later(f"{line}\n{MADE}", MADE)
        assert first.endswith(f"\n\n{line}")
        assert boxes["002-38"] == "open"
        assert later(first, MADE, first)[0] == first

    def test_in_the_middle_of_our_words_is_told_apart_from_them(self) -> None:
        edited = MADE.replace("kortet står på en annen", "kortet står visst på en annen")
        assert "3. Stå som PFA/KAM i Metodika – venter på Metodika ✎ visst" in later(edited, MADE, cards=None)[0]

    def test_behind_the_line_that_says_how_to_tick_becomes_a_line(self) -> None:
        assert later(f"{MADE} Ring Anne.", MADE)[0].endswith(f"{HOW_TO_TICK}\n\nRing Anne.")


class TestATick:
    @pytest.mark.parametrize("mark", ["x", "X", "[x]", "☑", "✓", "☐ x", "x ☐", "☐x"])
    @pytest.mark.parametrize("more", ["", " ringte fredag"])
    def test_is_a_tick_with_and_without_words(self, mark: str, more: str) -> None:
        line = MADE.split("\n")[1]
        first, boxes = later(MADE.replace(line, f"{mark}{line.removeprefix('☐')}{more}"), MADE)
        assert boxes["002-39"] == "ticked"
        assert boxes["002-57"] == "open"
        assert first.split("\n")[1] == f"☑{line[1:]}{' ✎' if more else ''}{more}"
        assert later(first, MADE, first)[1]["002-39"] == "ticked"

    def test_is_one_also_behind_the_words_or_where_they_were_rewritten(self) -> None:
        line = MADE.split("\n")[1]
        assert later(MADE.replace(line, f"{line} ☑"), MADE)[1]["002-39"] == "ticked"
        first, boxes = later(MADE.replace(line, "x 2. gjort med Kari"), MADE)
        assert boxes["002-39"] == "ticked"
        assert first.split("\n")[1].endswith(" ✎ 2. gjort med Kari")


class TestWhereWhatWeWroteIsGone:
    """Somebody in it was erased."""

    def test_boxes_are_known_by_their_looks_and_lines_and_ticks_stay(self) -> None:
        first, boxes = later(f"{MADE.replace('☐ 2.', 'x 2.')}\n\nRing Anne.")
        assert boxes["002-39"] == "ticked"
        assert first.endswith(f"{HOW_TO_TICK}\n\nRing Anne.")
        assert letters(first) == letters(later(MADE, MADE)[0]) + letters("Ring Anne.")


class TestATitleOnTheCard:
    def test_of_several_lines_or_with_our_own_signs_is_not_taken_for_the_advisers_words(self) -> None:
        known: dict[str, object] = {
            "cards": card_facts(orders=(Order(id="o1", title="Kurs ✎ vår\nog høst", assignee_id="m-kari"),))
        }
        first, _ = later(MADE, MADE, **known)
        assert "står på andre: Kurs vår og høst\n" in first
        assert later(first, MADE, first, **known)[0] == first
