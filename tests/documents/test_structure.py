from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from conftest import examples
from growth import too_long
from hypothesis import example, given
from hypothesis import strategies as st

from qa.documents.chunking import split
from qa.documents.structure import blocks, heading_span, is_heading, rows
from qa.documents.syntax import syntax_of
from qa.types import Document

MARKS = [
    "# A",
    "A\n===",
    "== B ==",
    "{{x",
    "y}}",
    "<!-- x",
    "-->",
    "|===",
    "----",
    "b::",
    "<A>",
    "- item",
    "  1) two",
    "> said",
    "a | b",
    "|---|",
    "```",
    "",
    " ",
    "<table>",
    "<tr><td>a<td>b</tr>",
    "</table>",
    "<dl><dt>",
    "<h1>",
    "<pre>",
    "<li>Words.",
    "Words.",
]


def read(text: str, name: str = "a.txt", pages: tuple[int, ...] = ()) -> list[tuple[str, int, str]]:
    """Return kind, level and visible text of each block."""
    document = Document(name, text, "A", name, pages)
    found: list[tuple[str, int, str]] = []
    for block in blocks(document):
        shown, position = "", block.start
        for start, end in (*block.hidden, (block.end, block.end)):
            shown += text[position:start]
            position = end
        found.append((block.kind, block.level, shown.strip()))
    return found


texts = st.lists(st.sampled_from(MARKS) | st.text(max_size=20)).map("\n".join) | st.text(alphabet="#=->*|`1. \n\r\ta")
names = st.sampled_from(["a.txt", "a.md", "a.html", "a.mdx", "a.adoc"])


@given(texts, names)
@example("# A\r\n\r\nB\x0b\n\x0cC\u2028# D\r# E\r\n", "a.md")
@example("> - a\n>\n>   # b\n- - c\n\n-\n\nd", "a.md")
@example("-\r\t1", "a.txt")
@examples(100)
def test_blocks_cover_the_text_and_hide_only_within(text: str, name: str) -> None:
    position = 0
    for block in blocks(Document(name, text, "A", name)):
        assert block.start == position < block.end
        assert (block.kind == "blank") == (not text[block.start : block.end].strip())
        for start, end in block.hidden:
            assert position <= start <= end <= block.end
            position = end
        position = block.end
        if block.kind == "heading":
            start, end = heading_span(text, block)
            assert text[start:end].strip() == text[start:end] != ""
        elif block.kind == "table":
            found = list(rows(text, block.start, block.end))
            cells = [cell for row in found for cell in row.cells]
            assert "".join(text[start:end] for start, end in cells) == text[block.start : block.end]
            for row in found:
                for (start, end), (first, last) in zip(row.cells, row.contents, strict=True):
                    assert start <= first <= last <= end
                    assert text[first:last] == text[first:last].strip()
    assert position == len(text)


@given(texts, names, st.integers(0, 99), st.integers(0, 99))
def test_blocks_of_a_range_cover_it_exactly(text: str, name: str, start: int, end: int) -> None:
    part = list(blocks(Document(name, text, "A", name), start, end))
    assert "".join(text[block.start : block.end] for block in part) == text[start:end]
    assert all(block.start <= edge <= block.end for block in part for span in block.hidden for edge in span)


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_a_comment_in_fenced_code_is_no_heading(name: str) -> None:
    text = "# Set up\n\nRun this.\n\n```sh\n# install\nmake\n```\n\nThen go on.\n"
    assert [chunk.headings for chunk in split(Document(name, text, "A", name), 256)] == ["Set up"]
    assert [shown for kind, _, shown in read(text, name) if kind == "heading"] == ["Set up"]


def test_an_underlined_line_is_a_heading() -> None:
    text = "Bees\n====\n\nThey fly.\n\nHow they dance\n---\nIn circles.\n"
    chunks = split(Document("a.md", text, "A", "a.md"), 256)
    assert [chunk.headings for chunk in chunks] == ["Bees", "Bees: How they dance"]
    assert [(level, shown) for kind, level, shown in read(text, "a.md") if kind == "heading"] == [
        (1, "Bees"),
        (2, "How they dance"),
    ]


