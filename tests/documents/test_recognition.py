"""Text recognised in scanned pages and images, which the tests draw themselves."""

from __future__ import annotations

import base64
import io
import itertools
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TermEmbedder
from made_files import span_boxes
from PIL import ExifTags, Image, ImageDraw, ImageFont

from qa import QA, Settings
from qa.documents.formats import recognition
from qa.documents.formats.image import image_page
from qa.documents.formats.pdf.reader import read_pdf
from qa.documents.loader import load_bytes
from qa.documents.sandbox import Sandbox
from qa.errors import LoadError
from qa.web.ui.markup import LinkTarget
from qa.web.ui.pdf_page import WIDTH, file_of, pdf_page_html

pytest.importorskip("tesserocr", reason="needs text recognition: pip install 'cited-qa[ocr]'")

pytestmark = pytest.mark.slow

BEES = ("Bees dance in the dark hive to tell their sisters", "where food lies. Karl von Frisch found that in 1923.")
TEA = ("Tea reached the harbour in 1650. It was dear, and", "few people drank it before the price fell.")
BEES_TEXT, TEA_TEXT = " ".join(BEES), " ".join(TEA)
A4 = (1240, 1754)  # at 150 pixels an inch
SMALL = (1000, 420)


def drawn(*lines: str, size: tuple[int, int] = A4, ink: str = "black", paper: str = "white") -> Image.Image:
    """Return a picture of a page with these lines, whose cells are separated by tabs."""
    image = Image.new("RGB", size, paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(30)
    for number, line in enumerate(lines):
        for column, cell in enumerate(line.split("\t")):
            draw.text((120 + 330 * column, 120 + 45 * number), cell, fill=ink, font=font)
    return image


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@dataclass
class Scans:
    """A PDF of pages with text and of scanned pages."""

    pages: list[Image.Image | str] = field(default_factory=list)

    def data(self) -> bytes:
        from fpdf import FPDF

        pdf = FPDF(format="A4")
        pdf.set_font("Helvetica", size=12)
        for page in self.pages:
            pdf.add_page()
            if isinstance(page, str):
                pdf.image(drawn("Words of a picture"), 100, 200, 60)
                pdf.multi_cell(0, 6, page)
            else:
                pdf.image(page, 0, 0, 210, 297)
        return bytes(pdf.output())


@cache
def mixed() -> bytes:
    return Scans(["Wasps build with paper.", drawn(*BEES), drawn(*TEA), "Ants dig."]).data()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(Settings(), warm=True)
    yield sandbox
    sandbox.close()


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recognition, "MODELS", tmp_path)


def test_scanned_pages_are_recognised_and_pages_with_text_are_not() -> None:
    document = load_bytes(mixed(), "a.pdf")
    assert [text for text in document.text.split("\n\n") if text] == [
        "Wasps build with paper.",
        BEES_TEXT,
        TEA_TEXT,
        "Ants dig.",
    ]
    start, end = document.text.index(BEES_TEXT), document.text.index("Ants")
    assert document.recognised == ((start, end),)
    assert [document.page_at(document.text.index(words)) for words in ("Wasps", "Bees", "Tea", "Ants")] == [1, 2, 3, 4]
    [note] = document.notes
    assert note.startswith("pages 2-3 were recognised from images (confidence 9")


def test_citations_of_recognised_text_say_so(embedder: TermEmbedder) -> None:
    bot = QA(Settings(), embedder=embedder)
    scan = load_bytes(saved(drawn(*BEES, size=SMALL)), "a.png")
    bot.add([scan, load_bytes(b"Wasps build with paper.", "b.txt")])
    found = {passage.document_id: passage.recognised for passage in bot.search("What do bees and wasps do?")}
    assert found == {"a.png": True, "b.txt": False}


@pytest.mark.parametrize("degrees", [3, -2, 90, 180, 270])
def test_a_rotated_page_is_read_upright(degrees: int) -> None:
    turned = drawn(*BEES, *TEA, size=SMALL).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert load_bytes(saved(turned), "a.png").text == f"{BEES_TEXT} {TEA_TEXT}"


def sixteen_bits() -> bytes:
    import numpy as np

    return saved(Image.fromarray(np.asarray(drawn(*BEES).convert("L")).astype(np.uint16) * 257))


def turned_by_metadata() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return saved(drawn(*BEES).rotate(90, expand=True), "JPEG", exif=exif)


