"""What the library panel says of the articles, and what the endpoints list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from conftest import TermEmbedder
from made_files import packed

from qa import QA, Settings
from qa.documents.overview import overview
from qa.types import Document
from qa.web.libraries import Added, Library, PartAdded
from qa.web.library_registry import LibraryRegistry
from qa.web.overviews import cache_overview
from qa.web.ui.additions import Addition, add_all, additions
from qa.web.ui.library import article_list_html, asking_html, masthead_html, outcomes_html
from qa.web.ui.markup import escape
from qa.web.ui.source_pane import source_html

pytestmark = pytest.mark.slow

NOTES = ("pages 3-9 are images; text that is only in them cannot be found", "<script>alert(1)</script> & more")
SCANNED = Document("a.pdf", "Bees dance.", "Bees", "a.pdf", notes=NOTES)
WHOLE = Document("b.txt", "Ships sail.", "Ships", "b.txt")
SHOWN = (
    '<span class="note">Pages 3&#45;9 are images&#59; text that is only in them cannot be found.</span>'
    f'<span class="note">{escape(NOTES[1])}.</span>'
)


@pytest.fixture
def library(embedder: TermEmbedder) -> Library:
    bot = QA(Settings(), embedder=embedder)
    bot.add([SCANNED, WHOLE])
    return LibraryRegistry(bot).library("")


def test_notes_are_under_their_article_in_plain_words_and_escaped(library: Library) -> None:
    scanned, whole = article_list_html(library).split("</li>")[:2]
    assert SHOWN in scanned
    assert 'class="note"' not in whole
    assert SHOWN in source_html(library.documents, "#article:a.pdf:0")
    assert 'class="note"' not in source_html(library.documents, "#article:b.txt:0")


def test_each_of_a_thousand_articles_can_be_selected() -> None:
    documents = {f"{number}.txt": replace(WHOLE, id=f"{number}.txt") for number in range(1000)}
    many = cast(Library, SimpleNamespace(documents=documents, added={}, damaged={}, changes=0))
    listed = article_list_html(many, ["999.txt"])
    assert listed.count('<input type="checkbox"') == 1000
    assert '<input type="checkbox" name="only" value="999&#46;txt" checked' in listed
    assert listed.count(" checked") == 1


def test_a_long_list_says_how_many_are_not_in_it(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.web.ui.library._MAX_LISTED", 1)
    monkeypatch.setattr("qa.web.ui.source_pane.MAX_ARTICLES_SHOWN", 1)
    listed, shown = article_list_html(library), source_html(library.documents, "#articles")
    assert listed.count("<li") == shown.count("<li") == 1
    assert "1 other article can be found with the filter of the list." in listed
    assert "The list of articles above has 1 other article." in shown


def test_a_long_list_finds_each_article_and_keeps_those_chosen(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.web.ui.library._MAX_LISTED", 1)
    found = article_list_html(library, words=" SHIP")
    assert 'data-of="2" data-words=" SHIP"' in found
    assert ["Bees" in found, "Ships" in found, "more" in found] == [False, True, False]
    assert "<li" not in article_list_html(library, words="zebra")
    assert "Ships" in article_list_html(library, ["b.txt"], words="bees").partition("</li>")[0]


def test_notes_are_shown_when_an_article_is_added(library: Library) -> None:
    def add(_: Library, __: PartAdded) -> Added:
        return Added(SCANNED, datetime.now(UTC), 4, 11, None, cache_overview(SCANNED, overview(SCANNED)))

    *_, outcomes = add_all(library, [Addition("a.pdf", add)])
    assert f'<b><a href="#article:a.pdf:0">Bees</a></b> added&#44; 2 words{SHOWN}</li>' in outcomes_html(outcomes)


def test_an_archive_adds_what_is_in_it(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradio.utils.get_upload_folder", lambda: str(tmp_path))
    files = {"b.txt": b"Hens lay eggs.", "sub/c.md": b"# Fish\n\nFish swim.", "../d.txt": b"x", "e.gif": b"x"}
    (tmp_path / "hive.zip").write_bytes(packed(files))
    sent = {"files": [{"name": "hive.zip", "path": str(tmp_path / "hive.zip")}]}
    *_, outcomes = add_all(library, additions(sent))
    assert [(each.name, each.state) for each in outcomes] == [
        ("B", "added"),
        ("hive.zip/e.gif", "failed"),
        ("Fish", "added"),
        ("hive.zip/../d.txt", "failed"),
    ]
    assert outcomes[3].message == "has a path outside the archive; create the archive again"
    assert list(library.added) == ["hive.zip/b.txt", "hive.zip/sub/c.md"]
    assert not (tmp_path / "hive.zip").exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"junk", "is damaged or not a zip archive; download it again, or unpack it"),
        (packed({}), "has no files; add another archive"),
        (
            packed({"a.txt": b" " * 21_000_000}),
            "unpacks to 21,000,000 bytes, over the limit of 20,000,000; add fewer files",
        ),
    ],
    ids=["damaged", "empty", "large"],
)  # fmt: skip
def test_an_archive_that_cannot_be_read(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, message: str
) -> None:
    monkeypatch.setattr("gradio.utils.get_upload_folder", lambda: str(tmp_path))
    (tmp_path / "a.zip").write_bytes(data)
    *_, (outcome,) = add_all(library, additions({"files": [{"name": "a.zip", "path": str(tmp_path / "a.zip")}]}))
    assert (outcome.name, outcome.message, outcome.state) == ("a.zip", message, "failed")


def test_the_endpoint_returns_the_notes() -> None:
    from qa.web.server.api import _described

    assert _described(SCANNED, None)["notes"] == list(NOTES)
    assert _described(WHOLE, None)["notes"] == []


def test_long_titles_are_shortened_where_several_are_named_in_one_line(embedder: TermEmbedder) -> None:
    bot = QA(Settings(), embedder=embedder)
    long = "Proceedings of the Symposium on the Keepers of Lighthouses and Their Logs"
    bot.add([Document(f"{name}.txt", "Ships sail.", f"{long} {name}", f"{name}.txt") for name in "abcd"])
    library = LibraryRegistry(bot).library("")
    for line in (masthead_html(library), asking_html(library, ["a.txt", "b.txt"])):
        assert line.count("Proceedings of the Symposium on the \u2026") >= 2
        assert "Lighthouses" not in line