@pytest.mark.parametrize("heading", ["Part\n~~~~", "====\nPart\n====", "****\nPart\n****"])
def test_headings_of_restructuredtext_are_shown_without_their_marks(heading: str) -> None:
    assert is_heading(heading)
    text = f"{heading}\n\nBees dance.\n"
    assert [shown for kind, _, shown in read(text, "a.rst") if kind == "heading"] == ["Part"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("See you.\n\nYours, Ann\n-- \nAnn Lee\n", id="signature"),
        pytest.param("Wax is made by bees in summer.\n----------\nIt is white.\n", id="rule under a sentence"),
        pytest.param(
            "Network Working Group\n------------------------------------------------------------\n", id="rule"
        ),
        pytest.param("It was a bad year.\n1986. It was a year of rain.\n", id="year within"),
        pytest.param("1986. It was a year of rain.\n", id="year"),
        pytest.param("#bees #wax\n\nAll of it.\n", id="hashtags"),
        pytest.param("    Indented as in a letter,\n    it goes on.\n", id="indented"),
        pytest.param("> said Ann\n", id="quoted"),
        pytest.param("Date: 2020-01-30\n\nAll of it.\n", id="field"),
        pytest.param("# Copyright 2007\n# All rights reserved\n\nVersion: 1\n", id="comments"),
    ],
)
def test_what_means_nothing_in_plain_text(text: str) -> None:
    assert {kind for kind, _, _ in read(text)} <= {"paragraph", "lines"}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("Title\n\n- a\n- b\n\n1. c\n2. d\n", "heading bullet bullet numbered numbered", id="lists"),
        pytest.param("\u2022 a\n\u2022 b\n", "bullet bullet", id="bullets"),
        pytest.param("Old Style\n=========\nIt is.\n", "heading paragraph", id="underlined"),
        pytest.param("Part\n****\n\nThe wax\n~~~~~~~\nIt is.\n", "heading heading paragraph", id="other marks"),
        pytest.param("Is it new?\n----------\n\nIt is.\n", "heading paragraph", id="underlined question"),
        pytest.param("maxPages\n========\n\nIt is.\n", "heading paragraph", id="underlined name"),
        pytest.param("name\n----\nAnn\n", "paragraph paragraph paragraph", id="column with a rule"),
        pytest.param("####\nPart\n####\n\nIt is.\n", "heading paragraph", id="between two lines"),
        pytest.param("*****\n\nIt is.\n\n*****\n", "paragraph paragraph paragraph", id="separators"),
        pytest.param("a | b\nc | d\n\nWords.\n", "table paragraph", id="rows"),
        pytest.param("a|b\n-|-\nc|d\n", "table", id="rows under a rule"),
        pytest.param("Facts\na | b\nc | d\n", "paragraph table", id="rows under a line"),
        pytest.param("a | b\nc |\n | d\n", "table", id="empty cells"),
        pytest.param("a | b\nEurope\nc | d\nWords.\n", "table paragraph", id="a cell over all columns"),
        pytest.param(" a | b\n---+---\n 1 | 2\n", "table", id="psql"),
        pytest.param(f"{'a | ' * 200}a\n{'b | ' * 200}b\n", "table", id="wide"),
        pytest.param("One.\n\f\nTwo.\n", "paragraph paragraph", id="form feed"),
        pytest.param("1. PETS\n-------\nNone.\n\n2. Keys\n-------\nTwo.\n", "heading paragraph " * 2, id="numbered"),
        pytest.param("Rules\n\n1. PETS\n\n1.1 None.\n\n2) Keys\n\nTwo.\n", "heading " + "heading paragraph " * 2),
        pytest.param("Ann Lee\n10 Mill Lane\n\nDear Bo\n", "lines paragraph", id="address"),
        pytest.param("12 May 2024\n\nIt rains.\n", "heading paragraph", id="date"),
        pytest.param("It rains.\n\nAnn\n\n---\n\nIt snows.\n", "paragraph " * 4, id="name before a rule"),
        pytest.param("Weather\n\n---\n\nIt snows.\n", "heading paragraph paragraph", id="title before a rule"),
        pytest.param("For a week do not\n\n- drive\n- swim\n", "paragraph bullet bullet", id="open end"),
        pytest.param("1. Stir.\n\n2. Wait.\n", "numbered numbered", id="steps"),
        pytest.param("1. Salt\n\n2. Oil\n\n3. Rice\n", "numbered numbered numbered", id="numbered items"),
        pytest.param("Q: Why?\nA: So.\nQ: And who?\nA: Ann.\n", "heading paragraph " * 2, id="questions"),
        pytest.param('1.1 Rent is\ndue.\n1.2 "Goods" are\n1.5 million jars.\n', "lines lines", id="clauses"),
        pytest.param("Q: Why?\n", "paragraph", id="question without an answer"),
        pytest.param("So:\n```sh\nmake\n\nmake test\n```\nThen go.\n", "paragraph preformatted paragraph", id="code"),
        pytest.param("```\nHe went on\n", "lines", id="code without an end"),
    ],
)
def test_plain_text(text: str, kinds: str) -> None:
    assert [kind for kind, _, _ in read(text)] == kinds.split()


