from __future__ import annotations

import pytest
from conftest import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.documents.chunking import split
from qa.documents.structure import blocks, may_have_tables
from qa.documents.tables import Table, as_read, cells_at, read_row, table_excerpt, tables_of
from qa.text.lines import one_line
from qa.types import Document

RULED = "Country | Capital | Population\n--- | --- | ---\nFrance | Paris | 68 million\nLiechtenstein |  | 40,000\n"


def document(text: str, name: str = "a.txt", pages: tuple[int, ...] = ()) -> Document:
    return Document(name, text, "A", name, pages)


def read(text: str, name: str = "a.txt", pages: tuple[int, ...] = ()) -> list[str]:
    """Return the text that the reader gets for each row of the tables."""
    made = document(text, name, pages)
    spans = [(row[0][0], row[-1][1]) for table in made.tables for row in table.rows()]
    return [read_row(made, span) or text[slice(*span)] for span in spans]


def only(text: str) -> Table:
    (table,) = document(text).tables
    return table


def test_a_table_gives_its_header_and_the_span_of_every_cell() -> None:
    text = f"# Europe\n\nSome facts.\n\n{RULED}\nMore words.\n"
    table = only(text)
    assert text[table.start : table.end].strip() == RULED.strip()
    assert [[text[slice(*cell)] for cell in row] for row in table.header()] == [["Country", "Capital", "Population"]]
    assert [[text[slice(*cell)] for cell in row] for row in table.rows()] == [
        ["France", "Paris", "68 million"],
        ["Liechtenstein", "", "40,000"],
    ]
    assert (table.columns, table.ruled) == (("Country", "Capital", "Population"), True)


def test_a_document_carries_its_tables() -> None:
    text = f"{RULED}\nMore words.\n\nx | 1\ny | 2\n"
    made = document(text)
    first, second = made.tables
    assert made.tables is made.tables
    assert [*first.values()] == [("France", "Paris", "68 million"), ("Liechtenstein", "", "40,000")]
    assert [*second.values()] == [("x", "1"), ("y", "2")]
    assert made.tables.at(text.index("Paris")) is first
    assert made.tables.at(text.index("More")) is None
    assert document("No table.").tables == ()


