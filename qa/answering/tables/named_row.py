"""The rows of a table that a question names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row that a question names: its index, and the column and terms of the cell that names it.

    `share` is the share of the name that is in the question.
    """

    index: int
    column: int
    terms: frozenset[str]
    share: float = 1.0


def named_most(best: Sequence[NamedRow], names: Mapping[int, Sequence[tuple[NamedRow, bool]]]) -> list[NamedRow]:
    """Return of equally named rows those whose other cells are named too: "Carter's secretary of state".

    A cell with its words in the order of the question is the name of its row rather than one that is not.
    """
    ranked = []
    for one in best:
        cells = names[one.index]
        in_order = [cell for cell, ordered in cells if ordered]
        every = frozenset().union(*(cell.terms for cell in in_order or [one] if any(map(_is_word, cell.terms))))
        name = max(in_order, key=lambda cell: len(cell.terms), default=one)
        ranked.append((len(every), len(name.terms) if in_order else 0, every, one if one in in_order else name))
    most = max((rank[:2] for rank in ranked), default=(0, 0))
    kept = [(every, name) for *rank, every, name in ranked if (*rank,) == most]
    if len(kept) == len(best) > 1:
        return list(best)
    return [replace(name, terms=name.terms | every) for every, name in kept]


def _is_word(term: str) -> bool:
    return not term.isdigit() or len(term) > 3
