"""The report of a run in a real browser: with 5,000 questions, and with hostile texts."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from qa.evaluation import Evidence, Question
from qa.output.export import Excerpt, Exchange, export
from qa.types import Document

from .made_report import Made, opened, rows, span
from .payloads import PAYLOADS

HOSTILE = (
    '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2"><svg onload=alert(3)>'
    "<!-- ]]> {{ 7*7 }} ${alert(4)} &lt;b&gt; <a href='javascript:alert(5)'>a</a> <style>*{display:none}</style>"
    "<iframe src=http://example.com></iframe> \u2028\u2029 \u202eevil\u202c \U0001f41d "
)
ALL_HOSTILE = " ".join(PAYLOADS)
UNPAIRED = "\ud800 unpaired \udfff "
SPEED = """(change) => new Promise((done) => {
  const tools = document.getElementById("tools");
  const start = performance.now();
  for (const [name, value] of Object.entries(change)) tools.elements[name].value = value;
  tools.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of 5,000 questions about 1,000 documents of 2,000 characters."""
    chance = random.Random(4)
    words = [
        f"{chance.choice('bcdfgklmnprst')}{chance.choice('aeiou')}{chance.choice('lmnrst')}{n % 97}"
        for n in range(3000)
    ]
    documents = []
    for number in range(1000):
        text = " ".join(chance.choices(words, k=400))[:2000]
        documents.append(Document(f"article-{number:04}.md", text, f"Article {number}", f"article-{number:04}.md"))
    made = Made(documents)
    for number in range(5000):
        document = documents[number % 1000]
        start = chance.randrange(1500)
        evidence = Evidence(document.id, start, start + 120)
        cited = Evidence(document.id, max(0, start - chance.randrange(400)), start + 60)
        question = Question(
            f"question-{number:05}", f"What about {' '.join(chance.choices(words, k=8))}?",
            (document.text[start : start + 12],), evidence=(evidence,), extra={"tags": [f"tag {number % 7}"]},
        )  # fmt: skip
        passages = [
            {"document": chance.choice(documents).id, "start": begin, "end": begin + 600, "score": 0.1}
            for begin in chance.choices(range(1400), k=10)
        ]
        answer = None if number % 5 == 4 else document.text[start : start + 20]
        made.add(question, answer, [cited] if answer else [], passages=passages, confidence=chance.random())
    return made.write(tmp_path_factory.mktemp("report") / "large")


def test_five_thousand_questions_stay_usable(browser: Browser, large: Path) -> None:
    assert large.stat().st_size < 10_000_000
    changes = {
        "first search": {"search": "what about"},
        "search": {"search": "article-0007.md"},
        "filter": {"search": "", "outcome": "wrong"},
        "order": {"outcome": "all", "order": "sure"},
    }
    # The fastest of several tries counts, since other load of the machine slows some of them down.
    tries: list[dict[str, float]] = []
    for _ in range(3):
        with opened(browser, large) as page:
            loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
            expect(rows(page)).to_have_count(50)
            tries.append({"load": loaded} | {name: page.evaluate(SPEED, change) for name, change in changes.items()})
    fastest = {name: min(each[name] for each in tries) for name in tries[0]}
    assert fastest.pop("load") < 5000
    assert max(fastest.values()) < 1000, fastest
    with opened(browser, large) as page:
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_role("status")).to_have_text("5,000 questions · showing 51\N{EN DASH}100")
        expect(rows(page)).to_have_count(50)
        rows(page).first.get_by_role("button").click()
        expect(page.locator("tr.detail")).to_be_visible()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = f"# {HOSTILE}{UNPAIRED}\n\nThe keeper of {HOSTILE} was called {UNPAIRED} Murphy.\n\n{ALL_HOSTILE}"
    name = f"sub/{HOSTILE.replace('/', '')}.md"
    document = Document(name, text, HOSTILE, name)
    made = Made([document])
    extra = {HOSTILE: HOSTILE, "tags": [HOSTILE, "plain"], "deep": {HOSTILE: [ALL_HOSTILE]}}
    for number in range(3):
        made.add(
            Question(
                f"{number}{HOSTILE}", f"{number} {ALL_HOSTILE}", (f"{HOSTILE}Murphy",), history=(HOSTILE,),
                document=name, evidence=(span(document, "Murphy"),), extra=extra,
            ),
            HOSTILE + ALL_HOSTILE + UNPAIRED, [span(document, "was called"), Evidence(name, 0, len(text))],
            searched_for=HOSTILE,
        )  # fmt: skip
    made.add(Question(f"declined{HOSTILE}", HOSTILE, extra=extra), reason=HOSTILE)
    made.fail(Question(f"failed{HOSTILE}", HOSTILE, extra=extra), f"ValueError: {HOSTILE}{UNPAIRED}")
    description = {
        "settings": {HOSTILE: ALL_HOSTILE, "list": [HOSTILE]},
        "versions": {"qa": HOSTILE},
        "documents": {name: HOSTILE},
        "started": HOSTILE,
        HOSTILE: {HOSTILE: HOSTILE},
    }
    folder = tmp_path_factory.mktemp("report") / "<img src=x onerror=alert(6)>\u202e& '\""
    return made.write(folder, description)


def test_hostile_texts_are_shown_and_run_nothing(browser: Browser, hostile: Path) -> None:
    with opened(browser, hostile) as page:
        for number in range(rows(page).count()):
            rows(page).nth(number).get_by_role("button").click()
        details = page.locator("tr.detail")
        expect(details).to_have_count(5)
        expect(page.locator("h1")).to_contain_text("<img src=x onerror=alert(6)>")
        expect(details.nth(0).locator("blockquote")).to_contain_text("</script><script>window.hacked=1</script>")
        expect(details.nth(4).locator(".facts")).to_contain_text("<img src=x onerror=")
        everything = " ".join((page.locator("main").text_content() or "").split())
        for payload in PAYLOADS:
            assert " ".join(payload.split()) in everything, payload
        page.locator("button.group", has_text="<script>").first.click()
        expect(page.locator("#group")).to_contain_text("<script>")
        page.get_by_role("searchbox").fill("<script>window.hacked=1")
        expect(rows(page)).not_to_have_count(0)
        assert page.evaluate("window.hacked") is None
        for selector in (
            "img",
            "iframe",
            "a[href^='javascript' i]",
            "[onerror]",
            "[onload]",
            "body style",
            "body svg svg",
        ):
            expect(page.locator(selector)).to_have_count(0)
        expect(page.locator("script")).to_have_count(2)
        # Inside an isolated element, an override of the direction of writing ends with it.
        kept = page.locator("[dir=auto], bdi").evaluate_all(
            "parts => parts.map((part) => getComputedStyle(part).unicodeBidi)"
        )
        assert set(kept) <= {"isolate", "plaintext"}
        outside = page.evaluate(
            """() => {
              const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              const found = [];
              while (walker.nextNode()) {
                const parent = walker.currentNode.parentElement;
                if (walker.currentNode.data.includes("\\u202e") && !parent.closest("[dir=auto], bdi, script")) {
                  found.push(parent.outerHTML.slice(0, 200));
                }
              }
              return found;
            }"""
        )
        assert outside == []


def test_a_saved_conversation_of_hostile_texts_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    saved = [
        Exchange(each, each, each, (Excerpt(1, each, each, 0, 1, each),), each, phrased)
        for each, phrased in zip(PAYLOADS, itertools.cycle([None, PAYLOADS[0]]), strict=False)
    ]
    (tmp_path / "saved.html").write_text(export(saved, "html"), encoding="utf-8")
    with opened(browser, tmp_path / "saved.html") as page:
        shown = " ".join((page.locator("body").text_content() or "").split())
        for payload in PAYLOADS:
            assert shown.count(" ".join(payload.split())) >= 4, payload
        expect(page.locator("script, img, svg, iframe, body style, a, [onerror], [onload], form")).to_have_count(0)
        assert page.evaluate("window.hacked") is None
