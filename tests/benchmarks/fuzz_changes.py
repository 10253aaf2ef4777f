"""Mutations that keep a file's structure valid: archives, XML, JSON, tables, lines.

A `Change` gets the file, a random generator, and the fuzzer's own mutation of plain bytes for parts without structure.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import PurePath
from random import Random
from typing import Any

Plain = Callable[[bytes], bytes]
Change = Callable[[bytes, Random, Plain], bytes]

WORDS = (
    *(
        "",
        " ",
        "Bees dance.",
        "\u202eseeB",
        "e\u0301" * 50,
        "\U0001f41d\u200d",
        "\ufeff",
        "\u2028",
        "\x85",
        "\x1c",
        "\0",
    ),
    *("# ", "- a", "| a | b |", "<b>", "&amp;", "]]>", "a " * 2000, "x" * 5000, "-1", "0", "1e999", "9" * 30, "true"),
    *("../../x", "/", "#", "http://127.0.0.1/", "utf-16", "continue", "restart", "[[0, 1]]", '["x"]', "rId1", "none"),
)
"""What text or a value may become."""
PIECES = (
    *("A", "b", "I", "1", "Mr", "U.S", "e.g", "Ph.D", "www.a", "[1]", "# ", "- ", "> ", "```\n", "== ", "\n\n"),
    *".!?,;:()\"'\u2018\u201c\u201d\u2026\u3002\u061f\u2013\u00b7",
    *" \n\t\f\x1c\x85\u00a0\u2003\u2009\u2028\u202f\u3000",
    *"\u00c9\u01c5\u0130\u0416\u4e2d\u200b\u200d\u00ad\ufeff\U0001f41d",
    "e\u0301",
)
"""What text may get: letters, stops, marks and white space of all sorts, which mean something beside each other."""
RAW = ("1e999", "-1e999", "NaN", "-0", "1" * 5000, "01", "tru", '{"id": 1, "id": 2}', r'"\ud800"', r'{"\ud800": 1}')
"""What a JSON value may become, as it is written."""
NAMES = ("id", "question", "answers", "answerable", "history", "document", "evidence", "data", "_id", "text", "")
LINES = (
    *(b"", b"--b", b"--b--", b"Bees dance.", b"<p>Bees <b>dance</b>", b"begin 644 a.txt", b"=ED=A0=80=", b"QmVlcw=="),
    *(b" x", b"MIME-Version: 1.0", b"Received: x", b"Content-Disposition: inline", b"Content-ID: <b>"),
    *(b"Subject:%b" % text for text in (b" =?utf-8?q?=ED=A0=80?=", b"=?utf-7?b?K2F?= =?x?q?=zz?=", b" a" * 500)),
    *(b"From: %b" % name for name in (b"a: b: c:;;;, d@e", b"=?utf-8?q?a?=<@a,@b:c@d>", b'"a\\', b"a@[1.2.3")),
    *(b"Date: Mon, 99 Foo 1", b"Date: Mon, 03 Mar 2025 10:00:00 +9999", b"To: a@b, <>, :;", b"Cc: \xff"),
    *(b"Content-Type: multipart/%b; boundary=b" % kind for kind in (b"mixed", b"alternative", b"related", b"signed")),
    *(b"Content-Type: text/%b; charset=utf-8" % kind for kind in (b"plain", b"html", b"rtf", b"")),
    *(
        b"Content-Type: text/plain; charset=%b" % name
        for name in (b"utf-7", b"hz", b"idna", b"rot13", b"utf-16", b"\0")
    ),
    *(b"Content-Type: message/%b" % kind for kind in (b"rfc822", b"partial", b"external-body", b"delivery-status")),
    *(b"Content-Type: text/plain; charset*0*=us'a'%ff; charset*2=x", b"Content-Type: ;;=", b"Content-Type: a"),
    *(b"Content-Transfer-Encoding: %b" % name for name in (b"base64", b"quoted-printable", b"x-uuencode", b"8bit")),
    *(b"Content-Disposition: attachment; filename%b" % name for name in (b"=a", b"*=utf-8''%ff", b"*1=a", b'="\\')),
)
"""Lines of mail, which a mail may get."""

_OFTEN = re.compile(
    r"document\.xml$|slide\d|chart|notesSlide|chapter|\.opf|rels$|core|numbering|Types|container|json|tsv"
)
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HOLE = "\ue000"
_LARGEST_PART = 500_000  # bytes


def change_archive(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Change some of an archive's files by their format; sometimes remove one, or replace it by another."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        often = [name for name in files if _OFTEN.search(name)]
        name = chance.choice(often if often and chance.random() < 0.9 else list(files))
        what = chance.random()
        if what < 0.02:
            del files[name]
        elif what < 0.05:
            files[name] = files[chance.choice(list(files))]
        else:
            changed = PARTS.get(PurePath(name).suffix, change_bytes)(files[name], chance, plain)
            files[name] = changed[:_LARGEST_PART]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def change_folder(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Change files of an archive, its bytes, or the name of a file in all that says it."""
    what = chance.random()
    if what < 0.3:
        return plain(data)
    if what < 0.7:
        return change_archive(data, chance, plain)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = chance.choice(archive.namelist()).encode()
    other = chance.choice((b"../", b"/", b".", b"\\", b"\0", b"\xff", b"C:", b".zip")) * 20
    return data.replace(name, (other[: chance.randrange(4)] + name + other)[: len(name)])


