from __future__ import annotations

import codecs
import io
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import make_pdf

from qa.documents.formats import ACCEPTED_SHOWN, READERS, Article
from qa.documents.loader import load_bytes, load_file, load_paths
from qa.errors import LoadError
from qa.settings import Settings
from qa.types import Document

OLE_FILE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(512)


def make_docx(fill: Callable[[Any], None]) -> bytes:
    import docx

    document = docx.Document()
    fill(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def write(folder: Path, **contents: bytes | str) -> None:
    """Write files; in their names, `__` means a slash, and `_` the dot before the suffix."""
    for key, content in contents.items():
        *folders, name = key.split("__")
        path = folder.joinpath(*folders, ".".join(name.rsplit("_", 1)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def normalised(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# --- text and Markdown ------------------------------------------------------------------------------------------------

ANY_TEXT = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\0"), st.sampled_from("\r\n\t \u2028\ufeff\u0301\U0001f41d")
    ),
    min_size=1,
).filter(lambda text: text.strip() and not text.startswith("\ufeff"))
ENCODINGS = [
    pytest.param(b"", "utf-8", id="utf-8"),
    pytest.param(codecs.BOM_UTF8, "utf-8", id="utf-8 with mark"),
    pytest.param(codecs.BOM_UTF16_LE, "utf-16-le", id="utf-16-le with mark"),
    pytest.param(codecs.BOM_UTF16_BE, "utf-16-be", id="utf-16-be with mark"),
    pytest.param(codecs.BOM_UTF32_LE, "utf-32-le", id="utf-32-le with mark"),
    pytest.param(codecs.BOM_UTF32_BE, "utf-32-be", id="utf-32-be with mark"),
]


@pytest.mark.parametrize(("mark", "encoding"), ENCODINGS)
@given(suffix=st.sampled_from([".txt", ".md", ".markdown", ".TXT"]), text=ANY_TEXT)
def test_text_is_kept_but_for_line_ends(suffix: str, mark: bytes, encoding: str, text: str) -> None:
    document = load_bytes(mark + text.encode(encoding), f"a{suffix}")
    assert document.text == normalised(text)
    assert document.page_starts == ()


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        pytest.param("a.md", "intro\n\n# The Bees #\n\n# Other\n", "The Bees", id="first heading"),
        pytest.param("a.md", "The  Bees\n=========\ntext", "The Bees", id="underlined heading"),
        pytest.param("a.md", "```\n# not this\n```\n# This\n", "This", id="heading after a code block"),
        pytest.param("a.md", "~~~\n```\n# no\n~~~\n# This\n", "This", id="fences of two kinds"),
        pytest.param("a.md", "---\nauthor: me\ntitle: 'Front: matter'\n---\n# Heading\n", "Front: matter", id="front"),
        pytest.param("a.md", '+++\nweight = 1\ntitle = "Bees"\n+++\n# Heading\n', "Bees", id="front matter in TOML"),
        pytest.param("a.md", "---\nauthor: me\n---\n# Heading\n", "Heading", id="front matter without title"),
        pytest.param(
            "a.md",
            "# The *great* `fox_trot` of [2 * 3](a.html) & **me**\n",
            "The great fox_trot of 2 * 3 & me",
            id="marks",
        ),
        pytest.param("a.md", "# ![](logo.png)\n", "![](logo.png)", id="an image alone"),
        pytest.param("honey-bee_colony.md", "## Second level\n#hashtag\ntext", "Honey bee colony", id="no heading"),
        pytest.param("a.txt", "\n\nThe Bees\n\nThey live.", "The Bees", id="first line alone"),
        pytest.param("a.adoc", "// Old\n= The *Bees*\nAnn Lee\n\nThey live.", "The Bees", id="heading of AsciiDoc"),
        pytest.param("a.mdx", "import A from 'a';\n\n# The Bees\n", "The Bees", id="heading of MDX"),
        pytest.param("a.rst", ".. _bees:\n\nThe Bees\n========\n\nThey live.", "The Bees", id="below a label"),
        pytest.param("a.rst", ":orphan:\n\n.. role:: x\n\nBees\n****\n\nThey.", "Bees", id="below directives"),
        pytest.param("bees.rst", ".. option:: --fly\n\n   Fly.\n", "Bees", id="no heading but a directive"),
        pytest.param("a.rst", "The Bees\n========\n\nThey live.", "The Bees", id="first line underlined"),
        pytest.param("a.rst", "========\nThe Bees\n========\n\nThey live.", "The Bees", id="lines above and below"),
        pytest.param("a.org", "#+TITLE: The Bees\n#+author: me\n\n* Life\n", "The Bees", id="title of Org"),
        pytest.param("my_bees.txt", "The Bees\nthey live on.\n\nMore.", "My bees", id="first line runs on"),
        pytest.param("my_bees.txt", "x" * 101 + "\n\nMore.", "My bees", id="first line too long"),
        pytest.param("a.txt", "---\ntitle: The Bees\n---\n\nThey live.", "The Bees", id="front matter of plain text"),
        pytest.param("my_bees.txt", "Only line", "My bees", id="one line only"),
        pytest.param("my_bees.txt", "\n=====\nOnly line\n", "My bees", id="one line below a rule"),
        pytest.param("___.txt", "Only line", "___.txt", id="no letters in the name"),
    ],
)
def test_titles_of_text(name: str, text: str, title: str) -> None:
    document = load_bytes(text.encode(), name)
    assert document.title == title
    assert document.text == text


