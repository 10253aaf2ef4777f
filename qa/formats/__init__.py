"""Every format -> plain text with Markdown-like structure; `qa.load` decides which reader a file gets.

Each reader imports its parser when it runs. Parsers raise all kinds of exceptions on broken input, so each one is
fenced off and leaves only `LoadError`, with what the parser said as its cause.
"""

from qa.formats.article import Article, load_error, one_line, printable
from qa.formats.converted import read_epub, read_pptx
from qa.formats.docx import read_docx
from qa.formats.html import read_html
from qa.formats.mail import read_eml
from qa.formats.pdf import read_pdf
from qa.formats.text import decode, normal, read_markdown, read_plain

__all__ = [
    "Article",
    "decode",
    "load_error",
    "normal",
    "one_line",
    "printable",
    "read_docx",
    "read_eml",
    "read_epub",
    "read_html",
    "read_markdown",
    "read_pdf",
    "read_plain",
    "read_pptx",
]
