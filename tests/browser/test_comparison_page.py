"""The page that `qa compare` writes, on a desktop and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from evaluation.handmade import Given, colour_question, write_run
from playwright.sync_api import Browser, expect

from qa.evaluation import compare
from qa.evaluation.report.comparison import write_comparison

QUESTIONS = [colour_question(f"q{number}", "red") for number in range(30)]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    runs = [
        write_run(
            folder / name,
            QUESTIONS,
            {question.id: Given("blue" if number < wrong else "red") for number, question in enumerate(QUESTIONS)},
        )
        for name, wrong in (("before", 3), ("after", 20))
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
    expect(row).to_contain_text("0.900")
    expect(row).to_contain_text("-0.567")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_text("right -> wrong: 17")).to_be_visible()
    page.close()
