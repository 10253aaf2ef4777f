"""Drafts made from other drafts, and from tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.documents.loader import load_paths
from qa.evaluation.datasets.draft import draft_questions
from qa.evaluation.datasets.formats.jsonl import write_questions
from qa.evaluation.datasets.questions import check_against
from qa.evaluation.datasets.validate import check_questions
from qa.evaluation.datasets.variants import NEAR_MISS, near_misses, with_yes_no
from qa.types import Document

ARTICLES = load_paths(Path(__file__).parents[3] / "data" / "articles").documents
TOWERS = Document(
    "towers.md",
    "The tower of Alton was built in 1887. The mayor of Alton was John Roe. In 1901 the council of Alton sold the"
    " bridge.\n\nA flood reached the valley of Brent. The road to Brent was closed because snow had covered it.",
    "Towers",
    "towers.md",
)
RIVERS = Document(
    "rivers.md",
    "River | Length | Basin\n--- | --- | ---\nElbe | 1,094 | 148,268\nOder | 840 | 124,049\nWeser | 452 | large\n",
    "Rivers",
    "rivers.md",
)


def test_a_near_miss_has_a_fact_that_the_documents_do_not_tie_to_it() -> None:
    drafts = draft_questions([TOWERS], 10)
    made = near_misses(drafts, [TOWERS], 10)
    assert "When was the tower of Brent built?" in [one.question for one in made]
    for one in made:
        source = one.extra["made_from"]
        assert not one.answerable
        assert not one.answers + one.evidence
        assert one.extra["kind"] == NEAR_MISS
        assert source["question"] in [draft.question for draft in drafts]
        assert one.question not in [draft.question for draft in drafts]


def test_a_fact_that_is_also_true_of_the_other_name_is_no_near_miss() -> None:
    both = Document("towers.md", TOWERS.text + " The tower of Brent was built later.", "Towers", "towers.md")
    made = near_misses(draft_questions([both], 10), [both], 10)
    assert "When was the tower of Brent built?" not in [one.question for one in made]


def test_every_third_date_is_asked_for_a_yes_or_a_no(tmp_path: Path) -> None:
    years = [1887, 1901, 1923, 1931, 1940, 1955]
    sentences = [f"The {word} was built in {year}." for word, year in zip(
        ("tower", "bridge", "station", "harbour", "chapel", "museum"), years, strict=True
    )]  # fmt: skip
    document = Document("a.md", " ".join(sentences), "A", "a.md")
    found = with_yes_no(draft_questions([document], 6), [document])
    turned = [one for one in found if one.extra["kind"] == "yes_no"]
    assert [one.answers for one in turned] == [("yes",), ("no",)]
    assert turned[0].question == "Was the station built in 1923?"
    assert turned[1].question.startswith("Was the museum built in ")
    assert "1955" not in turned[1].question
    # "Yes" is not in the evidence, and need not be.
    write_questions(tmp_path / "set.jsonl", found)
    assert check_questions(tmp_path / "set.jsonl", [document]).errors == ()


def test_tables_give_cells_and_comparisons() -> None:
    found = {one.question: one for one in draft_questions([RIVERS], 10)}
    assert found["What is the length of Elbe?"].answers == ("1,094",)
    compared = found["Which has the higher length, Oder or Weser?"]
    assert compared.answers == ("Oder",)
    assert [RIVERS.text[span.start : span.end] for span in compared.evidence] == [
        "Oder | 840 | 124,049",
        "Weser | 452 | large",
    ]
    assert compared.extra["kind"] == "comparison"


def test_questions_of_nearly_the_same_words_are_asked_once() -> None:
    documents = [Document("a.md", "The old tower was built in 1887.", "A", "a.md"),
                 Document("b.md", "The old towers were built in 1890.", "B", "b.md")]  # fmt: skip
    assert len(draft_questions(documents, 5)) == 1


@pytest.mark.parametrize("n", [1, 5])
def test_the_sample_articles_give_near_misses_that_fit(n: int) -> None:
    made = near_misses(draft_questions(ARTICLES, 30), ARTICLES, n)
    assert len(made) == n
    assert made == near_misses(draft_questions(ARTICLES, 30), ARTICLES, n)
    assert len({one.id for one in made}) == n
    check_against(made, {document.id: document for document in ARTICLES})
