"""What the source pane is made of: links that hold any id, and articles that hold their text exactly."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import QAError
from qa.settings import Settings
from qa.types import Document
from qa.web.server.server import address
from qa.web.ui.excerpts import excerpt_html
from qa.web.ui.markup import LinkTarget, article_href, escape, parse_href, span_href
from qa.web.ui.source_pane import PART, article_html, source_html

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
LINES = st.lists(
    st.sampled_from(
        ["# Title", "Plain words.", "- item", "2) second", "", " ", "```", "| cell |", "####### no", "\t* x"]
    )
    | ANY_TEXT
).map("\n".join)


class Article(HTMLParser):
    """Collects the text of an article, of its marks, and its headings."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.marked = "", ""
        self._open: list[str] = []
        self.tags: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.append(tag)
        if tag != "input":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if "article" in self._open else ""
        self.marked += data if "mark" in self._open else ""


def document(text: str, pages: tuple[int, ...] = ()) -> Document:
    return Document("a.md", text, "A title", "a.md", pages)


@given(LINES, st.data())
def test_the_text_nodes_of_an_article_are_its_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    pages = tuple(sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1))))))
    whole = document(text, (0, *pages) if text else ())
    assert Article(f"<article>{excerpt_html(whole, start, end)}</article>").text == text[start:end]
    article = Article(article_html(whole, LinkTarget("cite", "a.md", start, end)))
    assert article.text == text
    assert article.marked == text[start:end]


def test_the_other_excerpts_of_an_answer_are_marked_faintly_and_can_be_stepped_through() -> None:
    text = "One is here. Two is here.\n\nThree is here. Four is here.\n"
    spans = [(0, 12), (13, 25), (27, 41)]
    links = [span_href("cite", "a.md", *span) for span in spans]
    elsewhere = span_href("cite", "b.md", 0, 4)
    documents = {"a.md": document(text), "b.md": Document("b.md", text, "B", "b.md")}
    page = source_html(documents, [links[1], *links, elsewhere])
    assert page.count("<mark") == 1
    assert '<mark tabindex="-1" data-number="2">Two is here&#46;</mark>' in page
    assert '<span class="neighbour" data-number="1">One is here&#46;</span>' in page
    assert '<span class="neighbour" data-number="3">Three is here&#46;</span>' in page
    assert f'<a class="previous" href="{links[0]}"' in page
    assert f'<a class="next" href="{links[2]}"' in page
    assert page.count('class="number"') == 4
    assert Article(page).text == text
    # The first comes after the last, in another article.
    last = source_html(documents, [elsewhere, *links, elsewhere])
    assert f'<a class="next" href="{links[0]}"' in last
    assert "neighbour" not in last


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30))))
def test_excerpts_that_overlap_leave_the_text_whole(spans: list[tuple[int, int]]) -> None:
    text = "Some text.\n\n- An item of it.\n- Another one."
    links = [span_href("cite", "a.md", start, min(start + length, len(text))) for start, length in spans]
    article = Article(source_html({"a.md": document(text)}, [span_href("cite", "a.md", 5, 20), *links]))
    assert article.text == text
    assert article.marked == text[5:20]


def test_a_span_inside_a_list_item_has_one_mark() -> None:
    text = "Intro.\n\n- First item.\n- Second item.\n"
    target = LinkTarget("cite", "a.md", text.index("- Second"), len(text) - 1)
    article = Article(article_html(document(text), target))
    assert article.tags.count("mark") == 1
    assert article.marked == "- Second item."


@pytest.mark.slow
def test_a_long_article_is_shown_in_parts_that_join() -> None:
    text = "".join(f"Line {number} of a long article.\n\n" for number in range(8_000))
    offset, shown = 0, ""
    while offset < len(text):
        article = Article(article_html(document(text), LinkTarget("article", "a.md", offset, offset)))
        shown += article.text
        offset += len(article.text)
    assert shown == text
    middle = LinkTarget("cite", "a.md", len(text) // 2, len(text) // 2 + 400)
    article = Article(article_html(document(text), middle))
    assert article.marked == text[middle.start : middle.end]
    assert len(article.text) < 1.2 * PART


def test_an_article_of_one_endless_line_is_shown_too() -> None:
    text = "word " * 100_000
    article = Article(article_html(document(text), LinkTarget("cite", "a.md", 300_000, 300_005)))
    assert article.marked == text[300_000:300_005]
    assert article.text in text


@given(ANY_TEXT)
def test_escaped_text_has_no_markup_and_is_restored(text: str) -> None:
    escaped = escape(text)
    assert html.unescape(escaped) == text
    assert not set(escaped) & set("<>\"'`${}[]()*_!\\|~^:./@\n\r")


@given(st.text(), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_link_can_encode_any_document_and_span(name: str, start: int, end: int) -> None:
    for kind in ("cite", "passage"):
        href = span_href(kind, name, start, end)
        assert href.isascii()
        assert parse_href(href) == LinkTarget(kind, name, start, end)
    assert parse_href(article_href(name, start)) == LinkTarget("article", name, start, start)


@pytest.mark.parametrize(
    "href",
    ["", "#", "#cite", "#cite:a.md", "#cite:a.md:1", "#cite:a.md:1:x", "#cite:a.md:-1:2", "#cite:a.md:1:2:3",
     "cite:a.md:0:1", "#other:a.md:0:1", "#cite:%ff:0:1", "#article:a.md", "#cite:a.md:\u0661:2", "#cite:b.md:0:1",
     "#cite:a.md:2:2", "#cite:a.md:3:2", "#cite:a.md:0:999", "#article:a.md:999", None, 5, [], [5],
     ["#cite:b.md:0:1", "#articles"]],
)  # fmt: skip
def test_a_link_that_leads_nowhere_is_answered_with_a_notice(href: object) -> None:
    assert 'class="notice"' in source_html({"a.md": document("Some text.")}, href)


@pytest.mark.parametrize(
    ("environment", "given_address", "expected"),
    [
        ({}, (None, None), ("127.0.0.1", 7860)),
        ({"SYSTEM": "spaces"}, (None, None), ("0.0.0.0", 7860)),
        ({"SYSTEM": "spaces", "GRADIO_SERVER_NAME": "::", "GRADIO_SERVER_PORT": "80"}, (None, None), ("::", 80)),
        ({"GRADIO_SERVER_PORT": "80", "QA_PORT": "90", "QA_HOST": "::1"}, (None, None), ("::1", 90)),
        ({"QA_PORT": "90", "QA_HOST": "::1"}, ("127.0.0.2", 0), ("127.0.0.2", 0)),
    ],
    ids=["at home", "on a Space", "Gradio's names", "our names first", "arguments first of all"],
)
def test_where_to_listen(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    given_address: tuple[str | None, int | None],
    expected: tuple[str, int],
) -> None:
    for name in ("SYSTEM", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "QA_HOST", "QA_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert address(Settings.from_environment(), *given_address) == expected


def test_a_port_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_PORT", "x")
    with pytest.raises(QAError, match="GRADIO_SERVER_PORT=x"):
        address(Settings.from_environment())
