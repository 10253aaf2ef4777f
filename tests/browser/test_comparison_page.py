"""The page that `qa compare` writes, on a desktop and on a phone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from evaluation.handmade import Given, colour_question, write_run
from playwright.sync_api import Browser, expect

from qa.evaluation import Evidence, Question, compare
from qa.evaluation.report.comparisons import write_comparison

from .made_report import opened
from .payloads import PAYLOADS

# Of evidence are the measures with the longest names.
EVIDENCE = (Evidence("colours.md", 0, 3),)
QUESTIONS = [replace(colour_question(f"q{number}", "red"), evidence=EVIDENCE) for number in range(300)]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    runs = [
        write_run(
            folder / name,
            QUESTIONS,
            {question.id: Given("blue" if number < wrong else "red") for number, question in enumerate(QUESTIONS)},
        )
        for name, wrong in (("before", 30), ("after", 200))
    ]
    write_comparison(compare(*runs), folder / "compare.html")
    return folder / "compare.html"


@pytest.mark.parametrize("width", [1280, 390])
def test_every_verdict_is_seen_without_scrolling_sideways(browser: Browser, comparison: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(comparison.as_uri())
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="exact match"))
    verdict = row.get_by_text("worse", exact=True)
    box = verdict.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width
    table = page.get_by_role("region", name="Measures")
    assert table.evaluate("element => element.scrollWidth - element.clientWidth") == 0
    expect(row).to_contain_text("0.900")
    expect(row).to_contain_text("-0.567")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_text("right -> wrong: 170")).to_be_visible()
    page.close()


def test_hostile_texts_are_shown_and_run_nothing(browser: Browser, tmp_path: Path) -> None:
    questions = [
        Question(f"q{number} {payload}", payload, ("red",), document="colours.txt")
        for number, payload in enumerate(PAYLOADS)
    ]
    folders = [f"{name} <img src=x onerror=window.hacked=1>" for name in ("before", "after")]
    runs = [
        write_run(tmp_path / folder, questions, {each.id: Given(answer) for each in questions})
        for folder, answer in zip(folders, ("red", "blue"), strict=True)
    ]
    write_comparison(compare(*runs), tmp_path / "compare.html")
    with opened(browser, tmp_path / "compare.html") as page:
        shown = " ".join((page.locator("main").text_content() or "").split())
        for payload in PAYLOADS:
            # As the question, and within its id.
            assert shown.count(" ".join(payload.split())) >= 2, payload
        expect(page.locator("h1")).to_contain_text("<img src=x onerror=window.hacked=1>")
        expect(page.locator("script, img, svg, iframe, body style, a, [onerror], [onload]")).to_have_count(0)
        assert page.evaluate("window.hacked") is None
