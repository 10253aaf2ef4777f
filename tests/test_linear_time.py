"""Every function that handles untrusted text takes time proportional to its length.

Functions with a limit of their own get a text of that length. Those that count every token ten times, parse HTML in
Python, rewrite questions, or parse replies, get a part of the length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pytest
from growth import too_long
from hostile_texts import LENGTH, PATTERNS, hostile

from qa.answering.about.bot_replies import Library, about
from qa.answering.about.topics import topic_of
from qa.answering.lists.enumerations import enumeration
from qa.answering.questions.code_names import asks_what_code_does, lacks_asked_code, named_code
from qa.answering.questions.comparison import compared
from qa.answering.questions.kinds import classify
from qa.answering.questions.statements import asked_speaker, asked_statement
from qa.answering.reading.short_span import fits, value_in_series, whole_words
from qa.answering.replies.clauses import clause_reply, names_clause
from qa.answering.replies.topics import asked_topic, key_words
from qa.answering.sentences.definition import defined_term
from qa.answering.sentences.yes_no import polarity
from qa.answering.subjects.means import asked_means
from qa.answering.subjects.other_subject import (
    is_of_another,
    is_of_another_code,
    is_of_another_version,
    is_of_another_year,
    permits_otherwise,
)
from qa.answering.summaries.requests import summary_request
from qa.claims import Claim, Generation
from qa.documents.chunking import count_tokens, excerpt_start, sentence_spans, split
from qa.documents.formats.html import read_html
from qa.documents.formats.mail import read_eml, read_mbox
from qa.documents.formats.markup import html_text
from qa.documents.formats.notebook import read_notebook
from qa.documents.formats.pdf.lines import Line
from qa.documents.formats.pdf.reader import article_of
from qa.documents.formats.rtf import read_rtf
from qa.documents.formats.sheets.cells import cell_text
from qa.documents.formats.sheets.delimited import read_csv
from qa.documents.formats.sheets.number_formats import format_number
from qa.documents.formats.subtitles import read_subtitles
from qa.documents.formats.text import read_markdown, read_plain
from qa.documents.loader import load_text
from qa.documents.option_entries import entries, option_lines
from qa.documents.overview import overview
from qa.documents.structure import blocks, is_heading
from qa.documents.syntax import syntax_of
from qa.documents.tables import is_content, read_row, table_excerpt
from qa.documents.turns import turns
from qa.errors import LoadError
from qa.evaluation.datasets.answers import contains_answer
from qa.evaluation.datasets.fields import preview
from qa.evaluation.metrics.slices import answer_type, question_word
from qa.evaluation.metrics.squad import token_f1
from qa.evaluation.report.rows import script_json
from qa.generation.draft import Draft
from qa.generation.facts import unknown_facts
from qa.generation.judge import Pair, judge_prompt, read_verdicts
from qa.generation.prompt import answer_prompt, rewrite_prompt, rewritten
from qa.generation.quotations import quotations
from qa.generation.reply_parser import sentences
from qa.generation.sources import choose
from qa.insights.question_generation.candidates import candidates, names_in
from qa.insights.question_generation.clauses import finish, is_standalone, lowered, parse
from qa.insights.question_generation.llm_drafts import parse_reply
from qa.insights.question_generation.patterns import MAX_SENTENCE_CHARACTERS, drafts, persons_in
from qa.insights.suggestions import _is_plain
from qa.models.embedder import embed_separately
from qa.output.export import FORMATS, Excerpt, Exchange, export
from qa.output.text import answer_to_json, answer_to_text
from qa.protocols import AnswerSpan, ChunkText, SpanFeatures
from qa.retrieval.query_rewriting import is_standalone as is_standalone_question
from qa.retrieval.query_rewriting import rewrite_question
from qa.retrieval.question_back import question_back
from qa.settings import Settings
from qa.text.dates import calendar_key, dates, has_date, is_date, months, times, with_days_as_words
from qa.text.languages import detect
from qa.text.names import TokenSet, capitals, is_name, names
from qa.text.negation import negations
from qa.text.numbers import is_numeral, numbers, with_english_digits
from qa.text.question_language import question_language
from qa.text.small_talk import questions_answer, reply, without_pleasantries
from qa.text.tokens import LANGUAGES, term_rows
from qa.text.topic import clause, topic
from qa.text.units import measures
from qa.types import Answer, Chunk, Citation, Document, Passage, Progress, SentenceMatch, Turn, Vectors

# Tracing would be measured with the rest.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]


class FlatEmbedder:
    """All texts are alike."""

    fingerprint = "flat"
    dimension = 4

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        return np.full((len(texts), 4), 0.5, dtype=np.float32)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed each part of a chunk separately."""
        return embed_separately(self.embed, chunks, progress)


