"""What each format reader returns, and how it reports an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate

from qa.errors import LoadError, QAError
from qa.text.printable import printable, replace_surrogates
from qa.types import Span

LONGEST_TITLE = 100
"""Maximum characters of a first line that is taken for a title."""
DEEPEST_INDENT = 20
"""Maximum columns by which an item of a list is indented."""
_MOST_RANGES = 8  # of pages that are listed


@dataclass(frozen=True, slots=True)
class Article:
    """What a reader extracts from a file.

    Carriage returns, which XML can name by their number, and halves of surrogate pairs, which JSON can, are replaced
    one by one, so that offsets stay exact.

    Attributes
    ----------
    text : str
        The final text; empty when the file has none.
    title : str or None
        Title found in the file.
    page_starts : tuple of int
        Offset of each page in `text`, for paged formats.
    notes : tuple of str
        What was left out of the text or may be wrong in it, each a short sentence without a full stop: "pages 3-9 are
        images".
    recognised : tuple of (int, int)
        Spans of `text` that were recognised from images; ascending, disjoint.
    """

    text: str
    title: str | None
    page_starts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    recognised: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", replace_surrogates(self.text).replace("\r", " "))
        object.__setattr__(self, "title", self.title and replace_surrogates(self.title))


def counted(count: int, what: str, several: str = "") -> str:
    """Return a count with its noun, for a note: "1 picture", "2 pictures"."""
    return f"{count:,} {what if count == 1 else several or f'{what}s'}"


def left_out(count: int, what: str, several: str = "") -> str:
    """Return the note on what was left out: "1 picture was left out", "2 pictures were left out"."""
    return f"{counted(count, what, several)} {'was' if count == 1 else 'were'} left out"


def page_ranges(numbers: Iterable[int]) -> str:
    """Return "page 3", or "pages 3-9 and 12" for the numbers in order; how many there are if that is too long."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    if len(ranges) > _MOST_RANGES:
        return f"{sum(last - first + 1 for first, last in ranges)} pages"
    words = [f"{first}-{last}" if last > first else str(first) for first, last in ranges]
    several = len(words) > 1 or ranges[0][0] < ranges[0][1]
    listed = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
    return f"page{'s' * several} {listed}"


def as_pages(pages: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """Return pages as one text, separated by blank lines, and the offset of each."""
    starts = accumulate((len(page) + len("\n\n") for page in pages[:-1]), initial=0)
    return "\n\n".join(pages), tuple(starts)


def load_error(source: str, problem: str, remedy: str) -> LoadError:
    """Return the error for one file: *what happened: why; what to do*.

    Parameters
    ----------
    source : str
        Path or name of the file.
    problem, remedy : str
        What is wrong, and what to do.
    """
    return LoadError(f"{printable(source)}: {problem}; {remedy}")


@contextmanager
def parsing(source: str, problem: str, remedy: str) -> Iterator[None]:
    """Turn whatever a parser raises on broken input into `load_error` of these arguments.

    A `QAError` passes as it is, and so does `ImportError`: a missing package is no fault of the file.
    """
    try:
        yield
    except (ImportError, QAError):
        raise
    except Exception as error:
        raise load_error(source, problem, remedy) from error
