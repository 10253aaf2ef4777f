"""A language model's reply, complete or partial -> its sentences, items and code, each with the numbers it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.claims import Opens
from qa.documents.chunking import sentence_spans
from qa.types import Span

# White space after "S" alone: two ways to match a space would take exponential time.
_ONE = r"\^?(?:S\s?\d{1,4}|\d{1,3})"
_BETWEEN = r"(?:,\s*(?:and|or)\b|[,;&/+\u2010-\u2015-]|\.\.\.?|(?:and|or|to)\b)"
_LISTED = rf"{_ONE}(?:(?:\s*{_BETWEEN}\s*|\s+(?=S)){_ONE})*"
_WITH_S = _LISTED.replace(_ONE, r"\^?S\s?\d{1,4}", 1)
_NAMED = r"\s*(?:(?:sources?|sentences?|see|cf|refs?|ids?|citations?|evidence)[.:]?\s*)?"
# "[S1, S2]", "[S1-S3]", "[S1: its words]", "[Sources: S1]", "(S1)", "[1]", "\u3010S1\u2020source\u3011".
# The look behind keeps a long run of spaces from being tried from each of them.
_MARK = re.compile(
    rf"(?:(?<!\s)\s+)?(?:[\[\u3010\uff3b]{_NAMED}(?:({_WITH_S})(?:\s*[:(][^\[\]\n]{{0,80}})?|({_LISTED}))"
    rf"(?:\u2020[^\[\]\u3010\u3011\n]{{0,40}})?\s*[\]\u3011\uff3d]|\({_NAMED}({_WITH_S})\s*\))",
    re.IGNORECASE,
)
_STOPS = r".!?\u2026:\u3002\uff01\uff1f\u0964\u061f\u06d4"
# A mark after the full stop belongs to the sentence before it. A run of stops is tried from its start only.
_BEHIND = re.compile(rf"((?<![{_STOPS}])[{_STOPS}]++[\"'\u201d\u2019)*_]*+)((?:{_MARK.pattern})+)", re.IGNORECASE)
# What surrounds and separates marks, and what stays: "([S1])", "(see [S1])", "**[S1]**", "[[S1]]", "`[S1]`",
# "<sup>[S1]</sup>"; "`code [S1]`"; "[S1](#s1)"; "\[S1\]"; "[S1]-[S3]"; tokens of chat templates.
_LOOSE = [
    (re.compile(pattern, re.IGNORECASE), kept)
    for pattern, kept in (
        (r"<\|\w{1,30}\|>|</?answer>|</s>", ""),
        (r"\\(\[S\d[^\[\]\\\n]{0,80})\\\]", r"\1]"),
        (
            rf"(?:<(?:sup|cite|ref)>|\((?:see |cf\. |sources?: )?|[*_`^\[]){{1,3}}"
            rf"(\[{_WITH_S}\](?:[,;]? ?\[{_WITH_S}\]){{0,9}})(?:</(?:sup|cite|ref)>|[*_`^)\]]){{1,3}}",
            r"\1",
        ),
        (rf"(\s?\[{_WITH_S}\])`", r"`\1"),
        (rf"(\[{_WITH_S}\])\(#?[\w./#:-]{{0,80}}\)", r"\1"),
        (rf"(?<=\d)\](\s?{_BETWEEN}\s?)\[(?=S\d)", r"\1"),
    )
]
# A mark that stands for a noun, as in "according to [S1]".
_AS_NOUN = re.compile(
    rf"\b(according to|see|per|(?:\w+ed|shown|given|seen|written) (?:in|by))\s+{_MARK.pattern}", re.IGNORECASE
)
# A mark at the end of a partial reply, which may go on, or what may become one.
_LAST_MARK = re.compile(
    r"(?:(?<!\s)\s+)?(?:"
    r"(?:<sup>|\([a-z.:]{0,8} ?|[*_`\[]){0,4}[\[\u3010][^\[\]\n]{0,40}(?:\][*_`)\]]{0,3}(?:<[/sup]{0,4}>?)?)?"
    r"|<[sup]{0,3}>?|\((?:[a-z.:]{0,8} ?|[\sS\d,;\u2013-]{0,40}))$",
    re.IGNORECASE,
)
_CUT_MARK = re.compile(r"(?:(?<!\s)\s+)?\[S[\sS\d,;\u2013-]{0,40}$")  # at the end of a reply that reached its limit
_RANGE = re.compile(r"(\d+)(?:\s*(?:[\u2010-\u2015-]|\.\.\.?|to\b)\s*\^?(?:S\s?)?(\d+))?", re.IGNORECASE)
# In `code`, brackets and asterisks are no marks and no emphasis.
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_MASKED = str.maketrans("[]*_", "\ue000\ue001\ue002\ue003")
_UNMASKED = str.maketrans("\ue000\ue001\ue002\ue003", "[]*_")
_SIGN = re.compile(
    r"[^\S\n]*(?:(?P<bullet>[-*+\u2013\u2022\u2023\u25aa\u25cf\u25e6])|(?P<step>\d{1,3})[.)]|(?P<heading>#{1,6})|>)[^\S\n]+"
)
_FENCE = re.compile(r"[^\S\n]*(```+|~~~+)(?![^\n]*`)")
_WHOLE_FENCE = re.compile(r"\A\s*```(?:markdown|md)[^\S\n]*\n(.*?)(?:\n```\s*)?\Z", re.DOTALL)
_BOLD_LINE = re.compile(r"\s*(?:\*\*|__)([^*_\n]{1,120}?):?(?:\*\*|__):?\s*")
_STRONG = re.compile(r"\*\*|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)")
_EMPHASIS = re.compile(r"(?<![\w*])\*(\w(?:[^*\n]{0,200}[\w.,!?])?)\*(?![\w*])")
_UNIT_END = re.compile(r"(?:\d\s?[a-z]|\u00b0\s?[CF])\.(\s+)(?=[A-Z])")  # in "50 g. Then": not an initial
_WORD = re.compile(r"\w")
_RULE = re.compile(r"[\s|:_*=-]*")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_OPENING_LABEL = re.compile(r"\A\s*(?:\*\*)?(?:final )?answer(?:\*\*)?:(?:\*\*)?\s*", re.IGNORECASE)
_SOURCE_LIST = re.compile(r"\W*(?:sources?|references?|citations?|evidence)\W*", re.IGNORECASE)
_OPENED_BY = {")": "(", "]": "[", "\u201d": "\u201c", '"': '"', "`": "`"}
_MAX_CITED = 24  # a sentence that cites more units, as with "[S1-S400]", cites none


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """One sentence, list item, heading or block of code of a reply; see `qa.claims.Claim`."""

    text: str
    """Without numbers, list markers and emphasis."""
    cited: tuple[int, ...] = ()
    """The numbers that it cites, in order; some may not exist."""
    opens: Opens = ""
    number: int = 0


def sentences(reply: str, *, ended: bool) -> tuple[list[CitedSentence], str]:
    """Return the complete sentences of a reply, and the incomplete text after them, empty once the reply has ended.

    A table becomes a list, an item for each row.
    """
    text = reply.replace("\r\n", "\n")
    # More numbers may still follow on the last line.
    text = _CUT_MARK.sub("", text) if ended else _LAST_MARK.sub("", text.rstrip()).rstrip()
    if (whole_reply := _WHOLE_FENCE.match(text)) and "[S" in text:
        text = whole_reply[1]
    lines = _OPENING_LABEL.sub("", text).split("\n")
    numbered = enumerate(lines, start=1)
    found: list[CitedSentence] = []
    partial = ""
    opens: Opens = "paragraph"
    columns: list[str] = []
    for number, whole in numbered:
        if opened := _FENCE.match(whole):
            code: list[str] = []
            marks = CitedSentence("")
            for _, line in numbered:
                marks = _cited(_tidy(line.strip().lstrip(opened[1][0])))
                if line.strip().startswith(opened[1]) and not marks.text.strip(". "):
                    break
                code.append(line)
            else:
                if not ended:
                    partial = "\n".join(code)
                    break
            found.append(CitedSentence("\n".join(code), marks.cited, "code"))
            opens = "paragraph"
            continue
        last = number == len(lines) and not ended
        line = whole
        if whole.lstrip().startswith("|"):
            columns, line = _row(columns, "" if last else whole)
        elif columns:
            columns, opens = [], "paragraph"
        if not line.strip() or ("[" in line and _SOURCE_LIST.fullmatch(_MARK.sub("", line))):
            opens = "paragraph"
            continue
        line = _tidy(line)
        if found and not _WORD.search(_MARK.sub("", line)) and (marks := _cited(line)).cited:
            found[-1] = replace(found[-1], cited=tuple(dict.fromkeys(found[-1].cited + marks.cited)))
            continue
        new, partial = _line(line, opens, last=last)
        found += new
        opens = "paragraph" if new and new[-1].opens == "heading" else ""
    found = [one for one in found if _WORD.search(one.text)]
    if ended and found and found[-1].opens == "heading":
        found[-1] = replace(found[-1], opens="paragraph")
    return found, partial


def _tidy(line: str) -> str:
    """Return a line whose marks are alone in their brackets and before the full stop, with its inline code masked."""
    for pattern, kept in _LOOSE:
        line = pattern.sub(kept, line)
    line = _INLINE_CODE.sub(lambda code: code[0].translate(_MASKED), line)
    marks = [mark.span() for mark in _MARK.finditer(line)]
    if marks and not line[: marks[0][0]].strip() and line[marks[-1][1] :].strip(" ."):
        return line  # each mark is before its sentence
    return _BEHIND.sub(lambda behind: behind[2] + behind[1], line)


def _row(columns: list[str], line: str) -> tuple[list[str], str]:
    """Return the columns of a table, and a row of it as an item: "- Speed: fast (cable); slow (ship)".

    The header and the rule below it are no items.
    """
    cells = [cell.strip().rstrip(".") for cell in _CELL_EDGE.split(line.strip().strip("|"))]
    if not columns or _RULE.fullmatch(line):
        return columns or cells, ""
    named = zip(columns[1:], cells[1:], strict=False)
    values = "; ".join(f"{cell} ({column})" if column else cell for column, cell in named if cell)
    return columns, f"- {': '.join(filter(None, [cells[0], values]))}"


def _line(line: str, opens: Opens, *, last: bool) -> tuple[list[CitedSentence], str]:
    """Return the complete sentences of a line, and the text after them if it is the last line of a partial reply."""
    if _RULE.fullmatch(line):
        return [], ""
    number = 0
    bold = None if last else _BOLD_LINE.fullmatch(line)
    if bold and not _MARK.search(line) and not bold[1].endswith((".", "!", "?")):
        return [CitedSentence(bold[1].strip().translate(_UNMASKED), (), "heading")], ""
    if sign := _SIGN.match(line):
        line = line[sign.end() :]
        opens = "bullet" if sign["bullet"] else "step" if sign["step"] else "heading" if sign["heading"] else opens
        number = int(sign["step"] or 0)
    bare = _EMPHASIS.sub(r"\1", _STRONG.sub("", line))
    spans = [(0, len(bare))] if opens == "heading" else _sentence_spans(bare)
    complete = _complete(bare, spans) if last else len(spans)
    found = [_cited(bare[start:end]) for start, end in spans[:complete]]
    found = [one for one in found if _WORD.search(one.text)]
    found[:1] = [replace(one, opens=opens, number=number) for one in found[:1]]
    return found, _cited(bare[spans[complete][0] :]).text if complete < len(spans) else ""


def _sentence_spans(line: str) -> list[Span]:
    """Return the spans of the sentences of a line; names such as "rates.ALL" are not divided."""
    found: list[Span] = []
    for start, end in sentence_spans(line):
        if found and found[-1][1] == start and line[start - 1] == "." and line[start - 2].isalnum():
            found[-1] = found[-1][0], end
        else:
            gaps = [unit.span(1) for unit in _UNIT_END.finditer(line, start, end)]
            found += zip([start, *(last for _, last in gaps)], [*(first for first, _ in gaps), end], strict=True)
    return found


def _complete(line: str, spans: Sequence[Span]) -> int:
    """Return how many sentences of an unfinished line are complete.

    The last sentence is not, nor one with an open bracket or quotation mark: everything up to the closing mark may
    turn out to be one sentence.
    """
    opened: dict[str, int] = {}
    for offset, sign in enumerate(line):
        if _OPENED_BY.get(sign) in opened:
            del opened[_OPENED_BY[sign]]
        elif sign in _OPENED_BY.values():
            opened.setdefault(sign, offset)
    first = min(opened.values(), default=len(line))
    return sum(end <= first for _, end in spans[:-1])


def _cited(sentence: str) -> CitedSentence:
    named = [number for mark in _MARK.finditer(sentence) for number in _numbers(mark[mark.lastindex or 0])]
    text = " ".join(_MARK.sub("", _AS_NOUN.sub(r"\1 the source", sentence)).split()).translate(_UNMASKED)
    return CitedSentence(text, tuple(dict.fromkeys(named)) if len(named) <= _MAX_CITED else ())


def _numbers(mark: str) -> list[int]:
    found: list[int] = []
    for first, last in _RANGE.findall(mark):
        found += range(int(first), min(int(last or first), int(first) + _MAX_CITED) + 1)
    return found
