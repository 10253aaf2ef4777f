"""Whether a text was decoded: a font that does not say which characters it shows leaves a PDF's text unreadable.

Such a text consists of control or private-use characters, or its letters and signs stand for others ("7KLV LV WH[W").
The text is judged in windows. What is judged is whether it can be the writing of any language, not which: tables of
numbers, source code, word lists and all scripts but the Latin one pass, unless their characters are no characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise, product
from math import log2

from qa.documents.formats.parsed import Article, load_error

_WINDOW = 1000  # characters
_MOST_WINDOWS = 400  # evenly spaced
_SHORT = 2000  # characters
_REFUSED = 0.5  # share of the windows
_NOTED = 0.15

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NEXT = (
    "nkijqnkokolhifokrgigllpqnoflmnflqqhntgpohqwimohtrvkqfplohosfhrjkoqfqvjoikuusomgnnldnpqgqonpmgpxklokrrroo"
    "lmjjlllqkonijfplrfginmnlonhmmlhipretthqqfsximijvtxpvglqnfpmjhvpkoihnygjkhrrxqrftusdutsgrrmongpylnikpqzou"
    "jmijikkrrnlijfimpkhiplsoumelqmeprrhslnnkikvqinhpsvupfqoqfromgsmjpkfnxjjjiqpumtfpqlfnopfqphpogotskkjptwmr"
    "ejspeqtuhxqlioghyqmpkstynwgrkhgmgphpnoqmimurigkosvmollkjollrnpmihfljtfijilkssofsnngqoniwqipngjygkjhsurmu"
    "lnqspsssostlspoqrnpoasqsrtfolkeqkrgtmmkkhprljjknqumoipiqfqqkhtilmoijqoifjnpxmpgsnqfpshfsnooohnxhkjjroqlq"
    "jikkhmlrjomiigpjvghhroqosnerrrdtoufvqormgsxmmrosvxmterqogurjetqprkhowljrnwkuhshghkgjtqhptphrliurnforqmmq"
    "hlhkjpntmnkkijggwjhilrkvrnennnerongqnnljiorqnoiplvim"
)
"""How rare each letter is after each: a letter for each half bit of -log2 of its probability, "a" for none.

Of the letters of manual pages, help, messages, names, word lists and source code in 24 languages, without accents.
"""
_BITS = {pair: (ord(rarity) - ord("a")) / 2 for pair, rarity in zip(product(_LETTERS, repeat=2), _NEXT, strict=True)}
_MOST_BITS = 5.4
"""Of pairs of letters on average. Languages have 3.5 to 4.8, and languages whose letters are exchanged 6 to 8."""
_SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_RARE_SIGNS = "!#$%&"
_UNDECODED, _OTHER = "\0", "\1"
_BEGINNING = 20_000  # characters, whose order of first use is looked at
_UNMARKED = dict.fromkeys(map(ord, " \n\t#|-`*"))  # white space, and what the reader writes
_NEXT_NUMBERS = 3  # by which one may be above the one before; marks are left out
_FEWEST_NUMBERED = 20  # characters
_NUMBERED_SHARE = 0.8
_LEAST = 200  # characters other than spaces, to be judged
_FEW = 10
_CID = re.compile(r"\(cid:[0-9]{1,6}\)")  # as some programs write a character that they cannot decode
_DINGBAT = re.compile("[\u2701-\u27bf]")
# Cyrillic and Greek of eight bits, read as Western European.
_ACCENTED = re.compile("[\xc0-\xd6\xd8-\xf6\xf8-\u024f]")


_BASE = frozenset(_LETTERS)


class _Folding(dict[int, str]):
    """Each character as its Latin letter without accents, a sign of ASCII, a space, or one that stands for the rest."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        base = unicodedata.normalize("NFKD", character)[0].lower()
        if character.isspace():
            folded = " "
        elif base in _BASE or character in _SIGNS:
            folded = base
        elif unicodedata.category(character) in {"Cc", "Co", "Cn", "Cs"} or character == "\N{REPLACEMENT CHARACTER}":
            folded = _UNDECODED
        else:
            folded = _OTHER
        self[code] = folded
        return folded


_FOLDED = _Folding()


