from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Recorded, TermEmbedder, examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa import QA, Document, QAError, Request, Settings, Turn
from qa.answering.reading.reader import SpanReader
from qa.errors import LoadError, ModelError
from qa.output.text import answer_to_json
from qa.pipeline import EARLY_EXIT_CONFIDENCE
from qa.protocols import Embedder

pytestmark = pytest.mark.slow

BEES = Document("bees.txt", "Bees dance to tell where food is. Karl von Frisch decoded the dance.", "Bees", "bees.txt")
CABLE = Document("cable.txt", "The cable broke in 1858. A new one was laid in 1866.", "Cable", "cable.txt")
UNICODE_TEXT = "Żółć 😀 naïve e\u0301 “quotes”\n\n# 日本\n\n1. one\n2. two <|endoftext|> \t Va. U.S. M. Taylor"


@pytest.fixture
def bot(embedder: Embedder) -> QA:
    bot = QA(embedder=embedder)
    bot.add([BEES, CABLE])
    return bot


def test_the_readme_s_example(sample_bot: QA) -> None:
    answer = sample_bot.ask("Which fighter jets did China buy?")
    assert answer.text is not None
    assert "Su-35" in answer.text
    assert "Su-35" in answer.citations[0].text
    assert not answer.abstained
    assert len(answer.passages) == 10
    assert 0.5 <= answer.confidence <= 1


@pytest.mark.parametrize(
    "question",
    [
        "What is the boiling point of tungsten?",
        "Who won the football match last night?",
        "How do I bake sourdough bread?",
    ],
)
def test_off_topic_questions_are_declined(sample_bot: QA, question: str) -> None:
    answer = sample_bot.ask(question)
    assert answer.abstained
    assert answer.reason
    assert answer.citations == ()
    assert answer.passages
    forced = sample_bot.ask(question, always_answer=True)
    assert forced.text
    assert forced.confidence == answer.confidence


@settings(examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1).filter(str.strip), question=st.text(min_size=1, max_size=200).filter(str.strip))
def test_every_citation_is_a_slice_of_the_document_whatever_the_text(
    embedder: Embedder, text: str, question: str
) -> None:
    bot = QA(embedder=embedder)
    bot.add([Document("odd.txt", text + "\n\n" + UNICODE_TEXT, "Odd", "odd.txt"), BEES])
    answer = bot.ask(question, always_answer=True)
    for citation in answer.citations:
        assert bot.documents[citation.document].text[citation.start : citation.end] == citation.text
    for passage in answer.passages:
        assert bot.documents[passage.document_id].text[passage.start : passage.end] == passage.text
    assert bool(answer.citations) == (not answer.abstained and answer.kind != "about")
    if answer.citations and answer.span:
        assert bot.documents[answer.citations[0].document].text[slice(*answer.span)] == answer.short


def test_asking_within_a_document(bot: QA) -> None:
    answer = bot.ask("When was the dance decoded?", documents=["cable.txt"], always_answer=True)
    assert {citation.document for citation in answer.citations} == {"cable.txt"}
    assert {passage.document_id for passage in answer.passages} == {"cable.txt"}


def test_a_follow_up_is_searched_as_a_standalone_question(bot: QA) -> None:
    answer = bot.ask("and in 1866?", history=["When did the cable break?"])
    assert answer.question == "and in 1866?"
    assert answer.searched_for == "When did the cable break in 1866?"


@pytest.mark.parametrize(
    ("earlier", "question", "words"),
    [
        ("Which fighter jets did China buy?", "and which missile system?", "S-400"),
        ("Who decoded the waggle dance?", "When did he receive the Nobel Prize?", "1973"),
        ("Who was Cyrus Field?", "How had he made his fortune?", "paper"),
    ],
    ids=["and", "date", "how"],
)
def test_a_follow_up_gets_its_own_answer(sample_bot: QA, earlier: str, question: str, words: str) -> None:
    answer = sample_bot.ask(question, history=[earlier])
    assert words in answer.citations[0].text


def test_another_object_is_given_without_the_first(sample_bot: QA) -> None:
    answer = sample_bot.ask("and which missile system?", history=["Which fighter jets did China buy?"])
    assert answer.text == "the S-400 surface-to-air missile defence system"
    # An "or" within a name divides nothing.
    prize = sample_bot.ask("Which Nobel Prize did Karl von Frisch get?")
    assert prize.text == "the Nobel Prize in Physiology or Medicine"


