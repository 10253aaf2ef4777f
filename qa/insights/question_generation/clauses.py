"""Splits a plain main clause into subject, verb and rest, and turns it into a question.

This is not a full parser: it accepts clauses whose parts are unambiguous and refuses all others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from qa.text.lexicon import (
    BE,
    CONJUNCTIONS,
    CONNECTING_ADVERBS,
    DETERMINERS,
    HAVE,
    MODALS,
    NEGATIONS,
    POINTERS,
    POSSESSIVES,
    PREPOSITIONS,
    RELATIVES,
    is_adverb,
    is_base,
    is_known,
    is_noun,
    is_participle,
    is_plural,
    past_of,
    plain_verb,
    third_person_of,
)
from qa.text.numbers import AMOUNT

WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_](?:[^\W_]|[.'\u2019&/\u2013-](?=[^\W_]))*")

_MAX_SUBJECT_WORDS = 9
_OBJECT = re.compile(rf"\s(?:the|a|an|its|their|his|her|(?:for\s)?(?:about\s|up to\s)?{AMOUNT})\b")
_OBJECT_PRONOUN = re.compile(rf"\bher(?:\?|\s(?:{'|'.join(sorted(PREPOSITIONS | CONJUNCTIONS))})\b)")  # not "her book"
_AND = re.compile(r",?\s(?:and|but|or|then)\s(?=\w)")
# The rest of a sentence after one of these is not needed in a question.
_CLAUSE_END = re.compile(
    r"[;:]|\s[\u2013\u2014-]\s|\u2014|,\s(?:and|but|so|yet|or|which|who|whom|whose|where|while|when|although|though|as|if|until|after|"
    r"before|because|since|with|without|including|making|leaving|giving|causing|allowing|followed)\b"
    r"|\s(?:because|although|though|while|whereas|since|so that|in order to|due to|unless|which|who)\b"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """The parts of a main clause in the indicative."""

    subject: str  # as in the sentence, the first word in lower case unless it is a name
    adverb: str  # between subject and verb, for example "barely"; may be empty
    verb: str  # the finite verb as written
    base: str  # its base form: "became" has "become"
    rest: str  # all after the verb
    subject_start: int  # where `subject` starts in the sentence
    start: int  # where `rest` starts

    @property
    def end(self) -> int:
        """Where the clause ends in the sentence."""
        return self.start + len(self.rest)

    @property
    def auxiliary(self) -> bool:
        """Whether the verb itself goes before the subject in a question."""
        if self.verb in HAVE:
            first = next((word for word in words(self.rest) if not is_adverb(word)), "")
            return is_participle(first)
        return self.verb in BE or self.verb in MODALS

    @property
    def past(self) -> bool:
        """Whether the verb is in the past tense."""
        return self.verb in {"was", "were", "had"} or (self.verb not in BE and past_of(self.verb) is not None)

    def asked(self, question_words: str, rest: str | None = None) -> str:
        """Return the question that opens with the words given ("When", "How many eggs"), the verb inverted.

        `rest` follows the verb in place of `self.rest`.
        """
        rest = self.rest if rest is None else rest
        if self.auxiliary:
            parts = [question_words, self.verb, self.subject, self.adverb, rest]
        else:
            # The base form of "to have" is its plural too; "did" and "does" carry the rest.
            helper = "did" if self.past else "do" if self.verb == self.base else "does"
            parts = [question_words, helper, self.subject, self.adverb, self.base, rest]
        return finish(" ".join(parts))


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return [found[0].lower() for found in WORD.finditer(text)]


def finish(question: str) -> str:
    """Return the question on one line, without stray spaces or stops, and with its question mark."""
    question = re.sub(r"(?:(?<!\s)\s+)?\([^()]*\)", "", question)
    question = re.sub(r"\s+(?=[,;:.\u2019']|n't\b)", "", " ".join(question.split()))
    return question.rstrip(" .,;:\u2013\u2014-") + "?"


def is_standalone(question: str) -> bool:
    """Return whether a question is standalone and of a reasonable length and form."""
    found = words(question)
    if not 4 <= len(found) <= 24 or re.search(
        r"[\"\u201c\u201d<>\[\]{}|@*_`#()\\?!$%/;:\u2014](?!$)|(?<!\b[A-Z])\.\s", question
    ):
        return False
    if found[-1] in DETERMINERS | CONJUNCTIONS or _OBJECT_PRONOUN.search(question):
        return False
    return not any(word in POINTERS | NEGATIONS or word.endswith(("n't", "n\u2019t")) for word in found)


def parse(sentence: str, start: int, names: frozenset[str]) -> Clause | None:
    """Split the clause that starts at `start` of a sentence, with its subject, into its parts.

    `names` are words that keep their capital at the start of a sentence. None when the parts are ambiguous.
    """
    found = list(islice(WORD.finditer(sentence, start), _MAX_SUBJECT_WORDS + 4))
    position = _verb_position(sentence, found)
    if position is None:
        return None
    cut = position
    while cut > 0 and is_adverb(found[cut - 1][0].lower()):
        cut -= 1
    if not cut or found[0].start() != start or not _is_subject(found[:cut]):
        return None
    subject = sentence[start : found[cut - 1].end()]
    adverbs = [word[0] for word in found[cut:position] if word[0].lower() not in CONNECTING_ADVERBS]
    verb = found[position]
    rest = _rest(sentence[verb.end() :])
    base = _base(verb[0])
    if rest is None or base is None:
        return None
    if past_of(verb[0]) == verb[0] and is_plural(found[cut - 1][0].lower()):
        # "Lost keys cost 45 pounds": present or past.
        return None
    return Clause(lowered(subject, names), " ".join(adverbs), verb[0], base, rest, start, verb.end())


def lowered(text: str, names: frozenset[str]) -> str:
    """Return the text with its first word in lower case, unless that is a name."""
    first = WORD.match(text)
    if first is None or first[0] in names:
        return text
    following = text[first.end() :].lstrip()
    known = all(map(is_known, first[0].lower().split("-")))
    determiner = first[0].lower() in DETERMINERS or re.fullmatch(AMOUNT, first[0], re.IGNORECASE) is not None
    # "Queen Victoria" keeps its capital, "The Agamemnon" and "Most Americans" do not.
    if not determiner and (following[:1].isupper() or not first[0][1:].islower() or not known):
        return text
    return text[0].lower() + text[1:]


def _base(verb: str) -> str | None:
    if verb in BE:
        return "be"
    if verb in HAVE:
        return "have"
    if verb in MODALS or plain_verb(verb):
        return verb
    return past_of(verb) or third_person_of(verb, unless_noun=False) or (verb if is_base(verb) else None)


def is_finite(word: str) -> bool:
    """Return whether the word can be the verb of a clause and is not a plural noun."""
    return word in BE or word in HAVE or word in MODALS or bool(past_of(word) or third_person_of(word))


def _verb_position(text: str, found: list[re.Match[str]]) -> int | None:
    """Return the position of the finite verb: the first possible one after a noun."""
    for position, match in enumerate(found):
        word = match[0]
        if position and re.search(r"[^\s]", text[found[position - 1].end() : match.start()]):
            return None
        if position == 0 or not word.islower():
            continue
        before = position - 1
        while before > 0 and is_adverb(found[before][0].lower()):
            before -= 1
        previous = found[before][0]
        nominal = (not previous.islower() and before > 0) or is_noun(previous.lower()) or previous[0].isdigit()
        nominal = nominal and previous.lower() not in DETERMINERS | PREPOSITIONS | CONJUNCTIONS
        opened = _OBJECT.match(text, match.end()) is not None
        if is_finite(word) and nominal:
            ambiguous = word not in BE | HAVE | MODALS and is_participle(word)
            return None if ambiguous and _is_reduced(text[match.end() :]) else position
        if (
            nominal
            and is_plural(previous.lower())
            and (plain_verb(word) or word == "live" or (opened and is_base(word)))
        ):
            return position
        # "needs" may be a noun or a verb, but no noun comes between another and "the".
        if nominal and opened and not is_plural(previous.lower()) and third_person_of(word, unless_noun=False):
            return position
    return None


def _is_reduced(rest: str) -> bool:
    """Return whether a form in -ed, with this after it, is rather a participle: "weapons supplied by X were"."""
    following = words(re.split(r"[,;:]|\s(?:and|but|that|which|who|because|when|where|while|if|as)\s", rest)[0])
    if following[:1] == ["by"]:
        return True
    return any(
        word in BE | HAVE | MODALS or (past_of(word) is not None and not is_participle(word)) for word in following
    )


def _is_subject(found: list[re.Match[str]]) -> bool:
    lower = [match[0].lower() for match in found]
    first, last = lower[0], lower[-1]
    if first in {"about", "around", "over", "at"} and any(word[0].isdigit() for word in lower[1:3]):
        return len(found) <= _MAX_SUBJECT_WORDS
    if len(found) > _MAX_SUBJECT_WORDS or first in PREPOSITIONS | CONJUNCTIONS | RELATIVES or is_adverb(first):
        return False
    if first.endswith("ing") and found[0][0][0].isupper() and is_known(first) and not is_noun(first):
        return False
    if any(word in POINTERS | NEGATIONS | POSSESSIVES | RELATIVES for word in lower):
        return False
    if any(word in CONJUNCTIONS - {"and", "as", "for"} for word in lower):
        return False
    return last not in PREPOSITIONS and not any(re.fullmatch(r"\d{4}", word) for word in (first, last))


def _rest(rest: str) -> str | None:
    """Cut what follows the verb down to the clause; None when its commas are ambiguous."""
    rest = re.split(_CLAUSE_END, rest)[0].rstrip(" .,!")
    for joined in _AND.finditer(rest):
        # "... snapped and was lost", "... fell and the next rose": what is coordinated cannot follow "did".
        following = [word[0].lower() for word in islice(WORD.finditer(rest, joined.end()), _MAX_SUBJECT_WORDS)]
        if any(is_finite(word) for word in following) or any(plain_verb(word) for word in following[:1]):
            rest = rest[: joined.start()]
            break
    # The comma in "January 27, 2011" does not start another clause.
    return None if re.search(r"(?<!\d)(?<!\d\s),\s|,\s(?!\d{4}\b)", rest) else rest
