"""E-books, slides, mail and pasted text, each from a real file."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hostile_files import within
from made_files import CHAPTER, PACKAGE, make_eml, make_epub, make_pptx
from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE

from qa.documents.formats import READERS
from qa.documents.loader import load_bytes, load_text
from qa.errors import LoadError
from qa.settings import Settings
from qa.types import Document

OLE_FILE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(512)
# python-pptx ships few types.
Shapes = Any
ChartData = Any
FONT_ONLY = '<encryption><CipherReference URI="OEBPS/font.otf"/></encryption>'
CHAPTERS = '<encryption><CipherReference URI="OEBPS/chapter 1.xhtml"/></encryption>'
ONE = (
    "<h1>One</h1><p>Bees make <b>honey</b>,\n as <a href='http://example.com'>every_one</a> *knows* &amp; 2*3.</p>"
    "<ul><li>queen</li><li>worker<ul><li>nurse</li></ul></li></ul><blockquote><p>So \U0001f41d said.</p></blockquote>"
)
TWO = (
    "<h2>Two</h2><img src='bee.png' alt='A bee'/><table><tr><th>Kind</th><th>Count</th></tr>"
    "<tr><td>queen</td><td>1</td></tr></table><script>var x = 1;</script><p>The end.</p>"
)
BOOK = """# One

Bees make honey, as every_one *knows* & 2*3.

- queen
- worker
  - nurse

So \U0001f41d said.

## Two

Kind | Count
--- | ---
queen | 1

