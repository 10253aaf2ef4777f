"""A language model's reply, complete or partial -> its sentences, items and code, each with the numbers it cites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from qa.claims import Opens
from qa.documents.chunking import sentence_spans
from qa.text.lines import BULLETS
from qa.types import Span

# White space after "S" alone: two ways to match a space would take exponential time.
_S = r"[\^#@]?S(?::\s?|\s)?\d{1,4}"
_ONE = rf"(?:{_S}|\^?\d{{1,3}})"
_BETWEEN = r"(?:,\s*(?:and|or)\b|[,;&/+\u3001\uff0c\uff1b\u2010-\u2015\u2026-]|\.\.\.?|(?:and|or|to|through)\b)"
_LISTED = rf"{_ONE}(?:(?:\s*{_BETWEEN}\s*|\s+(?=S)){_ONE})*"
_WITH_S = _LISTED.replace(_ONE, _S, 1)
_NAMED = r"\s*(?:(?:sources?|sentences?|see|from|cf|refs?|ids?|citations?|evidence)[.:]?\s*)?"
# "[S1, S2]", "[S1-S3]", "[S1: its words]", "[a.txt, S1]", "[Sources: S1]", "[1]", "\u3010S1\u2020source\u3011".
_IN_BRACKETS = (
    rf"[\[\u3010\uff3b]{_NAMED}(?:(?:(?!{_ONE})[^\[\]\n]{{1,40}}?[,:;]\s?)?({_WITH_S})"
    rf"(?:\s*[:(][^\[\]\n]{{0,80}}|(?:,|\s(?:in|of|from)\s)[^\[\]\n]{{0,40}}|[.;])?|({_LISTED}))"
    r"(?:\u2020[^\[\]\u3010\u3011\n]{0,40})?\s*[\]\u3011\uff3d]"
)
# A superscript after a word or a full stop; "5 feet\u00b2" and "m\u00b2" are units.
_HIGH = "[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]"
_DIGITS = str.maketrans("\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079\u02d2", "1230456789,")
_SUPERSCRIPT = (
    r"(?:(?-i:(?<=[a-z]{3})(?<!feet)(?<!inch)(?<!mile)(?<!yard)(?<!etre)(?<!eter))|(?<=[.!?,;:\"\u201d]))"
    rf"(?:\s?<sup>\s*({_LISTED})\s*</sup>|\^(S?\d{{1,3}})(?!\w)|\s?\u02e2?({_HIGH}+(?:[,\u02d2]{_HIGH}+)*))"
)
# "(S1)", "{S1}", "<S1>", "(Sentence 1)", "\cite{S1}"; "S1, S2" before a stop, comma or bracket, at the end of a line,
# or between two sentences; "S1: It broke."
_IDS = rf"(?-i:S)\d{{1,4}}+(?:\s*{_BETWEEN}\s*(?-i:S)\d{{1,4}}+)*+"
_BARE = (
    rf"(?:\\cite)?[({{<\uff08](?:{_NAMED}({_WITH_S})|\s*sentences?\s({_LISTED}))\s*[)}}>\uff09]|(?<![\w$\u20ac.({{/-])[*_^\[]{{0,3}}({_IDS})[*_\]]{{0,3}}"
    r"(?=\s*(?:$|[|)\uff09\u3002\uff01\uff1f]|[.!?\u2026]+(?!\w)|[,;](?!\S))|(?<=^S\d):\s|(?<=^S\d\d):\s)"
    rf"|(?<=[.!?]\s)({_IDS})(?=\s+(?-i:[A-Z\"\u201c]))"
)
_WRITTEN = re.compile(rf"{_IN_BRACKETS}|{_SUPERSCRIPT}", re.IGNORECASE)
_WRITTEN_OR_BARE = re.compile(rf"{_IN_BRACKETS}|{_SUPERSCRIPT}|{_BARE}", re.IGNORECASE)
# "the S1" and "of S1" are names.
_NAMING = re.compile(r"\b(?:the|an?|of|from|and|or|than)\s$", re.IGNORECASE)
# A mark as it is read: its numbers between two private characters.
# The look behind keeps a long run of spaces from being tried from each of them.
_MARK = r"(?:(?<!\s)\s+(?:(?<=\S\s)[\u2013\u2014-]\s?)?)?\ue010([\d,]*)\ue011"
_MARKS = re.compile(_MARK)
_STOPS = r".!?\u2026:\u3002\uff01\uff1f\u0964\u061f\u06d4"
_STOPPED = re.compile(rf"[{_STOPS},;][\"'\u201d\u2019)]*\Z")
# A mark after the full stop belongs to the sentence before it, but not in "Lee et al. [S1] say so". A run of stops is
# tried from its start only.
_BEHIND = re.compile(rf"((?<![{_STOPS}])[{_STOPS}]++[\"'\u201d\u2019)*_]*+)((?:{_MARK})++)(?!\s[a-z])(?:\.(?![\w.]))?")
_FIRST_MARK = re.compile(rf"^((?:{_MARK})+):\s")
# A mark used as a noun, as in "according to [S1]" and "[S1] says".
_AS_NOUN = re.compile(
    rf"\b(according to|see|per|(?:\w+ed|shown|given|seen|written) (?:in|by))\s+{_MARK}"
    rf"|(\A|\b(?:as|and|but|while))(?:{_MARK})+(?=\s(?:says|states|notes|mentions|shows|explains|describes|reports)\b)",
    re.IGNORECASE,
)
# What is changed before marks are read: tokens of chat templates, "\[S1\]", "`code [S1]`", "[`S1`]", "[S1]-[S3]" ...
_BEFORE = [
    (re.compile(pattern, re.IGNORECASE), kept)
    for pattern, kept in (
        (r"<\|\w{1,30}\|>|</?answer>|</s>", ""),
        (r"\\(\[S\d[^\[\]\\\n]{0,80})\\\]", r"\1]"),
        (rf"\[`({_WITH_S})`\]|`\[({_WITH_S})\]`", r"[\1\2]"),
        (rf"(\s?\[{_WITH_S}\])`", r"`\1"),
        (rf"(?<=\d)\](\s?{_BETWEEN}\s?)\[(?=S?\d)", r"\1"),
    )
]
# ... and after: "([S1])", "(see [S1])", "**[S1]**", "[[S1]]", "`[S1]`", "<sup>[S1]</sup>"; "^[S1]"; "[S1](#s1)";
# "(a.txt, [S1])".
_AFTER = [
    (re.compile(pattern, re.IGNORECASE), kept)
    for pattern, kept in (
        (r"<br ?/?>", " "),
        (r"^\s*<li>(.*)</li>\s*$", r"- \1"),
        (r"^\s*(?:<(p|div)>(.*)</\1>|</?(?:ul|ol|p|div)>)\s*$", r"\2"),
        (r"</?(?:b|i|em|strong)>", ""),
        (r"\ue011(\]?)\(#?[\w./#:-]{0,80}\)", "\ue011\\1"),
        (
            rf"(?:<(?:sup|cite|ref)>|\((?:see |cf\. |sources?: )?|[*_`^\[]){{1,3}}"
            rf"({_MARK}(?:[,;]?{_MARK}){{0,9}})(?:</(?:sup|cite|ref)>|[*_`^)\]]){{1,3}}",
            r"\1",
        ),
        (r"\^(?=\ue010)", ""),
        (r"[,;]\s?(\ue010[\d,]*\ue011)(?=\s?[)\uff09])", r" \1"),
        (rf"\ue011\s?{_BETWEEN}\s?\ue010", ","),
    )
]
# A mark at the end of a partial reply, which may go on, or what may become one.
_LAST_MARK = re.compile(
    r"(?:(?<!\s)\s+(?:(?<=\S\s)[\u2013\u2014-]\s?)?)?(?:"
    r"(?:<sup>|[({][a-z.:]{0,8} ?|[*_`\[]){0,4}[\[\u3010][^\[\]\n]{0,40}(?:\][*_`)\]]{0,3}(?:<[/sup]{0,4}>?)?)?"
    r"|<[sup]{0,3}>?[\sS\d,;\u2013-]{0,40}(?:</?[sup]{0,3})?|[({\uff08](?:[a-z.:]{0,8} ?|[\sS\d,;\u2013-]{0,40})"
    r"|[*_^`]{0,3}(?<!\w)(?-i:S)[\sS\d,;\u2013-]{0,40}[*_`]{0,3}"
    rf"|\^\d{{0,3}}|\u02e2?(?:{_HIGH}[,\u02d2]?)*)$",
    re.IGNORECASE,
)
# A last line that may become a list of sources, or numbers alone.
_LABELS = ("sources", "references", "citations", "evidence")
_LABEL_STARTS = "|".join(label[:end] for label in _LABELS for end in range(len(label) + 1))
_LAST_LINE = re.compile(rf"\n[^\w\n]*(?:{_LABEL_STARTS})[^\w\n]*$", re.IGNORECASE)
_CUT_MARK = re.compile(r"(?:(?<!\s)\s+)?\[S[\sS\d,;\u2013-]{0,40}$")  # at the end of a reply that reached its limit
_RANGE = re.compile(
    r"(\d+)(?:\s*(?:[\u2010-\u2015\u2026-]|\.\.\.?|(?:to|through)\b)\s*[\^#@]?(?:S:?\s?)?(\d+))?", re.IGNORECASE
)
# In `code`, brackets and asterisks are no marks and no emphasis.
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_CODED = re.compile(r"`(S\d{1,4})`")
_MASKED = str.maketrans("[]*_(){}^<S", "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008\ue009\ue00a")
_PRIVATE = dict.fromkeys(range(0xE000, 0xE012))  # removed from replies: they have a meaning here
_UNMASKED = {masked: chr(sign) for sign, masked in _MASKED.items()}
_SIGN = re.compile(
    rf"[^\S\n]*(?:(?P<bullet>[\u2013{BULLETS}])(?:\s\[[ x]\])?|(?P<step>\d{{1,3}})[.)]"
    r"|(?P<heading>#{1,6})|>)[^\S\n]+"
)
_FENCE = re.compile(r"([^\S\n]*)(```+|~~~+)(?![^\n]*`)")
_WHOLE_FENCE = re.compile(r"\A\s*```(?:markdown|md)[^\S\n]*\n(.*?)(?:\n```\s*)?\Z", re.DOTALL)
_BOLD_LINE = re.compile(r"\s*(?:\*\*|__)([^*_\n]{1,120}?):?(?:\*\*|__):?\s*")
_STRONG = re.compile(r"\*\*|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)")
_EMPHASIS = re.compile(r"(?<![\w*])\*(\w(?:[^*\n]{0,200}[\w.,!?])?)\*(?![\w*])")
_WORD = re.compile(r"\w")
_RULE = re.compile(r"[\s|:_*=-]*")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_CELL_STOP = re.compile(r"(?<!\b[a-z])\.\s*$")  # not that of "p.m."
_OPENING_LABEL = re.compile(
    r"\A\s*(?:\**question\**:[^\n]*\n\s*)?\**(?:assistant|(?:final )?answer)\**:\**\s*", re.IGNORECASE
)
_JSON_ANSWER = re.compile(
    r'\A\s*(?:```(?:json)?\s*)?\{\s*"(?:answer|response|reply)"\s*:\s*"((?:[^"\\]|\\.)*+)', re.IGNORECASE | re.DOTALL
)
_CODE_MARK = re.compile(rf"(?<!\s)\s*(?:(?:#|//|--)\s*)?\[({_WITH_S})\]\s*$", re.IGNORECASE)
# "- [S1] It broke." in a list of sources, as the source has it.
_SOURCE_ENTRY = re.compile(r"[^\w\ue010]{0,9}(?:\d{1,3}[.)]\s)?[^\w\ue010]{0,9}\ue010")
_SOURCE_LIST = re.compile(r"\W*(?:sources?|references?|citations?|evidence)\W*", re.IGNORECASE)
_OPENED_BY = {")": "(", "]": "[", "\u201d": "\u201c", '"': '"', "`": "`"}
_LAST_IN_BRACKETS = 6  # the groups of `_WRITTEN_OR_BARE` after it are in round brackets or bare
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


def sentences(reply: str, *, ended: bool, bare: bool = True) -> tuple[list[CitedSentence], str]:
    """Return the complete sentences of a reply, and the incomplete text after them, empty once the reply has ended.

    A table becomes a list, an item for each row.

    Parameters
    ----------
    bare : bool
        Whether "S1" without square brackets is a number; False if it may be a name.
    """
    text = reply.replace("\r\n", "\n").translate(_PRIVATE)
    # More numbers may still follow on the last line.
    text = _CUT_MARK.sub("", text) if ended else _LAST_LINE.sub("", _LAST_MARK.sub("", text.rstrip()).rstrip()).rstrip()
    lines = _OPENING_LABEL.sub("", _unwrapped(text)).split("\n")
    numbered = enumerate(lines, start=1)
    found: list[CitedSentence] = []
    partial = ""
    opens: Opens = "paragraph"
    columns: list[str] = []
    label: str | None = None  # of a list of sources; empty once it has one
    for number, whole in numbered:
        if opened := _FENCE.match(whole):
            # In a list, the block is indented.
            indented = re.compile(rf"[^\S\n]{{0,{len(opened[1])}}}")
            code, cited = _fenced(opened[2], (indented.sub("", line, count=1) for _, line in numbered), bare=bare)
            if cited is None and not ended:
                partial = code
                break
            found.append(CitedSentence(code, cited or (), "code"))
            opens = "paragraph"
            continue
        last = number == len(lines) and not ended
        line = _marked(whole, bare=bare)
        if line.lstrip().startswith("|"):
            columns, line = _row(columns, "" if last else line)
        elif columns:
            columns, opens = [], "paragraph"
        is_entry = found and label is not None and _SOURCE_ENTRY.match(line)
        if is_entry or not line.strip():
            opens, label = "paragraph", "" if is_entry else label
            continue
        line = _tidy(line)
        marks = _cited(line)
        is_label = _SOURCE_LIST.fullmatch(marks.text) is not None
        if is_label or (marks.cited and not _WORD.search(marks.text) and not marks.text.endswith(":")):
            if is_label or label:
                label = "" if marks.cited else line
            if found and marks.cited and (is_label or label is None):
                found[-1] = _citing(found[-1], marks.cited, listed=is_label)
            continue
        if found and not _STOPPED.search(found[-1].text[-8:]) and not line.lstrip()[:1].islower():
            opens = "paragraph"  # a line of a list without signs
        new, partial = _line(line, opens, last=last)
        found += [*(_line(label, "paragraph", last=False)[0] if label else []), *new]
        label = None
        opens = "paragraph" if new and new[-1].opens == "heading" else ""
    found = [one for one in found if _WORD.search(one.text)]
    if ended and found and found[-1].opens == "heading":
        found[-1] = replace(found[-1], opens="paragraph")
    return found, partial


def _unwrapped(text: str) -> str:
    """Return a reply, whole or not yet, without a fence around it; that of '{"answer": "So.", "sources": ["S1"]}'."""
    if (whole_reply := _WHOLE_FENCE.match(text)) and "[S" in text:
        return whole_reply[1]
    if answer := _JSON_ANSWER.match(text):
        marks = (f" [{mark}]" for mark in re.findall(r"\bS\d{1,4}\b", text[answer.end() :]))
        with suppress(ValueError):
            return str(json.loads(f'"{answer[1]}"', strict=False)) + "".join(marks)
    return text


def _fenced(fence: str, lines: Iterable[str], *, bare: bool) -> tuple[str, tuple[int, ...] | None]:
    """Return a block of code, and the numbers beside its closing fence; None if nothing closes it."""
    code: list[str] = []
    cited: tuple[int, ...] = ()
    for line in lines:
        if line.strip().startswith(fence):
            marks = _cited(_tidy(_marked(line.strip().lstrip(fence[0]), bare=bare)))
            if not marks.text.strip(". "):
                return "\n".join(code), tuple(dict.fromkeys(cited + marks.cited))
        mark = _CODE_MARK.search(line)
        cited += _cited(_read(mark)).cited if mark else ()
        kept = line[: mark.start()] if mark else line
        code += [kept] if kept.strip() or not mark else []
    return "\n".join(code), None


def _citing(sentence: CitedSentence, numbers: tuple[int, ...], *, listed: bool) -> CitedSentence:
    """Return a sentence that also cites the numbers below it; those of a list of sources only if it cites none."""
    if listed and sentence.cited:
        return sentence
    return replace(sentence, cited=tuple(dict.fromkeys(sentence.cited + numbers)))


def _marked(line: str, *, bare: bool) -> str:
    """Return a line with its marks as they are read, and with its inline code masked."""
    for pattern, kept in _BEFORE:
        line = pattern.sub(kept, line)
    line = _CODED.sub(r"[\1]", line) if bare else line
    line = _INLINE_CODE.sub(lambda code: code[0].translate(_MASKED), line)
    line = (_WRITTEN_OR_BARE if bare else _WRITTEN).sub(_read, line)
    for pattern, kept in _AFTER:
        line = pattern.sub(kept, line)
    return line


def _read(mark: re.Match[str]) -> str:
    """Return a mark as it is read; a name such as "the S1" as it is."""
    group = mark.lastindex or 0
    if group > _LAST_IN_BRACKETS and _NAMING.search(mark.string, max(0, mark.start() - 12), mark.start()):
        return mark[0]
    numbers: list[int] = []
    for first, last in _RANGE.findall(mark[group].translate(_DIGITS)):
        numbers += range(int(first), min(int(last or first), int(first) + _MAX_CITED) + 1)
    return f"\ue010{','.join(map(str, numbers))}\ue011"


def _tidy(line: str) -> str:
    """Return a line whose marks are before the full stop."""
    marks = [mark.span() for mark in _MARKS.finditer(line)]
    if marks and not line[: marks[0][0]].strip() and line[marks[-1][1] :].strip(" ."):
        return _FIRST_MARK.sub(r"\1 ", line)  # each mark is before its sentence
    return _BEHIND.sub(lambda behind: behind[2] + behind[1], line)


def _row(columns: list[str], line: str) -> tuple[list[str], str]:
    """Return the columns of a table, and a row of it as an item: "- Speed: fast (cable); slow (ship)".

    The header and the rule below it are no items.
    """
    cells = [_CELL_STOP.sub("", cell).strip().replace("\\|", "|") for cell in _CELL_EDGE.split(line.strip().strip("|"))]
    if not columns or _RULE.fullmatch(line):
        return columns or cells, ""
    worded = [cell if _MARKS.sub("", cell) else "" for cell in cells]
    named = zip(columns[1:], worded[1:], strict=False)
    values = "; ".join(f"{cell} ({column})" if column else cell for column, cell in named if cell)
    marks = "".join(cell for cell, words in zip(cells, worded, strict=True) if not words)
    return columns, f"- {': '.join(filter(None, [worded[0], values]))}{marks}"


def _line(line: str, opens: Opens, *, last: bool) -> tuple[list[CitedSentence], str]:
    """Return the complete sentences of a line, and the text after them if it is the last line of a partial reply."""
    if _RULE.fullmatch(line):
        return [], ""
    number = 0
    bold = None if last else _BOLD_LINE.fullmatch(line)
    if bold and not _MARKS.search(line) and not bold[1].endswith((".", "!", "?")):
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
            found.append((start, end))
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
    named = [int(number) for mark in _MARKS.finditer(sentence) for number in mark[1].split(",") if number]
    worded = _AS_NOUN.sub(
        lambda noun: f"{before} the source" if (before := noun[1] or noun[3]) else "The source", sentence
    )
    text = " ".join(_MARKS.sub("", worded).split()).translate(_UNMASKED)
    return CitedSentence(text, tuple(dict.fromkeys(named)) if len(named) <= _MAX_CITED else ())
