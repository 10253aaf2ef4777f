"""Rewrite a follow-up as a standalone question, without a language model.

Earlier turns are rewritten first, so that a follow-up of a follow-up has something to refer to. A follow-up that
changes one part of the question before, such as its question word ("Why?", "By whom?"), its time or place ("and in
2014?", "and to Toulon?") or its topic ("and a drone?"), becomes that question with the change. A pronoun is replaced
by what `qa.retrieval.references` finds in the latest turn with a match in kind and number; "that" in "Who proved
that?" by the question before as a clause: "Who proved why the cells are six-sided?". Any other follow-up is appended
to the last standalone question: "Which jets did China buy, and which missiles?". A standalone question is not
changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from qa.retrieval.references import answered, nth, person, person_pronoun, place, thing
from qa.text.lexicon import AUXILIARY, PREPOSITIONS, is_noun, is_only_plural, listed, parts_of_speech, past_of
from qa.text.small_talk import without_pleasantries
from qa.text.tokens import terms
from qa.text.topic import clause, topic
from qa.types import Turn

_WHAT_IS = re.compile(
    r"(?:what|who)(?:'s| is| are| was| were)\s+(?P<any>an?\s+)?"
    r"(?!(?:it|that|this|these|those|they|he|she|there|what|who|next|else|more|new|wrong)\b)(?P<word>[^\W\d_][\w-]*)\W*",
    re.IGNORECASE,
)
_OPENS_LIKE_MORE = re.compile(r"(?:and|but|so|or|what about|how about)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs)\b"
    r"|\b(?:did|do|does|is|was|were|are|about|of|by|after|before|since)\s+(?:this|that|these|those|then)\b"
    r"|\b(?:this|that|these|those|there|then)\W*$",
    re.IGNORECASE,
)
_MIN_TERMS = 2  # of a standalone question
_MAX_TURNS = 12  # to which a follow-up may refer; the work is quadratic in them
_LINK = r"(?:(?:and|but|so|or|what about|how about)\b[\s,]*)?"
_LINKED = re.compile(r"^(?:and|but|so|or)\b[\s,]*", re.IGNORECASE)
_BARE = re.compile(
    rf"{_LINK}(?P<word>why|when|where|how|(?:by|with|to|for|from)\s+whom|(?:of|from|with|by|for|about)\s+what|from\s+where|since\s+when|in\s+(?:which|what)\s+year"
    r"|for\s+how\s+long)(?:\s+(?:then|so|not|exactly|(?:did|was)\s+(?:that|this|it)(?:\s+happen)?))?\W*",
    re.IGNORECASE,
)
_IN_YEAR = r"(?:in|by|since|until|before|after)\s++\d{4}"
YEAR = re.compile(rf"{_LINK}(?P<year>{_IN_YEAR})\W*", re.IGNORECASE)
# The lookbehind keeps a long run of spaces from taking quadratic time.
_YEAR_AT_THE_END = re.compile(rf"(?<!\s)\s++{_IN_YEAR}$", re.IGNORECASE)
# A question that is a whole statement without its question word: "When did the cable break?".
_OF_A_STATEMENT = re.compile(
    rf"(?:(?:why|when|where|how(?:\s+(?:long|often|far))?)\s+)?(?P<rest>{AUXILIARY}\s.+)",
    re.IGNORECASE | re.DOTALL,
)
_WHO_DID = re.compile(r"who\s+(?:first\s+)?(?P<verb>\w+)\s+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_MAX_NAME_CHARACTERS = 60
# "And to Toulon?", "And after three weeks?": a prepositional phrase alone.
_PHRASE = re.compile(
    r"(?:(?:and|but|what about|how about)\b[\s,]*)(?P<phrase>(?P<word>[a-z]+)(?:\s+[^\s?.!]+){1,5})\W*", re.IGNORECASE
)
_POINTERS = frozenset({"that", "this", "then", "it", "them", "those", "these"})
_SAME_KIND: tuple[frozenset[str], ...] = (
    *map(frozenset, (("to",), ("from",), ("for",), ("with", "without"), ("of",))),
    frozenset({"in", "on", "at", "after", "before", "during", "by", "since", "until", "under"}),
)
_WHOSE = re.compile(rf"{_LINK}(?:his|her|its|their)\s+(?P<noun>\w+(?:\s+\w+)?)\W*", re.IGNORECASE)
_THERE = re.compile(
    r"\bthere\b(?!\s+(?:is|are|was|were|be)\b)(?<!is there)(?<!are there)(?<!was there)(?<!were there)", re.IGNORECASE
)
_THAT = re.compile(rf"\b{AUXILIARY}\s+(this|that|these|those)\s+(?!happen|change)\w", re.IGNORECASE)
_SUBJECT_PRONOUN = re.compile(rf"\b{AUXILIARY}\s+(?:he|she|it|they)\b", re.IGNORECASE)
_ONE_OF_SEVERAL = re.compile(r"\bthe\s+(?:first|second|third|fourth|last|other|latter|former)\s+one\b", re.IGNORECASE)
_ADJECTIVE_ONE = re.compile(r"\bthe\s+(?P<adjective>[a-z]+)\s+ones?\b", re.IGNORECASE)
_GOES_ON = re.compile(r"\b(?:who|what|where|which)\s+else\b|\bnext\W*$", re.IGNORECASE)
_HAS_A_NOUN = re.compile(r"\b(?:the|an?|each|every)\s|\s[A-Z]\w|'s\b")
_THAT_OF = re.compile(rf"{_LINK}(?:that|those)\s+of\s+(?P<thing>[^?]+?)\W*", re.IGNORECASE)
_CAPITAL = re.compile(r"\s[A-Z]")
_MORE = re.compile(
    r"(?:(?:please|and|ok|so|can you|could you)\s+)*(?:tell me more|more|go on|continue|explain|elaborate|say more"
    r"|what else|anything else|what about (?:it|that|this|them))"
    r"(?:\s+(?:please|about (?:it|that|this|them)|details?))*\W*",
    re.IGNORECASE,
)
_THING = re.compile(r"\b(?:it|its|(?P<many>they|them|their))\b", re.IGNORECASE)
# "And a drone?", "What about China?": the same question about something else.
_ANOTHER = re.compile(
    r"(?:[Aa]nd|[Bb]ut|(?:[Aa]nd |[Bb]ut )?(?:[Ww]hat|[Hh]ow) about)[\s,]+"
    r"(?P<thing>(?:an?|the)(?:\s[a-z]+){1,2}|[A-Z]\w+(?:\s[A-Z]\w+)?|[a-z]+s)\W*"
)
_NAMES = re.compile(r"[A-Z]\w*(?:\s[A-Z]\w*)*(?=\s[a-z])")
_DETERMINED = re.compile(r"(?:an?|the)\s", re.IGNORECASE)
_CODE = re.compile(r"\b[A-Z]+\d+\b")
# "And the price?" asks for something of the same thing.
_ATTRIBUTES = listed(
    "year date day time age name place address reason cause result price cost fee number size length height width "
    "depth weight speed area colour color population meaning end beginning start first second third last other others "
    "rest same"
)

# "Who proposed that?", "When was this discovered?": verbs whose object can be a clause.
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
    """A question as searched for, as asked of the passages, and the standalone question before it."""

    searched_for: str
    asked: str
    before: str = field(default="", compare=False)


def rewrite_question(question: str, turns: Sequence[Turn | str]) -> RewrittenQuestion:
    """Return what to search for, and what to ask of the passages found.

    Parameters
    ----------
    question : str
        The question as asked.
    turns : sequence of Turn or str
        Earlier questions, oldest first, with their answers if known.

    Returns
    -------
    RewrittenQuestion
        The question itself if it is standalone.
    """
    conversation = _Conversation()
    for turn in turns[-_MAX_TURNS:]:
        conversation.add(Turn(turn) if isinstance(turn, str) else turn)
    return replace(conversation.rewritten(without_pleasantries(question))[0], before=conversation.before)


class _Conversation:
    """The turns of a conversation, their questions rewritten as far as possible."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._base = ""  # the question that a bare follow-up changes
        self._standalone = ""  # the question to which other follow-ups are appended
        self._women: dict[str, bool] = {}

    @property
    def before(self) -> str:
        """The latest standalone question."""
        return self._standalone

    def add(self, turn: Turn) -> None:
        """Add a turn, and note the sex of the person that its pronoun refers to."""
        question = without_pleasantries(turn.question)
        rewritten, joined = self.rewritten(question)
        if not joined:
            self._base = rewritten.searched_for
            # Nothing is appended to a bare question word.
            if not _BARE.fullmatch(question):
                self._standalone = rewritten.searched_for
        if (pronoun := person_pronoun(question)) and (name := person(self._turns, pronoun.female, self._women)):
            self._women[name] = pronoun.female
        self._turns.append(Turn(question if joined else rewritten.searched_for, turn.answer))

    def rewritten(self, question: str) -> tuple[RewrittenQuestion, bool]:
        """Return the rewritten question, and whether it was appended to the one before."""
        if not self._turns or not _is_follow_up(question):
            return RewrittenQuestion(question, question), False
        answer = self._turns[-1].answer
        changed = (
            _changed(self._base, question, answer)
            or _of_another(self._base, question)
            or _with_phrase(self._base, question)
            or nth(self._turns, question)
            or self._one(question)
            or self._more(question)
            or self._of_whose(question)
        )
        if changed:
            return RewrittenQuestion(changed, changed), False
        # The rewritten question finds the passages; the reader gets the original, as passages use pronouns too.
        named = self._named(question)
        standing = (
            self._with_thing(named or question, but=named)
            or named
            or self._with_place(question)
            or _with_clause(self._base, question)
            or self._with_that(question)
        )
        return RewrittenQuestion(standing or _joined(self._standalone, question), question), standing is None

    def _named(self, question: str) -> str | None:
        """Replace a pronoun for a person by the name."""
        pronoun = person_pronoun(question)
        name = person(self._turns, pronoun.female, self._women) if pronoun else None
        if pronoun is None or name is None:
            return None
        possessive = "'s" if pronoun.whose else ""
        return f"{question[: pronoun.start]}{name}{possessive}{question[pronoun.end :]}"

    def _with_thing(self, question: str, *, but: str | None) -> str | None:
        """Replace "it" or "they" by what it refers to, which is not the person named in `but`."""
        pronoun = _THING.search(question)
        about = thing(self._turns, plural=pronoun["many"] is not None) if pronoun else None
        if pronoun is None or about is None or about in (but or ""):
            return None
        if pronoun[0].lower() in {"its", "their"}:
            if " of " in about:
                # "its" after "the engineer of the company" may be the company's.
                return None
            about += "'" if pronoun["many"] and about.endswith("s") else "'s"
        return _without_link(f"{question[: pronoun.start()]}{about}{question[pronoun.end() :]}")

    def _with_that(self, question: str) -> str | None:
        """Replace "that" by the last answer, if that is a thing."""
        that, latest = _THAT.search(question), self._turns[-1]
        about = answered(latest, plural=False) or answered(latest, plural=True) if that else None
        return _without_link(f"{question[: that.start(1)]}{about}{question[that.end(1) :]}") if that and about else None

    def _with_place(self, question: str) -> str | None:
        """Replace "there" by the place."""
        there = _THERE.search(question)
        where = place(self._turns) if there else None
        return (
            _without_link(f"{question[: there.start()]}{where}{question[there.end() :]}") if there and where else None
        )

    def _more(self, question: str) -> str | None:
        """Rewrite "Tell me more" with the topic."""
        if not _MORE.fullmatch(question):
            return None
        about = topic(self._base)
        named = person(self._turns[-1:], False, {}) or (about and about.text)
        return f"Tell me more about {named}" if named else None

    def _of_whose(self, question: str) -> str | None:
        """Ask the question before about "his assistant" instead of him."""
        asked, about = _WHOSE.fullmatch(question), topic(self._base)
        if asked and about and " of " in about.text:
            # "What about its price?" after "What is the weight of the pump?"
            whose = f"the {asked['noun']} of {about.text.rpartition(' of ')[2]}"
            return f"{_stripped(self._base).replace(about.text, whose, 1)}?"
        if asked is None or about is None or about.plural or not about.text[0].isupper():
            return None
        whose = f"{about.text}'s {asked['noun']}"
        return f"{_stripped(self._base).replace(about.text, whose, 1)}?"

    def _one(self, question: str) -> str | None:
        """Replace "one" in "the lower one" by the topic of the question before."""
        one, about = _ADJECTIVE_ONE.search(question), topic(self._base)
        if one is None or about is None or "ADJ" not in parts_of_speech(one["adjective"].lower()):
            return None
        noun = _DETERMINED.sub("", about.text, count=1)
        return _without_link(f"{question[: one.end('adjective')]} {noun}{question[one.end() :]}")


