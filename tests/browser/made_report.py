"""Reports of handmade runs, opened in a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, expect

from qa.evaluation import Evidence, Question, score, summarize
from qa.evaluation.report import write_report
from qa.evaluation.runs.results import Run
from qa.types import Document, JSONObject

from .conftest import TIMEOUT_MS


class Made:
    """Builds a handmade run over real texts; every span is a slice of one."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = {document.id: document for document in documents}
        self.questions: list[Question] = []
        self.predictions: dict[str, JSONObject] = {}
        self.errors: dict[str, str] = {}

    def add(
        self,
        question: Question,
        answer: str | None = None,
        cited: Sequence[Evidence] = (),
        **other: Any,  # noqa: ANN401
    ) -> None:
        """Add a question with its answer; None is a question that the bot declined."""
        self.questions.append(question)
        spans = [{"document": span.document, "start": span.start, "end": span.end} for span in cited]
        texts = [self.documents[span.document].text[span.start : span.end] for span in cited]
        self.predictions[question.id] = {
            "id": question.id,
            "question": question.question,
            "searched_for": question.question,
            "answer": answer,
            "abstained": answer is None,
            "reason": "No answer found in these articles." if answer is None else None,
            "confidence": 0.5,
            "citations": [
                {"n": n, **span, "text": text, "page": None, "score": 1.5}
                for n, (span, text) in enumerate(zip(spans, texts, strict=True), start=1)
            ],
            "passages": [
                {"document": document.id, "start": 0, "end": len(document.text), "score": 0.25}
                for document in list(self.documents.values())[:1]
            ],
            "timings_ms": {"retrieve": 1.0, "read": 2.0, "total": 3.0},
            **other,
        }

    def fail(self, question: Question, error: str) -> None:
        """Add a question that failed."""
        self.questions.append(question)
        self.errors[question.id] = error

    def write(self, folder: Path, description: JSONObject | None = None) -> Path:
        """Write the report, and return its path."""
        folder.mkdir(parents=True)
        scores = tuple(
            score(question, self.predictions.get(question.id), self.documents) for question in self.questions
        )
        described: JSONObject = {"started": "2026-01-02T03:04:05+00:00", "versions": {"qa": "0.1.0"}, "documents": {}}
        run = Run(
            folder, described | (description or {}), tuple(self.questions), self.predictions, self.errors, scores,
            summarize(scores, self.questions),
        )  # fmt: skip
        return write_report(run, self.documents)


@contextmanager
def opened(
    browser: Browser,
    report: Path,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    **options: Any,  # noqa: ANN401
) -> Iterator[Page]:
    """Open a report; at the end, check that it made no request, logged nothing and showed no dialog."""
    events: list[str] = []
    viewport = {"width": width, "height": 800}
    with browser.new_context(viewport=viewport, color_scheme=scheme, **options) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("request", lambda request: events.append(f"request: {request.url}"))
        page.on("console", lambda message: events.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: events.append(f"error: {error}"))
        page.on("dialog", lambda dialog: events.append(f"dialog: {dialog.message}"))
        page.goto(report.as_uri())
        yield page
        assert events == [f"request: {report.as_uri()}"]


def span(document: Document, words: str) -> Evidence:
    start = document.text.index(words)
    return Evidence(document.id, start, start + len(words))


def rows(page: Page) -> Locator:
    return page.locator("tr.question")


def open_row(page: Page, question: str) -> Locator:
    page.get_by_role("button", name=question).click()
    detail = page.locator("tr.detail")
    expect(detail).to_have_count(1)
    return detail
