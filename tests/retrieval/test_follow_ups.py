"""A follow-up is answered from the article of the question before, among equals."""

from __future__ import annotations

from itertools import pairwise

import pytest

from qa import QA
from qa.protocols import AnswerSpan, SpanFeatures
from qa.retrieval.follow_ups import article_before, besides_earlier, preferring, with_article
from qa.retrieval.hybrid import Retriever
from qa.types import Document, Request, Turn


def span(document: str, score: float, start: int = 0) -> AnswerSpan:
    return AnswerSpan(document, start, start + 1, start, start + 1, score, SpanFeatures(*[0.0] * 10), 1.0, 0.5)


def test_a_sentence_of_the_article_comes_before_one_that_is_hardly_better() -> None:
    spans = [span("other", 5.0), span("article", 4.0), span("other", 3.0)]
    asked = Request("When?", ["Who?"])
    assert [one.document_id for one in preferring(asked, spans, "article", {})] == ["article", "other", "other"]
    far = [span("other", 9.0), span("article", 4.0)]
    assert preferring(asked, far, "article", {})[0].document_id == "other"


@pytest.mark.parametrize(
    ("cited", "first"),
    [
        pytest.param([("article", 950, 990), ("article", 10, 40)], 1000, id="near the previous excerpt"),
        pytest.param([("article", 500, 600)], 0, id="far from it"),
        pytest.param([("other", 950, 990)], 0, id="in another article"),
        pytest.param([], 0, id="not known"),
    ],
)
def test_a_sentence_near_the_previous_excerpt_comes_before_one_that_is_hardly_better(
    cited: list[tuple[str, int, int]], first: int
) -> None:
    asked = Request("How long will it take?", [Turn("When is it?", "In May", tuple(cited))])
    spans = [span("article", 5.0), span("article", 4.0, 1000)]
    article = Document("article", "7" * 1001, "", "article")
    assert preferring(asked, spans, "article", {"article": article})[0].start == first


def test_a_sentence_that_repeats_the_previous_answer_is_not_preferred() -> None:
    document = Document("a", "Ann Lee presented the accounts. Bo Ek checked them.", "", "a")
    spans = [
        AnswerSpan("a", n, n + size, n, 30, score, SpanFeatures(*[0.0] * 10), 1.0, 0.5)
        for n, size, score in ((0, 7, 4.0), (32, 5, 4.5))
    ]
    asked = Request("Who checked them?", [Turn("Who presented them?", "Ann Lee", (("a", 0, 31),))])
    assert preferring(asked, spans, "a", {"a": document})[0].start == 32


def test_passages_of_the_article_are_among_those_read(sample_bot: QA) -> None:
    retriever = Retriever(sample_bot.index, sample_bot.embedder, sample_bot.settings.passage_tokens)
    article = article_before(retriever, "Who designed the Great Eastern?", None)
    assert article == "transatlantic-cable.md"
    found = retriever.retrieve("How many eggs are laid in a day?", 10)
    read = with_article(retriever, "How many eggs are laid in a day?", found, 5, article)
    assert len(read) == len(found)
    assert read[:3] == found[:3]
    assert article in {one.document_id for one in read[3:5]}
    assert article_before(retriever, "Who?", []) is None


@pytest.mark.parametrize(("nearest", "read"), [(-1, 2), (0, 5)], ids=["the last passage's", "the first passage's"])
def test_a_passage_of_the_article_is_not_listed_twice(sample_bot: QA, nearest: int, read: int) -> None:
    retriever = Retriever(sample_bot.index, sample_bot.embedder, sample_bot.settings.passage_tokens)
    found = retriever.retrieve("How many were built?", 10)
    article = found[nearest].document_id
    passages = with_article(retriever, "How many were built?", found, read, article)
    assert {(one.document_id, one.start) for one in found} <= {(one.document_id, one.start) for one in passages}
    spans = sorted((one.document_id, one.start, one.end) for one in passages)
    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in pairwise(spans))


def test_who_else_is_not_answered_as_before() -> None:
    document = Document("a", "Bo Ek founded it. Ann Lee led it.", "", "a")
    spans = [AnswerSpan("a", n, n + 5, 0, 1, 1.0, SpanFeatures(*[0.0] * 10), 1.0, 0.5) for n in (0, 18)]
    turns: list[Turn | str] = ["Where?", Turn("Who founded it?", "Bo Ek and Cy Fox")]
    assert besides_earlier(Request("Who else?", turns), spans, {"a": document}) == spans[1:]
    assert besides_earlier(Request("Who was it?", turns), spans, {"a": document}) == spans
