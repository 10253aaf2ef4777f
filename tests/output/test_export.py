from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from lxml import html  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

from qa.errors import QAError
from qa.output.export import FORMATS, Excerpt, Exchange, exchanges, export
from qa.types import Document

TEXT = "Bees dance.\n<b>They</b> tell where *food* lies."
DOCUMENTS = {"a.md": Document("a.md", TEXT, "The Bees", "a.md")}
SENT: list[dict[str, Any]] = [
    {
        "question": "What do <bees> do?",
        "answer": "dance",
        "confidence": "Very likely right \u2013 91%",
        "confidence_value": 0.9132,
        "searched_for": None,
        "excerpts": [
            {"n": 1, "document": "a.md", "title": "The Bees", "start": 0, "end": len(TEXT), "text": TEXT, "page": 2},
            {"n": 2, "document": "a.md", "title": "The Bees", "start": 0, "end": 4, "text": "Bats"},
        ],
    },
    {
        "question": "And why?",
        "answer": None,
        "confidence": "Not sure enough to answer \u2013 3%",
        "searched_for": "Why?",
    },
]


def tags_and_quotations(page: str) -> tuple[set[str], list[str]]:
    tree = html.document_fromstring(page)
    return {element.tag for element in tree.iter()}, [quoted.text_content() for quoted in tree.iter("blockquote")]


def test_excerpts_are_checked_anew() -> None:
    first, second = exchanges(SENT, DOCUMENTS)
    assert [excerpt.verdict for excerpt in first.excerpts] == ["verbatim", "not found"]
    assert second == Exchange("And why?", None, SENT[1]["confidence"], (), "Why?")
    assert exchanges(SENT, {})[0].excerpts[0].verdict == "not found"


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_text_recognised_from_an_image_is_labelled(form: Any) -> None:  # noqa: ANN401
    sent = [{**SENT[0], "excerpts": [{**SENT[0]["excerpts"][0], "recognised": True}]}]
    scanned = {"a.md": replace(DOCUMENTS["a.md"], recognised=((4, 9),))}
    assert "verbatim, recognised text" in export(exchanges([SENT[0]], scanned), form)
    # The browser's claim is not trusted.
    assert "recognised" not in export(exchanges(sent, DOCUMENTS), form)


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (None, "invalid conversation"),
        ([{"question": 5, "answer": None, "confidence": ""}], "0.question"),
        ([{**SENT[0], "excerpts": [{"n": 1}]}], "0.excerpts.0.document"),
    ],
)
def test_a_malformed_conversation_is_named(sent: object, named: str) -> None:
    with pytest.raises(QAError, match=named):
        exchanges(sent, DOCUMENTS)


def test_json_has_everything() -> None:
    conversation = exchanges(SENT, DOCUMENTS)
    read = json.loads(export(conversation, "json"))
    for each in read:
        each["excerpts"] = tuple(Excerpt(**{**one, "table": tuple(one["table"])}) for one in each["excerpts"])
    assert [Exchange(**each) for each in read] == list(conversation)


ROWS = "Country | Capital\n--- | ---\nFrance | *Paris*\nSpain |\n"
ROW = {"n": 1, "document": "t.md", "title": "T", "start": 28, "end": 44, "text": "France | *Paris*", "table": [["x"]]}


def test_a_row_of_a_table_is_a_table_below_the_names_of_its_columns() -> None:
    documents = {"t.md": Document("t.md", ROWS, "T", "t.md")}
    sent = {**SENT[0], "excerpts": [ROW, {**ROW, "start": 45, "end": 52, "text": "Spain |"}]}
    (exchange,) = exchanges([sent], documents)
    assert [one.table for one in exchange.excerpts] == [
        (("Country", "Capital"), ("France", "*Paris*")),
        (("Country", "Capital"), ("Spain", "")),
    ]
    markdown = export([exchange], "markdown")
    assert "> | Country | Capital |\n> | --- | --- |\n> | France | \\*Paris\\* |\n\n" in markdown
    page = MarkdownIt("gfm-like", {"linkify": False}).render(markdown)
    assert page.count("<th>") == 4
    assert "<td>*Paris*</td>" in page
    printed = export([exchange], "html")
    assert "<tr><th>Country</th><th>Capital</th></tr><tr><td>France</td><td>*Paris*</td></tr>" in printed


