"""HTML, PDF and DOCX -> plain text with Markdown-like structure; `qa.load` decides which reader a file gets.

Each reader imports its parser when it runs. Parsers raise all kinds of exceptions on broken input, so each one is
fenced off and leaves only `LoadError`, with what the parser said as its cause.
"""

from qa.formats.article import LONGEST_TITLE, Article, load_error, printable
from qa.formats.docx import read_docx
from qa.formats.html import read_html
from qa.formats.pdf import read_pdf

__all__ = ["LONGEST_TITLE", "Article", "load_error", "printable", "read_docx", "read_html", "read_pdf"]
