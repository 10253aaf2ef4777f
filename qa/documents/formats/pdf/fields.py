"""Form fields and comments of a PDF page."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qa.documents.formats.pdf.characters import Frame, Page
from qa.documents.formats.pdf.lines import Line
from qa.text.lines import one_line

_MAX_VALUE_BYTES = 1 << 16
_MAX_ANNOTATIONS = 2000  # of a page
_MAX_COMPARISONS = 1_000_000  # of a line with a field
_CHECKED, _UNCHECKED = "[x]", "[ ]"
_MAX_FONT_SIZE = 12.0  # points
_TEXT_HEIGHT = 0.7  # share of the height of a line in a field
# Distance of a field from its printed label, in font sizes:
_MAX_LEFT_DISTANCE, _MAX_ABOVE_DISTANCE = 15.0, 1.6

# pypdfium2 ships no types.
_Annotation = Any
_Form = Any


@dataclass(frozen=True, slots=True)
class Field:
    """The value of a form field, or a comment, and its box on the page in points."""

    text: str
    name: str  # of the field in the form; empty for a comment
    left: float
    bottom: float
    right: float
    top: float


def page_fields(page: Page, form: _Form) -> list[Field]:
    """Return the filled-in form fields and the comments of a page; `form` is the document's, or None."""
    from pypdfium2 import raw

    found = []
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if annotation:
            try:
                field = _field(annotation, form)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)
            found += [field] if field else []
    return found


def _field(annotation: _Annotation, form: _Form) -> Field | None:
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind in {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_UNKNOWN, raw.FPDF_ANNOT_POPUP}:
        return None
    if kind == raw.FPDF_ANNOT_WIDGET:
        name, text = _value(annotation, form) if form else ("", "")
    else:
        name, text = "", one_line(_string(lambda *to: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", *to)))
        text = f"Comment: {text}" if text and kind != raw.FPDF_ANNOT_FREETEXT else text
    box = raw.FS_RECTF()
    if not text or not raw.FPDFAnnot_GetRect(annotation, box):
        return None
    return Field(text, name, box.left, min(box.bottom, box.top), box.right, max(box.bottom, box.top))


def _value(annotation: _Annotation, form: _Form) -> tuple[str, str]:
    """Return the name and the value of a form field."""
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _string(lambda *to: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *to))
    name = name or _string(lambda *to: raw.FPDFAnnot_GetFormFieldName(form, annotation, *to))
    if kind in {raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON}:
        return one_line(name), _CHECKED if raw.FPDFAnnot_IsChecked(form, annotation) else _UNCHECKED
    if kind in {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}:
        value = _string(lambda *to: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *to))
        return one_line(name), "\n".join(filter(None, map(one_line, value.splitlines())))
    return "", ""


def _string(call: Callable[..., int]) -> str:
    """Return the UTF-16 string that a function of PDFium writes to a buffer."""
    size = min(call(None, 0), _MAX_VALUE_BYTES)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    call(buffer, size)
    text = bytes(memoryview(buffer).cast("B")[:size]).decode("utf-16-le", "replace")
    return text.partition("\0")[0].replace("\r\n", "\n").replace("\r", "\n").strip()


def insert_fields(lines: Sequence[Line], fields: Sequence[Field], frame: Frame) -> list[Line]:
    """Insert field values after the labels printed to their left or above them, and append comments."""
    result = list(lines)
    searched = len(lines) * len(fields) <= _MAX_COMPARISONS
    for number, field in enumerate(fields):
        left, top, right, bottom = frame.box(field.left, field.bottom, field.right, field.top)
        span = (-number - 1, -number - 1)
        values = field.text.split("\n")
        height = (bottom - top) / len(values)
        size = max(min(_TEXT_HEIGHT * height, _MAX_FONT_SIZE), 1.0)
        made = [
            Line(value, left, at - 0.75 * size, right, at + 0.25 * size, size, spans=(span,), apart=not field.name)
            for value, at in ((value, top + (row + 0.7) * height) for row, value in enumerate(values))
        ]
        if not field.name:
            result += made
            continue
        label = _label(result, made[0]) if searched else None
        if label is None and field.text not in {_CHECKED, _UNCHECKED}:
            made[0].text = f"{field.name}: {made[0].text}"
        below = next((n for n, line in enumerate(result) if line.top > top), len(result))
        index = below if label is None else label + 1
        result[index:index] = made
    return result


def _label(lines: Sequence[Line], value: Line) -> int | None:
    """Return the index of the line nearest to the left of the value, else nearest above it."""
    before = [
        (value.left - line.right, number)
        for number, line in enumerate(lines)
        if not line.apart
        and line.beside(value)
        and -line.size < value.left - line.right < _MAX_LEFT_DISTANCE * line.size
    ]
    above = [
        (value.top - line.bottom, number)
        for number, line in enumerate(lines)
        if not line.apart
        and -0.5 * line.size < value.top - line.bottom < _MAX_ABOVE_DISTANCE * line.size
        and line.left < value.right
        and line.right > value.left
    ]
    return min(before or above, default=(0.0, None))[1]
