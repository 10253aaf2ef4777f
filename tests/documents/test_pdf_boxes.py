"""The boxes of a span on a PDF's page, compared with where the test drew it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from made_files import span_boxes

from qa.documents.formats.pdf.boxes import Box, printed_pages
from qa.documents.loader import load_bytes
from qa.errors import QAError
from qa.types import Document

POINTS = 72 / 25.4  # in a millimetre
SIZE = 12  # points


class Sheet:
    """A PDF that records where each of its words was drawn."""

    def __init__(self) -> None:
        from fpdf import FPDF

        self.pdf: Any = FPDF(unit="pt", format=(400, 500))
        self.pdf.set_font("Helvetica", size=SIZE)
        self.drawn: dict[str, tuple[int, float, float, float]] = {}

    def page(self) -> None:
        self.pdf.add_page()

    def draw(self, x: float, baseline: float, line: str) -> None:
        """Draw a line, and record its words' page, left edge, right edge and baseline."""
        self.pdf.text(x, baseline, line)
        for word in line.split():
            before = self.pdf.get_string_width(line[: line.index(word)])
            left = x + before
            self.drawn[word] = (self.pdf.page, left, left + self.pdf.get_string_width(word), baseline)

    def load(self) -> tuple[bytes, Document]:
        data = bytes(self.pdf.output())
        return data, load_bytes(data, "a.pdf")


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    sheet = Sheet()
    sheet.page()
    sheet.draw(50, 60, "Bees dance to tell where the food lies, a long way from home")
    sheet.draw(50, 76, "and the others follow with co-operation.")
    sheet.draw(-300, 200, "offside words beyond the edge")
    sheet.draw(50, 120, "Scouts look for a cavity, and")
    sheet.draw(50, 136, "then the swarm moves.")
    sheet.page()
    sheet.draw(200, 300, "Second page: \u00e9lan, 40 litres.")
    return sheet


def check(box: Box, drawn: tuple[int, float, float, float]) -> None:
    _, left, right, baseline = drawn
    assert (box.left, box.right) == pytest.approx((left, right), abs=0.2)
    # A line's box reaches from the ascenders to the descenders.
    assert baseline - 1.2 * SIZE < box.top < baseline - 0.6 * SIZE
    assert baseline < box.bottom < baseline + 0.5 * SIZE


@pytest.mark.parametrize(
    "word",
    [
        "Bees",
        "dance",
        "food",
        "home",
        "others",
        "co-operation.",
        "Scouts",
        "cavity,",
        "then",
        "moves.",
        "\u00e9lan,",
        "40",
    ],
)
def test_a_word_s_box_is_where_it_was_drawn(sheet: Sheet, word: str) -> None:
    data, document = sheet.load()
    start = document.text.index(word)
    (page,) = span_boxes(data, document, start, start + len(word))
    assert (page.page, page.width, page.height) == (sheet.drawn[word][0], 400, 500)
    (box,) = page.boxes
    check(box, sheet.drawn[word])


def test_a_span_over_lines_and_pages_has_a_box_for_each_line(sheet: Sheet) -> None:
    data, document = sheet.load()
    start, end = document.text.index("food"), document.text.index("Second") + len("Second page")
    first, second = span_boxes(data, document, start, end)
    assert (first.page, second.page) == (1, 2)
    assert len(first.boxes) == 4
    assert first.boxes[0].left == pytest.approx(sheet.drawn["food"][1], abs=0.2)
    assert first.boxes[0].right == pytest.approx(sheet.drawn["home"][2], abs=0.2)
    assert [round(box.left) for box in first.boxes[1:]] == [50, 50, 50]
    assert len(second.boxes) == 1


def test_white_space_has_no_boxes(sheet: Sheet) -> None:
    data, document = sheet.load()
    gap = document.page_starts[1] - 1
    assert document.text[gap].isspace()
    (page,) = span_boxes(data, document, gap, gap + 1)
    assert (page.page, page.boxes) == (1, ())
    assert span_boxes(data, document, gap, gap) == [page]


