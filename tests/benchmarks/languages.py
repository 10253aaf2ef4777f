"""Keyword search, retrieval and sentences in each language: ``make bench-languages``.

The texts in ``tests/benchmarks/languages`` were written for this, with the answer of each question in one of their
sentences. The half that is called held-out was written before the rules, and nothing was chosen by it. All texts and
the sample articles are searched together. "As English" treats texts of every language as English. Questions
of the held-out half are also asked in English: what the model of ``QA_EMBEDDING_MODEL`` can do across languages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from results import print_table

from qa.documents.chunking import sentence_spans
from qa.documents.loader import load_paths, load_text
from qa.index.bm25 import KeywordIndex, build_postings, question_terms
from qa.pipeline import QA
from qa.text.spans import trim
from qa.text.tokens import term_rows
from qa.types import Citation, Document, Passage

TEXTS = Path(__file__).with_name("languages")
IN_ENGLISH = Path(__file__).with_name("questions_in_english.json")
SAMPLES = Path(__file__).parents[2] / "data" / "articles"


class Article(NamedTuple):
    """A text whose sentences are known, and questions with words of the sentence that answers."""

    language: str
    half: str
    document: Document
    sentences: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]


def articles() -> Iterator[Article]:
    """Yield the texts."""
    for path in sorted(TEXTS.glob("*.json")):
        for number, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["articles"]):
            paragraphs = article["paragraphs"]
            text = "\n\n".join(" ".join(sentences) for sentences in paragraphs)
            document = replace(load_text(text, article["title"]), id=f"{path.stem}-{number}.md")
            sentences = tuple(sentence for paragraph in paragraphs for sentence in paragraph)
            yield Article(path.stem, article["half"], document, sentences, tuple(map(tuple, article["questions"])))


def keyword_ranks(texts: Sequence[Article], *, as_english: bool) -> dict[str, int]:
    """Return for each question the rank of the sentence that answers it, by BM25 over the sentences of all texts."""
    english = [
        document.text[slice(*span)]
        for document in load_paths(SAMPLES).documents
        for span in sentence_spans(document.text)
    ]
    rows = [term_rows([sentence] for sentence in english)]
    rows += [
        term_rows(([sentence] for sentence in one.sentences), "" if as_english else one.document.language)
        for one in texts
    ]
    index = KeywordIndex(build_postings(rows))
    starts = accumulate((len(one.sentences) for one in texts), initial=len(english))
    ranks = {}
    for one, start in zip(texts, starts, strict=False):
        for question, answer in one.questions:
            (row,) = (start + n for n, sentence in enumerate(one.sentences) if answer in sentence)
            asked = [term for found in question_terms(index, question).values() for term in found]
            best = index.search(asked, len(index))[0].tolist()
            ranks[question] = best.index(row) + 1 if row in best else len(index)
    return ranks


class Found(NamedTuple):
    """What the pipeline finds for a question: the rank of the passage with the answer, and whether it answers."""

    rank: int
    answered: bool
    declined: bool


def found_for(texts: Sequence[Article], *, as_english: bool) -> dict[str, Found]:
    """Return for each question whether the retriever and the answer's first excerpt found the answer."""
    bot = QA()
    documents = [replace(one.document, language="") if as_english else one.document for one in texts]
    bot.add([*load_paths(SAMPLES).documents, *documents])
    found = {}
    for one in texts:
        for question, words in one.questions:
            location = one.document.id, one.document.text.index(words)
            inside = [_contains(passage.document_id, passage, *location) for passage in bot.search(question)]
            answer = bot.ask(question)
            first = any(_contains(citation.document, citation, *location) for citation in answer.citations[:1])
            found[question] = Found(
                1 + (inside.index(True) if True in inside else len(bot.index)), first, answer.abstained
            )
    return found


def ranks_in_english(texts: Sequence[Article]) -> dict[str, int]:
    """Return for each question that has been translated the rank of the passage with the answer, asked in English."""
    bot = QA()
    bot.add([*load_paths(SAMPLES).documents, *(one.document for one in texts)])
    english = json.loads(IN_ENGLISH.read_text(encoding="utf-8"))
    ranks = {}
    for one in texts:
        for question, words in one.questions:
            if question in english:
                location = one.document.id, one.document.text.index(words)
                inside = [_contains(found.document_id, found, *location) for found in bot.search(english[question])]
                ranks[question] = 1 + (inside.index(True) if True in inside else len(bot.index))
    return ranks


def _contains(name: str, span: Passage | Citation, document: str, start: int) -> bool:
    return name == document and span.start <= start < span.end


def sentence_errors(one: Article, language: str) -> int:
    """Return how many ends of sentences are missed or wrong, but for those of paragraphs."""
    text = one.document.text
    starts = {0}
    for sentence in one.sentences:
        starts.add(text.index(sentence))
    paragraphs = [0, *(found + 2 for found in range(len(text)) if text.startswith("\n\n", found)), len(text)]
    found = {
        start + first
        for start, end in (trim(text, *cut) for cut in pairwise(paragraphs))
        for first, _ in sentence_spans(text[start:end], language)
    }
    return len(starts ^ found)


def _change(outcomes: Iterable[Sequence[bool]]) -> str:
    return " \u2192 ".join(f"{100 * fmean(each):.0f}" for each in outcomes)


def main() -> None:
    """Measure each language, in both halves."""
    texts = list(articles())
    wrong = [one.document.id for one in texts if one.document.language != one.language]
    keyword = [keyword_ranks(texts, as_english=as_english) for as_english in (True, False)]
    pipeline = [found_for(texts, as_english=as_english) for as_english in (True, False)]
    columns = ["language", "questions", "keywords: hit@1", "hit@3", "retrieval: hit@1", "hit@3"]
    columns += ["answer in the first excerpt", "declined", "sentences", "errors"]
    for half in ("held-out", "development"):
        rows = []
        part = [one for one in texts if one.half == half]
        for language in [*dict.fromkeys(one.language for one in part), "all"]:
            chosen = [one for one in part if language in {one.language, "all"}]
            asked = [question for one in chosen for question, _ in one.questions]
            hits = [
                *(_change([found[question] <= k for question in asked] for found in keyword) for k in (1, 3)),
                *(_change([found[question].rank <= k for question in asked] for found in pipeline) for k in (1, 3)),
                _change([found[question].answered for question in asked] for found in pipeline),
                _change([found[question].declined for question in asked] for found in pipeline),
            ]
            errors = [
                sum(
                    sentence_errors(one, used)
                    for one, used in ((each, each.language if own else "") for each in chosen)
                )
                for own in (False, True)
            ]
            count = sum(len(one.sentences) for one in chosen)
            rows.append([language, len(asked), *hits, count, " \u2192 ".join(map(str, errors))])
        print_table(columns, rows, f"{half.capitalize()} half, as English \u2192 as its own language")
    ranks = ranks_in_english(texts)
    rows = []
    for language in [*dict.fromkeys(one.language for one in texts), "all"]:
        asked = [q for one in texts if language in {one.language, "all"} for q, _ in one.questions if q in ranks]
        rows.append([language, len(asked), *(f"{100 * fmean(ranks[q] <= k for q in asked):.0f}" for k in (1, 3))])
    print_table(["language", "questions", "retrieval: hit@1", "hit@3"], rows, "Held-out half, asked in English")
    print(f"\nTexts whose language is not recognised: {', '.join(wrong) or 'none'}.")


if __name__ == "__main__":
    main()
