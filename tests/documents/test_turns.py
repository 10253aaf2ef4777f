"""Turns: who says what in minutes, transcripts, plays, chats and mails."""

from __future__ import annotations

import pytest

from qa import Document
from qa.documents.turns import turns

INTERVIEW = """\
**Mia Berg:** Welcome. Where did you grow up?

**Ole Dahl:** In a village by the sea.

We had two boats.

**Mia Berg:** And then?

**Ole Dahl:** I left.

[laughter]

## After the break

**Mia Berg:** Hello again.
"""
MINUTES = """\
## Budget

* New roof
  * Ann
    * too expensive
    * wait a year
  * Bo, we could rent out the hall
    * Ann - who would clean it?
* Old stove
  * Bo: sell it

## Present

* Ann
* Bo
"""
PLAY = """\
THE DOCTOR.

You look pale.

MRS. REED.

[_Sitting down._] I walked here.

THE DOCTOR.

In this heat?

MRS. REED.

There is no bus.
"""
CHAT = """\
10:01 <ida> shall we meet?
10:02 <tom> on Monday
[10:03] <ida> fine
10:04 <tom> bring the plans
"""
MAIL = """\
---
From: Ida Roth <ida@example.org>
To: list@example.org
---

# Re: The old pump

Then we repair it.

On 3 May 2024, Tom Hale <tom@example.org> wrote:

> The pump leaks.
>
> On 2 May 2024, Ida Roth wrote:
>
>> How is the pump?
> It is old, too.

I will ask Mia.
"""
LEAFLET = """\
Price: 3 euros
Weight: 2 kg
Note: Keep dry.
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "interview.md",
            INTERVIEW,
            [
                ("Mia Berg", "Welcome. Where did you grow up?"),
                ("Ole Dahl", "In a village by the sea.\n\nWe had two boats."),
                ("Mia Berg", "And then?"),
                ("Ole Dahl", "I left."),
                ("Mia Berg", "Hello again."),
            ],
        ),
        (
            "minutes.md",
            MINUTES,
            [
                ("Ann", "* too expensive\n    * wait a year"),
                ("Bo", "we could rent out the hall"),
                ("Ann", "who would clean it?"),
                ("Bo", "sell it"),
            ],
        ),
        (
            "play.txt",
            PLAY,
            [
                ("THE DOCTOR", "You look pale."),
                ("MRS. REED", "[_Sitting down._] I walked here."),
                ("THE DOCTOR", "In this heat?"),
                ("MRS. REED", "There is no bus."),
            ],
        ),
        (
            "chat.log",
            CHAT,
            [("ida", "shall we meet?"), ("tom", "on Monday"), ("ida", "fine"), ("tom", "bring the plans")],
        ),
        (
            "mail.eml",
            MAIL,
            [
                ("Ida Roth", "Then we repair it."),
                ("Tom Hale", "The pump leaks."),
                ("Ida Roth", "How is the pump?"),
                ("Tom Hale", "It is old, too."),
                ("Ida Roth", "I will ask Mia."),
            ],
        ),
        ("leaflet.txt", LEAFLET, []),
    ],
    ids=["interview", "minutes", "play", "chat", "mail", "labels that do not recur"],
)
def test_turns_are_found(name: str, text: str, expected: list[tuple[str, str]]) -> None:
    found = turns(Document(name, text, name, name))

    assert [(one.speaker, text[one.words : one.end]) for one in found] == expected


def test_a_short_line_that_is_said_is_no_heading() -> None:
    text = "ANN.\n\nIf only he were here----\n\nBO.\n\nHe is not.\n\nANN.\n\nNo.\n\nBO.\n\nNo."

    assert [one.above for one in turns(Document("play.txt", text, "Play", "play.txt"))] == [""] * 4


def test_who_gets_a_letter_does_not_speak() -> None:
    text = "1.\n\nTO BO.\n\nCome soon.\n\nA. LEE.\n\n\n2.\n\nTO BO.\n\nStay there.\n\nA. LEE.\n\n\n3."

    assert turns(Document("letters.txt", text, "Letters", "letters.txt")) == ()


def test_a_turn_knows_what_it_is_below() -> None:
    found = turns(Document("minutes.md", MINUTES, "Minutes", "minutes.md"))

    assert [one.above for one in found] == [
        "Budget\nNew roof",
        "Budget\nNew roof",
        "Budget\nNew roof\nBo, we could rent out the hall",
        "Budget\nOld stove",
    ]


@pytest.mark.parametrize(
    ("label", "name", "same"),
    [
        ("Ole Dahl", "Ole", True),
        ("Ole Dahl", "ole dahl", True),
        ("Ole", "Ole Dahl", True),
        ("Ole D", "Ole Dahl", True),
        ("ROPER", "Roper", True),
        ("Ann/Bo", "Bo", True),
        ("Ann and Bo", "Ann", True),
        ("Ole Dahl", "Mia Dahl", False),
        ("Ole", "Olef", False),
    ],
)
def test_a_speaker_is_known_by_a_part_of_the_name(label: str, name: str, same: bool) -> None:
    text = f"{label}: Hello.\nZoe: Good day.\n{label}: Bye.\nZoe: Goodbye."

    assert turns(Document("a.txt", text, "a", "a.txt"))[0].is_by(name) is same
