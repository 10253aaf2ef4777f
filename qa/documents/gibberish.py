"""Detection of undecoded text, as from a PDF whose fonts do not map glyphs to characters.

Such text consists of control or private-use characters, or its letters and signs stand for others ("7KLV LV WH[W"). It
is judged in windows, and only on whether it can be writing in any language at all: tables of numbers, source code, word
lists and all non-Latin scripts pass, unless they contain invalid characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise, product
from math import log2

from qa.documents.formats.article import Article, load_error

_WINDOW_CHARS = 1000
_MAX_WINDOWS = 400  # evenly spaced
_MAX_SHORT_CHARS = 2000  # a text no longer than this is never refused
_MIN_REFUSED_SHARE = 0.5  # of the windows
_MIN_NOTED_SHARE = 0.15

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PAIR_RARITY = (
    "nkijqnkokolhifokrgigllpqnoflmnflqqhntgpohqwimohtrvkqfplohosfhrjkoqfqvjoikuusomgnnldnpqgqonpmgpxklokrrroo"
    "lmjjlllqkonijfplrfginmnlonhmmlhipretthqqfsximijvtxpvglqnfpmjhvpkoihnygjkhrrxqrftusdutsgrrmongpylnikpqzou"
    "jmijikkrrnlijfimpkhiplsoumelqmeprrhslnnkikvqinhpsvupfqoqfromgsmjpkfnxjjjiqpumtfpqlfnopfqphpogotskkjptwmr"
    "ejspeqtuhxqlioghyqmpkstynwgrkhgmgphpnoqmimurigkosvmollkjollrnpmihfljtfijilkssofsnngqoniwqipngjygkjhsurmu"
    "lnqspsssostlspoqrnpoasqsrtfolkeqkrgtmmkkhprljjknqumoipiqfqqkhtilmoijqoifjnpxmpgsnqfpshfsnooohnxhkjjroqlq"
    "jikkhmlrjomiigpjvghhroqosnerrrdtoufvqormgsxmmrosvxmterqogurjetqprkhowljrnwkuhshghkgjtqhptphrliurnforqmmq"
    "hlhkjpntmnkkijggwjhilrkvrnennnerongqnnljiorqnoiplvim"
)
"""Rarity of each pair of letters: -log2 of the second's probability after the first, in half bits from "a" for 0.

Counted on manual pages, help texts, messages, names, word lists and source code in 24 languages, without accents.
"""
_PAIR_BITS = dict(zip(product(_LETTERS, repeat=2), ((ord(each) - ord("a")) / 2 for each in _PAIR_RARITY), strict=True))
_MAX_BITS = 5.4
"""Average over pairs of letters. Languages have 3.5 to 4.8; languages with exchanged letters have 6 to 8."""
_SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_RARE_SIGNS = "!#$%&"
_UNDECODED, _OTHER = "\0", "\1"
_NUMBERING_SAMPLE_CHARS = 20_000
_WITHOUT_MARKS = dict.fromkeys(map(ord, " \n\t#|-`*"))  # drops white space, and the marks that our reader writes
_MAX_CODE_STEP = 3  # between code points first used one after the other
_MIN_DISTINCT_CHARS = 20
_MIN_NUMBERED_SHARE = 0.8
_MIN_WINDOW_CHARS = 200  # other than spaces; a window with fewer is not judged
_MIN_USES_PER_CHAR = _MIN_DINGBATS = 10
_CID = re.compile(r"\(cid:[0-9]{1,6}\)")  # how some programs write a character that they cannot decode
_DINGBAT = re.compile("[\u2701-\u27bf]")
# 8-bit Cyrillic or Greek that was decoded as Western European.
_ACCENTED = re.compile("[\xc0-\xd6\xd8-\xf6\xf8-\u024f]")


class _Folding(dict[int, str]):
    """Maps a character to its base Latin letter, ASCII sign or space, or to a placeholder."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        base = unicodedata.normalize("NFKD", character)[0].lower()
        if character.isspace():
            folded = " "
        elif base in _LETTERS or character in _SIGNS:
            folded = base
        elif unicodedata.category(character) in {"Cc", "Co", "Cn", "Cs"} or character == "\N{REPLACEMENT CHARACTER}":
            folded = _UNDECODED
        else:
            folded = _OTHER
        self[code] = folded
        return folded


_FOLDED = _Folding()


