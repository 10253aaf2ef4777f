"""Document -> chunks: whole sentences, packed up to a token budget, with exact spans.

Sentences come from sentencex, which keeps every character. A chunk never crosses a heading, and chunks together omit
nothing but white space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from qa.documents.directives import FRONT_MATTER, is_directive
from qa.documents.html_blocks import trim_tags, without_tags
from qa.documents.structure import Block, blocks, heading_path, parts, rows
from qa.documents.syntax import has_html
from qa.documents.tables import Table, tables_of
from qa.text.abbreviations import continues, parts_of
from qa.text.function_words import ENGLISH
from qa.text.languages import WORD
from qa.text.printable import replace_surrogates
from qa.text.spans import trim
from qa.text.tokenizer import encoding
from qa.types import Chunk, Document, Span

MAX_TOKEN_CHARS = 128  # in cl100k
_CHARS_SEARCHED_PER_TOKEN = 16  # bounds the search for a cut; text with more characters per token is cut, too
_MAX_CHARS_PER_CALL = 100_000  # of tiktoken, whose stack overflows on some 300,000 spaces
# The time that sentencex takes grows with a paragraph's characters times its signs. This product takes about 10 ms;
# beyond it, the text is split in parts.
_MAX_CHARS_TIMES_SIGNS = 25_000_000
_MAX_PART_CHARS = 5_000
_MAX_WHOLE_ROW_CHARS = 600  # of a table row with its column names; longer rows are split
_LOOKAHEAD = 200  # characters of context in a part that sentencex needs after the end of a sentence

# "He is now ..." and "The default is 3." mean nothing without the sentence before them.
_NEEDS_ANTECEDENT = re.compile(
    r"(?:he|she|it|they|his|her|its|their|this|that|these|those|such)\b"
    r"|(?:the )?default(?:s to|(?: value)? is)\b|default:",
    re.IGNORECASE,
)

# sentencex ends a sentence before its closing emphasis marks or brackets: "**Malt bread." and "** Scald the malt."
_CLOSES = re.compile(r"(?:[)\]]{1,3}(?:\*{1,3}|_{1,3})?|\*{1,3}|_{1,3})(?=\s|$)")
# It also takes the mark of an image for an exclamation: "![" in "![A bee](bee.png)".
_IMAGE = re.compile(r"(?<=!)\[[^\]\n]*\][(\[]")
_LABEL = re.compile(r"(?P<mark>\*\*|__)[^*_\n]{1,60}(?P=mark)")

_CLAUSE_END = re.compile(r"[;:,\u2013\u2014)\u3001\uff0c\uff1b](?=\s|\w)|\s[-\u2013\u2014](?=\s)")
_WORD_END = re.compile(r"\S(?=\s)")
_SIGN = re.compile(r"[^\w\s]")
# sentencex 1.0.32 panics on "Plan A ." if the space is not ASCII.
_INITIAL = re.compile(r"([A-Z]\s*)[^\S\x00-\x7f](?=\.)")


def count_tokens(text: str) -> int:
    """Return the number of cl100k tokens in `text`; special tokens written in it count as ordinary text."""
    parts = (text[start : start + _MAX_CHARS_PER_CALL] for start in range(0, len(text), _MAX_CHARS_PER_CALL))
    return sum(len(encoding().encode_ordinary(part)) for part in parts)


def split(document: Document, chunk_tokens: int) -> tuple[Chunk, ...]:
    """Cut a document into chunks of whole sentences, disjoint and in order; everything outside them is white space.

    Only a single character that has more tokens than `chunk_tokens` exceeds it.
    """
    text = document.text
    chunks: list[Chunk] = []
    front_matter = FRONT_MATTER.match(text)
    # The title that a recipe or paper has in its front matter is above all its sections, as a heading would be.
    titled = front_matter is not None and document.title and document.title in front_matter[0]
    above: list[tuple[int, str]] = [(0, document.title)] if titled else []
    for blocks_above, body in _sections(document):
        for block, _ in blocks_above:
            above = heading_path(above, text, block)
        headings = [span for _, spans in blocks_above for span in spans]
        path = ": ".join(dict.fromkeys(heading for _, heading in above))
        pending: list[Span] = []
        tokens = 0
        for sentence in (piece for span in headings + body for piece in _split_sentence(text, span, chunk_tokens)):
            # The sum of the parts' counts is never below the count of the whole, which is needed only near the budget.
            tokens += count_tokens(text[pending[-1][1] if pending else sentence[0] : sentence[1]])
            if pending and tokens > chunk_tokens:
                tokens = count_tokens(text[pending[0][0] : sentence[1]])
            if pending and tokens > chunk_tokens:
                # Keep a heading with the text under it if both fit.
                with_heading = count_tokens(text[pending[-1][0] : sentence[1]]) if pending[-1] in headings else tokens
                cut = len(pending) - (with_heading <= chunk_tokens)
                chunks.append(_chunk(document, pending[:cut], path))
                pending = pending[cut:]
                tokens = with_heading if pending else count_tokens(text[sentence[0] : sentence[1]])
            pending.append(sentence)
        chunks.append(_chunk(document, pending, path))
    return tuple(chunks)


def block_sentences(document: Document) -> Iterator[tuple[Block, list[Span]]]:
    """Yield each block with its sentences; a heading, a hidden block or a short table row counts as one.

    Sentences of Markdown start and end at words, not at tags of HTML, and a block of tags has none.
    """
    text, language = document.text, document.language
    found = list(blocks(document))
    known = tables_of(document, found)
    has_tags = has_html(document)
    for block in found:
        table = known.at(block.start)
        start, end = block.start, block.end
        # Of tags in Markdown, only white space is left here.
        is_code = block.kind == "preformatted"
        if has_tags and is_code and text[start:end].lstrip().startswith("<"):
            # End tags may be indented as code is.
            if is_directive(text[start:end]):
                start = end
            elif block.hidden:
                start, end = trim_tags(text, start, end)
        shown = without_tags(text[start:end]) if has_tags and not is_code else text[start:end]
        if block.kind == "heading" or (block.hidden and not text[block.hidden[0][1] : end].strip()):
            first, last = trim(shown, 0, end - start)
            yield block, [(start + first, start + last)] if first < last else []
        elif table:
            cuts = pairwise([*_row_starts(document, table), end])
            spans = (trim(shown, first - start, last - start) for first, last in cuts)
            yield block, [(start + first, start + last) for first, last in spans if first < last]
        else:
            pieces = (
                (first, sentence_spans(shown[first - start : last - start], language))
                for first, last in parts(text, block.within(start, end))
            )
            yield block, [(first + one, first + other) for first, each in pieces for one, other in each]


def _row_starts(document: Document, table: Table) -> Iterator[int]:
    """Yield the starts of a table's header, rows and parts of long rows; rules belong to the row above."""
    text = document.text
    yield table.start
    for row in rows(text, table.body, table.end, layout=table.layout):
        if row.is_rule:
            continue
        length = 0
        for column, (cell, (start, end)) in enumerate(zip(row.cells, row.contents, strict=True)):
            name = table.columns[column] if column < len(table.columns) else ""
            read = len(name) + end - start
            if not column or length + read > _MAX_WHOLE_ROW_CHARS:
                yield cell[0]
                length = 0
            if read > _MAX_WHOLE_ROW_CHARS:
                yield from (start + first for first, _ in sentence_spans(text[start:end], document.language)[1:])
            length += read


