"""Readers that turn file formats into text with Markdown-like structure, by file suffix.

A reader takes the content of a whole file, and its path or name for messages, and imports its parser when it runs.
A reader raises `LoadError` if the file is encrypted, damaged, of another format, without text, or over a limit. Parsers
raise all kinds of exceptions on broken input; these become its cause.
"""

from collections.abc import Callable

from qa.documents import asciidoc
from qa.documents.formats.article import Article, load_error
from qa.documents.formats.docx.reader import read_docx
from qa.documents.formats.epub import read_epub
from qa.documents.formats.html import read_html
from qa.documents.formats.image import read_image
from qa.documents.formats.mail import read_eml, read_mbox, read_web_archive
from qa.documents.formats.notebook import read_notebook
from qa.documents.formats.opendocument import read_opendocument
from qa.documents.formats.pdf.reader import read_pdf
from qa.documents.formats.pptx import read_pptx
from qa.documents.formats.rtf import read_rtf
from qa.documents.formats.sheets.delimited import read_csv
from qa.documents.formats.sheets.xlsx import read_xlsx
from qa.documents.formats.subtitles import read_subtitles
from qa.documents.formats.text import read_asciidoc, read_markdown, read_plain

__all__ = ["ACCEPTED", "ACCEPTED_SHOWN", "MAIN_SUFFIXES", "OLD_FORMATS", "READERS", "SCANNED", "Article", "load_error"]

_Reader = Callable[[bytes, str], Article]

_MARKDOWN: dict[str, _Reader] = dict.fromkeys((".md", ".markdown", ".mdx"), read_markdown)
_PLAIN: dict[str, _Reader] = dict.fromkeys((".txt", ".text", ".rst", ".org", ".log"), read_plain)
_GROUPS: dict[str, dict[str, _Reader]] = {
    "text": {**_PLAIN, **_MARKDOWN, **dict.fromkeys(asciidoc.SUFFIXES, read_asciidoc)},
    "web pages": {
        **dict.fromkeys((".html", ".htm", ".xhtml"), read_html),
        **dict.fromkeys((".mhtml", ".mht"), read_web_archive),
    },
    "documents": {
        ".pdf": read_pdf,
        **dict.fromkeys((".docx", ".docm", ".dotx"), read_docx),
        ".odt": read_opendocument,
        ".rtf": read_rtf,
        ".epub": read_epub,
    },
    "slides": {**dict.fromkeys((".pptx", ".pptm", ".ppsx", ".potx"), read_pptx), ".odp": read_opendocument},
    "tables": {
        **dict.fromkeys((".xlsx", ".xlsm", ".xltx"), read_xlsx),
        ".ods": read_opendocument,
        **dict.fromkeys((".csv", ".tsv"), read_csv),
    },
    "mail": {".eml": read_eml, ".mbox": read_mbox},
    "notebooks": {".ipynb": read_notebook},
    "subtitles": {".srt": read_subtitles, ".vtt": read_subtitles},
    "pictures": dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"), read_image),
}

READERS: dict[str, _Reader] = {suffix: reader for group in _GROUPS.values() for suffix, reader in group.items()}
"""Readers by suffix; each takes a file's content, and its path or name for messages, and returns an `Article`."""

ACCEPTED = tuple(READERS)  # supported suffixes
MAIN_SUFFIXES = tuple({reader: suffix for suffix, reader in reversed(READERS.items())}.values())[::-1]
"""The first suffix of each reader."""

ACCEPTED_SHOWN = ", ".join(f"{name} ({', '.join(group)})" for name, group in _GROUPS.items())
"""Supported suffixes by group, for messages."""

SCANNED = (".pdf", *_GROUPS["pictures"])  # suffixes of formats that may need text recognition
OLD_FORMATS = {".doc": ".docx", ".ppt": ".pptx", ".xls": ".xlsx", ".xlsb": ".xlsx"}
"""Unsupported older office formats, and the format to save them as."""
