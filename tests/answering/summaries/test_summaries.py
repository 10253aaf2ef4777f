"""Which questions ask for a summary, and which sentences it has."""

from __future__ import annotations

import numpy as np
import pytest

from qa.answering.replies.clauses import clause_reply
from qa.answering.replies.topics import Topic, asked_topic
from qa.answering.summaries.key_sentences import _centrality, key_sentences
from qa.answering.summaries.mentions import mentions
from qa.answering.summaries.requests import SummaryRequest, articles_about, section_request, summary_request
from qa.answering.summaries.summarise import summarise, which_article
from qa.output.text import answer_to_text
from qa.pipeline import QA
from qa.types import Document, Passage
from qa.web.ui.answer import answer_html

BEES = Document("bees.md", "# A Colony\n\n## Swarming\n\nBees swarm.\n\n## The Dance\n\nThey dance.", "Bees", "bees.md")
CABLE = Document(
    "cable.md",
    "# The Cable\n\n## The Great Eastern\n\nIt sailed.\n\n## Comparing A_B to B\n\nNo.",
    "The Atlantic Cable",
    "cable.md",
)
BOTH = {"bees.md": BEES, "cable.md": CABLE}


@pytest.mark.parametrize(
    "question",
    [
        "Summarise this article",
        "tl;dr",
        "TL;DR?",
        "What is this about?",
        "What's the article about?",
        "main points please",
        "Give me a short summary of the document.",
        "Can you sum it up?",
        "What are the key takeaways?",
        "What does the article say?",
        "Tell me about the article",
        "What is the topic?",
        "What is the subject of this text?",
    ],
)
def test_a_summary_of_all_is_asked_for(question: str) -> None:
    assert summary_request(question, BOTH, None, first=True) == SummaryRequest(("bees.md", "cable.md"))
    assert summary_request(question, BOTH, ["cable.md"], first=True) == SummaryRequest(("cable.md",))


@pytest.mark.parametrize(
    ("question", "request_"),
    {
        "Summarise the article about bees": SummaryRequest(("bees.md",)),
        "What is the cable article about?": SummaryRequest(("cable.md",)),
        "What does the section on swarming say?": SummaryRequest(("bees.md",), "Swarming"),
        "Summarise the chapter \u201cThe Great Eastern\u201d": SummaryRequest(("cable.md",), "The Great Eastern"),
        "What does the section \u201cComparing A_B to B\u201d say?": SummaryRequest(
            ("cable.md",), "Comparing A_B to B"
        ),
        "Summarise the dance": SummaryRequest(("bees.md",), "The Dance"),
        "Which dates are mentioned?": SummaryRequest(("bees.md", "cable.md"), None, "dates"),
        "Who is mentioned in the article?": SummaryRequest(("bees.md", "cable.md"), None, "names"),
        "Which dates are mentioned in the article on bees?": SummaryRequest(("bees.md",), None, "dates"),
        "List all the numbers": SummaryRequest(("bees.md", "cable.md"), None, "numbers"),
    }.items(),
)
def test_a_part_is_asked_for(question: str, request_: SummaryRequest) -> None:
    assert summary_request(question, BOTH, None, first=True) == request_


@pytest.mark.parametrize(
    "question",
    [
        "Summarise the causes of the accident",
        "What did Congress say?",
        "What does the dance say?",
        "What is the main point of the treaty?",
        "Which dates does Kirchberger give?",
        "What number of eggs is mentioned by the author?",
        "What are drones about to do?",
        "How is the treaty summarised by the minister?",
        "Who named the bee?",
        "What year was it mentioned first?",
        "Who chose the topic?",
        "Who complained about the article?",
        "What is the subject of the picture?",
    ],
)
def test_another_question_is_searched_for(question: str) -> None:
    assert summary_request(question, BOTH, None, first=True) is None


CONTRACT = Document(
    "c.md",
    "# Cleaning agreement\n\n## 1. Fees\n\n1.1 The fee is due in May.\n\n1.2 Late fees\nbear interest.\n\n"
    "## 12. Keys\n\nKeys are lent.",
    "Cleaning agreement",
    "c.md",
)
LEASE = Document(
    "l.md",
    "# Lease\n\n1. Term. It runs for\na year.\n2. Pets. They need consent.\n\n3. Keys.\n\n3. Locks.",
    "Lease",
    "l.md",
)
RENT = Document("r.md", "# Rent agreement\n\n## 1. Rent\n\n1.1 The rent is due in June.", "Rent agreement", "r.md")
AGREEMENTS = {"c.md": CONTRACT, "r.md": RENT, "l.md": LEASE}