EXCERPT = "The bridge was not opened by Mary Lane in 1858, and it cost 40,000 pounds (\u201ca lot\u201d)."


def document(text: str, name: str = "a.md") -> Document:
    return Document(name, text, "A", name)


def passage(text: str) -> Passage:
    matches = (SentenceMatch(0, len(text), 0, 0.5, 0.5),)
    return Passage("a.md", 0, len(text), text, None, 0.5, 0.5, 0.5, matches)


def answer(text: str) -> Answer:
    citation = Citation(1, "a.md", 0, len(text), text, None, 1.0)
    claims = (Claim(text, (1,), "supported", quotations=quotations(text[:1000], [])),)
    return Answer(text, text, text, text, 0.9, (citation,), (passage(text),), {}, None, Generation("model", claims))


def exchange(text: str) -> Exchange:
    return Exchange(text, text, "Unsure", (Excerpt(1, "a.md", "A", 0, 1, text),))


def drafted(text: str) -> Answer:
    """A reply, read beside a document, with its evidence searched for."""
    draft = Draft(
        answer("Tea."),
        choose([("a.md", 0, 5)], {"a.md": document("Ann Lee drank tea. It was hot.")}, 2000),
        FlatEmbedder(),
    )
    draft.read(text[: len(text) // 4], ended=True)
    draft.pairs()
    return draft.answer(Generation("model"))


def read_tables(text: str, name: str = "a.md") -> object:
    made = document(text, name)
    found = made.tables
    read = [read_row(made, (row[0][0], row[-1][1])) for table in found for row in table.rows()]
    return read, [table_excerpt(made, table.body, table.end) for table in found if table.body < table.end]


def tolerated(read: Callable[[bytes, str], object]) -> Callable[[str], object]:
    def run(text: str) -> object:
        try:
            return read(text.encode("utf-8", "replace"), "a")
        except LoadError:
            return None

    return run


def cell(text: str) -> dict[str, object]:
    return {"cell_type": "code", "source": text, "outputs": [{"text": text}, {"data": {"text/markdown": text}}]}


def itemised(text: str) -> object:
    """Look for an enumeration around a word in the middle of a sentence that is all of a text."""
    word = re.compile(r"\S{1,20}").search(text, len(text) // 2)
    start, end = word.span() if word else (0, len(text))
    span = AnswerSpan("a.md", start, end, 0, len(text), 1.0, SpanFeatures(*[0.0] * 10), 1.0, 1.0)
    return enumeration(text, span) if word else None


def in_language(code: str) -> Callable[[str], object]:
    """Return what cuts a part of a text into sentences: the rules of all languages are alike."""
    return lambda text: sentence_spans(text[: len(text) // 4], language=code)


FUNCTIONS: Mapping[str, Callable[[str], object]] = {
    "split.sentence_spans": sentence_spans,
    **{f"split.sentence_spans {code}": in_language(code) for code in LANGUAGES if code != "en"},
    "tables": read_tables,
    "tables.plain": lambda text: read_tables(text, "a.txt"),
    "split.split": lambda text: split(document(text[: len(text) // 2]), 256),
    "split.plain": lambda text: split(document(text[: len(text) // 2], "a.txt"), 256),
    "structure.is_heading": is_heading,
    "split.excerpt_start": lambda text: excerpt_start(text, [(0, 1), (1, len(text))], 1),
    "structure.syntax_of": lambda text: syntax_of(document(text, "a.txt")),
    "structure.file": lambda text: list(blocks(document(f"# A\n{text}"))),
    "structure.markdown": lambda text: list(blocks(document(f"# A\n{text}", "a.html"))),
    "structure.mdx": lambda text: list(blocks(document(text, "a.mdx"))),
    "structure.asciidoc": lambda text: list(blocks(document(text, "a.adoc"))),
    "structure.asciidoc table": lambda text: document(f"|===\n{text}\n|===\n", "a.adoc").tables,
    "structure.org": lambda text: list(blocks(document(text, "a.org"))),
    "structure.wiki": lambda text: list(blocks(document(f"== A ==\n{text}", "a.txt"))),
    "structure.plain": lambda text: list(blocks(document(text, "a.txt"))),
    "turns.file": lambda text: turns(document(f"Ann: a\nBo: b\nAnn: c\nBo: {text}")),
    "turns.plain": lambda text: turns(document(f"Ann: a\nBo: b\nAnn: c\nBo: {text}", "a.txt")),
    "turns.mail": lambda text: turns(document(f"From: Ann\n\n{text}\n{text} wrote:\n> {text}", "a.eml")),
    "questions.asked_speaker": lambda text: asked_speaker(f"Who said {text}?"),
    "questions.asked_statement": lambda text: asked_statement(f"What did Ann say about {text} according to {text}?"),
    "overview": lambda text: overview(document(text)),
    "rewriting.question": lambda text: rewrite_question(text, ["Who was Ann Lee?"]),
    "rewriting.history": lambda text: rewrite_question("And in 2014?", [text]),
    "rewriting.person": lambda text: rewrite_question(
        "Where did he live?", [text, "Who is that?", Turn("Who was it?", text)]
    ),
    "rewriting.clause": lambda text: rewrite_question("Who proved that?", [text]),
    "rewriting.topic": lambda text: rewrite_question(f"Back to the mill: {text}", []),
    "rewriting.other": lambda text: rewrite_question("And a drone?", [text]),
    "rewriting.is_standalone": is_standalone_question,
    "rewriting.question_back": question_back,
    "rewriting.references": lambda text: rewrite_question(
        "What did she do there with the second one?",
        [Turn("Where was it?", text), Turn(text, text), Turn("Who?", text)],
    ),
    "rewriting.phrase": lambda text: (
        rewrite_question(f"And to {text}", ["How long did it take to Lille?"]),
        rewrite_question("And to Toulon?", [text]),
    ),
    "about": lambda text: about(text, Library({}, Settings())),
    "about.last_answer": questions_answer,
    "about.topic": lambda text: topic_of(text, first=True),
    "summaries.request": lambda text: summary_request(text, {"a.md": document(text)}, None, first=True),
    "summaries.section": lambda text: summary_request(
        "Summarise the section on bees", {"a.md": document(text)}, None, first=True
    ),
    "question_language": question_language,
    "converse.reply": lambda text: reply(text, ["A"]),
    "converse.without_pleasantries": without_pleasantries,
    "topic.topic": topic,
    "topic.clause": clause,
    "topic.question": lambda text: (topic(f"When did {text}"), clause(f"Which was {text}")),
    "keyword.analyse": lambda text: term_rows([[text]]),
    "keyword.german": lambda text: term_rows([[text]], "de"),
    "keyword.japanese": lambda text: term_rows([[text]], "ja"),
    "languages.detect": detect,
    "kinds.classify": classify,
    "kinds.short_span": lambda text: (whole_words(text, 0, 1, (0, len(text))), fits("date", text)),
    "clauses": lambda text: (
        clause_reply("What does clause 1.1 say?", [document(f"1.1 {text}")]),
        clause_reply("What does Article I(b) say?", [document(f"Article I. {text}")]),
        names_clause(f"What does section {text}"),
    ),
    "kinds.other_subject": lambda text: (
        is_of_another("How is honey made?", text),
        is_of_another(text, "Wax is made."),
        is_of_another_code(text, text),
        permits_otherwise("What is forbidden?", text),
        permits_otherwise(text, "Dogs are banned."),
        is_of_another_version(text, text),
        is_of_another_year(f"in 1999 {text}", text, text),
    ),
    "kinds.values": lambda text: (value_in_series("How many in 2023?", text, (0, len(text)), (0, len(text))),),
    "kinds.code_names": lambda text: (
        named_code("Which option is it?", text, (0, 1), (0, len(text))),
        lacks_asked_code("What does --max-size do?", text),
        lacks_asked_code(text[:1000], "--max-size"),
        asks_what_code_does(text[:1000]),
        asked_means(f"How do I do it with {text[:1000]}"),
    ),
    "documents.option_entries": lambda text: (
        option_lines(text, 0, len(text)),
        option_lines(f"--{text}", 0, len(text) + 2),
        [*entries(text, text[:50])],
        [*entries(f"--force {text}", "--force")],
    ),
    "lists.enumeration": itemised,
    "tables.is_content": is_content,
    "kinds.topic": lambda text: (asked_topic(text), asked_topic(f"Tell me about {text}"), key_words(text)),
    "kinds.yes_no": lambda text: polarity("Is the bridge open?", text, text, text),
    "kinds.definition": lambda text: defined_term(text[:1000]),
    "kinds.comparison": lambda text: compared(text[:1000]),
    "text.numbers": lambda text: (numbers(text), is_numeral(text), with_english_digits(text)),
    "text.units": lambda text: (measures(text), measures(text.replace(" ", " 5 "))),
    "text.names": lambda text: (names(text), names(text, wide=True), is_name(text.split())),
    "text.capitals": lambda text: capitals([text]),
    "text.dates": lambda text: (list(dates(text)), is_date(text), has_date(text), months(text), list(times(text))),
    "text.calendar": lambda text: (calendar_key(text), with_days_as_words(text)),
    "text.negations": negations,
    "text.tokens": lambda text: [
        TokenSet(text).missing_fraction(name) for name in names("Ann Lee met Bob of China-Smith.")
    ],
    "reply.ended": lambda text: sentences(text, ended=True),
    "reply.unfinished": lambda text: sentences(text, ended=False),
    "quotations.claim": lambda text: quotations(text, [EXCERPT]),
    "quotations.passage": lambda text: quotations('He said "the bridge was far too long".', [text]),
    "facts.sentence": lambda text: unknown_facts(text, ["Ann Lee drank 24 teas."], []),
    "facts.evidence": lambda text: unknown_facts("Ann Lee drank 24 teas.", [text], [text]),
    "judge": lambda text: (judge_prompt(text, [Pair(text, text)]), read_verdicts(text, 5)),
    "draft": drafted,
    "sources": lambda text: choose([("a.md", 0, 5)], {"a.md": document(text[: len(text) // 4])}, 4000).in_prompt(),
    "generate.prompt": lambda text: answer_prompt(text, [Turn(text, text)], choose([], {}, 10)),
    "generate.rewrite": lambda text: (rewrite_prompt(text, [Turn(text)]), rewritten(text, 1000)),
    "render": lambda text: (answer_to_text(answer(text), {"a.md": document(text)}), answer_to_json(answer(text))),
    "export": lambda text: [export([exchange(text)], form) for form in FORMATS],
    "drafting.candidates": lambda text: list(candidates(document(text[: len(text) // 4]))),
    "drafting.drafts": lambda text: list(
        drafts(text[:MAX_SENTENCE_CHARACTERS], frozenset({"Ann"}), frozenset({"Ann Lee"}))
    ),
    "drafting.sentence": lambda text: list(drafts(f"The bridge was {text[:900]}.", frozenset())),
    "drafting.beyond": lambda text: list(drafts(text, frozenset())),
    "drafting.persons": lambda text: (persons_in([text]), names_in([text])),
    "drafting.clause": lambda text: (parse(text, 0, frozenset()), lowered(text, frozenset())),
    "drafting.question": lambda text: (finish(text), is_standalone(text)),
    "drafting.model": lambda text: parse_reply(
        f"Question: {text}?\nAnswer: {text}", document(text), Chunk("a.md", 0, len(text), text, ((0, len(text)),))
    ),
    "suggest": _is_plain,
    "evaluation.kinds": lambda text: (question_word(text), answer_type([text])),
    "evaluation.answers": lambda text: (token_f1(text, [text]), contains_answer(text, [text, "b c"])),
    "evaluation.shown": lambda text: (preview(text), script_json(text)),
    "formats.plain": tolerated(read_plain),
    "formats.markdown": tolerated(read_markdown),
    "formats.html": tolerated(lambda data, name: read_html(b"<html><body><p>" + data, name)),
    "formats.html_text": html_text,
    "formats.mailbox": tolerated(lambda data, name: read_mbox(b"From a\nFrom: a@b.c\n\n" + data, name)),
    "formats.mail": tolerated(lambda data, name: read_eml(b"Subject: a\nFrom: a@b.c\n\n" + data, name)),
    "formats.csv": tolerated(read_csv),
    "formats.rtf": tolerated(lambda data, name: read_rtf(rb"{\rtf1 " + data, name)),
    "formats.subtitles": tolerated(lambda data, name: read_subtitles(b"00:01.000 --> 00:02.000\n" + data, name)),
    "formats.notebook": tolerated(
        lambda data, name: read_notebook(json.dumps({"cells": [cell(data.decode())] * 2}).encode(), name)
    ),
    "formats.number": lambda text: format_number(1.5, text),
    "formats.cell": cell_text,
    "formats.pdf_lines": lambda text: article_of([printed(text.split("\n"))], ""),
    "formats.pdf_words": lambda text: article_of([printed(text[: len(text) // 4].split())], ""),
    "load.text": tolerated(lambda data, _: load_text(data.decode())),
    "split.count_tokens": count_tokens,
}


def printed(texts: Sequence[str]) -> list[Line]:
    """Return lines below each other, each fourth beside the one before."""
    return [
        Line(
            text, 200.0 * (at % 4 == 3), 12.0 * (at - (at % 4 == 3)), 180.0 + 200.0 * (at % 4 == 3), 12.0 * at + 10, 10
        )
        for at, text in enumerate(text.strip() for text in texts)
        if text
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_time_grows_no_faster_than_the_text(name: str) -> None:
    function = FUNCTIONS[name]
    function(EXCERPT)
    # Questions, and replies of a language model, are short.
    length = LENGTH // 4 if name.startswith(("rewriting.", "reply.")) else LENGTH
    took = {pattern: too_long(function, partial(hostile, pattern), length) for pattern in PATTERNS}
    assert {pattern: round(growth, 2) for pattern, growth in took.items() if growth} == {}
