"""Quote the clause that a question names by its number, its letter, or several: "Article II, section M"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from qa.answering.citations import citation
from qa.answering.evidence import Reply
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Span

_MAX_CHARACTERS = 2_000  # of a quotation; a longer clause is cut after a paragraph
_MAX_TITLE = 80  # characters of a first paragraph that is only the clause's title
_UNIT = r"(?:(?:sub-?)?(?:section|clause|paragraph)|article|rule|sec\.|\u00a7+)"
_LABEL = (
    r"(?:\(\w{1,5}\)|\d+[a-z]{0,2}(?:[.:-]\w+)*|(?:[ivxlc]{1,7}|[a-z])(?:\.\w{1,5})*(?![\w'\u2019-]))"
    r"(?:\.?\(\w{1,5}\))*"
)
_BARE = r"(?:\d+|[a-z])(?:\.\w{1,5})+"  # "What does D.7 say?"
_PART = rf"(?:{_UNIT}\s*{_LABEL}|{_BARE})"
_ASKED = re.compile(
    r"\W*(?:what(?:'s|\u2019s|\s+(?:does|is|are|do))|quote|cite|show(?:\s+me)?|read(?:\s+me)?)\s+"
    rf"(?:in\s+|the\s+text\s+of\s+)?(?P<parts>{_PART}(?:(?:,\s*|\s+(?:of|in|under)\s+|\s+){_PART}){{0,4}})"
    r"(?:\s+(?:of|in)\s+(?:the|this)\s+(?P<document>[^?]{1,80}?))?(?:\s+(?:say|about|mean|cover|state|require|provide))?\W*",
    re.IGNORECASE,
)
_PARTS = re.compile(rf"{_UNIT}\s*(?P<label>{_LABEL})|(?<![\w.]){_BARE}", re.IGNORECASE)
_NUMBER_ALONE = re.compile(r"\D+[\d.]+")
_STEP = re.compile(r"\d+[a-z]{0,2}(?:[.:-]\w+)*|\w+", re.IGNORECASE)
_INNER_FIRST = re.compile(r"\s(?:of|in|under)\s", re.IGNORECASE)
_LINE = r"^(?P<before>[ \t>*_#-]*)"
_AFTER_SENTENCE = r"(?P<before>(?<=[.:;*\u2014]\s))"
_HEAD_END = r"[*_]*\s+(?:[\u2013\u2014-]\s+)?(?=\S)"
_HEADING = re.compile(r"^#+[ \t]", re.MULTILINE)
_MARKED = re.compile(r"[ \t>*_-]*(?:\(\w{1,5}\)|\w{1,5}[.)])\s")
_ENTRY = re.compile(r"[\s|.\u2026]\d+$")  # of a table of contents: its page number
_PARAGRAPH_END = re.compile(r"\n[ \t]*(?=\n)")
_NUMERALS = [
    tens + ones
    for tens in ("", "X", "XX", "XXX")
    for ones in ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
]


def names_clause(question: str) -> bool:
    """Return whether a question asks what a clause says that no number alone names: "Article I", "section 2(b)"."""
    asked = _ASKED.fullmatch(question)
    return asked is not None and _NUMBER_ALONE.fullmatch(asked["parts"]) is None


def clause_reply(question: str, documents: Iterable[Document]) -> Reply | None:
    """Return the clause that starts with the number; None unless exactly one document has it.

    Of several documents, those count whose titles have the words of "Clause 4.3 of the cleaning agreement".
    """
    asked = _ASKED.fullmatch(question)
    if asked is None:
        return None
    parts = [_STEP.findall(part["label"] or part[0]) for part in _PARTS.finditer(asked["parts"])]
    if _INNER_FIRST.search(asked["parts"]):
        parts.reverse()
    steps = [step for part in parts for step in part]
    found = [(document, span) for document in documents if (span := _clause(document.text, steps))]
    if asked["document"] and len(found) > 1:
        named = {*terms(asked["document"])}
        found = [(document, span) for document, span in found if named <= {*terms(document.title)}]
    if len(found) != 1:
        return None
    ((document, (start, first, end)),) = found
    cuts = [cut.start() for cut in _PARAGRAPH_END.finditer(document.text, first, min(end, first + _MAX_CHARACTERS))]
    lead = ""
    if end - first > _MAX_CHARACTERS and cuts:
        end, lead = cuts[-1], f"The beginning of {asked['parts']}:"
    cited = (citation(1, document, (start, end), 1.0),)
    return Reply(document.text[first:end], cited, 1.0, "other", "excerpts", span=(first, end), lead=lead)


def _clause(text: str, steps: Sequence[str]) -> tuple[int, int, int] | None:
    """Return where the clause starts that the labels lead to, where its words do, and its end; None unless it is one.

    A letter of another case counts if no clause has the letter itself.
    """
    start, first, limit = 0, 0, len(text)
    for step in steps:
        tries = (_heads(text, label, (first, limit)) for label in dict.fromkeys((step, step.upper(), step.lower())))
        heads: list[re.Match[str]] = next(filter(None, tries), [])
        if len(heads) != 1:
            return None
        start, first = heads[0].start("mark"), heads[0].end()
        opened = heads[0]["before"].count("*")
        if opened and "*" not in heads[0][0][opened:]:  # The title is emphasised too.
            start = first = start - opened
        _, limit = trim(text, first, _end(text, heads[0], limit))
    return (start, first, limit) if first < limit else None


def _heads(text: str, label: str, region: Span) -> list[re.Match[str]]:
    """Return the heads of the clauses with a label in a region: "Article I", else "I.", else "(i)" within a line.

    Items of bulleted lists count only if there are no others.
    """
    named = re.escape(label)
    value = int(label) if label.isdecimal() else _NUMERALS.index(label) if label in _NUMERALS else 0
    either = rf"(?:{named}|{value}|{_NUMERALS[value]})" if 0 < value < len(_NUMERALS) else named
    # A number with further parts, such as 4.3 or 12-101, needs no point.
    point = "[.:)]" if re.fullmatch(r"\w{1,5}", label) else "[.:)]?"
    for head in (
        rf"{_LINE}(?P<mark>(?P<unit>(?![a-z])(?i:{_UNIT})\s*){either}(?!\.?\w|-)[.:)]?){_HEAD_END}(?![a-z])",
        rf"{_LINE}(?P<mark>(?P<unit>)(?:\({named}\)|{named}(?![.-]?\w){point})){_HEAD_END}",
        rf"{_AFTER_SENTENCE}(?P<mark>(?P<unit>)\({named}\)){_HEAD_END}",
    ):
        found = [one for one in re.compile(head, re.MULTILINE).finditer(text, *region) if not _is_entry(text, one)]
        if found:
            return [one for one in found if "-" not in one["before"]] or found
    return []


def _is_entry(text: str, head: re.Match[str]) -> bool:
    """Return whether a head is in a line of a table of contents."""
    end = text.find("\n", head.end())
    return _ENTRY.search(text[head.end() : end if end >= 0 else len(text)].rstrip()) is not None


def _end(text: str, head: re.Match[str], limit: int) -> int:
    """Return where a clause ends: where the next of its kind starts, else after its paragraphs that have marks."""
    heading = None if "#" in head["before"] else _HEADING.search(text, head.end(), limit)
    limit = heading.start() if heading else limit
    following = re.compile(rf"^[ \t>*_#-]*(?:{_following(head)})", re.MULTILINE).search(text, head.end(), limit)
    if following:
        return following.start()
    if heading is None and "#" in head["before"]:
        heading = _HEADING.search(text, head.end(), limit)
        return heading.start() if heading else limit
    end = head.end()
    while True:
        gap = _PARAGRAPH_END.search(text, end, limit)
        if gap is None:
            return limit
        title = end == head.end() and gap.start() - end <= _MAX_TITLE
        end = gap.end() + 1
        if not title and not _MARKED.match(text, end):
            return gap.start()


def _following(head: re.Match[str]) -> str:
    """Return the pattern of the heads that may follow a clause."""
    mark = head["mark"]
    if unit := head["unit"].strip():
        return rf"{re.escape(unit)}\s*(?:\d|[A-Z]\b|[IVXLC]+\b)"
    label = mark.strip("().: ")
    if "." in label:
        return rf"(?!{re.escape(label)}\.)\d+\.\d"
    return "|".join(re.escape(mark.replace(label, one)) for one in _successors(label)) or r"(?!)"


def _successors(label: str) -> list[str]:
    """Return the two labels after a label; a letter may also be a Roman numeral."""
    if label.isdecimal():
        return [str(int(label) + n) for n in (1, 2)]
    capital = label.upper()
    found = [chr(ord(capital) + n) for n in (1, 2)] if len(capital) == 1 else []
    if capital in _NUMERALS[:-2]:
        found += _NUMERALS[_NUMERALS.index(capital) + 1 :][:2]
    return [one.lower() for one in found] if label.islower() else found
