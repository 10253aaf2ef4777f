"""British and American spellings: "licence" and "license"."""

from __future__ import annotations

import re

from qa.text.spans import replaced

# What precedes, the British and the American spelling, what follows.
_SPELLINGS = (
    (r"\w\w", "our", "or", r"(?:s|ed|ing|able|ably|al|ful|hoods?|ites?|less|y|ers?)?$"),  # colour
    (r"\w\w\w", "is", "iz", r"(?:e[drs]?|ers|ing|ations?|ational)$"),  # organise
    (r"\w\w", "ys", "yz", r"(?:e[drs]?|ers|ing)$"),  # analyse
    (r"\w\w[bt]", "re", "er", r"s?$"),  # centre
    (r"\w", "enc", "ens", r"(?:e[ds]?|ing)$"),  # licence
    (r"\w", "ogue", "og", r"s?$"),  # catalogue
    ("gr", "amme", "am", "s?$"),  # programme
    ("^gr", "ey", "ay", ""),
    ("alumin", "ium", "um", ""),
    ("^pl", "ough", "ow", ""),
    ("^s?m", "ould", "old", ""),
    ("^j", "ewellery", "ewelry", "$"),
    ("^", "sceptic", "skeptic", ""),
    ("^", "pyjama", "pajama", ""),
    ("p", "aed", "ed", "i"),  # paediatric
    ("(?:^h|an|ch|uk)", "aem", "em", ""),  # anaemia
    ("^", "oed", "ed", "em"),  # oedema
    ("^", "oest", "est", "r"),  # oestrogen
    ("^f", "oet", "et", ""),  # foetal
    ("rrh", "oe", "e", ""),  # diarrhoea
    ("^man", "oeuvre", "euver", ""),  # manoeuvre
)
_RULES = [
    (re.compile(f"{before}({old}){after}"), new)
    for before, british, american, after in _SPELLINGS
    for old, new in ((british, american), (american, british))
]


def variants(word: str) -> list[str]:
    """Return the other spellings of a lower-case word, of which most words have none; not all of them are words."""
    return [replaced(word, found.span(1), new) for rule, new in _RULES if (found := rule.search(word))]
