"""WCAG 2.2 A and AA, checked by axe: on the page in its states, and in the report of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from made_files import make_pdf
from playwright.sync_api import Browser, FilePayload, Page, expect

from qa import QA
from qa.evaluation import evaluate, read_questions

from .conftest import ROOT, TIMEOUT_MS, Chat, opened

RULES: dict[str, object] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    # The size of targets is new in WCAG 2.2; axe checks it only on request.
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# Themes differ only in colours, wide and narrow windows in everything else.
COLOURS = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
LAYOUT = {**RULES, "rules": {"target-size": {"enabled": True}, "color-contrast": {"enabled": False}}}
VIEWS: tuple[tuple[int, Literal["light", "dark"], dict[str, object]], ...] = (
    (1280, "light", RULES),
    (1280, "dark", COLOURS),
    (390, "light", LAYOUT),
)
"""Width, theme and rules of each view; together they check all rules in both themes and on a phone."""
PANEL = ".api-docs"
GRADIOS = {
    ("button-name", f"{PANEL} .banner-wrap button"): "its cross to close the panel has no name",
    ("button-name", f"{PANEL} .copy-button"): "its icons to copy have no name",
    ("color-contrast", f"{PANEL} .url"): "a blue of its own, in light and dark",
    ("label", f"{PANEL} .tool-checkbox"): "its boxes beside the tools have no label",
    ("listitem", f"{PANEL} .snippet"): "its tabs are list items outside of a list",
}
"""Violations in Gradio's own panel "Use via API", which cannot be changed: rule, selector and reason."""
FAULTY = '<div id="faulty" style="color: #999; background: #aaa"><img src="data:,">Pale words</div>'
# The colours are a gradient.
FADED = """() => Promise.allSettled(
  document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished)
)"""
DARKEN = "dark => document.body.classList.toggle('dark', dark)"


def violations(page: Page, options: dict[str, object] = RULES) -> dict[tuple[str, str], str]:
    """Return the markup of each violation by its rule and selector."""
    found = Axe().run(page, options=options).response["violations"]
    return {(rule["id"], node["target"][-1]): node["html"][:200] for rule in found for node in rule["nodes"]}


def in_both_themes(page: Page) -> Iterator[tuple[str, dict[tuple[str, str], str]]]:
    """Yield the violations in the light theme, and those of colours in the dark theme."""
    for name, options in (("light", RULES), ("dark", COLOURS)):
        page.evaluate(DARKEN, name == "dark")
        page.evaluate(FADED)
        yield name, violations(page, options)
    page.evaluate(DARKEN, False)


def pdf() -> FilePayload:
    """Return a page of print about a lighthouse."""
    lighthouse = make_pdf("The lighthouse of Dunmore was built in 1825 on a rock.")
    return {"name": "dunmore.pdf", "mimeType": "application/pdf", "buffer": lighthouse}


def test_screen_readers_are_told_in_words_that_an_answer_is_complete(chat: Chat) -> None:
    chat.ask("Which fighter jets did China buy?")
    expect(chat.page.locator(".sr-only", has_text="omplete")).to_have_text("Complete")


def test_the_page_in_all_its_states(app: str, browser: Browser) -> None:
    def check(state: str) -> None:
        for name, found in in_both_themes(page) if width == 1280 else [("light", violations(page, LAYOUT))]:
            assert found == {}, f"{state} at {width}, {name}"

    for width in (1280, 390):
        with opened(browser, app, width=width, height=844, query="?__theme=light") as chat:
            page = chat.page
            expect(page.locator("#chat a.ask").first).to_be_visible()
            check("welcome")

            page.locator("#library").get_by_text("Articles: ").click()
            page.locator("#add summary").click()
            files: list[FilePayload] = [pdf(), {"name": "sums.xls", "mimeType": "", "buffer": b"\0"}]
            page.set_input_files("#add-files", files)
            expect(page.locator("#outcomes .added, #outcomes .failed")).to_have_count(2)
            check("library")

            chat.ask("When was the lighthouse of Dunmore built?").locator("a.cite").first.click()
            expect(page.locator("#source .box").first).to_be_visible()
            check("printed page")

            page.locator("#library").get_by_text("Articles: ").click()
            chat.ask("What is the boiling point of tungsten?").get_by_text("Nearest passages").click()
            check("declined")

            several = chat.ask("What ships laid the cable?").locator("a.cite").first
            follow_up = chat.ask("And how long do they live?")
            follow_up.get_by_role("button", name="Edit").click()
            follow_up.get_by_role("button", name="No", exact=True).click()
            several.click()
            expect(page.locator("#source .excerpts")).to_be_visible()
            expect(chat.mark.first).to_be_focused()
            several.focus()
            expect(page.locator("#excerpt-card")).to_be_visible()
            check("excerpts and forms")

            page.locator("#source").get_by_text("All articles").click()
            page.locator("#source").get_by_role("link", name="Inside a Honeybee Colony").click()
            page.locator("#source .about").get_by_text("Names and dates").click()
            page.locator("#source .outline summary").click()
            page.get_by_label("Find in this article").fill("queen")
            expect(page.locator("#source a.ask").first).to_be_visible()
            check("article")

            page.get_by_role("button", name="Keyboard").click()
            check("keyboard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_that_explains(app: str, browser: Browser, scheme: Literal["light", "dark"]) -> None:
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{app}/help")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert violations(page) == {}


def test_gradio_s_own_faults_are_those_listed(app: str, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(app)
        page.get_by_role("button", name="Use via API").click()
        expect(page.locator(PANEL).get_by_text("add_document").first).to_be_visible()
        gone = {"light": set(GRADIOS), "dark": {("color-contrast", f"{PANEL} .url")}}
        for name, found in in_both_themes(page):
            elements = {key: page.locator(key[1]).first for key in found}
            listed = {
                key: (rule, selector)
                for key, element in elements.items()
                for rule, selector in GRADIOS
                if key[0] == rule and element.evaluate("(part, selector) => part.matches(selector)", selector)
            }
            assert {key: found[key] for key in found.keys() - listed.keys()} == {}, f"new in {name}"
            assert gone[name] - set(listed.values()) == set(), f"gone in {name}"


def test_a_fault_is_found(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(FAULTY)
        assert {rule for rule, _ in violations(page)} >= {"image-alt", "color-contrast"}


def test_the_report_of_a_run(sample_bot: QA, browser: Browser, tmp_path: Path) -> None:
    questions = read_questions(ROOT / "data" / "questions" / "honeybee-colony.jsonl")[:6]
    evaluate(sample_bot, questions, tmp_path / "run")
    for width, scheme, rules in VIEWS:
        with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
            page = context.new_page()
            page.goto((tmp_path / "run" / "report.html").as_uri())
            page.locator("button.opener").first.click()
            assert violations(page, rules) == {}, f"at {width}, {scheme}"
