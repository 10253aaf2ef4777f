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

from qa.retrieval.elaboration import asks_to_elaborate, elaborated
from qa.retrieval.ellipsis import BARE, LINKS, completed, of_other_object
from qa.retrieval.preamble import claim, without_preamble
from qa.retrieval.references import (
    ITEM,
    MENTIONED,
    PERSON,
    answered,
    is_female,
    is_ordinal,
    item,
    mentioned,
    person,
    place,
    thing,
)
from qa.retrieval.substitution import ATTRIBUTES, LINK
from qa.text.lexicon import (
    AUXILIARY,
    OPENS_A_QUESTION,
    PREPOSITIONS,
    is_base,
    is_known,
    is_noun,
    is_participle,
    parts_of_speech,
)
from qa.text.lines import one_line
from qa.text.small_talk import is_small_talk, message_parts
from qa.text.spans import replaced
from qa.text.tokens import terms
from qa.text.topic import clause, topic
from qa.types import Turn

_WHAT_IS = re.compile(
    r"(?:what|who)(?:'s| is| are| was| were)\s+(?P<any>an?\s+)?"
    r"(?!(?:it|that|this|these|those|they|he|she|there|what|who|next|else|more|new|wrong)\b)(?P<word>[^\W\d_][\w-]*)\W*",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs)\b"
    r"|\b(?:did|do|does|is|was|were|are|about|of|by|after|before|since)\s+(?:this|that|these|those|then)\b"
    r"|\b(?:this|that|these|those|there|then)\W*$|\b(?:this|that)\s+one\b",
    re.IGNORECASE,
)
_MIN_TERMS = 2  # of a standalone question
_MIN_PASTED_CHARACTERS = 120
_LEAD = re.compile(r"(?:Yes|No)\.\s")  # of an answer
_DENIES = re.compile(r"No\b[.,]")
_ONLY_WHY = re.compile(rf"{LINK}?why(?:\s+(?:so|is\s+that))?\W*", re.IGNORECASE)
_MAX_TURNS = 12  # to which a follow-up may refer; the work is quadratic in them
_CONJUNCTION = re.compile(r"^(?:and|but|so|or)\b[\s,]*", re.IGNORECASE)
# "Who has to do what?", "How much is the rent?": not many words, but a whole question.
_ASKS_TWICE = re.compile(r"who\s.+\s(?:what|whom|which\s\w+)\W*", re.IGNORECASE)
_OF_ONE_NOUN = re.compile(
    rf"(?:who|what|where|when|why|how(?:\s\w+)?|which\s\w+)(?:'s|\s{AUXILIARY}|\s\w+s)\s(?:the|an?)\s(?P<noun>\w+)\W*",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"\bthere\b(?!\s+(?:is|are|was|were|be)\b)(?<!is there)(?<!are there)(?<!was there)(?<!were there)", re.IGNORECASE
)
_THAT = re.compile(rf"\b{AUXILIARY}\s+(this|that|these|those)\s+(?!happen|change)(?P<verb>\w+)", re.IGNORECASE)
_SUBJECT_PRONOUN = re.compile(rf"\b{AUXILIARY}\s+(?:he|she|it|they|(?P<that>this|that|these|those))\b", re.IGNORECASE)
_ADJECTIVE_ONE = re.compile(r"\b(?:the|an?)\s+(?P<adjective>[a-z]+)\s+ones?\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"\b(?:who|what|where|which)\s+else\b|\bnext\W*$|\bwhich\s+(?:ones?|of\s+(?:them|these|those))\b", re.IGNORECASE
)
# What a pronoun after it cannot refer to: "Which Python version does it need?".
_ASKED_FOR = re.compile(r"(?:\w+\s)?(?:which|what|whose|how)(?:\s\w+){0,3}\s*", re.IGNORECASE)
_WHOLE = re.compile(
    rf"{OPENS_A_QUESTION}\s|who\s|what\shappen(?:s|ed)\s"
    rf"|(?:\w+\s)?(?:what|when|where|why|how|which|whom|whose)\b[^?]*?\s{AUXILIARY}\b",
    re.IGNORECASE,
)
# "Is it true that bees sleep?"
_IMPERSONAL = re.compile(
    r"\bit\s+(?:true|possible|necessary|important|likely|correct|allowed|easy|hard)\s+(?:that|to|for)\b", re.IGNORECASE
)
_HAS_A_NOUN = re.compile(r"\b(?:the|an?|each|every)\s|\s[A-Z]\w|'s\b")
_CAPITAL = re.compile(r"\s[A-Z]")
_THING = re.compile(
    r"\b(?:it(?!\s+(?:rain|snow|hail|freez)\w*)|its|(?:this|that)\s+one|(?P<many>they|them|their))\b", re.IGNORECASE
)
# "Who proposed that?", "When was this discovered?": verbs whose object can be a clause.
_FOUND_OUT = (
    r"(?:said|claimed|proposed|proved|showed|shown|discovered|found out|worked out|figured out|explained|suggested"
    r"|argued|thought|believed|reported|revealed|disclosed|announced|knew|known|noticed|observed|demonstrated"
    r"|predicted|denied|confirmed|learnt|learned|realised|realized|established|described|admitted)"
)
_OF_WHAT_WAS_SAID = re.compile(
    rf"(?:(?:and|but|so)\b[\s,]*)?(?:(?P<who>who\s+(?:first\s+)?{_FOUND_OUT})\s+(?:this|that)"
    rf"|(?P<when>(?:when|where|how|why|by whom)\s+(?:was|is))\s+(?:this|that)\s+(?P<found>(?:first\s+)?{_FOUND_OUT})"
    r")\W*",
    re.IGNORECASE,
)
_TAKES = re.compile(
    rf"(?P<asks>(?:and\s+)?how\s+(?:long|much(?:\s+\w+)?)\s+{AUXILIARY})\s+(?:it|this|that)\s+(?P<verb>take|cost)\W*",
    re.IGNORECASE,
)
# "When did it do that?" asks when that happened.
_DOES_THAT = re.compile(
    rf"{LINK}?(?P<asks>when|where|why|how)\s+{AUXILIARY}\s+(?:he|she|it|they)\s+(?:\w+\s+)?do\s+(?:it|so|that|this)\W*",
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    r"how\s+(?:do|does|can|could|should|would|must)\s+(?:i|you|we|one|people)\s+(?P<do>[^?]+?)\W*", re.IGNORECASE
)
_OPENING = re.compile(
    rf"^(?:{AUXILIARY}|who|whom|whose|what|which|when|where|why|how|in|on|at|by|with|from|for|to|of|since|until|the|an?|his|her|its|their"
    r"|he|she|it|they|this|that|these|those)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RewrittenQuestion:
    """A question as searched for, as asked of the passages, and the standalone question before it.

    It is `joined` if it was appended to an earlier one, and a `claim` if it is a statement to be checked.
    """

    searched_for: str
    asked: str
    before: str = field(default="", compare=False)
    joined: bool = field(default=False, compare=False)
    claim: bool = field(default=False, compare=False)

    @property
    def answered(self) -> str:
        """The question that the reply answers: of two whole questions joined for the search, the second one."""
        if self.claim:
            return f"Is it true that {_OPENING.sub(lambda opening: opening[0].lower(), self.searched_for)}?"
        return self.asked if self.joined and _has_a_verb(self.asked) else self.searched_for


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
    question = without_preamble(question)
    if asked := _asked_of_pasted_text(question):
        return RewrittenQuestion(question, asked, conversation.before, joined=True)
    stated = claim(question)
    rewritten = replace(conversation.rewritten(stated or question), before=conversation.before)
    return replace(rewritten, claim=stated is not None and not rewritten.joined)


def _asked_of_pasted_text(question: str) -> str | None:
    """Return the question on the first or last line of a long text that finds the passages."""
    first, _, after = question.strip().partition("\n")
    before, _, last = question.strip().rpartition("\n")
    for line, text in ((last, before), (first, after)):
        if len(text) >= _MIN_PASTED_CHARACTERS and line.rstrip().endswith("?") and _has_a_verb(line):
            return line.strip()
    return None


class _Conversation:
    """The turns of a conversation, their questions rewritten as far as possible."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._base = Turn("")  # the question that a fragment changes
        self._standalone = ""  # the question to which other follow-ups are appended
        self._appended = ""  # the last of these, if nothing else was asked since
        self._denied = False  # by the last answer
        self._women: dict[str, bool] = {}

    @property
    def before(self) -> str:
        """The latest standalone question."""
        return self._standalone

    def add(self, turn: Turn) -> None:
        """Add a turn, and note the sex of the person that its pronoun refers to."""
        self._denied = _DENIES.match(turn.answer or "") is not None
        turn = replace(turn, answer=_LEAD.sub("", turn.answer) if turn.answer else turn.answer)
        question = one_line(without_preamble(turn.question))
        if all(map(is_small_talk, message_parts(question))):
            # "The second one" may refer to the reply, but nothing is asked again.
            self._turns.append(Turn(question, turn.answer))
            return
        rewritten = self.rewritten(question)
        joined = rewritten.joined
        known = rewritten.asked if joined else rewritten.searched_for
        if not joined or (_has_a_verb(known) and terms(known)):
            self._base = Turn(known, turn.answer)
            self._appended = question if joined else ""
        # Nothing is appended to a bare question word.
        if not joined and not BARE.fullmatch(question):
            self._standalone = known
        pronoun = PERSON.search(question)
        if pronoun and (name := person(self._turns, is_female(pronoun), self._women)):
            self._women[name] = is_female(pronoun)
        self._turns.append(Turn(known, turn.answer))

    def rewritten(self, question: str) -> RewrittenQuestion:
        """Return the rewritten question, given the turns so far."""
        if not self._turns or not _is_follow_up(question):
            question = _without_link(question) if self._turns and _CONJUNCTION.match(question) else question
            return RewrittenQuestion(question, question)
        question = one_line(question)
        if again := elaborated(question, self._base, self._turns[-1]):
            return RewrittenQuestion(again, again)
        known = self._phrases_resolved(question)
        earlier, does_that = self._base, _DOES_THAT.fullmatch(question)
        fragment = does_that["asks"] if does_that else known
        if self._denied and _ONLY_WHY.fullmatch(fragment):
            fragment = "why not?"
        changed = completed(earlier.question, earlier.answer, fragment) or _to_do(earlier.question, known)
        if changed:
            return RewrittenQuestion(changed, changed)
        # The rewritten question finds the passages; the reader gets the original, as passages use pronouns too.
        named = self._named(known)
        standing = None
        if not does_that and (named or not PERSON.search(known)):
            standing = (
                self._with_thing(named or known, but=named)
                or named
                or self._with_place(known)
                or _with_clause(self._base.question, known)
                or self._with_that(known)
            )
        if standing is None and known != question:
            question = _without_link(known)
            standing = question if _has_a_verb(known) else None
        if standing is None:
            asked = of_other_object(earlier.question, question) or question
            return RewrittenQuestion(self._joined(question), asked, joined=True)
        return RewrittenQuestion(standing, question)

    def _phrases_resolved(self, question: str) -> str:
        """Replace "the second one", "the lower one" or "the firm you mentioned first" by what it refers to."""
        resolved = item(self._turns, question, self._base.question) or mentioned(self._turns, question)
        return resolved or self._one(question) or question

    def _named(self, question: str) -> str | None:
        """Replace a pronoun for a person by the name."""
        pronoun = PERSON.search(question)
        name = person(self._turns, is_female(pronoun), self._women) if pronoun else None
        if pronoun is None or name is None:
            return None
        return _without_link(replaced(question, pronoun.span(), f"{name}'s" if pronoun["whose"] else name))

    def _with_thing(self, question: str, *, but: str | None) -> str | None:
        """Replace "it" or "they" by what it refers to, which is not the person named in `but`."""
        pronoun = _THING.search(question)
        about = thing(self._turns, question, plural=pronoun["many"] is not None) if pronoun else None
        if pronoun is None or about is None or about in (but or ""):
            return None
        if pronoun[0].lower() in {"its", "their"}:
            if " of " in about:
                # "its" after "the engineer of the company" may be the company's.
                return None
            about += "'" if pronoun["many"] and about.endswith("s") else "'s"
        return _without_link(replaced(question, pronoun.span(), about))

    def _with_that(self, question: str) -> str | None:
        """Replace "that" by the last answer, if that is a thing."""
        that, latest = _THAT.search(question), self._turns[-1]
        if that is None or not (is_base(verb := that["verb"].lower()) or is_participle(verb)):
            return None
        about = answered(latest, plural=False) or answered(latest, plural=True) or thing([latest], plural=False)
        return _without_link(replaced(question, that.span(1), about)) if about else None

    def _with_place(self, question: str) -> str | None:
        """Replace "there" by the place."""
        there = _THERE.search(question)
        if there is None or (where := place(self._turns)) is None:
            return None
        return _without_link(replaced(question, there.span(), where))

    def _one(self, question: str) -> str | None:
        """Replace "one" in "the lower one" by the topic of the question before."""
        one, about = _ADJECTIVE_ONE.search(question), topic(self._base.question)
        adjective = one["adjective"].lower() if one else ""
        if one is None or about is None or "ADJ" not in parts_of_speech(adjective) or is_ordinal(adjective):
            return None
        words = about.text.split()
        # "a red light" gives "a green light", but "the spray arm" "the lower spray arm".
        kept = [word for word in words[1:-1] if "ADJ" not in parts_of_speech(word.lower())]
        noun = " ".join([*kept, words[-1]])
        return replaced(question, (one.end("adjective"), one.end()), f" {noun}")

    def _joined(self, question: str) -> str:
        """Append a question to the last standalone one; a fragment also to what was appended to that."""
        if not self._standalone:
            return _without_link(question)
        after = [question] if _has_a_verb(question) else [self._appended, question]
        after = [_OPENING.sub(lambda opening: opening[0].lower(), LINKS.sub("", part), count=1) for part in after]
        parts = (part.strip().rstrip("?.! ") for part in (self._standalone, *after))
        return f"{', and '.join(filter(None, parts))}?"


def _with_clause(earlier: str, question: str) -> str | None:
    """Replace "that" in "Who found that out?" by the earlier question as a clause."""
    asked = _OF_WHAT_WAS_SAID.fullmatch(question)
    known = clause(earlier) if asked else None
    if asked is None or known is None:
        return None
    asks = asked["who"] or f"{asked['when']} it {asked['found']}"
    return f"{asks[0].upper()}{asks[1:]} {known}?"


def _to_do(earlier: str, question: str) -> str | None:
    """Replace "that" in "How long does that take?" by what the earlier question asked how to do."""
    asked, doing = _TAKES.fullmatch(question), _HOW_TO.fullmatch(earlier.strip())
    if asked is None or doing is None:
        return None
    return _without_link(f"{asked['asks']} it {asked['verb']} to {doing['do']}?")


def _without_link(question: str) -> str:
    """Return the question without a leading "and"."""
    rest = _CONJUNCTION.sub("", question)
    return rest[:1].upper() + rest[1:]


def is_standalone(question: str) -> bool:
    """Return whether a question can be understood without the earlier ones."""
    return not _is_follow_up(without_preamble(question))


def _names_a_thing(question: str) -> bool:
    """Return whether a question asks what something is and names it: "What is a drone?"."""
    asked = _WHAT_IS.fullmatch(question.strip())
    return asked is not None and (
        asked["any"] is not None or asked["word"][0].isupper() or is_noun(asked["word"].lower())
    )


def _is_follow_up(question: str) -> bool:
    question = _IMPERSONAL.sub("", question)
    if _names_a_thing(question):
        return False
    if asks_to_elaborate(question) or any(each.search(question) for each in (ITEM, MENTIONED, _GOES_ON)):
        return True
    if (LINKS.match(question) or len(terms(question)) < _MIN_TERMS) and not _is_whole(question):
        return True
    one, named, pronoun = (each.search(question) for each in (_ADJECTIVE_ONE, PERSON, _PRONOUN))
    subject = _SUBJECT_PRONOUN.search(question)
    before = question[: subject.start()] if subject else ""
    return bool(
        (one and len(_names_of_things(question[: one.start()])) < _MIN_TERMS)
        or (named and not _HAS_A_NOUN.search(question[: named.start()]))
        # A pronoun after two or more terms usually refers to one of them, unless it is the subject.
        or (pronoun and len(_names_of_things(question[: pronoun.start()])) < _MIN_TERMS)
        or (subject and (_ASKED_FOR.fullmatch(before) or not (subject["that"] or _CAPITAL.search(before))))
    )


def _is_whole(question: str) -> bool:
    """Return whether a question, "and" aside, has a verb and enough words of its own to be asked alone."""
    question = _CONJUNCTION.sub("", question)
    one = _OF_ONE_NOUN.fullmatch(question)
    # "How much is the cheapest?" is not.
    if one and one["noun"].lower() not in ATTRIBUTES and (is_noun(noun := one["noun"].lower()) or not is_known(noun)):
        return True
    return bool(_ASKS_TWICE.fullmatch(question) or (_WHOLE.match(question) and len(terms(question)) >= _MIN_TERMS))


def _has_a_verb(question: str) -> bool:
    return _WHOLE.match(_CONJUNCTION.sub("", question)) is not None


def _names_of_things(text: str) -> list[str]:
    """Return the terms of a text that can be nouns."""
    words = (word for word in text.split() if word.lower() not in PREPOSITIONS)
    return terms(" ".join(word for word in words if is_noun(word.lower())))
