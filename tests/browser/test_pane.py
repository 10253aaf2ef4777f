"""The source pane, suggestions and saving, about the sample articles and about a PDF."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command import COMMAND
from made_files import make_pdf
from playwright.sync_api import Browser, Page, expect

from qa.documents.loader import load_bytes
from qa.output.export import Excerpt, Exchange, export
from qa.web import notices

from .conftest import Chat, article, cited, eventually, opened, running
from .http_api import ask

SHIPS = "What ships laid the cable?"
EGGS = "How many eggs can a queen lay in a day?"
IN_PANE = """part => {
  const [own, pane] = [part, part.closest(".page")].map((each) => each.getBoundingClientRect());
  return own.top >= pane.top && own.bottom <= pane.bottom;
}"""
LINES = [
    "The Lighthouse",
    "The lighthouse of Dunmore was built in 1825 on a rock.",
    "Its keeper was called Murphy, and he kept goats.",
]


@pytest.fixture
def several(chat: Chat) -> tuple[Chat, list[tuple[str, int, int]]]:
    """A chat whose answer has several excerpts, and their spans."""
    answer = chat.ask(SHIPS)
    spans = [cited(link) for link in answer.locator(".source-line a.cite").all()]
    assert len(spans) > 1
    return chat, spans


def test_the_excerpts_of_an_answer_are_distinguished_and_stepped_through(
    several: tuple[Chat, list[tuple[str, int, int]]],
) -> None:
    chat, spans = several
    page = chat.page
    texts = [article(document)[start:end] for document, start, end in spans]
    neighbours = page.locator("#source .neighbour")
    chat.shows(texts[0])
    same = sum(document == spans[0][0] for document, _, _ in spans)
    assert len({neighbour.get_attribute("data-number") for neighbour in neighbours.all()} - {None}) == same - 1
    strong, faint = (
        page.locator(selector).first.evaluate("part => getComputedStyle(part).backgroundColor")
        for selector in ("#source mark", "#source .neighbour")
    )
    assert strong != faint

    page.locator("#source .next").click()
    expect(page.locator("#source .number[aria-current]")).to_have_text("2")
    chat.shows(texts[1])
    expect(chat.mark.first).to_be_in_viewport()
    # The focus stays on the button, so that Enter works again and the keys keep their meaning.
    expect(page.locator("#source .next")).to_be_focused()
    page.keyboard.press("p")
    expect(page.locator("#source .number[aria-current]")).to_have_text("1")
    chat.shows(texts[0])
    page.keyboard.press("n")
    expect(page.locator("#source .number[aria-current]")).to_have_text("2")
    # Typing a question is no stepping.
    chat.box.press_sequentially("napping")
    expect(page.locator("#source .number[aria-current]")).to_have_text("2")


def test_a_list_answer_links_to_further_items(
    several: tuple[Chat, list[tuple[str, int, int]]],
) -> None:
    chat, spans = several
    more = chat.answers.locator(".more")
    assert [cited(link) for link in more.locator("a.cite").all()] == spans[1:]
    more.locator("a.cite").first.click()
    document, start, end = spans[1]
    chat.shows(article(document)[start:end])
    # Without it, the short answer is like any other.
    parts = ask(chat.address, SHIPS)["parts"]
    expect(chat.answers.locator(".items li")).to_have_text([f"{part['text']} [1]" for part in parts])
    expect(chat.ask(EGGS).locator(".more")).to_have_count(0)


def test_a_number_shows_its_excerpt_in_a_card(several: tuple[Chat, list[tuple[str, int, int]]]) -> None:
    chat, spans = several
    page = chat.page
    document, start, end = spans[0]
    card = page.locator("#excerpt-card")
    number = page.locator("#chat .items a.cite").first
    expect(card).not_to_be_visible()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    number.hover()
    expect(card.locator("p")).to_have_text(article(document)[start:end])
    expect(card.locator("small")).to_have_text("The Cable That Crossed the Atlantic \u00b7 verbatim")
    # Its text can be selected.
    box = card.locator("p").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 8)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()") in article(document)[start:end]
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).not_to_be_visible()
    chat.box.hover()
    number.focus()
    expect(card).to_be_visible()
    chat.box.focus()
    expect(card).not_to_be_visible()
    assert not [url for url in requests if "component_server" in url]


def test_a_copied_link_opens_the_article_at_the_excerpt(
    several: tuple[Chat, list[tuple[str, int, int]]], browser: Browser
) -> None:
    chat, spans = several
    document, start, end = spans[0]
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.page.get_by_role("button", name="Copy link").click()
    expect(chat.page.get_by_role("button", name="Copied")).to_be_visible()
    link = chat.page.evaluate("navigator.clipboard.readText()")
    with opened(browser, chat.address, query=link.removeprefix(f"{chat.address}/")) as other:
        other.shows(article(document)[start:end])
        expect(other.mark.first).to_be_in_viewport()
        expect(other.page.locator("#source .id")).to_have_text(document)


def test_an_article_says_what_is_in_it_and_suggests_questions_that_it_answers(chat: Chat) -> None:
    page = chat.page
    suggested = page.locator("#chat a.ask")
    expect(suggested.nth(2)).to_be_visible()
    page.get_by_role("link", name="Inside a Honeybee Colony").first.click()
    about = page.locator("#source .about")
    expect(about).to_contain_text("897 words, 4 minutes to read")
    about.get_by_text("Names and dates").click()
    about.get_by_role("link", name="Karl von Frisch").click()
    chat.shows("Karl von Frisch")
    page.locator("#source").get_by_role("link", name="All articles").click()
    page.locator("#source .articles a").nth(1).click()
    question = page.locator("#source a.ask").last
    words = question.text_content()
    question.click()
    expect(page.locator("#chat .answer .confidence")).to_have_count(1)
    expect(page.get_by_test_id("user")).to_have_text(words or "")
    assert cited(page.locator("#chat a.cite").first)[0] == "honeybee-colony.md"


def test_the_length_of_an_article_with_a_long_title_is_on_one_line(chat: Chat) -> None:
    entry = chat.page.locator("#source .articles li").first
    before = entry.locator(".words").bounding_box()
    entry.locator("a").evaluate("link => { link.textContent = 'A long title '.repeat(12) }")
    after = entry.locator(".words").bounding_box()
    assert before
    assert after
    assert after["height"] == before["height"]


def test_an_article_is_paged_and_searched_and_back_returns(chat: Chat) -> None:
    page = chat.page
    _, start, end = cited(chat.ask(EGGS).locator("a.cite").first)
    excerpt = article("honeybee-colony.md")[start:end]
    chat.shows(excerpt)
    page.locator("#source .outline summary").click()
    page.locator("#source .outline").get_by_role("link", name="The Dance").click()
    chat.shows("The Dance")

    field, output = page.get_by_label("Find in this article"), page.locator("#source .find output")
    field.fill("queen  flies")
    expect(output).to_have_text("1")
    found = "[...CSS.highlights.get('found-now')].map(range => range.toString()).join()"
    for words, key, count, shown in [
        ("queen", "Enter", "1 of 11", "queen"),
        ("queen", "Shift+Enter", "11 of 11", "queen"),
        ("dance. a", "Enter", "not found", ""),
        ("six-sided", "Enter", "1 of 1", "six-sided"),
    ]:
        field.fill(words)
        field.press(key)
        expect(output).to_have_text(count)
        assert page.evaluate(found) == shown
    # A letter that is a shortcut elsewhere is typed here.
    field.press_sequentially("n")
    chat.shows("The Dance")

    page.go_back()
    chat.shows(excerpt)
    page.go_forward()
    chat.shows("The Dance")
    page.reload()
    chat.shows("The Dance")
    page.go_back()
    chat.shows(excerpt)


def saved(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return download.value.path().read_text(encoding="utf-8")


def test_a_conversation_is_saved_with_every_excerpt(chat: Chat) -> None:
    expect(chat.page.locator("#save")).not_to_be_visible()
    chat.ask(EGGS)
    chat.ask("What is the boiling point of tungsten?")
    chat.ask("Summarise the article on the honeybee")
    reply = ask(chat.address, EGGS)
    first = reply["citations"][0]
    read: list[dict[str, Any]] = json.loads(saved(chat.page, "JSON"))
    assert [each["question"] for each in read[:2]] == [EGGS, "What is the boiling point of tungsten?"]
    assert [each["confidence"] for each in read] == ["Very likely right", "Not sure enough to answer", ""]
    assert read[0]["confidence_value"] == round(reply["confidence"], 2)
    assert 0 < read[1]["confidence_value"] < 0.5
    assert read[2]["confidence_value"] is None
    assert (read[0]["answer"], read[1]["answer"]) == (reply["answer"], None)
    assert {key: read[0]["excerpts"][0][key] for key in ("n", "document", "start", "end", "text")} == {
        key: first[key] for key in ("n", "document", "start", "end", "text")
    }
    assert read[1]["excerpts"] == []
    markdown = saved(chat.page, "Markdown")
    assert f"> {first['text']}" in markdown
    assert "Inside a Honeybee Colony (honeybee-colony.md, characters" in markdown
    assert first["text"].split(",")[0] in saved(chat.page, "Printable page")

    # Without the server, the page says that nothing was saved.
    chat.page.route(re.compile("component_server"), lambda route: route.abort())
    chat.page.get_by_role("button", name="JSON", exact=True).click()
    expect(chat.page.get_by_role("alert")).to_contain_text(notices.NOT_SAVED.sentence())
    chat.complaints.clear()

    # A page in a frame may not use the clipboard. The second of two clicks leaves the name of the button as it was.
    chat.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')) }")
    copy = chat.page.locator("#chat a.copy").first
    chat.page.clock.install()
    for _ in range(2):
        copy.click()
        expect(copy).to_have_text("Copied")
    chat.page.clock.run_for(2000)
    expect(copy).to_have_text("Copy")
    expect(copy).to_be_focused()


def test_a_wide_table_on_the_printable_page_scrolls_and_keeps_its_words(browser: Browser) -> None:
    names = ("Region", "Population", "Kilometres", "Mountains", "Language", "Currency", "Governor", "Founded")
    table = (names, tuple("1856" for _ in names))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    excerpt = Excerpt(1, "a.md", "A", 0, 4, "1856", table=table)
    page.set_content(export([Exchange("When was it founded?", "1856", "Likely right", (excerpt,))], "html"))
    lines = (
        "part => { const range = new Range(); range.selectNodeContents(part); return range.getClientRects().length }"
    )
    assert [page.locator("th, td").nth(n).evaluate(lines) for n in range(16)] == [1] * 16
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def boxed(browser: Browser, address: str, width: int, text: str) -> None:
    with opened(browser, address, width=width, height=844) as chat:
        link = chat.ask("What was the keeper of the lighthouse called?").locator("a.cite").first
        _, start, end = cited(link)
        assert "Murphy" in text[start:end]
        link.click()
        chat.shows(text[start:end])
        pdf_page = chat.page.locator("#source .pdf")
        expect(pdf_page.locator("summary")).to_have_text("Page 1 of the PDF")
        box = pdf_page.locator(".box").last
        expect(box).to_be_in_viewport()
        picture = pdf_page.locator("img").bounding_box()
        placed = box.bounding_box()
        assert picture is not None
        assert placed is not None
        # Near the left margin of 10 mm of an A4 page, and where the third line is.
        assert abs((placed["x"] - picture["x"]) / picture["width"] - 10 / 210) < 0.02
        assert 0.08 < (placed["y"] - picture["y"]) / picture["height"] < 0.2
        expect(chat.mark.first).to_be_in_viewport()
        assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        chat.page.get_by_label("Page").fill("2")
        chat.page.get_by_role("button", name="Go", exact=True).click()
        expect(pdf_page.locator("summary")).to_have_text("Page 2 of the PDF")
        expect(pdf_page.locator("img")).to_be_visible()
        page_start = chat.page.locator('#source .page-start[data-page="Page 2"]')
        eventually(lambda: page_start.evaluate(IN_PANE), True)


def test_the_page_of_a_pdf_is_shown_with_the_excerpt_boxed(browser: Browser, tmp_path: Path) -> None:
    data = make_pdf("\n\n".join(LINES), "The lamp turns once in ten seconds.")
    (tmp_path / "dunmore.pdf").write_bytes(data)
    text = load_bytes(data, "dunmore.pdf").text
    serve = [*COMMAND, "serve", "--docs", str(tmp_path)]
    with running(serve, QA_ANSWER_THRESHOLD="0") as (address, _):
        for width in (1280, 390):
            boxed(browser, address, width, text)
