"""Parse a question that compares two things, and find a sentence for each."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from qa.answering.sentences import Sentence, sentences
from qa.answering.table_lookup import comparing_terms
from qa.protocols import AnswerSpan
from qa.text.lexicon import listed, parts_of_speech
from qa.text.lines import one_line
from qa.text.numbers import is_numeral
from qa.text.tokens import terms
from qa.types import Passage

_MAX_CHARACTERS = 300  # of a question that are read: the patterns take more than linear time
_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would)"
_BOTH = re.compile(
    r"(?P<before0>(?:compare|contrast)\s+(?:how|what|when|where|why)\s+)(?P<one0>.+?)\s+and\s+(?P<other0>(?:the\s+)?[\w-]+)\s+(?P<after0>.+)"
    r"|(?P<before9>(?:compare|contrast)\s+what\s+)(?P<one9>.+?)\s+(?:with|to|and)\s+what\s+(?P<other9>.+)"
    r"|(?P<before>.*?)\b(?:between|compare|comparing|contrast|how\s+similar\s+are|distinguish)\s+(?P<one>.+?)\s+(?:and|to|with|from|vs\.?|against)\s+(?P<other>.+)"
    r"|(?P<one10>[^,:]+?)\s+(?:vs\.?|versus|or)\s+(?P<other10>[^,:]+?)\s*[:,]\s*(?P<after10>.+)"
    r"|(?P<before2>.*?),?\s*(?P<one2>[^,:]+?)\s+(?:vs\.?|versus)\s+(?P<other2>[^,:]+)"
    rf"|(?P<before4>.*?\b{_AUXILIARY}\s+|(?:what|how)\s+)(?P<one4>.+?)\s+and\s+(?P<other4>.+?)(?P<after4>\s*,?\s*\b(?:differ|compare|have\s+in\s+common|alike|similar)\b.*)"
    rf"|(?P<before11>{_AUXILIARY}\s+)(?P<one11>.+?)\s+and\s+(?P<other11>.+?)\s+(?P<after11>(?:both|equally|the\s+same)\b.*)"
    r"|(?P<before13>(?:which|who)\s+of\s+)(?:the\s+two,?\s+)?(?P<one13>[^,]+?)\s+(?:and|or)\s+(?P<other13>[^,]+?)\s+(?P<after13>(?:is|are|was|were|has|have|had|[a-z]+(?:s|ed))\s.+)"
    rf"|(?P<before14>(?P<word>who|when|where|what|how\s+\w+)\s+(?:{_AUXILIARY}\s+)?)(?P<one14>[^,]+?)\s+and\s+(?P=word)\s+(?:{_AUXILIARY}\s+)?(?P<other14>.+)"
    rf"|(?P<before3>.*?\b{_AUXILIARY}\s+)(?P<one3>.+?)\s+(?:differ(?:s|ed)?|different|compared?)\s+(?:from|to|with|than)\s+(?P<other3>.+)"
    r"|(?P<before5>.+?)[,:]\s*(?:in\s+\w+,?\s*)?(?P<one5>[^,:]+?)\s+(?:or|and)\s+(?P<other5>[^,:]+)"
    rf"|(?P<before6>{_AUXILIARY}\s+)(?P<one6>.+?)\s+or\s+(?P<other6>.+)"
    rf"|(?P<before7>.*?\b(?:{_AUXILIARY})\s+)(?P<one7>.+?)\s+(?P<after7>(?:(?:more|less|fewer)(?:\s+[\w-]+){{0,3}}|\w+er|worse)\s+than|as\s+[\w-]+\s+as)\s+(?P<other7>.+)"
    r"|(?P<before8>.*?\b(?:distinguishes|separates|sets|advantages\s+does|advantages\s+do))\s+(?P<one8>.+?)\s+(?:apart\s+from|from|have\s+over|has\s+over)\s+(?P<other8>.+)",
    re.IGNORECASE | re.DOTALL,
)
_TAIL = re.compile(
    r"(?:,?\s*\b(?:compared?(?:\s+with\s+each\s+other)?|differ(?:s|ed)?|(?:is|are|was|were)\s+\w+|in\s+(?:terms|respect)\s+of.*|and\s+how\b.*|which\b.*))+\W*$",
    re.IGNORECASE | re.DOTALL,
)
_COMPARED_LAST = re.compile(r",?\s*compared(?:\s+with\s+each\s+other)?$", re.IGNORECASE)
_SHARED = re.compile(r"^(?P<what>(?:the\s+)?.+?)\s+of\s+(?P<side>.+)$", re.IGNORECASE)
_MORE = re.compile(r"\b(?:more|less|fewer|longer|first|\w{3,}er|how (?:much|many|long))\b", re.IGNORECASE)
_ORDINALS = listed("first second third fourth fifth last next upper lower old new left right former latter")
_TWO_DOCUMENTS_FACTOR = 0.7  # of the naming strength
_LITERAL_BONUS = 0.5  # for a sentence with the exact name of a side
_REPEATED_PENALTY = 3.0  # for a sentence that is already shown
_SAME_DOCUMENT_BONUS = 0.5  # for two sentences of one document
_SAME_PARAGRAPH_BONUS = 0.5
_SUBJECT_BONUS = 0.3  # for a sentence or paragraph that begins with the side
_MAX_SUBJECT_WORDS = 4
_MAX_PAIRED_SENTENCES = 8  # of each side
_MAX_JOINT_SPANS = 3  # of the reader that may be about both sides
_SAME_OF = re.compile(r"(?:that|those|the\s+one|the\s+ones)\s+of\s+(?P<side>.+)$", re.IGNORECASE)
_EACH = frozenset({"one", "other", "that", "those"})
_AGAIN = re.compile(r"(for|of|in|on|at|from|to|with|by)\s+", re.IGNORECASE)
_ADDED = re.compile(r"\s+(?:in|on|at|by|as|for|when|after|before|during|under|against|with)\s+.+$", re.IGNORECASE)
_OF_AGE = re.compile(r"\b(?:old|young|new|earli|lat)er\b|\bfirst\b|\bas (?:old|young|new) as\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")
_LABEL = re.compile(r"(?:[-*+]|[\d.]+)?\s*\*\*([^*\n]{1,60})")
"""The bold words at the start of a paragraph or list item, which name its subject."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The two sides of a comparison as the question names them, and what it asks about both."""

    sides: tuple[str, str]
    asked: str

    def query(self, side: int) -> str:
        """Return a query for one side."""
        return f"{self.asked} {self.sides[side]}".strip()


