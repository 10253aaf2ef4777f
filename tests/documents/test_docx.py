"""Word documents, each with the XML for one feature."""

from __future__ import annotations

import pytest
from growth import too_long
from hostile_files import WORD, make_word, within, word

from qa.documents.formats.article import Article
from qa.documents.formats.docx.reader import read_docx
from qa.documents.loader import load_bytes
from qa.errors import LoadError

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
NAMESPACES = {
    "w": WORD,
    "r": RELATIONSHIPS,
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "cx": "http://schemas.microsoft.com/office/drawing/2014/chartex",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "w16se": "http://schemas.microsoft.com/office/word/2015/wordml/symex",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


def relationships(content: str) -> bytes:
    return f'<Relationships xmlns="{PACKAGE_RELATIONSHIPS}">{content}</Relationships>'.encode()


def part(root: str, content: str) -> bytes:
    return f"<{root} {DECLARED}>{content}</{root}>".encode()


def read(body: str, **parts: str) -> Article:
    """Read a document of this body; other parts are given as `kind="<root>content"`, related to it by their kind."""
    files = {"word/document.xml": part("w:document", f"<w:body>{body}</w:body>")}
    related = ""
    for kind, content in parts.items():
        root, _, inner = content.partition(">")
        files[f"word/{kind}.xml"] = part(root.lstrip("<"), inner)
        related += f'<Relationship Id="{kind}" Type="{RELATIONSHIPS}/{kind.rstrip("0123456789")}" Target="{kind}.xml"/>'
    files["word/_rels/document.xml.rels"] = relationships(related)
    return read_docx(within(make_word(""), dict(files)), "a.docx")


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def paragraph(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content if content.startswith('<') else run(content)}</w:p>"


def numbered(text: str, list_id: int, level: int = 0) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>')


def styled(text: str, style: str) -> str:
    return paragraph(text, f'<w:pStyle w:val="{style}"/>')


def cell(content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content if content.startswith('<') else word(content)}</w:tc>"


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def field(instruction: str, result: str) -> str:
    kinds = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    begin, separate, end = kinds
    return f"{begin}<w:r><w:instrText>{instruction}</w:instrText></w:r>{separate}{result}{end}"


BOX = f"<w:txbxContent>{word('In a box.')}</w:txbxContent>"
BOX_TWICE = (
    f"<mc:AlternateContent><mc:Choice>{BOX}</mc:Choice>"
    f"<mc:Fallback><w:pict>{BOX}</w:pict></mc:Fallback></mc:AlternateContent>"
)
FORM_FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r>'
    '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
DROP_DOWN = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="queen"/><w:listEntry w:val="drone"/></w:ddList>'


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            paragraph(f"{run('Bees dance.')}<w:r>{BOX_TWICE}</w:r>"), "Bees dance.\n\nIn a box.", id="text box"
        ),
        pytest.param(
            paragraph(run("10") + run("6", '<w:vertAlign w:val="superscript"/>')), "10\u2076", id="power of ten"
        ),
        pytest.param(paragraph(run("km") + run("2", '<w:vertAlign w:val="superscript"/>')), "km2", id="superscript"),
        pytest.param(
            paragraph(
                "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t><w:softHyphen/><w:t>d&#xAD;e</w:t></w:r>"
            ),
            "a\tb-cde",
            id="tab and hyphens",
        ),
        pytest.param(
            paragraph('<w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'),
            "\u03b1\u2713",
            id="symbols",
        ),
        pytest.param(
            paragraph(
                run("\uf0fc", '<w:rFonts w:ascii="Wingdings"/>')
                + run("\uf061", '<w:rFonts w:ascii="Symbol"/>')
                + run("\uf0fc", '<w:rFonts w:ascii="Arial"/>')
            ),
            "\u2713\u03b1\uf0fc",
            id="symbols as text",
        ),
        pytest.param(
            paragraph(
                '<w:r><mc:AlternateContent><mc:Choice><w16se:symEx w16se:char="1F41D"/></mc:Choice><mc:Fallback>'
                "<w:t>x</w:t></mc:Fallback></mc:AlternateContent></w:r>"
            ),
            "\U0001f41d",
            id="emoji",
        ),
        pytest.param(paragraph(field("HYPERLINK x", run("a link"))), "a link", id="field"),
        pytest.param(paragraph(field(f"IF {field('REF x', run('no'))}", run("yes"))), "yes", id="field in a field"),
        pytest.param(paragraph(run("Page ") + field("PAGE", run("7"))), "Page", id="number of a page"),
        pytest.param(
            word("a") + paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>') + word("b"),
            "a\n\nb",
            id="half a field",
        ),
        pytest.param(
            paragraph(FORM_FIELD.format('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>') + run(" Yes")),
            "\u2612 Yes",
            id="check box",
        ),
        pytest.param(paragraph(FORM_FIELD.format(DROP_DOWN)), "drone", id="drop-down list"),
        pytest.param(
            paragraph(FORM_FIELD.format(DROP_DOWN.replace("<w:listEntry", '<w:default w:val="0"/><w:listEntry', 1))),
            "drone",
            id="drop-down list with a default",
        ),
        pytest.param(
            paragraph(
                "<w:ruby><w:rt><w:r><w:t>x</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>y</w:t></w:r></w:rubyBase></w:ruby>"
            ),
            "y",
            id="ruby",
        ),
        pytest.param(
            paragraph("A heading", '<w:outlineLvl w:val="1"/>') + word("x"), "## A heading\n\nx", id="outline level"
        ),
        pytest.param(paragraph("Body", '<w:outlineLvl w:val="9"/>'), "Body", id="outline level of body text"),
        pytest.param(
            paragraph("Bees ", "<w:rPr><w:del/></w:rPr>") + word("dance."), "Bees dance.", id="deleted paragraph mark"
        ),
        pytest.param(
            paragraph("new", "<w:pPrChange><w:pPr><w:outlineLvl w:val='0'/></w:pPr></w:pPrChange>"),
            "new",
            id="former formatting",
        ),
        pytest.param(
            paragraph('<w:r><w:pict><v:shape><v:textpath string="Honey"/></v:shape></w:pict></w:r>'),
            "Honey",
            id="WordArt",
        ),
        pytest.param(
            "<w:sdt><w:sdtContent>"
            + paragraph(f"{run('In a control, ')}<w:ins>{run('inserted')}</w:ins>")
            + "</w:sdtContent></w:sdt>",
            "In a control, inserted",
            id="insertion in a content control",
        ),
    ],
)
def test_text_of_paragraphs(body: str, text: str) -> None:
    assert read(body).text == text