def transparent() -> bytes:
    image = Image.new("RGBA", A4, (0, 0, 0, 0))
    image.putalpha(drawn(*BEES, ink="white", paper="black").convert("L"))
    return saved(image)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        pytest.param("a.png", lambda: saved(drawn(*BEES, size=(900, 300))), id="small"),
        pytest.param("a.jpg", lambda: saved(drawn(*BEES).resize((3720, 5262)), "JPEG"), id="large"),
        pytest.param("a.jpeg", turned_by_metadata, id="turned by its metadata"),
        pytest.param("a.webp", lambda: saved(drawn(*BEES, ink="#ddd", paper="#222"), "WEBP"), id="light on dark"),
        pytest.param("a.tif", lambda: saved(drawn(*BEES).convert("1"), "TIFF", compression="group4"), id="fax"),
        pytest.param("a.png", lambda: saved(drawn(*BEES, size=SMALL).convert("P")), id="palette"),
        pytest.param("a.png", sixteen_bits, id="16 bits"),
        pytest.param("a.png", transparent, id="transparent"),
    ],
)  # fmt: skip
def test_an_image_is_read(name: str, make: Callable[[], bytes]) -> None:
    document = load_bytes(make(), name)
    assert document.text == BEES_TEXT
    assert (document.page_starts, document.recognised) == ((), ((0, len(BEES_TEXT)),))
    assert document.notes[0].startswith("the text was recognised from an image (confidence 9")


def test_each_image_of_a_tiff_is_a_page() -> None:
    data = saved(drawn(*BEES), "TIFF", save_all=True, append_images=[drawn(), drawn(*TEA)])
    document = load_bytes(data, "a.tiff")
    first, second = document.text.index(BEES_TEXT), document.text.index(TEA_TEXT)
    assert (document.page_at(first), document.page_at(second)) == (1, 3)
    assert "page 2 is an image in which no text was recognised" in document.notes
    assert document.notes[0].startswith("pages 1 and 3 were recognised from images")


def test_rows_and_headings_are_recognised_by_their_positions() -> None:
    image = drawn("", "", "Port\tShips\tFee", "Hamburg\t7,210\t88.0", "Bergen\t1,002\t7.0", "", *TEA)
    ImageDraw.Draw(image).text((120, 60), "Harbour fees", fill="black", font=ImageFont.load_default(52))
    text = load_bytes(saved(image), "a.png").text
    assert text == "# Harbour fees\n\nPort | Ships | Fee\nHamburg | 7,210 | 88.0\nBergen | 1,002 | 7.0\n\n" + TEA_TEXT


def test_a_sandbox_recognises_the_same(sandbox: Sandbox) -> None:
    for data, name in ((mixed(), "a.pdf"), (saved(drawn(*BEES)), "a.png")):
        inside, outside = load_bytes(data, name, sandbox=sandbox), load_bytes(data, name)
        assert inside == outside
        assert (inside.notes, inside.recognised) == (outside.notes, outside.recognised)


@pytest.mark.parametrize(("name", "degrees"), [("a.pdf", 180), ("a.png", 3), ("a.png", 90)])
def test_the_boxes_of_recognised_words_are_where_they_are_printed(name: str, degrees: int) -> None:
    image = drawn(*BEES, *TEA, size=A4 if name == "a.pdf" else SMALL)
    ImageDraw.Draw(image).text((120, 330), "harbour", fill="#e00", font=ImageFont.load_default(30))
    image = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    red = np.argwhere(np.asarray(image.convert("RGB"), int) @ (1, -1, 0) > 100)
    (top, left), (bottom, right) = red.min(0), red.max(0)
    data = Scans([image]).data() if name == "a.pdf" else saved(image)
    document = load_bytes(data, name)
    start = document.text.rindex("harbour")
    if name == "a.pdf":
        ((page),) = span_boxes(data, document, start, start + len("harbour"))
    else:
        page = image_page(data, document, start, start + len("harbour"), 800).location
    (box,) = page.boxes
    across, down = image.width / page.width, image.height / page.height
    found = (box.left * across, box.top * down, box.right * across, box.bottom * down)
    assert found == pytest.approx((left, top, right, bottom), abs=8)


def test_a_picture_without_text_is_no_crash_in_a_sandbox(sandbox: Sandbox) -> None:
    picture = drawn()
    ImageDraw.Draw(picture).polygon([(60, 60), (140, 50), (90, 90), (80, 200), (60, 150)], fill="#222")
    document = load_bytes(Scans(["Wasps build with paper.", picture]).data(), "a.pdf", sandbox=sandbox)
    assert document.text.strip() == "Wasps build with paper."
    assert document.notes == ("page 2 is an image in which no text was recognised",)


