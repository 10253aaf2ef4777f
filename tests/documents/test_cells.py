"""Rows of cells -> tables in text, and numbers as a spreadsheet displays them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hostile_files import make_word, word
from hypothesis import given
from hypothesis import strategies as st
from made_files import make_epub, make_opendocument, make_pptx, make_xlsx

from documents.test_opendocument import cells
from qa.documents.formats.blocks import merged_text
from qa.documents.formats.markup import html_text
from qa.documents.formats.sheets.cells import CellCounter, cell_text, tables
from qa.documents.formats.sheets.number_formats import format_number
from qa.documents.loader import load_bytes
from qa.documents.tables import Table
from qa.types import Document

BARRED = [["1. Ann", "x|y | z"], ["- Bob", "| w"], ["Eve", "v"]]
ACCOUNTING = '_($* #,##0_);_($* (#,##0);_($* "-"??_);_(@_)'


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1234.5, "General", "1234.5"),
        (0.1 + 0.2, "General", "0.3"),
        (3, "General", "3"),
        (5, 'General" kg"', "5 kg"),
        (-5, '"x "General', "-x 5"),
        (-5, 'General;"minus "General', "minus 5"),
        (1.5, '# ?/?" kg"', "1.5 kg"),
        (-0.0, "General", "0"),
        (99999999999.5, "General", "100000000000"),
        (-12345678901.25, "General", "-12345678901"),
        (123456789012, "General", "123456789012"),
        (1234.5, "#,##0.00", "1,234.50"),
        (-1234.5, "#,##0.0", "-1,234.5"),
        (0.256, "0.0%", "25.6%"),
        (-0.3, "0%", "-30%"),
        (2.675, "0.00", "2.68"),
        (2.5, "0", "3"),
        (-0.001, "0.00", "0.00"),
        (100, "#,##0.###", "100"),
        (3, "00000", "00003"),
        (0.5, "#.##", ".5"),
        (1_000_000, '#,##0,,"M"', "1M"),
        (-1234, ACCOUNTING, "$(1,234)"),
        (0, ACCOUNTING, "$-"),
        (-5.5, '"$"#,##0.00', "-$5.50"),
        (1234.5, "[$\u20ac-407] #,##0.00", "\u20ac 1,234.50"),
        (5, '0 "kg"', "5 kg"),
        (-5, "0;[Red]0", "5"),
        (5551234, "000-0000", "555-1234"),
        (1, '"Yes";"No"', "Yes"),
        (5, '[<10]0" few";0" many"', "5 few"),
        (50, '[<10]0" few";0" many"', "50 many"),
        (12345678, "0.00E+00", "1.23E+07"),
        (0.5, "# ?/?", "0.5"),
        (43831, "d mmm yyyy", "1 Jan 2020"),
        (43831, "[$-409]dddd, mmmm dd, yyyy", "Wednesday, January 01, 2020"),
        (43831.75, "m/d/yy h:mm", "1/1/20 18:00"),
        (0.5, "h:mm AM/PM", "12:00 PM"),
        (0.5 / 86_400, "mm:ss.0", "00:00.5"),
        (1.5, "[h]:mm", "36:00"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (61, "yyyy-mm-dd", "1900-03-01"),
        (-1, "yyyy-mm-dd", "-1"),
        (1e300, "0.00", "1e+300"),
    ],
)
def test_a_number_is_as_the_sheet_shows_it(value: float, code: str, text: str) -> None:
    assert format_number(value, code) == text


def test_days_can_be_counted_from_1904() -> None:
    assert format_number(0, "yyyy-mm-dd", from_1904=True) == "1904-01-01"


@given(st.floats(), st.text(alphabet='0#?.,/%E+-eymdhs[]$;"\\_*@<>=AP/M ', max_size=30))
def test_no_format_code_is_an_error(value: float, code: str) -> None:
    assert isinstance(format_number(value, code), str)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        pytest.param(
            [["Kind", "Count"], ["queen", "1"], ["worker", "20,000"]],
            "Kind | Count\n--- | ---\nqueen | 1\nworker | 20,000",
            id="a header above figures",
        ),
        pytest.param(
            [["Name", "Home", "Job"], ["Ann", "Rome", "-"]],
            "Name | Home | Job\n--- | --- | ---\nAnn | Rome | -",
            id="a header above texts",
        ),
        pytest.param(
            [["Name", "Ann"], ["Home", "Rome"], ["Age", "5"]], "Name | Ann\nHome | Rome\nAge | 5", id="a form"
        ),
        pytest.param([["1", "2"], ["3", "4"]], "1 | 2\n3 | 4", id="figures alone"),
        pytest.param(
            [["a", "2019", "2020"], ["b", "1", "2"]], "a | 2019 | 2020\n--- | --- | ---\nb | 1 | 2", id="years"
        ),
        pytest.param([["1914", "war"], ["1918", "peace"]], "1914 | war\n1918 | peace", id="a column of years"),
        pytest.param(
            [["Sales"], ["in units"], ["a", "b"], ["1", "2"], ["Total"], ["Source: a long report"], [], ["Alone"]],
            "Sales\n\nin units\n\na | b\n--- | ---\n1 | 2\nTotal |\n\nSource: a long report\n\nAlone",
            id="what is alone in its row",
        ),
        pytest.param(
            [["", "a", "", "b"], ["", "1", "", "2"], ["Europe"], ["", "3", "", "4"]],
            " | a | b\n--- | --- | ---\n | 1 | 2\nEurope |  |\n | 3 | 4",
            id="empty columns",
        ),
        pytest.param([["x"], ["y"]], "- x\n- y", id="one column"),
        pytest.param(
            [["#", "Name", "Age"], ["1. ", "Ann", "5"], ["- ", "Bob", "6"]],
            "| # | Name | Age |\n| --- | --- | --- |\n| 1.  | Ann | 5 |\n| -  | Bob | 6 |",
            id="cells that would be marks",
        ),
        pytest.param(
            [["", "2020", "", "2021"], ["Bee", "Q1", "Q2", "Q1"], ["queen", "1", "2", "3"]],
            " | 2020 |  | 2021\nBee | Q1 | Q2 | Q1\n--- | --- | --- | ---\nqueen | 1 | 2 | 3",
            id="two rows of headers",
        ),
        pytest.param([], "", id="nothing"),
    ],
)
def test_rows_become_tables(rows: list[list[str]], text: str) -> None:
    assert "\n\n".join(tables(rows, CellCounter("a.csv"))) == text


def test_a_wide_table_is_several_with_the_first_column_in_each() -> None:
    rows = [[f"c{column}" for column in range(600)], *[[str(row), *["5"] * 599] for row in range(3)]]
    document = Document("a.csv", "\n\n".join(tables(rows, CellCounter("a.csv"))), "A", "a.csv")
    assert [table.columns[:2] for table in document.tables] == [("c0", "c1"), ("c0", "c256"), ("c0", "c512")]
    assert [len(table.columns) for table in document.tables] == [256, 257, 89]


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        pytest.param([["#", "Name"], ["7", "Ann"], ["8", ""]], [["#: 7", "Name: Ann"], ["#: 8"]], id="a sign"),
        pytest.param(
            [["", "2020", "", "2021"], ["Bee", "Q1", "Q2", "Q1"], ["queen", "1", "", "3"]],
            [["Bee: queen", "2020 Q1: 1", "2021 Q1: 3"]],
            id="two rows of headers",
        ),
        pytest.param([["\u2022 x", "n"], ["y", "2"]], [["\u2022 x: y", "n: 2"]], id="a bullet"),
        pytest.param([["Q: x", "n?"], ["y", "2"]], [["Q: x: y", "n?: 2"]], id="a question"),
        pytest.param([["", "a", "b"], ["x", "1|2", "3"]], [["x", "a: 1\\|2", "b: 3"]], id="an empty corner"),
    ],
)
def test_each_cell_is_read_with_its_header(rows: list[list[str]], read: list[list[str]]) -> None:
    text = "\n\n".join(tables([[cell_text(cell) for cell in row] for row in rows], CellCounter("a.csv")))
    document = Document("a.csv", text, "A", "a.csv")
    (table,) = document.tables
    found = [[cell.before + text[cell.start : cell.end] for cell in table.read(*line)] for line in lines(table)]
    assert [[cell.strip("; ") for cell in line] for line in found] == read


def lines(table: Table) -> list[tuple[int, int]]:
    return [(row[0][0], row[-1][1]) for row in table.rows()]


@given(st.lists(st.lists(st.text().map(cell_text), max_size=4), max_size=6))
def test_no_cell_is_lost(rows: list[list[str]]) -> None:
    text = "\n\n".join(tables(rows, CellCounter("a.csv")))
    assert all(cell in text.replace("\\|", "|") for row in rows for cell in row)


def test_a_cell_is_one_line() -> None:
    assert cell_text("a\n b\u00ad\t|\x00c\ud800") == "a b |c"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        pytest.param("<td rowspan=2>a<td>b<tr><td>c", "a | b\na | c", id="over a row"),
        pytest.param("<td>a<td rowspan=2>b<tr><td>c<tr><td>d<td>e", "a | b\nc | b\nd | e", id="over a row at the end"),
        pytest.param("<td>a<td>b<td>c<tr><td colspan=2>d<td>e", "a | b | c\nd |  | e", id="over a column"),
        pytest.param("<td>a<td>b<tr><td colspan=2>d<tr><td>e<td>f", "a | b\nd\ne | f", id="over the whole row"),
        pytest.param(
            "<td>a<td rowspan=3 colspan=2>b<td>c<tr><td>d<td>e<tr><tr><td>f",
            "a | b | c\nd | b | e\nf",
            id="over rows and columns",
        ),
        pytest.param(
            "<td><td colspan=3>2024<td><td colspan=3>Share<tr><td>Rent<td>$<td>1,200<td><td><td colspan=2>27<td>%"
            "<tr><td>Loss<td>$<td>(40<td>)<td><td colspan=2>9<td>%<tr><td>Food<td colspan=2>300<td><td><td>-<td><td>",
            " | 2024 | Share\nRent | $1,200 | 27%\nLoss | $(40) | 9%\nFood | 300 | -",
            id="for signs and space",
        ),
        pytest.param("<td>a<td>$<td>1<tr><td>b<td>$<td>2", "a | $1\nb | $2", id="for signs, without names"),
        pytest.param("<td>Sign<td>Rate<tr><td>$<td>1.1", "Sign | Rate\n$ | 1.1", id="of signs"),
        pytest.param(
            "<td>a<td rowspan=2>b<tr><td colspan=2>c<tr><td>d<td>e", "a | b\nc | b\nd | e", id="below one over columns"
        ),
        pytest.param("<td rowspan=x colspan=-1>a<td>b<tr><td rowspan=0>c<td>d", "a | b\nc | d", id="no numbers"),
        pytest.param("<td>a<td>b<tr><td>c<td><table><tr><td>d<td>e</table>", "a | b\n\nc\n\nd | e", id="table"),
        pytest.param(
            "<td>a<td>b<tr><td><pre>1\n2</pre><td><pre>if a:\n  b</pre>",
            "a | b\n\n```\n1\n2\n```\n\n```\nif a:\n  b\n```",
            id="lines of code",
        ),
        pytest.param("<td><pre>a</pre><td>b", "| ``` a ``` | b |", id="one line of code"),
    ],
)
def test_cells_of_a_page_that_span_others_or_frame_something(rows: str, text: str) -> None:
    assert html_text(f"<table><tr>{rows}</table>") == text


@pytest.mark.parametrize(("own", "above", "shown"), [("", "a", "a"), ("b", "a", "b"), ("", "a" * 301, "")])
def test_a_cell_that_continues_the_one_above_repeats_it_unless_it_is_long(own: str, above: str, shown: str) -> None:
    assert merged_text(own, above) == shown


def test_a_cell_over_endless_rows_is_repeated_in_some() -> None:
    text = html_text(f"<table><tr>{'<td rowspan=65534>bee' * 200}{'<tr><td>x' * 10_000}</table>")
    assert 1_000_000 < len(text) < 1_200_000


OF_WORD = "".join(f"<w:tr>{''.join(f'<w:tc>{word(cell)}</w:tc>' for cell in row)}</w:tr>" for row in BARRED)
OF_PAGE = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in BARRED)
OF_TEXT = f"<table:table>{''.join(cells(*row) for row in BARRED)}</table:table>"
OF_RTF = "".join(rf"\trowd\cellx1\cellx2\intbl {first}\cell {second}\cell\row" for first, second in BARRED)
WITH_BARS: dict[str, Callable[[], bytes]] = {
    "a.docx": lambda: make_word(f"<w:tbl>{OF_WORD}</w:tbl>"),
    "a.pptx": lambda: make_pptx(("Bees", ""), table=BARRED),
    "a.html": f"<main><p>{'Bees dance. ' * 20}</p><table>{OF_PAGE}</table></main>".encode,
    "a.epub": lambda: make_epub(f"<p>Bees.</p><table>{OF_PAGE}</table>"),
    "a.rtf": rf"{{\rtf1 {OF_RTF}}}".encode,
    "a.odt": lambda: make_opendocument(f"<office:text>{OF_TEXT}</office:text>"),
    "a.xlsx": lambda: make_xlsx(BARRED),
    "a.csv": lambda: "\n".join(map(",".join, BARRED)).encode(),
}


@pytest.mark.parametrize("name", WITH_BARS)
def test_a_bar_in_a_cell_separates_no_cells_and_a_number_starts_no_list(name: str) -> None:
    document = load_bytes(WITH_BARS[name](), name)
    (table,) = document.tables
    rows = [*table.header(), *table.rows()]
    read = [[document.text[slice(*cell)].replace("\\|", "|") for cell in row] for row in rows]
    assert read == BARRED