def test_cells_that_a_browser_sends_are_not_believed() -> None:
    sent = {**SENT[0], "excerpts": [ROW, {**SENT[0]["excerpts"][0], "table": [["x"]]}]}
    assert [one.table for one in exchanges([sent], DOCUMENTS)[0].excerpts] == [(), ()]


def test_markdown_quotes_each_excerpt_with_its_place() -> None:
    text = export(exchanges(SENT, DOCUMENTS), "markdown")
    quoted = "> Bees dance.\n> \\<b\\>They\\</b\\> tell where \\*food\\* lies."
    assert f"## What do \\<bees\\> do?\n\n**dance** [1]\n\n{quoted}\n\n" in text
    assert f"[1] The Bees, page 2 (a.md, characters 0\u2013{len(TEXT)}; verbatim)" in text
    assert (
        "**No answer found in these articles.**\n\nSearched for: Why?\n\nNot sure enough to answer \u2013 3%\n" in text
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "![seen](http://127.0.0.1/seen)",
        "<img src=x onerror=alert(1)>",
        "[a link](javascript:alert(1)) and <http://127.0.0.1/>",
        "# no heading\n- no list\n+ nor this\n--- nor a rule\n===",
        "`code` ~~struck~~ a | b &lt; $x$ \\* snake_case _so_",
        "> a quotation\n```\nfenced\n```",
    ],
)
def test_markdown_shows_the_text_of_an_excerpt_as_it_is(hostile: str) -> None:
    excerpt = {"n": 1, "document": "a.md", "title": hostile, "start": 0, "end": len(hostile), "text": hostile}
    sent = [{"question": hostile, "answer": hostile, "confidence": hostile, "excerpts": [excerpt]}]
    markdown = export(exchanges(sent, {"a.md": Document("a.md", hostile, hostile, "a.md")}), "markdown")
    tags, quoted = tags_and_quotations(MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown))
    assert tags == {"html", "body", "h1", "h2", "p", "strong", "blockquote"}
    assert [text.strip() for text in quoted] == [hostile]


PHRASED = {
    **SENT[0],
    "answer": "Bees <dance>. [1] ![See](http://example.org/*a*) the_food. [1] [2]",
    "phrased": "Written by tiny and checked against the excerpts. 2 sentences: 2 supported",
}


def test_the_words_of_a_language_model_have_their_own_numbers_and_mean_nothing() -> None:
    markdown = export(exchanges([PHRASED], DOCUMENTS), "markdown")
    assert (
        "\n\nBees \\<dance\\>. \\[1\\] \\!\\[See\\](http://example.org/\\*a\\*) the\\_food. \\[1\\] \\[2\\]\n\n> Bees"
        in markdown
    )
    assert f"\n\n{PHRASED['phrased']}\n\nVery likely right" in markdown
    page = export(exchanges([PHRASED], DOCUMENTS), "html")
    assert "Bees &lt;dance&gt;. [1] ![See](http://example.org/*a*) the_food. [1] [2]</p>" in page
    assert f'<p class="note">{PHRASED["phrased"]}</p>' in page
    assert json.loads(export(exchanges([PHRASED], DOCUMENTS), "json"))[0]["answer"] == PHRASED["answer"]


def test_the_page_shows_text_and_runs_nothing() -> None:
    written = export(exchanges(SENT, DOCUMENTS), "html")
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in written
    tags, quoted = tags_and_quotations(written)
    assert quoted == [TEXT, "Bats"]
    assert not {"b", "bees", "script"} & tags


def test_the_page_has_room_for_long_words_and_scripts_from_right_to_left() -> None:
    written = export(exchanges(SENT, DOCUMENTS), "html")
    assert "overflow-wrap:anywhere" in written
    assert written.count('<blockquote dir="auto">') == 2


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_conversation_has_every_format(form: Any) -> None:  # noqa: ANN401
    assert export([], form).endswith("\n")


def test_why_the_bot_declined_is_exported() -> None:
    declined = Exchange("Wer war das?", None, "Not sure enough to answer", reason="Die Modelle verstehen nur Englisch.")
    assert "**Die Modelle verstehen nur Englisch.**" in export([declined], "markdown")
    assert "Die Modelle verstehen nur Englisch." in export([declined], "html")