@pytest.mark.parametrize(
    ("question", "request_"),
    [
        ("Summarise section 12", SummaryRequest(("c.md",), "12. Keys")),
        ("Summarise the fees section of the cleaning agreement", SummaryRequest(("c.md",), "1. Fees")),
        ("Which dates are mentioned in the lease?", SummaryRequest(("l.md",), None, "dates")),
        ("Which dates are mentioned in the letter?", SummaryRequest((), None, "dates", "letter")),
        ("Which dates does the treaty mention?", None),
        ("What does section 1 of the cleaning agreement say?", SummaryRequest(("c.md",), "1. Fees")),
        ("What does section 1 say?", None),
        ("What does section 2 say?", None),
        ("What is the cleaning agreement about?", SummaryRequest(("c.md",))),
        ("Give me an overview of the rent contract", SummaryRequest((), subject="rent contract")),
        ("What is the policy about?", None),
    ],
)
def test_a_section_may_be_named_by_its_number_and_an_article_by_its_kind(
    question: str, request_: SummaryRequest | None
) -> None:
    assert summary_request(question, AGREEMENTS, None, first=True) == request_


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does clause 1.2 say?", "Late fees\nbear interest."),
        ("Quote clause 1.1 of the rent agreement", "The rent is due in June."),
        ("What does 1.2 say?", "Late fees\nbear interest."),
        ("What is in clause 1.1?", None),
        ("What does clause 1.3 say?", None),
        ("What does clause 1 of the lease say?", "Term. It runs for\na year."),
        ("What does clause 2 say?", "Pets. They need consent."),
        ("What does clause 3 say?", None),
        ("Who wrote clause 1.2?", None),
    ],
)
def test_a_clause_is_quoted_by_its_number(question: str, expected: str | None) -> None:
    reply = clause_reply(question, AGREEMENTS.values())
    assert (reply and reply.text) == expected
    for one in reply.citations if reply else ():
        assert AGREEMENTS[one.document].text[one.start : one.end] == one.text
        assert one.text.endswith(expected or "")


BY_LAWS = Document(
    "b.md",
    "# By-laws\n\nArticle I. Aims. | 1\n\nArticle II. Members. | 2\n\nArticle I. Aims.\n\nA. The club keeps bees.\n\n"
    "B. It sells honey.\n\nArticle II. Members.\n\nA. Members pay dues:\n\n1. in May;\n\n2. in June.\n\n"
    "B. The treasurer may waive dues.\n\n- Article II: revised in March\n\n"
    "**\u00a712B-4 Hives.** (a) Hives are shut at night.\n\n(b) Who opens one is fined:\n\n(1) ten dollars, or\n\n"
    "(2) a jar.\n\n(c) Nobody is fined twice.\n\nNotes\n\nNone of section 12B-4 is repealed.",
    "By-laws",
    "b.md",
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does Article I say?", "Aims.\n\nA. The club keeps bees.\n\nB. It sells honey."),
        ("What does article 1 say?", "Aims.\n\nA. The club keeps bees.\n\nB. It sells honey."),
        ("What does Article II, section B say?", "The treasurer may waive dues."),
        ("What does section b of article II say?", "The treasurer may waive dues."),
        ("What does Article II.A.1 say?", "in May;"),
        ("What does Article II, section B provide?", "The treasurer may waive dues."),
        ("What does section 12B-4(c) of the by-laws cover?", "Nobody is fined twice."),
        ("What is Article III?", None),
        ("What does section A say?", None),
        ("What does section 12B-4(a) say?", "Hives are shut at night."),
        (
            "What does subsection (b) of section 12B-4 say?",
            "Who opens one is fined:\n\n(1) ten dollars, or\n\n(2) a jar.",
        ),
        ("Quote \u00a7 12B-4(b)(2) of the by-laws", "a jar."),
        ("What does section 12B-4(c) say?", "Nobody is fined twice."),
        ("What does section 12B say?", None),
    ],
)
def test_a_clause_may_have_letters_and_roman_numerals(question: str, expected: str | None) -> None:
    reply = clause_reply(question, [BY_LAWS])
    assert (reply and reply.text) == expected
    assert reply is None or BY_LAWS.text[slice(*reply.span or ())] == reply.text


def test_a_long_clause_is_cut_after_a_paragraph_and_says_so() -> None:
    long = Document("l.md", "Article V. Bees.\n\n" + "A. Bees swarm in May.\n\n" * 200, "Bees", "l.md")
    reply = clause_reply("What does Article V say?", [long])
    assert reply is not None
    assert reply.lead == "The beginning of Article V:"
    assert 1_900 < len(reply.text) <= 2_000
    assert reply.text.endswith("May.")


