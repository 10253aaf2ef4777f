"""Formats that are zip archives of XML: checks before anything is unpacked, and safe parsing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qa.documents.formats.article import load_error, parsing

# lxml ships no types.
Node = Any

SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False}
"""Options for lxml parsers of untrusted XML: no entities are resolved, no other files are loaded."""
MAX_UNPACKED_BYTES = 1_000_000_000  # maximum size of an archive's files after unpacking, pictures included
_MAX_MARKUP_BYTES = 50_000_000  # a parsed tree takes many times as much memory
_MARKUP = (".xml", ".rels", ".opf", ".ncx", ".html", ".htm", ".xhtml")
_OLE_START = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")  # name of a stream in the file
ENCRYPTED = 0x1  # flag of an archive entry


@contextmanager
def open_zip_format(
    data: bytes, source: str, kind: str, remedy: str, *, old_suffix: str = "", streamed: bool = False
) -> Iterator[zipfile.ZipFile]:
    """Open the archive of a file to parse it, unless it is damaged or encrypted, or would unpack to too many bytes.

    Parameters
    ----------
    kind, remedy : str
        The expected format, and what to do if it cannot be parsed: "a Word document", "save it again as .docx".
    old_suffix : str
        Suffix of the older format, whose files have the same signature as encrypted ones.
    streamed : bool
        Whether markup is parsed in pieces; it may then be as large as the other content.

    Raises
    ------
    LoadError
        If it is encrypted or damaged, or unpacks to more than 1,000 MB, or to more than 50 MB of markup that is not
        streamed.
    """
    if data.startswith(_OLE_START) and old_suffix:
        if _ENCRYPTED_STREAM in data:
            raise load_error(source, "is encrypted", "remove the password")
        raise load_error(source, f"is an old {old_suffix} file", f"save it as {old_suffix}x in an office program")
    damage = f"is damaged or not {kind}"
    with parsing(source, damage, "save or download it again"):
        archive = zipfile.ZipFile(io.BytesIO(data))
    entries = archive.infolist()
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise load_error(source, "is encrypted", "remove the password")
    unpacked = sum(entry.file_size for entry in entries)
    markup = sum(entry.file_size for entry in entries if entry.filename.lower().endswith(_MARKUP))
    largest_markup = MAX_UNPACKED_BYTES if streamed else _MAX_MARKUP_BYTES
    for size, limit, what in ((unpacked, MAX_UNPACKED_BYTES, ""), (markup, largest_markup, " of markup")):
        if size > limit:
            problem = f"unpacks to {size:,} bytes{what}, over the limit of {limit:,}"
            raise load_error(source, problem, "remove its pictures, or save it as .txt")
    with parsing(source, damage, remedy), archive:
        yield archive


def parsed_xml(data: bytes, **options: object) -> Node:
    """Return the root element, or the result of the parser target if one is given."""
    from lxml import etree  # type: ignore[import-untyped]

    return etree.fromstring(data, etree.XMLParser(**SAFE, **options))


def parse_part(archive: zipfile.ZipFile, name: str, target: Any) -> None:  # noqa: ANN401 -- lxml ships no types
    """Parse a part of an archive in pieces, with a parser target."""
    from lxml import etree

    with archive.open(name) as part:
        etree.parse(part, etree.XMLParser(target=target, **SAFE))


def feed(tree: Node, target: Any) -> None:  # noqa: ANN401 -- lxml ships no types
    """Call a parser target with the events of an element and all within it, without recursion."""
    from lxml import etree

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            target.start(element.tag, element.attrib)
            target.data(element.text or "")
        else:
            target.end(element.tag)
            target.data(element.tail or "")
