from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa.answering.citations import citation, cite
from qa.protocols import AnswerSpan, SpanFeatures
from qa.types import Document

TEXT = "Bees dance. They sing. They rest. They work. They sleep."
DOCUMENTS = {
    "a.md": Document("a.md", TEXT, "A", "a.md", (0, 23)),
    "b.md": Document("b.md", TEXT[::-1], "B", "b.md"),
}


def span(start: int, end: int, score: float, document: str = "a.md") -> AnswerSpan:
    return AnswerSpan(document, start, end, start, end, score, SpanFeatures(*[0.0] * 10), 0.0, 0.5)


def test_best_first_numbered_from_one_with_pages() -> None:
    citations = cite([span(23, 33, 2.0), span(0, 11, 1.8)], DOCUMENTS, most=3, margin=0.5)
    assert [(c.n, c.text, c.page) for c in citations] == [
        (1, "They rest.", 2),
        (2, "Bees dance.", 1),
    ]


def test_a_span_far_below_the_best_is_not_cited() -> None:
    assert len(cite([span(0, 11, 2.0), span(23, 33, 1.4)], DOCUMENTS, most=3, margin=0.5)) == 1


def test_no_more_than_most() -> None:
    spans = [span(0, 11, 2.0), span(23, 33, 2.0), span(45, 56, 2.0)]
    assert [c.start for c in cite(spans, DOCUMENTS, most=2, margin=0.5)] == [0, 23]


def test_excerpts_that_follow_each_other_become_one() -> None:
    citations = cite([span(12, 22, 2.0), span(34, 44, 1.9), span(23, 33, 1.8)], DOCUMENTS, most=3, margin=0.5)
    assert [(c.n, c.text, c.score) for c in citations] == [(1, "They sing. They rest. They work.", 2.0)]


def test_excerpts_of_two_paragraphs_stay_apart() -> None:
    documents = {"a.md": Document("a.md", "Bees dance.\n\nThey sing.", "A", "a.md")}
    assert len(cite([span(0, 11, 2.0), span(13, 23, 1.9)], documents, most=3, margin=0.5)) == 2


def test_no_spans_no_citations() -> None:
    assert cite([], DOCUMENTS, most=3, margin=0.5) == ()


@given(
    st.lists(
        st.builds(
            lambda start, length, score, name: span(start, min(start + length, len(TEXT)), score, name),
            st.integers(0, len(TEXT) - 1),
            st.integers(1, 20),
            st.floats(0, 4),
            st.sampled_from(["a.md", "b.md"]),
        )
    ).map(lambda spans: sorted(spans, key=lambda one: -one.score))
)
def test_every_citation_is_verbatim_and_none_overlap(spans: list[AnswerSpan]) -> None:
    citations = cite(spans, DOCUMENTS, most=5, margin=1.0)
    if spans:
        assert citations[0].start <= spans[0].start
        assert spans[0].end <= citations[0].end
    for each in citations:
        assert DOCUMENTS[each.document].text[each.start : each.end] == each.text
    for one in citations:
        for other in citations:
            if one.n < other.n and one.document == other.document:
                assert one.end <= other.start or other.end <= one.start


def test_rows_of_a_table_come_with_its_header() -> None:
    text = "Prices:\n\n| Bread | Price |\n| --- | --- |\n| Rye | 3 euros |\n| Oat | 4 euros |\n\nNo table.\n"
    document = Document("a.md", text, "Prices", "a.md")
    row, other = text.index("| Oat"), text.index("No table")
    header = citation(1, document, (row, row + 17), 1.0).header
    assert header is not None
    assert header.text == text[header.start : header.end] == "| Bread | Price |"
    assert citation(1, document, (other, other + 9), 1.0).header is None
    assert citation(1, document, (header.start, row), 1.0).header is None
