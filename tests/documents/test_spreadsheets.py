"""Workbooks and delimited values, each from a real file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from growth import too_long
from hostile_files import within

from qa.documents.formats import Article
from qa.documents.formats.sheets.cells import MAX_CELLS
from qa.documents.formats.sheets.delimited import read_csv
from qa.documents.formats.sheets.xlsx import read_xlsx
from qa.documents.loader import load_bytes
from qa.errors import LoadError

# XlsxWriter ships no types.
Book = Any
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(fill: Callable[[Book], None], **options: object) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, options) as book:
        fill(book)
    return buffer.getvalue()


def with_sheet(data: str, others: Mapping[str, str] | None = None) -> bytes:
    """Return a workbook whose one sheet has this XML as its data."""
    whole = workbook(lambda book: book.add_worksheet("Bees").write(0, 0, "x"))
    sheet = f'<worksheet xmlns="{MAIN}">{data}</worksheet>'
    return within(whole, {SHEET: sheet.encode(), **{name: text.encode() for name, text in (others or {}).items()}})


def read(data: bytes) -> Article:
    return read_xlsx(data, "a.xlsx")


def hive(book: Book) -> None:
    sheet = book.add_worksheet("Hive 1")
    sheet.write(0, 0, "Counts of 2024")
    sheet.write_row(2, 0, ["Kind", "Count", "Share", "Seen", "Price"])
    formats = [None, "#,##0", "0.0%", "d mmm yyyy", '"$"0.00']
    rows = [["queen", 1, 0.00005, date(2024, 5, 1), 12.5], ["worker", 20000, 0.95, date(2024, 5, 2), -3]]
    for at, row in enumerate(rows, start=3):
        for column, value in enumerate(row):
            sheet.write(
                at, column, value, book.add_format({"num_format": formats[column]}) if formats[column] else None
            )
    sheet.write_boolean(5, 0, True)
    sheet.write_formula(5, 1, "=SUM(B4:B5)", None, 20001)


def test_a_sheet_is_a_section_with_its_table_as_shown() -> None:
    document = load_bytes(workbook(hive), "hive.xlsx")
    assert document.text == (
        "## Hive 1\n\nCounts of 2024\n\n"
        "Kind | Count | Share | Seen | Price\n--- | --- | --- | --- | ---\n"
        "queen | 1 | 0.0% | 1 May 2024 | $12.50\n"
        "worker | 20,000 | 95.0% | 2 May 2024 | -$3.00\n"
        "TRUE | 20001 |  |  |"
    )
    assert document.title == "Hive"


@pytest.mark.parametrize("name", ["a.xlsm", "a.XLTX"])
def test_workbooks_have_several_suffixes(name: str) -> None:
    assert load_bytes(workbook(hive), name).text.startswith("## Hive 1\n\nCounts of 2024")


def test_dates_from_1904() -> None:
    def fill(book: Book) -> None:
        book.set_properties({"title": "Old  days"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Day", "x"])
        sheet.write(1, 0, date(1904, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))

    article = read(workbook(fill, date_1904=True))
    assert article.text == "## Sheet1\n\nDay | x\n--- | ---\n1904-01-02 |"
    assert article.title == "Old  days".replace("  ", " ")


def hidden(book: Book) -> None:
    sheet = book.add_worksheet("Seen")
    for row in range(3):
        sheet.write_row(row, 0, [f"a{row}", row])
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.set_column(1, 5, None, None, {"hidden": True})
    for name, hide in (("Away", "hide"), ("Far away", "very_hidden")):
        away = book.add_worksheet(name)
        away.write(0, 0, "secret")
        getattr(away, hide)()


def test_hidden_sheets_are_left_out_and_hidden_rows_are_not() -> None:
    article = read(workbook(hidden))
    assert article.text == "## Seen\n\na0 | 0\na1 | 1\na2 | 2"
    assert article.notes == ("2 hidden sheets left out", "1 hidden row included", "1 hidden column included")


def merged(book: Book) -> None:
    sheet = book.add_worksheet("Bees")
    sheet.merge_range(0, 0, 0, 3, "All bees")
    sheet.merge_range(1, 0, 2, 0, "Region")
    sheet.merge_range(1, 1, 1, 2, "2020")
    sheet.write_row(2, 1, ["Spring", "Fall"])
    sheet.merge_range(3, 0, 4, 0, "North")
    sheet.write_row(3, 1, [1, 2])
    sheet.write_row(4, 1, [3, 4])


def test_a_cell_merged_with_those_below_is_repeated() -> None:
    assert read(workbook(merged)).text == (
        "## Bees\n\nAll bees\n\nRegion | 2020 |\nRegion | Spring | Fall\n--- | --- | ---\nNorth | 1 | 2\nNorth | 3 | 4"
    )


def annotated(book: Book) -> None:
    sheet = book.add_worksheet("Bees")
    sheet.write(0, 0, "Bees")
    sheet.write_comment(0, 0, "Check this")
    sheet.insert_textbox(3, 3, "They dance.\nThey sing.")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Bees!$A$1:$A$2"})
    sheet.insert_chart(5, 5, chart)


def test_what_is_left_out_is_noted() -> None:
    article = read(workbook(annotated))
    assert article.text == "## Bees\n\nBees\n\nThey dance.\n\nThey sing."
    assert article.notes == ("1 chart left out", "comments left out")


DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def test_what_a_drawing_shows_in_older_programs_is_left_out() -> None:
    whole = workbook(annotated)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
    compatibility = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    shown = drawing[drawing.index("<a:p>") : drawing.index("</a:p>") + len("</a:p>")]
    fallback = f'<mc:Fallback xmlns:mc="{compatibility}" xmlns:a="{DRAWING}">{shown}</mc:Fallback>'
    changed = drawing.replace("</xdr:wsDr>", f"{fallback}</xdr:wsDr>").replace(
        "ey dance", "ey</a:t></a:r><a:br/><a:r><a:t>dance"
    )
    article = read(within(whole, {"xl/drawings/drawing1.xml": changed.encode()}))
    assert article.text == "## Bees\n\nBees\n\nThey dance.\n\nThey sing."


def test_formulas_without_a_saved_value_are_counted() -> None:
    cells = '<c r="A1" t="inlineStr"><is><t>Sum</t></is></c><c r="B1"><f>1+1</f></c><c r="C1"><f>1</f><v/></c>'
    article = read(with_sheet(f"<sheetData><row>{cells}</row></sheetData>"))
    assert article.text == "## Bees\n\nSum"
    assert article.notes == ("2 formulas had no saved value; open and save the workbook to keep them",)


def test_rich_text_and_escapes() -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>Be</t></r><r><t>es_x000D_ dance|_xD800_</t></r>'
        "<rPh sb='0' eb='1'><t>hidden</t></rPh></si></sst>"
    )
    sheet = '<sheetData><row><c t="s"><v>0</v></c><c t="e"><v>#N/A</v></c><c t="str"><v>x</v></c></row></sheetData>'
    data = with_sheet(sheet, {"xl/sharedStrings.xml": strings})
    assert read(data).text == "## Bees\n\nBees dance\\| | #N/A | x"


def test_powers_of_ten() -> None:
    def fill(book: Book) -> None:
        raised = book.add_format({"font_script": 1})
        book.add_worksheet("Bees").write_rich_string(0, 0, "10", raised, "6", " bees")

    assert read(workbook(fill)).text == "## Bees\n\n10\u2076 bees"


def test_cells_without_references_follow_each_other() -> None:
    cells = '<c t="inlineStr"><is><t>bee</t></is></c><c/><c><v>3</v></c><c r="F1"><v>6</v></c><c><v>7</v></c>'
    head = "".join(f'<c t="inlineStr"><is><t>{letter}</t></is></c>' for letter in "abcdefg")
    article = read(with_sheet(f"<sheetData><row>{head}</row><row>{cells}</row></sheetData>"))
    assert article.text.endswith("bee |  | 3 |  |  | 6 | 7")


def test_a_long_text_named_by_many_cells_is_refused() -> None:
    strings = f'<sst xmlns="{MAIN}"><si><t>{"bee" * 10_000}</t></si></sst>'
    row = '<c t="s"><v>0</v></c>' * 100
    with pytest.raises(LoadError, match=r"a\.xlsx: has more than 50,000,000 characters in its cells; split it"):
        read(with_sheet(f"<sheetData>{f'<row>{row}</row>' * 20}</sheetData>", {"xl/sharedStrings.xml": strings}))


@pytest.mark.slow
def test_cells_merged_over_and_over_are_refused() -> None:
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 3000))
    merges = '<mergeCell ref="A1:XFD3000"/>' * 10_000
    with pytest.raises(LoadError, match=f"has more than {MAX_CELLS:,} cells with content"):
        read(with_sheet(f"<sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>"))


TOO_MANY_CELLS = "has more than 20,000,000 cells, empty ones included; split it"


def test_many_short_rows_below_a_wide_one_are_refused() -> None:
    with pytest.raises(LoadError, match=TOO_MANY_CELLS):
        load_bytes(b"x," * 1000 + b"x\n" + b"x,y\n" * 20_000, "a.csv")


def test_cells_far_to_the_right_are_refused() -> None:
    rows = "".join(f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>' for row in range(1, 1300))
    with pytest.raises(LoadError, match=TOO_MANY_CELLS):
        read(with_sheet(f"<sheetData>{rows}</sheetData>"))


@pytest.mark.slow
def test_many_rows_and_merged_cells_take_no_time() -> None:
    def read_rows(numbers: str) -> None:
        count = len(numbers)
        rows = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, count))
        merges = "".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(1, count))
        read(with_sheet(f"<sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>"))

    assert not too_long(read_rows, lambda length: "x" * length, 20_000)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda: b"junk", "is damaged or not a workbook; save or download it again", id="no zip"),
        pytest.param(lambda: bytes.fromhex("D0CF11E0A1B11AE1"), "is an old .xls file;", id="old"),
        pytest.param(lambda: with_sheet("<sheetData/>"), "has no text in any visible sheet;", id="empty"),
        pytest.param(
            lambda: with_sheet("<sheetData><row><c t='s'><v>7</v></c></row></sheetData>"),
            "is damaged or not a workbook; save it again as .xlsx",
            id="a text that is not there",
        ),
        pytest.param(
            lambda: with_sheet("<sheetData><row><c><v>x</v></c></row></sheetData>"),
            "is damaged or not a workbook;",
            id="a number that is none",
        ),
    ],
)
def test_workbooks_that_cannot_be_read(make: Callable[[], bytes], problem: str) -> None:
    with pytest.raises(LoadError) as error:
        read(make())
    assert str(error.value).startswith(f"a.xlsx: {problem}")


ROWS = "Kind | Count\n--- | ---\nqueen, old | 1\nworker | 2"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param('Kind,Count\n"queen, old",1\nworker,2\n', ROWS, id="commas"),
        pytest.param("Kind;Count\r\nqueen, old;1\r\nworker;2\r\n", ROWS, id="semicolons"),
        pytest.param("Kind\tCount\nqueen, old\t1\nworker\t2\n", ROWS, id="tabs"),
        pytest.param("Kind|Count\nqueen, old|1\nworker|2\n", ROWS, id="bars"),
        pytest.param('\ufeffKind,Count\n"queen, old",1\nworker,2\n', ROWS, id="a byte order mark"),
        pytest.param("sep=;\nKind;Count\nqueen, old;1\nworker;2\n", ROWS, id="a line that names the delimiter"),
        pytest.param(
            'Size,Kind\n"3"" long","a\nb"\n5,c\n', 'Size | Kind\n--- | ---\n3" long | a b\n5 | c', id="quoted"
        ),
        pytest.param(
            'Size\tKind\n"3" long\tx\n5\ty"\n', 'Size | Kind\n--- | ---\n"3" long | x\n5 | y"', id="not quoted"
        ),
        pytest.param('Kind,Says\nbee,"a \\"b\\", c"\n', 'Kind | Says\n--- | ---\nbee | a "b", c', id="back slashes"),
        pytest.param(
            'Kind, City\nbee, "Paris, F"\n', "Kind | City\n--- | ---\nbee | Paris, F", id="spaces before quotes"
        ),
        pytest.param("Report\n\nKind,Count\nbee,1\n", "Report\n\nKind | Count\n--- | ---\nbee | 1", id="a title"),
        pytest.param("a,b|c\n1,2\n", "a | b\\|c\n--- | ---\n1 | 2", id="a bar in a cell"),
        pytest.param("one\ntwo\n", "- one\n- two", id="one column"),
        pytest.param('Kind,Count\r\r\n"queen, old",1\r\r\nworker,2\r\r\n', ROWS, id="line ends of Python on Windows"),
        pytest.param("Kind,Count\n\n", "Kind | Count", id="names alone"),
        pytest.param("Kind,Count\nbee,1\n,\nAll,1\n", "Kind | Count\n--- | ---\nbee | 1\nAll | 1", id="a total apart"),
        pytest.param(
            "Kind,Count\nbee,1\n\nKind,City\nbee,Ulm\n",
            "Kind | Count\n--- | ---\nbee | 1\n\nKind | City\n--- | ---\nbee | Ulm",
            id="two tables",
        ),
    ],
)
def test_values_become_rows(data: str, text: str) -> None:
    assert load_bytes(data.encode(), "a.csv").text == text


def test_an_unclosed_quote_loses_no_text() -> None:
    assert read_csv(b'a,b\n"c,d\ne,f\n', "a.csv").text == 'a | b\n--- | ---\n"c | d\ne | f'


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.documents.formats.sheets.cells.MAX_CELLS", 20_000)
    load_bytes(b"x" + b"," * 19_999 + b"\n", "a.csv")
    with pytest.raises(LoadError, match=r"a\.csv: has more than 20,000 cells with content; split it"):
        load_bytes(b"," * 20_000 + b",\n", "a.csv")


def test_a_cell_may_be_an_article() -> None:
    story = "Bees dance. " * 20_000
    assert load_bytes(f'Kind,Story\nbee,"{story}"\n'.encode(), "a.csv").text.endswith(f"\nbee | {story.strip()}")