def test_a_rotated_page_is_measured_as_displayed() -> None:
    import pypdfium2

    sheet = Sheet()
    sheet.page()
    sheet.draw(50, 60, "Bees dance here")
    pdf = pypdfium2.PdfDocument(bytes(sheet.pdf.output()))
    pdf[0].set_rotation(90)
    buffer = io.BytesIO()
    pdf.save(buffer)
    pdf.close()
    data = buffer.getvalue()
    document = load_bytes(data, "a.pdf")
    start = document.text.index("dance")
    (page,) = span_boxes(data, document, start, start + 5)
    (box,) = page.boxes
    _, left, right, baseline = sheet.drawn["dance"]
    # Turned clockwise, the distance from the left becomes the distance from the top.
    assert (page.width, page.height) == (500, 400)
    assert (box.top, box.bottom) == pytest.approx((left, right), abs=0.2)
    assert box.left < 500 - baseline < box.right


def test_a_word_broken_by_a_hyphen_that_the_text_dropped_has_two_boxes() -> None:
    sheet = Sheet()
    sheet.page()
    sheet.draw(50, 60, "Scouts inspect a possible exam-")
    sheet.draw(50, 76, "ple of a home and dance")
    data, document = sheet.load()
    start = document.text.index("example")
    (page,) = span_boxes(data, document, start, start + len("example"))
    assert len(page.boxes) == 2
    check(page.boxes[0], sheet.drawn["exam-"])
    check(page.boxes[1], sheet.drawn["ple"])
    start = document.text.index("dance")
    check(span_boxes(data, document, start, start + 5)[0].boxes[0], sheet.drawn["dance"])


def test_columns_are_kept_apart() -> None:
    sheet = Sheet()
    sheet.page()
    for x, text in (
        (30, "A colony divides in spring, and scouts inspect homes."),
        (220, "Drones are driven out, since they eat."),
    ):
        sheet.pdf.set_xy(x, 100)
        sheet.pdf.multi_cell(120, 14, text)
    data, document = sheet.load()
    for phrase, left in (("scouts inspect homes", 30), ("Drones are driven out, since", 220)):
        start = document.text.index(phrase)
        (page,) = span_boxes(data, document, start, start + len(phrase))
        assert len(page.boxes) == 2
        assert all(left <= box.left < box.right <= left + 122 for box in page.boxes)


def test_the_picture_of_a_page(sheet: Sheet) -> None:
    from PIL import Image

    data, document = sheet.load()
    start = document.text.index("dance")
    (page,) = printed_pages(data, document, start, start + 5, width=800, most=9)
    picture, (box,) = Image.open(io.BytesIO(page.png)).convert("L"), page.location.boxes
    assert picture.size == (800, 1000)
    inside = picture.crop((round(2 * box.left), round(2 * box.top), round(2 * box.right), round(2 * box.bottom)))
    assert min(inside.tobytes()) < 100
    assert list(picture.crop((0, 300, 800, 1000)).getcolors() or []) == [(800 * 700, 255)]


def test_impossible_spans_and_files_are_refused(sheet: Sheet) -> None:
    data, document = sheet.load()
    with pytest.raises(QAError, match=r"a\.pdf: no span 5-4"):
        span_boxes(data, document, 5, 4)
    with pytest.raises(QAError, match="no span 0-9999"):
        span_boxes(data, document, 0, 9999)
    with pytest.raises(QAError, match=r"a\.pdf: is damaged or not a PDF"):
        span_boxes(b"junk", document, 0, 5)
    other = Document("a.pdf", "x" * 90, "A", "a.pdf", (0, 10, 20))
    with pytest.raises(QAError, match="has 2 pages, not the 3 of the document; load the file again"):
        span_boxes(data, other, 0, 5)
