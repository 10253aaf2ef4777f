"""PDF reader, on PDFium."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from qa.documents.formats.article import MAX_TITLE_CHARS, Article, counted, load_error, page_ranges, parsing
from qa.documents.formats.blocks import blocks_text, headers_and_footers
from qa.documents.formats.pdf.accents import with_accents
from qa.documents.formats.pdf.characters import UNMAPPED, Page, TextPage, page_characters
from qa.documents.formats.pdf.columns import (
    ColumnElement,
    ColumnLine,
    assign_columns,
    body_font,
    find_headings,
    may_share_heading,
)
from qa.documents.formats.pdf.fields import Field, insert_fields, page_fields
from qa.documents.formats.pdf.flow import TextAssembler
from qa.documents.formats.pdf.grids import mark_cells
from qa.documents.formats.pdf.layout import in_reading_order
from qa.documents.formats.pdf.line_numbers import find_line_numbers
from qa.documents.formats.pdf.lines import Line, page_lines
from qa.documents.formats.pdf.running_headers import find_contents, find_running_headers, found_nowhere_else
from qa.documents.formats.recognition import INSTALL, POINTS_PER_INCH, Recogniser, are_images, languages
from qa.text.lines import one_line

if TYPE_CHECKING:
    from PIL.Image import Image

# PDFium has global state and is not thread-safe.
PDFIUM = threading.Lock()

_NO_TITLE = re.compile(
    r"\W*+(?:anonymous|untitled|unknown|unspecified|title|document|slide|presentation|powerpoint presentation|print"
    r"|no title)?[\W\d]*"
    r"|microsoft \w+ - .*|.*\.(?:docx?|dvi|tex|ltx|indd|qxd|pptx?|xlsx?|rtf|odt|pdf|fm|pmd|html?|txt)",
    re.IGNORECASE,
)
_MIN_TITLE_SIZE = 1.2  # ratio to the body's font size
_MAX_TITLE_PAGES = 2
_UNREADABLE = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010fffd]")
_MAX_UNREADABLE_SHARE = 0.1  # of the characters of a page
_MAX_CONTENTS_SHARE = 0.8  # of the lines of a document; beyond it, its table of contents is kept
_MAX_OBJECTS = 2000  # checked for a picture
_DPI = 250  # of a page whose text is to be recognised
_MAX_PIXELS = 9_000_000


@dataclass(slots=True)
class PageText:
    """The text of a page."""

    lines: list[Line]  # in drawing order, including form-field values; comments come last
    characters: str = field(repr=False)  # the page's characters by index
    fields: Sequence[Field] = ()  # referred to by negative indices in the lines: -1 is the first
    unreadable: bool = False  # whether the file does not define what many of its characters are


def enable_form(pdf: Any) -> None:  # noqa: ANN401 -- pypdfium2 ships no types
    """Enable reading the form fields of a document's pages."""
    from pypdfium2 import raw

    if pdf.get_formtype() != raw.FORMTYPE_NONE:
        pdf.init_forms()


def page_text(page: Page, text_page: TextPage, form: Any) -> PageText:  # noqa: ANN401 -- pypdfium2 ships no types
    """Return the text of a page; `form` is the document's form environment or None."""
    characters = with_accents(text_page, page_characters(text_page))
    unreadable = len(_UNREADABLE.findall(characters)) > _MAX_UNREADABLE_SHARE * len(characters)
    lines, frame, characters = page_lines(page, text_page, characters)
    lines = mark_cells(page, frame, lines)
    fields = page_fields(page, form)
    return PageText(insert_fields(lines, fields, frame) if fields else lines, characters, fields, unreadable)


def read_pdf(data: bytes, source: str) -> Article:
    """Return the text of a PDF, the offset of each page, and the title.

    Lines are joined into paragraphs, also across pages; table rows become lines of cells separated by bars, headings
    lines with number signs, and list items lines with a dash or number. Running headers and footers come last, each
    once, if they are nowhere else; page numbers and tables of contents are left out. Form-field values follow their
    labels; comments are at the end of their page. Text on pages that are images is recognised if the extra `ocr` is
    installed.
    """
    import pypdfium2

    pages: list[list[Line]] = []
    pictures: list[int] = []
    unreadable: list[int] = []
    unmapped: Counter[int] = Counter()
    with parsing(source, "is damaged or not a PDF", "export or download it again"):
        try:
            with PDFIUM, closing(pypdfium2.PdfDocument(data)) as pdf:
                given_title = one_line(pdf.get_metadata_dict().get("Title", ""))
                enable_form(pdf)
                for number in range(len(pdf)):
                    with closing(pdf[number]) as page, closing(page.get_textpage()) as text_page:
                        found = page_text(page, text_page, pdf.formenv)
                        if not found.lines and _has_picture(page):
                            pictures.append(number + 1)
                        if found.lines and found.unreadable:
                            unreadable.append(number + 1)
                        elif UNMAPPED in found.characters:
                            unmapped[number + 1] = found.characters.count(UNMAPPED)
                        pages.append(found.lines)
        except pypdfium2.PdfiumError as error:
            if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
                raise load_error(source, "is encrypted", "remove the password") from error
            raise
        with closing(Recogniser()) as recogniser:
            for number in pictures if languages() else ():
                pages[number - 1] = recogniser.page(number, partial(_draw_page, data, number))
        notes = recogniser.notes()
        if pictures and not languages():
            notes = [f"{are_images(pictures)}, and text recognition is not installed ({INSTALL})"]
        if not any(pages):
            reason = f"has no text: {'; '.join(notes)}" if notes else "has no text (scanned?)"
            raise load_error(source, reason, "run OCR first")
        article = article_of(pages, given_title)
    if unreadable:
        notes.append(f"the text of {page_ranges(unreadable)} cannot be decoded")
    if unmapped:
        count = counted(unmapped.total(), "character")
        notes.append(f"{count} on {page_ranges(sorted(unmapped))} cannot be decoded and shown as {UNMAPPED}")
    return replace(article, notes=(*notes, *article.notes), recognised=recogniser.spans(article))


