"""The printed page beside the text of a PDF."""

from __future__ import annotations

import base64
import io
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from qa import QA
from qa.documents.discovery import files_by_id
from qa.documents.loader import load_bytes, load_file
from qa.documents.sandbox import Sandbox
from qa.ingestion.prebuilt import open_prebuilt
from qa.types import Document
from qa.web.library_registry import LibraryRegistry
from qa.web.ui.markup import LinkTarget, href
from qa.web.ui.pdf_page import WIDTH, file_of, pdf_page_html
from qa.web.ui.server_functions import ServerFunctions

pytestmark = pytest.mark.slow

SANDBOX = Sandbox()
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
    shown = pdf_page_html(document, file, LinkTarget("cite", "a.pdf", start, start + len(WORDS)), SANDBOX)
    assert "<summary>Page 2 of the PDF</summary>" in shown
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


def test_a_link_without_a_span_shows_its_page(file: bytes) -> None:
    document = load_bytes(file, "a.pdf")
    shown = pdf_page_html(document, file, LinkTarget("article", "a.pdf", 0, 0), SANDBOX)
    assert "Page 1 of the PDF" in shown
    assert 'class="box"' not in shown


@pytest.mark.parametrize("other", [None, b"", b"PK not a PDF", b"%PDF-1.7 damaged"])
def test_nothing_is_shown_without_the_file(file: bytes, other: bytes | None) -> None:
    document = load_bytes(file, "a.pdf")
    assert pdf_page_html(document, other, LinkTarget("cite", "a.pdf", 0, 5), SANDBOX) == ""


def test_a_changed_file_is_not_shown_as_the_document_s(file: bytes) -> None:
    document = Document("a.pdf", "Other text.", "A", "a.pdf", (0,))
    assert pdf_page_html(document, file, LinkTarget("cite", "a.pdf", 0, 5), SANDBOX) == ""


class Given(NamedTuple):
    """A PDF that was given to this process, and the document that was read from it."""

    path: Path
    document: Document


@pytest.fixture
def given(file: bytes, tmp_path: Path) -> Given:
    path = tmp_path / "a.pdf"
    path.write_bytes(file)
    return Given(path, load_file(path))


def found(document: Document, files: dict[str, Path], max_file_mb: float = 50.0) -> bytes | None:
    return file_of(document, files, max_file_mb)


def test_the_file_of_a_shared_document_is_the_one_that_was_given(given: Given, file: bytes, tmp_path: Path) -> None:
    assert found(given.document, {"a.pdf": given.path}) == file
    link = tmp_path / "link.pdf"
    link.symlink_to(given.path)
    assert found(given.document, {"a.pdf": link}) == file


def test_the_source_of_a_document_is_never_opened_as_a_path(given: Given) -> None:
    assert found(given.document, {}) is None
    assert found(given.document, {"b.pdf": given.path}) is None


def test_a_file_that_was_changed_is_not_shown(given: Given) -> None:
    assert found(replace(given.document, file_sha256=""), {"a.pdf": given.path}) is None
    with given.path.open("ab") as changed:
        changed.write(b"\n")
    assert found(given.document, {"a.pdf": given.path}) is None
    given.path.unlink()
    assert found(given.document, {"a.pdf": given.path}) is None
    os.mkfifo(given.path)
    assert found(given.document, {"a.pdf": given.path}) is None


def test_a_file_over_the_limit_is_not_read(given: Given) -> None:
    assert found(given.document, {"a.pdf": given.path}, given.path.stat().st_size / 1e6 - 1e-6) is None


def test_pages_of_shared_articles_are_drawn_from_the_files_given_alone_and_in_the_sandbox(
    given: Given, sample_bot: QA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An index that was given away says "a.pdf", and where a file of this machine is."""
    made = QA(sample_bot.settings, embedder=sample_bot.embedder)
    made.add([given.document])
    made.save(tmp_path / "index")
    bot = QA.from_index(tmp_path / "index")
    assert bot.documents["a.pdf"].source == str(given.path)
    functions = ServerFunctions(LibraryRegistry(bot))
    sent = {"links": [href(LinkTarget("cite", "a.pdf", 0, 7))], "library": ""}
    assert functions.load_pdf_page(sent) == ""

    bot.files = files_by_id([given.path])
    assert "Page 1 of the PDF" in functions.load_pdf_page(sent)
    monkeypatch.setattr(Sandbox, "printed_pages", lambda *_, **__: ())
    assert "data:image" not in functions.load_pdf_page(sent)


def test_a_bot_knows_the_files_that_it_was_made_of(given: Given, sample_bot: QA, tmp_path: Path) -> None:
    bot = QA.from_path(given.path.parent)
    assert bot.files == {"a.pdf": given.path}
    bot.save(tmp_path / "index")
    prebuilt = open_prebuilt(given.path, tmp_path / "index", sample_bot.settings)
    assert prebuilt.files == {"a.pdf": given.path}
    assert prebuilt.documents["a.pdf"].file_sha256 == given.document.file_sha256
