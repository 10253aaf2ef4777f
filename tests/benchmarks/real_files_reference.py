"""All words of a file, read without the readers: the reference of `real_files.py`.

PDF is read by ``pdftotext`` and RTF by ``unrtf``, if they are installed. All text of other formats is extracted with
the standard library, including menus of a page, hidden text and repetitions.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

SECONDS = 120
TOOLS = {".pdf": "pdftotext", ".rtf": "unrtf"}
_UNSEEN = {"script", "style", "template", "svg"}
_BLOCK_NAMES = (
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6"
    " header hr li main nav ol option p pre section summary table tbody td tfoot th thead title tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_LINES = {"p", "h", "tr", "row", "si"}  # local names of elements that end a line in the office formats
_NOT_TEXT = {"Fallback", "annotation", "del", "tracked-changes", "instrText", "rPh"}
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)


def missing_tools() -> dict[str, str]:
    """Return the reference tool of each suffix that is not installed."""
    return {suffix: tool for suffix, tool in TOOLS.items() if shutil.which(tool) is None}


def reference_text(path: Path) -> str | None:
    """Return all text of a file in reading order; None if there is no tool for it, or it cannot be read."""
    read = _BY_SUFFIX.get(path.suffix.lower())
    if read is None or path.suffix.lower() in missing_tools():
        return None
    with suppress(Exception):  # A file that is broken for the reference as well has none.
        return read(path)
    return None


def pdf_layout(path: Path) -> str:
    """Return the text of a PDF with its columns side by side, a form feed after each page."""
    return _run("pdftotext", "-layout", "-enc", "UTF-8", str(path), "-")


def html_text(data: bytes) -> str:
    """Return all text of a page."""
    declared = _DECLARED.search(data[:4096])
    try:
        text = data.decode(declared[1].decode() if declared else "utf-8", "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    dump = _Dump()
    dump.feed(text)
    dump.close()
    return "".join(dump.parts)


class _Dump(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- overrides
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def _run(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=True)
    return done.stdout.decode("utf-8", "replace")


def _raw(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", "replace")


def _pdf(path: Path) -> str:
    return _run("pdftotext", "-enc", "UTF-8", str(path), "-")


def _rtf(path: Path) -> str:
    return html_text(_run("unrtf", "--nopict", "--html", str(path)).encode())


def _subtitles(path: Path) -> str:
    lines = [line for line in _raw(path).splitlines() if "-->" not in line and not line.strip().isdigit()]
    return html_text("<br>".join(lines).encode())


def _table(path: Path) -> str:
    return "\n".join(" ".join(row) for row in csv.reader(io.StringIO(_raw(path).replace("\0", ""))))


def _notebook(path: Path) -> str:
    notebook = json.loads(_raw(path))
    cells = notebook.get("cells") or [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    return "\n".join("".join(cell.get("source", cell.get("input", ""))) for cell in cells)


def _mail(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    parts = [str(message["subject"] or "")]
    bodies = [message.get_body(("plain", "html"))] if message.get_body(("plain", "html")) else []
    for part in bodies or message.walk():
        if part is not None and part.get_content_maintype() == "text":
            data = cast(bytes, part.get_payload(decode=True) or b"")
            text = data.decode(part.get_content_charset("utf-8"), "replace")
            parts.append(html_text(text.encode()) if part.get_content_subtype() == "html" else text)
    return "\n".join(parts)


def _xml_text(data: bytes, in_element: str = "") -> str:
    """Return the text of all elements of this local name; of every element where none is named."""
    parts: list[str] = []
    unseen = 0
    for event, element in ElementTree.iterparse(io.BytesIO(data), ("start", "end")):
        name = element.tag.rpartition("}")[2]
        if event == "start":
            unseen += name in _NOT_TEXT
            continue
        if name in _NOT_TEXT:
            unseen -= 1
        elif in_element and not unseen:
            parts.append((element.text or "") if name == in_element else "\n" if name in _LINES else "")
            parts.append(" " if name in {"tab", "br", "tc"} else "")
        element.clear() if in_element and name in _LINES else None
    return "".join(parts)


def _members(path: Path, pattern: str) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(pattern, name)]
        for name in sorted(names, key=lambda name: [int(part) for part in re.findall(r"\d+", name)]):
            yield archive.read(name)


def _office(pattern: str) -> Callable[[Path], str]:
    return lambda path: "\n".join(_xml_text(data, "t") for data in _members(path, pattern))


def _open_document(path: Path) -> str:
    (data,) = _members(path, "content.xml")
    root = ElementTree.fromstring(data)
    for parent in root.iter():
        for child in [one for one in parent if one.tag.rpartition("}")[2] in _NOT_TEXT]:
            parent.remove(child)
        if parent.tag.rpartition("}")[2] in {"p", "h", "s", "tab", "line-break"}:
            parent.tail = f" \n{parent.tail or ''}"
    body = next(element for element in root.iter() if element.tag.endswith("}body"))
    return "".join(body.itertext())


def _book(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith((".xhtml", ".html", ".htm"))]
        return "\n".join(html_text(archive.read(name)) for name in names)


_BY_SUFFIX: dict[str, Callable[[Path], str]] = {
    ".pdf": _pdf,
    ".rtf": _rtf,
    ".html": lambda path: html_text(path.read_bytes()),
    ".docx": _office(r"word/(document|footnotes|endnotes)\d*\.xml"),
    ".pptx": _office(r"ppt/(slides/slide|notesSlides/notesSlide|diagrams/data)\d+\.xml"),
    ".xlsx": _office(r"xl/(sharedStrings|worksheets/sheet\d+)\.xml"),
    ".odt": _open_document,
    ".ods": _open_document,
    ".odp": _open_document,
    ".epub": _book,
    ".eml": _mail,
    ".ipynb": _notebook,
    ".csv": _table,
    ".srt": _subtitles,
    ".vtt": _subtitles,
    **dict.fromkeys((".txt", ".md", ".markdown", ".rst", ".org", ".log", ".tsv"), _raw),
}
_BY_SUFFIX |= {".htm": _BY_SUFFIX[".html"], ".xhtml": _BY_SUFFIX[".html"]}
