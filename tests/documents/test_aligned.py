"""Tables of plain text whose columns are aligned with spaces."""

from __future__ import annotations

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from qa.documents.chunking import block_sentences, split
from qa.documents.structure import blocks
from qa.documents.tables import Table, read_row, table_excerpt
from qa.types import Document


def document(text: str, name: str = "a.txt") -> Document:
    return Document(name, text, "A", name)


def only(text: str) -> Table:
    (table,) = document(text).tables
    return table


FERRIES = """\
TIMES

  Ferry      Pier  Days           Fare
  ---------  ----  -------------  ------------------------
  Kittiwake  2     every 2nd day  4 euros, dogs free
  Black Swan East  Sunday         6.50.  No dogs.
  Teal       7     Monday         5 euros

Tickets are sold on board.
"""
WOODS = """\
   Wood      Weight     Origin            Price
   Oak       710 kg     Norway           118.50
   Pine      520 kg     Finland           64.00
   Larch     590 kg     Tyrol, Austria    92.00

   Prices are per cubic metre.
"""


def test_dashes_show_the_columns_even_between_single_spaces() -> None:
    table = only(FERRIES)
    assert (table.columns, table.ruled) == (("Ferry", "Pier", "Days", "Fare"), True)
    assert list(table.values()) == [
        ("Kittiwake", "2", "every 2nd day", "4 euros, dogs free"),
        ("Black Swan", "East", "Sunday", "6.50.  No dogs."),
        ("Teal", "7", "Monday", "5 euros"),
    ]
    assert FERRIES[table.start : table.end].rstrip().splitlines() == FERRIES.splitlines()[2:7]


def test_rows_below_each_other_are_aligned_on_the_left_or_the_right() -> None:
    table = only(WOODS)
    assert (table.columns, table.ruled) == (("Wood", "Weight", "Origin", "Price"), False)
    assert list(table.values())[1:] == [
        ("Pine", "520 kg", "Finland", "64.00"),
        ("Larch", "590 kg", "Tyrol, Austria", "92.00"),
    ]