@pytest.mark.parametrize(
    ("text", "name", "kinds"),
    [
        pytest.param(
            ":::{note}\nKeep it dry.\n:::\nThen go.\n",
            "a.md",
            "preformatted paragraph preformatted paragraph",
            id="note",
        ),
        pytest.param(
            "```{tip}\nKeep it dry.\n```\n", "a.md", "preformatted paragraph preformatted", id="note in a fence"
        ),
        pytest.param(":::{code} sh\nmake\n:::\nThen go.\n", "a.md", "preformatted paragraph", id="code"),
        pytest.param(":::{code} sh\nmake\n", "a.md", "preformatted", id="code without an end"),
        pytest.param("::: faqs\n\nIt is.\n\n:::\n", "a.md", "preformatted paragraph preformatted", id="division"),
        pytest.param(".. note::\n\n   Keep it dry.\n", "a.rst", "preformatted paragraph", id="note of rst"),
        pytest.param(".. note:: Keep it dry.\n", "a.rst", "paragraph", id="note in its line"),
        pytest.param(".. image:: a.png\n   :alt: A bee\n\nIt is.\n", "a.rst", "preformatted paragraph", id="image"),
        pytest.param(
            ".. code-block:: sh\n\n   make\n\nThen go.\n", "a.rst", "preformatted paragraph", id="code of rst"
        ),
        pytest.param(
            "Run it::\n\n   make\n\n   make test\n\nThen go.\n",
            "a.rst",
            "paragraph preformatted paragraph",
            id="literal",
        ),
        pytest.param("+++\ntitle = 'T'\n+++\nThen go.\n", "a.md", "preformatted paragraph", id="front matter in TOML"),
        pytest.param(
            '!!! note "Keep"\n    Keep it dry.\n\n    Then go.\n\n    ```\n    make\n    ```\n\nIt is.\n',
            "a.md",
            "paragraph paragraph paragraph preformatted paragraph",
            id="admonition",
        ),
        pytest.param("??? tip\n\n    - a\n    - b\n", "a.md", "preformatted bullet bullet", id="folded admonition"),
        pytest.param(
            '=== "Linux"\n\n    Run it.\n\n    !!! tip\n        Wait.\n\n        Go.\n\n        make\n',
            "a.md",
            "paragraph paragraph preformatted paragraph paragraph paragraph",
            id="admonition in a tab",
        ),
        pytest.param("!!! note\n\nIt is.\n", "a.md", "paragraph paragraph", id="admonition without text"),
        pytest.param("(dry)=\n## Dry\n\nGo.\n", "a.md", "preformatted heading paragraph", id="label of MyST"),
        pytest.param(".. _dry:\n\nDry\n===\n\nGo.\n", "a.rst", "preformatted heading paragraph", id="label of rst"),
        pytest.param("<!--\n# Old\n\nGone.\n-->\n# New\n", "a.md", "preformatted heading", id="comment"),
        pytest.param("# New\n<!--\n# Old\n-->\nGo.\n", "a.html", "heading preformatted paragraph", id="of a page"),
        pytest.param("It is.\n<!-- Why? -->\nGo.\n", "a.md", "paragraph preformatted paragraph", id="short comment"),
        pytest.param("<!--\nOld.\n--> Go.\n", "a.md", "preformatted paragraph", id="text after a comment"),
        pytest.param("<!-- Old. --> Go.\n", "a.md", "paragraph", id="text after a comment of a line"),
        pytest.param("<!--\n# Old\n", "a.md", "paragraph heading", id="comment without an end"),
        pytest.param("> <!-- Old\n\nGo. -->\n", "a.md", "quote paragraph", id="comment beyond a quotation"),
        pytest.param(".. option:: --dry\n\n   Keep it.\n", "a.rst", "heading paragraph", id="option"),
        pytest.param(".. py:function:: dry(a)\n\n   Keep it.\n", "a.rst", "heading paragraph", id="function"),
        pytest.param("Go.\n\n.. role:: dry\n\nGo.\n", "a.rst", "paragraph preformatted paragraph", id="role"),
        pytest.param("/// tip\n\nKeep it dry.\n\n///\n", "a.md", "preformatted paragraph preformatted", id="slashes"),
    ],
)
def test_directives(text: str, name: str, kinds: str) -> None:
    assert [kind for kind, _, _ in read(text, name)] == kinds.split()