# --- errors -----------------------------------------------------------------------------------------------------------

NO_TEXT_HTML = (
    b"<html><head><title>x</title></head><body><nav><a href='/'>Home</a></nav><script>1</script></body></html>"
)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        pytest.param("a.txt", lambda: b"", "a.txt: is empty; put text in it or leave it out", id="empty"),
        pytest.param("a.html", lambda: b"", "a.html: is empty;", id="empty HTML"),
        pytest.param("a.pdf", lambda: b"", "a.pdf: is empty;", id="empty PDF"),
        pytest.param("a.md", lambda: b" \r\n\t", "a.md: contains only white space;", id="white space"),
        pytest.param("a.htm", lambda: b" \n", "a.htm: contains only white space;", id="white space HTML"),
        pytest.param("a.txt", lambda: codecs.BOM_UTF8, "a.txt: contains only white space;", id="only a mark"),
        pytest.param(
            "a.txt",
            lambda: bytes(range(256)) * 4,
            "a.txt: looks binary: 100 of 1,024 characters are control characters; save it as plain text in UTF-8",
            id="binary",
        ),
        pytest.param("a.html", lambda: b"<p>ab\0c</p>", "a.html: looks binary: 1 of 11 characters", id="binary HTML"),
        pytest.param("a.html", lambda: NO_TEXT_HTML, "a.html: no main text was found in the page;", id="menu only"),
        pytest.param("a.html", lambda: b"<!-- x -->", "a.html: cannot be parsed as HTML;", id="comment only"),
        pytest.param("a.pdf", lambda: b"%PDF-1.4 junk", "a.pdf: is damaged or not a PDF;", id="damaged PDF"),
        pytest.param("a.pdf", lambda: make_pdf("text")[:300], "a.pdf: is damaged or not a PDF;", id="PDF cut short"),
        pytest.param(
            "a.pdf",
            lambda: make_pdf("text", password="secret"),
            "a.pdf: is encrypted; remove the password",
            id="encrypted PDF",
        ),
        pytest.param(
            "a.pdf", lambda: make_pdf("", ""), "a.pdf: has no text (scanned?); run OCR first", id="blank PDF pages"
        ),
        pytest.param(
            "a.pdf",
            lambda: make_pdf("x", picture_only=True),
            "a.pdf: has no text (scanned?); run OCR first",
            id="PDF of shapes",
        ),
        pytest.param("a.docx", lambda: b"junk", "a.docx: is damaged or not a Word document;", id="not a zip"),
        pytest.param("a.docx", lambda: make_docx(fill_word)[:900], "a.docx: is damaged or not", id="zip cut short"),
        pytest.param("a.docx", lambda: OLE_FILE, "a.docx: is an old .doc file;", id="old doc"),
        pytest.param("a.docx", lambda: make_docx(lambda _: None), "a.docx: contains only white space", id="blank docx"),
        pytest.param("a.xyz", lambda: b"x", "unknown type '.xyz'; use one of these: text (.txt", id="type"),
        pytest.param("README", lambda: b"x", "README: has no file extension; use one of", id="no suffix"),
        pytest.param("caf\udce9.txt", lambda: b"x", r"caf\udce9.txt: has a name that is not valid UTF-8", id="name"),
    ],
)
def test_each_fault_has_its_own_message(name: str, make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(LoadError) as raised:
        load_bytes(make(), name)
    assert message in str(raised.value)
    assert str(raised.value).count("; ") >= 1
    str(raised.value).encode()


def test_zip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.documents.formats.zip_formats.MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(LoadError, match=r"a\.docx: unpacks to [\d,]+ bytes, over the limit of 1,000;"):
        load_bytes(make_docx(fill_word), "a.docx")


@pytest.mark.parametrize(
    ("name", "target", "data"),
    [
        pytest.param("a.html", "trafilatura.bare_extraction", b"<p>text</p>", id="HTML"),
        pytest.param("a.docx", "qa.documents.formats.docx.reader.Package", None, id="DOCX"),
    ],
)
def test_parser_crash_becomes_a_load_error(
    monkeypatch: pytest.MonkeyPatch, name: str, target: str, data: bytes | None
) -> None:
    data = make_docx(fill_word) if data is None else data

    def crash(*_arguments: object, **_options: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(target, crash)
    with pytest.raises(LoadError, match=name) as raised:
        load_bytes(data, name)
    assert isinstance(raised.value.__cause__, RecursionError)


def test_size_limit_is_in_millions_of_bytes_and_checked_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, settings = tmp_path / "a.txt", Settings(max_file_mb=0.002)
    path.write_bytes(b"x" * 2000)
    assert load_file(path, settings).text == "x" * 2000
    path.write_bytes(b"x" * 2001)
    monkeypatch.setattr(Path, "read_bytes", lambda _path: pytest.fail("read although too large"))
    too_large = (
        r"a\.txt: has 2,001 bytes, over the limit of 0\.002 MB \(2,000 bytes\); split it, or raise QA_MAX_FILE_MB$"
    )
    with pytest.raises(LoadError, match=too_large):
        load_file(path, settings)
    with pytest.raises(LoadError, match="over the limit"):
        load_bytes(b"x" * 2001, "a.txt", settings)


# --- HTML -------------------------------------------------------------------------------------------------------------

WEB_PAGE = """<!DOCTYPE html><html><head><title>Bees - The Daily</title><meta property="og:title" content="Great Bees">
<script>var tracker = 1;</script></head><body>
<nav><a href="/">Home</a> <a href="/about">About us</a></nav>
<div id="cookie-consent" class="cookie-banner"><p>We use cookies to improve.</p><button>Accept</button></div>
<article><h1>Great Bees</h1>
<p>Bees make <a href="http://example.com/honey">honey</a> in <b>great</b> quantities,
as <i>everybody</i> knows who has kept them for years; 2*3*4 &amp; e\u0301 \U0001f41d.</p>
<h2>Numbers</h2>
<p>A colony holds fifty thousand bees in summer and fewer in winter, and the queen lays all the eggs.</p>
<ul><li>queen</li><li>worker<ul><li>nurse</li></ul></li></ul><ol><li>egg</li><li>larva</li></ol>
<table><tr><th>Kind</th><th>Count</th></tr><tr><td>queen</td><td>1</td></tr></table>
<img src="bee.png" alt="A picture of a bee"></article>
<div id="comments"><p>Nice article, well done!</p></div>
<footer><p>Copyright 2020 The Daily. All rights reserved.</p></footer></body></html>"""
WEB_TEXT = """# Great Bees

Bees make honey in great quantities, as everybody knows who has kept them for years; 2*3*4 & e\u0301 \U0001f41d.

## Numbers

A colony holds fifty thousand bees in summer and fewer in winter, and the queen lays all the eggs.

- queen
- worker
  - nurse

1. egg
2. larva

Kind | Count
--- | ---
queen | 1"""
HAND_WRITTEN = (
    "<html><head><title>T</title></head><body><nav><a href='/'>Home</a></nav><h1>Bees</h1><p>Bees make honey.</p>"
    "<h2>Kinds</h2><p>They live in hives.</p><ul><li><p>queen</p></li><li>drone</li></ul>"
    "<table><tr><td>a</td><td>b</td></tr></table><footer><p>Copyright 2020</p></footer></body></html>"
)
HAND_WRITTEN_TEXT = "# Bees\n\nBees make honey.\n\n## Kinds\n\nThey live in hives.\n\n- queen\n- drone\n\na | b"


@pytest.mark.parametrize(
    ("html", "text", "title"),
    [
        pytest.param(WEB_PAGE, WEB_TEXT, "Great Bees", id="news page"),
        pytest.param(HAND_WRITTEN, HAND_WRITTEN_TEXT, "Bees", id="hand-written page"),
        pytest.param(
            "<html><head><title>Bees</title></head><body><p>They make honey.</p><p>They live in hives.</p></body>",
            "They make honey.\n\nThey live in hives.",
            "Bees",
            id="title and two paragraphs",
        ),
        pytest.param("<p>They make honey.</p>", "They make honey.", "A page", id="fragment"),
        pytest.param("<body>One line.<br>Another.</body>", "One line.\nAnother.", "A page", id="no paragraphs"),
        pytest.param(
            "<p>Bees \x01 make &#2;&#xFFFF; honey.</p>", "Bees make honey.", "A page", id="control characters"
        ),
        pytest.param(
            "<body><p>Bees\n make <b>wax\nand</b>\nhoney.</p><pre><code>x\n  <b>y</b></code></pre></body>",
            "Bees make wax and honey.\n\n```\nx\n  y\n```",
            "A page",
            id="line ends in paragraphs and preformatted text",
        ),
        pytest.param(
            "<p>See <a href='/x'><b>bees </b><i>make</i> </a>honey<br>and <span>wax<br>too</span>.</p>",
            "See bees make honey\nand wax\ntoo.",
            "A page",
            id="words inside nested tags",
        ),
        pytest.param(
            "<head><title>The Bees</title></head><body><div class='help'><h2>Keyboard shortcuts</h2></div>"
            "<main><p>They make honey in great quantities.</p></main></body>",
            "They make honey in great quantities.",
            "The Bees",
            id="heading outside the article",
        ),
        pytest.param(
            "<body>" + "<div>" * 400 + "<p>Deep down.</p>" + "</div>" * 400 + "<p>After it.</p></body>",
            "Deep down.\n\nAfter it.",
            "A page",
            id="nested 400 deep",
        ),
    ],
)
def test_html_gives_the_main_text(
    html: str, text: str, title: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_arguments: pytest.fail("opened a connection"))
    document = load_bytes(html.encode(), "a-page.html")
    assert (document.text, document.title) == (text, title)
    assert not caplog.records


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        pytest.param("<meta charset='windows-1252'>", "cp1252", id="charset"),
        pytest.param(
            "<META http-equiv=Content-Type content='text/html; charset=ISO-8859-1'>", "cp1252", id="http-equiv"
        ),
        pytest.param("<meta charset=shift_jis>", "shift_jis", id="Japanese"),
        pytest.param("<meta charset=utf-16>", "utf-8", id="UTF-16 declared in bytes"),
        pytest.param("<meta charset=latin-1>", "utf-8-sig", id="mark outranks the declaration"),
        pytest.param("<meta charset=utf-16>", "utf-16", id="UTF-16 with mark"),
        pytest.param("", "utf-8", id="none declared"),
        pytest.param("<!--" + "x" * 1024 + "--><meta charset=latin-1>", "utf-8", id="declared too late"),
    ],
)
def test_html_charset(head: str, encoding: str) -> None:
    words = "\u306f\u3061" if encoding == "shift_jis" else "\u201ccaf\u00e9\u201d"
    html = f"<html><head>{head}<title>T</title></head><body><p>They sell {words} here.</p></body></html>"
    assert load_bytes(html.encode(encoding), "a.html").text == f"They sell {words} here."


