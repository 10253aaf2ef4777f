from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from made_files import packed

from qa import QA, Settings
from qa.documents.discovery import FoundFile, find_files
from qa.errors import LoadError, ModelError, ShardError
from qa.ingestion.ingest import ingest, ingest_in_shards
from qa.ingestion.shards import MOST_BYTES, MOST_TRIES, Shard, ShardMaker, ShardResult, divide, read_shard
from qa.models.embedder import make_embedder

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {**Settings().model_dump(), "threads": 1}
FINGERPRINT = make_embedder(Settings()).fingerprint


def here(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
    """Work on things in this process, the last one first, since they may come in any order."""
    yield from map(make(), reversed(items))


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Return a folder of articles, one of which cannot be read."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(5):
        text = f"# Lighthouse {number}\n\nThe lighthouse of island {number} was lit in {1700 + number}. A monk kept it."
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
    (folder / "3.txt").write_bytes(b"\0\1\2")
    return folder


@pytest.fixture
def maker(tmp_path: Path) -> ShardMaker:
    folder = tmp_path / "shards"
    folder.mkdir()
    return ShardMaker(folder, SETTINGS, FINGERPRINT)


def shard_of(articles: Path, known: dict[str, str] | None = None) -> Shard:
    return Shard(tuple(find_files([articles])[0]), known or {})


def file_of(tmp_path: Path, made: ShardResult) -> Path:
    return tmp_path / "shards" / f"{made.name}.shard"


def test_files_are_divided_in_order_and_one_more_changes_few_shards(tmp_path: Path) -> None:
    files = [FoundFile(f"{number:04}.txt", tmp_path / f"{number:04}.txt") for number in range(2000)]
    shards = list(divide(files))
    assert [file for shard in shards for file in shard] == files
    assert max(map(len, shards)) <= 64
    more = list(divide([*files[:1000], FoundFile("0999b.txt", tmp_path / "0999b.txt"), *files[1000:]]))
    assert len(set(more) - set(shards)) <= 3


def test_large_files_are_shards_of_their_own(tmp_path: Path) -> None:
    for name, size in (("a", 10), ("b", MOST_BYTES), ("c", 10)):
        (tmp_path / f"{name}.txt").write_bytes(b"x" * size)
    assert [[file.document_id for file in shard] for shard in divide(find_files([tmp_path])[0])] == [
        ["a.txt"],
        ["b.txt"],
        ["c.txt"],
    ]


def test_a_shard_holds_what_its_files_hold(articles: Path, maker: ShardMaker, tmp_path: Path) -> None:
    made = maker(shard_of(articles))
    assert made.documents == ("0.md", "1.md", "2.md", "3.md", "4.md")
    [skipped] = made.skipped
    assert skipped.path == str(articles / "3.txt")
    expected = QA.from_path(articles).index
    entries = list(read_shard(file_of(tmp_path, made)))
    assert [entry.document for entry in entries] == list(expected.documents.values())
    for entry in entries:
        other = expected.entry(entry.document.id)
        assert entry.chunks == other.chunks
        assert entry.chunk_vectors == pytest.approx(other.chunk_vectors, abs=1e-3)
        assert entry.sentence_vectors == pytest.approx(other.sentence_vectors, abs=1e-3)


def another_text(path: Path) -> None:
    path.write_text("The lighthouse fell in 1800.", encoding="utf-8")


def same_size_and_time(path: Path) -> None:
    times = path.stat()
    path.write_bytes(path.read_bytes().replace(b"lit", b"dim"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("pattern", "change"),
    [
        pytest.param("articles/2.md", Path.touch, id="nothing"),
        pytest.param("articles/2.md", another_text, id="another text"),
        pytest.param("articles/2.md", same_size_and_time, id="same size and time"),
        pytest.param("shards/*.shard", damaged, id="damaged"),
        pytest.param("shards/*.shard", cut_short, id="cut short"),
    ],
)
def test_a_shard_is_made_again_only_where_something_changed(
    articles: Path, maker: ShardMaker, tmp_path: Path, pattern: str, change: Callable[[Path], None]
) -> None:
    made = maker(shard_of(articles))
    assert made.is_new
    [path] = tmp_path.glob(pattern)
    change(path)
    again = maker(shard_of(articles))
    assert again.is_new == (change is not Path.touch)
    assert (again.documents, again.skipped) == (made.documents, made.skipped)
    expected = QA.from_path(articles).documents
    assert [entry.document for entry in read_shard(file_of(tmp_path, again))] == list(expected.values())


def test_other_settings_make_it_again(articles: Path, maker: ShardMaker, tmp_path: Path) -> None:
    maker(shard_of(articles))
    assert ShardMaker(tmp_path / "shards", {**SETTINGS, "chunk_tokens": 64}, FINGERPRINT)(shard_of(articles)).is_new


def test_another_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'another' where the command was given"):
        ShardMaker(tmp_path, SETTINGS, "another")


def test_what_the_index_knows_is_not_embedded(articles: Path, maker: ShardMaker, tmp_path: Path) -> None:
    documents = QA.from_path(articles).documents
    known = {name: document.fingerprint for name, document in documents.items() if name != "1.md"}
    made = maker(shard_of(articles, known))
    assert made.documents == tuple(documents)
    assert [entry.document.id for entry in read_shard(file_of(tmp_path, made))] == ["1.md"]


def test_a_shard_that_ends_its_workers_is_given_up(articles: Path, maker: ShardMaker, tmp_path: Path) -> None:
    shard = shard_of(articles)
    tries = tmp_path / "shards" / f"{shard.name}.tries"
    tries.write_bytes(b"." * MOST_TRIES)
    with pytest.raises(ShardError, match=rf"{MOST_TRIES} workers ended while .*0\.md .*4\.md \(6 files\)"):
        maker(shard)
    tries.write_bytes(b"." * (MOST_TRIES - 1))
    assert maker(shard).is_new
    assert not tries.exists()


def assert_same_index(one: Path, other: Path) -> None:
    found, expected = QA.from_index(one).index, QA.from_index(other).index
    assert list(found.documents.items()) == list(expected.documents.items())
    for name in expected.documents:
        assert found.entry(name).chunks == expected.entry(name).chunks
        assert found.entry(name).chunk_vectors == pytest.approx(expected.entry(name).chunk_vectors, abs=1e-3)
        assert found.entry(name).sentence_vectors == pytest.approx(expected.entry(name).sentence_vectors, abs=1e-3)


def test_an_index_made_in_shards_and_brought_up_to_date(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.ingestion.shards.MOST_FILES", 2)
    monkeypatch.chdir(tmp_path)
    calls: list[tuple[int, int]] = []
    assert ingest(["articles"], "here") == (5, 5)
    said = capsys.readouterr().err
    assert ingest_in_shards(["articles"], "shared", here, progress=lambda *done: calls.append(done)) == (5, 5)
    assert capsys.readouterr().err == said
    assert "3.txt" in said
    assert calls[-1] == (6, 6)
    assert not Path("shared.shards").exists()
    assert_same_index(Path("shared"), Path("here"))

    (articles / "0.md").unlink()
    (articles / "1.md").write_text("The lighthouse of Hook was lit in 1172.", encoding="utf-8")
    articles.rename("moved")
    embedded: list[str] = []

    def watched(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
        for made in here(make, items):
            embedded.extend(entry.document.id for entry in read_shard(Path("shared.shards") / f"{made.name}.shard"))
            yield made

    assert ingest(["moved"], "here") == ingest_in_shards(["moved"], "shared", watched) == (4, 4)
    assert embedded == ["1.md"]
    assert_same_index(Path("shared"), Path("here"))


def test_files_of_an_archive_are_made_once(articles: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.zip").write_bytes(packed({file.name: file.read_bytes() for file in articles.glob("*.md")}))
    embedded: list[str] = []

    def watched(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
        for made in here(make, items):
            embedded.extend(entry.document.id for entry in read_shard(Path("shared.shards") / f"{made.name}.shard"))
            yield made

    assert ingest(["a.zip"], "here") == ingest_in_shards(["a.zip"], "shared", watched) == (5, 5)
    assert sorted(embedded) == [f"a.zip/{number}.md" for number in range(5)]
    assert_same_index(Path("shared"), Path("here"))
    assert ingest_in_shards(["a.zip"], "shared", watched) == (5, 5)
    assert len(embedded) == 5


def test_an_interruption_is_gone_on_from(articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.ingestion.shards.MOST_FILES", 2)
    anew: list[bool] = []

    def interrupted(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
        with closing(here(make, items)) as made:
            yield next(made)
            raise KeyboardInterrupt

    def watched(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
        for made in here(make, items):
            anew.append(made.is_new)
            yield made

    place = str(tmp_path / "index")
    with pytest.raises(KeyboardInterrupt):
        ingest_in_shards([str(articles)], place, interrupted)
    ingest_in_shards([str(articles)], place, watched)
    assert anew == [False, *[True] * (len(anew) - 1)]
    assert len(anew) > 2
    ingest([str(articles)], str(tmp_path / "here"))
    assert_same_index(Path(place), tmp_path / "here")


def test_what_cannot_be_done_in_shards(articles: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "index")
    with pytest.raises(LoadError, match="web addresses are not read in shards"):
        ingest_in_shards([str(articles), "https://example.org/a"], place, here)
    with pytest.raises(LoadError, match="looks binary"):
        ingest_in_shards([str(articles / "3.txt")], place, here)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LoadError, match="nothing could be loaded"):
        ingest_in_shards([str(tmp_path / "empty")], place, here)
    with pytest.raises(ShardError, match=r"is not a folder of shards \(unexpected file '0\.md'\)"):
        ingest_in_shards([str(articles)], place, here, shards=articles)
    assert len(list(articles.iterdir())) == 6
    assert not (tmp_path / "index.shards").exists()


def test_names_and_texts_of_any_kind(tmp_path: Path, maker: ShardMaker) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "\U0001f600 \"'\\.md").write_text(
        "# \u017b\u2028\n\n\u65e5\u672c caf\u00e9 \U0001f600.", encoding="utf-8"
    )
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text("The sea.", encoding="utf-8")
    made = maker(shard_of(folder))
    assert len(made.skipped) == 1
    [entry] = read_shard(file_of(tmp_path, made))
    assert entry.document == QA.from_path(folder).documents[entry.document.id]
    assert json.dumps(made.skipped[0].reason)
