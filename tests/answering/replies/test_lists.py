"""Lists that the question does not name: several of the reader's spans tell which one is asked for."""

from __future__ import annotations

import pytest

from qa import QA, Document

TEXT = """\
# Vacuum V2

## In the box

- Motor head
- Steel tank
- Hose
- Two tubes
- Nozzles:
  - Floor nozzle
  - Brush nozzle
- Dust bag

## Cleaning

Equipment is disinfected between ponds:

1. Scrub off the mud.
2. Rinse with water.

## Work

Peter has repaired the north fence. He also painted four hive stands and cleared the track.

The bill is met from several sources. The county gives a million. The rest comes from the Bridge Fund.

Members can apply for a discount and a grant of 500 euros.

| Pond | Depth | Fish |
| --- | --- | --- |
| Alder | 1 m | none |
| Cutbank | 2 m | trout |
| Drover | 3 m | trout |

| Who | Task | By |
| --- | --- | --- |
| Ruth | Write to the council | May |
| Hanne | Book the hall | March |
| Peter | Order a queen | April |
| Hanne | Print the leaflets | March |
"""


IN_THE_BOX = ["Motor head", "Steel tank", "Hose", "Two tubes", "Nozzles:", "Floor nozzle", "Brush nozzle", "Dust bag"]


@pytest.fixture(scope="module")
def bot() -> QA:
    bot = QA()
    bot.add([Document("v2.md", TEXT, "Vacuum V2", "v2.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What comes with the vacuum?", IN_THE_BOX),
        ("Which nozzles are included?", ["Floor nozzle", "Brush nozzle"]),
        ("What jobs has Peter done?", ["repaired the north fence", "painted four hive stands", "cleared the track"]),
        ("Who pays the bill?", ["The county gives a million.", "The rest comes from the Bridge Fund."]),
        ("What benefits can members apply for?", ["a discount", "a grant of 500 euros"]),
        ("Names of the ponds?", ["Alder", "Cutbank", "Drover"]),
        ("Which ponds have trout?", ["Cutbank", "Drover"]),
        ("What are Hanne's tasks?", ["Book the hall", "Print the leaflets"]),
    ],
)  # fmt: skip
def test_all_items_are_given(bot: QA, question: str, expected: list[str]) -> None:
    answer = bot.ask(question)
    assert [part.text for part in answer.parts] == expected
    for part in answer.parts:
        citation = answer.citations[part.citation - 1]
        assert citation.start <= part.start < part.end <= citation.end
        assert TEXT[citation.start : citation.end] == citation.text


def test_a_sentence_that_says_also_brings_the_one_before() -> None:
    bot = QA()
    text = (
        "Every trip needs approval from the line manager. Trips abroad must also be signed off by the finance director."
    )
    bot.add([Document("trips.txt", text, "Trips", "trips.txt")])
    answer = bot.ask("Whose permissions do I need for a trip abroad?")
    assert [part.text for part in answer.parts] == ["the line manager", "the finance director"]


def test_what_several_sentences_say_alike_is_one_list() -> None:
    bot = QA()
    text = (
        "# The hall\n\n## Children\n\nChildren are welcome. Running is not allowed in the hall.\n\n## Luggage\n\n"
        "Umbrellas and large bags are not allowed in the hall. Lockers are free.\n\n## Prams\n\n"
        "Prams are allowed in the hall.\n\n## Food\n\nFood and drinks are not allowed in the hall.\n"
    )
    bot.add([Document("hall.md", text, "The hall", "hall.md")])
    answer = bot.ask("What is not allowed in the hall?")
    assert [part.text for part in answer.parts] == ["Running", "Umbrellas", "large bags", "Food", "drinks"]
    assert len(answer.citations) == 3


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which garden tools can be borrowed?", ["Rake", "Two spades"]),
        ("Which officers does the council have?", ["a Warden", "a Clerk", "a Chief Gardener", "a Chief Cook"]),
        ("Which plants can be used for wet beds?", ["reed", "iris", "rush"]),
        ("What can guests vote on?", ["the menu", "the music"]),
    ],
    ids=["below a sentence about them", "names", "in brackets", "of a factoid"],
)
def test_a_list_is_preferred_by_how_much_of_the_question_it_has(question: str, expected: list[str]) -> None:
    bot = QA()
    text = (
        "# Park\n\n## Garden tools\n\nPlease ask the caretaker which garden tools can be borrowed.\n\n- Rake\n"
        "- Two spades\n\n## Officers\n\nThe officers of the council are a Warden, a Clerk, a Chief Gardener and a "
        "Chief Cook.\n\n### Chief Gardener\n\n1. The Chief Gardener waters the lawn.\n2. The Chief Gardener has keys.\n"
        "\n## Beds\n\n- Plants for wet beds (reed, iris, rush)\n- Soil\n\n### Wet beds for plants\n\n1. Dig a hole.\n"
        "2. Fill it.\n\n## Guests\n\nGuests can vote on:\n\n- the menu\n- the music\n\nThey may not vote on whether it "
        "rains.\n"
    )
    bot.add([Document("park.md", text, "Park", "park.md")])
    assert [part.text for part in bot.ask(question).parts] == expected


