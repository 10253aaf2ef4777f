"""Word classes of English: closed classes as lists, open classes by lemminflect's lexicon."""

from __future__ import annotations

import gzip
import re
from bisect import bisect_left
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any


def listed(words: str) -> frozenset[str]:
    """Return the words in a space-separated string."""
    return frozenset(words.split())


BE = frozenset({"is", "are", "was", "were"})
ANY_BE = r"(?:is|are|was|were|been|be|being)"
"""Pattern of every form of "be" that can precede a participle."""
HAVE = frozenset({"has", "have", "had"})
DO = frozenset({"do", "does", "did"})
MODALS = frozenset({"can", "could", "will", "would", "must", "should", "may", "might"})
AUXILIARIES = BE | HAVE | DO | {"can", "could", "will", "would"}
"""Auxiliaries that can open a question, without words like "may" and "must" that are more often something else."""
AUXILIARY = rf"(?:{'|'.join(sorted(AUXILIARIES))})"
OPENS_A_QUESTION = rf"(?:{'|'.join(sorted(AUXILIARIES | MODALS))})"
"""Matches the auxiliaries that a yes-no question opens with: "May I smoke?"."""
ANY_AUXILIARY = rf"(?:{OPENS_A_QUESTION}|am|shall)"

DETERMINERS = frozenset({"the", "a", "an", "each", "every", "most", "many", "some", "all", "several"})
PREPOSITIONS = listed(
    "about above across after against along among around as at before behind below beneath beside between beyond "
    "by despite down during except for from in inside into like near of off on onto out outside over past per "
    "since through throughout till to toward towards under underneath unlike until up upon via with within "
    "without"
)
CONJUNCTIONS = listed(
    "although and as because but for if lest nor once or since so than that though till unless until when "
    "whenever where whereas wherever whether while yet"
)
RELATIVES = listed("who whom whose which that what where when why how")
NEGATIONS = listed("not no never nor neither none nobody nothing cannot hardly little few unlike without")
POSSESSIVES = frozenset({"his", "her", "its", "their"})
# Words that refer outside the sentence or to the speaker: a question that contains one is not standalone.
POINTERS = listed(
    "he she it they him them this these that those such there here then thus i me my mine we us our ours you your "
    "yours another other others latter same ago today tonight yesterday tomorrow now himself herself itself "
    "themselves myself ourselves yourself one ones"
)
# Adverbs between subject and verb. Those in the second group refer to the sentence before.
ADVERBS = listed("always often usually sometimes soon never ever first finally later rarely seldom still")
CONNECTING_ADVERBS = listed("also then therefore however thus hence even just only already too again instead")

_ROLES = listed(
    "actor actress admiral adviser ambassador analyst archbishop architect artist astronaut astronomer athlete author "
    "bishop captain chemist chief clergyman coach colonel commander composer conductor critic dancer designer director "
    "doctor economist editor emperor engineer entrepreneur explorer farmer father footballer founder general governor "
    "guitarist historian industrialist inventor inspector investor journalist judge king knight lawyer leader lecturer "
    "lieutenant linguist manager mayor merchant minister monk mother naturalist novelist nurse officer painter "
    "philanthropist philosopher physicist pilot player playwright poet pope president priest prince princess producer "
    "professor programmer promoter queen rapper researcher sailor scholar scientist sculptor secretary senator "
    "sergeant singer soldier songwriter surgeon surveyor teacher theologian trader translator wife husband man writer"
)
_ROLE_ENDING = re.compile(r"(?:ologist|grapher|ician|woman|sman)$")
# Verbs whose agents are asked for with "who".
AGENT_VERBS = listed(
    "announce argue build buy calculate claim commission compose conduct coin construct create declare defeat "
    "deliver demonstrate describe design develop direct discover draw edit establish explain explore film found "
    "identify introduce invent lead marry measure name observe open organise organize paint patent perform plan "
    "predict produce propose prove publish reject report say sell sign suggest teach translate warn write"
)
PLACE_PARTICIPLES = listed(
    "born based buried built discovered educated established filmed found founded headquartered held located "
    "opened performed raised signed situated staged"
)
_MAX_WORD_CHARS = 100  # longer words are not looked up


def _lemmas(word: str) -> dict[str, tuple[str, ...]]:
    return _known_lemmas(word) if 0 < len(word) <= _MAX_WORD_CHARS else {}


# Bounded, as the words come from visitors' texts.
@lru_cache(maxsize=50_000)
def _known_lemmas(word: str) -> dict[str, tuple[str, ...]]:
    return dict(_lemminflect().getAllLemmas(word))


@lru_cache(maxsize=50_000)
def inflected(lemma: str, tag: str) -> tuple[str, ...]:
    """Return the forms of a lemma for a Penn tag, the most common first: "go", "VBD" gives "went"."""
    return tuple(_lemminflect().getInflection(lemma, tag))


