"""Block rules for markdown-it-py: its own, and ours for what is not in CommonMark.

Inline rules never run. The table rule of markdown-it-py is not used: it adds up to 65,000 empty cells to a short table.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING

from qa.documents.asciidoc import asciidoc_block, asciidoc_heading, asciidoc_item, asciidoc_literal
from qa.documents.block_lines import MAX_HEADING_CHARS, Rule, add, add_heading, add_item, closing_line, words_of
from qa.documents.directives import admonition, comment, component, described_object, directive, front_matter, literal
from qa.documents.html_blocks import html_block

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

_MAX_UNMARKED_HEADING_CHARS = 80
_MAX_UNDERLINE_DIFFERENCE = 3  # characters between an underline and its line in plain text
MAX_COLUMNS = 256  # of a table; a line with more bars is text
_MAX_ROW_CHARS = 20_000
_MAX_HEADING_INDENT = 3  # spaces
_MAX_DEPTH = 20  # of nested lists (which count twice) and quotations; what is deeper is text

_BLOCKS = ("fence", "blockquote", "hr", "list", "heading", "question", "rows", "paragraph")
_RULES = {
    "file": ("front_matter", "comment", "directive", "admonition", "code", "html", "lheading", *_BLOCKS),
    "mdx": ("front_matter", "comment", "component", "html", "directive", "admonition", "lheading", *_BLOCKS),
    "asciidoc": (
        "front_matter",
        "asciidoc_heading",
        "asciidoc_block",
        "asciidoc_item",
        "asciidoc_literal",
        "underlined",
        "question",
        "paragraph",
    ),
    "org": ("directive", *_BLOCKS),
    "markdown": ("front_matter", "comment", "directive", "underlined", *_BLOCKS),
    "wiki": ("template", "hr", "wiki_item", "list", "wiki_heading", "rows", "paragraph"),
    "plain": (
        *("described_object", "directive", "literal", "fence", "overlined", "hr", "numbered_heading"),
        *("list", "underlined", "question", "rows", "paragraph"),
    ),
}

# markdown-it knows only these kinds of white space; others are replaced, keeping the length.
_OTHER_SPACE = re.compile(r"[^\S \t\n]")
_BULLET = re.compile("[\u2022\u25aa\u25cf\u25e6\u2023]")
_BRACES = re.compile(r"\{\{|\}\}")
_WIKI_HEADING = re.compile(r"(=+(?: =+)*)\s*([^=\s](?:.*[^=\s])?)\s*\1\s*")
_WIKI_ITEM = re.compile(r"[*:;]+(?=\s*\S)")
_ATX = re.compile(r"#{1,6}[ \t]+(?!#+[ \t]*$)\S")
_WORD = re.compile(r"[^\W\d_]{2}")
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2})*)(?P<mark>[.)]?)\s+(?P<title>\S.*?)\s*")
_MAX_TITLE_WORDS = 5  # of a numbered heading in lower case without an underline
# "**May I paint the walls?**" and "Q: May I paint the walls?" on a line of their own.
_QUESTION = re.compile(
    r"(?:(?P<mark>\*{1,3}|_{1,3})(?P<marked>[^*_\s][^*_\n]*\?)(?P=mark)|Q(?:uestion)?\s?\d*[.:)]\s+(?P<asked>\S.*\?))\s*"
)
UNDERLINE = re.compile(r"(=+|-+)\s*")
# In reStructuredText, any mark may be that of any level; these are the usual ones.
_UNDERLINE_LEVELS = {"=": 1, "#": 1, "*": 1, "-": 2, "~": 3, "^": 3, '"': 4, "'": 4, "`": 4, "+": 4, ".": 4, ":": 4}
ANY_UNDERLINE = re.compile(r"([=#*~^\"'`+.:-])\1{2,}\s*")
_YEAR = re.compile(r"\d{4}")
_FIELD = re.compile(r"[\w-]+:\s\S+")  # "Date: 2020-01-30"
_OPEN_END = re.compile(r"\b(?:an?|the|and|or|of|not|never|must|should|cannot)$")  # "For two weeks do not"
TABLE_RULE = re.compile(r"[\s|+:=-]*[-=][\s|+:=-]*")
_BAR_OR_CORNER = re.compile(r"[|+]")
# Trailing white space after the last bar may have been stripped.
_ROW_OF_CELLS = re.compile(r"\||.*[^\S\n]\|(?:[^\S\n]|$)")
_OTHER_BLOCK = re.compile(r"[#>*+-]|\d+[.)]\s")


def tokens_of(text: str, rules: str) -> tuple[list[Token], str]:
    """Return the block tokens of a text, and a text of the same length with the lines that they refer to.

    The rules are "file" (a Markdown file), "mdx", "asciidoc", "markdown", "org", "wiki" or "plain"; see
    `qa.documents.structure`.
    """
    # `str.translate` takes ten times as long as a regular expression that matches nothing.
    source = _BULLET.sub("*", _OTHER_SPACE.sub(" ", text.replace("\r\n", " \n").replace("\r", "\n")))
    tokens: list[Token] = []
    _parser(rules).block.parse(source, _parser(rules), {}, tokens)
    return tokens, source


def looks_like_heading(words: str) -> bool:
    """Return whether a line is short, starts with a capital or a digit, and ends without punctuation or an open end."""
    first = next((character for character in words if character.isalnum()), "")
    return (
        0 < len(words) <= _MAX_UNMARKED_HEADING_CHARS
        and words[-1] not in '.!?,;:\u2026"\u201d'
        and (first.isupper() or first.isdecimal())
        and any(character.isalpha() for character in words)
        and not _FIELD.fullmatch(words)
        and not _OPEN_END.search(words)
    )


@cache
def _parser(rules: str) -> MarkdownIt:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import blockquote, fence, heading, list_block

    parser = MarkdownIt("commonmark", {"maxNesting": 3 * _MAX_DEPTH})
    ruler = parser.block.ruler
    ruler.at("blockquote", _limited(blockquote), {"alt": ["paragraph", "blockquote", "list"]})
    ruler.at("list", _limited(list_block, unless=_YEAR), {"alt": ["paragraph", "blockquote"]})
    atx_rule = _limited(heading if rules in {"file", "mdx", "org"} else _except_comments(heading), only=_ATX)
    ruler.at("heading", atx_rule, {"alt": ["paragraph", "blockquote"]})
    ruler.before("code", "front_matter", front_matter)
    ruler.before("code", "comment", _limited(comment), {"alt": ["paragraph", "list", "blockquote"]})
    ruler.before("code", "component", component, {"alt": ["paragraph", "list", "blockquote"]})
    ruler.after("code", "html", _limited(html_block), {"alt": ["paragraph", "list", "blockquote"]})
    ruler.before("code", "asciidoc_heading", asciidoc_heading)
    ruler.before("code", "asciidoc_block", asciidoc_block, {"alt": ["paragraph"]})
    ruler.before("code", "asciidoc_item", asciidoc_item, {"alt": ["paragraph"]})
    ruler.before("code", "asciidoc_literal", asciidoc_literal)
    ruler.before("code", "template", _template, {"alt": ["paragraph", "list"]})
    ruler.before("list", "wiki_item", _wiki_item, {"alt": ["paragraph", "list"]})
    ruler.before("list", "wiki_heading", _wiki_heading, {"alt": ["paragraph", "list"]})
    ruler.before("code", "described_object", described_object)
    ruler.before("code", "directive", directive, {"alt": ["paragraph", "list", "blockquote"]})
    ruler.before("code", "admonition", _limited(admonition), {"alt": ["paragraph", "blockquote"]})
    ruler.before("hr", "literal", literal)
    ruler.before("hr", "overlined", _overlined)
    ruler.before("list", "numbered_heading", _numbered_heading)
    ruler.before("paragraph", "underlined", _underlined if rules == "plain" else partial(_underlined, mark=UNDERLINE))
    ruler.before("paragraph", "question", _question, {"alt": ["paragraph"]})
    ruler.before("paragraph", "rows", _rows, {"alt": ["paragraph"]})
    if rules == "plain":
        ruler.at("fence", partial(_closed, rule=fence), {"alt": ["paragraph", "list"]})
    ruler.enableOnly(_RULES[rules])
    return parser


def _limited(rule: Rule, only: re.Pattern[str] | None = None, unless: re.Pattern[str] | None = None) -> Rule:
    """Return a rule that skips lines by nesting depth, pattern and, with `only`, length."""

    def bounded(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        words, indent = words_of(state, line), state.sCount[line] - state.blkIndent
        if state.level >= _MAX_DEPTH or (unless and unless.match(words)):
            return False
        if only and (indent > _MAX_HEADING_INDENT or len(words) > MAX_HEADING_CHARS or not only.match(words)):
            return False
        return rule(state, line, end, silent)

    return bounded


def _except_comments(rule: Rule) -> Rule:
    """Return a heading rule that skips comments: consecutive lines with equally many number signs."""

    def lone(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        signs = words_of(state, line).split(maxsplit=1)[0] + " "
        near = (words_of(state, other) for other in (line - 1, line + 1) if 0 <= other < state.lineMax)
        return not any(words.startswith(signs) for words in near) and rule(state, line, end, silent)

    return lone


def _closed(state: StateBlock, line: int, end: int, silent: bool, *, rule: Rule) -> bool:
    """Find code between fences, of which there are two."""
    is_fence = words_of(state, line).startswith("```") and closing_line(state, line, end, "```") < end
    return is_fence and rule(state, line, end, silent)


def _template(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find the lines of a ``{{template}}``."""
    if "templates" not in state.env:
        opened: list[int] = []
        ends = state.env["templates"] = dict[int, int]()
        for braces in _BRACES.finditer(state.src):
            if braces[0] == "{{":
                opened.append(braces.start())
            elif opened:
                ends[opened.pop()] = braces.end()
    until = state.env["templates"].get(state.bMarks[line], 0)
    last = line + 1
    while last < end and state.bMarks[last] < until:
        last += 1
    return until > 0 and (silent or add(state, "template", (line, last)))


