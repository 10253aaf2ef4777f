"""Questions in other words: names for the same thing from WordNet (Fellbaum 1998), inflected as the words they replace.

A person who has not read an article asks in words that it does not use. Few questions of the training sets do: most
were written with the paragraph in view.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from qa.errors import QAError
from qa.keyword import terms

WORDNET = Path("/usr/share/wordnet")
"""Where Debian's package wordnet-base puts it."""
REPLACED = 0.6
"""Share of the words in common with the passage that are replaced, where another is known."""
MAIN_SENSE = 0.6
"""Least share of a word's uses that its most frequent sense has; of other words the sense cannot be told."""
_PARTS = {"1": ("noun", "NOUN"), "2": ("verb", "VERB"), "3": ("adj", "ADJ"), "4": ("adv", "ADV"), "5": ("adj", "ADJ")}
_PLAIN = re.compile(r"[a-z]{3,}")
_HYPERNYM = "@"


class Synonyms:
    """Other words for English words in their most frequent sense.

    Parameters
    ----------
    folder : Path
        WordNet's database files.

    Raises
    ------
    QAError
        If they are not there.
    """

    def __init__(self, folder: Path = WORDNET) -> None:
        if not (folder / "cntlist.rev").is_file():
            raise QAError(f"{folder}: WordNet is not here; on Debian install the package wordnet-base")
        self._folder = folder
        self._senses = _main_senses(folder / "cntlist.rev")
        self._offsets = {part: _offsets(folder / f"index.{part}") for part, _ in _PARTS.values()}

    def rewritten(self, question: str, text: str, generator: random.Random) -> str:
        """Return the question with some of its lower-case words that the text uses too replaced by others."""
        common = set(terms(text))

        def other(match: re.Match[str]) -> str:
            word = match[0]
            if generator.random() >= REPLACED or not common.intersection(terms(word)):
                return word
            known = [one for one in self.of(word) if not common.intersection(terms(one))]
            return generator.choice(known) if known else word

        return re.sub(r"(?<![\w'-])[a-z]{3,}(?![\w'-])", other, question)

    @cache  # noqa: B019 -- lives as long as the training
    def of(self, word: str) -> tuple[str, ...]:
        """Return words of the same meaning, else of a wider one, in the form of `word`; none where that is open."""
        from lemminflect import getAllInflections, getAllLemmas, getInflection

        found: dict[str, None] = {}
        for upos, lemmas in getAllLemmas(word).items():
            for lemma in lemmas:
                sense = self._senses.get(lemma)
                if sense is None or _PARTS[sense[0]][1] != upos:
                    continue
                part, number = _PARTS[sense[0]][0], sense[1]
                entries = self._offsets[part].get(lemma, ())
                # The counts name a few words that the index lacks.
                if number > len(entries):
                    continue
                offset = entries[number - 1]
                # In this order the plain form comes first where the same word stands for several.
                forms_by_tag = sorted(getAllInflections(lemma, upos).items())
                tag = next((tag for tag, forms in forms_by_tag if word in forms), None)
                for other in self._words(part, offset, lemma):
                    forms = getInflection(other, tag) if tag else ()
                    form = forms[0] if forms else other
                    if form != word and _PLAIN.fullmatch(form):
                        found[form] = None
        return tuple(found)

    def _words(self, part: str, offset: int, lemma: str) -> list[str]:
        """Return the other words of an entry; where it has none, those of the next wider one."""
        words, pointers = self._entry(part, offset)
        others = [word for word in words if word != lemma]
        wider = [target for symbol, target in pointers if symbol == _HYPERNYM]
        return others or [word for target in wider for word in self._entry(part, target)[0]]

    def _entry(self, part: str, offset: int) -> tuple[list[str], list[tuple[str, int]]]:
        with (self._folder / f"data.{part}").open("rb") as file:
            file.seek(offset)
            fields = file.readline().decode("ascii").split(" | ")[0].split()
        count = int(fields[3], 16)
        words = [word for word in fields[4 : 4 + 2 * count : 2] if _PLAIN.fullmatch(word)]
        rest = fields[5 + 2 * count :]
        pointers = int(fields[4 + 2 * count])
        return words, [(rest[4 * n], int(rest[4 * n + 1])) for n in range(pointers)]


def _main_senses(file: Path) -> dict[str, tuple[str, int]]:
    """Return for each word the part of speech and the number of its most frequent sense, where one prevails."""
    counts: dict[str, dict[tuple[str, int], int]] = defaultdict(dict)
    for line in file.read_text(encoding="ascii").splitlines():
        key, number, count = line.split()
        word, lexical = key.split("%")
        counts[word][lexical[0], int(number)] = int(count)
    found = {}
    for word, senses in counts.items():
        best = max(senses, key=lambda sense: senses[sense])
        if senses[best] >= MAIN_SENSE * sum(senses.values()):
            found[word] = best
    return found


def _offsets(file: Path) -> dict[str, list[int]]:
    """Return where the entries of each word's senses start in the data file."""
    found = {}
    for line in file.read_text(encoding="ascii").splitlines():
        if not line.startswith(" "):
            fields = line.split()
            found[fields[0]] = [int(field) for field in fields[-int(fields[2]) :]]
    return found
