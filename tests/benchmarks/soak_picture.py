"""Memory and times to answer over a soak, as a small SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from soak import Sample

WIDTH, HEIGHT = 720, 150  # of one diagram, in pixels
LEFT, TOP, GAP = 56, 26, 48
STYLE = "text{font:12px sans-serif;fill:#333}polyline{fill:none;stroke-width:1.5}.grid{stroke:#ddd}"
Points = list[tuple[float, float]]


def draw(samples: Sequence[Sample]) -> str:
    """Return the picture: memory at each time, and the median and 95th percentile of each minute's answers."""
    last = samples[-1].minutes
    memory = [(sample.minutes, sample.memory_mb) for sample in samples]
    minutes = [
        (minute + 0.5, [taken for sample in group for taken in sample.seconds])
        for minute, group in groupby(samples, lambda sample: int(sample.minutes))
    ]

    def at(share: float) -> Points:
        return [(minute, float(np.percentile(taken, share))) for minute, taken in minutes if taken]

    diagrams = [
        _diagram(0, "memory of the server and its child processes, MB", last, [("#0b62a3", memory)]),
        _diagram(1, "seconds to answer: median and 95th percentile of each minute", last,
                 [("#0b62a3", at(50)), ("#b3541e", at(95))]),
    ]  # fmt: skip
    size = f"{LEFT + WIDTH + 16} {2 * (HEIGHT + GAP) + TOP}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}"><style>{STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(diagrams)}</svg>\n'
    )


def _diagram(number: int, title: str, last: float, lines: Sequence[tuple[str, Points]]) -> str:
    most = max(value for _, points in lines for _, value in points)
    step = _step(most)
    highest = step * (int(most / step) + 1)
    base = TOP + number * (HEIGHT + GAP) + HEIGHT
    across: Callable[[float], float] = lambda minute: LEFT + WIDTH * minute / last  # noqa: E731
    up: Callable[[float], float] = lambda value: base - HEIGHT * value / highest  # noqa: E731
    parts = [f'<text x="{LEFT}" y="{base - HEIGHT - 10}">{title}</text>']
    for tick in range(int(highest / step) + 1):
        y = up(tick * step)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick * step:g}</text>')
    for minute in range(0, int(last) + 1, 5):
        unit = " min" if minute == 0 else ""
        parts.append(f'<text x="{across(minute):.1f}" y="{base + 16}" text-anchor="middle">{minute}{unit}</text>')
    for colour, points in lines:
        coordinates = " ".join(f"{across(minute):.1f},{up(value):.1f}" for minute, value in points)
        parts.append(f'<polyline stroke="{colour}" points="{coordinates}"/>')
    return "".join(parts)


def _step(most: float) -> float:
    """Return a round number of which two to five make up the largest value."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(next(power * share for share in (0.2, 0.5, 1, 2) if most / (power * share) < 5.5))
