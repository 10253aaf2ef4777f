"""Word document reader, on lxml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from qa.documents.formats.article import Article, left_out, load_error
from qa.documents.formats.blocks import TextBlock, blocks_text, headers_and_footers
from qa.documents.formats.docx.body import BodyReader
from qa.documents.formats.docx.numbering import Numbering
from qa.documents.formats.docx.styles import Styles
from qa.documents.formats.html import declared_charset
from qa.documents.formats.mail import web_archive_text
from qa.documents.formats.markup import html_text
from qa.documents.formats.office.drawings import chart_blocks, diagram_blocks
from qa.documents.formats.office.xml import Package, W, part_of_kind
from qa.documents.formats.text import decode
from qa.documents.formats.zip_formats import open_zip_format

# Placeholder titles that programs insert.
_PLACEHOLDER_TITLE = re.compile(r"Word Document|Microsoft Word.*|.*\.(?:do[ct][xm]?|rtf|odt)", re.IGNORECASE)
_HTML, _WEB_ARCHIVE = (".htm", ".html", ".xhtml"), (".mht", ".mhtml")
_DRAWINGS = {"chart": chart_blocks, "diagramData": diagram_blocks}
_MAX_TITLE_BLOCKS = 10  # at the start, in which the first heading may be the title


def read_docx(data: bytes, source: str) -> Article:
    """Return the text of a Word document in order, including tracked insertions.

    Headings become lines with number signs, list items lines with a dash or number, and table rows lines of cells
    separated by bars. Text boxes, charts and diagrams follow the paragraph that anchors them; footnotes and endnotes
    follow the one that refers to them. Headers and footers come last, each once. Deleted and hidden text, comments,
    pictures and the table of contents are left out.
    """
    with open_zip_format(data, source, "a Word document", "save it again as .docx", old_suffix=".doc") as archive:
        document = _Document(Package(archive))
        text = blocks_text(document.blocks())
        if not text and document.left_out["image"] > 0:
            raise load_error(source, "has no text (pictures only?)", "export it as PDF and run OCR first")
        return Article(text, document.title or None, notes=tuple(_notes(document.left_out)))


class _Document:
    """The parts of a Word document that contain text."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._related = package.related(package.main)
        self._styles = Styles(package.tree(part_of_kind(self._related, "styles")))
        self._numbering = Numbering(package.tree(part_of_kind(self._related, "numbering")), self._styles)
        self.title = package.title()
        self.left_out: Counter[str] = Counter()

    def blocks(self) -> list[TextBlock]:
        """Return the blocks of the body, followed by those of headers and footers."""
        notes: dict[tuple[str, str], str] = {}
        for kind in ("footnotes", "endnotes"):
            reader = self._read(part_of_kind(self._related, kind))
            notes |= {(kind, key): text for key, text in reader.notes_found.items()}
        body = BodyReader(self._styles, self._numbering, self._drawing, notes)
        document = self._package.tree(self._package.main)
        if document is None or document.tag != f"{W}document":
            raise ValueError("the main part is not a Word document")
        body.read(document)
        self.left_out += body.left_out
        if not self.title or _PLACEHOLDER_TITLE.fullmatch(self.title):
            self.title = next((block.text for block in body.blocks[:_MAX_TITLE_BLOCKS] if block.kind == "heading"), "")
        self.title = body.title or self.title
        return body.blocks + self._headers_and_footers(body.blocks)

    def _read(self, part: str) -> BodyReader:
        reader = BodyReader(self._styles, self._numbering)
        if (tree := self._package.tree(part)) is not None:
            reader.read(tree)
        return reader

    def _drawing(self, kind: str, key: str) -> list[TextBlock]:
        """Return the blocks of a chart, a diagram or an inserted document."""
        related = self._related.get(key)
        part = related.target if related is not None and related.kind == kind else ""
        if kind == "aFChunk":
            return self._inserted(part)
        tree = self._package.tree(part) if part else None
        return [] if tree is None else _DRAWINGS[kind](tree)

    def _inserted(self, part: str) -> list[TextBlock]:
        data = self._package.read(part)
        if part.endswith(_WEB_ARCHIVE):
            text = web_archive_text(data, part)
        elif part.endswith(_HTML):
            text = html_text(decode(data, part, declared_charset(data))[0])
        else:
            self.left_out["embedded file"] += 1
            return []
        return [TextBlock(text)] if text else []

    def _headers_and_footers(self, body: Iterable[TextBlock]) -> list[TextBlock]:
        """Return the lines of headers and footers that are not in the body, each once."""
        parts = {each.target: each.kind for each in self._related.values() if each.kind in {"header", "footer"}}
        ordered = sorted(parts, key=lambda part: (parts[part] == "footer", part))
        lines = (
            line for part in ordered for block in self._read(part).blocks for line in re.split(r"[\t\n]", block.text)
        )
        return headers_and_footers(lines, (block.text for block in body))


def _notes(counts: Counter[str]) -> Iterator[str]:
    """Yield a note for each kind of omitted item."""
    for what in ("tracked deletion", "comment", "image", "chart", "equation", "embedded file"):
        if counts[what] > 0:
            yield left_out(counts[what], what)
    if counts["word of hidden text"]:
        yield left_out(counts["word of hidden text"], "word of hidden text", "words of hidden text")
    if counts["contents"]:
        yield "the table of contents was left out"
