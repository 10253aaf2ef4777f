"""Jupyter notebook reader: text is kept unchanged, code and output are fenced."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from qa.documents.formats.article import Article, counted, load_error, parsing
from qa.documents.formats.markup import html_text
from qa.documents.formats.text import decode, first_heading

_MAX_OUTPUT_CHARS = 10_000  # of a cell
_PICTURE_DATA = re.compile(r"data:[\w/+.-]{1,60};base64,[\w+/=-]*")
_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NO_WORDS = re.compile(r"\s*(?:<IPython\.core\.display\.\w{1,40} object>)?\s*")
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})", re.MULTILINE)
# Parsed JSON.
_Node = Any


def read_notebook(data: bytes, source: str) -> Article:
    """Return the cells of a notebook in order, with the text and tables of their outputs."""
    text, notes = decode(data, source)
    left_out: Counter[str] = Counter()
    with parsing(source, "is damaged or not a notebook", "save it again as .ipynb"):
        notebook = json.loads(text)
        # Up to format version 3, cells are in worksheets.
        sheets = notebook.get("worksheets") or [notebook]
        language = str(notebook.get("metadata", {}).get("kernelspec", {}).get("language") or "")
        found = (block for sheet in sheets for cell in sheet["cells"] for block in _blocks(cell, language, left_out))
        blocks = [block for block in found if block.strip()]
        title = notebook.get("metadata", {}).get("title")
    if not blocks:
        raise load_error(source, "has no text in any cell", "put text in it or leave it out")
    whole = "\n\n".join(blocks)
    notes += tuple(f"{counted(count, what)} left out" for what, count in left_out.items() if count)
    return Article(whole, title if isinstance(title, str) and title else first_heading(whole), notes=notes)


def _blocks(cell: _Node, language: str, left_out: Counter[str]) -> Iterator[str]:
    kind = cell["cell_type"]
    # Up to format version 3, a code cell has an input in place of a source.
    text = _text(cell.get("source", cell.get("input")))
    if kind == "heading":
        yield f"{'#' * max(1, min(int(cell.get('level', 1)), 6))} {text.strip()}"
    elif kind != "code":
        yield _PICTURE_DATA.sub("", text).strip("\n")
    else:
        yield _fenced(text, language)
        for output in cell.get("outputs") or ():
            yield from _output(output, left_out)


def _output(output: _Node, left_out: Counter[str]) -> Iterator[str]:
    data = output.get("data", output)
    html = _text(data.get("text/html", data.get("html")))
    words = _text(data.get("text/plain", data.get("text")))
    if "text/latex" in data and _NO_WORDS.fullmatch(words):
        words = _text(data["text/latex"])
    left_out["picture"] += any(str(key).startswith("image/") or key in {"png", "jpeg", "svg"} for key in data)
    if output.get("output_type") in {"error", "pyerr"}:
        yield _fenced(f"{output.get('ename', '')}: {output.get('evalue', '')}"[:_MAX_OUTPUT_CHARS])
    elif "<table" in html or (html and _NO_WORDS.fullmatch(words)):
        # The plain-text version of a table has no recognisable columns, and that of a page only says that it is one.
        yield _cut(html_text(html), left_out)
    elif "text/markdown" in data:
        yield _cut(_PICTURE_DATA.sub("", _text(data["text/markdown"])), left_out)
    else:
        yield _fenced(_cut(_TERMINAL_CODE.sub("", words), left_out))


def _cut(text: str, left_out: Counter[str]) -> str:
    if len(text) <= _MAX_OUTPUT_CHARS:
        return text
    left_out[f"end of an output over {_MAX_OUTPUT_CHARS:,} characters"] += 1
    return text[:_MAX_OUTPUT_CHARS].rpartition("\n")[0] or text[:_MAX_OUTPUT_CHARS]


def _fenced(text: str, language: str = "") -> str:
    """Return text in a fence longer than any fence within it."""
    if not text.strip():
        return ""
    longest = max((len(fence[1]) for fence in _FENCE.finditer(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language if language.isalnum() else ''}\n{text.strip(chr(10))}\n{fence}"


def _text(lines: _Node) -> str:
    """Return text that may be saved as a list of lines."""
    text = "".join(map(str, lines)) if isinstance(lines, list) else str(lines or "")
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
