"""The pages of `qa sweep` and `qa runs`: axe, hostile texts, print and phone layout; they load nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evaluation.handmade import Given, colour_question, write_run
from playwright.sync_api import Browser, Page, expect

from qa.evaluation import Evidence, read_run
from qa.evaluation.analysis.history import read_history
from qa.evaluation.analysis.sweep import analyse
from qa.evaluation.report.comparisons import write_history, write_sweep

from .made_report import opened
from .payloads import PAYLOADS
from .test_accessibility import VIEWS, violations

HOSTILE = " ".join(PAYLOADS[:12])
QUESTIONS = [colour_question(f"q{number} {HOSTILE}", "red") for number in range(20)]


def check(page: Page) -> None:
    """Check both themes on a desktop, a phone, and paper."""
    for width, scheme, rules in VIEWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert violations(page, rules) == {}, f"{width}, {scheme}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    assert page.evaluate("window.hacked") is None
    expect(page.locator("body img, iframe, [onerror], [onload]")).to_have_count(0)
    page.emulate_media(media="print")
    # Nothing scrolls in print, so no table may overflow its box.
    assert page.evaluate(
        "[...document.querySelectorAll('.scroll, pre')].every((one) => getComputedStyle(one).overflowX === 'visible')"
    )
    page.emulate_media(media="screen")


def test_both_pages(browser: Browser, tmp_path: Path) -> None:
    names = {
        f"chunk_tokens=160,passages_read={number},answer_threshold=0.5": {"embedding_model": f"{HOSTILE} {number}"}
        for number in (8, 4, 2)
    }
    for position, name in enumerate(names):
        given = {one.id: Given("red" if number > 4 * position else "blue") for number, one in enumerate(QUESTIONS)}
        write_run(tmp_path / "runs" / name, QUESTIONS, given, note=HOSTILE)
    runs = {name: read_run(tmp_path / "runs" / name) for name in names}
    write_sweep(analyse(runs, names, "correct", 0.5), tmp_path / "sweep.html")
    write_history(read_history(tmp_path / "runs"), tmp_path / "runs.html")
    with opened(browser, tmp_path / "sweep.html") as page:
        assert PAYLOADS[0] in (page.locator("main").text_content() or "")
        check(page)
    with opened(browser, tmp_path / "runs.html") as page:
        assert PAYLOADS[0] in (page.locator("main").text_content() or "")
        check(page)


def test_all_columns_are_seen_on_a_laptop(browser: Browser, tmp_path: Path) -> None:
    questions = [replace(one, evidence=(Evidence("colours.md", 0, 3),)) for one in QUESTIONS]
    questions += [colour_question(f"n{number}", answerable=False) for number in range(20)]
    names = {f"passages_read={number}": {"passages_read": number} for number in (8, 4)}
    given = {one.id: Given("red" if number % 2 else None) for number, one in enumerate(questions)}
    for name, values in names.items():
        write_run(tmp_path / "runs" / name, questions, given, passages_read=values["passages_read"])
    runs = {name: read_run(tmp_path / "runs" / name) for name in names}
    write_sweep(analyse(runs, names, "correct", 0.5), tmp_path / "sweep.html")
    write_history(read_history(tmp_path / "runs"), tmp_path / "runs.html")
    for name in ("sweep.html", "runs.html"):
        with opened(browser, tmp_path / name) as page:
            page.set_viewport_size({"width": 1280, "height": 800})
            assert page.locator(".scroll").evaluate("element => element.scrollWidth - element.clientWidth") == 0, name
