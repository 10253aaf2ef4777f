"""Text recognition: picture of a page -> lines of text, by Tesseract (installed with the extra `ocr`).

Tesseract runs in this process on one thread, with locally installed models: nothing is downloaded.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qa.documents.formats.article import Article, page_ranges
from qa.documents.formats.pdf.fields import Field
from qa.documents.formats.pdf.lines import ASCENT, DESCENT, NUMBER_START, Line
from qa.text.spans import joined
from qa.types import Span

if TYPE_CHECKING:
    from PIL.Image import Image

INSTALL = "pip install 'cited-qa[ocr]'"  # command that installs text recognition
MODELS = Path(sys.prefix, "share", "tessdata")  # folder with one model per language
MAX_SECONDS: ContextVar[float] = ContextVar("MAX_SECONDS", default=math.inf)
"""Maximum processor time of recognition for one file, in seconds."""

_FIRST_LANGUAGE = "eng"
_NOT_LANGUAGES = {"osd", "equ"}
POINTS_PER_INCH = 72
_DOWNWARDS = 2  # Tesseract's WritingDirection for lines of a page scanned sideways
_MIN_SKEW = 0.003  # radians; less is not corrected
_MIN_UPRIGHT_CONFIDENCE = 50  # per cent; below it, the page is also tried upside down
_MIN_WORD_CONFIDENCE = 30  # per cent; below it, words are mostly specks
_MIN_MEAN_CONFIDENCE = 50  # per cent; below it, a page has no text
WALL_TIME_FACTOR = 3  # wall-clock limit per second of processor time left: the machine may be busy
_MAX_WALL_SECONDS = 180.0  # for one picture
# Gaps between words, in font sizes; what follows a wider gap is another cell or column:
_MIN_CELL_GAP, _MAX_WORD_GAP = 1.2, 2.0  # between these limits, the narrowest gap of the line decides:
_CELL_GAP_RATIO = 3.0  # of a cell gap to the narrowest gap
_MAX_NUMBER_GAP = 0.8  # between two numbers
_BODY_SIZES = (0.85, 1.2)  # ratios to the usual font size of a page that count as that size
_SIZE_STEP = 1.1  # ratio between other font sizes that are distinguished

_Box = tuple[float, float, float, float]  # left, top, right, bottom


class Word(NamedTuple):
    """A recognised word, with its box in pixels of the picture after rotation."""

    text: str
    confidence: float
    box: _Box
    baseline: float
    size: float
    starts_line: bool


class Recogniser:
    """Recognises the pages of one file until its time is up."""

    def __init__(self) -> None:
        # Numbers of the pages recognised, of those without text, and of those skipped for lack of time
        self.read: list[int] = []
        self.without_text: list[int] = []
        self.left_out: list[int] = []
        # Of the last page, with boxes in points of the original picture; y points upwards
        self.words: list[Field] = []
        self._engine: Any = None
        self._until = time.process_time() + MAX_SECONDS.get()
        self._certain = 0.0
        self._characters = 0

    def close(self) -> None:
        """Free the memory of Tesseract."""
        if self._engine is not None:
            self._engine.End()

    def page(self, number: int, draw: Callable[[], tuple[Image, float]]) -> list[Line]:
        """Return the lines of a page like those of a PDF; their spans refer to `words` as to fields.

        `draw` returns its picture, dark on light in mode "L", perhaps turned or skewed, and the pixels per inch.
        """
        words, self.words = None, []
        if not self.left_out and time.process_time() < self._until:
            picture, resolution = draw()
            words, drawn = self._upright(picture, resolution)
        if words is None:
            self.left_out.append(number)
            return []
        words = [word for word in words if word.confidence >= _MIN_WORD_CONFIDENCE]
        confidence, characters = _confidence(words), sum(len(word.text) for word in words)
        if not characters or confidence < _MIN_MEAN_CONFIDENCE * characters:
            self.without_text.append(number)
            return []
        self.read.append(number)
        self._certain += confidence
        self._characters += characters
        scale = POINTS_PER_INCH / resolution
        for word in words:
            left, top, right, bottom = (scale * side for side in drawn(word.box))
            self.words.append(Field(word.text, "", left, -bottom, right, -top))
        return list(_lines(words, scale))

    def notes(self, *, paged: bool = True) -> list[str]:
        """Return notes on the pages, or on the only one if not `paged`."""
        notes = []
        if self.read:
            were, images = ("was", "an image") if len(self.read) == 1 else ("were", "images")
            recognised = f"{page_ranges(self.read) if paged else 'the text'} {were} recognised from {images}"
            notes.append(f"{recognised} (confidence {round(self._certain / self._characters)}%)")
        if self.without_text:
            notes.append(f"{are_images(self.without_text)} in which no text was recognised")
        if self.left_out:
            limit = f"{MAX_SECONDS.get():g} seconds of text recognition"
            notes.append(f"{are_images(self.left_out)} left out after {limit}")
        return notes

    def spans(self, article: Article) -> tuple[Span, ...]:
        """Return the spans of recognised text in the article made from the pages."""
        edges = [*(article.page_starts or (0,)), len(article.text)]
        pages = (edges[number - 1 : number + 1] for number in self.read)
        return tuple(joined((start, end) for start, end in pages if start < end))

    def _upright(self, picture: Image, resolution: float) -> tuple[list[Word] | None, Callable[[_Box], _Box]]:
        """Return the words of a picture with its lines levelled, and a function that rotates boxes back."""
        from PIL.Image import Resampling, Transpose

        if self._engine is None:
            self._engine = _engine()
        size = picture.size
        self._show(picture, resolution)
        layout = self._engine.AnalyseLayout()
        if layout is None:
            return [], lambda box: box
        _, direction, _, skew = layout.Orientation()
        turn = math.degrees(skew) + (90 if direction == _DOWNWARDS else 0)
        if abs(turn) <= math.degrees(_MIN_SKEW):
            turn = 0.0
        else:
            picture = picture.rotate(turn, resample=Resampling.BICUBIC, expand=True, fillcolor=255)
            self._show(picture, resolution)
        words = self._words()
        back = partial(_rotate_back, turn=turn, turned=picture.size, size=size)
        if words and self._engine.MeanTextConf() < _MIN_UPRIGHT_CONFIDENCE:
            self._show(picture.transpose(Transpose.ROTATE_180), resolution)
            other = self._words()
            if other is not None and _confidence(other) > _confidence(words):
                return other, partial(back, turn=turn + 180)
        return words, back

    def _show(self, picture: Image, resolution: float) -> None:
        self._engine.SetImageBytes(picture.tobytes(), picture.width, picture.height, 1, picture.width)
        self._engine.SetSourceResolution(round(resolution))

    def _words(self) -> list[Word] | None:
        from tesserocr import RIL, iterate_level

        seconds = min(WALL_TIME_FACTOR * (self._until - time.process_time()), _MAX_WALL_SECONDS)
        if seconds <= 0 or not self._engine.Recognize(math.ceil(1000 * seconds)):
            return None
        found = self._engine.GetIterator()
        if found is None:
            return []
        words = []
        baseline = size = 0.0
        for word in iterate_level(found, RIL.WORD):
            starts_line = word.IsAtBeginningOf(RIL.TEXTLINE)
            if starts_line:
                (_, first), (_, last) = word.Baseline(RIL.TEXTLINE) or ((0, 0), (0, 0))
                baseline, size = (first + last) / 2, word.RowAttributes()["row_height"]
            box, text = word.BoundingBox(RIL.WORD), word.GetUTF8Text(RIL.WORD)
            if box is not None and text.strip() and size > 0:
                confidence = word.Confidence(RIL.WORD)
                words.append(Word(text.strip(), confidence, box, baseline, size, starts_line))
        return words


def are_images(numbers: Sequence[int]) -> str:
    """Return "page 3 is an image", or "pages 3-9 are images"."""
    return f"{page_ranges(numbers)} {'is an image' if len(numbers) == 1 else 'are images'}"


def languages() -> list[str]:
    """Return the languages with an installed model, English first; none if Tesseract is not installed."""
    if find_spec("tesserocr") is None:
        return []
    found = {path.stem for path in MODELS.glob("*.traineddata")} - _NOT_LANGUAGES
    return sorted(found, key=lambda name: (name != _FIRST_LANGUAGE, name))


def _engine() -> Any:  # noqa: ANN401 -- of tesserocr
    from tesserocr import PSM, PyTessBaseAPI

    engine = PyTessBaseAPI(path=str(MODELS), lang="+".join(languages()), psm=PSM.AUTO)
    try:
        os.close(os.open(os.devnull, os.O_WRONLY))
    except OSError:
        # tesserocr sends messages there, and Tesseract crashes if it cannot open it, as in the sandbox.
        engine.SetVariable("debug_file", "")
    return engine


def _rotate_back(box: _Box, *, turn: float, turned: tuple[int, int], size: tuple[int, int]) -> _Box:
    """Return a box in the original picture, given one in the picture rotated by `turn` degrees."""
    sin, cos = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    corners = [(x - turned[0] / 2, y - turned[1] / 2) for x in box[::2] for y in box[1::2]]
    across = [x * cos - y * sin + size[0] / 2 for x, y in corners]
    down = [x * sin + y * cos + size[1] / 2 for x, y in corners]
    return min(across), min(down), max(across), max(down)


def _confidence(words: Sequence[Word]) -> float:
    return sum(len(word.text) * word.confidence for word in words)


def _lines(words: Sequence[Word], scale: float) -> Iterator[Line]:
    """Join the words of each line without wide gaps between them; `scale` is in points per pixel."""
    sizes = sorted(word.size for word in words for _ in word.text)
    usual = max(round(2 * sizes[len(sizes) // 2] * scale) / 2, 0.5) if sizes else 0.0
    starts = [number for number, word in enumerate(words) if word.starts_line or number == 0]
    for start, end in pairwise([*starts, len(words)]):
        yield from _text_runs([_line(words[number], number, usual, scale) for number in range(start, end)])


def _line(word: Word, number: int, usual: float, scale: float) -> Line:
    size, baseline = _round_size(word.size * scale, usual), word.baseline * scale
    left, _, right, _ = (scale * side for side in word.box)
    spans = ((-number - 1, -number - 1),)
    return Line(word.text, left, baseline - ASCENT * size, right, baseline + DESCENT * size, size, spans=spans)


def _text_runs(words: Sequence[Line]) -> list[Line]:
    """Join the words of a line. In a narrow column, all gaps may be wide without separating cells."""
    least = min((after.left - word.right for word, after in pairwise(words)), default=0.0)
    runs = [words[0]]
    widest = min(max(_CELL_GAP_RATIO * least / words[0].size, _MIN_CELL_GAP), _MAX_WORD_GAP)
    for word in words[1:]:
        last = runs[-1]
        numbers = last.text[-1].isdigit() and word.text[0] in NUMBER_START
        if word.left - last.right <= (_MAX_NUMBER_GAP if numbers else widest) * last.size:
            runs[-1] = last.with_right(word)
        else:
            runs.append(word)
    return runs


def _round_size(size: float, usual: float) -> float:
    """Round a measured font size to steps, so that lines of the same size are equal."""
    if _BODY_SIZES[0] < size / usual < _BODY_SIZES[1]:
        return usual
    return float(usual * _SIZE_STEP ** round(math.log(size / usual, _SIZE_STEP)))
