"""Recall, precision and IoU in characters of the five best passages: ``make bench-chunking``.

The measure is that of Smith and Troynikov, "Evaluating chunking strategies for retrieval" (Chroma, 2024): the union of
the five passages against the question's evidence spans, averaged over questions. Their strong default, recursive
splitting at 200 tokens without overlap and dense retrieval alone, is run here with the same embedding model. The data
is in ``../shared/datasets/chunking``; where that is absent, nothing is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from results import print_table

from qa.documents.chunking import count_tokens
from qa.documents.loader import load_file
from qa.evaluation import Question, read_questions
from qa.index.builder import embed_documents
from qa.index.memory import PassageIndex
from qa.models.embedder import ExportedEmbedder
from qa.protocols import Embedder
from qa.retrieval.hybrid import Retriever
from qa.settings import Settings
from qa.types import Document

CORPORA = Path(__file__).parents[3] / "shared" / "datasets" / "chunking"
NAMES = ("state_of_the_union", "wikitexts")
SIZES = (64, 80, 96, 104, 112, 128, 160)
PASSAGES = 5

Span = tuple[int, int]
Search = Callable[[str], Sequence[Span]]


def overlap_measures(passages: Sequence[Span], evidence: Sequence[Span]) -> tuple[float, float, float]:
    """Return recall, precision and intersection over union, counted in characters."""
    found = {offset for start, end in passages for offset in range(start, end)}
    wanted = {offset for start, end in evidence for offset in range(start, end)}
    both = len(found & wanted)
    return both / len(wanted), both / len(found) if found else 0.0, both / len(found | wanted)


def evaluate(questions: Sequence[Question], search: Search) -> str:
    """Return the three means in per cent, as a cell of a table."""
    rows = [
        overlap_measures(search(question.question), [(span.start, span.end) for span in question.evidence])
        for question in questions
    ]
    return " / ".join(f"{100 * value:.1f}" for value in np.mean(rows, axis=0))


def recursive_baseline(document: Document, embedder: Embedder) -> Search:
    """Return dense search over recursive 200-token chunks without overlap, as langchain-text-splitters cuts them."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=200,
        chunk_overlap=0,
        length_function=count_tokens,
        separators=["\n\n", "\n", ".", "?", "!", " ", ""],
        add_start_index=True,
    )
    parts = splitter.create_documents([document.text])
    spans = [(part.metadata["start_index"], part.metadata["start_index"] + len(part.page_content)) for part in parts]
    vectors = embedder.embed([document.text[start:end] for start, end in spans])

    def search(question: str) -> Sequence[Span]:
        scores = vectors @ embedder.embed([question])[0]
        return [spans[row] for row in np.argsort(-scores, kind="stable")[:PASSAGES]]

    return search


def own(document: Document, embedder: Embedder) -> Callable[[int], Search]:
    """Return our search, for a size of passages."""
    index = PassageIndex(embedder.dimension)
    for entry in embed_documents([document], embedder, Settings()):
        index.add(entry)

    def sized(passage_tokens: int) -> Search:
        retriever = Retriever(index, embedder, passage_tokens)
        return lambda question: [(one.start, one.end) for one in retriever.retrieve(question, PASSAGES)]

    return sized


def main() -> None:
    """Print a table with a column for each corpus."""
    if not CORPORA.is_dir():
        sys.exit(f"skipped: {CORPORA} is not there")
    embedder = ExportedEmbedder(Settings())
    columns = []
    for name in NAMES:
        document = load_file(CORPORA / f"{name}.md")
        questions = read_questions(CORPORA / f"{name}.questions.jsonl")
        sized = own(document, embedder)
        searches = (recursive_baseline(document, embedder), *map(sized, SIZES))
        columns.append([evaluate(questions, search) for search in searches])
    names = ["recursive, 200 tokens, dense"]
    names += [f"ours, {size} tokens" + " (default)" * (size == Settings().passage_tokens) for size in SIZES]
    print_table(("passages", *NAMES), zip(names, *columns, strict=True), "Recall / precision / IoU")


if __name__ == "__main__":
    main()
