"""Cells of tables by row and column, and values computed from columns."""

from __future__ import annotations

import pytest

from qa.answering.tables.computations import Found
from qa.answering.tables.grid import Grid
from qa.answering.tables.lookup import look_up
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


def found_in(document: Document, question: str) -> Found | None:
    """Return what is found in the tables of a whole document."""
    whole = Passage(document.id, 0, len(document.text), document.text, None, 1.0, 1.0, 1.0)
    return look_up(question, [whole], {document.id: document})


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
    found = found_in(DOCUMENT, question)
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
        ("Which model is quieter?", "CS 30 Pro"),
        ("Which model has the greatest weight?", "CS 30 Pro"),
        ("What is the minimum load of the CS 90?", None),
    ],
)
def test_a_row_or_a_column_may_be_named_in_part(question: str, value: str | None) -> None:
    found = found_in(SAWS, question)
    assert (found and found.value) == value


PUMPS = Document(
    "pumps.md",
    """\
# Pumps

| Property | Aero 9 | Aero 12 |
| --- | --- | --- |
| Noise level at 3 m | 38 dB | 43 dB |
| Output at 2 \u00b0C | 9.1 kW | 12.0 kW |
| Output at 7 \u00b0C | 9.8 kW | 12.9 kW |
| Weight of the unit | 118 kg | 146 kg |
""",
    "Pumps",
    "pumps.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How loud is the Aero 12?", "43 dB"),
        ("What is the output of the Aero 12 at 7 \u00b0C?", "12.9 kW"),
        ("Which of the two pumps is heavier?", "Aero 12"),
    ],
    ids=["condition not asked for", "condition asked for", "of the two"],
)
def test_the_name_of_a_row_may_have_a_condition(question: str, value: str | None) -> None:
    found = found_in(PUMPS, question)
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
    found = found_in(PROGRAMMES, question)
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
    found = found_in(RUNS, question)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    "question", ["Who built the hotel?", "What does the attic cost?", "Which room is best?", "How much is the suite?"]
)
def test_ambiguous_tables_are_left_to_the_reader(question: str) -> None:
    assert found_in(DOCUMENT, question) is None


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
    found = found_in(NESTS, question)
    assert found is not None
    assert found.value == value
    assert all(NESTS.text[start:end] for start, end in found.cells)


@pytest.mark.parametrize(
    ("question", "another"), [("Who counted in season 2019?", True), ("Who counted in season 2016?", False)]
)
def test_another_number_in_the_column_named_is_another_row(question: str, another: bool) -> None:
    assert Grid(NESTS, NESTS.tables[0]).is_another(question, NESTS.text.index("38")) is another


CLUB = Document(
    "club.md",
    """\
# The club

| Department | Budget (\u20ac) | Spent (\u20ac) |
| --- | --- | --- |
| Rowing | 40,000 | 38,500 |
| Tennis | 22,000 | 31,000 |
| Football | 55,000 | 61,200 |
| Total | 117,000 | 130,700 |

| Boat | Built | Top speed |
| --- | --- | --- |
| Heron | 1988 | 18 km/h |
| Kestrel | 2 May 2015 | 22 km/h |
| Swift | 1964 | 16 km/h |

| No. | Date | Event | Place | Helpers |
| --- | --- | --- | --- | --- |
| 4 | 12 Apr 2024 | Regatta | Lake Orr | 30 |
| 5 | 4 May 2024 | Open day | Club house | 12 |
| 9 | 14 Sep 2024 | Autumn cup | Lake Orr | 18 |

| Year | Members | Fee |
| --- | --- | --- |
| 1990 | 310 | 90 \u20ac |
| 2000 | 502 | 110 \u20ac |
| 2010 | 377 | 150 \u20ac |

| Group | Share |
| --- | --- |
| Children | 34 % |
| Adults | 66 % |
""",
    "The club",
    "club.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Which department went most over budget?", "Tennis"),
        ("When was the fee highest?", "2010"),
        ("When was the number of helpers highest?", "12 Apr 2024"),
        ("Which department spent the most?", "Football"),
        ("Which department is the largest?", None),
        ("Which department went over?", None),
        ("What is the oldest boat?", "Swift"),
        ("Which boat is the newest?", "Kestrel"),
        ("When was the oldest boat built?", "1964"),
        ("Which boat is the fastest?", "Kestrel"),
        ("Which boat is the second fastest?", None),
        ("In which year did the club have the most members?", "2000"),
        ("When did the club have the fewest members?", "1990"),
        ("In what year was the fee highest?", "2010"),
        ("What is the highest fee?", "150 \u20ac"),
    ],
)
def test_a_superlative_has_the_measure_that_its_words_mean(question: str, value: str | None) -> None:
    assert club(question) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Which departments were over budget?", "Tennis\nFootball"),
        ("What is over budget?", "Tennis\nFootball"),
        ("Which departments exceeded their budget?", "Tennis\nFootball"),
        ("Which departments overspent?", "Tennis\nFootball"),
        ("Which departments stayed below target?", None),
        ("Which department is under budget?", "Rowing"),
        ("By how much is Tennis over budget?", "9,000"),
        ("By how much is Rowing over budget?", None),
        ("Which boats are over budget?", None),
        ("Who approved going over budget?", None),
    ],
)
def test_plan_and_outcome_of_a_row_are_compared(question: str, value: str | None) -> None:
    assert club(question) == value


