"""The chat about the sample articles."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from qa.web import notices

from .conftest import Chat, article, cited, kept, opened, wait_until_idle
from .http_api import ask
from .test_accessibility import DARKEN, FADED

JETS = "Which fighter jets did China buy?"
EGGS = "How many eggs can a queen lay in a day?"
UNANSWERED = "What is the boiling point of tungsten?"


@pytest.mark.parametrize("question", [JETS, EGGS])
def test_a_number_opens_the_exact_excerpt(chat: Chat, question: str) -> None:
    answer = chat.ask(question)
    # The first excerpt is shown without a click.
    link = answer.locator("a.cite").first
    document, start, end = cited(link)
    excerpt = article(document)[start:end]
    chat.shows(excerpt)
    expect(chat.mark.first).to_be_in_viewport()

    chat.close_source()
    link.click()
    chat.shows(excerpt)
    expect(chat.mark.first).to_be_in_viewport()
    expect(chat.mark.first).to_be_focused()

    citation = ask(chat.address, question)["citations"][0]
    assert (citation["document"], citation["start"], citation["end"], citation["text"]) == (
        document,
        start,
        end,
        excerpt,
    )
    assert answer.locator("blockquote").first.text_content() == citation["text"]


def test_an_answer_is_short_first_then_excerpts_with_location_verdict_and_confidence(chat: Chat) -> None:
    answer = chat.ask(EGGS)
    reply = ask(chat.address, EGGS)
    expect(answer.locator(".short")).to_have_text(f"{reply['answer']} [1]")
    expect(answer.locator(".source-line").first).to_contain_text("Inside a Honeybee Colony")
    expect(answer.locator(".source-line").first).to_contain_text("verbatim")
    confidence = answer.locator(".confidence span").first
    expect(confidence).to_have_text("Very likely right")
    expect(confidence).to_have_attribute("title", re.compile(f"^{round(100 * reply['confidence'])}%: "))


def test_a_question_mark_opens_what_verbatim_and_the_confidence_mean(chat: Chat) -> None:
    link = chat.ask(JETS).get_by_role("link", name="What do verbatim and the confidence mean")
    assert "noopener" in (link.get_attribute("rel") or "")
    chat.page.locator("#chat a.copy").first.focus()
    chat.page.keyboard.press("Shift+Tab")
    expect(link).to_be_focused()
    with chat.page.context.expect_page() as opened_page:
        chat.page.keyboard.press("Enter")
    explanation = opened_page.value
    explanation.on("request", chat.note_request)
    explanation.on("console", chat.note_message)
    explanation.reload()
    assert explanation.url.startswith(f"{chat.address}/")
    expect(explanation.get_by_role("heading", level=1)).to_have_text("Exact quotes and confidence")
    expect(explanation.get_by_role("heading", name="What an exact quote is")).to_be_visible()
    expect(explanation.get_by_role("row", name="Likely right 65% or more", exact=True)).to_be_visible()
    expect(chat.answers).to_have_count(1)


def test_links_of_earlier_turns_still_work(chat: Chat) -> None:
    first = chat.ask(JETS).locator("a.cite").first
    chat.ask(EGGS)
    assert cited(first)[0] == "china-russia-partnership.md"
    expect(chat.page.locator("#source .id")).to_have_text("honeybee-colony.md")
    first.click()
    expect(chat.page.locator("#source .id")).to_have_text("china-russia-partnership.md")
    document, start, end = cited(first)
    chat.shows(article(document)[start:end])


def test_a_follow_up_is_searched_for_with_its_question(chat: Chat) -> None:
    chat.ask("When did China turn towards Russia?")
    answer = chat.ask("And why then?")
    expect(answer.locator(".query")).to_have_text("Why did China turn towards Russia?")


def test_a_declined_question_is_shown_plainly(chat: Chat) -> None:
    answer = chat.ask(UNANSWERED)
    expect(answer.locator(".short")).to_have_text("No answer found in these articles.")
    expect(answer.locator("a.cite, blockquote, .verdict")).to_have_count(0)
    assert "citation" not in (answer.text_content() or "").lower()

    nearest = answer.locator("a.nearby").first
    expect(nearest).not_to_be_visible()
    answer.get_by_text("Nearest passages").click()
    nearest.click()
    document, start, end = cited(nearest)
    expect(chat.page.locator("#source .id")).to_have_text(document)
    chat.shows(article(document)[start:end])


def test_the_keyboard_is_enough(chat: Chat) -> None:
    answer = chat.ask(JETS)
    chat.close_source()
    link = answer.locator("a.cite").first
    chat.page.locator("#chat .edit").focus()
    for _ in range(20):
        chat.page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    outline = link.evaluate("link => getComputedStyle(link).outlineStyle")
    assert outline == "solid"
    chat.page.keyboard.press("Enter")
    expect(chat.mark.first).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_the_theme_is_remembered_and_keys_are_explained(app: str, browser: Browser) -> None:
    with browser.new_context(color_scheme="light") as context, opened(context, app) as chat:
        theme = chat.page.get_by_label("Theme")
        expect(theme).to_have_value("system")
        theme.select_option("dark")
        expect(chat.page.locator("body.dark")).to_be_attached()
        chat.page.reload()
        expect(theme).to_have_value("dark")
        expect(chat.page.locator("body.dark")).to_be_attached()
        theme.select_option("system")
        expect(chat.page.locator("body.dark")).to_have_count(0)
        chat.page.emulate_media(color_scheme="dark")
        expect(chat.page.locator("body.dark")).to_be_attached()

        wait_until_idle(chat.page)
        dialog = chat.page.get_by_role("dialog", name="Keyboard")
        chat.box.press_sequentially("/f?")
        expect(chat.box).to_have_value("/f?")
        expect(dialog).not_to_be_visible()
        theme.focus()
        chat.page.get_by_role("button", name="Keyboard").focus()
        chat.page.keyboard.press("?")
        expect(dialog).to_be_visible()
        chat.page.keyboard.press("Escape")
        chat.page.keyboard.press("/")
        expect(chat.box).to_be_focused()
        chat.page.get_by_role("button", name="Keyboard").click()
        dialog.get_by_role("checkbox").uncheck()
        dialog.get_by_role("button", name="Close").click()
        chat.page.keyboard.press("?")
        expect(dialog).not_to_be_visible()


def test_a_link_is_large_enough_to_hit(chat: Chat) -> None:
    for link in chat.ask(JETS).locator("a.cite, a.copy").all():
        box = link.bounding_box()
        assert box is not None
        assert box["width"] >= 24
        assert box["height"] >= 24


def test_retry_undo_and_clear(chat: Chat) -> None:
    first = chat.ask(JETS).locator("a.cite").first
    second = chat.ask(EGGS)
    # Suggested follow-ups come later.
    parts = second.locator(":scope > :not(.next)")
    expected = parts.all_text_contents()

    first.click()
    expect(chat.page.locator("#source .id")).to_have_text("china-russia-partnership.md")
    chat.page.get_by_role("button", name="Retry").click()
    # The same answer again shows its source again, though another was opened in between.
    expect(chat.page.locator("#source .id")).to_have_text("honeybee-colony.md")
    expect(chat.answers).to_have_count(2)
    expect(parts).to_have_text(expected)
    wait_until_idle(chat.page)
    # The scroll position does not matter either.
    expect(chat.mark.first).to_be_in_viewport()
    chat.page.locator("#source .page").evaluate("part => { part.scrollTop = part.scrollHeight }")
    expect(chat.mark.first).not_to_be_in_viewport()
    chat.page.get_by_role("button", name="Retry").click()
    expect(chat.mark.first).to_be_in_viewport()
    expect(parts).to_have_text(expected)

    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.answers).to_have_count(1)
    expect(chat.box).to_have_value(EGGS)
    # What the removed answer cites is no longer marked, but what the one before it does.
    document, start, end = cited(first)
    expect(chat.page.locator("#source .id")).to_have_text(document)
    chat.shows(article(document)[start:end])
    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.answers).to_have_count(0)
    expect(chat.page.locator("#source .articles")).to_be_visible()
    chat.ask(JETS)

    chat.page.get_by_role("button", name="Clear").click()
    expect(chat.answers).to_have_count(0)
    expect(chat.page.locator("#source .articles")).to_be_visible()
    chat.ask(JETS).locator("a.cite").first.click()
    chat.shows(article(document)[start:end])
    # A question asked at once does not continue the cleared conversation.
    chat.page.get_by_role("button", name="Clear").click()
    chat.box.fill(EGGS)
    chat.box.press("Enter")
    expect(chat.page.locator("#chat .user-row")).to_have_count(1)
    expect(chat.answers.locator(".confidence")).to_have_count(1)
    assert JETS not in str(kept(chat.page, EGGS)["conversation"])


def test_a_question_that_cannot_be_asked(chat: Chat) -> None:
    chat.box.fill("why " * 300)
    chat.box.press("Enter")
    problem = notices.LONG_QUESTION.sentence(characters=1200, limit=1000)
    expect(chat.page.locator("#chat .problem")).to_have_text(problem)
    assert "Traceback" not in chat.page.content()
    # The conversation continues without that question.
    expect(chat.ask(JETS).locator("a.cite").first).to_be_visible()


def test_a_blank_question_and_a_second_enter_change_nothing(chat: Chat) -> None:
    for blank in ("", "   "):
        chat.box.fill(blank)
        chat.box.press("Enter")
    chat.box.fill(JETS)
    chat.box.press("Enter")
    chat.box.press("Enter")
    expect(chat.answers.locator(".confidence")).to_have_count(1)
    chat.ask(EGGS)
    expect(chat.page.locator("#chat .user-row")).to_have_count(2)
    expect(chat.page.locator("#chat .problem")).to_have_count(0)


def test_messages_that_are_no_questions_about_the_articles_get_a_reply(chat: Chat) -> None:
    replies = {"Hello!": "Hello! Ask me about", "Thank you": "You are welcome.", "Who are you?": "I am a program"}
    for number, (message, replied) in enumerate(replies.items()):
        chat.box.fill(message)
        chat.box.press("Enter")
        expect(chat.page.locator("#chat .reply").nth(number)).to_contain_text(replied)
    expect(chat.answers).to_have_count(0)
    # Nothing was searched for, so the list of articles is still shown.
    expect(chat.page.locator("#source .articles")).to_be_visible()
    # The next question is no follow-up to it.
    expect(chat.ask(JETS).locator(".searched")).to_have_count(0)


def test_a_question_is_shown_as_typed(chat: Chat) -> None:
    question = "# Is <b>this</b> *bold*, `code`, $$x$$, https://example.com or [a](link)?\n1. ![x](y)  &amp;"
    chat.ask(question)
    expect(chat.page.get_by_test_id("user").locator("p")).to_have_text(question, use_inner_text=True)
    expect(chat.page.get_by_test_id("user").locator("a, b, em, code, img, h1, ol, .katex")).to_have_count(0)


def test_an_answer_can_be_copied(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = chat.ask(JETS)
    answer.locator("a.copy").click()
    expect(answer.locator("a.copy")).to_have_text("Copied")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    reply = ask(chat.address, JETS)
    first = reply["citations"][0]
    items = reply["answer"].replace("\n", "; ")
    assert copied.startswith(f"{items} [1]\n\n[1] \u201c{first['text']}\u201d\n\n")
    source = f"(china-russia-partnership.md, characters {first['start']}\u2013{first['end']}; verbatim)"
    assert f"[1] China and Russia: Partners by Degrees {source}" in copied

    span = f"characters {first['start']}\u2013{first['end']}"
    answer.get_by_role("button", name="Copy excerpt 1 as text").click()
    expect(answer.locator(".copies a").first).to_have_text("Copied")
    of = "China and Russia: Partners by Degrees"
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"\u201c{first['text']}\u201d\n\u2014 {of} (china-russia-partnership.md, {span})"
    answer.get_by_role("button", name="Copy excerpt 1 as Markdown").click()
    expect(answer.locator(".copies a").last).to_have_text("Copied")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    link = answer.locator(".source-line a.cite").first.get_attribute("href")
    assert copied.startswith(f"> {first['text']}\n>\n> \u2014 *{of}* (china-russia-partnership.md, [{span}](<")
    assert copied.endswith(f"/{link}>))")


def test_every_article_reads_like_one_and_keeps_its_text(chat: Chat) -> None:
    page = chat.page
    for number in range(3):
        link = page.locator("#source .articles a").nth(number)
        title = link.text_content()
        link.click()
        text = page.locator("#source .text")
        document = page.locator("#source .id").text_content() or ""
        assert text.text_content() == article(document)
        expect(text.locator("h1")).to_have_text(f"# {title}\n\n")
        expect(text.locator("h2").nth(2)).to_be_visible()
        lines = text.locator("p.paragraph").evaluate_all(
            "all => all.map(p => p.textContent.length * parseFloat(getComputedStyle(p).lineHeight) / p.offsetHeight)"
        )
        assert max(lines) < 75
        chat.close_source()


@pytest.mark.parametrize("width", [1280, 390])
def test_text_has_contrast_and_nothing_scrolls_sideways(app: str, browser: Browser, width: int) -> None:
    with opened(browser, app, width=width, query="?__theme=dark") as chat:
        chat.ask(UNANSWERED).get_by_text("Nearest passages").click()
        chat.ask(JETS)
        page = chat.page
        expect(chat.mark.first).to_be_visible()
        wait_until_idle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for selector in ("#chat-column", "#source-column", "#source .page"):
            assert page.locator(selector).evaluate("part => part.scrollWidth <= part.clientWidth")
        conversation, source = page.locator("#chat-column").bounding_box(), page.locator("#source").bounding_box()
        assert conversation is not None
        assert source is not None
        if width == 390:
            assert source["y"] >= conversation["y"] + conversation["height"]
        else:
            assert source["x"] >= conversation["x"] + conversation["width"]
        for dark in (True, False):
            page.evaluate(DARKEN, dark)
            page.evaluate(FADED)
            contrasts = page.evaluate(Path(__file__).with_name("contrast.js").read_text(encoding="utf-8"), {})
            assert len(contrasts) > 15
            assert {text: ratio for text, ratio in contrasts.items() if ratio < 4.5} == {}


@pytest.mark.parametrize(
    "go_back",
    [
        pytest.param(lambda page: page.get_by_role("button", name="Back to the answer").click(), id="link"),
        pytest.param(Page.go_back, id="browser"),
    ],
)
def test_on_a_phone_a_link_leads_to_the_excerpt_and_back(
    app: str, browser: Browser, go_back: Callable[[Page], object]
) -> None:
    with opened(browser, app, width=390, height=844) as chat:
        chat.ask("What ships laid the cable?")
        link = chat.ask(JETS).locator("a.cite").first
        link.click()
        expect(chat.mark.first).to_be_focused()
        expect(chat.mark.first).to_be_in_viewport()
        go_back(chat.page)
        expect(link).to_be_focused()
        expect(link).to_be_in_viewport()
