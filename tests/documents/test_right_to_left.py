"""PDFs in Hebrew and Arabic: text drawn as it is displayed, and read in the order in which it was written."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from conftest import examples
from hostile_files import pdf, stream
from hypothesis import given
from hypothesis import strategies as st
from made_files import span_boxes

from qa.documents.formats.pdf.reader import read_pdf
from qa.documents.formats.pdf.right_to_left import reading_order, turn_brackets
from qa.documents.loader import load_bytes

SIZE, RIGHT = 10, 860.0  # of the font, and the margin, in points
HEBREW = [chr(code) for code in range(0x5D0, 0x5EB)]
ARABIC = [chr(code) for code in (*range(0x621, 0x63B), *range(0x641, 0x64B), 0x60C, *range(0x660, 0x66A))]
CODES = {letter: code for code, letter in enumerate([*HEBREW, *ARABIC], start=0x21)}
MIRRORED = dict(zip("()[]", ")(][", strict=True))


def displayed(text: str, *, right_to_left: bool = True) -> str:
    """Return the glyphs of a line from left to right."""
    from fpdf.bidi import BidiParagraph
    from fpdf.enums import TextDirection

    paragraph: Any = BidiParagraph(text=text, base_direction=TextDirection.RTL if right_to_left else TextDirection.LTR)
    characters = paragraph.get_reordered_characters()
    return "".join(
        MIRRORED.get(each.character, each.character) if each.embedding_level % 2 else each.character
        for each in characters
    )


def width(text: str) -> float:
    """Return the width of a text in points."""
    return 9.0 * len(text) - 6.0 * text.count(" ")


class Paper:
    """A page that is drawn line by line, with two fonts of 256 glyphs, one of them for Hebrew and Arabic."""

    def __init__(self) -> None:
        self.content: list[bytes] = []

    def draw(self, baseline: float, text: str, left: float | None = None, *, right_to_left: bool = True) -> None:
        """Draw a line that starts at the right margin, or at `left`."""
        shown = displayed(text, right_to_left=right_to_left)
        left = RIGHT - width(shown) if left is None else left
        self.glyphs(left, baseline, shown)

    def glyphs(self, left: float, baseline: float, shown: str) -> None:
        """Draw glyphs from left to right."""
        self.content.append(b"BT 1 0 0 1 %.1f %d Tm" % (left, 600 - baseline))
        for is_foreign, glyphs in groupby(shown, CODES.__contains__):
            codes = bytes(CODES[glyph] if is_foreign else ord(glyph) for glyph in glyphs)
            self.content.append(b"/%c %d Tf <%s> Tj" % (b"FH"[is_foreign], SIZE, codes.hex().encode()))
        self.content.append(b"ET")

    def data(self) -> bytes:
        widths = b"/FirstChar 0/LastChar 255/Widths[%s]" % (b"900 " * 32 + b"300 " + b"900 " * 223)
        font = b"<</Type/Font/Subtype/TrueType/BaseFont/Any/Encoding/WinAnsiEncoding/FontDescriptor 8 0 R" + widths
        pairs = "".join(f"<{code:02x}> <{ord(letter):04x}>\n" for letter, code in CODES.items())
        named = b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
        return pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 900 600]/Contents 4 0 R/Resources<</Font<</F 5 0 R/H 6 0 R>>>>>>",
            stream(b"\n".join(self.content)),
            font + b">>",
            font + b"/ToUnicode 7 0 R>>",
            stream(named + b"%d beginbfchar\n%sendbfchar endcmap end" % (len(CODES), pairs.encode())),
            b"<</Type/FontDescriptor/FontName/Any/Flags 32/Ascent 750/Descent -250/ItalicAngle 0/StemV 80>>",
        )

    def text(self) -> str:
        return read_pdf(self.data(), "a.pdf").text


LINES = {
    "a name in Latin letters": "חברת Google Inc. הוקמה בעיר Menlo Park לפני שנים",
    "numbers": "בשנת 1998 המחיר היה 1,234.56 דולר שהם 15% מהסך",
    "a telephone number": "בטלפון 03-1234567 עד 10:30 בתאריך 12/03/2020.",
    "brackets": "על ידי Sergey Brin (ראו עמוד 12) ועוד [שם].",
    "a year in brackets after a name": "הספר Bees (2004) נכתב בעברית",
    "a web address": "באתר https://example.org/a-b?c=1 אפשר לקרוא",
    "Arabic": "تأسست شركة Google Inc. في عام 1998 في مدينة Menlo Park (انظر الصفحة 12).",
    "Arabic numbers": "الهاتف 03-1234567 والسعر 15% من ١٢٣٤ و٥٦، هنا",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_is_read_as_it_was_written(line: str) -> None:
    paper = Paper()
    paper.draw(50, line)
    assert paper.text() == line


def test_lines_of_a_paragraph_are_joined() -> None:
    paper = Paper()
    paper.draw(50, "הדבורים עפות מהר מאוד בגובה 250 מטרים מעל הקרקע, וחברת Google Inc.")
    paper.draw(62, "הוקמה בשנת 1998 בעיר Menlo Park על ידי שני סטודנטים שהיו צעירים מאוד")
    paper.draw(74, "ואחר כך גדלה.")
    assert paper.text() == (
        "הדבורים עפות מהר מאוד בגובה 250 מטרים מעל הקרקע, וחברת Google Inc. הוקמה בשנת 1998 בעיר Menlo Park על ידי"
        " שני סטודנטים שהיו צעירים מאוד ואחר כך גדלה."
    )


def test_cells_of_a_row_are_read_from_the_right() -> None:
    paper = Paper()
    for baseline, cells in ((50, ("שם", "מחיר", "כמות")), (62, ("Apple", "10.5", "7")), (74, ("תפוז", "3", "12"))):
        for left, cell in zip((800, 600, 400), cells, strict=True):
            paper.draw(baseline, cell, left)
    assert paper.text() == "שם | מחיר | כמות\nApple | 10.5 | 7\nתפוז | 3 | 12"  # noqa: RUF001


def test_a_hebrew_name_in_an_english_paragraph() -> None:
    paper = Paper()
    paper.draw(50, "The word for peace is שלום עולם in Hebrew, (also a greeting) of", 40, right_to_left=False)
    paper.draw(62, "many people, from morning to evening.", 40, right_to_left=False)
    assert paper.text() == (
        "The word for peace is שלום עולם in Hebrew, (also a greeting) of many people, from morning to evening."
    )


def test_words_without_spaces_in_the_file_are_split_at_gaps() -> None:
    paper = Paper()
    for left, word in ((300, "שלום"), (252, "לכולם"), (195, "Google")):
        paper.draw(50, word, left)
    assert paper.text() == "שלום לכולם Google"


def test_a_span_of_a_line_has_one_box() -> None:
    paper = Paper()
    line = "חברת Google Inc. הוקמה בעיר (ראו עמוד 12) לפני שנים"
    paper.draw(50, line)
    document = load_bytes(paper.data(), "a.pdf")
    start = document.text.index("Google")
    end = document.text.index("עמוד") + 4
    (page,) = span_boxes(paper.data(), document, start, end)
    (box,) = page.boxes
    # All between the first and the last character is in the box, and "Inc" is to the right of "Google".
    assert box.left == pytest.approx(RIGHT - width(line[:end]), abs=0.2)
    assert box.right == pytest.approx(RIGHT - width("חברת "), abs=0.2)


def words(letters: list[str]) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=1, max_size=5)


NAMES = st.sampled_from(["Google", "Menlo Park", "e-mail", "C++", "iPhone 15", ".NET", "A (B)"])
NUMBERS = st.sampled_from(["12", "1998", "3.14", "1,234.56", "15%", "$20", "03-123", "12/03/2020", "10:30", "-5"])


@pytest.mark.parametrize("letters", [HEBREW, ARABIC[:36]], ids=["Hebrew", "Arabic"])
@given(st.data())
@examples(100)
def test_any_line_is_read_as_it_was_written(letters: list[str], data: st.DataObject) -> None:
    native = words(letters)
    between = st.one_of(native, NAMES, NUMBERS, native.map("({})".format), NAMES.map("({})".format))
    parts = data.draw(st.lists(st.tuples(native, between), min_size=1, max_size=4))
    # A name beside a number may be displayed like the two in the other order.
    text = " ".join(word for part in parts for word in part) + " " + data.draw(native) + "."
    shown = displayed(text)
    order = reading_order(shown, right_to_left=True)
    assert turn_brackets("".join(shown[position] for position in order)) == text


@given(st.text([*"abCD 12,.-+%$()[]/:", *HEBREW[:4], *ARABIC[:4], "٣"], max_size=30), st.booleans())
@examples(300)
def test_any_order_is_a_permutation(text: str, right_to_left: bool) -> None:
    assert sorted(reading_order(text, right_to_left=right_to_left)) == list(range(len(text)))