@cache
def _lemminflect() -> Any:  # noqa: ANN401 -- an untyped module
    """Import lemminflect, without parsing its whole lexicon: that takes a quarter of a second and 54 MB."""
    import lemminflect
    from lemminflect import config
    from lemminflect.codecs.InflectionLUCodec import InflectionLUCodec
    from lemminflect.codecs.LemmaLUCodec import LemmaLUCodec
    from lemminflect.core.LexicalUtils import categoryToUPos

    def lemmas(line: str) -> dict[str, tuple[str, ...]]:
        _, category, forms = LemmaLUCodec.fromString(line)
        return {categoryToUPos(category): forms}

    forms = _Table(config.inflection_lu_fn, lambda line: InflectionLUCodec.fromString(line)[2])
    lemminflect.Lemmatizer().lemma_dict = _Table(config.lemma_lu_fn, lemmas)
    lemminflect.Inflections().infl_dict = InflectionLUCodec.updateForAuxMod(forms)
    return lemminflect


class _Table(dict[str, dict[str, tuple[str, ...]]]):
    """A table of lemminflect that parses the lines of a word, in the order of the words, when it is asked for."""

    def __init__(self, file: str, parse: Callable[[str], dict[str, tuple[str, ...]]]) -> None:
        with gzip.open(file) as opened:
            self._lines = opened.read().splitlines()
        self._parse = parse

    def get(self, word: str, default: Any = None) -> Any:  # noqa: ANN401 -- as inherited
        if word in self:
            return self[word]
        wanted, found = word.encode("utf-8", "surrogatepass"), dict[str, tuple[str, ...]]()
        number = bisect_left(self._lines, wanted, key=_word_of)
        while number < len(self._lines) and _word_of(self._lines[number]) == wanted:
            found |= self._parse(self._lines[number].decode())
            number += 1
        return found or default


def _word_of(line: bytes) -> bytes:
    return line.partition(b",")[0]


def _verb_lemma(word: str, tag: str) -> str | None:
    """Return the most common verb whose form for a Penn tag is the word."""
    return next((lemma for lemma in _lemmas(word).get("VERB", ()) if word in inflected(lemma, tag)), None)


def past_of(word: str) -> str | None:
    """Return the verb whose simple past is the word, if any: "found" gives "find"."""
    return _verb_lemma(word, "VBD")


def third_person_of(word: str, *, unless_noun: bool = True) -> str | None:
    """Return the verb with this third person singular, by default unless the word can be a noun."""
    return None if unless_noun and "NOUN" in _lemmas(word) else _verb_lemma(word, "VBZ")


def is_base(word: str) -> bool:
    """Return whether the word can be the base form of a verb."""
    return word in _lemmas(word).get("VERB", ())


def plain_verb(word: str) -> bool:
    """Return whether the word is the base form of a verb and nothing else: "prefer", but not "plan"."""
    return set(_lemmas(word)) == {"VERB"} and is_base(word)


def participle_of(word: str) -> str | None:
    """Return the verb whose past participle is the word, if any: "built" gives "build"."""
    return _verb_lemma(word, "VBN")


def inflected_from(word: str) -> str | None:
    """Return the verb of a past participle, a simple past or a third person singular, in any case."""
    word = word.lower()
    return participle_of(word) or past_of(word) or third_person_of(word, unless_noun=False)


def gerund_of(word: str) -> str | None:
    """Return the verb whose present participle is the word, if any: "writing" gives "write"."""
    return _verb_lemma(word, "VBG")


def is_participle(word: str) -> bool:
    """Return whether the word can be a past participle: "built", "valued"."""
    return participle_of(word) is not None


def is_adverb(word: str) -> bool:
    """Return whether the word is an adverb that can come between a subject and its verb."""
    return word in ADVERBS or word in CONNECTING_ADVERBS or (word.endswith("ly") and set(_lemmas(word)) <= {"ADV"})


def is_comparative(word: str) -> bool:
    """Return whether the lower-case word compares: "heavier", "less", "first", but not "river"."""
    bases = [lemma for tag in ("ADJ", "ADV") for lemma in _lemmas(word).get(tag, ())]
    compares = word.endswith("er") and word != "number" and any(lemma != word for lemma in bases)
    return compares or word in {"more", "less", "worse", "first"}


def is_noun(word: str) -> bool:
    """Return whether the lower-case word can be a noun; words missing from the lexicon count as nouns."""
    kinds = _lemmas(word)
    return not kinds or "NOUN" in kinds


def is_head_noun(word: str) -> bool:
    """Return whether the word is a noun that can end a phrase: "zoologist", but not "new"."""
    return is_role(word) or set(_lemmas(word)) in ({"NOUN"}, {"NOUN", "VERB"})


def is_plural(word: str) -> bool:
    """Return whether the word can be the plural of a noun: "wires", "people"."""
    return word in {"people", "sheep", "fish", "aircraft", "spacecraft", "species", "series"} or any(
        lemma != word for lemma in _lemmas(word).get("NOUN", ())
    )


def is_only_plural(word: str) -> bool:
    """Return whether the word is a plural noun and cannot be a singular one: "ships", but not "sheep"."""
    lemmas = _lemmas(word).get("NOUN", ())
    return bool(lemmas) and word not in lemmas


def parts_of_speech(word: str) -> frozenset[str]:
    """Return the possible universal tags ("NOUN") of the lower-case word; empty if the lexicon lacks it."""
    return frozenset(_lemmas(word))


def is_role(word: str) -> bool:
    """Return whether the word names a person's role or occupation: "priest", "biologist", "chairwoman"."""
    return word in _ROLES or _ROLE_ENDING.search(word) is not None


def is_known(word: str) -> bool:
    """Return whether the lexicon contains the word."""
    return bool(_lemmas(word))
