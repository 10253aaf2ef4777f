"""Ask the batches of a run in other processes, each of which opens the same index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.evaluation.datasets.fields import preview
from qa.evaluation.datasets.types import Question
from qa.evaluation.runs.execution import Answerer, Answers, AskBatches, Outcome, ask_batch
from qa.evaluation.runs.provenance import describe
from qa.ingestion.ray_executor import Executor
from qa.types import JSONObject

if TYPE_CHECKING:
    from qa.index.base import EmbeddedDocument
    from qa.pipeline import QA

_COMPARED = ("versions", "embedder", "reader", "documents")


@dataclass(frozen=True, slots=True)
class RemoteExecutor:
    """Runs batches of questions in other processes.

    `each` maps a task over its inputs, and returns the results in their order. `open_bot` opens a bot with the same
    documents, models and settings there.
    """

    each: Executor
    open_bot: Callable[[], Answerer]

    def ask(self, description: JSONObject, *, always_answer: bool, answers: Answers) -> AskBatches:
        """Return a function that asks batches of the described run; parameters as for `evaluate`."""
        make = partial(_Asker, self.open_bot, _digests(description), always_answer=always_answer, answers=answers)
        return partial(self.each, make)


def open_library(settings: JSONObject, location: str | None, entries: Sequence[EmbeddedDocument]) -> QA:
    """Open the index at a location, or else build one of embedded documents.

    The settings have no secrets, which are taken from the environment.
    """
    from qa.pipeline import QA
    from qa.settings import Settings

    if location is not None:
        return QA.from_index(location, settings=Settings(**settings))
    bot = QA(Settings(**settings))
    for entry in entries:
        bot.index.add(entry)
    return bot


class _Asker:
    """Opens a bot, checks that it matches the run's, and asks it batches of questions."""

    def __init__(
        self, open_bot: Callable[[], Answerer], expected: dict[str, str], *, always_answer: bool, answers: Answers
    ) -> None:
        self._bot = open_bot()
        self._ask = partial(ask_batch, self._bot, always_answer=always_answer, answers=answers)
        found = describe(self._bot, (), always_answer=always_answer, answers=answers)
        other = [name for name, digest in _digests(found).items() if digest != expected[name]]
        if other:
            found_there = "" if other[0] == "documents" else f" ({preview(found[other[0]])})"
            raise QAError(
                f"a worker has different {other[0]}{found_there}; install the same versions everywhere, and do not"
                " change the index during a run"
            )
        self._cold = answers == "llm"

    def __call__(self, questions: Sequence[Question]) -> list[Outcome]:
        if self._cold:
            # Loads the models, so that no measured time includes it.
            self._ask(questions[:1], answers="extractive")
            self._cold = False
        return self._ask(questions)


def _digests(description: JSONObject) -> dict[str, str]:
    return {
        name: hashlib.sha256(json.dumps(description[name], sort_keys=True).encode()).hexdigest() for name in _COMPARED
    }
