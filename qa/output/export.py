"""A conversation -> Markdown, JSON or a page to print, with every excerpt and its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from markupsafe import escape

from qa.errors import QAError
from qa.text.lines import one_line
from qa.types import NOT_FOUND, Document

Format = Literal["markdown", "json", "html"]
FORMATS: Mapping[Format, str] = {"markdown": "text/markdown", "json": "application/json", "html": "text/html"}
"""The formats, and the media type of each."""

_MARKUP = re.compile(r"[\\`*_\[\]<>!#|~&$]|^[-+=](?=[\s=-]|$)", re.MULTILINE)
# The page holds no script and needs nothing else: a browser need not run or ask for anything.
_POLICY = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
_TITLE = "Cited QA: a conversation with its sources"
_STYLE = (
    "body{max-width:40rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 Charter,Georgia,serif;color:#222}"
    "section{break-inside:avoid;margin:0 0 2rem}h1{font-size:1.4rem}h2{font-size:1.1rem;margin:0 0 .4rem}"
    "blockquote{margin:.8rem 0 .2rem;padding-left:.9rem;border-left:4px solid #e5b93c;white-space:pre-line}"
    ".place,.note{margin:0;color:#555;font-size:.9rem}.answer{font-weight:700;margin:.4rem 0}"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An excerpt with its place, as the reader saw it.

    Attributes
    ----------
    n, start, end : int
        Its number in the answer, and its span in the article's text, in code points.
    document, title, text : str
        Id and title of the article, and the text of the span.
    page : int or None
    verdict : str
        "verbatim", or "not found" where the article at hand does not hold the text at that place.
    """

    n: int
    document: str
    title: str
    start: int
    end: int
    text: str
    page: int | None = None
    verdict: str = "verbatim"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what was answered.

    Attributes
    ----------
    question, confidence : str
        As they were shown.
    answer : str or None
        None when the bot declined.
    excerpts : tuple of Excerpt
    searched_for : str or None
        What was searched instead of the question.
    phrased : str or None
        Of an answer that a language model phrased, which holds the numbers of its excerpts: which model, and what
        checking its sentences gave. Of any other the first excerpt is the answer's.
    """

    question: str
    answer: str | None
    confidence: str
    excerpts: tuple[Excerpt, ...] = ()
    searched_for: str | None = None
    phrased: str | None = None


def exchanges(sent: object, documents: Mapping[str, Document]) -> tuple[Exchange, ...]:
    """Return a conversation that came back from a browser, its excerpts checked anew.

    Raises
    ------
    QAError
        If it is not one; names what is wrong.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        read = TypeAdapter(tuple[Exchange, ...]).validate_python(sent)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "it"
        raise QAError(f"not a conversation: {place}: {problem['msg']}") from None
    return tuple(
        replace(each, excerpts=tuple(replace(one, verdict=_verdict(one, documents)) for one in each.excerpts))
        for each in read
    )


def export(conversation: Sequence[Exchange], form: Format) -> str:
    """Return a conversation in one of the `FORMATS`."""
    match form:
        case "json":
            return json.dumps([asdict(each) for each in conversation], ensure_ascii=False, indent=2) + "\n"
        case "markdown":
            return f"# {_TITLE}\n\n" + "\n".join(_markdown(each) for each in conversation)
        case "html":
            parts = "".join(_html(each) for each in conversation)
            return (
                f'<!doctype html><html lang="en"><head><meta charset="utf-8">{_POLICY}<title>{_TITLE}</title>'
                f"<style>{_STYLE}</style></head><body><h1>{_TITLE}</h1>{parts}</body></html>\n"
            )


def place(excerpt: Excerpt) -> str:
    """Return where an excerpt stands, in words: title, page, document, span."""
    page = f", page {excerpt.page}" if excerpt.page else ""
    return (
        f"{excerpt.title}{page} ({excerpt.document}, characters {excerpt.start}\u2013{excerpt.end}; {excerpt.verdict})"
    )


def _verdict(excerpt: Excerpt, documents: Mapping[str, Document]) -> str:
    document = documents.get(excerpt.document)
    held = document is not None and excerpt.start >= 0 and document.text[excerpt.start : excerpt.end] == excerpt.text
    return "verbatim" if held else "not found"


def _markdown(exchange: Exchange) -> str:
    parts = [f"## {_plain(one_line(exchange.question))}", _answer_in_markdown(exchange)]
    if exchange.searched_for:
        parts.append(f"Searched for: {_plain(one_line(exchange.searched_for))}")
    for excerpt in exchange.excerpts:
        quoted = "\n".join(f"> {line}" for line in _plain(excerpt.text).split("\n"))
        parts += [quoted, f"[{excerpt.n}] {_plain(one_line(place(excerpt)))}"]
    parts += [_plain(one_line(note)) for note in (exchange.phrased, exchange.confidence) if note]
    return "\n\n".join(parts) + "\n"


def _answer_in_markdown(exchange: Exchange) -> str:
    answer = _plain(one_line(exchange.answer or NOT_FOUND))
    if exchange.phrased:
        return answer
    return f"**{answer}** [1]" if exchange.excerpts else f"**{answer}**"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is: what an article or a model holds may be an image, which is fetched."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _html(exchange: Exchange) -> str:
    mark = " [1]" if exchange.excerpts and not exchange.phrased else ""
    parts = [
        f"<h2>{escape(exchange.question)}</h2>",
        f'<p class="answer">{escape(exchange.answer or NOT_FOUND)}{mark}</p>',
    ]
    if exchange.searched_for:
        parts.append(f'<p class="note">Searched for: {escape(exchange.searched_for)}</p>')
    for excerpt in exchange.excerpts:
        parts.append(f"<blockquote>{escape(excerpt.text)}</blockquote>")
        parts.append(f'<p class="place">[{excerpt.n}] {escape(place(excerpt))}</p>')
    for note in filter(None, [exchange.phrased, exchange.confidence]):
        parts.append(f'<p class="note">{escape(note)}</p>')
    return f"<section>{''.join(parts)}</section>"