def test_a_row_is_a_sentence_read_with_the_names_of_its_columns() -> None:
    made = document(WOODS)
    sentences = [span for _, spans in block_sentences(made) for span in spans]
    assert [WOODS[slice(*span)] for span in sentences] == [
        *(line.strip() for line in WOODS.splitlines()[:4]),
        "Prices are per cubic metre.",
    ]
    assert read_row(made, sentences[2]) == "Wood: Pine; Weight: 520 kg; Origin: Finland; Price: 64.00"
    assert read_row(made, sentences[0]) == ""
    excerpt = table_excerpt(made, sentences[1][0], sentences[2][1])
    assert excerpt is not None
    assert excerpt.cells(WOODS)[1:] == (
        ("Oak", "710 kg", "Norway", "118.50"),
        ("Pine", "520 kg", "Finland", "64.00"),
    )
    (chunk,) = split(made, 256)
    assert chunk.sentences == tuple(sentences)


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        (
            "Pitch       Metres     Day\n--------------------------\nCorner           4   30.00\nBy the door      3   "
            "18.50\n--------------------------\nTotal            7   48.50\n",
            ("Pitch", "Metres", "Day"),
            [("Corner", "4", "30.00"), ("By the door", "3", "18.50"), ("Total", "7", "48.50")],
        ),
        (
            "Function       Room\n-------------------\nCash desk      12\nLost property  4\nCloakroom      1\n",
            ("Function", "Room"),
            [("Cash desk", "12"), ("Lost property", "4"), ("Cloakroom", "1")],
        ),
        (
            "=====  ======\nLine   Stop\n=====  ======\n12     Harbour\nN3     Mill\n=====  ======\n",
            ("Line", "Stop"),
            [("12", "Harbour"), ("N3", "Mill")],
        ),
        (
            "          Unit    Unit\nScrew     weight  price\n--------  ------  -----\nM6        12 g     0.15\n",
            ("Screw", "Unit weight", "Unit price"),
            [("M6", "12 g", "0.15")],
        ),
        (
            "Faults of it\nCode Part Meaning\n---- ---- -------------\nE1   lid  Open\nE2   pump Stuck\n",
            ("Code", "Part", "Meaning"),
            [("E1", "lid", "Open"), ("E2", "pump", "Stuck")],
        ),
        (
            "Code  Meaning\n----  -------------\nE1    Lid open\nE2    No water in\n      the tank\nE3    Stuck\n",
            ("Code", "Meaning"),
            [("E1", "Lid open"), ("E2", "No water in"), ("", "the tank"), ("E3", "Stuck")],
        ),
        (
            "Boat        Berth Crew\nTern        12    14\nBlue Heron  3     9\nPersephone2 21    22\n",
            ("Boat", "Berth", "Crew"),
            [("Tern", "12", "14"), ("Blue Heron", "3", "9"), ("Persephone2", "21", "22")],
        ),
        (
            "Part     Wood     Weight\nHull     oak      210 kg\nMast     spruce    64 kg\n"
            "Rudder and tiller   ash   9 kg\nSail              12 kg\n",
            ("Part", "Wood", "Weight"),
            [
                ("Hull", "oak", "210 kg"),
                ("Mast", "spruce", "64 kg"),
                ("Rudder and tiller", "ash", "9 kg"),
                ("Sail", "", "12 kg"),
            ],
        ),
        (
            "Name           Role       Town\nAda Marsh      Engineer   Leeds\nBo Lindqvist   Designer   York\n"
            "Cy Ollerton    Engineer   Hull\nAll can be reached by mail.\n",
            ("Name", "Role", "Town"),
            [
                ("Ada Marsh", "Engineer", "Leeds"),
                ("Bo Lindqvist", "Designer", "York"),
                ("Cy Ollerton", "Engineer", "Hull"),
            ],
        ),
    ],
    ids=[
        *("total", "two columns below a rule", "rules above and below", "two header lines", "title above"),
        *("wrapped cell", "full column", "long and empty cells", "text"),
    ],
)
def test_layouts(text: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    for indent in ("", "      "):
        made = document("Intro.\n\n" + "".join(f"{indent}{line}\n" for line in text.splitlines()) + "\nThe end.\n")
        (table,) = made.tables
        assert table.columns == columns
        assert list(table.values()) == rows


def test_a_line_of_its_own_is_a_heading_of_the_rows_below() -> None:
    text = "Dish         Small\n-----------  -----\nSoups\nLentils       4.50\nFish          5.50\nMains of the week\n"
    text += "Pie           8.00\nLamb         10.00\nRice          5.00\n"
    made = document(text)
    read = [read_row(made, (row[0][0], row[-1][1])) for row in only(text).rows()]
    assert read[1] == "Soups; Dish: Lentils; Small: 4.50"
    assert read[4] == "Mains of the week; Dish: Pie; Small: 8.00"


@pytest.mark.parametrize(
    "text",
    [
        "The boat left.  It was late.  Nobody saw it.\nThe lamp was on.  It was red.  We slept.\n"
        "It was cold.  There was wind.  It rained.\n",
        "It  is  known that the sea  was  calm and that\nthe  boat  did not move;  the  men were asleep\n"
        "as  the lamp  was out when the  first of them\n",
        "O wind            that blows\n    across the sea       alone\nO tide            that goes\n    and comes\n",
        "Roses     are    red\nViolets   are    blue\nSugar     is     sweet\n",
        "HOLM & SONS                12 Quay Street\nBuilders of boats          Tel. 0555 222\n"
        "=========================================\nDear Sir,                  3 May 2024\nThank you.      Ann\n",
        "Holm & Sons            Page 2\nQuay Street            3 May 2024\n",
        "Signed:\n\n__________     __________     __________\nJ. Holm        P. Beck        A. Tarn\n"
        "Buyer          Seller         Witness\n",
        "int   width  = 20;  // metres\nint   height = 4;   // metres\nchar  name   = 'a'; // none\n",
        "  -h, --help     show this\n  -v, --verbose  print more\n  -q, --quiet    print less\n",
        "Wash ............. 2.50   each\nDry .............. 1.80   each\nIron ............. 0.50   each\n",
        "  Fire            112\n  Burst pipe      0555 9000\n  Lift stuck      0555 7722\n",
        "Anna Berg     Bo Lind     Cy Young\nDan Ekman     Ed Fox      Flo Gray\nGus Hill      Ivy Jones   Kim Lee\n",
        "the ship had left the     nobody on the shore saw   in the morning the crew\n"
        "harbour late at night     her lights since the fog  found the hold under two\n"
        "and the pilot who was     had come in from the sea  feet of water and all of\n",
        "1. Milk     2 l    shop\n2. Bread    1 kg   baker\n3. Eggs     12     farm\n",
        "  \\o/      \\o/      \\o/\n   O        O        O\n  / \\      / \\      / \\\n",
        "Rules  of the house\n-------------------\nNo dogs.  No music.\n",
        "Menu\n----\nPrint     # a\n---\nClose     # b\nExit      # c\n",
    ],
    ids=[
        *("sentences", "justified", "verse", "rhyme", "letterhead", "addresses", "signatures", "code", "options"),
        *("dotted", "two columns", "names", "newspaper", "list", "art", "underlined", "menu"),
    ],
)
def test_text_that_is_no_table(text: str) -> None:
    assert document(text).tables == ()
    assert "table" not in {block.kind for block in blocks(document(text))}


def test_half_of_a_table_is_none() -> None:
    lines = WOODS.splitlines(keepends=True)
    lines.insert(3, "   Rowan, air-dried and planed   690 kg   Norway   north   77.00\n")
    assert document("".join(lines)).tables == ()


def test_markdown_has_no_aligned_tables() -> None:
    assert document(WOODS, "a.md").tables == ()
    assert document(f"# Woods\n\n{WOODS}").tables == ()


WORDS = st.sampled_from(["", "a", "b c", "12", "3.5 kg", "--", "Oak,  dry", "x" * 30, "=", "|"])


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=2, max_size=8), st.integers(2, 14), st.booleans())
@examples(200)
def test_cells_cover_their_rows(cells: list[list[str]], width: int, dashed: bool) -> None:
    rows = [["Name", "Kind", "Size"], *([["-" * (width - 2)] * 3] if dashed and width > 3 else []), *cells]
    text = "\n".join("".join(cell.ljust(width) for cell in row) for row in rows) + "\n\nWords.\n"
    made = document(text)
    position = 0
    for block in blocks(made):
        assert block.start == position
        position = block.end
    assert position == len(text)
    for table in (table for table in made.tables if isinstance(table.layout, tuple)):
        position = table.body
        for row in table.rows():
            assert len(row) == len(table.header()[0] if table.columns else row)
            for start, end in row:
                assert position <= start <= end <= table.end
                assert text[start:end] == text[start:end].strip()
                assert "\n" not in text[start:end]
                # No word is cut.
                assert start == end or (text[start - 1 : start].strip() == "" == text[end : end + 1].strip())
                position = end
        if table.body < table.end:
            excerpt = table_excerpt(made, table.body, table.end)
            assert excerpt is not None
            assert (
                "".join(text[slice(*cell)] for one in excerpt.rows for cell in one.cells)
                == text[table.body : table.end]
            )
