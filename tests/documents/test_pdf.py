"""The text of a PDF's pages, compared with what the test drew on them."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from conftest import examples
from hostile_files import one_page, pdf, stream
from hypothesis import given
from hypothesis import strategies as st
from made_files import span_boxes

from qa.documents.formats.pdf.reader import read_pdf
from qa.documents.loader import load_bytes
from qa.errors import LoadError

Cell = tuple[float, str]
NAMES = """
    bee hive queen comb wax honey nectar pollen swarm drone forager flower meadow orchard clover brood frame smoker
    keeper apiary colony winter summer spring autumn scout dance cluster larva egg
"""
WORDS = NAMES.split()


class Paper:
    """A PDF that is drawn line by line."""

    def __init__(self, width: float = 420, height: float = 600) -> None:
        from fpdf import FPDF

        self.pdf: Any = FPDF(unit="pt", format=(width, height))
        self.pdf.set_auto_page_break(False)
        self.page()

    def page(self) -> None:
        self.pdf.add_page()

    def line(self, x: float, y: float, text: str, size: float = 10, style: str = "", font: str = "Helvetica") -> None:
        self.pdf.set_font(font, style, size)
        self.pdf.text(x, y, text)

    def lines(self, x: float, y: float, texts: Sequence[str], size: float = 10, leading: float = 12) -> float:
        for text in texts:
            self.line(x, y, text, size)
            y += leading
        return y

    def rows(self, y: float, rows: Sequence[Sequence[Cell]], leading: float = 12) -> float:
        for row in rows:
            for x, text in row:
                self.line(x, y, text)
            y += leading
        return y

    def paragraph(self, x: float, y: float, width: float, text: str, indent: float = 0) -> float:
        """Draw justified text as wide as this; return where the next line is."""
        self.pdf.set_font("Helvetica", "", 10)
        words = text.split()
        line: list[str] = []
        room = width - indent
        left = x + indent
        for word in words:
            if line and self.pdf.get_string_width(" ".join([*line, word])) > room:
                self._justified(left, y, room, line)
                line, y, left, room = [], y + 12, x, width
            line.append(word)
        self.pdf.text(left, y, " ".join(line))
        return y + 12

    def _justified(self, x: float, y: float, width: float, words: Sequence[str]) -> None:
        spare = width - sum(map(self.pdf.get_string_width, words))
        gap = spare / max(len(words) - 1, 1)
        for word in words:
            self.pdf.text(x, y, word)
            x += self.pdf.get_string_width(word) + gap

    def data(self) -> bytes:
        return bytes(self.pdf.output())

    def text(self) -> str:
        return read_pdf(self.data(), "a.pdf").text


def prose(seed: int, sentences: int, words: int = 11) -> str:
    """Return made-up sentences."""
    chance = random.Random(seed)
    return " ".join(" ".join(chance.choices(WORDS, k=words)).capitalize() + "." for _ in range(sentences))


# --- Tables -----------------------------------------------------------------------------------------------------------


def test_cells_are_kept_apart() -> None:
    paper = Paper()
    paper.rows(50, [[(40, "Model"), (160, "Score"), (205, "Rank")], [(40, "Alpha"), (160, "88.0"), (205, "7")]])
    assert paper.text() == "Model | Score | Rank\nAlpha | 88.0 | 7"


def test_numbers_of_near_columns_are_cells() -> None:
    paper = Paper()
    paper.rows(50, [[(40, "a"), (100, "88.0"), (127, "7.5")], [(40, "b"), (100, "12.0"), (127, "3.1")]])
    assert paper.text() == "a | 88.0 | 7.5\nb | 12.0 | 3.1"


def test_an_empty_cell_is_kept() -> None:
    paper = Paper()
    rows = [
        [(40, "Bee"), (160, "Wings"), (260, "Sting")],
        [(40, "Drone"), (160, "4")],
        [(40, "Queen"), (160, "4"), (260, "yes")],
        [(160, "2"), (260, "no")],
    ]
    paper.rows(50, rows)
    assert paper.text() == "Bee | Wings | Sting\nDrone | 4 |\nQueen | 4 | yes\n | 2 | no"


@pytest.mark.parametrize("by_cell", [True, False], ids=["cell by cell", "line by line"])
def test_a_cell_of_several_lines_is_one(by_cell: bool) -> None:
    paper = Paper()
    first = [(40, 50, "Queen"), (120, 50, "lays all of the eggs of a"), (120, 62, "colony in spring"), (300, 50, "1")]
    second = [(40, 80, "Drone"), (120, 80, "does no work and leaves"), (120, 92, "in autumn"), (300, 80, "200")]
    for row in (first, second):
        for x, y, text in row if by_cell else sorted(row, key=lambda cell: cell[1]):
            paper.line(x, y, text)
    assert paper.text() == (
        "Queen | lays all of the eggs of a colony in spring | 1\nDrone | does no work and leaves in autumn | 200"
    )


def test_columns_of_a_table_drawn_one_after_the_other_are_rows() -> None:
    paper = Paper()
    for x, column in ((40, ["Bee", "Wasp", "Ant"]), (140, ["4", "4", "0"]), (240, ["yes", "yes", "no"])):
        paper.lines(x, 50, column)
    assert paper.text() == "Bee | 4 | yes\nWasp | 4 | yes\nAnt | 0 | no"


def test_text_around_a_table_is_apart_from_it() -> None:
    paper = Paper()
    paper.lines(40, 50, ["The table lists what was found in the hives of the village."])
    y = paper.rows(80, [[(40, "Comb"), (200, "12")], [(40, "Frame"), (200, "9")]])
    paper.lines(40, y + 12, ["After it the text goes on as before, with no cells at all."])
    assert paper.text().split("\n\n") == [
        "The table lists what was found in the hives of the village.",
        "Comb | 12\nFrame | 9",
        "After it the text goes on as before, with no cells at all.",
    ]


def test_words_of_stretched_lines_are_no_cells() -> None:
    paper = Paper()
    paper.line(40, 30, "A colony.")
    for y, words in ((50, ["Multiline", "dances", "are", "obtained"]), (62, ["by", "scouts", "(using", "a"])):
        paper._justified(40, y, 150, words)
    paper.line(40, 74, "meadow near the hive.")
    assert paper.text() == "A colony.\n\nMultiline dances are obtained by scouts (using a meadow near the hive."


def test_spaces_of_stretched_lines_are_wider_after_punctuation_marks() -> None:
    paper = Paper()
    for y, text in ((50, "See also: [play], page 940, [stop],"), (62, "page 941, [get], page 943. The list")):
        x = 40.0
        for word in text.split():
            paper.line(x, y, word)
            x += paper.pdf.get_string_width(word) + (9.9 if word[-1] in ",:" else 21 if word[-1] == "." else 9)
    paper.line(40, 74, "ends here.")
    assert paper.text() == "See also: [play], page 940, [stop], page 941, [get], page 943. The list ends here."


def test_names_of_columns_as_far_apart_as_the_words_of_a_stretched_line_are_cells() -> None:
    paper = Paper()
    paper.line(40, 30, "Measured.")
    names = ["Model", "Score", "Rank", "Year"]
    widths = [paper.pdf.get_string_width(name) + 12 for name in names]
    lefts = [40 + sum(widths[:column]) for column in range(len(names))]
    paper.rows(50, [list(zip(lefts, names, strict=True)), list(zip(lefts, "1234", strict=True))])
    assert paper.text() == "Measured.\n\nModel | Score | Rank | Year\n1 | 2 | 3 | 4"


def test_dots_that_lead_to_a_price_separate_cells() -> None:
    paper = Paper()
    paper.lines(40, 50, ["Honey ........................ 4.50", "Wax candle ................ 12.00"])
    assert paper.text() == "Honey | 4.50\nWax candle | 12.00"


# --- Paragraphs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_line", [False, True], ids=["column by column", "line by line"])
def test_columns_under_a_wide_title_keep_their_paragraphs(by_line: bool) -> None:
    paper = Paper()
    paper.line(40, 50, "A wide title that goes over both of the columns", 15, "B")
    left, right = prose(1, 6), prose(2, 6)
    if by_line:
        lines = zip(wrapped(left, 30), wrapped(right, 30), strict=False)
        paper.rows(80, [[(40, one), (230, other)] for one, other in lines])
        found = paper.text()
        assert found.index(left[:60]) < found.index(right[:60])
        return
    paper.paragraph(40, 80, 160, left)
    paper.paragraph(220, 80, 160, right)
    title, *texts = paper.text().split("\n\n")
    assert title == "# A wide title that goes over both of the columns"
    assert texts in ([left, right], [f"{left} {right}"])


def wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def test_a_form_that_is_drawn_from_the_bottom_up_is_read_by_row() -> None:
    rows = [
        [(40, 50, "Hive Supplies"), (300, 50, "12 Clover Road")],
        [(40, 120, "Invoice number"), (160, 120, "30064443"), (300, 120, "Date"), (350, 120, "7 May 2014")],
        [(40, 134, "Customer"), (160, 134, "47774"), (300, 134, "Page"), (350, 134, "1")],
        [(40, 200, "Wax"), (160, 200, "2 kg"), (350, 200, "15.00")],
        [(40, 214, "Honey"), (160, 214, "3 kg"), (350, 214, "24.00")],
        [(40, 260, "Thank you for your order.")],
    ]
    paper = Paper()
    for x, y, text in reversed([cell for row in rows for cell in row]):
        paper.line(x, y, text)
    assert paper.text() == (
        "Hive Supplies | 12 Clover Road\n\n"
        "Invoice number | 30064443 | Date | 7 May 2014\nCustomer | 47774 | Page | 1\n\n"
        "Wax | 2 kg | 15.00\nHoney | 3 kg | 24.00\n\nThank you for your order."
    )


def test_columns_that_are_drawn_from_the_bottom_up_are_read_one_after_the_other() -> None:
    columns = [[f"The bees of column {name} say line {line}" for line in range(6)] for name in ("one", "two")]
    paper = Paper()
    for x, lines in ((40, columns[0]), (230, columns[1])):
        for number, text in reversed(list(enumerate(lines))):
            paper.line(x, 50 + 12 * number, text)
    assert paper.text().split() == [word for lines in columns for line in lines for word in line.split()]


def test_indented_first_lines_start_paragraphs() -> None:
    paper = Paper()
    texts = [prose(seed, 4) for seed in range(3)]
    y = 50.0
    for text in texts:
        y = paper.paragraph(40, y, 300, text, indent=15)
    assert paper.text().split("\n\n") == texts


def test_more_space_starts_a_paragraph() -> None:
    paper = Paper()
    texts = [prose(seed, 4) for seed in range(3)]
    y = 50.0
    for text in texts:
        y = paper.paragraph(40, y, 300, text) + 8
    assert paper.text().split("\n\n") == texts


def test_a_little_more_space_after_a_sentence_starts_a_paragraph() -> None:
    paper = Paper()
    texts = [
        [
            "Workers feed the larvae of the brood with the pollen of",
            "flowers, and all queens lay their eggs in empty combs.",
        ],
        [
            "Drones leave the hive only when the sun is high, and they",
            "come back to it before the evening. They bring no honey.",
        ],
    ]
    y = paper.lines(40, 50, texts[0]) + 4
    paper.lines(40, y, texts[1])
    assert paper.text().split("\n\n") == [" ".join(text) for text in texts]


def test_a_sentence_that_continues_in_lower_case_is_not_cut() -> None:
    paper = Paper()
    paper.lines(40, 50, ["A line that is short,", "and goes on over the whole width of the column here", "to its end."])
    assert paper.text() == "A line that is short, and goes on over the whole width of the column here to its end."


def test_definitions_on_lines_of_their_own_are_apart() -> None:
    paper = Paper()
    paper.paragraph(40, 40, 340, prose(5, 4))
    for y, text in ((110, "name is a symbolic name of the set;"), (130, "alias is a string, which says what it is;")):
        paper.line(40, y, text)
    paper.paragraph(40, 150, 340, prose(6, 4))
    assert "of the set;\n\nalias is a string" in paper.text()


def test_a_short_item_before_a_paragraph_does_not_run_into_it() -> None:
    paper = Paper()
    for at, item in enumerate(("the queen", "the drones", "the workers", "the brood", "the combs (optional)")):
        paper.line(52, 50 + 12 * at, f"- {item}")
    paper.paragraph(40, 112, 340, prose(6, 4))
    assert f"- the combs (optional)\n\n{prose(6, 4)}" in paper.text()


def test_lines_of_an_address_are_kept() -> None:
    paper = Paper()
    paper.lines(40, 50, ["Ann Keeper", "12 Meadow Road", "Honiton", "Devon"])
    paper.paragraph(40, 130, 300, prose(1, 4))
    assert paper.text().startswith("Ann Keeper\n12 Meadow Road\nHoniton\nDevon\n\n")


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        pytest.param(["The exam-", "ple shows it."], "The example shows it.", id="unknown"),
        pytest.param(["It is self-", "made.", "Many self-made hives."], "self-made.", id="known with a hyphen"),
        pytest.param(["The bee-", "hive fell.", "A beehive is heavy."], "The beehive fell.", id="known whole"),
        pytest.param(["See page 12-", "14 of it."], "See page 12-14 of it.", id="numbers"),
        pytest.param(["a UTF-", "Based text"], "a UTF-Based text", id="capital"),
    ],
)
def test_hyphens_at_line_ends(lines: Sequence[str], text: str) -> None:
    paper = Paper()
    paper.lines(40, 50, lines)
    assert text in paper.text().replace("\n\n", " ").replace("\n", " ")


# --- Pages ------------------------------------------------------------------------------------------------------------


def book(pages: int) -> tuple[Paper, str]:
    """Return a book with a running header and page numbers, and its text."""
    paper = Paper(height=300)
    text = prose(7, 22 * pages)
    lines = wrapped(text, 66)
    for page in range(pages):
        if page:
            paper.page()
        paper.line(40, 30, "The Book of Bees", 8)
        paper.line(360, 30, f"Chapter {page // 3 + 1}", 8)
        paper.lines(40, 60, lines[17 * page : 17 * page + 17])
        paper.line(200, 285, f"{page + 1}", 8)
    return paper, " ".join(lines[: 17 * pages])


def test_running_headers_come_last_and_sentences_are_joined() -> None:
    paper, text = book(5)
    article = read_pdf(paper.data(), "a.pdf")
    body, last = article.text.split("\n\n### Headers and footers\n\n")
    assert " ".join(body.split()) == text
    assert last == "The Book of Bees"
    # A sentence continues over each page's end.
    for start in article.page_starts[1:]:
        ended = article.text[:start].rstrip().endswith(".")
        assert article.text[start - 1] == " " or ended
        assert not article.text[start].isspace()
    assert any(article.text[start - 1] == " " for start in article.page_starts[1:])


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["Version 4, in force since May"] * 5, "Version 4, in force since May"),
        ([f"Keeping of bees | page {page}" for page in range(1, 6)], "Keeping of bees"),
        ([f"Page {page} of 5" for page in range(1, 6)], ""),
        (["i", "ii", "iii", "iv", "v"], ""),
        ([prose(1, 20).split(". ")[12]] * 5, ""),
    ],
    ids=["header", "with page number", "page number", "roman page number", "words of the text"],
)
def test_a_running_header_is_kept_once_if_it_is_nowhere_else(lines: list[str], last: str) -> None:
    paper = Paper(height=300)
    text = wrapped(prose(1, 60), 66)
    for page, line in enumerate(lines):
        if page:
            paper.page()
        paper.line(40, 30, line, 8)
        paper.lines(40, 60, text[9 * page : 9 * page + 9])
    assert paper.text().partition("\n\n### Headers and footers\n\n")[2] == last


@pytest.mark.parametrize(
    ("titles", "size", "kept"),
    [
        (["Table 1. Yield of each hive"] * 4, 10, ["Table 1. Yield of each hive"]),
        (["How bees dance"] * 4, 14, ["How bees dance"]),
        (["Bee keeping course"] * 7 + ["Your tasks in the spring"], 10, ["Your tasks in the spring"]),
    ],
    ids=["table over pages", "slides", "one slide among others"],
)
def test_a_title_at_the_height_of_running_headers_is_kept_before_its_text(
    titles: list[str], size: int, kept: list[str]
) -> None:
    paper = Paper(height=300)
    texts = [prose(page, 5) for page in range(len(titles))]
    for page, (title, text) in enumerate(zip(titles, texts, strict=True)):
        if page:
            paper.page()
        paper.line(40, 30, title, size)
        paper.lines(40, 60, wrapped(text, 66))
    read = " ".join(paper.text().split())
    for title in kept:
        assert read.count(title) == 1
        assert read.index(title) < read.index(texts[titles.index(title)][:30])


def test_page_starts_are_where_the_page_s_first_word_is() -> None:
    paper, _ = book(5)
    article = read_pdf(paper.data(), "a.pdf")
    lines = wrapped(prose(7, 110), 66)
    assert all(earlier < later for earlier, later in pairwise(article.page_starts))
    for page, start in enumerate(article.page_starts):
        assert article.text.startswith(lines[17 * page].split()[0], start)


def test_a_word_divided_over_two_pages_is_whole() -> None:
    paper = Paper()
    paper.lines(40, 50, ["The bees of the whole village dance in an extra-"])
    paper.page()
    paper.lines(40, 50, ["ordinary way, which the scouts have shown to them."])
    article = read_pdf(paper.data(), "a.pdf")
    assert article.text == (
        "The bees of the whole village dance in an extraordinary way, which the scouts have shown to them."
    )
    assert article.text[article.page_starts[1] :].startswith("ordinary way")


def test_a_footnote_does_not_cut_a_sentence_that_continues_over_the_page() -> None:
    paper = Paper()
    paper.paragraph(40, 50, 340, prose(3, 5))
    paper.lines(40, 130, ["The scouts come back to the hive when the sun is high and the"])
    paper.line(40, 560, "1 A footnote in small print.", 7)
    paper.page()
    paper.lines(40, 50, ["meadow is warm, and they dance."])
    text = paper.text()
    assert "when the sun is high and the meadow is warm, and they dance." in text
    assert "1 A footnote in small print." in text


@pytest.mark.parametrize(
    ("size", "text"), [(6, "1 The dance was seen at night."), (9, "1The dance was seen at night.")]
)
def test_the_raised_number_of_a_footnote_is_no_part_of_its_first_word(size: int, text: str) -> None:
    paper = Paper()
    paper.line(40, 98, "1", size)
    paper.line(40 + paper.pdf.get_string_width("1"), 100, "The dance was seen at night.", 9)
    data = paper.data()
    assert paper.text() == text
    document = load_bytes(data, "a.pdf")
    start = document.text.index("The")
    ((box,),) = (page.boxes for page in span_boxes(data, document, start, start + len("The")))
    assert box.left == pytest.approx(40 + 6 * 0.556, abs=2)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        pytest.param(["about 10", "6", " grains"], "about 10\u2076 grains", id="power"),
        pytest.param(["about 10", "-12", " grains"], "about 10\u207b\u00b9\u00b2 grains", id="negative power"),
        pytest.param(["in the fall of 2002", "37", " and"], "in the fall of 2002\u00b3\u2077 and", id="footnote"),
        pytest.param(
            ["in the fall of 2002.", "37", " It"], "in the fall of 2002.\u00b3\u2077 It", id="after full stop"
        ),
        pytest.param(["a box of 3.", "95", " euros"], "a box of 3.95 euros", id="price"),
        pytest.param(["the bees", "3", " dance"], "the bees3 dance", id="after a word"),
    ],
)
@pytest.mark.parametrize(("rise", "size"), [(4, 6), (0, 6), (-2, 6), (4, 10)], ids=["raised", "small", "low", "large"])
def test_a_small_number_above_the_line_is_raised_after_a_number(
    parts: Sequence[str], text: str, rise: float, size: float
) -> None:
    paper = Paper()
    x = 40.0
    for part in parts:
        raised = part[-1].isdigit() and part[0] in "-0123456789"
        paper.line(x, 100 - rise * raised, part, size if raised else 10)
        x += paper.pdf.get_string_width(part)
    assert paper.text() == (text if (rise, size) == (4, 6) else "".join(parts))


def test_notes_in_the_margin_cut_no_sentence() -> None:
    paper = Paper()
    left = wrapped(prose(3, 6).replace(". ", ", "), 44)
    for at, line in enumerate(left):
        paper.line(40, 60 + 12 * at, line)
        if at == 2:
            paper.line(290, 60 + 12 * at, "8 A note of the keeper", 7)
    text = paper.text()
    assert " ".join(left) in text
    assert text.endswith("8 A note of the keeper")


@pytest.mark.parametrize("step", [1, 5])
@pytest.mark.parametrize("x", [40, 400], ids=["left", "right"])
def test_line_numbers_in_the_margin_are_left_out(step: int, x: int) -> None:
    paper = Paper()
    sentences = [prose(seed, 20) for seed in (1, 2)]
    for number, text in enumerate(sentences):
        if number:
            paper.page()
        end = paper.paragraph(80, 90, 300, text)
        for line in range(step, round((end - 90) / 12) + 1, step):
            paper.line(x, 90 + 12 * (line - 1), str(line))
    assert " ".join(paper.text().split()) == " ".join(sentences)


@pytest.mark.parametrize("pages", [1, 2])
def test_the_numbers_of_a_table_s_rows_are_kept(pages: int) -> None:
    paper = Paper()
    for page in range(pages):
        if page:
            paper.page()
        paper.rows(90, [[(80, str(n)), (140, f"{WORDS[n]} bay"), (300, f"{WORDS[n]} pier")] for n in range(1, 9)])
    assert all(str(n) in re.findall(r"\d+", paper.text()) for n in range(1, 9))


def test_pages_that_say_the_same_keep_their_text() -> None:
    paper = Paper()
    for page in range(4):
        if page:
            paper.page()
        paper.lines(40, 50, ["Bees dance in the sun.", "They sing as well."])
    assert paper.text().count("They sing as well.") == 4


@pytest.mark.parametrize(
    ("first_lines", "kept"),
    [
        pytest.param([f"Report for March {year}" for year in (1998, 2005, 2006, 2014)], True, id="years"),
        pytest.param([f"Keeper {n} saw {3 * n} ships on day {n}." for n in (1, 2, 3, 4)], True, id="sentences"),
        pytest.param([f"Annual report of the harbour {n}" for n in (7, 8, 9, 10)], False, id="page numbers"),
        pytest.param([f"The harbour in figures {n}" for n in (14, 16, 18, 20)], False, id="two pages a sheet"),
        pytest.param([f"The harbour in figures {n}" for n in ("3-8", "3-9", "4-1", "4-2")], False, id="by chapter"),
        pytest.param([f"The harbour code section {n}" for n in (8, 8, 14, 29)], False, id="sections"),
    ],
)
def test_first_lines_that_differ_in_their_numbers(first_lines: list[str], kept: bool) -> None:
    paper = Paper(height=300)
    for page, first in enumerate(first_lines):
        if page:
            paper.page()
        paper.line(40, 30, first)
        paper.lines(40, 60, wrapped(prose(page, 9), 66))
    text = paper.text()
    assert [first in text for first in first_lines] == [kept] * 4


def test_a_table_s_header_on_each_page_is_kept() -> None:
    paper = Paper(height=200)
    for page in range(4):
        if page:
            paper.page()
        paper.rows(40, [[(40, "Hive"), (120, "Place"), (200, "Bees"), (280, "Honey")]])
        paper.rows(52, [[(40, f"h{page}{n}"), (120, f"p{page}{n}"), (200, "9"), (280, "8")] for n in range(9)])
    assert paper.text().count("Hive | Place | Bees | Honey") == 4


@pytest.mark.parametrize("leader", [" . . . . . . . . . ", "........"], ids=["spaced", "close"])
def test_a_table_of_contents_is_left_out_and_noted(leader: str) -> None:
    paper = Paper()
    paper.line(40, 50, "Contents", 14, "B")
    paper.lines(40, 80, [f"{number} Of the {word}{leader}{3 * number}" for number, word in enumerate(WORDS[:8], 1)])
    paper.page()
    paper.paragraph(40, 50, 300, prose(4, 5))
    article = read_pdf(paper.data(), "a.pdf")
    assert "Of the hive" not in article.text
    assert prose(4, 5) in article.text
    assert article.notes == ("the table of contents on page 1 was left out",)


def test_the_numbered_lines_of_a_form_are_not_a_table_of_contents() -> None:
    paper = Paper()
    paper.line(40, 50, "Form 12", 14, "B")
    entries = ["Wages", "Interest", "Alimony received", "Business income", "Pensions", "Total income"]
    for number, entry in enumerate(entries, start=7):
        paper.line(40, 60 + 14 * number, f"{number}  {entry} {' .' * 20}  {number}")
    paper.lines(40, 400, prose(1, 4).split(". "))
    article = read_pdf(paper.data(), "a.pdf")
    assert all(entry in article.text for entry in entries)
    assert article.notes == ()


def test_a_table_of_contents_alone_is_kept() -> None:
    paper = Paper()
    paper.line(40, 50, "Contents", 14, "B")
    paper.lines(40, 80, [f"{number} Of the {word} . . . . . {3 * number}" for number, word in enumerate(WORDS[:8], 1)])
    article = read_pdf(paper.data(), "a.pdf")
    assert all(f"Of the {word}" in article.text for word in WORDS[:8])
    assert article.notes == ()


# --- Headings and lists -----------------------------------------------------------------------------------------------


def test_headings_have_the_level_of_their_size() -> None:
    paper = Paper()
    paper.line(40, 40, "The Life of Bees", 20)
    paper.line(40, 80, "1 Of the hive", 14)
    y = paper.paragraph(40, 100, 300, prose(1, 4))
    paper.line(40, y + 20, "Its comb", 10, "B")
    y = paper.paragraph(40, y + 34, 300, prose(2, 4))
    paper.line(40, y + 20, "2 Of the queen", 14)
    paper.paragraph(40, y + 40, 300, prose(3, 4))
    assert paper.text().split("\n\n") == [
        "# The Life of Bees",
        "## 1 Of the hive",
        prose(1, 4),
        "### Its comb",
        prose(2, 4),
        "## 2 Of the queen",
        prose(3, 4),
    ]


def test_a_number_set_apart_from_its_heading_is_part_of_it() -> None:
    paper = Paper()
    for y, number, text in ((50, "2", "Of the hive"), (150, "3", "Of the queen")):
        paper.line(40, y, number, 10, "B")
        paper.line(76, y, text, 10, "B")
        paper.paragraph(40, y + 20, 300, prose(y, 4))
    assert paper.text().split("\n\n")[::2] == ["# 2 Of the hive", "# 3 Of the queen"]


def test_the_title_of_a_box_that_is_drawn_last_is_before_its_text() -> None:
    paper = Paper()
    paper.paragraph(40, 40, 340, prose(1, 4))
    for y, title in ((150, ("The queen",)), (250, ("The drone", "of the hive"))):
        paper.paragraph(40, y + 32, 340, prose(y, 4))
        paper.line(180, y + 16 * (len(title) < 2), title[0], 14, "B")
        if len(title) > 1:
            paper.line(180, y + 16, title[1], 14, "B")
    expected = [prose(1, 4), "# The queen", prose(150, 4), "# The drone of the hive", prose(250, 4)]
    assert paper.text().split("\n\n") == expected


def test_a_bold_word_in_a_line_makes_no_heading() -> None:
    paper = Paper()
    paper.line(40, 50, "Note", 10, "B")
    paper.line(66, 50, "that the bees of this hive do not")
    paper.lines(40, 62, ["sting, as everybody in the village knows well."])
    assert paper.text().startswith("Note that the bees")


def test_lists_are_kept() -> None:
    paper = Paper()
    paper.lines(40, 50, ["A hive needs:"])
    for y, (mark, text) in enumerate(
        [("\x95", "a queen"), ("\x95", "a comb that is made of wax by the bees"), ("", "")]
    ):
        paper.pdf.set_font("Helvetica", "", 10)
        if mark:
            paper.line(50, 66 + 14 * y, "-")
            paper.line(62, 66 + 14 * y, text)
    paper.line(50, 108, "1.")
    paper.line(65, 108, "Open the hive.")
    paper.line(50, 122, "2.")
    paper.line(65, 122, "Take the comb out, with care, and put it into the box that")
    paper.line(65, 134, "you brought.")
    text = paper.text()
    assert "A hive needs:\n- a queen\n- a comb that is made of wax by the bees" in text
    assert "1. Open the hive.\n2. Take the comb out, with care, and put it into the box that you brought." in text


def test_code_keeps_its_lines() -> None:
    paper = Paper()
    paper.line(40, 40, "How to count", 16)
    y = paper.paragraph(40, 70, 300, prose(1, 5))
    for at, line in enumerate(["def count(bees):", "    # One by one.", "    return len(bees)"]):
        indent = len(line) - len(line.lstrip())
        paper.line(40 + 6 * indent, y + 12 + 12 * at, line.strip(), 10, "", "Courier")
    paper.paragraph(40, y + 70, 300, prose(2, 5))
    assert "```\ndef count(bees):\n    # One by one.\n    return len(bees)\n```" in paper.text()


def test_a_line_of_code_does_not_run_into_the_text_after_it() -> None:
    paper = Paper()
    paper.line(40, 40, "How to count", 16)
    y = paper.paragraph(40, 70, 300, prose(1, 5))
    paper.line(40, y + 12, "count(bees)", 10, "", "Courier")
    paper.paragraph(40, y + 36, 300, f"is a statement. {prose(2, 5)}")
    assert "\n\ncount(bees)\n\nis a statement." in paper.text()


def test_slides_with_more_code_than_prose() -> None:
    paper = Paper()
    paper.line(40, 40, "How to count", 24)
    paper.line(40, 80, "Scouts are counted twice, every evening after the foragers.", 14)
    code = ["for each in hive:", "if each.scout:", "count += 1", *["report(count, every=hour, of=hive, to=keeper)"] * 3]
    for at, line in enumerate(code):
        paper.line(40, 120 + 12 * at, line, 10, "", "Courier")
    prose_before = "# How to count\n\nScouts are counted twice, every evening after the foragers."
    assert paper.text() == "\n".join([prose_before, "", "```", *code, "```"])


# --- Turned pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "matrix",
    [
        pytest.param(b"1 0 0 1 20 400", id="upright"),
        pytest.param(b"0 1 -1 0 40 20", id="upwards"),
        pytest.param(b"-1 0 0 -1 380 40", id="upside down"),
        pytest.param(b"0 -1 1 0 300 480", id="downwards"),
    ],
)
def test_a_turned_page_is_read_in_the_direction_of_its_text(matrix: bytes) -> None:
    lines = [
        "Bees dance in the hive and build a comb",
        "of wax in the dark, in which they raise",
        "their young",
        "until May.",
    ]
    content = b"BT /F 12 Tf %s Tm 14 TL (%s) Tj ET" % (matrix, ") Tj T* (".join(lines).encode())
    assert read_pdf(one_page(stream(content)), "a.pdf").text == " ".join(lines)


# --- Titles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("", "The Life of Bees and Wasps"),
        ("(anonymous)", "The Life of Bees and Wasps"),
        ("untitled", "The Life of Bees and Wasps"),
        ("Microsoft Word - bees_final.doc", "The Life of Bees and Wasps"),
        ("template.dvi", "The Life of Bees and Wasps"),
        ("Some other paper", "The Life of Bees and Wasps"),
        ("the life of bees and wasps", "the life of bees and wasps"),
    ],
)
def test_the_title_is_the_largest_early_text(given: str, title: str) -> None:
    paper = Paper()
    paper.line(40, 30, "Journal of Insects 12", 8)
    paper.line(40, 80, "The Life of Bees", 20)
    paper.line(40, 104, "and Wasps", 20)
    paper.paragraph(40, 140, 300, prose(1, 5))
    paper.pdf.set_title(given)
    assert read_pdf(paper.data(), "a.pdf").title == title


def test_other_headings_of_that_size_are_not_of_the_title() -> None:
    paper = Paper()
    paper.line(40, 50, "Starting", 16)
    y = paper.rows(80, [[(40, "octave"), (160, "start it")], [(40, "octave file"), (160, "run it")]])
    paper.line(40, y + 20, "Stopping", 16)
    paper.paragraph(40, y + 50, 300, prose(1, 5))
    assert read_pdf(paper.data(), "a.pdf").title == "Starting"


def test_code_in_small_print_does_not_make_prose_a_heading() -> None:
    paper = Paper()
    paper.lines(40, 40, [prose(number, 1, 14) for number in range(30)], size=7, leading=9)
    paper.line(40, 330, "Here is one line of what is in between.", 10)
    paper.lines(40, 350, [prose(number, 1) for number in range(12)], size=10)
    assert "#" not in paper.text()


# --- Forms, comments, pictures, encryption ----------------------------------------------------------------------------


def form(printed: bytes, *fields: bytes) -> bytes:
    """Return a PDF of one page with form fields."""
    numbers = range(6, 6 + len(fields))
    references = b" ".join(b"%d 0 R" % number for number in numbers)
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b]/DR<</Font<</F 5 0 R>>>>/DA(/F 0 Tf)>>>>" % references,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 500]/Contents 4 0 R/Annots[%b]"
        b"/Resources<</Font<</F 5 0 R>>>>>>" % references,
        stream(printed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *fields,
    )


def field(name: bytes, value: bytes, rect: bytes, kind: bytes = b"Tx", more: bytes = b"") -> bytes:
    return b"<</Type/Annot/Subtype/Widget/FT/%b/T(%b)/V%b/Rect[%b]/F 4%b>>" % (kind, name, value, rect, more)


LABELS = b"BT /F 12 Tf 40 400 Td (First name) Tj 0 -30 Td (Last name) Tj ET"
FIELDS = (
    field(b"f1", b"(Ann)", b"130 396 250 412"),
    field(b"f2", b"(Keeper)", b"130 366 250 382"),
)


def test_values_of_form_fields_follow_their_labels() -> None:
    assert load_bytes(form(LABELS, *FIELDS), "a.pdf").text == "First name | Ann\nLast name | Keeper"


def test_text_in_fields_alone_is_text() -> None:
    text = load_bytes(form(b"", *FIELDS), "a.pdf").text
    assert text.split() == ["f1:", "Ann", "f2:", "Keeper"]


def test_ticked_boxes_are_in_the_text() -> None:
    boxes = (
        field(b"a", b"/Yes", b"130 396 142 408", b"Btn", b"/AS/Yes/AP<</N<</Yes 4 0 R/Off 4 0 R>>>>"),
        field(b"b", b"/Off", b"130 366 142 378", b"Btn", b"/AS/Off/AP<</N<</Yes 4 0 R/Off 4 0 R>>>>"),
    )
    assert load_bytes(form(LABELS, *boxes), "a.pdf").text == "First name | [x]\nLast name | [ ]"


def test_a_field_s_box_is_where_the_field_is() -> None:
    data = form(LABELS, *FIELDS)
    document = load_bytes(data, "a.pdf")
    start = document.text.index("Keeper")
    ((box,),) = (page.boxes for page in span_boxes(data, document, start, start + 6))
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((130, 118, 250, 134), abs=0.1)


def test_comments_are_at_the_end_of_their_page() -> None:
    paper = Paper()
    paper.line(40, 50, "Bees dance.")
    paper.pdf.text_annotation(300, 50, "Do they?")
    paper.page()
    paper.line(40, 50, "They sing.")
    article = read_pdf(paper.data(), "a.pdf")
    assert article.text == "Bees dance.\n\nComment: Do they?\n\nThey sing."


def test_pages_that_are_images_are_noted() -> None:
    paper = Paper()
    paper.line(40, 50, "Bees dance.")
    from PIL import Image

    picture = Image.new("RGB", (40, 40), "red")
    for _ in range(3):
        paper.page()
        paper.pdf.image(picture, 40, 40, 200)
    paper.page()
    paper.line(40, 50, "They sing.")
    paper.page()
    paper.pdf.image(picture, 40, 40, 200)
    article = read_pdf(paper.data(), "a.pdf")
    [note] = article.notes
    assert note.startswith("pages 2-4 and 6 are images")
    assert len(article.page_starts) == 6


def test_text_without_characters_is_reported() -> None:
    table = (
        b"/CIDInit /ProcSet findresource begin begincmap /CMapName /X def 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 1 beginbfrange <20> <7E> <E020> endbfrange endcmap end"
    )
    data = pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 500]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        stream(b"BT /F 12 Tf 40 400 Td (Bees dance.) Tj ET"),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        stream(table),
    )
    assert read_pdf(data, "a.pdf").notes == ("the text of page 1 cannot be decoded",)


def test_a_file_encrypted_with_an_empty_password_opens() -> None:
    paper = Paper()
    paper.line(40, 50, "Bees dance.")
    paper.pdf.set_encryption(owner_password="owner", user_password="")
    assert paper.text() == "Bees dance."


def test_a_picture_alone_is_refused() -> None:
    with pytest.raises(LoadError, match="has no text"):
        read_pdf(one_page(stream(b"0 0 100 100 re f")), "a.pdf")


# --- Whatever the layout ----------------------------------------------------------------------------------------------

placed_words = st.lists(
    st.tuples(
        st.integers(0, 380),
        st.integers(10, 590),
        st.sampled_from([*WORDS, "12", "3.5", "-", "\x95", "A.", "(a)", "1."]),
        st.sampled_from([6, 10, 10, 10, 14, 30]),
        st.sampled_from(["", "B"]),
        st.sampled_from(["Helvetica", "Courier"]),
    ),
    min_size=1,
    max_size=60,
)


@examples(60)
@given(placed_words)
def test_no_word_is_lost_wherever_it_is(words: list[tuple[int, int, str, int, str, str]]) -> None:
    import pypdfium2

    paper = Paper()
    for x, y, word, size, style, font in words:
        paper.line(x, y, word, size, style, font)
    data = paper.data()
    document = pypdfium2.PdfDocument(data)
    letters = Counter(filter(str.isalnum, document[0].get_textpage().get_text_range()))
    try:
        text = read_pdf(data, "a.pdf").text
    except LoadError:
        assert not letters
        return
    assert Counter(filter(str.isalnum, text)) == letters


@pytest.mark.slow
@examples(40)
@given(placed_words)
def test_a_word_s_box_is_where_its_letters_are(words: list[tuple[int, int, str, int, str, str]]) -> None:
    """Words at random positions far from each other, all of which must be found."""
    paper = Paper()
    drawn: dict[str, tuple[int, float, int]] = {}
    for number, (x, _, _, _, style, font) in enumerate(words[:20]):
        word, y = f"{WORDS[number]}{WORDS[-1 - number]}", 30 + 28 * ((7 * number) % 20)
        left = min(x, 250)
        paper.line(left, y, word, 10, style, font)
        drawn[word] = (left, left + paper.pdf.get_string_width(word), y)
    data = paper.data()
    document = load_bytes(data, "a.pdf")
    for word, (left, right, y) in drawn.items():
        found = re.search(rf"\b{word}\b", document.text)
        assert found
        ((box,),) = (page.boxes for page in span_boxes(data, document, *found.span()))
        assert (box.left, box.right) == pytest.approx((left, right), abs=0.3)
        assert y - 12 < box.top < y < box.bottom


def test_boxes_are_exact_on_a_page_of_a_book_with_furniture_a_heading_a_list_and_a_table() -> None:
    paper, _ = book(4)
    paper.page()
    paper.line(40, 30, "The Book of Bees", 8)
    paper.line(40, 70, "Of tables and lists", 16, "B")
    paper.line(40, 100, "-")
    paper.line(52, 100, "alpha item")
    paper.rows(130, [[(40, "Kind"), (160, "Count")], [(40, "Drone"), (160, "17")], [(40, "Queen"), (160, "1")]])
    paper.line(200, 285, "5", 8)
    data = paper.data()
    document = load_bytes(data, "a.pdf")
    for words, left, y in (("Of tables", 40, 70), ("alpha item", 52, 100), ("Drone", 40, 142), ("17", 160, 142)):
        start = document.text.index(words, document.page_starts[4])
        (page,) = span_boxes(data, document, start, start + len(words))
        assert page.page == 5
        (box,) = page.boxes
        assert box.left == pytest.approx(left, abs=0.3)
        assert box.top < y < box.bottom
    assert io.BytesIO(data).read(4) == b"%PDF"


# --- Letters that are set apart, and letters that are not known -------------------------------------------------------


def drawn(line: str, gap: float, *, space: float = 4, with_spaces: bool = False) -> bytes:
    """Return a page with a line whose letters are drawn one by one, this far apart."""
    from fpdf import FPDF

    pdf_with_font = FPDF(unit="pt")
    pdf_with_font.add_page()
    pdf_with_font.set_font("Helvetica", size=14)
    content = b"BT /F 14 Tf "
    x = 20.0
    for character in line:
        if character != " ":
            shown = f"{character} " if with_spaces else character
            content += f"1 0 0 1 {x:.2f} 400 Tm ({shown}) Tj ".encode()
            x += pdf_with_font.get_string_width(shown) + gap
        else:
            x += space + gap
    return one_page(stream(content + b"ET"))


@pytest.mark.parametrize(
    ("line", "gap", "with_spaces"),
    [
        pytest.param("Title of the slides", 3, False, id="near"),
        pytest.param("Title of the slides", 7, False, id="far"),
        pytest.param("HONEY BEES", 2, False, id="capitals"),
        pytest.param("ANNEX", 0, True, id="with spaces in the file"),
        pytest.param("Bees in 2024", 4, False, id="with a number"),
    ],
)
def test_letters_that_are_set_apart_are_words(line: str, gap: float, with_spaces: bool) -> None:
    data = drawn(line, gap, with_spaces=with_spaces)
    assert read_pdf(data, "a.pdf").text == line
    document = load_bytes(data, "a.pdf")
    (page,) = span_boxes(data, document, 0, len(line))
    (box,) = page.boxes
    assert box.left == pytest.approx(20, abs=1)
    assert box.right > 20 + 8 * len(line.replace(" ", ""))


@pytest.mark.parametrize(
    ("line", "gap"),
    [
        pytest.param("ABCDEF", 4, id="list of letters"),
        pytest.param("xyzwt", 4, id="variables"),
        pytest.param("YNYNNY", 20, id="columns"),
    ],
)
def test_single_letters_stay_apart(line: str, gap: float) -> None:
    words = read_pdf(drawn(line, gap), "a.pdf").text.replace("|", " ").split()
    assert words == list(line)


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        pytest.param(0.05, "WOODENHIVESFROM 12", id="within a word"),
        pytest.param(0.15, "WOODEN HIVES FROM 12", id="between words"),
    ],
)
def test_words_without_a_space_between_them_are_told_by_the_gap(gap: float, text: str) -> None:
    from fpdf import FPDF

    font = FPDF(unit="pt")
    font.add_page()
    font.set_font("Helvetica", size=12)
    content, x = b"BT /F 12 Tf ", 20.0
    for word in ("WOODEN", "HIVES", "FROM 12"):
        content += f"1 0 0 1 {x:.2f} 400 Tm ({word}) Tj ".encode()
        x += font.get_string_width(word) + 12 * gap
    data = one_page(stream(content + b"ET"))
    assert read_pdf(data, "a.pdf").text == text
    (page,) = span_boxes(data, load_bytes(data, "a.pdf"), 0, len(text))
    assert len(page.boxes) == 1


def with_codes(content: bytes, ranges: bytes) -> bytes:
    """Return a page with a font F in WinAnsi, and a font G whose codes mean what `ranges` say."""
    named = b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 500]/Contents 4 0 R/Resources<</Font<</F 5 0 R/G 6 0 R>>>>>>",
        stream(b"BT /F 12 Tf 20 400 Td %s ET" % content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 7 0 R>>",
        stream(named + b"%d beginbfrange %s endbfrange endcmap end" % (ranges.count(b"<") // 3, ranges)),
    )


def test_ideographs_with_spaces_between_them_are_joined() -> None:
    letters = "\u5173\u4e8e\u7ea2\u519b\u4f5c\u6218\u7684\u539f\u5219"
    pairs = b" ".join(b"<%02x><%02x><%04x>" % (code, code, ord(each)) for code, each in enumerate(letters, 0x41))
    drawn_at = b" ".join(
        b"1 0 0 1 %d 400 Tm <%02x> Tj /F 12 Tf ( ) Tj /G 12 Tf" % (20 + 11 * at, 0x41 + at)
        for at in range(len(letters))
    )
    data = with_codes(b"/G 12 Tf " + drawn_at, pairs)
    assert read_pdf(data, "a.pdf").text == letters


@pytest.mark.parametrize(
    ("first", "second", "between"),
    [
        pytest.param("\u8702" * 40, "\u871c" * 40, "", id="Chinese"),
        pytest.param("\u8702" * 39 + "\u201d", "\u871c" * 40, "", id="Chinese quotation"),
        pytest.param("\u0e1c\u0e36\u0e49\u0e07" * 12, "\u0e23\u0e31\u0e07" * 16, "", id="Thai"),
        pytest.param("\uafc0\ubc8c" * 20, "\uaf43" * 40, " ", id="Korean"),
    ],
)
def test_lines_of_scripts_without_spaces_are_joined_without_one(first: str, second: str, between: str) -> None:
    meant = dict(zip(sorted({*first, *second}), b"abdeghnopqu", strict=False))  # letters of the same width
    ranges = b" ".join(b"<%02x><%02x><%04x>" % (code, code, ord(letter)) for letter, code in meant.items())
    codes = [bytes(meant[letter] for letter in line).hex().encode() for line in (first, second)]
    text = read_pdf(with_codes(b"/G 12 Tf <%s> Tj 0 -14 Td <%s> Tj" % (codes[0], codes[1]), ranges), "a.pdf").text
    assert text == first + between + second


def test_a_letter_that_the_file_maps_to_none_is_shown_and_noted() -> None:
    content = b"(The e) Tj /G 12 Tf <22> Tj /F 12 Tf (orts are di) Tj /G 12 Tf <21> Tj /F 12 Tf (cult.) Tj"
    article = read_pdf(with_codes(content, b"<21><21><0000> <22><22><21b5>"), "a.pdf")
    assert article.text == "The efforts are di\ufffdcult."
    assert article.notes == ("1 character on page 1 cannot be decoded and shown as \ufffd",)


def test_a_space_that_the_file_maps_to_a_tab() -> None:
    article = read_pdf(with_codes(b"(Bees) Tj /G 12 Tf <21> Tj /F 12 Tf (dance) Tj", b"<21><21><0009>"), "a.pdf")
    assert (article.text, article.notes) == ("Bees dance", ())


@pytest.mark.parametrize(
    ("code", "shown"), [pytest.param(b"2d", "\u2212", id="flat"), pytest.param(b"21", "\ufffd", id="high")]
)
def test_the_minus_sign_of_tex(code: bytes, shown: str) -> None:
    data = with_codes(b"(x ) Tj /G 12 Tf <%s> Tj /F 12 Tf ( 20) Tj" % code, b"<%s><%s><0000>" % (code, code))
    article = read_pdf(data.replace(b"Helvetica/ToUnicode", b"AB+CMSY7/ToUnicode"), "a.pdf")
    assert article.text == f"x {shown} 20"


# G draws the quotation mark of Helvetica, 0.355 em wide, as an acute accent (") and a diaeresis (!).
_BEFORE = b"/G 12 Tf [<22> 455] TJ /F 12 Tf"  # over the letter that follows
_AFTER = b"/G 12 Tf [456 <%s> -101] TJ /F 12 Tf"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(b"/G 12 Tf [(Mouni) <22> 455 (e came)] TJ", "Mounié came", id="before its letter"),
        pytest.param(b"(Mouni) Tj %s (e came) Tj" % _BEFORE, "Mounié came", id="read after the line"),
        pytest.param(b"(Kyro) Tj %s (la came) Tj" % (_AFTER % b"21"), "Kyröla came", id="after its letter"),
        pytest.param(b"(A L) Tj 3 Ts %s 0 Ts (opez) Tj" % _BEFORE, "A López", id="raised"),
        pytest.param(b"(Don) Tj /G 12 Tf <22> Tj /F 12 Tf (t go) Tj", "Don\xb4t go", id="apostrophe"),
        pytest.param(b"(Sch\\366n) Tj", "Schön", id="of one piece"),
    ],
)
def test_accents_apart_from_their_letters(content: bytes, text: str) -> None:
    data = with_codes(content, b"<21><21><00a8> <22><22><00b4>")
    data = data.replace(b"BaseFont/Helvetica>>", b"BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
    assert read_pdf(data, "a.pdf").text == text
    (page,) = span_boxes(data, load_bytes(data, "a.pdf"), 0, len(text))
    assert len(page.boxes) == 1


def test_a_note_mark_beside_a_character_of_two_units_stays_in_its_line() -> None:
    content = b"(The ) Tj /G 12 Tf <21> Tj /F 12 Tf (model) Tj 4 Ts /F 7 Tf (6) Tj 0 Ts /F 12 Tf ( is simple.) Tj"
    assert read_pdf(with_codes(content, b"<21><21><d835dc65>"), "a.pdf").text == "The xmodel6 is simple."


def test_bullets_that_the_file_maps_to_nothing() -> None:
    item = b"/G 12 Tf <21> Tj /F 12 Tf ( %s) Tj"
    content = item % b"Count the scouts" + b" 0 -14 Td " + item % b"Feed the bees"
    article = read_pdf(with_codes(content, b"<21><21><0000>"), "a.pdf")
    assert (article.text, article.notes) == ("- Count the scouts\n- Feed the bees", ())


def page_without_names(text: bytes) -> bytes:
    """Return a page in a font drawn for it, as dvips makes them; the file names none of its characters."""
    names = b" ".join(b"/a%d" % code for code in range(128))
    shapes = b" ".join(b"/a%d 6 0 R" % code for code in range(128) if code != ord(" "))
    font = b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 0/LastChar 127"
    encoding = b"/CharProcs<<%s>>/Widths[%s]/Encoding<</Differences[0 %s]>>>>" % (shapes, b"500 " * 128, names)
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 500]/Contents 4 0 R/Resources<</Font<</F 5 0 R/G 7 0 R>>>>>>",
        stream(b"BT /F 12 Tf 20 400 Td (%s) Tj ET" % text),
        font + encoding,
        stream(b"500 0 0 0 500 700 d1 0 0 500 700 re f"),
        font + encoding,
    )


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        pytest.param(
            b"di\\013erent, de\\014ned, \\015ow, e\\016cient", "different, defined, flow, efficient", id="OT1"
        ),
        pytest.param(b"di\\033erent, de\\034ned, \\035ow, e\\036cient", "different, defined, flow, efficient", id="T1"),
        pytest.param(b"ba\\017ed) Tj /G 12 Tf (\\014) Tj /F 12 Tf (x", "baffled x", id="large bracket of another font"),
    ],
)
def test_ligatures_of_fonts_that_name_no_characters(drawn: bytes, text: str) -> None:
    article = read_pdf(page_without_names(drawn), "a.pdf")
    assert (article.text, article.notes) == (text, ())


def test_a_code_in_a_word_is_shown_and_noted() -> None:
    article = read_pdf(page_without_names(b"Two caf\\001s of the town and x\\002y"), "a.pdf")
    assert article.text == "Two caf\ufffds of the town and x\ufffdy"
    assert article.notes == ("2 characters on page 1 cannot be decoded and shown as \ufffd",)


def test_codes_of_a_named_font_are_no_ligatures() -> None:
    content = b"(The o) Tj /G 12 Tf (\\036c) Tj /F 12 Tf (ial guidance of it) Tj"
    data = with_codes(content, b"<63><63><0063>").replace(b"/BaseFont/Helvetica/ToUnicode", b"/BaseFont/Own/ToUnicode")
    assert read_pdf(data, "a.pdf").text == "The o\ufffdcial guidance of it"


def test_characters_beyond_16_bits() -> None:
    content = b"(Let ) Tj /G 12 Tf <2123> Tj /F 12 Tf ( be 5 ) Tj /G 12 Tf <22> Tj /F 12 Tf ( here) Tj"
    data = with_codes(content, b"<21><21><d835dc65> <22><22><d83dde00> <23><23><210e>")
    article = read_pdf(data, "a.pdf")
    # The italic letters of a formula are letters.
    assert article.text == "Let xh be 5 \U0001f600 here"
    assert article.notes == ()
    (page,) = span_boxes(data, load_bytes(data, "a.pdf"), 0, 10)
    assert len(page.boxes) == 1


def _draw_grid(paper: Paper, rows: Sequence[float], columns: Sequence[float]) -> None:
    for y in rows:
        paper.pdf.line(columns[0], y, columns[-1], y)
    for x in columns:
        paper.pdf.line(x, rows[0], x, rows[-1])


def test_cells_between_drawn_lines_are_cells_whatever_their_height() -> None:
    paper = Paper()
    _draw_grid(paper, [40, 60, 110, 160], [40, 120, 200, 380])
    for x, text in ((45, "Meadow"), (125, "Hives"), (205, "What was seen")):
        paper.line(x, 54, text)
    for y, name, count, seen in (
        (60, "Clover", "12", ["The scouts", "danced at", "noon."]),
        (110, "Orchard", "7", ["Rain."]),
    ):
        paper.line(45, y + 28, name)
        paper.line(125, y + 28, count)
        for at, line in enumerate(seen):
            paper.line(205, y + 16 + 12 * at, line)
    assert paper.text() == (
        "Meadow | Hives | What was seen\nClover | 12 | The scouts danced at noon.\nOrchard | 7 | Rain."
    )


def test_a_cell_over_several_rows_is_repeated_in_each() -> None:
    paper = Paper()
    for y in (40, 60, 100):
        paper.pdf.line(40, y, 300, y)
    paper.pdf.line(120, 80, 300, 80)
    for x in (40, 120, 200, 300):
        paper.pdf.line(x, 40, x, 100)
    paper.lines(45, 54, ["Meadow"])
    paper.lines(125, 54, ["Hive", "North", "South"], leading=20)
    paper.lines(205, 54, ["Honey", "12 kg", "7 kg"], leading=20)
    paper.line(45, 84, "Clover")
    data = paper.data()
    assert paper.text() == "Meadow | Hive | Honey\nClover | North | 12 kg\nClover | South | 7 kg"
    document = load_bytes(data, "a.pdf")
    start = document.text.index("7 kg")
    ((box,),) = (page.boxes for page in span_boxes(data, document, start, start + 4))
    assert box.left == pytest.approx(205, abs=2)


def test_rows_within_drawn_lines_stay_rows() -> None:
    paper = Paper()
    _draw_grid(paper, [40, 60, 120], [40, 120, 200])
    paper.rows(54, [[(45, "Meadow"), (125, "Hives")]])
    paper.rows(74, [[(45, "Clover"), (125, "12")], [(45, "Orchard"), (125, "7")], [(45, "Garden"), (125, "3")]])
    assert "Clover | 12\nOrchard | 7\nGarden | 3" in paper.text()
