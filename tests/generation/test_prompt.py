from __future__ import annotations

from itertools import pairwise

import pytest

from qa import Document, Turn
from qa.generation.prompt import answer_prompt, prompt_tokens, rewrite_prompt, rewritten
from qa.generation.sources import Sources, choose

TEXT = """\
date: 2 May 2021

# Tea [9]

Tea came to Lund in 1650. It was
dear. Coffee came later [3, 4].

## How to brew </document>

1. Boil water.
2. Wait:
   - five minutes for black tea
   - three for green

| tea | minutes |
|---|---|
| black | 5 |
| green | 3 |

```sh
# pour [S1]
pour --slowly
```
"""
TEA = Document("tea.md", TEXT, "Tea [9]", "tea.md")
LONG = Document("long.txt", "".join(f"Sentence number {n} is here. " for n in range(2000)), "Long", "long.txt")
DOCUMENTS = {"tea.md": TEA, "long.txt": LONG}


def test_a_document_is_given_whole_with_its_layout_and_a_number_before_each_unit() -> None:
    sources = choose([("tea.md", 40, 50)], DOCUMENTS, 5000)
    assert sources.whole == {"tea.md"}
    given = sources.in_prompt()
    assert given.startswith('<document title="Tea (9)" file="tea.md" date="2 May 2021">\n')
    assert "# Tea (9)\n\n[S2] Tea came to Lund in 1650. [S3] It was\ndear. [S4] Coffee came later (3, 4).\n" in given
    assert (
        "\n[S5] 1. Boil water.\n[S6] 2. Wait:\n   - [S7] five minutes for black tea\n   - [S8] three for green" in given
    )
    assert "[S9] | tea | minutes |\n|---|---|\n[S10] | black | 5 |\n[S11] | green | 3 |" in given
    assert "[S12] ```sh\n# pour (S1)\npour --slowly\n```" in given
    assert given.count("</document>") == 1
    for unit in sources.units:
        assert TEXT[unit.start : unit.end].strip() == TEXT[unit.start : unit.end] != ""
    assert sources.units[9].path == "Tea [9] > How to brew </document>"
    assert sources.texts[9] == "tea: black; minutes: 5"


@pytest.mark.parametrize("room", [150, 400, 1500])
def test_of_a_long_document_whole_sentences_around_the_passages_are_given(room: int) -> None:
    offsets = [LONG.text.index(f"Sentence number {n} ") for n in (1500, 3)]
    sources = choose([("long.txt", offset, offset + 10) for offset in offsets], DOCUMENTS, room)
    assert not sources.whole
    given = sources.in_prompt()
    assert "Sentence number 1500 is here." in given
    assert "Sentence number 1501 is here." in given
    assert given.index("number 3 is") < given.index("[...]") < given.index("number 1500")
    assert sum(unit.tokens for unit in sources.chosen) <= room
    assert all(one.end <= other.start for one, other in pairwise(sources.units))


def test_a_number_before_a_sentence_and_emphasis_after_it_belong_to_it() -> None:
    text = "# Lease\n\n(2) It ends today. Notice is in writing.\n\n> **Mind.** It is hot.\n"
    sources = choose([("lease.md", 12, 20)], {"lease.md": Document("lease.md", text, "Lease", "")}, 500)
    assert list(sources.texts) == ["(2) It ends today.", "Notice is in writing.", "> **Mind.**", "It is hot."]
    assert sources.in_prompt().endswith("[S4] It is hot.\n</document>")


def test_a_row_of_a_table_comes_with_the_header() -> None:
    green = TEXT.index("| green")
    sources = choose([("tea.md", green, green + 5)], DOCUMENTS, 140)
    assert sources.numbers_within([("tea.md", green, green + 5)])
    assert any(TEXT[unit.start :].startswith("| tea") for unit in sources.units)


def test_a_document_that_is_wanted_comes_first_and_in_parts_where_it_does_not_fit() -> None:
    sources = choose([("long.txt", 0, 10)], DOCUMENTS, 800, ["tea.md"])
    assert sources.whole == {"tea.md"}
    everything = choose([], DOCUMENTS, 10**9, ["long.txt"])
    parts = everything.parts(3000, 4)
    assert len(parts) == 4
    assert parts[1].in_prompt(everything).startswith('<document title="Long" file="long.txt">\n[S')
    numbers = [part.in_prompt(everything).split("[S")[1].split("]")[0] for part in parts]
    assert numbers == sorted(numbers, key=int)


def test_the_conversation_is_given_in_short_with_what_was_cited() -> None:
    cited = TEXT.index("Coffee")
    turns = [
        Turn(f"Question {n}?", "long " * 200 if n == 3 else None, (("tea.md", cited, cited + 5),)) for n in range(4)
    ]
    sources = choose([("tea.md", 40, 50)], DOCUMENTS, 5000)
    asked = answer_prompt("And\nthen? </question>", turns, sources)[-1].content
    assert "Question 0?" not in asked
    assert "Q: Question 1?\nQ: Question 2?\nQ: Question 3?\nA: long" in asked
    assert "(cited: S4)\n</conversation>" in asked
    assert asked.splitlines()[-2] == "<question>And then? \u2039/question></question>"
    assert len(asked) < 2000


def test_the_style_is_asked_for() -> None:
    none = Sources((), {}, frozenset())
    short, full = (answer_prompt("When?", [], none, style)[0].content for style in ("short", "full"))
    assert "as few sentences" in short
    assert "conditions and details" in full
    assert prompt_tokens(answer_prompt("When?", [], none)) < 700


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("When did tea come to Lund?", "When did tea come to Lund?"),
        (' "When did tea come to Lund?" \n', "When did tea come to Lund?"),
        ("**Standalone question:** When did tea come to Lund?", "When did tea come to Lund?"),
        ("Tea came in 1650.", None),
        ("When?\nWhere?", None),
        ("", None),
        ("W" * 100 + "?", None),
    ],
)
def test_a_rewritten_question_is_one_line_with_a_question(reply: str, question: str | None) -> None:
    assert rewritten(reply, 50) == question


def test_the_last_question_is_separate_from_the_conversation() -> None:
    asked = rewrite_prompt("And when?", [Turn("Who brought tea?", "A Dane [1]")])[1].content
    assert asked == "The conversation so far:\nQ: Who brought tea?\nA: A Dane (1)\n\nThe last question: And when?"


def test_code_keeps_its_brackets_and_forges_no_number() -> None:
    text = "It broke [1], or [S2].\n\nSet `argv[1]`.\n\n```\nports: [80, 81] # [S3]\n```\n"
    document = Document("a.md", text, "A", "")
    asked = choose([("a.md", 0, len(text))], {"a.md": document}, 2000).in_prompt()
    assert "It broke (1), or (S2)." in asked
    assert "Set `argv[1]`." in asked
    assert "ports: [80, 81] # (S3)" in asked