@pytest.mark.parametrize(
    ("body", "text", "note"),
    [
        pytest.param(
            paragraph(f"{run('a')}<w:del>{run('')}<w:r><w:delText>b</w:delText></w:r></w:del>") * 2,
            "a\n\na",
            "2 tracked deletions were left out",
            id="deletions",
        ),
        pytest.param(
            paragraph(f"{run('a')}<w:moveFrom>{run('b')}</w:moveFrom><w:moveTo>{run('c')}</w:moveTo>"),
            "ac",
            "",
            id="moved",
        ),
        pytest.param(
            paragraph(run("a ") + run("one two", "<w:vanish/>") + run("b", '<w:vanish w:val="0"/>')),
            "a b",
            "2 words of hidden text were left out",
            id="hidden",
        ),
        pytest.param(
            paragraph(run("a") + '<w:r><w:commentReference w:id="0"/></w:r>'),
            "a",
            "1 comment was left out",
            id="comment",
        ),
        pytest.param(
            paragraph(
                run("a") + '<w:r><w:drawing><wp:inline><wp:extent cx="2000000" cy="2000000"/><pic:pic/></wp:inline>'
                '<wp:inline><wp:extent cx="20000" cy="20000"/><pic:pic/></wp:inline></w:drawing></w:r>'
            ),
            "a",
            "1 image was left out",
            id="image and icon",
        ),
        pytest.param(
            paragraph(run("a") + '<w:object><v:imagedata/><o:OLEObject ProgID="Equation.3"/></w:object>'),
            "a",
            "1 equation was left out",
            id="old equation",
        ),
        pytest.param(
            paragraph(run("a") + '<w:object><v:imagedata/><o:OLEObject ProgID="Excel.Sheet.12"/></w:object>'),
            "a",
            "1 embedded file was left out",
            id="embedded file",
        ),
        pytest.param(
            paragraph(run("a") + '<w:r><w:drawing><cx:chart r:id="x"/></w:drawing></w:r>'),
            "a",
            "1 chart was left out",
            id="waterfall chart",
        ),
        pytest.param(
            paragraph(field("TOC x", run("Bees 1"))) + word("a"),
            "a",
            "the table of contents was left out",
            id="contents",
        ),
    ],
)
def test_what_is_left_out_is_noted(body: str, text: str, note: str) -> None:
    article = read(body)
    assert article.text == text
    assert article.notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        pytest.param("<m:f><m:num>{a}</m:num><m:den>{b}</m:den></m:f>", "a/b", id="fraction"),
        pytest.param("<m:f><m:num>{a}{plus}{b}</m:num><m:den>{b}</m:den></m:f>", "(a+b)/b", id="fraction of a sum"),
        pytest.param("<m:sSup><m:e>{a}</m:e><m:sup>{b}</m:sup></m:sSup>", "a^b", id="power"),
        pytest.param(
            "<m:sSubSup><m:e>{a}</m:e><m:sub>{b}</m:sub><m:sup>{a}</m:sup></m:sSubSup>", "a_b^a", id="scripts"
        ),
        pytest.param("<m:rad><m:deg/><m:e>{a}</m:e></m:rad>", "\u221aa", id="root"),
        pytest.param(
            '<m:nary><m:naryPr><m:chr m:val="\u2211"/></m:naryPr><m:sub>{a}</m:sub><m:sup>{b}</m:sup>'
            "<m:e>{a}</m:e></m:nary>",
            "\u2211_a^b a",
            id="sum",
        ),
        pytest.param(
            '<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr><m:e>{a}</m:e></m:d>', "[a]", id="brackets"
        ),
        pytest.param(
            "<m:m><m:mr><m:e>{a}</m:e><m:e>{b}</m:e></m:mr><m:mr><m:e>{b}</m:e></m:mr></m:m>", "[a, b; b]", id="matrix"
        ),
        pytest.param("<w:ins>{a}</w:ins><w:del>{b}</w:del>{plus}", "a+", id="tracked changes"),
        pytest.param("<m:f>" * 100 + "{a}{b}" + "</m:f>" * 100, "/", id="nested 100 deep"),
    ],
)
def test_equations(equation: str, text: str) -> None:
    letters = {name: f"<m:r><m:rPr><m:sty m:val='p'/></m:rPr><m:t>{name}</m:t></m:r>" for name in "ab"}
    body = paragraph(
        f"<m:oMathPara><m:oMath>{equation.format(**letters, plus='<m:r><m:t>+</m:t></m:r>')}</m:oMath></m:oMathPara>"
    )
    assert text in read(body).text


