"""Find the list that a question asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import NamedTuple

from qa.answering.lists.item_blocks import (
    CHARACTERS_AFTER,
    ITEM_END,
    MARK,
    blocks_around,
    group_at,
    items_of,
    lettered_lines,
    without_descriptions,
)
from qa.answering.lists.labelled_lines import labelled_items, labelled_parts
from qa.answering.questions.asked_terms import DENIAL, DUTY, asked_terms, normalised_terms, share_of
from qa.answering.questions.attendance import labelled_attendance
from qa.answering.subjects.other_owner import is_of_another_rank
from qa.answering.subjects.other_subject import VERSION, is_of_another_version, is_opposite
from qa.documents.structure import Block, heading_path
from qa.protocols import AnswerSpan
from qa.text.lexicon import is_base, is_only_plural
from qa.text.lines import one_line
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Passage, Span

_MAX_ITEMS = 100
_RANK_PENALTY = 0.01
_NEAREST_BONUS = 0.1  # for all of the question's terms in the line or heading nearest to the list
_MAX_NAME = 4  # words
_MIN_CHANCE = 3  # items of a list, of which one may have a word of the question by chance
_SINGLE_PENALTY = 0.6  # of a list of one item
_STEPS = "method procedure steps instructions directions preparation"
_NEEDS = "need materials ingredients equipment tools requirements"
_MAKING = "make made prepare prepared cook cooked bake baked build built do done assemble assembled"
_MIN_ANNOUNCED_SHARE = 0.6  # of the terms of a question without a noun to look for
_FOR_WHAT = re.compile(r"\b(?:between|for|from|to|at|into|against|through|without)\s+(?:the\s+)?[\w-]+", re.IGNORECASE)
_YEAR = re.compile(r"[12]\d{3}")
_ABOUT = re.compile(r"\b(?:about|regarding|concerning)\s+(.+)", re.IGNORECASE)
_FOLLOWING = re.compile(r"\b(?:the\s+following|(?:listed|shown|given|described)\s+below)\b", re.IGNORECASE)
_MARK_TEXT = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Items:
    """Items of a list.

    Attributes
    ----------
    document_id : str
    items : tuple of (int, int)
        Spans without bullets or numbers.
    excerpt : (int, int)
        The announcing line with the whole list, or the sentence.
    share : float
        Share of the question's terms in the announcement and the title, 0 to 1.
    match : float
        How well the question names the list: the mean of the share of the question's noun (or of all its terms) in the
        announcement, and of the share of the best heading or line in the question.
    unnamed : frozenset of str
        The question's terms that are neither in the announcement nor in the title.
    """

    document_id: str
    items: tuple[Span, ...]
    excerpt: Span
    share: float = 1.0
    match: float = 1.0
    unnamed: frozenset[str] = frozenset()


class _Candidate(NamedTuple):
    score: float
    items: Items
    announcing: Sequence[str]  # the nearest last


def announced_list(
    question: str, passages: Sequence[Passage], documents: Mapping[str, Document], least: float, *, columns: bool = True
) -> Items | None:
    """Return the list near the passages whose heading or preceding line has most of the question's terms.

    `least` is the minimum share of these in the announcement and the title. The noun asked for, as "duties" in "What
    are the duties ...?", must be in the announcement. Without `columns`, the first column of a table is no list.
    """
    asked, nouns = asked_terms(VERSION.sub("", question))
    found: list[_Candidate] = []
    seen: set[tuple[str, Span]] = set()
    for rank, passage in enumerate(passages):
        document = documents[passage.document_id]
        for items, announcing in _lists(document, (passage.start, passage.end), columns=columns):
            # The first item of a list may announce another list.
            if (document.id, items.items[0]) in seen:
                continue
            seen.add((document.id, items.items[0]))
            share, match, unnamed = _matched(question, asked, nouns, document, announcing)
            if not match:
                continue
            named = _restricted(replace(items, share=share, match=match, unnamed=unnamed), document.text, len(asked))
            said = [*filter(None, announcing)]
            nearest = len(asked & normalised_terms(said[-1])) / len(asked) if said[1:] and asked else 0.0
            score = named.share - _RANK_PENALTY * rank - _SINGLE_PENALTY * (len(items.items) == 1)
            in_table = document.tables.at(items.items[0][0])
            if named.share >= (least if in_table is None or in_table.layout == "list" else 1.0):
                found.append(_Candidate(score + _NEAREST_BONUS * nearest, named, said))
    best = max(found, key=lambda one: one.score, default=None)
    if best is None:
        return None
    text = documents[best.items.document_id].text
    near = [one for one in found if one.items.document_id == best.items.document_id]
    if lines := _naming_lines(text, near, best, nouns):
        return None if best.items.unnamed else replace(best.items, items=lines, excerpt=(lines[0][0], lines[-1][1]))
    return None if any(_are_below(one, best, nouns) and _is_told(text, one.items) for one in near) else best.items


def _naming_lines(text: str, near: Sequence[_Candidate], best: _Candidate, nouns: set[str]) -> tuple[Span, ...]:
    """Return the lines above lists that each name one of the things asked for: "North campus", "South campus"."""
    beside = [one for one in near if one.announcing[:-1] == best.announcing[:-1] and _names_one(one, nouns)]
    starts = [(one.items.excerpt[0], one.announcing[-1]) for one in beside]
    lines = {start: line for start, line in starts if text.startswith(line, start)}
    if best not in beside or len(lines) < 2:
        return ()
    return tuple((start, start + len(line)) for start, line in sorted(lines.items()))


def _names_one(found: _Candidate, nouns: set[str]) -> bool:
    """Return whether the line above a list is the name of one thing asked for: "North campus", not "Other campuses"."""
    *before, last = found.announcing[-1].strip(" *_:").split() or [""]
    is_one = not is_only_plural(last.lower()) and not nouns.isdisjoint(terms(last))
    return is_one and 0 < len(before) < _MAX_NAME


def _are_below(one: _Candidate, best: _Candidate, nouns: set[str]) -> bool:
    """Return whether two lists are below sub-headings without the noun: "President" and "Clerk" below "Officers"."""
    (*above, nearest), (*best_above, best_nearest) = one.announcing, best.announcing
    alike = above[:1] == best_above[:1] != [] and nearest != best_nearest
    return bool(nouns) and alike and nouns.isdisjoint(normalised_terms(f"{nearest} {best_nearest}"))


def _is_told(text: str, found: Items) -> bool:
    """Return whether the items of a list are sentences."""
    return any(text.endswith((".", "!", "?"), *item) for item in found.items)


def _matched(
    question: str, asked: set[str], nouns: set[str], document: Document, announcing: Sequence[str]
) -> tuple[float, float, frozenset[str]]:
    """Return `share`, `match` and `unnamed` of `Items` by what announces a list; 0.0 if it is not the one asked for."""
    announced = {term for each in announcing for term in normalised_terms(each)}
    title = {*terms(document.title)}
    # "What must be done before use?": the heading may be only "Before use".
    asked = asked - ({DUTY} - nouns - announced)
    around = announced | title
    # "What must not be washed?" may be below "What does not belong here" in a manual for washing machines.
    compared = around if DENIAL in asked else announced
    key_terms = nouns or asked
    if (
        not (
            nouns & announced - _governed(announcing)
            if nouns
            else len(asked & compared) >= _MIN_ANNOUNCED_SHARE * len(asked)
        )
        # The title is above every list of the document, so it does not tell which one is meant.
        or not key_terms & announced - title
        # "What changed in 1858?" must not match a list of what changes with age.
        or any(_YEAR.fullmatch(term) for term in asked - around)
        # The duties of another.
        or (DUTY in nouns and not nouns <= around)
        or is_opposite(question, _nearest(announcing))
        or is_of_another_version(question, " ".join(announcing))
        or is_of_another_rank(question, " ".join(announcing))
        or is_about_one_item(question, around)
    ):
        return 0.0, 0.0, frozenset()
    part = len(key_terms & announced) / len(key_terms)
    whole = max(share_of(each, asked) for each in announcing)
    return len(asked & around) / max(1, len(asked)), (part + whole) / 2, frozenset(asked - around)


def _restricted(found: Items, text: str, asked: int) -> Items:
    """Return only the items that the question restricts the list to, if any: "Which clubs are free?".

    `asked` is the number of the question's terms.
    """
    of_items = [found.unnamed.intersection(terms(text[slice(*item)])) for item in found.items]
    named = frozenset().union(*of_items) - frozenset.intersection(*of_items)
    kept = tuple(item for item, own in zip(found.items, of_items, strict=True) if named <= own)
    # "Learning disability tests" is not all that there is for "students with disabilities".
    is_chance = named != found.unnamed and len(kept) == 1 and len(found.items) >= _MIN_CHANCE
    # "Meeting rooms are booked online." does not say that the others are not booked.
    if not named or not kept or is_chance or _is_told(text, found):
        return found
    return replace(found, items=kept, share=found.share + len(named) / asked, unnamed=found.unnamed - named)


def is_about_one_item(question: str, announced: set[str]) -> bool:
    """Return whether a question is "about pets" or so, which the terms of what announces a list lack."""
    about = _ABOUT.search(question)
    return about is not None and announced.isdisjoint(terms(about[1]))


def _governed(announcing: Sequence[str]) -> set[str]:
    """Return the terms of what a list is for: no ponds are listed after "Disinfect the boots between ponds:"."""
    return {term for line in announcing for one in _FOR_WHAT.finditer(line) for term in terms(one[0])}


def list_after(document: Document, span: AnswerSpan) -> Items | None:
    """Return the list right after the sentence of a span: "Do not wash the following:"; None without one."""
    text = document.text
    sentence = text[span.start : span.excerpt_end].rstrip()
    is_item = MARK.match(text, text.rfind("\n", 0, span.start) + 1, span.start) and not sentence.endswith(":")
    if is_item or (sentence.endswith((".", "!", "?")) and not _FOLLOWING.search(sentence)):
        return None
    items: list[Span] = []
    first_kind = ""
    offset = span.excerpt_end
    for line in text[offset : offset + CHARACTERS_AFTER].splitlines(keepends=True)[:_MAX_ITEMS]:
        start, end = trim(text, offset, offset + len(line))
        mark = MARK.match(text, start, end)
        kind = _MARK_TEXT.sub("", mark[0]).strip() if mark else ""
        if mark and (not items or kind == first_kind):
            items.append((mark.end(), end))
            first_kind = kind
        elif start < end and items and line[0] in " \t" and "\n\n" not in text[items[-1][1] : start]:
            items[-1] = items[-1][0], end  # the item goes on
        elif start < end and offset > span.excerpt_end:
            break
        offset += len(line)
    if len(items) < 2:
        return None
    ends = [ending.start() if (ending := ITEM_END.search(text, *item)) else item[1] for item in items]
    spans = tuple((start, end) for (start, _), end in zip(items, ends, strict=True))
    return Items(document.id, spans, (span.excerpt_start, items[-1][1]))


def announcement(document: Document, span: AnswerSpan) -> Span | None:
    """Return the span of the line or heading that announces the list of which a span is an item; None without one."""
    found = _announced_with(document, span)
    line = _nearest(found[1]) if found else ""
    start = document.text.rfind(line, 0, found[0].items[0][0]) if found and line else -1
    return (start, start + len(line)) if start >= 0 else None


def list_around(document: Document, span: AnswerSpan) -> Items | None:
    """Return the list that a span is an item of, if its items are no sentences, or numbered instructions."""
    items, text = list_with(document, span), document.text
    if items is None:
        return None
    numbered = text[max(0, items.items[0][0] - 4) : items.items[0][0]].rstrip().endswith((".", ")"))
    steps = numbered and all(is_base(text[slice(*item)].split()[0].lower()) for item in items.items)
    sentence = text[span.start : span.excerpt_end].rstrip().endswith((".", "!", "?"))
    return items if steps or not sentence else None


def list_with(document: Document, span: AnswerSpan) -> Items | None:
    """Return the list that a span is an item of; None without one."""
    found = _announced_with(document, span)
    return found[0] if found else None


def _announced_with(document: Document, span: AnswerSpan) -> tuple[Items, tuple[str, ...]] | None:
    """Return the list that a span is an item of, and what announces it."""
    found = _lists(document, span.excerpt)
    return next((one for one in found if any(start <= span.start < end for start, end in one[0].items)), None)


def _nearest(announcing: Sequence[str]) -> str:
    """Return the last of the lines that announce a list, if any."""
    return next(filter(None, reversed(announcing)), "")


@cache
def _stems(words: str) -> frozenset[str]:
    # Not at import: the stemmer would slow down the start of every command.
    return frozenset(terms(words))


def titled_list(question: str, passages: Sequence[Passage], documents: Mapping[str, Document]) -> Items | None:
    """Return the list under a heading such as "Method" or "Ingredients", if the title has the question's subject.

    "How do I make the cake?" is answered by the method of "Lemon cake".
    """
    asked = {*terms(question)}
    needs = _stems(_NEEDS)
    headings = needs if asked & needs else _stems(_STEPS)
    for passage in passages:
        document = documents[passage.document_id]
        subject = asked & {*terms(document.title)}
        if not subject or asked - subject - _stems(_MAKING) - needs:
            continue
        for items, announcing in _lists(document, (passage.start, passage.end)):
            announced = {*terms(" ".join(announcing))} - {*terms(document.title)}
            if announced & headings:
                return replace(items, share=1.0, match=len(announced & headings) / len(announced))
    return None


def _lists(document: Document, span: Span, *, columns: bool = False) -> Iterator[tuple[Items, tuple[str, ...]]]:
    """Yield the lists around a span, each with what announces it: the headings and the line before.

    With `columns`, the first columns of tables are lists, too, which the header announces as well.
    """
    text = document.text
    found = blocks_around(document, span)
    headings: list[tuple[int, str]] = []
    before: Span | None = None
    index = 0
    while index < len(found):
        block = found[index]
        if block.kind == "heading":
            headings = heading_path(headings, text, block)
            before = None
        group = group_at(text, found, index)
        items = [item for one in without_descriptions(text, group) for item in items_of(text, one)][:_MAX_ITEMS]
        if len(items) > 1 or (items and len(headings) > 1 and group[0].kind == "bullet"):
            start, end = trim(text, group[0].start, items[-1][1])
            if group[0].kind in {"paragraph", "lines"}:
                # Lettered items are in one block with the line before them.
                lettered = next(lettered_lines(text, group[0]), (start, start))[0]
                before = _last_line(text, replace(group[0], end=lettered)) if start < lettered else before
            excerpt = (before[0] if before else start), end
            line = text[slice(*before)] if before else ""
            announcing = (*(heading for _, heading in headings[-2:]), line)
            yield Items(document.id, tuple(items), excerpt), announcing
            yield from _nested(document, group, announcing)
        if group:
            before = None
            index += len(group)
            continue
        table = document.tables.at(block.start) if columns and block.kind == "table" else None
        if table:
            cells = [row[0] for row in islice(table.rows(), _MAX_ITEMS) if row[0][0] < row[0][1]]
            header = " ".join(text[slice(*cell)] for cell in table.row_at(table.start).contents[:1])
            line = text[slice(*before)] if before else ""
            if len(cells) > 1:
                announcing = (*(heading for _, heading in headings[-2:]), line, header)
                yield Items(document.id, tuple(cells), (cells[0][0], cells[-1][1])), announcing
        if block.kind in {"paragraph", "lines"}:
            below = headings[-1][1] if index and found[index - 1].kind == "heading" else ""
            yield from _labelled(document, block, below)
            before = _last_line(text, block)
        index += 1


def _labelled(document: Document, block: Block, heading: str) -> Iterator[tuple[Items, tuple[str, ...]]]:
    """Yield the lists that are lines with a label, "Present: Ann Lee, Bo Ek", and the lines below "Present"."""
    text, start = document.text, block.start
    below: dict[str, list[Span]] = {heading: []} if labelled_attendance(heading) else {}
    for line in text[block.start : block.end].splitlines(keepends=True):
        end = start + len(line.rstrip("\n"))
        if labelled_attendance(alone := line.strip()):
            below[alone] = []
        for part in labelled_parts(text, start, end) if alone not in below else ():
            heading = next(reversed(below), "")
            label, items = labelled_items(text, *part, block.end if part[1] == end else part[1], heading)
            if label and label == heading:
                below[heading] += items
            elif label:
                yield Items(document.id, items, trim(text, part[0], items[-1][1])), (label,)
        start += len(line)
    for attending, listed in below.items():
        if listed:
            yield Items(document.id, tuple(listed), (listed[0][0], listed[-1][1])), (attending,)


def _nested(
    document: Document, group: Sequence[Block], announcing: tuple[str, ...]
) -> Iterator[tuple[Items, tuple[str, ...]]]:
    """Yield the lists below an item of a list, which announces them."""
    text = document.text
    for index, block in enumerate(group):
        whole = text[slice(*trim(text, block.start, block.end))]
        if not whole.endswith(":"):
            continue
        rest = group[index + 1 :]
        end = next((n for n, one in enumerate(rest) if one.level <= block.level), len(rest))
        items = [item for one in rest[:end] for item in items_of(text, one)]
        if len(items) > 1:
            last = text[slice(*_last_line(text, block))]
            yield Items(document.id, tuple(items), trim(text, block.start, items[-1][1])), (*announcing, whole, last)


def _last_line(text: str, block: Block) -> Span:
    """Return the last sentence or line of a paragraph before a list."""
    start, end = trim(text, block.start, block.end)
    line = max(text.rfind("\n", start, end), text.rfind(". ", start, end) + 1, start - 1) + 1
    return trim(text, max(line, start), end)


def listed_text(text: str, items: Sequence[Span]) -> str:
    """Return the items as text, one per line."""
    return "\n".join(one_line(text[slice(*item)]) for item in items)
