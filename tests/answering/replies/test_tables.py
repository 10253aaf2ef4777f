"""Replies from tables and lists of values have the type that the question expects."""

from __future__ import annotations

import pytest

from qa import QA, Document

COURSE = """\
# Pottery course

The final test is on Tuesday, 16 December. The course is the third-oldest in Ulm, after weaving and baking.

| Component | Weight |
| --- | --- |
| Final test | 35 % |
| Portfolio | 45 % |
| Quizzes | 20 % |

| | |
| --- | --- |
| **Teacher** | Ada Moor |
| **Founded** | May 4, 1998 |
| **Largest room** | Kiln hall |

| Time | Talk |
| --- | --- |
| 10:00 | What clay remembers |
| 11:30 | Workshop: painting bowls |

A talk lasts 20 minutes and is followed by a discussion. The course has three kilns:

- Kiln A, 60 litres
- Kiln B, 140 litres
- Kiln C, 90 litres
"""


@pytest.fixture(scope="module")
def course_bot() -> QA:
    bot = QA()
    bot.add([Document("course.md", COURSE, "Pottery course", "course.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When is the final test?", "Tuesday, 16 December"),
        ("What is the weight of the final test?", "35 %"),
        ("How many questions are on the final test?", None),
        ("How long is the talk What clay remembers?", "20 minutes"),
        ("When is the talk What clay remembers?", "10:00"),
        ("When does the bowls workshop start?", "11:30"),
        ("Which room is the largest?", "Kiln hall"),
        ("Which room is the smallest?", None),
        ("Which course is the oldest in Ulm?", None),
        ("When was the pottery course founded?", "May 4, 1998"),
        ("Who founded the pottery course?", None),
    ],
)
def test_a_reply_has_the_type_and_extreme_asked_for(course_bot: QA, question: str, expected: str | None) -> None:
    assert course_bot.ask(question).text == expected


@pytest.mark.parametrize("question", ["What is the total fee of the courses?", "Which course is the cheapest?"])
def test_no_single_item_is_the_total_or_the_extreme(question: str) -> None:
    text = "# Courses\n\nWe offer these courses:\n\n- Glazing, for beginners: 40 euros\n- Throwing: 55 euros a day\n"
    bot = QA()
    bot.add([Document("courses.md", text, "Courses", "courses.md")])
    assert bot.ask(question).text is None


def test_sides_are_not_the_rows_of_a_table_about_something_else() -> None:
    bot = QA()
    text = (
        "# Runs\n\n| Run | Time |\n| --- | --- |\n| 1 | 20 |\n| 2 | 25 |\n\n"
        "Router 1 has an aerial. Router 2 has none.\n"
    )
    bot.add([Document("runs.md", text, "Runs", "runs.md")])
    assert {one.text for one in bot.ask("Compare router 1 with router 2").parts} == {
        "Router 1 has an aerial.",
        "Router 2 has none.",
    }


ACCOUNTS = """\
# Harbour company

The harbour employs 310 people.

(in thousands, except percentages)

| | 2022 | 2023 |
| --- | --- | --- |
| Revenues | $31,043 | $33,207 |
| Wages | 12,100 | 12,480 |
| Margin | 12% | 14% |

## Quays

| Quay | Ships | Opened |
| --- | --- | --- |
| North quay | 412 | 1904 |
| South quay | 377 | 1931 |
"""


@pytest.mark.parametrize(
    ("question", "text", "lead"),
    [
        ("What were the revenues in 2023?", "$33,207", "The table says \u201cin thousands, except percentages\u201d"),
        ("What was the margin in 2023?", "14%", ""),
        ("How many ships use the south quay?", "377", ""),
        ("When was the north quay opened?", "1904", ""),
    ],
    ids=["scaled", "percentage", "another-table", "year"],
)
def test_a_figure_is_given_with_the_scale_that_its_table_states(question: str, text: str, lead: str) -> None:
    bot = QA()
    bot.add([Document("accounts.md", ACCOUNTS, "Harbour company", "accounts.md")])
    answer = bot.ask(question, always_answer=True)
    assert (answer.text, answer.lead) == (text, lead)


def test_a_computed_figure_is_given_with_the_scale_that_its_table_states() -> None:
    rows = "| Gull | 31 | 12 |\n| Tern | 44 | 9 |\n| Auk | 29 | 15 |\n"
    text = f"# Fleet\n\n| Ship | Cost (in millions) | Crew |\n| --- | --- | --- |\n{rows}"
    bot = QA()
    bot.add([Document("fleet.md", text, "Fleet", "fleet.md")])
    answer = bot.ask("What is the total cost of the ships?")
    assert answer.text == "104"
    assert bot.ask("What is the total crew of the ships?").lead.startswith("Computed from 3 rows: ")
    assert "millions" not in bot.ask("What is the total crew of the ships?").lead
    assert answer.lead.endswith(". The table says \u201cin millions\u201d")
