"""Text of runs in a Word document, built from XML events: characters, fields, form fields, equations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from qa.documents.formats.blocks import TextBlock, superscript
from qa.documents.formats.docx.styles import ParagraphStyle, Styles
from qa.documents.formats.office.math import Equation
from qa.documents.formats.office.xml import MC, VML, M, W, is_on

_SYMBOL_EX = "{http://schemas.microsoft.com/office/word/2015/wordml/symex}"
# Deleted text, fallback copies for older programs, phonetic guides, and former formatting.
_SKIPPED = {
    *(f"{W}{name}" for name in ("del", "moveFrom", "rt")),
    *(f"{W}{name}Change" for name in ("pPr", "rPr", "sectPr", "tblPr", "tblPrEx", "tcPr", "trPr", "tblGrid")),
    f"{W}numberingChange",
    f"{MC}Fallback",
}
# In the properties of a paragraph, these are tab stops and the look of its mark.
_OF_RUNS = {f"{W}{name}" for name in ("rStyle", "tab", "vanish", "vertAlign")}
_CONTENTS_FIELD = re.compile(r"\s*TOC\b", re.IGNORECASE)
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_MAX_OPEN_FIELDS = 100  # within each other; of more, the outermost must be damaged
_SOFT_HYPHEN = "\u00ad"

# Unicode equivalents of the characters in Office's symbol fonts.
_PRIVATE = range(0xF000, 0xF900)  # private-use code points to which Office maps the characters of a symbol font
_SURROGATES = range(0xD800, 0xE000)
# Keys are the code of the first character.
_SYMBOL = {
    0x20: " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",  # noqa: RUF001
    0xA0: "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",  # noqa: RUF001
    0xF1: "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
}
_FONTS = {
    "symbol": {first + index: sign for first, signs in _SYMBOL.items() for index, sign in enumerate(signs)},
    "wingdings": {
        **{0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x76: "❖", 0x9F: "•"},
        **{0xA7: "▪", 0xA8: "□", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨"},
        **{0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
    },
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "•", 0xA3: "□"},
}

Attributes = Mapping[str, str]


@dataclass(slots=True)
class Paragraph:
    """An open paragraph; text boxes have paragraphs within a paragraph."""

    style: ParagraphStyle
    style_id: str = ""
    parts: list[str] = field(default_factory=list)
    after: list[TextBlock] = field(default_factory=list)
    in_properties: bool = False
    outline: str = ""
    list_id: str | None = None
    list_level: int | None = None
    joins_next: bool = False
    has_contents: bool = False
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
        self._equation: Equation | None = None
        self._skipping = 0
        self._deletion = False
        self._characters: list[str] | None = None
        self._choices: list[str] = []

    # --- the parser's events ------------------------------------------------------------------------------------------

    def start(self, tag: str, attributes: Attributes) -> None:
        """Handle the start of an element."""
        if self._skipping:
            self._skipping += 1
            if self._deletion and tag == f"{W}delText":
                self.left_out["tracked deletion"] += 1
                self._deletion = False
        elif tag in _SKIPPED:
            self._skipping = 1
            self._deletion = tag == f"{W}del"
            self._paragraph.joins_next |= self._deletion and self._paragraph.in_properties
        elif self._equation is not None:
            self._equation.start(tag, attributes)
        elif tag in _OF_RUNS and self._paragraph.in_properties:
            return
        elif (handler := self._STARTS.get(tag)) is not None:
            handler(self, attributes)

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        if self._skipping:
            self._skipping -= 1
        elif self._equation is not None:
            if tag == f"{M}oMath":
                self._add(self._equation.text())
                self._equation = None
            else:
                self._equation.end(tag)
        elif (handler := self._ENDS.get(tag)) is not None:
            handler(self)

    def data(self, text: str) -> None:
        """Handle characters."""
        if self._skipping:
            return
        if self._equation is not None:
            self._equation.data(text)
        elif self._characters is not None:
            self._characters.append(text)

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

    def _start_characters(self, _: Attributes) -> None:
        self._characters = []

    def _end_characters(self) -> str:
        text = "".join(self._characters or ()).replace("\n", " ").replace(_SOFT_HYPHEN, "")
        self._characters = None
        return text

    @property
    def _paragraph(self) -> Paragraph:
        """The innermost open paragraph; outside of paragraphs, a dummy."""
        return self._paragraphs[-1] if self._paragraphs else Paragraph(self._styles[""], in_properties=True)

    def _start_run(self, _: Attributes) -> None:
        self._paragraph.hidden, self._paragraph.raised = self._paragraph.style.is_hidden, False

    def _start_run_style(self, attributes: Attributes) -> None:
        self._paragraph.hidden |= self._styles[attributes.get(f"{W}val", "")].is_hidden

    def _start_vanish(self, attributes: Attributes) -> None:
        self._paragraph.hidden = is_on(attributes)

    def _start_alignment(self, attributes: Attributes) -> None:
        self._paragraph.raised = attributes.get(f"{W}val") == "superscript"

    def _start_word_art(self, attributes: Attributes) -> None:
        if attributes.get("string"):
            self._paragraph.after.append(TextBlock(attributes["string"]))

    def _start_equation(self, _: Attributes) -> None:
        self._equation = Equation()

    # --- fields -------------------------------------------------------------------------------------------------------

    def _start_field(self, attributes: Attributes) -> None:
        kind = attributes.get(f"{W}fldCharType")
        if kind == "begin":
            self._fields = [*self._fields[-_MAX_OPEN_FIELDS + 1 :], _Field()]
        elif self._fields and kind == "separate" and not self._fields[-1].shows:
            # Page numbers are not part of the text.
            self._fields[-1].shows = not _PAGE_FIELD.match(self._fields[-1].instruction)
            self._fields[-1].is_contents = bool(_CONTENTS_FIELD.match(self._fields[-1].instruction))
            self._paragraph.has_contents |= self._fields[-1].is_contents
        elif self._fields and kind == "end":
            self._fields.pop()

    def _end_instruction(self) -> None:
        text = self._end_characters()
        if self._fields:
            self._fields[-1].instruction += text[:20]

    def _start_simple_field(self, attributes: Attributes) -> None:
        if _PAGE_FIELD.match(attributes.get(f"{W}instr", "")):
            self._skipping = 1

    def _start_choices(self, _: Attributes) -> None:
        self._choices = [""]

    def _start_default(self, attributes: Attributes) -> None:
        if not any(self._choices):
            self._start_chosen(attributes)

    def _start_chosen(self, attributes: Attributes) -> None:
        self._choices[:1] = [attributes.get(f"{W}val", "1")]

    def _end_drop_down(self) -> None:
        chosen = self._choices[0] or "0"
        index = int(chosen) + 1 if chosen.isdecimal() else 1
        self._show(self._choices[index] if index < len(self._choices) else "")

    def _show(self, text: str) -> None:
        """Add the value of a form field, which is defined within the field's instruction."""
        fields, self._fields = self._fields, []
        self._add(text)
        self._fields = fields

    def _start_properties(self, _: Attributes) -> None:
        self._paragraph.in_properties = True

    def _end_properties(self) -> None:
        self._paragraph.in_properties = False

    _STARTS: ClassVar[Mapping[str, Callable[..., None]]] = {
        f"{W}pPr": _start_properties,
        f"{W}r": _start_run,
        f"{W}rStyle": _start_run_style,
        f"{W}vanish": _start_vanish,
        f"{W}vertAlign": _start_alignment,
        f"{W}t": _start_characters,
        f"{W}instrText": _start_characters,
        f"{W}tab": lambda self, _: self._add("\t"),
        f"{W}ptab": lambda self, _: self._add("\t"),
        f"{W}br": lambda self, _: self._add("\n"),
        f"{W}cr": lambda self, _: self._add("\n"),
        f"{W}noBreakHyphen": lambda self, _: self._add("-"),
        f"{W}sym": lambda self, attributes: self._add(
            _symbol(attributes.get(f"{W}char", ""), attributes.get(f"{W}font", ""))
        ),
        f"{_SYMBOL_EX}symEx": lambda self, attributes: self._add(_symbol(attributes.get(f"{_SYMBOL_EX}char", ""), "")),
        f"{VML}textpath": _start_word_art,
        f"{M}oMath": _start_equation,
        f"{W}fldChar": _start_field,
        f"{W}fldSimple": _start_simple_field,
        f"{W}checkBox": _start_choices,
        f"{W}default": _start_default,
        f"{W}checked": _start_chosen,
        f"{W}ddList": _start_choices,
        f"{W}result": _start_chosen,
        f"{W}listEntry": lambda self, attributes: self._choices.append(attributes.get(f"{W}val", "")),
    }
    _ENDS: ClassVar[Mapping[str, Callable[..., object]]] = {
        f"{W}pPr": _end_properties,
        f"{W}t": lambda self: self._add(self._end_characters()),
        f"{W}instrText": _end_instruction,
        f"{W}checkBox": lambda self: self._show("\u2612" if self._choices[0] in {"1", "true", "on"} else "\u2610"),
        f"{W}ddList": _end_drop_down,
    }


def _symbol(code: str, font: str) -> str:
    """Return the character for a hexadecimal code in a font; empty if its equivalent is unknown."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    if number in _PRIVATE or font.lower() in _FONTS:
        return _FONTS.get(font.lower(), {}).get(number & 0xFF, "")
    return chr(number) if 0x20 <= number <= 0x10FFFF and number not in _SURROGATES else ""
