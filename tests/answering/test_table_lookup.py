"""Cells of tables by row and column, and values computed from columns."""

from __future__ import annotations

import pytest

from qa.answering.table_grid import Grid
from qa.answering.table_lookup import look_up
from qa.types import Document, Passage

TEXT = """\
# Rooms

| Room | Guests | Low season | High season | View |
| --- | --- | --- | --- | --- |
| Single | 1 | 58 euros | 74 euros | yard |
| Double | 2 | 82 euros | 109 euros | yard |
| Double with balcony | 2 | 96 euros | 131 euros | harbour |
| Suite | 3 | 170 euros | 1,240 euros | harbour |
"""
DOCUMENT = Document("rooms.md", TEXT, "Rooms", "rooms.md")
PASSAGE = Passage("rooms.md", 0, len(TEXT), TEXT, None, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("question", "operation", "value"),
    [
        ("What does the suite cost in high season?", "cell", "1,240 euros"),
        ("how much is a double in low season", "cell", "82 euros"),
        ("What is the low season price of the double with balcony?", "cell", "96 euros"),
        ("Which view does the single room have?", "cell", "yard"),
        ("Which room is the most expensive in high season?", "highest", "Suite"),
        ("Which room has the fewest guests?", "lowest", "Single"),
        ("What is the total number of guests?", "sum", "8"),
        ("What is the average of the guests?", "average", "2"),
        ("How many rooms have a harbour view?", "count", "2"),
    ],
)
def test_the_cell_or_figure_is_found(question: str, operation: str, value: str) -> None:
    found = look_up(question, [PASSAGE], {"rooms.md": DOCUMENT})
    assert found is not None
    assert (found.operation, found.value) == (operation, value)
    for start, end in found.excerpts:
        assert TEXT[start:end].strip()
    assert all(any(first <= start < end <= last for first, last in found.excerpts) for start, end in found.cells)


SAWS = Document(
    "saw.md",
    """\
# Saws

## Data

| | CS 30 | CS 30 Pro |
| --- | --- | --- |
| Weight without battery | 2.9 kg | 3.4 kg |
| Minimum load | 30 kg | 40 kg |
| Noise | 98 dB | 95 dB |

| Sign | Probable cause |
| --- | --- |
| Chain smokes | Oil tank empty |
| Fine dust (light) | Chain blunt |

| Code | Meaning | Remedy |
| --- | --- | --- |
| E1 | No oil | Fill the tank |
| E2 | Too hot | Wait an hour |
""",
    "Saws",
    "saw.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How heavy is the CS 30 Pro without battery?", "3.4 kg"),
        ("What is the minimum load of the CS 30?", "30 kg"),
        ("What does it mean when the chain smokes?", "Oil tank empty"),
        ("What is the cause of fine dust?", "Chain blunt"),
        ("What should I do when the display shows E2?", "Wait an hour"),
        ("How loud is the CS 30 Pro?", "95 dB"),
        ("Which saw is the loudest?", "CS 30"),
        ("Which model has the greatest weight?", "CS 30 Pro"),
        ("What is the minimum load of the CS 90?", None),
    ],
)
def test_a_row_or_a_column_may_be_named_in_part(question: str, value: str | None) -> None:
    whole = Passage("saw.md", 0, len(SAWS.text), SAWS.text, None, 1.0, 1.0, 1.0)
    found = look_up(question, [whole], {"saw.md": SAWS})
    assert (found and found.value) == value


PROGRAMMES = Document(
    "washer.md",
    """\
# Washer

| Programme | Temperature | Duration | Load |
| --- | --- | --- | --- |
| Eco | 50 \u00b0C | 3 h 5 min | 2 kg |
| Quick | 30 \u00b0C | 40 min | 900 g |
| Boil | 90 \u00b0C | 2 h 50 min | 4 kg |
""",
    "Washer",
    "washer.md",
)


@pytest.mark.parametrize(
    ("question", "operation", "value"),
    [
        ("How hot is the eco programme?", "cell", "50 \u00b0C"),
        ("Which programme is the fastest?", "lowest", "Quick"),
        ("Which programme has the longest duration?", "highest", "Eco"),
        ("Which programmes take less than 3 hours?", "rows", "Quick\nBoil"),
        ("Which programmes have a load of at least 2 kg?", "rows", "Eco\nBoil"),
        ("How many programmes have a load of more than 1 kg?", "count", "2"),
        ("How many programmes are there?", "count", "3"),
    ],
)
def test_quantities_are_compared_in_one_unit(question: str, operation: str, value: str) -> None:
    whole = Passage("washer.md", 0, len(PROGRAMMES.text), PROGRAMMES.text, None, 1.0, 1.0, 1.0)
    found = look_up(question, [whole], {"washer.md": PROGRAMMES})
    assert found is not None
    assert (found.operation, found.value) == (operation, value)


RUNS = Document(
    "runs.md",
    """\
# Runs

| Tool | First run (s) | Last run (s) | Speed (MB/s) |
| --- | --- | --- | --- |
| Combine | 12.4 | 10.1 | 80 |
| Ripple | 8.7 | 12.2 | 120 |
| Seeker | 15.9 | 14.0 | 60 |
""",
    "Runs",
    "runs.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Which tool was the fastest in the first run?", "Ripple"),
        ("Which tool was the slowest in the last run?", "Seeker"),
        ("Which tool was the fastest in the last run?", "Combine"),
        ("Which tool has the highest speed?", "Ripple"),
        ("Which tool is the slowest?", "Seeker"),
    ],
)
def test_the_fastest_has_the_least_time(question: str, value: str) -> None:
    whole = Passage("runs.md", 0, len(RUNS.text), RUNS.text, None, 1.0, 1.0, 1.0)
    found = look_up(question, [whole], {"runs.md": RUNS})
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    "question", ["Who built the hotel?", "What does the attic cost?", "Which room is best?", "How much is the suite?"]
)
def test_ambiguous_tables_are_left_to_the_reader(question: str) -> None:
    assert look_up(question, [PASSAGE], {"rooms.md": DOCUMENT}) is None


NESTS = Document(
    "nests.md",
    """\
# Nests

| Season | Lit nests | Success lit | Survey | Food |
| --- | --- | --- | --- | --- |
| 2016 | 38 | 58 % | 4 May | 90 kcal |
| 2017 | 41 | 54 % | 9 June | 7 g |
| 2018 | 12 | 72 % | late | 12 g |
""",
    "Nests",
    "nests.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What was the success in lit nests in 2017?", "54 %"),
        ("How many lit nests were there in 2017?", "41"),
        ("In which season was the success lit highest?", "2018"),
        ("When was the season of 2017?", "9 June"),
        ("Which season had most food?", "2018"),
    ],
)
def test_the_column_is_the_one_of_the_thing_asked_for(question: str, value: str) -> None:
    whole = Passage("nests.md", 0, len(NESTS.text), NESTS.text, None, 1.0, 1.0, 1.0)
    found = look_up(question, [whole], {"nests.md": NESTS})
    assert found is not None
    assert found.value == value
    assert all(NESTS.text[start:end] for start, end in found.cells)


@pytest.mark.parametrize(
    ("question", "another"), [("Who counted in season 2019?", True), ("Who counted in season 2016?", False)]
)
def test_another_number_in_the_column_named_is_another_row(question: str, another: bool) -> None:
    assert Grid(NESTS, NESTS.tables[0]).is_another(question, NESTS.text.index("38")) is another