def compared(question: str) -> Compared | None:
    """Return the sides of a comparison; None if the question does not name two."""
    words = _COMPARED_LAST.sub("", one_line(question[:_MAX_CHARACTERS]).strip(" ?.!"))
    found = _BOTH.fullmatch(words)
    if found is None:
        return None
    groups = {re.sub(r"\d", "", name): text for name, text in found.groupdict().items() if text is not None}
    one, other = _TAIL.sub("", groups["one"]).strip(" ,"), _TAIL.sub("", groups["other"]).strip(" ,")
    asked = f"{groups.get('before', '')} {groups.get('after', '')}"
    if groups.get("word") and one.split()[0] == other.split()[0]:
        # "When was gateway 1 corrected and when gateway 2?"
        one, asked = (
            " ".join(one.split()[: len(other.split())]),
            f"{asked} {' '.join(one.split()[len(other.split()) :])}",
        )
    one, other, asked = _without_shared(one, other, asked)
    other = re.sub(
        r"^(?:of|for|in|on|at|from|to|with|by|that\s+of|those\s+of|between)\s+", "", other, flags=re.IGNORECASE
    )
    if asked.endswith("than") and is_numeral(other.split()[0]):
        # "more than five"
        return None
    last = other.split()[-1]
    if last.endswith("er") and len(other.split()) > 1 and "NOUN" not in parts_of_speech(last.lower()):
        # "Is oak or pine heavier?"
        asked, other = f"{asked} {last}", other.removesuffix(last).strip()
    first, second = _names(one), _names(other)
    if len(one.split()) == 1 and len(_plain(other).split()) == 2:
        # "the full and the reduced membership"
        asked = f"{asked} {other.split()[-1]}"
    if not first or not (second or other.split()[-1:] == ["one"]):
        return None
    if other.lower().split()[-1] in _EACH or (len(other.split()) < 3 and other.lower().split()[-1] == "one"):
        # "the new cinema or the old one"
        other = f"{other.rsplit(' ', 1)[0]} {one.split()[-1]}"
    elif other.lower().removeprefix("the ") in _ORDINALS and len(one.split()) > 1:
        # "the first mirror or the second"
        other = f"{other} {one.split()[-1]}"
    elif one.split()[-1].lower() in _ORDINALS or one.lower().endswith(" one"):
        # "the first and the second telescope"
        one = f"{one.removesuffix(' one')} {other.split()[-1]}"
    return Compared((_plain(one), _plain(other)), " ".join(asked.split()))