TASKS = Document(
    "tasks.md",
    """# Tasks of the spring fair

| Who | What | By when |
| --- | --- | --- |
| Ida | Book the hall | 3 May |
| Tom | Send the invitations | 9 May |
| Ida | Print the tickets | 12 May |

## Costs

| Item | Paid by | Amount |
| --- | --- | --- |
| Hall and garden | Town | 90 euros |
| Drinks | Guests | 300 euros |
| Music | Town | 250 euros |
""",
    "Tasks of the spring fair",
    "tasks.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Who must send the invitations?", "Tom"),
        ("Who prints the tickets?", "Ida"),
        ("What does Tom have to do?", "Send the invitations"),
        ("What is Tom supposed to do?", "Send the invitations"),
        ("What is Tom like?", None),
        ("Which costs does the town pay?", "Hall and garden\nMusic"),
        ("Which items do the guests pay?", "Drinks"),
        ("Which costs does the town not pay?", None),
        ("Which costs does the town pay in June?", None),
    ],
)
def test_a_value_names_rows_and_a_column_says_who_does_what(question: str, value: str | None) -> None:
    found = found_in(TASKS, question)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What event is on 14 September?", "Autumn cup"),
        ("What event is on September 14th, 2024?", "Autumn cup"),
        ("What event is on 2024-05-04?", "Open day"),
        ("How many helpers does the event on 4 May need?", "12"),
        ("Where is the event on 12 April?", "Lake Orr"),
        ("What event is on 9 May?", None),
        ("What event is on 4 September?", None),
        ("What event takes place on 4 May?", "Open day"),
        ("What event is number 9?", "Autumn cup"),
    ],
)
def test_a_date_names_a_row_in_any_form(question: str, value: str | None) -> None:
    assert club(question) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What share do the adults have?", "66 %"),
        ("How many questions do the adults have?", None),
    ],
)
def test_a_cell_is_what_is_counted(question: str, value: str | None) -> None:
    assert club(question) == value


NAPS = Document(
    "naps.md",
    """\
# Naps

| Week | Nap | Control |
| --- | --- | --- |
| 1 | 287 ms | 311 ms |
| 2 | 291 ms | 309 ms |
""",
    "Naps",
    "naps.md",
)


@pytest.mark.parametrize(("condition", "value"), [("with a nap", "291 ms"), ("without a nap", "309 ms")])
def test_what_is_denied_names_no_column(condition: str, value: str) -> None:
    found = found_in(NAPS, f"What was the reaction time in week 2 {condition}?")
    assert found is not None
    assert found.value == value


def club(question: str) -> str | None:
    """Return what is found in the tables of the club."""
    found = found_in(CLUB, question)
    return found.value if found else None


PATROLS = Document(
    "patrols.txt",
    """\
PATROLS

   Boat     Flag     Leaves           Crew
   -------  -------  ---------------  ----
   Kestrel  white    every 2nd Monday 12
   Heron    green    Thursday         9
   Egret    orange   Saturday         11
""",
    "Patrols",
    "patrols.txt",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Which flag does the Kestrel have?", "white"),
        ("On which day does the boat with the green flag sail?", "Thursday"),
        ("When does the Kestrel leave?", "every 2nd Monday"),
        ("Which boat has the largest crew?", "Kestrel"),
    ],
)
def test_columns_may_be_aligned_with_spaces(question: str, value: str) -> None:
    found = found_in(PATROLS, question)
    assert found is not None
    assert found.value == value