def style(key: str, name: str, more: str = "", kind: str = "paragraph") -> str:
    return f'<w:style w:type="{kind}" w:styleId="{key}"><w:name w:val="{name}"/>{more}</w:style>'


HIDDEN = "<w:rPr><w:vanish/></w:rPr>"
STYLES = "".join(
    (
        "<w:styles>",
        style("berschrift1", "heading 1", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'),
        style("Chapter", "Chapter", '<w:basedOn w:val="berschrift1"/>'),
        style("Titre2", "Titre 2"),
        style("Title", "Title"),
        style("TOC1", "toc 1"),
        style("Loop", "Loop", '<w:basedOn w:val="Loop"/>'),
        style("Secret", "Secret", HIDDEN),
        style("Hidden", "Hidden", HIDDEN, "character"),
        style("Item", "Item", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
        style("Sub", "Sub", '<w:basedOn w:val="Item"/>'),
    )
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(styled("Bees", "berschrift1"), "# Bees", id="localised id"),
        pytest.param(styled("Bees", "Chapter"), "# Bees", id="inherited"),
        pytest.param(styled("Bees", "Titre2"), "## Bees", id="localised name"),
        pytest.param(styled("Bees", "Loop"), "Bees", id="based on itself"),
        pytest.param(styled("Bees", "Missing"), "Bees", id="missing"),
        pytest.param(styled("No", "Secret") + word("a"), "a", id="hidden paragraph"),
        pytest.param(paragraph(run("No", '<w:rStyle w:val="Hidden"/>') + run("a")), "a", id="hidden run"),
        pytest.param(styled("Bees 7", "TOC1") + word("a"), "a", id="contents"),
        pytest.param(paragraph("Bees", '<w:pStyle w:val="Chapter"/><w:outlineLvl w:val="9"/>'), "Bees", id="overruled"),
        pytest.param(styled("a" * 501, "Chapter"), "a" * 501, id="too long for a heading"),
    ],
)
def test_styles(body: str, text: str) -> None:
    assert read(body, styles=STYLES).text == text


def test_title_is_that_in_the_style_of_titles() -> None:
    assert read(styled("Chapter one", "Chapter") + styled("The Bees", "Title"), styles=STYLES).title == "The Bees"


def level(index: int, form: str, text: str, more: str = "") -> str:
    shown = f'<w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/>{shown}{more}</w:lvl>'


def list_of(key: int, levels: int, more: str = "") -> str:
    return f'<w:num w:numId="{key}"><w:abstractNumId w:val="{levels}"/>{more}</w:num>'


LEVELS = (
    (level(0, "decimal", "%1."), level(1, "lowerLetter", "%2)"), level(2, "bullet", "x"), level(3, "decimal", "%1.%4")),
    (level(0, "upperRoman", "Part %1"), level(1, "decimal", "%1.%2", "<w:isLgl/>")),
    (level(0, "decimal", "%1."), level(1, "decimal", "%1.%2", '<w:pStyle w:val="Sub"/>')),
    (level(0, "bullet", " "), level(1, "bullet", " ")),
)
NUMBERING = "".join(
    (
        "<w:numbering>",
        *(
            f'<w:abstractNum w:abstractNumId="{number}">{"".join(levels)}</w:abstractNum>'
            for number, levels in enumerate(LEVELS)
        ),
        list_of(1, 2),
        list_of(2, 0),
        list_of(3, 0, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'),
        list_of(4, 1),
        list_of(5, 3),
    )
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(numbered("a", 2) + numbered("b", 2), "1. a\n2. b", id="numbers"),
        pytest.param(
            numbered("a", 2) + numbered("b", 2, 1) + numbered("c", 2, 2) + numbered("d", 2, 1) + numbered("e", 2),
            "1. a\n   a) b\n      - c\n   b) d\n2. e",
            id="levels",
        ),
        pytest.param(numbered("a", 2) + word("x") + numbered("b", 2), "1. a\n\nx\n\n2. b", id="continued"),
        pytest.param(numbered("a", 2) + numbered("b", 3) + numbered("c", 3), "1. a\n7. b\n8. c", id="restarted"),
        pytest.param(numbered("a", 4) + numbered("b", 4, 1), "Part I a\n       1.1 b", id="legal"),
        pytest.param(numbered("a", 2, 3), "1.1 a", id="level above not counted yet"),
        pytest.param(numbered("a", 9) + numbered("b", 0), "- a\n\nb", id="missing list, and none"),
        pytest.param(
            numbered("a", 2) + numbered("x", 5) + numbered("b", 2, 1) + numbered("y", 5, 1) + numbered("c", 2),
            "1. a\n   x\n   a) b\n      y\n2. c",
            id="bullets of white space",
        ),
        pytest.param(styled("a", "Item") + styled("b", "Sub"), "1. a\n   1.1 b", id="by style"),
        pytest.param(
            paragraph("Bees", '<w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="4"/></w:numPr>'),
            "# Part I Bees",
            id="heading",
        ),
    ],
)
def test_lists_keep_their_numbers(body: str, text: str) -> None:
    assert read(body, numbering=NUMBERING, styles=STYLES).text == text


def reference(kind: str, key: int) -> str:
    return f'<w:r><w:{kind}Reference w:id="{key}"/></w:r>'


FOOTNOTES = (
    f'<w:footnotes><w:footnote w:id="2">{paragraph("<w:r><w:footnoteRef/></w:r>" + run(" See Frisch."))}</w:footnote>'
)
ENDNOTES = f'<w:endnotes><w:endnote w:id="2">{word("Or not.")}</w:endnote>'


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            paragraph(run("They dance.") + reference("footnote", 2) + run(" So.") + reference("endnote", 2))
            + word("x"),
            "They dance.[1] So.[2]\n\n[1] See Frisch.\n\n[2] Or not.\n\nx",
            id="after the paragraph",
        ),
        pytest.param(
            numbered("a", 9).replace("</w:p>", reference("footnote", 2) + "</w:p>") + numbered("b", 9) + word("x"),
            "- a[1]\n- b\n\n[1] See Frisch.\n\nx",
            id="after the list",
        ),
        pytest.param(
            table(cell("a") + cell(paragraph(run("b") + reference("footnote", 2))), cell("c") + cell("d")) + word("x"),
            "a | b[1]\nc | d\n\n[1] See Frisch.\n\nx",
            id="after the table",
        ),
        pytest.param(paragraph(run("a") + reference("footnote", 3)), "a", id="missing"),
    ],
)
def test_notes_follow_what_refers_to_them(body: str, text: str) -> None:
    assert read(body, footnotes=FOOTNOTES, endnotes=ENDNOTES).text == text