def test_a_long_history_does_not_break_the_limit(embedder: Embedder) -> None:
    bot = QA(Settings(max_question_characters=60), embedder=embedder)
    bot.add([BEES])
    searched_for = bot.ask(
        "Why is that?", history=["Why do bees dance in the dark of their hive so much?"]
    ).searched_for
    assert searched_for.endswith("and why is that?")
    assert len(searched_for) == 60


def test_a_misspelt_word_is_corrected_and_what_is_searched_for_shown(sample_bot: QA) -> None:
    answer = sample_bot.ask("Where does Sarah Kirchbeger work?")
    assert (answer.question, answer.searched_for) == (
        "Where does Sarah Kirchbeger work?",
        "Where does Sarah Kirchberger work?",
    )
    assert answer.text
    assert "Kiel University" in answer.text
    assert sample_bot.ask("Who is Kirchbeger?", searched_for="Who is Kirchbeger?").searched_for == "Who is Kirchbeger?"
    assert sample_bot.ask("Thnaks!").kind == "about"


def test_an_empty_library_declines(embedder: Embedder) -> None:
    answer = QA(embedder=embedder).ask("Anything?")
    assert (answer.abstained, answer.confidence, answer.passages) == (True, 0.0, ())


def test_adding_the_same_document_embeds_nothing(bot: QA) -> None:
    before = bot.embedder.embedded  # type: ignore[attr-defined]
    bot.add([BEES, CABLE])
    assert bot.embedder.embedded == before  # type: ignore[attr-defined]


def test_a_model_that_returns_no_numbers_is_named(
    bot: QA, embedder: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "_vector", lambda _: np.full(embedder.dimension, np.nan))
    with pytest.raises(ModelError, match=r"new\.txt: the embedding model returned values that are not numbers"):
        bot.add([Document("new.txt", "It ends.", "New", "new.txt")])
    assert list(bot.documents) == ["bees.txt", "cable.txt"]


def test_a_text_that_no_model_takes_is_named(bot: QA) -> None:
    with pytest.raises(LoadError, match=r"a\.md: contains an invalid character at position 11; replace it"):
        bot.add([Document("a.md", "The dragon \udcff sleeps.", "A", "a.md")])


def test_replace_keeps_order_and_embeds_what_changed(bot: QA) -> None:
    changed = Document("cable.txt", "The cable failed in September 1858.", "Cable", "cable.txt")
    before = bot.embedder.embedded  # type: ignore[attr-defined]
    bot.replace([changed, BEES])
    assert list(bot.documents) == ["cable.txt", "bees.txt"]
    assert bot.embedder.embedded == before + 2  # type: ignore[attr-defined]
    assert "September" in bot.search("When did the cable fail?", 1)[0].text


def test_remove(bot: QA) -> None:
    bot.remove("bees.txt")
    assert list(bot.documents) == ["cable.txt"]
    with pytest.raises(QAError, match=r"no document 'bees\.txt' here; known: cable\.txt"):
        bot.remove("bees.txt")


def test_save_and_open_give_the_same_answers(sample_bot: QA, tmp_path: Path) -> None:
    sample_bot.save(tmp_path / "index")
    opened = QA.from_index(tmp_path / "index")
    for question in ("Which fighter jets did China buy?", "Why do bees dance?", "What is tungsten?"):
        one, other = sample_bot.ask(question), opened.ask(question)
        assert (one.text, one.citations, one.passages, one.confidence) == (
            other.text,
            other.citations,
            other.passages,
            other.confidence,
        )


@pytest.mark.parametrize(
    ("question", "problem"),
    [("", "empty"), (" \n", "empty"), ("x" * 1001, "1001 characters; the limit is 1000"), ("a\udcff", "valid text")],
    ids=["empty", "white-space", "too-long", "surrogate"],
)
def test_a_bad_question_is_named(bot: QA, question: str, problem: str) -> None:
    with pytest.raises(QAError, match=problem):
        bot.ask(question)


def test_a_bad_k_and_an_unknown_document_are_named(bot: QA) -> None:
    with pytest.raises(QAError, match="k is 0"):
        bot.search("Bees?", 0)
    with pytest.raises(QAError, match=r"no document 'x\.txt'"):
        bot.ask("Bees?", documents=["x.txt"])


def test_k_larger_than_the_index_is_fine(bot: QA) -> None:
    assert len(bot.search("Bees?", 1000)) == 2


