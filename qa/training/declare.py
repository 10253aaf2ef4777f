"""A question and its answer -> one plain sentence; and a sentence made shorter.

Not a parser: question forms whose parts are unambiguous are turned, all others refused. The opposite of
`qa.insights.question_generation`.
"""

from __future__ import annotations

import re

from qa.insights.question_generation.clauses import is_finite
from qa.text.dates import DAY, MONTHS
from qa.text.lexicon import (
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    DO,
    HAVE,
    MODALS,
    POSSESSIVES,
    PREPOSITIONS,
    is_adverb,
    is_base,
    is_noun,
    is_participle,
    listed,
    past_of,
    third_person_of,
)

_AUXILIARIES = BE | HAVE | MODALS | DO
_MOST_ANSWER_WORDS = 14
_QUESTION = re.compile(
    r"(?:(?P<preposition>in|on|at|for|from|by|to|with|during|of|about|under|into)\s)?"
    r"(?P<word>who|whom|what|which|when|where|why|how many|how much|how long|how old|how far|how often|how)\b"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_WORDS = listed("one two three four five six seven eight nine ten eleven twelve first second third last")
_UNCLEAR = re.compile(
    r"\b(?:happen\w*|mentioned|do|did to|of something|someone|something|somebody)\b(?!\s\w+ed)(?:\?|\s)|&"
)
_ADVERBIAL = {
    "when": "in",
    "where": "in",
    "why": "because",
    "how": "by",
    "how long": "for",
    "how often": "",
    "how far": "",
}
"""Question words whose answer comes last, and what leads it where it has no such word itself."""
_BEFORE_NOUN = listed("what which") | {"how many", "how much"}
_DAY = re.compile(rf"(?:{MONTHS})\s\d|{DAY}\s(?:{MONTHS})")
_TIME_NOUNS = listed("year month day date century decade time season night morning")
_OPENED = (
    PREPOSITIONS
    | CONJUNCTIONS
    | {"to", "due", "so", "here", "there", "ago", "every", "each", "last", "next", "prior", "such"}
)
_NOT_BEFORE_VERB = (
    DETERMINERS | PREPOSITIONS | CONJUNCTIONS | POSSESSIVES | {"my", "your", "our", "this", "that", "these"}
)


def declare(question: str, answer: str) -> str | None:
    """Return question and answer as one sentence.

    "When was it built?" and "1858" give "It was built in 1858." None where the question has none of the unambiguous
    forms, or the answer is no short phrase.
    """
    found = _QUESTION.fullmatch(question.strip().rstrip("?.! "))
    phrase = _phrase(answer)
    if found is None or phrase is None or _UNCLEAR.search(question):
        return None
    word, preposition, rest = found["word"].lower(), (found["preposition"] or "").lower(), found["rest"].split()
    at = next((n for n, one in enumerate(rest[:6]) if one in _AUXILIARIES), None)
    noun = rest[: at or 0]
    if any(past_of(one) or third_person_of(one) for one in noun):
        return None
    if at is None or (noun and word not in _BEFORE_NOUN):
        return _subject_answered(word, rest, phrase)
    auxiliary, rest = rest[at], rest[at + 1 :]
    last = bool(preposition) or word in _ADVERBIAL or bool(noun and noun[-1] in _TIME_NOUNS)
    if last:
        # "Where did it run to?" has its preposition.
        led = word == "where" and rest[-1:] and rest[-1] in PREPOSITIONS | {"to"}
        leading = preposition or ("" if led else _ADVERBIAL.get(word, "in"))
        phrase = _led(phrase, "on" if leading == "in" and _DAY.match(phrase) else leading)
    elif noun:
        phrase = _with_noun(phrase, noun)
    return _assembled(auxiliary, rest, phrase, last=last) if rest else None


def _assembled(auxiliary: str, rest: list[str], answer: str, *, last: bool) -> str | None:
    """Return the sentence of a question's verb, what follows it, and the answer, which may have to come last."""
    if not last and auxiliary not in DO and _is_predicate(rest[0], auxiliary):
        return _sentence([answer, auxiliary, *rest])
    if rest[0] == "there" and auxiliary in BE:
        return _sentence(["there", auxiliary, answer, *rest[1:]])
    position = None if rest[:2] == ["the", "name"] else _verb(rest, auxiliary)
    if position is None:
        # "What is the name of the dog?"; with another verb it is ambiguous.
        return _sentence([*rest, auxiliary, answer]) if auxiliary in BE else None
    subject, verb, tail = rest[:position], rest[position], rest[position + 1 :]
    adverbs: list[str] = []
    while len(subject) > 1 and is_adverb(subject[-1].lower()):
        adverbs.insert(0, subject.pop())
    verbs = [*adverbs, _inflected(verb, auxiliary)] if auxiliary in DO else [auxiliary, *adverbs, verb]
    end = tail[-1].lower() if tail else verb
    if end == answer.split(maxsplit=1)[0] and end in PREPOSITIONS:
        answer = answer.removeprefix(end)
    at_end = last or not tail or end in PREPOSITIONS or end == "to" or (is_base(end) and tail[-2:-1] == ["to"])
    return _sentence([*subject, *verbs, *tail, answer] if at_end else [*subject, *verbs, answer, *tail])


def _is_predicate(word: str, auxiliary: str) -> bool:
    """Return whether the word after the verb is no subject: "What was built in 1858?"."""
    if word in PREPOSITIONS or is_adverb(word) or word == "not" or word.endswith("ing"):
        return True
    return (
        word.islower() and word not in DETERMINERS and (is_participle(word) or (auxiliary in MODALS and is_base(word)))
    )


def _subject_answered(word: str, rest: list[str], answer: str) -> str | None:
    """Return the sentence for a question that asks for its own subject: "Who built the bridge?"."""
    at = next((n for n, one in enumerate(rest[:5]) if past_of(one) or third_person_of(one)), None)
    if word not in {"who", "what", "which", "how many"} or at is None or (word in {"who"} and at):
        return None
    noun = rest[:at]
    return _sentence([_with_noun(answer, noun), *rest[at:]])


def _verb(rest: list[str], auxiliary: str) -> int | None:
    """Return which word is the verb, or what else ends the subject."""
    for position, word in enumerate(rest[1:], 1):
        before = rest[position - 1].lower()
        if not word.islower() or before in _NOT_BEFORE_VERB:
            continue
        if auxiliary in DO or auxiliary in MODALS:
            if is_base(word) and word not in PREPOSITIONS:
                return position
        elif is_participle(word) or (
            auxiliary in BE and (word.endswith("ing") or word in PREPOSITIONS - {"of", "for"})
        ):
            return position
    return None


def _inflected(verb: str, auxiliary: str) -> str:
    from lemminflect import getInflection

    if auxiliary == "do":
        return verb
    return str((*getInflection(verb, "VBD" if auxiliary == "did" else "VBZ"), verb)[0])


def _phrase(answer: str) -> str | None:
    answer = " ".join(answer.split()).strip(" .,;:!?\"'\u201c\u201d()")
    words = answer.split()
    if not words or len(words) > _MOST_ANSWER_WORDS or re.search(r"[.!?;:]\s|[\"\u201c\u201d()\[\]]", answer):
        return None
    first = words[0]
    lower = first.lower() in DETERMINERS | _OPENED | POSSESSIVES
    return answer[0].lower() + answer[1:] if lower else answer


def _led(answer: str, word: str) -> str:
    first = answer.split(maxsplit=1)[0].lower()
    if first in _OPENED or (word == "by" and first.endswith("ly")):
        return answer
    return (
        f"because of {answer}" if word == "because" and not any(map(is_finite, answer.split())) else f"{word} {answer}"
    )


def _with_noun(answer: str, noun: list[str]) -> str:
    """Return a bare number or adjective with what it counts or describes: "two ships", "dark blue"."""
    if "of" in noun:
        noun = noun[noun.index("of") + 1 :]
    bare = re.fullmatch(r"[\d.,%$]+|[a-z]+", answer) or answer.lower() in _WORDS
    last = answer.rsplit(maxsplit=1)[-1].lower()
    if (
        not noun
        or not bare
        or noun[-1].lower()[:4] in answer.lower()
        or (last.isalpha() and is_noun(last) and last not in _WORDS)
    ):
        return answer
    return f"{answer} {' '.join(noun)}"


def _sentence(words: list[str]) -> str:
    text = " ".join(" ".join(words).split())
    return text[0].upper() + text[1:] + "."


_OPENING = re.compile(r"(?:However|Also|Then|Thus|Therefore|Moreover|Finally|Additionally|Furthermore|And|But|So),?\s")
_LEADING = re.compile(r"(?P<lead>(?:In|On|At|During|After|Before|Since|By|For)\s[^,;:.]{3,40}),\s(?P<main>[^;:]+)\.?")
_TRAILING = re.compile(
    r",\s(?:which|who|where|while|although|though|but|and|with|because|so)\s.*|\s(?:because|although|while)\s.*",
    re.DOTALL,
)


def shortened(sentence: str) -> str | None:
    """Return a sentence without its brackets and without its last clause, or with its opening at its end."""
    text = _OPENING.sub("", re.sub(r"\s?[(\[][^()\[\]]*[)\]]", "", sentence), count=1)
    cut = _TRAILING.search(text, len(text) // 3)
    if cut and len(text[: cut.start()].split()) >= 6:
        text = text[: cut.start()]
    leading = _LEADING.fullmatch(text.rstrip("."))
    if leading:
        lead = leading["lead"]
        text = f"{leading['main']} {lead[0].lower()}{lead[1:]}"
    text = text.strip(" .,;:")
    return text[0].upper() + text[1:] + "." if text and text != sentence.strip(" .") else None