def test_a_row_is_read_with_the_names_of_its_columns() -> None:
    assert read(RULED) == [
        "Country: France; Capital: Paris; Population: 68 million",
        "Country: Liechtenstein; Population: 40,000",
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param("| a | b |\n|---|:-:|\n| 1 |  |\n|  | 2 |\n", ["a: 1", "b: 2"], id="with borders"),
        pytest.param("a | b\n-|-\n1 |\n | 2\n", ["a: 1", "b: 2"], id="without borders"),
        pytest.param("|a|b|\n|-|-|\n|1 \\| 2|`x`|\n", ["a: 1 \\| 2; b: `x`"], id="bar in a cell"),
        pytest.param("| **A** | `b_c` |\n|---|---|\n| 1 | 2 |\n", ["A: 1; b_c: 2"], id="emphasis"),
        pytest.param(
            " id | name\n----+------\n  1 | Ann\n  2 | Bob\n", ["id: 1; name: Ann", "id: 2; name: Bob"], id="psql"
        ),
        pytest.param("+--+---+\n| a | b |\n+--+---+\n| 1 | 2 |\n+--+---+\n", ["a: 1; b: 2"], id="drawn"),
        pytest.param(
            "+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n+---+---+\n| 3 | 4 |\n+---+---+\n",
            ["a: 1; b: 2", "a: 3; b: 4"],
            id="double rule",
        ),
        pytest.param(
            " | 2019 |  | 2020\n | Q1 | Q2 | Q1\n---|---|---|---\nSales | 1 | 2 | 3\n",
            ["Sales; 2019 Q1: 1; 2019 Q2: 2; 2020 Q1: 3"],
            id="header of two rows",
        ),
        pytest.param(
            "|  |  |\n|---|---|\n| Born | 1900 |\n| Died | 1980 |\n", ["Born: 1900", "Died: 1980"], id="empty header"
        ),
        pytest.param(
            "a | b | c\n---|---|---\n1 | 2\n1 | 2 | 3 | 4\n", ["a: 1; b: 2", "a: 1; b: 2; c: 3; 4"], id="ragged"
        ),
    ],
)
def test_rules(text: str, rows: list[str]) -> None:
    assert read(text) == rows


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        pytest.param("Name | Age\nAnn | 31\nBob | 42\nEve | 27\n", ("Name", "Age"), id="numbers below"),
        pytest.param(
            "Day | Event | Where\n3 May | Tea | Hall\n4 May | Walk | Park\n5 May | Tea | Hall\n",
            ("Day", "Event", "Where"),
            id="dates below",
        ),
        pytest.param(
            "Who | From | Work\nAnn | Rome | Cook\nBob | Oslo | Clerk\nEve | Bern | Cook\n",
            ("Who", "From", "Work"),
            id="words below",
        ),
        pytest.param(
            "Town | Share of all households in which somebody owns a boat\nOrr | 12\nRy | 30\nAu | 7\n",
            ("Town", "Share of all households in which somebody owns a boat"),
            id="a phrase above figures",
        ),
        pytest.param(" | 2019 | 2020\nSales | 1 | 2\nCosts | 3 | 4\n", ("", "2019", "2020"), id="corner"),
        pytest.param(
            " | Year to May |  | Change\n | 2019 | 2020 | 2020\nSales | 1 | 2 | 1\nCosts | 3 | 4 | 1\n",
            ("", "Year to May 2019", "Year to May 2020", "Change 2020"),
            id="two rows without a name",
        ),
        pytest.param(" | 1 | 2\n | 3 | 4\n | 5 | 6\n | 7 | 8\n", (), id="no names of rows"),
        pytest.param("Born | 1900\nDied | 1980\nWork | Cook\nSpouse | Ann\n", (), id="form"),
        pytest.param("1900 | 1 | 2\n1901 | 3 | 4\n1902 | 3 | 5\n1903 | 1 | 5\n", (), id="numbers"),
        pytest.param("Ann | Rome | 1\nAnn | Oslo | 2\n", (), id="two rows"),
        pytest.param(
            "We left. | It was late. | Yes.\nWe ran. | He did. | 2\nI ran. | She did. | 2\nI ran. | He did. | 3\n",
            (),
            id="sentences",
        ),
        pytest.param("Home | News | Home\na | b | c\nd | e | f\ng | h | i\n", (), id="twice"),
    ],
)
def test_a_header_without_a_rule_is_recognised_by_its_cells(text: str, columns: tuple[str, ...]) -> None:
    assert only(text).columns == columns


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            ":::{list-table} Codes\n:header-rows: 1\n\n* - Code\n  - Meaning\n* - 8\n  - It is\n    locked.\n:::\n",
            "a.md",
        ),
        (
            "```{eval-rst}\n.. list-table:: Codes\n    :header-rows: 1\n\n    *   - Code\n        - Meaning\n"
            "    *   - 8\n        - It is\n          locked.\n```\n\nMore.\n",
            "a.md",
        ),
        (
            "Codes\n=====\n\n.. list-table::\n   :header-rows: 1\n\n   * - Code\n     - Meaning\n   * - 8\n"
            "     - It is\n       locked.\n\nMore.\n",
            "a.rst",
        ),
        ('[cols="1,2a"]\n|===\n|Code |Meaning\n\n|8\n|It is\nlocked.\n|===\n\nMore.\n', "a.adoc"),
        ("|===\n|Code |Meaning\n\n|8 |It is\nlocked.\n|===\n", "a.adoc"),
        ("[%header,cols=2*]\n|===\n|Code\n|Meaning\n|8\na|It is\nlocked.\n|===\n", "a.asciidoc"),
        (
            "<div>\n<table>\n  <thead>\n    <tr><th>Code</th><th><b>Meaning</b></th></tr>\n  </thead>\n"
            '  <tr class="x">\n    <td>8</td>\n\n    <td align="left">It is\nlocked.</td>\n  </tr>\n'
            "</table></div>\n\nMore.\n",
            "a.md",
        ),
        ("<table><tr><th>Code<th>Meaning<tr><td>8<td>It is locked.</table>\n", "a.mdx"),
    ],
    ids=[
        "MyST",
        "reStructuredText in Markdown",
        "reStructuredText",
        "AsciiDoc",
        "rows in lines",
        "named in attributes",
        "HTML in Markdown",
        "HTML without end tags",
    ],
)
def test_a_list_table_is_a_table(text: str, name: str) -> None:
    made = document(text, name)
    (table,) = made.tables
    assert table.columns == ("Code", "Meaning")
    assert [[one_line(cell) for cell in row] for row in table.values()] == [["8", "It is locked."]]
    rows = [span for chunk in split(made, 256) for span in chunk.sentences if read_row(made, span)]
    assert [one_line(read_row(made, row)) for row in rows] == ["Code: 8; Meaning: It is locked."]


