"""Every format -> plain text with Markdown-like structure; the suffix of the file name selects the reader.

A reader takes the content of a whole file, and its path or name for messages. It imports its parser when it runs.
Parsers raise all kinds of exceptions on broken input, so each reader turns them into `LoadError`, with the parser's
exception as its cause.
"""

from collections.abc import Callable

from qa.documents.formats.docx import read_docx
from qa.documents.formats.epub import read_epub
from qa.documents.formats.html import read_html
from qa.documents.formats.mail import read_eml
from qa.documents.formats.parsed import Article, load_error
from qa.documents.formats.pdf import read_pdf
from qa.documents.formats.pptx import read_pptx
from qa.documents.formats.text import read_markdown, read_plain

__all__ = ["ACCEPTED", "READERS", "Article", "load_error"]

READERS: dict[str, Callable[[bytes, str], Article]] = {
    ".txt": read_plain,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".epub": read_epub,
    ".pptx": read_pptx,
    ".eml": read_eml,
}
"""Readers by suffix: from the content of a file, and its path or name for messages, to an `Article`."""

ACCEPTED = tuple(READERS)
"""Supported suffixes."""
