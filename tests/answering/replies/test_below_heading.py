"""The answer below a heading that is the very question."""

from __future__ import annotations

import pytest

from qa import QA, Document

TEXT = """\
# Questions about the kiln

* [How hot does the kiln get?](#heat)
* [Does the kiln have a timer?](#timer)

<h3 name="heat">
How hot does the kiln get?
</h3>

It reaches 1,260 degrees. With the lid open, it stays below 400.

<h3 id="timer">Does the kiln have a timer?</h3>

Yes. Turn the left knob.

### Who repairs the _Big Kiln_?

Ask the workshop in Lund first. Ann Berg repairs the coils.

### Can I fire glass? Why does it crack?

Let the plates cool for a night, or the glass breaks.

### What does it cost to fire a bowl? Is there a discount?

Two euros.

### How long does it take to cool?

A night.

### How long does it take to heat?

An hour.

### Which tools does the kiln need?

It has no need of any. The tongs and the gloves on the wall are for the furnace.
"""


@pytest.fixture(scope="module")
def bot() -> QA:
    bot = QA()
    bot.add([Document("kiln.md", TEXT, "Questions about the kiln", "kiln.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How hot does the kiln get?", "It reaches 1,260 degrees. With the lid open, it stays below 400."),
        ("Does the kiln have a timer?", "Yes. Turn the left knob."),
        ("Who repairs the Big Kiln?", "Ask the workshop in Lund first. Ann Berg repairs the coils."),
        ("What does it cost?", "Two euros."),
        ("Can I fire glass?", "Let the plates cool for a night, or the glass breaks."),
        (
            "Which tools does the kiln need?",
            "It has no need of any. The tongs and the gloves on the wall are for the furnace.",
        ),
    ],
    ids=["number", "yes or no", "emphasized words", "longer", "two questions", "list"],
)
def test_the_answer_below_the_same_question_is_whole(bot: QA, question: str, answer: str) -> None:
    found = bot.ask(question)
    assert found.text == answer
    assert found.citations[0].text == answer


def test_several_headings_that_begin_with_the_question_do_not_ask_it(bot: QA) -> None:
    assert bot.ask("How long does it take?").text != "A night."