def checked(article: Article, source: str, *, allow_unreadable: bool = False) -> Article:
    """Return an article, with a note if a part of its text cannot be decoded.

    Raises
    ------
    LoadError
        If most of it cannot, it is not short, and that is not allowed.
    """
    share = gibberish_share(article.text)
    if share < _NOTED:
        return article
    if share > _REFUSED and len(article.text) > _SHORT and not allow_unreadable:
        problem = f"its text cannot be decoded: {share:.0%} of it is not the writing of any language"
        remedy = "export it again with embedded fonts or run OCR, or set QA_ALLOW_UNREADABLE=true to load it as it is"
        raise load_error(source, problem, remedy)
    part = "most" if share > _REFUSED else f"about {share:.0%}"
    return replace(article, notes=(*article.notes, f"{part} of its text cannot be decoded and cannot be found"))


def gibberish_share(text: str) -> float:
    """Return the share of a text that cannot be writing of any language, from 0 to 1; of a long one, by samples."""
    if _is_numbered(text[:_BEGINNING]):
        return 1.0
    count = max(1, len(text) // _WINDOW)
    judged = min(count, _MOST_WINDOWS)
    starts = (number * count // judged * _WINDOW for number in range(judged))
    return sum(_is_gibberish(text[start : start + _WINDOW]) for start in starts) / judged


def _is_numbered(text: str) -> bool:
    """Return whether each character that is new is the one after the last new one, or nearly each.

    Some programs number the glyphs of each font in the order in which they are used. A list of all characters has that
    order too, but none of them again before it ends.
    """
    text = text.translate(_UNMARKED)
    new = list(dict.fromkeys(text))
    if len(new) < _FEWEST_NUMBERED or len(text) < _FEW * len(new):
        return False
    in_order = sum(1 <= ord(after) - ord(before) <= _NEXT_NUMBERS for before, after in pairwise(new))
    middle = len(new) // 2
    return in_order > _NUMBERED_SHARE * len(new) and text.index(new[middle]) > 1.3 * middle


def _is_gibberish(text: str) -> bool:
    folded = text.translate(_FOLDED)
    counts = Counter(folded)
    del counts[" "]
    shown = counts.total()
    if shown < _LEAST:
        return False
    undecoded = counts[_UNDECODED] + sum(map(len, _CID.findall(text)))
    dingbats = Counter(_DINGBAT.findall(text))
    accented = len(_ACCENTED.findall(text))
    return (
        undecoded > 0.1 * shown
        or (dingbats.total() > 0.5 * shown and len(dingbats) > _FEW)
        or accented > 0.5 * shown
        or _are_no_words(folded, counts, shown)
        or _are_no_signs(counts, shown)
    )


def _are_no_words(folded: str, counts: Counter[str], shown: int) -> bool:
    """Return whether many characters are Latin letters as frequent as a language's, in an order that none has."""
    letters = {letter: counts[letter] for letter in _LETTERS}
    # Letters of base64 are all as frequent, and those of hexadecimal numbers and genomes are few.
    if sum(letters.values()) < 0.4 * shown or not 3.4 < _entropy(letters) < 4.5:
        return False
    pairs = {pair: count for pair, count in Counter(pairwise(folded)).items() if pair in _BITS}
    total = sum(pairs.values())
    # Proteins are written without spaces.
    words = 0.1 * shown < total < 0.93 * sum(letters.values())
    return words and sum(_BITS[pair] * count for pair, count in pairs.items()) > _MOST_BITS * total


def _are_no_signs(counts: Counter[str], shown: int) -> bool:
    """Return whether many characters are punctuation, of as many kinds as letters, and rare signs are frequent.

    Glyphs that are numbered in the order in which they are used begin with such signs. Formulas and code have few.
    """
    signs = {sign: counts[sign] for sign in _SIGNS}
    rare = sum(counts[sign] for sign in _RARE_SIGNS)
    return rare > 0.15 * shown and sum(signs.values()) > 0.45 * shown and _entropy(signs) > 3.0


def _entropy(counts: Mapping[str, int]) -> float:
    """Return the entropy in bits of characters that occur so often."""
    total = sum(counts.values())
    return -sum(count / total * log2(count / total) for count in counts.values() if count)
