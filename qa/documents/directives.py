"""Block rules for what surrounds text: front matter, comments, directives, admonitions and literal blocks."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from qa.documents import asciidoc
from qa.documents.block_lines import add, add_heading, closing_line, dedented_line, words_of
from qa.documents.list_tables import FIRST_ROW

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock

# In YAML, or in TOML as of Hugo.
FRONT_MATTER = re.compile(r"(?:---[ \t]*\n.*?^(?:---|\.\.\.)|\+{3}[ \t]*\n.*?^\+{3})[ \t]*$", re.DOTALL | re.MULTILINE)
# Directives of MyST, of reStructuredText, and the divisions of pandoc: ":::{note}", ".. note::", "::: warning".
_FENCED_DIRECTIVE = re.compile(r"(?P<fence>`{3,}|~{3,}|:{3,})\{(?P<name>[\w:-]+)\}.*")
# Of Python-Markdown: '!!! note "Opening hours"' and '=== "Linux"'.
_ADMONITION = re.compile(r"(?:!!!|\?\?\?\+?) +[\w\"].*|===[!+]? +\".*\"")
_DIVISION = re.compile(r"/{3,}(?:\s+[\w-]+)?\s*|:{3,}(?:\s*\{[.#][^{}]*\}|\s+[\w.#-]+)?[\s:]*")
_DIRECTIVE = re.compile(r"\.\. (?P<name>[\w:-]+)::(?P<argument>.*)")
# Where links lead to: "(install)=" in MyST, ".. _install:" and ".. _site: https://..." in reStructuredText.
_TARGET = re.compile(r"\([^()\s]+\)=|\.\. _(?:[^:`]+|`[^`]+`):(?:\s.*)?")
# Lines of JSX or HTML without words: "<Steps>", "</div>"; imports of MDX.
_TAGS = re.compile(r"(?:</?[A-Za-z][\w.-]*(?:\s[^<>]*)?>\s*)+|<>|</>")
_WORDS_IN_TAG = re.compile(r"\b(?:alt|caption|description|label|summary|title)=|://")
_IMPORT = re.compile(r"(?:import|export)\s[^\n]*['\"][^'\"\n]*['\"];?[ \t]*")
_COMMENTS = {"<!--": "-->", "{/*": "*/}", "////": "////"}  # the last is of AsciiDoc
_OBJECT_LEVEL = 6  # of the heading that names it
_OPTION = re.compile(r":[\w-]+:(?:\s|$)")
_CODE_DIRECTIVES = frozenset(
    {"code", "code-block", "code-cell", "graphviz", "literalinclude", "math", "mermaid", "prompt", "sourcecode"}
)
# Those of Sphinx that describe what they name: ".. option:: --dry-run".
_OBJECTS = frozenset(
    {"attribute", "class", "classmethod", "cmdoption", "confval", "data", "decorator", "describe", "envvar"}
    | {"exception", "function", "macro", "member", "method", "object", "option", "property", "setting", "staticmethod"}
)
_OTHER_DIRECTIVES = frozenset(
    {"contents", "currentmodule", "default-domain", "default-role", "figure", "highlight", "image", "include", "index"}
    | {"list-table", "module", "program", "raw", "role", "toctree"}
)


def front_matter(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    """Find the front matter at the start of a text."""
    found = None if line or state.level else FRONT_MATTER.match(state.src)
    return found is not None and (silent or add(state, "front_matter", (0, found[0].count("\n") + 1)))


def comment(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find the lines of a comment in HTML or MDX, and those before the one where text follows it."""
    start = state.bMarks[line] + state.tShift[line]
    mark = _COMMENTS.get(opening := state.src[start : start + 4], "") or _COMMENTS.get(opening[:3], "")
    if not mark or mark == opening:
        return False
    known = state.env.setdefault("last comments", {})
    if mark not in known:
        known[mark] = state.src.rfind(mark)
    closing = state.src.find(mark, start + 3, state.eMarks[end - 1]) if start < known[mark] else -1
    if closing < 0:
        return False
    last = bisect_left(state.eMarks, closing, line, end)
    last += not state.src[closing + len(mark) : state.eMarks[last]].strip()
    return last > line and (silent or add(state, "directive", (line, last)))