BRIDGE = Document(
    "bridge.md",
    """\
# Tarn Bridge

It is the longest bridge after the Moss Bridge.

| | |
| --- | --- |
| **Length** | 346 m |
| **Main span** | 118 m |
| **Opened** | 1934 |

## Works

| Week | Date | Work | Crew |
| --- | --- | --- | --- |
| 1 | 3 May | Painting of railings | Lindt |
| 2 | 10 May | Bearing inspection | Okafor |
""",
    "Tarn Bridge",
    "bridge.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param("What is the length of the Tarn Bridge?", "346 m", id="a row of an infobox"),
        pytest.param("How long is the bridge?", "346 m", id="a row by what is measured"),
        pytest.param("How long is the Moss Bridge?", None, id="an infobox of another thing"),
        pytest.param("When is the inspection?", "10 May", id="part of a cell that is not the first"),
        pytest.param("When is the inspection of the railings?", None, id="parts of two rows"),
    ],
)
def test_an_infobox_has_no_column_names(question: str, value: str | None) -> None:
    found = found_in(BRIDGE, question)
    assert (found and found.value) == value


FIRMS = Document(
    "firms.md",
    """\
# Running costs

| Model | Electricity per year | Filters |
| --- | --- | --- |
| Corva Pro 20 | 109 euros | 12 euros |
| Tundra Eco S | 170 euros | 14 euros |
""",
    "Running costs",
    "firms.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param("What does the electricity per year cost for the Corva?", "109 euros", id="by its first word"),
        pytest.param(
            "What does the electricity per year cost for the Corva Max?", None, id="another name with that word"
        ),
    ],
)
def test_a_name_may_be_cut_to_its_first_word(question: str, value: str | None) -> None:
    found = found_in(FIRMS, question)
    assert (found and found.value) == value


STAFF = Document(
    "staff.csv",
    """\
Board | Board leader | Post | Holder | Start_date | End_date | Bonus
--- | --- | --- | --- | --- | --- | ---
North | Moor | Clerk | Ida Bell | 3 Jan 1990 | 4 Feb 1995 | No
North | Moor | Head of Finance | Tom Ash | 5 Jan 1990 | 6 Mar 1993 | Yes
South | Reed | Head of Finance | Una Vale | 7 Apr 1993 | 8 May 1999 | Yes
South | Reed | Clerk | Max Vale | 9 Apr 1996 | 8 May 1999 | No
""",
    "Staff",
    "staff.csv",
)
SONGS = Document(
    "songs.csv",
    """\
School | Song name | Song | Writers | Number songs | Song length
--- | --- | --- | --- | --- | ---
Orr | Orr Rises | Yes | Ann Lee and Bo Ray | 3 | 64
Orr Vale | Vale Song of Orr | Yes | Cy Fox | 2 | 71
Ry | The Song of Ry Forever | No | Di Ash | 1 | 58
""",
    "Songs",
    "songs.csv",
)


@pytest.mark.parametrize(
    ("document", "question", "value"),
    [
        pytest.param(STAFF, "When did Tom Ash leave?", "6 Mar 1993", id="the date of the event"),
        pytest.param(STAFF, "When did Tom Ash start?", "5 Jan 1990", id="the date of the opposite event"),
        pytest.param(STAFF, "Who was the holder of Reed's post of clerk?", "Max Vale", id="a row by two of its cells"),
        pytest.param(STAFF, "Which board is led by Reed?", "South", id="rows that say the same"),
        pytest.param(STAFF, "What is the post of Una Vale?", "Head of Finance", id="a row by its fourth cell"),
        pytest.param(SONGS, "Who wrote the song of Ry?", "Di Ash", id="who does it"),
        pytest.param(SONGS, "What is the song of Orr Vale?", "Vale Song of Orr", id="the longer name of a row"),
        pytest.param(SONGS, "What is the song length of Orr?", "64", id="the last noun of what is asked for"),
    ],
)
def test_a_cell_is_found_as_people_ask_for_it(document: Document, question: str, value: str) -> None:
    found = found_in(document, question)
    assert found is not None
    assert found.value == value


