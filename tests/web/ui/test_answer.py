"""A generated answer as HTML: while it is written, finished, and sent back by a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from qa.claims import Claim, Generation, Quotation
from qa.types import NOT_FOUND, Answer, Citation, Document, Passage, Turn
from qa.web.ui import messages as chat
from qa.web.ui.answer import answer_html, short_answer_html
from qa.web.ui.excerpts import excerpt_html

TEXT = "Bees dance. They tell where food lies. Wasps do not."
DOCUMENTS = {"a.md": Document("a.md", TEXT, "The Bees", "a.md")}
PASSAGE = Passage("a.md", 0, len(TEXT), TEXT, None, 0.1, 0.5, 0.4)
FIRST = Citation(1, "a.md", 0, 11, TEXT[:11], None, 0.9)
SECOND = Citation(2, "a.md", 12, 38, TEXT[12:38], None, 0.6)
CLAIMS = (
    Claim("Bees dance.", (1,), "supported", "cited", opens="paragraph"),
    Claim("They dance 24 hours.", (), "unsupported", "none", "the <time>"),
    Claim('They "say where \u201cfood\u201d is" & "sing".', (1, 2), "partly", "found", "who <sings>",
          (Quotation(6, 25, "altered"), Quotation(30, 34, "not found"))),
)  # fmt: skip
GENERATED = Generation("tiny<b>", CLAIMS, judge="strict", calls=2)
ANSWER = Answer(
    "What do they do?", "What do they do?", " ".join(claim.text for claim in GENERATED.shown_claims), None, 0.9,
    (FIRST, SECOND), (PASSAGE,), {}, None, GENERATED,
)  # fmt: skip
FELL_BACK = replace(
    ANSWER, text="dance", citations=(FIRST,), generated=replace(GENERATED, problem="the server is busy (429)")
)
HOSTILE = (
    "</del></p></div><script>alert(1)</script><img src=x onerror=alert(2)> ${alert(3)} {{7*7}} ![i](http://x.test/i) "
    '[l](javascript:alert(4)) `code` $$x$$ **b** &lt; <p class="writing"></p> \u2028 \ud800'
)


class Page(HTMLParser):
    """Collects each text with its element and class."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(f"{tag}.{dict(attrs).get('class') or ''}")
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().startswith(f"{tag}.")

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1], data))

    def within(self, element: str) -> list[str]:
        return [text for where, text in self.texts if where == element]


def test_text_recognised_from_an_image_is_labelled() -> None:
    answer = replace(
        ANSWER, citations=(FIRST, replace(SECOND, recognised=True)), passages=(replace(PASSAGE, recognised=True),)
    )
    found = [where for where, text in Page(answer_html(answer, DOCUMENTS)).texts if text == "recognised text"]
    assert [where.rpartition(".")[2] for where in found] == ["recognised"]
    assert "recognised" not in answer_html(ANSWER, DOCUMENTS)


def test_only_an_answer_from_served_articles_can_be_shared() -> None:
    assert "#share:" in answer_html(ANSWER, DOCUMENTS, served=True)
    assert "#share:" not in answer_html(ANSWER, DOCUMENTS)


def test_each_sentence_has_its_numbers_or_is_struck() -> None:
    page = Page(answer_html(ANSWER, DOCUMENTS))
    assert page.within("del.") == ["They dance 24 hours."]
    assert page.within("small.tag") == ["not supported: the <time>", "found", "partly supported: who <sings>"]
    assert page.within("small.tag quoted") == ["altered", "not found"]
    written = "".join(text for where, text in page.texts[: page.texts.index(("small.tag", "found"))])
    assert written == (
        "Bees dance. [1] They dance 24 hours. not supported: the <time> "
        'They "say where \u201cfood\u201d is" altered & "sing" not found. [1] [2] '
    )
    first, second = "#cite:a.md:0:11", "#cite:a.md:12:38"
    assert [link for link in page.links if link.startswith("#cite")] == [
        *(first, first, second),
        *(first, first, second),  # sentence by sentence
        *(first, second),
    ]
    assert page.within("blockquote.excerpt") == [FIRST.text, FIRST.text, SECOND.text, FIRST.text, SECOND.text]
    assert page.within("p.why") == [
        "supported",
        "not supported: the <time>; no excerpt",
        "partly supported: who <sings>; the excerpt was searched for",
    ]
    assert page.within("p.phrased") == [
        "Written by tiny<b>. Checked against the excerpts by strict. "
        "3 sentences: 1 supported, 1 partly supported, 1 not supported. About 0 + 0 tokens in 2 calls"
    ]


