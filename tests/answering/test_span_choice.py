"""Which of the reader's spans may answer, in whole answers about one text."""

from __future__ import annotations

import pytest

from qa import QA, Document

KETTLES = """\
# Three kettles compared

The test was led by Ada Lund. In 2024 the shops sold 2,310 kettles of this kind. Every shop has the Aro 12
and the Bel 8, and some shops have the Cor 20.

| | Aro 12 | Bel 8 | Cor 20 |
| --- | --- | --- | --- |
| Noise | 41 dB | 38 dB | 47 dB |
| Filter included | no | yes | no |

## Aro 12

The cheapest of the three. The warranty is two years.

## Bel 8

It has a timer and wheels. A new filter costs 14 euros.

## Cor 20

It is loud and heavy, and made for halls of up to 15 square metres. Nobody knows how long its parts are sold.

## Visits

You are told about a visit two weeks before it. A visit takes about three hours. A kettle dries for two days before it
is packed. The shop is closed on 25 December, on
1 January and on every Monday. It was built in 1963, and in 1971 got a cellar.
Visitors may take photos. In the hall it is not allowed at all, because light damages the old paint.

## Which one should I buy?

- For an office with many guests: Cor 20
- For a boat: Bel 8
- For a small kitchen: Aro 12

## What may I not do with a kettle?

- Boil milk
- Leave it to children

## Returns

The number of returns rose from 12 to 40. The makers blame this on a poor lid.
"""


@pytest.fixture(scope="module")
def bot() -> QA:
    library = QA()
    library.add([Document("kettles.md", KETTLES, "Three kettles compared", "kettles.md")])
    return library


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("How much does a new filter for the Bel cost?", "14 euros", id="a section of the thing"),
        pytest.param("How much does a new filter for the Cor cost?", None, id="a section of another thing"),
        pytest.param("What is the warranty of the Cor 20?", None, id="another section of another thing"),
        pytest.param("How many kettles did the shops sell in 2024?", "2,310", id="the year"),
        pytest.param("How many kettles did the shops sell in 2023?", None, id="another year"),
        pytest.param("Which kettle should I buy for a boat?", "Bel 8", id="the item with the question's words"),
        pytest.param("Is a filter included with the Cor 20?", "No.", id="no"),
        pytest.param("Is the Bel louder than the Cor?", "No.\nBel, Noise: 38 dB\nCor, Noise: 47 dB", id="columns"),
        pytest.param("Which kettle is the quietest?", "Bel 8", id="an extreme in a row"),
        pytest.param("How wide is the Cor 20?", None, id="an area is no width"),
        pytest.param("How long does a kettle dry?", "two days", id="for a time before"),
        pytest.param("How long does a visit take?", "about three hours", id="how long, and not how long before"),
        pytest.param(
            "When is the shop closed?",
            "The shop is closed on 25 December, on\n1 January and on every Monday.",
            id="several dates",
        ),
        pytest.param("When was the shop built?", "1963", id="one date, and what happened at another"),
        pytest.param(
            "What is prohibited in the hall?",
            "In the hall it is not allowed at all, because light damages the old paint.",
            id="the sentence, and not why",
        ),
        pytest.param("What is the Cor's noise?", "47 dB", id="whose"),
        pytest.param(
            "Can I boil milk?", "No. What may I not do with a kettle?\n\n- Boil milk", id="an item of what is forbidden"
        ),
        pytest.param(
            "Why did the number of returns rise?",
            "The number of returns rose from 12 to 40. The makers blame this on a poor lid.",
            id="a reason in the next sentence",
        ),
    ],
)
def test_an_answer_is_about_what_is_asked(bot: QA, question: str, expected: str | None) -> None:
    answer = bot.ask(question)
    assert answer.text == expected
    assert all(KETTLES[citation.start : citation.end] == citation.text for citation in answer.citations)


def test_who_it_was_is_not_only_what_the_question_says() -> None:
    text = "# Cup\n\nThe cup was won by Wexley, who beat Linden Park in the final. About 900 people watched.\n"
    library = QA()
    library.add([Document("cup.md", text, "Cup", "cup.md")])
    assert library.ask("Whom did Wexley beat in the final?").text == "Linden Park"


def test_things_with_their_years_are_no_value() -> None:
    text = (
        "# Ilsa Marrendy\n\nShe received the Golden Lyre in 1951 and the Hagen Prize in 1964. She wrote nine songs.\n"
    )
    library = QA()
    library.add([Document("marrendy.md", text, "Ilsa Marrendy", "marrendy.md")])
    answer = library.ask("Which prizes and distinctions did she accept?", always_answer=True)
    assert (answer.text or "").startswith("the Golden Lyre in 1951 and the Hagen Prize")


