"""Characters of Office's symbol fonts -> Unicode."""

from __future__ import annotations

import re

from qa.documents.formats.zip_formats import Node

_PRIVATE = range(0xF000, 0xF900)  # private-use code points to which Office maps the characters of a symbol font
_PRIVATE_CHARACTER = re.compile("[\uf000-\uf8ff]")
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
        **{0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x75: "◆", 0x76: "❖"},
        **{0x77: "⬥", 0x78: "⌧", 0x9F: "•"},
        **{0xA7: "▪", 0xA8: "□", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨"},
        **{0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
    },
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "•", 0xA3: "□"},
}


def symbol(code: str, font: str) -> str:
    """Return the character for a hexadecimal code in a font; empty if its equivalent is unknown."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    if number in _PRIVATE or font.lower() in _FONTS:
        return _FONTS.get(font.lower(), {}).get(number & 0xFF, "")
    return chr(number) if 0x20 <= number <= 0x10FFFF and number not in _SURROGATES else ""


def with_symbols(text: str, fonts: Node, attribute: str) -> str:
    """Return the text of a run, given the element with the name of its font, or None, in this attribute."""
    if fonts is None or not _PRIVATE_CHARACTER.search(text):
        return text
    known = _FONTS.get(fonts.get(attribute, "").lower(), {})
    return _PRIVATE_CHARACTER.sub(lambda found: known.get(ord(found[0]) & 0xFF, found[0]), text)
