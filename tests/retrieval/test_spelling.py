from __future__ import annotations

import pytest
from conftest import TermEmbedder

from qa.index.base import Index
from qa.index.builder import embed_documents
from qa.index.memory import PassageIndex
from qa.retrieval.query_rewriting import RewrittenQuestion
from qa.retrieval.spelling import corrected, with_spelling
from qa.settings import Settings
from qa.types import Document

TEXT = (
    "The ferry was founded by Margaret Kirchberger. A crossing takes 55 minutes. The library closes at noon. "
    "Two hundred passengers received a medal in Halverton. The colour of the ship is white. Its tenant is Bo Anderson. "
    "Nobody may kill or disturb birds. The lady counted every page. There were 1,200 guests in 1998."
)


@pytest.fixture(scope="module")
def index() -> Index:
    built = PassageIndex(TermEmbedder.dimension)
    for entry in embed_documents([Document("ferry.md", TEXT, "Ferry", "ferry.md")], TermEmbedder(), Settings()):
        built.add(entry)
    return built


@pytest.mark.parametrize(
    ("question", "becomes"),
    [
        ("Who is Kirchbeger?", "Who is Kirchberger?"),
        ("where does kirchbergr live", "where does kirchberger live"),
        ("What happened in Halvertn?", "What happened in Halverton?"),
        ("How long does a crosing take?", "How long does a crossing take?"),
        ("How many passangers were there?", "How many passengers were there?"),
        ("HOW MANY PASSNEGERS WERE THERE?", "HOW MANY PASSENGERS WERE THERE?"),
        ("Who recieved a meddal?", "Who received a medal?"),
        ("Waht is the coluor of the ship?", "What is the colour of the ship?"),
        ("Tell me abuot thier trip", "Tell me about their trip"),
        ("Why was the captain famuos?", "Why was the captain famous?"),  # a common word
        ("Did 1200 guests pay?", "Did 1,200 guests pay?"),
        ("Whcih libary closes?", "Which library closes?"),
        ("What is the color of the ship?", "What is the colour of the ship?"),
    ],
)
def test_a_misspelt_word_becomes_that_of_the_documents(index: Index, question: str, becomes: str) -> None:
    assert corrected(question, index) == becomes


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("A license costs 40 dollars.", "What does a licence cost?"),
        ("The licence costs 40 pounds.", "What does a license cost?"),
        ("They organised a festival.", "Who organized it?"),
        ("The theater has 200 seats.", "How large is the theatre?"),
        ("Anaemia was rare.", "Was anemia rare?"),
        ("She got both a licence and a license.", None),
        ("The fourth ship sank.", None),
    ],
)
def test_british_and_american_spellings(written: str, asked: str | None) -> None:
    question = asked or "Who got a licence to go back and forth?"
    built = PassageIndex(TermEmbedder.dimension)
    for entry in embed_documents([Document("a.md", written, "A", "a.md")], TermEmbedder(), Settings()):
        built.add(entry)
    changed = corrected(question, built)
    assert (changed != question) == (asked is not None)
    new = {*changed.strip("?").split()} - {*question.strip("?").split()}
    assert all(word in written.lower().replace(".", "").split() for word in new)


@pytest.mark.parametrize(
    "question",
    [
        "Why does krill taste good?",  # rare, but correct
        "Who is Mr. Tennant?",  # a name, though near a word
        "Who is Lade?",
        "Where is the countess?",  # only the term "count" occurs
        "whats the cost, and why dont they pay?",
        "Doesn't she leave?",
        "What happened in 1998, and in 1999?",
        "Is the warship new?",
        "Is kirchberger@example.org right, or Kirchberge.txt?",
        "Wann wurde die Kirchberge gebaut?",
        "Who is Anne Jansen?",
        "Who is Joe Andersan?",  # a name with another vowel is another name
        "Was the ship lagre?",  # a short word that the documents do not have
        "",
    ],
)
def test_other_words_are_not_changed(index: Index, question: str) -> None:
    assert corrected(question, index) == question


def test_a_word_near_two_of_the_documents_is_not_changed() -> None:
    built = PassageIndex(TermEmbedder.dimension)
    text = "The painters mended the pointer. The printer printed posters for painters."
    for entry in embed_documents([Document("one.md", text, "One", "one.md")], TermEmbedder(), Settings()):
        built.add(entry)
    assert corrected("Who is the pinter?", built) == "Who is the pinter?"


def test_what_is_asked_is_corrected_apart_from_what_is_searched_for(index: Index) -> None:
    joined = RewrittenQuestion("Who is Kirchbeger, and how long does it take?", "How long does a crosing take?")
    assert with_spelling(joined, index) == RewrittenQuestion(
        "Who is Kirchberger, and how long does it take?", "How long does a crossing take?"
    )


def test_nothing_is_changed_without_documents() -> None:
    assert corrected("Who is Kirchbeger?", PassageIndex(TermEmbedder.dimension)) == "Who is Kirchbeger?"