# --- PDF --------------------------------------------------------------------------------------------------------------

PARAGRAPHS = (
    "Bees are extraordinary insects that live in well-organised colonies and make honey all summer long, as "
    "everybody knows who has kept them. The queen lays the eggs.",
    "A second paragraph follows here, which is long enough to wrap around the line at least once, I hope so very "
    "much, and it ends early.",
    "- item one\n- item two",
)


def test_pdf_paragraphs_are_joined_and_kept_apart() -> None:
    document = load_bytes(make_pdf("\n".join(PARAGRAPHS), title="The Bees"), "a.pdf")
    assert document.text == f"{PARAGRAPHS[0]}\n\n{PARAGRAPHS[1]}\n{PARAGRAPHS[2]}"
    assert document.title == "The Bees"
    assert document.page_starts == (0,)


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param(["First page.", "Second page.", "Third page."], id="all with text"),
        pytest.param(["", "Second page.", "", "", "Fifth page."], id="blank first and between"),
        pytest.param(["First page.", "", ""], id="blank last"),
        pytest.param(["\n\n".join(PARAGRAPHS[:2]), "\n\n".join(PARAGRAPHS[:2])], id="same text twice"),
    ],
)
def test_page_starts_are_exact(pages: list[str]) -> None:
    document = load_bytes(make_pdf(*pages), "a.pdf")
    starts = document.page_starts
    assert len(starts) == len(pages)
    assert starts[0] == 0
    assert all(earlier < later for earlier, later in pairwise(starts))
    for number, page in enumerate(pages):
        end = starts[number + 1] if number + 1 < len(pages) else len(document.text) + 2
        assert document.text[starts[number] : end].rstrip("\n") == page
        assert number + 1 == len(pages) or document.text[end - 2 : end] == "\n\n"
        assert document.page_at(starts[number]) == number + 1