def _wiki_heading(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    words = words_of(state, line)
    found = _WIKI_HEADING.fullmatch(words) if words[:1] == "=" and len(words) <= MAX_HEADING_CHARS else None
    if found is None or silent:
        return found is not None
    return add_heading(state, min(found[1].count("="), 6), found[2], (line, line + 1))


def _wiki_item(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    found = _WIKI_ITEM.match(words_of(state, line)) if state.tShift[line] == 0 else None
    return found is not None and (silent or add_item(state, "wiki_item", (line, line + 1), found[0], len(found[0]) - 1))


def _underlined(state: StateBlock, line: int, end: int, silent: bool, *, mark: re.Pattern[str] = ANY_UNDERLINE) -> bool:
    """Find a line that looks like a heading and has an underline of about its length, or any with one of its length.

    A blank line follows the latter, which may be a question or a name of code.
    """
    if silent or line + 1 >= end:
        return False
    words, under = words_of(state, line).strip(), words_of(state, line + 1).strip()
    fits = len(under) >= _MAX_UNDERLINE_DIFFERENCE and abs(len(under) - len(words)) <= _MAX_UNDERLINE_DIFFERENCE
    if not fits or not mark.fullmatch(under):
        return False
    exact = len(under) == len(words) <= _MAX_UNMARKED_HEADING_CHARS and (line + 2 >= end or state.isEmpty(line + 2))
    if not looks_like_heading(words) and not (exact and _WORD.search(words)):
        return False
    return add_heading(state, _UNDERLINE_LEVELS[under[0]], words, (line, line + 2))


def _overlined(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find a heading between two lines of marks of about its length."""
    over = words_of(state, line).strip()
    if silent or line + 2 >= end or not ANY_UNDERLINE.fullmatch(over) or words_of(state, line + 2).strip() != over:
        return False
    if not _underlined(state, line + 1, end, silent):
        return False
    state.tokens[-2].map = [line, line + 3]
    return True


def _numbered_heading(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find a numbered line that is underlined, or in capitals or short, and followed by a blank line and text."""
    words = words_of(state, line)
    found = None if silent or len(words) > MAX_HEADING_CHARS else _NUMBERED.fullmatch(words)
    if found is None or not looks_like_heading(found["title"]):
        return False
    if not _underlined(state, line, end, silent):
        after = next((words_of(state, other) for other in range(line + 2, end) if not state.isEmpty(other)), "")
        # "10 Mill Street" is an address.
        numbered = found["mark"] or "." in found["number"]
        short = len(found["title"].split()) <= _MAX_TITLE_WORDS and not _OTHER_BLOCK.match(after)
        if not after or not state.isEmpty(line + 1) or not (found["title"].isupper() or (numbered and short)):
            return False
        add_heading(state, 2, found[0].strip(), (line, line + 1))
    state.tokens[-2].tag = f"h{min(found['number'].count('.') + 2, 6)}"
    return True


def _question(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find a question that is the heading of the answer below it."""
    words = words_of(state, line)
    found = _QUESTION.fullmatch(words) if len(words) <= MAX_HEADING_CHARS else None
    if found is None or all(state.isEmpty(other) for other in range(line + 1, end)):
        return False
    return silent or add_heading(state, 6, found["marked"] or found["asked"], (line, line + 1))


def _rows(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find the rows of a table.

    Without a line of dashes, a table starts where a paragraph could, at a row with a bar between spaces, and interrupts
    a paragraph only if its first two rows have equally many cells. A line without a bar, such as a cell that spans all
    columns, is a row if the next one has as many bars as the first.
    """
    words = words_of(state, line)
    if not _is_row(words):
        return False
    bars = words.count("|")
    rule = words_of(state, line + 1) if line + 1 < end else ""
    ruled = _is_rule(rule)
    if silent or not (ruled or _ROW_OF_CELLS.match(words)):
        alike = _ROW_OF_CELLS.match(words) and _ROW_OF_CELLS.match(rule) and rule.count("|") == bars
        return bool(ruled or words[0] == "|" or alike)
    last = line + 1
    while last < end and state.sCount[last] >= state.blkIndent:
        words = words_of(state, last)
        after = words_of(state, last + 1) if last + 1 < end else ""
        cells = _is_rule(words) or (_is_row(words) and (ruled or _ROW_OF_CELLS.match(words)))
        one_cell = words.strip() and "|" not in words and after.count("|") == bars and not _OTHER_BLOCK.match(words)
        if not (cells or one_cell):
            break
        last += 1
    return add(state, "rows", (line, last))


def _is_row(words: str) -> bool:
    return len(words) <= _MAX_ROW_CHARS and 0 < words.count("|") <= MAX_COLUMNS


def _is_rule(words: str) -> bool:
    return _BAR_OR_CORNER.search(words) is not None and TABLE_RULE.fullmatch(words) is not None