def test_of_several_columns_with_people_none_is_guessed() -> None:
    rows = "1972 | Fog | Bo Ray | Cy Ash | Ida Fox\n1973 | Gale | Di Orr | Ann Lee | Rill Stable\n"
    text = f"Year | Winner | Jockey | Trainer | Owner\n--- | --- | --- | --- | ---\n{rows}"
    document = Document("races.md", text, "Races", "races.md")
    assert found_in(document, "Who rode Gale in 1973?") is None


def test_each_name_is_listed_once() -> None:
    rows = "Ada | Ulm | Ober\nBo | Ry | Ober\nAda | Orr | Ober\nCy | Au | Nied\n"
    text = f"Candidate | City | State\n--- | --- | ---\n{rows}"
    document = Document("visits.csv", text, "Visits by candidate", "visits.csv")
    found = found_in(document, "Which candidates visited the state of Ober?")
    assert found is not None
    assert found.value == "Ada\nBo"


def test_a_row_of_a_long_table_is_found() -> None:
    rows = "".join(f"Guest {number}x | {number} May {1000 + number} | Town {number}\n" for number in range(1, 4000))
    text = f"Name | Born on | Home\n--- | --- | ---\n{rows}"
    document = Document("guests.csv", text, "Guests", "guests.csv")
    passage = Passage(document.id, 0, 1000, text[:1000], None, 1.0, 1.0, 1.0)
    found = look_up("What is the home of guest 3210x?", [passage], {document.id: document})
    assert found is not None
    assert found.value == "Town 3210"


PLOTS = Document(
    "plots.csv",
    """\
Plot | Tenant | Width (km) | Rent 2023 | Paid | Since | Budget 2023 | Actual 2023 | Budget 2024 | Diameter (km)
--- | --- | --- | --- | --- | --- | --- | --- | --- | ---
A1x | Ann Lee | 0.4 | 45 | yes | 1 May 2011 | 30 | 35 | 50 | 120
A2x | Bo Ray | 1.2 | 34 | no | 2 June 2019 | 30 | 20 | 10 | 90
B1x | Cy Fox | 2 | 56 | no | 3 July 2005 | 40 | 60 | 50 | 1,150
""",
    "Plots",
    "plots.csv",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param("Which tenants have paid?", "Ann Lee", id="yes"),
        pytest.param("Which tenants have not paid?", "Bo Ray\nCy Fox", id="no"),
        pytest.param("Who has not paid?", "Bo Ray\nCy Fox", id="who"),
        pytest.param("Since when has Bo Ray had his plot?", "2 June 2019", id="since when"),
        pytest.param("Which plots were over budget in 2023?", "A1x\nB1x", id="the plan of the year asked for"),
        pytest.param("Which plots have a width of less than 800 m?", "A1x", id="the unit in the column's name"),
        pytest.param("Which plot is the largest?", "B1x", id="a diameter is a size"),
        pytest.param("How large is A2x?", "90", id="how large"),
    ],
)
def test_marks_dates_and_sizes_are_found(question: str, value: str) -> None:
    found = found_in(PLOTS, question)
    assert found is not None
    assert found.value == value


LUGGAGE = Document(
    "luggage.md",
    """\
Class | Bags | Weight (kg) | Size (cm)
--- | --- | --- | ---
Economy | 1 | 23 | 158
Business | 2 | 32 | 158
First | 3 | 35 | 160
""",
    "Luggage",
    "luggage.md",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param("What is the maximum weight in Business?", None, id="of another row or column"),
        pytest.param("What is the maximum weight?", "35", id="no row"),
        pytest.param("Which class has the highest weight?", "First", id="a row"),
    ],
)
def test_the_extreme_of_a_named_row_is_not_that_of_all(question: str, value: str | None) -> None:
    found = found_in(LUGGAGE, question)
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What was the operating income in 2023?", "95"),
        ("What was the operating income in 2024?", "120"),
    ],
)
def test_the_year_of_a_column_may_be_within_its_name(question: str, value: str) -> None:
    text = (
        " | Year ended on the last day of May |  | Change\n | 2024 | 2023 | 2024 vs. 2023\n"
        "Total revenue | 900 | 800 | 13%\nOperating income | 120 | 95 | 26%\nEmployees | 40 | 38 | 5%\n"
    )
    found = found_in(Document("report.txt", text, "Report", "report.txt"), question)
    assert found is not None
    assert found.value == value
