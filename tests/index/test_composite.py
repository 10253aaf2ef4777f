"""A composite of two indexes gives the results of one index of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ARTICLES, ROOT
from hypothesis import given
from hypothesis import strategies as st

from index.test_memory import QUERY, WORDS, assert_same_entry, entry_of, index_of
from qa import QA
from qa.documents.loader import load_paths
from qa.evaluation import read_questions
from qa.index.bm25 import term_weights
from qa.index.composite import CompositeIndex
from qa.types import Answer, Document

pytestmark = pytest.mark.slow

ENTRIES = [
    entry_of("a", [2, 1]),
    entry_of("b", [1, 3, 2]),
    entry_of("empty", []),
    entry_of("c", [2]),
    entry_of("d", [4]),
]


def composite_of(count: int) -> CompositeIndex:
    """Return an index of all entries, the first few of which are the shared ones."""
    return CompositeIndex(index_of(*ENTRIES[:count]), index_of(*ENTRIES[count:]))


def test_documents_are_counted_without_a_list_of_them() -> None:
    class Unlisted(dict[str, Document]):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("lists the documents of a server")

    shared = index_of(*ENTRIES[:3])
    shared._documents = Unlisted(shared._documents)
    documents = CompositeIndex(shared, index_of(*ENTRIES[3:])).documents
    assert len(documents) == len(ENTRIES)
    assert [name in documents for name in ("a", "d", "unknown")] == [True, True, False]


@given(st.integers(0, len(ENTRIES)), st.data())
def test_every_answer_is_that_of_one_index(count: int, data: st.DataObject) -> None:
    composite, whole = composite_of(count), index_of(*ENTRIES)
    assert (len(composite), composite.sentence_count) == (len(whole), whole.sentence_count)
    assert list(composite.documents.items()) == list(whole.documents.items())
    assert [composite.chunk(row) for row in range(len(composite))] == [whole.chunk(row) for row in range(len(whole))]
    for sentence in range(whole.sentence_count):
        assert (composite.locate(sentence), composite.continues_section(sentence)) == (
            whole.locate(sentence),
            whole.continues_section(sentence),
        )
    every = [entry.document.id for entry in ENTRIES]
    limit = data.draw(st.none() | st.sets(st.sampled_from(every)))
    names = every if limit is None else limit
    rows = whole.rows(names)
    assert composite.rows(names).tolist() == rows.tolist()
    assert composite.sentences(rows).tolist() == whole.sentences(rows).tolist()
    assert composite.sentence_counts(rows).tolist() == whole.sentence_counts(rows).tolist()
    for one, other in zip(composite.similarities(QUERY, rows), whole.similarities(QUERY, rows), strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    k, limited = data.draw(st.integers(1, 20)), None if limit is None else rows
    found, scores = composite.nearest_chunks(QUERY, k, limited)
    expected, others = whole.nearest_chunks(QUERY, k, limited)
    assert (found.tolist(), scores.tolist()) == (expected.tolist(), pytest.approx(others.tolist(), abs=1e-6))
    asked = data.draw(st.lists(st.sampled_from([*WORDS, "submarine"])))
    (found, scores), (expected, others) = (side.keyword.search(asked, k, limited) for side in (composite, whole))
    assert (found.tolist(), scores.tolist()) == (expected.tolist(), others.tolist())
    weights = term_weights(whole.keyword, asked)
    assert term_weights(composite.keyword, asked) == weights
    scores, others = (
        side.keyword.sentence_scores(weights, rows, whole.sentence_counts(rows)) for side in (composite, whole)
    )
    assert scores.tolist() == others.tolist()
    for entry in ENTRIES:
        assert_same_entry(composite.entry(entry.document.id), entry)


def test_only_its_own_documents_change() -> None:
    shared = index_of(*ENTRIES[:2])
    composite = CompositeIndex(shared, index_of(ENTRIES[3]))
    composite.add(entry_of("c", [1, 1], version=2))
    composite.add(ENTRIES[4])
    composite.remove("c")
    assert list(composite.documents) == ["a", "b", "d"]
    with pytest.raises(ValueError, match="'a' is a shared document"):
        composite.add(entry_of("a", [1]))
    with pytest.raises(KeyError):
        composite.remove("a")
    assert list(shared.documents) == ["a", "b"]


def test_two_can_be_joined_with_a_third() -> None:
    composite = CompositeIndex(composite_of(2), index_of(entry_of("e", [3])))
    whole = index_of(*ENTRIES, entry_of("e", [3]))
    assert composite.keyword.search(WORDS, 9)[0].tolist() == whole.keyword.search(WORDS, 9)[0].tolist()
    assert composite.nearest_chunks(QUERY, 9)[0].tolist() == whole.nearest_chunks(QUERY, 9)[0].tolist()


def spans_of(answer: Answer) -> list[object]:
    cited = [(citation.document, citation.start, citation.end) for citation in answer.citations]
    return [answer.text, cited, [(passage.document_id, passage.start, passage.end) for passage in answer.passages]]


def test_a_visitor_s_questions_are_answered_as_from_one_index(sample_bot: QA, tmp_path: Path) -> None:
    documents = load_paths(ARTICLES).documents
    parts = [QA(sample_bot.settings, embedder=sample_bot.embedder, reader=sample_bot.reader) for _ in range(2)]
    parts[0].add(documents[:1])
    parts[1].add(documents[1:])
    composite = QA(
        sample_bot.settings,
        embedder=sample_bot.embedder,
        reader=sample_bot.reader,
        index=CompositeIndex(parts[0].index, parts[1].index),
    )
    for file in sorted((ROOT / "data" / "questions").glob("*.jsonl")):
        for question in read_questions(file)[:2]:
            one, other = composite.ask(question.question), sample_bot.ask(question.question)
            assert spans_of(one) == spans_of(other)
    composite.save(tmp_path / "index")
    assert list(QA.from_index(tmp_path / "index").documents) == list(sample_bot.documents)