def test_a_declined_question_says_how_many_articles_could_not_be_searched_yet() -> None:
    declined = replace(ANSWER, text=None, reason=NOT_FOUND, citations=(), generated=None)
    notice = ["2 articles being added could not be searched yet: ask again once added."]
    assert Page(answer_html(declined, DOCUMENTS, unread=2)).within("p.partly-read") == notice
    assert Page(answer_html(declined, DOCUMENTS)).within("p.partly-read") == []
    assert Page(answer_html(declined, DOCUMENTS, asked=["a.md"], unread=2)).within("p.partly-read") == []
    assert Page(answer_html(ANSWER, DOCUMENTS, unread=2)).within("p.partly-read") == []


ROWS = "Country | <b> | Area\n---|---|---\nFrance | Paris | 5\nSpain | 5 |\n"
NAMED = "Capital | Paris\nArea: | 5\nMotto | none\n"


@pytest.mark.parametrize(
    ("text", "row", "short", "names", "cells"),
    [
        pytest.param(ROWS, "France | Paris | 5", "Paris", ["Country", "<b>", "Area"], ["France", "5"], id="header"),
        pytest.param(ROWS, "Spain | 5 |", "5", ["Country", "<b>", "Area"], ["Spain"], id="empty cell"),
        pytest.param(NAMED, "Area: | 5", "5", ["Area:"], [], id="named rows"),
    ],
)
def test_a_row_of_a_table_is_below_the_names_of_its_columns(
    text: str, row: str, short: str, names: list[str], cells: list[str]
) -> None:
    start = text.index(row)
    answer = replace(
        ANSWER, text=short, generated=None, span=(text.index(short, start), text.index(short, start) + len(short)),
        citations=(Citation(1, "a.md", start, start + len(row), row, None, 0.9),),
    )  # fmt: skip
    page = Page(answer_html(answer, {"a.md": Document("a.md", text, "A", "a.md")}))
    assert page.within("th.") == names
    assert page.within("td.") == cells
    assert page.within("strong.") == [short]
    # The page's scripts take the excerpt from the text below the header.
    shown = [(where, part) for where, part in page.texts if where in {"th.", "td.", "strong.", "span.hidden"}]
    assert "".join(part for where, part in shown if where != "th." or text == NAMED).startswith(row)


MARKDOWN = (
    "# Orm\n\nThe **Ava** is *long*, see [maps](http://x.test).\n\n"
    "| a | b |\n|---|---|\n| **c** | d |\n\n- one\n- two\n\nRun:\n\n```sh\nif x\n  y *z*\n```\n"
)