def test_a_question_for_a_clause_is_not_about_the_library_or_all_articles(sample_bot: QA) -> None:
    assert sample_bot.ask("What does Article I say?").kind not in {"about", "summary"}


def test_a_section_number_is_of_the_article_whose_title_has_the_kind_of_text() -> None:
    minutes = Document("m.md", "# Minutes\n\n## 1. Budget\n\nNone.", "Minutes of May", "m.md")
    found = summary_request("Summarise section 1 of the minutes", {**AGREEMENTS, "m.md": minutes}, None, first=True)
    assert found == SummaryRequest(("m.md",), "1. Budget")


def test_a_pronoun_means_the_article_only_in_a_first_question() -> None:
    assert summary_request("What is it about?", BOTH, None, first=True) is not None
    assert summary_request("What is it about?", BOTH, None, first=False) is None
    assert summary_request("What was the topic?", BOTH, None, first=False) is None


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("summarise the article about bees", "Key sentences of \u201cInside a Honeybee Colony\u201d:"),
        (
            "What is the text on submarines about?",
            "Key sentences of \u201cChina and Russia: Partners by Degrees\u201d:",
        ),
        ("summarise the article about football", ""),
    ],
)
def test_an_article_may_be_named_by_its_subject(sample_bot: QA, question: str, lead: str) -> None:
    assert sample_bot.ask(question).lead == lead


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Do you have anything about bees?", "I found something about it in \u201cInside a Honeybee Colony\u201d."),
        ("Which article is about the telegraph cable?", "The Cable That Crossed"),
        ("Is there anything on football here?", "No article here seems to be about \u201cfootball\u201d."),
    ],
)
def test_it_says_which_articles_are_about_a_subject(sample_bot: QA, question: str, expected: str) -> None:
    answer = sample_bot.ask(question)
    assert (answer.kind, answer.citations) == ("about", ())
    assert expected in (answer.text or "")


def test_an_ambiguous_article_is_asked_back() -> None:
    near = [Passage(name, 0, 1, "x", None, 1.0, similarity, 0.0) for name, similarity in (("a", 0.6), ("b", 0.57))]
    assert articles_about(near) == ["a", "b"]
    assert articles_about(near[:1]) == ["a"]
    assert "\u201cA\u201d and \u201cB\u201d" in which_article(["A", "B"]).text


def test_a_summary_is_of_whole_sentences_in_order_from_every_section(sample_bot: QA) -> None:
    for name in sample_bot.documents:
        entry = sample_bot.index.entry(name)
        spans = key_sentences(entry, None, None)
        sentences = {span for chunk in entry.chunks for span in chunk.sentences}
        headings = [chunk.headings for chunk in entry.chunks for span in chunk.sentences if span in spans]
        assert 3 <= len(spans) <= 7
        assert spans == sorted(set(spans))
        assert set(spans) <= sentences
        assert len(set(headings)) == min(7, len({chunk.headings for chunk in entry.chunks}))


def test_a_summary_is_cited(sample_bot: QA) -> None:
    for question, kind in {"Summarise these articles": "summary", "Which dates are mentioned?": "list"}.items():
        answer = sample_bot.ask(question)
        assert (answer.kind, answer.abstained) == (kind, False)
        assert {citation.document for citation in answer.citations} == set(sample_bot.documents)
        assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        for citation in answer.citations:
            assert sample_bot.documents[citation.document].text[citation.start : citation.end] == citation.text
        for part in answer.parts:
            cited = answer.citations[part.citation - 1]
            assert cited.start <= part.start < part.end <= cited.end
            assert sample_bot.documents[cited.document].text[part.start : part.end] == part.text
        assert answer.text == "\n".join(part.text for part in answer.parts)


@pytest.mark.parametrize(
    "question", ["What is this about?", "What is this article about?", "What is it about?", "What does it say?"]
)
def test_a_first_question_about_the_whole_text_is_not_asked_back(sample_bot: QA, question: str) -> None:
    answer = sample_bot.ask(question, documents=["honeybee-colony.md"])
    assert (answer.kind, answer.lead) == ("summary", "Key sentences of \u201cInside a Honeybee Colony\u201d:")
    assert 3 <= len(answer.citations) <= 7