SPAN = '<w:gridSpan w:val="{}"/>'
HEADER = "<w:trPr><w:tblHeader/></w:trPr>"
MERGED, CONTINUED = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            table(cell("Kind") + cell("Task") + HEADER, cell("queen") + cell("lays eggs")),
            "Kind | Task\n--- | ---\nqueen | lays eggs",
            id="header row",
        ),
        pytest.param(
            table(cell("Bees", SPAN.format(2)) + HEADER, cell("queen") + cell("1"), cell("king") + cell("0")),
            "Bees |\nqueen | 1\nking | 0",
            id="title row",
        ),
        pytest.param(
            table(cell("a") + cell("b") + cell("c"), cell("d", SPAN.format(2)) + cell("e")),
            "a | b | c\nd |  | e",
            id="over columns",
        ),
        pytest.param(
            table(cell("a", MERGED) + cell("b"), cell("<w:p/>", CONTINUED) + cell("c")), "a | b\na | c", id="over rows"
        ),
        pytest.param(
            table(cell("a", SPAN.format(9)) + cell("b", SPAN.format(9))), "a | b", id="columns that no cell starts in"
        ),
        pytest.param(table(cell("a") + cell("b"), cell("c")), "a | b\nc |", id="short row"),
        pytest.param(
            table(cell("a") + cell("b"), f'<w:trPr><w:gridBefore w:val="1"/></w:trPr>{cell("c")}'),
            "a | b\n | c",
            id="late row",
        ),
        pytest.param(
            table(cell(table(cell("- a") + cell("b|"), cell("c") + cell(""))) + cell("d")),
            "| - a, b\\|; c | d |",
            id="nested",
        ),
        pytest.param(
            table(cell(table(cell("a" * 200) + cell("b" * 200))) + cell("d")),
            f"{'a' * 200} | {'b' * 200}\n\nd",
            id="for layout",
        ),
        pytest.param(table(cell(word("a") + word("b")), cell("c")), "a\n\nb\n\nc", id="one column"),
        pytest.param(
            table(cell(numbered("a", 9) + numbered("b", 2) + paragraph("c", '<w:outlineLvl w:val="0"/>')) + cell("d")),
            "a 1. b c | d",
            id="list and heading in a cell",
        ),
        pytest.param(table(cell("") + cell("")), "", id="empty"),
        pytest.param(
            table(cell(BOX.join(("<w:p><w:r>", "</w:r></w:p>"))) + cell("d")), "In a box. | d", id="text box in a cell"
        ),
    ],
)
def test_tables(body: str, text: str) -> None:
    assert read(body, numbering=NUMBERING).text == text