def _without_shared(one: str, other: str, asked: str) -> tuple[str, str, str]:
    """Return both sides without the words that apply to both, and the question with those words added."""
    shared = _SHARED.match(one)
    if shared and not _SHARED.match(other):
        # "the fee of adults and of juniors", "the notice periods of the tenant and the landlord"
        asked, one = f"{asked} {shared['what']}", shared["side"]
    elif shared and (same := _SAME_OF.match(other)):
        # "the freight of May with that of June"
        asked, one, other = f"{asked} {shared['what']}", shared["side"], same["side"]
    if not _ADDED.search(one) and (added := _ADDED.search(other)):
        # "the baguette and the pumpernickel after a week"
        asked, other = f"{asked} {added[0].strip()}", other[: added.start()]
    if (again := _AGAIN.match(other)) and (before := re.search(rf"\s{again[1]}\s", one, re.IGNORECASE)):
        # "the minimum age for motor higher than for sail"
        asked, one = f"{asked} {one[: before.start()]}", one[before.end() :]
    return one, other, asked


def joint_span(comparison: Compared, spans: Sequence[AnswerSpan], texts: Sequence[str]) -> int | None:
    """Return the position of a top span whose excerpt names both sides; None without one.

    Of several, the one whose excerpt has most of the terms asked about is chosen.

    Parameters
    ----------
    comparison : Compared
    spans : sequence of AnswerSpan
        Best first.
    texts : sequence of str
        The excerpt of each.
    """
    sides = [_names(side) for side in comparison.sides]
    asked = {*terms(comparison.asked)}
    best: tuple[int, int] | None = None
    for place, text in enumerate(texts[: min(len(spans), _MAX_JOINT_SPANS)]):
        found = _names(text)
        if all(side <= found for side in sides) and (best is None or len(asked & found) > best[0]):
            best = len(asked & found), place
    return best[1] if best else None


def side_sentence(
    comparison: Compared, side: int, passages: Sequence[Passage], taken: Collection[tuple[str, int]] = ()
) -> Sentence | None:
    """Return the sentence that says most about one side; None if none names it.

    Parameters
    ----------
    comparison : Compared
    side : int
        0 or 1.
    passages : sequence of Passage
        The results for both sides and for this one.
    taken : collection of (document id, offset)
        Ends of sentences already shown; one is used again only if no other names this side.
    """
    found = _side_sentences(comparison, side, passages)
    valued = [(value - _REPEATED_PENALTY * (_place(sentence) in taken), sentence) for value, sentence in found]
    return max(valued, key=lambda one: one[0])[1] if valued else None


def side_sentences(
    comparison: Compared, passages: tuple[Sequence[Passage], Sequence[Passage]]
) -> tuple[Sentence, Sentence] | None:
    """Return a sentence for each side, preferably from one document; None if a side is not named.

    Parameters
    ----------
    comparison : Compared
    passages : pair of sequences of Passage
        The results for each side.
    """
    one, other = (_side_sentences(comparison, side, passages[side])[:_MAX_PAIRED_SENTENCES] for side in (0, 1))
    pairs = [
        (
            first[0] + second[0] + _nearness(first[1], second[1])
            - _REPEATED_PENALTY * (_place(first[1]) == _place(second[1])),
            (first[1], second[1]),
        )
        for first in one
        for second in other
        if first[1].passage.document_id == second[1].passage.document_id
        or (_names(comparison.sides[0]) <= _subject(first[1]) and _names(comparison.sides[1]) <= _subject(second[1]))
    ]  # fmt: skip
    return max(pairs, key=lambda pair: pair[0])[1] if pairs else None


