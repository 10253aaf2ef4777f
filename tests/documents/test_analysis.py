"""The analysis of a visitor's text: made in the sandbox, equal to one made outside, and validated."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import ARTICLES, TermEmbedder
from hostile_texts import PATTERNS, hostile
from made_files import make_pdf

from qa import QA, Settings
from qa.documents.analysis import Analysis, analyse, as_json, from_json
from qa.documents.content import file_content, text_content
from qa.documents.loader import load_bytes, load_text
from qa.documents.sandbox import Sandbox
from qa.errors import LoadError, QAError
from qa.types import Document
from qa.web.library_registry import LibraryRegistry
from qa.web.overviews import overview_of

pytestmark = pytest.mark.slow

BEES = "# Bees\n\nBees dance on the comb in Vienna. They sing in 1944.\n\n## More\n\nVienna is far. They left Vienna."


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(Settings(), warm=True)
    yield sandbox
    sandbox.close()


def plain(analysis: Analysis | int) -> tuple[Any, ...]:
    assert isinstance(analysis, Analysis)
    terms = analysis.terms
    assert terms.numbers.dtype == terms.lengths.dtype == np.int32
    assert terms.parts.dtype == np.uint32
    listed = terms.vocabulary, terms.numbers.tolist(), terms.parts.tolist(), terms.lengths.tolist()
    return analysis.tokens, analysis.chunks, listed, analysis.overview


@pytest.mark.parametrize("name", ["honeybee-colony.md", "transatlantic-cable.md", "made"])
def test_an_analysis_in_the_sandbox_equals_one_outside(name: str, sandbox: Sandbox) -> None:
    content = text_content(BEES) if name == "made" else file_content((ARTICLES / name).read_bytes(), name)
    document = load_text(BEES) if name == "made" else load_bytes((ARTICLES / name).read_bytes(), name)
    loaded, analysis = sandbox.load(content, 100, 100_000)
    assert loaded == document
    assert plain(analysis) == plain(analyse(document, 100))
    assert analyse(document, 100).overview.names


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(make_pdf("Bees dance.", "They sing.", title="Bees"), "a.pdf", id="paged"),
        pytest.param(b"Page one.\x0cPage two.", "a.txt", id="form feed"),
        pytest.param("\ufeff\U0001f41d dances. caf\u00e9 \u5b57".encode(), "a.md", id="beyond ASCII"),
        pytest.param(b"<title>Bees</title><h1>Bees</h1><p>They dance.</p>", "a.html", id="heading that is the title"),
    ],
)
def test_a_file_of_the_sandbox_equals_one_read_outside(data: bytes, name: str, sandbox: Sandbox) -> None:
    document, analysis = sandbox.load(file_content(data, name, document_id="b/" + name, source="elsewhere"), 100, 1000)
    assert document == load_bytes(data, name, document_id="b/" + name, source="elsewhere")
    assert plain(analysis) == plain(analyse(document, 100))


def test_an_analysis_can_get_another_document_id() -> None:
    document = load_text(BEES)
    renamed = analyse(document, 100).with_document_id("b.txt")
    assert plain(renamed) == plain(analyse(replace(document, id="b.txt"), 100))


@pytest.mark.parametrize("name", PATTERNS)
def test_the_analysis_of_any_text_is_valid(name: str) -> None:
    document = Document("a.txt", hostile(name, 2_000), "A", "a.txt")
    analysis = analyse(document, 100)
    assert plain(from_json(json.loads(json.dumps(as_json(analysis))), document)) == plain(analysis)


def test_too_many_tokens_are_counted_and_no_more(sandbox: Sandbox) -> None:
    document, tokens = sandbox.load(text_content(BEES), 100, 5)
    assert document == load_text(BEES)
    assert tokens == analyse(document, 100).tokens


def replaced(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return a function that sets the value at a path such as ``chunks.0.1``."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]

    def change(head: Any) -> None:  # noqa: ANN401
        for step in way:
            head = head[step]
        head[last] = value

    return change


def each(path: str, *values: object) -> list[tuple[str, object]]:
    return [(path, value) for value in values]


FORGED: list[tuple[str, object]] = [
    *each("tokens", -1, True, 0.5, "9", None, 0),
    *each("chunks.0.0", -1, True, 1.0, 10**30, 60),
    *each("chunks.0.1", 0, 10_000, 10**30, None),
    ("chunks.1.0", 1),
    *each("chunks.0.2", [[0, 10_000]], [[5, 4]], [[0, 6], [3, 9]], [[1, 1]], [[0]], None, "ab"),
    *each("chunks.0.3", None, 3, "x" * 10_000, "\ud800"),
    *each("chunks", None, 3, [[]], {"a": 1}),
    *each("terms", None, [[], [], [], []], [["a"], [0], [1], [1]]),
    *each("terms.1.0", -1, 10**6, True, 2**40),
    *each("terms.2.0", -1, None, 2**40),
    ("terms.2", [1]),
    *each("terms.3.0", -1, 10**6, 2**40),
    ("terms.0.0", 7),
    *each("overview.sections.0.heading", "forged", "", None),
    *each("overview.sections.0.start", -5, 10_000),
    *each("overview.sections.0.level", 0, 7, "1"),
    *each("overview.names.0.text", "Paris", None),
    *each("overview.names.0.end", 0, 10_000),
    *each("overview.names", None, [{}]),
    *each("overview.words", -1, "many", 1.5),
    ("overview", None),
]


@pytest.mark.parametrize(("path", "value"), FORGED)
def test_an_analysis_of_another_text_is_refused(path: str, value: object) -> None:
    document = load_text(BEES, "Title")
    head = json.loads(json.dumps(as_json(analyse(document, 20))))
    assert plain(from_json(head, document)) == plain(analyse(document, 20))
    replaced(path, value)(head)
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError, OverflowError)):
        from_json(head, document)


@pytest.mark.parametrize("analysis", ['{"tokens": 2}', "4", "true", "[]", "null"])
def test_the_reply_of_a_compromised_process_is_checked(analysis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = f'{{"title": null, "page_starts": [], "analysis": {analysis}}}\nBees.'
    program = f"import os, sys; sys.stdout.write({reply!r}); sys.stdout.flush(); os.kill(os.getpid(), 9)"
    monkeypatch.setattr("qa.documents.sandbox._COMMAND", (sys.executable, "-c", program))
    with pytest.raises(LoadError, match=r"pasted text: crashed the parser \(exit code -9\)"):
        Sandbox(Settings()).load(text_content(BEES), 100, 1000)


def test_an_article_is_read_and_analysed_by_one_process(
    embedder: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[str] = []
    exchange = Sandbox._exchange

    def counted(sandbox: Sandbox, line: bytes, *rest: Any) -> tuple[bytes, bool, int]:  # noqa: ANN401 -- passed on
        jobs.append(json.loads(line)["job"])
        return exchange(sandbox, line, *rest)

    monkeypatch.setattr(Sandbox, "_exchange", counted)
    registry = LibraryRegistry(QA(Settings(), embedder=embedder))
    library = registry.open(registry.new_key())
    library.add_text(BEES)
    library.add_file(b"Tea came in 1650.", "tea.txt")
    library.add_file(b"Tea left in 1750.", "tea.txt")
    assert jobs == ["load"] * 3
    assert list(library.documents) == ["bees.txt", "tea.txt", "tea (2).txt"]
    assert {passage.document_id for passage in library.bot.search("tea")} >= {"tea.txt", "tea (2).txt"}


def test_a_visitor_s_text_is_analysed_only_in_the_sandbox(
    embedder: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = LibraryRegistry(QA(Settings(), embedder=embedder))
    library = registry.open(registry.new_key())
    for name in (
        *(
            "qa.index.builder.split",
            "qa.index.builder.document_terms",
            "qa.documents.chunking.sentence_spans",
            "qa.documents.chunking.count_tokens",
            "qa.documents.formats.text.decode",
        ),
        *("qa.web.overviews.overview", "qa.documents.overview.names"),
    ):
        monkeypatch.setattr(name, lambda *_: pytest.fail("a visitor's text is analysed in the server"))
    added = [library.add_text(BEES, "Bees"), library.add_file(b"Tea came in 1650.", "tea.txt")]
    assert [overview_of(each.document).words for each in added] == [21, 4]
    library.remove("tea.txt")
    assert list(library.documents) == ["bees.txt"]


def test_a_text_that_takes_too_long_is_refused(embedder: TermEmbedder) -> None:
    settings = Settings(parse_timeout_seconds=2, per_visitor_tokens=10_000_000, total_visitor_tokens=10_000_000)
    registry = LibraryRegistry(QA(settings, embedder=embedder))
    library = registry.open(registry.new_key())
    with pytest.raises(QAError, match="Long: takes more than 2 seconds to read"):
        library.add_text("Bees dance. " * 800_000, "Long")
    assert library.add_text(BEES, "Bees").tokens == analyse(load_text(BEES), 100).tokens


def test_an_overview_is_kept_as_long_as_one_library_has_the_article(
    embedder: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = LibraryRegistry(QA(Settings(), embedder=embedder))
    one, other = (registry.open(registry.new_key()) for _ in range(2))
    # Overviews are shared by all libraries of the process: no other test adds this text.
    text = "Tea from Assam reached the harbour of Malden in 1838."
    document = one.add_text(text, "Tea").document
    other.add_text(text, "Tea")
    made: list[Document] = []
    monkeypatch.setattr("qa.web.overviews.overview", made.append)
    one.remove("tea.txt")
    overview_of(document)
    assert not made
    other.remove("tea.txt")
    overview_of(document)
    assert made == [document]
