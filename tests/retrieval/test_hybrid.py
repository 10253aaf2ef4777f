from __future__ import annotations

import gc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import TermEmbedder, examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.documents.chunking import count_tokens, split
from qa.documents.tables import read_row
from qa.index.base import EmbeddedDocument
from qa.index.builder import chunk_text, embed_documents
from qa.index.memory import PassageIndex
from qa.protocols import Embedder
from qa.retrieval.hybrid import RANK_CONSTANT, Retriever, _TextCache, fuse
from qa.settings import Settings
from qa.text.tokens import terms
from qa.types import Document

SHIPS = Document(
    "ships.md",
    "The harbour froze in January. Sailors walked across the ice to their ships.\n\n"
    "In spring the icebreaker Yermak cut a channel to the open sea. Trade began again.",
    "Ships",
    "ships.md",
)
BEES = Document(
    "bees.pdf",
    "Honey bees dance to tell others where food is. Karl von Frisch decoded the dance.\n\n"
    "A queen lays two thousand eggs a day. Workers feed the larvae with royal jelly.",
    "Bees",
    "bees.pdf",
    (0, 83),
)
RAIL = Document(
    "rail.md",
    "The first railway line ran from Stockton to Darlington. Coal was its freight.\n\n"
    "Locomotives by Stephenson pulled the wagons. Horses still pulled passengers.",
    "Rail",
    "rail.md",
)
NO_TEXT = Document("empty.md", " \n", "Empty", "empty.md")
LIBRARY = [SHIPS, BEES, NO_TEXT, RAIL]
SETTINGS = Settings(chunk_tokens=24)
PASSAGE_TOKENS = 24
"""Two sentences of the library fit, three do not."""


def retriever(embedder: Embedder, documents: list[Document], passage_tokens: int = PASSAGE_TOKENS) -> Retriever:
    index = PassageIndex(embedder.dimension)
    for entry in embed_documents(documents, embedder, SETTINGS):
        index.add(entry)
    return Retriever(index, embedder, passage_tokens)


@pytest.mark.parametrize(
    ("rankings", "expected"),
    [
        pytest.param([], [], id="no rankings"),
        pytest.param([[], []], [], id="empty rankings"),
        pytest.param([[7]], [(7, 1 / 11)], id="one row"),
        pytest.param([[5, 3], [3]], [(3, 1 / 12 + 1 / 11), (5, 1 / 11)], id="found twice"),
        pytest.param(
            [[1, 2, 3], [3, 1, 4]],
            [(1, 1 / 11 + 1 / 12), (3, 1 / 13 + 1 / 11), (2, 1 / 12), (4, 1 / 13)],
            id="two rankings",
        ),
        pytest.param([[9, 4], [4, 9]], [(4, 1 / 12 + 1 / 11), (9, 1 / 11 + 1 / 12)], id="tie by row"),
        pytest.param([[8], [2]], [(2, 1 / 11), (8, 1 / 11)], id="tie between lone rows"),
    ],
)
def test_ranks_are_fused(rankings: list[list[int]], expected: list[tuple[int, float]]) -> None:
    found = list(fuse([np.array(ranking, dtype=np.int64) for ranking in rankings]).items())
    assert [row for row, _ in found] == [row for row, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], rel=1e-12)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who decoded the dance of honey bees?", "von Frisch"),
        ("How many eggs does a queen lay?", "two thousand"),
        ("Which icebreaker cut a channel?", "Yermak"),
        ("Where did sailors walk when the harbour froze?", "across the ice"),
        ("From where ran the first railway line?", "Stockton"),
    ],
    ids=["bees", "queen", "icebreaker", "harbour", "railway"],
)
def test_the_passage_that_answers_comes_first(embedder: Embedder, question: str, expected: str) -> None:
    passages = retriever(embedder, LIBRARY).retrieve(question, 3)
    assert expected in passages[0].text
    # First by meaning, and by words except for a neighbour in a context with the same words.
    assert passages[0].score >= 1 / (RANK_CONSTANT + 1) + 1 / (RANK_CONSTANT + 2)
    assert passages[0].overlap == max(passage.overlap for passage in passages) > 0