@pytest.mark.parametrize(
    ("text", "named", "title"),
    [
        pytest.param("Short first line\n" + "word " * 60, "Named", "Named", id="metadata"),
        pytest.param("Short first line\n\nMore words. " + "word " * 60, "", "Short first line", id="first line"),
        pytest.param("word " * 60, "", "My file", id="file name"),
    ],
)
def test_pdf_title(text: str, named: str, title: str) -> None:
    assert load_bytes(make_pdf(text, title=named), "my-file.PDF").title == title


# --- DOCX -------------------------------------------------------------------------------------------------------------


def fill_word(document: Any) -> None:  # noqa: ANN401 -- python-docx ships no types
    document.add_heading("The Bees", 0)
    document.add_heading("Numbers", 2)
    document.add_paragraph("They make honey.\nThey live in hives.")
    document.add_paragraph("")
    document.add_paragraph("queen", style="List Bullet")
    document.add_paragraph("drone", style="List Number")
    table = document.add_table(3, 3)
    for column, text in enumerate(["Kind", "Count", "Note"]):
        table.cell(0, column).text = text
    table.cell(1, 0).merge(table.cell(1, 1)).text = "queen\nand king"
    table.cell(1, 2).text = "few"
    document.add_paragraph("After the table.")


def test_docx_blocks_in_order() -> None:
    document = load_bytes(make_docx(fill_word), "a.docx")
    assert document.text == (
        "# The Bees\n\n## Numbers\n\nThey make honey.\nThey live in hives.\n\n- queen\n1. drone\n\n"
        "Kind | Count | Note\nqueen and king |  | few\n\nAfter the table."
    )
    assert document.title == "The Bees"


