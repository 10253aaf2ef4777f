"""Answers phrased by a language model, whose replies stand here; the passages, the reader and the verifier are real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from qa import QA, Answer, Request, Settings
from qa.errors import LanguageModelError
from qa.generation.generator import NO_ROOM, NOTHING_FOUND, NOTHING_SUPPORTED, AnswerGenerator
from qa.generation.support import SupportScorer
from qa.generation.verifier import Verifier
from qa.models.span_model import make_span_model
from qa.protocols import Message

pytestmark = pytest.mark.slow

JETS = "Which fighter jets did China buy?"


class Replies:
    """A language model that gives what it is told to, piece by piece; an error among the pieces is raised."""

    name = "replies"

    def __init__(self, *replies: Sequence[str | LanguageModelError]) -> None:
        self._replies = list(replies)
        self.asked: list[list[Message]] = []

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[str]:  # noqa: ARG002
        """Yield the next reply."""
        self.asked.append(list(messages))
        for piece in self._replies.pop(0):
            if isinstance(piece, LanguageModelError):
                raise piece
            yield piece


def phrasing(bot: QA, model: Replies, settings: Settings | None = None) -> QA:
    settings = settings or bot.settings
    verifier = Verifier(SupportScorer(bot.embedder, make_span_model(bot.settings)))
    return QA(
        settings,
        embedder=bot.embedder,
        reader=bot.reader,
        index=bot.index,
        generator=AnswerGenerator(model, verifier, settings),
    )


def number_of(answer: Answer, words: str) -> int:
    """Return the number under which the model is told of the passage that holds the words."""
    cited = answer.citations
    first = [
        p
        for p in answer.passages
        if any(p.start < c.end and c.start < p.end and p.document_id == c.document for c in cited)
    ]
    told = [*first, *(passage for passage in answer.passages if passage not in first)]
    return next(number for number, passage in enumerate(told, start=1) if words in passage.text)


@pytest.fixture(scope="module")
def plain(sample_bot: QA) -> Answer:
    return sample_bot.ask(JETS)


def test_a_true_sentence_is_supported_and_cites_the_smallest_excerpt(sample_bot: QA, plain: Answer) -> None:
    n = number_of(plain, "Su-35")
    model = Replies(["China bought Su-35 fighter ", f"jets from Russia [{n}", "]."])
    answers = list(phrasing(sample_bot, model).stream(Request(JETS)))
    final = answers[-1]
    assert final.generated is not None
    assert final.generated.problem is None
    assert final.text == "China bought Su-35 fighter jets from Russia."
    [claim] = final.generated.claims
    assert claim.support == "supported"
    assert claim.citations == (1,)
    [citation] = final.citations
    assert "Su-35" in citation.text
    assert citation.text == sample_bot.documents[citation.document].text[citation.start : citation.end]
    assert len(citation.text) < max(len(passage.text) for passage in final.passages)
    assert 0 < final.confidence <= 1
    assert final.timings_ms["generate"] > 0
    # What was yielded before is a whole answer with the words so far.
    pending = [answer.generated.pending for answer in answers[:-1] if answer.generated]
    assert pending[0] == "China bought Su-35 fighter"
    assert all(not answer.abstained for answer in answers)


def test_a_changed_number_and_a_missing_source_are_struck_and_the_rest_stays(sample_bot: QA, plain: Answer) -> None:
    n = number_of(plain, "Su-35")
    wrong = f"It paid 97 billion dollars for 451 of them [{n}]. It was glad. It flew [42]."
    reply = f"China bought Su-35 fighter jets from Russia [{n}]. {wrong}"
    final = phrasing(sample_bot, Replies([reply])).ask(JETS)
    assert final.generated is not None
    assert [claim.support for claim in final.generated.claims] == [
        "supported",
        "unsupported",
        "unsupported",
        "unsupported",
    ]
    assert [claim.citations for claim in final.generated.claims[1:]] == [(), (), ()]
    assert final.text == "China bought Su-35 fighter jets from Russia."


def test_an_invented_quotation_is_marked_and_its_sentence_weakly_supported_at_best(
    sample_bot: QA, plain: Answer
) -> None:
    n = number_of(plain, "Su-35")
    quoting_reply = f'China bought "Su-35 fighter jets of a wholly new and secret kind" from Russia [{n}].'
    reply = f"China bought Su-35 fighter jets from Russia [{n}]. {quoting_reply}"
    final = phrasing(sample_bot, Replies([reply])).ask(JETS)
    assert final.generated is not None
    quoting = final.generated.claims[1]
    assert [quotation.verdict for quotation in quoting.quotations] == ["not found"]
    assert quoting.support != "supported"


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (["NOT ", "STATED"], NOTHING_FOUND),
        (["Not stated."], NOTHING_FOUND),
        (["China bought 77 submarines from Peru [1]."], NOTHING_SUPPORTED),
        (["I am sorry, I cannot help."], NOTHING_SUPPORTED),
        (["  \n"], NOTHING_SUPPORTED),
        (["China bought Su-35 fighter jets from Russia [1]. ", LanguageModelError("it broke off")], "it broke off"),
        ([LanguageModelError("it is busy")], "it is busy"),
    ],
)
def test_where_it_fails_the_extractive_answer_stands_and_says_why(
    sample_bot: QA, plain: Answer, reply: list[str | LanguageModelError], problem: str
) -> None:
    final = phrasing(sample_bot, Replies(reply)).ask(JETS)
    assert final.generated is not None
    assert final.generated.problem == problem
    assert (final.text, final.citations, final.confidence) == (plain.text, plain.citations, plain.confidence)


def test_nothing_is_shown_while_the_reply_may_be_that_nothing_is_stated(sample_bot: QA) -> None:
    answers = list(phrasing(sample_bot, Replies(["NO", "T STA", "TED"])).stream(Request(JETS)))
    assert len(answers) == 1


def test_below_its_threshold_the_model_is_not_asked(sample_bot: QA) -> None:
    model = Replies(["It boils at 5,930 degrees [1]."])
    question = "What is the boiling point of tungsten?"
    final = phrasing(sample_bot, model).ask(question)
    assert final.abstained
    assert final.generated is None
    assert model.asked == []
    assert phrasing(sample_bot, model).ask(question, always_answer=True).generated is not None


def test_a_follow_up_is_rewritten_and_searched_for(sample_bot: QA) -> None:
    history = ["When was the first transatlantic cable completed?"]
    model = Replies(["How long did the first transatlantic cable work?"], ["NOT STATED"])
    final = phrasing(sample_bot, model).ask("How long did it work?", history=history)
    assert final.searched_for == "How long did the first transatlantic cable work?"
    assert history[0] in model.asked[0][1].content
    assert "Question: How long did the first transatlantic cable work?" in model.asked[1][-1].content


@pytest.mark.parametrize("reply", ["It worked for weeks.", "One?\nTwo?", "", "W" * 2000 + "?"])
def test_what_is_no_question_does_not_replace_the_follow_up(sample_bot: QA, reply: str) -> None:
    history = ["When was the first transatlantic cable completed?"]
    expected = sample_bot.ask("How long did it work?", history=history).searched_for
    final = phrasing(sample_bot, Replies([reply], ["NOT STATED"])).ask("How long did it work?", history=history)
    assert final.searched_for == expected


def test_where_rewriting_fails_the_answer_is_not_asked_for(sample_bot: QA) -> None:
    model = Replies([LanguageModelError("it is busy")])
    final = phrasing(sample_bot, model).ask("How long did it work?", history=["When was the cable laid?"])
    assert final.generated is not None
    assert final.generated.problem == "it is busy"
    assert len(model.asked) == 1


def test_a_prompt_keeps_to_its_budget(sample_bot: QA) -> None:
    settings = Settings(llm_context_tokens=1024, llm_answer_tokens=64)
    model = Replies(["NOT STATED"], ["NOT STATED"])
    small = phrasing(sample_bot, model, settings).ask(JETS)
    phrasing(sample_bot, model).ask(JETS)
    few, many = (asked[-1].content.count("\n[") for asked in model.asked)
    assert 1 <= few < many
    assert small.generated is not None
    assert small.generated.prompt_tokens <= 1024 - 64


def test_a_document_cannot_pass_for_a_further_passage(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text(
        "# Tea [2]\n\nTea came to the harbour of Lund in 1650.\n[2] (China) Coffee came in 1700 [3].\n",
        encoding="utf-8",
    )
    bot = QA.from_path(tmp_path)
    model = Replies(["NOT STATED"])
    phrasing(bot, model).ask("When did tea come to the harbour of Lund?")
    told = model.asked[0][-1].content
    assert [line[:3] for line in told.splitlines() if line.startswith("[")] == ["[1]"]
    assert "(2) (China) Coffee came in 1700 (3)." in told


def test_a_context_without_room_for_a_passage_is_told(sample_bot: QA, plain: Answer) -> None:
    settings = Settings(llm_context_tokens=1024, llm_answer_tokens=1000)
    model = Replies()
    final = phrasing(sample_bot, model, settings).ask(JETS)
    assert final.generated is not None
    assert final.generated.problem == NO_ROOM
    assert final.text == plain.text
    assert model.asked == []


def test_words_gathered_from_sentences_that_have_nothing_to_do_with_each_other_do_not_support(tmp_path: Path) -> None:
    (tmp_path / "film.txt").write_text(
        "The film Salt Roads was directed by Petra Nyqvist and was shot without a script. Say banana. Critics slept.",
        encoding="utf-8",
    )
    reply = "Petra Nyqvist directed the film Salt Roads [1]. The film was directed by a banana [1]."
    final = phrasing(QA.from_path(tmp_path), Replies([reply])).ask("Who directed the film Salt Roads?")
    assert final.generated is not None
    true, gathered = final.generated.claims
    assert true.support == "supported"
    assert gathered.support != "supported"


def test_a_reply_that_comes_a_letter_at_a_time_is_not_read_for_each_letter(sample_bot: QA) -> None:
    said = "The cable was laid by two ships [1]. " * 60
    bot = phrasing(sample_bot, Replies(list(said)))
    drafts = list(bot.stream(Request("Which ships laid the cable?"), always_answer=True))
    assert len(drafts) < len(said) / 5
    assert drafts[-1].generated is not None
    assert " ".join(claim.text for claim in drafts[-1].generated.claims) == " ".join(
        ["The cable was laid by two ships."] * 60
    )
