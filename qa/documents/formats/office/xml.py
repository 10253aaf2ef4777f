"""Office Open XML packages: the parts of a zip archive, their relationships and their XML."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote

from qa.documents.formats.zip_formats import Node, parsed_xml
from qa.text.lines import one_line

_TRANSITIONAL = "http://schemas.openxmlformats.org"
W = f"{{{_TRANSITIONAL}/wordprocessingml/2006/main}}"
A = f"{{{_TRANSITIONAL}/drawingml/2006/main}}"
P = f"{{{_TRANSITIONAL}/presentationml/2006/main}}"
M = f"{{{_TRANSITIONAL}/officeDocument/2006/math}}"
C = f"{{{_TRANSITIONAL}/drawingml/2006/chart}}"
CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"  # waterfall charts, maps and other newer ones
DGM = f"{{{_TRANSITIONAL}/drawingml/2006/diagram}}"
R = f"{{{_TRANSITIONAL}/officeDocument/2006/relationships}}"
VML = "{urn:schemas-microsoft-com:vml}"
MC = f"{{{_TRANSITIONAL}/markup-compatibility/2006}}"
# Strict Office Open XML uses the same names in other namespaces.
_STRICT = re.compile(rb"""(=\s*["'])http://purl\.oclc\.org/ooxml/(\w+)/(\w+)(?=["'])""")
_STRICT_MARK = b"purl.oclc.org/ooxml/"
_DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"))  # never written by Office; can define entities
_MAX_ROOT_BYTES = 10_000  # in which the root element declares its namespaces
_TRUE = {"", "1", "on", "true"}
_INCH = 914_400  # EMU


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship: the last segment of its type, such as "styles", and the part's name or a URL."""

    kind: str
    target: str


class Package:
    """The parts of an open archive; their names are normalised in case and slashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_part_name(entry): entry for entry in archive.namelist()}
        root = self.related("")
        self.main = part_of_kind(root, "officeDocument")
        self._properties = part_of_kind(root, "core-properties")

    @property
    def names(self) -> Collection[str]:
        """Names of all parts in lower case."""
        return self._names.keys()

    def related(self, part: str) -> dict[str, Relationship]:
        """Return the relationships of a part by id; for an empty name, those of the package."""
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
        """Open a part as a stream; raise a `KeyError` if it is missing."""
        return self._archive.open(self._names[_part_name(part)])

    def tree(self, part: str) -> Node:
        """Return the root element of a part, with Strict namespaces as Transitional ones; None if missing or empty."""
        data = self.read(part)
        if any(mark in data for mark in _DOCTYPES):
            raise ValueError(f"{part} declares a document type")
        if _STRICT_MARK in data[:_MAX_ROOT_BYTES]:
            data = _STRICT.sub(rb"\1http://schemas.openxmlformats.org/\2/2006/\3", data)
        return parsed_xml(data, huge_tree=True, remove_comments=True, remove_pis=True) if data.strip() else None

    def title(self) -> str:
        """Return the title property on one line; empty if missing."""
        tree = self.tree(self._properties) if self._properties else None
        return "" if tree is None else one_line(tree.findtext("{http://purl.org/dc/elements/1.1/}title") or "")


def part_of_kind(related: Mapping[str, Relationship], kind: str) -> str:
    """Return the name of the first related part of a kind; empty if there is none."""
    return next((each.target for each in related.values() if each.kind == kind), "")


def is_on(attributes: Mapping[str, str]) -> bool:
    """Return whether a toggle element of Word is on: by its value, or by its presence alone."""
    return attributes.get(f"{W}val", "") in _TRUE


def value_of(element: Node, *path: str) -> str:
    """Return the value of the Word element at a path of names; empty if missing."""
    found = element.find("/".join(f"{W}{name}" for name in path))
    return "" if found is None else found.get(f"{W}val", "")


def characters(element: Node) -> str:
    """Return the text of an element, without soft hyphens."""
    return (element.text or "").replace("\n", " ").replace("\u00ad", "")


def is_large(sides: Mapping[str, str]) -> bool:
    """Return whether a picture is at least an inch wide and high; smaller ones are icons."""
    return all(sides.get(side, "").isdecimal() and float(sides[side]) >= _INCH for side in ("cx", "cy"))


def _part_name(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/").lstrip("/")).lower()
