"""Seeds of the corpora: small files that use many features of their format."""

from __future__ import annotations

import io
from email.message import EmailMessage
from typing import Any

from hostile_files import archive, make_word, word
from made_files import CHAPTER, make_eml, make_epub, make_opendocument, make_pdf, make_pptx

JSON_LINES = (
    b'{"id": "a", "question": "Who?", "answers": ["x"], "history": ["y"], "document": "d", "evidence": [[0, 1]]}\n'
    b'{"id": "b", "question": "When?", "answerable": false, "evidence": [{"document": "d", "start": 1, "end": 2}],'
    b' "tags": {"a": [1, 0.5, null]}}\n'
)
CSV = (
    b"id,question,answers,answerable,document,history,evidence,kind\n"
    b'a,Who?,"[""x"", ""y""]",true,d,"[""z""]","[[0, 1]]",\n'
    b'b,When?,x,,,earlier,"[{""document"": ""d"", ""start"": 1, ""end"": 2}]",k\nc,"Why, ""so""?\nOr not?",,false,,,,\n'
)
SQUAD = (
    b'{"version": "2", "data": [{"title": "t", "paragraphs": [{"context": "c", "qas": [{"id": "a", "question": "Who?",'
    b' "answers": [{"text": "c", "answer_start": 0}], "is_impossible": false}, {"id": "b", "question": "When?",'
    b' "answers": [], "is_impossible": true, "plausible_answers": [{"text": "c"}]}]}]}]}'
)
BEIR = {
    "corpus.jsonl": b'{"_id": "d1", "title": "Jets", "text": "24 jets."}\n{"_id": "d2", "text": "Bees.", "x": {}}\n',
    "queries.jsonl": b'{"_id": "q1", "text": "Who?"}\n{"_id": "q2", "text": "When?", "metadata": {"year": 1}}\n',
    "qrels/test.tsv": b"query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td2\t2\n",
}

_RUN = "<w:r><w:rPr><w:b/></w:rPr><w:t xml:space='preserve'>Bees </w:t><w:tab/><w:br/><w:noBreakHyphen/><w:sym/></w:r>"
_CELL = f"<w:tc><w:tcPr><w:gridSpan w:val='2'/><w:vMerge w:val='restart'/></w:tcPr>{word('a')}</w:tc>"
_BEFORE = "<w:trPr><w:gridBefore w:val='1'/></w:trPr>"
_ROW = f"<w:tr>{_BEFORE}{_CELL}<w:tc>{word('b')}</w:tc></w:tr>"
_MERGED = f"<w:tr>{_BEFORE}<w:tc><w:tcPr><w:gridSpan w:val='2'/><w:vMerge/></w:tcPr>{word('c')}</w:tc></w:tr>"
_TABLE = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w='9'/></w:tblGrid>{_ROW}{_MERGED}</w:tbl>"
_ITEM = "<w:pStyle w:val='Heading1'/><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr>"
_WORD_BODY = (
    f"<w:p><w:pPr>{_ITEM}</w:pPr>{_RUN}</w:p>"
    f"<w:sdt><w:sdtPr/><w:sdtContent>{word('In a control.')}<w:ins w:id='1'>{_RUN}</w:ins></w:sdtContent></w:sdt>"
    f"<w:p><w:hyperlink w:anchor='a'>{_RUN}</w:hyperlink><w:del>{_RUN}</w:del><w:smartTag>{_RUN}</w:smartTag></w:p>"
    f"<w:moveTo>{word('Moved.')}</w:moveTo><w:customXml><w:fldSimple w:instr='PAGE'>{_RUN}</w:fldSimple></w:customXml>"
    f"{_TABLE}<w:tbl><w:tblGrid/><w:tr><w:tc>{_TABLE}{word('d')}</w:tc></w:tr></w:tbl><w:sectPr/>"
)
_MUCH = (
    "<nav><ol><li><a href='#a'>1</a></li></ol></nav><h1 id='a'>One <sup>2</sup></h1><pre><code>a\n  b</code></pre>"
    "<p>The <ruby>bee<rt>b</rt></ruby>&#160;dances.<br/>So.</p><ol start='3'><li><p>x</p><ol><li>y</li></ol></li></ol>"
    "<table><caption>c</caption><tr><td rowspan='2' colspan='9'>a</td></tr><tr><td>|</td></tr></table>"
    "<dl><dt>d</dt><dd>e</dd></dl><svg xmlns='http://www.w3.org/2000/svg'><title>t</title></svg><hr/><q>r</q>"
)