@pytest.mark.parametrize(
    ("excerpt", "shown"),
    [
        ("The **Ava** is *long*, see [maps](http://x.test).", "The <strong>Ava</strong> is <em>long</em>, see maps."),
        ("# Orm", "Orm"),
        ("- one", "one"),
        ("- one\n- two", "- one\n- two"),
        ("Run:\n\n```sh\nif x\n  y *z*", "Run:\n\n<code>if x\n  y *z*</code>"),
        ("  y *z*", "<code>  y *z*</code>"),
        (
            "| a | b |\n|---|---|\n| **c** | d |",
            '<div class="table" tabindex="0"><table><tbody><tr class="row"><th>a</th><th>b</th></tr>'
            '<tr class="rule"><th>---</th><th>---</th></tr>'
            '<tr class="row"><td><strong>c</strong></td><td>d</td></tr></tbody></table></div>',
        ),
    ],
    ids=["sentence", "heading", "item", "items", "code", "a part of code", "table with its header"],
)
def test_markdown_in_an_excerpt_is_rendered_and_its_text_kept(excerpt: str, shown: str) -> None:
    start = MARKDOWN.index(excerpt)
    html = unescape(excerpt_html(Document("orm.md", MARKDOWN, "Orm", "orm.md"), start, start + len(excerpt)))
    assert re.sub("<[^>]*>", "", html) == excerpt
    assert re.sub(r'<span class="hidden"[^>]*>.*?</span>', "", html, flags=re.DOTALL) == shown


def test_incoming_text_follows_the_sentences() -> None:
    page = Page(
        short_answer_html(replace(ANSWER, generated=replace(GENERATED, partial_sentence="And <they>")), DOCUMENTS)
    )
    assert page.texts[-3:] == [("p.", " "), ("span.partial", "And <they>"), ("p.writing", "tiny<b> is writing")]
    assert len(page.links) == 3
    nothing_yet = Page(
        short_answer_html(replace(ANSWER, text="", citations=(), generated=Generation("tiny")), DOCUMENTS)
    )
    assert nothing_yet.texts == [("p.writing", "tiny is writing")]


@pytest.mark.parametrize(
    ("show", "notices"),
    [(short_answer_html, []), (answer_html, ["Answered without the language model: the server is busy (429)"])],
    ids=["first", "whole"],
)
def test_after_a_failure_the_page_shows_the_extractive_answer(show: object, notices: list[str]) -> None:
    assert callable(show)
    page = Page(show(FELL_BACK, DOCUMENTS))
    assert page.within("p.short") == ["dance "]
    assert not page.within("div.claims")
    assert page.within("p.phrased") == []
    assert page.within("p.fallback") == notices


def test_lists_steps_code_and_headings_keep_their_layout() -> None:
    claims = (
        Claim("Ways:", opens="paragraph"),
        Claim("Dance.", (1,), opens="bullet"),
        Claim("Well.", (2,)),
        Claim("Hum.", opens="bullet"),
        Claim("How", opens="heading"),
        Claim("Rise.", opens="step", number=3),
        Claim("a  <b>\nc", opens="code"),
        Claim("End `<b>`.", opens="paragraph"),
        Claim("Then.", opens="paragraph"),
    )
    generated = replace(GENERATED, claims=claims, judging=True)
    shown = short_answer_html(replace(ANSWER, generated=generated), DOCUMENTS)
    bare = re.sub(r' (?:title|class|href)="[^"]*"', "", shown)
    bare = re.sub(r"</?(?:span|a)>", "", bare)
    assert bare == (
        "<div><div><p>Ways&#58;</p><ul><li>Dance&#46; [1] Well&#46; [2]</li><li>Hum&#46;</li></ul><h4>How</h4>"
        '<ol><li value="3">Rise&#46;</li></ol><pre><code>a  &#60;b&#62;&#10;c</code></pre>'
        "<p>End <code>&#60;b&#62;</code>&#46;</p><p>Then&#46;</p>"
        "</div><p>Checking each sentence against its excerpts</p></div>"
    )


def test_each_mark_has_a_text_and_the_legend_has_those_that_occur() -> None:
    page = Page(answer_html(ANSWER, DOCUMENTS))
    assert [text for where, text in page.texts if where.startswith("small.tag") and "quoted" not in where] == [
        "not supported: the <time>", "found", "partly supported: who <sings>",
    ]  # fmt: skip
    assert "".join(page.within("p.legend")) == (
        "plain: supported \u00b7 : partly supported \u00b7 : not supported \u00b7 found: the excerpt was searched for"
    )
    assert "1 of 3 sentences supported" in [text for _, text in page.texts]
    unchecked = replace(GENERATED, judge=None, claims=(Claim("Bees dance.", (1,), evidence="cited"),))
    page = Page(answer_html(replace(ANSWER, generated=unchecked), DOCUMENTS))
    assert page.within("p.legend") == ["numbers: excerpts, not checked"]


