"""Choose the key sentences of a document, verbatim and in reading order.

Sentences are ranked by continuous LexRank (Erkan and Radev 2004, "LexRank: graph-based lexical centrality as salience
in text summarization") over their vectors in the index, times a factor that falls with the distance from the start of
the section, because sections put the main points first. They are chosen by maximal marginal relevance (Carbonell and
Goldstein 1998), which avoids repetition, from the sections in turn; the first section has two turns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.documents.tables import cells_at, is_content
from qa.index.base import EmbeddedDocument
from qa.types import Document, Span, Vectors

MIN_SENTENCES, MAX_SENTENCES = 3, 7
"""Sentences of a summary."""

_DAMPING = 0.85
_ROUNDS = 30
_RELEVANCE_WEIGHT = 0.7  # the rest is the weight of novelty
_POSITION_EXPONENT = 0.5  # a sentence's score falls with its position in the section to this power
_REFERRING_FACTOR = 0.7  # for a sentence that refers to the one before
_MIN_WORDS, _MAX_WORDS = 6, 55
_WORD = re.compile(r"[^\W\d_]+")
_OUTSIDE_BODY = re.compile(
    r"(?:[\dIVX]+\.?\s+)?(?:references|bibliography|works cited|external links|further reading|see also|footnotes|notes"
    r"|copyright|licen[cs]e|(?:table of )?contents|acknowledge?ments?)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"[\s\d.*-]*\^\s")  # an entry of a list of references: "3. ^ Lee (1990)"
# A title in plain text, a byline or an item has none.
_STOP = re.compile(r"[.!\u2026\u3002\uff01\u0964][\W_]*$")
_REFERS_BACK = re.compile(
    r"(?:he|she|it|they|his|her|its|their|this|that|these|those|such|but|so|and|then|still|also|yet|moreover|however"
    r"|the (?:other|others|rest|second|third|former|latter))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of prose: its span, its row in the index entry, its headings, and its position under them."""

    start: int
    end: int
    row: int
    section: str
    position: int


def key_sentences(entry: EmbeddedDocument, most: int | None, heading: str | None) -> list[Span]:
    """Return the spans of the most central sentences of a document, in reading order.

    Takes time and memory linear in the number of sentences.

    Parameters
    ----------
    entry : EmbeddedDocument
    most : int or None
        How many, at most; None means as many as the document has sections, between `MIN_SENTENCES` and `MAX_SENTENCES`.
    heading : str or None
        Of the section to summarise; all when None.
    """
    sentences = [one for one in prose_sentences(entry) if heading is None or heading in one.section.split(": ")]
    if not sentences:
        return []
    if heading is None:
        sentences = [one for one in sentences if not _OUTSIDE_BODY.fullmatch(one.section.split(": ")[-1])] or sentences
    stopped = [one for one in sentences if _STOP.search(entry.document.text[max(one.start, one.end - 9) : one.end])]
    sentences = stopped or sentences
    sections = list(dict.fromkeys(one.section for one in sentences))
    wanted = min(MAX_SENTENCES, max(MIN_SENTENCES, len(sections) + 1)) if most is None else most
    text, vectors = entry.document.text, entry.sentence_vectors[[one.row for one in sentences]].astype(np.float32)
    scores = _centrality(vectors) * [
        (1 + one.position) ** -_POSITION_EXPONENT * (_REFERRING_FACTOR if _REFERS_BACK.match(text, one.start) else 1.0)
        for one in sentences
    ]
    turns = [sections.index(one.section) for one in sentences]
    chosen = _chosen(scores / scores.max(), vectors, turns, wanted, twice=len(sections) < wanted)
    return [(sentences[n].start, sentences[n].end) for n in sorted(chosen)]


def prose_sentences(entry: EmbeddedDocument) -> list[Sentence]:
    """Return the sentences of prose, each with its row in the index entry and its position in its section."""
    found: list[Sentence] = []
    in_section: Counter[str] = Counter()
    row = -1
    for chunk in entry.chunks:
        for start, end in chunk.sentences:
            row += 1
            if _is_prose(entry.document, start, end):
                found.append(Sentence(start, end, row, chunk.headings, in_section[chunk.headings]))
                in_section[chunk.headings] += 1
    return found


def _is_prose(document: Document, start: int, end: int) -> bool:
    sentence = document.text[start:end]
    return (
        _MIN_WORDS <= len(_WORD.findall(sentence)) <= _MAX_WORDS
        and not sentence.rstrip().endswith(("?", ":"))
        and is_content(sentence)
        and not _REFERENCE.match(document.text, document.text.rfind("\n", 0, start) + 1)
        and not cells_at(document, (start, end))
    )


def _centrality(vectors: Vectors) -> Vectors:
    """Return the LexRank of each sentence: the stationary distribution of a random walk over similar sentences."""
    # A sentence resembles itself, even one that is the opposite of all others.
    degrees = np.maximum(vectors @ vectors.sum(axis=0), 1.0)
    count = len(vectors)
    walk = np.full(count, 1 / count, np.float32)
    for _ in range(_ROUNDS):
        walk = (1 - _DAMPING) / count + _DAMPING * np.maximum(vectors @ (vectors.T @ (walk / degrees)), 0)
    return walk


def _chosen(scores: Vectors, vectors: Vectors, sections: Sequence[int], wanted: int, *, twice: bool) -> list[int]:
    """Return sentences chosen one by one, each the best of the sections that were chosen from least.

    With `twice`, the first section gives two sentences before any other gives a second.
    """
    taken: list[int] = []
    nearest = np.zeros(len(scores), np.float32)
    section_of = np.array(sections)
    uses = np.where((section_of == 0) & twice, -1, 0)
    free = np.ones(len(scores), bool)
    while len(taken) < min(wanted, len(scores)):
        gains = _RELEVANCE_WEIGHT * scores - (1 - _RELEVANCE_WEIGHT) * nearest
        best = int(np.where(free & (uses == uses[free].min()), gains, -np.inf).argmax())
        taken.append(best)
        free[best] = False
        uses[section_of == section_of[best]] += 1
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return taken
