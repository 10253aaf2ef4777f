"""The texts and questions given to all systems, and the check of their results."""

from __future__ import annotations

import json
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.documents.chunking import count_tokens, split
from qa.documents.loader import load_file
from qa.evaluation import read_questions
from qa.settings import Settings
from qa.types import Document

DATASETS = Path(__file__).parents[4] / "shared" / "datasets"
QUESTIONS = 300
PARAGRAPHS = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the document that answers it, and the spans in it that do."""

    question: str
    document: str
    evidence: tuple[tuple[int, int], ...]


class Corpus:
    """Documents and questions about them.

    Parameters
    ----------
    documents : sequence of (str, str)
        Ids and texts.
    questions : sequence of Asked
        At most `QUESTIONS` of them are kept, drawn by a fixed seed.
    """

    def __init__(self, documents: Sequence[tuple[str, str]], questions: Sequence[Asked]) -> None:
        self.documents = list(documents)
        self.questions = random.Random(0).sample(list(questions), min(QUESTIONS, len(questions)))
        self._offsets: dict[str, list[int]] = {}
        self._texts = dict(documents)

    @property
    def tokens(self) -> int:
        """Tokens (tiktoken cl100k) in all documents."""
        return sum(count_tokens(text) for _, text in self.documents)

    def pieces(self) -> list[tuple[str, str]]:
        """Return the documents as this project cuts them."""
        size = Settings().chunk_tokens
        return [
            (f"{name}#{number}", chunk.text)
            for name, text in self.documents
            for number, chunk in enumerate(split(Document(name, text, name, name), size))
        ]

    def recall(self, found: Sequence[Sequence[tuple[str, str]]]) -> float:
        """Return the share of questions for which a piece of the right document overlaps the evidence."""
        hits = [
            any(name.partition("#")[0] == asked.document and self._touches(asked, text) for name, text in pieces)
            for asked, pieces in zip(self.questions, found, strict=True)
        ]
        return sum(hits) / len(hits)

    def _touches(self, asked: Asked, piece: str) -> bool:
        """Look a piece up without white space, which some systems change."""
        text, wanted = self._texts[asked.document], "".join(piece.split())
        if asked.document not in self._offsets:
            self._offsets[asked.document] = [at for at, character in enumerate(text) if not character.isspace()]
        offsets = self._offsets[asked.document]
        whole = "".join(text.split())
        spans = [(bisect_left(offsets, start), bisect_left(offsets, end)) for start, end in asked.evidence]
        at = whole.find(wanted)
        while wanted and at >= 0:
            if any(start < at + len(wanted) and at < end for start, end in spans):
                return True
            at = whole.find(wanted, at + 1)
        return False


def chunking() -> Corpus:
    """Return the two documents of Chroma's chunking evaluation."""
    files = sorted((DATASETS / "chunking").glob("*.md"))
    questions = [
        Asked(one.question, file.name, tuple((span.start, span.end) for span in one.evidence))
        for file in files
        for one in read_questions(file.with_suffix(".questions.jsonl"))
    ]
    return Corpus([(file.name, load_file(file).text) for file in files], questions)


def articles() -> Corpus:
    """Return the 48 Wikipedia articles of squadshifts_new_wiki, paragraphs between blank lines."""
    documents, questions = [], []
    for number, article in enumerate(_articles(DATASETS / "squadshifts_new_wiki.json")):
        name, text = f"{number:02d}.txt", ""
        for paragraph in article["paragraphs"]:
            text += "\n\n" if text else ""
            questions += _asked(paragraph, name, 0, len(paragraph["context"]), len(text))
            text += paragraph["context"]
        documents.append((name, text))
    return Corpus(documents, questions)


def paragraphs() -> Corpus:
    """Return 10,000 paragraphs of all question sets, each a document, drawn by a fixed seed; papers at blank lines."""
    documents: dict[str, str] = {}
    asked: dict[str, list[Asked]] = {}
    for file in sorted(DATASETS.glob("*.json")):
        for article in _articles(file):
            for paragraph in article["paragraphs"]:
                start = 0
                for part in paragraph["context"].split("\n\n"):
                    if part.strip():
                        name = documents.setdefault(part, f"{len(documents):05d}.txt")
                        asked.setdefault(name, []).extend(_asked(paragraph, name, start, start + len(part), -start))
                    start += len(part) + 2
    texts = [(name, text) for text, name in documents.items()]
    chosen = sorted(random.Random(0).sample(texts, PARAGRAPHS))
    return Corpus(chosen, [one for name, _ in chosen for one in asked[name]])


def _articles(file: Path) -> list[dict[str, list[dict[str, Any]]]]:
    found: list[dict[str, list[dict[str, Any]]]] = json.loads(file.read_text(encoding="utf-8"))["data"]
    return found


def _asked(paragraph: dict[str, Any], name: str, start: int, end: int, shift: int) -> list[Asked]:
    """Return the questions whose answers are from `start` to `end`, their offsets moved by `shift`."""
    found = []
    for one in paragraph["qas"]:
        spans = [(answer["answer_start"], answer["answer_start"] + len(answer["text"])) for answer in one["answers"]]
        inside = tuple((first + shift, last + shift) for first, last in spans if start <= first and last <= end)
        if one["question"].strip() and inside:
            found.append(Asked(one["question"], name, inside))
    return found


CORPORA: dict[str, Callable[[], Corpus]] = {"chunking": chunking, "articles": articles, "paragraphs": paragraphs}
