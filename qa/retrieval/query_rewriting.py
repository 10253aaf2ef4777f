"""A question in a conversation -> a standalone question.

Without a language model. What changes one thing of an earlier question, its question word ("Why?", "and where was
that?"), its year ("and in 2014?") or what it is about ("and a drone?"), becomes that question with the change made. A
pronoun for a person whom the earlier question or its answer names gives way to the name, "it" or "they" to what the
earlier question is about, and "that" in "Who proved that?" to the earlier question as a clause: "Who proved why the
cells are six-sided?". Another follow-up is joined to the question that it follows: "Which jets did
China buy, and which missiles?". A standalone question is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.text.function_words import ENGLISH, FUNCTION_WORDS
from qa.text.lexicon import AUXILIARY, listed
from qa.text.names import FULL_NAME
from qa.text.small_talk import without_pleasantries
from qa.text.tokens import terms
from qa.text.topic import clause, topic
from qa.types import Turn

_OPENS_LIKE_MORE = re.compile(r"(?:and|but|so|or|what about|how about)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs)\b"
    r"|\b(?:did|do|does|is|was|were|are|about|of|by|after|before|since)\s+(?:this|that|these|those|then)\b"
    r"|\b(?:this|that|these|those|there|then)\W*$",
    re.IGNORECASE,
)
_FEWEST_TERMS = 2
_LINK = r"(?:(?:and|but|so|or|what about|how about)\b[\s,]*)?"
_LINKED = re.compile(r"^(?:and|but|so|or)\b[\s,]*", re.IGNORECASE)
_BARE = re.compile(
    rf"{_LINK}(?P<word>why|when|where|how)(?:\s+(?:then|so|exactly|(?:did|was)\s+(?:that|this|it)(?:\s+happen)?))?\W*",
    re.IGNORECASE,
)
_IN_YEAR = r"(?:in|by|since|until|before|after)\s++\d{4}"
_YEAR = re.compile(rf"{_LINK}(?P<year>{_IN_YEAR})\W*", re.IGNORECASE)
# The look behind keeps a long run of spaces from being tried from each of its spaces.
_YEAR_AT_THE_END = re.compile(rf"(?<!\s)\s++{_IN_YEAR}$", re.IGNORECASE)
# Its question word, if any, asks for how, when, where or why something is so: without it a whole statement is asked of.
_OF_A_STATEMENT = re.compile(
    rf"(?:(?:why|when|where|how(?:\s+(?:long|often|far))?)\s+)?(?P<rest>{AUXILIARY}\s.+)",
    re.IGNORECASE | re.DOTALL,
)
_MORE = re.compile(
    r"(?:(?:please|and|ok|so|can you|could you)\s+)*(?:tell me more|more|go on|continue|explain|elaborate|say more"
    r"|what else|anything else|what about (?:it|that|this|them))"
    r"(?:\s+(?:please|about (?:it|that|this|them)|details?))*\W*",
    re.IGNORECASE,
)
_LONGEST_BARE = 60
_SAYS_NOTHING = FUNCTION_WORDS[ENGLISH] | listed(
    "happen happened mean say tell explain continue go thing exactly elaborate details else please"
)
_ASKED_BACK = {
    "when": "When did what happen?",
    "where": "Where did what happen?",
    "why": "Why did what happen?",
    "how": "How did what happen?",
    "who": "Who did what?",
    "more": "More about what?",
    "else": "What else about what?",
    "continue": "More about what?",
    "elaborate": "More about what?",
}
_WHO_IS = re.compile(rf"[Ww]ho\s+(?:is|was)\s+(?P<name>{FULL_NAME})\W*")
# "the Austrian zoologist Karl von Frisch": what a person is may precede the name.
_ANSWER_NAMES = re.compile(rf"(?:(?:[a-z]+|[A-Z]\w+(?=\s+[a-z]))\s+){{0,5}}(?P<name>{FULL_NAME})\W*")
_PERSON = re.compile(
    r"\b(?P<whose>his|her(?=\s+(?!(?:in|at|on|to|for|by|from|with|and|or|after|before)\b)\w))\b|\b(?:he|she|him|her)\b",
    re.IGNORECASE,
)

_THING = re.compile(r"\b(?:it|its|(?P<many>they|them|their))\b", re.IGNORECASE)
# "And a drone?", "What about China?": the same is asked of something else.
_ANOTHER = re.compile(
    r"(?:[Aa]nd|[Bb]ut|(?:[Aa]nd |[Bb]ut )?(?:[Ww]hat|[Hh]ow) about)[\s,]+"
    r"(?P<thing>an?(?:\s[a-z]+){1,2}|[A-Z]\w+(?:\s[A-Z]\w+)?)\W*"
)

# "Who proposed that?", "When was this discovered?": of a thing that is said or found out, which a clause can stand for.
_FOUND_OUT = (
    r"(?:said|claimed|proposed|proved|showed|shown|discovered|found out|worked out|figured out|explained|suggested"
    r"|argued|thought|believed|reported|revealed|disclosed|announced|knew|known|noticed|observed|demonstrated"
    r"|predicted|denied|confirmed|learnt|learned|realised|realized|established|described|admitted)"
)
_OF_WHAT_WAS_SAID = re.compile(
    rf"{_LINK}(?:(?P<who>who\s+(?:first\s+)?{_FOUND_OUT})\s+(?:this|that)"
    rf"|(?P<when>(?:when|where|how|why|by whom)\s+(?:was|is))\s+(?:this|that)\s+(?P<found>(?:first\s+)?{_FOUND_OUT})"
    r")\W*",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"(?:{AUXILIARY}|who|whom|whose|what|which|when|where|why|how|in|on|at|by|with|from|for|to|the|an?|his|her|its|their"
    r"|he|she|it|they|this|that|these|those)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RewrittenQuestion:
    """A question as it is searched for, and as it is asked of the passages found."""

    searched_for: str
    asked: str


def rewrite_question(question: str, turns: Sequence[Turn | str]) -> RewrittenQuestion:
    """Return what to search for and what to ask of what is found.

    Parameters
    ----------
    question : str
        The question as asked.
    turns : sequence of Turn or str
        What was asked before in the conversation, oldest first, with the answers where they are known.

    Returns
    -------
    RewrittenQuestion
        Of the question itself where it is standalone.
    """
    question = without_pleasantries(question)
    history = [Turn(turn) if isinstance(turn, str) else turn for turn in turns]
    if not history or not _is_follow_up(question):
        return RewrittenQuestion(question, question)
    earlier = next((turn for turn in reversed(history) if not _is_follow_up(turn.question)), history[-1])
    if changed := _changed(earlier.question, question) or _of_another(earlier.question, question):
        return RewrittenQuestion(changed, changed)
    # What is searched for finds the passages; these speak of a person or a thing as the question does, by pronouns.
    standing = (
        _named(earlier, question)
        or _with_topic(earlier.question, question)
        or _with_clause(earlier.question, question)
        or _joined(earlier.question, question)
    )
    return RewrittenQuestion(standing, question)


def _with_topic(earlier: str, question: str) -> str | None:
    """Return the question with what the earlier one is about in place of its pronoun, where the two agree in number."""
    pronoun = _THING.search(question)
    about = topic(earlier) if pronoun else None
    if pronoun is None or about is None or about.plural != (pronoun["many"] is not None):
        return None
    words = about.text
    if pronoun[0].lower() in {"its", "their"}:
        if " of " in words:
            # Of "the engineer of the company" it may be the company's.
            return None
        words += "'" if about.plural and words.endswith("s") else "'s"
    return _without_link(f"{question[: pronoun.start()]}{words}{question[pronoun.end() :]}")


def _with_clause(earlier: str, question: str) -> str | None:
    """Return the question with the earlier one as a clause in place of its "that", if it asks who found that out."""
    asked = _OF_WHAT_WAS_SAID.fullmatch(question)
    known = clause(earlier) if asked else None
    if asked is None or known is None:
        return None
    asks = asked["who"] or f"{asked['when']} it {asked['found']}"
    return f"{asks[0].upper()}{asks[1:]} {known}?"


def _joined(earlier: str, question: str) -> str:
    """Return both questions as one."""
    question = _LINKED.sub("", question)
    if _OPENING.match(question):
        question = question[0].lower() + question[1:]
    return f"{earlier.strip().rstrip('?.! ')}, and {question}"


def _of_another(earlier: str, question: str) -> str | None:
    """Return the earlier question asked of something else, if that is all that the later one says."""
    other = _ANOTHER.fullmatch(question)
    about = topic(earlier) if other else None
    if other is None or about is None or not _alike(about.text, other["thing"]):
        return None
    return f"{earlier.strip().rstrip('?.! ').replace(about.text, other['thing'], 1)}?"


def _without_link(question: str) -> str:
    """Return the question without the "and" that ties it to the one before."""
    rest = _LINKED.sub("", question)
    return rest[:1].upper() + rest[1:]


def _named(earlier: Turn, question: str) -> str | None:
    """Return the question with the name of the person whom an earlier turn is about, if it has a pronoun for one."""
    named = _WHO_IS.fullmatch(earlier.question.strip())
    if named is None and earlier.question[:3].lower() == "who":
        named = _ANSWER_NAMES.fullmatch(earlier.answer or "")
    pronoun = _PERSON.search(question)
    if named is None or pronoun is None:
        return None
    name = named["name"] + ("'s" if pronoun["whose"] else "")
    return f"{question[: pronoun.start()]}{name}{question[pronoun.end() :]}"


def _changed(earlier: str, question: str) -> str | None:
    """Return the earlier question with the question word or year of the later one, if that is all there is to it."""
    earlier = earlier.strip().rstrip("?.! ")
    if (bare := _BARE.fullmatch(question)) and (statement := _OF_A_STATEMENT.fullmatch(earlier)):
        rest = statement["rest"]
        return f"{bare['word'].capitalize()} {rest[0].lower()}{rest[1:]}?"
    if year := _YEAR.fullmatch(question):
        return f"{_YEAR_AT_THE_END.sub('', earlier)} {year['year'].lower()}?"
    return None


def question_back(question: str) -> str | None:
    """Return what to ask back of the first question of a conversation that refers to an earlier one: "When?"."""
    question = without_pleasantries(question)
    words = re.findall(r"\w+", question.lower())
    if not words or len(question) > _LONGEST_BARE or not (_refers(question) or _YEAR.fullmatch(question)):
        return None
    year = _YEAR.fullmatch(question)
    if year is None and not set(words) <= _SAYS_NOTHING:
        return None
    asked = next((word for word in words if word in _ASKED_BACK), "")
    back = _ASKED_BACK.get(asked, "What do you mean?")
    if year:
        back = f"What about the time {year['year'].lower()}?"
    elif _PERSON.search(question):
        back = "Whom do you mean?"
    return f"{back} Nothing was asked before that this can refer to: please ask the whole question."


def _refers(question: str) -> bool:
    return _is_follow_up(question) or _MORE.fullmatch(question) is not None


def is_standalone(question: str) -> bool:
    """Return whether a question, asked in a conversation, can be understood without what came before."""
    return not _is_follow_up(without_pleasantries(question))


def _alike(one: str, other: str) -> bool:
    """Return whether both are any of a kind ("a queen"), or both go by a name of their own."""
    kinds = [bool(re.match(r"an?\s", phrase)) for phrase in (one, other)]
    return all(kinds) or (not any(kinds) and one[0].isupper() and other[0].isupper())


def _is_follow_up(question: str) -> bool:
    if len(terms(question)) < _FEWEST_TERMS or _OPENS_LIKE_MORE.match(question):
        return True
    pronoun = _PRONOUN.search(question)
    # A pronoun that follows two terms or more refers, as a rule, to one of them.
    return pronoun is not None and len(terms(question[: pronoun.start()])) < _FEWEST_TERMS