def component(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    """Find a line of tags without words, or an import."""
    return _is_component(words_of(state, line).rstrip()) and (silent or add(state, "directive", (line, line + 1)))


def _is_component(words: str) -> bool:
    if words.startswith("<"):
        return _TAGS.fullmatch(words) is not None and not _WORDS_IN_TAG.search(words)
    return _IMPORT.fullmatch(words) is not None


def is_directive(text: str) -> bool:
    """Return whether a text is a comment or the marks and options of a directive: ":::{note}", ".. image:: a.png"."""
    first, *others = (text := text.strip()).split("\n")
    if _is_component(text) or any(text.startswith(mark) and text.endswith(end) for mark, end in _COMMENTS.items()):
        return True
    named = _DIRECTIVE.fullmatch(first)
    marks = any(mark.fullmatch(first) for mark in (_FENCED_DIRECTIVE, _DIVISION, _TARGET, asciidoc.MARK))
    marks = marks or (named is not None and (_is_object(named) or not _is_sentence(named)))
    return marks and all(_OPTION.match(line.strip()) or not line.strip() for line in others)


def directive(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find a directive: its code, the rows of its list table, or else only the lines of its marks and options."""
    words = words_of(state, line).rstrip()
    closing = state.env.setdefault("closing", set[int]())
    if line in closing or _DIVISION.fullmatch(words) or _TARGET.fullmatch(words):
        return silent or add(state, "directive", (line, line + 1))
    fenced = _FENCED_DIRECTIVE.fullmatch(words)
    named = fenced or _DIRECTIVE.fullmatch(words)
    is_code = named is not None and named["name"] in _CODE_DIRECTIVES
    if named is None or (is_code and words[0] in "`~") or (not is_code and _is_sentence(named)):
        return False
    if silent:
        return True
    last = closing_line(state, line, end, fenced["fence"]) if fenced else end
    if is_code and not fenced:
        last = dedented_line(state, line, end)
    if is_code:
        return add(state, "fence", (line, min(end, last + (fenced is not None))), fenced["fence"] if fenced else "..")
    if fenced:
        closing.add(last)
    first = line + 1
    if first < last and words_of(state, first).startswith("---"):
        first = min(last, closing_line(state, first, last, "---") + 1)
    while first < last and _OPTION.match(words_of(state, first)):
        first += 1
    row = next((one for one in range(first, last) if not state.isEmpty(one)), last)
    if named["name"] != "list-table" or row == last or not FIRST_ROW.match(words_of(state, row)):
        return add(state, "directive", (line, first))
    add(state, "directive", (line, row))
    below = (one for one in range(row, last) if not state.isEmpty(one) and state.sCount[one] < state.sCount[row])
    return add(state, "list_rows", (row, next(below, last)))


def described_object(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    """Find the name of what is described below it, which is a heading."""
    named = _DIRECTIVE.fullmatch(words_of(state, line).rstrip())
    if named is None or not _is_object(named):
        return False
    return silent or add_heading(state, _OBJECT_LEVEL, named["argument"].strip(), (line, line + 1))


def _is_object(directive: re.Match[str]) -> bool:
    return directive["name"].rpartition(":")[2] in _OBJECTS and bool(directive["argument"].strip())


def _is_sentence(directive: re.Match[str]) -> bool:
    """Return whether the text of a directive starts on its line: ".. note:: Keep it dry."."""
    argument = directive.groupdict().get("argument") or ""
    return bool(argument.strip()) and directive["name"] not in _OTHER_DIRECTIVES


def admonition(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find the blocks that are indented below the mark of an admonition or tab."""
    words, indent = words_of(state, line).rstrip(), state.sCount[line] + 4
    if not _ADMONITION.fullmatch(words):
        return False
    first = next((one for one in range(line + 1, end) if not state.isEmpty(one)), line)
    if silent or state.sCount[first] < indent:
        return state.sCount[first] >= indent
    last = dedented_line(state, line, end)
    add(state, "paragraph_open" if '"' in words else "directive", (line, line + 1))
    around, state.blkIndent, state.level = (state.blkIndent, state.level), indent, state.level + 1
    state.md.block.tokenize(state, line + 1, last)
    state.blkIndent, state.level = around
    state.line = last
    return True


def literal(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find code that is indented below a line that ends with two colons."""
    above = line - 1
    while above >= 0 and state.isEmpty(above):
        above -= 1
    if silent or above < 0 or above == line - 1 or state.sCount[line] <= state.sCount[above]:
        return False
    announcing = words_of(state, above).rstrip()
    if _DIRECTIVE.match(announcing) or not announcing.endswith("::"):
        return False
    return add(state, "code_block", (line, dedented_line(state, above, end)))
