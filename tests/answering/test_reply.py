"""The reply to each kind of question about the sample articles, all of it cut from the cited text."""

from __future__ import annotations

import pytest

from qa import QA, Document
from qa.answering.evidence import Evidence, Reply
from qa.answering.questions.kinds import classify
from qa.answering.reading.sentences import is_answer_candidate
from qa.answering.reply import compose
from qa.protocols import AnswerSpan, SpanFeatures
from qa.settings import Settings
from qa.types import Form, Kind, Passage, SentenceMatch


@pytest.mark.parametrize(
    ("question", "kind", "form", "expected"),
    [
        ("Who designed the Great Eastern?", "factoid", "span", "Isambard Kingdom Brunel"),
        ("Why do states rarely share submarine technology?", "reason", "excerpts", "because states rarely share it."),
        ("What are the duties of a worker bee?", "list", "items", "As a nurse she then feeds the larvae."),
        ("Which two naval vessels laid the cable?", "list", "items", "\nUSS Niagara of the United States Navy"),
        ("Which fighter jets did China buy?", "list", "span", "Su-35"),
        ("What is a drone?", "definition", "excerpts", "Drones are males"),
        ("Compare drones and workers.", "comparison", "excerpts", "\ndrones: Drones are driven out in autumn"),
    ],
)
def test_each_kind_has_its_form(sample_bot: QA, question: str, kind: Kind, form: Form, expected: str) -> None:
    answer = sample_bot.ask(question)
    assert (answer.kind, answer.form) == (kind, form)
    assert expected in (answer.text or "")
    for citation in answer.citations:
        assert sample_bot.documents[citation.document].text[citation.start : citation.end] == citation.text
    for part in answer.parts:
        citation = answer.citations[part.citation - 1]
        assert citation.start <= part.start < part.end <= citation.end
        assert citation.text[part.start - citation.start : part.end - citation.start] == part.text
    assert answer.short is None or answer.short in answer.citations[0].text


TEXT = """\
# Ida Roth

Ida Maria Roth (3 May 1850 \u2013 9 June 1921) was a Swiss astronomer who measured comets.

## Work

She received the Lalande Prize in 1888. On her journeys she never packed the following:

- a telescope
- silver cutlery

Did she take a cook? No, she cooked herself.

1.1 The helper ("the Porter") carried the telescope for Bo Ek (the Sponsor).

The spirit level needs the sponsor, who pays for it.

- Never lift the telescope alone.

**Bo Ek** (1840\u20131899) paid all bills.

The dome of Bern is larger than Basel and smaller than Paris.

| Telescope | Weight | Cleaning |
| --- | --- | --- |
| Berta | 900 g | Daily |
| Clara | 2 kg | Twice a week |
"""


@pytest.fixture(scope="module")
def small_bot() -> QA:
    bot = QA()
    bot.add([Document("roth.md", TEXT, "Ida Roth", "roth.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When was Ida Roth born?", "3 May 1850"),
        ("When did Ida Roth die?", "9 June 1921"),
        ("When was Bo Ek born?", "1840"),
        ("When did Ida Roth receive the Lalande Prize?", "1888"),
        ("What did she never pack on her journeys?", "a telescope\nsilver cutlery"),
        ("How often is Berta cleaned?", "Daily"),
        ("Is Clara heavier than Berta?", "Yes.\nClara, Weight: 2 kg\nBerta, Weight: 900 g"),
        ("Is Clara lighter than Berta?", "No.\nClara, Weight: 2 kg\nBerta, Weight: 900 g"),
        ("Is Basel larger than the dome of Bern?", "The dome of Bern is larger than Basel and smaller than Paris."),
        ("Did she take a cook?", "No, she cooked herself."),
        ("Who is the Porter?", 'The helper ("the Porter") carried the telescope for Bo Ek (the Sponsor).'),
        ("Who is the Sponsor?", 'The helper ("the Porter") carried the telescope for Bo Ek (the Sponsor).'),
        ("May I lift the telescope alone?", "No. Never lift the telescope alone."),
        ("Tell me about Ida Roth", TEXT.split("\n")[2]),
    ],
)
def test_paraphrases_and_headings_are_matched(small_bot: QA, question: str, expected: str) -> None:
    answer = small_bot.ask(question)
    assert answer.text == expected
    assert all(TEXT[citation.start : citation.end] == citation.text for citation in answer.citations)