def test_headers_and_footers_come_last_and_once() -> None:
    page = paragraph(run("Form 7-B\tPage ") + field("PAGE", run("1")) + run(" of ") + field("NUMPAGES", run("9")))
    article = read(
        word("Bees"),
        header1=f"<w:hdr>{word('Bees')}",
        header2=f"<w:hdr>{word('Draft')}",
        footer1=f"<w:ftr>{page}",
        footer2=f"<w:ftr>{page}",
    )
    assert article.text == "Bees\n\n### Headers and footers\n\nDraft\nForm 7-B"


def test_smart_art_is_a_list() -> None:
    points = "".join(
        f'<dgm:pt modelId="{key}" type="{kind}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for key, kind, text in (
            ("0", "doc", ""),
            ("1", "node", "worker"),
            ("2", "node", "queen"),
            ("3", "node", "nurse</a:t></a:r><a:br/><a:r><a:t>bee"),
            ("4", "pres", "no"),
        )
    )
    links = "".join(
        f'<dgm:cxn modelId="c{number}" srcId="{above}" destId="{below}" srcOrd="{number}"/>'
        for number, (above, below) in enumerate((("0", "2"), ("0", "1"), ("1", "3"), ("3", "1")))
    )
    data = f"<dgm:dataModel><dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst>"
    body = paragraph(f'{run("Castes:")}<w:r><w:drawing><dgm:relIds r:dm="diagramData"/></w:drawing></w:r>')
    assert read(body, diagramData=data).text == "Castes:\n\n- queen\n- worker\n  - nurse bee"