@pytest.mark.parametrize(
    ("core_title", "heading", "title"),
    [
        pytest.param("Core title", "Heading", "Core title", id="properties"),
        pytest.param("", "Heading", "Heading", id="first heading"),
        pytest.param("Word Document", "Heading", "Heading", id="the library's own default"),
        pytest.param("", None, "My file", id="file name"),
    ],
)
def test_docx_title(core_title: str, heading: str | None, title: str) -> None:
    def fill(document: Any) -> None:  # noqa: ANN401 -- python-docx ships no types
        document.core_properties.title = core_title
        document.add_paragraph("Some text.")
        if heading:
            document.add_heading(heading, 3)

    assert load_bytes(make_docx(fill), "my_file.docx").title == title


# --- paths ------------------------------------------------------------------------------------------------------------


def test_file_and_bytes_give_the_same(tmp_path: Path) -> None:
    write(tmp_path, bees_md="# Bees\r\ntext")
    path = tmp_path / "bees.md"
    expected = Document("bees.md", "# Bees\ntext", "Bees", str(path))
    assert load_file(path) == load_file(str(path)) == expected
    assert load_bytes(path.read_bytes(), "sub/bees.md", source=str(path)) == expected
    assert load_file(path, document_id="x").id == load_bytes(b"x", "a.md", document_id="x").id == "x"
    assert load_bytes(b"x", "a.md").source == "a.md"