def _with_clause(earlier: str, question: str) -> str | None:
    """Replace "that" in "Who found that out?" by the earlier question as a clause."""
    asked = _OF_WHAT_WAS_SAID.fullmatch(question)
    known = clause(earlier) if asked else None
    if asked is None or known is None:
        return None
    asks = asked["who"] or f"{asked['when']} it {asked['found']}"
    return f"{asks[0].upper()}{asks[1:]} {known}?"


def _joined(earlier: str, question: str) -> str:
    """Append a question to an earlier one."""
    question = _LINKED.sub("", question)
    if _OPENING.match(question):
        question = question[0].lower() + question[1:]
    return f"{earlier.strip().rstrip('?.! ')}, and {question}"


def _of_another(earlier: str, question: str) -> str | None:
    """Ask the earlier question about something else, if the later one only names that."""
    if (of := _THAT_OF.fullmatch(question)) and " of " in earlier:
        return f"{earlier.rpartition(' of ')[0]} of {of['thing']}?"
    other = _ANOTHER.fullmatch(question)
    if other is None:
        return None
    about = topic(earlier)
    if _CODE.fullmatch(other["thing"]) and len(codes := _CODE.findall(earlier)) == 1:
        replaced = codes[0]
    elif about and _alike(about.text, other["thing"]):
        replaced = about.text
    elif (
        about
        and _DETERMINED.match(about.text)
        and other["thing"][0].isupper()
        and len(names := _NAMES.findall(about.text)) == 1
    ):
        # "And Intensive?" after "How long does the Eco programme take?"
        replaced = names[0]
    else:
        return None
    return f"{_stripped(earlier).replace(replaced, other['thing'], 1)}?"