def test_documents_of_pictures_alone_are_refused() -> None:
    with pytest.raises(
        LoadError, match=r"a\.docx: has no text \(pictures only\?\); export it as PDF and run OCR first"
    ):
        read(paragraph("<w:r><w:pict><v:imagedata/></w:pict></w:r>"))


def test_charts_are_tables() -> None:
    values = "<c:cat><c:pt idx='0'><c:v>queen</c:v></c:pt></c:cat><c:val><c:pt idx='0'><c:v>1</c:v></c:pt></c:val>"
    series = f"<c:ser><c:tx><c:v>North</c:v></c:tx>{values}</c:ser>"
    chart = f"<c:chartSpace><c:chart><c:plotArea><c:pieChart>{series}</c:pieChart></c:plotArea></c:chart>"
    body = paragraph('<w:r><w:drawing><c:chart r:id="chart"/></w:drawing></w:r>')
    assert read(body, chart=chart).text == "### Chart\n\nCategory | North\nqueen | 1"


@pytest.mark.parametrize(
    ("code", "saved", "shown"),
    [
        ("m/d/yyyy", "37261", "1/5/2002"),
        ("0%", "0.25", "25%"),
        ("General", "20.399999999999999", "20.4"),
        ("0.0", "#N/A", "#N/A"),
    ],
    ids=["date", "percentage", "inexact number", "error"],
)  # fmt: skip
def test_figures_of_charts_are_shown_as_in_the_chart(code: str, saved: str, shown: str) -> None:
    points = f"<c:numCache><c:formatCode>{code}</c:formatCode><c:pt idx='0'><c:v>{saved}</c:v></c:pt></c:numCache>"
    chart = f"<c:chartSpace><c:chart><c:plotArea><c:pieChart><c:ser><c:val>{points}</c:val></c:ser></c:pieChart>"
    body = paragraph('<w:r><w:drawing><c:chart r:id="chart"/></w:drawing></w:r>')
    assert read(body, chart=f"{chart}</c:plotArea></c:chart>").text.endswith(f"| {shown}")


def test_series_with_other_categories_are_tables_of_their_own_below_the_titles() -> None:
    def series(name: str, *labels: str) -> str:
        points = "".join(f"<c:pt idx='{index}'><c:v>{label}</c:v></c:pt>" for index, label in enumerate(labels))
        return f"<c:ser><c:tx><c:v>{name}</c:v></c:tx><c:xVal>{points}</c:xVal><c:yVal>{points}</c:yVal></c:ser>"

    def title(text: str) -> str:
        return f"<c:title><c:tx><c:strRef><c:v>{text}</c:v></c:strRef></c:tx></c:title>"

    axes = f"<c:valAx>{title('Hives')}</c:valAx><c:valAx>{title('Honey (kg)')}</c:valAx>"
    plots = series("North", "1", "2") + series("South", "1", "2", "3") + series("East", "5")
    plot = f"<c:plotArea><c:scatterChart>{plots}</c:scatterChart>{axes}</c:plotArea>"
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in ("Yield", "of 2024"))
    chart = f"<c:chartSpace><c:chart><c:title><c:tx><c:rich>{lines}</c:rich></c:tx></c:title>{plot}</c:chart>"
    body = paragraph('<w:r><w:drawing><c:chart r:id="chart"/></w:drawing></w:r>')
    assert read(body, chart=chart).text == (
        "### Chart: Yield of 2024\n\nAxes: Hives, Honey (kg)\n\n"
        "Category | North | South\n1 | 1 | 1\n2 | 2 | 2\n3 |  | 3\n\n"
        "Category | East\n5 | 5"
    )