@pytest.mark.parametrize("k", [1, 2, 6, 500])
def test_as_many_passages_as_asked_best_first_and_none_twice(embedder: Embedder, k: int) -> None:
    passages = retriever(embedder, LIBRARY).retrieve("ice on the sea", k)
    assert len(passages) == k if k <= 6 else 6 <= len(passages) <= 12
    spans = sorted((passage.document_id, passage.start, passage.end) for passage in passages)
    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in pairwise(spans))
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("passage_tokens", [1, 20, PASSAGE_TOKENS, 500])
def test_a_passage_is_a_sentence_with_the_neighbours_that_fit(embedder: Embedder, passage_tokens: int) -> None:
    passages = retriever(embedder, LIBRARY, passage_tokens).retrieve("ice on the sea", 500)
    assert all(len(passage.sentences) == 1 or count_tokens(passage.text) <= passage_tokens for passage in passages)
    assert sum(len(passage.sentences) for passage in passages) == 12
    assert len(passages) == {1: 12, 500: 3}.get(passage_tokens, len(passages))


def test_nothing_is_cached_of_a_document_that_is_gone(embedder: Embedder) -> None:
    def cached() -> set[str]:
        gc.collect()
        return {document.id for document in _TextCache.by_document}

    asked = retriever(embedder, [replace(SHIPS, id="visitor.md")])
    asked.retrieve("ice on the sea", 1)
    assert "visitor.md" in cached()
    del asked
    assert "visitor.md" not in cached()


def test_a_passage_stays_in_its_section(embedder: Embedder) -> None:
    text = "# Ships\n\n## Winter\n\nThe harbour froze.\n\n## Spring\n\nTrade began again."
    passages = retriever(embedder, [Document("ships.md", text, "Ships", "ships.md")], 500).retrieve("trade", 10)
    assert [passage.text for passage in passages] == [
        "## Spring\n\nTrade began again.",
        "# Ships\n\n## Winter\n\nThe harbour froze.",
    ]


def test_a_heading_above_is_searched_with_the_text_under_it(embedder: Embedder) -> None:
    text = "# Yermak\n\n" + " ".join(f"It sailed in {year}." for year in range(1900, 1950))
    library = [Document("yermak.md", text, "", ""), *LIBRARY]
    passages = retriever(embedder, library).retrieve("When did Yermak sail in 1947?", 1)
    assert "1947" in passages[0].text
    assert "Yermak" not in passages[0].text
    assert passages[0].overlap == 1.0


@pytest.mark.parametrize(
    ("documents", "count"),
    [
        pytest.param(["rail.md"], 4, id="one"),
        pytest.param({"rail.md", "ships.md"}, 8, id="two"),
        pytest.param(("empty.md", "bees.pdf"), 4, id="one of them empty"),
        pytest.param(["empty.md"], 0, id="without text"),
        pytest.param([], 0, id="none"),
    ],
)
def test_only_the_documents_named_are_searched(embedder: Embedder, documents: list[str], count: int) -> None:
    # The question fits the bees best, so that a leak would show.
    passages = retriever(embedder, LIBRARY).retrieve("Which dance do honey bees dance?", 10, documents)
    assert sum(len(passage.sentences) for passage in passages) == count
    assert {passage.document_id for passage in passages} <= set(documents)


