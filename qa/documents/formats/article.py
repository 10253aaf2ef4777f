"""The result of a format reader, and the errors and notes that readers share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate

from qa.errors import LoadError, QAError
from qa.text.printable import printable, replace_surrogates
from qa.text.spans import joined
from qa.types import Span

MAX_TITLE_CHARS = 100  # of a first line that is used as the title
MAX_INDENT = 20  # columns by which a list item is indented
_MAX_PAGE_RANGES = 8  # listed in a note


@dataclass(frozen=True, slots=True)
class Article:
    """Text and metadata that a reader extracted from a file.

    Carriage returns, which XML can contain as character references, and NUL and unpaired surrogates, which JSON can
    contain, are replaced one by one, so that offsets stay exact.
    """

    text: str  # empty if the file has none
    title: str | None  # found in the file
    page_starts: tuple[int, ...] = ()  # offset of each page in `text`, for paged formats
    # Omissions and possible errors in the text, each a short sentence without a full stop: "pages 3-9 are images".
    notes: tuple[str, ...] = ()
    recognised: tuple[Span, ...] = ()  # spans of `text` that were recognised in images; ascending, disjoint

    def __post_init__(self) -> None:
        text = replace_surrogates(self.text).replace("\r", " ").replace("\0", "\ufffd")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "title", self.title and replace_surrogates(self.title).replace("\0", "\ufffd"))


def counted(count: int, what: str, several: str = "") -> str:
    """Return a count with its noun, for a note: "1 picture", "2 pictures"."""
    return f"{count:,} {what if count == 1 else several or f'{what}s'}"


def left_out(count: int, what: str, several: str = "") -> str:
    """Return a note on something left out: "1 picture was left out", "2 pictures were left out"."""
    return f"{counted(count, what, several)} {'was' if count == 1 else 'were'} left out"


def page_ranges(numbers: Iterable[int]) -> str:
    """Return "page 3" or "pages 3-9 and 12"; only the number of pages if there are too many ranges."""
    ranges = joined((number, number + 1) for number in numbers)
    count = sum(end - start for start, end in ranges)
    if len(ranges) > _MAX_PAGE_RANGES:
        return f"{count} pages"
    words = [f"{start}-{end - 1}" if end - start > 1 else str(start) for start, end in ranges]
    listed = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
    return f"page{'s' * (count > 1)} {listed}"


def join_pages(pages: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """Join pages with blank lines; return the text and the offset of each page."""
    starts = accumulate((len(page) + len("\n\n") for page in pages[:-1]), initial=0)
    return "\n\n".join(pages), tuple(starts)


def load_error(source: str, problem: str, remedy: str) -> LoadError:
    """Return the error for one file: *what happened: why; what to do*. The source is its path or name."""
    return LoadError(f"{printable(source)}: {problem}; {remedy}")


@contextmanager
def parsing(source: str, problem: str, remedy: str) -> Iterator[None]:
    """Turn whatever a parser raises on broken input into a `load_error` with these arguments.

    `QAError` passes through, and so does `ImportError`: a missing package is not the file's fault.
    """
    try:
        yield
    except (ImportError, QAError):
        raise
    except Exception as error:
        raise load_error(source, problem, remedy) from error
