"""Document -> the markup in which it is written."""

from __future__ import annotations

import re
from typing import Literal

from qa.documents import asciidoc, org
from qa.types import Document

Syntax = Literal["markdown", "wiki", "plain"]

_RULES = {".md": "file", ".markdown": "file", ".mdx": "mdx", org.SUFFIX: "org"}
_RULES |= dict.fromkeys(asciidoc.SUFFIXES, "asciidoc")
_ATX_ANYWHERE = re.compile(r"^#{1,6}[^\S\n]+\S", re.MULTILINE)
_WIKI_ANYWHERE = re.compile(r"^(?:={2,6}(?![= ]*$)[^=\n].*={2,6}| = .* = )[^\S\n]*$", re.MULTILINE)


def syntax_of(document: Document) -> Syntax:
    """Return how the document marks headings and emphasis."""
    rules = _rules_of_suffix(document)
    if rules in {"asciidoc", "org"}:
        return "plain"
    if _ATX_ANYWHERE.search(document.text):
        return "markdown"
    if _WIKI_ANYWHERE.search(document.text):
        return "wiki"
    return "markdown" if rules else "plain"


def rules_of(document: Document) -> str:
    """Return the name of the block rules for a document, see `qa.documents.block_rules`."""
    rules, syntax = _rules_of_suffix(document), syntax_of(document)
    return syntax if syntax == "wiki" or not rules else rules


def has_html(document: Document) -> bool:
    """Return whether tags in a document are HTML, and not text."""
    return "<" in document.text and rules_of(document) in {"file", "mdx"}


def _rules_of_suffix(document: Document) -> str:
    return _RULES.get(document.id[max(0, document.id.rfind(".")) :].lower(), "")
