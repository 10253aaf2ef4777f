# ruff: noqa: RUF001 -- Cyrillic letters look like Latin ones
"""Corrections of the sentence splitter: abbreviations that it lacks, and English words that it takes for some."""

from __future__ import annotations

import re
from itertools import pairwise

from qa.text.lexicon import listed
from qa.types import Span

_ABBREVIATIONS = {
    # Only abbreviations that are followed by something; those that may end a sentence, such as "etc.", are excluded.
    "de": listed(
        "abb abs abschn allg anm art aufl bd bes bzw ca dez dr evtl feb fr geb gem ggf hl hr hrsg inkl jan kap lt "
        "nov nr okt prof red s sept sog st str tab tel vgl vol ziff zit"
    ),
    "es": listed(
        "apdo aprox art arts av avda cap caps cf d da dic dr dra ene excmo feb fig gral ing lic n nov núm oct op p "
        "prof pág págs sept sr sra sres srta ss sta sto tel ud uds v vid vol"
    ),
    "fr": listed(
        "apr art av cf chap dr déc env ex fig févr hab janv juill m me mgr mlle mm mme mmes n no nov oct p paragr "
        "pl pp pr réf sept st ste tél v vol"
    ),
    "it": listed(
        "arch art artt avv ca cap capp cfr dic dott dr febbr fig figg genn geom ing n nov nr on op ott p pag pagg "
        "par pp prof rag rev s sec sett sig sigg ss tab tel v vol"
    ),
    "nl": listed(
        "afb art bijv blz bv ca dec dhr dr drs feb fig hfst ing ir jan jhr mej mevr mr mw nov nr okt p prof resp "
        "sept st tel vgl z"
    ),
    "pt": listed(
        "al aprox art arts av cap cf d dez dr dra eng exma exmo fev fig jan n nov núm p prof profa pág págs r sr "
        "sra srs sto séc tel v vol"
    ),
    "ru": listed("акад гл доц им напр обл п пер пл просп проф рис с св см ср ст стр табл ул"),
}
# Words that sentencex takes for abbreviations in English. Some end a sentence before any capital letter, others only
# before a word that is no name.
_ENDS = re.compile(
    r"(?<![\w.])(?:(?:May|no|art|id|etc|min|sec|hrs?|Ken)\.(?=\s+[\"'\u201c\u2018(]?(?:[A-Z][a-z]|[AI]\s))"
    r"|(?:[Ii]nc|Ltd|Co|Corp|Bros|[JS]r|al|Ph\.D|[UE]\.[SKU]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\."
    r"(?=\s+(?:The|This|That|These|Those|It|Its|He|She|They|Their|His|Her|We|There|In|On|At|By|For|From|After|Before"
    r"|When|While|If|As|But|And|However|Both)\s))"
    r"|\d[ \u00a0]?[mglsh]\.(?=\s+(?:[A-Z][a-z]|[AI]\s))"  # "It is 6 m. At"
)
_BEFORE_NUMBER = re.compile(r"(?<![\w.])(?:approx|est|excl|figs|incl|max|tel|vol)\.\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[+(]?\d")
_DEGREE = re.compile(r"[B-HJ-Z]\b")  # "Ed.D", "M.A"
_LAST_WORD = re.compile(r"(\w+)\.\Z")
_MAX_WORD_CHARS = 16
_MAX_JOINED_CHARS = 1_000
"""Nothing is joined to a longer sentence: a whole text may be in lower case."""


def parts_of(text: str, sentence: Span, language: str) -> list[Span]:
    """Return the sentences in a span that the splitter did not divide after a word such as "May"."""
    start, end = sentence
    cuts = [one.end() for one in _ENDS.finditer(text, start, end)] if language == "en" else []
    return list(pairwise([start, *cuts, end]))


def continues(text: str, sentence: Span, start: int, language: str) -> bool:
    """Return whether a sentence continues at `start`, although the splitter ended it before.

    It does after an abbreviation, after a German ordinal number ("am 3. Mai"), and if a lower-case letter follows. In
    English, only an abbreviation before a number counts, and a single letter at once: "tel. 0555", "Ed.D".
    """
    first, end = sentence
    between = text[end:start]
    if "\n" in between or end - first > _MAX_JOINED_CHARS:
        return False
    at_once = not between and text[end - 1] == "."
    if language == "en" and _NUMBER.match(text, start):
        return _BEFORE_NUMBER.search(text[max(first, end - _MAX_WORD_CHARS) : end]) is not None
    if language not in _ABBREVIATIONS:
        return at_once and _DEGREE.match(text, start) is not None
    if text[start].islower() or at_once:
        return True
    last = _LAST_WORD.search(text[max(first, end - _MAX_WORD_CHARS) : end])
    if last is None:
        return False
    is_ordinal = language == "de" and last[1].isdecimal() and len(last[1]) <= 2
    return is_ordinal or last[1].lower() in _ABBREVIATIONS[language]