def _draw_page(data: bytes, number: int) -> tuple[Image, float]:
    import pypdfium2

    with PDFIUM, closing(pypdfium2.PdfDocument(data)) as pdf, closing(pdf[number - 1]) as page:
        return render_page(page)


def render_page(page: Page) -> tuple[Image, float]:
    """Return the picture of a page for text recognition, and its resolution in pixels per inch."""
    width, height = page.get_size()
    scale = min(_DPI / POINTS_PER_INCH, (_MAX_PIXELS / max(width * height, 1)) ** 0.5)
    with closing(page.render(scale=scale, grayscale=True)) as bitmap:
        return bitmap.to_pil().convert("L"), scale * POINTS_PER_INCH


def article_of(pages: Sequence[Sequence[Line]], given_title: str) -> Article:
    """Return the article for the lines of all pages."""
    pages = _without(pages, find_line_numbers(pages))
    body, bold_body, fixed_body = body_font(pages)
    running = find_running_headers(pages, body)
    kept = _without(pages, running)
    listed = find_contents(kept)
    if sum(map(len, listed)) > _MAX_CONTENTS_SHARE * sum(map(len, kept)):
        listed = [set() for _ in kept]
    if any(len(out) < len(lines) for lines, out in zip(kept, listed, strict=True)):
        kept = _without(kept, listed)
    titles, last = found_nowhere_else(pages, running, kept, body)
    if titles:
        read = {id(line) for line in chain(titles, *kept)}
        kept = [[line for line in lines if id(line) in read] for lines in pages]
    assigned = [assign_columns(number, in_reading_order(lines)) for number, lines in enumerate(kept)]
    for page in assigned:
        find_headings(page, body, bold_body=bold_body)
    sizes = {line.heading for page in assigned for line in page if isinstance(line, ColumnLine) and line.heading}
    lines = chain.from_iterable(pages)
    flow = TextAssembler(sorted(sizes, reverse=True), lines, fences=bool(sizes) and not fixed_body)
    for page in assigned:
        flow.add_page(page)
    text = "\n\n".join(filter(None, (flow.text(), blocks_text(headers_and_footers(last, ())))))
    left_out = [number + 1 for number, out in enumerate(listed) if out]
    notes = (f"the table of contents on {page_ranges(left_out)} was left out",) if left_out else ()
    return Article(text, _title(given_title, assigned, body, text), tuple(flow.page_starts), notes)


def _without(pages: Sequence[Sequence[Line]], left_out: Sequence[set[int]]) -> list[list[Line]]:
    return [
        [line for number, line in enumerate(lines) if number not in out]
        for lines, out in zip(pages, left_out, strict=True)
    ]


def _title(given: str, pages: Sequence[Sequence[ColumnElement]], body: float, text: str) -> str | None:
    """Return the title: the given one if it occurs on the first pages, else the largest text there."""
    early = [page for page in pages if page][:_MAX_TITLE_PAGES]
    usable = "" if _NO_TITLE.fullmatch(given) else given
    lines = [line for page in early for line in page if isinstance(line, ColumnLine)]
    if usable and _letters_and_digits(usable) in _letters_and_digits("".join(entry.line.text for entry in lines)):
        return usable
    largest = max((entry.heading for entry in lines), default=0.0)
    if largest > 0 and largest >= _MIN_TITLE_SIZE * body:
        first = next(number for number, entry in enumerate(lines) if entry.heading == largest)
        words = lines[first].line.text
        for entry, after in pairwise(lines[first:]):
            if not may_share_heading(entry, after) or len(words) + len(after.line.text) > 2 * MAX_TITLE_CHARS:
                break
            words += f" {after.line.text}"
        return one_line(words)
    if usable:
        return usable
    first_line = text.strip().split("\n", 1)[0].lstrip("# ")
    return first_line if 0 < len(first_line) <= MAX_TITLE_CHARS else None


def _letters_and_digits(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _has_picture(page: Page) -> bool:
    from pypdfium2 import raw

    count = min(raw.FPDFPage_CountObjects(page), _MAX_OBJECTS)
    kinds = {raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, number)) for number in range(count)}
    return bool(kinds & {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_SHADING})
