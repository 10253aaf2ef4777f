"""Fit the coefficients of `qa.answering.form_confidence` to labelled replies.

For each form, a logistic model of "the reply is right", by maximum likelihood with a weak ridge; weights are not
negative, so that a higher feature never lowers the confidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from qa.answering.evidence import Evidence, Reply
from qa.answering.form_confidence import FormFeatures, FormWeights, ReplyForm
from qa.answering.questions.kinds import classify
from qa.answering.reply import replies_of
from qa.evaluation import contains_answer
from qa.evaluation.datasets.formats.jsonl import read_articles
from qa.evaluation.datasets.formats.text import read_objects
from qa.evaluation.metrics.selective import calibration_error
from qa.fitting.coefficients import fit_logistic
from qa.pipeline import QA
from qa.types import Passage

RIDGE = 0.1
UNANSWERED = 1.5
"""Weight of an unanswerable question: with it, ten of sixteen are answerable, as in `qa.fitting`."""
KINDS_WITH_A_FORM = {"definition", "list", "process", "comparison", "table"}
OTHERS_ASKED = 6
"""Of the questions of other kinds, every sixth is asked."""
FOLDS = 5
_MIN_ITEMS_SHARE = 0.5  # of the items of a right list


@dataclass(frozen=True, slots=True)
class FormExample:
    """A reply found by its form, whether it is right, and the document that its question is about."""

    form: ReplyForm
    features: FormFeatures
    right: bool
    answerable: bool
    document: str


def form_examples(data: Path, texts: Path) -> Iterator[FormExample]:
    """Yield the replies to questions; the documents of each set are asked together.

    Parameters
    ----------
    data : Path
        Folder of the training data, with ``kinds/replies.jsonl`` and two splits.
    texts : Path
        Folder of ``development.jsonl``, with its documents in ``development``.
    """
    for split in ("documents-train", "documents-held-out"):
        articles = {one.id: one for one in read_articles(data / split)}
        for file in ("kinds/replies.jsonl", f"{split}/questions.jsonl"):
            questions = [one for one in _read(data / file) if one["document"] in articles]
            bot = QA()
            bot.add(articles[name] for name in dict.fromkeys(one["document"] for one in questions))
            yield from _asked(bot, questions)
    yield from _asked(QA.from_path(texts / "development"), _read(texts / "development.jsonl"))


def _read(file: Path) -> list[dict[str, Any]]:
    return [row for _, row in read_objects(file)]


def _asked(bot: QA, questions: Sequence[Mapping[str, Any]]) -> Iterator[FormExample]:
    for n, question in enumerate(questions):
        labelled = question.get("kind") in KINDS_WITH_A_FORM
        if labelled or ("kind" not in question and _is_asked(question["question"], n)):
            yield from judged(question, evidence_of(bot, question["question"]))


def _is_asked(question: str, n: int) -> bool:
    return classify(question).kind in KINDS_WITH_A_FORM or n % OTHERS_ASKED == 0


def evidence_of(bot: QA, question: str) -> Evidence:
    """Return the evidence from which replies to a question are made."""
    passages = bot.search(question, bot.settings.passages_read)
    spans = bot.reader.read(question, passages)

    def search(query: str) -> Sequence[Passage]:
        return bot.search(query, bot.settings.passages_read)

    return Evidence(question, classify(question), spans, passages, bot.documents, search, bot.settings)


def judged(question: Mapping[str, Any], evidence: Evidence) -> Iterator[FormExample]:
    """Yield the replies to a question that were found by their form."""
    for reply in replies_of(evidence):
        if reply.confidence_basis:
            form, features = reply.confidence_basis
            answerable = question.get("answerable", True)
            right = answerable and is_right(question, reply)
            yield FormExample(form, features, right, answerable, question["document"])


def is_right(question: Mapping[str, Any], reply: Reply) -> bool:
    """Return whether a reply to an answerable question is right."""
    cited = [_plain(citation.text) for citation in reply.citations]
    if "cell" in question:
        return _plain(question["cell"]) in {_plain(reply.text), *(_plain(part.text) for part in reply.parts)} or (
            reply.form == "excerpts" and _plain(question["cell"]) in _plain(reply.text)
        )
    if "items" in question:
        shown = _plain(reply.text)
        return sum(_plain(item) in shown for item in question["items"]) >= _MIN_ITEMS_SHARE * len(question["items"])
    if "sides" in question:
        return all(any(_plain(piece) in text for piece in side for text in cited) for side in question["sides"])
    if question.get("answers"):
        return bool(cited) and contains_answer(reply.citations[0].text, question["answers"])
    return any(_plain(piece) in text for piece in question["evidence"] for text in cited[:1])


def fit(replies: Sequence[FormExample]) -> dict[ReplyForm, FormWeights]:
    """Fit the weights of each form."""
    fitted: dict[ReplyForm, FormWeights] = {}
    for form in get_args(ReplyForm):
        of_form = [one for one in replies if one.form == form]
        if of_form:
            fitted[form] = FormWeights(*(round(weight, 3) for weight in _fit(of_form)))
    return fitted


def _fit(replies: Sequence[FormExample]) -> list[float]:
    features = np.array([one.features for one in replies], dtype=np.float64)
    # Laplace's rule of succession: one more of each, so that no form counts as always right.
    features = np.vstack([features, features.mean(axis=0), features.mean(axis=0)])
    signs = np.array([*(1.0 if one.right else -1.0 for one in replies), 1.0, -1.0])
    counts = np.array([*(1.0 if one.answerable else UNANSWERED for one in replies), 1.0, 1.0])
    bounds = [(None, None), *[(0, None)] * features.shape[1]]
    weights: list[float] = fit_logistic(features, signs, counts, RIDGE, bounds).tolist()
    return weights


def probabilities(fitted: Mapping[ReplyForm, FormWeights], replies: Iterable[FormExample]) -> NDArray[np.float64]:
    """Return the probability that each reply is right."""
    logits = [
        fitted[one.form].intercept
        + sum(weight * value for weight, value in zip(fitted[one.form][1:], one.features, strict=True))
        for one in replies
    ]
    found: NDArray[np.float64] = 1 / (1 + np.exp(-np.array(logits)))
    return found


def cross_table(replies: Sequence[FormExample]) -> Iterator[str]:
    """Yield a table row for each form, cross-validated by document."""
    from sklearn.metrics import roc_auc_score

    documents = sorted({one.document for one in replies})
    fold = {document: n % FOLDS for n, document in enumerate(documents)}
    found = np.zeros(len(replies))
    for held in range(FOLDS):
        fitted = fit([one for one in replies if fold[one.document] != held])
        here = [n for n, one in enumerate(replies) if fold[one.document] == held and one.form in fitted]
        found[here] = probabilities(fitted, [replies[n] for n in here])
    right = np.array([one.right for one in replies])
    yield "| form | replies | right | mean confidence | AUROC | calibration error |"
    yield "|---|---|---|---|---|---|"
    for form in ("all", *get_args(ReplyForm)):
        chosen = np.array([form in {"all", one.form} for one in replies])
        if chosen.any():
            scores, labels = found[chosen], right[chosen]
            auroc = f"{roc_auc_score(labels, scores):.3f}" if len(set(labels)) == 2 else ""
            numbers = f"{len(labels)} | {labels.mean():.1%} | {scores.mean():.3f}"
            [error] = calibration_error(scores.tolist(), labels.tolist())(np.ones((1, len(labels))))
            yield f"| {form} | {numbers} | {auroc} | {error:.3f} |"


def _plain(text: str) -> str:
    return re.sub(r"[\s*`]+", " ", text).strip().lower()
