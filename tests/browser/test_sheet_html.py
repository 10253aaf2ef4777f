"""The printed page beside the text of a PDF."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from qa.load import load_bytes
from qa.types import Document
from qa.web.markup import Place
from qa.web.sheet import WIDTH, file_of, sheet_html

WORDS = "Scouts dance"


@pytest.fixture(scope="module")
def file() -> bytes:
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(400, 500))
    pdf.set_font("Helvetica", size=20)
    pdf.add_page()
    pdf.text(40, 100, "A first page.")
    pdf.add_page()
    pdf.set_fill_color(255, 0, 0)
    pdf.text(100, 300, WORDS)
    return bytes(pdf.output())


def test_the_excerpt_is_boxed_where_its_ink_is(file: bytes) -> None:
    document = load_bytes(file, "a.pdf")
    start = document.text.index(WORDS)
    shown = sheet_html(document, file, Place("cite", "a.pdf", start, start + len(WORDS)))
    assert "<summary>Page 2 as printed</summary>" in shown
    (picture,) = re.findall(r"base64,([^\"]+)", shown)
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        assert image.width == WIDTH
        ink = image.convert("L").point(lambda value: 255 * (value < 128)).getbbox()
        assert ink is not None
        share = [100 * ink[0] / image.width, 100 * ink[1] / image.height]
        share += [100 * (ink[2] - ink[0]) / image.width, 100 * (ink[3] - ink[1]) / image.height]
    (box,) = re.findall(r"left:([\d.]+)%;top:([\d.]+)%;width:([\d.]+)%;height:([\d.]+)%", shown)
    left, top, width, height = map(float, box)
    assert (left, width) == pytest.approx((share[0], share[2]), abs=1)
    assert top <= share[1]
    assert top + height >= share[1] + share[3]


def test_a_place_without_a_span_shows_its_page(file: bytes) -> None:
    document = load_bytes(file, "a.pdf")
    shown = sheet_html(document, file, Place("article", "a.pdf", 0, 0))
    assert "Page 1 as printed" in shown
    assert 'class="box"' not in shown


@pytest.mark.parametrize("other", [None, b"", b"PK not a PDF", b"%PDF-1.7 damaged"])
def test_nothing_is_shown_without_the_file(file: bytes, other: bytes | None) -> None:
    document = load_bytes(file, "a.pdf")
    assert sheet_html(document, other, Place("cite", "a.pdf", 0, 5)) == ""


def test_a_changed_file_is_not_taken_for_the_document_s(file: bytes) -> None:
    document = Document("a.pdf", "Other text.", "A", "a.pdf", (0,))
    assert sheet_html(document, file, Place("cite", "a.pdf", 0, 5)) == ""


def test_the_file_of_a_shared_document_is_found_by_its_path(file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    document = Document("a.pdf", "Text.", "A", str(path), (0,))
    assert file_of(document) is None
    path.write_bytes(file)
    assert file_of(document) == file
    assert file_of(Document("a.md", "Text.", "A", __file__)) is None
    assert file_of(Document("a.pdf", "Text.", "A", "https://example.org/a.pdf", (0,))) is None
