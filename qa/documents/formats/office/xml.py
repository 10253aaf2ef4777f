"""The packages of Office Open XML: the parts of a zip archive, their relationships and their XML."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import IO, Protocol
from urllib.parse import unquote

from qa.documents.formats.safe_xml import Node, parsed_xml
from qa.text.lines import one_line

_TRANSITIONAL = "http://schemas.openxmlformats.org"
W = f"{{{_TRANSITIONAL}/wordprocessingml/2006/main}}"
A = f"{{{_TRANSITIONAL}/drawingml/2006/main}}"
P = f"{{{_TRANSITIONAL}/presentationml/2006/main}}"
M = f"{{{_TRANSITIONAL}/officeDocument/2006/math}}"
C = f"{{{_TRANSITIONAL}/drawingml/2006/chart}}"
DGM = f"{{{_TRANSITIONAL}/drawingml/2006/diagram}}"
R = f"{{{_TRANSITIONAL}/officeDocument/2006/relationships}}"
MC = f"{{{_TRANSITIONAL}/markup-compatibility/2006}}"
# Strict Office Open XML has the same names in other namespaces.
_STRICT = re.compile(rb"""(=\s*["'])http://purl\.oclc\.org/ooxml/(\w+)/(\w+)(?=["'])""")
_STRICT_MARK = b"purl.oclc.org/ooxml/"
_DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"))  # Office writes none, and they can define entities
_HEAD = 10_000  # bytes in which an element declares the namespaces of a part
_TRUE = {"", "1", "on", "true"}
_INCH = 914_400  # EMU


class Target(Protocol):
    """What takes the events of a part as its XML is parsed."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the start of an element."""

    def end(self, tag: str) -> None:
        """Take the end of an element."""

    def data(self, text: str) -> None:
        """Take characters."""

    def close(self) -> object:
        """Take the end of the part."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """What one part refers to: the last word of the type, such as "styles", and the name of the part or an address."""

    kind: str
    target: str


class Package:
    """The parts of an open archive by name, whatever the case and slashes of their names.

    Parameters
    ----------
    archive : zipfile.ZipFile
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_part_name(entry): entry for entry in archive.namelist()}
        root = self.related("").values()
        self.main = next((each.target for each in root if each.kind == "officeDocument"), "")
        """Name of the main part; empty if there is none."""
        self._properties = next((each.target for each in root if each.kind == "core-properties"), "")

    @property
    def names(self) -> Collection[str]:
        """The names of all parts, in lower case."""
        return self._names.keys()

    def related(self, part: str) -> dict[str, Relationship]:
        """Return the relationships of a part, or of the package if the name is empty, by id."""
        folder, name = posixpath.split(part)
        tree = self.tree(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for each in () if tree is None else tree:
            target = each.get("Target", "")
            if each.get("TargetMode") != "External":
                target = _part_name(posixpath.join("/", folder, unquote(target.replace("\\", "/"))))
            found[each.get("Id", "")] = Relationship(each.get("Type", "").rpartition("/")[2], target)
        return found

    def read(self, part: str) -> bytes:
        """Return the content of a part; empty if it is missing."""
        name = self._names.get(_part_name(part))
        return self._archive.read(name) if name is not None else b""

    def open(self, part: str) -> IO[bytes]:
        """Open a part to read it a piece at a time.

        Raises
        ------
        KeyError
            If it is missing.
        """
        return self._archive.open(self._names[_part_name(part)])

    def _xml(self, part: str) -> bytes:
        """Return the XML of a part, with the namespaces of Strict as those of Transitional."""
        data = self.read(part)
        if any(mark in data for mark in _DOCTYPES):
            raise ValueError(f"{part} declares a document type")
        if _STRICT_MARK in data[:_HEAD]:
            data = _STRICT.sub(rb"\1http://schemas.openxmlformats.org/\2/2006/\3", data)
        return data

    def tree(self, part: str) -> Node:
        """Return the parsed XML of a part, or None if it is missing or empty."""
        data = self._xml(part)
        return parsed_xml(data) if data.strip() else None

    def feed(self, part: str, target: Target) -> None:
        """Parse a part that may be large, without a tree."""
        data = self._xml(part)
        if data.strip():
            parsed_xml(data, huge_tree=True, target=target)

    def title(self) -> str:
        """Return the title among the properties, in one line; empty if there is none."""
        tree = self.tree(self._properties) if self._properties else None
        return "" if tree is None else one_line(tree.findtext("{http://purl.org/dc/elements/1.1/}title") or "")


def open_package(data: bytes) -> Package:
    """Return the package in a file that `check_archive` has let pass."""
    return Package(zipfile.ZipFile(io.BytesIO(data)))


def is_on(attributes: Mapping[str, str]) -> bool:
    """Return whether an element of Word turns something on: by its presence alone, or its value."""
    return attributes.get(f"{W}val", "") in _TRUE


def value_of(element: Node, *path: str) -> str:
    """Return the value of the element of Word that is found by these names one in the other; empty if there is none."""
    found = element.find("/".join(f"{W}{name}" for name in path))
    return "" if found is None else found.get(f"{W}val", "")


def is_large(sides: Mapping[str, str]) -> bool:
    """Return whether a picture is an inch wide and high; smaller ones are icons."""
    return all(sides.get(side, "").isdecimal() and float(sides[side]) >= _INCH for side in ("cx", "cy"))


def _part_name(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/").lstrip("/")).lower()