def test_folder_with_good_and_bad_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        b_txt="b text",
        a_MD="a text",
        sub__deep__c_html="<p>Some text.</p>",
        empty_txt="",
        binary_txt=b"\0\1",
        picture_gif=b"GIF89a",
        LICENSE_=b"x",
        old_XLS=b"x",
    )
    write(tmp_path / ".hidden", d_txt="hidden")
    (tmp_path / "a-link").symlink_to(tmp_path / "sub")
    (tmp_path / ".e.txt").write_text("hidden")
    calls: list[tuple[int, int]] = []
    report = load_paths([tmp_path], progress=lambda done, total: calls.append((done, total)))
    assert [document.id for document in report.documents] == ["a.MD", "b.txt", "sub/deep/c.html"]
    assert report.documents[2].source == str(tmp_path / "sub" / "deep" / "c.html")
    assert {Path(entry.path).name: entry.reason for entry in report.skipped} == {
        "a-link": "is a link to a folder and is not followed; give that folder as a path",
        "old.XLS": "is in the format .xls, which is not read; save it as .xlsx in an office program",
        "LICENSE.": f"has no file extension; use one of these: {ACCEPTED_SHOWN}",
        "empty.txt": "is empty; put text in it or leave it out",
        "binary.txt": "looks binary: 2 of 2 characters are control characters; save it as plain text in UTF-8",
        "picture.gif": f"has the unknown type '.gif'; use one of these: {ACCEPTED_SHOWN}",
    }
    assert [entry.path for entry in report.skipped] == sorted(entry.path for entry in report.skipped)
    assert report.summary().startswith("3 documents loaded, 6 left out:\n")
    assert f"  {tmp_path / 'empty.txt'}: is empty; put text in it or leave it out\n" in report.summary()
    assert calls == [(done, 8) for done in range(1, 9)]


def test_many_files_left_out_for_one_reason_share_a_line(tmp_path: Path) -> None:
    write(tmp_path, a_txt="a", empty_txt="", **{f"{number:04}_py": "pass" for number in range(1234)})
    report = load_paths(tmp_path)
    assert len(report.skipped) == 1235
    counts, code, empty = report.summary().splitlines()
    assert counts == "1 document loaded, 1235 left out:"
    assert code.startswith(f"  {tmp_path / '0000.py'} (and 1,233 others): has the unknown type '.py'; use one of")
    assert empty == f"  {tmp_path / 'empty.txt'}: is empty; put text in it or leave it out"


def test_what_a_reader_left_out_is_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = ("pages 3-9\nare images; text that is only in them cannot be found", "2 equations were left out")
    monkeypatch.setitem(READERS, ".pdf", lambda _, __: Article("Bees dance.", "Bees", notes=notes))
    write(tmp_path, a_pdf="x", b_txt="b")
    report = load_paths(tmp_path)
    found = report.documents[0]
    assert found.notes == ("pages 3-9 are images; text that is only in them cannot be found", notes[1])
    assert report.summary() == (
        "2 documents loaded, 1 with notes:\n"
        "  a.pdf: pages 3-9 are images; text that is only in them cannot be found; 2 equations were left out"
    )
    assert not report.complete
    assert load_paths(tmp_path / "b.txt").complete
    write(tmp_path, c_xyz="x")
    assert load_paths(tmp_path).summary().startswith("2 documents loaded, 1 left out, 1 with notes:\n")
    without = Document("a.pdf", found.text, found.title, found.source)
    assert found == without
    assert found.fingerprint == without.fingerprint


def test_a_report_of_notes_without_end_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(READERS, ".txt", lambda _, __: Article("Bees.", None, notes=("x" * 10_000,) * 1000))
    found = load_bytes(b"x", "a.txt").notes
    assert len(found) <= 20
    assert max(map(len, found)) <= 500


def test_order_does_not_depend_on_the_order_given(tmp_path: Path) -> None:
    write(tmp_path, one__b_txt="b", one__d_txt="d", two__a_txt="a", c_txt="c")
    paths = [tmp_path / "one", tmp_path / "two", tmp_path / "c.txt"]
    report = load_paths(paths)
    assert [document.id for document in report.documents] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert report == load_paths(iter(reversed(paths))) == load_paths(set(paths))
    assert report.summary() == "4 documents loaded"
    assert load_paths(tmp_path / "c.txt").summary() == "1 document loaded"
    assert load_paths(str(tmp_path / "c.txt")) == load_paths([str(tmp_path / "c.txt")])


