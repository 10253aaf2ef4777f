"""Lines of a PDF page -> lines and tables in reading order.

Lines come in drawing order, which is reading order in nearly all files; geometry tells which of them are side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qa.documents.formats.pdf.lines import MIN_PROSE_SPACES, Line
from qa.documents.formats.pdf.marks import CAPTION, ends_sentence
from qa.documents.formats.pdf.rows import MAX_LINE_PITCH, find_rows
from qa.documents.formats.pdf.tables import Piece, find_tables

_MIN_SIZE_DIFFERENCE = 0.6  # points between smaller print and the body


def in_reading_order(lines: Sequence[Line]) -> list[Piece]:
    """Return the lines and tables of a page in reading order."""
    straight = [line for line in lines if not line.apart]
    pieces = find_tables(find_rows(straight))
    return _move_floats([*pieces, *(line for line in lines if line.apart)])


def _move_floats(pieces: list[Piece]) -> list[Piece]:
    """Move notes and captions out of sentences: after the paragraph, or before it at the end of a page."""
    sizes: Counter[int] = Counter()
    for piece in pieces:
        if isinstance(piece, Line) and not piece.apart:
            sizes[round(piece.size)] += len(piece.text)
    body = max(sizes, key=lambda size: (sizes[size], size), default=0)
    prose = _prose(pieces, body)
    if not prose or prose == list(range(len(pieces))):
        return pieces
    moved: list[Piece] = []
    waiting: list[Piece] = []
    paragraph = 0  # start of the current paragraph in `moved`
    for before, at, after in zip([None, *prose], prose, [*prose[1:], None], strict=False):
        between = pieces[0 if before is None else before + 1 : at]
        line, following = pieces[at], None if after is None else pieces[after]
        cut = _starts_in_lower_case(line) and (before is None or not _ends_sentence(pieces[before]))
        if cut and between and _are_floats(between, body):
            waiting += between
        elif between:
            moved += waiting + between
            waiting, paragraph = [], len(moved)
        moved.append(line)
        if _ends_sentence(line) if following is None else _ends_paragraph(line, following):
            moved += waiting
            waiting, paragraph = [], len(moved)
    rest = pieces[prose[-1] + 1 :]
    if not _ends_sentence(pieces[prose[-1]]) and _are_floats(rest, body):
        return [*moved[:paragraph], *waiting, *rest, *moved[paragraph:]]
    return [*moved, *waiting, *rest]


def _are_floats(pieces: Sequence[Piece], body: int) -> bool:
    """Return whether all pieces are footnotes, picture labels, captions or their tables."""
    lines = [piece for piece in pieces if isinstance(piece, Line)]
    if any(CAPTION.match(line.text) for line in lines):
        return all(line.apart or (not line.fixed and line.size <= body + _MIN_SIZE_DIFFERENCE) for line in lines)
    return len(lines) == len(pieces) and all(line.apart or line.size <= body - _MIN_SIZE_DIFFERENCE for line in lines)


def _prose(pieces: Sequence[Piece], body: int) -> list[int]:
    """Return the indices of lines of prose in the body's font size, without captions."""
    found: list[int] = []
    caption = False
    last: Line | None = None
    for at, piece in enumerate(pieces):
        if not isinstance(piece, Line) or piece.apart or piece.fixed or abs(piece.size - body) > _MIN_SIZE_DIFFERENCE:
            caption, last = False, None
            continue
        starts = CAPTION.match(piece.text) is not None
        caption = starts or (caption and last is not None and not _ends_paragraph(last, piece))
        if not caption and (piece.text.count(" ") >= MIN_PROSE_SPACES or at - 1 in found[-1:]):
            found.append(at)
        last = piece
    return found


def _starts_in_lower_case(piece: Piece) -> bool:
    return isinstance(piece, Line) and piece.text[0].islower()


def _ends_sentence(piece: Piece) -> bool:
    return isinstance(piece, Line) and ends_sentence(piece.text)


def _ends_paragraph(piece: Piece, after: Piece | None) -> bool:
    """Return whether a line ends a sentence and the paragraph: it is short, or the next is set off."""
    if not isinstance(piece, Line) or not isinstance(after, Line):
        return True
    pitch = after.bottom - piece.bottom
    jumps = not 0 < pitch <= MAX_LINE_PITCH * piece.size
    if not _ends_sentence(piece):
        return jumps and not _starts_in_lower_case(after) and pitch > 0
    short = piece.right < after.right - 2 * piece.size
    return jumps or short or after.left > piece.left + 0.8 * piece.size