def test_the_mark_of_an_alert_is_not_shown() -> None:
    assert read("> [!NOTE]\n> Keep it dry.\n", "a.md") == [("quote", 0, "Keep it dry.")]


def test_html_in_markdown() -> None:
    text = (
        '<h1 align="center"><img src="a.png"> The <b>Hive</b></h1>\n<p align="center">\n  For bees.\n</p>\n\n'
        "<ol><li>one<ul><li>two</li></ul></li></ol>\n\n<details>\n<summary>Is wax dry?</summary>\n\n- Yes.\n\n"
        "</details>\n<details><summary>More</summary>\n\nNo.\n</details>\n\nThe end.\n"
    )
    tags = re.compile(r"<[^<>]*>\s*")
    assert [(kind, level, tags.sub("", shown)) for kind, level, shown in read(text, "a.md")] == [
        ("heading", 1, "The Hive"),
        ("paragraph", 0, "For bees."),
        ("numbered", 0, "one"),
        ("bullet", 1, "two"),
        ("heading", 6, "Is wax dry?"),
        ("bullet", 0, "Yes."),
        ("paragraph", 0, "More"),
        ("paragraph", 0, "No."),
        ("preformatted", 0, ""),
        ("paragraph", 0, "The end."),
    ]


def test_org() -> None:
    text = (
        "#+title: Bees\n\n* The wax\n# not shown\n** Its use :draft:\n:PROPERTIES:\n:ID: a\n:END:\nFor candles.\n"
        "  * item\n#+BEGIN_SRC sh\n* make\n#+END_SRC\n#+begin_quote\nIt is.\n#+end_quote\n| a | b |\n| 1 | 2 |\n"
    )
    found = read(text, "a.org")
    assert [(level, shown) for kind, level, shown in found if kind == "heading"] == [
        (1, "The wax"),
        (2, "Its use :draft:"),
    ]
    assert [kind for kind, _, _ in found] == [
        *("paragraph", "heading", "paragraph", "heading", "preformatted", "paragraph", "preformatted", "paragraph"),
        *("bullet", "preformatted", "preformatted", "paragraph", "preformatted", "table"),
    ]
    assert ("preformatted", 0, "* make") in found