@pytest.mark.parametrize("verdict", ["supported", "partly", "unsupported", "not_checked"])
@pytest.mark.parametrize("opens", ["", "bullet", "code", "heading"])
def test_nothing_that_a_model_writes_is_markup(verdict: str, opens: str) -> None:
    quotation = Quotation(0, len(HOSTILE), "altered")
    claim = Claim(HOSTILE, (1,), verdict, "cited", HOSTILE, (quotation,), opens)  # type: ignore[arg-type]
    generated = Generation(HOSTILE, (claim,), partial_sentence=HOSTILE, judge=HOSTILE)
    whole = replace(ANSWER, generated=generated)
    failed = replace(ANSWER, generated=replace(generated, problem=HOSTILE))
    for shown in (answer_html(whole, DOCUMENTS), short_answer_html(whole, DOCUMENTS), answer_html(failed, DOCUMENTS)):
        page = Page(shown)
        assert {where.split(".")[0] for where, _ in page.texts} <= {
            "p", "a", "del", "small", "span", "blockquote", "s", "summary", "li", "h4", "code", "ul", "div", "pre",
        }  # fmt: skip
        assert any("<script>alert(1)</script>" in text for _, text in page.texts)
        bare = re.sub(r"&#\d+;", "", re.sub(r"<[^>]*>", "", shown)).replace("[1]", "").replace("[2]", "")
        assert not re.search(r"[`$*{}\[\]!<>&]", bare)
        assert "\n" not in shown


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ANSWER, ANSWER.text),
        (FELL_BACK, "dance"),
        (replace(ANSWER, generated=Generation("tiny", (CLAIMS[1],))), None),
        (replace(ANSWER, generated=Generation("tiny", (Claim(HOSTILE[:-1], (1,), "supported"),))), HOSTILE[:-1]),
    ],
    ids=["kept", "fell back", "all struck", "hostile"],
)
def test_a_conversation_sent_back_has_the_answer_without_struck_sentences(answer: Answer, expected: str | None) -> None:
    exchange = chat.answered("What do they do?", answer, answer_html(answer, DOCUMENTS))
    sent = json.loads(json.dumps(chat.as_data([exchange])))
    (turn,) = chat.earlier_turns(chat.conversation(sent))
    assert turn.question == "What do they do?"
    assert turn.answer == (" ".join(expected.split()) if expected else None)
    assert turn.cited == tuple((one.document, one.start, one.end) for one in answer.citations)


def test_the_html_of_a_conversation_sent_back_is_not_read() -> None:
    forged = {"question": "What?", "shown": answer_html(ANSWER, DOCUMENTS), "asked": True}
    assert chat.earlier_turns(chat.conversation([forged])) == [Turn("What?", None)]


def test_an_interrupted_answer_loses_its_unfinished_sentence() -> None:
    writing = replace(ANSWER, generated=replace(GENERATED, partial_sentence="And they <"))
    stopped = chat.interrupted([chat.being_answered("What do they do?", writing, DOCUMENTS)])
    asked, reply = chat.messages(stopped)
    assert asked["content"][0]["text"] == "What do they do&#63;"
    page = Page(reply["content"][0]["text"])
    assert page.texts[-1] == ("p.stopped", "Stopped before the end")
    assert not page.within("span.partial") + page.within("p.writing")
    turns = [(turn.question, turn.answer) for turn in chat.earlier_turns(stopped)]
    assert turns == [("What do they do?", ANSWER.text)]
    assert chat.interrupted(stopped) == stopped
    whole = (chat.answered("What do they do?", ANSWER, answer_html(ANSWER, DOCUMENTS)),)
    assert chat.interrupted(whole) == whole
