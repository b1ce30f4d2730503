"""Brings the texts of a flow from its folder into the text book."""

from __future__ import annotations

from pathlib import Path

from kundeflyt.domain.texts import TextBook, TextError, parse, parse_topics, text_book


def load_texts(folder: Path) -> TextBook:
    """A flow's customer texts are the `*.jinja` files of its folder, and the words for its topics `topics.json`.

    A file is named after its text's id. Raises TextError naming the file when one is wrong or none is there.
    """
    texts = []
    for path in sorted(folder.glob("*.jinja")):
        try:
            text = parse(path.read_text(encoding="utf-8"))
        except TextError as error:
            raise TextError(f"{path.name}: {error}") from error
        if text.id != path.stem:
            raise TextError(f"{path.name} holds text {text.id}; a file is named after its text")
        texts.append(text)
    if not texts:
        raise TextError(f"there are no texts (*.jinja) in {folder.name}; were they left out of the build?")
    topics = folder / "topics.json"
    return text_book(texts, parse_topics(topics.read_text(encoding="utf-8")) if topics.exists() else None)
