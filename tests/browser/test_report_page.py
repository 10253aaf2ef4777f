"""The report of a run, in a real browser: opened as a file, by people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect

from qa.evaluation import Question
from qa.types import Document

from .made_report import Made, open_row, opened, rows, span

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


BEES = Document(
    "bees.md",
    "\U0001f41d\U0001f41d About bees.\n\nThe queen lays up to 2,000 eggs a day. Workers live for six weeks. "
    + "Drones do not sting. " * 60
    + "Honey keeps for years, since it holds little water.",
    "The bees",
    "bees.md",
)
ROCKS = Document("rocks.md", "Granite is an igneous rock. Basalt cools fast.", "The rocks", "rocks.md")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Made([BEES, ROCKS])
    eggs, honey, weeks = (
        span(BEES, "up to 2,000 eggs a day"),
        span(BEES, "it holds little water"),
        span(BEES, "six weeks"),
    )
    sentence = span(BEES, "The queen lays up to 2,000 eggs a day.")
    made.add(
        Question("eggs", "How many eggs does a queen lay?", ("2,000",), evidence=(eggs,), extra={"tags": ["numbers"]}),
        "2,000", [sentence], confidence=0.9,
    )  # fmt: skip
    made.add(
        Question("honey", "Why does honey keep?", ("little water",), evidence=(honey,), extra={"tags": ["reasons"]}),
        "six weeks", [weeks], confidence=0.7,
    )  # fmt: skip
    made.add(Question("granite", "What is granité?", ("igneous",), document="rocks.md", extra={"tags": []}))
    made.add(Question("moon", "What is the Moon made of?", answerable=False, extra={"tags": ["numbers"]}))
    made.fail(Question("drones", "Do drones sting?", ("no",), extra={"tags": []}), "ValueError: broken")
    return made.write(tmp_path_factory.mktemp("report") / "bees and rocks")


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    with opened(browser, report) as page:
        yield page


def test_no_outcome_touches_its_question(page: Page) -> None:
    gap = "td => td.nextElementSibling.getBoundingClientRect().left - td.firstChild.getBoundingClientRect().right"
    assert min(page.evaluate(f"[...document.querySelectorAll('td.outcome')].map({gap})")) >= 8


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("Right", ["How many eggs does a queen lay?"]),
        ("Wrong", ["Why does honey keep?"]),
        ("Declined", ["What is granité?", "What is the Moon made of?"]),
        ("Failed", ["Do drones sting?"]),
    ],
)
def test_questions_are_filtered_by_outcome(page: Page, choice: str, expected: list[str]) -> None:
    expect(rows(page)).to_have_count(5)
    page.get_by_role("radio", name=choice).check(force=True)
    expect(rows(page).locator(".asked")).to_have_text(expected)
    expect(page.get_by_role("status")).to_have_text(f"{len(expected)} of 5 questions")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("QUEEN eggs", ["eggs"]),
        ("granite", ["granite"]),
        ("little water", ["honey"]),
        ("broken", ["drones"]),
        ("bees.md", ["eggs", "honey"]),
        ("numbers", ["eggs", "moon"]),
        ("no such words", []),
    ],
    ids=["question", "without the accent", "accepted answer", "error", "document", "extra column", "nothing"],
)
def test_questions_are_searched(page: Page, words: str, expected: list[str]) -> None:
    page.get_by_role("searchbox").fill(words)
    expect(rows(page)).to_have_count(len(expected))
    for name in expected:
        assert f"\n{name}\n" in "\n".join(["", *shown_ids(page), ""])
    if not expected:
        expect(page.get_by_role("status")).to_contain_text("No question fits")


def shown_ids(page: Page) -> list[str]:
    return list(page.evaluate("state.shown.map((index) => questions[index].id)"))


def test_the_order_can_be_chosen(page: Page) -> None:
    page.get_by_label("Order").select_option("most confident first")
    assert shown_ids(page) == ["eggs", "honey", "granite", "moon", "drones"]
    page.get_by_label("Order").select_option("least confident first")
    assert shown_ids(page) == ["granite", "moon", "honey", "eggs", "drones"]


def test_a_group_of_a_breakdown_narrows_the_table(page: Page) -> None:
    page.locator("table.breakdown", has_text="By tags").get_by_role("button", name="numbers").click()
    assert shown_ids(page) == ["eggs", "moon"]
    expect(page.locator("#questions")).to_be_in_viewport()
    page.get_by_role("button", name="tags: numbers").click()
    expect(rows(page)).to_have_count(5)


def test_a_row_opens_to_the_answer_and_the_exact_marks(page: Page) -> None:
    detail = open_row(page, "How many eggs")
    expect(detail.locator(".facts")).to_contain_text("exact match · F1 1.00")
    quote = detail.locator("blockquote")
    expect(quote.locator("mark.cited:not(.evidence)")).to_have_text(["The queen lays ", "."])
    expect(quote.locator("mark.cited.evidence")).to_have_text("up to 2,000 eggs a day")
    expect(detail.locator("figcaption")).to_contain_text("[1] verbatim")
    passage = detail.locator(".passages tbody tr")
    expect(passage.locator("mark")).to_have_text(["excerpt", "evidence"])
    expect(passage.locator("td").last).to_have_text("0.2500")
    assert (passage.locator(".lead").text_content() or "").startswith(BEES.text[:200])
    for kind in ("cited", "evidence"):
        assert detail.locator(f".legend mark.{kind}").first.is_visible()


def test_evidence_that_was_not_cited_is_shown_separately(page: Page) -> None:
    detail = open_row(page, "Why does honey keep?")
    quotes = detail.locator("blockquote")
    expect(quotes).to_have_count(2)
    expect(quotes.nth(0).locator("mark")).to_have_text("six weeks")
    expect(quotes.nth(1).locator("mark.evidence")).to_have_text("it holds little water")
    looks = [
        mark.evaluate("mark => [getComputedStyle(mark).backgroundColor, getComputedStyle(mark).borderBottomStyle]")
        for mark in (quotes.nth(0).locator("mark"), quotes.nth(1).locator("mark"))
    ]
    assert looks[0][0] != looks[1][0]
    assert (looks[0][1], looks[1][1]) == ("none", "solid")


def test_the_items_of_a_list_are_lines(browser: Browser, tmp_path: Path) -> None:
    made = Made([BEES])
    made.add(Question("bees", "Which bees are female?", ("queens and workers",)), "queens\nworkers")
    with opened(browser, made.write(tmp_path / "list")) as page:
        assert page.locator("td.given").inner_text() == "queens\nworkers"
        page.locator(".opener").click()
        assert page.locator(".facts strong").inner_text() == "queens\nworkers"


def test_the_keyboard_is_enough(page: Page) -> None:
    page.get_by_role("searchbox").focus()
    page.keyboard.type("eggs")
    opener = page.get_by_role("button", name="How many eggs")
    for _ in range(5):
        page.keyboard.press("Tab")
        if opener.evaluate("button => button === document.activeElement"):
            break
    expect(opener).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(opener).to_be_focused()
    controlled = opener.get_attribute("aria-controls")
    expect(page.locator(f"#{controlled}")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator("tr.detail")).to_have_count(0)
    page.get_by_role("radio", name="All").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Right")).to_be_checked()


def test_headings_tables_and_figures_are_named(page: Page) -> None:
    levels = page.locator("h1, h2, h3").evaluate_all("parts => parts.map((part) => Number(part.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for figure in page.get_by_role("img").all():
        assert len(figure.get_attribute("aria-label") or "") > 20
    expect(page.get_by_role("table", name="Every question")).to_have_count(1)
    expect(page.get_by_role("columnheader", name="Confidence")).to_have_count(1)
    assert page.locator("table:not(#table)").evaluate_all("tables => tables.every((table) => table.caption)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_can_be_read(browser: Browser, report: Path, width: int, scheme: Literal["light", "dark"]) -> None:
    with opened(browser, report, width=width, scheme=scheme) as page:
        open_row(page, "How many eggs")
        page.get_by_role("radio", name="Right").check(force=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("radio", name="All").check(force=True)
        contrasts = page.evaluate(CONTRAST, {"within": "body *", "except": "script, style, .hidden, option"})
        assert len(contrasts) > 60
        assert {text: ratio for text, ratio in contrasts.items() if ratio < 4.5} == {}


def test_on_paper_everything_that_is_chosen_is_there(browser: Browser, tmp_path: Path) -> None:
    made = Made([ROCKS])
    for number in range(130):
        made.add(Question(f"q{number}", f"Question {number}?", ("no",)))
    with opened(browser, made.write(tmp_path / "run")) as page:
        expect(rows(page)).to_have_count(50)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(rows(page)).to_have_count(130)
        expect(page.locator("#tools")).not_to_be_visible()
        expect(page.locator("#pager")).not_to_be_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(rows(page)).to_have_count(50)
        assert page.pdf().startswith(b"%PDF")


def test_without_a_script_the_figures_are_there(browser: Browser, report: Path) -> None:
    with opened(browser, report, java_script_enabled=False) as page:
        expect(page.locator(".figures dt").first).to_have_text("Right when answered")
        expect(page.get_by_text("needs JavaScript")).to_be_visible()
        expect(page.locator("#tools")).not_to_be_visible()


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.setAttribute('onclick', 'window.hacked = 1')",
        "fetch('data:text/plain,x')",
        "new Promise((done, onerror) => Object.assign(new Image(), { onload: done, onerror, src: 'data:image/gif,' }))",
    ],
    ids=["markup", "handler", "request", "image"],
)  # fmt: skip
def test_the_policy_blocks_requests_of_scripts(browser: Browser, report: Path, attempt: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(report.as_uri())
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        with pytest.raises(Error):
            page.evaluate(f"async () => {{ await ({attempt}) }}")
        assert complaints


@pytest.mark.skipif("QA_REPORT_SCREENSHOT" not in os.environ, reason="QA_REPORT_SCREENSHOT names no file to write")
def test_screenshot(browser: Browser) -> None:
    target = Path(os.environ["QA_REPORT_SCREENSHOT"])
    with opened(browser, Path(os.environ["QA_REPORT"]).resolve()) as page:
        page.set_viewport_size({"width": 1280, "height": 1010})
        page.screenshot(path=target)
    with Image.open(target) as image:
        small = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
    small.save(target, optimize=True)
    assert target.stat().st_size < 200_000
