from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.documents.structure import blocks, syntax_of
from qa.types import Document

MARKS = [
    "# A",
    "A\n===",
    "== B ==",
    "{{x",
    "y}}",
    "- item",
    "  1) two",
    "> said",
    "a | b",
    "|---|",
    "```",
    "",
    " ",
    "Words.",
]


def read(text: str, name: str = "a.txt", pages: tuple[int, ...] = ()) -> list[tuple[str, int, str]]:
    """Return kind, level and what is read of each block."""
    document = Document(name, text, "A", name, pages)
    found: list[tuple[str, int, str]] = []
    for block in blocks(document):
        shown, place = "", block.start
        for start, end in (*block.hidden, (block.end, block.end)):
            shown += text[place:start]
            place = end
        found.append((block.kind, block.level, shown.strip()))
    return found


@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=20)).map("\n".join), st.sampled_from(["a.txt", "a.md"]))
def test_blocks_cover_the_text_and_hide_only_within(text: str, name: str) -> None:
    place = 0
    for block in blocks(Document(name, text, "A", name)):
        assert block.start == place < block.end
        place = block.start
        for start, end in block.hidden:
            assert place <= start <= end <= block.end
            place = end
        place = block.end
    assert place == len(text)


def test_markdown() -> None:
    text = (
        "---\ntitle: T\n---\n\n# One ##\n\nSetext\n------\n\nA paragraph that is\nbroken.\n\n"
        "- item\n  goes on\n    - nested\n1. first\n\n> said\n> so\n\n"
        "```\n# code\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    kinds = [(kind, level) for kind, level, _ in read(text, "a.md")]
    assert kinds == [
        ("preformatted", 0), ("heading", 1), ("heading", 2), ("lines", 0), ("bullet", 0), ("bullet", 2),
        ("numbered", 0), ("quote", 0), ("preformatted", 0), ("table", 0),
    ]  # fmt: skip
    shown = [text for _, _, text in read(text, "a.md")]
    assert shown[1:3] == ["One", "Setext"]
    assert shown[4:7] == ["item\n  goes on", "nested", "1. first"]
    assert shown[7:9] == ["said\nso", "# code"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Intro.\n\n== History ==\nIt began.\n\n=== Early years ===\n* one\n** two\n",
         [("paragraph", 0, "Intro."), ("heading", 2, "History"), ("paragraph", 0, "It began."),
          ("heading", 3, "Early years"), ("bullet", 0, "one"), ("bullet", 0, "two")]),
        (" = Game = \n It is a game . \n = = Plot = = \n Long ago . \n",
         [("heading", 1, "Game"), ("paragraph", 0, "It is a game ."), ("heading", 2, "Plot"),
          ("paragraph", 0, "Long ago .")]),
        ("{{Infobox\n| name = {{nowrap|B}}\n}}\n'''B''' is.\n\n==H==\nx\n",
         [("preformatted", 0, "{{Infobox\n| name = {{nowrap|B}}\n}}"), ("paragraph", 0, "'''B''' is."),
          ("heading", 2, "H"), ("paragraph", 0, "x")]),
    ],
    ids=["extract", "tokenised", "source"],
)  # fmt: skip
def test_mediawiki(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert read(text) == expected
    assert syntax_of(Document("a.txt", text, "A", "a.txt")) == "wiki"


def test_headings_of_plain_text_stand_alone() -> None:
    text = "The Bees\n\nCHAPTER I\n\nThey dance.\n\n1.2 Why they do\n\nNobody knew.\n\nYours,\n\nAnn\n"
    assert [(level, shown) for kind, level, shown in read(text) if kind == "heading"] == [
        (1, "The Bees"), (2, "CHAPTER I"), (3, "1.2 Why they do"),
    ]  # fmt: skip


def test_a_list_of_lines_is_no_row_of_headings() -> None:
    text = "Needed:\n\nFlour\n\nMilk\n\nEggs\n\nMix them all.\n"
    assert {kind for kind, _, _ in read(text)} == {"paragraph"}


def test_line_ends_of_a_verse_stay_and_those_of_a_page_s_width_do_not() -> None:
    verse = "Tiger, tiger, burning bright\nIn the forests of the night,\n"
    prose = (
        "It was the best of times, it was the worst of times, it was the\n"
        "age of wisdom, it was the age of foolishness, it was\nan end.\n"
    )
    assert [kind for kind, _, _ in read(f"{verse}\n{prose}")] == ["lines", "paragraph"]


def test_a_long_line_is_a_paragraph_of_its_own() -> None:
    text = f"{'One. ' * 50}\n{'Two. ' * 50}\nThree.\n"
    assert [kind for kind, _, _ in read(text)] == ["paragraph"] * 3


def test_a_page_starts_a_block() -> None:
    assert [shown for _, _, shown in read("First page goes on\nhere.", pages=(0, 19))] == [
        "First page goes on",
        "here.",
    ]


@pytest.mark.parametrize(
    "text", ["{{" * 50_000, "**a " * 30_000, "<!--" * 30_000, "| " * 60_000, "= " * 60_000, "# " + " " * 99_999 + "x"]
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    from time import perf_counter

    from qa.web.ui.article import blocks_html

    for name in ("a.md", "a.txt"):
        document = Document(name, f"{text}\n== wiki ==\n", "A", name)
        started = perf_counter()
        blocks_html(document, 0, len(document.text), [])
        assert perf_counter() - started < 10