def texts() -> list[bytes]:
    """Return Markdown, UTF-16, marks and surrogates, and a table."""
    markdown = b"---\ntitle: x\n---\n# Bees #\n\n```\nx\n```\nText\n====\n- a\n- b\n"
    return [markdown, b"\xff\xfea\0", "e\u0301 \U0001f41d. A b.".encode(), b"= a =\n\n| a | b |\n"]


def pages() -> list[bytes]:
    """Return web pages."""
    from documents.test_loader import HAND_WRITTEN, WEB_PAGE

    return [HAND_WRITTEN.encode(), WEB_PAGE.encode(), CHAPTER.format(_MUCH).encode("utf-16")]


def pdfs() -> list[bytes]:
    """Return a PDF of two pages, and one with a password."""
    return [make_pdf("Bees dance.", "They sing.", title="Bees"), make_pdf("x", password="y")]


def words() -> list[bytes]:
    """Return Word documents with tables, lists, tracked changes and content controls."""
    from documents.test_loader import fill_word, make_docx

    return [make_docx(fill_word), make_word(_WORD_BODY), make_word(word("Bees dance."))]


def books() -> list[bytes]:
    """Return e-books with all kinds of chapters, one of them with an encrypted font."""
    from documents.test_formats import FONT_ONLY, ONE, TWO

    with_font = make_epub("<p>x</p>", others={"META-INF/encryption.xml": FONT_ONLY})
    return [make_epub(ONE, TWO), make_epub(_MUCH, "<p>Two</p>", title=""), with_font]


def presentations() -> list[bytes]:
    """Return slides with notes and a table, and with a group, a picture and a chart."""
    from PIL import Image
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    presentation: Any = Presentation(io.BytesIO(make_pptx(("Bees", "Text."))))
    shapes = presentation.slides[0].shapes
    shapes.add_picture(picture, 0, 0)
    group = shapes.add_group_shape()
    group.shapes.add_textbox(9, 9, 9, 9).text_frame.text = "In a group."
    group.shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Deeper."
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["queen", "drone"]
    data.add_series("Bees", (1, 2.5))
    shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 99, 99, data).chart.has_title = True
    buffer = io.BytesIO()
    presentation.save(buffer)
    return [make_pptx(("Bees", "They dance.\nSo."), notes="Say so.", table=[["a", "b"], ["c", "d"]]), buffer.getvalue()]


def mails() -> list[bytes]:
    """Return mails: plain, of HTML, and with parts within parts, other charsets and a mail within."""
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Zo\u00eb <z@example.org>", "R\u00e4tsel \U0001f41d"
    inner.set_content("R\u00e9sum\u00e9 " * 30, charset="iso-8859-1", cte="quoted-printable")
    whole = EmailMessage()
    whole["From"], whole["To"] = "A: a@example.org, B <b@example.org>;", "Undisclosed:;"
    whole["Subject"], whole["Date"] = "Bees " * 30, "Mon, 03 Mar 2025 10:00:00 +0000"
    whole.set_content("Bees dance.", cte="base64")
    whole.add_alternative("<p>Bees <b>dance</b>.</p><img src=cid:a>", subtype="html")
    whole.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<a>")  # type: ignore[union-attr, index]
    whole.add_attachment(inner, filename="r\u00e4tsel.eml")
    plain = b"From: a@b\nContent-Type: multipart/mixed; boundary=b\n\nx\n--b\n\nBees dance.\n--b\n\nSo.\n--b--\ny\n"
    small = [make_eml("x"), make_eml(html="<p>Hi <b>you</b></p>", attachment="a.pdf"), make_eml("x", html="<p>y</p>")]
    return [*small, inner.as_bytes(), whole.as_bytes(), plain]