def change_bytes(data: bytes, _: Random, plain: Plain) -> bytes:
    """Change bytes that have no structure."""
    return plain(data)


def change_text(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Put pieces of text beside each other into a text, or change its bytes."""
    if chance.random() < 0.2:
        return plain(data)
    text = data.decode("utf-8", "replace")
    for _ in range(chance.choice((1, 2, 5))):
        at = chance.randrange(len(text) + 1)
        pieces = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 6)))
        text = text[:at] + pieces + text[at + chance.choice((0, 0, 1, 5)) :]
    return text.encode("utf-8", "replace")


def change_xml(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Change elements, attributes or text of XML; sometimes, or if it is not XML, its bytes."""
    from lxml import etree  # type: ignore[import-untyped]

    if chance.random() < 0.05:
        return plain(data)
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError:
        return plain(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        nodes = list(root.iter("*"))
        _change_element(chance.choice(nodes), chance.choice(nodes), chance, plain)
    return bytes(etree.tostring(root.getroottree(), encoding=chance.choice(("UTF-8",) * 9 + ("UTF-16",))))


def _change_element(node: Any, other: Any, chance: Random, plain: Plain) -> None:  # noqa: ANN401 -- lxml ships no types
    parent = node.getparent()
    what = chance.randrange(10)
    if what == 0 and parent is not None:
        parent.remove(node)
    elif what == 1 and parent is not None:
        for _ in range(chance.choice((1, 1, 50))):
            node.addnext(deepcopy(node))
    elif what == 2:
        node.append(deepcopy(other))
    elif what == 3 and parent is not None:
        node.addprevious(deepcopy(other))
    elif what == 4:
        node.tag = other.tag
    elif what == 5 and parent is not None:
        for _ in range(chance.choice((1, 1, 2, 2, 3, 300))):
            outer = node.makeelement(node.tag, dict(node.attrib))
            node.getparent().replace(node, outer)
            outer.append(node)
    elif what == 6 and node.attrib:
        node.attrib.pop(chance.choice(list(node.attrib)))
    elif what == 7 and other.attrib:
        name = chance.choice(list(other.attrib))
        node.set(name, other.get(name))
    elif what == 8 and node.attrib:
        name = chance.choice(list(node.attrib))
        node.set(name, _NOT_IN_XML.sub("", _word(node.get(name), chance, plain)))
    else:
        node.text = _NOT_IN_XML.sub("", _word(node.text or "", chance, plain))


def _word(text: str, chance: Random, plain: Plain) -> str:
    if chance.random() < 0.5:
        return chance.choice(WORDS)
    return plain(text.encode("utf-8", "replace") or b" ").decode("utf-8", "replace")


def change_json(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Change values and names of JSON; where it is none, its bytes."""
    try:
        root = [json.loads(data)]
    except (ValueError, RecursionError):
        return plain(data)
    raw = []
    for _ in range(chance.choice((1, 1, 2, 5))):
        locations: list[tuple[Any, Any]] = [(root, 0)]
        for holder, key in locations:
            inner = holder[key]
            if isinstance(inner, dict | list):
                locations += [(inner, at) for at in (inner if isinstance(inner, dict) else range(len(inner)))]
        (holder, key), (other, other_key) = chance.choice(locations), chance.choice(locations)
        what = chance.randrange(7)
        if what == 0 and len(locations) > 1 and holder is not root:
            del holder[key]
        elif what == 1 and isinstance(holder, list) and holder is not root:
            holder.insert(key, deepcopy(holder[key]))
        elif what == 2:
            holder[key] = deepcopy(other[other_key])
        elif what == 3 and isinstance(holder, dict):
            holder[chance.choice((*NAMES, *WORDS))] = holder.pop(key)
        elif what == 4:
            depth = chance.choice((1, 1, chance.randrange(1200)))
            raw.append(f"{'[' * depth}1{']' * depth}" if chance.random() < 0.5 else chance.choice(RAW))
            holder[key] = _HOLE
        elif what == 5:
            holder[key] = chance.choice((None, True, False, 0, -1, 10**18, 0.5, [], {}, [0, 1], {"start": 0}))
        else:
            holder[key] = _word(str(holder[key]), chance, plain)
    text = json.dumps(root[0], ensure_ascii=chance.random() < 0.3, indent=chance.choice((None, None, None, 1)))
    for value in raw:
        text = text.replace(json.dumps(_HOLE, ensure_ascii=False), value, 1)
    return text.encode("utf-8", "replace")


def change_json_lines(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Change a line of JSON, or the lines."""
    if chance.random() < 0.2:
        return change_lines(data, chance, plain)
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    lines[at] = change_json(lines[at], chance, plain)
    return b"\n".join(lines)


def change_table(data: bytes, chance: Random, plain: Plain, delimiter: str = ",") -> bytes:
    """Change cells, rows or columns of CSV; sometimes, or if it is not CSV, its lines."""
    if chance.random() < 0.2:
        return change_lines(data, chance, plain)
    try:
        rows = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter))
    except (ValueError, csv.Error):
        return plain(data)
    rows = rows or [[""]]
    for _ in range(chance.choice((1, 1, 3))):
        row = chance.choice(rows)
        at = chance.randrange(len(row)) if row else 0
        what = chance.randrange(6)
        if what == 0 and row:
            del row[at]
        elif what == 1:
            row.insert(at, chance.choice((*NAMES, *WORDS)))
        elif what == 2:
            rows.insert(chance.randrange(len(rows)), list(row))
        elif what == 3:
            rows = [[*each[: at + 1], *each[at:]] for each in rows]
        elif row and row[at].startswith("["):
            row[at] = change_json(row[at].encode(), chance, plain).decode()
        elif row:
            row[at] = _word(row[at], chance, plain)
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=chance.choice(("\n", "\r\n"))).writerows(rows)
    return written.getvalue().encode("utf-8", "replace")