def _stripped(question: str) -> str:
    """Return a question without its question mark."""
    return question.strip().rstrip("?.! ")


def _without_link(question: str) -> str:
    """Return the question without a leading "and"."""
    rest = _LINKED.sub("", question)
    return rest[:1].upper() + rest[1:]


def _changed(earlier: str, question: str, answer: str | None) -> str | None:
    """Return the earlier question with the later one's question word or year, if it consists of that alone."""
    earlier = earlier.strip().rstrip("?.! ")
    bare = _BARE.fullmatch(question)
    if bare and (statement := _OF_A_STATEMENT.fullmatch(earlier)):
        rest = statement["rest"]
        return f"{_capitalised(bare['word'])} {rest[0].lower()}{rest[1:]}?"
    if bare and (asked := _WHO_DID.fullmatch(earlier)) and answer and len(answer) <= _MAX_NAME_CHARACTERS:
        verb = past_of(asked["verb"].lower())
        return f"{_capitalised(bare['word'])} did {answer} {verb} {asked['rest']}?" if verb else None
    if year := YEAR.fullmatch(question):
        return f"{_YEAR_AT_THE_END.sub('', earlier)} {year['year'].lower()}?"
    return None


def _capitalised(words: str) -> str:
    return words[0].upper() + words[1:].lower()