def test_inserted_html_is_read_and_other_documents_are_named() -> None:
    related = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONSHIPS}/aFChunk" Target="{name}"/>'
        for name in ("a.html", "b.rtf", "c.mht")
    )
    files = {
        "word/document.xml": part(
            "w:document",
            '<w:body><w:altChunk r:id="a.html"/><w:altChunk r:id="b.rtf"/><w:altChunk r:id="c.mht"/></w:body>',
        ),
        "word/_rels/document.xml.rels": relationships(related),
        "word/a.html": b"<!DOCTYPE html><h1>Bees</h1><p>They <b>dance</b>.",
        "word/b.rtf": b"{}",
        "word/c.mht": b"Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>So.\n--b--\n",
    }
    article = read_docx(within(make_word(""), dict(files)), "a.docx")
    assert (article.text, article.notes) == ("# Bees\n\nThey dance.\n\nSo.", ("1 embedded file was left out",))


def test_strict_template_and_moved_parts_are_read() -> None:
    strict = "http://purl.oclc.org/ooxml"
    body = f'<w:document xmlns:w="{strict}/wordprocessingml/main"><w:body>{word("Bees")}</w:body></w:document>'
    related = (
        f'<Relationship Id="x" Type="{strict}/officeDocument/relationships/officeDocument" Target="Text\\Main.XML"/>'
    )
    files = {
        "text/main.xml": body.encode(),
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": relationships(related),
    }
    assert read_docx(within(make_word(""), dict(files)), "a.docx").text == "Bees"


@pytest.mark.parametrize(
    "main", [b"<a/>", b"", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"], ids=["other XML", "nothing", "document type"]
)
def test_other_files_than_word_documents_are_refused(main: bytes) -> None:
    with pytest.raises(LoadError, match=r"a\.docx: is damaged or not a Word document;"):
        read_docx(within(make_word(""), {"word/document.xml": main}), "a.docx")


def test_the_text_of_a_drawing_follows_the_paragraph_that_anchors_it() -> None:
    shapes = "".join(f"<a:sp><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:sp>" for text in "AB")
    drawing = f"<w:r><w:drawing><a:graphic><a:graphicData>{shapes}</a:graphicData></a:graphic></w:drawing></w:r>"
    assert read(paragraph(drawing + run("See above.")) + paragraph("Next.")).text == "See above.\n\nA\n\nB\n\nNext."


@pytest.mark.slow
def test_time_is_linear_in_paragraphs_and_styles() -> None:
    def read_styled(numbers: str) -> None:
        count = len(numbers)
        styles = "<w:styles>" + "".join(
            style(f"s{number}", f"s{number}", f'<w:basedOn w:val="s{number - 1}"/>') for number in range(count // 6)
        )
        body = "".join(styled("Bees dance on the comb.", f"s{number % (count // 6)}") for number in range(count))
        assert read(body, styles=styles).text.count("Bees") == count

    # python-docx looked each style up again, and took half a minute.
    assert not too_long(read_styled, lambda length: "x" * length, 12_000)


@pytest.mark.slow
def test_a_header_of_numbers_takes_no_time() -> None:
    assert not too_long(
        lambda digits: read(word("x"), header=f"<w:hdr>{word(digits + 'x')}"), lambda length: "1" * length, 100_000
    )


@pytest.mark.slow
def test_fields_that_never_end_take_no_time() -> None:
    unended = field("TIME", run("x")).rpartition("<w:r>")[0]
    assert not too_long(lambda bees: read(paragraph(unended) * len(bees)), lambda length: "x" * length, 10_000)


def test_named_carriage_return_is_a_space() -> None:
    body = part("w:document", f"<w:body>{paragraph('Bees&#13;dance.')}</w:body>")
    assert load_bytes(within(make_word(""), {"word/document.xml": body}), "a.docx").text == "Bees dance."
