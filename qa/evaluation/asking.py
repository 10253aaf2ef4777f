"""Ask many questions: some one at a time, so that their times are what a person waits for, the others in batches."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from qa.errors import IndexFolderError, ModelError

if TYPE_CHECKING:
    from qa.evaluation.types import Question
    from qa.settings import Settings
    from qa.types import Answer, Document, Request

BATCH_QUESTIONS = 32
"""Questions in a batch: enough to keep all processors busy, and so few that a crash costs seconds."""
WORKERS = 2
"""Batches asked side by side unless told otherwise: one is searched for, on one processor, while the other is read."""
MOST_TIMED = 200
"""Most questions of a set that are asked one at a time."""


class Fingerprinted(Protocol):
    """Anything that names its model and weights."""

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints give equal results."""
        ...


class Answerer(Protocol):
    """What a run needs of a bot; `qa.pipeline.QA` has it."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """The loaded documents by id, in order."""
        ...

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        ...

    @property
    def embedder(self) -> Fingerprinted:
        """The embedding model in use."""
        ...

    @property
    def reader(self) -> Fingerprinted:
        """The reader in use."""
        ...

    def ask_many(self, requests: Sequence[Request], *, always_answer: bool = False) -> list[Answer]:
        """Answer questions together, each as if it were asked alone; raise if one of them cannot be answered.

        May be called from several threads. An answer carries the id of its request.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question: an answer, or else what went wrong."""

    question: Question
    answer: Answer | None
    problem: str | None


def timed_questions(questions: Sequence[Question]) -> frozenset[str]:
    """Return the ids of the questions that are asked one at a time: at most 200, evenly spread over the set."""
    step = max(1, -(-len(questions) // MOST_TIMED))
    return frozenset(question.id for question in questions[::step])


def ask_all(
    bot: Answerer, questions: Sequence[Question], timed: Collection[str], *, always_answer: bool, workers: int
) -> Generator[Outcome, None, None]:
    """Ask questions and yield what comes of each: first the timed ones, then the others, both in the order given.

    A batch that fails is asked again one by one, so that only the questions at fault fail.

    Parameters
    ----------
    bot : Answerer
    questions : sequence of Question
    timed : collection of str
        Ids of the questions to ask one at a time, with nothing beside them.
    always_answer : bool
        Answer even below the threshold.
    workers : int
        Batches asked side by side.

    Raises
    ------
    ModelError, IndexFolderError
        When the bot cannot work at all.
    """
    alone = [question for question in questions if question.id in timed]
    together = [question for question in questions if question.id not in timed]
    batches = [together[start : start + BATCH_QUESTIONS] for start in range(0, len(together), BATCH_QUESTIONS)]
    ask = partial(_ask, bot, always_answer=always_answer)
    if alone:
        # Models load at the first question. What comes of it does not count, so that its time does not either.
        ask([alone[0]])
    for question in alone:
        yield from ask([question])
    if workers == 1:
        for batch in batches:
            yield from ask(batch)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(workers, "asking")
    try:
        for outcomes in pool.map(ask, batches):
            yield from outcomes
    finally:
        pool.shutdown(cancel_futures=True)


def _ask(bot: Answerer, questions: Sequence[Question], *, always_answer: bool) -> list[Outcome]:
    from qa.types import Request

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
        answers = bot.ask_many(requests, always_answer=always_answer)
    except (ModelError, IndexFolderError):
        raise
    except Exception as error:
        if len(questions) == 1:
            return [Outcome(questions[0], None, f"{type(error).__name__}: {error}")]
        return [outcome for question in questions for outcome in _ask(bot, [question], always_answer=always_answer)]
    return [Outcome(question, answer, None) for question, answer in zip(questions, answers, strict=True)]