MANUAL = """\
# Brewer B2

The workshop has 42 brewers, which are checked each spring.

| Brewer | Size |
| --- | --- |
| Small | 1 l |
| Large | 2 l |
| Double | 4 l |

## Cleaning

The tank is easily cleaned. Use no soap. Rinse the tank with warm water. Never scratch the filter.

### Is a brush provided?

No. Brushes are recommended but not compulsory.

**Is there a mobile version?**
Not from us. The firm Steam Lab sells one.

**Why does it hum?**
The pump fills the tank. It stops after a minute.

## Lights

- Green: ready
- Red: tank empty
- Red, blinking: overheated

## Complaints

There were 31 complaints in 2022, 44 in 2023 and 52 in 2024. Ms Sand asked for a new seal because the old one leaks.
"""


@pytest.fixture(scope="module")
def manual_bot() -> QA:
    bot = QA()
    bot.add([Document("brewer.md", MANUAL, "Brewer B2", "brewer.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "replied"),
    [
        ("How many brewers are there?", "42"),
        ("How do I clean the tank?", "Use no soap.\nRinse the tank with warm water.\nNever scratch the filter."),
        ("Is a brush provided?", "No. Brushes are recommended but not compulsory."),
        ("Is there a mobile version?", "Not from us. The firm Steam Lab sells one."),
        ("Why does it hum?", "The pump fills the tank. It stops after a minute."),
        ("Should I use a brush?", "Brushes are recommended but not compulsory."),
        ("What does a red light mean?", "Red: tank empty"),
        ("What does a blinking red light mean?", "Red, blinking: overheated"),
        ("What do the lights mean?", "Green: ready\nRed: tank empty\nRed, blinking: overheated"),
        ("How many complaints were there in 2023?", "44"),
        ("Who asked for a new seal, and why?", "Ms Sand asked for a new seal because the old one leaks."),
    ],
)
def test_a_manual_is_answered_as_its_reader_expects(manual_bot: QA, question: str, replied: str) -> None:
    answer = manual_bot.ask(question)
    assert answer.text == replied
    assert all(MANUAL[citation.start : citation.end] == citation.text for citation in answer.citations)


LIGHTHOUSES = """\
# Skerry Head and Culm Point

Skerry Head and Culm Point are the two lighthouses of the island.

## Skerry Head

The tower on the cliff was lit for the first time on 4 November 1839. It rises 31 metres above its base.

## Culm Point

Ships kept running aground in the sound. The tower was finished in 1896, and is only 14 metres high.

## Fuel

Skerry Head has run on electricity for a long time. The lamp at Culm Point used gas.
"""


TOOL = """\
# Spindle

Spindle turns notes into books. It is incapable of reading pictures.

## Installation

You can install Spindle using [Homebrew](https://brew.example):

    brew install spindle

You can also install it using MacPorts:

    port install spindle

### Arch Linux

Spindle is in the community repository.

```sh
pacman -S spindle
```

## Options

By default `read_notes` returns `{}` when nothing matches.
Only the `source` field is required. The limit is set with `SPINDLE_MAX_PAGES`.

- `--json`: Print the book to standard output as an object.
- `--force`: Replace a book that is there, even one that is being read.

`--port NUM`
:   HTTP port on which to run. Default: 3030.

`--timeout SECONDS`
:   Timeout in seconds, after which a page is given up. Default: 2.

## Errors

:::{code}
ERROR - Spindle cannot open its dictionary 'en'.
:::

This usually happens when the folder was put together by hand, because the archive lacks it.

## Output

Pages of a book have the keys:

- `id` - unique id for the page.
- `html` - the HTML for the page.
- `children` - the pages below it.

| Code | Name | Meaning |
| --- | --- | --- |
| 7 | `busy` | Another book is being made. |
| 8 | `locked` | The notes are encrypted. |

## [0.36.0] - 2026-07-06

Books may have pictures.
"""


DESCRIBED = """\
Settings
========

.. option:: book.maxCopies

    How many copies of a book may be made.
    The default is ``3``.

.. option:: --dry-run, -n

    Print what would be done. Nothing is written.

.. option:: maxPages

    :type: number
    :Default: ``200``

    How long a book may be.

Examples
--------

Copies are made at night::

    <book maxCopies="3" dryRun="no"/>
"""


@pytest.mark.parametrize(
    ("question", "replied"),
    [
        ("What does maxCopies do?", "How many copies of a book may be made.\n    The default is ``3``."),
        ("What is maxCopies?", "How many copies of a book may be made.\n    The default is ``3``."),
        ("What does --dry-run do?", "Print what would be done. Nothing is written."),
        ("What is the default of maxPages?", "``200``"),
        ("What is the type of maxPages?", "number"),
    ],
)
def test_what_is_described_below_its_name(question: str, replied: str) -> None:
    bot = QA()
    bot.add([Document("settings.rst", DESCRIBED, "Settings", "settings.rst")])
    assert bot.ask(question).text == replied


@pytest.mark.parametrize(
    "term",
    ["[gem](https://gems.example/what)", "https://gems.example/what[gem^]", "xref:gems.adoc[gem]", ":ref:`gem <gems>`"],
    ids=["Markdown", "AsciiDoc", "reference of AsciiDoc", "reStructuredText"],
)
def test_a_term_that_is_a_link_is_defined(term: str) -> None:
    bot = QA()
    text = f"You need the tilt gem, which provides templates.\n\nA {term} is a packaged library.\n"
    bot.add([Document("gems.txt", text, "Gems", "gems.txt")])
    assert bot.ask("What is a gem?").text == f"A {term} is a packaged library."


def test_a_pronoun_is_no_answer() -> None:
    bot = QA()
    text = (
        "Modes of Spindle\n\nThe strict mode warns of everything.\n\n*This is the default mode of the command line.*\n"
    )
    bot.add([Document("modes.txt", text, "Modes", "modes.txt")])
    answer = bot.ask("What is the default mode of the command line?", always_answer=True)
    assert answer.text is not None
    assert answer.text.lower().strip("*.") != "this"


@pytest.fixture(scope="module")
def tool_bot() -> QA:
    bot = QA()
    bot.add([Document("spindle.md", TOOL, "Spindle", "spindle.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "replied"),
    [
        (
            "How do I install Spindle with Homebrew?",
            "You can install Spindle using [Homebrew](https://brew.example):\n\n    brew install spindle",
        ),
        (
            "How do I install Spindle using MacPorts?",
            "You can also install it using MacPorts:\n\n    port install spindle",
        ),
        (
            "How do I install Spindle on Arch Linux?",
            "Spindle is in the community repository.\n\n```sh\npacman -S spindle\n```",
        ),
        ("How do I install Spindle with pip?", None),
        ("How do I install Spindle on Windows?", None),
        ("Which environment variable sets the limit?", "SPINDLE_MAX_PAGES"),
        ("What does read_notes return when nothing matches?", "{}"),
        ("Which option prints the book as an object?", "--json"),
        ("What does --force do?", "Replace a book that is there, even one that is being read."),
        ("What is the default port?", "3030"),
        (
            "Why can't Spindle open its dictionary 'en'?",
            "This usually happens when the folder was put together by hand, because the archive lacks it.",
        ),
        ("When was version 0.36.0 of Spindle released?", "2026-07-06"),
        (
            "What keys do pages of a book have?",
            "`id` - unique id for the page.\n`html` - the HTML for the page.\n`children` - the pages below it.",
        ),
        ("What does code 8 mean?", "The notes are encrypted."),
        ("What is the default of --max-books?", None),
        ("What is the default of booksMax?", None),
    ],
)
def test_documentation_of_a_tool_is_answered_as_its_user_expects(
    tool_bot: QA, question: str, replied: str | None
) -> None:
    assert tool_bot.ask(question).text == replied


HANDBOOK = """\
# Shelf

Notes are made of **snippets** - pieces of text that are stored once.

## Cooldown

After each round we spend two weeks on repairs. Nobody starts anything new.

## Layouts

Layouts are YAML files. This command lists all of them:

```sh
shelf layouts
> Explain the difference between layouts and snippets to me
```

A layout has one page, and a snippet has no page at all.
"""


@pytest.fixture(scope="module")
def handbook_bot() -> QA:
    bot = QA()
    bot.add([Document("shelf.md", HANDBOOK, "Shelf", "shelf.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "replied"),
    [
        ("What is a snippet?", "Notes are made of **snippets** - pieces of text that are stored once."),
        ("What is a cooldown?", "After each round we spend two weeks on repairs. Nobody starts anything new."),
    ],
)
def test_a_handbook_says_what_things_are(handbook_bot: QA, question: str, replied: str) -> None:
    assert handbook_bot.ask(question, always_answer=True).text == replied


def test_how_to_list_is_answered_by_the_command(handbook_bot: QA) -> None:
    answer = handbook_bot.ask("How do I list all layouts?")
    assert answer.kind == "process"
    assert answer.text is not None
    assert "\n\n```sh\nshelf layouts\n" in answer.text


def test_sides_of_a_comparison_are_not_quoted_from_code(handbook_bot: QA) -> None:
    answer = handbook_bot.ask("What is the difference between layouts and snippets?", always_answer=True)
    assert answer.kind == "comparison"
    assert not any("Explain" in citation.text for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which is older, Skerry Head or Culm Point?", ("1839", "1896")),
        ("Is Culm Point taller than Skerry Head?", ("14 metres", "31 metres")),
    ],
)
def test_a_heading_names_a_side_of_a_comparison(question: str, expected: tuple[str, str]) -> None:
    bot = QA()
    bot.add([Document("lights.md", LIGHTHOUSES, "Skerry Head and Culm Point", "lights.md")])
    cited = " ".join(citation.text for citation in bot.ask(question).citations)
    assert all(part in cited for part in expected)


STEPS = """\
# Brew

Rinse the pot. Never use soap.

1. Fill the tank
2. Press the button
"""


def how(words: str, confidence: float, overlap: float) -> Reply | None:
    """Return the reply to a question about a process, whose best span is `words`, a line or a sentence."""
    start = STEPS.index(words)
    span = AnswerSpan(
        "brew.md", start, start + len(words), start, start + len(words), 1.0,
        SpanFeatures(*[0.0] * 10)._replace(passage_overlap=overlap), 1.0, confidence,
    )  # fmt: skip
    question, documents = "How do I brew tea?", {"brew.md": Document("brew.md", STEPS, "Brew", "brew.md")}
    return compose(Evidence(question, classify(question), [span], [], documents, lambda _: [], Settings()))


def test_an_unsure_fact_is_shown_with_its_sentence() -> None:
    text, words = "# Mill\n\nThe mill was founded by Ann Lee. It burnt down.\n", "Ann Lee"
    start, sentence = text.index(words), text.index("The mill was")
    span = AnswerSpan(
        "mill.md", start, start + len(words), sentence, text.index(" It"), 1.0,
        SpanFeatures(*[0.0] * 10), 1.0, 0.3,
    )  # fmt: skip
    question, documents = "Who founded the mill?", {"mill.md": Document("mill.md", text, "Mill", "mill.md")}
    reply = compose(Evidence(question, classify(question), [span], [], documents, lambda _: [], Settings()))
    assert reply
    assert (reply.text, reply.form) == ("Ann Lee", "excerpts")
    assert reply.span == (start, start + len(words))


def test_a_sentence_that_fits_better_than_an_announced_list_is_itemised() -> None:
    text = "# Saw\n\nParts of the saw:\n\n- stand\n- pump\n\nBlades, brushes and hoses count as wearing parts.\n"
    bot = QA()
    bot.add([Document("saw.md", text, "Saw", "saw.md")])
    answer = bot.ask("Which parts of the saw count as wearing parts?")
    assert answer.text == "Blades\nbrushes\nhoses"
    assert bot.ask("What are the parts of the saw?").text == "stand\npump"


def test_the_item_with_the_noun_is_chosen_from_a_list_of_other_things() -> None:
    text = "# News\n\n## Added\n\n- Signing with two keys\n- Statistics by country\n- Czech translations\n"
    bot = QA()
    bot.add([Document("news.md", text, "News", "news.md")])
    assert bot.ask("Which translations were added?").text == "Czech translations"


def test_the_value_in_a_row_is_given_if_nothing_is_defined() -> None:
    text = "# Terms\n\n| Term | Meaning |\n| --- | --- |\n| Cache | a store of recent results |\n| Power | 900 W |\n"
    bot = QA()
    bot.add([Document("terms.md", text, "Terms", "terms.md")])
    assert bot.ask("What is the power?").text == "900 W"


def test_a_process_has_a_confidence_of_its_own() -> None:
    named, unnamed = how("Rinse the pot.", 0.4, 1.0), how("Rinse the pot.", 0.4, 0.0)
    assert named
    assert unnamed
    assert named.text == "Rinse the pot.\nNever use soap."
    assert named.confidence > 0.5 > unnamed.confidence


def test_a_step_brings_the_others() -> None:
    reply = how("Press the button", 0.9, 1.0)
    assert reply
    assert (reply.form, reply.text) == ("items", "Fill the tank\nPress the button")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3. Prices and payment", False),
        ("10 Mill Lane", True),
        ("Phone 0555", True),
        ("**Is it new?**", False),
        ("[![build](a.svg)](b) ![license](c.svg)", False),
        ("It is new.", True),
    ],
)
def test_what_can_be_an_answer(text: str, expected: bool) -> None:
    heading = text if text[0].isalnum() and text[-1] != "." else "Notes"
    passage = Passage("a.txt", 0, len(text), text, None, 1.0, 0.5, 0.5, headings=f"Rules: {heading}")
    assert is_answer_candidate(passage, SentenceMatch(0, len(text), 0, 0.5, 0.5)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('3. ^ "Mill sold". The Ry Post. Retrieved 12 May 2008.', False),
        ("Lee, A. (2008) The mills of Ry. ISBN 978-0-00-000000-2.", False),
        ("Ann Lee, manager of the mill, can be reached at 0555 21.", True),
    ],
    ids=["article", "book", "referee"],
)
def test_a_list_of_sources_is_no_answer(text: str, expected: bool) -> None:
    passage = Passage("a.txt", 0, len(text), text, None, 1.0, 0.5, 0.5, headings="Ry: References[edit]")
    assert is_answer_candidate(passage, SentenceMatch(0, len(text), 0, 0.5, 0.5)) is expected


CLUB = """\
# Oar Club

Present: Ann Abara (chair), Tom Pickles (treasurer), Mo Rao

The 2026 committee consists of:

* Ann Abara
* Tom Pickles

To choose the chair, the club votes. Each member must vote or abstain. A strict majority is needed.

The outcome of a vote is determined with the `Star voting system <https://star.example>`__.

The fee in 2025 was 40 euros, 5 euros more than in 2024.

| Boats Mapped | Average length |
| --- | --- |
| 22 | 7.4 m |

## Election

- Phase 1: Candidates are named.
- Phase 2: Each member gives stars to the candidates.
"""


@pytest.fixture(scope="module")
def club_bot() -> QA:
    bot = QA()
    bot.add([Document("club.md", CLUB, "Oar Club", "club.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("Who is the treasurer?", "Tom Pickles", id="a role, not a term to define"),
        pytest.param("Who is on the committee?", "Ann Abara\nTom Pickles", id="a body has several members"),
        pytest.param("Who was on the committee in 2020?", None, id="a list of another year"),
        pytest.param("What voting system is used?", "Star voting system", id="a sure fact before a section"),
        pytest.param("How many boats are mapped?", None, id="rows of numbers are not counted"),
        pytest.param("How much was the fee in 2024?", None, id="compared with the year asked for"),
        pytest.param(
            "What is the difference between phase 1 and phase 2?",
            "phase 2: Each member gives stars to the candidates.\nphase 1: Candidates are named.",
            id="no bullets and no label twice",
        ),
    ],
)
def test_a_fact_is_neither_a_fragment_nor_of_another_thing(club_bot: QA, question: str, expected: str | None) -> None:
    assert club_bot.ask(question).text == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (
            "Who did he marry?",
            "Tom Pickles never married. He lived with the painter Ida Roth until 1927.",
            "Tom Pickles never married.",
        ),
        (
            "Who should not take Zed?",
            "Zed is an antihistamine. Do not take Zed if you are allergic to meloridine or to lactose.",
            "Do not take Zed if you are allergic to meloridine or to lactose.",
        ),
        (
            "Who can use the sauna?",
            "The house has a sauna. Only people on the upper floors can use the sauna.",
            "Only people on the upper floors can use the sauna.",
        ),
    ],
    ids=["denied", "a condition", "people of some sort"],
)
def test_what_names_nobody_is_given_with_its_sentence(question: str, text: str, expected: str) -> None:
    bot = QA()
    bot.add([Document("text.txt", text, "Text", "text.txt")])
    assert bot.ask(question).text == expected


@pytest.mark.parametrize("mark", ["**", ""], ids=["bold", "plain"])
def test_a_problem_is_answered_by_all_that_stands_below_it(mark: str) -> None:
    text = (
        f"# Manual\n\n{mark}The machine does not start{mark}\nCheck the door.\n\n{mark}The machine leaks{mark}\n"
        "Tighten the hose at the tap. If water comes out of the drawer, use less detergent.\n"
    )
    bot = QA()
    bot.add([Document("manual.md", text, "Manual", "manual.md")])
    answer = bot.ask("The machine leaks, what should I do?")
    assert answer.text == "Tighten the hose at the tap. If water comes out of the drawer, use less detergent."
    assert answer.citations[0].text.startswith(f"{mark}The machine leaks")


PUMP = """\
# Pump

## Why is there steam?

In cold, damp weather ice forms on the outdoor unit. The unit then reverses its cycle for a few minutes to melt it, and
clouds of steam may rise. This is normal and no reason to call us.

## Visits

| Date | Event | Where |
| --- | --- | --- |
| 20 November | Inspection | Cellar |
| 11 December | Winter concert | Town hall |
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Why does steam come out of the outdoor unit?",
            "weather ice forms on the outdoor unit. The unit then reverses",
        ),
        ("When is the winter concert, and where does it take place?", "11 December | Winter concert | Town hall"),
        ("When is the winter concert?", "11 December"),
    ],
    ids=["a reason in two sentences", "two things asked for", "one thing asked for"],
)
def test_nothing_that_was_asked_for_is_left_out(question: str, expected: str) -> None:
    bot = QA()
    bot.add([Document("pump.md", PUMP, "Pump", "pump.md")])
    answer = bot.ask(question).text or ""
    assert expected in answer


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When can the pool be booked?", None),
        ("What did the school teach?", None),
        ("When was the road built?", "The road was not built in 1850 but in 1872."),
    ],
)
def test_a_denied_fact_is_not_given(question: str, expected: str | None) -> None:
    bot = QA()
    text = (
        "# Town\n\nThe pool cannot be booked in August. The school never taught Latin. The road was not built in 1850 "
        "but in 1872."
    )
    bot.add([Document("town.md", text, "Town", "town.md")])
    assert bot.ask(question).text == expected


def test_a_count_is_no_percentage() -> None:
    bot = QA()
    bot.add([Document("vote.md", "# Vote\n\nIn 2021, 1,500 members of the club voted by letter.\n", "Vote", "vote.md")])
    assert bot.ask("How many members voted by letter?").text == "1,500"
    assert bot.ask("What percentage of members voted by letter?").text is None


def test_what_follows_a_bold_label_is_a_side_of_a_comparison() -> None:
    bot = QA()
    text = (
        "# Amplifier\n\n**A.** The **BASS** knob. Makes low notes louder.\n\n**B.** The **ECHO** knob. Adds a room.\n"
    )
    bot.add([Document("amplifier.md", text, "Amplifier", "amplifier.md")])
    answer = bot.ask("What is the difference between the BASS and the ECHO knob?", always_answer=True)
    cited = " ".join(citation.text for citation in answer.citations)
    assert "louder" in cited
    assert "room" in cited
