"""Answer quality on development sets that nothing is trained or tuned on: ``make bench-quality``.

The sets are squadshifts_new_wiki (48 Wikipedia articles), covidqa_dev (49 papers) and 429 look-ups of
WikiTableQuestions (343 tables; the rules for tables were chosen on half of them) of ``../shared/datasets``; without
that folder there is nothing to measure, and this says so. The part "documents" asks of the manuals, contracts, papers
and the like of ``data/training/documents-test``. Every part asks the product as a person would, and prints
its line of the table as soon as it is done; give names of parts to run those alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean

import numpy as np
from results import print_table

from qa import evaluation
from qa.documents.chunking import sentence_spans
from qa.evaluation import Evidence, contains_answer, exact_match, token_f1, touches
from qa.fitting.coefficients import SHARES
from qa.models.embedder import make_embedder
from qa.pipeline import QA
from qa.protocols import ChunkText
from qa.settings import Settings
from qa.types import Answer, Document, Progress, Vectors

DATASETS = Path(__file__).parents[3] / "shared" / "datasets"
NEW_WIKI = DATASETS / "squadshifts_new_wiki.json"
PAPERS = DATASETS / "covidqa_dev.json"
TABLES = DATASETS / "tables"
DOCUMENTS = Path(__file__).parents[2] / "data" / "training" / "documents-test"
KINDS = {
    "instructions": ("manual", "protocol", "readme", "recipes", "faq"),
    "agreements": ("contract", "policy", "rules", "syllabus", "pricelist"),
    "papers and records": ("paper", "report", "sds", "minutes", "mail"),
}
CONFIDENT = 0.8
THRESHOLDS = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)
BINS = 10
PARAGRAPH = "\n\n"
RANKED = 30
"""Passages looked through for ten paragraphs."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its accepted answers and their spans."""

    question: str
    answers: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    paragraph: tuple[int, int]

    @property
    def document(self) -> str:
        return self.evidence[0].document


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and what came of it."""

    asked: Asked
    answer: Answer

    @property
    def hit(self) -> bool:
        return bool(self.answer.citations) and contains_answer(self.answer.citations[0].text, self.asked.answers)


class CachedEmbedder:
    """Embeds a text once, for articles that differ in a sentence."""

    def __init__(self, settings: Settings) -> None:
        self._embedder = make_embedder(settings)
        self._known: dict[str, Vectors] = {}
        self._known_chunks: dict[ChunkText, tuple[Vectors, Vectors]] = {}

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, self._embedder.embed(new, progress), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        new = list(dict.fromkeys(chunk for chunk in chunks if chunk not in self._known_chunks))
        if new:
            vectors, spans = self._embedder.embed_chunks(new, progress)
            ends = np.cumsum([len(chunk.spans) for chunk in new])
            self._known_chunks.update(zip(new, zip(vectors, np.split(spans, ends[:-1]), strict=True), strict=True))
        known = [self._known_chunks[chunk] for chunk in chunks]
        return np.stack([vector for vector, _ in known]), np.concatenate([inside for _, inside in known])


def read_set(path: Path) -> tuple[list[Document], list[Asked]]:
    """Return the articles of a SQuAD file as documents, paragraphs between blank lines, and its questions."""
    documents, questions = [], []
    for number, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        name, text = f"{number:02d}.txt", ""
        for paragraph in article["paragraphs"]:
            start = len(text) + 2 * bool(text)
            text += ("\n\n" if text else "") + paragraph["context"]
            for question in paragraph["qas"]:
                if question["question"].strip() and question["answers"]:
                    spans = [
                        Evidence(
                            name, start + answer["answer_start"], start + answer["answer_start"] + len(answer["text"])
                        )
                        for answer in question["answers"]
                    ]
                    answers = tuple(dict.fromkeys(answer["text"] for answer in question["answers"]))
                    questions.append(Asked(question["question"], answers, tuple(spans), (start, len(text))))
        documents.append(Document(id=name, text=text, title=str(article.get("title", name)), source=name))
    return documents, questions


class Bench:
    """The library and the questions, and what each part makes of them."""

    def __init__(self, most: int, out: Path | None) -> None:
        self.documents, questions = read_set(NEW_WIKI)
        self.questions = random.Random(0).sample(questions, min(most, len(questions)))
        self.out = out
        self.judged: dict[str, list[tuple[float, bool]]] = {}
        """For each kind of case its confidence, and whether the first excerpt contains an accepted answer."""

    @cached_property
    def bot(self) -> QA:
        """The articles as one library."""
        bot = QA(embedder=CachedEmbedder(Settings()))
        bot.replace(self.documents)
        return bot

    def open(self) -> str:
        """Ask over all articles as one library.

        Recall is given for passages, and for the paragraphs that contain them, as others measure it.
        """
        ranks = [paragraph_rank(self.bot, asked) for asked in self.questions]
        recall = "/".join(f"{fmean(rank <= k for rank in ranks):.1%}" for k in (1, 5, 10))
        summary = self._summary("open", [self._ask(asked) for asked in self.questions])
        return f"{summary}; paragraph recall@1/5/10 {recall}"

    def article(self) -> str:
        """Ask each question within its own article."""
        outcomes = [self._ask(asked, [asked.document]) for asked in self.questions]
        judged = self.judged["answerable"] = [(outcome.answer.confidence, outcome.hit) for outcome in outcomes]
        declined = fmean(confidence < self.bot.settings.answer_threshold for confidence, _ in judged)
        error = calibration_error([(*pair, 1.0) for pair in judged])
        return self._summary("article", outcomes) + f"; declined {declined:.1%}; calibration error {error:.3f}"

    def given(self) -> str:
        """Ask each question of its own paragraph alone."""
        library = QA(self.bot.settings, embedder=self.bot.embedder)
        texts = {document.id: document.text for document in self.documents}
        names = {asked: f"{asked.document} {asked.paragraph[0]}" for asked in self.questions}
        paragraphs = {
            name: Document(id=name, text=texts[asked.document][slice(*asked.paragraph)], title=name, source=name)
            for asked, name in names.items()
        }
        library.replace(list(paragraphs.values()))
        outcomes = [
            Outcome(asked, library.ask(asked.question, documents=[names[asked]], always_answer=True))
            for asked in self.questions
        ]
        self._keep("given", outcomes)
        return f"given: {len(outcomes)} questions; {self._answers(outcomes)}"

    def long(self) -> str:
        """Ask the questions of long papers, each within its own."""
        documents, questions = read_set(PAPERS)
        library = QA(self.bot.settings, embedder=self.bot.embedder)
        library.replace(documents)
        outcomes = [
            Outcome(asked, library.ask(asked.question, documents=[asked.document], always_answer=True))
            for asked in questions
        ]
        self._keep("long", outcomes)
        hits = [
            [touches(Evidence(c.document, c.start, c.end), outcome.asked.evidence) for c in outcome.answer.citations]
            for outcome in outcomes
        ]
        first, three = fmean(any(hit[:1]) for hit in hits), fmean(any(hit[:3]) for hit in hits)
        recall = fmean(recalled(outcome, 5) for outcome in outcomes)
        return (
            f"long: {len(outcomes)} questions; evidence touched by the first excerpt {first:.1%}, "
            f"by one of three {three:.1%}; passage recall@5 {recall:.1%}"
        )

    def tables(self) -> str:
        """Ask for a cell of a row that the question names, each within its own table."""
        contents = json.loads((TABLES / "wikitablequestions.documents.json").read_text(encoding="utf-8"))
        lines = (TABLES / "wikitablequestions.questions.jsonl").read_text(encoding="utf-8").splitlines()
        library = QA()
        library.replace([Document(id=name, text=text, title="Table", source=name) for name, text in contents.items()])
        halves: dict[bool, list[Outcome]] = {True: [], False: []}
        for line in lines:
            row = json.loads(line)
            asked = Asked(row["question"], tuple(row["answers"]), (Evidence(row["document"], 0, 0),), (0, 0))
            answer = library.ask(asked.question, documents=[asked.document], always_answer=True)
            halves[hashlib.sha256(asked.document.encode()).digest()[0] % 2 == 1].append(Outcome(asked, answer))
        outcomes = [*halves[False], *halves[True]]
        self._keep("tables", outcomes)
        return f"tables: {len(outcomes)} questions; {self._answers(outcomes)}; held-out half: " + self._answers(
            halves[True]
        )

    def other_documents(self) -> str:
        """Ask of manuals, contracts, papers and the like, each question within its document."""
        from sklearn.metrics import roc_auc_score

        questions, documents = evaluation.read_set(DOCUMENTS)
        library = QA()
        library.replace(documents)
        outcomes = []
        for row in questions:
            asked = Asked(row.question, row.answers, row.evidence or (Evidence(row.document or "", 0, 0),), (0, 0))
            outcomes.append(Outcome(asked, library.ask(row.question, documents=[asked.document], always_answer=True)))
        self._keep("documents", outcomes)
        judged = [(outcome.answer.confidence, outcome.hit) for outcome in outcomes]
        answered = [outcome for outcome in outcomes if outcome.asked.answers]
        known = [bool(outcome.asked.answers) for outcome in outcomes]
        declined = fmean(
            outcome.answer.confidence < library.settings.answer_threshold
            for outcome in outcomes
            if not outcome.asked.answers
        )
        errors = {
            kind: calibration_error(
                [
                    (*pair, 1.0)
                    for pair, outcome in zip(judged, outcomes, strict=True)
                    if outcome.asked.document.split("-")[0] in names
                ]
            )
            for kind, names in KINDS.items()
        }
        return (
            f"documents: {len(outcomes)} questions; {self._answers(answered)}; unanswerable: "
            f"AUROC {roc_auc_score(known, [confidence for confidence, _ in judged]):.3f}, declined {declined:.1%}; "
            f"{confident_errors(judged)}; calibration error "
            f"{calibration_error([(*pair, 1.0) for pair in judged]):.3f} ("
            + ", ".join(f"{kind} {error:.3f}" for kind, error in errors.items())
            + ")"
        )

    def near_miss(self) -> str:
        """Ask within the article without the sentences that contain an accepted answer."""
        from sklearn.metrics import average_precision_score, roc_auc_score

        if "answerable" not in self.judged:
            self.article()
        part = self.questions[: len(self.questions) // 4]
        texts = {document.id: document.text for document in self.documents}
        outcomes = []
        for asked in part:
            without = cut_out(texts[asked.document], asked.answers)
            library = QA(self.bot.settings, embedder=self.bot.embedder)
            library.replace([Document(id=asked.document, text=without, title="", source="")])
            outcomes.append(Outcome(asked, library.ask(asked.question, always_answer=True)))
        self._keep("near-miss", outcomes)
        confidences = [outcome.answer.confidence for outcome in outcomes]
        self.judged["near-miss"] = [(confidence, False) for confidence in confidences]
        answered = [confidence for confidence, _ in self.judged["answerable"][: len(part)]]
        known = [True] * len(answered) + [False] * len(confidences)
        area, precision = (
            float(measure(known, answered + confidences)) for measure in (roc_auc_score, average_precision_score)
        )
        declined = fmean(one < self.bot.settings.answer_threshold for one in confidences)
        return (
            f"near-miss: {len(part)} questions; AUROC {area:.3f}, average precision {precision:.3f}; "
            f"declined {declined:.1%}"
        )

    def off_topic(self) -> str:
        """Ask each question of another article."""
        names = [document.id for document in self.documents]
        others = [names[(names.index(asked.document) + 17) % len(names)] for asked in self.questions]
        outcomes = [self._ask(asked, [other]) for asked, other in zip(self.questions, others, strict=True)]
        self._keep("off-topic", outcomes)
        self.judged["off-topic"] = [(outcome.answer.confidence, False) for outcome in outcomes]
        declined = fmean(outcome.answer.confidence < self.bot.settings.answer_threshold for outcome in outcomes)
        return f"off-topic: {len(outcomes)} questions; declined {declined:.1%}"

    def calibration(self) -> str:
        """Compare confidence and truth over all three kinds of cases, each counting as much as where it was fitted."""
        for kind, part in (("near-miss", self.near_miss), ("off-topic", self.off_topic)):
            if kind not in self.judged:
                part()
        whole = len(self.judged["answerable"])
        figures = [
            (confidence, right, SHARES[kind] * whole / len(judged))
            for kind, judged in self.judged.items()
            for confidence, right in judged
        ]
        counts = " / ".join(f"{kind} {SHARES[kind]:g}" for kind in self.judged)
        error = calibration_error(figures)
        sure = confident_errors([pair for judged in self.judged.values() for pair in judged])
        return f"calibration: {len(figures)} cases, {counts}; calibration error {error:.3f}; {sure}"

    def thresholds(self) -> Iterator[tuple[str, ...]]:
        """Yield, for each kind of case, the percentage right and shown, or declined, at each threshold."""
        for kind, judged in self.judged.items():
            if kind == "answerable":
                name = "*article*: first excerpt right and shown"
                shares = [fmean(right and confidence >= at for confidence, right in judged) for at in THRESHOLDS]
            else:
                name = f"*{kind}*: declined"
                shares = [fmean(confidence < at for confidence, _ in judged) for at in THRESHOLDS]
            yield name, *(f"{share:.1%}" for share in shares)

    def _ask(self, asked: Asked, documents: Sequence[str] | None = None) -> Outcome:
        return Outcome(asked, self.bot.ask(asked.question, documents=documents, always_answer=True))

    def _summary(self, part: str, outcomes: Sequence[Outcome]) -> str:
        self._keep(part, outcomes)
        recall = "/".join(f"{fmean(recalled(outcome, k) for outcome in outcomes):.1%}" for k in (1, 5, 10))
        return f"{part}: {len(outcomes)} questions; passage recall@1/5/10 {recall}; {self._answers(outcomes)}"

    def _answers(self, outcomes: Iterable[Outcome]) -> str:
        pairs = [
            (outcome.answer.short or outcome.answer.text or "", outcome.asked.answers, outcome.hit)
            for outcome in outcomes
        ]
        return (
            f"first excerpt {fmean(hit for _, _, hit in pairs):.1%}; "
            f"exact match {fmean(exact_match(text, answers) for text, answers, _ in pairs):.1%}; "
            f"F1 {fmean(token_f1(text, answers) for text, answers, _ in pairs):.1%}"
        )

    def _keep(self, part: str, outcomes: Sequence[Outcome]) -> None:
        """Write every outcome as a line of JSON, for the error analysis."""
        if self.out is None:
            return
        self.out.mkdir(parents=True, exist_ok=True)
        with (self.out / f"{part}.jsonl").open("w", encoding="utf-8") as file:
            for outcome in outcomes:
                row = {
                    "question": outcome.asked.question,
                    "answers": outcome.asked.answers,
                    "document": outcome.asked.document,
                    "answer": outcome.answer.text,
                    "confidence": outcome.answer.confidence,
                    "right": outcome.hit,
                    "recalled": recalled(outcome, 10),
                    "excerpts": [citation.text for citation in outcome.answer.citations],
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def paragraph_rank(bot: QA, asked: Asked, documents: Sequence[str] | None = None) -> float:
    """Return the rank, from 1, of the first paragraph found that overlaps an accepted answer."""
    paragraphs: list[Evidence] = []
    for passage in bot.search(asked.question, RANKED, documents=documents):
        text = bot.documents[passage.document_id].text
        start, end = text.rfind(PARAGRAPH, 0, passage.start), text.find(PARAGRAPH, passage.end)
        paragraph = Evidence(
            passage.document_id, start + len(PARAGRAPH) if start >= 0 else 0, end if end >= 0 else len(text)
        )
        if paragraph not in paragraphs:
            paragraphs.append(paragraph)
            if touches(paragraph, asked.evidence):
                return len(paragraphs)
    return float("inf")


def recalled(outcome: Outcome, k: int) -> bool:
    """Return whether one of the first `k` passages overlaps an accepted answer."""
    return any(
        touches(Evidence(passage.document_id, passage.start, passage.end), outcome.asked.evidence)
        for passage in outcome.answer.passages[:k]
    )


def cut_out(text: str, answers: Sequence[str]) -> str:
    """Return the text without the sentences that contain one of the answers."""
    lowered = [answer.lower() for answer in answers]
    return "\n\n".join(
        " ".join(
            paragraph[start:end]
            for start, end in sentence_spans(paragraph)
            if not any(answer in paragraph[start:end].lower() for answer in lowered)
        )
        for paragraph in text.split("\n\n")
    )


def calibration_error(figures: Sequence[tuple[float, bool, float]]) -> float:
    """Return the expected calibration error over ten equal bins of confidence (Guo et al. 2017).

    Parameters
    ----------
    figures : sequence of (float, bool, float)
        Confidence, whether it was right, and what the case counts.
    """
    error = 0.0
    for number in range(BINS):
        inside = [figure for figure in figures if min(int(figure[0] * BINS), BINS - 1) == number]
        error += abs(sum(count * (confidence - right) for confidence, right, count in inside))
    return error / sum(count for _, _, count in figures)


def confident_errors(judged: Sequence[tuple[float, bool]]) -> str:
    """Return in words how many answers have a confidence over `SURE`, and how many of these are wrong."""
    sure = [right for confidence, right in judged if confidence > CONFIDENT]
    return f"wrong over {CONFIDENT:g}: {len(sure) - sum(sure)} of {len(sure)}"


def main() -> None:
    """Run the parts asked for, or all."""
    parts: dict[str, Callable[[Bench], str]] = {
        "open": Bench.open,
        "article": Bench.article,
        "given": Bench.given,
        "long": Bench.long,
        "tables": Bench.tables,
        "documents": Bench.other_documents,
        "near-miss": Bench.near_miss,
        "off-topic": Bench.off_topic,
        "calibration": Bench.calibration,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="default: all")
    parser.add_argument("--questions", type=int, default=1500, help="of new_wiki's 7,938; near-miss takes a quarter")
    parser.add_argument("--out", type=Path, help="folder for every outcome, one JSON line each")
    arguments = parser.parse_args()
    if not NEW_WIKI.is_file():
        print(f"{NEW_WIKI} is not there: nothing to measure")
        return
    bench = Bench(arguments.questions, arguments.out)
    # Each part says its name, then its figures.
    lines = (parts[name](bench).partition(": ") for name in arguments.parts or parts)
    print_table(("part", "figures"), ((name, figures) for name, _, figures in lines))
    if bench.judged:
        default = bench.bot.settings.answer_threshold
        names = [f"{at:g} (default)" if at == default else f"{at:g}" for at in THRESHOLDS]
        print_table(("threshold", *names), bench.thresholds(), "Thresholds")


if __name__ == "__main__":
    main()
