"""Actions on a finished answer: search for something else, and save it as a test case."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from .conftest import Chat, article, cited, eventually, kept, opened, running

TURN = "When did China turn towards Russia?"
EGGS = "How many eggs can a queen lay in a day?"
JETS = "Which fighter jets did China buy?"
EVERYWHERE = "What is the boiling point of tungsten?"


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of an app that saves test cases, and the file with them."""
    file = tmp_path_factory.mktemp("cases") / "cases.jsonl"
    with running([sys.executable, "app.py"], QA_CASES_FILE=str(file)) as (address, _):
        yield address, file


def test_the_search_query_is_edited_and_asked_again(chat: Chat) -> None:
    chat.ask(EGGS)
    chat.ask(TURN)
    rewritten = chat.ask("And why then?")
    chat.ask(EVERYWHERE)
    query = rewritten.locator(".query")
    before = query.text_content() or ""
    assert "China" in before
    edit = rewritten.get_by_role("button", name="Edit")
    field = rewritten.get_by_label("Search for")
    edit.press("Enter")
    expect(field).to_have_value(before)
    expect(field).to_be_focused()
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(edit).to_be_focused()

    edit.press("Enter")
    field.fill(EGGS)
    field.press("Enter")
    # The conversation continues from there, as after a retry.
    expect(chat.page.locator("#chat .answer .confidence")).to_have_count(3)
    expect(query).to_have_text(EGGS)
    expect(chat.page.get_by_test_id("user").last).to_have_text("And why then?")
    assert cited(rewritten.locator("a.cite").first)[0] == "honeybee-colony.md"


def test_an_earlier_question_is_edited_and_asked_again(chat: Chat) -> None:
    question = "Is <b>this</b> *it* & 1 < 2?\nOr not?"
    chat.ask(question)
    chat.ask(TURN)
    page = chat.page
    edit = page.locator("#chat .edit").first
    edit.press("Enter")
    expect(page.locator("#chat .in-answer p")).to_have_text("The question after it will be removed.")
    field = page.locator("#chat").get_by_label("Question")
    expect(field).to_have_value(question)
    # The duration of a user's click.
    page.get_by_role("button", name="Cancel").click(delay=100)
    expect(page.get_by_test_id("user").first).to_have_text(question, use_inner_text=True)
    expect(edit).to_be_focused()

    edit.press("Enter")
    field.fill(EGGS)
    field.press("Enter")
    expect(page.get_by_test_id("user")).to_have_text([EGGS])
    expect(page.locator("#chat .answer .confidence")).to_have_count(1)
    assert cited(chat.answers.locator("a.cite").first)[0] == "honeybee-colony.md"


def test_what_to_ask_next_is_answered_and_an_answer_is_shared(chat: Chat, browser: Browser) -> None:
    page = chat.page
    link = chat.ask(EGGS).locator("a.share")
    suggested = page.locator("#chat .next a")
    expect(suggested).to_have_count(2)
    question = suggested.first.text_content() or ""
    suggested.first.click()
    expect(page.locator("#chat .answer .confidence")).to_have_count(2)
    expect(page.get_by_test_id("user").last).to_have_text(question)
    assert cited(chat.answers.last.locator("a.cite").first)[0] == "honeybee-colony.md"
    expect(suggested.first).not_to_be_visible()
    expect(chat.answers.last.locator(".next a")).to_have_count(2)

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link.click()
    expect(link).to_have_text("Copied")
    address = page.evaluate("navigator.clipboard.readText()")
    with opened(browser, chat.address, query=address.removeprefix(f"{chat.address}/")) as other:
        expect(other.page.locator("#chat .answer .confidence")).to_have_count(1)
        expect(other.page.get_by_test_id("user")).to_have_text(EGGS)
        document, start, end = cited(other.answers.locator("a.cite").first)
        other.shows(article(document)[start:end])
        # It is asked only once.
        kept(other.page, EGGS)
        other.page.reload()
        other.shows(article(document)[start:end])
        expect(other.page.get_by_test_id("user")).to_have_count(1)
        # A link that is pasted into an open page is followed too.
        other.page.evaluate("hash => { location.hash = hash }", link.get_attribute("href"))
        expect(other.page.get_by_test_id("user")).to_have_count(2)
        other.shows(article(document)[start:end])


def judge(answer: Locator, expected: str | None) -> None:
    """Save an answer as a test case: right without an expected answer, else wrong."""
    field = answer.get_by_label("Expected answer")
    expect(field).to_have_count(0)
    if expected is None:
        answer.get_by_role("button", name="Yes").press("Space")
        return
    answer.get_by_role("button", name="No").press("Enter")
    field.fill(expected)
    if expected:
        field.press("Enter")
    else:
        answer.get_by_role("button", name="do not answer").press("Enter")


def test_answers_are_kept_as_test_cases(cases: tuple[str, Path], browser: Browser) -> None:
    address, file = cases
    with opened(browser, address) as chat:
        first, second, third = chat.ask(TURN), chat.ask(EGGS), chat.ask(JETS)
        assert str(file) in (first.get_by_role("button", name="Yes").get_attribute("title") or "")
        for number, (answer, expected) in enumerate(((first, None), (second, "two"), (third, "")), start=1):
            judge(answer, expected)
            expect(chat.page.get_by_text(f"Saved in {file}").first).to_be_visible()
            # Notices disappear after a while, so the lines are counted instead.
            eventually(lambda: len(file.read_text(encoding="utf-8").splitlines()), number)
        right, wrong, unanswerable = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        assert [right["question"], wrong["question"], unanswerable["question"]] == [TURN, EGGS, JETS]
        assert ([right["right"], wrong["right"]], wrong["answers"]) == ([True, False], ["two"])
        assert unanswerable["answerable"] is False
        assert wrong["history"] == [TURN]
        document, start, end = cited(first.locator("a.cite").first)
        assert right["evidence"][0] == {"document": document, "start": start, "end": end}


def test_no_test_case_is_kept_on_a_space(tmp_path: Path, browser: Browser) -> None:
    file = tmp_path / "cases.jsonl"
    with (
        running([sys.executable, "app.py"], SYSTEM="spaces", QA_CASES_FILE=str(file)) as (address, _),
        opened(browser, address) as chat,
    ):
        answer = chat.ask(TURN)
        expect(answer.get_by_role("button", name="Copy", exact=True)).to_be_visible()
        expect(answer.get_by_role("button", name="Yes", exact=True)).to_have_count(0)
        chat.page.locator("#library").get_by_text("Articles: ").click()
        expect(chat.page.locator("#add")).to_contain_text("or when this Space restarts")
        expect(chat.page.get_by_label("Web address")).to_have_count(0)
    assert not file.exists()
