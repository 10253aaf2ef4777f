"""Text of runs in a Word document: characters, fields, form fields, equations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from qa.documents.formats.blocks import TextBlock, superscript
from qa.documents.formats.docx.styles import ParagraphStyle, Styles
from qa.documents.formats.office.math import equation_text
from qa.documents.formats.office.symbols import symbol, with_symbols
from qa.documents.formats.office.xml import MC, VML, M, W, characters, is_on, value_of
from qa.documents.formats.zip_formats import Node

_SYMBOL_EX = "{http://schemas.microsoft.com/office/word/2015/wordml/symex}"
# What is not text, and what the handlers of elements read themselves.
_SKIPPED = {*(f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "rt")), f"{MC}Fallback", f"{M}oMath"}
_CONTENTS_FIELD = re.compile(r"\s*TOC\b", re.IGNORECASE)
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_MAX_OPEN_FIELDS = 100  # within each other; of more, the outermost must be damaged


@dataclass(slots=True)
class Paragraph:
    """An open paragraph; text boxes have paragraphs within a paragraph."""

    style: ParagraphStyle
    style_id: str = ""
    parts: list[str] = field(default_factory=list)
    after: list[TextBlock] = field(default_factory=list)
    outline: str = ""
    list_id: str | None = None
    list_level: int | None = None
    joins_next: bool = False
    has_contents: bool = False
    # Of the open run:
    hidden: bool = False
    raised: bool = False


@dataclass(slots=True)
class _Field:
    """A field: an instruction, then, after a separator, the result."""

    instruction: str = ""
    shows: bool = False
    is_contents: bool = False


class TextReader:
    """Collects the text of paragraphs, which a subclass starts and ends.

    There is no recursion, and the time is linear in the length of the part.
    """

    def __init__(self, styles: Styles) -> None:
        self.left_out: Counter[str] = Counter()  # for `Article.notes`
        self._styles = styles
        self._paragraphs: list[Paragraph] = []
        self._fields: list[_Field] = []

    def read(self, tree: Node) -> None:
        """Read a part, given its root element."""
        from lxml import etree  # type: ignore[import-untyped]

        walk = etree.iterwalk(tree, events=("start", "end"))
        for event, node in walk:
            handler = (self._STARTS if event == "start" else self._ENDS).get(node.tag)
            if handler is not None:
                handler(self, node)
            is_page = node.tag == f"{W}fldSimple" and _PAGE_FIELD.match(node.get(f"{W}instr", ""))
            if event == "start" and (is_page or node.tag in _SKIPPED):
                walk.skip_subtree()

    # --- text ---------------------------------------------------------------------------------------------------------

    def _add(self, text: str) -> None:
        if not self._paragraphs or not all(each.shows for each in self._fields):
            return
        paragraph = self._paragraphs[-1]
        if paragraph.hidden:
            self.left_out["word of hidden text"] += len(text.split())
            return
        if paragraph.raised and paragraph.parts:
            text = superscript(text, paragraph.parts[-1])
        paragraph.parts.append(text)

    def _start_run(self, run: Node) -> None:
        if not self._paragraphs:
            return
        paragraph = self._paragraphs[-1]
        hides = run.find(f"{W}rPr/{W}vanish")
        style = value_of(run, "rPr", "rStyle")
        styled = paragraph.style.is_hidden or (style != "" and self._styles[style].is_hidden)
        paragraph.hidden = styled if hides is None else is_on(hides.attrib)
        paragraph.raised = value_of(run, "rPr", "vertAlign") == "superscript"

    def _start_text(self, text: Node) -> None:
        self._add(with_symbols(characters(text), text.getparent().find(f"{W}rPr/{W}rFonts"), f"{W}ascii"))

    def _start_deletion(self, deletion: Node) -> None:
        self.left_out["tracked deletion"] += deletion.find(f".//{W}delText") is not None

    def _start_word_art(self, path: Node) -> None:
        if path.get("string") and self._paragraphs:
            self._paragraphs[-1].after.append(TextBlock(path.get("string")))

    # --- fields -------------------------------------------------------------------------------------------------------

    def _start_field(self, mark: Node) -> None:
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            self._fields = [*self._fields[-_MAX_OPEN_FIELDS + 1 :], _Field()]
        elif self._fields and kind == "separate" and not self._fields[-1].shows:
            # Page numbers are not part of the text.
            self._fields[-1].shows = not _PAGE_FIELD.match(self._fields[-1].instruction)
            self._fields[-1].is_contents = bool(_CONTENTS_FIELD.match(self._fields[-1].instruction))
            if self._paragraphs:
                self._paragraphs[-1].has_contents |= self._fields[-1].is_contents
        elif self._fields and kind == "end":
            self._fields.pop()

    def _start_instruction(self, instruction: Node) -> None:
        if self._fields:
            self._fields[-1].instruction += characters(instruction)[:20]

    def _start_check_box(self, box: Node) -> None:
        states = box.find(f"{W}checked"), box.find(f"{W}default")
        state = next((each for each in states if each is not None), None)
        self._show("\u2612" if state is not None and is_on(state.attrib) else "\u2610")

    def _start_drop_down(self, choice: Node) -> None:
        chosen = value_of(choice, "result") or value_of(choice, "default")
        entries = [entry.get(f"{W}val", "") for entry in choice.iterfind(f"{W}listEntry")]
        self._show("".join(entries[int(chosen) if chosen.isdecimal() else 0 :][:1]))

    def _show(self, text: str) -> None:
        """Add the value of a form field, which is defined within the field's instruction."""
        fields, self._fields = self._fields, []
        self._add(text)
        self._fields = fields

    _STARTS: ClassVar[Mapping[str, Callable[..., None]]] = {
        f"{W}r": _start_run,
        f"{W}t": _start_text,
        **dict.fromkeys((f"{W}tab", f"{W}ptab"), lambda self, _: self._add("\t")),
        **dict.fromkeys((f"{W}br", f"{W}cr"), lambda self, _: self._add("\n")),
        f"{W}noBreakHyphen": lambda self, _: self._add("-"),
        f"{W}sym": lambda self, node: self._add(symbol(node.get(f"{W}char", ""), node.get(f"{W}font", ""))),
        f"{_SYMBOL_EX}symEx": lambda self, node: self._add(symbol(node.get(f"{_SYMBOL_EX}char", ""), "")),
        f"{W}del": _start_deletion,
        f"{VML}textpath": _start_word_art,
        f"{M}oMath": lambda self, node: self._add(equation_text(node)),
        f"{W}fldChar": _start_field,
        f"{W}instrText": _start_instruction,
        f"{W}checkBox": _start_check_box,
        f"{W}ddList": _start_drop_down,
    }
    _ENDS: ClassVar[Mapping[str, Callable[..., None]]] = {}
