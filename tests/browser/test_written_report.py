"""The report of a run whose answers a language model phrased, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from qa.evaluation import Question
from qa.types import Document, JSONObject

from .made_report import Made, open_row, opened, span

BEES = Document("bees.md", "The queen lays up to 2,000 eggs a day. Workers live for six weeks.", "The bees", "bees.md")
HOSTILE = 'Drones say "<img src=x onerror=alert(1)>" all day.'


def claim(text: str, verdict: str, citations: list[int], **more: object) -> JSONObject:
    return {"text": text, "verdict": verdict, "citations": citations, "evidence": "cited", **more}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Made([BEES])
    quoted = {"text": "<img src=x onerror=alert(1)>", "verdict": "not found"}
    claims = [
        claim("A queen lays up to 2,000 eggs.", "supported", [1]),
        claim("She may lay daily.", "partly", [1], missing="daily"),
        claim(HOSTILE, "unsupported", [], quotations=[quoted]),
    ]
    written = {
        "model": "<i>small</i>", "judge": "strict", "problem": None, "sentences": claims,
        "calls": 2, "prompt_tokens": 90, "answer_tokens": 30,
    }  # fmt: skip
    times = {"retrieve": 1.0, "read": 2.0, "generate": 1500.0, "total": 1503.0}
    cited = [span(BEES, "The queen lays up to 2,000 eggs a day.")]
    made.add(
        Question("eggs", "How many eggs?", ("2,000",)), "A queen lays up to 2,000 eggs.", cited,
        generated=written, timings_ms=times,
    )  # fmt: skip
    fell_back = {**written, "sentences": claims[:1], "problem": "the server is busy (429)"}
    made.add(
        Question("weeks", "How long?", ("six weeks",)), "six weeks", [span(BEES, "six weeks")], generated=fell_back
    )
    made.add(Question("plain", "Why?", answerable=False))
    return made.write(tmp_path_factory.mktemp("report") / "written")


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    with opened(browser, report) as page:
        yield page


def test_a_row_shows_each_sentence_with_its_verdict(page: Page) -> None:
    written = open_row(page, "How many eggs?").locator(".written")
    expect(written.locator("h3")).to_have_text("What <i>small</i> wrote")
    expect(written.locator("li")).to_have_text(
        [
            "A queen lays up to 2,000 eggs. [1] supported",
            "She may lay daily. [1] partly · daily",
            f"{HOSTILE} unsupported · quotation not found",
        ]
    )
    expect(written.locator("s")).to_have_text([HOSTILE])
    expect(written.locator("img")).to_have_count(0)


def test_a_row_says_why_an_answer_fell_back(page: Page) -> None:
    written = open_row(page, "How long?").locator(".written")
    expect(written.locator("p")).to_have_text("The reply above was given instead: the server is busy (429)")
    # Its citation numbers would refer to other excerpts.
    expect(written.locator("li")).to_have_text([re.compile(r"A queen lays up to 2,000 eggs\.\s+supported")])


def test_a_row_of_an_answer_without_a_model_has_no_such_part(page: Page) -> None:
    expect(open_row(page, "Why?").locator(".written")).to_have_count(0)


def test_the_measures_of_the_model_are_among_the_others(page: Page) -> None:
    table = page.get_by_role("table", name="Language model")
    expect(table.get_by_role("row", name="Generated answer not shown")).to_contain_text("50%")
    expect(
        page.get_by_role("table", name="Why generated answers are not shown").get_by_role(
            "row", name="The server is busy"
        )
    ).to_be_visible()
    expect(page.locator(".lead")).to_contain_text(
        "The language model was asked 2 times: its answer is shown 1, it failed 1."
    )