def change_lines(data: bytes, chance: Random, plain: Plain, others: Sequence[bytes] = ()) -> bytes:
    """Remove, repeat, exchange, move or insert lines, and change the bytes of some."""
    lines = data.split(b"\n")
    for _ in range(chance.choice((1, 1, 2, 5))):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        what = chance.randrange(6)
        if what == 0 and len(lines) > 1:
            del lines[at]
        elif what == 1:
            lines[to:to] = lines[at : at + chance.randrange(1, 8)] * chance.choice((1, 1, 50))
        elif what == 2:
            lines[at], lines[to] = lines[to], lines[at]
        elif what in {3, 4} and others:
            lines[at : at + chance.randrange(2)] = [chance.choice(others)]
        else:
            lines[at] = plain(lines[at] or b" ")
    return b"\n".join(lines)


def change_mail(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Change the lines of a mail: its headers and parts."""
    return change_lines(data, chance, plain, LINES)


def change_judgements(data: bytes, chance: Random, plain: Plain) -> bytes:
    """Change the cells between the tabs of a BEIR set's judgements."""
    return change_table(data, chance, plain, "\t")


PARTS: dict[str, Change] = {
    **dict.fromkeys((".xml", ".rels", ".opf", ".xhtml"), change_xml),
    ".jsonl": change_json_lines,
    ".tsv": change_judgements,
}
