"""OpenDocument texts, spreadsheets and presentations."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from made_files import NAMESPACES, make_opendocument

from qa.documents.formats import Article
from qa.documents.formats.opendocument import read_opendocument
from qa.documents.formats.sheets.cells import MAX_CELLS
from qa.documents.loader import load_bytes
from qa.errors import LoadError


def read(body: str, styles: str = "") -> Article:
    return read_opendocument(make_opendocument(body, styles), "a.odt")


def text(body: str, styles: str = "") -> str:
    return read(f"<office:text>{body}</office:text>", styles).text


def cells(*texts: str) -> str:
    made = (f"<table:table-cell><text:p>{each}</text:p></table:table-cell>" for each in texts)
    return f"<table:table-row>{''.join(made)}</table:table-row>"


TITLE = '<style:style style:name="P1" style:parent-style-name="Title"/>'
NUMBERED = (
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1"/>'
    '<text:list-level-style-bullet text:level="2"/></text:list-style>'
)
LEVELS = (
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="I"/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/>'
    '<text:list-level-style-number text:level="3" style:num-format="1" text:display-levels="2"/></text:list-style>'
)
OUTLINE = (
    '<text:outline-style><text:outline-level-style text:level="1" style:num-format="1" style:num-suffix="."/>'
    '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>'
    '<text:outline-level-style text:level="3" style:num-format=""/></text:outline-style>'
)
ITEM = "<text:list-item><text:p>{}</text:p></text:list-item>"
NOTE = (
    "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p><text:p>More."
    "</text:p></text:note-body></text:note>"
)
BOX = "<draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame>"


@pytest.mark.parametrize(
    ("body", "styles", "expected"),
    [
        pytest.param(
            '<text:h text:outline-level="2">Bees</text:h><text:p>They\n dance.</text:p>',
            "",
            "## Bees\n\nThey dance.",
            id="heading",
        ),
        pytest.param('<text:h text:outline-level="x">Bees</text:h><text:h/>', "", "# Bees", id="heading of no level"),
        pytest.param("<text:p>Be\u00ades</text:p>", "", "Bees", id="soft hyphen"),
        pytest.param('<text:p text:style-name="P1">Bees</text:p>', TITLE, "# Bees", id="title"),
        pytest.param(
            'a<text:p>A<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d<text:s text:c="9999999999"/></text:p>',
            "",
            "A b c\nd",
            id="white space",
        ),
        pytest.param(
            f"<text:list>{ITEM.format('a')}<text:list-item><text:p>b</text:p><text:p>c</text:p>"
            f"<text:list>{ITEM.format('d')}</text:list></text:list-item></text:list>",
            "",
            "- a\n- b\n  c\n  - d",
            id="list",
        ),
        pytest.param(
            f'<text:list text:style-name="L1">{ITEM.format("a")}</text:list><text:p>So</text:p>'
            f'<text:list text:style-name="L1" text:continue-numbering="true">{ITEM.format("b")}</text:list>',
            NUMBERED,
            "1. a\n\nSo\n\n2. b",
            id="numbers that go on",
        ),
        pytest.param(
            f'<text:list text:style-name="L1"><text:list-item text:start-value="5"><text:p>a</text:p></text:list-item>'
            f"{ITEM.format('b')}</text:list>",
            NUMBERED,
            "5. a\n6. b",
            id="numbers that start anew",
        ),
        pytest.param(
            f'<text:list text:style-name="L1">{ITEM.format("a")}</text:list>',
            NUMBERED.replace('level="1"', 'level="1" text:start-value="3"'),
            "3. a",
            id="numbers that start late",
        ),
        pytest.param(
            '<text:p>10<text:span text:style-name="T1">6</text:span><text:span>7</text:span></text:p>',
            '<style:style style:name="T1"><style:text-properties style:text-position="super 58%"/></style:style>',
            "10\u20767",
            id="power of ten",
        ),
        pytest.param(
            f'<text:list text:style-name="L1"><text:list-item><text:p>a</text:p><text:list text:style-name="L2">'
            f"{ITEM.format('b')}</text:list></text:list-item></text:list>",
            NUMBERED,
            "1. a\n   - b",
            id="list in a numbered one",
        ),
        pytest.param(
            f'<text:list text:style-name="L1"><text:list-item><text:p>a</text:p><text:list>{ITEM.format("b")}'
            f"<text:list-item><text:p>c</text:p><text:list>{ITEM.format('d')}</text:list></text:list-item></text:list>"
            f"</text:list-item>{ITEM.format('e')}</text:list>",
            LEVELS,
            "I a\n  (a) b\n  (b) c\n      b.1 d\nII e",
            id="labels of several kinds",
        ),
        pytest.param(
            f'<text:list text:style-name="L1"><text:list-item><text:p>a</text:p><text:list>{ITEM.format("b")}'
            '</text:list></text:list-item></text:list><text:p>So</text:p><text:list text:style-name="L1" '
            f'text:continue-numbering="true"><text:list-item><text:list>{ITEM.format("c")}</text:list></text:list-item>'
            f"{ITEM.format('d')}</text:list>",
            LEVELS,
            "I a\n  (a) b\n\nSo\n\n(b) c\nII d",
            id="list in an item goes on",
        ),
        pytest.param(
            '<text:h text:outline-level="1">A</text:h><text:h text:outline-level="2">B</text:h><text:h/>'
            '<text:h text:is-list-header="true">C</text:h><text:h text:outline-level="3">D</text:h>'
            '<text:h text:outline-level="2">E</text:h><text:h>F</text:h><text:h text:outline-level="2">G</text:h>',
            OUTLINE,
            "# 1. A\n\n## 1.1 B\n\n# C\n\n### D\n\n## 1.2 E\n\n# 2. F\n\n## 2.1 G",
            id="numbers of headings",
        ),
        pytest.param(
            f'<text:list text:style-name="L1">{ITEM.format("x").replace("text:p", "text:h")}</text:list>',
            LEVELS,
            "# I x",
            id="numbers of headings in a list",
        ),
        pytest.param(
            "<text:list><text:list-item><text:h>Bees</text:h></text:list-item></text:list>",
            "",
            "# Bees",
            id="heading in a list",
        ),
        pytest.param(
            f"<table:table>{cells('a', 'b|c')}{cells('d', '')}</table:table>", "", "a | b\\|c\nd |", id="table"
        ),
        pytest.param(
            f"<table:table>{cells('#1', 'b').replace('text:p>b</text:p', 'text:h>b</text:h')}</table:table>",
            "",
            "#1 | b",
            id="number sign and heading in a table",
        ),
        pytest.param(
            f"<table:table><table:table-header-rows>{cells('a', 'b')}</table:table-header-rows>{cells('c', 'd')}"
            "</table:table>",
            "",
            "a | b\n--- | ---\nc | d",
            id="table with a header",
        ),
        pytest.param(
            f"<table:table><table:table-header-rows>{cells('Bees', '')}</table:table-header-rows>{cells('c', 'd')}"
            "</table:table>",
            "",
            "Bees |\nc | d",
            id="title row marked as a header",
        ),
        pytest.param(
            '<table:table><table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>a</text:p>'
            "</table:table-cell><table:covered-table-cell/><table:table-cell><text:p>b</text:p></table:table-cell>"
            '</table:table-row><table:table-row><table:covered-table-cell table:number-columns-repeated="2"/>'
            "<table:table-cell><text:p>c</text:p></table:table-cell></table:table-row></table:table>",
            "",
            "a | b\na | c",
            id="cells over others",
        ),
        pytest.param(
            f"<table:table><table:table-row><table:table-cell><table:table>{cells('a', 'b')}{cells('d', '', 'e')}"
            "</table:table><text:p>f</text:p></table:table-cell><table:table-cell><text:p>c</text:p></table:table-cell>"
            "</table:table-row></table:table>",
            "",
            "a, b; d, e f | c",
            id="table in a table",
        ),
        pytest.param(
            f"<text:p>Bees{NOTE} dance.</text:p><text:p>So.</text:p>",
            "",
            "Bees[1] dance.\n\n[1] A note. More.\n\nSo.",
            id="note",
        ),
        pytest.param(f"<text:p>Bees {BOX}dance.</text:p>", "", "Bees dance.\n\nIn a box.", id="text box"),
        pytest.param(f"{BOX}<text:p>Bees.</text:p>", "", "In a box.\n\nBees.", id="text box of a page"),
        pytest.param(
            "<text:tracked-changes><text:deletion><text:p>Gone.</text:p></text:deletion></text:tracked-changes>"
            "<text:table-of-content><text:p>Bees 1</text:p></text:table-of-content><text:p>Bees<text:ruby>"
            "<text:ruby-base> dance</text:ruby-base><text:ruby-text>x</text:ruby-text></text:ruby>.</text:p>",
            "",
            "Bees dance.",
            id="what is left out",
        ),
    ],
)  # fmt: skip
def test_a_text_keeps_its_structure(body: str, styles: str, expected: str) -> None:
    assert text(body, styles) == expected


def test_what_is_left_out_is_noted() -> None:
    body = (
        "<text:p>Bees<office:annotation><text:p>Really?</text:p></office:annotation><draw:frame><draw:object/>"
        '<draw:image svg:x="./ObjectReplacements/1"/></draw:frame><draw:frame><draw:image/></draw:frame></text:p>'
        "<text:table-of-content><text:p>Bees 1</text:p></text:table-of-content>"
    )
    article = read(f"<office:text>{body}</office:text>")
    assert article.text == "Bees"
    assert article.notes == (
        "1 comment left out",
        "1 embedded object left out",
        "1 picture left out",
        "tables of contents and indexes were left out",
    )


@pytest.mark.parametrize(
    ("content", "expected", "notes"),
    [
        pytest.param(
            '<?xml version="1.0"?><math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><msup><mi>c</mi><mn>2</mn>'
            "</msup><annotation>c^{2}</annotation></semantics></math>",
            "so c^2 holds",
            (),
            id="formula",
        ),
        pytest.param(
            "<office:document><math/></office:document>", "so holds", ("1 embedded object left out",), id="other"
        ),
    ],
)
def test_embedded_formulas_are_read(content: str, expected: str, notes: tuple[str, ...]) -> None:
    link = 'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="./Object 1"'
    body = f"<office:text><text:p>so <draw:frame><draw:object {link}/></draw:frame> holds</text:p></office:text>"
    article = read_opendocument(make_opendocument(body, others={"Object 1/content.xml": content}), "a.odt")
    assert (article.text, article.notes) == (expected, notes)


def test_headers_and_footers_of_a_text_come_last() -> None:
    header = "<style:header><text:p>Bees<text:tab/>Draft of <text:date>2 May</text:date></text:p></style:header>"
    first = "<style:header-first><text:p>Hive report</text:p><text:p>Draft of</text:p></style:header-first>"
    footer = (
        "<style:footer><text:p>Page <text:page-number>1</text:page-number></text:p><text:p>Ann</text:p></style:footer>"
    )
    page = f"<style:master-page>{footer}{header}{first}<draw:frame><text:p>No</text:p></draw:frame></style:master-page>"
    styles = f"<office:document-styles {NAMESPACES}><office:master-styles>{page}</office:master-styles>"
    others = {"styles.xml": f"{styles}</office:document-styles>"}

    def loaded(kind: str, inside: str) -> str:
        made = make_opendocument(f"<office:{kind}>{inside}</office:{kind}>", others=others)
        return read_opendocument(made, "a.odt").text

    assert loaded("text", "<text:p>Bees</text:p>") == "Bees\n\n### Headers and footers\n\nDraft of\nHive report\nAnn"
    assert "Hive report" not in loaded("spreadsheet", f'<table:table table:name="a">{cells("b", "c")}</table:table>')


def test_mark_of_a_note_is_written_once() -> None:
    note = f"<text:note><text:note-citation>{'x' * 9_000}</text:note-citation>{'<text:note-body/>' * 9_000}</text:note>"
    assert len(read(f"<office:text><text:p>Bees{note}</text:p></office:text>").text) < 100_000


def test_messages_for_the_input_of_cells_are_left_out() -> None:
    message = "<table:help-message><text:p>Enter a number</text:p></table:help-message>"
    rules = f"<table:content-validations>{message}</table:content-validations>"
    sheet = f'<table:table table:name="Bees">{cells("queen", "1")}</table:table>'
    assert read(f"<office:spreadsheet>{rules}{sheet}</office:spreadsheet>").text == "## Bees\n\nqueen | 1"


def test_each_visible_sheet_is_a_section() -> None:
    hide = '<style:style style:name="t2"><style:table-properties table:display="false"/></style:style>'
    value = '<table:table-cell office:value="5"/><table:table-cell table:number-columns-repeated="16380"/>'
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    sheets = (
        f'<table:table table:name="Hive 1">{cells("Kind", "Count")}{cells("queen", "1")}'
        f'<table:table-row table:number-rows-repeated="1000000">{empty}</table:table-row>'
        f'<table:table-row table:visibility="filter">{value}</table:table-row></table:table>'
        f'<table:table table:name="Away" table:style-name="t2">{cells("secret")}</table:table>'
    )
    article = read(f"<office:spreadsheet>{sheets}</office:spreadsheet>", hide)
    assert article.text == "## Hive 1\n\nKind | Count\n--- | ---\nqueen | 1\n\n5"
    assert article.notes == ("1 hidden row included", "1 hidden sheet left out")
    assert article.title is None


@pytest.mark.parametrize(
    "sheet",
    [
        '<table:table-row table:number-rows-repeated="9000000"><table:table-cell><text:p>x</text:p>',
        '<table:table-row table:number-rows-repeated="9000"><table:table-cell table:number-columns-repeated="900">'
        "<text:p>x</text:p>",
    ],
    ids=["rows", "rows of cells"],
)  # fmt: skip
@pytest.mark.slow
def test_too_many_repeated_cells_are_refused(sheet: str) -> None:
    table = f"<table:table>{sheet}</table:table-cell></table:table-row></table:table>"
    with pytest.raises(LoadError, match=f"has more than {MAX_CELLS:,} cells"):
        read(f"<office:spreadsheet>{table}</office:spreadsheet>")


def test_slides_are_pages() -> None:
    def frame(kind: str, content: str) -> str:
        box = f"<draw:text-box>{content}</draw:text-box>"
        return f'<draw:frame presentation:class="{kind}">{box}</draw:frame>'

    def slide(title: str, words: str, notes: str) -> str:
        shown = frame("title", f"<text:p>{title}</text:p>") + frame("", f"<text:list>{ITEM.format(words)}</text:list>")
        number = frame("page-number", "<draw:frame/><text:p>7</text:p>")
        notes_frame = f"<presentation:notes>{frame('notes', f'<text:p>{notes}</text:p>')}</presentation:notes>"
        return f"<draw:page>{shown}{number}{notes_frame}</draw:page>"

    slides = slide("Bees", "They dance.", "Say so.") + slide("More", "Yes", "")
    body = f"<office:presentation>{slides}</office:presentation>"
    document = load_bytes(make_opendocument(body), "a.odp")
    assert document.text == "# Bees\n\n- They dance.\n\n### Notes:\n\nSay so.\n\n# More\n\n- Yes"
    assert [document.text[start:][:6] for start in document.page_starts] == ["# Bees", "# More"]
    assert document.title == "Bees"


def test_the_title_is_that_of_the_properties() -> None:
    data = make_opendocument("<office:text><text:h>Bees</text:h></office:text>", title="All  bees")
    assert load_bytes(data, "a.odt").title == "All bees"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda: b"junk", "is damaged or not an OpenDocument file;", id="no zip"),
        pytest.param(lambda: make_opendocument("<office:text/>"), "has no text", id="empty"),
        pytest.param(lambda: make_opendocument("<office:text>"), "is damaged or not an OpenDocument file;", id="cut"),
        pytest.param(
            lambda: make_opendocument(
                "", others={"META-INF/manifest.xml": f"<manifest:encryption-data {NAMESPACES}/>"}
            ),
            "is encrypted; remove the password",
            id="encrypted",
        ),
    ],
)
def test_files_that_cannot_be_read(make: Callable[[], bytes], problem: str) -> None:
    with pytest.raises(LoadError) as error:
        read_opendocument(make(), "a.odt")
    assert str(error.value).startswith(f"a.odt: {problem}")


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "a.odt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(LoadError, match=r"a\.odt: is damaged or not an OpenDocument file;"):
        read_opendocument(path.read_bytes(), "a.odt")


@pytest.mark.slow
def test_rows_that_are_empty_to_the_last_column_take_no_time() -> None:
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    covered = '<table:covered-table-cell table:number-columns-repeated="16384"/>'
    cell = "<table:table-cell><text:p>x</text:p></table:table-cell>"

    def seconds(row: str) -> float:
        started = time.process_time()
        article = read(f"<office:spreadsheet><table:table>{row * 5_000}</table:table></office:spreadsheet>")
        assert article.text.count("- x") == 5_000
        return time.process_time() - started

    short = f"<table:table-row>{cell}</table:table-row>"
    wide = f"<table:table-row>{cell}{empty}{covered}</table:table-row>"
    # A machine that is busy for a moment does not decide.
    assert any(seconds(wide) < 5 * seconds(short) for _ in range(3))