@pytest.mark.parametrize("documents", [[], [NO_TEXT]], ids=["no documents", "no text"])
def test_nothing_is_found_in_an_empty_library(documents: list[Document], monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = TermEmbedder()
    empty = retriever(embedder, documents)
    monkeypatch.setattr(embedder, "embed", lambda _: pytest.fail("the question was embedded"))
    assert empty.retrieve("anything?", 5) == []


@pytest.mark.parametrize("question", ["who is it", "?!", "submarines"], ids=["function words", "no words", "unknown"])
def test_a_question_without_known_terms_is_ranked_by_meaning_alone(embedder: Embedder, question: str) -> None:
    passages = retriever(embedder, LIBRARY, 1).retrieve(question, 12)
    assert [passage.score for passage in passages] == [1 / (RANK_CONSTANT + rank) for rank in range(1, 13)]
    assert all(passage.overlap == 0 for passage in passages)
    dense = [passage.similarity + passage.sentences[0].similarity for passage in passages]
    assert dense == sorted(dense, reverse=True)


def test_equal_passages_are_in_document_order(embedder: Embedder) -> None:
    copies = [replace(BEES, id=name) for name in ("z.md", "a.md", "m.md")]
    passages = retriever(embedder, copies).retrieve("Who decoded the dance?", 3)
    assert [passage.document_id for passage in passages] == ["z.md", "a.md", "m.md"]


def test_the_page_is_that_of_the_passage(embedder: Embedder) -> None:
    passages = retriever(embedder, LIBRARY, 1).retrieve("bees dance, queen lays eggs, ice", 12)
    pages = {passage.start: passage.page for passage in passages if passage.document_id == "bees.pdf"}
    assert list(dict(sorted(pages.items())).values()) == [1, 1, 2, 2]
    assert all(passage.page is None for passage in passages if passage.document_id != "bees.pdf")


def test_similarities_and_overlaps_are_those_of_the_texts(embedder: Embedder) -> None:
    question = "Which food do the larvae of honey bees eat?"
    documents = {document.id: document for document in LIBRARY}
    (asked,) = embedder.embed([question])
    for passage in retriever(embedder, LIBRARY).retrieve(question, 10):
        chunks = split(documents[passage.document_id], SETTINGS.chunk_tokens)
        similarities = [float(vector @ asked) for vector in embedder.embed([chunk.text for chunk in chunks])]
        assert passage.similarity in [pytest.approx(similarity, abs=1e-3) for similarity in similarities]
        assert (passage.overlap > 0) == bool(set(terms(passage.text)) & set(terms(question)))
        for sentence in passage.sentences:
            excerpt = documents[passage.document_id].text[sentence.excerpt_start : sentence.end]
            (vector,) = embedder.embed([excerpt])
            assert sentence.similarity == pytest.approx(float(vector @ asked), abs=1e-3)
            assert (sentence.overlap > 0) == bool(set(terms(excerpt)) & set(terms(question)))


def test_a_passage_with_every_term_overlaps_fully(embedder: Embedder) -> None:
    passages = retriever(embedder, LIBRARY).retrieve("royal jelly, queen", 10)
    assert passages[0].overlap == 1.0
    assert passages[0].text.startswith("A queen")
    assert [sentence.overlap == 1.0 for sentence in passages[0].sentences] == [False, False]


any_document = st.text(max_size=200) | st.sampled_from([document.text for document in LIBRARY])


@given(st.lists(any_document, max_size=4), st.text(min_size=1, max_size=40), st.integers(1, 9))
@settings(examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_text_passages_are_slices_and_measures_in_range(
    embedder: Embedder, texts: list[str], question: str, k: int
) -> None:
    documents = {str(n): Document(str(n), text, "", "") for n, text in enumerate(texts)}
    found = retriever(embedder, list(documents.values())).retrieve(question, k)
    assert found == retriever(embedder, list(documents.values())).retrieve(question, k)
    for passage in found:
        text = documents[passage.document_id].text
        assert text[passage.start : passage.end] == passage.text
        assert passage.text
        assert passage.score > 0
        assert (passage.sentences[0].start, passage.sentences[-1].end) == (passage.start, passage.end)
        for similarity in (passage.similarity, *(sentence.similarity for sentence in passage.sentences)):
            assert -1 <= similarity <= 1
        for overlap in (passage.overlap, *(sentence.overlap for sentence in passage.sentences)):
            assert 0 <= overlap <= 1


@pytest.mark.parametrize("question", [SHIPS.text, BEES.text, RAIL.text], ids=["ships", "bees", "rail"])
def test_a_passage_asked_for_word_by_word_is_no_nearer_than_one(embedder: Embedder, question: str) -> None:
    library = [*(Document(f"{n}", text, "", "") for n, text in enumerate(question.split("\n\n"))), *LIBRARY]
    for part in question.split("\n\n"):
        best = retriever(embedder, library).retrieve(part, 1)[0]
        assert best.text == part
        assert best.similarity <= 1


def test_a_changed_index_is_searched_as_it_is(embedder: Embedder) -> None:
    entries: list[EmbeddedDocument] = list(embed_documents(LIBRARY, embedder, SETTINGS))
    index = PassageIndex(embedder.dimension)
    for entry in entries:
        index.add(entry)
    searching = Retriever(index, embedder, PASSAGE_TOKENS)
    question = "Who decoded the dance of honey bees?"
    assert searching.retrieve(question, 1)[0].document_id == "bees.pdf"
    index.remove("bees.pdf")
    assert {passage.document_id for passage in searching.retrieve(question, 10)} == {"ships.md", "rail.md"}
    index.add(entries[1])
    assert searching.retrieve(question, 1)[0].document_id == "bees.pdf"


class Translating(TermEmbedder):
    """Takes words of German for those of English."""

    def _vector(self, text: str) -> np.ndarray:
        words = {"Zahnradbahn": "cog railway", "eröffnet": "opened", "wurde": "was", "Die": "the"}
        return super()._vector(" ".join(words.get(word, word) for word in text.replace(".", "").split()))


def test_keywords_of_one_language_do_not_hide_what_is_in_another() -> None:
    question = "When was the cog railway opened?"
    german = Document("bahn.md", "Die Zahnradbahn wurde eröffnet.", "", "bahn.md", language="de")
    english = [
        Document(f"{n}.md", f"The {thing} was opened when the railway came.", "", f"{n}.md", language="en")
        for n, thing in enumerate(("school", "inn", "mill"))
    ]
    embedder = Translating()
    for across, first in ((False, "0.md"), (True, "bahn.md")):
        searching = retriever(embedder, [*english, german])
        searching._across_languages = across
        assert searching.retrieve(question, 1)[0].document_id == first
        # A question of unknown language, or in that of all articles, is answered as before.
    assert [one.document_id for one in searching.retrieve("railway", 4)] == [
        one.document_id for one in retriever(embedder, [*english, german]).retrieve("railway", 4)
    ]


ROWS = Document(
    "towns.csv",
    "Town | Mayor | Founded\n--- | --- | ---\n" + "".join(f"Town{n} | Mayor{n} | {1500 + n}\n" for n in range(60)),
    "Towns",
    "towns.csv",
)


def test_a_row_far_below_its_header_is_found_by_the_names_of_its_columns(embedder: Embedder) -> None:
    found = retriever(embedder, [*LIBRARY, ROWS]).retrieve("Who is the mayor of Town57?", 1)[0]
    best = next(one for one in found.sentences if ROWS.text[one.start : one.end] == "Town57 | Mayor57 | 1557")
    assert [(cell.before, ROWS.text[cell.start : cell.end]) for cell in best.cells] == [
        ("Town: ", "Town57"), ("; Mayor: ", "Mayor57"), ("; Founded: ", "1557"),
    ]  # fmt: skip
    assert best.overlap == 1.0
    assert found.text == ROWS.text[found.start : found.end]


def test_a_row_is_embedded_with_the_names_of_its_columns() -> None:
    chunk = split(ROWS, SETTINGS.chunk_tokens)[1]
    made = chunk_text(ROWS, chunk)
    rows = [made.text[start:end] for start, end in made.spans]
    assert rows == [read_row(ROWS, span) for span in chunk.sentences]
    assert rows[0].startswith("Town: Town")
    assert made.text == "\n".join(rows)


def test_tags_between_sentences_are_not_embedded() -> None:
    text = "<ul>\n  <li>Ann sails.</li>\n  <li>Bob rows.</li>\n</ul>\n<table><tr><td>1<td>a<tr><td>2<td>b</table>\n"
    document = Document("a.md", text, "A", "")
    (chunk,) = split(document, 200)
    assert chunk_text(document, chunk).text == "Ann sails.\nBob rows.\n1; a\n2; b"


def test_a_sentence_is_embedded_with_the_one_that_its_pronoun_means() -> None:
    document = Document("a", "# Anna\n\nAnna is a captain. She sails. The sea is wide.", "Anna", "")
    (chunk,) = split(document, SETTINGS.chunk_tokens)
    made = chunk_text(document, chunk)
    assert made.text == chunk.text
    assert [made.text[start:end] for start, end in made.spans] == [
        "# Anna", "Anna is a captain.", "Anna is a captain. She sails.", "The sea is wide.",
    ]  # fmt: skip