def test_a_list_of_descriptions_in_html_names_its_rows() -> None:
    made = document("<dl>\n<dt>Wax</dt>\n<dd>What bees\nmake</dd>\n<dt>Hive</dt><dd>A box</dd>\n</dl>\n", "a.md")
    (table,) = made.tables
    assert (table.columns, table.named_rows) == ((), True)
    assert [*table.values()] == [("Wax", "What bees\nmake"), ("Hive", "A box")]


def test_a_cell_of_html_that_spans_columns_is_followed_by_empty_ones() -> None:
    rows = "<tr><td colspan=2>one</td><td>two</td></tr><tr><td>1</td><td>2</td><td>3</td></tr>"
    (table,) = document(f"<table><tr><th>A<th>B<th>C</tr>{rows}</table>", "a.md").tables
    assert [*table.values()] == [("one", "", "two"), ("1", "2", "3")]


@pytest.mark.parametrize(
    "cells",
    [
        "<td>\n\n```sh\nmake\n```\n</td>",
        '<td><img src="a.png"></td>',
        "<td><table><tr></table></td>",
        "<td rowspan=2>2</td>",
    ],
    ids=["code", "image", "table", "cell that spans rows"],
)
def test_html_tables_for_layout_are_no_tables(cells: str) -> None:
    assert not document(f"<table><tr><td>1</td></tr><tr>{cells}</tr><tr><td>3</td></tr></table>\n", "a.md").tables


def test_rows_below_the_header_of_an_asciidoc_table() -> None:
    text = (
        "Codes\n\n[cols=2*]\n|===\n|Code |Meaning\n\n"
        "|8\n|It is\nlocked.\n\n|9\n|\n\na|\n10\n|It \\| she is open.\n|===\n"
    )
    (table,) = document(text, "a.adoc").tables
    assert [*table.values()] == [("8", "It is\nlocked."), ("9", ""), ("10", "It \\| she is open.")]


def test_a_table_of_two_columns_may_name_its_rows() -> None:
    text = "Capital | Paris\nLanguage | French\nArea: | 643,801 km2\nMotto |\n"
    assert read(text) == ["Capital: Paris", "Language: French", "Area: 643,801 km2", "Motto"]


def test_a_row_of_one_cell_is_a_heading_of_the_rows_below() -> None:
    text = "Item | 2019 | 2020\n---|---|---\nAssets |  | \nCash | 1 | 2\nStock | 3 | 4\nDebts\nLoans | 5 | 6\n"
    text += "Bonds | 7 | 8\n"
    assert read(text) == [
        "Item: Assets",
        "Assets; Item: Cash; 2019: 1; 2020: 2",
        "Assets; Item: Stock; 2019: 3; 2020: 4",
        "Debts",
        "Debts; Item: Loans; 2019: 5; 2020: 6",
        "Debts; Item: Bonds; 2019: 7; 2020: 8",
    ]


