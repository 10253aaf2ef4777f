"""Provenance of a run, for `run.json`: settings, versions and fingerprints that decide its answers."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from qa.evaluation.datasets.types import Question
from qa.evaluation.runs.execution import Answerer, Answers
from qa.files import digest_of_regular
from qa.settings import Settings
from qa.types import Document, JSONObject

_MAX_DESCRIBED = 1000
_LIBRARIES = (
    "PyStemmer",
    "faiss-cpu",
    "numpy",
    "onnxruntime",
    "sentence-transformers",
    "sentencex",
    "tiktoken",
    "tokenizers",
    "torch",
    "transformers",
)


def describe(bot: Answerer, questions: Sequence[Question], *, always_answer: bool, answers: Answers) -> JSONObject:
    """Return what decides the answers of a run, for `run.json`.

    Returns
    -------
    dict
        "started" (now, UTC), "versions" by package (null when not installed), "answers", "settings" (those of the
        language model only where it answers; its key never), "embedder" and "reader" (fingerprints), "always_answer",
        "questions" ("count" and "sha256" over all their fields, in order), "library" (the number of "documents") and
        "documents" (SHA-256 of the text in UTF-8, by id; of a large library, of those that the questions name).
    """
    asked = describe_set(questions, bot.documents)
    models = {"embedder": bot.embedder.fingerprint, "reader": bot.reader.fingerprint}
    settings = described_settings(bot.settings, answers)
    return {**asked, "answers": answers, "settings": settings, **models, "always_answer": always_answer}


def describe_set(questions: Sequence[Question], documents: Mapping[str, Document]) -> JSONObject:
    """Return the same for a run of another system, which has no settings or models."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": described_versions(),
        "answers": "other",
        "settings": {},
        "embedder": "",
        "reader": "",
        "always_answer": False,
        "questions": described_questions(questions),
        "library": {"documents": len(documents)},
        "documents": {
            # Of the text alone: Document.fingerprint depends on where the document was loaded from.
            name: hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
            for name, document in _described(questions, documents)
        },
    }


def described_versions() -> dict[str, str | None]:
    """Return the versions of the packages that decide the answers, as `describe` does."""
    from qa import __version__

    return {"qa": __version__, "python": platform.python_version(), **{name: _version(name) for name in _LIBRARIES}}


def described_questions(questions: Sequence[Question]) -> JSONObject:
    """Return the number of questions and their digest, as `describe` does."""
    digest = hashlib.sha256()
    for question in questions:
        digest.update(json.dumps(asdict(question), sort_keys=True).encode("ascii") + b"\n")
    return {"count": len(questions), "sha256": digest.hexdigest()}


@cache
def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _described(questions: Sequence[Question], documents: Mapping[str, Document]) -> Iterable[tuple[str, Document]]:
    if len(documents) <= _MAX_DESCRIBED:
        return documents.items()
    named = {question.document for question in questions}
    named |= {one.document for question in questions for one in question.evidence}
    return ((name, documents[name]) for name in sorted(filter(None, named)) if name in documents)


def described_settings(settings: Settings, answers: Answers) -> JSONObject:
    """Return settings as `describe` does."""
    values = settings.model_dump(mode="json")
    if answers == "extractive":
        return {name: value for name, value in values.items() if not name.startswith(("llm_", "judge"))}
    # The query may contain a key.
    values |= {name: values[name].partition("?")[0] for name in ("llm_url", "judge_url")}
    if settings.judge_calibration:
        # `qa calibrate --judge` may write another threshold to the same file.
        with suppress(OSError):
            values["judge_calibration"] += f" {digest_of_regular(Path(settings.judge_calibration))}"
    return values