The end."""


def check_stable(data: bytes, name: str) -> Document:
    """Load twice: the same bytes always give the same document."""
    document = load_bytes(data, name)
    assert document == load_bytes(data, name)
    return document


@pytest.mark.parametrize("others", [{}, {"META-INF/encryption.xml": FONT_ONLY}], ids=["plain", "obfuscated font"])
def test_epub_gives_its_chapters_in_the_order_of_the_spine(others: dict[str, str]) -> None:
    document = check_stable(make_epub(ONE, TWO, others=others), "bees.epub")
    assert document.text == BOOK
    assert document.title == "The Bees"
    assert document.page_starts == ()


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "latin-1"),
        ("<?xml version='1.0' encoding='UTF-16'?>", "utf-16"),
        ("<?xml version='1.0' encoding='UTF-16'?>", "utf-8"),
        ('<html><meta charset="windows-1250"/>', "cp1250"),
        ("", "utf-8"),
    ],
)
def test_epub_chapters_are_in_the_charset_that_they_declare(declared: str, encoding: str) -> None:
    chapter = f"{declared}<body><p>Z\u00fcrich, \u00e9t\u00e9.</p></body>".encode(encoding)
    assert load_bytes(with_chapter(chapter), "a.epub").text == "Z\u00fcrich, \u00e9t\u00e9."


def with_chapter(chapter: bytes) -> bytes:
    return within(make_epub("x"), {"OEBPS/chapter 1.xhtml": chapter})


def test_epub_chapter_that_is_named_again_is_read_once() -> None:
    spine = '<itemref idref="c1"/><itemref idref="c2"/>' + '<itemref idref="c1"/>' * 20_000
    items = '<item id="c1" href="chapter%201.xhtml"/><item id="c2" href="chapter%202.xhtml"/>'
    package = PACKAGE.format(title="", items=items, spine=spine)
    book = make_epub("<p>Bees dance.</p>", "<p>So.</p>", others={"OEBPS/content.opf": package})
    assert load_bytes(book, "a.epub").text == "So.\n\nBees dance."


def test_epub_navigation_is_left_out_and_the_text_beside_it_is_kept() -> None:
    items = '<item id="c1" href="chapter%201.xhtml" properties="nav"/><item id="c2" href="chapter%202.xhtml#top"/>'
    package = PACKAGE.format(title="", items=items, spine='<itemref idref="c1"/><itemref idref="c2"/>')
    navigation = "<p>For Ann.</p><nav><h1>Contents</h1><ol><li><a href='x'>One</a></li></ol></nav>"
    book = make_epub("<h1>One</h1>", navigation, others={"OEBPS/content.opf": package})
    document = load_bytes(book, "a.epub")
    assert (document.text, document.notes) == ("For Ann.\n\n# One", ("the table of contents was left out",))


@pytest.mark.parametrize(
    ("chapter", "text"),
    [
        pytest.param("<pre>a\n  b</pre><p>c<br/>d</p>", "```\na\n  b\n```\n\nc\nd", id="preformatted"),
        pytest.param(
            "<ol start='3'><li><p>a</p><p>b</p><ul><li>c</li></ul></li><li>d</li></ol>",
            "3. a\n   b\n   - c\n4. d",
            id="nested lists",
        ),
        pytest.param(
            "<ol type='a'><li>a</li><li>b<ol style='list-style: lower-roman inside'><li>c</li></ol></li></ol>",
            "a. a\nb. b\n   i. c",
            id="lists of letters",
        ),
        pytest.param(
            "<p>In 1901<a href='#1'><sup>3</sup></a> on<sup><a href='#2'>4</a></sup> <a href=''>5<sup>6</sup></a></p>",
            "In 1901[3] on[4] 5\u2076",
            id="references to notes",
        ),
        pytest.param(
            "<p>In 1901.<sup>3</sup> For 5.<sup>99</sup> or 1,000,<sup>2</sup></p>",
            "In 1901.\u00b3 For 5.99 or 1,000,\u00b2",
            id="superscripts after a full stop",
        ),
        pytest.param("<dl><dt>a</dt><dd>b</dd></dl><p>c</p>", "a\n: b\n\nc", id="definitions"),
        pytest.param("<h2><div>a</div><br/>b</h2><p>c</p>", "## a b\n\nc", id="heading of blocks"),
        pytest.param(
            "<table><tr><td><p>a</p><ul><li>b</li></ul></td><td/></tr><tr><td>c</td><td>d</td></tr></table>",
            "a b |\nc | d",
            id="blocks in a cell",
        ),
        pytest.param(
            "<table><tr><td>a</td><td><table><tr><td>b</td><td>c</td></tr></table></td></tr><tr><td>d</td></tr></table>",
            "a\n\nb | c\n\nd",
            id="table for layout",
        ),
        pytest.param("<div>" * 5000 + "a" + "</div>" * 5000 + "<p>b</p>", "a\n\nb", id="nested 5,000 deep"),
    ],
)
def test_epub_keeps_the_structure_of_a_chapter(chapter: str, text: str) -> None:
    assert load_bytes(make_epub(chapter), "a.epub").text == text


def package_of(items: str, spine: str) -> dict[str, str]:
    return {"OEBPS/content.opf": PACKAGE.format(title="", items=items, spine=spine)}


CHAPTER_ITEM = '<item id="c1" href="chapter%201.xhtml"/>'


@pytest.mark.parametrize("declared", ["", 'xmlns:opf="http://www.idpf.org/2007/opf" '])
def test_epub_manifest_with_prefixes(declared: str) -> None:
    package = package_of(CHAPTER_ITEM, '<itemref idref="c1"/>')["OEBPS/content.opf"]
    for name in ("package", "manifest", "item ", "spine", "itemref"):
        package = package.replace(f"<{name}", f"<opf:{name}").replace(f"</{name}", f"</opf:{name}")
    package = package.replace("<opf:package ", f"<opf:package {declared}")
    book = make_epub("<p>Bees dance.</p>", others={"OEBPS/content.opf": package})
    assert load_bytes(book, "a.epub").text == "Bees dance."


def test_epub_pictures_in_the_spine_are_reported() -> None:
    items = (
        '<item id="p" href="cover.jpg" media-type="image/jpeg"/>'
        '<item id="s" href="map.svg" media-type="image/svg+xml"/>'
        f'<item id="x" href="junk.xhtml"/>{CHAPTER_ITEM}'
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in ("p", "s", "x", "c1"))
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>"
    others = {"OEBPS/cover.jpg": "\0\1", "OEBPS/map.svg": svg, "OEBPS/junk.xhtml": "\0\1\2"}
    article = READERS[".epub"](make_epub("<p>Bees.</p>", others={**package_of(items, spine), **others}), "a.epub")
    assert article.text == "Bees."
    assert article.notes == ("junk.xhtml: is not text and was left out", "cover.jpg, map.svg are pictures")


def test_epub_ruby_is_read_once() -> None:
    book = make_epub("<p><ruby>\u6771<rp>(</rp><rt>higashi</rt><rp>)</rp></ruby>\u306b</p>")
    assert load_bytes(book, "a.epub").text == "\u6771\u306b"


def test_epub_lists_of_contents_are_left_out() -> None:
    links = "".join(f"<li><a href='#{number}'>Part {number}</a></li>" for number in range(6))
    outer = "".join(f"<li><a href='https://example.org/{number}'>Site {number}</a></li>" for number in range(6))
    text = load_bytes(make_epub(f"<h1>Bees</h1><ul>{links}</ul><p>They dance.</p><ul>{outer}</ul>"), "a.epub").text
    assert text == "# Bees\n\nThey dance.\n\n" + "\n".join(f"- Site {number}" for number in range(6))


@pytest.mark.parametrize(
    ("cell", "is_kept"),
    [
        pytest.param("<td><a href='#a'>The dance of bees</a></td><td>page 7</td>", False, id="mostly links"),
        pytest.param("<td><a href='#a'>Dance</a></td><td>how bees tell others</td>", True, id="mostly other words"),
    ],
)
def test_epub_tables_of_links_are_left_out_or_kept_as_a_whole(cell: str, is_kept: bool) -> None:
    document = load_bytes(make_epub(f"<h1>Bees</h1><table>{f'<tr>{cell}</tr>' * 6}</table><p>So.</p>"), "a.epub")
    assert ("dance" in document.text.lower()) is ("|" in document.text) is is_kept
    assert document.notes == (() if is_kept else ("the table of contents was left out",))


@pytest.mark.parametrize("kind", ["nav", "ncx"])
@pytest.mark.parametrize(
    ("chapter", "text"),
    [
        pytest.param("<p>They dance.</p>", "# The dance\n\nThey dance.", id="no heading"),
        pytest.param("<p class='h'>The dance</p><p>So.</p>", "# The dance\n\nSo.", id="heading that is a paragraph"),
        pytest.param("<h2>Dances</h2><p>So.</p>", "## Dances\n\nSo.", id="heading of its own"),
    ],
)
def test_epub_chapter_without_heading_gets_the_one_of_the_contents(kind: str, chapter: str, text: str) -> None:
    if kind == "nav":
        item = '<item id="n" href="toc/nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        contents = CHAPTER.format("<nav><ol><li><a href='../chapter%201.xhtml'>The  dance</a></li></ol></nav>")
        others = {"OEBPS/toc/nav.xhtml": contents}
    else:
        item = '<item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        point = "<navPoint><navLabel><text>The dance</text></navLabel><content src='chapter%201.xhtml#a'/></navPoint>"
        others = {"OEBPS/toc.ncx": f"<ncx xmlns='http://www.daisy.org/z3986/2005/ncx/'><navMap>{point}</navMap></ncx>"}
    book = make_epub(chapter, others={**package_of(item + CHAPTER_ITEM, '<itemref idref="c1"/>'), **others})
    assert load_bytes(book, "a.epub").text == text


def test_epub_without_title_is_named_after_its_file() -> None:
    assert load_bytes(make_epub(ONE, title=""), "honey-bees.epub").title == "Honey bees"


def test_pptx_gives_a_page_a_slide() -> None:
    data = make_pptx(
        ("The Bees", "Bees make honey.\nThey dance\vwell."),
        ("", ""),
        ("Numbers", "Few."),
        notes="Say hello.",
        table=[["Kind", "Count"], ["queen", "1"]],
    )
    document = check_stable(data, "talk.pptx")
    last = "# Numbers\n\n- Few.\n\nKind | Count\nqueen | 1\n\n### Notes:\n\nSay hello."
    first = "# The Bees\n\n- Bees make honey.\n- They dance well."
    assert document.text == f"{first}\n\n\n\n{last}"
    assert document.page_starts == (0, len(first) + 2, len(first) + 4)
    assert document.page_at(document.text.index("Numbers")) == 3
    assert document.title == "The Bees"


def test_pptx_title_comes_from_its_properties() -> None:
    assert load_bytes(make_pptx(("Intro", "x"), title="All  about bees"), "talk.pptx").title == "All about bees"


def with_shapes(add: Callable[[Shapes], None]) -> bytes:
    """Return a presentation of one slide to which shapes are added."""
    presentation = Presentation(io.BytesIO(make_pptx(("Bees", "Text."))))
    add(presentation.slides[0].shapes)
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def add_picture(shapes: Shapes) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    shapes.add_picture(picture, 0, 0)


def add_merged(shapes: Shapes) -> None:
    table = shapes.add_table(2, 2, 0, 2**30, 99, 99).table
    for row, texts in enumerate((("queen", "1"), ("", "2"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(1, 0))


def add_group(shapes: Shapes) -> None:
    group = shapes.add_group_shape()
    group.shapes.add_textbox(0, 2**20, 9, 9).text_frame.text = "In a group."
    group.shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Deeper."
    group.left, group.top = 0, 2**30


def add_chart(kind: XL_CHART_TYPE, data: ChartData, renamed: str = "") -> Callable[[Shapes], None]:
    def add(shapes: Shapes) -> None:
        chart = shapes.add_chart(kind, 0, 2**30, 99, 99, data).chart
        chart.chart_title.text_frame.text = "Hives"
        if renamed:
            (plot,) = chart.element.xpath("c:chart/c:plotArea/c:barChart")
            plot.tag = plot.tag.replace("barChart", renamed)

    return add


def of_categories() -> ChartData:
    data: ChartData = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["queen", "drone"]
    data.add_series("North", (1, 2.5))
    data.add_series("South", (None, 1250))
    return data


def of_points() -> ChartData:
    data: ChartData = XyChartData()  # type: ignore[no-untyped-call]
    series = data.add_series("North")
    series.add_data_point(0.5, 7)
    return data


@pytest.mark.parametrize(
    ("add", "text"),
    [
        pytest.param(add_picture, "", id="picture"),
        pytest.param(add_merged, "\n\nqueen | 1\nqueen | 2", id="merged cells"),
        pytest.param(add_group, "\n\nDeeper.\n\nIn a group.", id="groups"),
        pytest.param(
            add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, of_categories()),
            "\n\n### Chart: Hives\n\nCategory | North | South\nqueen | 1 |\ndrone | 2.5 | 1250",
            id="chart",
        ),
        pytest.param(
            add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, of_categories(), "bar3DChart"),
            "\n\n### Chart: Hives\n\nCategory | North | South\nqueen | 1 |\ndrone | 2.5 | 1250",
            id="chart of a kind that python-pptx does not read",
        ),
        pytest.param(
            add_chart(XL_CHART_TYPE.XY_SCATTER, of_points()),
            "\n\n### Chart: Hives\n\nCategory | North\n0.5 | 7",
            id="scatter chart",
        ),
    ],
)
def test_pptx_shapes(add: Callable[[Shapes], None], text: str) -> None:
    assert load_bytes(with_shapes(add), "a.pptx").text == f"# Bees\n\n- Text.{text}"


@pytest.mark.parametrize(
    ("data", "body"),
    [
        pytest.param(make_eml("The bees\nswarmed.\n", html="<p>No.</p>"), "The bees\nswarmed.", id="plain preferred"),
        pytest.param(
            make_eml(html="<table><tr><td>Dear <b>Bob</b></td></tr></table><p>They <a href='x'>swarmed</a>.</p>"),
            "Dear Bob\n\nThey swarmed.",
            id="HTML alone",
        ),
        pytest.param(make_eml("R\u00e9sum\u00e9 \U0001f41d\r\n"), "R\u00e9sum\u00e9 \U0001f41d", id="encoded"),
    ],
)
def test_eml_gives_headers_and_text(data: bytes, body: str) -> None:
    document = check_stable(data, "note.eml")
    head = "---\nFrom: Ann <ann@example.org>\nTo: Bob <bob@example.org>\nDate: Mon, 03 Mar 2025 10:00:00 +0000\n---"
    assert document.text == f"{head}\n\n# Bees\n\n{body}"
    assert document.title == "Bees"


def test_eml_names_its_attachments() -> None:
    assert "\nAttachments: r\u00e4port.pdf\n" in load_bytes(make_eml("x", attachment="r\u00e4port.pdf"), "a.eml").text


def test_eml_headers_that_are_not_parsed_may_be_long() -> None:
    data = make_eml("Bees dance.").replace(b"Subject:", b"X-Long: " + b"(" * 300_000 + b"\nSubject:")
    assert load_bytes(data, "a.eml").text.endswith("\n\nBees dance.")


def signed_mail(content_type: str) -> bytes:
    return b"From: a@example.org\nSubject: x\nContent-Type: " + content_type.encode() + b"\n\nMIAGCSqGSIb3\n"


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        pytest.param("a.epub", lambda: b"junk", "a.epub: is damaged or not an e-book;", id="epub that is no zip"),
        pytest.param("a.epub", lambda: make_epub(ONE)[:400], "a.epub: is damaged or not an e-book;", id="epub cut"),
        pytest.param("a.epub", lambda: make_pptx(("a", "b")), "a.epub: is damaged or not an e-book;", id="other zip"),
        pytest.param("a.epub", lambda: b"", "a.epub: is empty;", id="empty epub"),
        pytest.param("a.epub", lambda: make_epub("<img src='a.png'/>"), "a.epub: has no text", id="epub of pictures"),
        pytest.param(
            "a.epub",
            lambda: make_epub(ONE, others={"META-INF/encryption.xml": CHAPTERS}),
            "a.epub: is protected against copying;",
            id="protected epub",
        ),
        pytest.param("a.pptx", lambda: OLE_FILE, "a.pptx: is an old .ppt file;", id="old ppt"),
        pytest.param(
            "a.pptx",
            lambda: OLE_FILE + "EncryptedPackage".encode("utf-16-le"),
            "a.pptx: is encrypted; remove the password",
            id="encrypted pptx",
        ),
        pytest.param("a.pptx", lambda: b"junk", "a.pptx: is damaged or not a presentation;", id="pptx that is no zip"),
        pytest.param("a.pptx", lambda: make_epub(ONE), "a.pptx: is damaged or not a presentation;", id="epub as pptx"),
        pytest.param("a.pptx", lambda: make_pptx(("", "")), "a.pptx: has no text on any slide;", id="blank pptx"),
        pytest.param("a.pptx", lambda: b"", "a.pptx: is empty;", id="empty pptx"),
        pytest.param("a.eml", lambda: b"", "a.eml: is empty;", id="empty eml"),
        pytest.param("a.eml", lambda: b"\x89PNG\r\n\x1a\n", "a.eml: is damaged or not an e-mail;", id="no headers"),
        pytest.param("a.eml", make_eml, "a.eml: has no text;", id="eml without text"),
        pytest.param(
            "a.eml",
            lambda: b"From: a@example.org\nTo: " + b"a@example.org, " * 20_000 + b"\n\nabc",
            "a.eml: has a line of 300,000 characters in 'To', over the limit of 10,000;",
            id="eml with a long header line",
        ),
        pytest.param(
            "a.eml",
            lambda: b"From: a@example.org\nTo: " + b"a@example.org,\n " * 20_000 + b"\n\nabc",
            "a.eml: has a header of 320,000 characters in 'To', over the limit of 50,000;",
            id="eml with a long header",
        ),
        pytest.param(
            "a.eml",
            lambda: (
                b"From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; "
                + b"a=b; " * 20_000
                + b"\n\nabc\n--b--\n"
            ),
            "a.eml: has a line of 100,012 characters in 'Content-Type', over the limit of 10,000;",
            id="eml with a part that has a long header line",
        ),
        pytest.param(
            "a.eml", lambda: signed_mail("application/pkcs7-mime"), "a.eml: is encrypted;", id="encrypted eml, S/MIME"
        ),
        pytest.param(
            "a.eml", lambda: signed_mail("multipart/encrypted"), "a.eml: is encrypted;", id="encrypted eml, PGP"
        ),
    ],
)
def test_each_fault_has_its_own_message(name: str, make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(LoadError) as raised:
        load_bytes(make(), name)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("name", "make"),
    [("a.epub", lambda: make_epub(ONE)), ("a.pptx", lambda: make_pptx(("a", "b")))],
    ids=["epub", "pptx"],
)
@pytest.mark.parametrize("limit", ["MAX_UNPACKED_BYTES", "_MAX_MARKUP_BYTES"])
def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[], bytes], limit: str) -> None:
    data = make()
    monkeypatch.setattr(f"qa.documents.formats.zip_formats.{limit}", 500)
    with pytest.raises(LoadError, match=rf"{name}: unpacks to [\d,]+ bytes.*, over the limit of 500;"):
        load_bytes(data, name)


@pytest.mark.parametrize(
    ("name", "make"),
    [("a.epub", lambda: make_epub(ONE)), ("a.pptx", lambda: make_pptx(("a", "b"))), ("a.eml", lambda: make_eml("x"))],
    ids=["epub", "pptx", "eml"],
)
def test_size_limit_holds(name: str, make: Callable[[], bytes]) -> None:
    with pytest.raises(LoadError, match=rf"{name}: has [\d,]+ bytes, over the limit of 0\.0001 MB"):
        load_bytes(make(), name, Settings(max_file_mb=0.0001))


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        pytest.param("# Bees\r\n\r\nText.", "", ("bees.txt", "# Bees\n\nText.", "Bees"), id="heading"),
        pytest.param("x", " My  B\u00e9es! ", ("my-b\u00e9es.txt", "x", "My B\u00e9es!"), id="title given"),
        pytest.param(
            "They live " + "on " * 30,
            "",
            (
                "they-live-on-on-on-on-on-on-on-on-on-on-on-on-on-on-on-on.txt",
                "They live " + "on " * 30,
                "They live" + " on" * 16 + " \u2026",
            ),
            id="first words",
        ),
        pytest.param("...", "", ("pasted-text.txt", "...", "..."), id="no letters"),
    ],
)
def test_pasted_text(text: str, title: str, expected: tuple[str, str, str]) -> None:
    document = load_text(text, title)
    assert (document.id, document.text, document.title) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(" \n", "Bees: contains only white space;", id="white space"),
        pytest.param("a\0b", "Bees: looks binary: 1 of 3 characters", id="NUL"),
        pytest.param("a\ud800", "Bees: contains an invalid character at position 1;", id="surrogate"),
        pytest.param("x" * 11, r"Bees: has 11 bytes, over the limit of 1e-05 MB \(10 bytes\)", id="size"),
    ],
)
def test_faults_of_pasted_text(text: str, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        load_text(text, "Bees", Settings(max_file_mb=0.00001))


@pytest.mark.slow
def test_converters_are_imported_when_used() -> None:
    code = "import sys, qa.documents.loader; print(sorted({'lxml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_book_may_be_in_a_folder_of_its_archive() -> None:
    moved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make_epub("<p>Bees dance.</p>"))) as book, zipfile.ZipFile(moved, "w") as archive:
        for name in book.namelist():
            archive.writestr(f"epub/{name}", book.read(name))
    assert READERS[".epub"](moved.getvalue(), "a.epub").text == "Bees dance."


def test_xhtml_is_a_web_page() -> None:
    page = (
        b'<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Bees</title>'
        b"</head><body><section><h2>Bees</h2><p>They caf\xc3\xa9 dance.</p></section></body></html>"
    )

    document = load_bytes(page, "a.xhtml")

    assert (document.title, document.text) == ("Bees", "## Bees\n\nThey caf\u00e9 dance.")