def sentence_spans(text: str, language: str = "") -> list[Span]:
    """Return the spans of the sentences of `text`, without surrounding white space.

    A piece without a letter or digit, such as a symbol on its own line, is joined to the sentence before it, and a
    sentence to a bold label before it. The language is that of `Document.language`. In a text with very many signs,
    such as endless brackets, sentences are at most 5,000 characters long.
    """
    spans: list[Span] = []
    # The replacements keep the length, so offsets stay valid.
    boundaries = _boundaries(_INITIAL.sub(r"\1 ", replace_surrogates(text)), language or ENGLISH)
    for part in (each for one in boundaries for each in parts_of(text, one, language or ENGLISH)):
        start, end = trim(text, *part)
        if spans and start == spans[-1][1] and (closing := _CLOSES.match(text, start, end)):
            spans[-1] = spans[-1][0], closing.end()
            start, end = trim(text, closing.end(), end)
        if start == end:
            continue
        if spans and (
            (_LABEL.fullmatch(text, *spans[-1]) and "\n" not in text[spans[-1][1] : start])
            or (start == spans[-1][1] and (_continues(text, start) or _IMAGE.match(text, start)))
            or continues(text, spans[-1], start, language or ENGLISH)
            or (end - spans[-1][0] <= _MAX_PART_CHARS and not WORD.search(text, start, end))
        ):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return spans