def workbooks() -> list[bytes]:
    """Return workbooks with hidden rows, merged cells, formats, formulas and text boxes."""
    from documents.test_spreadsheets import annotated, hidden, hive, merged, workbook

    return [workbook(fill) for fill in (hive, hidden, merged, annotated)]


def opendocuments() -> list[bytes]:
    """Return a text with a list, a table, a note and a box, a sheet and a slide."""
    from documents.test_opendocument import BOX, ITEM, NOTE, NUMBERED, cells

    items = f'<text:list text:style-name="L1">{ITEM.format("a")}</text:list>'
    body = f"<text:h>Bees</text:h><text:p>a{NOTE}{BOX}</text:p>{items}<table:table>{cells('a', 'b')}</table:table>"
    slide = f'<draw:page><draw:frame presentation:class="title">{BOX}</draw:frame><presentation:notes/></draw:page>'
    sheet = f'<table:table table:name="A">{cells("a", "b") * 3}</table:table>'
    bodies = {"text": body, "spreadsheet": sheet, "presentation": slide}
    return [make_opendocument(f"<office:{kind}>{each}</office:{kind}>", NUMBERED) for kind, each in bodies.items()]


def rich_texts() -> list[bytes]:
    """Return an RTF document with fonts, styles, lists, a table, a note and a text box."""
    from documents.test_rtf import FONTS, ROW, STYLES

    body = (
        r"{\info{\title Bees}}\pard\s1 Bees\par{\listtext 1.}\'e9\u233?\f2\'83\'5c\par{\v x}{\*\a b}{\pict\bin2 {}}"
        r"\trhdr"
        rf"{ROW}{ROW}\pard a\chftn{{\footnote\chftn b}}{{\shp{{\*\shpinst{{\shptxt c\par}}}}}}\par"
    )
    return [(r"{\rtf1\ansi\ansicpg1252\deff0" + FONTS + STYLES + body + "}").encode()]


def notebooks() -> list[bytes]:
    """Return notebooks with each kind of cell and output."""
    from documents.test_notebooks_and_subtitles import PICTURE, TABLE, code, notebook, text

    data = {"text/html": TABLE, "text/plain": "x", "image/png": "0"}
    outputs = ({"output_type": "stream", "text": ["a"]}, {"data": data}, {"output_type": "error", "ename": "E"})
    old = {"cell_type": "heading", "level": 2, "source": "Bees"}
    return [notebook(text(f"# A ![b]({PICTURE})"), code("x\n```", *outputs), old, kernelspec={"language": "python"})]


def subtitles() -> list[bytes]:
    """Return subtitles of both kinds."""
    from documents.test_notebooks_and_subtitles import SUBRIP, WEB

    return [SUBRIP.encode(), WEB.encode()]


def values() -> list[bytes]:
    """Return delimited values."""
    quoted = b'Size;"Kind\n of"\n"3"" long";a|b\n\n;\n'
    return [b"sep=,\nKind,Count\nqueen,1\n", quoted, b'a\tb\n"c\td\n', b'a,"b \\" c",\n1,2,3\n']


def archives() -> list[bytes]:
    """Return an archive of each format, after a byte with its number."""
    kinds = (words, books, presentations, workbooks, opendocuments)
    return [bytes([kind]) + each()[0] for kind, each in enumerate(kinds)]


def folders() -> list[bytes]:
    """Return an archive with a folder, a file in it of each kind that is small."""
    text = b"# Bees\n\nBees dance."
    return [
        archive({"a.md": text, "b/c.csv": values()[0], "b/d.html": pages()[0], "e/": b"", "f.srt": subtitles()[0]}),
        archive({"\u00e9.txt": text, "a.eml": mails()[0], "../x.md": text, "g.zip": b"PK", "h.rtf": rich_texts()[0]}),
    ]


def beir_sets() -> list[bytes]:
    """Return a BEIR set in an archive."""
    return [archive(dict(BEIR))]