def test_links(tmp_path: Path) -> None:
    write(tmp_path, outside__a_txt="a", folder__b_txt="b")
    folder = tmp_path / "folder"
    (folder / "linked.txt").symlink_to(tmp_path / "outside" / "a.txt")
    (folder / "broken.txt").symlink_to(tmp_path / "nowhere")
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "loop").symlink_to(folder)
    report = load_paths(folder)
    assert [document.id for document in report.documents] == ["b.txt", "linked.txt"]
    assert {Path(entry.path).name: entry.reason.split(";")[0] for entry in report.skipped} == {
        "broken.txt": "is a link to a missing file",
        "loop": "is a link to a folder and is not followed",
        "self.txt": "cannot be read (Too many levels of symbolic links)",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes as a name")
def test_file_name_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    write(tmp_path, a_txt="a")
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("b")
    report = load_paths(tmp_path)
    assert [document.id for document in report.documents] == ["a.txt"]
    assert r"caf\udce9.txt: has a name that is not valid UTF-8; rename it" in report.summary()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param([], "no path was given", id="nothing given"),
        pytest.param(["missing.txt"], "missing.txt: does not exist; check the path", id="missing"),
        pytest.param(["good", "missing"], "missing: does not exist; check the path", id="one of two missing"),
        pytest.param(["good", "bad/empty.txt"], "empty.txt: is empty;", id="file given by itself"),
        pytest.param(["good", "bad/a.mp3"], "a.mp3: has the unknown type '.mp3'", id="type of a file given by itself"),
        pytest.param(["bad"], "empty.txt: is empty; put text in it", id="nothing loaded, first reason"),
        pytest.param(["bad"], "a.mp3: has the unknown type '.mp3'", id="nothing loaded, second reason"),
        pytest.param(
            ["none"], "none: nothing could be loaded (no files there); put some in it: text", id="empty folder"
        ),
        pytest.param(["good", "also"], "both would have the document id 'a.txt'; rename one", id="same id"),
        pytest.param(["good/a.txt", "good/a.txt"], "both would have the document id 'a.txt'", id="same file twice"),
    ],
)
def test_paths_that_cannot_be_loaded(tmp_path: Path, given: list[str], message: str) -> None:
    write(tmp_path, good__a_txt="a", also__a_txt="a", bad__empty_txt="", bad__a_mp3="x")
    (tmp_path / "none").mkdir()
    with pytest.raises(LoadError) as raised:
        load_paths([tmp_path / name for name in given])
    assert message in str(raised.value)
    if message.startswith("both"):
        assert all(str(tmp_path / name) in str(raised.value) for name in given)


def test_an_empty_path_is_not_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a_txt="a")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LoadError, match="a path is empty; name a file or folder"):
        load_paths("")
    assert [document.id for document in load_paths(".").documents] == ["a.txt"]


def test_folder_given_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="is a folder, not a file; give a file in it"):
        load_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(LoadError, match=r"a\.txt: is not a regular file;"):
        load_file(tmp_path / "a.txt")


def test_path_with_a_nul_character() -> None:
    with pytest.raises(LoadError, match="cannot be read"):
        load_file("a\0.txt")


def test_unreadable_file_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, good_txt="good", secret_txt="secret", closed__a_txt="a")
    read_bytes, scandir = Path.read_bytes, os.scandir

    def refuse(path: Path) -> bytes:
        if path.name == "secret.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    def refuse_folder(path: str) -> Any:  # noqa: ANN401 -- an iterator that is a context manager too
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.setattr(os, "scandir", refuse_folder)
    reason = "cannot be read (Permission denied); check its permissions and that it still exists"
    report = load_paths(tmp_path)
    assert [document.id for document in report.documents] == ["good.txt"]
    assert [(Path(entry.path).name, entry.reason) for entry in report.skipped] == [
        ("closed", reason),
        ("secret.txt", reason),
    ]
    with pytest.raises(LoadError, match=r"secret\.txt: cannot be read \(Permission denied\)"):
        load_file(tmp_path / "secret.txt")


@pytest.mark.slow
def test_import_is_light() -> None:
    parsers = "{'trafilatura', 'pypdfium2', 'lxml'}"
    code = f"import sys, qa.documents.loader; print(sorted({parsers} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
