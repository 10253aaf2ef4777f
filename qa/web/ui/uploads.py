"""The files that visitors upload; each is deleted once it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.web import notices


def take_upload(path: str, name: str) -> bytes:
    """Return the content of an uploaded file, and delete it; raises a `QAError` if it does not exist."""
    with take_upload_file(path, name) as file:
        return file.read_bytes()


@contextmanager
def take_upload_file(path: str, name: str) -> Iterator[Path]:
    """Yield the path of an uploaded file, and delete the file at the end; raises a `QAError` if it does not exist."""
    file = _uploaded(path)
    if file is None:
        raise notices.UPLOAD_GONE.error(name)
    try:
        yield file
    finally:
        _delete(file)


def delete_upload(path: str) -> None:
    """Delete an uploaded file, if it exists."""
    if file := _uploaded(path):
        _delete(file)


def _uploaded(path: str) -> Path | None:
    folder, file = _upload_folder(), Path(path.replace("\0", "")).resolve()
    return file if folder in file.parents and file.is_file() else None


def _delete(file: Path) -> None:
    file.unlink(missing_ok=True)
    if file.parent != _upload_folder() and not any(file.parent.iterdir()):
        file.parent.rmdir()


def _upload_folder() -> Path:
    from gradio.utils import get_upload_folder

    return Path(get_upload_folder()).resolve()
