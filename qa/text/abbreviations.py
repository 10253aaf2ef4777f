# ruff: noqa: RUF001 -- Cyrillic letters look like Latin ones
"""Full stops that end no sentence, in other languages than English: what the splitter of sentences does not know."""

from __future__ import annotations

import re

from qa.text.lexicon import listed
from qa.types import Span

_ABBREVIATIONS = {
    # Those alone that are followed by something; what may end a sentence, as "etc.", is left out.
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
_LAST_WORD = re.compile(r"(\w+)\.\Z")
_LONGEST_WORD = 16
_MOST_JOINED = 1_000
"""Characters of a sentence to which nothing is joined: a text may be without capitals."""


def continues(text: str, sentence: Span, start: int, language: str) -> bool:
    """Return whether a sentence of a text goes on with what starts there, although the splitter ends it before.

    It does after an abbreviation, after a German ordinal number ("am 3. Mai"), and where a small letter follows.
    """
    first, end = sentence
    between = text[end:start]
    if language not in _ABBREVIATIONS or "\n" in between or end - first > _MOST_JOINED:
        return False
    if text[start].islower() or (not between and text[end - 1] == "."):
        return True
    last = _LAST_WORD.search(text[max(first, end - _LONGEST_WORD) : end])
    if last is None:
        return False
    is_ordinal = language == "de" and last[1].isdecimal() and len(last[1]) <= 2
    return is_ordinal or last[1].lower() in _ABBREVIATIONS[language]
