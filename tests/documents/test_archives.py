"""Zip archives as folders."""

from __future__ import annotations

import io
import struct
import zipfile
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from made_files import packed

from qa.documents import archives
from qa.documents.archives import open_archive
from qa.documents.discovery import files_by_id
from qa.documents.loader import load_bytes, load_file, load_paths
from qa.errors import LoadError
from qa.settings import Settings


def write(folder: Path, data: bytes, name: str = "a.zip") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


GOOD = {
    "b.txt": b"Bees dance.",
    "sub/c.md": b"# So\n\nYes.",
    "sub/": b"",
    ".hidden.txt": b"x",
    "__MACOSX/._b.txt": b"x",
}


def test_an_archive_is_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path, packed({**GOOD, "picture.gif": b"x", "empty.txt": b""}))
    report = load_paths(path)
    assert [document.id for document in report.documents] == ["a.zip/b.txt", "a.zip/sub/c.md"]
    assert report.documents[1].source == f"{path}/sub/c.md"
    assert report.documents[0].title == "B"
    assert [entry.path for entry in report.skipped] == [f"{path}/empty.txt", f"{path}/picture.gif"]
    assert report.skipped[0].reason == "is empty; put text in it or leave it out"
    assert report.skipped[1].reason.startswith("has the unknown type '.gif'; use one of these:")
    assert report.files == {} == files_by_id([path])


def test_archives_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", packed(GOOD), "B.ZIP")
    write(tmp_path, b"junk", "bad.zip")
    (tmp_path / "d.txt").write_text("d")
    report = load_paths(tmp_path)
    assert [document.id for document in report.documents] == ["d.txt", "sub/B.ZIP/b.txt", "sub/B.ZIP/sub/c.md"]
    assert [(entry.path, entry.reason) for entry in report.skipped] == [
        (str(tmp_path / "bad.zip"), "is damaged or not a zip archive; download it again, or unpack it")
    ]
    assert set(report.files) == {"d.txt"}


def linked() -> bytes:
    entry = zipfile.ZipInfo("link.txt")
    entry.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    data = bytearray(packed({"a.txt": b"x"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "where", "reason"),
    [
        pytest.param(packed({"../a.txt": b"x"}), "../a.txt", "has a path outside the archive", id="outside"),
        pytest.param(packed({"/a.txt": b"x"}), "/a.txt", "has a path outside the archive", id="absolute"),
        pytest.param(packed({"c:\\a.txt": b"x"}), "c:/a.txt", "has a path outside the archive", id="drive"),
        pytest.param(packed({"x\\..\\..\\a.txt": b"x"}), "x/../../a.txt", "has a path outside", id="back slashes"),
        pytest.param(linked(), "link.txt", "is a link;", id="link"),
        pytest.param(encrypted(), "a.txt", "is encrypted; remove the password", id="encrypted"),
        pytest.param(packed({"b.zip": packed(GOOD)}), "b.zip", "is an archive in an archive; unpack it", id="nested"),
        pytest.param(packed({"a.txt": b"x"}, zipfile.ZIP_LZMA), "a.txt", "uses an unsupported compression", id="LZMA"),
    ],
)  # fmt: skip
def test_what_is_left_out(tmp_path: Path, data: bytes, where: str, reason: str) -> None:
    path = write(tmp_path, data)
    write(tmp_path, b"good", "good.txt")
    (entry,) = load_paths(tmp_path).skipped
    assert entry.path == f"{path}/{where}"
    assert entry.reason.startswith(reason)
    with pytest.raises(LoadError, match=r"a\.zip: nothing could be loaded:"):
        load_paths(path)


def test_names_twice_or_of_other_charsets(tmp_path: Path) -> None:
    twice = packed({"a.txt": b"one", "b.txt": b"two"}).replace(b"b.txt", b"a.txt")
    report = load_paths(write(tmp_path, twice))
    assert [document.text for document in report.documents] == ["one"]
    assert "is in the archive twice" in report.skipped[0].reason
    named = packed({"caf\u00e9.txt": b"x"}).replace(b"\x00\x08\x00\x08", b"\x00\x00\x00\x08")
    for encoded, shown in (("caf\u00e9".encode(), "caf\u00e9"), (b"caf\x82a", "caf\u00e9a")):
        data = bytearray(named.replace("caf\u00e9".encode(), encoded))
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            struct.pack_into("<H", data, data.index(mark) + offset, 0)
        assert load_paths(write(tmp_path, bytes(data))).documents[0].id == f"a.zip/{shown}.txt"


@pytest.mark.parametrize(
    ("limit", "most", "problem"),
    [
        ("MAX_ENTRIES", 4, "has 5 entries, over the limit of 4; unpack it, and give the folder"),
        ("MAX_FILES", 1, "has 2 files, over the limit of 1; unpack it, and give the folder"),
        ("MAX_UNPACKED_BYTES", 10, "has 21 bytes when unpacked, over the limit of 10; unpack it, and give the folder"),
    ],
)
def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, problem: str) -> None:
    path = write(tmp_path, packed(GOOD))
    monkeypatch.setattr(archives, limit, most)
    with pytest.raises(LoadError) as error:
        load_paths(path)
    assert str(error.value) == f"{path}: {problem}"


def test_a_file_that_is_larger_than_the_archive_says(tmp_path: Path) -> None:
    data = bytearray(packed({"a.txt": b"x" * 1000}))
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, 10)
    (entry,) = load_paths([write(tmp_path, bytes(data)), write(tmp_path, b"good", "good.txt")]).skipped
    assert entry.reason == "is damaged or not a zip archive; download it again, or unpack it"


def test_an_archive_is_not_opened_for_each_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.zip", "b.zip"):
        write(tmp_path, packed({f"{number}.txt": b"x" for number in range(5)}), name)
    opened = []

    def counting(archive: Path, source: str) -> AbstractContextManager[zipfile.ZipFile]:
        opened.append(archive.name)
        return open_archive(archive, source)

    monkeypatch.setattr(archives, "open_archive", counting)
    assert len(load_paths(tmp_path).documents) == 10
    assert opened == ["a.zip", "b.zip"]


def test_an_archive_alone_is_no_document(tmp_path: Path) -> None:
    problem = r"a\.zip: is an archive; load it by its path, as a folder, or unpack it"
    with pytest.raises(LoadError, match=problem):
        load_bytes(packed(GOOD), "a.zip")
    with pytest.raises(LoadError, match=problem):
        load_file(write(tmp_path, packed(GOOD)))


def test_each_member_may_be_as_large_as_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, packed({"a.txt": b"x" * 1001, "b.txt": b"x"}))
    (entry,) = load_paths(path, Settings(max_file_mb=0.001)).skipped
    assert entry.reason.startswith("has 1,001 bytes, over the limit of 0.001 MB")
