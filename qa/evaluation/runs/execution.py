"""Ask many questions: some one at a time, to measure the latency a user sees, the others in batches.

With a language model, every question is asked separately.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from qa.errors import IndexFolderError, IndexServerError, ModelError
from qa.evaluation.datasets.types import Question
from qa.output.text import answer_to_json
from qa.settings import Settings
from qa.types import Answer, Document, JSONObject, Request, Turn

BATCH_QUESTIONS = 32
"""Questions in a batch: enough to keep all processors busy, few enough that a crash costs seconds."""
Answers = Literal["extractive", "llm"]
"""Kind of answers: extracted from the documents, or written by a language model."""

WORKERS: dict[Answers, int] = {"extractive": 2, "llm": 1}
"""Default number of parallel batches: one is retrieved while the other is read.

A language model is asked one question at a time, since a local server may not take more."""
MAX_TIMED = 200
"""Questions of a set that are asked one at a time, at most."""


class Fingerprinted(Protocol):
    """A model with a fingerprint of its weights."""

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints mean equal results."""


@runtime_checkable
class Answerer(Protocol):
    """The part of a bot that a run uses; `qa.pipeline.QA` implements it."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """The loaded documents by id, in order."""

    @property
    def settings(self) -> Settings:
        """The settings in use."""

    @property
    def embedder(self) -> Fingerprinted:
        """The embedding model in use."""

    @property
    def reader(self) -> Fingerprinted:
        """The reader in use."""

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn | str] = (),
        documents: Collection[str] | None = None,
        always_answer: bool = False,
        id: str | None = None,  # noqa: A002 -- the contract's name
    ) -> Answer:
        """Answer a question with a language model; called from several threads."""

    def ask_many(self, requests: Sequence[Request], *, always_answer: bool = False) -> list[Answer]:
        """Answer questions in a batch, extractively; called from several threads.

        Answers carry the ids of their requests. Raises if one of the questions cannot be answered.
        """


class Outcome(NamedTuple):
    """Result of a question: an answer as JSON, or an error message."""

    question: Question
    answer: JSONObject | None
    problem: str | None = None


AskBatches = Callable[[Sequence[Sequence[Question]]], Generator[list[Outcome], None, None]]
"""Yields the outcomes of each batch of questions, in order."""


def timed_questions(questions: Sequence[Question]) -> frozenset[str]:
    """Return the ids of the questions asked one at a time: at most 200, evenly spread over the set."""
    step = max(1, -(-len(questions) // MAX_TIMED))
    return frozenset(question.id for question in questions[::step])


def ask_all(
    bot: Answerer,
    questions: Sequence[Question],
    timed: Collection[str],
    *,
    always_answer: bool,
    workers: int,
    answers: Answers = "extractive",
    ask_batches: AskBatches | None = None,
) -> Generator[Outcome, None, None]:
    """Ask questions and yield their outcomes: first the timed ones, then the others, each in order.

    The timed questions are asked one at a time, with nothing else running; the others in batches, `workers` at the same
    time, or by `ask_batches`. The questions of a batch that fails are asked one by one, so that only those at fault
    fail.

    Raises `ModelError`, `IndexFolderError` or `IndexServerError` if the bot cannot work at all.
    """
    alone = [question for question in questions if question.id in timed]
    together = [question for question in questions if question.id not in timed]
    size = 1 if answers == "llm" else BATCH_QUESTIONS
    batches = [together[start : start + size] for start in range(0, len(together), size)]
    ask = partial(ask_batch, bot, always_answer=always_answer, answers=answers)
    if alone or (answers == "llm" and ask_batches is None):
        # Loads the models, so that no measured time includes it.
        ask_batch(bot, [*alone, *together][:1], always_answer=always_answer, answers="extractive")
    for question in alone:
        yield from ask([question])
    if ask_batches is not None and batches:
        with closing(ask_batches(batches)) as asked:
            for outcomes in asked:
                yield from outcomes
        return
    if workers == 1:
        for batch in batches:
            yield from ask(batch)
        return
    pool = ThreadPoolExecutor(workers, "asking")
    try:
        for outcomes in pool.map(ask, batches):
            yield from outcomes
    finally:
        pool.shutdown(cancel_futures=True)


def ask_batch(bot: Answerer, questions: Sequence[Question], *, always_answer: bool, answers: Answers) -> list[Outcome]:
    """Ask questions in a batch, or one by one if that fails; parameters and errors as for `ask_all`."""
    requests = [
        Request(
            question=question.question,
            history=question.history,
            documents=None if question.document is None else [question.document],
            id=question.id,
        )
        for question in questions
    ]
    try:
        if answers == "extractive":
            found = bot.ask_many(requests, always_answer=always_answer)
        else:
            found = [
                bot.ask(
                    one.question, history=one.history, documents=one.documents, always_answer=always_answer, id=one.id
                )
                for one in requests
            ]
    except (ModelError, IndexFolderError, IndexServerError):
        raise
    except Exception as error:
        if len(questions) == 1:
            return [Outcome(questions[0], None, f"{type(error).__name__}: {error}")]
        return [
            outcome
            for question in questions
            for outcome in ask_batch(bot, [question], always_answer=always_answer, answers=answers)
        ]
    return [Outcome(question, answer_to_json(answer)) for question, answer in zip(questions, found, strict=True)]