def test_a_follow_up_takes_turns_or_plain_questions(sample_bot: QA) -> None:
    earlier = "Which ship laid the cable of 1866?"
    with_turn = sample_bot.ask("Who designed it?", history=[Turn(earlier, "The Great Eastern")])
    plain = sample_bot.ask("Who designed it?", history=[earlier])
    for answer in (with_turn, plain):
        assert answer.question == "Who designed it?"
        assert answer.searched_for != answer.question


def test_a_single_string_is_one_earlier_question_or_one_document(sample_bot: QA) -> None:
    question, earlier, document = "Who designed it?", "Which ship laid the cable of 1866?", "transatlantic-cable.md"
    one, other = (
        sample_bot.ask(question, history=history, documents=documents)
        for history, documents in ((earlier, document), ([earlier], [document]))
    )
    assert (one.text, one.searched_for, one.citations) == (other.text, other.searched_for, other.citations)
    assert sample_bot.search(earlier, documents=document) == sample_bot.search(earlier, documents=[document])


def test_what_is_searched_for_can_be_given(sample_bot: QA) -> None:
    edited = "Who designed the Great Eastern?"
    answer = sample_bot.ask("Who designed it?", history=["How do bees talk?"], searched_for=edited)
    assert (answer.question, answer.searched_for) == ("Who designed it?", edited)
    assert answer.text == sample_bot.ask(edited).text
    with pytest.raises(QAError, match="the question to search for is empty"):
        sample_bot.ask("Who designed it?", searched_for=" ")


def alike(one: object, other: object) -> bool:
    """Compare JSON values, numbers to rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one if key != "timings_ms")
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == pytest.approx(other, abs=2e-4) if isinstance(one, float) else one == other


def test_questions_asked_together_are_answered_as_each_alone(sample_bot: QA) -> None:
    files = sorted((Path(__file__).parents[1] / "data" / "questions").glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()[::27]]
    requests = [Request(row["question"], id=row["id"]) for row in rows]
    requests += [
        Request("and in 1866?", history=["When did the cable break?"]),
        Request("How do bees talk?", documents=["honeybee-colony.md"]),
        Request("Who designed it?", searched_for="Who designed the Great Eastern?"),
        Request("Nobody?", documents=[]),
    ]
    for always_answer in (False, True):
        together = sample_bot.ask_many(requests, always_answer=always_answer)
        for request, answer in zip(requests, together, strict=True):
            alone = sample_bot.ask(
                request.question,
                history=request.history,
                searched_for=request.searched_for,
                documents=request.documents,
                always_answer=always_answer,
                id=request.id,
            )
            assert alike(answer_to_json(answer), answer_to_json(alone)), request
            assert answer.timings_ms["total"] >= answer.timings_ms["read"] > 0


def test_questions_asked_together_are_embedded_together(embedder: TermEmbedder, bot: QA) -> None:
    calls = embedder.calls
    assert len(bot.ask_many([Request(f"Who decoded the dance of {n} bees?") for n in range(5)])) == 5
    assert embedder.calls == calls + 1


def test_one_bad_question_among_many_is_named(bot: QA) -> None:
    with pytest.raises(QAError, match="the question is empty"):
        bot.ask_many([Request("Who decoded the dance?"), Request(" ")])
    assert bot.ask_many([]) == []


def test_an_early_exit_reads_the_first_passages_alone(sample_bot: QA) -> None:
    model = Recorded()
    bot = QA(sample_bot.settings, embedder=sample_bot.embedder, reader=SpanReader(model), index=sample_bot.index)
    plain, several, unknown = (
        "How many eggs can a queen lay in a day?",
        "What kinds of bees live in a hive?",
        "What is the boiling point of tungsten?",
    )
    answers = bot.ask_many([Request(plain), Request(several), Request(unknown)])
    assert answers[0].confidence >= EARLY_EXIT_CONFIDENCE
    passages = {one: [passage.text for passage in sample_bot.search(one, 8)] for one in (plain, several, unknown)}
    pairs = {pair for call in model.calls for pair in call}
    read = {one: [(one, text) in pairs for text in texts] for one, texts in passages.items()}
    assert read == {plain: [True] * 2 + [False] * 6, several: [True] * 8, unknown: [True] * 8}
    # As confident as after reading all; the confidence of a list comes from its form.
    for answer in (answers[0], answers[2]):
        best = sample_bot.reader.read(answer.question, sample_bot.search(answer.question, 8))[0]
        assert answer.confidence == pytest.approx(best.confidence)
