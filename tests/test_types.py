from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from qa.index.base import EmbeddedDocument
from qa.protocols import AnswerSpan
from qa.types import Answer, Chunk, Citation, Document, Passage, SentenceMatch

DOCUMENT = Document("a.md", "Some text.", "A", "/somewhere/a.md", (0, 4))


@pytest.mark.parametrize(
    ("page_starts", "offset", "page"),
    [
        pytest.param((), 0, None, id="unpaged"),
        pytest.param((), 99, None, id="unpaged, far in"),
        pytest.param((0, 10, 20), 0, 1, id="first character"),
        pytest.param((0, 10, 20), 9, 1, id="last of the first page"),
        pytest.param((0, 10, 20), 10, 2, id="first of the second page"),
        pytest.param((0, 10, 20), 20, 3, id="first of the last page"),
        pytest.param((0, 10, 20), 999, 3, id="last page"),
        pytest.param((0, 10, 10, 20), 10, 3, id="after an empty page"),
    ],
)
def test_page_at(page_starts: tuple[int, ...], offset: int, page: int | None) -> None:
    assert Document("a.pdf", "text", "A", "a.pdf", page_starts).page_at(offset) == page


@pytest.mark.parametrize(
    ("start", "end", "recognised"),
    [
        pytest.param(0, 5, False, id="before"),
        pytest.param(0, 6, True, id="into the first"),
        pytest.param(6, 8, True, id="inside"),
        pytest.param(9, 15, True, id="out of the first"),
        pytest.param(10, 20, False, id="between"),
        pytest.param(0, 40, True, id="around all"),
        pytest.param(29, 40, True, id="last character"),
        pytest.param(30, 40, False, id="after"),
        pytest.param(7, 7, True, id="empty, inside"),
        pytest.param(10, 10, False, id="empty, at an end"),
    ],
)
def test_is_recognised(start: int, end: int, recognised: bool) -> None:
    document = Document("a.pdf", "text", "A", "a.pdf", recognised=((5, 10), (20, 30)))
    assert document.is_recognised(start, end) is recognised
    assert Document("a.md", "text", "A", "a.md").is_recognised(start, end) is False


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"id": "b.md"}, id="id"),
        pytest.param({"text": "Some text"}, id="text"),
        pytest.param({"title": "B"}, id="title"),
        pytest.param({"source": "/somewhere/b.md"}, id="source"),
        pytest.param({"page_starts": (0, 5)}, id="pages"),
        pytest.param({"page_starts": ()}, id="no pages"),
        pytest.param({"id": "a.mdA", "title": ""}, id="character moved between fields"),
        pytest.param({"text": "Some te\u0445t."}, id="letter that looks the same"),
        pytest.param({"text": "Some \ud800 text."}, id="half a surrogate pair"),
    ],
)
def test_the_fingerprint_changes_with_each_field(change: dict[str, Any]) -> None:
    changed = replace(DOCUMENT, **change)
    assert changed.fingerprint != DOCUMENT.fingerprint
    assert len(bytes.fromhex(changed.fingerprint)) == 32


def test_the_fingerprint_covers_every_field_and_nothing_else() -> None:
    assert [field.name for field in fields(Document) if field.compare] == [
        "id",
        "text",
        "title",
        "source",
        "page_starts",
    ]
    changed = replace(DOCUMENT, file_sha256="0" * 64, notes=("2 images",), recognised=((0, 4),))
    assert changed.fingerprint == DOCUMENT.fingerprint


def test_the_fingerprint_stays_the_same_between_versions() -> None:
    # Saved indexes name their files by it.
    assert DOCUMENT.fingerprint == "6bd31253e4617e2e91f53ef0d82d99db1fb50d846e9efdbfad93b31dbb968aa6"


def test_the_text_stays_out_of_messages() -> None:
    assert "Some text." not in repr(DOCUMENT)
    assert "a.md" in repr(DOCUMENT)


@pytest.mark.parametrize(
    "noun",
    [Document, Chunk, SentenceMatch, Passage, AnswerSpan, Citation, Answer, EmbeddedDocument],
    ids=lambda noun: noun.__name__,
)
def test_value_types_are_frozen(noun: type) -> None:
    thing: Any = object.__new__(noun)
    name = fields(noun)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(thing, name, "other")
    with pytest.raises((FrozenInstanceError, TypeError)):
        thing.made_up = 1
    assert not hasattr(thing, "__dict__")


@pytest.mark.parametrize(("text", "abstained"), [("Yes.", False), ("", False), (None, True)], ids=repr)
def test_an_answer_without_text_abstained(text: str | None, abstained: bool) -> None:
    answer = Answer("Q?", "Q?", text, None if text else "Not found.", 0.5, (), (), {})
    assert answer.abstained is abstained