def check_readable(article: Article, source: str, *, allow_unreadable: bool = False) -> Article:
    """Return an article, with a note if part of its text cannot be decoded.

    Raises
    ------
    LoadError
        If most of a text that is not short cannot be decoded, unless `allow_unreadable`.
    """
    share = gibberish_share(article.text)
    if share < _MIN_NOTED_SHARE:
        return article
    if share > _MIN_REFUSED_SHARE and len(article.text) > _MAX_SHORT_CHARS and not allow_unreadable:
        problem = f"its text cannot be decoded: {share:.0%} of it is not writing in any language"
        remedy = "export it again with embedded fonts or run OCR, or set QA_ALLOW_UNREADABLE=true to load it as it is"
        raise load_error(source, problem, remedy)
    part = "most" if share > _MIN_REFUSED_SHARE else f"about {share:.0%}"
    return replace(article, notes=(*article.notes, f"{part} of its text cannot be decoded, so searches do not find it"))


def gibberish_share(text: str) -> float:
    """Return the share of a text that cannot be writing in any language, 0 to 1; long texts are sampled."""
    if _is_numbered(text[:_NUMBERING_SAMPLE_CHARS]):
        return 1.0
    count = max(1, len(text) // _WINDOW_CHARS)
    judged = min(count, _MAX_WINDOWS)
    starts = (number * count // judged * _WINDOW_CHARS for number in range(judged))
    return sum(_is_gibberish(text[start : start + _WINDOW_CHARS]) for start in starts) / judged


def _is_numbered(text: str) -> bool:
    """Return whether nearly every character used for the first time is the successor of the one before.

    Some programs number the glyphs of each font in the order of first use. A list of all characters is in that order
    too, but repeats none of them before it ends.
    """
    text = text.translate(_WITHOUT_MARKS)
    new = list(dict.fromkeys(text))
    if len(new) < _MIN_DISTINCT_CHARS or len(text) < _MIN_USES_PER_CHAR * len(new):
        return False
    in_order = sum(1 <= ord(after) - ord(before) <= _MAX_CODE_STEP for before, after in pairwise(new))
    middle = len(new) // 2
    return in_order > _MIN_NUMBERED_SHARE * len(new) and text.index(new[middle]) > 1.3 * middle


def _is_gibberish(text: str) -> bool:
    folded = text.translate(_FOLDED)
    counts = Counter(folded)
    del counts[" "]
    shown = counts.total()
    if shown < _MIN_WINDOW_CHARS:
        return False
    undecoded = counts[_UNDECODED] + sum(map(len, _CID.findall(text)))
    dingbats = Counter(_DINGBAT.findall(text))
    accented = len(_ACCENTED.findall(text))
    return (
        undecoded > 0.1 * shown
        or (dingbats.total() > 0.5 * shown and len(dingbats) > _MIN_DINGBATS)
        or accented > 0.5 * shown
        or _has_unknown_words(folded, counts, shown)
        or _has_unusual_signs(counts, shown)
    )


def _has_unknown_words(folded: str, counts: Counter[str], shown: int) -> bool:
    """Return whether a text has letter frequencies like those of a language, but letter pairs unlike any."""
    letters = {letter: counts[letter] for letter in _LETTERS}
    # In base64 all letters are equally frequent; hexadecimal numbers and genomes have few distinct letters.
    if sum(letters.values()) < 0.4 * shown or not 3.4 < _entropy(letters) < 4.5:
        return False
    pairs = {pair: count for pair, count in Counter(pairwise(folded)).items() if pair in _PAIR_BITS}
    total = sum(pairs.values())
    # Protein sequences have no spaces.
    words = 0.1 * shown < total < 0.93 * sum(letters.values())
    return words and sum(_PAIR_BITS[pair] * count for pair, count in pairs.items()) > _MAX_BITS * total


def _has_unusual_signs(counts: Counter[str], shown: int) -> bool:
    """Return whether punctuation is frequent and varied, including signs that are rare in text.

    Glyphs numbered in order of first use start with such signs. Formulas and code have few of them.
    """
    signs = {sign: counts[sign] for sign in _SIGNS}
    rare = sum(counts[sign] for sign in _RARE_SIGNS)
    return rare > 0.15 * shown and sum(signs.values()) > 0.45 * shown and _entropy(signs) > 3.0


def _entropy(counts: Mapping[str, int]) -> float:
    """Return the entropy in bits of a distribution of counts."""
    total = sum(counts.values())
    return -sum(count / total * log2(count / total) for count in counts.values() if count)