def test_a_bullet_is_no_label() -> None:
    text = "# Latin\n\nDeclensions: five, and all are regular\n\n- The fourth declension has 14 nouns.\n"
    library = QA()
    library.add([Document("latin.md", text, "Latin", "latin.md")])
    assert library.ask("How many declensions are there?", always_answer=True).text == "five"


SEASON = """\
# Season

| Team | Won | Goals for | Goals against |
| --- | --- | --- | --- |
| Thornby Ladies | 12 | 49 | 17 |
| Castle Aske | 13 | 52 | 24 |
| Upper Dunning | 1 | 14 | 43 |
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("Which team conceded the fewest goals?", None, id="one of two columns"),
        pytest.param("Which team has the fewest goals against?", "Thornby Ladies", id="the column in its words"),
        pytest.param(
            "Did Thornby win more matches than Aske?",
            "No.\nThornby, Won: 12\nAske, Won: 13",
            id="more of what a column counts",
        ),
    ],
)
def test_tables_of_a_season(question: str, expected: str | None) -> None:
    library = QA()
    library.add([Document("season.md", SEASON, "Season", "season.md")])
    assert library.ask(question).text == expected


PRICES = """\
Hillside Veterinary Clinic

The clinic moved to Mill Street in 2019.

Fees
Consultation ......... 38.00
Vaccination, dog ..... 52.00
Vaccination, cat ..... 46.00
Microchip ............ 24.00

Contacts
Reception: 0555 201 300
Pharmacy: 0555 201 310
"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much does it cost to vaccinate a cat?", "46.00"),
        ("How much does it cost to vaccinate a dog?", "52.00"),
        ("What is the number of the pharmacy?", "0555 201 310"),
        ("When was the pharmacy opened?", None),
    ],
)
def test_the_line_with_most_of_the_question_answers(question: str, answer: str | None) -> None:
    bot = QA()
    bot.add([Document("clinic.txt", PRICES, "Hillside Veterinary Clinic", "clinic.txt")])
    assert bot.ask(question).text == answer


BILL = """\
# Water bill and machine

Bill date: 6 March 2025
Billing period: 1 December 2024 to 28 February 2025

Balance on your last bill          112.40
Charges this period                238.61
VAT at 5%                           11.93

Pay by: 27 March 2025

You used 12% less water than in the same period last year.

## Machine

The start lamp of the machine is green while it runs. Do not wash wool above 30 degrees.

Softener goes into the compartment marked with a flower.

The guarantee runs for two years from the date of purchase. The motor is guaranteed for ten years.

The guarantee does not cover damage by limescale, damage by frost, or use in a launderette.

Service line: 0344 555 7400, Monday to Friday, 8 am to 6 pm

## Club

Present: Ruth Amsel (chair), Colin Baxter, Owen Teague

Treasurer: Lucy Grant
Groundsman: Bill Hartnell, 07700 900 461

Nils Berg, who became secretary in 2019 (after a year as acting secretary), resigned.

Mrs Hollis asked whether the footpath lamps could be switched off. This was put off until the next meeting.
"""


@pytest.fixture(scope="module")
def bill() -> QA:
    library = QA()
    library.add([Document("bill.md", BILL, "Water bill and machine", "bill.md")])
    return library


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When is the bill due?", "27 March 2025"),
        ("How much is the VAT?", "11.93"),
        ("How much water did I use?", None),
        ("Can I wash silk?", None),
        ("What isn't covered?", "damage by limescale\ndamage by frost\nuse in a launderette"),
        ("When can I call the service line?", "Service line: 0344 555 7400, Monday to Friday, 8 am to 6 pm"),
        ("What is the treasurer's phone number?", None),
        ("Who is the vice-chair?", None),
        ("Where does the softener go?", "into the compartment marked with a flower"),
        ("Who became the secretary in 2019?", "Nils Berg"),
        (
            "What was decided about the footpath lamps?",
            "Mrs Hollis asked whether the footpath lamps could be switched off."
            " This was put off until the next meeting.",
        ),
    ],
    ids=lambda value: value if value and value.endswith("?") else "",
)
def test_an_everyday_question_gets_the_value_of_what_it_names(bill: QA, question: str, expected: str | None) -> None:
    assert bill.ask(question).text == expected


def test_a_label_that_is_the_noun_asked_for_is_preferred() -> None:
    text = "Water bill\n\nAccount number: 4471\nBill date: 12 March 2026\nPeriod: December 2025 to February 2026\n"
    library = QA()
    library.add([Document("bill.txt", text, "Water bill", "bill.txt")])
    assert library.ask("What period does the bill cover?").text == "December 2025 to February 2026"


