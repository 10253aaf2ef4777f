"""Documents made to do harm, each from a few lines of code; nothing is downloaded.

`SMALL` are quick to make and to read, `LARGE` are not, or break a limit on purpose. Each maps what it tries to the
file's name and what makes its content.
"""

from __future__ import annotations

import codecs
import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence

from made_files import CHAPTER, NAMESPACES, make_eml, make_epub, make_opendocument, make_pdf, make_pptx, make_xlsx

Made = tuple[str, Callable[[], bytes]]

_MEGABYTE = 1_000_000
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BILLION = '<!DOCTYPE x [<!ENTITY a0 "ha">{}]>'.format(
    "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))
)
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"ha" * 50_000}">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
PRIVATE = "root:"  # what /etc/passwd starts with

# --- PDF --------------------------------------------------------------------------------------------------------------


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """Return a PDF of these objects, numbered from 1, with a right table of where they are."""
    data = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, table)
    return bytes(data)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(content), entries, content)


def one_page(content: bytes, page: bytes = b"/MediaBox[0 0 400 500]", *others: bytes) -> bytes:
    """Return a PDF of one page; `content` is the object with what is drawn, and `others` follow as 6, 7 and so on."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R%b/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>" % page,
        content,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *others,
    )


def packed(piece: bytes, megabytes: int, times: int = 1) -> bytes:
    """Return a stream object that unpacks to a piece over and over, packed so many times."""
    packer = zlib.compressobj(9)
    first = packer.compress(piece * (_MEGABYTE // len(piece))) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # What stands between full flushes can be repeated as it is.
    again = packer.compress(piece * (_MEGABYTE // len(piece))) + packer.flush(zlib.Z_FULL_FLUSH)
    data = first + again * (megabytes - 1) + packer.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return stream(data, b"/Filter[%b]" % (b"/FlateDecode" * times))


def repeated(piece: bytes, megabytes: int) -> Iterator[bytes]:
    block = piece * (_MEGABYTE // len(piece))
    return (block for _ in range(megabytes))


SHOWN = b"BT /F 12 Tf 40 400 Td (Bees dance.) Tj ET\n"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 400 500]/Resources<</XObject<</X 6 0 R>>>>"


def cut_pdfs(points: int) -> list[bytes]:
    """Return a PDF cut short at so many places, spread over its length."""
    whole = make_pdf("Bees dance.", "They sing.", title="Bees")
    return [whole[: len(whole) * point // (points + 1)] for point in range(1, points + 1)]


def changed(whole: bytes, seed: int) -> bytes:
    """Return a file with one byte in a thousand changed, at least three."""
    chance = random.Random(seed)
    data = bytearray(whole)
    for _ in range(max(3, len(data) // 1000)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def many_objects(count: int) -> bytes:
    """Return a PDF with so many objects that are never used, and no table, so that a reader has to look for them."""
    return one_page(stream(SHOWN))[:-1] + b"".join(b"%d 0 obj 0 endobj\n" % number for number in range(7, count))


def page_tree(depth: int) -> bytes:
    nodes = [b"<</Type/Pages/Parent %d 0 R/Kids[%d 0 R]/Count 1>>" % (max(2, at + 1), at + 3) for at in range(depth)]
    leaf = b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 9 9]>>" % (depth + 1)
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", *nodes, leaf)


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(5, count + 5))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 500]/Contents 3 0 R/Resources<</Font<</F 4 0 R>>>>>>"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count),
        stream(SHOWN),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *[page] * count,
    )


# --- archives ---------------------------------------------------------------------------------------------------------


def archive(files: dict[str, bytes | Iterator[bytes]]) -> bytes:
    """Return a zip archive; content may come in pieces, so that a bomb needs no memory here."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            with made.open(name, "w", force_zip64=not isinstance(content, bytes)) as member:
                for piece in [content] if isinstance(content, bytes) else content:
                    member.write(piece)
    return buffer.getvalue()


def within(whole: bytes, changes: dict[str, bytes | Iterator[bytes]]) -> bytes:
    """Return an archive with some of its files exchanged or added."""
    with zipfile.ZipFile(io.BytesIO(whole)) as made:
        files: dict[str, bytes | Iterator[bytes]] = {name: made.read(name) for name in made.namelist()}
    return archive(files | changes)


