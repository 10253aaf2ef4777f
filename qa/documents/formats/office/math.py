"""Office equations (OMML) -> text as people type it: ``x^2``, ``(a+b)/c``, ``√(x)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from qa.documents.formats.office.xml import M
from qa.documents.formats.zip_formats import Node, feed
from qa.text.lines import one_line

_MAX_DEPTH = 64  # elements; each one joins all text within it
_Parts = Sequence[tuple[str, str]]

# An operand that needs no brackets: a word, a number, one sign, or an expression in brackets.
_SIMPLE = re.compile(r"\w+(?:\.\w+)?|.|\([^()]*\)|\[[^\[\]]*\]", re.DOTALL)


class Equation:
    """Collects the text of an equation from XML events.

    There is no recursion: each open element has a list of its parts, which are joined at its end.
    """

    def __init__(self) -> None:
        self._open: list[list[tuple[str, str]]] = [[]]
        self._deeper = 0

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""
        if self._deeper or len(self._open) > _MAX_DEPTH:
            self._deeper += 1
            return
        value = attributes.get(f"{M}val")
        self._open.append([] if value is None else [("value", value)])

    def data(self, text: str) -> None:
        """Handle characters, which only matter within ``m:t``."""
        self._open[-1].append(("" if self._deeper else "data", text))

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        if self._deeper:
            self._deeper -= 1
            return
        parts = self._open.pop()
        name = tag.removeprefix(M)
        if name.endswith("Pr"):
            self._open[-1] += parts
        elif name in _FORMS:
            self._open[-1].append(("", _FORMS[name](parts)))
        elif name == "mr":
            self._open[-1].append((name, ", ".join(text for kind, text in parts if kind == "e")))
        elif name in {"t", "r", *_ARGUMENTS}:
            wanted = "data" if name == "t" else ""
            joined = "".join(text for kind, text in parts if kind == wanted)
            self._open[-1].append((name if name in _ARGUMENTS else "", joined))
        else:
            self._open[-1].append((name, "".join(text for kind, text in parts if kind == "value")))

    def text(self) -> str:
        """Return the text so far."""
        return one_line("".join(text for kind, text in self._open[0] if not kind))


def equation_text(node: Node) -> str:
    """Return the text of a parsed equation."""
    equation = Equation()
    for child in node.iterchildren("*"):
        feed(child, equation)
    return equation.text()


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