def test_asciidoc() -> None:
    text = (
        "= The Hive\n:author: Ann\n\n[[wax]]\n== Wax\n\n.For candles\n[source,sh]\n----\n== make\n----\n\n"
        "////\n== Old\n\nGone.\n////\n\n[NOTE]\n====\nKeep it dry.\n====\n\n* one\nwhich goes on\n** two\n. first\n"
        "+\nIt is.\n\nwax:: what bees make\n`--dry`::\n  Keep it dry.\n\ninclude::a.adoc[]\n// gone\n"
        "10. ten\n\nThe end: a::b.\n\n $ make\n\n * item\n"
    )
    assert read(text, "a.adoc") == [
        ("heading", 1, "The Hive"),
        ("paragraph", 0, ":author: Ann"),
        ("preformatted", 0, ""),
        ("heading", 2, "Wax"),
        ("paragraph", 0, ".For candles"),
        ("preformatted", 0, ""),
        ("preformatted", 0, "== make"),
        *[("preformatted", 0, "")] * 3,
        ("paragraph", 0, "Keep it dry."),
        ("preformatted", 0, ""),
        ("bullet", 0, "one\nwhich goes on"),
        ("bullet", 1, "two"),
        ("numbered", 0, "first"),
        ("preformatted", 0, ""),
        ("paragraph", 0, "It is."),
        ("bullet", 0, "wax:: what bees make"),
        ("bullet", 0, "`--dry`::\n  Keep it dry."),
        ("preformatted", 0, ""),
        ("preformatted", 0, ""),
        ("numbered", 0, "ten"),
        ("paragraph", 0, "The end: a::b."),
        ("preformatted", 0, "$ make"),
        ("bullet", 0, "item"),
    ]


def test_mdx() -> None:
    text = (
        "---\ntitle: Wax\n---\n\nimport { Tabs } from 'tabs';\n\n<Tabs>\n  <TabItem label=\"Linux\">\n\n"
        "    ```sh\n    # make\n    ```\n  </TabItem>\n</Tabs>\n\n{/*\n## Old\n*/}\n\n## New\n\n    Keep it dry.\n"
    )
    assert read(text, "a.mdx")[1:] == [
        ("preformatted", 0, ""),
        ("preformatted", 0, ""),
        ("paragraph", 0, '<TabItem label="Linux">'),
        ("preformatted", 0, "# make"),
        *[("preformatted", 0, "")] * 3,
        ("heading", 2, "New"),
        ("paragraph", 0, "Keep it dry."),
    ]


def test_a_question_in_bold_is_the_heading_of_its_answer() -> None:
    text = "**Is it *new*?**\nIt is.\n\n**May I come?**\nYes.\n\n*Who?* Ann.\n"
    assert [(kind, shown) for kind, _, shown in read(text, "a.md")] == [
        ("lines", "**Is it *new*?**\nIt is."),
        ("heading", "May I come?"),
        ("paragraph", "Yes."),
        ("paragraph", "*Who?* Ann."),
    ]


def test_a_running_header_is_no_heading() -> None:
    text = "Bees\n\nThe wax\n\nIt is white.\n\nBees\n\nIt is soft.\n\nBees\n\nIt melts.\n"
    assert [shown for kind, _, shown in read(text) if kind == "heading"] == ["The wax"]


def test_indented_text_is_code_in_a_markdown_file_alone() -> None:
    text = "# A\n\n    # b\n    c\n"
    assert [kind for kind, _, _ in read(text, "a.md")] == ["heading", "preformatted"]
    assert [kind for kind, _, _ in read(text, "a.eml")] == ["heading", "lines"]


def test_markdown() -> None:
    text = (
        "---\ntitle: T\n---\n\n# One ##\n\nSetext\n------\n\nA paragraph that is\nbroken.\n\n"
        "- item\n  goes on\n    - nested\n1. first\n\n> said\n> so\n\n"
        "```\n# code\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    kinds = [(kind, level) for kind, level, _ in read(text, "a.md")]
    assert kinds == [
        ("preformatted", 0), ("heading", 1), ("heading", 2), ("lines", 0), ("bullet", 0), ("bullet", 1),
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
          ("heading", 3, "Early years"), ("bullet", 0, "one"), ("bullet", 1, "two")]),
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


def test_headings_of_plain_text_are_paragraphs_of_their_own() -> None:
    text = "The Bees\n\nCHAPTER I\n\nThey dance.\n\n1.2 Why they do\n\nNobody knew.\n\nYours,\n\nAnn\n"
    assert [(level, shown) for kind, level, shown in read(text) if kind == "heading"] == [
        (1, "The Bees"), (2, "CHAPTER I"), (3, "1.2 Why they do"),
    ]  # fmt: skip


