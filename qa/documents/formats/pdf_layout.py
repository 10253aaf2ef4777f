"""The lines of a PDF's page -> what is read one after the other: lines and tables.

Lines come in the order in which they were drawn, which is the order of reading in nearly all files; geometry tells
which of them are beside each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qa.documents.formats.pdf_lines import Line
from qa.documents.formats.pdf_marks import CAPTION, ends_sentence
from qa.documents.formats.pdf_rows import NEXT_LINE, rows_of
from qa.documents.formats.pdf_tables import Piece, tables_of

_PROSE_SPACES = 4  # in a line of prose
_OTHER_SIZE = 0.6  # points by which smaller print differs from the body


def arranged(lines: Sequence[Line]) -> list[Piece]:
    """Return the lines and tables of a page in the order of reading."""
    straight = [line for line in lines if not line.apart]
    pieces = tables_of(rows_of(straight))
    return _floats_moved([*pieces, *(line for line in lines if line.apart)])


def _floats_moved(pieces: list[Piece]) -> list[Piece]:
    """Put footnotes, captions and the like where they cut no sentence that goes on from or to another page."""
    sizes: Counter[int] = Counter()
    for piece in pieces:
        if isinstance(piece, Line) and not piece.apart:
            sizes[round(piece.size)] += len(piece.text)
    if not sizes:
        return pieces
    body = max(sizes, key=lambda size: (sizes[size], size))
    prose = _prose(pieces, body)
    if not prose:
        return pieces
    first, last = prose[0], prose[-1]
    if first and _starts_small(pieces[first]) and _floating(pieces[:first], body):
        end = next((at for at in range(first, last + 1) if _ends_paragraph(pieces, at)), last) + 1
        pieces = [*pieces[first:end], *pieces[:first], *pieces[end:]]
        prose = _prose(pieces, body)
        last = prose[-1]
    if last + 1 < len(pieces) and not _ended(pieces[last]) and _floating(pieces[last + 1 :], body):
        start = last
        of_prose = frozenset(prose)
        while start - 1 in of_prose and not _ends_paragraph(pieces, start - 1):
            start -= 1
        pieces = [*pieces[:start], *pieces[last + 1 :], *pieces[start : last + 1]]
    return pieces


def _floating(pieces: Sequence[Piece], body: int) -> bool:
    """Return whether pieces are footnotes, labels of pictures, captions, and what belongs to these."""
    lines = [piece for piece in pieces if isinstance(piece, Line)]
    if any(CAPTION.match(line.text) for line in lines):
        return all(line.apart or (not line.fixed and line.size <= body + _OTHER_SIZE) for line in lines)
    return len(lines) == len(pieces) and all(line.apart or line.size <= body - _OTHER_SIZE for line in lines)


def _prose(pieces: Sequence[Piece], body: int) -> list[int]:
    """Return which pieces are lines of prose in the size of the body, and of no caption."""
    found: list[int] = []
    caption = False
    for at, piece in enumerate(pieces):
        if not isinstance(piece, Line) or piece.apart or piece.fixed or abs(piece.size - body) > _OTHER_SIZE:
            caption = False
            continue
        starts = CAPTION.match(piece.text) is not None
        caption = starts or (caption and not _ends_paragraph(pieces, at - 1))
        if not caption and (piece.text.count(" ") >= _PROSE_SPACES or (at - 1 in found[-1:])):
            found.append(at)
    return found


def _starts_small(piece: Piece) -> bool:
    return isinstance(piece, Line) and piece.text[0].islower()


def _ended(piece: Piece) -> bool:
    return isinstance(piece, Line) and ends_sentence(piece.text)


def _ends_paragraph(pieces: Sequence[Piece], at: int) -> bool:
    """Return whether a paragraph ends with a line: a sentence does, and the next line is further off, in or below."""
    piece, after = pieces[at], pieces[at + 1] if at + 1 < len(pieces) else None
    if not isinstance(piece, Line) or not isinstance(after, Line):
        return True
    pitch = after.bottom - piece.bottom
    jumps = not 0 < pitch <= NEXT_LINE * piece.size
    if not _ended(piece):
        return jumps and not _starts_small(after) and pitch > 0
    short = piece.right < after.right - 2 * piece.size
    return jumps or short or after.left > piece.left + 0.8 * piece.size