def _boundaries(text: str, language: str) -> Iterator[Span]:
    """Yield the spans that sentencex divides the text into.

    A text that would take too long is processed in parts. A part ends at a blank line if it has one, else at the last
    end of a sentence, else at a space.
    """
    from sentencex import get_sentence_boundaries

    longest = _MAX_PART_CHARS
    if len(text) <= longest or len(text) * len(_SIGN.findall(text)) <= _MAX_CHARS_TIMES_SIGNS:
        longest = len(text)
    start = 0
    while start < len(text):
        part = text[start : start + longest]
        last = start + len(part) == len(text)
        blank = -1 if last else part.rfind("\n\n")
        part = part[: blank + 2] if blank >= 0 else part
        found = [(one["start_index"], one["end_index"]) for one in get_sentence_boundaries(language, part)]
        cut = len(part)
        if not last and blank < 0:
            middle = cut // 2
            ends = [first for first, _ in found if middle <= first <= cut - _LOOKAHEAD]
            cut = ends[-1] if ends else part.rfind(" ", middle) + 1 or cut
        yield from ((start + first, start + min(end, cut)) for first, end in found if first < cut)
        start += cut


def excerpt_start(text: str, sentences: Sequence[Span], position: int) -> int:
    """Return where the excerpt for the sentence at a position starts so that it can be understood alone.

    A sentence that starts with a pronoun, or follows a question, includes the sentence before it if both are in one
    paragraph.
    """
    start, _ = sentences[position]
    if position == 0:
        return start
    before_start, before_end = sentences[position - 1]
    if not needs_antecedent(text, start) and text[before_start:before_end].rstrip("*_")[-1:] != "?":
        return start
    return start if "\n" in text[before_end:start] else before_start


def needs_antecedent(text: str, start: int) -> bool:
    """Return whether the sentence that starts there opens with a pronoun."""
    return _NEEDS_ANTECEDENT.match(text, start) is not None


def _sections(document: Document) -> list[tuple[list[tuple[Block, list[Span]]], list[Span]]]:
    """Return each section as its headings, with the span of their words, and those of the sentences under them."""
    sections: list[tuple[list[tuple[Block, list[Span]]], list[Span]]] = [([], [])]
    for block, sentences in block_sentences(document):
        if block.kind != "heading":
            sections[-1][1].extend(sentences)
        elif sections[-1][1]:
            sections.append(([(block, sentences)], []))
        else:
            sections[-1][0].append((block, sentences))
    return sections if any(sections[0]) else []


def _split_sentence(text: str, span: Span, chunk_tokens: int) -> Iterator[Span]:
    """Cut a sentence that exceeds the budget: at a clause, else at a word, else between characters."""
    start, end = span
    while (reach := _last_within_budget(text, start, end, chunk_tokens)) < end:
        cut = _cut(text, start, end, reach)
        yield trim(text, start, cut)
        start, end = trim(text, cut, end)
    if start < end:
        yield start, end


def _cut(text: str, start: int, end: int, reach: int) -> int:
    for pattern in (_CLAUSE_END, _WORD_END):
        cuts = [match.end() for match in pattern.finditer(text, start + (reach - start) // 4, reach + 1)]
        if cuts:
            return cuts[-1]
    cut = reach
    while cut > start and _continues(text, cut):
        cut -= 1
    if cut == start:
        cut = max(reach, start + 1)
        while cut < end and _continues(text, cut):
            cut += 1
    return cut


def _continues(text: str, offset: int) -> bool:
    """Return whether a character combines with the one before: a mark, a skin tone, a joiner."""
    character = text[offset]
    return (
        unicodedata.category(character).startswith("M")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\u200d" in text[offset - 1 : offset + 1]
    )


def _last_within_budget(text: str, start: int, end: int, chunk_tokens: int) -> int:
    """Return the last offset up to which the text from `start` is within the budget; no more than a part is read."""
    end = min(end, start + _CHARS_SEARCHED_PER_TOKEN * chunk_tokens)
    # A token has at least one byte.
    if len(text[start:end].encode("utf-8", "surrogatepass")) <= chunk_tokens:
        return end
    tokens = encoding().encode_ordinary(text[start:end])
    last = start + len(encoding().decode_bytes(tokens[:chunk_tokens]).decode("utf-8", "ignore"))
    # Counted alone, it may have a few tokens more or less.
    while count_tokens(text[start:last]) > chunk_tokens:
        last -= 1
    while last < end and count_tokens(text[start : last + 1]) <= chunk_tokens:
        last += 1
    return last


def _chunk(document: Document, sentences: list[Span], headings: str) -> Chunk:
    start, end = sentences[0][0], sentences[-1][1]
    return Chunk(document.id, start, end, document.text[start:end], tuple(sentences), headings)
