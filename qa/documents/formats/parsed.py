"""What every reader of a format gives, and how it says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from qa.errors import LoadError
from qa.text.printable import printable

LONGEST_TITLE = 100
"""Characters that a first line may have to pass for a title."""


@dataclass(frozen=True, slots=True)
class Article:
    """What a reader gets out of a file.

    Attributes
    ----------
    text : str
        The article, final; empty when the file holds none.
    title : str or None
        Title found in the file.
    page_starts : tuple of int
        Offset of each page in `text`, for paged formats.
    """

    text: str
    title: str | None
    page_starts: tuple[int, ...] = ()


def load_error(source: str, problem: str, remedy: str) -> LoadError:
    """Return the error for one file, in the style of all messages of this stage.

    Parameters
    ----------
    source : str
        Path or name of the file.
    problem, remedy : str
        What is wrong, and what to do.
    """
    return LoadError(f"{printable(source)}: {problem}; {remedy}")