@pytest.mark.parametrize(
    ("name", "make", "shown"),
    [
        pytest.param("a.pdf", mixed, "Page 3 of the PDF", id="PDF"),
        pytest.param("a.png", lambda: saved(drawn(*TEA, size=SMALL)), "Page 1 of the image", id="image"),
        pytest.param(
            "a.tiff",
            lambda: saved(drawn(size=SMALL), "TIFF", save_all=True, append_images=[drawn(*TEA, size=SMALL)]),
            "Page 2 of the image",
            id="images",
        ),
    ],
)
def test_the_image_is_shown_beside_its_text(name: str, make: Callable[[], bytes], shown: str, sandbox: Sandbox) -> None:
    document = load_bytes(make(), name)
    start = document.text.index(TEA_TEXT)
    html = pdf_page_html(document, make(), LinkTarget("cite", name, start, start + len(TEA_TEXT)), sandbox)
    assert f"<details open><summary>{shown}</summary>" in html
    assert html.count('class="box"') == len(TEA)
    [picture] = re.findall(r"base64,([^\"]+)", html)
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        assert image.width == min(WIDTH, SMALL[0]) or name == "a.pdf"
        assert image.convert("L").getextrema() == (0, 255)
    assert file_of(document, {}, 50) is None


def test_pages_beyond_the_time_are_left_out_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.chain([0, 0, 0], itertools.repeat(100))
    monkeypatch.setattr("qa.documents.formats.recognition.time.process_time", lambda: next(clock))
    token = recognition.MAX_SECONDS.set(40.0)
    try:
        article = read_pdf(Scans([drawn(*BEES), drawn(*TEA), drawn(*TEA)]).data(), "a.pdf")
    finally:
        recognition.MAX_SECONDS.reset(token)
    assert article.text.strip() == BEES_TEXT
    assert article.notes[0].startswith("page 1 was recognised from an image")
    assert article.notes[1] == "pages 2-3 are images left out after 40 seconds of text recognition"


def test_visitors_may_be_given_no_time_for_it() -> None:
    with pytest.raises(LoadError, match=r"a\.pdf: has no text: page 1 is an image left out after 0 seconds"):
        load_bytes(Scans([drawn(*BEES)]).data(), "a.pdf", sandbox=Sandbox(Settings(ocr_timeout_seconds=0)))


@pytest.mark.usefixtures("not_installed")
def test_without_the_extra_a_message_names_it() -> None:
    with pytest.raises(LoadError) as raised:
        load_bytes(saved(drawn(*BEES)), "a.png")
    message = "a.png: is an image, and text recognition is not installed; install it: pip install 'cited-qa[ocr]'"
    assert str(raised.value) == message
    with pytest.raises(LoadError) as raised:
        load_bytes(Scans([drawn(*BEES)]).data(), "a.pdf")
    why = "page 1 is an image, and text recognition is not installed (pip install 'cited-qa[ocr]')"
    assert str(raised.value) == f"a.pdf: has no text: {why}; run OCR first"
    document = load_bytes(mixed(), "a.pdf")
    assert document.notes == (
        "pages 2-3 are images, and text recognition is not installed (pip install 'cited-qa[ocr]')",
    )
    assert document.recognised == ()


def png_of(width: int, height: int) -> bytes:
    """Return the beginning of a PNG of that size, whose pixels are all black."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(bytes(1_000_000))) + part(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(png_of(9_000, 9_000), "has more than 50,000,000 pixels; make it smaller", id="many pixels"),
        pytest.param(png_of(90_000, 90_000), "has more than 50,000,000 pixels; make it smaller", id="too many to open"),
        pytest.param(png_of(3_000, 3_000), "is damaged or not an image", id="cut short"),
        pytest.param(b"GIF89a" + bytes(100), "is damaged or not an image", id="another format"),
        pytest.param(saved(Image.new("L", (1, 1))), "has no text that could be recognised", id="one pixel"),
        pytest.param(saved(Image.effect_noise((300, 300), 90)), "has no text that could be recognised", id="noise"),
    ],
)
def test_an_image_without_text_is_refused(data: bytes, message: str, sandbox: Sandbox) -> None:
    with pytest.raises(LoadError) as raised:
        load_bytes(data, "a.png", sandbox=sandbox)
    assert str(raised.value).startswith(f"a.png: {message}")