def _with_phrase(earlier: str, question: str) -> str | None:
    """Replace the phrase at the end of the earlier question by one of the same kind: "to Toulon"."""
    asked = _PHRASE.fullmatch(question)
    kind = next((each for each in _SAME_KIND if asked and asked["word"].lower() in each), None)
    if asked is None or kind is None or {*asked["phrase"].lower().split()[1:]} <= _POINTERS:
        return None
    earlier = earlier.strip().rstrip("?.! ")
    phrase = asked["phrase"][0].lower() + asked["phrase"][1:]
    ends = re.search(rf"\s(?:{'|'.join(sorted(kind))})(?:\s+[^\s,]+){{1,5}}$", earlier, re.IGNORECASE)
    if ends:
        return f"{earlier[: ends.start()]} {phrase}?"
    return f"{earlier} {phrase}?" if "in" in kind and _OF_A_STATEMENT.fullmatch(earlier) else None


def is_standalone(question: str) -> bool:
    """Return whether a question can be understood without the earlier ones."""
    return not _is_follow_up(without_pleasantries(question))


def _alike(one: str, other: str) -> bool:
    """Return whether both phrases have an article ("a queen"), both are names, or both bare plurals."""
    last = other.rsplit(maxsplit=1)[-1]
    if last in _ATTRIBUTES:
        return False
    if _DETERMINED.match(one) or _DETERMINED.match(other):
        return bool(_DETERMINED.match(one) and _DETERMINED.match(other))
    return (one[0].isupper() and other[0].isupper()) or (
        is_only_plural(last) and is_only_plural(one.rsplit(maxsplit=1)[-1])
    )


def _names_a_thing(question: str) -> bool:
    """Return whether a question asks what something is and names it: "What is a drone?"."""
    asked = _WHAT_IS.fullmatch(question.strip())
    return asked is not None and (
        asked["any"] is not None or asked["word"][0].isupper() or is_noun(asked["word"].lower())
    )


def _is_follow_up(question: str) -> bool:
    if _names_a_thing(question):
        return False
    if len(terms(question)) < _MIN_TERMS or _OPENS_LIKE_MORE.match(question) or _MORE.fullmatch(question):
        return True
    one, named = _ADJECTIVE_ONE.search(question), person_pronoun(question)
    if (
        _ONE_OF_SEVERAL.search(question)
        or _GOES_ON.search(question)
        or (one and not _names_of_things(question[: one.start()]))
        or (named and not _HAS_A_NOUN.search(question[: named.start]))
    ):
        return True
    pronoun = _PRONOUN.search(question)
    # A pronoun after two or more terms usually refers to one of them, unless it is the subject.
    if pronoun is not None and len(_names_of_things(question[: pronoun.start()])) < _MIN_TERMS:
        return True
    subject = _SUBJECT_PRONOUN.search(question)
    return subject is not None and not _CAPITAL.search(question[: subject.start()])


def _names_of_things(text: str) -> list[str]:
    """Return the terms of a text that can be nouns."""
    words = (word for word in text.split() if word.lower() not in PREPOSITIONS)
    return terms(" ".join(word for word in words if is_noun(word.lower())))