NOTICE = """\
# Notice to parents

Please do not park on the zigzag lines outside the gate. Parents may leave their cars behind the Plough Inn.
Our shop is 300 metres from the gate. The airport is 12 km away. Bus 5 goes to the station every hour.

| Day | Lunch | Pudding |
| --- | --- | --- |
| Thursday | Cheese and leek pie | Yoghurt |
| Friday | Fish and chips | Ice cream |

## Work day

The work day is on Sunday. Bring gloves and, if you have them, shears.
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("Where can parents park?", "behind the Plough Inn", id="not where they must not"),
        pytest.param("How far is the station?", None, id="not how far something else is"),
        pytest.param("How far is the airport?", "12 km", id="how far it is"),
        pytest.param("Which meals are on Friday?", "Fish and chips", id="a cell is not divided at and"),
        pytest.param("What should I bring to the work day?", "gloves\nshears", id="an aside after and"),
    ],
)
def test_a_notice_is_read_to_the_word(question: str, expected: str | None) -> None:
    library = QA()
    library.add([Document("notice.md", NOTICE, "Notice to parents", "notice.md")])
    assert library.ask(question).text == expected


MESSAGES = """\
From: Priya Nair <priya@mill.example>
To: Jonas Feld <jonas@mill.example>
Date: Mon, 3 March 2025 09:12

I have the keys, and would like to move on Saturday 15 March. Can you come?

Priya

---

From: Jonas Feld <jonas@mill.example>
To: Priya Nair <priya@mill.example>
Date: Tue, 4 March 2025 08:05

You need a parking permit for the van. It takes five working days and costs \u00a312.
Otherwise you risk a fine of \u00a370, as happened to my neighbour.
The goulash is in the fridge; it can be frozen. I can bring ten boxes.

Jonas
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("Which day is the move?", "Saturday 15 March", id="not when it was sent"),
        pytest.param("How much is the fine for parking without a permit?", "\u00a370", id="the attribute asked for"),
        pytest.param("How much is the permit?", "\u00a312", id="another attribute"),
        pytest.param("Can I freeze the leftovers?", None, id="nothing less likely than what is of another"),
    ],
)
def test_messages_answer_what_is_asked(question: str, expected: str | None) -> None:
    library = QA()
    library.add([Document("mail.txt", MESSAGES, "Moving", "mail.txt")])
    assert library.ask(question).text == expected


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        (
            "Lund plans to widen the canal from 9 to 12 metres.",
            "What does Lund want to do about the canal?",
            "Lund plans to",
        ),
        ("The mill was founded by Ole Marius Lund in Ry.", "Who founded the Lund mill?", "Ole Marius Lund"),
        (
            "Aure and Lund plan a bridge together. Most of what is known about the plan was disclosed by Lund.",
            "Who disclosed what Aure and Lund plan together?",
            "Lund",
        ),
    ],
    ids=["a verb without its object", "a surname that the question has", "a name in a clause of the question"],
)
def test_an_answer_is_no_fragment(text: str, question: str, expected: str) -> None:
    library = QA()
    library.add([Document("notes.md", f"# Notes\n\n{text}\n", "Notes", "notes.md")])
    assert (library.ask(question, always_answer=True).text or "").startswith(expected)


NOTICES = """\
# Notices

## Section 12 Lights

Use lights after sunset.

## Section 14 Racing

Whoever violates this section shall be subject to the following penalties:

- a fine of 500 euros
- suspension of the licence for a year

## Office

The office of the clerk is open from Monday to Friday, 9:00 to 16:00. The website of the guild is guild.example.

## Funds

Each club has a treasurer. A club must register by 1 October. A club is eligible for funds after a year.
"""


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        pytest.param("What are the penalties for violating section 14?", True, id="section"),
        pytest.param("What are the penalties for violating section 12?", False, id="another section"),
        pytest.param("What is the website of the guild?", True, id="website"),
        pytest.param("What is a club?", False, id="rules are no definition"),
    ],
)
def test_what_a_notice_does_not_say_is_not_shown(question: str, shown: bool) -> None:
    library = QA()
    library.add([Document("notices.md", NOTICES, "Notices", "notices.md")])
    assert library.ask(question).abstained is not shown


@pytest.mark.parametrize(
    "question", ["What is the e-mail address of the office?", "What is the office's phone number?"]
)
def test_opening_hours_are_no_address(question: str) -> None:
    library = QA()
    library.add([Document("notices.md", NOTICES, "Notices", "notices.md")])
    assert "9:00" not in (library.ask(question, always_answer=True).text or "")