def naming_strength(comparison: Compared, found: tuple[Sentence, Sentence]) -> float:
    """Return how well the sentences name their sides: the lower of the two, 0 to 1; reduced for two documents."""
    named = []
    for side, sentence in enumerate(found):
        own, others = _names(comparison.sides[side]), _names(comparison.sides[1 - side])
        telling = own - others or own
        names = _subject(sentence)
        named.append((len(telling & names) / len(telling) + len(own & names) / len(own)) / 2)
    if len({sentence.passage.document_id for sentence in found}) == 1:
        return min(named)
    asked = {*terms(comparison.asked)} - comparing_terms()
    covered = min(len(asked & _subject(sentence)) / max(1, len(asked)) for sentence in found) if asked else 1.0
    return min(named) * _TWO_DOCUMENTS_FACTOR * (1 + covered) / 2


def _nearness(one: Sentence, other: Sentence) -> float:
    """Return the bonus for two sentences of one document, higher in one paragraph."""
    if one.passage.document_id != other.passage.document_id:
        return 0.0
    (_, first), (last, _) = sorted((each.match.start, each.match.end) for each in (one, other))
    together = any(
        each.passage.start <= first and last <= each.passage.end
        and "\n" not in each.passage.text[first - each.passage.start : last - each.passage.start].strip()
        for each in (one, other)
    )  # fmt: skip
    return _SAME_DOCUMENT_BONUS + _SAME_PARAGRAPH_BONUS * together


def _subject(sentence: Sentence) -> set[str]:
    """Return the terms of a sentence, and of the bold words at the start of its paragraph."""
    return _names(f"{sentence.named_in} {_label(sentence)}")


def _label(sentence: Sentence) -> str:
    """Return the bold words at the start of the paragraph of a sentence."""
    text, start = sentence.passage.text, sentence.match.start - sentence.passage.start
    label = _LABEL.match(text, text.rfind("\n", 0, start) + 1)
    return label[1] if label else ""


def _place(sentence: Sentence) -> tuple[str, int]:
    return sentence.passage.document_id, sentence.match.end


def _side_sentences(comparison: Compared, side: int, passages: Sequence[Passage]) -> list[tuple[float, Sentence]]:
    """Return (score, sentence) of the sentences that name a side, best first."""
    own, others = _names(comparison.sides[side]), _names(comparison.sides[1 - side])
    telling = own - others or own
    asked = {*terms(comparison.asked)} - own - others
    measured = 0.5 * (_MORE.search(comparison.asked) is not None)
    figure = _YEAR if _OF_AGE.search(comparison.asked) else _DIGIT
    phrase = re.compile(rf"(?<!\w){re.escape(comparison.sides[side])}(?!\w)", re.IGNORECASE)
    exact = re.search(r"\d", comparison.sides[side]) is not None
    found = []
    for sentence in sentences(passages):
        if _LABEL.fullmatch(sentence.text):
            continue
        names = _subject(sentence)
        named = len(telling & names) / len(telling)
        literally = phrase.search(sentence.named_in) is not None
        # A group and a 2 somewhere in a sentence do not name "Group 2".
        if (exact and not literally) or (named < 1 and not (named and len(telling) > 1)):
            continue
        value = sentence.score + 2.0 * named + len(own & names) / len(own) + len(asked & names) / max(1, len(asked))
        value += measured * (figure.search(sentence.text) is not None) - 0.3 * (sentence.named_in != sentence.text)
        opening = _names(f"{_label(sentence)} {' '.join(sentence.text.split()[:_MAX_SUBJECT_WORDS])}")
        value += _SUBJECT_BONUS * (own <= opening)
        found.append((value + _LITERAL_BONUS * literally, sentence))
    return sorted(found, key=lambda one: -one[0])


def _names(text: str) -> set[str]:
    """Return the terms of a text, "other", and single letters that name things: "strain A"."""
    return {*terms(text), *re.findall(r"(?<=[^\W\d_] )[A-Z]\b|\bother\b", text)}


def _plain(side: str) -> str:
    return re.sub(r"^(?:both\s+|either\s+)?(?:the|an?)\s+", "", side.strip(), flags=re.IGNORECASE).strip(" \"'")
