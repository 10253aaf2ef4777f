"""Lists told in prose, under a heading or after a sentence."""

from __future__ import annotations

import pytest

from qa.answering.lists.prose import counted_list, prose_list
from qa.protocols import AnswerSpan, SpanFeatures
from qa.types import Document, Passage

MODES = (
    "# Stove\n\n## Modes\n\n### Manual\n\nYou set it.\n\n### Weekly plan\n\nIt starts by itself.\n\n## Fuel\n\nWood.\n"
)
CLUBS = "# School\n\n## Clubs\n\nThe chess club meets on Tuesdays. It is free. The choir meets on Fridays.\n"
PLANS = "# Farm\n\nNot all plans worked. A hive was stolen. The shop closed again.\n"
THEFTS = "# Farm\n\n## 3. Hives\n\nA hive was stolen in May. Two frames were lost. A camera was bought.\n"
FEATURES = SpanFeatures(*[0.0] * 10)
GIFTS = "# Shop\n\n## Gifts\n\nBooks are accepted. Games are accepted, too. Tapes are not accepted.\n"


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        pytest.param("Which modes does the stove have?", MODES, ["Manual", "Weekly plan"], id="sub-headings"),
        pytest.param(
            "Which clubs are there?",
            CLUBS,
            ["The chess club meets on Tuesdays. It is free.", "The choir meets on Fridays."],
            id="sentences, with those that go on",
        ),
        pytest.param("Which clubs meet on Fridays?", CLUBS, None, id="restricted to some"),
        pytest.param("Which rules are there?", CLUBS, None, id="another noun"),
        pytest.param("Who founded the clubs?", CLUBS, None, id="no list"),
        pytest.param(
            "Which plans did not work?", PLANS, ["A hive was stolen.", "The shop closed again."], id="first sentence"
        ),
        pytest.param("Which plans worked?", PLANS, None, id="the opposite"),
        pytest.param("What did not work?", PLANS, ["A hive was stolen.", "The shop closed again."], id="no noun"),
        pytest.param("Who stole the hive?", THEFTS, None, id="the number of a heading"),
        pytest.param("What did not work?", PLANS.replace("all plans work", "the plan work"), None, id="not of several"),
        pytest.param(
            "Which gifts are accepted?",
            GIFTS,
            ["Books are accepted.", "Games are accepted, too."],
            id="without what is denied",
        ),
        pytest.param("Which clubs are there?", CLUBS.replace("The choir", "\n- The choir"), None, id="a list"),
        pytest.param("Which schools are there?", CLUBS, None, id="the title"),
        pytest.param(
            "What are the stove care rules?",
            "# Stove care\n\n## Stove care rules\n\n### Sweep it\n\nOnce a year.\n\n### Air it\n\nAt night.\n",
            ["Sweep it", "Air it"],
            id="a noun after the words of the title",
        ),
    ],
)
def test_what_a_section_or_paragraph_lists_is_found(question: str, text: str, expected: list[str] | None) -> None:
    document = Document("a.md", text, text[2:].partition("\n")[0], "a.md")
    found = prose_list(question, [Passage("a.md", 0, len(text), text, None, 1.0, 1.0, 1.0)], {"a.md": document})
    assert (found and [text[slice(*item)] for item in found[0].items]) == expected
    if found:
        assert all(any(a <= start and end <= b for a, b in found[1]) for start, end in found[0].items)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two enemies remain. Voles gnaw. Canker spreads.", ["Voles gnaw.", "Canker spreads."]),
        (
            "Two enemies remain. Voles gnaw. They are many. Canker spreads.",
            ["Voles gnaw. They are many.", "Canker spreads."],
        ),
        ("Two enemies remain. Voles gnaw. Canker spreads. Blight kills.", None),
        ("Enemies remain. Voles gnaw. Canker spreads.", None),
        ("We saw Two enemies remain. Voles gnaw. Canker spreads.", None),
        ("Voles gnaw. Two enemies remain. Canker spreads.", None),
    ],
    ids=["as many", "one continues", "more", "not counted", "within the sentence", "not the first sentence"],
)
def test_the_sentences_that_another_counts_are_found(text: str, expected: list[str] | None) -> None:
    end = text.index("remain")
    span = AnswerSpan("a.md", text.find("Two"), end, 0, len(text), 1.0, FEATURES, 1.0, 0.9)
    found = counted_list(Document("a.md", text, "Orchard", "a.md"), span)
    assert (found and [text[slice(*item)] for item in found.items]) == expected
