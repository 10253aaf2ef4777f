"""Find the sentence that defines a term."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.answering.questions.asked_terms import WHO
from qa.answering.reading.sentences import Sentence, sentences
from qa.text.lexicon import PREPOSITIONS, is_plural, is_role
from qa.text.lines import BULLETS, one_line
from qa.text.names import is_name
from qa.text.tokens import terms
from qa.types import Passage

_TERM = re.compile(
    r"(?:what|wat|who)(?:\s+exactly|\s+precisely)?(?:\s+(?:is|are|was|were)|'?s)(?:\s+exactly)?(?:\s+(?:meant|called|understood)(?:\s+by)?)?"
    r"\s+(?:the\s+(?:meaning|definition)\s+of\s+)?(?P<is>.+)"
    r"|(?:what\s+)?(?:does|do|did)\s+(?P<means>.+?)\s+(?:mean|stand\s+for|signify|refer\s+to)\b.*"
    r"|.*\b(?:definition|meaning)\s+of\s+(?P<of>.+)|(?:please\s+)?define\s+(?P<define>.+)"
    r"|how\s+(?:is|are|was)\s+(?P<how>.+?)\s+defined.*|.*\bwhat\s+(?P<indirect>.+?)\s+(?:is|are|was|means?)"
    r"|(?:explain|describe|(?:what\s+do\s+you\s+know|tell\s+me)(?:\s+something)?\s+about)\s+(?P<explain>.+)",
    re.IGNORECASE | re.DOTALL,
)
_LEADING = re.compile(
    r"(?:(?:the|an?|this|that|term|word|expression|abbreviation|acronym|concept|idea|notion|so-called|option|of|by)\s+)+",
    re.IGNORECASE,
)
_QUALIFIED = re.compile(r"\s+(?:in|under|according|within|for|on|by|as|here|at)\b.*", re.IGNORECASE | re.DOTALL)
# "Red, blinking: overheated" below "Lights" is the meaning of "a blinking red light"; the colon may open the next line.
_KEY = re.compile(rf"\s*(?:[{BULLETS}]\s+)?[*_]*([^\W_][^:\n]{{0,60}}?)[*_]*(?:\n {{0,3}})?:[*_]*\s+(?=\S)")
# Of Markdown, AsciiDoc and reStructuredText, which may be around the term.
_LINK = re.compile(
    r"\[([^\[\]\n]*)\]\([^()\s]{0,300}\)|(?:https?://|xref:|link:)[^\s\[\]]{0,300}\[([^\[\]\n^]*)\^?\]"
    r"|:[\w:-]{1,40}:`([^`<\n]*?)\s?(?:<[^<>`\n]*>)?`"
)
_INTRODUCING = "|".join(sorted(PREPOSITIONS | {"as", "although", "because", "if", "when", "whereas", "while"}))
# From the start of a sentence or clause, up to the term.
_NOT_INTRODUCED = rf"(?:^|(?<=[,;:.]\s))(?!(?:{_INTRODUCING})\s)[^,;:]*?"
_RULE = r"(?:must|shall|should|may|(?:is|are)\s(?:not\s)?(?:required|eligible|entitled|allowed|permitted|responsible))"
_STANDS_FOR = re.compile(r"\bstands?\s+for\b", re.IGNORECASE)
_ABBREVIATION_FORM = 5  # of those of `_forms`
_PERSON_STRENGTH = 0.5
_MIN_TURNS = 2  # of a speaker; once, a label may come before the role: "Ann Lee: treasurer"
_MARKS = " \"'\u201c\u201d\u2018\u2019?.!,`*_"


def defined_term(question: str) -> str:
    """Return the term whose meaning is asked for: "torpor" in "What is torpor?"; empty if unclear."""
    asked = _TERM.fullmatch(one_line(question).strip(" ?.!"))
    if asked is None:
        return ""
    words = next(part for part in asked.groups() if part)
    words = _QUALIFIED.sub("", words.strip(_MARKS)) or words
    return (
        _LEADING.sub("", words.strip(_MARKS), count=1).strip(_MARKS) if _LEADING.match(words) else words.strip(_MARKS)
    )


def is_rule(question: str, sentence: str) -> bool:
    """Return whether a sentence does not say what a thing is, but what it must do: "A club must register"."""
    term = rf"{re.escape(defined_term(question) or '?')}s?"
    return re.search(rf"\b(?:each|every|any)\s+{term}\b|\b{term}\s+{_RULE}\b", sentence, re.IGNORECASE) is not None


def defining_sentence(question: str, passages: Sequence[Passage]) -> tuple[Sentence, float] | None:
    """Return the sentence that best defines the term, and how clear the definition is, 0 to 1; None without one."""
    term = defined_term(question)
    if not term:
        return None
    forms = _forms(term)
    if _STANDS_FOR.search(question):
        forms.insert(0, forms.pop(_ABBREVIATION_FORM))
    best, rank = None, len(forms)
    wanted = {*terms(term)}
    is_spoken = _speaks(question, term, passages)
    for sentence in sentences(passages):
        text = _LINK.sub(lambda link: next(filter(None, link.groups()), ""), sentence.text)
        if is_spoken:
            # "Ann Lee: Yes, I do." tells what she says, and not who she is.
            text = is_spoken.sub("", text)
        if (key := _KEY.match(text)) and {*terms(key[1])} == wanted - {*terms(sentence.passage.headings)}:
            return sentence, 1.0
        # The caption of a figure tells what is seen in it.
        possible = () if sentence.text.startswith("![") else enumerate(forms[:rank])
        index = next((index for index, form in possible if form.search(text)), None)
        if index is not None:
            best, rank = sentence, index
        elif best and _is_earlier(sentence, best) and forms[rank].search(text):
            # The passages are not in the order of the text, which says first what the thing is.
            best = sentence
    if best is None:
        named = _person(term, passages)
        return (named, _PERSON_STRENGTH) if named else None
    return best, 1 - rank / len(forms)


def _speaks(question: str, term: str, passages: Sequence[Passage]) -> re.Pattern[str] | None:
    """Return the pattern of the label of what a person says if "Who is Ann Lee?" is asked of a conversation."""
    if not WHO.match(question) or not is_name(term.split()):
        return None
    label = re.compile(rf"^[^\S\n]*[-*_\u2022 ]*{re.escape(term)}[*_]*[:.][*_]*(?=\s)", re.MULTILINE)
    return label if sum(len(label.findall(one.text)) for one in passages) >= _MIN_TURNS else None


def _is_earlier(one: Sentence, other: Sentence) -> bool:
    same = one.passage.document_id == other.passage.document_id and not one.text.startswith("![")
    return same and one.match.start < other.match.start


def _forms(term: str) -> list[re.Pattern[str]]:
    # "Karl von Frisch" is also "Karl Ritter von Frisch".
    between = r"\s+(?:(?-i:[A-Z])[\w.]*\s+){0,4}" if term[0].isupper() else r"\s+"
    words = between.join(map(re.escape, term.split()))
    name = rf"(?<!\w)[\"\u201c'*`]*{words}(?:e?s)?[\"\u201d'*`]*"
    opens = rf"(?:^|[.;:(\"\u201c]\s*|\b(?:an?|the|in this agreement,?)\s+){name}"
    # "The gannet, also known as the solan goose, is a seabird."
    opens += r"(?:\s?\[\w+\]_?)?(?:\s+\([^)]*\)|\s+in\s+\w+\s+\w+|,(?!\s+(?:and|or|which|who)\b)"
    opens += rf"(?!\s+(?:{_INTRODUCING})\s)[^,;:.()\n]{{1,80}},)?\s+"
    means = r"means?\b" if is_plural(term.lower()) else r"means\b"
    return [
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            # "Rises in the rate mean losses" defines no rate, and "the Committee on Drones refers to" no drones.
            rf"(?<!\bon\s)(?<!\bof\s)(?<!\bfor\s){name}\s+(?:{means}|refers?\s+to|denotes|stands\s+for|is\s+defined"
            r"|is\s+(?:the|a)\s+(?:word|name|term)\b)",
            # A quoted title is none: '"Ida Roth: a life in pictures", The Herald'.
            rf"(?:^|\n)[\s>*\u2022-]*(?:[*_]*{words}|[*_]*[\"\u201c]{words}[\"\u201d.]+)[*_.]*\s*(?:[\u2013\u2014:]|-\s)[*_]*\s*(?=\w)"
            # "Prompts are composed of **fragments** - pieces of text"
            rf"|[*_]{{2}}{words}(?:e?s)?[*_]{{2}}\s+(?:[\u2013\u2014]|-\s)\s*\w"
            # A party of a contract: 'Brightwater Ltd ("the Contractor")'.
            rf"|\w[*_]{{0,3}}\s\((?:(?:the|an?|hereinafter)\s[\"\u201c]?|[\"\u201c])(?:the\s)?{words}[\"\u201d]?\)",
            rf"{opens}(?:is|are|was|were)\s+(?:an?|the|one|any|all|every|what|when|how|where)\b"
            # "The Tool for Trees (TFT) is a program", "we present *Tool for Trees* (TFT) - a program".
            rf"|\w[*_]*\s+\({name}\)\s+(?:is|are|was|were|[-\u2013\u2014]|&[mn]dash;)\s+(?:an?|the)\b",
            rf"\b(?:called|known\s+as|termed|defined\s+as|(?<!\ba\s)named)\s+(?:an?\s+|the\s+)?{name}"
            rf"|\b(?:considered|deemed)\s+(?:to\s+be\s+)?an?\s+{name}\s+(?:if|when)\b",
            # "In Ulm, a town", and not "Before the Act, the colonies paid".
            rf"{name},\s+an?\s+\w+|{_NOT_INTRODUCED}{name},\s+the\s+\w+|{name},\s+(?:in\s+)?(?:which|who|where|or)\b",
            rf"\w[*_]*\s+\((?:\"|\u201c|the|an?|\s|\u2018|')*{name}\)|{name}\s+\(",
            rf"{name},?\s+(?:in\s+other\s+words|that\s+is|i\.e\.)|which\s+means\s+{name}|{name}[^.]{{0,40}}\bwhich\s+means\b"
            # "Drones are males", and not "Drones are driven out".
            rf"|^{words}(?:e?s)?\s+are\s+(?!\w+(?:ed|en|ing)\b)\w+s\b",
        )
    ]


def _person(term: str, passages: Sequence[Passage]) -> Sentence | None:
    """Return the first sentence with a role before the name: "the astronomer Ida Roth"."""
    before = re.compile(rf"(\w+)\s+{re.escape(term)}(?!\w)", re.IGNORECASE)
    for sentence in sentences(passages):
        if any(is_role(named[1].lower()) for named in before.finditer(sentence.text)):
            return sentence
    return None