def make_word(body: str, head: str = "") -> bytes:
    """Return a Word document whose body is this XML."""
    import docx

    buffer = io.BytesIO()
    docx.Document().save(buffer)
    text = f'<?xml version="1.0"?>{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    return within(buffer.getvalue(), {"word/document.xml": text.encode()})


def make_workbook(rows: str, head: str = "") -> bytes:
    """Return a workbook whose sheet has these rows as XML."""
    sheet = f'<?xml version="1.0"?>{head}<worksheet xmlns="{SHEET}"><sheetData>{rows}</sheetData></worksheet>'
    return within(make_xlsx([["x"]]), {"xl/worksheets/sheet1.xml": sheet.encode()})


def sheet_of(cells: int) -> Iterator[bytes]:
    """Return the XML of a sheet with so many cells, ten a row, in pieces."""
    row = b"<row>" + b"<c><v>1</v></c>" * 10 + b"</row>"
    yield f'<worksheet xmlns="{SHEET}"><sheetData>'.encode()
    yield from (row * 1000 for _ in range(cells // 10_000))
    yield b"</sheetData></worksheet>"


def repeated_cells(count: int) -> str:
    cell = f'<table:table-cell table:number-columns-repeated="{count}"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="{count}">{cell}</table:table-row>'
    return f"<office:spreadsheet><table:table>{row}</table:table></office:spreadsheet>"


def lying(whole: bytes, name: str, megabytes: int) -> bytes:
    """Return an archive in which a file says that it is small, and unpacks to so many megabytes."""
    data = bytearray(within(whole, {name: repeated(b" ", megabytes)}))
    sizes = struct.pack("<L", megabytes * _MEGABYTE)
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))
    assert data[place + 24 : place + 28] == sizes
    data[place + 24 : place + 28] = struct.pack("<L", 100)
    return bytes(data)


def overlapping(whole: bytes, name: str, times: int) -> bytes:
    """Return an archive whose directory names one file many times over."""
    with zipfile.ZipFile(io.BytesIO(whole)) as made:
        entry = made.getinfo(name)
    start = whole.rindex(b"PK\x05\x06")
    begun = struct.unpack("<L", whole[start + 16 : start + 20])[0]
    place = whole.index(b"PK\x01\x02", whole.rindex(name.encode()) - 46)
    record = whole[place : place + 46 + len(name) + len(entry.extra)]
    directory = whole[begun:start] + record * times
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), begun, 0)
    return whole[:begun] + directory + end


