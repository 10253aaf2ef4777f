"""UTF-8 files, whole or line by line, with or without a byte order mark."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import parse_object

YAML_SUFFIXES = (".yaml", ".yml")
"""Endings of YAML files, whose reader is imported only when it is needed."""


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line without its line feed) for each line that is not blank.

    Only a line feed ends a line: JSON strings may contain U+2028 and other line ends of `str.splitlines`.

    Raises `QuestionSetError` if the file cannot be read, or a line is not UTF-8.
    """
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            text = decoded(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line, path, number)
            if text.strip():
                yield number, text.removesuffix("\n")


def read_objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (file and line, object) for each line of JSON Lines that is not blank.

    Raises `QuestionSetError` as for `read_lines`, or if a line is not a JSON object.
    """
    for number, line in read_lines(path):
        location = f"{path}, line {number}"
        yield location, parse_object(line, location)


def read_text(path: Path) -> str:
    """Return the whole text, line ends unchanged; errors as for `read_lines`."""
    with opened(path) as file:
        return decoded(file.read().removeprefix(codecs.BOM_UTF8), path, 1)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading bytes; an OSError becomes a `QuestionSetError`."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A pipe can be read only once, and the format is recognized first.
        raise QuestionSetError(f"{path}: is not a regular file; copy its content into a file")
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be read: {error.strerror}; check the path") from error


def decoded(data: bytes, path: Path, number: int) -> str:
    """Decode bytes that start on line `number` of the file."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        number += data.count(b"\n", 0, error.start)
        raise QuestionSetError(
            f"{path}, line {number}: not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        ) from error