def test_a_span_that_only_says_that_there_are_several_is_shown_in_its_sentence() -> None:
    text = "Plays are performed at a variety of levels, from village halls to national theatres."
    bot = QA()
    bot.add([Document("plays.txt", text, "Plays", "plays.txt")])
    assert bot.ask("At which levels are plays performed?").text == text


HOUSE = """\
# House rules

**Tenants:** Ida Roth and Paul Kern
**Agent:** Seaside Lettings

## The tenant's duties

The tenant agrees:

- to pay the rent on time;
- not to keep any animal without written consent;
- to test the smoke alarm.

## The control panel

1. Dial
2. Start button
3. Delay button

To lock the panel, hold Start and Delay for three seconds.

## Courts

Courts 5 and 6 have floodlights.

- Courts may be used until dusk.
- A court is booked online.
- Courts 1 and 2 are kept for coaching.
"""


@pytest.fixture(scope="module")
def house() -> QA:
    bot = QA()
    bot.add([Document("house.md", HOUSE, "House rules", "house.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who are the tenants?", "Ida Roth\nPaul Kern"),
        ("What must the tenant do about pets?", "not to keep any animal without written consent;"),
        ("How do I lock the control panel?", "To lock the panel, hold Start and Delay for three seconds."),
        ("Which courts have floodlights?", "5\n6"),
    ],
    ids=["persons", "about one item", "a task that the heading lacks", "above the list"],
)
def test_a_list_that_is_not_asked_for_is_not_returned(house: QA, question: str, expected: str) -> None:
    assert house.ask(question).text == expected


def test_numbers_of_the_question_are_no_items() -> None:
    text = "# Ponds of Rill\n\nRill has four ponds, dug in 1871 and 1902.\n\n## Data\n\n"
    text += "Pond | Dug in | Depth (m)\n--- | --- | ---\nAlder | 1871 | 3\nBrook | 1902 | 2\nCutbank | 1902 | 5\n"
    bot = QA()
    bot.add([Document("ponds.md", text, "Ponds of Rill", "ponds.md")])
    answer = bot.ask("Which ponds were dug in 1902?", always_answer=True)
    assert [part.text for part in answer.parts] == ["Brook", "Cutbank"]


def test_who_must_not_is_answered_by_the_conditions() -> None:
    bot = QA()
    text = (
        "# Pills\n\nDo not take the pills for more than 10 days unless your doctor tells you to.\n\n"
        "Do not take the pills if you:\n\n- are under 12 years of age;\n- have had a stomach ulcer.\n"
    )
    bot.add([Document("pills.md", text, "Pills", "pills.md")])
    answer = bot.ask("Who should not take the pills?")
    assert [part.text for part in answer.parts] == ["are under 12 years of age", "have had a stomach ulcer."]


@pytest.mark.parametrize(
    "question", ["What isn't included?", "What is not included?", "What does the price not include?"]
)
def test_what_is_not_included_is_a_list_however_it_is_asked(question: str) -> None:
    text = (
        "# Your stay\n\nVisitor's tax of 3 francs per adult and night is not included.\n\n## Included in the price\n\n"
        "- breakfast\n- Wi-Fi\n\n## Not included in the price\n\n- drinks at dinner\n- massages\n- the garage\n"
    )
    bot = QA()
    bot.add([Document("stay.md", text, "Your stay", "stay.md")])
    assert [part.text for part in bot.ask(question).parts] == ["drinks at dinner", "massages", "the garage"]


def test_a_list_of_another_document_is_not_returned_if_a_sentence_names_more() -> None:
    bot = QA()
    guarantee = "The guarantee does not cover damage by limescale, damage by frost, or use in a launderette."
    baggage = "# Baggage\n\nNot covered:\n\n- bags left unattended\n- cash\n- bicycles\n"
    bot.add([Document("washer.md", guarantee, "Washer", "washer.md"), Document("bags.md", baggage, "Bags", "bags.md")])
    answer = bot.ask("What isn't covered by the guarantee?")
    assert [part.text for part in answer.parts] == ["damage by limescale", "damage by frost", "use in a launderette"]


