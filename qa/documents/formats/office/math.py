"""Office equations (OMML) -> text as people type it: ``x^2``, ``(a+b)/c``, ``√(x)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from qa.documents.formats.office.xml import M, W
from qa.documents.formats.zip_formats import Node
from qa.text.lines import one_line

_MAX_DEPTH = 64  # elements; each one joins all text within it
_DELETED = {f"{W}del", f"{W}moveFrom"}
_Parts = Sequence[tuple[str, str]]

# An operand that needs no brackets: a word, a number, one sign, or an expression in brackets.
_SIMPLE = re.compile(r"\w+(?:\.\w+)?|.|\([^()]*\)|\[[^\[\]]*\]", re.DOTALL)


def equation_text(equation: Node) -> str:
    """Return the text of an equation."""
    return one_line(_joined(_parts_of(equation)))


def _parts_of(element: Node, depth: int = 0) -> _Parts:
    """Return what an element adds to the one around it: texts, of which arguments and properties have a name."""
    name = element.tag.removeprefix(M)
    if name == "t":
        return [("", element.text or "")]
    if element.tag in _DELETED or depth > _MAX_DEPTH:
        return []
    if (value := element.get(f"{M}val")) is not None:
        return [(name, value)]
    parts = [part for child in element.iterchildren("*") for part in _parts_of(child, depth + 1)]
    if name in _FORMS:
        return [("", _FORMS[name](parts))]
    if name == "mr":
        return [(name, _row(", ")(parts))]
    return [(name, _joined(parts))] if name in _ARGUMENTS else parts


def _joined(parts: _Parts) -> str:
    return "".join(text for kind, text in parts if not kind)


def _named(parts: _Parts, name: str, default: str = "") -> str:
    return next((text for kind, text in parts if kind == name), default)


def _group(text: str) -> str:
    return text if _SIMPLE.fullmatch(text) else f"({text})"


def _scripts(parts: _Parts) -> str:
    """Return a subscript and a superscript as ``_a^b``."""
    below, above = _named(parts, "sub"), _named(parts, "sup")
    return (f"_{_group(below)}" if below else "") + (f"^{_group(above)}" if above else "")


def _fraction(parts: _Parts) -> str:
    above, below = _named(parts, "num"), _named(parts, "den")
    # A fraction without a bar is a binomial coefficient.
    return f"({above}¦{below})" if _named(parts, "type") == "noBar" else f"{_group(above)}/{_group(below)}"


def _radical(parts: _Parts) -> str:
    degree, inside = _named(parts, "deg"), _group(_named(parts, "e"))
    return {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree, f"{degree}√") + inside


def _delimited(parts: _Parts) -> str:
    inside = _named(parts, "sepChr", "|").join(text for kind, text in parts if kind == "e")
    return f"{_named(parts, 'begChr', '(')}{inside}{_named(parts, 'endChr', ')')}"


def _function(parts: _Parts) -> str:
    name, argument = _named(parts, "fName"), _named(parts, "e")
    return f"{name} {argument}" if _SIMPLE.fullmatch(argument) else f"{name}({argument})"


def _limit(sign: str) -> Callable[[_Parts], str]:
    return lambda parts: f"{_named(parts, 'e')}{sign}{_group(_named(parts, 'lim'))}"


def _row(separator: str) -> Callable[[_Parts], str]:
    return lambda parts: separator.join(text.replace("&", "") for kind, text in parts if kind == "e")


_ARGUMENTS = frozenset({"e", "num", "den", "sub", "sup", "deg", "fName", "lim"})
_FORMS: dict[str, Callable[[_Parts], str]] = {
    "f": _fraction,
    "rad": _radical,
    "nary": lambda parts: f"{_named(parts, 'chr', '∫')}{_scripts(parts)} {_named(parts, 'e')} ",
    "d": _delimited,
    "func": _function,
    "acc": lambda parts: _named(parts, "e") + _named(parts, "chr", "\u0302"),
    "limLow": _limit("_"),
    "limUpp": _limit("^"),
    "m": lambda parts: f"[{'; '.join(text for kind, text in parts if kind == 'mr')}]",
    "eqArr": _row("; "),
    "sPre": lambda parts: f"{_scripts(parts)} {_named(parts, 'e')}",
    **dict.fromkeys(("sSub", "sSup", "sSubSup"), lambda parts: _named(parts, "e") + _scripts(parts)),
    **dict.fromkeys(("bar", "groupChr", "box", "borderBox", "phant"), lambda parts: _named(parts, "e")),
}