def test_cells_that_are_often_alone_are_no_headings() -> None:
    assert read("a | b\n---|---\n1 |\n2 | x\n3 |\n") == ["a: 1", "a: 2; b: x", "a: 3"]


def test_a_table_continues_over_a_page() -> None:
    first = "Name | Age | Town\n---|---|---\nAnn | 31 | Rome\n\n"
    text = f"{first}Bob | 42 | Oslo\nEve | 27 | Bern\n\nDog | 3 | Rome\nCat | 4 | Bern\n"
    pages = (0, len(first))
    assert read(text, pages=pages)[1:] == [
        "Name: Bob; Age: 42; Town: Oslo", "Name: Eve; Age: 27; Town: Bern", "Dog; 3; Rome", "Cat; 4; Bern",
    ]  # fmt: skip


def test_a_part_of_a_row_is_read_after_its_first_cell() -> None:
    text = "Name | Age | Town\n---|---|---\nAnn | 31 | Rome, in Italy\n"
    start = text.index("| Rome")
    (cell,) = cells_at(document(text), (start, start + len("| Rome,")))
    assert (cell.before, text[cell.start : cell.end]) == ("Name: Ann; Town: ", "Rome,")


@pytest.mark.parametrize(
    "text",
    ["By Ann | 3 May 2020\n\nIt is late.\n", "Words.\n", "| a | b |\n|---|---|\n", "```\na | b\nc | d\n```\n# A\n"],
)
def test_text_that_is_no_table(text: str) -> None:
    assert document(text, "a.md").tables == ()


CELLS = st.lists(
    st.lists(st.sampled_from(["", "a", "b c", "1", "\\|", "---", "+"]), min_size=1, max_size=5), max_size=8
)


@given(CELLS, st.sampled_from(["| ", ""]), st.booleans(), st.text(alphabet="#|-+= \na", max_size=30))
@examples(100)
def test_cells_are_in_order_inside_their_rows(cells: list[list[str]], border: str, ruled: bool, other: str) -> None:
    lines = [border + " | ".join(row) for row in cells]
    text = "\n".join([*lines[:1], *["|---|---|"] * ruled, *lines[1:], other])
    made = document(text, "a.md")
    position = 0
    for table in made.tables:
        assert position <= table.start <= table.body <= table.end
        position = table.body
        for row in table.rows():
            for start, end in row:
                assert position <= start <= end <= table.end
                assert text[start:end] == text[start:end].strip()
                assert "\n" not in text[start:end]
                position = end
            start, end = span = row[0][0], row[-1][1]
            found = table.read(start, end)
            assert [(cell.start, cell.end) for cell in found] == [cell for cell in row if cell[0] < cell[1]]
            read = as_read(text, span, [(span, found)])
            assert not found or read.text == "".join(f"{cell.before}{text[cell.start : cell.end]}" for cell in found)
            for first, (start, end) in zip(read.starts, read.spans, strict=True):
                assert read.text[first : first + end - start] == text[start:end]
            if span[0] < span[1]:
                excerpt = table_excerpt(made, *span)
                assert excerpt is not None
                assert "".join(text[slice(*cell)] for one in excerpt.rows for cell in one.cells) == text[slice(*span)]


LINES = ["a | b", "c|d", "| x |", "|---|", "---+---", "> a | b", "- a | b", "word", "", "  ", "x   y   z", "# H"]


@given(st.lists(st.sampled_from(LINES), max_size=5).map("\n".join), st.sampled_from(["a.txt", "a.md"]))
@example("\na | b", "a.txt")
@example("a | b\n---+---\nc|d", "a.txt")
@example("a | b\nword\nc | d", "a.md")
@settings(deadline=None)
def test_a_document_that_is_not_parsed_has_no_tables(text: str, name: str) -> None:
    made = document(text, name)
    assert may_have_tables(made) or not tables_of(made, blocks(made))
