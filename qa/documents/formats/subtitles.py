"""Subtitle reader (SubRip, WebVTT): speech as paragraphs, each with its start time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from html import unescape

from qa.documents.formats.article import Article, load_error
from qa.documents.formats.text import decode
from qa.text.lines import one_line

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}.*")
_VOICE = re.compile(r"<v(?:\.[^ >]{1,100})?[ \t]{1,10}([^>\n]{1,200})>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<[\d:.]{1,20}>|\{\\[^{}]{0,200}\}")
_ENDED = (".", "!", "?", "\u2026", '"', "\u201d", ")", "]")
_MAX_SCROLL_SECONDS = 0.2  # between cues that may repeat each other's lines
_MIN_PAUSE_SECONDS = 5.0  # without words, which ends a paragraph
_PARAGRAPH_SECONDS = 60.0  # after which a paragraph ends with its sentence
_MAX_PARAGRAPH_SECONDS = 120.0


def read_subtitles(data: bytes, source: str) -> Article:
    """Return speech as paragraphs of about a minute or up to a pause, after ``[hours:minutes:seconds]``.

    Tags are removed, except that speakers they name are kept. A line that scrolls through several cues appears once.
    """
    text, notes = decode(data, source)
    paragraphs: list[tuple[float, list[str]]] = []  # start in seconds, and words
    last_end = 0.0
    before: list[str] = []
    for start, end, lines in _cues(text):
        # Live captions scroll: a cue starts with lines of the one before.
        scrolls = start - last_end < _MAX_SCROLL_SECONDS
        new = [line for line in lines if not (scrolls and line in before)]
        before = lines
        if new:
            started, words = paragraphs[-1] if paragraphs else (-math.inf, [""])
            late = start - started > (_PARAGRAPH_SECONDS if words[-1].endswith(_ENDED) else _MAX_PARAGRAPH_SECONDS)
            if late or start - last_end > _MIN_PAUSE_SECONDS:
                paragraphs.append((start, []))
            paragraphs[-1][1].extend(new)
        last_end = end
    if not paragraphs:
        raise load_error(source, "has no cues with text", "check that it is SubRip or WebVTT")
    return Article("\n\n".join(_paragraph(*each) for each in paragraphs), None, notes=notes)


def _paragraph(seconds: float, words: list[str]) -> str:
    whole = int(seconds)
    return f"[{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}] {' '.join(words)}"


def _cues(text: str) -> Iterator[tuple[float, float, list[str]]]:
    """Yield the start and end of each cue in seconds, and its lines.

    In WebVTT, a blank line ends a cue. In SubRip, whose cues are numbered, only the number of the next one does.
    """
    numbered = "".join(text.split(None, 1)[:1]).isdecimal()
    start = end = 0.0
    lines: list[str] | None = None
    for line in [*text.split("\n"), None]:
        found = _TIMES.fullmatch(line or "")
        if found or line is None or not (numbered or line.strip()):
            if found and numbered and lines and lines[-1].strip().isdecimal():
                lines.pop()
            if lines:
                yield start, end, list(filter(None, map(_clean, lines)))
            lines = [] if found else None
        elif lines is not None and line.strip():
            lines.append(line)
        if found:
            start, end = _seconds(*found.groups()[:4]), _seconds(*found.groups()[4:])


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    return 3600 * int(hours or 0) + 60 * int(minutes) + int(seconds) + float(f"0.{fraction}")


def _clean(line: str) -> str:
    line = _VOICE.sub(lambda voice: f"{voice[1]}: ", line)
    return one_line(unescape(_TAG.sub("", line)))
