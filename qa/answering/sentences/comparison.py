"""Find a sentence for each side of a comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.answering.questions.comparison import Compared, terms_of
from qa.answering.questions.limits import quantities
from qa.answering.reading.sentences import Sentence, sentences
from qa.answering.tables.lookup import comparing_terms
from qa.answering.tables.words import ASKS_FOR
from qa.protocols import AnswerSpan
from qa.text.tokens import terms
from qa.text.units import CURRENCIES
from qa.types import Passage

_MORE = re.compile(r"\b(?:more|less|fewer|longer|first|(?!differ\b)\w{3,}er|how (?:much|many|long))\b", re.IGNORECASE)
_TWO_DOCUMENTS_FACTOR = 0.7  # of the match of the names
_LITERAL_BONUS = 0.5  # for a sentence with the exact name of a side
_REPEATED_PENALTY = 3.0  # for a sentence that is already shown
_SAME_DOCUMENT_BONUS = 0.5  # for two sentences of one document
_SAME_PARAGRAPH_BONUS = 0.5
_SAME_MEASURE_BONUS = 1.0  # for two sentences with quantities of one dimension, if the question compares amounts
_PRONOUN_PENALTY = 0.3  # for a sentence whose subject is named before it
_SUBJECT_BONUS = 0.3  # for a sentence or paragraph that begins with the side
_MAX_SUBJECT_WORDS = 4
_MIN_WORDS = 3  # of a sentence: fewer are a heading
_MAX_PAIRED_SENTENCES = 8  # of each side
MAX_JOINT_SPANS = 3
"""Best spans of the reader that may be about both sides."""
_OF_AGE = re.compile(r"\b(?:old|young|new|earli|lat)er\b|\bfirst\b|\bas (?:old|young|new) as\b", re.IGNORECASE)
_DIMENSIONS = {
    "price": CURRENCIES, "weight": {"mass"}, "height": {"length"}, "depth": {"length"},
    "length": {"length", "time"}, "duration": {"time"}, "speed": {"time"}, "age": {"year"},
}  # fmt: skip
_MEASURE_BONUS = 0.7  # for a sentence with a quantity of the kind asked for
_DIGIT = re.compile(r"\d")
_OLDER = re.compile(r"\b(?:old|young|new)er\b", re.IGNORECASE)
_BEGUN = re.compile(r"\b(?:born|built|found|founded|opened|finished|completed|established|for the first time|aged?)\b")
_LABEL = re.compile(r"(?:[-*+]|[\d.]+)?\s*\*\*([^*\n]{1,60})")
"""The bold words at the start of a paragraph or list item, which name its subject."""


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
    sides = [terms_of(side) for side in comparison.sides]
    asked = {*terms(comparison.asked)} - comparing_terms()
    measured = _compares_amounts(comparison)
    best: tuple[int, int] | None = None
    for index, text in enumerate(texts[: min(len(spans), MAX_JOINT_SPANS)]):
        found = terms_of(text)
        value = len(asked & found) + (measured and len(list(quantities(text))) > 1)
        if all(side <= found for side in sides) and (value or not asked) and (best is None or value > best[0]):
            best = value, index
    return best[1] if best else None


def side_sentences(
    comparison: Compared,
    passages: tuple[Sequence[Passage], Sequence[Passage]],
    shown: tuple[str, int] | None = None,
) -> tuple[Sentence, Sentence] | None:
    """Return a sentence for each side, preferably from one document; None if a side is not named.

    Parameters
    ----------
    comparison : Compared
    passages : pair of sequences of Passage
        The results for each side.
    shown : (document id, offset), optional
        End of a sentence already shown, which is used again only if no other names a side.
    """
    measured = _compares_amounts(comparison)
    counted = {"year"} if not _OF_AGE.search(comparison.asked) else set()
    one, other = (_side_sentences(comparison, side, passages[side])[:_MAX_PAIRED_SENTENCES] for side in (0, 1))
    pairs = [
        (
            first[0] + second[0] + _nearness(first[1], second[1])
            + _SAME_MEASURE_BONUS * (measured and bool(_measures(first[1]) & _measures(second[1]) - counted))
            - _REPEATED_PENALTY * (2 - len({_sentence_end(first[1]), _sentence_end(second[1])} - {shown})),
            (first[1], second[1]),
        )
        for first in one
        for second in other
        if first[1].passage.document_id == second[1].passage.document_id
        or all(
            terms_of(name) <= _subject(found[1]) for name, found in zip(comparison.sides, (first, second), strict=True)
        )
    ]  # fmt: skip
    return max(pairs, key=lambda pair: pair[0])[1] if pairs else None


def name_match_score(comparison: Compared, found: tuple[Sentence, Sentence]) -> float:
    """Return how well the sentences name their sides: the lower of the two, 0 to 1; reduced for two documents."""
    named = []
    for side, sentence in enumerate(found):
        own, others = terms_of(comparison.sides[side]), terms_of(comparison.sides[1 - side])
        distinctive = _distinctive(own, others)
        names = _names(sentence, own, others)
        named.append((len(distinctive & names) / len(distinctive) + len(own & names) / len(own)) / 2)
    if len({sentence.passage.document_id for sentence in found}) == 1:
        return min(named)
    asked = {*terms(comparison.asked)} - comparing_terms()
    covered = min(len(asked & _subject(sentence)) / max(1, len(asked)) for sentence in found) if asked else 1.0
    return min(named) * _TWO_DOCUMENTS_FACTOR * (1 + covered) / 2


def _distinctive(own: set[str], others: set[str]) -> set[str]:
    """Return the terms of a side that the other side lacks; all of its terms if the other has them all."""
    return own - others or own


def _compares_amounts(comparison: Compared) -> bool:
    """Return whether the question asks which side is more, or by how much."""
    return _MORE.search(comparison.asked) is not None


def _measures(sentence: Sentence) -> set[str]:
    """Return the dimensions of the quantities in a sentence."""
    return {one.dimension for one in quantities(sentence.text)} - {""}


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
    return terms_of(f"{sentence.named_in} {_label(sentence)}")


def _names(sentence: Sentence, own: set[str], others: set[str]) -> set[str]:
    """Return the terms of a sentence, and of the heading above it if that names this side only."""
    names, section = _subject(sentence), terms_of(_section(sentence))
    distinctive = _distinctive(own, others)
    alone = distinctive <= section and not (others - own) & (names | section)
    return names | section if alone and not distinctive <= names else names


def _section(sentence: Sentence) -> str:
    """Return the innermost heading above a sentence, but not the title."""
    _, within, heading = sentence.passage.headings.rpartition(": ")
    return heading if within else ""


def _label(sentence: Sentence) -> str:
    """Return the bold words at the start of the paragraph of a sentence."""
    text, start = sentence.passage.text, sentence.match.start - sentence.passage.start
    label = _LABEL.match(text, text.rfind("\n", 0, start) + 1)
    return label[1] if label else ""


def _sentence_end(sentence: Sentence) -> tuple[str, int]:
    return sentence.passage.document_id, sentence.match.end


def _side_sentences(comparison: Compared, side: int, passages: Sequence[Passage]) -> list[tuple[float, Sentence]]:
    """Return (score, sentence) of the sentences that name a side, best first."""
    own, others = terms_of(comparison.sides[side]), terms_of(comparison.sides[1 - side])
    distinctive = _distinctive(own, others)
    asked = {*terms(comparison.asked)} - own - others
    measured = _compares_amounts(comparison)
    older = _OLDER.search(comparison.asked) is not None
    words = {*re.findall(r"\w+", comparison.asked.lower())}
    kinds = {one for measure, of in _DIMENSIONS.items() if words & {*ASKS_FOR[measure].split()} for one in of}
    kinds = {"year"} if _OF_AGE.search(comparison.asked) else kinds
    phrase = re.compile(rf"(?<!\w){re.escape(comparison.sides[side])}(?!\w)", re.IGNORECASE)
    exact = re.search(r"\d", comparison.sides[side]) is not None
    found: dict[tuple[str, int], tuple[float, Sentence]] = {}
    for sentence in sentences(passages):
        if _LABEL.fullmatch(sentence.text) or len(sentence.text.split()) < _MIN_WORDS:
            continue
        names = _names(sentence, own, others)
        named = len(distinctive & names) / len(distinctive)
        section = _section(sentence) if names != _subject(sentence) else ""
        literally = phrase.search(f"{sentence.named_in} {section}") is not None
        # A group and a 2 somewhere in a sentence do not name "Group 2".
        if (exact and not literally) or (named < 1 and not (named and len(distinctive) > 1)):
            continue
        value = (
            3.0 * sentence.match.similarity
            + 2.0 * named
            + len(own & names) / len(own)
            + len(asked & names) / max(1, len(asked))
        )
        weight = 1.0 if kinds & _measures(sentence) else 0.7 * (measured and _DIGIT.search(sentence.text) is not None)
        value += _MEASURE_BONUS * weight - _PRONOUN_PENALTY * (sentence.named_in != sentence.text)
        value += _MEASURE_BONUS * (older and _BEGUN.search(sentence.text) is not None)
        opening = terms_of(f"{_label(sentence)} {' '.join(sentence.text.split()[:_MAX_SUBJECT_WORDS])}")
        value += _SUBJECT_BONUS * (own <= opening) + _LITERAL_BONUS * literally
        if value > found.get(_sentence_end(sentence), (0.0,))[0]:
            found[_sentence_end(sentence)] = value, sentence
    return sorted(found.values(), key=lambda one: -one[0])