def test_of_a_list_of_rules_those_asked_about_are_given() -> None:
    rules = [
        "The annual fee is 45 euros, due on 1 February.",
        "Plots must be kept tidy.",
        "Hosepipes are forbidden; watering cans may be filled at the taps.",
        "Cockerels, pigs and bees are not permitted.",
        "The gate must be locked at all times.",
        "Selling produce for profit is forbidden, except at the fair in July.",
    ]
    text = "# Rules of the club\n\n" + "\n".join(f"{n}. {rule}" for n, rule in enumerate(rules, start=1))
    bot = QA()
    bot.add([Document("rules.md", text, "Rules of the club", "rules.md")])
    answer = bot.ask("What is forbidden?")
    assert [part.text for part in answer.parts] == [rules[2], rules[3], rules[5]]


def test_rows_with_what_is_asked_about_are_given_by_their_names() -> None:
    both = "network analysis and repairs"
    hosting = f"Hosting, {both}"
    services = {"Aldan": hosting, "Borg": both, "Cato": "Delivery", "Dorn": "Painting", "Ehle": hosting, "Falk": both}
    rows = "\n".join(f"| {name} | {service} | Lund |" for name, service in services.items())
    text = f"# Suppliers\n\n| Name of supplier | Description of service | Town |\n| --- | --- | --- |\n{rows}\n"
    bot = QA()
    bot.add([Document(id="suppliers.md", text=text, title="Suppliers", source="suppliers.md")])
    answer = bot.ask("Which companies do network analysis?")
    assert answer.text == "Aldan\nBorg\nEhle\nFalk"
    assert all(text[part.start : part.end] == part.text for part in answer.parts)


LEAVE = """\
# Leave

## Giving blood or hours

You may give blood in working hours. Fact sheets on how to give:

- [Leave for those who give blood](https://staff.example/blood)
- [Hours](https://staff.example/hours)

## A colleague in need

To give hours, fill in the form and send it to payroll.
"""


def test_pages_to_read_are_no_steps() -> None:
    bot = QA()
    bot.add([Document("leave.md", LEAVE, "Leave", "leave.md")])
    assert bot.ask("How do I give hours?").text == "To give hours, fill in the form and send it to payroll."


def test_leave_is_counted_in_hours() -> None:
    bot = QA()
    bot.add([Document("leave.md", "# Leave\n\nStaff earn 4 annual leave hours in a fortnight.\n", "Leave", "leave.md")])
    assert bot.ask("How much leave do staff earn?").text == "4 annual leave hours"


ACCESS = """\
# Access

A member can be removed from the board by a vote.

## Leaving

- Remove the member of the board from these groups:
  - [Board](https://groups.example/board)
  - [Staff](https://groups.example/staff) (unless [they](https://groups.example/they)
    stay)
- Change the locks.
"""


def test_pages_with_a_remark_are_no_steps() -> None:
    bot = QA()
    bot.add([Document("access.md", ACCESS, "Access", "access.md")])
    assert (
        bot.ask("How can a member of the board be removed?").text == "A member can be removed from the board by a vote."
    )


@pytest.mark.parametrize(
    ("question", "items"),
    [
        pytest.param("What two things are suspensions?", ["fog", "mist"], id="those that the reader found"),
        pytest.param("Which two harbours did the founders see?", [], id="another number is no list"),
    ],
)
def test_as_many_items_are_given_as_are_asked_for(question: str, items: list[str]) -> None:
    bot = QA()
    text = (
        "Hail, snow, sleet, fog and mist are seen. Hence, fog and mist are suspensions.\n\n"
        "The founders saw the towns of Ry, Ho, Lund, and Bergen, with the harbours of Skagen and Thisted.\n"
    )
    bot.add([Document("coast.md", text, "The coast", "coast.md")])
    answer = bot.ask(question, always_answer=True)
    assert [part.text for part in answer.parts] == items


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do I add a new user?", "To add a user, run `adduser` with the name."),
        ("Which users are there?", "ann\nbo"),
    ],
)
def test_the_column_of_a_table_is_no_list_of_steps(question: str, expected: str) -> None:
    bot = QA()
    table = "| Name | Role |\n| ---- | ---- |\n| ann | admin |\n| bo | reader |\n"
    told = "To add a user, run `adduser` with the name.\n"
    text = f"# Manual\n\n## Adding a new user\n\nUsers are in a table:\n\n{table}\n{told}"
    bot.add([Document("manual.md", text, "Manual", "manual.md")])
    assert expected in str(bot.ask(question).text)


def test_a_list_elsewhere_is_not_the_task_of_another_heading() -> None:
    one = "## Removing a single copy\n\nTo remove a copy, call `drop` with its number.\n"
    rules = "- `--old n` keeps n copies\n- `--day n` keeps n days\n"
    other = f"## Removing copies by rules\n\nThe tool removes a copy by these rules:\n\n{rules}"
    bot = QA()
    bot.add([Document("manual.md", f"# Manual\n\n{one}\n{other}", "Manual", "manual.md")])
    answer = bot.ask("How do I remove a single copy?")
    assert "call `drop`" in str(answer.text)
    assert "--old" not in str(answer.text)