def test_a_summary_reads_the_same_everywhere(sample_bot: QA) -> None:
    answer = sample_bot.ask("Summarise the honeybee article", documents=["honeybee-colony.md"])
    lines = answer_to_text(answer, sample_bot.documents).splitlines()
    assert lines[:2] == ["Key sentences of \u201cInside a Honeybee Colony\u201d:", ""]
    assert lines[2].startswith("[1] \u201cA honeybee cannot live for long on its own.")
    assert "%" not in lines[-1]
    html = answer_html(answer, sample_bot.documents)
    assert '<p class="lead">Key sentences of \u201cInside a Honeybee Colony\u201d' in html
    assert html.count('<blockquote class="excerpt said">') == len(answer.citations)
    assert "Very likely" not in html


def test_the_section_asked_for_is_summarised(sample_bot: QA) -> None:
    answer = sample_bot.ask("What does the section on swarming say?")
    assert answer.lead == "Key sentences of \u201cSwarming\u201d:"
    swarming = sample_bot.documents["honeybee-colony.md"].text.index("## Swarming")
    winter = sample_bot.documents["honeybee-colony.md"].text.index("## Through the Winter")
    assert all(swarming < citation.start < winter for citation in answer.citations)


def test_numbers_have_their_units(sample_bot: QA) -> None:
    entry = sample_bot.index.entry("transatlantic-cable.md")
    numbers = [entry.document.text[start:end] for (start, end), _ in mentions(entry, "numbers")]
    assert {"350,000 pounds", "98 words", "16 hours", "2,000 volts"} <= set(numbers)
    assert "1858" not in numbers


def test_numbers_of_items_are_not_mentioned() -> None:
    bot = QA()
    bot.add([Document("a.md", "Method\n\n1. Rinse 300 g of rice.\n2. Boil it for 15 minutes.\n", "Rice", "a.md")])
    assert bot.ask("Which numbers are mentioned?").text == "300 g\n15 minutes"


def test_opposite_sentences_have_a_finite_centrality() -> None:
    vectors = np.array([[1, 0], [1, 0], [-1, 0]], np.float32)
    assert np.isfinite(_centrality(vectors)).all()


def test_a_summary_leaves_out_titles_bylines_and_headers_of_tables() -> None:
    text = """\
A council votes for a tram after seven hours of debate

By Rosalind Achterberg for the Port Calder Courier of Friday

The council voted for a tram on Thursday night.

| The season of the survey | The nests of the colony |
| --- | --- |
| 2016 | 38 |
"""
    bot = QA()
    bot.add([Document("tram.md", text, "Tram", "tram.md")])
    assert bot.ask("Summarise the article").text == "The council voted for a tram on Thursday night."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n\nBuy:\n\n- milk\n- salt\n", "# A\n\nBuy:\n\n- milk\n- salt"),
        (
            "| year | rain |\n|---|---|\n" + "| 2001 | 12 |\n" * 60,
            "\u201cA\u201d has a table with 60 rows and the columns year and rain.",
        ),
        ("\n- milk" * 100, None),
    ],
    ids=["short", "table", "list"],
)
def test_a_document_without_prose_is_quoted_or_described(text: str, expected: str | None) -> None:
    bot = QA()
    bot.add([Document("a.md", text, "A", "a.md")])
    reply = summarise(SummaryRequest(("a.md",)), bot.index.entry)
    assert (reply and reply.text) == expected


def test_entries_and_notes_are_not_summarised() -> None:
    told = (
        "The village is known for its stone bridge. It was built by the monks of the abbey. Traders paid a toll here.\n"
    )
    entry = "1. ^ The bridge of the village was built by monks. The toll of the bridge was paid by traders.\n"
    note = "The bridge of the village has a toll that traders paid to the monks.\n"
    bot = QA()
    bot.add([Document("v.md", f"# Village\n\n{told}\n## Sources\n\n{entry}\n## Notes\n\n{note}", "Village", "v.md")])
    quoted = [one.text for one in bot.ask("Summarise the article").citations]
    assert quoted
    assert all(one in told for one in quoted)


