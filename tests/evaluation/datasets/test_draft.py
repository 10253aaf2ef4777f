"""Drafts: questions made from sentences, sentences that are skipped, and invariants for any text."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from command import MODELS, qa
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from qa.documents.loader import load_paths
from qa.evaluation.datasets.draft import draft_questions
from qa.evaluation.datasets.formats.jsonl import write_questions
from qa.evaluation.datasets.questions import read_questions
from qa.evaluation.datasets.types import Question
from qa.evaluation.datasets.validate import check_questions
from qa.types import Document

ROOT = Path(__file__).parents[3]
ARTICLES = load_paths(ROOT / "data" / "articles").documents


def document(text: str, name: str = "a.md") -> Document:
    return Document(name, text, name, name)


def drafted(text: str) -> set[tuple[str, str, str]]:
    """Return (kind, question, answer) of every draft."""
    return {(q.extra["kind"], q.question, q.answers[0]) for q in draft_questions([document(text)], 100)}


@pytest.mark.parametrize(
    ("sentence", "kind", "question", "answer"),
    [
        pytest.param("The tower was built in 1887.", "date", "When was the tower built?", "1887", id="passive"),
        pytest.param(
            "The first expedition set out from Ireland in August 1857.",
            "date",
            "When did the first expedition set out from Ireland?",
            "August 1857",
            id="irregular-verb",
        ),
        pytest.param(
            "In 1901 the council sold the old bridge.",
            "date",
            "When did the council sell the old bridge?",
            "1901",
            id="date-first",
        ),
        pytest.param(
            "The treaty was signed in Vienna on January 27, 1973.",
            "date",
            "When was the treaty signed in Vienna?",
            "January 27, 1973",
            id="date-with-a-comma",
        ),
        pytest.param(
            "After Rome conquered Egypt in the 1st century, trade grew.",
            "date",
            "When did Rome conquer Egypt?",
            "the 1st century",
            id="subordinate",
        ),
        pytest.param(
            "The road was closed because snow had covered it.",
            "reason",
            "Why was the road closed?",
            "snow had covered it",
            id="because",
        ),
        pytest.param(
            "Because of the topography, roads were laid out in steps.",
            "reason",
            "Why were roads laid out in steps?",
            "the topography",
            id="because-of-first",
        ),
        pytest.param(
            "The greeting contained 98 words.", "number", "How many words did the greeting contain?", "98", id="object"
        ),
        pytest.param(
            "Every colony has about 50,000 bees.",
            "number",
            "How many bees does every colony have?",
            "about 50,000",
            id="has",
        ),
        pytest.param(
            "Seven copper wires formed the core.",
            "number",
            "How many copper wires formed the core?",
            "Seven",
            id="subject",
        ),
        pytest.param(
            "About 30 percent of the workers left the village.",
            "number",
            "What percentage of the workers left the village?",
            "About 30 percent",
            id="percentage",
        ),
        pytest.param(
            "The poem was written by Ida Brandt in Vienna.",
            "name",
            "Who wrote the poem in Vienna?",
            "Ida Brandt",
            id="agent-of-an-irregular-verb",
        ),
        pytest.param(
            "The old hall was repaired by local builders in 2004.",
            "date",
            "When was the old hall repaired?",
            "2004",
            id="date-without-the-agent",
        ),
        pytest.param(
            "The company raised $5.5 million from investors.",
            "number",
            "How much did the company raise from investors?",
            "$5.5 million",
            id="money",
        ),
        pytest.param(
            "The strike lasted for three weeks.",
            "number",
            "How long did the strike last?",
            "three weeks",
            id="how-long",
        ),
        pytest.param(
            "The American mathematician Thomas Hales announced a full proof in 1999.",
            "name",
            "Which American mathematician announced a full proof in 1999?",
            "Thomas Hales",
            id="described",
        ),
        pytest.param(
            "The bridge was designed by John Roe in 1901.",
            "name",
            "Who designed the bridge in 1901?",
            "John Roe",
            id="by",
        ),
        pytest.param(
            "Full-time staff have 28 days of holiday.",
            "number",
            "How many days of holiday do full-time staff have?",
            "28",
            id="hyphen",
        ),
        pytest.param("China bought the jets.", "name", "Who bought the jets?", "China", id="agent"),
        pytest.param(
            "Thomas Seeley, a biologist at Cornell University, studied the swarms.",
            "definition",
            "Who was Thomas Seeley?",
            "a biologist at Cornell University",
            id="apposition",
        ),
        pytest.param(
            "The core of the cable was a strand of copper wires.",
            "definition",
            "What was the core of the cable?",
            "a strand of copper wires",
            id="what",
        ),
        pytest.param(
            "Jane Roe was born in New York in 1920.",
            "place",
            "Where was Jane Roe born in 1920?",
            "New York",
            id="where",
        ),
    ],
)
def test_a_sentence_becomes_a_question(sentence: str, kind: str, question: str, answer: str) -> None:
    from qa.insights.question_generation.candidates import names_in
    from qa.insights.question_generation.patterns import drafts

    found = {
        (draft.kind, draft.question, sentence[draft.start : draft.end])
        for draft in drafts(sentence, names_in([sentence, "Then China left."]))
    }
    assert (kind, question, answer) in found


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("It was built in 1887.", id="pronoun"),
        pytest.param("Lost keys cost £45 at the desk.", id="tense"),
        pytest.param("Nine workers died during its construction.", id="possessive of a subject"),
        pytest.param("The secret is to be early because seats are few.", id="infinitive"),
        pytest.param("This tower was built in 1887.", id="demonstrative"),
        pytest.param("The tower was named after her in 1887.", id="her-as-an-object"),
        pytest.param("We sold the tower in 1887.", id="first-person"),
        pytest.param("Its tower was built in 1887.", id="possessive"),
        pytest.param("The tower was not built in 1887.", id="negation"),
        pytest.param("He said that Russia had sold the ships in 2014.", id="said-that"),
        pytest.param("The mayor promised to build the tower in 1887.", id="date-of-which-verb"),
        pytest.param("The weapons supplied by Russia in 1990 were old.", id="reduced-relative"),
        pytest.param("The tower was built in 1887 and in 1901.", id="two-dates"),
        pytest.param("The tower was built in 1887-89.", id="range"),
        pytest.param("The \u201ctower\u201d was built in 1887.", id="quotation-marks"),
        pytest.param("Before 2012 military ties were in a lull.", id="year-is-no-number"),
        pytest.param("Was the tower built in 1887?", id="question"),
        pytest.param("The result was a compromise.", id="any-article"),
        pytest.param("the tower was built in 1887.", id="no-sentence"),
        pytest.param("# The tower was built in 1887.", id="heading"),
        pytest.param("- The tower was built in 1887.", id="list-item"),
        pytest.param("| The tower was built in 1887. |", id="table"),
        pytest.param("El puente fue construido en 1887.", id="other-language"),
    ],
)
def test_unsafe_sentences_are_skipped(sentence: str) -> None:
    assert drafted(sentence) == set()


def test_a_word_keeps_its_capital_only_where_it_is_a_name() -> None:
    text = "Nectar was sold in 1901. Commodore had 98 shops. The bees keep nectar."
    assert {question for _, question, _ in drafted(text)} == {
        "When was nectar sold?",
        "How many shops did Commodore have?",
    }


def test_hard_wrapped_text_gives_questions_on_one_line() -> None:
    assert drafted("The tall tower was\nbuilt in 1887.") == {("date", "When was the tall tower built?", "1887")}


def test_an_answer_that_spans_lines_is_left_out() -> None:
    assert drafted("The tower was built on 3 March\n1887.") == set()


def test_the_sample_articles_give_twenty_sound_drafts(tmp_path: Path) -> None:
    questions = draft_questions(ARTICLES, 20)
    assert len(questions) == 20
    assert Counter(question.document for question in questions).most_common()[-1][1] >= 6
    assert {question.extra["kind"] for question in questions} >= {"date", "number", "name", "reason", "definition"}
    assert all(question.extra["draft"] is True for question in questions)
    write_questions(tmp_path / "drafts.jsonl", questions)
    assert read_questions(tmp_path / "drafts.jsonl") == questions
    report = check_questions(tmp_path / "drafts.jsonl", ARTICLES)
    assert report.errors == report.warnings == ()


def test_drafts_are_the_same_every_time_and_in_reading_order() -> None:
    questions = draft_questions(ARTICLES, 12)
    assert draft_questions(ARTICLES, 12) == questions
    positions = [(question.document, question.evidence[0].start) for question in questions]
    assert positions == sorted(positions)


def test_few_questions_are_spread_over_documents_and_kinds() -> None:
    documents = [
        document(f"Tower T{n} was built in 1887. Letter L{n} contained 98 words.", f"{n}.md") for n in range(11, 41)
    ]
    questions = draft_questions(documents, 10)
    assert len({question.document for question in questions}) == 10
    assert Counter(question.extra["kind"] for question in questions).keys() == {"date", "number"}
    assert {question.document for question in questions} != {f"{n}.md" for n in range(11, 21)}


def test_questions_of_one_document_are_far_apart() -> None:
    text = " ".join(
        f"The {word} tower was built in {1887 + n}." for n, word in enumerate(["old", "new", "tall", "red"])
    )
    first, last = draft_questions([document(text)], 2)
    assert (first.answers, last.answers) == (("1887",), ("1890",))


def test_no_question_is_repeated() -> None:
    documents = [document("The tower was built in 1887.", name) for name in ("a.md", "b.md")]
    assert [question.question for question in draft_questions(documents, 5)] == ["When was the tower built?"]


def test_no_document_gives_no_draft() -> None:
    assert draft_questions([], 5) == ()


SUBJECTS = [
    "The tower", "Seven copper wires", "The American mathematician Thomas Hales", "China", "Jane Roe, a chemist,",
    "In 1901 the council", "Because of the rain, the road", "About 30 percent of the bees", "Its queen", "It",
]  # fmt: skip
PREDICATES = [
    "was built", "contained 98 words", "has about 50,000 shops", "announced a proof", "was a strand of copper",
    "raised $5 million", "lasted for three weeks", "was designed by John Roe", "was born in New York", "sank",
]  # fmt: skip
ENDINGS = [
    "", "in 1887", "on 3 March 1901", "because snow had covered it", "and was lost", "in the\n1950s", "(1887)",
    ", 1888", "when the \u201cqueen\u201d left",
    "and 24 towers stood", "; the caf\u00e9 \U0001f41d closed", "in June\u2028",
]  # fmt: skip
SENTENCES = st.tuples(*map(st.sampled_from, (SUBJECTS, PREDICATES, ENDINGS, ENDINGS))).map(
    lambda parts: " ".join(part for part in parts if part) + "."
)


def assert_sound(questions: tuple[Question, ...], documents: list[Document]) -> None:
    texts = {one.id: one.text for one in documents}
    for question in questions:
        (span,) = question.evidence
        (answer,) = question.answers
        assert span.document == question.document
        assert 0 <= span.start < span.end <= len(texts[span.document])
        assert answer in texts[span.document][span.start : span.end]
        assert re.fullmatch(r"[A-Z][^\n?]*\?", question.question)
        assert answer.lower() not in question.question.lower()
    assert len({question.question for question in questions}) == len(questions)
    assert len({question.id for question in questions}) == len(questions)


@examples(60)
@given(st.lists(SENTENCES, min_size=1, max_size=4), st.integers(1, 5))
def test_every_answer_is_verbatim_in_its_evidence(sentences: list[str], n: int) -> None:
    documents = [document(" ".join(sentences)), document("\n\n".join(sentences), "b.md")]
    questions = draft_questions(documents, n)
    assert len(questions) <= n
    assert_sound(questions, documents)


@examples(60)
@given(st.text(min_size=1))
def test_any_text_is_taken(text: str) -> None:
    assert_sound(draft_questions([document(text)], 3), [document(text)])


# --- the command


drafting = partial(qa, "questions", "draft", without=MODELS)


def test_the_command_writes_a_new_file_and_never_over_one(tmp_path: Path) -> None:
    out = tmp_path / "drafts.jsonl"
    done = drafting("--docs", "data/articles", "-n", "5", "--unanswerable", "0.2", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{out}: 5 drafts")
    questions = read_questions(out)
    assert questions[:4] == draft_questions(ARTICLES, 4)
    assert [question.answerable for question in questions] == [True] * 4 + [False]
    again = drafting("--docs", "data/articles", "--out", out)
    assert again.returncode == 2
    assert again.stderr == f"qa: {out}: already exists; choose another --out, or delete it\n"


def test_the_command_prints_drafts_and_says_when_there_are_fewer(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("The tower was built in 1887.", encoding="utf-8")
    done = drafting("--docs", tmp_path / "a.md", "-n", "3")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "id": "a.md#0",
        "question": "When was the tower built?",
        "answers": ["1887"],
        "answerable": True,
        "document": "a.md",
        "evidence": [[0, 28]],
        "kind": "date",
        "draft": True,
    }
    assert done.stderr == "qa: drafted 1 of 3 questions: no more sentences fit the patterns\n"


def test_the_command_writes_nothing_when_there_is_no_draft(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("El puente fue construido en 1887.", encoding="utf-8")
    done = drafting("--docs", tmp_path / "a.md", "--out", tmp_path / "drafts.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no sentence fits the patterns" in done.stderr
    assert not (tmp_path / "drafts.jsonl").exists()
