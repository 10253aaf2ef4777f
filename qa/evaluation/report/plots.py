"""Plots as inline SVG, 360 by 240, with a text alternative; colors and fonts are in the style sheet."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from xml.etree import ElementTree

from markupsafe import Markup

from qa.evaluation.analysis.risk_control import share

_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 340, 18, 198
_BARS_PER_DECADE = 12
_STEADY_FROM = 0.05

Plot = tuple[str, Markup, str]
"""Title, drawing and caption."""

_Tick = tuple[float, str]
_Point = tuple[float, float]


def risk_coverage(curve: Sequence[_Point], here: _Point | None, label: str, title: str) -> Markup:
    """Draw the share of wrong answers against the share given, the most confident first; mark the point `here`.

    The curve has pairs of coverage and risk; ascending, at least one. The title is the text alternative.
    """
    # Among the first few answers, a single wrong one would set the scale.
    steady = [risk for coverage, risk in curve if coverage >= _STEADY_FROM] or [risk for _, risk in curve]
    ticks = _ticks(0, max(*steady, 0.04), percent=True)
    axes = _Axes(title, "answers given, most confident first", "wrong", _ticks(0, 1, percent=True), ticks)
    axes.line([(coverage, min(risk, ticks[-1][0])) for coverage, risk in curve], "curve")
    if here is not None:
        axes.circle(here, 4.5, "point")
        axes.note(here, label, before=here[0] > 0.5, above=10)
    return axes.markup()


def reliability(bins: Sequence[tuple[float, float, int]], title: str) -> Markup:
    """Draw the share of right answers against confidence, with the number of answers as bars.

    The bins are of mean confidence, share of right answers and number of answers, each at least 1; ascending, at least
    one. Whiskers are exact 95% intervals. The title is the text alternative.
    """
    shares = _ticks(0, 1, percent=True)
    axes = _Axes(title, "confidence", "answers right", shares, shares)
    most = max(answers for _, _, answers in bins)
    for confidence, _, answers in bins:
        axes.bar(confidence - 0.025, confidence + 0.025, 0.2 * answers / most, "share")
    axes.line([(0, 0), (1, 1)], "ideal")
    intervals = [share(round(right * answers), answers) for _, right, answers in bins]
    axes.series(
        (confidence, right, between.low, between.high)
        for (confidence, right, _), between in zip(bins, intervals, strict=True)
    )
    return axes.markup()


def latency(milliseconds: Sequence[float], marks: Mapping[str, float], title: str) -> Markup:
    """Draw a histogram of at least one latency on a logarithmic scale, which ends at 0.1 and at 10,000,000.

    Marks are positions by label, such as "median". The title is the text alternative.
    """

    def position(value: float) -> float:
        return math.log10(min(max(value, 0.1), 1e7))

    counts = Counter(math.floor(position(value) * _BARS_PER_DECADE) for value in milliseconds)
    first, last = min(counts) / _BARS_PER_DECADE, (max(counts) + 1) / _BARS_PER_DECADE
    steps = [(math.log10(factor) + power, factor * 10.0**power) for power in range(-2, 8) for factor in (1, 2, 5)]
    low = max(x for x, _ in steps if x <= first)
    high = min(x for x, _ in steps if x >= last)
    inside = [(x, value) for x, value in steps if low <= x <= high]
    every = math.ceil(len(inside) / 6)
    x_ticks = [(x, _duration(value)) for x, value in inside]
    # Labels only as many steps as there is room for.
    x_ticks = [(x, label if at % every == 0 else "") for at, (x, label) in enumerate(x_ticks)]
    # Leaves room for the labels of the marks above the bars.
    y_ticks = _ticks(0, max(1.4 * max(counts.values()), 4))
    top = y_ticks[-1][0]
    axes = _Axes(title, "time to answer, logarithmic", "answers", x_ticks, y_ticks)
    for bar, count in counts.items():
        axes.bar(bar / _BARS_PER_DECADE, (bar + 1) / _BARS_PER_DECADE, count, "count")
    for number, (name, value) in enumerate(marks.items()):
        x = position(value)
        height = top * (0.96 - 0.08 * number)
        axes.line([(x, 0), (x, height)], "limit")
        axes.note((x, height), name, before=x > (low + high) / 2)
    return axes.markup()


def front(
    points: Sequence[tuple[float, float, float, float, str, bool]], x_label: str, y_label: str, title: str
) -> Markup:
    """Draw quality against a cost, with whiskers, and the Pareto front as a line.

    Each point, at least one, is of cost, quality, both ends of its interval, label, and whether it is on the front. The
    title is the text alternative.
    """
    costs = [cost for cost, *_ in points]
    axes = _Axes(
        title,
        x_label,
        y_label,
        _ticks(min(costs), max(costs)),
        _ticks(min(low for _, _, low, *_ in points), max(high for _, _, _, high, *_ in points), percent=True),
    )
    for cost, _, low, high, _, _ in points:
        axes.line([(cost, low), (cost, high)], "whisker")
    axes.line(sorted((cost, quality) for cost, quality, _, _, _, on in points if on), "curve")
    middle = (min(costs) + max(costs)) / 2
    for cost, quality, _, _, label, on in points:
        axes.circle((cost, quality), 4 if on else 3, "point" if on else "other")
        if on:
            axes.note((cost, quality), label, before=cost > middle, above=9)
    return axes.markup()


def trend(points: Sequence[tuple[float, float, float, float]], runs: int, title: str, *, percent: bool) -> Markup:
    """Draw a measure over runs, with whiskers; `percent` says whether values are shares.

    Each point, at least one, is of the number of the run from 1, value, and both ends of its interval. The title is the
    text alternative.
    """
    every = max(1, math.ceil(runs / 10))
    x_ticks = [(at, str(at) if 0 < at <= runs and (at - 1) % every == 0 else "") for at in range(runs + 2)]
    y_ticks = _ticks(min(low for *_, low, _ in points), max(high for *_, high in points), percent=percent)
    axes = _Axes(title, "run", "" if percent else "milliseconds", x_ticks, y_ticks)
    axes.series(points)
    return axes.markup()


def outcome_bar(counts: Mapping[str, int]) -> Markup:
    """Draw counts as the parts of a bar, in the color of each name; hidden from screen readers."""
    total = sum(counts.values())
    box = {"viewBox": "0 0 1000 1", "preserveAspectRatio": "none"}
    root = ElementTree.Element("svg", {"class": "outcomes-bar", "aria-hidden": "true", **box})
    start = 0.0
    for name, count in counts.items():
        width = 1000 * count / total if total else 0.0
        if width:
            box = {"x": f"{start:.2f}", "y": "0", "width": f"{width:.2f}", "height": "1"}
            ElementTree.SubElement(root, "rect", {"class": name, **box})
        start += width
    return _markup(root)


class _Axes:
    """A frame with ticks, into which marks are drawn at their values."""

    def __init__(
        self, title: str, x_label: str, y_label: str, x_ticks: Sequence[_Tick], y_ticks: Sequence[_Tick]
    ) -> None:
        box = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "class": "plot", "role": "img", "aria-label": title}
        self._root = ElementTree.Element("svg", box)
        self._x = _scale(x_ticks[0][0], x_ticks[-1][0], _LEFT, _RIGHT)
        self._y = _scale(y_ticks[0][0], y_ticks[-1][0], _BOTTOM, _TOP)
        for value, label in y_ticks:
            self._path([(_LEFT, self._y(value)), (_RIGHT, self._y(value))], "grid" if value else "axis")
            self._text(_LEFT - 6, self._y(value) + 4, label, "end")
        for value, label in x_ticks:
            self._path([(self._x(value), _BOTTOM), (self._x(value), _BOTTOM + 4)], "axis")
            self._text(self._x(value), _BOTTOM + 17, label, "middle")
        self._text((_LEFT + _RIGHT) / 2, _HEIGHT - 6, x_label, "middle label")
        turned = self._text(0, 0, y_label, "middle label")
        turned.set("transform", f"translate(10 {(_TOP + _BOTTOM) / 2:.0f}) rotate(-90)")

    def line(self, points: Iterable[_Point], kind: str) -> None:
        self._path([(self._x(x), self._y(y)) for x, y in points], kind)

    def series(self, points: Iterable[tuple[float, float, float, float]]) -> None:
        """Draw values, each of x, y and both ends of its interval, as a curve with whiskers."""
        drawn = list(points)
        for x, _, low, high in drawn:
            self.line([(x, low), (x, high)], "whisker")
        self.line([(x, y) for x, y, *_ in drawn], "curve")
        for x, y, *_ in drawn:
            self.circle((x, y), 3, "point")

    def circle(self, center: _Point, radius: float, kind: str) -> None:
        self._add("circle", kind, cx=self._x(center[0]), cy=self._y(center[1]), r=radius)

    def bar(self, start: float, end: float, height: float, kind: str) -> None:
        left, right, top = self._x(start), self._x(end), self._y(height)
        self._add("rect", kind, x=left + 0.5, y=top, width=right - left - 1, height=_BOTTOM - top)

    def note(self, point: _Point, text: str, *, before: bool, above: float = 0) -> None:
        shift = -7 if before else 7
        self._text(self._x(point[0]) + shift, self._y(point[1]) + 4 - above, text, "end note" if before else "note")

    def markup(self) -> Markup:
        return _markup(self._root)

    def _path(self, points: Iterable[_Point], kind: str) -> None:
        commands = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        ElementTree.SubElement(self._root, "path", {"class": kind, "d": f"M{commands}"})

    def _text(self, x: float, y: float, text: str, kind: str) -> ElementTree.Element:
        element = self._add("text", kind, x=x, y=y)
        element.text = text
        return element

    def _add(self, tag: str, kind: str, **numbers: float) -> ElementTree.Element:
        attributes = {name: f"{value:.1f}" for name, value in numbers.items()}
        return ElementTree.SubElement(self._root, tag, {"class": kind, **attributes})


def _markup(root: ElementTree.Element) -> Markup:
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 -- the texts in it are escaped


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _ticks(low: float, high: float, *, percent: bool = False) -> list[_Tick]:
    """Return at most seven ticks at round values, from below the lowest to above the highest."""
    spread = max(high - low, 0.02 if percent else 0.1 * abs(high), 1e-6)
    step = next(
        factor * 10.0**power for power in range(-9, 308) for factor in (1, 2, 5) if factor * 10.0**power * 5 >= spread
    )
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        # No share is above 100%.
        first, last = (first - 1, last) if percent and last * step >= 1 else (first, last + 1)
    values = [step * at for at in range(first, last + 1)]
    return [(value, f"{100 * value:.4g}%" if percent else f"{value:,.10g}") for value in values]


def _duration(milliseconds: float) -> str:
    return f"{milliseconds:g} ms" if milliseconds < 1000 else f"{milliseconds / 1000:g} s"