def test_references_are_not_summarised() -> None:
    text = (
        "# A\n\nThe old mill was built in the spring.\n\n## 5 References\n\nRoe, Ann. The mills of the valley, 2001.\n"
    )
    bot = QA()
    bot.add([Document("a.md", text, "A", "a.md")])
    assert bot.ask("Summarise the article").text == "The old mill was built in the spring."


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Tell me more about the fees", Topic("the fees", "")),
        ("Explain the webhooks.", Topic("the webhooks", "")),
        ("What does the lease say about pets?", Topic("pets", "the lease")),
        ("What's new in version 2.4?", Topic("2.4", "")),
        ("What do the articles say about pets?", Topic("pets", "")),
        ("What is said about the U.S.?", Topic("the U.S", "")),
        ("Describe how the cable was laid", None),
        ("Who explained the treaty?", None),
        ("What did the governor say about spring?", None),
    ],
)
def test_the_topic_of_a_question(question: str, topic: Topic | None) -> None:
    assert asked_topic(question) == topic


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        (Topic("the fees", ""), SummaryRequest(("c.md",), "1. Fees")),
        (Topic("fees", "the rent agreement"), None),
        (Topic("2.4.0", ""), SummaryRequest(("n.md",), "[2.4.0] - 2025-03-01")),
        (Topic("2.4", ""), SummaryRequest(("n.md",), "[2.4.0] - 2025-03-01")),
        (Topic("4.2.0", ""), None),
        (Topic("rules", ""), SummaryRequest(("n.md",), "2. Rules for guests")),
        (Topic("cleaning agreement", ""), None),
    ],
)
def test_a_topic_may_be_the_heading_of_a_section(topic: Topic, expected: SummaryRequest | None) -> None:
    notes = "# Notes\n\n## [2.4.0] - 2025-03-01\n\nFaster.\n\n## 2. Rules for guests\n\nQuiet.\n"
    library = {**AGREEMENTS, "n.md": Document("n.md", notes, "Notes", "n.md")}
    assert section_request(library, library, topic) == expected


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What does the agreement say about keys?", "Keys are lent."),
        ("What do the articles say about interest?", "1.2 Late fees\nbear interest."),
        ("What is said about keys?", "Keys are lent."),
        ("What does the rent agreement say about interest?", None),
    ],
)
def test_the_sentences_that_mention_a_topic_are_quoted(question: str, text: str | None) -> None:
    bot = QA()
    bot.add([CONTRACT, RENT])
    answer = bot.ask(question)
    assert answer.text == text
    assert all(CONTRACT.text[one.start : one.end] == one.text for one in answer.citations)


INTERVIEW = Document(
    "i.md",
    "# Ada Roth on her plans\n\nIn the interview, Ms Roth also said:\n\n- The old bridge must stay open\n"
    "- Elmdorf needs a second school\n- She would run again in May\n\nShe lives in Norwick.",
    "Ada Roth on her plans",
    "i.md",
)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did Ada Roth say about Elmdorf?", "- Elmdorf needs a second school"),
        ("What did she say about Elmdorf?", "- Elmdorf needs a second school"),
        ("What did Tom Bly say about Elmdorf?", None),
        ("What did Ada Roth say about Korea?", None),
    ],
)
def test_what_someone_said_of_a_topic_is_quoted_if_the_reader_is_unsure(question: str, text: str | None) -> None:
    bot = QA()
    bot.add([INTERVIEW])
    assert bot.ask(question).text == text


def _library(text: str) -> QA:
    bot = QA()
    bot.add([Document("club.md", text, "Rowing club", "club.md")])
    return bot


CLUB = (
    """\
# Rowing club

## Terms of payment

By 1 March, by transfer:

- 120 euros for adults
- 40 euros for children

## Parking

Nine cars. Not on the slip.

### In winter

Forty cars.

## Boats

"""
    + "The club has a boat for four rowers that nobody has ever seen on the water. " * 9
)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        pytest.param(
            "terms of payment",
            "By 1 March, by transfer:\n\n- 120 euros for adults\n- 40 euros for children",
            id="whole, with its list",
        ),
        pytest.param(
            "parking?", "Nine cars. Not on the slip.\n\n### In winter\n\nForty cars.", id="with the sections in it"
        ),
        pytest.param("Tell me about parking in winter", None, id="no heading"),
        pytest.param("Where is parking?", None, id="a question"),
    ],
)
def test_key_words_may_be_a_heading(question: str, text: str | None) -> None:
    answer = _library(CLUB).ask(question)
    assert (answer.text if answer.kind == "summary" and answer.confidence == 1 else None) == text


def test_a_long_section_is_summarised() -> None:
    answer = _library(CLUB).ask("boats")
    assert answer.lead == "Key sentences of \u201cBoats\u201d:"


RELEASES = """\
# Notes on releases

## [2.3.0] - 2024-05-01

- The search is faster.

## [2.2.1] - 2024-02-11

- A crash on start is mended.
"""


@pytest.mark.parametrize(
    ("question", "date"),
    [
        pytest.param("When was 2.3.0 released?", "2024-05-01", id="a version"),
        pytest.param("When did version 2.2.1 come out?", "2024-02-11", id="another wording"),
        pytest.param("When was 2.2 released?", None, id="part of a version"),
        pytest.param("When did 2.3.0 reach Oslo?", None, id="another event"),
    ],
)
def test_a_heading_may_have_the_date(question: str, date: str | None) -> None:
    assert _library(RELEASES).ask(question).text == date
