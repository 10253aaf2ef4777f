"""Names of options, commands and the like: which one a question asks for, and what one does."""

from __future__ import annotations

import re

from qa.text.lines import BULLETS
from qa.text.spans import overlaps
from qa.types import Span

_NOUN = (
    r"(?:option|flag|switch|parameter|argument|setting|field|key|function|method|command|variable|directive|module"
    r"|package|extra|feature|property|attribute|endpoint)"
)
_ASKS_FOR_NAME = re.compile(
    rf"\W*(?:with\s+)?(?:which|what)\s+(?:[\w-]+\s+){{0,2}}?{_NOUN}\b(?!\s+(?:is|are)\s+\W)", re.IGNORECASE
)
_OPTION = r"-{1,2}[A-Za-z][\w-]*(?:[ =](?:[A-Z_]{2,}|<[^<>\n]+>))?"
_CAMEL = r"\b[a-z]+[A-Z][A-Za-z]*\b"
_CODE = rf"`{{1,2}}[^`\n]+`{{1,2}}(?!_)|(?<![\w-]){_OPTION}|\b\w*[^\W_]_[^\W_]\w*\b|\b\w+\(\)"
_NAME = re.compile(_CODE)
_IDENTIFIER = re.compile(r"(?<![\w-])--[A-Za-z][\w-]+|\b\w*[^\W_]_[^\W_]\w*\b|(?<![\w-])[a-z]+[A-Z][a-z]\w*(?![\w-])")
# "xref:modes.adoc" before "[modes]", ":ref:" before "`modes`"
_MACRO = re.compile(r"(?<!\w)(?:xref|image|icon|footnote|kbd|btn|menu):[^\s\[\]]*(?=\[)|:[a-z][\w:-]*:(?=`)")
_NAME_START = re.compile(r"-{0,2}\w[\w.-]*")
_PART = re.compile(r"[^\W_]+")
# "- `--force`: Overwrite it.", "-j, --json" above or before what it does
_LABEL = re.compile(
    rf"(?:[{BULLETS}]\s+)?(?P<label>(?:`[^`\n]+`|{_OPTION})(?:,\s*(?:`[^`\n]+`|{_OPTION}))*)(?=\s*(?::|\n|\s{{2}}|\s[-\u2013\u2014]\s))"
)
_ASKS_WHAT_IT_DOES = re.compile(
    rf"\W*what\s+(?:do|does|will)\s+(?:the\s+)?(?P<noun>{_NOUN}s?\s+)?(?P<code>{_CODE}|(?-i:{_CAMEL})|(?(noun)[\w.-]+|(?!)))"
    rf"(?:\s+(?:{_NOUN}|[\w-]+))?\s+do\b",
    re.IGNORECASE,
)

_ASKS_WHAT_IT_IS = re.compile(
    rf"\W*what\s+(?:is|are)\s+(?:the\s+)?(?:{_NOUN}s?\s+)?(?P<code>{_CODE}|(?-i:{_CAMEL}))(?:\s+{_NOUN})?(?:\s+for)?\W*\Z",
    re.IGNORECASE,
)

_ASKS_FOR_LABEL = re.compile(
    rf"\W*what(?:'s|\s+is)\s+the\s+(?P<label>default|type)(?:\s+(?:value|setting))?\s+(?:of|for)\s+(?:the\s+)?"
    rf"(?:{_NOUN}\s+)?(?P<code>{_CODE}|(?-i:{_CAMEL}))(?:\s+{_NOUN})?\W*\Z",
    re.IGNORECASE,
)


def asks_for_code(question: str) -> bool:
    """Return whether a question asks for the name of an option or the like: "Which option prints JSON?"."""
    return _ASKS_FOR_NAME.match(question) is not None


def asks_what_code_does(question: str) -> bool:
    """Return whether a question asks what an option or the like does: "What does --force do?"."""
    return _ASKS_WHAT_IT_DOES.match(question) is not None


def asked_code(question: str) -> str:
    """Return the option or the like that a question asks about, or "": "--force" for "What does `--force` do?"."""
    patterns = (_ASKS_WHAT_IT_DOES, _ASKS_WHAT_IT_IS, _ASKS_FOR_LABEL)
    asked = next(filter(None, (pattern.match(question) for pattern in patterns)), None)
    return asked["code"].strip("`") if asked else ""


def names_asked_code(question: str, heading: str) -> bool:
    """Return whether a heading consists of the option or the like that a question asks about: "-j, --json <path>"."""
    name = _NAME_START.search(asked_code(question))
    if name is None:
        return False
    named = (_NAME_START.match(one.strip(" `")) for one in heading.split(","))
    return any(one is not None and (one[0] == name[0] or one[0].endswith(f".{name[0]}")) for one in named)


def asked_label(question: str) -> str:
    """Return the attribute of an option that is asked for, or "": "default" for "What is the default of maxSize?"."""
    asked = _ASKS_FOR_LABEL.match(question)
    return asked["label"].lower() if asked else ""


def lacks_asked_code(question: str, text: str) -> bool:
    """Return whether a question names an option or an identifier that a text lacks: "--max-connections", "maxSize".

    Dashes, underscores and capitals do not matter.
    """
    parts = (_PART.findall(one[0]) for one in _IDENTIFIER.finditer(question))
    return any(re.search("[-_]*".join(map(re.escape, one)), text, re.IGNORECASE) is None for one in parts)


def named_code(question: str, text: str, span: Span, sentence: Span) -> Span:
    """Return the name that a question asks for: the label of the sentence, or the only name in it.

    "Which option prints JSON?" is answered by "--json". The span is returned if it has a name, or if there are several.
    """
    if not asks_for_code(question):
        return span
    names = [one.span() for one in _NAME.finditer(text, *sentence)]
    if any(overlaps(one, span) for one in names):
        return span
    if len(names) == 1:
        start, end = names[0]
        marks = len(text[start:end]) - len(text[start:end].lstrip("`"))
        return start + marks, end - marks
    label = _LABEL.match(text, *sentence)
    return label.span("label") if label else span


def is_markup(text: str, span: Span, sentence: Span) -> bool:
    """Return whether a span is within the mark of a link or the like in AsciiDoc or reStructuredText: "xref"."""
    return any(one.start() <= span[0] and span[1] <= one.end() for one in _MACRO.finditer(text, *sentence))
