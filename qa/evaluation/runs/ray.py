"""Ask the batches of a run in other processes, each of which opens the same library."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.evaluation.datasets.fields import shown
from qa.evaluation.datasets.types import Question
from qa.evaluation.runs.execution import Answerer, Answers, AskBatches, Outcome, ask_batch
from qa.evaluation.runs.provenance import describe
from qa.ingestion.ray_executor import Each

if TYPE_CHECKING:
    from qa.index.base import EmbeddedDocument
    from qa.pipeline import QA
    from qa.types import JSONObject

_COMPARED = ("versions", "embedder", "reader", "documents")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where batches are asked, and how the library is opened there.

    Attributes
    ----------
    each : Each
        Gives what is done in the order of the things to do.
    open_bot : callable
        Opens a bot of the same documents, models and settings.
    """

    each: Each
    open_bot: Callable[[], Answerer]

    def ask(self, description: JSONObject, *, always_answer: bool, answers: Answers) -> AskBatches:
        """Return what asks batches of the run that is described; other parameters as of `qa.evaluation.batch.run`."""
        make = partial(_Asker, self.open_bot, _digests(description), always_answer=always_answer, answers=answers)
        return partial(self.each, make)


def open_library(settings: JSONObject, place: str | None, entries: Sequence[EmbeddedDocument]) -> QA:
    """Open the index at a place, or else one of some documents.

    Parameters
    ----------
    settings : dict
        Those that are no secrets, by name; secrets are taken from the environment.
    place : str, optional
    entries : sequence of EmbeddedDocument
    """
    from qa.pipeline import QA
    from qa.settings import Settings

    if place is not None:
        return QA.from_index(place, settings=Settings(**settings))
    bot = QA(Settings(**settings))
    for entry in entries:
        bot.index.add(entry)
    return bot


class _Asker:
    """Asks batches of a bot that it opens, and that must be that of the run."""

    def __init__(
        self, open_bot: Callable[[], Answerer], expected: dict[str, str], *, always_answer: bool, answers: Answers
    ) -> None:
        self._bot = open_bot()
        self._ask = partial(ask_batch, self._bot, always_answer=always_answer, answers=answers)
        found = describe(self._bot, (), always_answer=always_answer, answers=answers)
        other = [name for name, digest in _digests(found).items() if digest != expected[name]]
        if other:
            said = "" if other[0] == "documents" else f" ({shown(found[other[0]])})"
            raise QAError(
                f"a worker has other {other[0]}{said} than the command; install the same everywhere, and change no"
                " index while it is asked"
            )

        self._cold = answers == "llm"

    def __call__(self, questions: Sequence[Question]) -> list[Outcome]:
        if self._cold:
            # So that the loading of models is in no question's time.
            self._ask(questions[:1], answers="extractive")
            self._cold = False
        return self._ask(questions)


def _digests(description: JSONObject) -> dict[str, str]:
    return {
        name: hashlib.sha256(json.dumps(description[name], sort_keys=True).encode()).hexdigest() for name in _COMPARED
    }