def word(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def nested(opening: str, text: str, closing: str, depth: int) -> str:
    return f"{opening * depth}{text}{closing * depth}"


def spanning(columns: int) -> str:
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{columns}"/></w:tcPr>{word("Bees")}</w:tc>'
    return f"<w:tbl><w:tblGrid/><w:tr>{cell}</w:tr></w:tbl>{word('dance')}"


def tables(depth: int) -> str:
    return nested("<w:tbl><w:tblGrid/><w:tr><w:tc>", word("Bees"), f"{word('x')}</w:tc></w:tr></w:tbl>", depth)


def book(chapter: str, head: str = "") -> bytes:
    return make_epub("x", others={"OEBPS/chapter 1.xhtml": head + CHAPTER.format(chapter).partition("?>")[2]})


def talk(head: str, text: str) -> bytes:
    whole = make_pptx(("Bees", "They dance."))
    name = "ppt/slides/slide1.xml"
    with zipfile.ZipFile(io.BytesIO(whole)) as made:
        before = made.read(name).decode()
    declared, _, rest = before.partition("?>")
    return within(whole, {name: f"{declared}?>{head}{rest.replace('They dance.', text)}".encode()})


# --- mail and text ----------------------------------------------------------------------------------------------------


def nested_mail(depth: int) -> bytes:
    parts = "".join(f'Content-Type: multipart/mixed; boundary="b{at}"\n\n--b{at}\n' for at in range(depth))
    return f"From: a@example.org\nSubject: x\n{parts}Content-Type: text/plain\n\nBees dance.\n".encode()


def mail_to(people: str) -> bytes:
    return f"From: a@example.org\nTo: {people}\nSubject: x\n\nBees dance.\n".encode()


def planes() -> str:
    """Return characters of each of the 17 planes, a sentence each, non-characters and private ones among them."""
    samples = [[plane * 0x10000 + at for at in (0x41, 0x301, 0x5D0, 0x1F41, 0xF000, 0xFFFD)] for plane in range(17)]
    return "\n\n".join("".join(map(chr, row)) + " dance." for row in samples)


WHITE = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
OVERRIDES = "\u202eecnad seeB\u202c \u2066\u2067bees\u2069\u2069 \u200f\u200e\ufeff\u061c dance."

SMALL: dict[str, Made] = {
    "PDF: objects nested 100,000 deep": ("a.pdf", lambda: one_page(stream(SHOWN), b"/A %b" % (b"[" * 100_000))),
    "PDF: pages that hold themselves": ("a.pdf", lambda: pdf(b"<</Pages 2 0 R>>", b"<</Kids[2 0 R 2 0 R]/Count 2>>")),
    "PDF: a page tree 20,000 deep": ("a.pdf", lambda: page_tree(20_000)),
    "PDF: a drawing that draws itself": (
        "a.pdf",
        lambda: one_page(stream(b"/X Do " + SHOWN), b"/MediaBox[0 0 400 500]", stream(b"/X Do /X Do", FORM)),
    ),
    "PDF: a page without size": ("a.pdf", lambda: one_page(stream(SHOWN), b"/MediaBox[0 0 0 0]")),
    "PDF: a page of 10 to the 30": ("a.pdf", lambda: one_page(stream(SHOWN), b"/MediaBox[0 0 1e30 1e30]")),
    "PDF: a count of pages that lies": ("a.pdf", lambda: pdf(b"<</Pages 2 0 R>>", b"<</Kids[]/Count 2000000000>>")),
    "Word: a billion laughs": ("a.docx", lambda: make_word(word("&a9;"), BILLION)),
    "Word: a file of this machine": ("a.docx", lambda: make_word(word("Bees &a;"), OUTSIDE)),
    "Word: tables nested 3,000 deep": ("a.docx", lambda: make_word(tables(3000))),
    "Word: directory with one file 60,000 times": (
        "a.docx",
        lambda: overlapping(make_word(word("Bees " * 10_000)), "word/document.xml", 60_000),
    ),
    "Word: a bomb that says it is small": (
        "a.docx",
        lambda: lying(make_word(word("Bees")), "word/document.xml", 100),
    ),
    "e-book: a billion laughs": ("a.epub", lambda: book("<p>&a9;</p>", BILLION)),
    "e-book: a billion laughs in the package": (
        "a.epub",
        lambda: make_epub("x", others={"OEBPS/content.opf": f"{BILLION}<package><metadata>&a9;</metadata></package>"}),
    ),
    "e-book: a file of this machine": ("a.epub", lambda: book("<p>Bees &a;</p>", OUTSIDE)),
    "e-book: chapters outside of it": (
        "a.epub",
        lambda: within(make_epub("x"), {"../../../../etc/passwd": b"x", "OEBPS/content.opf": b"<package/>"}),
    ),
    "slides: a billion laughs": ("a.pptx", lambda: talk(BILLION, "&a9;")),
    "slides: a file of this machine": ("a.pptx", lambda: talk(OUTSIDE, "Bees &a;")),
    "slides: damaged": ("a.pptx", lambda: changed(make_pptx(("Bees", "They dance.")), 1)),
    "workbook: a billion laughs": ("a.xlsx", lambda: make_workbook("<row><c t='str'><v>&a9;</v></c></row>", BILLION)),
    "workbook: a file of this machine": (
        "a.xlsx",
        lambda: make_workbook("<row><c t='str'><v>Bees &a;</v></c></row>", OUTSIDE),
    ),
    "workbook: rows and columns beyond all": (
        "a.xlsx",
        lambda: make_workbook(
            "<row r='99999999999'><c r='ZZZZZZZ1'><v>1</v></c></row><row r='1'><c><v>1</v></c></row>"
        ),
    ),
    "workbook: cells merged over all": (
        "a.xlsx",
        lambda: make_workbook("<row r='1'><c><v>1</v></c></row><mergeCell ref='A1:XFD1048576'/>" * 1000),
    ),
    "OpenDocument: a billion laughs": (
        "a.odt",
        lambda: make_opendocument("", others={"content.xml": f"{BILLION}<office:text {NAMESPACES}>&a9;</office:text>"}),
    ),
    "OpenDocument: lists nested 100,000 deep": (
        "a.odt",
        lambda: make_opendocument(nested("<text:list><text:list-item>", "x", "</text:list-item></text:list>", 50_000)),
    ),
    "OpenDocument: lists nested 100 deep": (
        "a.odt",
        lambda: make_opendocument(
            nested("<text:list><text:list-item>", "<text:p>x</text:p>", "</text:list-item></text:list>", 100)
        ),
    ),
    "OpenDocument: cells repeated for ever": ("a.ods", lambda: make_opendocument(repeated_cells(9_999_999))),
    "RTF: groups nested a million deep": ("a.rtf", lambda: rb"{\rtf1" + b"{" * 1_000_000),
    "RTF: data beyond the end": ("a.rtf", lambda: rb"{\rtf1 Bees\bin9999999999 dance.}"),
    "RTF: rows without end": ("a.rtf", lambda: rb"{\rtf1\intbl " + rb"a\cell " * 25_000),
    "RTF: notes in notes": ("a.rtf", lambda: rb"{\rtf1 a" + rb"{\footnote b" * 5000),
    "RTF: signs alone": ("a.rtf", lambda: rb"{\rtf1" + b"\\" * 100_001),
    "notebook: nested 100,000 deep": ("a.ipynb", lambda: b'{"cells": ' + b"[" * 100_000),
    "notebook: a number of a million digits": ("a.ipynb", lambda: b'{"cells": ' + b"9" * 1_000_000 + b"}"),
    "notebook: fences": (
        "a.ipynb",
        lambda: b'{"cells": [{"cell_type": "code", "source": "' + b"\\n" * 100_000 + b'x"}]}',
    ),
    "subtitles: times alone": ("a.srt", lambda: b"00:00:01,000 --> 00:00:02,000\n" * 10_000),
    "subtitles: tags that are not closed": (
        "a.vtt",
        lambda: b"00:01.000 --> 00:02.000\n" + b"<v " * 30_000 + b" " * 100_000,
    ),
    "table: a quote that is never closed": ("a.csv", lambda: b'a,b\n"' + b"Bees,dance\n" * 5_000),
    "table: delimiters alone": ("a.csv", lambda: b",;\t|" * 25_000),
    "mail: parts nested 2,000 deep": ("a.eml", lambda: nested_mail(2000)),
    "mail: comments nested 10,000 deep": ("a.eml", lambda: mail_to("(" * 10_000)),
    "mail: groups within groups": ("a.eml", lambda: mail_to("a: b: c:;;;, d: e@example.org")),
    "mail: HTML nested 5,000 deep": (
        "a.eml",
        lambda: make_eml(html=nested("<div>", "Bees dance.", "</div>", 5000)),
    ),
    "page: a charset that is a program": ("a.html", lambda: b"<meta charset=unicode_escape><p>\\x41 dance."),
    "page: a charset that takes for ever": (
        "a.html",
        lambda: b"<meta charset=punycode><p>" + b"a" * 100_000 + b"-" + b"zz9" * 30_000,
    ),
    "page: half characters": ("a.html", lambda: b"<p>Bees &#xD800;&#xDFFF; dance &#x110000; &#0;."),
    "Markdown: a heading of white space": ("a.md", lambda: b"# " + b" " * 50_000 + b"# x #" + b" " * 50_000 + b"x"),
    "Markdown: front matter that never ends": ("a.md", lambda: b"---\n" + b"title:\n" * 15_000),
    "text: packed by gzip": ("a.txt", lambda: gzip.compress(bytes(_MEGABYTE))),
    "text: right to left": ("a.txt", OVERRIDES.encode),
    "text: half characters": ("a.txt", lambda: "Bees \ud83d dance \udc1d.".encode("utf-8", "surrogatepass")),
    "text: half characters in UTF-16": (
        "a.txt",
        lambda: codecs.BOM_UTF16_LE + "Bees \ud83d dance.".encode("utf-16-le", "surrogatepass"),
    ),
    "text: NULs": ("a.txt", lambda: b"Bees\0dance." + bytes(1000)),
    "text: 10,000 marks on a letter": ("a.txt", ("Bees e" + "\u0301" * 10_000 + " dance.").encode),
    "text: every plane": ("a.txt", lambda: planes().encode()),
    "text: all of white space": ("a.txt", WHITE.encode),
    "text: words between all of white space": ("a.txt", f"Bees{WHITE}dance.{WHITE * 500}Yes.".encode),
    "text: several encodings": ("a.txt", lambda: "Bees \u00e9".encode() + "\u00e9 dance.".encode("latin-1")),
    "text: joined by zero-width joiners": ("a.txt", lambda: "\u200d".join("\U0001f41d" * 20_000).encode()),
}


def _truncated() -> dict[str, Made]:
    made: dict[str, Made] = {}
    for at, data in enumerate(cut_pdfs(100)):
        made[f"PDF: cut short, {at + 1} of 100"] = ("a.pdf", lambda data=data: data)  # type: ignore[misc]
    wholes: dict[str, Callable[[], bytes]] = {
        "a.pdf": lambda: make_pdf("Bees dance.", "They sing."),
        "a.docx": lambda: make_word(word("Bees dance.")),
        "a.epub": lambda: make_epub("<p>Bees dance.</p>"),
        "a.pptx": lambda: make_pptx(("Bees", "They dance.")),
        "a.odt": lambda: make_opendocument("<office:text><text:p>Bees dance.</text:p></office:text>"),
        "a.rtf": lambda: rb"{\rtf1\ansi{\fonttbl{\f0\fcharset0 A;}}\pard Bees {\b dance}.\par\intbl a\cell\row}",
        "a.xlsx": lambda: make_xlsx([["Kind", "Count"], ["queen", 1]]),
        "a.eml": lambda: make_eml("Bees dance.", html="<p>Bees</p>", attachment="a.pdf"),
    }
    kinds = {"a.pdf": "PDF", "a.docx": "Word", "a.epub": "e-book", "a.pptx": "slides", "a.xlsx": "workbook"}
    kinds |= {"a.eml": "mail", "a.odt": "OpenDocument", "a.rtf": "RTF"}
    for name, make in wholes.items():
        for seed in range(10):
            made[f"{kinds[name]}: damaged, {seed}"] = (name, lambda make=make, seed=seed: changed(make(), seed))  # type: ignore[misc]
    return made


DAMAGED = _truncated()
"""Files cut short or with bytes changed."""

LARGE: dict[str, Made] = {
    "PDF: a million objects": ("a.pdf", lambda: many_objects(1_000_000)),
    "PDF: 50,000 pages": ("a.pdf", lambda: many_pages(50_000)),
    "PDF: a stream that unpacks to 2 GB": ("a.pdf", lambda: one_page(packed(b" ", 2000))),
    "PDF: 4 GB packed three times over": ("a.pdf", lambda: one_page(packed(b" ", 4000, 3))),
    "PDF: 400 MB of drawn text": ("a.pdf", lambda: one_page(packed(SHOWN, 400))),
    "PDF: objects nested a million deep": ("a.pdf", lambda: one_page(stream(SHOWN), b"/A %b" % (b"[" * 1_000_000))),
    "Word: a cell over a billion columns": ("a.docx", lambda: make_word(spanning(1_000_000_000))),
    "Word: 45 MB of empty paragraphs": ("a.docx", lambda: make_word("<w:p/>" * 7_500_000)),
    "Word: 45 MB of paragraphs with a letter": ("a.docx", lambda: make_word(word("a") * 1_100_000)),
    "Word: half a million tables": ("a.docx", lambda: make_word("<w:tbl><w:tblGrid/><w:tr/></w:tbl>" * 500_000)),
    "Word: a picture of 1.2 GB": (
        "a.docx",
        lambda: within(make_word(word("Bees")), {"word/media/a.png": repeated(b"\0", 1200)}),
    ),
    "Word: 60 MB of XML": ("a.docx", lambda: within(make_word("x"), {"word/document.xml": repeated(b"<a>", 60)})),
    "Word: an entity of 100 KB, 100,000 times": ("a.docx", lambda: make_word(word("&a;" * 100_000), QUADRATIC)),
    "Word: XML nested a million deep": ("a.docx", lambda: make_word("<w:sdt><w:sdtContent>" * 1_000_000)),
    "Word: 100,000 files": (
        "a.docx",
        lambda: within(make_word(word("Bees")), {f"word/{at}.xml": b"" for at in range(100_000)}),
    ),
    "e-book: 45 MB in one paragraph": ("a.epub", lambda: book(f"<p>{'Bees dance. ' * 3_750_000}</p>")),
    "e-book: 45 MB of tags": ("a.epub", lambda: book("<i>" * 15_000_000)),
    "e-book: a chapter of 60 MB": (
        "a.epub",
        lambda: within(make_epub("x"), {"OEBPS/chapter 1.xhtml": repeated(b"<p>x", 60)}),
    ),
    "e-book: 20,000 chapters": ("a.epub", lambda: make_epub(*["<p>Bees dance.</p>"] * 20_000)),
    "slides: an entity of 100 KB, 100,000 times": ("a.pptx", lambda: talk(QUADRATIC, "&a;" * 100_000)),
    "workbook: 5 million cells": (
        "a.xlsx",
        lambda: within(make_xlsx([["x"]]), {"xl/worksheets/sheet1.xml": sheet_of(5_000_000)}),
    ),
    "table: 45 MB of delimiters": ("a.csv", lambda: b"," * 45_000_000),
    "table: 45 MB of rows": ("a.csv", lambda: b"1,2\n" * 11_000_000),
    "slides: 45 MB of text": ("a.pptx", lambda: talk("", "Bees dance. " * 3_750_000)),
    "mail: 200,000 parts": (
        "a.eml",
        lambda: (
            b"From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"
            + b"--b\n\nBees dance.\n" * 200_000
            + b"--b--\n"
        ),
    ),
    "mail: a header of 20 MB": ("a.eml", lambda: mail_to("a@example.org, " * 1_300_000)),
    "mail: 20 MB of HTML tags": ("a.eml", lambda: make_eml(html="<b>" * 4_000_000)),
    "page: 100 MB of paragraphs": ("a.html", lambda: b"<p>Bees dance on the comb.</p>" * 3_400_000),
    "page: 100 MB in one tag": ("a.html", lambda: b"<p " + b"a=b " * 25_000_000 + b">Bees dance."),
    "page: nested 100,000 deep": ("a.html", lambda: nested("<div>", "<p>Bees dance.", "", 100_000).encode()),
    "page: nested 5 million deep": ("a.html", lambda: b"<div>" * 5_000_000 + b"Bees dance."),
    "page: 100 MB of table cells": ("a.html", lambda: b"<table><tr>" + b"<td>x" * 20_000_000),
    "page: 20 MB without a tag closed": ("a.html", lambda: b"<a href=x><b><i>Bees dance. " * 700_000),
    "text: 2 GB packed by gzip": ("a.txt", lambda: gzip.compress(bytes(_MEGABYTE)) * 2000),
    "text: a line of 50 MB": ("a.txt", lambda: b"Bees dance. " * 4_200_000),
    "text: a word of 50 MB": ("a.txt", lambda: b"a" * 50_000_000),
    "text: a word of 15 MB in few tokens": ("a.txt", lambda: b"=" * 15_000_000),
    "text: 15 MB of white space": ("a.txt", lambda: b"Bees" + b" " * 15_000_000 + b"dance."),
    "text: 10 MB of line ends": ("a.txt", lambda: b"Bees" + b"\n" * 10_000_000 + b"dance."),
    "text: a letter with 190,000 marks": ("a.txt", ("Bees e" + "\u0301" * 190_000 + " dance.").encode),
    "Markdown: a million headings": ("a.md", lambda: b"# a\n" * 1_000_000),
    "Markdown: heading signs and white space": ("a.md", lambda: b"# " + b" # " * 60_000 + b"x"),
    "Markdown: rules that might be headings": ("a.md", lambda: b"= a" + b" = a" * 40_000),
}
"""Large ones, and such as go beyond a limit on purpose."""


def named(kinds: Sequence[dict[str, Made]]) -> list[tuple[str, str, Callable[[], bytes]]]:
    """Return what each tries, its file name and what makes it."""
    return [(what, name, make) for kind in kinds for what, (name, make) in kind.items()]
