"""The effect of each choice of the retriever: ``make bench-retrieval``.

Questions of squadshifts_new_wiki are searched for over its 48 articles, and within their own, with one thing changed at
a time. The figure is recall of paragraphs: the share of questions for which one of the first 1, 5 or 10 paragraphs that
that contain the passages overlaps an accepted answer.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from statistics import fmean
from unittest.mock import patch

import numpy as np
from quality import NEW_WIKI, Asked, CachedEmbedder, paragraph_rank, read_set

from qa.index import bm25 as keyword
from qa.index.base import Rows, Scores
from qa.index.bm25 import term_weights
from qa.pipeline import QA
from qa.retrieval import hybrid as retrieve
from qa.settings import Settings
from qa.text import tokens
from qa.text.function_words import ENGLISH
from qa.text.tokens import terms

Rankings = Callable[[list[Rows]], list[Rows]]
EXPANSION_PASSAGES = 3
EXPANSION_TERMS = 8


class Unstemmed:
    """Leaves words as they are, in any language."""

    def __init__(self, language: str) -> None: ...

    def stemWords(self, words: list[str]) -> list[str]:  # noqa: N802 -- the stemmer's name
        return words


def fused(change: Rankings) -> Callable[[Iterable[Rows]], object]:
    """Return a fusion of changed rankings."""
    original = retrieve.fuse
    return lambda rankings: original(change(list(rankings)))


def dense(of_chunk: float, of_sentence: float) -> Callable[[retrieve._Matches, Rows, Rows], Scores]:
    """Return a dense score with other weights for the cosines of a chunk and of its sentences."""
    original = retrieve._Matches.compute_similarities

    def compute_similarities(matches: retrieve._Matches, rows: Rows, counts: Rows) -> Scores:
        original(matches, rows, counts)
        found = [matches._similarities[row] for row in rows.tolist()]
        return np.concatenate([of_chunk * chunk + of_sentence * sentences for chunk, sentences in found])

    return compute_similarities


def expanded(bot: QA, asked: Asked, documents: list[str] | None) -> list[str]:
    """Return a question's terms, each three times, and the rarest ones of the passages that it finds first."""
    found = terms(asked.question)
    passages = bot.search(asked.question, EXPANSION_PASSAGES, documents=documents)
    counts = Counter(term for passage in passages for term in terms(passage.text) if term not in found)
    weights = term_weights(bot.index.keyword, counts)
    best = sorted(counts, key=lambda term: (-counts[term] * weights.get(term, 0.0), term))
    return found * 3 + best[:EXPANSION_TERMS]


def main() -> None:
    """Measure every variant and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=1500, help="of new_wiki's 7,938")
    most = parser.parse_args().questions
    if not NEW_WIKI.is_file():
        print(f"{NEW_WIKI} is not there: nothing to measure")
        return
    documents, questions = read_set(NEW_WIKI)
    questions = random.Random(0).sample(questions, most)
    embedder = CachedEmbedder(Settings())

    def rank(bot: QA, asked: Asked, documents: list[str] | None, second_pass: bool) -> float:
        if not second_pass:
            return paragraph_rank(bot, asked, documents)
        with patch.object(retrieve, "question_terms", return_value={ENGLISH: expanded(bot, asked, documents)}):
            return paragraph_rank(bot, asked, documents)

    def measure(name: str, *changes: tuple[object, str, object], second_pass: bool = False) -> None:
        with ExitStack() as stack:
            for target, attribute, value in changes:
                stack.enter_context(patch.object(target, attribute, value))
            bot = QA(embedder=embedder)
            bot.replace(documents)
            lines = []
            for within in (False, True):
                ranks = [rank(bot, one, [one.document] if within else None, second_pass) for one in questions]
                lines.append(" / ".join(f"{100 * fmean(found <= k for found in ranks):.1f}" for k in (1, 5, 10)))
        print(f"| {name} | {' | '.join(lines)} |", flush=True)

    print("| variant | open | article |\n|---|---|---|")
    measure("as it is")
    measure("by meaning alone", (retrieve, "fuse", fused(lambda rankings: rankings[:1])))
    measure("by keywords alone", (retrieve, "fuse", fused(lambda rankings: rankings[1:])))
    measure("meaning counted twice", (retrieve, "fuse", fused(lambda rankings: [*rankings, rankings[0]])))
    measure("keywords counted twice", (retrieve, "fuse", fused(lambda rankings: [*rankings, rankings[1]])))
    for constant in (3, 30, 60):
        measure(f"rank constant {constant}", (retrieve, "RANK_CONSTANT", constant))
    measure("a sentence's cosine without its chunk's", (retrieve._Matches, "compute_similarities", dense(0, 1)))
    measure("a chunk's cosine alone", (retrieve._Matches, "compute_similarities", dense(1, 1e-6)))
    measure("a sentence's cosine counted twice", (retrieve._Matches, "compute_similarities", dense(1, 2)))
    measure("BM25 with k1 0.9, b 0.4", (keyword, "K1", 0.9), (keyword, "B", 0.4))
    measure("BM25 with k1 1.2, b 0.75", (keyword, "K1", 1.2))
    measure("words not stemmed", (tokens, "_stemmer", Unstemmed))
    measure("function words kept", (tokens, "FUNCTION_WORDS", {ENGLISH: frozenset()}))
    measure("a second pass with the best passages' terms", second_pass=True)


if __name__ == "__main__":
    main()
