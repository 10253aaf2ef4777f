"""Question sets -> statements as a language model would write them, true ones and ones with something changed.

A true statement is a question and its accepted answer put into one sentence, or a sentence of the paragraph, whole or
shortened. A changed one is a true one with a number or a name replaced, half of the time by another of the same
paragraph, or with a negation put in or taken out.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.insights.question_generation.clauses import WORD
from qa.text.lexicon import BE, HAVE, MODALS, NEGATIONS, is_participle, past_of, third_person_of
from qa.text.names import Name, capitals, names
from qa.text.numbers import Number, numbers
from qa.training.declare import declare, shortened
from qa.training.examples import Paragraph

MOST_WORDS = 40
"""Longest sentence that is taken as a statement."""
SENTENCE_SHARE = 0.3
"""Statements made of a sentence of the paragraph; the others are made of a question."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence about a paragraph, with the question that it answers and the sentences of the paragraph.

    What is changed in it is "number", "name" or "negation", or else it is "true". The context is the title of the
    article, the evidence the number of the sentence that supports it or what it was made of, and it was made of an
    "answer", a "shortened" sentence or a "sentence".
    """

    question: str
    text: str
    change: str
    context: str
    sentences: tuple[str, ...]
    evidence: int
    made_of: str


def statements(paragraphs: Sequence[Paragraph], seed: int, most: int) -> list[Statement]:
    """Return statements about paragraphs, each true one followed by what was changed in it.

    Parameters
    ----------
    paragraphs : sequence of Paragraph
    seed, most : int
        Equal seeds and paragraphs give equal statements; of the true ones at most so many, made of questions drawn at
        random.
    """
    generator = random.Random(seed)  # noqa: S311 -- no secret
    pool = sorted({paragraph.text[n.start : n.end] for paragraph in paragraphs for n in _names(paragraph.text)})
    asked = [(n, position) for n, paragraph in enumerate(paragraphs) for position in range(len(paragraph.questions))]
    generator.shuffle(asked)
    found: list[Statement] = []
    count = 0
    for n, position in asked:
        if count >= most:
            break
        true = _true(paragraphs[n], position, generator)
        if true:
            count += 1
            found += [true, *_changed(true, pool, generator)]
    return found


def _true(paragraph: Paragraph, position: int, generator: random.Random) -> Statement | None:
    question, answers = paragraph.questions[position]
    usual = Counter(answer.strip() for answer, _ in answers)
    answer, start = max(answers, key=lambda one: (usual[one[0].strip()], -len(one[0])))
    sentences = tuple(paragraph.text[first:last].strip() for first, last in paragraph.sentences)
    evidence = max((n for n, (first, _) in enumerate(paragraph.sentences) if first <= start), default=0)
    text: str | None
    if generator.random() < SENTENCE_SHARE:
        short = shortened(sentences[evidence]) if generator.random() < 0.7 else None
        text, made_of = (short, "shortened") if short else (sentences[evidence], "sentence")
        # A model says more than it was asked for.
        question = generator.choice(paragraph.questions)[0]
    else:
        text, made_of = declare(question, answer), "answer"
    if text is None or not 4 <= len(text.split()) <= MOST_WORDS:
        return None
    return Statement(question, text, "true", paragraph.title, sentences, evidence, made_of)


def _changed(true: Statement, pool: Sequence[str], generator: random.Random) -> Iterator[Statement]:
    paragraph = " ".join(true.sentences)
    for change, text in (
        ("number", _other_number(true.text, paragraph, generator)),
        ("name", _other_name(true.text, paragraph, pool, generator)),
        ("negation", negated(true.text, generator)),
    ):
        if text:
            yield replace(true, text=text, change=change)


def _other_number(text: str, paragraph: str, generator: random.Random) -> str | None:
    own = [number for number in numbers(text) if number.values != (1.0,)]
    if not own:
        return None
    number = generator.choice(own)
    written = text[number.start : number.end]
    digits = written.replace(",", "").isdigit()
    known = {value for one in own for value in one.values}
    others = sorted(
        {
            paragraph[one.start : one.end]
            for one in numbers(paragraph)
            if not known.intersection(one.values)
            and one.values != (1.0,)
            and paragraph[one.start : one.end].isdigit() == written.isdigit()
            and _is_year(one) == _is_year(number)
        }
    )
    if others and generator.random() < 0.5:
        other = generator.choice(others)
    elif digits:
        other = _near(int(written.replace(",", "")), "," in written, generator)
    else:
        other = generator.choice([word for word in _WRITTEN if word != written.lower()])
        if re.search(r"\d", written):
            other = re.sub(
                r"\d", lambda digit: str((int(digit[0]) + generator.randint(1, 8)) % 10 or 1), written, count=1
            )
        elif written.lower() not in _WRITTEN:
            return None
    return text[: number.start] + other + text[number.end :]


_WRITTEN = "two three four five six seven eight nine ten eleven twelve twenty thirty fifty".split()  # noqa: SIM905


def _is_year(number: Number) -> bool:
    return 1000 <= number.values[0] <= 2100


def _near(value: int, comma: bool, generator: random.Random) -> str:
    step = generator.choice((1, 2, 3, 5, 10)) if value >= 10 else generator.choice((1, 2, 3))
    if value > 2100:
        step = max(1, value // generator.choice((3, 5, 10)))
    other = value - step if generator.random() < 0.5 and value > step else value + step
    return f"{other:,}" if comma else str(other)


def _names(text: str) -> list[Name]:
    return names(text, capitals([text]))


def _other_name(text: str, paragraph: str, pool: Sequence[str], generator: random.Random) -> str | None:
    own = names(text, capitals([paragraph]))
    if not own:
        return None
    name = generator.choice(own)
    words = {word for one in own for word in one.words}
    inside = sorted({paragraph[one.start : one.end] for one in _names(paragraph) if not words.intersection(one.words)})
    inside = [one for one in inside if not _listed(text[name.start : name.end], one, paragraph)]
    outside = [one for one in generator.sample(pool, min(20, len(pool))) if one not in paragraph]
    outside = [one for one in outside if len(one.split()) == len(name.words)] or outside
    others = inside if inside and generator.random() < 0.6 else outside
    return text[: name.start] + generator.choice(others) + text[name.end :] if others else None


def _listed(one: str, other: str, paragraph: str) -> bool:
    """Return whether two names are in one list, or in apposition: what is true of one may be true of the other."""
    first, second = re.escape(one), re.escape(other)
    return any(
        re.search(rf"{a}(?:,|\s\(|\s(?:and|or)|/)[^.;:]*?\b{b}", paragraph)
        for a, b in ((first, second), (second, first))
    )


_DENIAL = re.compile(
    r"(?:\b(can|could|would|did|does|do|is|was|were|has|have|had|will|are|should))(?:\snot|n['\u2019]t)\b|\bnever\s|\snot\b"
)


def negated(text: str, generator: random.Random) -> str | None:
    """Return a sentence with its negation taken out, or with one put in; None where it has no plain verb."""
    denial = _DENIAL.search(text)
    if denial:
        rest = text[: denial.start()] + (denial[1] or "") + " " + text[denial.end() :]
        return " ".join(rest.split())
    found = list(WORD.finditer(text))
    lower = [word[0].lower() for word in found]
    if NEGATIONS.intersection(lower):
        return None
    for n, match in enumerate(found[1:], 1):
        word = match[0]
        if lower[n + 1 : n + 2] in (["just"], ["only"]):
            continue
        if word in BE or word in MODALS or (word in HAVE and n + 1 < len(found) and is_participle(lower[n + 1])):
            denied = generator.choice(("not", "not", "never")) if word != "can" else "not"
            return f"{text[: match.end()]} {denied}{text[match.end() :]}"
        past, third = past_of(word), third_person_of(word)
        if (past or third) and word.islower() and n + 1 < len(found) and lower[n - 1] not in {"the", "a", "an"}:
            helper = "did" if past else "does"
            return f"{text[: match.start()]}{helper} not {past or third}{text[match.end() :]}"
    return None