def test_a_list_of_lines_is_no_row_of_headings() -> None:
    text = "Needed:\n\nFlour\n\nMilk\n\nEggs\n\nMix them all.\n"
    assert {kind for kind, _, _ in read(text)} == {"paragraph"}


def test_line_ends_of_verse_are_kept_and_those_of_wrapped_prose_are_not() -> None:
    verse = "Tiger, tiger, burning bright\nIn the forests of the night,\n"
    prose = (
        "It was the best of times, it was the worst of times, it was the\n"
        "age of wisdom, it was the age of foolishness, it was\nan end.\n"
    )
    assert [kind for kind, _, _ in read(f"{verse}\n{prose}")] == ["lines", "paragraph"]


def test_a_long_line_is_a_paragraph_of_its_own() -> None:
    text = f"{'One. ' * 50}\n{'Two. ' * 50}\nThree.\n"
    assert [kind for kind, _, _ in read(text)] == ["paragraph"] * 3


def test_a_term_is_read_with_the_definition_below_it() -> None:
    entries = [f"lodger\n: {'A person who rents a room. ' * 8}", f"tenant\n: {'A person who rents a flat. ' * 8}"]
    text = "The words:\n\n" + "\n".join(entries)
    assert [shown.strip() for _, _, shown in read(text)] == ["The words:", *(entry.strip() for entry in entries)]


def test_a_page_starts_a_block() -> None:
    assert [shown for _, _, shown in read("First page goes on\nhere.", pages=(0, 19))] == [
        "First page goes on",
        "here.",
    ]


def repeated(part: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda length: before + part * (length // len(part)) + after


def nested(mark: str) -> Callable[[int], str]:
    """Return a function for a text of lines with more and more marks, of a total length."""
    return lambda length: "\n".join(mark * depth + "a" for depth in range(int((2 * length / len(mark)) ** 0.5)))


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize(
    "text_of",
    [
        *(
            pytest.param(repeated(part), id=repr(part))
            for part in ("{{", "**a ", "<!--", "| ", "= ", ">", "> ", "- ", "+ ", "[", "*", "`", ">\n", "- a\n")
        ),
        *(pytest.param(repeated(part), id=repr(part)) for part in ("- - - a\n", "1. a\n", " | \n", "|-|\n", "```\n")),
        pytest.param(repeated("<!--\n", after="-->"), id="starts of comments"),
        pytest.param(repeated("<!-- a\n--> b\n"), id="text after comments"),
        pytest.param(repeated("> <!--\n\n", after="-->"), id="comments that end outside their quotation"),
        *(pytest.param(repeated(part), id=repr(part)) for part in ("!!! a\n    ", "    !!! a\n", "!!! a\n")),
        *(pytest.param(nested(mark), id=f"more and more {mark!r}") for mark in ("> ", "  - ", "- ", "> - ", "`")),
        pytest.param(repeated("a\n", f"{'|a' * 256}\n{'|-' * 256}\n"), id="rows of one cell in a wide table"),
        pytest.param(repeated("a\n", after="==="), id="a long underlined heading"),
        pytest.param(repeated(" ", "# ", "x"), id="a heading of white space"),
        *(
            pytest.param(repeated(part, before, after), id=f"{before}{part!r}{after}")
            for part in ("<table>", "<tr><td>", "<td>a</td>", "<p ", "<p a='", "<details><summary>a</summary>", "</li>")
            for before, after in (("<table>", "</table>"), ("", ""))
        ),
        pytest.param(repeated("<table>\n\n", after="</table>"), id="starts of tables of HTML"),
    ],
)
def test_the_time_grows_no_faster_than_the_text(text_of: Callable[[int], str]) -> None:
    from qa.web.ui.article import blocks_html

    def show(text: str) -> None:
        for name in ("a.md", "a.txt", "a.html"):
            document = Document(name, f"{text}\n== wiki ==\n", "A", name)
            blocks_html(document, 0, len(document.text), [])

    # test_linear_time.py tests longer texts.
    assert not too_long(show, text_of, 4_000)
