"""How well the support of generated sentences is told: ``make bench-support``.

First on Wikipedia articles that nothing was fitted on: statements made of SQuADShifts New Wiki by rule, true ones and
the same with a number, a name or a negation changed, each scored against the sentences of its paragraph. Then on
sentences written by hand, as a chat model would answer, about paragraphs of sets that the reader was trained on, each
verified as in an answer. The least score of *weakly supported* is set on these: where at most a tenth of the true ones
are struck.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from qa.documents.chunking import excerpt_start, sentence_spans
from qa.generation.reply_parser import CitedSentence
from qa.generation.support import SupportScorer
from qa.generation.support_model import WEAKLY_SUPPORTED, support_coefficients
from qa.generation.verifier import Verifier
from qa.models.embedder import make_embedder
from qa.models.span_model import make_span_model
from qa.settings import Settings
from qa.training.examples import read_paragraphs
from qa.training.statements import statements
from qa.training.support import Fitted, measure, scored, table
from qa.types import Document, Passage, SentenceMatch

DATASETS = Path(__file__).parents[3] / "shared" / "datasets"
DATA = DATASETS / "squadshifts_new_wiki.json"
WRITTEN = Path(__file__).parents[1] / "llm" / "written.jsonl"
MOST_TRUE = 200
VERDICTS = ("supported", "weakly supported", "unsupported")


def main() -> None:
    if not DATA.is_file():
        sys.exit(f"{DATA} is not here; nothing measured")
    settings = Settings()
    scorer = SupportScorer(make_embedder(settings), make_span_model(settings))
    measured = [measure(scorer, one) for one in statements(read_paragraphs(DATA), 0, MOST_TRUE)]
    shipped = support_coefficients()
    scores = scored(Fitted(shipped.intercept, shipped.weights), measured)
    print("\n".join(table(scores, shipped.supported, WEAKLY_SUPPORTED)))
    print("\n| written by hand | number | supported | weakly | unsupported |\n|---|---|---|---|---|")
    for kind, group in groupby(sorted(written(Verifier(scorer))), key=lambda one: one[0]):
        verdicts = [verdict for _, verdict in group]
        shares = " | ".join(f"{verdicts.count(verdict) / len(verdicts):.1%}" for verdict in VERDICTS)
        print(f"| {kind} | {len(verdicts)} | {shares} |")


def written(verifier: Verifier) -> Iterator[tuple[str, str]]:
    """Yield what each sentence is, "true" or what was changed in it, and the verdict on it."""
    answers = [json.loads(line) for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    for name, group in groupby(answers, key=lambda one: str(one["file"])):
        articles = json.loads((DATASETS / f"{name}.json").read_text(encoding="utf-8"))["data"]
        asked = {
            question["id"]: (question["question"], paragraph["context"])
            for article in articles
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        }
        for answer in group:
            question, text = asked[answer["id"]]
            spans = sentence_spans(text)
            sentences = (SentenceMatch(a, b, excerpt_start(text, spans, n), 0.0, 0.0) for n, (a, b) in enumerate(spans))
            passage = Passage(name, 0, len(text), text, None, 0.0, 0.0, 0.0, tuple(sentences))
            documents = {name: Document(name, text, name, name)}
            true = cut(answer["true"])
            said = [("true", one) for one in true]
            said += [(each["kind"], one) for each in answer["changed"] for one in cut(each["text"]) if one not in true]
            for kind, sentence in said:
                yield kind, verifier.verify(question, CitedSentence(sentence, (1,)), [passage], documents).support


def cut(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[start:end] for start, end in sentence_spans(text)]


if __name__ == "__main__":
    main()
