"""Suggested questions: the real bot answers each, with the sentence that it came from."""

from __future__ import annotations

import pytest

from qa import QA, Document, QAError, Turn
from qa.documents.overview import sections
from qa.insights.question_generation.candidates import candidates
from qa.insights.question_generation.headings import heading_questions, section_questions
from qa.insights.suggestions import follow_ups, suggest

pytestmark = pytest.mark.slow


def test_every_suggestion_is_answered_from_its_sentence(sample_bot: QA) -> None:
    for document_id, document in sample_bot.documents.items():
        found = suggest(sample_bot, document_id)
        assert len(found) == 4
        starts = [section.start for section in sections(document)]
        asked = {}
        for question in found:
            answer = sample_bot.ask(question, documents=[document_id])
            assert answer.confidence >= sample_bot.settings.answer_threshold
            asked[question] = next(
                one
                for one in candidates(document)
                if one.draft.question == question
                and answer.citations[0].start <= one.start
                and one.end <= answer.citations[0].end
            ).start
        # In reading order, no two of one section.
        assert list(asked.values()) == sorted(asked.values())
        assert len({sum(start <= offset for start in starts) for offset in asked.values()}) == 4
        assert suggest(sample_bot, document_id) == found


def test_follow_ups_are_about_the_text_nearby_and_answered_when_asked_next(sample_bot: QA) -> None:
    question = "How many eggs can a queen lay in a day?"
    answer = sample_bot.ask(question)
    first = answer.citations[0]
    turns = [Turn(question, answer.text, ((first.document, first.start, first.end),))]
    found = follow_ups(sample_bot, first.document, (first.start, first.end), turns)
    assert len(found) == 2
    assert question not in found
    for one in found:
        next_answer = sample_bot.ask(one, history=turns)
        assert next_answer.citations[0].document == first.document
        assert next_answer.citations[0].start != first.start
    # Earlier questions are not suggested again.
    asked = [*turns, Turn(found[0], None)]
    assert found[0] not in follow_ups(sample_bot, first.document, (first.start, first.end), asked)


def test_suggestions_are_limited_to_what_the_article_answers() -> None:
    bot = QA()
    bot.add(
        [
            Document("a.md", "The tall tower of Elm was built in 1887. It fell.", "A", "a.md"),
            Document("b.md", "Nothing here. Nada de nada.", "B", "b.md"),
        ]
    )
    assert suggest(bot, "a.md") == ("When was the tall tower of Elm built?",)
    assert suggest(bot, "b.md") == ()


def test_headings_that_are_questions_are_suggested_and_sections_if_there_is_no_question() -> None:
    text = (
        "# Club\n\n## Q: How do I join the club?\n\nFill in the form at the desk.\n\n## 2. Lost property\n\n"
        "It is kept at the desk for a month.\n\n## What is it?\n\nA club.\n\n## Overview\n\nNot long."
    )
    bot = QA()
    bot.add([Document("a.md", text, "Club", "a.md")])
    expected = ("How do I join the club?", "What does the section \u201cLost property\u201d say?")
    assert suggest(bot, "a.md") == expected
    for question in expected:
        assert not bot.ask(question).abstained


@pytest.mark.parametrize(
    ("heading", "body", "question"),
    [
        ("Writing a new test", "1. Create a file in the folder.\n2. Tag it.", "How do I write a new test?"),
        ("2.1 Setting up your printer", "You connect it to the router first.", "How do I set up my printer?"),
        ("Crossing the Atlantic", "The ship left in May and came back in June.", None),
        ("Understanding the view", "You see both books side by side.", None),
        ("Opening hours", "You find us here from nine to five.", None),
    ],
    ids=["steps", "your", "narrative", "no-task", "noun"],
)
def test_headings_that_are_tasks_are_asked_for(heading: str, body: str, question: str | None) -> None:
    document = Document("a.md", f"# Guide\n\n## {heading}\n\n{body}\n\n## Other\n\nNo more.", "Guide", "a.md")
    assert [one.draft.question for one in heading_questions(document)] == ([question] if question else [])
    if question:
        bot = QA()
        bot.add([document])
        assert question in suggest(bot, "a.md")


def test_a_date_before_the_agent_is_not_suggested() -> None:
    text = "The wheel of the mill was replaced in 1850 by a turbine because it had rotted."
    bot = QA()
    bot.add([Document("a.md", text, "A", "a.md")])
    assert suggest(bot, "a.md") == ("When was the wheel of the mill replaced?",)


def test_a_number_within_a_heading_is_no_label() -> None:
    document = Document("a.md", "# Club\n\n## 2. Meeting of 4 March\n\nAll came.", "Club", "a.md")
    assert [one.draft.question for one in section_questions(document)] == [
        "What does the section \u201cMeeting of 4 March\u201d say?"
    ]


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Ulmo kept bees. So did the Firmin club. Ask Ulmo why! Ulmo smiled.", ("What is said about Ulmo?",)),
        ("We met the BBC. How kind, the BBC! Thank the BBC, said Ada.", ("What is said about the BBC?",)),
        ("It was the Bill that failed. Ask the Bill why! No Bill, no law.", ()),
    ],
    ids=["name", "with-an-article", "word"],
)
def test_names_are_suggested_if_there_is_no_question(text: str, questions: tuple[str, ...]) -> None:
    bot = QA()
    bot.add([Document("a.md", text, "A", "a.md")])
    assert suggest(bot, "a.md") == questions
    for question in questions:
        assert bot.ask(question).text


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lin says be a friend.",
        "It\u2019s big problem was solved in 1901 by the council of Elm.",
        "# Travel policy of the firm\n\nTrips are booked at the desk, and not by hand.",
    ],
    ids=["said", "contraction", "title-as-section"],
)
def test_odd_questions_are_not_suggested(text: str) -> None:
    bot = QA()
    bot.add([Document("a.md", text, "A", "a.md")])
    assert suggest(bot, "a.md") == ()


def test_what_the_bot_declines_is_not_suggested(sample_bot: QA) -> None:
    bot = QA(sample_bot.settings.model_copy(update={"answer_threshold": 1.0}), index=sample_bot.index)
    assert all(
        question.startswith(("What does the section", "What is said"))
        for question in suggest(bot, "transatlantic-cable.md")
    )


def test_an_unknown_document_is_named(sample_bot: QA) -> None:
    with pytest.raises(QAError, match=r"none\.md"):
        suggest(sample_bot, "none.md")
