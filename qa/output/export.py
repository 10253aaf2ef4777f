"""Export a conversation as Markdown, JSON or a printable page, with every excerpt and its location."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from markupsafe import escape
from pydantic import TypeAdapter, ValidationError

from qa.documents.tables import table_excerpt
from qa.errors import QAError
from qa.output.text import RECOGNISED
from qa.text.lines import one_line
from qa.types import NOT_FOUND, Document

Format = Literal["markdown", "json", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)

_MARKUP = re.compile(r"[\\`*_\[\]<>!#|~&$]|^[-+=](?=[\s=-]|$)", re.MULTILINE)
# The page has no scripts and loads nothing.
_POLICY = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
_TITLE = "Cited QA: a conversation with its sources"
_STYLE = (
    "body{max-width:40rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 Charter,Georgia,serif;color:#222;"
    "overflow-wrap:anywhere}"
    "section{break-inside:avoid;margin:0 0 2rem}h1{font-size:1.4rem}h2{font-size:1.1rem;margin:0 0 .4rem}"
    "blockquote{margin:.8rem 0 .2rem;padding-left:.9rem;border-left:4px solid #e5b93c;white-space:pre-line}"
    "blockquote:has(table){overflow-x:auto;overflow-wrap:break-word}"
    "table{border-collapse:collapse}th,td{padding:.15rem .9rem .15rem 0;text-align:left;vertical-align:top}"
    ".location,.note{margin:0;color:#555;font-size:.9rem}.answer{font-weight:700;margin:.4rem 0;white-space:pre-line}"
    "@media print{body{max-width:none;margin:0}blockquote:has(table){overflow-wrap:anywhere}}"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An excerpt with its location, as shown to the reader."""

    n: int  # its number in the answer
    document: str  # id of the article
    title: str  # of the article
    start: int  # span in the article's text, in code points
    end: int
    text: str  # of the span
    page: int | None = None
    verdict: str = "verbatim"  # or "not found" if the article does not contain the text there
    table: tuple[tuple[str, ...], ...] = ()  # of table rows: column names, which may be empty, then cells row by row
    recognised: bool = False  # whether any of it was recognised from an image


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer, as shown."""

    question: str
    answer: str | None  # None if the bot declined
    confidence: str
    excerpts: tuple[Excerpt, ...] = ()
    searched_for: str | None = None  # the search query, if it was not the question
    # The language model that wrote the answer, and the result of checking its sentences; None for an extractive answer
    phrased: str | None = None
    reason: str | None = None  # why the bot declined
    confidence_value: float | None = None  # from 0 to 1; None if none was computed


def exchanges(sent: object, documents: Mapping[str, Document]) -> tuple[Exchange, ...]:
    """Return the conversation that a browser sent, with its excerpts checked again.

    Raises
    ------
    QAError
        If it is malformed.
    """
    try:
        read = TypeAdapter(tuple[Exchange, ...]).validate_python(sent)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "conversation"
        raise QAError(f"invalid conversation: {where}: {problem['msg']}") from None
    return tuple(replace(each, excerpts=tuple(_checked(one, documents) for one in each.excerpts)) for each in read)


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
                f"<style>{_STYLE}</style></head><body><main><h1>{_TITLE}</h1>{parts}</main></body></html>\n"
            )


def location(excerpt: Excerpt) -> str:
    """Return where an excerpt is: title, page, document, span."""
    page = f", page {excerpt.page}" if excerpt.page else ""
    verdict = f"{excerpt.verdict}, {RECOGNISED}" if excerpt.recognised else excerpt.verdict
    return f"{excerpt.title}{page} ({excerpt.document}, characters {excerpt.start}\u2013{excerpt.end}; {verdict})"


def _checked(excerpt: Excerpt, documents: Mapping[str, Document]) -> Excerpt:
    """Return an excerpt with its verdict, and with its cells if it is rows of a table."""
    document = documents.get(excerpt.document)
    found = document is not None and excerpt.start >= 0 and document.text[excerpt.start : excerpt.end] == excerpt.text
    if document is None or not found:
        return replace(excerpt, verdict="not found", table=(), recognised=False)
    rows = table_excerpt(document, excerpt.start, excerpt.end)
    recognised = document.is_recognised(excerpt.start, excerpt.end)
    return replace(excerpt, verdict="verbatim", table=rows.cells(document.text) if rows else (), recognised=recognised)


def _markdown(exchange: Exchange) -> str:
    parts = [f"## {_plain(one_line(exchange.question))}", _answer_in_markdown(exchange)]
    if exchange.searched_for:
        parts.append(f"Searched for: {_plain(one_line(exchange.searched_for))}")
    for excerpt in exchange.excerpts:
        lines = _markdown_table(excerpt.table) if excerpt.table else _plain(excerpt.text).split("\n")
        quoted = "\n".join(f"> {line}" for line in lines)
        parts += [quoted, f"[{excerpt.n}] {_plain(one_line(location(excerpt)))}"]
    parts += [_plain(one_line(note)) for note in (exchange.phrased, exchange.confidence) if note]
    return "\n\n".join(parts) + "\n"


def _answer_in_markdown(exchange: Exchange) -> str:
    text = exchange.answer or exchange.reason or NOT_FOUND
    if exchange.phrased:
        return "  \n".join(_plain(one_line(line)) for line in text.split("\n")).replace("\n  \n", "\n\n")
    answer = _plain(one_line(text))
    return f"**{answer}** [1]" if exchange.excerpts else f"**{answer}**"


def _markdown_table(table: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(_plain(one_line(cell)) for cell in cells)} |" for cells in table]
    return [lines[0], f"|{' --- |' * len(table[0])}", *lines[1:]]


def _html_table(table: Sequence[Sequence[str]]) -> str:
    rows = table if any(table[0]) else table[1:]
    tags = ["th" if cells is table[0] else "td" for cells in rows]
    lines = ("".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) for tag, cells in zip(tags, rows, strict=True))
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _plain(text: str) -> str:
    """Escape text for Markdown: an image in an article or in a model's answer would be loaded."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _html(exchange: Exchange) -> str:
    mark = " [1]" if exchange.excerpts and not exchange.phrased else ""
    parts = [
        f'<h2 dir="auto">{escape(exchange.question)}</h2>',
        f'<p class="answer" dir="auto">{escape(exchange.answer or exchange.reason or NOT_FOUND)}{mark}</p>',
    ]
    if exchange.searched_for:
        parts.append(f'<p class="note">Searched for: {escape(exchange.searched_for)}</p>')
    for excerpt in exchange.excerpts:
        quoted = _html_table(excerpt.table) if excerpt.table else escape(excerpt.text)
        parts.append(f'<blockquote dir="auto">{quoted}</blockquote>')
        parts.append(f'<p class="location">[{excerpt.n}] {escape(location(excerpt))}</p>')
    for note in filter(None, [exchange.phrased, exchange.confidence]):
        parts.append(f'<p class="note">{escape(note)}</p>')
    return f"<section>{''.join(parts)}</section>"
