"""Replies from the entry of an option or the like."""

from __future__ import annotations

import pytest

from qa import QA, Document

TEXT = """\
Usage: kiln [OPTION]... PROGRAM

Fires the kiln with a program that is stored in a file.

Options:
  -h, --hold=MINUTES     stay at the highest temperature
      --no-hold          cool at once
  -A, --after=TIME       start after this time of day
      --fan              let the fan run while the kiln cools;
                         it is loud
  -m, --mode=MODE        how fast to heat; the default mode is "slow"

Settings:

- `KILN_DIR` - folder with the programs
- `KILN_AGE`
  - Days that a log is kept.
"""


@pytest.fixture(scope="module")
def bot() -> QA:
    bot = QA()
    bot.add([Document("kiln.txt", TEXT, "The kiln command", "kiln.txt")])
    return bot


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What does --hold do?", "stay at the highest temperature"),
        ("What does the option -h do?", "stay at the highest temperature"),
        ("What does -A do?", "start after this time of day"),
        (
            "What does the --fan option do?",
            "let the fan run while the kiln cools;\n                         it is loud",
        ),
        ("What does KILN_AGE do?", "Days that a log is kept."),
        ("What is KILN_DIR?", "folder with the programs"),
        ("What is the default of --mode?", '"slow"'),
    ],
)
def test_the_entry_of_an_option_says_what_it_does(bot: QA, question: str, answer: str) -> None:
    found = bot.ask(question)
    assert found.text == answer
    assert answer in found.citations[0].text


def test_the_option_that_does_something_is_named(bot: QA) -> None:
    assert bot.ask("Which option lets the fan run?").text == "--fan"


def test_what_an_option_does_is_given_with_its_sentence() -> None:
    bot = QA()
    text = "# Tool\n\nThe flag -v turns on more messages, such as the names of files.\n\nThe tool runs on Linux.\n"
    bot.add([Document("tool.md", text, "Tool", "tool.md")])
    assert bot.ask("What does -v do?").text == "The flag -v turns on more messages, such as the names of files."
