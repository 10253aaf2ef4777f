"""Who was at a meeting and who was not, by the labels of minutes."""

from __future__ import annotations

import pytest

from qa import QA, Document
from qa.answering.questions.attendance import ABSENT, PRESENT, asked_attendance, labelled_attendance
from qa.answering.questions.kinds import classify

LINES = """\
# Minutes of the allotment committee, 14 May

**Present:** Joan Pike (chair), Tom Adeyemi, Sheila Brand and Vikram Rao. Apologies: Peter Moss.
The lease runs until 2031.

Mr Rao presented the accounts. The committee agreed to repair the north fence.
"""
SECTIONS = """\
# Board of the sailing club, 3 March

## Attendees

- Ann Lee
- Bo Ek (chair)

## Apologies received

- Dana Wu
- Cy Fox

## Decisions

The board agreed to buy a new boat.
"""
SENTENCE = """\
Minutes of the garden club, 7 June 2023

The following members were present: Ida Holm, Karl Weiss and Mona Petri.
Regrets: Otto Lind.

The club buys forty roses.
"""

PARAGRAPHS = """\
# Minutes of the parish council

## Present

Ann Lee (chair), Bo Ek, Dora Finch

## Apologies

Cy Fox

## Bins

Nobody objected to two more bins.
"""
LINES_BELOW = """\
Minutes of the chess club

Present
Ida Holm (chair)
Karl Weiss

Absent
Otto Lind

The club buys ten clocks.
"""


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        (LINES, "Who attended the meeting?", ["Joan Pike (chair)", "Tom Adeyemi", "Sheila Brand", "Vikram Rao"]),
        (LINES, "Who couldn't make it?", ["Peter Moss"]),
        (LINES, "Who was absent from the committee meeting?", ["Peter Moss"]),
        (SECTIONS, "Which members were present?", ["Ann Lee", "Bo Ek (chair)"]),
        (SECTIONS, "Who missed the meeting?", ["Dana Wu", "Cy Fox"]),
        (PARAGRAPHS, "Who was present?", ["Ann Lee (chair)", "Bo Ek", "Dora Finch"]),
        (PARAGRAPHS, "Who was absent?", ["Cy Fox"]),
        (LINES_BELOW, "Who was present?", ["Ida Holm (chair)", "Karl Weiss"]),
        (LINES_BELOW, "Who missed the meeting?", ["Otto Lind"]),
        (SENTENCE, "Who came to the meeting?", ["Ida Holm", "Karl Weiss", "Mona Petri"]),
        (SENTENCE, "Who sent apologies?", ["Otto Lind"]),
    ],
)
def test_attendance_is_read_from_the_minutes(text: str, question: str, expected: list[str]) -> None:
    bot = QA()
    bot.add([Document("minutes.md", text, "Minutes", "minutes.md")])
    answer = bot.ask(question)
    assert [part.text for part in answer.parts] == expected
    assert answer.kind == "list"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who attended the annual general meeting on 14 May?", (PRESENT, " annual general on 14 May?")),
        ("Which councillors were at the meeting?", (PRESENT, "?")),
        ("Who didn\u2019t attend?", (ABSENT, "?")),
        ("Who was not there?", (ABSENT, "?")),
        ("Who was at the wedding?", None),
        ("Who took part in the revolt?", None),
        ("Who missed the penalty?", None),
        ("Who presented the accounts?", None),
    ],
)
def test_a_question_for_attendance_is_told(question: str, expected: tuple[str, str] | None) -> None:
    assert asked_attendance(question) == expected
    if expected:
        assert classify(question).kind == "list"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Present", PRESENT),
        ("Also present:", PRESENT),
        ("**In attendance**", PRESENT),
        ("Apologies for absence", ABSENT),
        ("The present state", None),
        ("Absences of pupils", None),
    ],
)
def test_a_label_for_attendance_is_told(label: str, expected: str | None) -> None:
    assert labelled_attendance(label) == expected


def test_the_meeting_asked_about_is_found_among_others() -> None:
    bot = QA()
    texts = {"council": PARAGRAPHS, "club": LINES_BELOW}
    bot.add([Document(name, text, text.splitlines()[0].strip("# "), name) for name, text in texts.items()])
    assert bot.ask("Who was absent from the council meeting?").text == "Cy Fox"
    assert bot.ask("Who missed the chess club meeting?").text == "Otto Lind"
